"""String arrays of javascript-obfuscator: puts the strings back where the code asks for them, without running any of it.

The array is shuffled and rotated, its strings are plain, base64 with swapped case, or RC4 with the key at each call, or some of each; long
strings are split over several calls. Layout after javascript-obfuscator/javascript-obfuscator, src/custom-code-helpers/string-array, read 2026-11.
"""

import re
from collections.abc import Iterator, Sequence

from driftline import late
from driftline.bundle import encodings
from driftline.bundle.encodings import Decoded
from driftline.record import NamedTuple

_MOST_STRINGS = 20_000
_LITERAL = rb"(?:'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")"
_ARRAY = late.pattern(rb"=\[(" + _LITERAL + rb"(?:," + _LITERAL + rb"){9,})\]")
_ITEM = late.pattern(_LITERAL)
_BASE = late.pattern(rb"(_0x[0-9a-f]{2,8})=\1-\(?(0x[0-9a-fA-F]{1,6}|[0-9]{1,7})\)?[;,]")
_CALLED = rb"(_0x[0-9a-f]{2,8})\((?:0x([0-9a-fA-F]{1,6})|([0-9]{1,7}))(?:,(?:'([^'\\\n]{1,16})'|\"([^\"\\\n]{1,16})\"))?\)"
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
    table = _Table(items, int(base[2], 0), encoded=_ALPHABET in text)
    if not table.turn([_call(found) for found in _PARSED.finditer(text)], [_call(found) for found in calls]):
        return None
    return encodings.chained(_pieces(text, calls, table))


def _pieces(text: bytes, calls: list[re.Match[bytes]], table: "_Table") -> Iterator[tuple[int, bytes]]:
    done = 0
    for found in calls:
        string = table.string(_call(found))
        if string is None or found.start() < done:
            continue
        yield done, text[done : found.start()]
        quoted = string.replace(b"\\", b"\\\\").replace(b"'", b"\\'").replace(b"\n", b"\\n")
        yield found.start(), b"'" + quoted + b"'"
        done = found.end()
    yield done, text[done:]


class _Call(NamedTuple):
    """A call for a string: `name` is the function's, which stands for one encoding."""

    name: bytes
    number: int
    key: bytes | None


def _call(found: re.Match[bytes]) -> _Call:
    return _Call(found[1], int(found[2], 16) if found[2] else int(found[3]), found[4] or found[5])


def _unquoted(literal: bytes) -> bytes:
    return encodings.unescape(literal, 1, len(literal) - 1).data


class _Table:
    """The array, its encoding and its rotation."""

    def __init__(self, items: list[bytes], base: int, *, encoded: bool) -> None:
        self._items, self._base, self._encoded = items, base, encoded
        self._turned = 0
        self._plain: frozenset[bytes] = frozenset()  # functions that decode nothing though others do
        self._streams: dict[bytes, list[int]] = {}

    def turn(self, parsed: Sequence[_Call], calls: Sequence[_Call]) -> bool:
        """Finds the rotation: the one in which the strings that the code parses as numbers start like numbers. Whether there is one."""
        if len(parsed) < _FEWEST_NUMBERS:
            return not parsed  # an array that nothing rotates
        unkeyed = frozenset(call.name for call in calls if call.key is None and self._encoded)
        # One encoding for all is what most arrays have; with a second reading a wrong rotation is likelier to look right.
        for either in dict.fromkeys((frozenset[bytes](), unkeyed)):
            for turned in range(len(self._items)):
                self._turned = turned
                if all(
                    _NUMBER.match(self._given(call) or b"") or (call.name in either and _NUMBER.match(self._item(call) or b""))
                    for call in parsed
                ):
                    self._plain = either - {name for name in either if self._is_base64(name, calls)}
                    return True
        return False

    def _is_base64(self, name: bytes, calls: Sequence[_Call]) -> bool:
        """Whether a function without keys decodes: all that it would give is text."""
        return all(_TEXT.fullmatch(self._given(call) or b"\0") for call in calls if call.name == name)

    def string(self, call: _Call) -> bytes | None:
        """The string that a call gives, None for an index outside the array or a string that is not what the key makes of it."""
        return self._item(call) if call.name in self._plain else self._given(call)

    def _item(self, call: _Call) -> bytes | None:
        """What stands in the array for a call."""
        place = call.number - self._base
        return self._items[(place + self._turned) % len(self._items)] if 0 <= place < len(self._items) else None

    def _given(self, call: _Call) -> bytes | None:
        """What a call gives if its function decodes as the others do."""
        item = self._item(call)
        if item is None or not self._encoded:
            return item
        decoded = encodings.base64_run(item.swapcase(), 0, len(item.rstrip(b"=")))
        if decoded is None or call.key is None:
            return decoded.data if decoded else None
        try:
            codes = decoded.data.decode("utf-8")
        except UnicodeDecodeError:
            return None
        stream = self._stream(call.key, len(codes))
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
_NUMBER = late.pattern(rb"[0-9]")
_TEXT = late.pattern(rb"[\t\n\r -~]*")
