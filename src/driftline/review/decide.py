"""From findings to flags, and from flags to one decision: by the table in knowledge/decisions.toml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from driftline.evidence import Evidence
from driftline.knowledge import tables
from driftline.model import Decision, Finding, Flag, Related, Report, Review, Severity
from driftline.review import limits

_RANK = {"clear": 0, "cannot tell from files": 0, "at risk": 1, "blocked": 2}
_SHOWN = 5


def _table() -> Mapping[str, Any]:
    return tables.of_file("decisions.toml")


def review(report: Report, evidence: Evidence) -> Review:
    """The eight flags with their evidence, and the one decision that follows."""
    findings = sorted(report.open, key=lambda f: -f.severity.rank)
    flags = tuple(_flag(table, findings, report, evidence) for table in _table()["flags"])
    for decision in _table()["decisions"]:
        decisive = _decisive(decision["when"], flags, findings)
        if decisive is not None:
            return Review(flags, _decision(decision, decisive), evidence.stacks)
    raise AssertionError("the last decision has no conditions")


def is_counted(finding: Finding) -> bool:
    """Whether some flag's verdict rests on a finding; on a note only where the flag's table says so."""
    rows = (table for table in _table()["flags"] if finding.rule in table["rules"])
    return any(finding.severity is not Severity.NOTE or table.get("notes") for table in rows)


def _flag(table: Mapping[str, Any], findings: Sequence[Finding], report: Report, evidence: Evidence) -> Flag:
    mine = [f for f in findings if f.rule in table["rules"]]
    counted = [f for f in mine if f.severity is not Severity.NOTE or table.get("notes")]
    worst = max((f.severity.rank for f in counted), default=-1)
    limit = limits.of(table["id"], report, evidence)
    verdict = "blocked" if worst == Severity.BLOCKER.rank else "at risk" if worst >= 0 else "cannot tell from files" if limit else "clear"
    shown = tuple(Related(f.location, f.message) for f in (counted or mine)[:_SHOWN])
    confidence = "high" if worst == Severity.BLOCKER.rank or verdict == "clear" else "reduced" if limit else "medium"
    return Flag(table["id"], table["title"], verdict, confidence, shown, len(mine), *(limit or ()))


def _decisive(conditions: Sequence[Mapping[str, Any]], flags: Sequence[Flag], findings: Sequence[Finding]) -> list[Finding] | None:
    """The findings that a decision rests on, None where its conditions do not all hold."""
    rules_of = {table["id"]: table["rules"] for table in _table()["flags"]}
    by_id = {flag.id: flag for flag in flags}
    resting: list[Finding] = []
    for condition in conditions:
        rules = condition.get("rules") or rules_of[condition["flag"]]
        found = [f for f in findings if f.rule in rules and condition.get("severity") in (None, f.severity.value)]
        if "at_least" in condition and _RANK[by_id[condition["flag"]].verdict] < _RANK[condition["at_least"]]:
            return None
        if "is" in condition and by_id[condition["flag"]].verdict != condition["is"]:
            return None
        if not condition.get("min", 0) <= len(found) <= condition.get("max", len(found)):
            return None
        resting += found
    return resting


def _decision(table: Mapping[str, Any], resting: Sequence[Finding]) -> Decision:
    first = resting[0] if resting else None
    return Decision(
        table["id"],
        table["layer"],
        table["because"],
        table["next"],
        table["avoid"],
        Related(first.location, first.fix) if first else None,
    )
