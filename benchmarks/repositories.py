"""Audits real checkouts, counts the findings by rule and how many were judged true, beside dotenv-diff and dotenvdrift; writes repositories.md.

    python benchmarks/repositories.py --dotenv-diff DOTENV_DIFF --dotenvdrift DOTENVDRIFT [--runs 1] [--unjudged] [--write] CHECKOUT...

Each CHECKOUT is a clone of a public repository, named after it (`repository`, or `owner+repository`). Whether a finding is true was judged by
reading it beside the lines that it names, and stands in repositories_judged.json by repository and fingerprint (no code, no values): every
blocker and warning, and 50 notes chosen at random. `--unjudged` lists the blockers and warnings that nobody has judged yet. A peer's figure is
the number of names it calls missing, undocumented or unused; dotenvdrift is given its `.` and dotenv-diff its `--scan-usage`. Times are
medians of `--runs` interleaved runs on this machine: quote the ratios.
"""

from __future__ import annotations

import argparse
import json
import platform
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from measure import Run, cost, interleaved, run

from driftline import __version__

_HERE = Path(__file__).parent
_JUDGED = _HERE / "repositories_judged.json"
_VERDICTS = ("true", "arguable", "false")


class Row(NamedTuple):
    """One checkout: the reports, the runs of every tool, and its findings with how each was judged ("" where nobody did)."""

    name: str
    report: dict[str, Any]
    variables: int
    runs: dict[str, list[Run]]
    peers: dict[str, str]
    judged: list[tuple[dict[str, Any], str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="+", type=Path)
    parser.add_argument("--dotenv-diff", default="", help="the command of npm dotenv-diff")
    parser.add_argument("--dotenvdrift", default="", help="the command of PyPI dotenvdrift")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument(
        "--unjudged", action="store_true", help="list the blockers and warnings that repositories_judged.json does not name"
    )
    parser.add_argument("--write", action="store_true", help="write repositories.md instead of the screen")
    options = parser.parse_args()
    tools = {"driftline": [sys.executable, "-m", "driftline", "check", "--format", "json", "--no-live"]}
    if options.dotenv_diff:
        tools["dotenv-diff"] = [*shlex.split(options.dotenv_diff), "--json", "--scan-usage"]
    if options.dotenvdrift:
        tools["dotenvdrift"] = [*shlex.split(options.dotenvdrift), ".", "--json"]
    known = json.loads(_JUDGED.read_text(encoding="utf-8"))
    rows = [_row(checkout, tools, options.runs, known) for checkout in options.checkouts]
    if options.unjudged:
        for line in _unjudged(rows):
            print(line)
    page = "\n".join(_page(rows, tools, options.runs)) + "\n"
    if options.write:
        (_HERE / "repositories.md").write_text(page, encoding="utf-8")
    else:
        print(page)


def _row(checkout: Path, tools: dict[str, list[str]], times: int, known: dict[str, dict[str, Any]]) -> Row:
    runs = interleaved({tool: (command, checkout) for tool, command in tools.items()}, times, warm=False)
    report = json.loads(runs["driftline"][-1].output)
    matrix = json.loads(run([sys.executable, "-m", "driftline", "matrix", "--format", "json", "--no-live"], checkout).output)
    name = checkout.name.replace("+", "/", 1)
    mine = known.get(name, {})
    judged = []
    for finding in report["findings"]:
        verdict = next((word for word in _VERDICTS if finding["fingerprint"] in mine.get(word, ())), "")
        why = mine[verdict][finding["fingerprint"]] if verdict in ("arguable", "false") else ""
        judged.append((finding, verdict, why))
    peers = {tool: _FIGURES[tool](runs[tool][-1].output) for tool in tools if tool in _FIGURES}
    return Row(name, report, sum(len(app["variables"]) for app in matrix["apps"]), runs, peers, judged)


def _of_dotenv_diff(output: str) -> str:
    try:
        found = json.loads(output[output.index("{") :])
    except ValueError:
        return "no report"
    return f"{len(found.get('missing', ()))} missing, {len(found.get('unused', ()))} unused"


def _of_dotenvdrift(output: str) -> str:
    try:
        issues = json.loads(output)["issues"]
    except (ValueError, KeyError):
        return "no report"
    return ", ".join(f"{len(names)} {group}" for group, names in issues.items())


_FIGURES: dict[str, Callable[[str], str]] = {"dotenv-diff": _of_dotenv_diff, "dotenvdrift": _of_dotenvdrift}


def _page(rows: Sequence[Row], tools: Sequence[str], times: int) -> Iterator[str]:
    yield "# The drift audit on real repositories\n"
    yield (
        f"Written by `benchmarks/repositories.py --dotenv-diff DOTENV_DIFF --dotenvdrift DOTENVDRIFT --runs {times} --write CHECKOUT...` on "
        f"{date.today().isoformat()}: driftline {__version__}, Python {platform.python_version()}. Every blocker and warning was read beside "
        "the lines that it names, and notes chosen at random (`repositories_judged.json`).\n"
    )
    judged = [(finding, verdict) for row in rows for finding, verdict, _ in row.judged]
    loud = Counter(verdict for finding, verdict in judged if finding["severity"] != "note")
    notes = Counter(verdict for finding, verdict in judged if finding["severity"] == "note")
    yield f"**{len(rows)} repositories. Blockers and warnings: {_share(loud)}. Notes: {_share(notes)}.**\n"
    yield from _of_repositories(rows, tools)
    yield from _of_rules(judged)
    yield "\n## Judged arguable or false\n"
    for row in rows:
        for finding, verdict, why in row.judged:
            if verdict in ("arguable", "false"):
                yield f"- {row.name}, {finding['rule']} ({finding['severity']}), {finding['location']['path']}: {verdict}, {why}"


def _share(counts: Counter[str]) -> str:
    known = counts.total() - counts[""]
    if not known:
        return "none judged"
    told = f"{100 * counts['true'] / known:.1f} % of {known} true, {counts['arguable']} arguable, {counts['false']} false"
    return f"{told}, {counts['']} not judged" if counts[""] else told


def _of_repositories(rows: Sequence[Row], tools: Sequence[str]) -> Iterator[str]:
    columns = ["repository", "files", "apps", "sources", "variables", "blockers", "warnings", "notes", "unknown", "unread"]
    columns += [tool for tool in tools if tool in _FIGURES] + [f"{tool} s wall / CPU" for tool in tools]
    yield f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}"
    for row in rows:
        severities = Counter(finding["severity"] for finding in row.report["findings"])
        sources = {path for app in row.report["apps"] for environment in app["environments"] for path in environment["sources"]}
        cells: list[object] = [row.name, row.report["stats"]["files"], len(row.report["apps"]), len(sources), row.variables]
        cells += [severities["blocker"], severities["warning"], severities["note"], len(row.report["unknown"]), len(row.report["unread"])]
        cells += row.peers.values()
        for wall, cpu, _ in map(cost, row.runs.values()):
            cells.append(f"{wall:.2f} / {cpu:.2f}")
        yield f"| {' | '.join(map(str, cells))} |"


def _of_rules(judged: Sequence[tuple[dict[str, Any], str]]) -> Iterator[str]:
    yield "\n## By rule\n\n| rule | blockers | warnings | notes | judged true | arguable | false |\n|" + " --- |" * 7
    for rule in sorted({finding["rule"] for finding, _ in judged}):
        mine = [(finding["severity"], verdict) for finding, verdict in judged if finding["rule"] == rule]
        severities, verdicts = Counter(severity for severity, _ in mine), Counter(verdict for _, verdict in mine)
        counts = [severities["blocker"], severities["warning"], severities["note"], *(verdicts[word] for word in _VERDICTS)]
        yield f"| {rule} | {' | '.join(map(str, counts))} |"


def _unjudged(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        for finding, verdict, _ in row.judged:
            if not verdict and finding["severity"] != "note":
                place = finding["location"]
                yield f"{row.name} {finding['fingerprint']} {finding['rule']} {place['path']}:{place['line']}: {finding['message']}"


if __name__ == "__main__":
    main()
