"""The way a value takes through the project, where the report shows every step of it: declared, written in a source, built, read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from driftline.model import App, Finding, Location, Report, State


class Step(NamedTuple):
    """A place that the value passes, and what happens to it there."""

    location: Location
    note: str


def journey(finding: Finding, report: Report) -> Sequence[Step]:
    """The steps of the value that a finding speaks of, in order; empty where it does not travel or a step is not known.

    A value found in built output comes from its declaration, by way of the original source that the source map names. A value
    judged where it is declared travels to the reads of its variable.
    """
    declared = _declarations(finding, report)
    if finding.encoding is not None or finding.original is not None:
        steps = [Step(related.location, related.note) for related in finding.related if _line(related.location) in declared]
        if finding.original is not None:
            steps.append(Step(finding.original, "stands in this source, by the source map"))
        form = f" as {finding.encoding}" if finding.encoding not in (None, "plain") else ""
        return [*steps, Step(finding.location, f"is built into this file{form}")] if steps else []
    if _line(finding.location) not in declared:
        return []
    variables = [app.variables.get(finding.variable or "") for app in _apps(finding, report)]
    reads = {_line(read.location) for variable in variables if variable for read in variable.reads}
    steps = [Step(related.location, related.note) for related in finding.related if _line(related.location) in reads]
    return [Step(finding.location, f"{finding.variable} gets its value here"), *steps] if steps else []


def _declarations(finding: Finding, report: Report) -> set[tuple[str, int]]:
    """Where the finding's variable gets a value: the winner of each environment and those that it beats."""
    return {
        _line(declaration.location)
        for app in _apps(finding, report)
        for name, variable in app.variables.items()
        if finding.variable in (None, name)
        for cell in variable.cells.values()
        for declaration in (cell.declaration, *(shadowed for _, shadowed in cell.shadowed))
        if declaration is not None and declaration.state is State.SET
    }


def _apps(finding: Finding, report: Report) -> Sequence[App]:
    """The finding's app; all of them for a finding of no app (built output)."""
    own = [app for app in report.apps if app.path == finding.app]
    return own or report.apps


def _line(location: Location) -> tuple[str, int]:
    return location.path, location.line
