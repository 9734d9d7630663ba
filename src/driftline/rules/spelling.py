"""Which declared names are misspellings of names that the code reads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from driftline import late
from driftline.model import App, Declaration, Environment, Facts, State, Variable
from driftline.rules.phrases import DECLARED

_DIGITS = late.pattern(r"\d+")


def misspelled(app: App, facts: Facts) -> tuple[tuple[str, str], ...]:
    """Pairs (declared but read by nothing, read but not declared beside it) that differ by a typo, by declared name."""
    declared = [
        v
        for v in app.variables.values()
        if v.name not in facts.used
        and not (v.injected or v.implicit or v.ignored)
        and (v.documented or any(cell.state in DECLARED for cell in v.cells.values()))
    ]
    if not declared:
        return ()
    # Numbered names (`KEY_1`, `KEY_2`) are different on purpose; and thousands of them are not compared with one another.
    read: dict[tuple[str, ...], list[Variable]] = {}
    for other in app.variables.values():
        if other.reads and not other.injected:
            read.setdefault(tuple(_DIGITS.findall(other.name)), []).append(other)
    pairs = []
    for variable in declared:
        for other in read.get(tuple(_DIGITS.findall(variable.name)), ()):
            if not _is_typo(variable.name, other.name):
                continue
            own = [name for name, cell in variable.cells.items() if cell.state in DECLARED]
            beside = [name for name in own if other.cells[name].state is not State.MISSING]
            if (own and len(beside) < len(own)) or (not own and other.name not in facts.declared):
                pairs.append((variable.name, other.name))
                break
    return tuple(pairs)


def misspelling(app: App, pairs: Sequence[tuple[str, str]], environment: Environment, name: str) -> Declaration | None:
    """Where an environment that lacks a name declares it with a slip of the fingers; `pairs` are the app's `misspelled`."""
    for declared, read in pairs:
        cell = app.variables[declared].cells[environment.name]
        if read == name and cell.state in DECLARED and cell.declaration is not None:
            return cell.declaration
    return None


@cache
def _is_typo(a: str, b: str) -> bool:
    """One slip of the fingers apart (two in long names)."""
    if a == b or abs(len(a) - len(b)) > 2:
        return False
    if a.replace("_", "").upper() == b.replace("_", "").upper():
        return True
    limit = 2 if min(len(a), len(b)) >= 12 else 1
    if min(len(a), len(b)) < 6 or _distance(a, b, limit) > limit:
        return False
    # Whole words that differ (`DEV_KEY`, `DEX_KEY`) are typos only where a long word changed a little.
    changed = [(x, y) for x, y in zip(a.split("_"), b.split("_"), strict=False) if x != y]
    return a.count("_") != b.count("_") or all(min(len(x), len(y)) >= 4 for x, y in changed)


def _distance(a: str, b: str, limit: int) -> int:
    """Edits between two words, a swap of neighbours counting one (optimal string alignment); stops above `limit`."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row, older = row, [i], before
        before = previous
        for j, y in enumerate(b, 1):
            cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]
