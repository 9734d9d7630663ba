"""The variable x environment table as JSON, `driftline/matrix/1`: what each app's loader really reads, never a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from driftline.model import App, Cell, Report, Variable
from driftline.reports import _json
from driftline.terminal import Terminal


def render(report: Report, terminal: Terminal, *, verbose: bool, quiet: bool) -> Iterator[str]:  # noqa: ARG001  a document has no screen
    """Every variable of every app with its cell in each environment, as one JSON document."""
    yield from _json.document({"schema": "driftline/matrix/1", "apps": [_app(app) for app in report.apps]})


def _app(app: App) -> dict[str, Any]:
    return {
        "path": app.path,
        "loader": app.loader,
        "environments": _json.environments(app),
        "variables": [_variable(app.variables[name], app) for name in sorted(app.variables)],
    }


def _variable(variable: Variable, app: App) -> dict[str, Any]:
    return {
        "name": variable.name,
        "read": [{"path": read.location.path, "line": read.location.line} for read in variable.reads],
        "exposure": "public" if variable.public else "private",
        "need": variable.need.value if variable.need else None,
        "injected": variable.injected,
        "implicit": variable.implicit,
        "cells": {e.name: _cell(variable.cells[e.name]) for e in app.environments if e.name in variable.cells},
    }


def _cell(cell: Cell) -> dict[str, Any]:
    traits = cell.traits
    found = traits.identity if traits else None
    return {
        "state": cell.state.value,
        "path": cell.source,
        "line": cell.declaration.location.line if cell.declaration else None,
        "identity": _json.identity(found),
        "value": found.masked if found else None,
        "digest": traits.keyed if traits else None,
        "because": cell.why,
        "doubt": cell.doubt,
        "shadowed": [{"path": path, "line": declaration.location.line} for path, declaration in cell.shadowed],
    }
