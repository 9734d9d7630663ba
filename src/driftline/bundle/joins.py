"""Strings that code puts together from literals: `"a"+"b"`, `"a".concat("b")`, `["a","b"].join("")`, templates; and obfuscators' string tables."""

from __future__ import annotations

from collections.abc import Iterator

from driftline import late
from driftline.bundle import encodings
from driftline.bundle.encodings import Decoded

# Pieces of an array further away than this belong to another expression.
_FAR = 32 << 10

_OPEN = late.pattern(rb"\\{0,3}[\"'`]")
_CLOSE_BEFORE = late.pattern(rb"\\{0,3}[\"'`]\Z")
_BREAK = rb"\s{0,40}(?:\\n\s{0,40}){0,2}"
_PLUS = late.pattern(_BREAK + rb"(\)?\.concat\(|\)?\s{0,9}\+)" + _BREAK + rb"(?=\\{0,3}[\"'`])")
_COMMA = late.pattern(_BREAK + rb"(,)" + _BREAK + rb"(?=\\{0,3}[\"'`])")
_PLUS_BEFORE = late.pattern(rb"(\\{0,3}[\"'`])" + _BREAK + rb"(?:\)?\.concat\(|\)?\s{0,9}\+)" + _BREAK + rb"\Z")


def chain(data: bytes, end: int, low: int, high: int) -> Decoded | None:
    """The string whose joint a trigger found at `end`: all literals to its left and right put one behind the other, from `low` to `high`."""
    found = _template(data, end, low, high)
    if found is not None:
        return found
    joint = max(_PLUS.finditer(data, max(low, end - 90), end + 4), key=lambda found: found.end(), default=None)
    if joint is None:
        return None
    middle = joint.end()
    left = list(_leftwards(data, middle, low))
    right = list(_rightwards(data, middle, high, listed=b"concat" in joint[1]))
    if not left or not right:
        return None
    return encodings.chained([*reversed(left), *right])


def _rightwards(data: bytes, place: int, high: int, *, listed: bool) -> Iterator[tuple[int, bytes]]:
    """(place, text) of the literals from `place` on; `listed` is True inside the brackets of a concat, where commas join."""
    while True:
        quote = _OPEN.match(data, place)
        if quote is None:
            return
        stop = _closing(data, quote[0], quote.end(), high)
        if stop < 0:
            return
        yield quote.end(), data[quote.end() : stop]
        behind = stop + len(quote[0])
        joint = _PLUS.match(data, behind, high) or (_COMMA.match(data, behind, high) if listed else None)
        if joint is None:
            return
        if joint[1] != b",":
            listed = b"concat" in joint[1]
        place = joint.end()


def _leftwards(data: bytes, place: int, low: int) -> Iterator[tuple[int, bytes]]:
    """(place, text) of the literals before `place`, the nearest first; `place` is right behind a joint."""
    while True:
        joint = _PLUS_BEFORE.search(data, max(low, place - 100), place)
        if joint is None:
            return
        quote, stop = joint[1], joint.start()
        start = data.rfind(quote, low, stop)
        if start < 0:
            return
        yield start + len(quote), data[start + len(quote) : stop]
        place = start


def _closing(data: bytes, quote: bytes, start: int, limit: int) -> int:
    """Where the literal ends that was opened with `quote`, -1 where it does not end nearby."""
    place = start
    while True:
        stop = data.find(quote, place, limit)
        if stop < 0:
            return -1
        if stop > start and data[stop - 1] == 0x5C:  # one more backslash: a quote inside the literal
            place = stop + len(quote)
            continue
        return stop


_HOLE = late.pattern(rb"\$\{\\{0,3}[\"'`]([^\"'`\\{}]{0,4000})\\{0,3}[\"'`]\}")


def _template(data: bytes, end: int, low: int, limit: int) -> Decoded | None:
    """A template literal with literals in its holes."""
    opening = data.rfind(b"${", max(low, end - 8), end)
    start = data.rfind(b"`", low, opening) if opening >= 0 else -1
    if start < 0:
        return None
    pieces = []
    place = start + 1
    while place < limit:
        hole = _HOLE.search(data, place, limit)
        stop = data.find(b"`", place, hole.start() if hole else limit)
        if hole is None or stop >= 0:
            pieces.append((place, data[place : stop if stop >= 0 else limit]))
            break
        pieces.append((place, data[place : hole.start()]))
        pieces.append((hole.start(1), hole[1]))
        place = hole.end()
    return encodings.chained(pieces)


_ARRAY_END = late.pattern(rb"\]\s{0,20}(\.reverse\(\)\s{0,20})?\.join\((?:\\{0,3}[\"'`]){2}\)\Z")
_ITEM_BEFORE = late.pattern(rb"([,\[])\s{0,40}\Z")


def array(data: bytes, end: int) -> Decoded | None:
    """`["a","b"].join("")` that ends at `end`, with `.reverse()` before the join or without."""
    tail = _ARRAY_END.search(data, max(0, end - 80), end)
    if tail is None:
        return None
    limit = max(0, end - _FAR)
    place = tail.start()
    pieces: list[tuple[int, bytes]] = []
    while True:
        close = _CLOSE_BEFORE.search(data, max(limit, place - 4), place) or _CLOSE_BEFORE.search(
            data, max(limit, place - 44), place - _spaces(data, place)
        )
        if close is None:
            return None
        start = data.rfind(close[0], limit, close.start())
        if start < 0:
            return None
        pieces.append((start + len(close[0]), data[start + len(close[0]) : close.start()]))
        before = _ITEM_BEFORE.search(data, max(limit, start - 42), start)
        if before is None:
            return None
        place = before.start()
        if before[1] == b"[":
            break
    if tail[1] is None:
        pieces.reverse()
    return encodings.chained(pieces)


def _spaces(data: bytes, place: int) -> int:
    start = place
    while start > 0 and place - start < 40 and data[start - 1] in b" \t\r\n":
        start -= 1
    return place - start


_TABLE_ITEM = late.pattern(rb"(\\{0,3}[\"'])([A-Za-z0-9+/]{6,20000}={0,2})\1")


def swapped(data: bytes) -> Decoded | None:
    """The string table of an obfuscator whose base64 has its letter case swapped, all of it, one string a line.

    javascript-obfuscator, string array encoding `base64`: the alphabet stands in the decoder (docs of the option, read 2026-11).
    """
    pieces: list[tuple[int, bytes]] = []
    for item in _TABLE_ITEM.finditer(data):
        decoded = encodings.base64_run(item[2].swapcase(), 0, len(item[2].rstrip(b"=")))
        if decoded is None:
            continue
        text = encodings.unpercent(decoded.data, 0, len(decoded.data)).data
        if text and all(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in text):
            pieces.append((item.start(2), text + b"\n"))
    return encodings.chained(pieces) if pieces else None
