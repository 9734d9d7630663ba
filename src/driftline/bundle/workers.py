"""Shares work among processes where the system can fork one, and among threads where it cannot.

The threads of one interpreter take turns at everything but the search itself, which left two of them little faster than one. A forked process has
all that is loaded, and sends back what it found through a pipe that nobody else holds; no program is started.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Generic, NoReturn, TypeVar

Result = TypeVar("Result")

# A pipe takes this much at once on any system; a ticket is two bytes of it.
_PIPE = 4096
_TICKET = 2


def available() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    work: Callable[[int], Result], count: int, workers: int, *, lost: Callable[[int], Result], done: Callable[[int], None]
) -> list[Result]:
    """`work(0)` to `work(count - 1)`, in this order, done by so many workers.

    `lost` says what stands for a piece whose process ended before it gave it back; `done` is told how many pieces are behind, now and then.
    """
    workers = min(workers, count)
    if workers > 1 and _forks():
        return _in_processes(work, count, workers, lost, done)
    found = []
    if workers > 1:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(workers) as pool:
            for result in pool.map(work, range(count)):
                found.append(result)
                done(len(found))
        return found
    for number in range(count):
        found.append(work(number))
        done(number + 1)
    return found


def _forks() -> bool:
    """Whether a copy of this process works: not on macOS, whose libraries forbid it, nor where another thread may hold a lock."""
    return sys.platform != "darwin" and hasattr(os, "fork") and threading.active_count() == 1


def _in_processes(
    work: Callable[[int], Result], count: int, workers: int, lost: Callable[[int], Result], done: Callable[[int], None]
) -> list[Result]:
    with Crew(work, count, workers) as crew:
        found = crew.results(done)
    done(count)
    return [found[number] if number in found else lost(number) for number in range(count)]


class Crew(Generic[Result]):
    """Workers that have begun with `work(0)` to `work(count - 1)`, while this process does something else before it joins them.

    A context manager, at whose end nobody works any more. Each worker draws the next ticket from a pipe that all were given, until it is
    empty. Where the system cannot fork, this process is the only one.
    """

    def __init__(self, work: Callable[[int], Result], count: int, workers: int) -> None:
        self._work, self._count = work, count
        self._step = max(1, -(-count // (_PIPE // _TICKET)))
        self._tickets, fill = os.pipe()
        os.write(fill, b"".join((start // self._step).to_bytes(_TICKET, "little") for start in range(0, count, self._step)))
        os.close(fill)
        self._others: list[tuple[int, int]] = []
        for _ in range(min(workers, count) - 1 if _forks() else 0):
            with suppress(OSError):  # no process more: then there are fewer
                self._others.append(_forked(lambda: {number: work(number) for number in self._drawn()}))

    def __enter__(self) -> Crew[Result]:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._tickets)
        for process, pipe in self._others:
            _ended(process, pipe)

    def results(self, done: Callable[[int], None] = lambda _count: None) -> dict[int, Result]:
        """Works until nothing is left; what came of each number, without those whose worker ended before it gave them back."""
        found: dict[int, Result] = {}
        for number in self._drawn():
            found[number] = self._work(number)
            done(number + 1)
        for _, pipe in self._others:
            found.update(_received(pipe))
        return found

    def _drawn(self) -> Iterator[int]:
        while ticket := os.read(self._tickets, _TICKET):
            start = int.from_bytes(ticket, "little") * self._step
            yield from range(start, min(start + self._step, self._count))


def _forked(give: Callable[[], object]) -> tuple[int, int]:
    """(process, pipe) of a copy of this process that writes down what `give` returns, and ends."""
    pipe, out = os.pipe()
    process = os.fork()
    if not process:
        _give(give, out)
    os.close(out)
    return process, pipe


def _give(give: Callable[[], object], out: int) -> NoReturn:
    try:
        import gc
        import io
        import pickle

        from driftline.model import Secret

        gc.freeze()  # what is looked at is copied
        written = io.BytesIO()
        pickler = pickle.Pickler(written, pickle.HIGHEST_PROTOCOL)
        # What code falls back to may be a value, which is serialised here and nowhere else: its reader is the process it was copied from.
        pickler.dispatch_table = {Secret: lambda secret: (Secret, (secret.reveal(),))}
        pickler.dump(give())
        data = written.getbuffer()
        while data:
            data = data[os.write(out, data) :]
    finally:
        os._exit(0)  # neither a traceback nor what this process had begun to print


def _received(pipe: int) -> dict[int, Any]:
    """What a forked process gave; nothing where it ended before."""
    import pickle

    with open(pipe, "rb", closefd=False) as file:
        try:
            return dict(pickle.load(file))  # noqa: S301 (a copy of this process wrote it)
        except (pickle.UnpicklingError, EOFError):
            return {}


def _ended(process: int, pipe: int) -> None:
    import signal

    os.close(pipe)
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)  # it gave what it had, or nobody waits for it any more
    os.waitpid(process, 0)
