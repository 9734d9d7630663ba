"""Places in a text that say more than a window holds: data URLs of any length, and the string tables of obfuscators with all that asks them."""

from __future__ import annotations

import binascii
import io
from collections.abc import Iterator, Sequence
from typing import IO

from driftline.bundle import joins, obfuscator, triggers
from driftline.bundle.blob import Mark, Opened, skip
from driftline.bundle.encodings import BASE64_LETTERS, URL_SAFE, Decoded

# How far around its mark a string table and the code that asks it are looked for.
_REACH = {triggers.SWAPPED: 512 << 10, triggers.TABLE: 1 << 20}
ENCODINGS = {triggers.SWAPPED: "base64", triggers.TABLE: "escaped"}
# More string tables than this in one text are nobody's build.
_MOST_TABLES = 64


def wanted(marks: Sequence[Mark]) -> Iterator[Mark]:
    """The marks that have to be looked at closer, in order; tables that lie in one another's reach once."""
    tables = 0
    last = -(1 << 62)
    for mark in sorted((mark for mark in marks if mark.form in (triggers.DATA, *_REACH)), key=lambda mark: mark.start):
        if mark.form == triggers.SWAPPED:
            if mark.start - last < _REACH[mark.form] // 2:
                continue
            last = mark.start
        if mark.form != triggers.DATA:
            tables += 1
            if tables > _MOST_TABLES:
                continue
        yield mark


def table(mark: Mark, opened: Opened) -> Decoded | None:
    """The strings of the table at a mark. Raises what reading raises."""
    reach = _REACH[mark.form]
    begin = max(0, mark.start - reach)
    with opened() as file:
        skip(file, begin)
        data = _all(file, mark.start + reach - begin)
    decoded = joins.swapped(data) if mark.form == triggers.SWAPPED else obfuscator.restored(data)
    if decoded is None or not decoded.data:
        return None
    return decoded._replace(marks=[(place, origin + begin) for place, origin in decoded.marks])


def _all(file: IO[bytes], size: int) -> bytes:
    parts = []
    while size > 0:
        piece = file.read(size)
        if not piece:
            break
        parts.append(piece)
        size -= len(piece)
    return b"".join(parts)


def origin(start: int, place: int) -> int:
    """Where the decoded byte at `place` stands in the text whose data URL's content begins at `start`."""
    return start + place * 4 // 3


_PIECE = 3 << 18


class DataUrl(io.RawIOBase):
    """A reader of what a data URL holds in base64; ends where its alphabet does."""

    def __init__(self, opened: Opened, start: int) -> None:
        self._file = opened()
        self._kept = b""
        self._ready = b""
        self._ended = False
        skip(self._file, start)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Raises what reading the text raises."""
        while not self._ended and (size < 0 or len(self._ready) < size):
            self._fill()
        data, self._ready = (self._ready, b"") if size < 0 else (self._ready[:size], self._ready[size:])
        return data

    def _fill(self) -> None:
        fresh = self._file.read(_PIECE)
        inside = len(fresh) - len(fresh.lstrip(BASE64_LETTERS))
        run = self._kept + fresh[:inside].translate(URL_SAFE)
        self._ended = not fresh or inside < len(fresh)
        whole = len(run) // 4 * 4
        self._kept = run[whole:]
        if self._ended and len(self._kept) > 1:
            run, whole = run + b"=" * (-len(run) % 4), len(run) + -len(run) % 4
        self._ready += binascii.a2b_base64(run[:whole])

    def close(self) -> None:
        self._file.close()
        super().close()
