"""The python-dotenv dialect, read by the library itself; pydantic-settings and Flask use it too."""

from __future__ import annotations

import io
from collections.abc import Mapping

from driftline.loaders.assignment import Assignment, Parsed, Positions, Problem
from driftline.loaders.expand import MAX_EXPANDED, Lost, Values


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


def expand(parsed: Values, outer: Mapping[str, str]) -> Values:
    """python-dotenv's `${NAME}` and `${NAME:-default}`, in quoted values too; `$NAME` stays as it is (dotenv/main.py, resolve_variables)."""
    from dotenv.variables import parse_variables

    result: Values = {}
    for name, value in parsed.items():
        # `override=True`, the default of dotenv_values: a name of the file beats the environment.
        known: dict[str, str | None] = {**outer, **result}
        expanded = "".join(atom.resolve(known) for atom in parse_variables(value))
        if len(expanded) > MAX_EXPANDED:
            raise Lost
        result[name] = expanded
    return result
