"""What is known of one variable, or of one place in a file, told for a terminal: `driftline explain NAME` and `explain PATH:LINE`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from driftline.model import App, Cell, Environment, Finding, Location, Misuse, Report, State, Use, Variable
from driftline.record import NamedTuple
from driftline.reports import _app, _words
from driftline.reports._order import by_weight
from driftline.terminal import Terminal, count

_READS = 20
_STYLE = {"blocker": ("red", "bold"), "warning": ("yellow",), "note": ("blue",)}


def variable(report: Report, name: str, terminal: Terminal) -> Iterator[str]:
    """All that is known of a variable, per app. Raises Misuse for a name that nothing declares, reads or documents, naming the nearest."""
    apps = [app for app in report.apps if name in app.variables]
    # A root's example file documents names for every app: those that neither declare nor read it have nothing to tell.
    apps = [app for app in apps if _is_used(app.variables[name])] or apps
    if not apps:
        known = sorted({other for app in report.apps for other in app.variables})
        near = difflib.get_close_matches(name, known, 1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise Misuse(f'nothing here declares, reads or documents "{name}"{hint}')
    return (line + "\n" for line in _variable(report, apps, name, terminal))


def _variable(report: Report, apps: Sequence[App], name: str, terminal: Terminal) -> Iterator[str]:
    yield terminal.paint(terminal.cut(terminal.text(name), terminal.width), "bold")
    for app in apps:
        found = app.variables[name]
        yield ""
        if len(report.apps) > 1:
            yield from _app.head(app, terminal)
        yield from terminal.prose(_nature(found))
        yield ""
        yield terminal.paint("What each environment gets", "bold")
        for environment in app.environments:
            yield from _environment(environment, found, app, terminal)
        yield ""
        yield terminal.paint("Who reads it", "bold")
        yield from _reads(found, terminal)
        if found.documented:
            yield ""
            yield terminal.paint("Where it is documented", "bold")
            for _, declaration in found.documented:
                yield f"  {terminal.paint(terminal.text(_words.place(declaration.location)), 'cyan')}"
        findings = [finding for finding in by_weight(report.open) if finding.variable == name and finding.app == app.path]
        yield from _findings(findings, terminal, seen=True)
    yield from _unread(report, terminal)


def _is_used(found: Variable) -> bool:
    return bool(found.references) or any(cell.declaration is not None for cell in found.cells.values())


def _nature(found: Variable) -> str:
    """What kind of variable it is, in a sentence or two."""
    words = ["Public: its prefix puts its value into the browser's code." if found.public else "Private: it is meant for the server only."]
    if found.injected:
        words.append(f"{_words.capital(found.injected)} provides it, so no file has to.")
    if found.implicit:
        words.append(f"{_words.capital(found.implicit)} reads it without a read in the code.")
    if found.optional:
        words.append("The settings or a schema call it optional.")
    if found.ignored:
        words.append("The settings leave it out of the audit.")
    return " ".join(words)


def _environment(environment: Environment, found: Variable, app: App, terminal: Terminal) -> Iterator[str]:
    cell = found.cells.get(environment.name, Cell(State.MISSING))
    label = terminal.cut(terminal.text(environment.name), terminal.width // 3)
    lines = list(_cell(cell, environment, found, app))
    yield from terminal.prose(lines[0], indent=2, label=label, hang=14)
    for line in lines[1:]:
        yield from terminal.prose(line, indent=16)


def _cell(cell: Cell, environment: Environment, found: Variable, app: App) -> Iterator[str]:
    """The state and its place, what the value says about itself, why it wins and what it beats."""
    if cell.declaration is None:
        if cell.doubt or environment.authority is None:
            export = f"; `{environment.settled_by}` would show it" if environment.settled_by else ""
            yield f"unknown: {cell.doubt or 'no file here says what it holds'}{'' if cell.doubt else export}"
        else:
            sources = " and ".join(source.path for source in environment.sources)
            yield f"missing: {sources or 'no source'} {'does' if len(environment.sources) < 2 else 'do'} not declare it"
        return
    declaration = cell.declaration
    kept = f", kept in {declaration.reference}" if declaration.reference else ""
    yield f"{cell.state.value} at {_words.place(declaration.location)}{kept}"
    if cell.source in environment.because:
        yield f"speaks for {environment.name}: {environment.because[cell.source or '']}"
    traits = cell.traits
    if traits is not None and cell.state is State.SET:
        if traits.identity:
            yield _words.identity(traits.identity, None)
        if traits.placeholder:
            yield f"a placeholder ({traits.placeholder}), not a value"
        if traits.url and traits.url.local:
            yield "an address of this machine or of a private network"
        same = [
            other
            for other, there in found.cells.items()
            if other != environment.name and there.traits and there.state is State.SET and there.traits.digest == traits.digest
        ]
        if same:
            yield f"the same value as in {', '.join(other for other in (e.name for e in app.environments) if other in same)}"
    if cell.why:
        yield f"wins: {cell.why}"
    for _, shadowed in cell.shadowed:
        yield f"beats {_words.place(shadowed.location)} ({shadowed.state.value})"
    for words in declaration.ambiguous:
        yield f"loaders disagree: {words}"


def _reads(found: Variable, terminal: Terminal) -> Iterator[str]:
    reads = found.reads
    for read in reads[:_READS]:
        words = [read.how, _words.read(read)]
        if read.use is Use.SCHEMA:
            words.append("a schema states it")
        yield from terminal.prose(
            ", ".join(word for word in words if word), indent=2, label=terminal.text(_words.place(read.location)), styles=("cyan",)
        )
    if len(reads) > _READS:
        yield f"  and {count(len(reads) - _READS, 'more place')}"
    if not reads:
        mentions = [reference for reference in found.references if reference not in reads]
        beside = f"; {_words.place(mentions[0].location)} mentions its name" if mentions else ""
        yield from terminal.prose(f"nothing in the code{beside}", indent=2)


def _findings(findings: Sequence[Finding], terminal: Terminal, *, seen: bool = False) -> Iterator[str]:
    """The findings, with what the value says about itself where that was not `seen` above."""
    if not findings:
        return
    yield ""
    yield terminal.paint("What is wrong with it", "bold")
    for finding in findings:
        place = terminal.paint(terminal.text(_words.place(finding.location)), "cyan")
        severity = terminal.paint(finding.severity.value, *_STYLE[finding.severity.value])
        yield f"  {place}  {severity}  {terminal.text(finding.rule)}"
        yield from terminal.prose(_words.told(finding), indent=4)
        for label, words in () if seen else _words.evidence(finding):
            yield from terminal.prose(words, indent=4, label=f"{label}:", styles=("dim",), hang=7)
        for label, words in _words.advice(finding):
            yield from terminal.prose(words, indent=4, label=f"{label}:", styles=("green" if label == "fix" else "yellow",), hang=7)


def _unread(report: Report, terminal: Terminal) -> Iterator[str]:
    if report.unread:
        yield ""
        for unread in report.unread:
            yield from terminal.prose(f"{_words.unread_place(unread)} could not be read: {unread.reason}", hang=2)


class _Fact(NamedTuple):
    """Something that stands at a place."""

    location: Location
    words: str


def place(report: Report, path: str, line: int, column: int | None, terminal: Terminal) -> Iterator[str] | None:
    """What stands at a place: declarations, reads, addresses, routes, keys and findings; None where nothing is known of the file.

    Of a line, what stands at the column; all of it where nothing stands just there.
    """
    of_file = [fact for fact in _facts(report) if fact.location.path == path]
    findings = [finding for finding in by_weight(report.findings) if path in {location.path for location in _places(finding)}]
    if not of_file and not findings:
        return None
    here = [fact for fact in of_file if fact.location.line == line]
    exact = [fact for fact in here if fact.location.column == column]
    told = [f for f in findings if any(at.path == path and at.line == line for at in _places(f))]
    sharp = [f for f in told if any(at.path == path and at.line == line and at.column == column for at in _places(f))]
    if column is not None and (exact or sharp):
        here, told = exact, sharp
    where = ":".join(str(part) for part in (path, line, column) if part is not None)
    return (text + "\n" for text in _place(where, here, told, terminal))


def _place(where: str, here: Sequence[_Fact], findings: Sequence[Finding], terminal: Terminal) -> Iterator[str]:
    yield terminal.paint(terminal.text(where), "bold")
    if here or not findings:
        yield ""
    for fact in dict.fromkeys(here):
        yield from terminal.prose(fact.words, indent=2, label=f"column {fact.location.column}", styles=("dim",), hang=12)
    if not here and not findings:
        yield from terminal.prose("Nothing that driftline looks for stands on this line.", indent=2)
    yield from _findings(findings, terminal)


def _places(finding: Finding) -> Iterator[Location]:
    yield finding.location
    yield from (related.location for related in finding.related)
    if finding.original is not None:
        yield finding.original


def _facts(report: Report) -> Iterator[_Fact]:
    for app in report.apps:
        for _, reading in app.readings:
            for declaration in reading.declarations:
                traits = declaration.traits
                said = f": {_words.identity(traits.identity, None)}" if traits and traits.identity else ""
                context = f" for {declaration.context}" if declaration.context else ""
                yield _Fact(declaration.location, f"declares `{declaration.name}`{context} ({declaration.state.value}){said}")
        for name, found in app.variables.items():
            for reference in found.references:
                verb = {Use.READ: "reads", Use.SCHEMA: "states in a schema", Use.MENTION: "mentions"}[reference.use]
                words = ", ".join(word for word in (reference.how, _words.read(reference)) if word)
                yield _Fact(reference.location, f"{verb} `{name}`" + (f" ({words})" if words else ""))
            for _, declaration in found.documented:
                yield _Fact(declaration.location, f"documents `{name}`")
        for literal in app.literals:
            yield _Fact(
                literal.location, f"fixes an address in code, as {literal.role}" + (f" of `{literal.call}`" if literal.call else "")
            )
        for route in app.routes or ():
            yield _Fact(route.location, f"serves `{route.path}`" + (f", webhooks of {route.provider}" if route.provider else ""))
    for sighting in report.public:
        yield _Fact(sighting.location, f"a key that is public by design: {_words.identity(sighting.identity, sighting.masked)}")
