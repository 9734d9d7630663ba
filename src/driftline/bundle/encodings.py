"""Text that stands encoded in other text: how it is decoded around a hit, and where each decoded byte came from."""

import binascii
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from driftline import late
from driftline.record import NamedTuple


class Decoded(NamedTuple):
    """Decoded bytes and their origin: decoded byte `marks[i][0]` and those that follow stand at `marks[i][1]` plus their distance times `scale`.

    `scale` is (encoded bytes, decoded bytes) of one unit.
    """

    data: bytes
    marks: Sequence[tuple[int, int]]
    scale: tuple[int, int] = (1, 1)
    reverse: bool = False

    def origin(self, place: int) -> int:
        """The place in the encoded bytes where this decoded byte stands."""
        if self.reverse:
            return self.marks[0][1] - place
        at = bisect_right(self.marks, (place, 1 << 62)) - 1
        start, origin = self.marks[max(at, 0)]
        found = origin + (place - start) * self.scale[0] // self.scale[1]
        following = self.marks[at + 1][1] if at + 1 < len(self.marks) else origin
        # What was put in for something shorter ends where that ends.
        return min(found, following - 1) if following > origin else found


# --- escapes --------------------------------------------------------------------------------------------------------------

_BY_NUMBER = rb"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|([0-3][0-7]{1,2}|[4-7][0-7])"
_CODED = late.pattern(rb"\\(?:" + _BY_NUMBER + rb")")
# One level of escapes at a time: with doubled backslashes the first pass leaves the inner level for the next one.
_JAVASCRIPT = late.pattern(rb"\\(?:" + _BY_NUMBER + rb"|(\r\n|[\s\S]))")
_PERCENT = late.pattern(rb"%(?:25){0,3}([0-9a-fA-F]{2})")
_ENTITY = late.pattern(rb"&(?:#[xX]([0-9a-fA-F]{1,6});|#([0-9]{1,7});?|([A-Za-z]{2,8});)")
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"v": b"\v", b"0": b"\0"}
_MEANT = {**_LETTERS, b"\n": b"", b"\r\n": b""}


def _javascript(found: re.Match[bytes]) -> bytes:
    return _MEANT.get(found[5], found[5]) if found[5] is not None else _character(found)


def _character(found: re.Match[bytes]) -> bytes:
    hexadecimal, wide, braced, octal = found.group(1, 2, 3, 4)
    return _utf8(int(octal, 8) if octal is not None else int(hexadecimal or wide or braced, 16))


def _percent(found: re.Match[bytes]) -> bytes:
    return bytes((int(found[1], 16),))


def _entity(found: re.Match[bytes]) -> bytes:
    hexadecimal, decimal, name = found.groups()
    if name is not None:
        from html.entities import html5

        return html5.get(f"{name.decode()};", found[0].decode()).encode()
    return _utf8(int(hexadecimal, 16) if hexadecimal is not None else int(decimal))


def _utf8(code: int) -> bytes:
    return chr(code).encode("utf-8", "replace") if code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else b"?"


# Bytes that no text holds: two of them stand for a backslash that is meant, and for a line break that is passed over, while others are undone.
_NEVER = (b"\xff", b"\xfe", b"\xc0", b"\xc1")


@lru_cache(maxsize=4096)
def _coded(escape: bytes) -> bytes:
    """The character of one escape: a text that has them has the same few again and again."""
    found = _CODED.match(escape)
    return _character(found) if found else escape


def unescape(data: bytes, start: int, end: int) -> Decoded:
    """One level of JavaScript and JSON escapes between start and end.

    Most texts hold nothing, so that nobody asks where it came from: the text is made at once, its origins when they are asked for.
    """
    text = data[start:end]
    unused = [byte for byte in _NEVER if byte not in text]
    if len(unused) < 2:
        return _substitute(_JAVASCRIPT, _javascript, data, start, end)
    backslash, nothing = unused[:2]
    text = text.replace(b"\\\\", backslash)
    if text.endswith(b"\\"):  # the first half of an escape
        text = text[:-1] + backslash
    text = text.replace(b"\\\r\n", nothing).replace(b"\\\n", nothing)
    text = _CODED.sub(lambda found: _coded(found[0]).replace(b"\\", backslash), text)
    for letter, meant in _LETTERS.items():
        text = text.replace(b"\\" + letter, meant)
    text = text.replace(b"\\", b"").replace(backslash, b"\\").replace(nothing, b"")
    return Decoded(text, _Origins(lambda: _substitute(_JAVASCRIPT, _javascript, data, start, end).marks))


class _Origins(Sequence[tuple[int, int]]):
    """Marks that are made when they are asked for."""

    def __init__(self, make: Callable[[], Sequence[tuple[int, int]]]) -> None:
        self._make = make
        self._made: Sequence[tuple[int, int]] | None = None

    def _marks(self) -> Sequence[tuple[int, int]]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __getitem__(self, place: Any) -> Any:
        return self._marks()[place]

    def __len__(self) -> int:
        return len(self._marks())


def unpercent(data: bytes, start: int, end: int) -> Decoded:
    """Percent-encoding, applied up to four times."""
    return _substitute(_PERCENT, _percent, data, start, end)


def unentity(data: bytes, start: int, end: int) -> Decoded:
    """HTML's character references."""
    return _substitute(_ENTITY, _entity, data, start, end)


def _substitute(pattern: re.Pattern[bytes], decode: Callable[[re.Match[bytes]], bytes], data: bytes, start: int, end: int) -> Decoded:
    parts: list[bytes] = []
    marks = [(0, start)]
    length, done = 0, start
    for found in pattern.finditer(data, start, end):
        at, stop = found.span()
        if at > done:
            parts.append(data[done:at])
            length += at - done
        text = decode(found)
        marks.append((length, at))
        parts.append(text)
        length += len(text)
        marks.append((length, stop))
        done = stop
    parts.append(data[done:end])
    return Decoded(b"".join(parts), marks)


# --- base64 and hex ---------------------------------------------------------------------------------------------------------

URL_SAFE = bytes.maketrans(b"-_", b"+/")
_BASE64_AFTER = late.pattern(rb"[A-Za-z0-9+/_\-]*")
_HEX_AFTER = late.pattern(rb"[0-9A-Fa-f]*")
BASE64_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
_HEX_LETTERS = b"0123456789abcdefABCDEF"


def _run_before(data: bytes, place: int, letters: bytes, low: int) -> int:
    """How many bytes right before `place`, down to `low`, are of these letters. `rstrip` is linear where a regex search is not."""
    before = data[low:place]
    return len(before) - len(before.rstrip(letters))


def base64(data: bytes, group: int, low: int, high: int) -> Decoded | None:
    """The base64 run around `group`, where a group of four characters starts, with its other lines where it is broken into lines; no further
    than from `low` to `high`."""
    if group < low:
        return None
    start = group - _run_before(data, group, BASE64_LETTERS, low) // 4 * 4
    after = _BASE64_AFTER.match(data, group, high)
    end = after.end() if after else group
    lines = [(start, end)]
    while (above := _line_before(data, lines[0][0], low)) is not None:
        lines.insert(0, above)
    while (below := _line_after(data, *lines[-1], high)) is not None:
        lines.append(below)
    if len(lines) == 1:
        return base64_run(data, start, end)
    decoded = [base64_run(data, *line) for line in lines]
    return chained([(line[0], one.data) for line, one in zip(lines, decoded, strict=True) if one is not None])._replace(scale=(4, 3))


# Who breaks base64 into lines makes lines of 60 to 76 letters, all of whole groups.
_SHORTEST_LINE = 60
_LINE_BREAK = rb"(?:(?:\\{1,3}r)?\\{1,3}n|\r?\n)[ \t]{0,40}"
_BREAK_AFTER = late.pattern(_LINE_BREAK)
_BREAK_BEFORE = late.pattern(_LINE_BREAK + rb"\Z")
_LONGEST_BREAK = 50


def _line_before(data: bytes, start: int, low: int) -> tuple[int, int] | None:
    """The line of base64 that a line which starts at `start` goes on with."""
    gap = _BREAK_BEFORE.search(data, max(low, start - _LONGEST_BREAK), start)
    if gap is None:
        return None
    length = _run_before(data, gap.start(), BASE64_LETTERS, low) // 4 * 4
    return (gap.start() - length, gap.start()) if length >= _SHORTEST_LINE else None


def _line_after(data: bytes, start: int, end: int, high: int) -> tuple[int, int] | None:
    """The line of base64 that goes on with a line from `start` to `end`."""
    gap = _BREAK_AFTER.match(data, end, high) if end - start >= _SHORTEST_LINE and (end - start) % 4 == 0 else None
    after = _BASE64_AFTER.match(data, gap.end(), high) if gap else None
    return after.span() if after and after[0] else None


def base64_run(data: bytes, start: int, end: int) -> Decoded | None:
    """The bytes of a run that starts with a whole group; a last group that is cut off is dropped where it says nothing."""
    run = data[start:end].translate(URL_SAFE)
    run = run[: len(run) - (len(run) % 4 == 1)]
    try:
        return Decoded(binascii.a2b_base64(run + b"=" * (-len(run) % 4)), [(0, start)], (4, 3))
    except binascii.Error:
        return None


def hexadecimal(data: bytes, head: int, low: int, high: int) -> Decoded | None:
    """The run of hex digits around `head`, in pairs counted from it; no further than from `low` to `high`."""
    start = head - _run_before(data, head, _HEX_LETTERS, low) // 2 * 2
    after = _HEX_AFTER.match(data, head, high)
    end = after.end() if after else head
    end -= (end - start) % 2
    return Decoded(binascii.a2b_hex(data[start:end]), [(0, start)], (2, 1)) if end > start else None


# --- others -----------------------------------------------------------------------------------------------------------------

# A word between quotes, spaces and angle brackets.
_TOKEN_LETTERS = bytes(byte for byte in range(0x21, 0x7F) if byte not in b"\"'`<>")
_TOKEN = late.pattern(b"[" + re.escape(_TOKEN_LETTERS) + b"]*")


def reversed_around(data: bytes, end: int, low: int, high: int) -> Decoded:
    """The word that ends at or behind `end`, backwards; no further than from `low` to `high`."""
    after = _TOKEN.match(data, end, high)
    stop = after.end() if after else end
    start = end - _run_before(data, end, _TOKEN_LETTERS, low)
    return Decoded(data[start:stop][::-1], [(0, stop - 1)], reverse=True)


def wide(data: bytes, head: int, low: int, high: int) -> Decoded:
    """UTF-16LE text that stands around `head`, as far as it is ASCII; no further than from `low` to `high`."""
    start = head
    while start >= low + 2 and data[start - 1] == 0 and 0x20 <= data[start - 2] < 0x7F:
        start -= 2
    stop = head
    while stop < high - 1 and data[stop + 1] == 0 and (0x20 <= data[stop] < 0x7F or data[stop] in (9, 10, 13)):
        stop += 2
    return Decoded(data[start:stop:2], [(0, start)], (2, 1))


_CODE = late.pattern(rb"\s{0,8}(?:0[xX]([0-9a-fA-F]{1,2})|([0-9]{1,3}))\s{0,8}(,|)")


_CODE_LETTERS = b"0123456789abcdefABCDEFxX, \t\r\n"


def codes(data: bytes, end: int, low: int, high: int) -> Decoded:
    """The list of character codes that `end` stands in, right behind a comma: `115,107,95,`; no further than from `low` to `high`."""
    head = end - _run_before(data, end, _CODE_LETTERS, low)
    while head < end and data[head] not in b"0123456789 ":
        head += 1
    place = head
    out = bytearray()
    marks: list[tuple[int, int]] = []
    while True:
        found = _CODE.match(data, place, high)
        if found is None:
            break
        code = int(found[1], 16) if found[1] else int(found[2])
        if code > 255:
            if place > end:
                break
            out, marks, place = bytearray(), [], found.end()  # the list of something else, up to here
            continue
        marks.append((len(out), place))
        out.append(code)
        place = found.end()
        if not found[3]:
            break
    return Decoded(bytes(out), [*marks, (len(out), place)] if marks else [(0, head)])


def chained(pieces: Iterable[tuple[int, bytes]]) -> Decoded:
    """Texts put one behind the other; each comes with the place it stands at."""
    marks = []
    length = 0
    parts = []
    for place, text in pieces:
        marks.append((length, place))
        parts.append(text)
        length += len(text)
    return Decoded(b"".join(parts), marks or [(0, 0)])
