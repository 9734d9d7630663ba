"""What a command costs, measured in one way for every benchmark: the time and memory of a child process and of all that it started."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Run(NamedTuple):
    """One run: seconds of wall clock, seconds of user and system time, MiB of memory at its peak, exit code, what it printed to stdout."""

    wall: float
    cpu: float
    peak: float
    code: int
    output: str


class Cost(NamedTuple):
    """Medians over some runs, in the units of `Run`."""

    wall: float
    cpu: float
    peak: float


def run(command: Sequence[str | Path], folder: Path | None = None, environment: Mapping[str, str] | None = None) -> Run:
    """Runs a command in a folder (here, when None) to its end; its output goes through a file, so that reading it costs the command nothing."""
    with tempfile.TemporaryFile() as printed:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        output = printed.read().decode("utf-8", "replace")
    peak = used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return Run(wall, used.ru_utime + used.ru_stime, peak, process.returncode, output)


def interleaved(commands: Mapping[str, tuple[Sequence[str | Path], Path]], turns: int, *, warm: bool = True) -> dict[str, list[Run]]:
    """The runs of each command in its folder, taken in turns; with `warm`, a first turn that fills everybody's caches is not counted."""
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(turns + warm):
        for name, (command, folder) in commands.items():
            one = run(command, folder)
            if turn or not warm:
                found[name].append(one)
    return found


def cost(runs: Sequence[Run]) -> Cost:
    """The medians of some runs."""
    return Cost(*(statistics.median(getattr(one, field) for one in runs) for field in Cost._fields))
