"""`driftline attest callback`: a word that somebody saw a callback work, kept where the review finds it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from driftline import audit, cli, review, rules
from driftline.model import Report
from driftline.project import settings
from driftline.review import hooks
from tests import keys
from tests.projects import FIXTURES, make

ROUTE = "/api/webhooks/stripe"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make(FIXTURES / "rules/untested-callback/flags-a-webhook-that-nothing-names", tmp_path / "project")


def judged(root: Path, today: date | None = None) -> Report:
    return review.review(audit.Request(str(root), settings.read(str(root), None, rules.identifiers()), today=today))


def untested(report: Report) -> list[str]:
    return [finding.message for finding in report.findings if finding.rule == "untested-callback"]


def attest(root: Path, *words: str) -> int:
    return cli.run(["attest", "callback", *words, "--root", str(root)])


def rows(root: Path) -> list[dict[str, str]]:
    data = json.loads((root / hooks.ATTESTATIONS).read_text())
    assert data["schema"] == hooks.SCHEMA
    listed: list[dict[str, str]] = data["attestations"]
    return listed


@pytest.mark.parametrize("name", [ROUTE, "Stripe", "stripe", "app/api/webhooks/stripe/route.ts"])
def test_an_attestation_counts_until_it_is_old(project: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert untested(judged(project)) != []
    assert attest(project, name, "--env", "production", "--event", "evt_1234") == 0
    assert "commit it" in capsys.readouterr().out
    assert rows(project) == [{"callback": ROUTE, "environment": "production", "date": date.today().isoformat(), "event": "evt_1234"}]
    assert untested(judged(project)) == []
    (old,) = untested(judged(project, date.today() + timedelta(days=181)))
    assert "more than 180 days ago" in old


def test_a_preview_is_not_production(project: Path) -> None:
    assert attest(project, ROUTE, "--env", "preview") == 0
    (message,) = untested(judged(project))
    assert "it was attested for preview on" in message
    assert message.endswith(" only")


def test_one_line_for_each_callback_and_environment(project: Path) -> None:
    for environment in ("production", "preview", "production", "prod"):
        assert attest(project, ROUTE, "--env", environment) == 0
    assert [(row["callback"], row["environment"]) for row in rows(project)] == [(ROUTE, "preview"), (ROUTE, "production")]
    text = (project / hooks.ATTESTATIONS).read_text()
    assert len(text.splitlines()) == 4


def test_a_name_that_no_callback_has(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert attest(project, "/api/webhooks/strpie", "--env", "production") == 2
    assert ROUTE in capsys.readouterr().err
    assert not (project / ".driftline").exists()


def test_one_provider_with_two_callbacks_has_to_be_told_apart(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = project / "app/api/stripe/webhook/route.ts"
    other.parent.mkdir(parents=True)
    other.write_text((project / "app/api/webhooks/stripe/route.ts").read_text())
    assert attest(project, "stripe", "--env", "production") == 2
    said = capsys.readouterr().err
    assert ROUTE in said
    assert "/api/stripe/webhook" in said


def test_a_project_without_callbacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert attest(tmp_path, "stripe", "--env", "production") == 2
    assert "no callback route" in capsys.readouterr().err


@pytest.mark.parametrize("event", ["a b", "", "x" * 500, "evt_\n1", '"', "ä"])
def test_an_event_is_an_id(project: Path, event: str) -> None:
    assert attest(project, ROUTE, "--env", "production", "--event", event) == 2
    assert not (project / ".driftline").exists()


@pytest.mark.parametrize("kind", ["{{stripe.secret key.live}}", "{{stripe.webhook secret}}", "{{resend.api key}}"])
def test_a_credential_is_never_written_down(project: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    value = keys.expand(kind)
    assert attest(project, ROUTE, "--env", "production", "--event", value) == 2
    said = capsys.readouterr()
    assert value not in said.err + said.out
    assert not (project / ".driftline").exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"schema": "driftline/attestations/1"}', '{"schema": "driftline/attestations/1", "attestations": [1]}']
)
def test_a_file_that_is_none_is_left_as_it_is(project: Path, text: str) -> None:
    path = project / hooks.ATTESTATIONS
    path.parent.mkdir()
    path.write_text(text)
    assert attest(project, ROUTE, "--env", "production") == 2
    assert path.read_text() == text


def test_no_half_file_is_left(project: Path) -> None:
    assert attest(project, ROUTE, "--env", "production") == 0
    assert sorted(path.name for path in (project / ".driftline").iterdir()) == ["attestations.json"]
