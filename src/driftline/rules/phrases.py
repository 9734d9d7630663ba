"""Words that several rules share: how a place, a list of places or a source is named in a message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from driftline.model import App, Authority, Cell, Environment, Kind, Location, Reference, Related, State, Use, Variable

DECLARED = frozenset((State.SET, State.EMPTY, State.REFERENCE, State.ENCRYPTED))

# Production first: the side of the more protected environment is the one a finding points at.
PROTECTION = {Kind.PRODUCTION: 0, Kind.PREVIEW: 1, Kind.LOCAL: 2}


def listed(words: Sequence[str], limit: int = 3) -> str:
    """`a`, `b` and 4 more: at most `limit` words in backquotes."""
    shown = [f"`{word}`" for word in words[:limit]]
    more = len(words) - len(shown)
    if more > 0:
        return ", ".join(shown) + f" and {more} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def place(location: Location) -> str:
    """`path:line` for use inside a message."""
    return f"{location.path}:{location.line}"


def declared_in(variable: Variable, app: App, *, but: str = "") -> list[tuple[Environment, Cell]]:
    """The environments other than `but` that declare the variable, the most protected first."""
    found = [
        (environment, variable.cells[environment.name])
        for environment in app.environments
        if environment.name != but and variable.cells[environment.name].state in DECLARED
    ]
    return sorted(found, key=lambda item: (PROTECTION[item[0].kind], item[0].name))


def first_read(reads: Iterable[Reference]) -> Reference | None:
    """The read that a reader should look at first: a plain read before a schema's statement, then by place."""
    return min(reads, key=lambda r: (r.use is Use.SCHEMA, r.location), default=None)


def lacking(environment: Environment) -> tuple[Related, ...]:
    """The sources that were meant to hold a variable of this environment and do not."""
    return tuple(
        Related(Location(source.path, 1), f"speaks for {environment.name} ({environment.because[source.path]}) and does not declare it")
        for source in environment.sources
        if source.authority is not Authority.EXAMPLE
    )
