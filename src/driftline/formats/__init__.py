"""Source formats: one file per format, text in, declarations out; the folder is the registry."""

from __future__ import annotations

import fnmatch
import importlib
import os
import re
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import NamedTuple, Protocol, cast

from driftline.model import Authority, Reading, Text


class Format(NamedTuple):
    """What a format is, for discovery and documentation.

    `name` is the module's name, `title` the words of a report. `files` are `fnmatch` patterns of the base name, or of the whole
    relative path where the pattern holds a `/` (`*` then also crosses `/`). `settles` is the command whose export shows what
    the file cannot. `nameless` is the environment that a declaration without a context speaks for: "production", "local",
    or "base" (every environment). `also` is an environment that such declarations reach too, beneath its env files, where other sources
    speak for it (`wrangler dev` reads the top level and lays `.dev.vars` over it).
    """

    name: str
    title: str
    files: tuple[str, ...]
    authority: Authority
    nameless: str
    settles: str | None = None
    also: str | None = None


class Reader(Protocol):
    """A format module. `read` raises `Unreadable` for text that is not of the format; `__doc__` is its documentation page.

    A module whose patterns are wider than its format also has `recognises(path) -> bool`.
    """

    FORMAT: Format
    __doc__: str | None

    def read(self, text: Text) -> Reading: ...


@cache
def readers() -> tuple[Reader, ...]:
    """Every format module of this folder, by name; modules with a leading underscore are parts shared by formats."""
    # os.listdir, not pkgutil: a tenth of the start-up time.
    names = sorted({entry.split(".")[0] for entry in os.listdir(os.path.dirname(__file__)) if not entry.startswith(("_", "."))})
    modules: list[ModuleType] = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(cast(Reader, module) for module in modules if hasattr(module, "FORMAT"))


def readers_of(path: str, *, ignored: bool = False) -> Iterator[Reader]:
    """The formats that recognise a file by its name; of the files that git ignores only env files are sources."""
    names, (heads, tails), wild = _index()
    base = path.rpartition("/")[2]
    found = list(names.get(base, ()))
    if base.startswith(heads) or path.endswith(tails):
        found += [reader for pattern, reader in wild if reader not in found and pattern.match(path if "/" in pattern.pattern else base)]
    # Several patterns of one format may match.
    for reader in {reader.FORMAT.name: reader for reader in found}.values():
        recognises = getattr(reader, "recognises", None)
        if (not ignored or reader.FORMAT.name == "dotenv") and (recognises is None or recognises(path)):
            yield reader


def is_env_file(path: str) -> bool:
    """Whether the dotenv format recognises a file by its name."""
    return any(reader.FORMAT.name == "dotenv" for reader in readers_of(path))


@cache
def _index() -> tuple[dict[str, list[Reader]], tuple[tuple[str, ...], tuple[str, ...]], list[tuple[re.Pattern[str], Reader]]]:
    """Readers by exact base name; how a base name begins, or a path ends, that a wildcard may match; each wildcard with its reader.

    Repositories have many files and few sources: two string comparisons leave out nearly all of them before a pattern is tried.
    """
    names: dict[str, list[Reader]] = {}
    wild: list[tuple[re.Pattern[str], Reader]] = []
    heads: set[str] = set()
    tails: set[str] = set()
    for reader in readers():
        for pattern in reader.FORMAT.files:
            parts = re.split(r"[*?/]|\[[^]]*\]", pattern)
            if len(parts) == 1:
                names.setdefault(pattern, []).append(reader)
                continue
            wild.append((re.compile(fnmatch.translate(pattern)), reader))
            if parts[0] and "/" not in pattern:
                heads.add(parts[0])
            else:
                tails.add(parts[-1])
    return names, (tuple(heads), tuple(tails)), wild
