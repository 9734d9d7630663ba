"""Asks git what it tracks, ignores and has staged; runs nothing that the repository's own configuration names."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from typing import NamedTuple

from driftline.model import Unreadable

# Settings of an audited repository that could start a program, switched off for every call (git-config(1), 2.39).
_INERT = (
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.untrackedCache=keep",
    "-c", "core.quotePath=false",
    "-c", "diff.external=",
)  # fmt: skip


class Listing(NamedTuple):
    """The files under a root as git sees them; paths are relative to the root, with `/`. Deleted files are left out.

    `ignored` holds ignored files one by one and ignored folders collapsed, with a trailing `/`; `nested` the folders of other
    repositories, submodules among them.
    """

    tracked: tuple[str, ...]
    untracked: tuple[str, ...]
    ignored: tuple[str, ...]
    nested: tuple[str, ...] = ()


def run(root: str, *arguments: str, stdin: bytes | None = None, codes: tuple[int, ...] = (0,)) -> bytes:
    """The output of one git command in `root`; `codes` are the exit codes that mean an answer.

    Raises Unreadable when git is missing, refuses the folder (`safe.directory`), or fails; the reason names the command only.
    """
    try:
        done = subprocess.run(  # noqa: S603  # no shell; the arguments are ours
            [_program(root), *_INERT, *arguments],
            cwd=root,
            env=_environment(),
            input=stdin,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise Unreadable(f"git cannot be started: {error.strerror or type(error).__name__}") from None
    if done.returncode not in codes:
        raise Unreadable(_refusal(done.stderr) or f"git {arguments[0]} failed with exit code {done.returncode}")
    return done.stdout


def _refusal(said: bytes) -> str | None:
    """Git's two refusals that the user can mend, in our words: its own hold paths of the machine."""
    if b"safe.directory" in said:
        return "git refuses a repository that another user owns (see safe.directory in git's manual)"
    if b"not a git repository" in said:
        return "is not a git repository, though it looks like one"
    return None


def start(root: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A git command in `root` that answers through pipes; the caller closes it. Raises Unreadable when git cannot be started."""
    try:
        return subprocess.Popen(  # noqa: S603  # no shell; the arguments are ours
            [_program(root), *_INERT, *arguments],
            cwd=root,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise Unreadable(f"git cannot be started: {error.strerror or type(error).__name__}") from None


def _program(root: str) -> str:
    """The user's git, by its whole path: a program of that name in the audited folder is never started, whatever PATH says.

    Windows would look into the current folder first, and so does an empty entry of PATH elsewhere. Raises Unreadable when there is none.
    """
    inside = os.path.join(os.path.abspath(root), "")
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        program = os.path.join(folder, _NAME)
        if os.path.isabs(folder) and not program.startswith(inside) and os.path.isfile(program) and os.access(program, os.X_OK):
            return program
    raise Unreadable("git cannot be started: it is not on the PATH")


_NAME = "git.exe" if os.name == "nt" else "git"


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key in _KEPT}
    return kept | _QUIET


# No lock on the index, no question, messages in English. A partial clone fetches missing blobs by itself, with commands of its own
# configuration: GIT_NO_LAZY_FETCH stops that from git 2.45 on, and for all versions an empty list of protocols to talk with.
_QUIET = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    "GIT_PAGER": "cat",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "",
}

# A hook runs with GIT_INDEX_FILE and GIT_DIR set: `git commit -a` and worktrees stage into that index, not the default one.
_KEPT = frozenset(
    ("GIT_INDEX_FILE", "GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM")
)


def repository(root: str) -> str | None:
    """The nearest folder at or above `root` that holds `.git` (a folder, or a file in worktrees and submodules), or None."""
    folder = os.path.abspath(root)
    while True:
        if os.path.lexists(os.path.join(folder, ".git")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def top(root: str) -> None:
    """Makes sure that git speaks of the repository that `root` lies in.

    Raises Unreadable where it does not: `core.worktree` leads elsewhere, or `.git` is none and a folder further up is under git.
    """
    said = os.fsdecode(run(root, "rev-parse", "--show-toplevel").rstrip(b"\r\n"))
    if os.path.normcase(os.path.realpath(said)) != os.path.normcase(os.path.realpath(repository(root) or root)):
        raise Unreadable("git speaks of another folder than this one")


def listing(root: str) -> Listing:
    """What git tracks, does not track, and ignores under `root`. Raises Unreadable when git cannot say."""
    top(root)
    tracked: dict[str, None] = {}
    deleted: set[str] = set()
    others: list[str] = []
    nested: list[str] = []
    for entry in _paths(run(root, "ls-files", "-z", "-t", "--stage", "--deleted", "--others", "--exclude-standard")):
        # `-t` puts a tag before each entry: `?` other, `R` deleted (named a second time); the others are in the index, with a mode.
        if entry.startswith("? "):
            (nested if entry.endswith("/") else others).append(entry[2:])
            continue
        head, _, path = entry.partition("\t")
        if head.startswith("R"):
            deleted.add(path)
        elif head.split(" ")[1] == _SUBMODULE:
            nested.append(path)
        else:
            tracked[path] = None  # once, though a merge conflict names it up to three times
    ignored = _paths(run(root, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"))
    return Listing(tuple(path for path in tracked if path not in deleted), tuple(others), tuple(ignored), tuple(nested))


# gitformat-index(5): the mode of a commit of another repository.
_SUBMODULE = "160000"


def ignored(root: str, paths: Sequence[str]) -> frozenset[str]:
    """Those of `paths` (relative to the root) that git ignores. Raises Unreadable when git cannot say."""
    if not paths:
        return frozenset()
    given = b"\0".join(os.fsencode(path) for path in paths)
    return frozenset(_paths(run(root, "check-ignore", "-z", "--stdin", stdin=given, codes=(0, 1))))


def _paths(output: bytes) -> list[str]:
    return [os.fsdecode(entry) for entry in output.split(b"\0") if entry]
