"""Measures `driftline check` beside npm dotenv-diff and PyPI dotenvdrift in the same interleaved runs; writes check_speed.md.

    python benchmarks/check_speed.py --dotenv-diff DOTENV_DIFF --dotenvdrift DOTENVDRIFT [--runs 5] [--write] CHECKOUT...

For each CHECKOUT (documenso, formbricks): wall clock, user and system time, and the peak of resident memory. Then the growth of one checkout
(the first) copied 1, 4 and 16 times into workspaces of one project, the cost of `--version` above a bare interpreter, and `check` on ten files.
Medians of `--runs`; quote the ratios.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from measure import cost, interleaved

from driftline import __version__

_HERE = Path(__file__).parent
_DRIFTLINE = (sys.executable, "-m", "driftline")
_COPIED = (".ts", ".tsx", ".js", ".mjs", ".json", ".example", ".yml", ".yaml", ".toml")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="+", type=Path)
    parser.add_argument("--dotenv-diff", default="", help="the command of npm dotenv-diff")
    parser.add_argument("--dotenvdrift", default="", help="the command of PyPI dotenvdrift")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="write check_speed.md instead of the screen")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
    tools: dict[str, Sequence[str]] = {"driftline": [*_DRIFTLINE, "check", "--no-live"]}
    if options.dotenv_diff:
        tools["dotenv-diff"] = [*shlex.split(options.dotenv_diff), "--scan-usage"]
    if options.dotenvdrift:
        tools["dotenvdrift"] = [*shlex.split(options.dotenvdrift), "."]
    page = "\n".join(_page(tools, options.checkouts, options.runs)) + "\n"
    if options.write:
        (_HERE / "check_speed.md").write_text(page, encoding="utf-8")
    else:
        print(page)


def _page(tools: Mapping[str, Sequence[str]], checkouts: Sequence[Path], runs: int) -> Iterator[str]:
    yield "# What `driftline check` costs\n"
    yield (
        f"Written by `benchmarks/check_speed.py --dotenv-diff DOTENV_DIFF --dotenvdrift DOTENVDRIFT --runs {runs} --write CHECKOUT...` on "
        f"{date.today().isoformat()}: driftline {__version__}, Python {platform.python_version()}, {os.cpu_count()} cores; medians of interleaved "
        "runs, after one that is not counted.\n"
    )
    yield "| repository | tool | wall s | CPU s | peak MiB | wall beside driftline |\n| --- | --- | ---: | ---: | ---: | ---: |"
    for checkout in checkouts:
        measured = interleaved({tool: (command, checkout) for tool, command in tools.items()}, runs)
        own = cost(measured["driftline"]).wall
        for tool, done in measured.items():
            wall, cpu, peak = cost(done)
            yield f"| {checkout.name} | {tool} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {wall / own:.2f} x |"
    with tempfile.TemporaryDirectory() as temporary:
        yield from _growth(checkouts[0], Path(temporary), min(runs, 3))
        yield from _small(Path(temporary), runs)


def _growth(checkout: Path, folder: Path, runs: int) -> Iterator[str]:
    """The CPU time of one, four and sixteen copies of a part of a checkout, each a workspace of its own."""
    yield f"\n## Growth\n\nCopies of 400 files of {checkout.name}, each a workspace.\n\n| copies | files | CPU s | CPU beside one copy | peak MiB |\n| ---: | ---: | ---: | ---: | ---: |"
    listed = subprocess.run(["git", "-C", str(checkout), "ls-files", "-z"], capture_output=True, text=True, check=True).stdout.split("\0")
    chosen = [path for path in listed if path.endswith(_COPIED) and (checkout / path).is_file()][:400]
    commands = {}
    for copies in (1, 4, 16):
        root = folder / str(copies)
        root.mkdir()
        (root / "package.json").write_text('{"name": "growth", "workspaces": ["packages/*"]}\n', encoding="utf-8")
        for number in range(copies):
            for path in chosen:
                goal = root / "packages" / f"p{number}" / path
                goal.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(checkout / path, goal)
        commands[str(copies)] = ([*_DRIFTLINE, "check", "--no-live"], root)
    costs = {copies: cost(done) for copies, done in interleaved(commands, runs).items()}
    for copies, (_, cpu, peak) in costs.items():
        yield f"| {copies} | {int(copies) * len(chosen)} | {cpu:.2f} | {cpu / costs['1'].cpu:.1f} x | {peak:.0f} |"


def _small(folder: Path, runs: int) -> Iterator[str]:
    """What starting costs: `--version` above a bare interpreter, and `check` on ten files."""
    project = folder / "ten"
    (project / "src").mkdir(parents=True)
    (project / "package.json").write_text('{"name": "ten", "dependencies": {"next": "15.0.0"}}\n', encoding="utf-8")
    (project / ".env.example").write_text("".join(f"NAME_{n}=\n" for n in range(7)), encoding="utf-8")
    (project / ".env.production").write_text("".join(f"NAME_{n}=value-{n}\n" for n in range(7)), encoding="utf-8")
    for n in range(7):
        (project / "src" / f"m{n}.ts").write_text(f"export const value = process.env.NAME_{n}!;\n", encoding="utf-8")
    commands = {
        "a bare interpreter": ([sys.executable, "-c", "pass"], project),
        "`driftline --version`": ([*_DRIFTLINE, "--version"], project),
        "`driftline check`, ten files": ([*_DRIFTLINE, "check", "--no-live"], project),
    }
    costs = {name: cost(done).cpu * 1000 for name, done in interleaved(commands, runs * 4).items()}
    bare = costs["a bare interpreter"]
    yield "\n## Starting\n\n| command | CPU ms | above a bare interpreter, ms |\n| --- | ---: | ---: |"
    for name, cpu in costs.items():
        yield f"| {name} | {cpu:.0f} | {cpu - bare:.0f} |"


if __name__ == "__main__":
    main()
