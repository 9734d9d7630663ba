"""Counts the findings of the credentials rules on real checkouts beside how each was judged; writes credentials.md.

    python benchmarks/credentials.py [--write] CHECKOUT...

Each CHECKOUT is a clone of a public repository, named after it (`repository`, or `owner+repository`). What was read and judged, and why, stands
in `credentials.toml` beside this file; a finding that nobody has judged yet is counted as such. No value, name of a variable or account is printed.
"""

from __future__ import annotations

import argparse
import collections
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from driftline import __version__, rules

HERE = Path(__file__).parent
REPORT = HERE / "credentials.md"
RULES = (
    *sorted(name for name, group in rules.groups().items() if group == "credentials"),
    "public-prefix-secret",
    "default-secret",
    "committed-env-file",
)


def findings(checkout: Path) -> list[dict[str, Any]]:
    """The findings of these rules on one checkout, as the JSON report has them."""
    command = [sys.executable, "-m", "driftline", "check", str(checkout), "--no-live", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [finding for finding in json.loads(done.stdout)["findings"] if finding["rule"] in RULES]


def judgement(repository: str, finding: dict[str, Any], judged: list[dict[str, str]]) -> dict[str, str]:
    """The entry that speaks of a finding, or one that says that there is none."""
    for entry in judged:
        if (entry["repository"], entry["rule"]) == (repository, finding["rule"]) and finding["location"]["path"].endswith(entry["path"]):
            return entry
    return {"verdict": "not judged", "why": ""}


def main() -> None:
    """Prints the page, and writes it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} beside this file")
    options = parser.parse_args()
    judged = tomllib.loads((HERE / "credentials.toml").read_text(encoding="utf-8"))["judged"]
    by_name = {checkout.name.rpartition("+")[2]: checkout for checkout in options.checkouts if (checkout / ".git").exists()}
    rows, silent = [], []
    totals: collections.Counter[tuple[str, str]] = collections.Counter()
    for name, checkout in sorted(by_name.items(), key=lambda item: item[0].lower()):
        groups: collections.Counter[tuple[str, str, str, str]] = collections.Counter()
        for finding in findings(checkout):
            entry = judgement(name, finding, judged)
            groups[finding["rule"], finding["severity"], entry["verdict"], entry["why"]] += 1
            totals[finding["severity"], entry["verdict"]] += 1
        rows += [
            f"| {name} | {count} {rule} ({severity}) | {verdict} | {why} |" for (rule, severity, verdict, why), count in groups.items()
        ]
        if not groups:
            silent.append(name)
    counted = "; ".join(
        f"{severity}s: " + (", ".join(f"{count} {verdict}" for (of, verdict), count in sorted(totals.items()) if of == severity) or "none")
        for severity in ("blocker", "warning", "note")
    )
    text = "\n".join(
        [
            "# The credentials rules on public repositories",
            "",
            f"Written by `python benchmarks/credentials.py --write CHECKOUT...` on {date.today().isoformat()}, driftline {__version__}. Every finding was "
            "read in its file and judged as the repository's author would (`credentials.toml`).",
            "",
            f"{len(by_name)} repositories, {sum(totals.values())} findings. {counted}. Silent: {len(silent)}.",
            "",
            "| repository | findings | judged | why |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
            f"Silent: {', '.join(silent)}.",
            "",
        ]
    )
    sys.stdout.write(text)
    if options.write:
        REPORT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
