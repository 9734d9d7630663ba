"""The string table of Hermes bytecode (React Native, Expo): strings stand back to back in it, only the table says where each ends.

Layout after facebook/hermes, include/hermes/BCGen/HBC/BytecodeFileFormat.h, versions 59 to 96, read 2026-11.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from driftline.bundle import encodings
from driftline.bundle.encodings import Decoded

MAGIC = b"\xc6\x1f\xbc\x03\xc1\x03\x19\x1f"

# magic, version, sha1, file length, global code, functions, string kinds, identifiers, strings, overflow strings, string storage
_HEADER = struct.Struct("<8sI20sIIIIIIII")
_HEADER_LENGTH = 128
_FUNCTION_HEADER = 16
# An entry whose length does not fit into eight bits says so with this length and holds an index into the overflow table.
_OVERFLOW = 0xFF


def strings(data: bytes) -> Decoded | None:
    """Every string of the table, one a line, with its place in the file; None where the file does not fit the format."""
    if len(data) < _HEADER_LENGTH or not data.startswith(MAGIC):
        return None
    _, _, _, length, _, functions, kinds, identifiers, count, overflow, storage = _HEADER.unpack_from(data)
    if length != len(data) or storage > len(data) or count > len(data) // 4:
        return None  # cut off, or with something behind it that the table does not speak of
    # Some versions keep two words more before the tables; the first start at which all entries fit is the right one.
    for header in (_HEADER_LENGTH, _HEADER_LENGTH - 32, _HEADER_LENGTH + 32):
        for function in (_FUNCTION_HEADER, 12, 20, 24, 32):
            table = _aligned(header + functions * function) + 4 * kinds + 4 * identifiers
            place = table + 4 * count + 8 * overflow
            if place + storage <= len(data):
                start = _aligned(place)
                found = list(_entries(data, table, count, overflow, start, min(storage, len(data) - start)))
                if len(found) == count:
                    return encodings.chained(piece for one in found for piece in _lines(*one))
    return None


def _aligned(place: int) -> int:
    return (place + 3) & ~3


def _lines(place: int, text: bytes, wide: int) -> Iterator[tuple[int, bytes]]:
    """A string and a line break in pieces that are as long as what they stand for; a wide string's characters are not, so each is a piece."""
    if wide:
        for character in text.decode("utf-16-le", "replace"):
            yield place, character.encode("utf-8", "replace")
            place += 2 if character < "\U00010000" else 4
        yield place, b"\n"
    else:
        yield place, text
        yield place + len(text), b"\n"


def _entries(data: bytes, table: int, count: int, overflow: int, storage: int, size: int) -> Iterator[tuple[int, bytes, int]]:
    """(place, text, whether it is wide) per string; stops at the first entry that does not fit."""
    long = table + 4 * count
    for number, (word,) in enumerate(struct.iter_unpack("<I", data[table : table + 4 * count])):
        wide, offset, length = word & 1, (word >> 1) & 0x7FFFFF, word >> 24
        if length == _OVERFLOW:
            if offset >= overflow:
                return
            offset, length = struct.unpack_from("<II", data, long + 8 * offset)
        stop = offset + (2 * length if wide else length)
        if stop > size:
            return
        text = data[storage + offset : storage + stop]
        if not wide and number < 64 and not text.isascii():
            return
        yield storage + offset, text, wide
