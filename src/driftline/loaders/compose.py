"""The Docker Compose dialect (compose-go 2, dotenv/parser.go and template/template.go): one bad line refuses the whole file."""

import re
from collections.abc import Mapping

from driftline import late
from driftline.loaders.assignment import Assignment, Parsed, Positions, Problem
from driftline.loaders.expand import MAX_EXPANDED, Budget, Lost
from driftline.record import NamedTuple

_BLANK = "\t\v\f\r \x85\u00a0"
_ESCAPE = late.pattern(r'\\([abcfnrtv$"\\]|0\d{0,3})', re.ASCII)
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}
_EXPORT = late.pattern(rf"export[{_BLANK}\n]+")


class _Refused(Exception):
    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


def parse(content: str) -> Parsed:
    """The assignments of an env file; a refused line is a fatal problem, since Compose then reads nothing of the file.

    A name without `=` takes the shell's value and declares nothing.
    """
    positions = Positions(content, fold=False)
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
            if key:  # `=x` gives a value to a variable without a name, which nothing can read
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
        return "$$"  # the interpolation's own way to write a dollar
    if escaped.startswith("0"):
        # Go wants exactly three octal digits behind the backslash, and the parser has taken the zero away before it asks.
        digits = escaped[1:]
        return chr(int(digits, 8)) if len(digits) == 3 and digits < "400" and not set(digits) - set("01234567") else "\\" + digits
    return _ESCAPED.get(escaped, match[0])


# template/template.go: the pattern is greedy up to the line's last brace; what lies behind the expression's own brace is looked at again.
_NAME = r"[_A-Za-z\u017f\u212a][_A-Za-z0-9\u017f\u212a]*"  # (?i) of Go folds the long s and the Kelvin sign into [a-z]
_VARIABLE = late.pattern(rf"\$(?:(\$)|({_NAME})|\{{({_NAME}(?:(?::?[-?+])[^\n]*)?)\}}|(\{{))")
_OPERATORS = (":?", "?", ":-", "-", ":+", "+")
_MAX_DEPTH = 50


def interpolate(assignment: Assignment, known: Mapping[str, str], outer: Mapping[str, str], budget: Budget) -> str:
    """Compose's interpolation of one value with the shell's names and those above; `${X:?}` on an unset name refuses the file (Lost)."""
    if assignment.quote == "'":
        return assignment.value
    return _substituted(assignment.value, _Names(known, outer, budget), 0)


class _Names(NamedTuple):
    known: Mapping[str, str]
    outer: Mapping[str, str]
    budget: Budget

    def get(self, name: str) -> str | None:
        return self.outer.get(name, self.known.get(name))


def _substituted(text: str, names: _Names, depth: int) -> str:
    names.budget.spend(text)
    if depth > _MAX_DEPTH or len(text) > MAX_EXPANDED:
        raise Lost

    def one(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        if match[4]:
            raise Lost
        if match[2]:
            return names.get(match[2]) or ""
        whole = match[0]
        closing = _closing_brace(whole)
        rest, whole = (whole[closing + 1 :], whole[: closing + 1]) if closing >= 0 else ("", whole)
        inner = _VARIABLE.fullmatch(whole)
        if inner is None or not inner[3]:
            raise Lost
        expression = inner[3]
        operator = min((one for one in _OPERATORS if one in expression), key=lambda one: (expression.index(one), -len(one)), default=None)
        if operator is None:
            # Compose drops what follows a plain `${X}` inside one greedy match only if there is an operator behind it.
            return (names.get(expression) or "") + _substituted(rest, names, depth + 1)
        name, _, word = expression.partition(operator)
        value = names.get(name)
        present = value is not None and (value != "" or not operator.startswith(":"))
        if operator[-1] == "-":
            read = (value or "") if present else _substituted(word, names, depth + 1)
        elif operator[-1] == "+":
            read = _substituted(word, names, depth + 1) if present else (value or "")
        elif not present:
            raise Lost
        else:
            read = value or ""
        return read + _substituted(rest, names, depth + 1)

    expanded = _VARIABLE.sub(one, text)
    if len(expanded) > MAX_EXPANDED:
        raise Lost
    return expanded


def _closing_brace(text: str) -> int:
    """The brace that closes the first one, as Compose counts them: the character after an opening brace is not looked at."""
    opened = position = 0
    while position < len(text):
        if text[position] == "}":
            opened -= 1
            if opened == 0:
                return position
        if text[position] == "{":
            opened += 1
            position += 1
        position += 1
    return -1
