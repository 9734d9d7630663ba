"""Bun's own dialect (src/env_loader.zig, measured with Bun 1.4): ASCII names and white space, one closing quote, its own expansion."""

from __future__ import annotations

import re
from collections.abc import Mapping

from driftline import late
from driftline.loaders.assignment import Assignment, Parsed, Positions
from driftline.loaders.expand import MAX_EXPANDED, Lost, Values

_SPACE = " \t\n\v\f\r"
_NAME = late.pattern(r"[A-Za-z0-9_.-]+")
_NEXT = late.pattern(r"export[ \t\n\v\f\r]+(?=[A-Za-z0-9_.-])")
_SEPARATOR = late.pattern(r"[ \t\n\v\f\r]*(?:=|:(?=[ \t\n\v\f\r]))")
_QUOTED = {quote: late.pattern(rf"{quote}((?:[^\\{quote}]|\\.)*){quote}", re.DOTALL) for quote in "\"'`"}
_ESCAPE = late.pattern(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r"}
_UNQUOTED = late.pattern(r"[^#\r\n]*")


def parse(content: str) -> Parsed:
    """The assignments of an env file as Bun finds them."""
    positions = Positions(content, fold=False)
    found: list[Assignment] = []
    position = 1 if content.startswith("\ufeff") else 0
    unclosed: set[str] = set()
    while position < len(content):
        if content[position] in _SPACE:
            position += 1
            continue
        start = position
        exported = _NEXT.match(content, position)
        name = _NAME.match(content, exported.end() if exported else position)
        separator = _SEPARATOR.match(content, name.end()) if name else None
        if name is None or separator is None:
            position = _line_end(content, start)
            continue
        position = separator.end()
        value = _UNQUOTED.match(content, position)
        first = _skip(content, position)
        quote = content[first : first + 1]
        # A quote that nothing closes from here on is closed by nothing further down either: one search a kind keeps this linear.
        quoted = _QUOTED[quote].match(content, first) if quote in _QUOTED and quote not in unclosed else None
        if quote in _QUOTED and quoted is None:
            unclosed.add(quote)
        if quoted is not None:
            text = quoted[1].replace("\r\n", "\n")
            text = _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[0]), text) if quote == '"' else text
            found.append(Assignment(name[0], text, quote, positions.at(name.start())))
            position = quoted.end()
        else:
            found.append(Assignment(name[0], value[0].strip(_SPACE) if value else "", "", positions.at(name.start())))
        position = _line_end(content, position)
    return Parsed(tuple(found))


def _skip(content: str, position: int) -> int:
    while position < len(content) and content[position] in _SPACE:
        position += 1
    return position


def _line_end(content: str, position: int) -> int:
    while position < len(content) and content[position] not in "\r\n":
        position += 1
    return position


def expand(parsed: Values, outer: Mapping[str, str]) -> Values:
    """`$NAME`, `${NAME}` and `${NAME:-default}` in every kind of quote, one level deep: what is put in is not looked at again."""
    values = {name: outer.get(name, value) for name, value in parsed.items()}
    for name in parsed:
        if name not in outer:
            values[name] = _expanded(values[name], values, outer, 0)
    return values


_VARIABLE = late.pattern(r"(\\)?\$(?:\{([A-Za-z0-9_]*)(?::-((?:[^{}\\]|\{[^{}]*\})*))?\}|([A-Za-z0-9_]+))")


def _expanded(value: str, known: Mapping[str, str], outer: Mapping[str, str], depth: int) -> str:
    if "$" not in value:
        return value

    def one(match: re.Match[str]) -> str:
        if match[1]:
            return match[0][1:]
        name = match[2] if match[2] is not None else match[4]
        value = outer.get(name, known.get(name))
        if value is None:
            return _expanded(match[3], known, outer, depth + 1) if match[3] and depth < 100 else match[3] or ""
        return value

    expanded = _VARIABLE.sub(one, value)
    if len(expanded) > MAX_EXPANDED:
        raise Lost
    return expanded
