"""How fast built output is scanned, beside other scanners on the same files in the same run: medians of interleaved runs.

    python benchmarks/bundle_speed.py FOLDER --peer kingfisher=.../kingfisher --peer betterleaks=.../betterleaks --runs 5

FOLDER holds browser builds, for example what `npm pack react-dom three monaco-editor plotly.js-dist pdfjs-dist ...` unpacks to.
Prints, per tool, wall time, throughput, CPU time, peak memory and findings; then driftline's start on ten small files, and the
growth of its time over quarters of the folder. `cat` is the time to read the files.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Run(NamedTuple):
    """One run: wall and CPU seconds, peak memory in MiB, findings (-1 where they are not counted)."""

    wall: float
    cpu: float
    memory: float
    findings: int = -1


# What a peer is told: scan a folder, no network, no update check, findings to a JSON file.
PEERS = {
    "kingfisher": ["scan", "{folder}", "-n", "-q", "-f", "json", "-o", "{out}", "--no-update-check"],
    "betterleaks": ["{folder}", "--no-color", "-o", "{out}"],
    "detect-secrets": ["scan", "--all-files", "{folder}"],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--driftline", default="driftline")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    files = sorted(path for path in arguments.folder.rglob("*") if path.is_file() and not path.is_symlink())
    size = sum(path.stat().st_size for path in files)
    print(f"{len(files)} files, {size / 1e6:.0f} MB, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    tools = {"cat": None, "driftline": [arguments.driftline, "bundle", str(arguments.folder), "--no-live", "--format", "json={out}"]}
    for peer in arguments.peer:
        name, _, command = peer.partition("=")
        tools[name] = [command or name, *PEERS[name]]
    measured: dict[str, list[Run]] = {name: [] for name in tools}
    for number in range(arguments.runs + 1):
        for name, command in tools.items():
            run = _cat(files) if command is None else _command([part.replace("{folder}", str(arguments.folder)) for part in command])
            if number:  # the first round fills the caches of all
                measured[name].append(run)
    own = statistics.median(run.wall for run in measured["driftline"])
    for name, runs in measured.items():
        wall = statistics.median(run.wall for run in runs)
        print(
            f"{name:15} {wall:7.2f} s  {size / wall / 1e6:7.0f} MB/s  cpu {statistics.median(r.cpu for r in runs):6.2f} s  "
            f"peak {max(r.memory for r in runs):6.0f} MiB  findings {runs[-1].findings:5}  {wall / own:6.2f} x driftline"
        )
    _small(arguments.driftline, arguments.runs)
    _growth(arguments.driftline, files, arguments.runs)
    return 0


def _cat(files: Sequence[Path]) -> Run:
    started, cpu = time.perf_counter(), time.process_time()
    for path in files:
        with open(path, "rb", buffering=0) as file:
            while file.read(1 << 20):
                pass
    return Run(time.perf_counter() - started, time.process_time() - cpu, 0.0)


def _command(command: Sequence[str]) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.json")
        started = time.perf_counter()
        process = subprocess.Popen([part.replace("{out}", out) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        scale = 1 << 20 if sys.platform == "darwin" else 1 << 10
        return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / scale, _findings(out))


def _findings(path: str) -> int:
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except (OSError, ValueError):
        return -1
    found = document.get("findings", []) if isinstance(document, dict) else document
    return sum(1 for one in found if not isinstance(one, dict) or one.get("severity") != "note")


def _small(driftline: str, runs: int) -> None:
    """Ten small files, start to end, with warm patterns; and the first run with none."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(10):
            Path(folder, f"chunk-{number}.js").write_text(f"export const page{number} = () => 'hello';\n" * 20)
        warm = [_command([driftline, "bundle", folder, "--no-live"]) for _ in range(runs + 1)][1:]
        print(
            f"ten small files: {statistics.median(r.cpu for r in warm) * 1000:.0f} ms CPU, {statistics.median(r.wall for r in warm) * 1000:.0f} ms"
        )
        cache = os.path.join(folder, "cache")
        before = os.environ.get("XDG_CACHE_HOME")
        cold = []
        for _ in range(runs):
            shutil.rmtree(cache, ignore_errors=True)
            os.environ["XDG_CACHE_HOME"] = cache
            cold.append(_command([driftline, "bundle", os.path.join(folder, "chunk-0.js"), "--no-live"]))
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before
        print(f"with no compiled patterns yet: {statistics.median(r.cpu for r in cold):.2f} s CPU")


def _growth(driftline: str, files: Sequence[Path], runs: int) -> None:
    """Time over a quarter, a half and all of the files: linear when the MB/s stay."""
    with tempfile.TemporaryDirectory() as folder:
        for part in (4, 2, 1):
            target = Path(folder, str(part))
            target.mkdir()
            size = 0
            for number, path in enumerate(files[::part]):
                shutil.copy(path, target / f"{number}-{path.name}")
                size += path.stat().st_size
            wall = statistics.median(_command([driftline, "bundle", str(target), "--no-live"]).wall for _ in range(runs))
            print(f"1/{part} of the files: {size / 1e6:6.0f} MB in {wall:.2f} s, {size / wall / 1e6:.0f} MB/s")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
