"""Node's own `util.parseEnv` dialect (Node 22, src/node_dotenv.cc): `node --env-file`, Vite 8 and Expo parse this way."""

from __future__ import annotations

from driftline.loaders.assignment import Assignment, Parsed, Positions, Problem

_SPACE = " \t\n"


def parse(content: str) -> Parsed:
    """The assignments of an env file as Node 22 finds them: a name is whatever stands before `=`, a byte-order mark included."""
    # Node deletes every carriage return, it does not turn it into a line end: a CR-only file is one line.
    positions = Positions(content, fold=False)
    text = content
    found: list[Assignment] = []
    problems: list[Problem] = []
    position = _skip(text, 0)
    while position < len(text):
        if text[position] == "#":
            end = text.find("\n", position)
            if end < 0:
                break
            position = _skip(text, end + 1)
            continue
        equal = text.find("=", position)
        newline = text.find("\n", position)
        if equal < 0 or 0 <= newline < equal:
            if newline < 0:
                break
            position = _skip(text, newline + 1)
            continue
        start = position
        key = _strip(text[position:equal])
        position = equal + 1
        place = positions.at(start)
        if not key:  # `=x`: Node stops reading the file here
            problems.append(Problem("a line without a name ends the file for Node", place, fatal=False))
            break
        if key.startswith("export "):
            key = key[7:]
        if position >= len(text) or _strip(text[position : newline if newline >= 0 else len(text)]) == "":
            found.append(Assignment(key, "", "", place))
            if newline < 0:
                break
            position = _skip(text, newline + 1)
            continue
        position = _skip(text, position)
        quote = text[position]
        closing = text.find(quote, position + 1) if quote in "\"'`" else -1
        if closing >= 0:
            value = text[position + 1 : closing].replace("\r", "")
            if quote == '"':
                value = value.replace("\\n", "\n")
            found.append(Assignment(key, value, quote, place))
            newline = text.find("\n", closing + 1)
        else:
            newline = text.find("\n", position)
            value = text[position : newline if newline >= 0 else len(text)]
            if quote not in "\"'`":
                value = _strip(value.partition("#")[0].replace("\r", ""))
            else:
                problems.append(Problem("a quote that is never closed becomes part of the value", place))
                value = value.replace("\r", "")
            found.append(Assignment(key, value, "", place))
        if newline < 0:
            break
        position = _skip(text, newline + 1)
    return Parsed(tuple(found), tuple(problems))


def _skip(text: str, position: int) -> int:
    """The first position from `position` on that is no white space to Node (carriage returns are deleted before it looks)."""
    while position < len(text) and text[position] in " \t\n\r":
        position += 1
    return position


def _strip(text: str) -> str:
    return text.replace("\r", "").strip(_SPACE)
