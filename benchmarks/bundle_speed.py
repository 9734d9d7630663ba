"""How fast built output is scanned, beside other scanners on the same files in the same run: medians of interleaved runs.

    python benchmarks/bundle_speed.py FOLDER --write benchmarks/bundle_speed.md --peer kingfisher=.../kingfisher --peer betterleaks=.../betterleaks

FOLDER is what `third_party.py` makes. Packages are taken in the order of the list, none above 40 MB, until there are 100 MB, and 400 MB. Per set:
wall time, throughput, CPU time, peak memory and findings of every tool, all runs interleaved, after one that fills the caches; `cat` only reads
the files. Then one file of 2 GB, ten small files with and without compiled patterns, and the growth from 25 to 400 MB. `--scale 0.02` is for trying it.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bundle_run import page, version
from measure import Run, run

# What a peer is told: scan a folder, no network, no update check, findings to a JSON file.
PEERS = {
    "kingfisher": ["scan", "{folder}", "-n", "-q", "-f", "json", "-o", "{out}", "--no-update-check"],
    "betterleaks": ["{folder}", "--no-color", "-o", "{out}"],
}


_LARGEST = 40_000_000
# (megabytes, runs): what the targets are stated for.
_SETS = ((100, 5), (400, 3))
_LADDER = (25, 50, 100, 200, 400)
_TARGETS = {("kingfisher", 100): 6, ("betterleaks", 100): 15, ("kingfisher", 400): 8, ("betterleaks", 400): 20}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--driftline", default="driftline")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--scale", type=float, default=1.0, help="of all sizes")
    parser.add_argument("--write", type=Path, help="the page to write; without it the page is printed")
    arguments = parser.parse_args()
    driftline = os.path.abspath(shutil.which(arguments.driftline) or arguments.driftline)
    peers = {name: os.path.abspath(command) for name, _, command in (peer.partition("=") for peer in arguments.peer)}
    lines = ["# How fast built output is scanned", "", _setting(driftline, peers)]
    with tempfile.TemporaryDirectory(dir=arguments.folder.parent) as place:
        for size, runs in _SETS:
            lines += _compared(driftline, peers, size, runs, _linked(arguments.folder, Path(place, f"set{size}"), size * arguments.scale))
        lines += _one_file(driftline, Path(place), arguments.folder, arguments.scale)
        lines += _small(driftline)
        lines += _growth(driftline, arguments.folder, Path(place), arguments.scale)
    page(lines, arguments.write)
    return 0


def _setting(driftline: str, peers: Mapping[str, str]) -> str:
    versions = ", ".join(f"{name} {version([command, '--version'])}" for name, command in {"driftline": driftline, **peers}.items())
    return (
        f"Written by `benchmarks/bundle_speed.py --write benchmarks/bundle_speed.md` on {datetime.date.today()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f} at the start; {versions}, Python {platform.python_version()}. Medians of interleaved runs, all caches warm "
        "unless said; how each tool is called stands in the script."
    )


def _linked(folder: Path, target: Path, megabytes: float) -> Path:
    """A folder with links to the files of as many packages as make so many megabytes, in the order of the list."""
    left = megabytes * 1e6
    for name in Path(__file__).with_name("third_party.txt").read_text(encoding="utf-8").split():
        files = sorted(path for path in (folder / name.replace("/", "+")).rglob("*") if path.is_file())
        if sum(path.stat().st_size for path in files) > _LARGEST:
            continue
        for path in files:
            if left <= 0:
                return target
            left -= path.stat().st_size
            link = target / path.relative_to(folder)
            link.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, link)
    return target


def _own(driftline: str, path: Path) -> list[str]:
    return [driftline, "bundle", str(path), "--no-live", "--format", "json={out}"]


def _files(folder: Path) -> tuple[list[Path], int]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return files, sum(path.stat().st_size for path in files)


def _compared(driftline: str, peers: Mapping[str, str], target: int, runs: int, folder: Path) -> Iterator[str]:
    files, size = _files(folder)
    tools = {"cat": None, "driftline": _own(driftline, folder)}
    tools |= {name: [command, *(part.replace("{folder}", str(folder)) for part in PEERS[name])] for name, command in peers.items()}
    measured: dict[str, list[Run]] = {name: [] for name in tools}
    for number in range(runs + 1):
        for name, command in tools.items():
            one = _cat(files) if command is None else _command(command)
            if number:  # the first round fills the caches of all
                measured[name].append(one)
    own = statistics.median(one.wall for one in measured["driftline"])
    yield from ("", f"## {size / 1e6:.0f} MB in {len(files)} files, {runs} runs", "")
    yield "| tool | wall s | MB/s | CPU s | peak MiB | findings | driftline is | target |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name, done in measured.items():
        wall = statistics.median(one.wall for one in done)
        ratio = {"driftline": "", "cat": f"{own / wall:.1f} times slower"}.get(name, f"{wall / own:.1f} times faster")
        wanted = {"cat": "at most 3"}.get(name, f"{_TARGETS[name, target]}" if (name, target) in _TARGETS else "")
        found = "" if name == "cat" else _findings(done[-1].output)
        memory = "" if name == "cat" else f"{max(one.peak for one in done):.0f}"
        cpu = statistics.median(one.cpu for one in done)
        yield f"| {name} | {wall:.2f} | {size / wall / 1e6:.0f} | {cpu:.2f} | {memory} | {found} | {ratio} | {wanted} |"


def _one_file(driftline: str, place: Path, folder: Path, scale: float) -> Iterator[str]:
    """One file of 2 GB, made of the builds' own text."""
    path = place / "one.js"
    wanted = int(2_000_000_000 * scale)
    with open(path, "wb") as file:
        while file.tell() < wanted:
            for source in _files(folder / "monaco-editor")[0] or _files(folder)[0]:
                if file.tell() < wanted:
                    file.write(source.read_bytes()[: wanted - file.tell()])
    one = _command(_own(driftline, path))
    path.unlink()
    yield from ("", "## One file", "")
    yield f"{wanted / 1e6:.0f} MB: {one.wall:.2f} s, {wanted / one.wall / 1e6:.0f} MB/s, peak {one.peak:.0f} MiB (target: below 150)."


def _cat(files: Sequence[Path]) -> Run:
    started, cpu = time.perf_counter(), time.process_time()
    for path in files:
        with open(path, "rb", buffering=0) as file:
            while file.read(1 << 20):
                pass
    return Run(time.perf_counter() - started, time.process_time() - cpu, 0.0, 0, "")


def _command(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Run:
    """One run; its output is the report that the tool wrote to `{out}`."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out.json")
        done = run([part.replace("{out}", str(out)) for part in command], environment=environment)
        return done._replace(output=out.read_text(encoding="utf-8") if out.exists() else "")


def _findings(report: str) -> int:
    try:
        document = json.loads(report)
    except ValueError:
        return -1
    found = document.get("findings", []) if isinstance(document, dict) else document
    return sum(1 for one in found if not isinstance(one, dict) or one.get("severity") != "note")


def _small(driftline: str) -> Iterator[str]:
    """Ten small files, start to end: alone and inside a project, with warm patterns; and with none."""
    with tempfile.TemporaryDirectory() as home:
        alone, project = Path(home, "alone", "dist"), Path(home, "shop", "dist")
        for folder in (alone, project):
            folder.mkdir(parents=True)
            for number in range(10):
                (folder / f"chunk-{number}.js").write_text(f"export const page{number} = () => 'hello';\n" * 20, encoding="utf-8")
        (project.parent / "package.json").write_text('{"dependencies": {"vite": "7"}}', encoding="utf-8")
        (project.parent / ".env").write_text("VITE_TITLE=shop\n", encoding="utf-8")
        environment = {**os.environ, "XDG_CACHE_HOME": os.path.join(home, "cache")}
        measured: dict[str, list[Run]] = {"warm": [], "warm, inside a project": [], "cold": []}
        for _ in range(7):
            shutil.rmtree(environment["XDG_CACHE_HOME"], ignore_errors=True)
            measured["cold"].append(_command(_own(driftline, alone), environment))
            measured["warm"].append(_command(_own(driftline, alone), environment))
            measured["warm, inside a project"].append(_command(_own(driftline, project), environment))
    yield from (
        "",
        "## Ten small files, start to end",
        "",
        "| compiled patterns | CPU ms | wall ms | target, CPU ms |",
        "| --- | ---: | ---: | ---: |",
    )
    for name, runs in measured.items():
        cpu, wall = (statistics.median(values) * 1000 for values in ([one.cpu for one in runs], [one.wall for one in runs]))
        yield f"| {name} | {cpu:.0f} | {wall:.0f} | {1500 if name == 'cold' else 150} |"


def _growth(driftline: str, folder: Path, place: Path, scale: float) -> Iterator[str]:
    """Linear where the MB/s stay."""
    yield from ("", "## Growth", "", "| MB | wall s | MB/s | CPU s | peak MiB |", "| ---: | ---: | ---: | ---: | ---: |")
    for megabytes in _LADDER:
        target = _linked(folder, place / f"ladder{megabytes}", megabytes * scale)
        size = _files(target)[1]
        runs = [_command(_own(driftline, target)) for _ in range(4)][1:]
        wall, cpu = statistics.median(one.wall for one in runs), statistics.median(one.cpu for one in runs)
        yield f"| {size / 1e6:.0f} | {wall:.2f} | {size / wall / 1e6:.0f} | {cpu:.2f} | {max(one.peak for one in runs):.0f} |"


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
