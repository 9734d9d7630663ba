"""String arrays of javascript-obfuscator: puts the strings back where the code asks for them, without running any of it.

The array is shuffled and rotated, its strings are plain, base64 with swapped case, or RC4 with the key at each call; long strings are
split over several calls. Layout after javascript-obfuscator/javascript-obfuscator, src/custom-code-helpers/string-array, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline import late
from driftline.bundle import encodings
from driftline.bundle.encodings import Decoded

_MOST_STRINGS = 20_000
_LITERAL = rb"(?:'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")"
_ARRAY = late.pattern(rb"=\[(" + _LITERAL + rb"(?:," + _LITERAL + rb"){9,})\]")
_ITEM = late.pattern(_LITERAL)
_BASE = late.pattern(rb"(_0x[0-9a-f]{2,8})=\1-\(?(0x[0-9a-fA-F]{1,6}|[0-9]{1,7})\)?[;,]")
_CALLED = rb"_0x[0-9a-f]{2,8}\((?:0x([0-9a-fA-F]{1,6})|([0-9]{1,7}))(?:,(?:'([^'\\\n]{1,16})'|\"([^\"\\\n]{1,16})\"))?\)"
_CALL = late.pattern(_CALLED)
_PARSED = late.pattern(rb"parseInt\(" + _CALLED + rb"\)")
_ALPHABET = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"


def restored(text: bytes) -> Decoded | None:
    """The code with every call to its string array replaced by the string it gives; None where the array is of another kind."""
    base = _BASE.search(text)
    array = max(_ARRAY.finditer(text), key=lambda found: found.end() - found.start(), default=None)
    if base is None or array is None:
        return None
    items = [_unquoted(item[0]) for item in _ITEM.finditer(array[1])][:_MOST_STRINGS]
    calls = [found for found in _CALL.finditer(text) if not array.start() <= found.start() < array.end()]
    table = _Table(items, int(base[2], 0), encoded=_ALPHABET in text, keyed=any(found[3] or found[4] for found in calls))
    if not table.turn([_arguments(found) for found in _PARSED.finditer(text)]):
        return None
    return encodings.chained(_pieces(text, calls, table))


def _pieces(text: bytes, calls: list[re.Match[bytes]], table: _Table) -> Iterator[tuple[int, bytes]]:
    done = 0
    for found in calls:
        string = table.string(*_arguments(found))
        if string is None or found.start() < done:
            continue
        yield done, text[done : found.start()]
        quoted = string.replace(b"\\", b"\\\\").replace(b"'", b"\\'").replace(b"\n", b"\\n")
        yield found.start(), b"'" + quoted + b"'"
        done = found.end()
    yield done, text[done:]


def _arguments(found: re.Match[bytes]) -> tuple[int, bytes | None]:
    return int(found[1], 16) if found[1] else int(found[2]), found[3] or found[4]


def _unquoted(literal: bytes) -> bytes:
    return encodings.unescape(literal, 1, len(literal) - 1).data


class _Table:
    """The array, its encoding and its rotation."""

    def __init__(self, items: list[bytes], base: int, *, encoded: bool, keyed: bool) -> None:
        self._items, self._base, self._encoded, self._keyed = items, base, encoded, keyed
        self._turned = 0
        self._streams: dict[bytes, list[int]] = {}

    def turn(self, parsed: list[tuple[int, bytes | None]]) -> bool:
        """Finds the rotation: the one in which the strings that the code parses as numbers start like numbers. Whether there is one."""
        if len(parsed) < _FEWEST_NUMBERS:
            return not parsed  # an array that nothing rotates
        for turned in range(len(self._items)):
            self._turned = turned
            if all(re.match(rb"[0-9]", self.string(*arguments) or b"") for arguments in parsed):
                return True
        return False

    def string(self, index: int, key: bytes | None) -> bytes | None:
        """The string that a call gives, None for an index outside the array or a string that is not what the key makes of it."""
        place = index - self._base
        if not 0 <= place < len(self._items):
            return None
        item = self._items[(place + self._turned) % len(self._items)]
        if not self._encoded:
            return item
        decoded = encodings.base64_run(item.swapcase(), 0, len(item.rstrip(b"=")))
        if decoded is None:
            return None
        if not self._keyed or key is None:
            return decoded.data
        try:
            codes = decoded.data.decode("utf-8")
        except UnicodeDecodeError:
            return None
        stream = self._stream(key, len(codes))
        return "".join(chr(ord(code) ^ mask) for code, mask in zip(codes, stream, strict=False)).encode("utf-8", "replace")

    def _stream(self, key: bytes, length: int) -> list[int]:
        """RC4's first bytes under a key."""
        known = self._streams.get(key)
        if known is not None and len(known) >= length:
            return known
        state = list(range(256))
        j = 0
        for i in range(256):
            j = (j + state[i] + key[i % len(key)]) & 255
            state[i], state[j] = state[j], state[i]
        i = j = 0
        stream = []
        for _ in range(max(length, 64)):
            i = (i + 1) & 255
            j = (j + state[i]) & 255
            state[i], state[j] = state[j], state[i]
            stream.append(state[(state[i] + state[j]) & 255])
        self._streams[key] = stream
        return stream


_FEWEST_NUMBERS = 3
