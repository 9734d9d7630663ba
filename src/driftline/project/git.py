"""Asks git what it tracks, ignores and has staged; runs nothing that the repository's own configuration names."""

import os
import re
import subprocess
from collections.abc import Sequence

from driftline.model import Unreadable
from driftline.project import inert
from driftline.record import NamedTuple


class Listing(NamedTuple):
    """The files under a root as git sees them; paths are relative to the root, with `/`. Deleted files are left out.

    `ignored` holds ignored files one by one and ignored folders collapsed, with a trailing `/`; `nested` the folders of other
    repositories, submodules among them; `absent` the tracked files that a sparse checkout leaves out; `closed` the folders that could
    not be opened, with git's reason.
    """

    tracked: tuple[str, ...]
    untracked: tuple[str, ...]
    ignored: tuple[str, ...]
    nested: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    closed: tuple[tuple[str, str], ...] = ()


def run(root: str, *arguments: str, stdin: bytes | None = None, codes: tuple[int, ...] = (0,)) -> bytes:
    """The output of one git command in `root`; `codes` are the exit codes that mean an answer.

    Raises Unreadable when git is missing, refuses the folder (`safe.directory`), or fails; the reason names the command only.
    """
    return _ask(root, *arguments, stdin=stdin, codes=codes)[0]


def _ask(root: str, *arguments: str, stdin: bytes | None = None, codes: tuple[int, ...] = (0,)) -> tuple[bytes, bytes]:
    """The output of a command and what git said beside it; as `run`."""
    return _answer(start(root, *arguments, heard=True), arguments[0], stdin, codes)


def _answer(begun: "subprocess.Popen[bytes]", name: str, stdin: bytes | None = None, codes: tuple[int, ...] = (0,)) -> tuple[bytes, bytes]:
    """The same, of a command that was started."""
    try:
        output, said = begun.communicate(stdin, timeout=inert.PATIENCE)
    except subprocess.TimeoutExpired:
        raise Unreadable(f"git {name} did not come to an end in {inert.PATIENCE:.0f} seconds") from None
    finally:
        _close(begun)
    if begun.returncode not in codes:
        raise Unreadable(_refusal(said) or f"git {name} failed with exit code {begun.returncode}")
    return output, said


def _close(begun: "subprocess.Popen[bytes]") -> None:
    """Ends a command that may still run, and closes its pipes."""
    with begun:
        if begun.poll() is None:
            begun.kill()


def _refusal(said: bytes) -> str | None:
    """Git's two refusals that the user can mend, in our words: its own hold paths of the machine."""
    if b"safe.directory" in said:
        return "git refuses a repository that another user owns (see safe.directory in git's manual)"
    if b"not a git repository" in said:
        return "is not a git repository, though it looks like one"
    return None


def start(root: str, *arguments: str, heard: bool = False) -> subprocess.Popen[bytes]:
    """A git command in `root` that answers through pipes; the caller closes it. `heard` makes a pipe of what it says beside its output, too.

    Raises Unreadable when git cannot be started.
    """
    try:
        return subprocess.Popen(  # noqa: S603  # no shell; the arguments are ours
            inert.command(root, *arguments),
            cwd=root,
            env=inert.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if heard else subprocess.DEVNULL,
        )
    except OSError as error:
        raise Unreadable(f"git cannot be started: {error.strerror or 'it is not on the PATH'}") from None


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
    absent: dict[str, None] = {}
    # Each walks the whole tree: one while the other does.
    ignoring = start(root, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory", heard=True)
    try:
        listed, said = _ask(root, "ls-files", "-z", "-t", "--stage", "--deleted", "--others", "--exclude-standard")
        ignored = _paths(_answer(ignoring, "ls-files")[0])
    finally:
        _close(ignoring)
    for entry in _paths(listed):
        # `-t` puts a tag before each entry: `?` other, `R` deleted (named a second time), `S` left out of a sparse checkout; the others are
        # in the index, with a mode.
        if entry.startswith("? "):
            (nested if entry.endswith("/") else others).append(entry[2:])
            continue
        head, _, path = entry.partition("\t")
        if head.startswith("R"):
            deleted.add(path)
        elif head.split(" ")[1] == _SUBMODULE:
            nested.append(path)
        elif head.startswith("S") and not os.path.lexists(os.path.join(root, path)):
            absent[path] = None
        else:
            tracked[path] = None  # once, though a merge conflict names it up to three times
    closed = tuple((os.fsdecode(path), reason.decode(errors="replace") or "cannot be listed") for path, reason in _CLOSED.findall(said))
    return Listing(
        tuple(path for path in tracked if path not in deleted), tuple(others), tuple(ignored), tuple(nested), tuple(absent), closed
    )


# What git says of a folder that it goes past (dir.c, open_cached_dir, 2.39), in the language of LC_ALL=C; it cuts a message of 4,096 bytes.
_CLOSED = re.compile(rb"^warning: could not open directory '([^\n]*?)(?:/?': ([^\n]*))?$", re.MULTILINE)

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
