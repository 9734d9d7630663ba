"""Runs the launch review on public AI-built apps and starters: decision, flags, warnings by the review's own rules and how many are true, CPU.

    python benchmarks/review.py [--runs 3] [--unjudged] [--write benchmarks/review.md] CHECKOUT...

Each CHECKOUT is a clone of a public repository. Whether a finding is true was judged by reading it beside the code or SQL that it names, and
stands in review_judged.json by repository and fingerprint (no code, no values); those of KVP-Git-Lovable/storehaven-essentials, 345 policies of
56 spellings, were judged by spelling. `--unjudged` lists what nobody has judged yet. Only blockers and
warnings of the review's own rules are judged here. CPU is user and system time of a whole run, the median of `--runs`; the replay is timed on
the longest history of migrations, with both readers.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from measure import cost, run

from driftline.database import Script, migrations, postgres
from driftline.database import statements as by_tokens
from driftline.database.migrations import History
from driftline.database.replay import replay
from driftline.model import Unreadable
from driftline.project import files

_JUDGED = Path(__file__).with_name("review_judged.json")
_RULES = (
    "client-supplied-identity", "rls-disabled", "rls-never-enabled", "permissive-policy", "open-rules", "untested-callback",
    "competing-backends", "duplicate-webhook-routes", "manual-release-step", "unowned-surface",
)  # fmt: skip


class Row(NamedTuple):
    """One checkout: its report, the median of its CPU seconds, and its judged findings: rule -> true, false, not judged."""

    name: str
    report: dict[str, Any]
    seconds: float
    judged: dict[str, Counter[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--unjudged", action="store_true", help="list the findings that review_judged.json does not name")
    parser.add_argument("--write", type=Path, help="the Markdown file that gets the result; without it, the screen does")
    options = parser.parse_args()
    known = json.loads(_JUDGED.read_text(encoding="utf-8"))
    rows = [_row(checkout, options.runs, known, options.unjudged) for checkout in options.checkouts]
    page = "\n".join(_page(rows, options))
    if options.write:
        options.write.write_text(page + "\n", encoding="utf-8")
    else:
        print(page)


def _row(checkout: Path, runs: int, known: dict[str, dict[str, Any]], unjudged: bool) -> Row:
    name = checkout.name.replace("+", "/", 1)
    command = [sys.executable, "-m", "driftline", "review", "--no-live", "--format", "json", str(checkout)]
    done = [run(command) for _ in range(runs)]
    report = json.loads(done[-1].output)
    judged: dict[str, Counter[str]] = {}
    mine = known.get(name, {"true": [], "false": {}})
    for finding in report["findings"]:
        if finding["rule"] in _RULES and finding["severity"] != "note":
            print_of = finding["fingerprint"]
            verdict = "true" if print_of in mine["true"] else "false" if print_of in mine["false"] else "not judged"
            judged.setdefault(finding["rule"], Counter())[verdict] += 1
            if unjudged and verdict == "not judged":
                place = finding["location"]
                print(f"{name} {print_of} {finding['rule']} {place['path']}:{place['line']}: {finding['message']}")
    return Row(name, report, cost(done).cpu, judged)


def _page(rows: list[Row], options: argparse.Namespace) -> Iterator[str]:
    yield "# The launch review on real apps\n"
    yield f"Written by `benchmarks/review.py --runs {options.runs} --write benchmarks/review.md CHECKOUT...` on {date.today().isoformat()}, Python {platform.python_version()}."
    yield "True and false by reading each finding beside the code that it names (`review_judged.json`); only the review's own rules, blockers and warnings.\n"
    totals: Counter[str] = Counter()
    by_rule: dict[str, Counter[str]] = {}
    for row in rows:
        for rule, counts in row.judged.items():
            by_rule.setdefault(rule, Counter()).update(counts)
            totals.update(counts)
    yield f"**{len(rows)} repositories, {totals.total()} findings: {_share(totals)}.**\n"
    yield "| rule | true | false | not judged |\n| --- | ---: | ---: | ---: |"
    for rule, counts in sorted(by_rule.items()):
        yield f"| {rule} | {counts['true']} | {counts['false']} | {counts['not judged']} |"
    yield "\n| repository | files | decision | clear, at risk, blocked, cannot tell | true | false | not judged | CPU s |"
    yield "| --- | ---: | --- | --- | ---: | ---: | ---: | ---: |"
    for row in rows:
        verdicts = Counter(flag["verdict"] for flag in row.report["review"]["flags"])
        counts = sum(row.judged.values(), Counter())
        told = ", ".join(str(verdicts[word]) for word in ("clear", "at risk", "blocked", "cannot tell from files"))
        yield (
            f"| {row.name} | {row.report['stats']['files']} | {row.report['review']['decision']['title']} | {told}"
            f" | {counts['true']} | {counts['false']} | {counts['not judged']} | {row.seconds:.2f} |"
        )
    yield "\n## The replay alone\n"
    yield from _replays(options.checkouts)


def _share(counts: Counter[str]) -> str:
    known = counts["true"] + counts["false"]
    return f"{100 * counts['true'] / known:.1f} % of {known} judged are true, {counts['not judged']} not judged" if known else "none judged"


def _replays(checkouts: list[Path]) -> Iterator[str]:
    """CPU seconds of reading and replaying the longest history of all, by each reader."""
    histories = [
        (root, history)
        for root in checkouts
        for history in migrations.histories([file.path for file in files.walk(str(root)).files if file.path.endswith(".sql")])
    ]
    if not histories:
        yield "No checkout has migrations."
        return
    root, history = max(histories, key=lambda one: len(one[1].files))
    texts = {path: _text(root, path) for path in history.files}
    yield "| history | files | reader | CPU s |\n| --- | ---: | --- | ---: |"
    readers: dict[str, Callable[[str, str], Script]] = {"tokens": by_tokens.read}
    if postgres.is_available():
        readers["parser"] = postgres.read
    for reader, read in readers.items():
        yield f"| {root.name.replace('+', '/', 1)} {history.folder} | {len(history.files)} | {reader} | {_timed(history, texts, read):.2f} |"


def _timed(history: History, texts: dict[str, str], read: Callable[[str, str], Script]) -> float:
    started = time.process_time()
    replay([(path, read(path, texts[path])) for path in history.files], grants_itself=lambda _path: True)
    return time.process_time() - started


def _text(root: Path, path: str) -> str:
    try:
        return files.decode(files.read(str(root), path))
    except Unreadable:
        return ""


if __name__ == "__main__":
    main()
