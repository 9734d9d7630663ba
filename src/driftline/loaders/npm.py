"""The npm `dotenv` dialect: dotenv 12 to 18, dotenv-flow, Next.js, Vite up to 7, c12 and Create React App parse this way."""

from __future__ import annotations

import re

from driftline import late
from driftline.loaders.assignment import SPACE, SPACE_CHARACTERS, Assignment, Parsed, Positions

# lib/main.js of npm dotenv 16.4 and 17.2, LINE; `\s` and `$` are spelled out because JavaScript's differ from Python's.
_S = f"[{SPACE}]"
_LINE_ENDS = "\n\u2028\u2029"
_END = r"(?=[\n\u2028\u2029]|\Z)"
# Space before a name is looked for on its own line: each empty line would otherwise be tried up to the end of all empty lines.
_LEAD = f"[{''.join(c for c in SPACE_CHARACTERS if c not in _LINE_ENDS)}]"
_LINE = late.pattern(
    rf"(?:^|(?<=[\u2028\u2029])){_LEAD}*(?:export{_S}+)?(?P<key>[A-Za-z0-9_.-]+)(?:{_S}*={_S}*?|:{_S}+?)"
    rf"(?P<value>{_S}*'(?:\\'|[^'])*'|{_S}*\"(?:\\\"|[^\"])*\"|{_S}*`(?:\\`|[^`])*`|[^#\r\n]+)?{_S}*(?:#[^\n\r\u2028\u2029]*)?{_END}",
    re.MULTILINE,
)
_QUOTED = late.pattern(rf"(?:^|(?<=[\u2028\u2029]))(['\"`])(.*)\1{_END}", re.MULTILINE | re.DOTALL)


def parse(content: str) -> Parsed:
    """The assignments of an env file as npm dotenv finds them, before any expansion."""
    positions = Positions(content)
    lines = positions.text
    found = []
    for match in _LINE.finditer(lines):
        raw = (match["value"] or "").strip(SPACE_CHARACTERS)
        quote = raw[:1] if raw[:1] in ("'", '"', "`") else ""
        value = _QUOTED.sub(r"\2", raw)
        if quote == '"':
            value = value.replace("\\n", "\n").replace("\\r", "\r")
        found.append(Assignment(match["key"], value, quote if value != raw else "", positions.at(match.start("key"))))
    return Parsed(tuple(found))


def parse_dotenvx(content: str) -> Parsed:
    """dotenvx's parser: npm dotenv's grammar, `\\t` in double quotes and `\\'` in single ones."""
    parsed = parse(content)
    return Parsed(tuple(_dotenvx(assignment) for assignment in parsed.assignments))


def _dotenvx(assignment: Assignment) -> Assignment:
    if assignment.quote == "'":
        return assignment._replace(value=assignment.value.replace("\\'", "'"))
    return assignment._replace(value=assignment.value.replace("\\t", "\t")) if assignment.quote == '"' else assignment
