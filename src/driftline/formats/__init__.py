"""Source formats: one file per format, text in, declarations out; the folder is the registry."""

import importlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from types import ModuleType
from typing import Protocol, cast

from driftline import late
from driftline.knowledge import identify
from driftline.model import Authority, Location, Reading, Text
from driftline.record import NamedTuple


class Format(NamedTuple):
    """What a format is, for discovery and documentation.

    `name` is the module's name, `title` the words of a report. `files` are patterns of the base name, or of the whole relative path
    where the pattern holds a `/`; `*` stands for anything (then also for `/`). `settles` is the command whose export shows what
    the file cannot. `nameless` is the environment that a declaration without a context speaks for: "production", "local",
    or "base" (every environment). `also` is an environment that such declarations reach too, beneath its env files, where other sources
    speak for it (`wrangler dev` reads the top level and lays `.dev.vars` over it). `in_templates` is True where a folder of templates holds what the app itself uses, not what others copy.
    """

    name: str
    title: str
    files: tuple[str, ...]
    authority: Authority
    nameless: str
    settles: str | None = None
    also: str | None = None
    in_templates: bool = False


class Reader(Protocol):
    """A format module. `read` raises `Unreadable` for text that is not of the format; `__doc__` is its documentation page.

    A module whose patterns are wider than its format also has `recognises(path) -> bool`.
    """

    FORMAT: Format
    __doc__: str | None

    def read(self, text: Text) -> Reading: ...


def read(reader: Reader, text: Text) -> Reading:
    """What a reader makes of a text, without what has a value for a name: that is told as unread, and not shown. Raises Unreadable."""
    reading = reader.read(text)
    places = [said.location for said in reading.declarations if identify.is_value(said.name)]
    places += [said.location for said in reading.references if identify.is_value(said.name)]
    places += [step.location for step in reading.passthroughs if any(map(identify.is_value, step.names))]
    if not places:
        return reading
    return reading._replace(
        declarations=tuple(said for said in reading.declarations if not identify.is_value(said.name)),
        references=tuple(said for said in reading.references if not identify.is_value(said.name)),
        passthroughs=tuple(step._replace(names=tuple(n for n in step.names if not identify.is_value(n))) for step in reading.passthroughs),
        unread=(*reading.unread, *identify.nameless(places)),
    )


def say_alike(one: Reading, other: Reading) -> bool:
    """Whether two readings say the same, wherever in their texts it stands."""
    return _placeless(one) == _placeless(other)


def _placeless(said: object) -> object:
    if isinstance(said, Location):
        return None
    if isinstance(said, tuple):
        return tuple(map(_placeless, said))
    return {key: _placeless(part) for key, part in said.items()} if isinstance(said, Mapping) else said


@cache
def _files() -> Mapping[str, tuple[str, ...]]:
    """Format -> the patterns of its files, read from the modules' own text so that none is imported before a file needs it.

    Modules with a leading underscore are parts shared by formats.
    """
    found: dict[str, tuple[str, ...]] = {}
    folder = os.path.dirname(__file__)
    for entry in sorted(os.listdir(folder)):
        if entry.endswith(".py") and not entry.startswith("_"):
            with open(os.path.join(folder, entry), encoding="utf-8") as file:
                match = _FILES.search(file.read(8000))
            if match:
                found[entry[:-3]] = tuple(re.findall(r'"([^"\n]+)"', match[1]))
    return found


_FILES = late.pattern(r"^FORMAT = Format\(.*?\bfiles=\(([^()]*)\)", re.MULTILINE | re.DOTALL)


# What stands in a file that configuration names as an env file, whatever it is called.
DECLARATION = late.pattern(rb"(?:^|\n)(?:export )?[A-Z_][A-Z0-9_]*=")


@cache
def _reader(name: str) -> Reader:
    module: ModuleType = importlib.import_module(f"{__name__}.{name}")
    return cast(Reader, module)


def readers() -> tuple[Reader, ...]:
    """Every format module of this folder, by name."""
    return tuple(_reader(name) for name in _files())


def readers_of(path: str, *, ignored: bool = False) -> Iterator[Reader]:
    """The formats that recognise a file by its name; of the files that git ignores only env files are sources."""
    for name in _named(path):
        if (not ignored or name == "dotenv") and _recognises(name, path):
            yield _reader(name)


def is_env_file(path: str) -> bool:
    """Whether the dotenv format recognises a file by its name."""
    return "dotenv" in _named(path) and _recognises("dotenv", path)


def _recognises(name: str, path: str) -> bool:
    """What a format says of a path that one of its patterns matches."""
    recognises = getattr(_reader(name), "recognises", None)
    return recognises is None or bool(recognises(path))


def recognised(paths: Iterable[str]) -> list[str]:
    """Those of the paths that a pattern of some format matches, in their order."""
    index = _index()
    # Most files of a project are none: these are left out within one expression, without a call for each.
    worth = (
        path
        for path in paths
        if (base := path[path.rfind("/") + 1 :]) in index.names
        or base[base.rfind(".") + 1 :] in index.endings
        or base.startswith(index.heads)
    )
    return [path for path in worth if _named(path)]


@lru_cache(maxsize=1 << 16)
def _named(path: str) -> Collection[str]:
    """The formats of which a pattern matches a path; each once, though several of its patterns may. An audit asks several times."""
    index = _index()
    base = path.rpartition("/")[2]
    found = index.names.get(base, ())
    wild = index.endings.get(base.rpartition(".")[2], ())
    if base.startswith(index.heads):
        wild = (*wild, *index.beginnings)
    if not wild:
        return found
    # What a pattern cannot do without is asked for first: most files with a common extension have nothing of it.
    fitting = [one for one in wild if one.longest in path]
    return dict.fromkeys((*found, *(one.name for one in fitting if _matches(one.parts, path if one.whole else base))))


def _matches(parts: Sequence[str], text: str) -> bool:
    """Whether a text is these parts with anything between them."""
    if len(parts) == 1:
        return text == parts[0]
    at, end = len(parts[0]), len(text) - len(parts[-1])
    if not text.startswith(parts[0]) or not text.endswith(parts[-1]):
        return False
    for part in parts[1:-1]:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return at <= end


class _Wild(NamedTuple):
    """A pattern with wildcards: what stands between them, the longest of it, whether it is one of the `whole` path, and whose it is."""

    parts: tuple[str, ...]
    longest: str
    whole: bool
    name: str


class _Index(NamedTuple):
    """Formats by exact base name; wildcards by the extension they end in, and those that begin with letters of their own (`heads`).

    Repositories have many files and few sources: a look into a table leaves out nearly all of them before a pattern is tried.
    """

    names: Mapping[str, Sequence[str]]
    endings: Mapping[str, Sequence[_Wild]]
    heads: tuple[str, ...]
    beginnings: Sequence[_Wild]


@cache
def _index() -> _Index:
    names: dict[str, list[str]] = {}
    endings: dict[str, list[_Wild]] = {}
    beginnings: list[_Wild] = []
    heads: list[str] = []
    for name, patterns in _files().items():
        for pattern in patterns:
            if "?" in pattern or "[" in pattern:
                raise ValueError(f"{name}: `{pattern}` has another wildcard than `*`")
            parts = tuple(pattern.split("*"))
            wild = _Wild(parts, max(parts, key=len), "/" in pattern, name)
            if len(wild.parts) == 1 and not wild.whole:
                names.setdefault(pattern, []).append(name)
            elif pattern.endswith(".y*ml"):
                for extension in ("yml", "yaml"):
                    endings.setdefault(extension, []).append(wild)
            elif "." in wild.parts[-1]:
                endings.setdefault(wild.parts[-1].rpartition(".")[2], []).append(wild)
            elif wild.parts[0] and not wild.whole:
                heads.append(wild.parts[0])
                beginnings.append(wild)
            else:
                raise ValueError(f"{name}: `{pattern}` neither begins with letters nor ends in an extension")
    return _Index(names, endings, tuple(heads), beginnings)
