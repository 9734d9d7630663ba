"""What belongs to a project and what can be read of it: walks with and without git, links, odd names, files no reader can take."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from pathlib import Path

import pytest

from driftline.model import State, Unreadable
from driftline.project import files
from tests.project.trees import app_of, check, is_root, repository, sources, write

BOTH = pytest.mark.parametrize("under_git", [True, False], ids=["git", "no git"])


def put(folder: Path, content: dict[str, str | bytes], under_git: bool) -> Path:
    return repository(folder, content) if under_git else write(folder, content)


def walked(folder: Path) -> dict[str, bool]:
    """Path -> whether it is ignored."""
    return {file.path: file.ignored for file in files.walk(str(folder)).files}


def reasons(report: object) -> dict[str, str]:
    return {unread.path: unread.reason for unread in report.unread}  # type: ignore[attr-defined]


# --- what the walk takes and leaves -----------------------------------------------------------------------------------------


@BOTH
def test_ignored_files_are_marked_and_ignored_folders_left_out(tmp_path: Path, under_git: bool) -> None:
    root = put(
        tmp_path / "p",
        {
            ".gitignore": "*.local\n*.log\n!keep.log\n/out/\n",
            ".env": "A=1\n",
            ".env.local": "A=2\n",
            "x.log": "",
            "keep.log": "",
            "out/.env": "A=3\n",
            "packages/out/a.ts": "",
            "packages/.gitignore": "!*.log\n",
            "packages/y.log": "",
        },
        under_git,
    )
    found = walked(root)
    assert {path for path, ignored in found.items() if ignored} == {".env.local", "x.log"}
    assert {path for path, ignored in found.items() if not ignored} == {
        ".env", ".gitignore", "keep.log", "packages/.gitignore", "packages/out/a.ts", "packages/y.log",
    }  # fmt: skip


@BOTH
@pytest.mark.parametrize("folder", sorted(name for name in files.SKIPPED if "/" not in name and name != ".git"))
def test_folders_of_others_are_skipped_even_where_nothing_ignores_them(tmp_path: Path, under_git: bool, folder: str) -> None:
    root = put(
        tmp_path / "p", {f"{folder}/.env": "A=1\n", f"packages/a/{folder}/deep/.env": "A=1\n", f"x{folder}/.env": "A=1\n"}, under_git
    )
    assert set(walked(root)) == {f"x{folder}/.env"}


@BOTH
def test_what_the_settings_exclude_is_left_out(tmp_path: Path, under_git: bool) -> None:
    root = put(tmp_path / "p", {"a/.env": "", "a/b/.env": "", "ab/.env": "", ".env": ""}, under_git)
    tree = files.walk(str(root), lambda path: path.startswith("a/"))
    assert [file.path for file in tree.files] == [".env", "ab/.env"]


@BOTH
def test_a_folder_below_the_repository_is_audited_alone(tmp_path: Path, under_git: bool) -> None:
    root = put(tmp_path / "p", {"apps/web/.env": "A=1\n", "apps/api/.env": "B=1\n", ".env": "C=1\n"}, under_git)
    assert set(walked(root / "apps" / "web")) == {".env"}


def test_pulled_files_are_found_in_an_ignored_folder(tmp_path: Path) -> None:
    content: dict[str, str | bytes] = {
        ".gitignore": ".vercel\ncache/\n",
        ".vercel/.env.production.local": "A=1\n",
        "cache/.env.production": "A=2\n",
        "a.ts": "",
    }
    for under_git in (True, False):
        found = walked(put(tmp_path / str(under_git), content, under_git))
        assert found[".vercel/.env.production.local"] is True
        assert "cache/.env.production" not in found


def test_tracked_untracked_and_ignored_are_told_apart(tmp_path: Path) -> None:
    root = repository(tmp_path, {".gitignore": "*.local\n", ".env": "A=1\n"})
    write(root, {".env.production": "A=2\n", ".env.local": "A=3\n", "new/.env": "A=4\n"})
    tree = files.walk(str(root))
    assert tree.git
    assert {file.path: (file.tracked, file.ignored) for file in tree.files} == {
        ".env": (True, False),
        ".env.local": (False, True),
        ".env.production": (False, False),
        ".gitignore": (True, False),
        "new/.env": (False, False),
    }


def test_a_tracked_file_counts_although_gitignore_names_it(tmp_path: Path) -> None:
    root = repository(tmp_path, {".env": "A=1\n"})
    write(root, {".gitignore": ".env\n"})
    assert walked(root)[".env"] is False


def test_deleted_files_are_no_part_of_the_project_and_no_failure(tmp_path: Path) -> None:
    root = repository(
        tmp_path, {"package.json": "{}", ".env.production": "A=1\n", "src/a.ts": "process.env.A!", "lib/b.ts": "process.env.B!"}
    )
    (root / ".env.production").unlink()
    (root / "package.json").unlink()
    shutil.rmtree(root / "lib")
    write(root, {"lib": "a file now"})
    report = check(root)
    assert report.unread == ()
    assert set(walked(root)) == {"lib", "src/a.ts"}
    assert "B" not in app_of(report).variables


@pytest.mark.parametrize("name", ["missing", "file.txt"])
def test_a_root_that_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"file.txt": ""})
    with pytest.raises(Unreadable):
        files.walk(str(tmp_path / name))


# --- links ------------------------------------------------------------------------------------------------------------------


@pytest.mark.promise("nothing-is-left-out")
@BOTH
def test_links_out_of_the_root_are_not_followed(tmp_path: Path, under_git: bool) -> None:
    outside = write(tmp_path / "outside", {".env": "SECRET_OUTSIDE=1\n", "deep/.env": "DEEP_OUTSIDE=1\n"})
    root = put(tmp_path / "p", {"a.ts": "process.env.SECRET_OUTSIDE"}, under_git)
    (root / ".env").symlink_to(outside / ".env")
    (root / "linked").symlink_to(outside)
    (root / "up").symlink_to("..")
    report = check(root)
    assert reasons(report) == {".env": "a link out of the audited folder; not followed"}
    assert not any(path.startswith(("linked/", "up/")) for path in walked(root))
    assert app_of(report).variables["SECRET_OUTSIDE"].cells["production"].state is State.MISSING


def test_a_link_in_the_place_of_a_tracked_folder_leads_nowhere(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {".env": "SECRET_OUTSIDE=1\n"})
    root = repository(tmp_path / "p", {"conf/.env": "INSIDE=1\n", "conf/deep/.env": "INSIDE=1\n", "a.ts": "process.env.INSIDE"})
    shutil.rmtree(root / "conf")
    (root / "conf").symlink_to(outside)
    report = check(root)
    assert set(walked(root)) == {"a.ts", "conf"}
    assert "SECRET_OUTSIDE" not in app_of(report).variables


@BOTH
def test_loops_of_links_end(tmp_path: Path, under_git: bool) -> None:
    root = put(tmp_path / "p", {"a/a.ts": "process.env.A", ".env": "A=1\n"}, under_git)
    (root / "a" / "again").symlink_to("..")
    (root / "a" / "self").symlink_to("self")
    (root / ".env.production").symlink_to(".env.staging")
    (root / ".env.staging").symlink_to(".env.production")
    report = check(root)
    assert set(reasons(report)) == {".env.production", ".env.staging"}
    assert "A" in app_of(report).variables


@pytest.mark.promise("bounded")
@BOTH
def test_a_ring_of_a_thousand_links_is_told(tmp_path: Path, under_git: bool) -> None:
    """More than the kernel follows, and than recursion can."""
    root = put(tmp_path / "p", {"a.ts": "process.env.A", ".env": "A=1\n"}, under_git)
    for number in range(1000):
        (root / f".env.l{number}").symlink_to(f".env.l{(number + 1) % 1000}")
    assert set(reasons(check(root))) == {f".env.l{number}" for number in range(1000)}


@BOTH
def test_a_linked_env_file_counts_once_and_reaches_the_app_that_links_it(tmp_path: Path, under_git: bool) -> None:
    root = put(
        tmp_path / "p",
        {
            "package.json": '{"workspaces": ["apps/*"]}',
            "apps/web/package.json": '{"name": "web", "dependencies": {"next": "16"}}',
            "apps/web/a.ts": "process.env.SHARED!",
            "apps/docs/package.json": '{"name": "docs", "dependencies": {"next": "16"}}',
            "apps/docs/a.ts": "process.env.SHARED!",
            "env/.env.production": "SHARED=1\n",
        },
        under_git,
    )
    (root / "apps" / "web" / ".env.production").symlink_to("../../env/.env.production")
    report = check(root)
    assert report.unread == ()
    assert sources(report, "production", "apps/web") == ["env/.env.production"]
    assert sources(report, "production", "apps/docs") == []
    because = app_of(report, "apps/web").environments[-1].because
    assert because["env/.env.production"].endswith("linked from apps/web/.env.production")


def test_a_dangling_link_is_told_and_a_tracked_one_is_only_a_note(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.ts": "process.env.A"})
    (root / ".env.production").symlink_to("/run/secrets/production.env")
    assert reasons(check(root)) == {".env.production": files.GONE}
    shutil.copy(root / ".env.production", root / "unused", follow_symlinks=False)
    from tests.projects import git

    git(root, "add", ".env.production")
    report = check(root)
    assert reasons(report) == {}
    assert [note.location.path for note in report.notes] == [".env.production"]


# --- files that cannot be read ----------------------------------------------------------------------------------------------

REST = "ONE=1\n"


def unread_beside(tmp_path: Path, under_git: bool, name: str = ".env.production") -> str:
    """The reason for not reading `name`; that the rest was audited is checked here."""
    report = check(tmp_path)
    assert "ONE" in app_of(report).variables, "everything else is still audited"
    assert set(reasons(report)) == {name}
    return reasons(report)[name]


@BOTH
def test_a_folder_named_like_an_env_file(tmp_path: Path, under_git: bool) -> None:
    """Loaders stumble over it (Docker makes one where the file to mount is missing); a virtual environment is meant to be a folder."""
    inside = {".env.production/keys.txt": "x", ".env/.env": "INNER=1\n", "app/.env/pyvenv.cfg": "home = /usr/bin\n"}
    root = put(tmp_path, {**inside, ".env.staging": REST, "a.ts": "process.env.ONE"}, under_git)
    report = check(root)
    assert reasons(report) == {".env": "is a folder, not a file", ".env.production": "is a folder, not a file"}
    assert sources(report, "staging") == [".env.staging"]
    assert "ONE" in app_of(report).variables


@pytest.mark.skipif(is_root(), reason="nothing is unreadable for root")
@BOTH
def test_an_unreadable_file(tmp_path: Path, under_git: bool) -> None:
    root = put(tmp_path, {".env.production": "A=1\n", ".env.staging": REST}, under_git)
    (root / ".env.production").chmod(0)
    assert unread_beside(root, under_git) == "Permission denied"


@pytest.mark.skipif(is_root(), reason="nothing is unreadable for root")
def test_an_unreadable_folder(tmp_path: Path) -> None:
    root = write(tmp_path, {"closed/.env": "A=1\n", ".env.staging": REST})
    (root / "closed").chmod(0)
    try:
        assert unread_beside(root, False, "closed") == "Permission denied"
    finally:
        (root / "closed").chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("name", [".env.production", "a.ts", "package.json"])
def test_a_pipe_does_not_hold_the_audit_up(tmp_path: Path, name: str) -> None:
    root = write(tmp_path, {".env.staging": REST})
    os.mkfifo(root / name)
    assert unread_beside(root, False, name) == "is not a regular file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_named_gitignore_does_not_hold_the_audit_up(tmp_path: Path) -> None:
    root = write(tmp_path, {".env.staging": REST})
    os.mkfifo(root / ".gitignore")
    assert unread_beside(root, False, ".gitignore").startswith("is not a regular file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_that_takes_a_files_place_does_not_hold_a_read_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    regular = os.stat(write(tmp_path, {"file": ""}) / "file")
    monkeypatch.setattr(os, "stat", lambda path: regular)  # what the first look said
    said: list[str] = []

    def look() -> None:
        try:
            files.read(str(tmp_path), "pipe")
        except Unreadable as problem:
            said.append(problem.reason)

    reading = threading.Thread(target=look, daemon=True)
    reading.start()
    reading.join(5)
    assert said == ["is not a regular file"]


@pytest.mark.parametrize(
    ("content", "reason", "line"),
    [
        ("A=1\n".encode("utf-16"), "is UTF-16", 1),
        ("A=1\n".encode("utf-16-be"), "holds NUL bytes", 1),
        (b"A=1\nB=\0\n", "holds NUL bytes", 2),
        (b"A=1\nB=2\nC=\xff\xfe\n", "is not UTF-8", 3),
        (b"A=1\nB=\xed\xa0\x80\n", "is not UTF-8", 2),  # half of a pair: no text
    ],
    ids=["UTF-16", "UTF-16 without a mark", "NUL", "bytes", "surrogate"],
)
@BOTH
def test_text_in_no_known_encoding(tmp_path: Path, under_git: bool, content: bytes, reason: str, line: int) -> None:
    root = put(tmp_path, {".env.production": content, ".env.staging": REST}, under_git)
    assert unread_beside(root, under_git).startswith(reason)
    assert check(root).unread[0].line == line


@pytest.mark.parametrize("under_git", [True])
def test_carriage_returns_alone_are_told(tmp_path: Path, under_git: bool) -> None:
    root = put(tmp_path, {".env.production": "A=1\rB=2\rC=3\r", ".env.staging": REST, "a.ts": "process.env.B!"}, under_git)
    report = check(root)
    said = [*reasons(report).values(), *(note.note for note in report.notes)]
    assert any("carriage return" in words for words in said)


def test_a_byte_order_mark_is_told_and_read_on(tmp_path: Path) -> None:
    root = write(tmp_path, {".env.production": b"\xef\xbb\xbfA=1\nB=2\n", "a.ts": "process.env.A; process.env.B"})
    report = check(root)
    assert report.unread == ()
    assert app_of(report).variables["B"].cells["production"].state is State.SET
    assert any("byte-order mark" in note.note for note in report.notes)


def test_line_ends_of_windows_are_no_news(tmp_path: Path) -> None:
    root = write(tmp_path, {".env.production": b"A=1\r\nB=2\r\n", "a.ts": "process.env.A; process.env.B"})
    report = check(root)
    assert not report.unread
    assert not report.notes
    assert app_of(report).variables["A"].cells["production"].state is State.SET


@pytest.mark.parametrize("filler", [b"x", b"A=1\n", b"\n", b"'", b"\"'`", b"\\", b"#", b"=", b"${A", b"\xe2\x80\xa8", b" ="], ids=ascii)
def test_a_huge_env_file_is_told_and_a_large_one_takes_bounded_time(tmp_path: Path, filler: bytes) -> None:
    root = write(
        tmp_path, {".env.production": b"A=" + filler * (50 * 1024 * 1024 // len(filler)), ".env.staging": REST, "a.ts": "process.env.ONE"}
    )
    started = time.process_time()
    assert unread_beside(root, False) == "larger than 8 MiB, which no environment can hold"
    write(tmp_path, {".env.production": b"A=" + filler * (60 * 1024 // len(filler))})
    assert "ONE" in app_of(check(root)).variables
    assert time.process_time() - started < 10


def test_an_env_file_of_a_million_lines_is_told(tmp_path: Path) -> None:
    root = write(tmp_path, {".env.production": b"A=1\n" * 1_000_000, ".env.staging": REST, "a.ts": "process.env.ONE"})
    assert unread_beside(root, False) == "more than 250000 lines"


@pytest.mark.promise("bounded")
def test_a_file_over_the_limit_is_unread_without_being_read(tmp_path: Path) -> None:
    root = write(tmp_path, {".env.staging": REST})
    with open(root / ".env.production", "wb") as file:
        file.truncate(3 * 1024**3)  # takes no space on the disk
    started = time.process_time()
    assert unread_beside(root, False) == "larger than 64 MiB"
    assert time.process_time() - started < 5


# --- odd names --------------------------------------------------------------------------------------------------------------

ODD = [
    "a b",
    "a'b",
    'a"b',
    "a\nb",
    "a\tb",
    "é",
    "日本",
    "a\\b",
    "-rf",
    "a\x1b[31mb",
    "$(touch marker)",
    "`touch marker`",
    "%0A::error::x",
    "a;b",
    "{a}",
    "a:b",
]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
@BOTH
@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_odd_names_are_read_like_any_other(tmp_path: Path, under_git: bool, name: str) -> None:
    root = put(tmp_path / "p", {f"{name}/package.json": '{"dependencies": {"next": "16"}}', f"{name}/.env.production": "A=1\n"}, under_git)
    write(root, {f"{name}/lib/{name}.ts": "process.env.B!"})
    report = check(root)
    assert report.unread == ()
    app = app_of(report, name)
    assert app.variables["A"].cells["production"].state is State.SET
    assert app.variables["B"].references[0].location.path == f"{name}/lib/{name}.ts"
    assert not list(tmp_path.rglob("marker"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
@BOTH
def test_names_that_are_no_text(tmp_path: Path, under_git: bool) -> None:
    root = put(tmp_path / "p", {"package.json": '{"dependencies": {"next": "16"}}', ".env.production": "A=1\n"}, under_git)
    folder = os.path.join(os.fsencode(root), b"l\xffb")
    os.mkdir(folder)
    with open(os.path.join(folder, b"\xe9.ts"), "w") as file:
        file.write("process.env.B!")
    report = check(root)
    assert report.unread == ()
    variable = app_of(report).variables["B"]
    assert os.fsencode(variable.references[0].location.path) == b"l\xffb/\xe9.ts"
    assert [finding.variable for finding in report.findings if finding.rule == "missing-variable"] == ["B"]


@BOTH
@pytest.mark.skipif(os.name != "posix", reason="folders are entered one by one")
def test_a_folder_too_deep_to_be_opened_is_unread(tmp_path: Path, under_git: bool) -> None:
    """Git goes past it with a warning and exit code 0."""
    root = put(tmp_path / "p", {"a.ts": "1"}, under_git)
    here = os.open(root, os.O_RDONLY)
    for _ in range(25):  # 25 * 201 is more than PATH_MAX
        os.mkdir("d" * 200, dir_fd=here)
        inner = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("b.ts", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    tree = files.walk(str(root))
    assert [file.path for file in tree.files] == ["a.ts"]
    assert [one.reason for one in tree.unread] == ["cannot be listed" if under_git else "File name too long"]


@pytest.mark.parametrize("said", ["Permission denied", "Too many open files"])
def test_a_folder_that_git_goes_past_is_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """A folder of another user, which root cannot have here: git's own words stand for it."""
    root = repository(tmp_path / "p", {"a.ts": "1"})
    program = write(
        tmp_path / "bin",
        {"git": f'#!/bin/sh\necho "warning: could not open directory \'data/\': {said}" >&2\nexec {shutil.which("git")} "$@"\n'},
    )
    (program / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(program))
    assert [(one.path, one.reason) for one in files.walk(str(root)).unread] == [("data", said)]


def test_a_read_that_gives_less_than_it_was_asked_for_is_not_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a.ts": "x" * 9000 + "process.env.A", "b.ts": "process.env.B"})
    real = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: real(descriptor, min(size, 7)))
    assert [files.text(str(tmp_path), name) for name in ("a.ts", "b.ts")] == [b"x" * 9000 + b"process.env.A", b"process.env.B"]
