"""What of a project no reader of ours follows: the languages in which it answers requests, and apps in other languages that reach a backend."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase

from driftline.evidence import Blind
from driftline.knowledge import tables
from driftline.model import Location


def suffixes() -> tuple[str, ...]:
    """The endings of files in the languages of knowledge/servers.toml."""
    return tuple(suffix for table in tables.of_file("servers.toml")["languages"] for suffix in table["suffixes"])


def unread(paths: Iterable[str], text: Callable[[str], str]) -> Iterator[Blind]:
    """The languages of knowledge/servers.toml in which a file among `paths` answers requests; `text` gives a file's text."""
    listed = sorted(paths)
    for table in tables.of_file("servers.toml")["languages"]:
        mine = (path for path in listed if path.endswith(tuple(table["suffixes"])))
        yield from _first(table["language"], mine, table["serves"], text)


def clients(paths: Iterable[str], text: Callable[[str], str]) -> Iterator[Blind]:
    """The backends (by their names in backends.toml) that the manifest of an app in an unread language names."""
    listed = sorted(paths)
    for table in tables.of_file("servers.toml")["clients"]:
        mine = (path for path in listed if any(fnmatchcase(path.rpartition("/")[2], name) for name in table["manifests"]))
        yield from _first(table["backend"], mine, table["names"], text)


def _first(name: str, paths: Iterable[str], pattern: str, text: Callable[[str], str]) -> Iterator[Blind]:
    compiled = re.compile(pattern, re.MULTILINE)
    for path in paths:
        content = text(path)
        if match := compiled.search(content):
            yield Blind(name, Location(path, content.count("\n", 0, match.start()) + 1))
            return
