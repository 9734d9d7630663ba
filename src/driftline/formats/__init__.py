"""Source formats: one file per format, text in, declarations out; the folder is the registry."""

from __future__ import annotations

import importlib
import os
from functools import cache
from types import ModuleType
from typing import NamedTuple, Protocol, cast

from driftline.model import Authority, Reading, Text


class Format(NamedTuple):
    """What a format is, for discovery and documentation.

    `name` is the module's name, `title` the words of a report. `files` are `fnmatch` patterns of the base name, or of the whole
    relative path where the pattern holds a `/` (`*` then also crosses `/`). `settles` is the command whose export shows what
    the file cannot. `nameless` is the environment that a declaration without a context speaks for: "production", "local",
    or "base" (every environment).
    """

    name: str
    title: str
    files: tuple[str, ...]
    authority: Authority
    nameless: str
    settles: str | None = None


class Reader(Protocol):
    """A format module. `read` raises `Unreadable` for text that is not of the format; `__doc__` is its documentation page."""

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
