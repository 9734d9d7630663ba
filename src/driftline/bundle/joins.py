"""Strings that code puts together from literals, also through variables: `"a"+"b"`, `"a".concat("b")`, `["a","b"].join("")`, templates;
and obfuscators' string tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from driftline import late
from driftline.bundle import encodings
from driftline.bundle.encodings import Decoded

# Pieces of an array further away than this belong to another expression.
_FAR = 32 << 10
# Arrays are joined everywhere: where they are given to a variable is looked for in its neighbourhood.
_NEAR = 4 << 10

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


def _template(data: bytes, end: int, low: int, limit: int) -> Decoded | None:
    """A template literal with literals in its holes."""
    opening = data.rfind(b"${", max(0, end - 8), end)
    start = data.rfind(b"`", low, opening) if opening >= 0 else -1
    return encodings.chained(_template_pieces(data, start + 1, low, limit)[0]) if start >= 0 else None


# --- through variables ------------------------------------------------------------------------------------------------------

_PATH = rb"(?:[A-Za-z_$][\w$]{0,60}\??\.){0,4}"
_NAME = late.pattern(_PATH + rb"([A-Za-z_$][\w$]{0,60})")
_OPENING = late.pattern(rb"(?:([A-Za-z_$][\w$]{0,60})(?:\\{0,3}[\"'])?\s{0,3}(?:\+?=|:)\s{0,3})?\\{0,3}[\"'`]\Z")
_JOINT = late.pattern(_BREAK + rb"(\)?\.concat\(|\)?\s{0,9}\+(?!\+)|,)" + _BREAK)
_HOLE = late.pattern(rb"\$\{\s{0,9}(?:(\\{0,3}[\"'])([^\"'`\\{}]{0,4000})\1|" + _PATH + rb"([A-Za-z_$][\w$]{0,60}))\s{0,9}\}")
_USED = rb"\s{0,9}(\+|,|\}|\)?\.concat\()"
_ADDED = rb"\s{0,9}\+=\s{0,9}(?=\\{0,3}[\"'`\w$])"
_GIVEN_AGAIN = rb"\s{0,9}=(?![=>])"
_GIVEN = rb"(?:\\{0,3}[\"'])?\s{0,3}[=:]\s{0,3}(\\{0,3}[\"'`])"
_BEFORE_USE = late.pattern(rb"(concat\(|\$\{)\s{0,9}" + _PATH + rb"\Z")
_LONGEST_PATH = 120
# A minified name stands everywhere: more uses of it than this are not the beginning of a key.
_MOST_USES = 64

_Piece = tuple[int, bytes]


def split(data: bytes, end: int, low: int, high: int) -> Decoded | None:
    """The strings that begin with the literal in which `end` lies, where code puts the rest behind it that is held by variables.

    Either the literal stands in that expression, or the variable that it is given to does; the latter, as often as that is used up to `high`.
    """
    quote = max(data.rfind(mark, max(low, end - 40), end) for mark in (b'"', b"'", b"`"))
    opening = _OPENING.search(data, max(low, quote - 80), quote + 1)
    if opening is None:
        return None
    start = quote - (len(data[low:quote]) - len(data[low:quote].rstrip(b"\\")))
    found = _sum(data, start, low, high)
    if len(found) > 1:
        return encodings.chained(found)
    if not found or opening[1] is None:
        return None
    pieces: list[_Piece] = []
    behind = found[0][0] + len(found[0][1])
    # What is added once it holds something else is another text's.
    again = _written(opening[1], _GIVEN_AGAIN).search(data, behind, high)
    added = [
        part
        for use in islice(_written(opening[1], _ADDED).finditer(data, behind, again.start() if again else high), _MOST_USES)
        for part in _sum(data, use.end(), low, high)
    ]
    if added:
        pieces = [*found, *added, (added[-1][0], b"\n")]
    for use in islice(_written(opening[1], _USED).finditer(data, behind, high), _MOST_USES):
        before = _BEFORE_USE.search(data, max(low, use.start() - _LONGEST_PATH), use.start())
        if use[1] == b"}":
            parts = _template_pieces(data, before.start(), low, high)[0] if before and before[1] == b"${" else []
        else:
            parts = _sum(data, use.start(), low, high, listed=before is not None and before[1] == b"concat(")
        if len(parts) > 1 and parts[0] == found[0]:
            pieces += [*parts, (parts[-1][0], b"\n")]
    return encodings.chained(pieces) if pieces else None


def _written(name: bytes, then: bytes) -> re.Pattern[bytes]:
    """A name as a whole word with what follows it. Its letters come first: a search for letters is fast."""
    letters = re.escape(name)
    return re.compile(letters + rb"(?<![\w$]" + letters + rb")" + then)


def _sum(data: bytes, place: int, low: int, high: int, *, listed: bool = False) -> list[_Piece]:
    """The operands of a sum from `place` on, as far as they are literals or variables that hold one; `listed` as for `_rightwards`."""
    pieces: list[_Piece] = []
    while True:
        quote = _OPEN.match(data, place, high)
        name = None if quote else _NAME.match(data, place, high)
        if quote is not None and quote[0].endswith(b"`"):
            parts, behind = _template_pieces(data, quote.end(), low, high)
            pieces += parts
        elif quote is not None:
            stop = _closing(data, quote[0], quote.end(), high)
            if stop < 0:
                return pieces
            pieces.append((quote.end(), data[quote.end() : stop]))
            behind = stop + len(quote[0])
        else:
            given = _given(data, name[1], low, place) if name else None
            if name is None or given is None:
                return pieces
            pieces.append(given)
            behind = name.end()
        joint = _JOINT.match(data, behind, high)
        if joint is None or (joint[1] == b"," and not listed):
            return pieces
        if joint[1] != b",":
            listed = b"concat" in joint[1]
        place = joint.end()


def _given(data: bytes, name: bytes, low: int, before: int) -> _Piece | None:
    """The literal that a variable or a property of this name was given last before a place."""
    last = max(_written(name, _GIVEN).finditer(data, low, before), key=lambda found: found.end(), default=None)
    stop = _closing(data, last[1], last.end(), before) if last else -1
    return (last.end(), data[last.end() : stop]) if last and stop >= 0 else None


def _template_pieces(data: bytes, place: int, low: int, high: int) -> tuple[list[_Piece], int]:
    """The text of a template literal from `place` on, its holes filled where literals or variables that hold one stand in them; and its end."""
    pieces: list[_Piece] = []
    stop = data.find(b"`", place, high)
    stop = high if stop < 0 else stop
    for hole in _HOLE.finditer(data, place, stop):
        filling = (hole.start(2), hole[2]) if hole[1] else _given(data, hole[3], low, hole.start())
        if filling is not None:
            pieces += [(place, data[place : hole.start()]), filling]
            place = hole.end()
    pieces.append((place, data[place:stop]))
    return [piece for piece in pieces if piece[1]], stop + 1


# --- joined and tabled ------------------------------------------------------------------------------------------------------

_ARRAY_END = late.pattern(
    rb"\]\s{0,20}(\.reverse\(\)\s{0,20})?(?:\.join|\[\\{0,3}[\"']join\\{0,3}[\"']\])\(\\{0,3}[\"'`]([\-_.:/+=~]?)\\{0,3}[\"'`]\)\Z"
)
_ITEM_BEFORE = late.pattern(rb"([,\[])\s{0,40}\Z")


# `pieces.join("")`, where the array was given to a variable or a property before.
_JOINED = late.pattern(rb"\.join\(\\{0,3}[\"'`]([\-_.:/+=~]?)\\{0,3}[\"'`]\)")
_REVERSED = b".reverse()"
_IN_NAMES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$"
_LONGEST_NAME = 61
_ARRAY_WRITTEN = (b"=[", b":[", b" = [", b": [", b'":[', b'": [')
_ARRAY_GIVEN = late.pattern(rb"(?:\\{0,3}[\"'])?\s{0,3}[=:]\s{0,3}\[(?=\s{0,40}\\{0,3}[\"'`])")
_LITERAL_OF_ARRAY = late.pattern(rb"\s{0,40}(\\{0,3}[\"'`])([^\"'`\\]{0,4000})\1\s{0,40}([,\]])")


def array(data: bytes, end: int) -> Decoded | None:
    """`["a","b"].join("")` that ends at `end`, with `.reverse()` before the join or without, and with a mark between the pieces or without;
    the array itself, or a variable that it was given to."""
    limit = max(0, end - _FAR)
    tail = _ARRAY_END.search(data, max(0, end - 80), end)
    if tail is None:
        return _named_array(data, end, max(0, end - _NEAR))
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
    return encodings.chained([*((place, text + tail[2]) for place, text in pieces[:-1]), pieces[-1]])


def _named_array(data: bytes, end: int, limit: int) -> Decoded | None:
    """The literals of the array that a variable was given last before it is joined."""
    stop = data.rfind(b".join(", max(0, end - 24), end)
    joined = _JOINED.fullmatch(data, stop, end) if stop >= 0 else None
    if joined is None:
        return None
    backwards = data.endswith(_REVERSED, max(0, stop - len(_REVERSED)), stop)
    stop -= len(_REVERSED) if backwards else 0
    before = data[max(0, stop - _LONGEST_NAME) : stop]
    name = before[len(before.rstrip(_IN_NAMES)) :]
    start = stop - len(name)
    given = _array_given(data, name, limit, start) if name else None
    if given is None:
        return None
    place = given.end()
    pieces: list[_Piece] = []
    while (item := _LITERAL_OF_ARRAY.match(data, place, start)) is not None:
        pieces.append((item.start(2), item[2]))
        place = item.end()
        if item[3] == b"]":
            ordered = pieces[::-1] if backwards else pieces
            return encodings.chained([*((at, text + joined[1]) for at, text in ordered[:-1]), ordered[-1]])
    return None


def _array_given(data: bytes, name: bytes, low: int, high: int) -> re.Match[bytes] | None:
    """The beginning of the array of strings that a name was given last. Nearly every such name holds something else: letters are looked for."""
    for _ in range(_MOST_ENDINGS):
        place = max(data.rfind(name + written, low, high) for written in _ARRAY_WRITTEN)
        if place < 0:
            return None
        if place == 0 or not (data[place - 1 : place].isalnum() or data[place - 1] in b"_$"):
            return _ARRAY_GIVEN.match(data, place + len(name))
        high = place + len(name)
    return None


# A short name is also the end of others.
_MOST_ENDINGS = 8


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
