"""Containers: what is packed in zip, tar, asar, gzip, brotli and zstandard, as blobs, in bounded depth, size and number."""

import io
import os
import struct
from collections.abc import Iterator
from typing import IO, Any

from driftline.bundle.blob import Blob, read
from driftline.model import Unreadable
from driftline.record import NamedTuple


class Limits(NamedTuple):
    """What a hostile file may cost; beyond it is unread. Each is an option of the command line, `--max-depth` and so on.

    In bytes: `unpacked` is all that one file on disk unpacks to, `nested` an archive inside another, `file_size` a file on disk (None: any, a
    plain one is read in windows). `archives` is the number of containers in one file on disk, `members` that of the files in one container;
    `ratio` counts from 16 MiB on.
    """

    depth: int = 5
    unpacked: int = 8 << 30
    ratio: int = 250
    members: int = 200_000
    archives: int = 2_000
    nested: int = 64 << 20
    file_size: int | None = None


def size(count: int) -> str:
    """A number of bytes as `--max-unpacked` and its like are given: `64M`."""
    for letter, shift in (("G", 30), ("M", 20), ("K", 10)):
        if count and count % (1 << shift) == 0:
            return f"{count >> shift}{letter}"
    return str(count)


DEFAULT = Limits()
_RATIO_FROM = 16 << 20

# Containers that cannot be opened here: never silently passed over.
CLOSED = {b"7z\xbc\xaf\x27\x1c": "a 7z archive", b"Rar!\x1a\x07": "a RAR archive"}
_ARCHIVE_NAMES = (
    ".zip",
    ".apk",
    ".aab",
    ".ipa",
    ".whl",
    ".xpi",
    ".jar",
    ".vsix",
    ".7z",
    ".rar",
    ".tar",
    ".tgz",
    ".tar.gz",
    ".tar.br",
    ".tar.zst",
    ".asar",
)


class Budget:
    """The bytes and archives that one file on disk may still unpack to; `passed` names the limit that it has passed, which is told once."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.left = limits.unpacked
        self.archives = limits.archives
        self.passed: str | None = None

    def take(self, count: int) -> None:
        """Raises Unreadable when the limit is passed."""
        self.left -= count
        if self.left < 0:
            raise self._passed(f"unpacks to more than {size(self.limits.unpacked)} (--max-unpacked)")

    def open_one(self) -> None:
        """Counts one more archive. Raises Unreadable when the limit is passed."""
        self.archives -= 1
        if self.archives < 0:
            raise self._passed(f"holds more than {self.limits.archives} archives in one another (--max-archives)")

    def _passed(self, reason: str) -> Unreadable:
        self.passed = reason
        return Unreadable(reason)


_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", *CLOSED)
_PACKED_NAMES = (*_ARCHIVE_NAMES, ".br", ".gz", ".zst")


def looks_plain(path: str, head: bytes) -> bool:
    """Whether neither its name nor its first bytes have anything of a container: for most files, all that has to be asked."""
    return not head.startswith(_MAGIC) and not path.lower().endswith(_PACKED_NAMES) and head[257:262] != b"ustar"


def kind_of(path: str, head: bytes) -> str | None:
    """zip, tar, asar, gzip, brotli, zstd, None for plain bytes. Raises Unreadable for a container that cannot be opened."""
    if looks_plain(path, head):
        return None
    name = path.lower()
    for magic, what in CLOSED.items():
        if head.startswith(magic):
            raise Unreadable(f"{what}, which cannot be opened here")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head[257:262] == b"ustar" or name.endswith(".tar"):
        return "tar"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return "zstd"
    if name.endswith(".asar"):
        return "asar"
    if name.endswith(".br"):
        return "brotli"
    raise Unreadable("its name promises a container that its content is not")


def members(blob: Blob, kind: str, budget: Budget) -> Iterator[Blob]:
    """The blobs inside a container. Raises Unreadable where it is broken, encrypted or passes a limit."""
    if budget.passed is not None:
        return
    budget.open_one()
    if len(blob.container) + 1 > budget.limits.depth:
        raise Unreadable(f"packed more than {budget.limits.depth} deep (--max-depth)")
    try:
        yield from _OPENERS[kind](blob, budget)
    except (Unreadable, OSError):
        raise
    except Exception as error:  # the libraries' own errors share no base class, and a hostile header meets any of them
        raise Unreadable(_reason(error)) from None


def _reason(error: BaseException) -> str:
    if isinstance(error, RuntimeError) and "password" in str(error):
        return "is encrypted"
    if isinstance(error, EOFError):
        return "ends too early"
    return f"is a broken container ({type(error).__name__})"


# --- streams --------------------------------------------------------------------------------------------------------------


class Stream(io.RawIOBase):
    """A decompressing reader that counts what it gives and stops at the limits."""

    def __init__(self, source: Any, packed: Any, budget: Budget, under: IO[bytes] | None = None) -> None:
        self._source = source
        self._under = under
        self._packed = packed
        self._budget = budget
        self._given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Raises Unreadable for a bomb and for broken or cut-off data."""
        try:
            data = self._source.read(size if size >= 0 else 1 << 20)
        except OSError as error:
            raise Unreadable(f"is broken ({type(error).__name__})") from None
        except Exception as error:  # the compression libraries' own errors share no base class
            raise Unreadable(_reason(error)) from None
        self._given += len(data)
        self._budget.take(len(data))
        if self._given > _RATIO_FROM:
            packed = self._packed()
            if packed and self._given > self._budget.limits.ratio * packed:
                raise Unreadable(f"unpacks to more than {self._budget.limits.ratio} times its size (--max-ratio)")
        return bytes(data)

    def close(self) -> None:
        self._source.close()
        if self._under is not None:
            self._under.close()
        super().close()


class _Brotli:
    """A reader of brotli; the library has none."""

    def __init__(self, file: IO[bytes]) -> None:
        import brotli

        self._file = file
        self._state = brotli.Decompressor()
        self._ended = False

    def read(self, size: int) -> bytes:
        while True:
            if self._state.is_finished():
                return b""
            fresh = b""
            if self._state.can_accept_more_data():
                fresh = self._file.read(64 << 10)
                if not fresh:
                    if self._ended:
                        raise EOFError
                    self._ended = True
            data: bytes = self._state.process(fresh, output_buffer_limit=max(size, 1 << 16))
            if data:
                return data

    def close(self) -> None:
        self._file.close()


def _single(blob: Blob, budget: Budget, suffixes: tuple[str, ...], reader: Any) -> Iterator[Blob]:
    name = os.path.basename(blob.path)
    inner = name
    for suffix, replacement in ((".tgz", ".tar"), *((s, "") for s in suffixes)):
        if name.lower().endswith(suffix):
            inner = name[: -len(suffix)] + replacement
            break

    def opened() -> IO[bytes]:
        file = blob.open()
        return Stream(reader(file), file.tell, budget, file)  # type: ignore[return-value]

    folder = os.path.dirname(blob.path)
    yield Blob(f"{folder}/{inner}" if folder else inner, (*blob.container, blob.path), opened)


def _gzip(blob: Blob, budget: Budget) -> Iterator[Blob]:
    import gzip

    return _single(blob, budget, (".gz", ".gzip"), lambda file: gzip.GzipFile(fileobj=file))


def _brotli(blob: Blob, budget: Budget) -> Iterator[Blob]:
    return _single(blob, budget, (".br",), _Brotli)


def _zstd(blob: Blob, budget: Budget) -> Iterator[Blob]:
    import zstandard

    # Browsers refuse windows over 8 MiB (RFC 9659); 128 MiB is what the zstd tool itself accepts.
    decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    return _single(blob, budget, (".zst", ".zstd"), lambda file: decompressor.stream_reader(file, read_across_frames=True))


# --- archives -------------------------------------------------------------------------------------------------------------


def _seekable(blob: Blob, budget: Budget) -> IO[bytes]:
    """The container's bytes where one can jump in them: the file itself, or, for a nested one, its content in memory."""
    file = blob.open()
    if not blob.container:
        return file
    with file:
        content = file.read(budget.limits.nested + 1)
        while len(content) <= budget.limits.nested:
            more = file.read(1 << 20)
            if not more:
                break
            content += more
    if len(content) > budget.limits.nested:
        raise Unreadable(f"a nested archive of more than {size(budget.limits.nested)} (--max-nested)")
    return io.BytesIO(content)


def _too_many(budget: Budget) -> Unreadable:
    return Unreadable(f"holds more than {budget.limits.members} files (--max-members)")


def _zip(blob: Blob, budget: Budget) -> Iterator[Blob]:
    import zipfile

    with _seekable(blob, budget) as file, zipfile.ZipFile(file) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if len(infos) > budget.limits.members:
            raise _too_many(budget)
        names = {info.filename: info for info in infos}
        base = (*blob.container, blob.path)

        def made(info: zipfile.ZipInfo) -> Blob:
            def opened() -> IO[bytes]:
                try:
                    member = archive.open(info)
                except Exception as error:  # whatever its header leads to
                    raise Unreadable(_reason(error)) from None
                return Stream(member, lambda: max(info.compress_size, 1), budget)  # type: ignore[return-value]

            return Blob(_harmless(info.filename), base, opened, info.file_size, lambda name: made(names[name]) if name in names else None)

        for info in infos:
            yield made(info)


def _tar(blob: Blob, budget: Budget) -> Iterator[Blob]:
    import tarfile

    base = (*blob.container, blob.path)
    with blob.open() as file, tarfile.open(fileobj=file, mode="r|", bufsize=1 << 18) as archive:
        for number, member in enumerate(archive):
            if number > budget.limits.members:
                raise _too_many(budget)
            name = _harmless(member.name)
            if member.isdev():
                yield Blob(name, base, _no_file)
            if not member.isfile():
                continue  # links lead to other members or outside; neither is followed
            reader = archive.extractfile(member)
            if reader is None:
                continue
            # A streamed archive cannot go back: what a member may be looked at twice for is kept while it is small.
            yield Blob(name, base, _once(reader, member.size, budget), member.size)


def _no_file() -> IO[bytes]:
    """Instead of the content of a pipe or a device that an archive holds. Raises Unreadable."""
    raise Unreadable("is not a regular file")


def _once(reader: IO[bytes], size: int, budget: Budget) -> Any:
    if size <= budget.limits.nested:
        kept: list[bytes] = []

        def small() -> IO[bytes]:
            if not kept:
                try:
                    kept.append(reader.read())
                except Exception as error:  # tarfile's own errors, and those of the stream below it
                    raise error if isinstance(error, Unreadable) else Unreadable(_reason(error)) from None
                budget.take(len(kept[0]))
                if len(kept[0]) < size:
                    raise Unreadable("ends too early")
            return io.BytesIO(kept[0])

        return small

    used = False

    def large() -> IO[bytes]:
        nonlocal used
        if used:
            raise Unreadable("cannot be read twice inside this archive")
        used = True
        return Stream(reader, lambda: size, budget)  # type: ignore[return-value]

    return large


def _asar(blob: Blob, budget: Budget) -> Iterator[Blob]:
    """Electron's archive: a pickled length, a JSON header, the files (electron/asar README, read 2026-11)."""
    import json

    base = (*blob.container, blob.path)
    with _seekable(blob, budget) as file:
        file.seek(0)
        sizes = struct.unpack("<IIII", file.read(16))
        if sizes[0] != 4 or sizes[3] > 64 << 20:
            raise Unreadable("is no asar archive")
        try:
            header = json.loads(file.read(sizes[3]))
        except (ValueError, RecursionError):
            raise Unreadable("is no asar archive: its header is broken") from None
        start = 8 + sizes[1]
        end = file.seek(0, os.SEEK_END)
        for path, offset, size in _asar_files(header, budget):

            def opened(offset: int = offset, size: int = size) -> IO[bytes]:
                return _Slice(file, start + offset, size, end, budget)  # type: ignore[return-value]

            yield Blob(_harmless(path), base, opened, size)


def _asar_files(header: Any, budget: Budget) -> Iterator[tuple[str, int, int]]:
    stack = [("", header)]
    count = 0
    while stack:
        folder, entry = stack.pop()
        files = entry.get("files") if isinstance(entry, dict) else None
        if not isinstance(files, dict):
            continue
        for name, one in sorted(files.items(), reverse=True):
            count += 1
            if count > budget.limits.members:
                raise _too_many(budget)
            path = f"{folder}/{name}" if folder else name
            if isinstance(one, dict) and "files" in one:
                stack.append((path, one))
            elif isinstance(one, dict) and not one.get("unpacked") and "link" not in one:
                offset, size = str(one.get("offset", "")), one.get("size")
                if not offset.isdigit() or not isinstance(size, int) or size < 0:
                    raise Unreadable("is no asar archive: an entry without a place")
                yield path, int(offset), size


class _Slice(io.RawIOBase):
    """A part of a file that others read parts of, too. Parts may lie over one another: what they give together is counted."""

    def __init__(self, file: IO[bytes], start: int, size: int, end: int, budget: Budget) -> None:
        self._file, self._place, self._left, self._end, self._budget = file, start, size, end, budget

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Raises Unreadable where the file ends before the part does, and at the limits."""
        if self._place + self._left > self._end:  # a place that no file has cannot even be asked for
            raise Unreadable("ends too early")
        count = self._left if size < 0 else min(size, self._left)
        self._budget.take(count)
        self._file.seek(self._place)
        data = read(self._file, count)
        if len(data) < count:
            raise Unreadable("ends too early")
        self._place += count
        self._left -= count
        return data


def _harmless(name: str) -> str:
    """A member's name as it is shown: no drive, no leading slash, no way up. Nothing is ever written under it."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(parts) or "?"


_OPENERS: dict[str, Any] = {"zip": _zip, "tar": _tar, "asar": _asar, "gzip": _gzip, "brotli": _brotli, "zstd": _zstd}
