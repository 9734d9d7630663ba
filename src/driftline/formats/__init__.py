"""Source formats: one file per format, text in, declarations out; the folder is the registry."""

import fnmatch
import importlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import NamedTuple, Protocol, cast

from driftline import late
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
    index = _index()
    base = path.rpartition("/")[2]
    found = list(index.names.get(base, ()))
    wild = index.endings.get(base.rpartition(".")[2], ())
    if base.startswith(index.heads):
        wild = (*wild, *index.beginnings)
    found += [reader for pattern, reader in wild if reader not in found and pattern.match(path if "/" in pattern.pattern else base)]
    # Several patterns of one format may match.
    for reader in {reader.FORMAT.name: reader for reader in found}.values():
        recognises = getattr(reader, "recognises", None)
        if (not ignored or reader.FORMAT.name == "dotenv") and (recognises is None or recognises(path)):
            yield reader


def is_env_file(path: str) -> bool:
    """Whether the dotenv format recognises a file by its name."""
    return any(reader.FORMAT.name == "dotenv" for reader in readers_of(path))


class _Index(NamedTuple):
    """Readers by exact base name; wildcards by the extension they end in, and those that begin with letters of their own (`heads`).

    Repositories have many files and few sources: a look into a table leaves out nearly all of them before a pattern is tried.
    """

    names: Mapping[str, Sequence[Reader]]
    endings: Mapping[str, Sequence[tuple[re.Pattern[str], Reader]]]
    heads: tuple[str, ...]
    beginnings: Sequence[tuple[re.Pattern[str], Reader]]


@cache
def _index() -> _Index:
    names: dict[str, list[Reader]] = {}
    endings: dict[str, list[tuple[re.Pattern[str], Reader]]] = {}
    beginnings: list[tuple[re.Pattern[str], Reader]] = []
    heads: list[str] = []
    for reader in readers():
        for pattern in reader.FORMAT.files:
            wild = _WILD.split(pattern)
            compiled = late.pattern(fnmatch.translate(pattern))
            if len(wild) == 1 and "/" not in pattern:
                names.setdefault(pattern, []).append(reader)
            elif pattern.endswith(".y*ml"):
                for extension in ("yml", "yaml"):
                    endings.setdefault(extension, []).append((compiled, reader))
            elif "." in wild[-1]:
                endings.setdefault(wild[-1].rpartition(".")[2], []).append((compiled, reader))
            elif wild[0] and "/" not in pattern:
                heads.append(wild[0])
                beginnings.append((compiled, reader))
            else:
                raise ValueError(f"{reader.FORMAT.name}: `{pattern}` neither begins with letters nor ends in an extension")
    return _Index(names, endings, tuple(heads), beginnings)


_WILD = late.pattern(r"[*?]|\[[^]]*\]")
