"""The variable x environment table as text: every row, and with `verbose` where each value comes from and why it wins."""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import App, Report, State, Variable
from driftline.reports import _app
from driftline.terminal import Terminal, count


def render(report: Report, terminal: Terminal, *, verbose: bool, quiet: bool) -> Iterator[str]:
    """The table of each app, line by line; one line with `quiet`."""
    lines = _quiet(report) if quiet else _screen(report, terminal, verbose)
    return (line + "\n" for line in lines)


def _quiet(report: Report) -> Iterator[str]:
    rows = [(variable, app) for app in report.apps for variable in _app.rows(app)]
    differing = sum(1 for variable, app in rows if _app.disagrees(variable, app))
    yield f"driftline matrix: {count(len(report.apps), 'app')}, {count(len(rows), 'variable')}, {differing} need a look"


def _screen(report: Report, terminal: Terminal, verbose: bool) -> Iterator[str]:
    yield from _app.heading(report, terminal)
    for app in report.apps:
        if _app.is_silent(app) and len(report.apps) > 1:
            continue
        yield ""
        yield from _app.head(app, terminal)
        yield ""
        yield from _app.sources(app, terminal, verbose=verbose)
        rows = _app.rows(app)
        if rows:
            yield ""
            yield from _app.table(rows, app, terminal, marked={v.name for v in rows if _app.disagrees(v, app)})
        for variable in rows if verbose else ():
            yield ""
            yield from _evidence(variable, app, terminal)
    yield ""
    yield terminal.rule()
    for unread in report.unread:
        place = unread.path + (f":{unread.line}" if unread.line else "")
        yield from terminal.prose(f"{place} could not be read: {unread.reason}", hang=2)
    yield from _app.looked_at(report, terminal)


def _evidence(variable: Variable, app: App, terminal: Terminal) -> Iterator[str]:
    yield terminal.paint(terminal.cut(terminal.text(variable.name), terminal.width), "bold")
    for environment in app.environments:
        cell = variable.cells.get(environment.name)
        if cell is None:
            continue
        words = [cell.state.value]
        if cell.declaration is not None:
            location = cell.declaration.location
            words.append(f"{location.path}:{location.line}:{location.column}")
            if cell.declaration.reference:
                words.append(f"kept in {cell.declaration.reference}")
        if cell.state is State.SET and cell.traits and cell.traits.identity:
            words.append(cell.traits.identity.masked)
        words += [text for text in (cell.why, cell.doubt) if text]
        name = terminal.cut(terminal.text(environment.name), terminal.width - 2)
        yield from terminal.prose(", ".join(words), indent=2, label=name, styles=("dim",))
    for read in variable.reads:
        place = f"{read.location.path}:{read.location.line}:{read.location.column}"
        yield from terminal.prose(f"reads it ({read.need.value}, {read.side.value})", indent=2, label=terminal.text(place))
    if variable.injected:
        yield from terminal.prose(f"provided by {variable.injected}", indent=2, hang=2)
