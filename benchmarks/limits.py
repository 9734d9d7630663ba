"""What hostile sizes cost: time, peak memory, exit code and what is said, for each kind of bomb; each run in a process of its own.

    python benchmarks/limits.py --write            all cases, into benchmarks/limits.md
    python benchmarks/limits.py --small            every case a hundredth of its size, to see that it runs
    python benchmarks/limits.py --only zip         one case

Needs about 5 GB of room for temporary files. Exit code 1 when a case took more than its bound or ended in another way than it should.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import platform
import re
import sys
import tempfile
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from measure import Run, run

from driftline import __version__

PAGE = Path(__file__).with_suffix(".md")
# No case may take more than this: seconds of processor time, whatever else the machine does, and MiB of peak memory.
SECONDS, MEBIBYTES = 120, 2048


class Case(NamedTuple):
    """A folder that `make` fills (given it and how large a share of the size is wanted), what is asked there, and the exit codes it may end with."""

    name: str
    what: str
    make: Callable[[Path, float], None]
    command: tuple[str, ...] = ("check", "--no-live", "--format", "json")
    codes: tuple[int, ...] = (3,)


def _put(folder: Path, name: str, content: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def _project(folder: Path) -> None:
    """Something that is in order, so that the exit code speaks of the bomb."""
    _put(folder, "package.json", "{}")
    _put(folder, "src/a.ts", "process.env.A!\n")
    _put(folder, ".env.production", "A=1\n")


def _aliases(folder: Path, _share: float) -> None:
    _project(folder)
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    _put(folder, "compose.yml", "\n".join(rows) + "\nservices: {web: {image: a, environment: *a11}}\n")


def _deep(folder: Path, share: float) -> None:
    _project(folder)
    depth = int(100_000 * share)
    _put(folder, "vercel.json", '{"env":' * depth + "1" + "}" * depth)


def _zip(folder: Path, share: float) -> None:
    """As 42.zip: sixteen archives in each of an archive, five deep; at the bottom files of zeros."""
    _put(folder, "package.json", "{}")
    content = _zipped([("0.js", bytes(int((256 << 20) * share)))])
    for _ in range(5):
        content = _zipped([(f"{number}.zip", content) for number in range(16)])
    _put(folder, "dist/42.zip", content)


def _zipped(members: list[tuple[str, bytes]]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


def _flat_zip(folder: Path, share: float) -> None:
    _put(folder, "package.json", "{}")
    _put(folder, "dist/flat.zip", _zipped([(f"{number}.js", bytes(int((64 << 20) * share))) for number in range(40)]))


def _gzip(folder: Path, share: float) -> None:
    _put(folder, "package.json", "{}")
    (folder / "dist").mkdir()
    with gzip.open(folder / "dist" / "a.js.gz", "wb", compresslevel=9) as file:
        for _ in range(int(1024 * share)):
            file.write(bytes(1 << 20))


def _files(folder: Path, share: float) -> None:
    _project(folder)
    for number in range(int(1000 * share) or 1):
        home = folder / "data" / str(number)
        home.mkdir(parents=True)
        for name in range(1000):
            os.close(os.open(f"{home}/{name}.txt", os.O_CREAT | os.O_WRONLY))


def _folders(folder: Path, _share: float) -> None:
    _project(folder)
    _put(folder, "/".join(["d" * 10] * 200)[:-1] + "/b.ts", "process.env.A!\n")


def _links(folder: Path, _share: float) -> None:
    _project(folder)
    for number in range(1000):
        (folder / f".env.l{number}").symlink_to(f".env.l{(number + 1) % 1000}")
    (folder / "src" / "self").symlink_to("..")


def _line(folder: Path, share: float) -> None:
    _put(folder, "package.json", "{}")
    _put(folder, "dist/index.html", "<p>")
    block = b"const a=[1,2,3];f(a);" * 50_000
    with (folder / "dist" / "a.js").open("wb") as file:
        for _ in range(int((2 << 30) * share) // len(block) + 1):
            file.write(block)


def _findings(folder: Path, share: float) -> None:
    _put(folder, "package.json", "{}")
    for number in range(int(100 * share) or 1):
        rows = (f"export const v{row} = process.env.MISSING_{number}_{row}!;" for row in range(1000))
        _put(folder, f"src/a{number}.ts", "\n".join(rows))
    _put(folder, ".env.production", "A=1\n")


def _variables(folder: Path, share: float) -> None:
    _put(folder, "package.json", "{}")
    rows = [f"NAME_{number}=value{number}" for number in range(int(50_000 * share))]
    _put(folder, ".env.production", "\n".join(rows))
    _put(folder, ".env.staging", "\n".join(rows[::2]))
    _put(folder, "src/a.ts", "\n".join(f"process.env.NAME_{number}!" for number in range(0, int(50_000 * share), 10)))


def _names(folder: Path, _share: float) -> None:
    _project(folder)
    name = "N_" + "AB" * (32 << 10)
    _put(folder, ".env.production", "".join(f"{name}{number}=1\n" for number in range(20)) + "A=1\n")
    _put(folder, "src/b.ts", f"process.env.{name}0!\nprocess.env.{name}Z!\n")


BUNDLE = ("bundle", "dist", "--format", "json")
CASES = (
    Case("aliases", "YAML aliases: 9^12 entries in 1 kB", _aliases),
    Case("json", "JSON 100,000 deep", _deep),
    Case("zip", "zip in zip, five deep, as 42.zip: 256 TiB in a few kB", _zip, BUNDLE),
    Case("flat zip", "zip of 2.5 GiB of zeros", _flat_zip, BUNDLE),
    Case("gzip", "gzip 1000:1 of 1 GiB", _gzip, BUNDLE),
    Case("files", "1 million files", _files, codes=(0, 1)),
    Case("folders", "folders 200 deep", _folders, codes=(0, 1)),
    Case("links", "1,000 links in a ring, and a folder in itself", _links),
    Case("line", "a file of 2 GiB in one line", _line, BUNDLE, codes=(0, 1)),
    Case("findings", "100,000 findings", _findings, codes=(1,)),
    Case("variables", "50,000 variables in two environments", _variables, codes=(0, 1)),
    Case("names", "names of 64 kB", _names, codes=(0, 1, 3)),
)


def measured(case: Case, share: float) -> Run:
    """Makes a case's folder and runs driftline in it."""
    with tempfile.TemporaryDirectory(prefix="driftline-limits-") as place:
        folder = Path(place, "p")
        folder.mkdir()
        made = os.fork()  # a run's peak begins with that of the process that starts it
        if made == 0:
            case.make(folder, share)
            os._exit(0)
        if os.waitpid(made, 0)[1]:
            raise SystemExit(f"{case.name} could not be made")
        return run([sys.executable, "-m", "driftline", *case.command], folder)


def _said(output: str) -> str:
    """The first reason why something was not judged, or how much was."""
    try:
        report = json.loads(output)
    except ValueError:
        return "no report"
    if report["unread"]:
        reasons = list(dict.fromkeys(_short(one["reason"]) for one in report["unread"]))
        return f"{len(report['unread'])} unread: {'; '.join(reasons[:2])}"
    files = report["stats"]["files"]
    return f"{len(report['findings']):,} findings in {files:,} file{'' if files == 1 else 's'}"


def _short(text: str) -> str:
    return re.sub(r"\s+", " ", text if len(text) <= 90 else text[:90] + "...")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    parser.add_argument("--small", action="store_true", help="a hundredth of every size")
    parser.add_argument("--only", action="append", choices=[case.name for case in CASES])
    given = parser.parse_args()
    rows, wrong = [], 0
    for case in CASES:
        if given.only and case.name not in given.only:
            continue
        done = measured(case, 0.01 if given.small else 1)
        good = done.cpu <= SECONDS and done.peak <= MEBIBYTES and (done.code in case.codes or given.small)
        wrong += not good
        rows.append(
            f"| {case.what} | `{case.command[0]}` | {done.cpu:.1f} | {done.wall:.1f} | {done.peak:.0f} | {done.code} | {_said(done.output)} |"
        )
        print(f"{'' if good else 'WRONG '}{rows[-1]}", flush=True)
    if given.write:
        PAGE.write_text(
            f"""# Bombs and limits

What hostile sizes cost, each in a process of its own. Made by `python benchmarks/limits.py --write` on {date.today()}: driftline {__version__},
Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores. No case may take more than {SECONDS} s of processor time or {MEBIBYTES:,} MiB;
the limits themselves stand in `docs/threat-model.md`. Exit 3 says that something could not be judged, and what.

| case | command | processor s | passed s | peak MiB | exit | said |
| --- | --- | --- | --- | --- | --- | --- |
"""
            + "\n".join(rows)
            + "\n",
            "utf-8",
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
