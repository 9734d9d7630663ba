"""The way a value takes through the project, where the report shows every step of it: declared, written in a source, built, read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from driftline.model import App, Finding, Location, Report, State, Variable
from driftline.record import NamedTuple


class Step(NamedTuple):
    """A place that the value passes, and what happens to it there."""

    location: Location
    note: str


class Journeys:
    """Tells the journeys of a report's findings; what is declared where is looked up once."""

    def __init__(self, report: Report) -> None:
        self._apps = report.apps
        self._anywhere = {line for app in report.apps for variable in app.variables.values() for line in _declared(variable)}

    def of(self, finding: Finding) -> Sequence[Step]:
        """The steps of the value that a finding speaks of, in order; empty where it does not travel or a step is not known.

        A value found in built output comes from its declaration, by way of the original source that the source map names. A value
        judged where it is declared travels to the reads of its variable.
        """
        named = (app.variables.get(finding.variable or "") for app in self._concerned(finding))
        variables = [variable for variable in named if variable is not None]
        declared = {line for variable in variables for line in _declared(variable)} if finding.variable else self._anywhere
        if finding.encoding is not None or finding.original is not None:
            steps = [Step(related.location, related.note) for related in finding.related if _line(related.location) in declared]
            if finding.original is not None:
                steps.append(Step(finding.original, "stands in this source, by the source map"))
            form = f" as {finding.encoding}" if finding.encoding not in (None, "plain") else ""
            return [*steps, Step(finding.location, f"is built into this file{form}")] if steps else []
        if not finding.variable or _line(finding.location) not in declared:
            return []
        reads = {_line(read.location) for variable in variables for read in variable.reads}
        steps = [Step(related.location, related.note) for related in finding.related if _line(related.location) in reads]
        return [Step(finding.location, f"{finding.variable} gets its value here"), *steps] if steps else []

    def _concerned(self, finding: Finding) -> Sequence[App]:
        """The finding's app; all of them for a finding of no app (built output)."""
        return [app for app in self._apps if app.path == finding.app] or self._apps


def _declared(variable: Variable) -> Iterator[tuple[str, int]]:
    """Where a variable gets a value: the winner of each environment and those that it beats."""
    for cell in variable.cells.values():
        for declaration in (cell.declaration, *(shadowed for _, shadowed in cell.shadowed)):
            if declaration is not None and declaration.state is State.SET:
                yield _line(declaration.location)


def _line(location: Location) -> tuple[str, int]:
    return location.path, location.line
