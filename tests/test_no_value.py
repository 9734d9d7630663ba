"""No value appears in any output: every fixture of every rule, in every format, with a rule, a reader and the audit itself failing on it."""

from __future__ import annotations

import base64
import hashlib
import re
import traceback
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest

from driftline import audit, cli, reports, rules, staged, suppress
from driftline.knowledge import catalog
from driftline.model import Exposure, Facts, Finding, Report, Secret
from driftline.project import settings
from tests import keys
from tests.projects import FIXTURES, make, patterns
from tests.rules.test_rules import judged

CASES = [FIXTURES / "demo-shop", *sorted(case for case in (FIXTURES / "rules").glob("*/*") if case.is_dir())]
_SHORTEST = 6
_ABOUT_SECRETS = (
    "public-prefix-secret",
    "shared-secret",
    "default-secret",
    "mixed-credential-modes",
    "test-credential-in-production",
    "expired-credential",
)


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """Fixture -> the project made of it, made when first asked for."""
    folder = tmp_path_factory.mktemp("projects")

    class Made(dict[Path, Path]):
        def __missing__(self, case: Path) -> Path:
            self[case] = make(case, folder / str(len(self)))
            return self[case]

    return Made()


def _request(root: Path) -> audit.Request:
    read = settings.read(str(root), None, rules.identifiers())
    return audit.Request(str(root), read, today=date(2026, 11, 1), digest_key="a key of the user's own", cache=patterns())


def _report(root: Path) -> Report:
    return audit.check(_request(root))


def _secrets(case: Path, report: Report) -> set[str]:
    """The secrets of a fixture: what its placeholders expand to, and what its environments hold that looks secret."""
    found = set(map(keys.expand, _placeholders(case)))
    for app in report.apps:
        for variable in app.variables.values():
            for cell in variable.cells.values():
                for secret, traits in ((cell.value, cell.traits), *((d.value, d.traits) for _, d in cell.shadowed)):
                    if secret is not None and traits is not None and traits.secret_like and not traits.placeholder:
                        found.add(secret.reveal())
    return found


def _placeholders(case: Path) -> Iterator[str]:
    """The placeholders of secret kinds in a fixture's files."""
    secret = {kind.name.lower() for kind in catalog.load().keys if kind.exposure is Exposure.SECRET}
    for file in case.rglob("*"):
        if file.is_file():
            for match in keys._PLACEHOLDER.finditer(file.read_text(encoding="utf-8", errors="replace")):
                if f"{match[1]}.{match[2]}".lower() in secret:
                    yield match[0]


def _forbidden(values: set[str]) -> dict[str, str]:
    """What must not show, and what it is of."""
    return {part: f"a secret of {len(value)} characters" for value in values for part in _parts(value) if len(part) >= _SHORTEST}


def _parts(value: str) -> Iterator[str]:
    """The secret part of a value, its halves, and what a reader could turn back: encodings, and digests without a key."""
    address = re.match(r"[a-z][a-z0-9+.\-]*://[^/\s:@]*:([^/\s@]+)@", value)
    if address and re.fullmatch(r"[a-z]{1,12}", address[1]):
        return  # `postgres`: a word, which reports use for itself
    prefix = max((p for kind in catalog.load().keys for p in kind.prefixes if value.startswith(p)), key=len, default="")
    body = address[1] if address else value.removeprefix(prefix)
    raw = value.encode()
    yield from (value, body, body[: len(body) // 2], body[len(body) // 2 :])
    yield from (base64.b64encode(raw).decode(), raw.hex(), quote(value, safe=""))
    yield from (hashlib.new(name, raw).hexdigest() for name in ("md5", "sha1", "sha256"))


def _assert_silent(text: str, forbidden: dict[str, str], where: str) -> None:
    for part, what in forbidden.items():
        assert part not in text, f"{where}: {what} shows"


@pytest.mark.promise("no-value")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_no_format_shows_a_value(case: Path, projects: dict[Path, Path]) -> None:
    report = _report(projects[case])
    forbidden = _forbidden(_secrets(case, report))
    # Beside the check the report of the command that the rule speaks in: the launch review, or the audit of built output.
    own = judged(case.parent.name, _request(projects[case]))
    staged_now = staged.commit(_request(projects[case])._replace(command="commit"), [])
    for shown in (report, report._replace(command="matrix"), staged_now, *([own] if own.command != "check" else [])):
        for format in reports.formats(shown.command):
            text = "".join(reports.render(shown, format, width=200, verbose=True))
            assert text
            _assert_silent(text, forbidden, f"{shown.command} --format {format}")
    _assert_silent(suppress.baseline_text(report.findings, "known", None), forbidden, "baseline")
    _assert_silent("".join(reports.render(report, "text")), forbidden, "check")
    _assert_silent(repr(report), forbidden, "repr of the whole report")


def test_the_fixtures_hold_secrets_at_all(projects: dict[Path, Path]) -> None:
    assert sum(bool(_secrets(case, _report(projects[case]))) for case in CASES if case.parent.name in _ABOUT_SECRETS) >= 15


# --- failing --------------------------------------------------------------------------------------------------------------

_FAILING = ("test-credential-in-production", "mixed-credential-modes", "shared-secret")
FAILING = [case for case in CASES if case.parent.name in _FAILING and any(_placeholders(case))]


@pytest.mark.parametrize("case", FAILING, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_failing_rule_shows_no_value(case: Path, projects: dict[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    values = _secrets(case, _report(projects[case]))
    sealed, forbidden = [Secret(value) for value in values], _forbidden(values)
    del values  # the trace below shows what this function holds, too
    traces: list[str] = []

    def check(facts: Facts, **options: object) -> Iterator[Finding]:
        held = [cell for app in facts.apps for variable in app.variables.values() for cell in variable.cells.values()]
        try:
            raise RuntimeError(f"{len(held)} cells")
        except RuntimeError as error:
            # The worst kind of trace: the values of every variable of every frame.
            traces.append("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))
        raise RuntimeError(*(secret.reveal() for secret in sealed))

    rule, module = rules.registry()["unused-variable"]
    monkeypatch.setattr(module, "check", check)
    report = _report(projects[case])
    assert traces, rule
    assert sealed
    for text in traces:
        assert "RuntimeError" in text
        _assert_silent(text, forbidden, "a traceback with the frames' variables")
    assert report.verdict == "incomplete"
    for format in reports.formats("check"):
        _assert_silent("".join(reports.render(report, format, verbose=True)), forbidden, format)


@pytest.mark.parametrize("case", FAILING, ids=lambda case: f"{case.parent.name}/{case.name}")
@pytest.mark.parametrize("place", ["judge", "reveal"])
def test_a_failing_audit_shows_no_value(
    case: Path, place: str, projects: dict[Path, Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    root = projects[case]
    values = _secrets(case, _report(root))
    forbidden = _forbidden(values)

    def broken(*arguments: object, **options: object) -> Report:
        raise RuntimeError(*values)

    if place == "judge":
        monkeypatch.setattr(audit, "judge", broken)
    else:
        monkeypatch.setattr("driftline.knowledge.identify._identify", broken)
    for format in reports.formats("check"):
        assert cli.run(["check", str(root), "--no-live", "--verbose", "--format", format]) == 3
        shown = capfd.readouterr()
        _assert_silent(shown.out + shown.err, forbidden, f"{place}, {format}")
        assert "Traceback" not in shown.err


def test_a_secret_refuses_every_way_out() -> None:
    import copy
    import json
    import logging
    import pickle

    text = keys.example(next(kind for kind in catalog.load().keys if kind.name == "openai.project key"))
    secret = Secret(text)
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r:>40}",
        "%s" % secret,  # noqa: UP031
        f"{secret}",
        str([secret]),
        str({"a": secret}),
    ]
    shown.append(logging.LogRecord("a", 10, "a", 1, "%s", (secret,), None).getMessage())
    for way in (lambda: json.dumps(secret), lambda: pickle.dumps(secret), lambda: copy.deepcopy(secret), lambda: hash(secret)):
        with pytest.raises(TypeError) as error:
            way()
        shown.append(str(error.value))
    for one in shown:
        _assert_silent(one, _forbidden({text}), "a sealed value")
