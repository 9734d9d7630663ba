"""Deno's dialect (`deno run --env-file`, measured with Deno 2.9): Node's grammar, another closing quote, its own expansion."""

from __future__ import annotations

import re
from collections.abc import Mapping

from driftline import late
from driftline.loaders.assignment import Assignment, Parsed, Problem
from driftline.loaders.expand import Budget
from driftline.loaders.node import scan

_VARIABLE = late.pattern(r"\\\$|\$(?:\{([^}]*)(?:\}|\Z)|([A-Za-z0-9_]*))")
_ENDS = late.pattern(r"[ \t]*(?:[#\n]|\Z)")


def parse(content: str) -> Parsed:
    """The assignments of an env file as Deno finds them; of one name the first counts."""
    parsed = scan(content, _closing)
    first: dict[str, Assignment] = {}
    for assignment in parsed.assignments:
        first.setdefault(assignment.name, assignment)
    nameless = re.search(r"^[ \t]*=+[ \t]*$", content, re.MULTILINE)
    if nameless is not None:  # `=` alone: Deno 2.9 ends with an internal error
        return Parsed((), (Problem("a line without a name", next(iter(first.values())).place, fatal=True),) if first else ())
    return Parsed(tuple(first.values()), parsed.problems)


def _closing(text: str, start: int) -> int:
    """On the line of the next quote: the first one that a comment or the line's end follows, else that next quote itself."""
    quote = text[start]
    first = text.find(quote, start + 1)
    newline = text.find("\n", first)
    position, end = first, len(text) if newline < 0 else newline
    while 0 <= position < end:
        if _ENDS.match(text, position + 1):
            return position
        position = text.find(quote, position + 1, end)
    return first


def interpolate(assignment: Assignment, known: Mapping[str, str], outer: Mapping[str, str], budget: Budget) -> str:  # noqa: ARG001  # one step
    """`$NAME` and `${NAME}` of names above or of the environment, not in single quotes or backticks; no defaults."""
    if assignment.quote in ("'", "`") and assignment.quote:
        return assignment.value

    def one(match: re.Match[str]) -> str:
        if match[0] == "\\$":
            return "$"
        name = match[1] if match[1] is not None else match[2]
        return outer.get(name, known.get(name, ""))

    return _VARIABLE.sub(one, assignment.value)
