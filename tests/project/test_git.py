"""Git is asked and never obeyed: no program that a repository names is started, nothing in it changes, and without git the audit goes on."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from driftline import cli
from driftline.model import Unreadable
from driftline.project import files
from driftline.project import git as asking
from tests.project.trees import app_of, check, is_root, repository, sources, write
from tests.projects import git

COMMANDS = (["check"], ["commit"], ["matrix"], ["check", "--format", "json"], ["predeploy", "--env", "production"])

SHOP: dict[str, str | bytes] = {
    "package.json": '{"dependencies": {"next": "16"}}',
    "a.ts": "process.env.ONE!",
    ".env.production": "TWO=1\n",
    ".gitignore": "*.local\n",
}


class Done(NamedTuple):
    returncode: int
    stdout: str


def driftline(folder: Path, *arguments: str, **variables: str) -> Done:
    """A whole command, run in `folder` with these environment variables added; its code and all that it prints."""
    printed = io.StringIO()
    before, here = dict(os.environ), os.getcwd()
    try:
        os.chdir(folder)
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            del os.environ[name]
        os.environ.update(variables)
        with redirect_stdout(printed), redirect_stderr(printed):
            code = cli.run(arguments)
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(before)
    return Done(code, printed.getvalue())


def findings(folder: Path) -> list[str]:
    return sorted(f"{finding.rule} {finding.variable}" for finding in check(folder).findings)


# --- repositories that are none, machines without git -----------------------------------------------------------------------


@pytest.mark.parametrize("content", [None, "", "gitdir: nowhere\n", "gitdir: \n", "\0\xff", "x" * 100_000], ids=ascii)
def test_a_git_folder_that_is_none_is_told_and_the_rest_is_audited(tmp_path: Path, content: str | None) -> None:
    root = write(tmp_path / "p", {**SHOP, ".env.local": "ONE=1\n"})
    if content is None:
        (root / ".git").mkdir()
    else:
        (root / ".git").write_text(content, encoding="latin-1")
    report = check(root)
    assert [unread.path for unread in report.unread] == [".git"]
    assert "what git tracks and ignores is not known" in report.unread[0].reason
    assert sources(report, "production") == [".env.production"]
    assert any(finding.variable == "ONE" for finding in report.findings)


def test_a_broken_index_or_head_is_told(tmp_path: Path) -> None:
    for name in ("index", "HEAD"):
        root = repository(tmp_path / name, SHOP)
        (root / ".git" / name).write_bytes(b"DIRC no more")
        report = check(root)
        assert [unread.path for unread in report.unread] == [".git"], name
        assert "ONE" in app_of(report).variables
        assert driftline(root, "commit").returncode == 3


def test_without_git_on_the_machine(tmp_path: Path) -> None:
    bare = write(tmp_path / "bare", SHOP)
    under = repository(tmp_path / "under", SHOP)
    nowhere = str(tmp_path / "nowhere")
    done = driftline(bare, "check", PATH=nowhere)
    assert (done.returncode, "git" in done.stdout) == (1, False), done.stdout
    done = driftline(under, "check", PATH=nowhere)
    assert done.returncode == 3
    assert "git cannot be started" in done.stdout
    assert "ONE" in done.stdout, "the findings are printed nevertheless"
    done = driftline(under, "commit", PATH=nowhere)
    assert done.returncode == 3
    assert "git cannot be started" in done.stdout


@pytest.mark.promise("nothing-is-run")
def test_no_git_that_lies_in_the_audited_folder_is_started(tmp_path: Path) -> None:
    root = repository(tmp_path / "p", SHOP)
    (root / "git").write_text(f"#!/bin/sh\ntouch {tmp_path}/marker\n")
    (root / "git").chmod(0o755)
    real = shutil.which("git")
    assert real is not None
    for path in ("", ".", f":{os.path.dirname(real)}", f".:{os.path.dirname(real)}"):
        driftline(root, "check", PATH=path)
        driftline(root, "commit", PATH=path)
        assert not (tmp_path / "marker").exists(), repr(path)


@pytest.mark.skipif(not is_root(), reason="only root can give a file away")
def test_a_repository_of_another_user_is_told(tmp_path: Path) -> None:
    root = repository(tmp_path / "p", SHOP)
    home = tmp_path / "home"
    home.mkdir()
    for path in (root, *root.rglob("*")):
        os.chown(path, 12345, 12345)
    done = driftline(root, "check", HOME=str(home), XDG_CONFIG_HOME=str(home))
    if done.returncode != 3:
        pytest.skip("this machine's git trusts every folder")
    assert "safe.directory" in done.stdout
    assert "ONE" in done.stdout
    assert driftline(root, "commit", HOME=str(home), XDG_CONFIG_HOME=str(home)).returncode == 3


# --- nothing is run ---------------------------------------------------------------------------------------------------------

_HOOKS = (
    "pre-commit", "post-index-change", "fsmonitor-watchman", "post-checkout", "pre-auto-gc", "reference-transaction", "post-merge",
    "query-watchman", "prepare-commit-msg",
)  # fmt: skip


_INCLUDED = ("core.fsmonitor", "diff.external", "core.pager", "core.alternateRefsCommand", "gpg.program", "core.sshCommand")


@pytest.fixture
def trap(tmp_path: Path) -> tuple[Path, Path]:
    """A repository whose configuration names a program wherever git would start one, and the marker that this program leaves."""
    marker = tmp_path / "marker"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{marker}'\ncat\n")
    program.chmod(0o755)
    root = repository(tmp_path / "p", SHOP, commit=True)
    for hook in _HOOKS:
        shutil.copy(program, root / ".git" / "hooks" / hook)
    settings = {
        "core.fsmonitor": str(program), "core.fsmonitorHookVersion": "1", "core.hooksPath": str(root / ".git" / "hooks"), "diff.external": str(program),
        "diff.evil.textconv": str(program), "diff.evil.command": str(program), "diff.evil.cachetextconv": "true",
        "filter.evil.clean": str(program), "filter.evil.smudge": str(program), "filter.evil.process": str(program), "filter.evil.required": "true",
        "core.pager": str(program), "pager.grep": str(program), "pager.ls-files": str(program), "core.editor": str(program), "sequence.editor": str(program),
        "core.sshCommand": str(program), "core.askPass": str(program), "credential.helper": str(program), "core.gitProxy": str(program),
        "gpg.program": str(program), "core.alternateRefsCommand": str(program), "uploadpack.packObjectsHook": str(program),
        "interactive.diffFilter": str(program), "alias.ls-files": f"!{program}", "alias.grep": f"!{program}", "alias.cat-file": f"!{program}",
        "submodule.recurse": "true", "core.untrackedCache": "true", "core.splitIndex": "true", "index.skipHash": "true", "grep.fallbackToNoIndex": "true",
        "trace2.eventTarget": str(marker), "diff.trustExitCode": "true", "maintenance.auto": "true", "gc.auto": "1",
    }  # fmt: skip
    write(
        root, {".gitattributes": "* diff=evil filter=evil\n", "b.ts": "process.env.THREE!", "a.ts": "process.env.ONE! + process.env.THREE!"}
    )
    git(root, "add", "--all")
    for name, value in settings.items():
        git(root, "config", name, value)
    # The same once more from files that the configuration includes, and from the work tree's own.
    included = write(
        root / ".git", {"more": "".join(f"[{name.rpartition('.')[0]}]\n{name.rpartition('.')[2]} = {program}\n" for name in _INCLUDED)}
    )
    git(root, "config", "include.path", str(included / "more"))
    git(root, "config", "includeIf.gitdir:**.path", "more")
    git(root, "config", "extensions.worktreeConfig", "true")
    shutil.copy(root / ".git" / "more", root / ".git" / "config.worktree")
    # Newer than the index: git would like to look again, through the filters.
    for path in root.iterdir():
        os.utime(path)
    marker.unlink(missing_ok=True)
    return root, marker


@pytest.mark.promise("nothing-is-run")
@pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_nothing_that_the_repository_names_is_run(trap: tuple[Path, Path], command: list[str]) -> None:
    root, marker = trap
    done = driftline(root, *command)
    assert done.returncode in (0, 1), done.stdout
    assert not marker.exists(), marker.read_text()
    assert "THREE" in done.stdout, "what is staged was judged"


@pytest.mark.promise("nothing-is-run")
@pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script")
@pytest.mark.parametrize(
    "command", [["review"], ["bundle", "a.ts"], ["baseline"], ["init"], ["init", "--remove"], ["explain", "ONE"]], ids=" ".join
)
def test_no_other_command_runs_it(trap: tuple[Path, Path], command: list[str]) -> None:
    root, marker = trap
    done = driftline(root, *command)
    assert done.returncode in (0, 1), done.stdout
    assert not marker.exists(), marker.read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script")
def test_the_trap_works(trap: tuple[Path, Path]) -> None:
    root, marker = trap
    subprocess.run(["git", "status"], cwd=root, capture_output=True, check=False)
    subprocess.run(["git", "diff", "HEAD"], cwd=root, capture_output=True, check=False)
    assert marker.exists(), "git itself runs what the repository names"


@pytest.mark.promise("nothing-is-sent")
@pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script")
@pytest.mark.parametrize(
    "url", ["ssh://host.invalid/x", "ext::{program}", "evil::x", "file://{root}/other", "{root}/other", "git://host.invalid/x"]
)
def test_a_partial_clone_fetches_nothing(tmp_path: Path, url: str) -> None:
    marker = tmp_path / "marker"
    program = tmp_path / "git-remote-evil"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{marker}'\n")
    program.chmod(0o755)
    root = repository(tmp_path / "p", {**SHOP, "lost.ts": "process.env.LOST"})
    blob = git(root, "rev-parse", ":lost.ts").strip()
    (root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    git(root, "config", "core.repositoryFormatVersion", "1")
    git(root, "config", "extensions.partialClone", "origin")
    git(root, "config", "remote.origin.promisor", "true")
    git(root, "config", "remote.origin.url", url.format(program=program, root=root))
    git(root, "config", "protocol.allow", "always")
    git(root, "config", "protocol.ext.allow", "always")
    git(root, "config", "core.sshCommand", str(program))
    git(root, "config", "core.gitProxy", str(program))
    git(root, "config", "remote.origin.uploadpack", str(program))
    done = driftline(root, "commit", PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert not marker.exists(), marker.read_text()
    assert done.returncode == 3
    assert "lost.ts" in done.stdout
    assert "ONE" in done.stdout or "TWO" in done.stdout, "the other files are judged"


@pytest.mark.promise("nothing-is-left-out")
@pytest.mark.parametrize(
    "given",
    [
        {"color.ui": "always", "color.grep": "always"},
        {
            "grep.patternType": "perl",
            "grep.fullName": "true",
            "grep.column": "true",
            "grep.lineNumber": "true",
            "grep.extendedRegexp": "true",
        },
        {
            "diff.noprefix": "true",
            "diff.relative": "true",
            "diff.renames": "copies",
            "diff.ignoreSubmodules": "all",
            "diff.orderFile": "order",
        },
        {"core.quotePath": "true", "core.precomposeUnicode": "true", "core.ignoreCase": "true", "log.showSignature": "true"},
        {"attributes": "* binary -diff -text\n"},
        {"attributes": "* -diff filter=lfs merge=lfs diff=lfs\n"},
    ],
    ids=" ".join,
)
def test_no_setting_and_no_attribute_hides_what_is_staged(tmp_path: Path, given: dict[str, str]) -> None:
    """The file that reads the variable is not the one that is staged: it is found through git, whatever the repository sets."""
    root = repository(tmp_path / "p", {**SHOP, ".env.production": "ONE=1\nTWO=1\n", "lib/b.ts": "process.env.TWO!"}, commit=True)
    write(root, {".env.production": "ONE=1\n", ".gitattributes": given.get("attributes", "")})
    git(root, "add", "--all")
    for name, value in given.items():
        if name != "attributes":
            git(root, "config", name, value)
    done = driftline(root, "commit")
    assert done.returncode == 1, done.stdout
    assert "lib/b.ts" in done.stdout


@pytest.mark.promise("nothing-is-left-out")
def test_no_replaced_object_hides_what_is_staged(tmp_path: Path) -> None:
    """refs/replace lets git show another object in an object's place."""
    root = repository(tmp_path / "p", {**SHOP, ".env.production": "ONE=1\nTWO=1\n"}, commit=True)
    write(root, {".env.production": "TWO=1\n"})
    git(root, "add", "--all")
    before = driftline(root, "commit")
    git(root, "replace", "HEAD:.env.production", ":.env.production")
    after = driftline(root, "commit")
    assert (after.returncode, re.sub(r"in [0-9.]+ s", "", after.stdout)) == (before.returncode, re.sub(r"in [0-9.]+ s", "", before.stdout))
    assert after.returncode == 1


def test_a_work_tree_elsewhere_is_not_audited_in_place_of_the_folder(tmp_path: Path) -> None:
    other = write(tmp_path / "other", {".env.production": "OUTSIDE=1\n"})
    root = repository(tmp_path / "p", SHOP)
    git(root, "config", "core.worktree", str(other))
    report = check(root)
    assert "OUTSIDE" not in app_of(report).variables
    assert "ONE" in app_of(report).variables
    assert [unread.path for unread in report.unread] == [".git"]


# --- nothing changes --------------------------------------------------------------------------------------------------------


def state(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file's time of change and content."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.promise("nothing-is-changed")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_file_changes_and_none_is_added(tmp_path: Path, command: list[str]) -> None:
    root = repository(tmp_path / "p", {**SHOP, ".env.local": "ONE=1\n"}, commit=True)
    write(root, {"b.ts": "process.env.THREE!"})
    git(root, "add", "b.ts")
    for name in ("core.untrackedCache", "feature.manyFiles", "core.preloadIndex"):
        git(root, "config", name, "true")
    for path in root.iterdir():  # stale times: a `git status` would refresh the index now
        os.utime(path)
    before = state(root)
    done = driftline(root, *command)
    assert done.returncode in (0, 1), done.stdout
    assert state(root) == before


def test_a_locked_index_is_read(tmp_path: Path) -> None:
    root = repository(tmp_path / "p", SHOP)
    (root / ".git" / "index.lock").write_text("")
    assert driftline(root, "check").returncode == 1
    assert driftline(root, "commit").returncode in (0, 1)


# --- the shapes of repositories ---------------------------------------------------------------------------------------------


def test_a_linked_work_tree_is_audited_like_any_other(tmp_path: Path) -> None:
    main = repository(tmp_path / "main", SHOP, commit=True)
    git(main, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = tmp_path / "linked"
    assert (linked / ".git").is_file()
    assert findings(linked) == findings(main)
    assert files.walk(str(linked)).git
    write(linked, {"b.ts": "process.env.THREE!"})
    git(linked, "add", "b.ts")
    assert "THREE" in driftline(linked, "commit").stdout
    assert "THREE" not in driftline(main, "commit").stdout


def test_a_submodule_is_a_project_of_its_own(tmp_path: Path) -> None:
    inner = repository(
        tmp_path / "inner",
        {"package.json": '{"dependencies": {"next": "16"}}', "c.ts": "process.env.INNER!", ".env.production": "X=1\n"},
        commit=True,
    )
    root = repository(tmp_path / "p", SHOP, commit=True)
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "libs/inner")
    report = check(root)
    assert report.unread == ()
    assert not any(path.startswith("libs/inner/") for path in (file.path for file in files.walk(str(root)).files))
    assert any(note.location.path == "libs/inner" for note in report.notes), "what is left out is told"
    assert "missing-variable INNER" in findings(root / "libs" / "inner")
    assert driftline(root / "libs" / "inner", "commit").returncode == 0


def test_a_repository_inside_a_repository_is_left_to_itself_and_told(tmp_path: Path) -> None:
    root = repository(tmp_path / "p", SHOP, commit=True)
    repository(root / "vendor" / "other", {".env": "OTHER=1\n"}, commit=True)
    report = check(root)
    assert "OTHER" not in app_of(report).variables
    assert any(note.location.path == "vendor/other" for note in report.notes)


def test_before_the_first_commit(tmp_path: Path) -> None:
    root = repository(tmp_path / "p", SHOP)
    assert "missing-variable ONE" in findings(root)
    assert "ONE" in driftline(root, "commit").stdout


def test_a_bare_repository_is_no_project(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "bare.git")
    assert driftline(tmp_path / "bare.git", "check").returncode == 3
    assert driftline(tmp_path / "bare.git", "commit").returncode == 3


def test_names_of_sha256_are_read(tmp_path: Path) -> None:
    root = tmp_path / "p"
    root.mkdir()
    git(root, "init", "--quiet", "--object-format=sha256")
    write(root, SHOP)
    git(root, "add", "--all")
    assert driftline(root, "check").returncode == 1
    assert "ONE" in driftline(root, "commit").stdout


@pytest.mark.promise("hostile-environment")
@pytest.mark.parametrize(
    "name", ["GIT_DIR", "GIT_CONFIG_PARAMETERS", "GIT_EXTERNAL_DIFF", "GIT_CONFIG_COUNT", "GIT_TRACE", "GIT_EXEC_PATH"]
)
def test_variables_of_git_do_not_lead_it_astray(tmp_path: Path, name: str) -> None:
    other = repository(tmp_path / "other", {".env": "OTHER=1\n"})
    root = repository(tmp_path / "p", SHOP)
    value = {
        "GIT_DIR": ".git",  # as a hook gets it
        "GIT_CONFIG_PARAMETERS": "'core.worktree'='/'",
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_CONFIG_COUNT": "not a number",
        "GIT_TRACE": str(other / "trace"),
        "GIT_EXEC_PATH": str(other),
    }[name]
    done = driftline(root, "check", **{name: value})
    assert done.returncode == 1, done.stdout
    assert driftline(root, "commit", **{name: value}).returncode in (0, 1)
    assert not (other / "trace").exists()


def test_a_failure_names_the_command_and_no_path(tmp_path: Path) -> None:
    root = repository(tmp_path / "p", SHOP)
    with pytest.raises(Unreadable) as problem:
        asking.run(str(root), "rev-parse", "--verify", "nonsense")
    assert str(problem.value) == "git rev-parse failed with exit code 128"
    with pytest.raises(Unreadable) as problem:
        asking.run(str(tmp_path), "ls-files")
    assert str(tmp_path) not in str(problem.value)
