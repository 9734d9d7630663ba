"""Keeps a review (verdicts and fingerprints, no values) and says what got better, worse or new since the one that was kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from driftline.model import Finding, Location, Misuse, Related, Report, Severity
from driftline.review import decide

FILE = ".driftline/review.json"
SCHEMA = "driftline/review/1"

_SEVERITIES = {severity.value: severity for severity in Severity}
_RANK = {"clear": 0, "cannot tell from files": 1, "at risk": 2, "blocked": 3}


def kept(report: Report) -> str:
    """The review as a file to commit: one line for each flag and each finding that counts, sorted, so that two branches merge.

    The last line is always the same one, so that no line that changes is the one without a comma.
    """
    rows: dict[str, Any] = {}
    if report.review is not None:
        rows = {f"flag {flag.id}": flag.verdict for flag in report.review.flags}
    rows.update((f"finding {f.fingerprint}", {"rule": f.rule, "severity": f.severity.value, "what": _named(f)}) for f in _counting(report))
    lines = "".join(f"  {json.dumps(key)}: {json.dumps(rows[key], ensure_ascii=False)},\n" for key in sorted(rows))
    return f'{{\n{lines}  "schema": "{SCHEMA}"\n}}\n'


def compared(report: Report, text: str) -> Report:
    """The report with what changed since the review that `text` holds: worse first, then new, then better. Raises Misuse for another file."""
    before = _read(text)
    if report.review is None:
        return report
    found = [*_of_flags(report, before), *_of_findings(report, before)]
    found.sort(key=lambda change: ("worse", "new", "better").index(change[0]))
    notes = report.notes if found else (*report.notes, Related(Location(FILE, 1), "nothing changed since this review was kept"))
    return report._replace(review=report.review._replace(changed=tuple(found)), notes=notes)


def _counting(report: Report) -> Iterator[Finding]:
    """The findings that are worth following: all but the notes on which no flag rests."""
    return (f for f in report.open if f.severity is not Severity.NOTE or decide.is_counted(f))


def _named(finding: Finding) -> str:
    """What a finding is about, steady from run to run: its file, and its variable and environment where it has them."""
    about = [finding.variable or "", f"in {finding.environment}" if finding.environment else "", finding.location.path]
    return ", ".join(word for word in (" ".join(filter(None, about[:2])), about[2]) if word)


def _of_flags(report: Report, before: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for flag in report.review.flags if report.review else ():
        old = before.get(f"flag {flag.id}")
        if isinstance(old, str) and old in _RANK and old != flag.verdict:
            yield ("worse" if _RANK[flag.verdict] > _RANK[old] else "better"), f"{flag.title}: {flag.verdict}, was {old}"


def _of_findings(report: Report, before: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    now = {f"finding {finding.fingerprint}": finding for finding in _counting(report)}
    for key, finding in now.items():
        said = f"{finding.severity.value} {finding.rule} ({_named(finding)})"
        old = before.get(key)
        if not isinstance(old, dict):
            yield "new", said
        elif old.get("severity") != finding.severity.value and old.get("severity") in _SEVERITIES:
            worse = finding.severity.rank > _SEVERITIES[old["severity"]].rank
            yield ("worse" if worse else "better"), f"{said}, was a {old['severity']}"
    if report.unread:
        return  # what could not be read may hold what seems to be gone
    for key, old in sorted(before.items()):
        if key.startswith("finding ") and key not in now and isinstance(old, dict):
            yield "better", f"{old.get('severity')} {old.get('rule')} is gone ({old.get('what')})"


def _read(text: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise Misuse(f"{FILE} is not a {SCHEMA} file; write it anew with `driftline review --keep`")
    return data
