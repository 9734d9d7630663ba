"""docs/review.md: the flags of the launch review, what makes each verdict, and which decision follows."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from driftline.knowledge import tables
from driftline.review import limits
from driftline.rules import pages

from .rules import severity


def text() -> str:
    """The page."""
    told = tables.of_file("decisions.toml")
    titles = {flag["id"]: flag["title"] for flag in told["flags"]}
    lines = [
        "# The launch review",
        "",
        "`driftline review` judges eight red flags from the files alone, and comes to one decision. A flag is",
        "",
        "- **blocked** when one of its rules has an open blocker: decided by syntax alone, such as row security that is off on a granted table,",
        "- **at risk** when one has a warning (or, where the flag says so, a note),",
        "- **cannot tell from files** when nothing was found and something stays open that files do not show: the report says what, and what settles it,",
        "- **clear** when nothing was found and nothing stays open.",
        "",
        "```sh",
        "driftline review --bundle dist/ --format html=launch.html",
        "driftline attest callback /api/webhooks/stripe --env production --event evt_1234",
        "driftline review --keep      # verdicts and fingerprints, no values, into .driftline/review.json",
        "driftline review --changed   # what got better, worse or new since",
        "```",
        "",
        "`attest` writes into `.driftline/attestations.json` what no file shows, here that a real event arrived; commit the file, and the callback",
        "counts as tested. Nothing is run and nothing is asked over the network.",
        "",
        "What was [suppressed](configuration.md) counts for no flag. A file that could not be read leaves every flag open that found nothing.",
        "",
        "## Flags",
    ]
    for flag in told["flags"]:
        lines += ["", f"### {flag['title']}", "", *_flag(flag)]
    lines += [
        "",
        "## Decisions",
        "",
        "The first line whose conditions all hold is the decision: one thing to do next, and what to leave alone.",
        "",
        "| | when | decision | layer | next | not |",
        "| ---: | --- | --- | --- | --- | --- |",
    ]
    for number, row in enumerate(told["decisions"], 1):
        when = "; and ".join(_condition(condition, titles) for condition in row["when"]) or "nothing of the above"
        lines.append(f"| {number} | {when} | **{row['id']}** | {row['layer']} | {row['next']} | {row['avoid']} |")
    return "\n".join(lines) + "\n"


def _flag(flag: Mapping[str, Any]) -> Iterator[str]:
    told = pages.every()
    yield "| rule | says | severity |"
    yield "| --- | --- | --- |"
    for name in flag["rules"]:
        rule = told[name].rule
        yield f"| [`{name}`](rules.md#{name}) | {rule.title} | {severity(rule)} |"
    yield ""
    if flag.get("notes"):
        yield "Notes count for this flag."
        yield ""
    yield f"**Left open by.** {' '.join((inspect.getdoc(limits.LIMITS[flag['id']]) or '').split())}"


def _condition(condition: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """One condition of a decision in words."""
    if "rules" in condition:
        what = " or ".join(f"`{name}`" for name in condition["rules"])
        least = condition.get("min", 1)
        number = f"{least} or more findings" if least > 1 else "a finding"
        return f"{number} of {what}" + (f" that is a {condition['severity']}" if "severity" in condition else "")
    said = f"“{titles[condition['flag']]}” is {condition.get('is') or condition['at_least'] + _worse(condition['at_least'])}"
    return said + (f" with {condition['min']} or more findings" if "min" in condition else "")


def _worse(verdict: str) -> str:
    return " or blocked" if verdict == "at risk" else ""
