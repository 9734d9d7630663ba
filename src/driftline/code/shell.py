"""References in shell scripts: `$X`, `${X}`, `${X:?}`, `${X:-default}` of names that the script does not set itself."""

from __future__ import annotations

import re

from driftline import late
from driftline.code import CodeReading, Place
from driftline.model import Literal, Need, Reference, Secret, Side, Use

EXTENSIONS = (".sh", ".bash", ".zsh")
TRACES = (b"$",)

_TOKEN = late.pattern(
    rb"""(?P<single>'[^']*')|(?P<comment>(?:^|(?<=[\s;]))\#[^\n]*)|(?P<escaped>\\.)|<<-?\s*(?P<quote>["'])(?P<mark>\w+)(?P=quote)(?P<rest>[^\n]*)\n"""
    rb"""|\$\{(?P<braced>[A-Za-z_]\w*)(?P<operator>:?[-?=+])?(?P<default>[^{}\n]*)\}?|\$(?P<plain>[A-Za-z_]\w*)""",
    re.MULTILINE | re.DOTALL,
)
_SETS = late.pattern(
    rb"""(?:^|[;&|(\s])(?:(?:export|local|readonly|declare|typeset)\s+(?:-\w+\s+)*)?(?P<name>[A-Za-z_]\w*)\+?=|\bfor\s+(?P<loop>[A-Za-z_]\w*)\s+in\b|\bread\s+(?:-\w+\s+)*(?P<read>[A-Za-z_]\w*)|\bgetopts\s+\S+\s+(?P<opts>\w+)""",
    re.MULTILINE,
)
# Variables in lower case are the script's own by convention (POSIX, XBD 8.1: names in capitals are the environment's).
_CAPITALS = late.pattern(r"[A-Z][A-Z0-9_]+")


def read(path: str, content: bytes) -> CodeReading:
    """The references of a script. Quoted here-documents and single quotes are text."""
    place = Place(path, content)
    own = {(match["name"] or match["loop"] or match["read"] or match["opts"]).decode() for match in _SETS.finditer(content)}
    references: list[Reference] = []
    position = 0
    while match := _TOKEN.search(content, position):
        position = match.end()
        if match["mark"] is not None:
            end = re.compile(rb"^\s*" + re.escape(match["mark"]) + rb"\s*$", re.MULTILINE).search(content, position)
            position = end.end() if end is not None else len(content)
            continue
        raw = match["braced"] or match["plain"]
        if raw is None:
            continue
        name = raw.decode()
        operator = match["operator"] or b""
        # `X="${X:-default}"` takes the environment's word; any other use of a name the script sets is its own.
        if not _CAPITALS.fullmatch(name) or (name in own and not operator):
            continue
        need = Need.REQUIRED if b"?" in operator else Need.OPTIONAL if operator else Need.PLAIN
        fallback = None
        if operator.endswith((b"-", b"=")) and match["default"] and b"$" not in match["default"]:
            fallback = Literal(
                Secret(match["default"].strip(b"\"'").decode("utf-8", "replace")), place.at(match.start("default")), "fallback"
            )
        # A script's bare `$X` may come from anywhere (a CI step, an argument): it shows a use, and only `:?` shows a need.
        use = Use.MENTION if need is Need.PLAIN else Use.READ
        references.append(Reference(name, place.at(match.start()), need, Side.SERVER, use, "${}", fallback))
    return CodeReading(references=tuple(references))
