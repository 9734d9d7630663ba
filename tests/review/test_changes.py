"""A review is kept without values, in lines that merge, and the next one says what became of it."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path

import pytest

from driftline import audit, cli, review, rules
from driftline.model import Misuse, Report, Unread
from driftline.project import settings
from driftline.review import changes
from tests import keys
from tests.projects import FIXTURES, git, make

TODAY = date(2026, 11, 1)


def judged(root: Path) -> Report:
    return review.review(audit.Request(str(root), settings.read(str(root), None, rules.identifiers()), today=TODAY))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make(FIXTURES / "rules/rls-disabled/flags-switched-off-at-the-end", tmp_path / "project")


def test_what_is_kept_has_verdicts_and_fingerprints_and_no_value(project: Path) -> None:
    secret = keys.expand("{{stripe.secret key.live}}")
    (project / ".env.production").write_text(f"NEXT_PUBLIC_STRIPE_SECRET={secret}\n")
    report = judged(project)
    text = changes.kept(report)
    data = json.loads(text)
    assert {key.removeprefix("flag ") for key in data if key.startswith("flag ")} == {flag.id for flag in report.review.flags}  # type: ignore[union-attr]
    assert {key.removeprefix("finding ") for key in data if key.startswith("finding ")} >= {
        f.fingerprint for f in report.open if f.severity.value != "note"
    }
    assert secret not in text
    assert text.splitlines() == ["{", *sorted(text.splitlines()[1:-2]), f'  "schema": "{changes.SCHEMA}"', "}"]


def test_nothing_changed_is_said(project: Path) -> None:
    report = judged(project)
    same = changes.compared(report, changes.kept(report))
    assert same.review is not None
    assert same.review.changed == ()
    assert same.notes[-1].note == "nothing changed since this review was kept"


def test_a_repair_is_better_and_a_new_hole_is_worse_and_new(project: Path) -> None:
    before = judged(project)
    kept = changes.kept(before)
    name = next(f.message.split("`")[1] for f in before.open if f.rule == "rls-disabled")
    mend = project / "supabase/migrations/20260101000000_mend.sql"
    mend.write_text(f"alter table {name} enable row level security;\n")
    after = judged(project)
    mended = changes.compared(after, kept).review
    assert mended is not None
    assert any(kind == "better" and said.startswith("blocker rls-disabled is gone") for kind, said in mended.changed)
    assert any(kind == "better" and "was blocked" in said for kind, said in mended.changed)
    mend.unlink()
    again = changes.compared(judged(project), changes.kept(after)).review
    assert again is not None
    assert [kind for kind, _ in again.changed] == sorted((kind for kind, _ in again.changed), key=("worse", "new", "better").index)
    assert any(kind == "new" and said.startswith("blocker rls-disabled") for kind, said in again.changed)
    assert any(kind == "worse" and "blocked, was" in said for kind, said in again.changed)


def test_a_milder_severity_is_better(project: Path) -> None:
    kept = changes.kept(judged(project))
    (project / "driftline.toml").write_text('[rules.rls-disabled]\nseverity = "warning"\n')
    mild = changes.compared(judged(project), kept).review
    assert mild is not None
    assert any(
        kind == "better" and said.startswith("warning rls-disabled") and said.endswith("was a blocker") for kind, said in mild.changed
    )


def test_what_could_not_be_read_is_not_called_gone(project: Path) -> None:
    report = judged(project)
    kept = changes.kept(report)
    blind = report._replace(findings=(), unread=(Unread("a.sql", "cannot be read"),))
    compared = changes.compared(blind, kept).review
    assert compared is not None
    assert not any("gone" in said for _, said in compared.changed)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "driftline/review/9"}', "[" * 100_000, "\0"])
def test_another_file_is_misuse(project: Path, text: str) -> None:
    with pytest.raises(Misuse, match="review --keep"):
        changes.compared(judged(project), text)


def test_strange_entries_of_a_merged_file_are_passed_over(project: Path) -> None:
    text = json.dumps({"flag callbacks": 3, "flag owners": "fine", "finding 1": "x", "finding 2": {}, "schema": changes.SCHEMA})
    compared = changes.compared(judged(project), text).review
    assert compared is not None
    assert {kind for kind, _ in compared.changed} <= {"new", "better"}


def test_two_branches_that_keep_their_reviews_merge(project: Path) -> None:
    def keep(folder: Path) -> None:
        (folder / ".driftline").mkdir(exist_ok=True)
        (folder / changes.FILE).write_text(changes.kept(judged(folder)))
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", "x")

    # Git merges lines that do not touch: among a dozen findings, two new ones rarely stand side by side.
    tables = "".join(f"create table public.t{number} (id int);\n" for number in range(12))
    (project / "supabase/migrations/20250101000000_a.sql").write_text(tables)
    keep(project)
    for branch, path, text in (
        ("one", "app/api/webhooks/stripe/route.ts", "export async function POST() {}\n"),
        ("two", "supabase/migrations/20260101000000_b.sql", "create table public.zebra (id int);\n"),
    ):
        git(project, "checkout", "--quiet", "-b", branch, "main")
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text)
        keep(project)
    git(project, "merge", "--quiet", "--no-edit", "one")
    merged = json.loads((project / changes.FILE).read_text())
    assert sum(key.startswith("finding ") for key in merged) >= 14


def test_the_command_keeps_and_compares(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = str(project)
    assert cli.run(["review", root, "--changed", "--no-live"]) == 2
    assert "review --keep" in capsys.readouterr().err
    assert cli.run(["review", root, "--changed", "--keep", "--no-live", "--quiet"]) == 1
    kept = (project / changes.FILE).read_text()
    assert cli.run(["review", root, "--changed", "--no-live"]) == 1
    assert "nothing changed since this review was kept" in capsys.readouterr().out
    assert (project / changes.FILE).read_text() == kept
    assert cli.run(["review", root, "--keep", "--env", "production"]) == 2
    assert sorted(path.name for path in (project / ".driftline").iterdir()) == ["review.json"]


def test_an_incomplete_review_is_not_kept(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "supabase/config.toml").write_text("[api\n")
    assert cli.run(["review", str(project), "--keep", "--no-live", "--quiet"]) == 3
    assert "not kept" in capsys.readouterr().err
    assert not (project / changes.FILE).exists()


def test_a_link_leads_nowhere(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project / ".driftline").symlink_to(tmp_path / "elsewhere")
    assert cli.run(["review", str(project), "--keep", "--no-live", "--quiet"]) == 2
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_nothing_else_is_written(project: Path) -> None:
    before = subprocess.run(["git", "status", "--porcelain"], cwd=project, capture_output=True, text=True, check=True).stdout
    cli.run(["review", str(project), "--no-live", "--quiet"])
    after = subprocess.run(["git", "status", "--porcelain"], cwd=project, capture_output=True, text=True, check=True).stdout
    assert before == after
