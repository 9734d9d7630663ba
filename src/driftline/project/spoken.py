"""Which names in capitals each blob of a repository holds, remembered between commits: to ask git, which unpacks every blob, takes longer.

Of a name 16 bits of a checksum are kept: enough to leave a blob out, and too little to tell what stands there.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterable, Mapping

from driftline import cache

# The usual spelling of a variable, as a whole word. Other names are in every other blob: what git says of those is not remembered.
_NAME = re.compile(rb"(?<![A-Za-z0-9_])[A-Z][A-Z0-9]*_[A-Z0-9_]*(?![A-Za-z0-9_])")
_MAGIC = b"driftline spoken 2"
# About ten thousand code files; of a larger memory only what the index holds today is kept.
_LARGEST = 1024 * 1024
# One for each repository.
_KEPT = 32


def is_usual(name: str) -> bool:
    """Whether a name is spelled so that it is remembered."""
    return name.isascii() and _NAME.fullmatch(name.encode()) is not None


def mark(name: bytes) -> str:
    """What is kept of a name: four hexadecimal digits; different names may have the same."""
    return f"{zlib.crc32(name) & 0xFFFF:04x}"


def marks(pieces: Iterable[bytes]) -> str:
    """The marks of all names in a text that is given in pieces, sorted, with a space between them."""
    found: set[bytes] = set()
    rest = b""
    for piece in pieces:
        text = rest + piece
        cut = text.rstrip(_IN_NAMES)  # a name that the next piece may go on
        rest = text[len(cut) :][-_LONGEST:]
        found.update(_NAME.findall(cut))
    found.update(_NAME.findall(rest))
    return " ".join(sorted({mark(name) for name in found}))


_IN_NAMES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
_LONGEST = 64 * 1024


def load(folder: str, root: str) -> dict[str, str]:
    """Blob -> its marks, as the cache in `folder` remembers them of the repository at `root`; empty where it does not, or is damaged."""
    head, _, packed = (cache.read(_file(folder, root)) or b"").partition(b"\n")
    if not packed or head != _head(packed):
        return {}
    return dict(line.partition(":")[::2] for line in zlib.decompress(packed).decode("ascii").split("\n"))


def save(folder: str, root: str, known: Mapping[str, str], current: Iterable[str]) -> None:
    """Remembers what is known; `current` are the blobs of the index. A cache that cannot be written is no failure."""
    body = _body(known, known)
    if len(body) > _LARGEST:
        body = _body(known, (blob for blob in current if blob in known))
    packed = zlib.compress(body, 1)
    try:
        cache.write(_file(folder, root), _head(packed) + b"\n" + packed, kept=_KEPT)
    except OSError:
        return


def _body(known: Mapping[str, str], blobs: Iterable[str]) -> bytes:
    return "\n".join(f"{blob}:{known[blob]}" for blob in blobs).encode("ascii")


def _head(packed: bytes) -> bytes:
    return b"%s %08x" % (_MAGIC, zlib.crc32(packed))


def _file(folder: str, root: str) -> str:
    place = os.fsencode(os.path.realpath(root))
    return os.path.join(folder, f"spoken-{zlib.crc32(place):08x}{zlib.adler32(place):08x}")
