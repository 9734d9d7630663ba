"""The Docker Compose dialect (compose-go 2, dotenv/parser.go and template/template.go): one bad line refuses the whole file."""

from __future__ import annotations

import re
from collections.abc import Mapping

from driftline.loaders.assignment import Assignment, Parsed, Positions, Problem
from driftline.loaders.expand import MAX_EXPANDED, Lost, Values

_BLANK = "\t\v\f\r \x85\u00a0"
_ESCAPE = re.compile(r'\\([abcfnrtv$"\\]|0\d{0,3})')
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}
_EXPORT = re.compile(rf"export[{_BLANK}\n]+")


class _Refused(Exception):
    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


def parse(content: str) -> Parsed:
    """The assignments of an env file; a refused line is a fatal problem, since Compose then reads nothing of the file.

    A name without `=` takes the shell's value and declares nothing. Double-quoted values keep a mark for the interpolation:
    `Assignment.quote` is `'` where nothing is interpolated.
    """
    positions = Positions(content.replace("\r\n", "\n"), fold=False) if "\r\n" in content else Positions(content, fold=False)
    text = positions.text.removeprefix("\ufeff")
    shift = len(positions.text) - len(text)
    found: list[Assignment] = []
    position = 0
    try:
        while (position := _statement(text, position)) < len(text):
            start = position
            position, key, inherited = _key(text, position)
            if inherited:
                continue
            value, quote, position = _value(text, position)
            found.append(Assignment(key, value, quote, positions.at(start + shift)))
    except _Refused as refusal:
        return Parsed((), (Problem(refusal.reason, positions.at(refusal.position + shift), fatal=True),))
    return Parsed(tuple(found))


def _statement(text: str, position: int) -> int:
    while position < len(text):
        if text[position].isspace():
            position += 1
        elif text[position] == "#":
            newline = text.find("\n", position)
            position = len(text) if newline < 0 else newline
        else:
            break
    return position


def _key(text: str, start: int) -> tuple[int, str, bool]:
    """(position after the separator, name, whether it takes the shell's value)."""
    export = _EXPORT.match(text, start)
    if export:
        start = export.end()
    for position in range(start, len(text)):
        character = text[position]
        if character in _BLANK:
            continue
        if character in "=:\n":
            key = text[start:position].rstrip()
            if " " in key:
                raise _Refused("a name cannot contain a space", start)
            after = position + 1
            while character != "\n" and after < len(text) and text[after] in _BLANK:
                after += 1
            return after, key, character == "\n"
        if character not in "_.-[]" and not character.isalpha() and not character.isnumeric():
            raise _Refused("a character that no variable name may hold", position)
    return len(text), text[start:].rstrip(), True


def _value(text: str, start: int) -> tuple[str, str, int]:
    """(value before interpolation, the quote removed, position after it)."""
    quote = text[start : start + 1]
    if quote not in ("'", '"') or not quote:
        newline = text.find("\n", start)
        end = len(text) if newline < 0 else newline
        return text[start:end].partition(" #")[0].rstrip(), "", end + 1
    parts: list[str] = []
    position = start + 1
    while position < len(text):
        character = text[position]
        if character == quote:
            value = "".join(parts)
            return (_ESCAPE.sub(_unescape, value) if quote == '"' else value), quote, position + 1
        if character == "\\" and position + 1 < len(text):
            following = text[position + 1]
            parts.append(following if following == quote else "\\" + following)
            position += 2
            continue
        parts.append(character)
        position += 1
    raise _Refused("a quote that is never closed", start)


def _unescape(match: re.Match[str]) -> str:
    escaped = match[1]
    if escaped == "$":
        return match[0]
    if escaped.startswith("0"):
        return chr(int(escaped, 8) & 0xFF) if all(digit in "01234567" for digit in escaped) else match[0]
    return _ESCAPED.get(escaped, match[0])


_VARIABLE = re.compile(r"\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])([^{}]*))?\}|(.|\Z))", re.DOTALL)


def expand(parsed: Values, outer: Mapping[str, str], literal: frozenset[str] = frozenset()) -> Values:
    """Compose's interpolation: names of the file above win after the shell's; `${X:?}` on an unset name refuses the file (Lost).

    `literal` are the names whose value stood in single quotes.
    """
    result: Values = {}

    def one(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        if match[6] is not None:
            raise Lost
        name = match[2] or match[3]
        known = outer.get(name, result.get(name))
        operator, word = match[4], match[5]
        present = known is not None and (known != "" or not (operator or "").startswith(":"))
        if operator in ("-", ":-"):
            return known or "" if present else word
        if operator in ("+", ":+"):
            return word if present else ""
        if operator in ("?", ":?") and not present:
            raise Lost
        return known or ""

    for name, value in parsed.items():
        result[name] = value if name in literal else _VARIABLE.sub(one, value)
        if len(result[name]) > MAX_EXPANDED:
            raise Lost
    return result
