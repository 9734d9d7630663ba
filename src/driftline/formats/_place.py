"""The environment that a path says, and paths written in configuration files."""

from __future__ import annotations

import posixpath
import re

from driftline.formats._document import Node
from driftline.knowledge.platform import environment_kind

# Folder names are often ordinary words (`live`, `main`, `demo`), so only these and unmistakable ones count there.
_FOLDERS = frozenset(("test", "tests", "testing", "e2e", "ci", "devcontainer"))


def environment_said(path: str) -> str | None:
    """The word for an environment in a base name (`compose.prod.yml`), else in the nearest folder that has one (`overlays/staging/`)."""
    folder, _, base = path.rpartition("/")
    for word in reversed(re.split(r"[.\-_]", base)):
        if environment_kind(word) is not None:
            return word
    for part in reversed(folder.split("/")):
        for word in re.split(r"[.\-_]", part):
            # With a letter before it, only words that keep their meaning inside a longer one count.
            if word in _FOLDERS or (word and environment_kind(f"x-{word}") is not None):
                return "local" if word == "devcontainer" else word
    return None


def word_of(name: str) -> str | None:
    """The word for an environment at the end of an app's or project's name (`shop-staging`); of ordinary words (`live`) a name says nothing."""
    word = re.split(r"[.\-_]", name)[-1]
    return word if word and environment_kind(f"x-{word}") is not None else None


def is_local(word: str | None) -> bool:
    """Whether a word names a developer's own machine or a test run; True for None, the word of a file that says nothing."""
    kind = environment_kind(word) if word is not None else None
    return word is None or (kind is not None and kind.value == "local")


def inside(folder: str, path: str) -> str | None:
    """`path`, written in a file of `folder`, relative to the audited root; None when it leads out of it or is not a plain path."""
    if "$" in path or "://" in path or path.startswith(("/", "~")) or "\x00" in path or not path:
        return None
    joined = posixpath.normpath(posixpath.join(folder, path))
    return None if joined.startswith("..") else joined


def within(content: str, node: Node, word: str, after: int = 0) -> int:
    """The 0-based position in a file of a word that stands in a scalar behind `after` characters of its text; the scalar's own where it is escaped.

    A block scalar is indented in the file and a quoted one escaped, so that the word stands a little further on there.
    """
    start = node.position
    at = content.find(word, start + after, start + 2 * len(node.text) + 4000)
    return at if at >= 0 else start
