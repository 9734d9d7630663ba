"""Outputs: one file per format, a report in, text out; the folder is the registry, and no format knows a rule."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from typing import Any, Protocol, cast

from driftline.model import Misuse, Report
from driftline.terminal import Terminal

_FOLDER = os.path.dirname(__file__)


class Output(Protocol):
    """A format module. Its `render` yields pieces of text that, joined, are the whole output."""

    def render(self, report: Report, terminal: Terminal, *, verbose: bool, quiet: bool) -> Iterator[str]: ...


def formats(command: str = "check") -> tuple[str, ...]:
    """The names of the formats a command can be printed in; `matrix` has its own, in the modules `matrix_<format>`."""
    names = sorted(entry[:-3] for entry in os.listdir(_FOLDER) if entry.endswith(".py") and not entry.startswith("_"))
    if command == "matrix":
        return tuple(name.removeprefix("matrix_") for name in names if name.startswith("matrix_"))
    return tuple(name for name in names if not name.startswith("matrix_"))


def render(
    report: Report, format: str, *, width: int = 80, colour: bool = False, verbose: bool = False, quiet: bool = False, unicode: bool = True
) -> Iterator[str]:
    """The report in one format, in pieces. Only that format's module is imported.

    `width` is the screen's in columns; `unicode` is False where the output's encoding is not UTF-8. Raises Misuse for a format
    that the report's command does not have.
    """
    known = formats(report.command)
    if format not in known:
        import difflib

        near = difflib.get_close_matches(format, known, 1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise Misuse(f'`{report.command}` has no format "{format}"; it is one of {", ".join(known)}{hint}')
    name = f"matrix_{format}" if report.command == "matrix" else format
    output = cast(Output, importlib.import_module(f"{__name__}.{name}"))
    return output.render(report, Terminal(max(40, width), colour, unicode), verbose=verbose, quiet=quiet)


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the JSON `report` or `matrix`."""
    import json  # here, because importing the format of that name binds `json` in this package

    with open(os.path.join(_FOLDER, "schemas", f"{name}.json"), encoding="utf-8") as file:
        return cast("dict[str, Any]", json.load(file))
