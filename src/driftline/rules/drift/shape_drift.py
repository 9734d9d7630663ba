"""One environment holds a URL where another holds a bare word, a number where another holds text, JSON where another's is broken.

Why it matters: the code parses one shape; the other environment fails in production only.
Fix: give the variable the same shape in every environment.
What not to do: do not make the values equal; only their shape must agree.
Example: `API_URL` is `https://api.example.com` in production and `api.preview` in preview.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Cell, Environment, Facts, Finding, Related, Rule, Severity, State, Traits
from driftline.rules.phrases import declared_in

RULE = Rule("shape-drift", Severity.WARNING, "a variable has different shapes in different environments")

# Only shapes that no parser takes for one another; words, paths and texts often stand for each other rightly.
_APART = frozenset((("url", "word"), ("url", "number"), ("url", "boolean"), ("number", "text"), ("number", "word"), ("boolean", "text")))


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for variable in app.variables.values():
            if variable.ignored:
                continue
            known = [(e, c) for e, c in declared_in(variable, app) if c.state is State.SET and c.traits and not c.traits.placeholder]
            pair = _apart(known)
            if pair is None:
                continue
            (one, cell, says), (other, other_cell, other_says) = pair
            if cell.declaration is None or other_cell.declaration is None:
                continue
            yield RULE.finding(
                f"`{variable.name}` is {says} in {one.name} ({cell.source}) and {other_says} in {other.name} ({other_cell.source})",
                fix=f"give {variable.name} the same shape in both, each with its own value",
                avoid="do not make the values equal",
                app=app.path,
                location=cell.declaration.location,
                environment=one.name,
                variable=variable.name,
                related=(Related(other_cell.declaration.location, f"{other_says} here"),),
            )


_Side = tuple[Environment, Cell, str]


def _apart(known: list[tuple[Environment, Cell]]) -> tuple[_Side, _Side] | None:
    for index, (one, cell) in enumerate(known):
        for other, other_cell in known[index + 1 :]:
            a, b = cell.traits, other_cell.traits
            if a is None or b is None or a.digest == b.digest:
                continue
            if bool(a.broken) != bool(b.broken) and "json" in (a.shape, b.shape, a.broken, b.broken):
                return (one, cell, _says(a)), (other, other_cell, _says(b))
            if not a.broken and not b.broken and ((a.shape, b.shape) in _APART or (b.shape, a.shape) in _APART):
                return (one, cell, _says(a)), (other, other_cell, _says(b))
    return None


def _says(traits: Traits) -> str:
    if traits.broken:
        return f"broken {traits.broken.upper()}"
    words = {"url": "a URL", "number": "a number", "boolean": "a yes or no", "json": "JSON", "word": "a bare word", "text": "text"}
    return words.get(traits.shape, traits.shape)
