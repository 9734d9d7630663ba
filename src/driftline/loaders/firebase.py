"""The dialect of Firebase functions (firebase-tools 15, lib/functions/env.js): one bad line or name refuses the whole file."""

from __future__ import annotations

import re

from driftline import late
from driftline.loaders.assignment import SPACE, SPACE_CHARACTERS, Assignment, Parsed, Positions, Problem

_BLANK = "\t\v\f \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff"  # white space that ends no line: a longer lead would be searched again and again
_END = r"(?=[\n\r\u2028\u2029]|\Z)"
_LINE = late.pattern(
    rf"(?:\A|(?<=[\n\r\u2028\u2029]))[{_BLANK}]*(?:export[{SPACE}]*)?(?P<key>[A-Za-z0-9_./]+)[{SPACE}]*=[\f\t\v]*"
    rf"(?P<value>[{SPACE}]*'(?:\\'|[^'])*'|[{SPACE}]*\"(?:\\\"|[^\"])*\"|[^#\r\n]*)?[{SPACE}]*(?:#[^\n]*)?{_END}"
)
_QUOTED = late.pattern(rf"(?:\A|(?<=[\n\r\u2028\u2029]))([\"'])(.*)\1{_END}", re.DOTALL)
_ESCAPE = late.pattern(r"\\([nrtv\\'\"])")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NAME = late.pattern(r"[A-Z_][A-Z0-9_]*\Z")
_RESERVED = frozenset(
    (
        "CLOUD_RUNTIME_CONFIG", "EVENTARC_CLOUD_EVENT_SOURCE", "ENTRY_POINT", "GCP_PROJECT", "GCLOUD_PROJECT", "GOOGLE_CLOUD_PROJECT",
        "FUNCTION_TRIGGER_TYPE", "FUNCTION_NAME", "FUNCTION_MEMORY_MB", "FUNCTION_TIMEOUT_SEC", "FUNCTION_IDENTITY", "FUNCTION_REGION",
        "FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE", "K_SERVICE", "K_REVISION", "PORT", "K_CONFIGURATION",
    )
)  # fmt: skip
_RESERVED_PREFIXES = ("X_GOOGLE_", "FIREBASE_", "EXT_", "KIT_")
_ALLOWED_PREFIXES = ("FIREBASE_SECRET_REF_", "EXT_MIGRATED_SYSTEM_", "EXT_SELECTED_EVENTS")


def parse(content: str) -> Parsed:
    """The assignments of an env file; a line that is none, or a name that Firebase keeps for itself, is a fatal problem."""
    # The tool turns the first CRLF or CR alone into LF: `\r` counts as a line end to its pattern, and CRs are trimmed off.
    first = re.sub("\r\n?", "\n", content, count=1)
    shift = len(content) - len(first)
    cut = content.find("\r")
    positions = Positions(content, fold=False)
    found: list[Assignment] = []
    rest, position = [], 0
    for match in _LINE.finditer(first):
        rest.append(first[position : match.start()])
        position = match.end()
        at = match.start("key")
        place = positions.at(at + shift if shift and at > cut else at)
        value = (match["value"] or "").strip(SPACE_CHARACTERS)
        quoted = _QUOTED.search(value)
        quote = quoted[1] if quoted else ""
        if quoted:
            value = quoted[2]
            value = _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), value) if quote == '"' else value
        found.append(Assignment(match["key"], value, quote, place))
    rest.append(first[position:])
    for line in re.split(r"[\r\n]+", "".join(rest)):
        bare = line.strip(SPACE_CHARACTERS)
        if bare and not bare.startswith("#"):
            place = positions.at(max(0, content.find(bare)))
            return Parsed((), (Problem("a line that declares nothing", place, fatal=True),))
    for assignment in found:
        name = assignment.name
        if name in _RESERVED or not _NAME.match(name) or (name.startswith(_RESERVED_PREFIXES) and not name.startswith(_ALLOWED_PREFIXES)):
            return Parsed((), (Problem("a name that Firebase does not accept", assignment.place, fatal=True),))
    return Parsed(tuple(found))
