"""When a platform gives an app a variable: while it is built, while it runs, or at both times."""

from __future__ import annotations

from driftline.knowledge import platform
from driftline.model import Cell, Environment, Scope


def only_time(environment: Environment, cell: Cell) -> Scope | None:
    """BUILD or RUN where a variable is given at that time alone; None where it is there at both, or nothing says when."""
    if cell.declaration is None:
        return None
    formats = {source.path: source.format for source in environment.sources}
    given = [(cell.source or "", cell.declaration), *cell.shadowed]
    scopes = {declaration.scope if platform.says_when(formats.get(path, "")) else Scope.BOTH for path, declaration in given}
    return scopes.pop() if len(scopes) == 1 and Scope.BOTH not in scopes else None
