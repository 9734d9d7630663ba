"""docs/review.md: the launch review, its flags and decisions, from the table that it decides by."""

from __future__ import annotations

from driftline.knowledge import tables

_HEAD = """# The launch review

```sh
driftline review
driftline review --bundle dist/ --format html=launch.html
```

`review` judges what `check` judges and, from migrations, rules files, route handlers, workflows and owners' files, the eight red flags below. It
ends with one decision: what to do next, where to begin, and what not to do. It is for the day before people pay, and for a project that
somebody takes over. Nothing is run and nothing is asked over the network.

| a flag is | when |
| --- | --- |
| blocked | a rule of it found a blocker |
| at risk | a rule of it found a warning, or a note where the flag counts them |
| cannot tell from files | nothing was found, and something that it asks is not in the files; the review names what would settle it |
| clear | nothing was found, and the files show all that it asks |

The exit code is that of every command: 0, or 1 where something reaches `--fail-on`. What no file shows, a person can record:

```sh
driftline attest callback /api/webhooks/stripe --env production --event evt_1234
```

keeps in `.driftline/attestations.json` that a real event arrived; commit the file, and the callback counts as tested. `driftline review --keep` keeps
verdicts and fingerprints (no values) in `.driftline/review.json`, and `driftline review --changed` says what got better, worse or new since.
"""


def text() -> str:
    """The page."""
    table = tables.of_file("decisions.toml")
    lines = [_HEAD, "## The flags", "", "| flag | rests on |", "| --- | --- |"]
    for flag in table["flags"]:
        rules = ", ".join(f"[`{rule}`](rules.md#{rule})" for rule in flag["rules"])
        lines.append(f"| {flag['title']} | {rules}{'; notes count' if flag.get('notes') else ''} |")
    lines += [
        "",
        "## The decisions",
        "",
        "The first one that holds is taken.",
        "",
        "| decision | because | next | not |",
        "| --- | --- | --- | --- |",
    ]
    for decision in table["decisions"]:
        layer = f" ({decision['layer']})" if decision["layer"] != "none" else ""
        lines.append(f"| {decision['id']}{layer} | {decision['because']} | {decision['next']} | {decision['avoid']} |")
    return "\n".join(lines) + "\n"
