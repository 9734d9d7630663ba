"""What the text outputs say of an app: its head, which source speaks for which environment and why, and its table."""

from collections.abc import Collection, Iterator, Sequence

from driftline.model import App, Authority, Cell, Environment, Mode, Need, Report, State, Variable
from driftline.record import NamedTuple
from driftline.terminal import Terminal, columns, count, pad, size

# Addresses of one environment on screen; all of them with --verbose.
_ORIGINS_SHOWN = 2
_SOURCES_SHOWN = 12
_NAME_LEAST = 20
_WHY_LEAST = 24


class Sign(NamedTuple):
    """A cell's sign, its ASCII form, the word beside it where there is room, what the legend says, and its style."""

    sign: str
    ascii: str
    word: str
    legend: str
    style: str = ""


OWN = Sign("●", "*", "", "own value")
SAME = Sign("=", "=", "", "same value as another =")
REFERENCE = Sign("→", ">", "", "kept elsewhere")
ENCRYPTED = Sign("◆", "#", "encrypted", "encrypted")
EMPTY = Sign("∅", "0", "empty", "declared empty", "yellow")
EXAMPLE = Sign("≈", "~", "example", "example only", "yellow")
MISSING = Sign("✗", "x", "missing", "missing", "red")
ABSENT = Sign("·", ".", "", "absent, not needed", "dim")
UNKNOWN = Sign("?", "?", "unknown", "files cannot tell", "dim")

SIGNS = (OWN, SAME, REFERENCE, ENCRYPTED, EMPTY, EXAMPLE, MISSING, ABSENT, UNKNOWN)
_OF_STATE = {State.REFERENCE: REFERENCE, State.ENCRYPTED: ENCRYPTED, State.EMPTY: EMPTY, State.EXAMPLE: EXAMPLE}


class Shown(NamedTuple):
    """One cell of the table: its sign, a group number where a row has several groups of equal values, and a word on the value."""

    sign: Sign
    group: str
    word: str


def title(path: str) -> str:
    """An app's name on screen."""
    return "(root)" if path == "." else path


def is_silent(app: App) -> bool:
    """Whether an app declares nothing and reads nothing."""
    return not app.variables and not any(environment.sources for environment in app.environments)


def heading(report: Report, terminal: Terminal) -> Iterator[str]:
    """The first line of a screen: the command, the root and the target."""
    words = f"driftline {report.command} {report.root}" + (f", judged for {report.target}" if report.target else "")
    yield terminal.paint(terminal.cut(terminal.text(words), terminal.width), "dim")


def looked_at(report: Report, terminal: Terminal) -> Iterator[str]:
    """How much was looked at, and in what time."""
    yield from terminal.prose(f"Looked at {coverage(report)} in {report.seconds:.2f} s.")


def coverage(report: Report) -> str:
    """How much was looked at, as words of a sentence."""
    if report.command == "bundle":
        private = f" and the private values of {count(report.declarations, 'declaration')}" if report.declarations else ""
        return f"{count(report.files, 'built file')} ({size(report.bytes)}) for keys of every provider{private}"
    sources = {source.path for app in report.apps for environment in app.environments for source in environment.sources}
    sources |= {source.path for app in report.apps for source in app.examples}
    return (
        f"{count(report.files, 'file')} ({size(report.bytes)}), {count(len(sources), 'source')}, "
        f"{count(report.declarations, 'declaration')} and {count(report.references, 'reference')}"
    )


def head(app: App, terminal: Terminal) -> Iterator[str]:
    """The app's name, what it is built with and how its values are read, under a line across the screen."""
    facts = (f"framework {app.framework}" if app.framework else "no framework", f"loader {app.loader}", f"runtime {app.runtime}")
    name = terminal.cut(terminal.text(title(app.path)), terminal.width)
    yield terminal.rule()
    yield from terminal.prose(", ".join(facts), label=name, styles=("bold",))


def sources(app: App, terminal: Terminal, *, verbose: bool) -> Iterator[str]:
    """Each source with the environments it speaks for and why; environments that no source speaks for."""
    said = [tuple(map(terminal.text, words)) for words in speakers(app)]
    shown = said if verbose else said[:_SOURCES_SHOWN]
    paths = max((columns(path) for path, _, _ in shown), default=0)
    names = max((columns(words) for _, words, _ in shown), default=0)
    for path, words, why in shown:
        if 2 + paths + 2 + names + 2 + _WHY_LEAST <= terminal.width:
            yield from terminal.prose(why, indent=2, label=f"{pad(path, paths)}  {pad(words, names)}")
        else:
            yield f"  {terminal.cut(path, terminal.width - 2)}"
            yield from terminal.prose(f"{words}: {why}", indent=6)
    if len(said) > len(shown):
        yield f"  and {len(said) - len(shown)} more (--verbose lists them)"
    for environment in app.environments:
        if environment.authority is None:
            export = f"; `{environment.settled_by}` would show it" if environment.settled_by else ""
            yield from terminal.prose(f"{environment.name}: no file here says what it holds{export}", indent=2, hang=2)
    for environment in app.environments:
        said_of = [f"{origin} ({why})" for origin, why in environment.origin_because.items()]
        if said_of:
            more = f" and {len(said_of) - _ORIGINS_SHOWN} more" if len(said_of) > _ORIGINS_SHOWN and not verbose else ""
            listed = ", ".join(said_of if verbose else said_of[:_ORIGINS_SHOWN])
            yield from terminal.prose(terminal.text(f"{environment.name} is reached at {listed}{more}"), indent=2, hang=2)


def speakers(app: App) -> list[tuple[str, str, str]]:
    """(source, the environments it speaks for, why): one row where the reason is the same for several environments."""
    rows: dict[tuple[str, str], list[str]] = {}
    for environment in app.environments:
        for source in environment.sources:
            rows.setdefault((source.path, environment.because.get(source.path, "")), []).append(environment.name)
    said = [(path, ", ".join(names), why) for (path, why), names in rows.items()]
    said += [(source.path, "none", "an example: it documents names") for source in app.examples]
    return said


def rows(app: App) -> list[Variable]:
    """The variables worth a row: declared for an environment, or needed by the code and not provided by the platform."""
    return [
        variable
        for _, variable in sorted(app.variables.items())
        if any(cell.state is not State.MISSING for cell in variable.cells.values())
        or (variable.need in (Need.REQUIRED, Need.PLAIN) and not variable.injected and not variable.ignored)
    ]


def disagrees(variable: Variable, app: App) -> bool:
    """Whether a row needs a look: some environment lacks a usable value."""
    signs = [shown.sign for shown in cells(variable, app)]
    stand_in = any(cell.traits and cell.traits.placeholder for cell in variable.cells.values())
    return stand_in or any(sign in (MISSING, EMPTY, EXAMPLE) for sign in signs)


def cells(variable: Variable, app: App) -> list[Shown]:
    """What each environment of the app shows for a variable, in the app's order."""
    found = [variable.cells.get(environment.name, Cell(State.MISSING)) for environment in app.environments]
    digests = [cell.traits.digest for cell in found if cell.state is State.SET and cell.traits]
    shared = [digest for digest in dict.fromkeys(digests) if digests.count(digest) > 1]
    return [_shown(cell, environment, variable, shared) for cell, environment in zip(found, app.environments, strict=True)]


def _shown(cell: Cell, environment: Environment, variable: Variable, shared: Sequence[bytes]) -> Shown:
    if cell.state is State.SET:
        word = _said(cell)
        if cell.traits and cell.traits.digest in shared:
            return Shown(SAME, str(shared.index(cell.traits.digest) + 1) if len(shared) > 1 else "", word)
        return Shown(OWN, "", word)
    if cell.state is State.MISSING:
        needed = variable.need in (Need.REQUIRED, Need.PLAIN) or variable.implicit is not None
        if variable.injected or variable.ignored:
            sign = ABSENT
        elif cell.doubt or environment.authority in (None, Authority.EXAMPLE):
            sign = UNKNOWN
        else:
            sign = MISSING if needed else ABSENT
    else:
        sign = _OF_STATE[cell.state]
    return Shown(sign, "", sign.word)


def _said(cell: Cell) -> str:
    """What a value says about itself in one word: a stand-in, its mode, or a local address."""
    traits = cell.traits
    if traits is None:
        return ""
    if traits.placeholder:
        return "placeholder"
    if traits.identity and traits.identity.mode in (Mode.LIVE, Mode.TEST, Mode.LOCAL):
        return str(traits.identity.mode.value)
    return "local URL" if traits.url and traits.url.local else ""


def table(variables: Sequence[Variable], app: App, terminal: Terminal, *, marked: Collection[str] = ()) -> Iterator[str]:
    """The variable x environment table and the legend of the signs in it; names in `marked` are bold.

    Where the screen is too narrow the words beside the signs go first, then the environments' names are shortened, then the
    table is continued below with the remaining environments.
    """
    if not variables or not app.environments:
        return
    grid = {variable.name: cells(variable, app) for variable in variables}
    names = {variable.name: terminal.text(variable.name) for variable in variables}
    longest = max(columns(name) for name in names.values())
    heads = [terminal.text(environment.name) for environment in app.environments]
    signs = [[_text(shown, terminal, words=False) for shown in row] for row in grid.values()]
    worded = [[_text(shown, terminal, words=True) for shown in row] for row in grid.values()]
    least = min(longest, _NAME_LEAST)
    full = [max(columns(head), *(columns(row[i]) for row in worded)) for i, head in enumerate(heads)]
    bare = [max(columns(head), *(columns(row[i]) for row in signs)) for i, head in enumerate(heads)]
    room = terminal.width - 4
    if longest + _total(full) <= room:
        texts, widths = worded, full
    else:
        texts, widths = signs, bare
        if least + _total(bare) > room:
            heads = [terminal.cut(head, 8) for head in heads]
            widths = [max(columns(head), *(columns(row[i]) for row in signs)) for i, head in enumerate(heads)]
    for number, chosen in enumerate(_blocks(widths, room - least)):
        left = min(longest, room - _total([widths[i] for i in chosen]))
        if number:
            yield ""
        head = "".join("  " + pad(heads[i], widths[i]) for i in chosen)
        yield terminal.paint(f"  {' ' * left}{head}".rstrip(), "dim")
        for (name, row), line in zip(grid.items(), texts, strict=True):
            shown = pad(terminal.cut(names[name], left), left)
            painted = [
                "  " + (terminal.paint(line[i], row[i].sign.style) if row[i].sign.style else line[i]) + " " * (widths[i] - columns(line[i]))
                for i in chosen
            ]
            yield f"  {terminal.paint(shown, 'bold') if name in marked else shown}{''.join(painted)}".rstrip()
    used = {shown.sign for row in grid.values() for shown in row}
    yield from _legend([f"{_mark(sign, terminal)} {sign.legend}" for sign in SIGNS if sign in used], terminal)


def _legend(entries: Sequence[str], terminal: Terminal) -> Iterator[str]:
    line = ""
    for entry in entries:
        if line and columns(line) + 3 + columns(entry) > terminal.width - 2:
            yield terminal.paint(f"  {line}", "dim")
            line = ""
        line = f"{line}   {entry}" if line else entry
    yield terminal.paint(f"  {line}", "dim")


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + 2 * len(widths)


def _blocks(widths: Sequence[int], room: int) -> Iterator[list[int]]:
    """The columns in runs that fit beside the names, at least one column each."""
    block: list[int] = []
    for index, width in enumerate(widths):
        if block and _total([widths[i] for i in block]) + width + 2 > room:
            yield block
            block = []
        block.append(index)
    yield block


def _mark(sign: Sign, terminal: Terminal) -> str:
    return sign.sign if terminal.unicode else sign.ascii


def _text(shown: Shown, terminal: Terminal, *, words: bool) -> str:
    mark = _mark(shown.sign, terminal) + shown.group
    return f"{mark} {shown.word}" if words and shown.word else mark
