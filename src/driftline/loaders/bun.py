"""Bun's own dialect (measured with Bun 1.4): npm dotenv's grammar, but what follows a closing quote is dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping

from driftline.loaders import npm
from driftline.loaders.assignment import Parsed
from driftline.loaders.expand import MAX_EXPANDED, Lost, Values

_TRAILED = re.compile(r"""(?s)(["'`])(.*?)(?<!\\)\1[^\n]*\Z""")
_VARIABLE = re.compile(r"(\\)?\$(?:\{([A-Za-z0-9_]+)(?::-([^}\\]*))?\}|([A-Za-z0-9_]+))")


def parse(content: str) -> Parsed:
    """The assignments of an env file as Bun finds them."""
    parsed = npm.parse(content)
    found = []
    for assignment in parsed.assignments:
        trailed = _TRAILED.match(assignment.value) if not assignment.quote else None
        found.append(assignment._replace(value=trailed[2], quote=trailed[1]) if trailed else assignment)
    return parsed._replace(assignments=tuple(found))


def expand(parsed: Values, outer: Mapping[str, str]) -> Values:
    """`$NAME`, `${NAME}` and `${NAME:-default}` in every kind of quote; a variable that names itself keeps its text."""

    def value_of(name: str, path: tuple[str, ...]) -> str:
        if len(path) > 100:
            raise Lost

        def one(match: re.Match[str]) -> str:
            if match[1]:
                return match[0][1:]
            other = match[2] or match[4]
            if other in path:
                return match[0]
            if other in outer:
                return outer[other]
            if other in parsed:
                return value_of(other, (*path, other))
            return match[3] or ""

        expanded = _VARIABLE.sub(one, parsed[name])
        if len(expanded) > MAX_EXPANDED:
            raise Lost
        return expanded

    return {name: outer.get(name, value_of(name, (name,))) for name in parsed}
