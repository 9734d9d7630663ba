"""The commit hook judges what is staged: every kind of change, other content in the work tree, conflicts, blobs that cannot be read."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from driftline import audit, rules, staged
from driftline.model import Location, Related, Report, Unreadable
from driftline.project import settings
from driftline.project.index import Index
from driftline.project.text import ours
from tests.keys import expand
from tests.project.trees import TODAY, app_of, check, repository, write
from tests.projects import git, patterns

BASE: dict[str, str | bytes] = {
    "package.json": '{"dependencies": {"next": "16"}}',
    ".gitignore": "*.local\n",
    ".env.production": "KNOWN=1\nUNUSED=1\n",
    "lib/a.ts": "export const a = process.env.KNOWN!\n",
    "lib/old.ts": "export const b = process.env.OLD_TROUBLE!\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "p", BASE, commit=True)


def commit(root: Path, given: Sequence[str] = ()) -> Report:
    read = settings.read(str(root), None, rules.identifiers())
    return staged.commit(audit.Request(str(root), read, command="commit", today=TODAY, cache=patterns()), given)


def missing(report: Report) -> set[str | None]:
    return {finding.variable for finding in report.findings if finding.rule == "missing-variable"}


def changes(root: Path) -> dict[str, str]:
    """Path -> `A`dded, `D`eleted or `M`odified, `L` where neither side is a file."""
    with Index(str(root)) as index:
        return {
            change.path: "L" if change.before is change.after else "A" if change.before is None else "D" if change.after is None else "M"
            for change in index.changes
        }


# --- which changes there are ------------------------------------------------------------------------------------------------


def test_every_kind_of_change(project: Path) -> None:
    write(project, {"new.ts": "1", "lib/a.ts": "2", "untracked.ts": "3"})
    (project / "lib" / "old.ts").rename(project / "lib" / "renamed.ts")
    (project / "link").symlink_to("lib/a.ts")
    git(project, "add", "new.ts", "lib", "link")
    git(project, "rm", "--quiet", "--cached", ".env.production")
    assert changes(project) == {
        ".env.production": "D",
        "lib/a.ts": "M",
        "lib/old.ts": "D",
        "lib/renamed.ts": "A",
        "link": "L",
        "new.ts": "A",
    }


def test_a_file_that_becomes_a_link_or_executable(project: Path) -> None:
    (project / "lib" / "a.ts").unlink()
    (project / "lib" / "a.ts").symlink_to("old.ts")
    (project / "lib" / "old.ts").chmod(0o755)
    git(project, "add", "--all")
    with Index(str(project)) as index:
        found = {change.path: change for change in index.changes}
        assert found["lib/a.ts"].after is None
        assert found["lib/old.ts"].before == found["lib/old.ts"].after
        with pytest.raises(Unreadable, match="is a link"):
            index.read("lib/a.ts")


def test_nothing_staged_is_nothing_to_judge(project: Path) -> None:
    write(project, {"lib/a.ts": "process.env.NOT_STAGED!"})
    report = commit(project)
    assert (report.findings, report.unread, report.files) == ((), (), 0)
    assert audit.exit_code(report, "blocker", empty=0) == 0


def test_everything_is_new_before_the_first_commit(tmp_path: Path) -> None:
    root = repository(tmp_path, BASE)
    assert set(changes(root).values()) == {"A"}
    assert missing(commit(root)) == {"OLD_TROUBLE"}


def test_what_is_no_text_is_told_and_a_picture_is_not(project: Path) -> None:
    (project / "dev.db").write_bytes(b"SQLite format 3\0" + expand("{{stripe.secret key.live}}").encode())
    (project / "logo.png").write_bytes(b"\x89PNG\0\0")
    git(project, "add", "--all")
    told = [Related(Location("dev.db", 1), "this file is no text; not looked into")]
    assert list(commit(project).notes) == told
    assert list(check(project).notes) == told
    (project / "old.zip").write_bytes(b"PK\3\4\0\0")
    git(project, "add", "--all")
    told = [Related(Location("dev.db", 1), "this file and 1 more (old.zip) are no text; not looked into")]
    assert list(commit(project).notes) == told
    assert list(check(project).notes) == told


def test_an_intent_to_add_is_no_content(project: Path) -> None:
    write(project, {"new.ts": "process.env.INTENDED!"})
    git(project, "add", "--intent-to-add", "new.ts")
    assert missing(commit(project)) == set()


@pytest.mark.parametrize("name", ["a b.ts", "a'b.ts", "é.ts", "a\nb.ts", '"quoted".ts', "-rf.ts", "a\tb.ts"], ids=ascii)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_odd_names(project: Path, name: str) -> None:
    write(project, {f"lib/{name}": "process.env.ODD!"})
    git(project, "add", "--all")
    assert changes(project) == {f"lib/{name}": "A"}
    assert missing(commit(project)) == {"ODD"}
    assert missing(commit(project, [f"lib/{name}"])) == {"ODD"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
def test_a_name_that_is_no_text(project: Path) -> None:
    with open(os.path.join(os.fsencode(project), b"lib", b"\xff.ts"), "w") as file:
        file.write("process.env.ODD!")
    git(project, "add", "--all")
    assert missing(commit(project)) == {"ODD"}


# --- what is judged ---------------------------------------------------------------------------------------------------------


def test_the_staged_content_is_judged_not_the_work_tree(project: Path) -> None:
    write(project, {"lib/a.ts": "process.env.STAGED!\n"})
    git(project, "add", "lib/a.ts")
    write(project, {"lib/a.ts": "process.env.LATER!\n"})
    assert missing(commit(project)) == {"STAGED"}
    write(project, {"lib/a.ts": "process.env.KNOWN!\n"})  # mended, and not staged yet
    assert missing(commit(project)) == {"STAGED"}
    git(project, "add", "lib/a.ts")
    assert missing(commit(project)) == set()


def test_a_tracked_env_file_counts_as_it_is_staged(project: Path) -> None:
    write(project, {"lib/a.ts": "process.env.FRESH!\n"})
    git(project, "add", "lib/a.ts")
    write(project, {".env.production": "KNOWN=1\nFRESH=1\n"})
    assert missing(commit(project)) == {"FRESH"}
    git(project, "add", ".env.production")
    assert missing(commit(project)) == set()


def test_an_ignored_env_file_counts_as_it_lies_there(project: Path) -> None:
    write(project, {"lib/a.ts": "process.env.FRESH!\n", ".env.production.local": "FRESH=1\n", ".env.local": "ONLY_HERE=1\n"})
    git(project, "add", "lib/a.ts")
    environments = {
        environment.name: [source.path for source in environment.sources] for environment in app_of(commit(project)).environments
    }
    assert environments["local"] == [".env.local", ".env.production.local"]


def test_only_what_the_commit_causes_is_reported(project: Path) -> None:
    write(project, {"lib/a.ts": "process.env.KNOWN!; process.env.FRESH!\n"})
    git(project, "add", "--all")
    assert missing(commit(project)) == {"FRESH"}
    assert missing(check(project)) == {"FRESH", "OLD_TROUBLE"}


def test_another_fallback_is_another_read(project: Path) -> None:
    write(project, {"lib/url.ts": "export const url = process.env.NEXT_PUBLIC_APP_URL ?? 'https://app.example.com'\n"})
    git(project, "add", "--all")
    git(project, "commit", "-q", "-m", "an address")
    write(project, {"lib/url.ts": "export const url = process.env.NEXT_PUBLIC_APP_URL ?? 'http://localhost:3000'\n"})
    git(project, "add", "--all")
    assert ("callback-fallback", "NEXT_PUBLIC_APP_URL") in {(finding.rule, finding.variable) for finding in commit(project).findings}


def test_a_moved_line_causes_nothing(project: Path) -> None:
    write(
        project, {"lib/old.ts": "// a comment\n\nexport const b = process.env.OLD_TROUBLE!\n", ".env.production": "UNUSED=1\n\n\nKNOWN=1\n"}
    )
    git(project, "add", "--all")
    assert commit(project).findings == ()


def test_a_deleted_declaration_blames_the_line_that_needs_it(project: Path) -> None:
    write(project, {".env.production": "UNUSED=1\n"})
    git(project, "add", "--all")
    found = [finding for finding in commit(project).findings if finding.rule == "missing-variable"]
    assert [(finding.variable, finding.location.path) for finding in found] == [("KNOWN", "lib/a.ts")]


def test_a_deleted_env_file_blames_the_lines_that_need_it(project: Path) -> None:
    write(project, {".env.staging": "KNOWN=1\n"})
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "second")
    git(project, "rm", "--quiet", ".env.staging")
    write(project, {".env.staging": "KNOWN=1\n"})  # it lies there still, and is not committed any more
    assert changes(project) == {".env.staging": "D"}
    assert commit(project).unread == ()


@pytest.mark.parametrize("path", ["deploy/app.conf", "deploy/web", "web.txt"])
def test_a_file_that_only_configuration_calls_an_env_file_is_one(tmp_path: Path, path: str) -> None:
    root = repository(
        tmp_path / "p",
        {
            "package.json": "{}",
            "compose.yml": f"services:\n  web:\n    build: .\n    env_file: ./{path}\n",
            ".env.example": "OTHER=\n",
            path: "ONE_URL=1\nTWO_URL=2\n",
            "index.js": "console.log(process.env.ONE_URL, process.env.TWO_URL)\n",
        },
        commit=True,
    )
    write(root, {path: "TWO_URL=2\n"})
    git(root, "add", "--all")
    assert [(finding.rule, finding.variable) for finding in commit(root).findings] == [("undeclared-variable", "ONE_URL")]
    git(root, "rm", "-q", "-f", path)
    assert {finding.variable for finding in commit(root).findings} == {"ONE_URL", "TWO_URL"}


def test_a_renamed_file_is_read_at_its_new_place(project: Path) -> None:
    git(project, "mv", "lib/old.ts", "lib/new.ts")
    places = {finding.location.path for finding in commit(project).findings}
    assert places <= {"lib/new.ts"}


def test_given_files_are_judged_alone(project: Path) -> None:
    write(project, {"lib/a.ts": "process.env.ONE!", "lib/b.ts": "process.env.TWO!"})
    git(project, "add", "--all")
    assert missing(commit(project)) == {"ONE", "TWO"}
    assert missing(commit(project, ["lib/b.ts"])) == {"TWO"}
    report = commit(project, ["lib/old.ts", "nowhere.ts"])
    assert missing(report) == {"OLD_TROUBLE"}
    assert {note.location.path: note.note for note in report.notes} == {
        "lib/old.ts": "this file is not staged; judged as committed",
        "nowhere.ts": "this file is not in the git index; not judged",
    }


def test_what_the_settings_exclude_is_not_judged(project: Path) -> None:
    write(project, {"driftline.toml": 'exclude = ["lib"]\n', "lib/a.ts": "process.env.ONE!", "b.ts": "process.env.TWO!"})
    git(project, "add", "--all")
    assert missing(commit(project)) == {"TWO"}


# --- the index that git uses in a hook --------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="the hook is a shell script")
def test_the_hook_of_a_commit_sees_what_that_commit_takes(project: Path, tmp_path: Path) -> None:
    """`git commit -a` and `git commit PATH` stage into an index of their own, named by GIT_INDEX_FILE."""
    hook = project / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m driftline commit > '{tmp_path}/said' 2>&1\n")
    hook.chmod(0o755)
    write(project, {".env.staging": "KNOWN=1\nEXTRA=1\n"})
    git(project, "add", ".env.staging")
    git(project, "commit", "--quiet", "--no-verify", "--message", "second")
    write(project, {"lib/a.ts": "process.env.ONE!\n", "lib/old.ts": "process.env.TWO!\n"})
    git(project, "add", "lib/old.ts")
    with pytest.raises(subprocess.CalledProcessError):
        git(project, "commit", "--quiet", "--message", "one file", "lib/a.ts")
    said = (tmp_path / "said").read_text()
    assert "ONE" in said
    assert "TWO" not in said
    with pytest.raises(subprocess.CalledProcessError):
        git(project, "commit", "--quiet", "--all", "--message", "all")
    said = (tmp_path / "said").read_text()
    assert "ONE" in said
    assert "TWO" in said
    write(project, {"lib/a.ts": "process.env.KNOWN!\n", "lib/old.ts": "process.env.KNOWN!\n"})
    git(project, "commit", "--quiet", "--all", "--message", "mended")
    assert git(project, "log", "-1", "--format=%s").strip() == "mended"


# --- what cannot be read ----------------------------------------------------------------------------------------------------


def test_a_merge_conflict_is_unread_and_the_rest_is_judged(project: Path) -> None:
    for branch, value in (("one", "1"), ("two", "2")):
        git(project, "checkout", "--quiet", "-B", branch, "main")
        write(project, {".env.production": f"KNOWN={value}{value}\n", f"lib/{branch}.ts": f"process.env.{branch.upper()}!\n"})
        git(project, "add", "--all")
        git(project, "commit", "--quiet", "--message", branch)
    with pytest.raises(subprocess.CalledProcessError):
        git(project, "merge", "one")
    report = commit(project)
    assert [(unread.path, unread.reason) for unread in report.unread] == [
        (".env.production", "is in a merge conflict: settle it, and `git add` it")
    ]
    assert audit.exit_code(report, "blocker", empty=0) == 3
    assert report.files
    torn = [(unread.path, unread.line) for unread in check(project).unread]
    assert torn == [(".env.production", 1)], "the work tree holds a text, with marks in it"


@pytest.mark.parametrize("base", ["", "||||||| base\nKNOWN=0\n"], ids=["two sides", "three sides"])
def test_a_conflict_that_was_staged_is_told_and_judged_as_one_side(project: Path, base: str) -> None:
    torn = f"KNOWN=1\n<<<<<<< ours\nUNUSED=1\n{base}=======\nUNUSED=2\nKNOWN=2\n>>>>>>> theirs\nOLD_TROUBLE=\n"
    write(project, {".env.production": torn})
    git(project, "add", "--all")
    report = commit(project)
    assert [(unread.path, unread.line) for unread in report.unread] == [(".env.production", 2)]
    assert "unresolved merge conflict" in report.unread[0].reason
    assert {finding.rule for finding in report.findings} == {"unused-variable"}, "nothing is declared twice"


def test_lines_of_equal_signs_are_no_conflict() -> None:
    text = "<<<<<<< ours\nA=1\n=======\nA=2\n>>>>>>> theirs\nB=1\n=======\nC=1\n"
    assert ours(text) == "\nA=1\n\n\n\nB=1\n=======\nC=1\n"


@pytest.mark.parametrize(("path", "unread"), [("vercel.json", ["vercel.json"]), ("tests/fixtures/broken/vercel.json", [])])
def test_a_broken_file_of_the_tests_is_no_source(project: Path, path: str, unread: list[str]) -> None:
    """As in `check`: what a test is fed is often broken on purpose."""
    write(project, {path: "{"})
    git(project, "add", "--all")
    assert [one.path for one in commit(project).unread] == unread


def test_a_lost_blob_is_unread_and_the_next_ones_are_read(project: Path) -> None:
    write(project, {"lib/1.ts": "process.env.ONE!", "lib/2.ts": "process.env.LOST!", "lib/3.ts": "process.env.THREE!"})
    git(project, "add", "--all")
    blob = git(project, "rev-parse", ":lib/2.ts").strip()
    (project / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    report = commit(project)
    assert {unread.path for unread in report.unread} == {"lib/2.ts"}
    assert missing(report) == {"ONE", "THREE"}


def test_a_damaged_blob_is_unread_and_ends_nothing(project: Path) -> None:
    write(project, {"lib/1.ts": "process.env.ONE!", "lib/2.ts": "process.env.LOST!", "lib/3.ts": "process.env.THREE!"})
    git(project, "add", "--all")
    blob = git(project, "rev-parse", ":lib/2.ts").strip()
    damaged = project / ".git" / "objects" / blob[:2] / blob[2:]
    damaged.chmod(0o644)
    damaged.write_bytes(b"no zlib")
    report = commit(project)
    assert "lib/2.ts" in {unread.path for unread in report.unread}
    assert missing(report) == {"ONE", "THREE"}


def test_a_blob_over_the_limit_is_unread_and_the_next_ones_are_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("driftline.project.index.MAX_SOURCE", 1024 * 1024)
    write(project, {"lib/1.ts": "process.env.ONE!", "lib/2.ts": b"//" + b"x" * 1024 * 1024, "lib/3.ts": "process.env.THREE!"})
    git(project, "add", "--all")
    report = commit(project)
    assert {unread.path: unread.reason for unread in report.unread} == {"lib/2.ts": "larger than 1 MiB"}
    assert missing(report) == {"ONE", "THREE"}


POINTER = (
    "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(POINTER, "is a pointer of Git LFS"), (b"\0GITCRYPT\0\x8a\xffsecret", "is encrypted by git-crypt")],
    ids=["LFS", "git-crypt"],
)
def test_what_git_keeps_in_place_of_a_text_is_told(project: Path, content: str | bytes, reason: str) -> None:
    write(project, {".env.production": content, "lib/a.ts": "process.env.ONE!", ".env.staging": "A=1\n"})
    git(project, "add", "--all")
    for report in (commit(project), check(project)):
        assert {unread.path for unread in report.unread} == {".env.production"}
        assert report.unread[0].reason.startswith(reason)
        assert "ONE" in app_of(report).variables


@pytest.mark.parametrize("content", [b"\xff\xfeA\0=\0", b"A=\0", b"A=\xff"], ids=ascii)
def test_staged_bytes_that_are_no_text(project: Path, content: bytes) -> None:
    write(project, {".env.staging": content, "lib/a.ts": "process.env.ONE!"})
    git(project, "add", "--all")
    report = commit(project)
    assert {unread.path for unread in report.unread} == {".env.staging"}
    assert missing(report) == {"ONE"}


# --- many files -------------------------------------------------------------------------------------------------------------


def test_ten_thousand_staged_files_take_seconds(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"lib/{i // 100}/{i}.ts": f"export const a{i} = {i}\n" * 10 for i in range(10_000)}
    files |= {f"lib/{i}/read.ts": f"process.env.NAME_{i}!\n" for i in range(100)}
    root = repository(tmp_path, {**BASE, **files})
    started = time.process_time()
    report = commit(root)
    assert time.process_time() - started < 10
    assert len(missing(report)) == 101
    assert report.unread == ()


def test_thousands_of_changed_names_are_no_longer_command_line(project: Path) -> None:
    names = [f"{'LONG_' * 40}{i}" for i in range(20_000)]  # four megabytes of names
    write(project, {".env.staging": "".join(f"{name}=1\n" for name in names), "lib/later.ts": f"process.env.{names[-1]}!\n"})
    git(project, "add", "lib/later.ts")
    git(project, "commit", "--quiet", "--message", "second")
    git(project, "add", "--all")
    with Index(str(project)) as index:
        assert index.holding(names[-300:], [".staging", ".ts"]) == (".env.staging", "lib/later.ts")
        assert index.holding(names[-300:], [".ts", ".tsx"]) == ("lib/later.ts",)
        assert index.holding(["KNOWN"], [".env.production", ".ts"]) == (".env.production", "lib/a.ts")
        assert index.holding(["KNOW"], [".ts"]) == ()
        assert index.holding([], [".ts"]) == ()
