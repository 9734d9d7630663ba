"""What is scanned: a named run of bytes that can be opened again, and its windows."""

from collections.abc import Callable, Iterator
from typing import IO

from driftline.record import NamedTuple

# Gives a text again, from its start.
Opened = Callable[[], IO[bytes]]


class Blob(NamedTuple):
    """Bytes to scan. `path` is its name, `container` the files it is packed in, outermost first; `open` gives a new reader each time.

    `sibling` gives the blob of another name in the same container (a map beside its script), None where there is none.
    """

    path: str
    container: tuple[str, ...]
    open: Opened
    size: int | None = None
    sibling: Callable[[str], "Blob | None"] = lambda _name: None
    served: bool = True


class Window(NamedTuple):
    """A piece of a blob: `data` starts at byte `start` of the blob; triggers that end in (low, high] of `data` belong to this window."""

    data: bytes
    start: int
    low: int
    high: int


class Mark(NamedTuple):
    """A place that is no secret but says something of the build: a read of the environment, the sources inside a map; or one to look at closer."""

    form: str
    start: int
    text: str = ""
    sources: int = 0


# The longest key (a private key of 16 KiB) and whatever is decoded around a hit must fit beside a window's own part.
OVERLAP = 64 << 10
SIZE = 4 << 20


def windows(file: IO[bytes], size: int = SIZE, overlap: int = OVERLAP, *, start: int = 0, stop: int | None = None) -> Iterator[Window]:
    """A file, or its part [start, stop), in overlapping windows. Raises OSError and what the file's decompressor raises.

    The triggers of a part are those that end in (start, stop], so that parts put side by side miss nothing and tell nothing twice.
    A file that can jump is read again where windows overlap: that copies less than keeping what was read.
    """
    begin = max(0, start - overlap)
    jumps = file.seekable()
    if begin:
        file.seek(begin)
    kept = b"" if jumps else read(file, start - begin)
    low = start - begin
    while True:
        length = low + size + overlap
        if stop is not None:
            length = min(length, stop + overlap - begin)
        if jumps:
            file.seek(begin)
            data = read(file, length)
        else:
            data = kept + read(file, length - len(kept))
        ended = len(data) < length or (stop is not None and begin + length >= stop + overlap)
        high = len(data) if ended else low + size
        if stop is not None:
            high = min(high, stop - begin)
        yield Window(data, begin, low, high)
        if ended:
            return
        cut = max(0, high - overlap)
        kept = b"" if jumps else data[cut:]
        begin += cut
        low = high - cut


def read(file: IO[bytes], size: int) -> bytes:
    """`size` bytes, fewer only at the end: a decompressor, and the system, may give less at a time."""
    first = file.read(size)
    if len(first) == size or not first:
        return first
    parts = [first]
    length = len(first)
    while length < size:
        more = file.read(size - length)
        if not more:
            break
        parts.append(more)
        length += len(more)
    return b"".join(parts)


def skip(file: IO[bytes], offset: int) -> None:
    """Goes on at an offset of a file that stands at its start; a decompressor that cannot jump is read so far."""
    try:
        file.seek(offset)
    except (OSError, ValueError, AttributeError):
        while offset > 0:
            piece = file.read(min(offset, 1 << 20))
            if not piece:
                return
            offset -= len(piece)
