"""Counts the findings of the callback rules on real checkouts, beside how they were judged, and measures what these rules cost; writes callbacks.md.

    python benchmarks/callbacks.py --cost CHECKOUT CHECKOUT...

Each CHECKOUT is a clone of a public repository, named after it (`repository`, or `owner+repository`). What was judged false, and why, and how
many findings were read, stands in `callbacks.toml` beside this file. `--cost` names the checkout on which the CPU time of `check` is measured in
interleaved runs: as it is, and without the callback rules, the addresses in code and the routes that they alone need. Without `--cost` the cost
of the last run is kept; with it and no CHECKOUT the table is.
"""

from __future__ import annotations

import argparse
import collections
import json
import platform
import subprocess
import sys
from datetime import date
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from measure import cost, interleaved

from driftline import __version__, rules

HERE = Path(__file__).parent
RULES = (*sorted(name for name, group in rules.groups().items() if group == "callbacks"), "mode-by-node-env", "test-credential-fallback")

# `check` without all that the callback rules alone need.
_WITHOUT = """
import sys
from driftline import audit, code, rules
from driftline.code import _addresses, routes
_addresses.may_stand_in = lambda path, content: False
code._may_hold_addresses = lambda file, module: False
routes.read = lambda path, content, folder=".": None
whole = rules.check
rules.check = lambda facts, groups, *rest, **more: whole(facts, tuple(g for g in groups if g != "callbacks"), *rest, **more)
from driftline.cli import main
main()
"""


def findings(checkout: Path) -> list[dict[str, str]]:
    """The findings of the callback rules on one checkout, as the JSON report has them."""
    done = subprocess.run(
        [sys.executable, "-m", "driftline", "check", str(checkout), "--no-live", "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    return [finding for finding in json.loads(done.stdout)["findings"] if finding["rule"] in RULES]


def price(checkout: Path, runs: int) -> str:
    """The lines on what the callback rules add to `check` on one checkout."""
    # In one process: what several share, and what it costs to start them, is another measurement.
    options = ["check", str(checkout.resolve()), "--no-live", "--format", "json", "--jobs", "1"]
    commands = {"whole": [sys.executable, "-m", "driftline", *options], "without": [sys.executable, "-c", _WITHOUT, *options]}
    one, other = (cost(done).cpu for done in interleaved({name: (words, HERE) for name, words in commands.items()}, runs).values())
    return (
        f"`check` on {checkout.name}: {one:.2f} s of CPU, {other:.2f} s without the callback rules, the addresses in code and the routes: "
        f"they add {100 * (one - other) / other:.0f} % (one process, medians of {runs} interleaved runs, Python {platform.python_version()}, "
        f"{date.today().isoformat()}).\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="*", type=Path)
    parser.add_argument("--cost", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--to", type=Path, default=HERE / "callbacks.md")
    options = parser.parse_args()
    told = tomllib.loads((HERE / "callbacks.toml").read_text())
    judged, read = told["false"], told["read"]
    kept, _, old = options.to.read_text().partition("## Cost\n\n") if options.to.exists() else ("", "", "")
    if options.cost and not options.checkouts:
        options.to.write_text(f"{kept}## Cost\n\n{price(options.cost, options.runs)}")
        return
    rows, total, untrue, blockers, done = [], 0, 0, 0, set()
    for checkout in options.checkouts:
        name = checkout.name.rpartition("+")[2]
        if name in done:
            continue
        done.add(name)
        found = findings(checkout)
        by_rule = collections.Counter(f"{finding['rule']} ({finding['severity']})" for finding in found)
        wrong = [
            (finding, row)
            for finding in found
            for row in judged
            if (row["repository"], row["rule"]) == (name, finding["rule"]) and row["path"] in str(finding["location"])
        ]
        total, untrue = total + len(found), untrue + len(wrong)
        blockers += sum(finding["severity"] == "blocker" for finding, _ in wrong)
        said = ", ".join(f"{count} {rule}" for rule, count in sorted(by_rule.items())) or "none"
        why = "; ".join(dict.fromkeys(f"{row['path']}: {row['why']}" for _, row in wrong))
        rows.append(f"| {name} | {said} | {len(found) - len(wrong)} of {len(found)} | {why} |\n")
    share = f"{100 * (total - untrue) / total:.1f} %" if total else "none"
    options.to.write_text(
        "# The callback rules on public repositories\n\n"
        f"driftline {__version__}, {date.today().isoformat()}, `python benchmarks/callbacks.py --cost CHECKOUT CHECKOUT...`. "
        f"{read['findings']} findings were read on {read['on']}: the lines around each, and where these do not settle it (a route that is not there, "
        "a function that no configuration opens) what a search of the repository found. A finding counts as true unless `callbacks.toml` says "
        "why its author would not call it so.\n\n"
        f"{total} findings in {len(done)} repositories, {total - untrue} true ({share}), {blockers} false blockers.\n\n"
        "| repository | findings | true | judged false, and why |\n| --- | --- | --- | --- |\n"
        + "".join(rows)
        + "\n## Cost\n\n"
        + (price(options.cost, options.runs) if options.cost else old or "Not measured yet.\n")
    )


if __name__ == "__main__":
    main()
