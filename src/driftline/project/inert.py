"""How git is started: the user's own program, and nothing that the repository's configuration names; imports next to nothing."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # as typing's, which takes as long to import as all of this
if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Timer

# Seconds that git is given for an answer. Only what holds it up takes longer: a pipe where it expects a file.
PATIENCE = 300.0

# Settings of an audited repository that could start a program, switched off for every call (git-config(1), 2.39).
_INERT = (
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.untrackedCache=keep",
    "-c", "core.quotePath=false",
    "-c", "diff.external=",
    "-c", "submodule.recurse=false",
)  # fmt: skip


def command(root: str, *arguments: str) -> list[str]:
    """The words that start the user's git, by its whole path: a program of that name in the audited folder is never started, whatever PATH says.

    Windows would look into the current folder first, and so does an empty entry of PATH elsewhere. Raises FileNotFoundError when there is none.
    """
    inside = os.path.join(os.path.abspath(root), "")
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        program = os.path.join(folder, _NAME)
        if os.path.isabs(folder) and not program.startswith(inside) and os.path.isfile(program) and os.access(program, os.X_OK):
            return [program, *_INERT, *arguments]
    raise FileNotFoundError("git")


_NAME = "git.exe" if os.name == "nt" else "git"


def environment() -> dict[str, str]:
    """The environment that git gets: ours, without what would lead it elsewhere or make it ask, lock or connect."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key in _KEPT}
    return kept | _QUIET


def ended_in_time(kill: Callable[[], object]) -> Timer:
    """A running timer that kills a git which answers through pipes and has not come to an end in time; the caller cancels it."""
    from threading import Timer

    timer = Timer(PATIENCE, kill)
    timer.daemon = True
    timer.start()
    return timer


# No lock on the index, no question, messages in English. A partial clone fetches missing blobs by itself, with commands of its own
# configuration: GIT_NO_LAZY_FETCH stops that from git 2.45 on, and for all versions an empty list of protocols to talk with. What a commit
# holds is what its name is the checksum of, whatever stands under refs/replace.
_QUIET = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    "GIT_PAGER": "cat",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_REPLACE_OBJECTS": "1",
}

# A hook runs with GIT_INDEX_FILE and GIT_DIR set: `git commit -a` and worktrees stage into that index, not the default one.
_KEPT = frozenset(
    ("GIT_INDEX_FILE", "GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM")
)
