"""Makes the operating system fail for chosen files, in this process: opening, reading, listing, writing, renaming."""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

Wanted = Callable[[str], bool]

# How the opening of a file can fail under us; ENOENT is a file that vanished since it was listed.
OPENING = ("EIO", "EACCES", "ENOENT", "EMFILE", "ESTALE", "ELOOP")


def error_of(name: str) -> OSError:
    """The error that the kernel would give, as Python raises it."""
    number = getattr(errno, name)
    return OSError(number, os.strerror(number))


@contextmanager
def opening(wanted: Wanted, name: str) -> Iterator[list[str]]:
    """Opening one of the wanted files fails; gives the list of the paths for which that happened."""
    met: list[str] = []

    def guard(real: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(path: Any, *arguments: Any, **options: Any) -> Any:
            if isinstance(path, (str, bytes, os.PathLike)) and wanted(os.fsdecode(path)):
                met.append(os.fsdecode(path))
                raise error_of(name)
            return real(path, *arguments, **options)

        return guarded

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(builtins, "open", guard(builtins.open)))
        stack.enter_context(mock.patch.object(io, "open", guard(io.open)))
        stack.enter_context(mock.patch.object(os, "open", guard(os.open)))
        yield met


@contextmanager
def piped(path: Path) -> Iterator[None]:
    """A pipe that nobody writes to stands in a file's place: whoever opens it as a file waits for ever."""
    aside = path.with_name(f"{path.name}.aside")
    path.rename(aside)
    os.mkfifo(path)
    try:
        yield
    finally:
        path.unlink()
        aside.rename(path)


@contextmanager
def in_time(seconds: float) -> Iterator[None]:
    """Raises TimeoutError where what is done takes longer. For the main thread."""

    def late(_number: int, _frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def listing(wanted: Wanted, name: str) -> Iterator[list[str]]:
    """Listing one of the wanted folders fails."""
    met: list[str] = []

    def guard(real: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(path: Any = ".", *arguments: Any) -> Any:
            if isinstance(path, (str, bytes, os.PathLike)) and wanted(os.fsdecode(path)):
                met.append(os.fsdecode(path))
                raise error_of(name)
            return real(path, *arguments)

        return guarded

    with mock.patch.object(os, "scandir", guard(os.scandir)), mock.patch.object(os, "listdir", guard(os.listdir)):
        yield met


@contextmanager
def reading(wanted: Wanted, name: str, after: int = 0) -> Iterator[list[str]]:
    """Reading one of the wanted files fails behind `after` bytes: a disk with a bad sector, a share that goes away."""
    met: list[str] = []

    left: dict[int, int] = {}
    real_read, real_open, real_fdopen = os.read, builtins.open, os.fdopen

    def path_of(descriptor: int) -> str:
        return os.readlink(f"/proc/self/fd/{descriptor}")

    def read(descriptor: int, size: int) -> bytes:
        if not wanted(path_of(descriptor)):
            return real_read(descriptor, size)
        met.append(path_of(descriptor))
        if left.setdefault(descriptor, after) <= 0:
            del left[descriptor]
            raise error_of(name)
        data = real_read(descriptor, min(size, left[descriptor]))
        left[descriptor] -= len(data)
        return data

    class Failing(io.RawIOBase):
        def __init__(self, owner: Any) -> None:
            self._owner, self._file, self._left = owner, getattr(owner, "buffer", owner), after

        def readable(self) -> bool:
            return True

        def seekable(self) -> bool:
            return True

        def fileno(self) -> int:
            return int(self._file.fileno())

        def seek(self, *arguments: int) -> int:
            return int(self._file.seek(*arguments))

        def tell(self) -> int:
            return int(self._file.tell())

        def readinto(self, buffer: Any) -> int:
            if self._left <= 0:
                raise error_of(name)
            data: bytes = self._file.read(min(len(buffer), self._left))
            buffer[: len(data)] = data
            self._left -= len(data)
            return len(data)

        def close(self) -> None:
            self._owner.close()
            super().close()

    def guard(real: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(path: Any, *arguments: Any, **options: Any) -> Any:
            file = real(path, *arguments, **options)
            mode = arguments[0] if arguments and isinstance(arguments[0], str) else options.get("mode", "r")
            where = path_of(path) if isinstance(path, int) else os.fsdecode(path)
            if "r" in mode and wanted(where):
                met.append(where)
                if options.get("buffering") == 0:
                    return Failing(file)
                # As the real one: a reader in between asks until it has what is wanted, and tells the error that it meets then.
                whole = io.BufferedReader(Failing(file))
                return whole if "b" in mode else io.TextIOWrapper(whole, encoding="utf-8")
            return file

        return guarded

    with (
        mock.patch.object(builtins, "open", guard(real_open)),
        mock.patch.object(os, "fdopen", guard(real_fdopen)),
        mock.patch.object(os, "read", read),
    ):
        yield met


@contextmanager
def calls(name: str, *, of: Any, function: str, when: Callable[[int], bool] = lambda _number: True) -> Iterator[list[int]]:
    """A function of `of` fails with an error of the kernel for each call whose number (from 1) is asked for."""
    met: list[int] = []
    count = 0
    real = getattr(of, function)

    def guarded(*arguments: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        if when(count):
            met.append(count)
            raise error_of(name)
        return real(*arguments, **options)

    with mock.patch.object(of, function, guarded):
        yield met
