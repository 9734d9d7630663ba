"""Node's own `util.parseEnv` dialect (Node 22 and 24, src/node_dotenv.cc): `node --env-file`, Vite 8 and Expo parse this way."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from driftline.loaders.assignment import SPACE_CHARACTERS, Assignment, Parsed, Positions, Problem

_SPACE = " \t\n"


def parse(content: str) -> Parsed:
    """The assignments of an env file as Node finds them: a name is whatever stands before `=`, a byte-order mark included."""
    parsed = scan(content, lambda text, start: text.find(text[start], start + 1))
    # Node keeps names in a sorted map: Vite expands them in that order (measured with Vite 8.3).
    return parsed._replace(assignments=tuple(sorted(parsed.assignments, key=lambda assignment: assignment.name)))


def parse_expo(content: str) -> Parsed:
    """Expo's: Node's, with JavaScript's white space and byte-order marks trimmed off the names (@expo/env 2.5, build/parse.js)."""
    parsed = parse(content)
    return parsed._replace(assignments=tuple(a._replace(name=a.name.strip(SPACE_CHARACTERS)) for a in parsed.assignments))


def scan(content: str, closing: Callable[[str, int], int]) -> Parsed:
    """Node's grammar; `closing` gives the position of the quote that ends the value whose quote stands at a position, or -1."""
    # Node deletes every carriage return, it does not turn it into a line end: a CR-only file is one line.
    positions = Positions(content, fold=False)
    text = content.replace("\r", "")
    gaps = [position - number for number, position in enumerate(_all(content, "\r"))]
    found: list[Assignment] = []
    problems: list[Problem] = []
    position = _skip(text, 0)
    while position < len(text):
        newline = text.find("\n", position)
        end = len(text) if newline < 0 else newline
        equal = text.find("=", position, end)
        if text[position] == "#" or equal < 0:
            position = _skip(text, end + 1)
            continue
        key = text[position:equal].strip(_SPACE).removeprefix("export ").strip(_SPACE)
        place = positions.at(position + bisect_right(gaps, position))
        position = equal + 1
        if text.startswith("\n", position) or position >= len(text):
            found += [Assignment(key, "", "", place)] * bool(key)
            position = _skip(text, position)
            continue
        if not key:
            continue  # what follows the `=` is looked at again
        # White space is skipped over line ends: `A= ` takes the next line for its value.
        position = _skip(text, position)
        quote = text[position : position + 1]
        closed = closing(text, position) if quote and quote in "\"'`" else -1
        if closed >= 0:
            value = text[position + 1 : closed]
            found.append(Assignment(key, value.replace("\\n", "\n") if quote == '"' else value, quote, place))
            position = closed + 1
        else:
            newline = text.find("\n", position)
            line = text[position : newline if newline >= 0 else len(text)]
            if quote and quote in "\"'`":
                problems.append(Problem("a quote that is never closed becomes part of the value", place))
            else:
                line = line.partition("#")[0].strip(_SPACE)
            found.append(Assignment(key, line, "", place))
        newline = text.find("\n", position)
        position = len(text) if newline < 0 else _skip(text, newline + 1)
    return Parsed(tuple(found), tuple(problems))


def _all(text: str, character: str) -> list[int]:
    return [position for position, one in enumerate(text) if one == character] if character in text else []


def _skip(text: str, position: int) -> int:
    """The first position from `position` on that is no white space to Node."""
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position
