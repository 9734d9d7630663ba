"""Counts the pairs of fixtures (a real project's mistake, and the same project mended) by incident, framework and platform; writes incidents.md.

    python benchmarks/incidents.py [--write]

`tests/rules` holds every pair: the first side is flagged at the places of its `expected.txt`, the second is silent.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.rules.pairs import INCIDENTS, Side, sides

REPORT = Path(__file__).parent / "incidents.md"
WHAT = {
    1: "production runs a test key",
    2: "a lost CI secret uncovers an image's localhost",
    3: "reset mails lead to localhost by a fallback",
    4: "invitations lead to localhost by a helper's default",
    5: "magic links go where the login provider's local default says",
    6: "`https://undefined`, or a deployment's own host, as the address to return to",
    7: "the preview's login address is production's",
    8: "the preview's login returns to localhost",
    9: "a worker's other environment is bound to production's stores",
    10: "previews write into production's Supabase project",
    11: "every preview shares the real database",
    12: "a flag says preview, over production's rows",
    13: "previews call production's API and cache",
    14: "previews are built with production's profile",
    15: "two environments share a webhook's signing secret",
    16: "an API key stands where the signing secret belongs",
    17: "a price of another account than the key's",
    18: "the payment server is chosen by NODE_ENV",
    19: "token and sandbox switch disagree",
    20: "one image bakes a local address for every deployment",
    22: "staging mails with production's credentials",
    23: "staging and production share a bucket",
    24: "a preview uses production's login keys",
    25: "emulator and real project are mixed",
    28: "the mail server is a sandbox",
}


def page(found: list[Side]) -> str:
    """The table, and how many frameworks and platforms it covers."""
    lines = [
        "# Incidents as pairs of projects\n",
        f"Written by `python benchmarks/incidents.py --write` on {date.today().isoformat()}. Each pair is a fixture: the mistake is flagged, its mended twin is silent.\n",
        "| incident | rules | pairs | frameworks | platform files |",
        "| --- | --- | --- | --- | --- |",
    ]
    for number in INCIDENTS:
        flagged = [side for side in found if side.number == number and side.flags]
        mended = [side for side in found if side.number == number and not side.flags]
        cells = (
            f"{number}: {WHAT[number]}",
            ", ".join(sorted({side.rule for side in flagged})),
            str(min(len(flagged), len(mended))),
            ", ".join(sorted(set().union(*(side.frameworks for side in flagged)))) or "none",
            ", ".join(sorted(set().union(*(side.platforms for side in flagged)))) or "env files",
        )
        lines.append(f"| {' | '.join(cells)} |")
    frameworks = set().union(*(side.frameworks for side in found))
    platforms = set().union(*(side.platforms for side in found))
    flagged = sum(side.flags for side in found if side.number in INCIDENTS)
    lines.append(f"\n{len(INCIDENTS)} incidents, {flagged} pairs, {len(frameworks)} frameworks, {len(platforms)} kinds of platform files.")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Prints the page, and writes it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} beside this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = page(list(sides(Path(folder))))
    if options.write:
        REPORT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
