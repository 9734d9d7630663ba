"""Audits real checkouts and prints one table: apps, sources, variables, findings by rule, time; beside dotenv-diff and dotenvdrift.

    python benchmarks/repositories.py --dotenv-diff "npx dotenv-diff" --dotenvdrift dotenvdrift CHECKOUT...

Each CHECKOUT is a clone of a public repository. Times are medians of interleaved runs on this machine: quote the ratios.
"""

from __future__ import annotations

import argparse
import collections
import json
import resource
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path


def run(command: list[str], folder: Path) -> tuple[float, float, str]:
    """(wall seconds, CPU seconds, standard output) of one command in `folder`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="+", type=Path)
    parser.add_argument("--driftline", default=f"{sys.executable} -m driftline")
    parser.add_argument("--dotenv-diff", default="")
    parser.add_argument("--dotenvdrift", default="")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    tools = {"driftline": [*shlex.split(options.driftline), "check", "--format", "json", "--no-live"]}
    if options.dotenv_diff:
        tools["dotenv-diff"] = [*shlex.split(options.dotenv_diff), "--scan-usage"]
    if options.dotenvdrift:
        tools["dotenvdrift"] = [*shlex.split(options.dotenvdrift), "check"]
    rules: collections.Counter[str] = collections.Counter()
    print(
        "| repository | files | apps | sources | variables | blockers | warnings | notes | unknown | unread | "
        + " | ".join(f"{t} wall/CPU s" for t in tools)
        + " |"
    )
    print("| --- " * (10 + len(tools)) + "|")
    for checkout in options.checkouts:
        times: dict[str, list[tuple[float, float]]] = {tool: [] for tool in tools}
        report = {}
        matrix = {}
        for _ in range(options.runs):
            for tool, command in tools.items():
                wall, cpu, output = run(command, checkout)
                times[tool].append((wall, cpu))
                if tool == "driftline":
                    report = json.loads(output)
        _, _, output = run([*shlex.split(options.driftline), "matrix", "--format", "json", "--no-live"], checkout)
        matrix = json.loads(output)
        severities = collections.Counter(f["severity"] for f in report["findings"])
        rules.update(f"{f['rule']} ({f['severity']})" for f in report["findings"])
        sources = {path for app in report["apps"] for e in app["environments"] for path in e["sources"]}
        variables = sum(len(app["variables"]) for app in matrix["apps"])
        row = [checkout.name, report["stats"]["files"], len(report["apps"]), len(sources), variables]
        row += [severities["blocker"], severities["warning"], severities["note"], len(report["unknown"]), len(report["unread"])]
        row += [f"{statistics.median(w for w, _ in t):.2f} / {statistics.median(c for _, c in t):.2f}" for t in times.values()]
        print("| " + " | ".join(str(cell) for cell in row) + " |", flush=True)
    print("\n| rule | findings |\n| --- | --- |")
    for rule, count in rules.most_common():
        print(f"| {rule} | {count} |")


if __name__ == "__main__":
    main()
