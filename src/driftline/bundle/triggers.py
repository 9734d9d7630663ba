"""From the catalogue's shapes to the expressions of the multi-pattern database: what must stand in the bytes for a key to be near.

A trigger is a short necessary part of a shape, so that one pass over the bytes asks for all of them at once; the few places it
names are then confirmed exactly. Every literal head also stands in the list in the forms in which bundlers, escapers and
obfuscators print it, so that nothing has to be decoded to be looked for.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from driftline.knowledge import shapes
from driftline.knowledge.catalog import KeyKind
from driftline.model import Exposure

if sys.version_info >= (3, 11):
    from re import _constants as c
else:
    import sre_constants as c

# How a trigger's hit is confirmed. The first is a key as it stands, the next five are its encoded heads, the others are places
# where text has to be put together or decoded before it can be looked at.
PLAIN = "plain"
BASE64 = "base64"
HEX = "hex"
REVERSED = "reversed"
WIDE = "utf-16"
CODES = "character codes"
ESCAPED = "escaped"
PERCENT = "percent"
ENTITY = "html"
JOIN = "concatenated"
ARRAY = "array"
SWAPPED = "swapped case"
DATA = "data URL"
NAMED = "named"
READ = "read"
MAP = "map"
TABLE = "string table"
KNOWN = "known"

# Bits of information from which on a trigger is rare enough in any text: measured on 550 MB of npm browser builds, see benchmarks.
_ENOUGH = 26.0
_LITERAL_BITS = 6.0
# A repeat that may vary by more than this is cut at its least length: the rest is confirmed, not searched for.
_WIDE_REPEAT = 6
# An expression of this length is not made longer.
_LONG = 160
# A head is spelled out in its encoded forms up to this length.
_HEAD = 12


class Trigger(NamedTuple):
    """One expression of the database. `kinds` are indices into the catalogue; `shift` is the position of the head in its base64 group.

    `back` and `reach` say how far before the end of a hit the key can start, at least and at most, in bytes.
    """

    expression: str
    form: str
    kinds: tuple[int, ...] = ()
    shift: int = 0
    back: tuple[int, int] = (0, 0)


def of_catalog(kinds: Iterable[KeyKind]) -> list[Trigger]:
    """Every trigger of the catalogue: plain ones for all kinds whose shape speaks for itself, encoded heads for secret ones."""
    plain: dict[tuple[str, tuple[int, int]], list[int]] = {}
    heads: dict[str, int] = {}
    for number, kind in enumerate(kinds):
        if kind.context is not None:
            continue
        expression, back = plain_trigger(kind.shape)
        plain.setdefault((expression, back), []).append(number)
        if kind.exposure is Exposure.SECRET:
            for head in _heads(kind):
                heads[head] = min(heads.get(head, 1 << 20), kind.shortest)
    found = [Trigger(expression, PLAIN, tuple(numbers), 0, back) for (expression, back), numbers in plain.items()]
    for expression, _ in list(plain):
        escaped = _escaped_punctuation(expression)
        if escaped is not None:
            found.append(Trigger(escaped, ESCAPED))
    for head, shortest in _without_longer(heads).items():
        found += encoded(head.encode(), shortest)
    return [*found, *_PLACES]


def _heads(kind: KeyKind) -> Iterator[str]:
    """The literal starts of a kind, cut to what has to be spelled out; a web scheme says nothing, the host behind it does."""
    for prefix in kind.prefixes or kind.anchors:
        if len(prefix) >= 3 and not re.fullmatch(r"https?://", prefix):
            yield prefix.removeprefix("https://")[:_HEAD] if prefix.startswith("https://") else prefix[:_HEAD]


def _without_longer(heads: dict[str, int]) -> dict[str, int]:
    """Heads that no other head starts: what finds the shorter finds the longer."""
    kept: dict[str, int] = {}
    for head in sorted(heads, key=len):
        shorter = next((other for other in kept if head.startswith(other) and len(other) >= 4), None)
        if shorter is None:
            kept[head] = heads[head]
        else:
            kept[shorter] = min(kept[shorter], heads[head])
    return kept


# --- the necessary part of a shape ----------------------------------------------------------------------------------------


class _Part(NamedTuple):
    """An element of a shape as text: its widths, its bits of information, how many of its leading characters are literal."""

    text: str
    least: int
    most: int
    bits: float
    cut: str | None = None


def plain_trigger(shape: str) -> tuple[str, tuple[int, int]]:
    """A short expression that every match of the shape contains, and how far before its end a match starts (least, most)."""
    parts = [part for item in _flat(list(shapes.parse(shape))) for part in [_part(*item)]]
    best = (-1.0, 0, 0, "")
    for start in range(len(parts)):
        bits, text = 0.0, ""
        end = start
        for end in range(start, len(parts)):
            part = parts[end]
            text += part.cut or part.text
            bits += part.bits
            if part.cut is not None or len(text) >= _LONG:
                break
        # A later start has to be clearly better: the head of a key is where its reader looks, too.
        score = min(bits, 2 * _ENOUGH) - 2.0 * (start > 0)
        if score > best[0]:
            best = (score, start, end, text)
        if start == 0 and bits >= _ENOUGH and not shape.startswith(("http", "(?:http")):
            break
    _, start, end, text = best
    least = sum(part.least for part in parts[:end]) + (parts[end].least)
    most = sum(part.most for part in parts[:end]) + (parts[end].least if parts[end].cut is not None else parts[end].most)
    return text, (least, most)


def _flat(items: list[Any]) -> Iterator[tuple[Any, Any]]:
    """The elements in order, groups that hold one alternative opened."""
    for op, value in items:
        if op is c.SUBPATTERN:
            yield from _flat(list(value[3]))
        elif op is c.MAX_REPEAT and value[0] == value[1] == 1:
            yield from _flat(list(value[2]))
        else:
            yield op, value


def _part(op: Any, value: Any) -> _Part:
    if op is c.LITERAL:
        bits = _LITERAL_BITS if chr(value) not in "htps:/" else 3.5
        return _Part(_escape(value), 1, 1, bits)
    if op is c.NOT_LITERAL:
        return _Part(f"[^{_escape(value)}]", 1, 1, 0.1)
    if op is c.IN:
        members = len(shapes.members_of(value)) or 1
        return _Part(_class(value), 1, 1, max(0.1, math.log2(94 / members)))
    if op is c.BRANCH:
        branches = [[_part(*item) for item in _flat(list(branch))] for branch in value[1]]
        text = "|".join("".join(part.text for part in branch) for branch in branches)
        least = min(sum(part.least for part in branch) for branch in branches)
        most = max(sum(part.most for part in branch) for branch in branches)
        bits = min(sum(part.bits for part in branch) for branch in branches) - math.log2(len(branches))
        return _Part(f"(?:{text})", least, most, max(bits, 0.0))
    if op is c.MAX_REPEAT:
        low, high, inner = value
        inside = [_part(*item) for item in _flat(list(inner))]
        text = "".join(part.text for part in inside)
        single = text if len(inside) == 1 and inside[0].most == 1 else f"(?:{text})"
        least, most = low * sum(part.least for part in inside), high * sum(part.most for part in inside)
        bits = low * sum(part.bits for part in inside)
        repeat = f"{{{low}}}" if low == high else f"{{{low},{high}}}"
        wide = most - least > _WIDE_REPEAT and high - low > 1
        cut = None
        if wide:
            cut = "" if low == 0 else single + (f"{{{low}}}" if low > 1 else "")
        return _Part(single + repeat, least, most, bits, cut)
    raise ValueError(f"{op} in a shape")


def _escape(code: int) -> str:
    return chr(code) if chr(code).isalnum() else f"\\x{code:02x}"


def _class(value: Any) -> str:
    body = ""
    for op, argument in value:
        if op is c.NEGATE:
            body += "^"
        elif op is c.LITERAL:
            body += f"\\x{argument:02x}"
        elif op is c.RANGE:
            body += f"\\x{argument[0]:02x}-\\x{argument[1]:02x}"
        else:
            body += {c.CATEGORY_DIGIT: "0-9", c.CATEGORY_WORD: "0-9A-Za-z_", c.CATEGORY_SPACE: r"\x09-\x0d\x20"}[argument]
    return f"[{body}]"


# `:` and `/` behind escapes: JSON with `\/`, percent, HTML entities, `\u`; the first two of a run are enough to be found.
_COLON = r"(?:\x3a|\x25(?:25)?3[Aa]|\x5c{1,4}(?:u00|x)3[Aa]|&(?:amp;)?(?:#58|#[xX]3[aA]|colon);)"
_SLASH = r"(?:\x5c{0,4}\x2f|\x25(?:25)?2[Ff]|\x5c{1,4}(?:u00|x)2[Ff]|&(?:amp;)?(?:#47|#[xX]2[fF]|sol);)"


def _escaped_punctuation(expression: str) -> str | None:
    """The same trigger with its `://` and `/` written in any escaped way; None where it has none."""
    if r"\x2f\x2f" not in expression:
        return None
    return re.sub(r"\[[^\]]*\]|\\x3a|\\x2f", lambda found: {r"\x3a": _COLON, r"\x2f": _SLASH}.get(found[0], found[0]), expression)


# --- encoded heads ----------------------------------------------------------------------------------------------------------

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# Characters of the encoded body that have to follow an encoded head, at most.
_FOLLOWING = 20
# Character codes that are enough to be looked at.
_CODES = 4


def encoded(head: bytes, shortest: int) -> Iterator[Trigger]:
    """The triggers of one literal head in its encoded forms; `shortest` is the length of the shortest text that starts with it."""
    for shift in range(3):
        text, length = base64_expression(head, shift)
        follow = min(_FOLLOWING, max(0, (shortest - len(head)) * 4 // 3 - 3))
        length += follow
        yield Trigger(text + (f"[A-Za-z0-9+/_\\-]{{{follow}}}" if follow else ""), BASE64, (), shift, (length, length))
    if len(head) >= 3:
        follow = min(_FOLLOWING, 2 * (shortest - len(head)))
        length = 2 * len(head) + follow
        yield Trigger(hex_expression(head) + (f"[0-9A-Fa-f]{{{follow}}}" if follow else ""), HEX, (), 0, (length, length))
        if len(set(head)) >= 3:
            yield Trigger(r"[0-9A-Za-z_\-=]{4}" + _literal(head[::-1]) + ("" if len(head) >= 5 else r"[^0-9A-Za-z_\-]"), REVERSED)
    yield Trigger("".join(f"\\x{byte:02x}\\x00" for byte in head), WIDE, (), 0, (2 * len(head), 2 * len(head)))
    yield Trigger(",".join(rf"\x20?(?:{byte}|0x{byte:x})" for byte in head[:_CODES]) + ",", CODES)


def base64_expression(head: bytes, shift: int) -> tuple[str, int]:
    """The base64 of `head` where it starts `shift` bytes into a group of three, in either alphabet, and its length; unknown bits are left open."""
    bits = "".join(f"{byte:08b}" for byte in head)
    bits = "." * (8 * shift % 6 if shift else 0) + bits
    # The first `shift` bytes fill 8*shift bits: whole characters of them are not part of the head.
    bits += "." * (-len(bits) % 6)
    found = []
    for place in range(0, len(bits), 6):
        known = re.compile(bits[place : place + 6])
        members = [letter for number, letter in enumerate(_ALPHABET) if known.fullmatch(f"{number:06b}")]
        if len(members) == 64:
            continue
        body = "".join("+\\-" if m == "+" else "/_" if m == "/" else m for m in members)
        found.append(body if len(body) == 1 else f"[{body}]")
    return "".join(found), len(found)


def hex_expression(head: bytes) -> str:
    return "".join(digit if digit.isdigit() else f"[{digit}{digit.upper()}]" for digit in head.hex())


def _literal(text: bytes) -> str:
    return "".join(_escape(byte) for byte in text)


# --- places that have to be put together or decoded -------------------------------------------------------------------------

# Letters and digits, `_`, `-` and `.` need no escape: who escapes them hides them, or escapes everything.
_PLAIN_HEX = r"(?:2[dDeE]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9Aa])"
_QUOTE = r"\x5c{0,3}[\x22\x27\x60]"

_PLACES = (
    Trigger(rf"\x5c(?:x|u00|u\{{){_PLAIN_HEX}", ESCAPED),
    Trigger(rf"\x25(?:25)?{_PLAIN_HEX}", PERCENT),
    Trigger(
        r"&#(?:[xX]0{0,4}" + _PLAIN_HEX + r"|0{0,4}(?:4[568]|4[89]|5[0-7]|6[5-9]|[78][0-9]|9[0579]|9[89]|1[01][0-9]|12[0-2]));", ENTITY
    ),
    # No space at the joint: prose is broken at its spaces, keys are not.
    Trigger(rf"[A-Za-z0-9_\-+/=.:]{_QUOTE}\s{{0,9}}\+\s{{0,9}}{_QUOTE}[A-Za-z0-9_\-+/=.:@]", JOIN),
    Trigger(rf"[A-Za-z0-9_\-+/=.:]{_QUOTE}\x29?\.concat\({_QUOTE}", JOIN),
    Trigger(rf"\.join\((?:{_QUOTE}{_QUOTE})\)", ARRAY),
    Trigger(rf"[A-Za-z0-9_\-]\$\{{{_QUOTE}[A-Za-z0-9_\-]", JOIN),
    Trigger(r"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789(?:\+|\x5cx2b)", SWAPPED),
    Trigger(
        r"(?i)(?:secret|passw(?:or)?d|passphrase|pwd|pass|(?:admin|server|service|role|master|signing|encryption|private|account|bot|refresh|deploy|access)"
        rf"[_\-]?(?:api[_\-]?)?(?:key|token))(?:[_\-]?(?:access)?[_\-]?(?:key|token))?{_QUOTE}?\]?\s{{0,3}}[:=]\s{{0,3}}{_QUOTE}"
        r"[^\x22\x27\x60\s\x5c<>{}()]{8}",
        NAMED,
    ),
    Trigger(
        r"(?i)(?:login|password|credentials|passwort)\s{0,2}[:=]\s{0,2}[a-z0-9._@\-]{2,40}\s{0,2}/\s{0,2}[^\s\x22\x27\x60<>\x5c]{8}", NAMED
    ),
    # The loop that rotates an obfuscator's string array.
    Trigger(r"\(!!\[\]\)\s?\{\s{0,40}try\s?\{\s{0,40}(?:const|var|let) [A-Za-z0-9_$]{1,24}\s?=\s?", TABLE),
    Trigger(r"(?:process|import\.meta)\.env(?:\.|\[[\x22\x27])[A-Z][A-Z0-9_]{2}", READ),
    Trigger(r"[^\x5c]\x22sourcesContent\x22\s{0,4}:\s{0,4}\[\s{0,9}(?:null\s{0,4},\s{0,9}){0,40}\x22", MAP),
    Trigger(r"data:(?:application|text)/[a-zA-Z0-9.+\-]{1,40}(?:;[a-zA-Z0-9=\-]{1,30}){0,3};base64,", DATA),
)
