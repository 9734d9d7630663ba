"""The python-dotenv dialect, read by the library itself; pydantic-settings and Flask use it too."""

from __future__ import annotations

import io
from collections import ChainMap
from collections.abc import Mapping
from typing import cast

from driftline.loaders.assignment import Assignment, Parsed, Positions, Problem
from driftline.loaders.expand import MAX_EXPANDED, Budget, Lost


def parse(content: str) -> Parsed:
    """The assignments as python-dotenv's own parser binds them; a name without `=` is bound to nothing and left out."""
    from dotenv.parser import parse_stream

    # python-dotenv opens files as text: universal newlines, and `utf-8` keeps the byte-order mark (1.2 strips it).
    positions = Positions(content)
    text = positions.text.removeprefix("\ufeff")
    shift = len(positions.text) - len(text)
    found: list[Assignment] = []
    problems: list[Problem] = []
    position = shift
    for binding in parse_stream(io.StringIO(text)):
        original = binding.original.string
        lead = len(original) - len(original.lstrip())
        place = positions.at(position + lead)
        position += len(original)
        if binding.error:
            problems.append(Problem("python-dotenv cannot parse the line and drops it", place))
        elif binding.key is not None and binding.value is not None:
            found.append(Assignment(binding.key, binding.value, _quote(original), place))
    return Parsed(tuple(found), tuple(problems))


def _quote(original: str) -> str:
    value = original.partition("=")[2].lstrip()
    return value[:1] if value[:1] in ("'", '"') else ""


def interpolate(assignment: Assignment, known: Mapping[str, str], outer: Mapping[str, str], budget: Budget) -> str:
    """python-dotenv's `${NAME}` and `${NAME:-default}`, in quoted values too; `$NAME` stays as it is (dotenv/main.py, resolve_variables)."""
    from dotenv.variables import parse_variables

    if "${" not in assignment.value:
        return assignment.value
    for _ in range(assignment.value.count("${")):  # each is looked for a closing brace up to the end of the value
        budget.spend(assignment.value)
    # `override=True`, the default of dotenv_values: a name of the file beats the environment.
    names: ChainMap[str, str | None] = ChainMap(cast(dict[str, str | None], known), cast(dict[str, str | None], outer))
    expanded = "".join(atom.resolve(names) for atom in parse_variables(assignment.value))
    if len(expanded) > MAX_EXPANDED:
        raise Lost
    return expanded
