"""The report as GitLab Code Quality: findings at their lines in a merge request, new and fixed ones told apart by fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from driftline.model import Finding, Report, Severity
from driftline.reports import _json, _words
from driftline.reports._order import by_weight
from driftline.terminal import Terminal

# GitLab's words are info, minor, major, critical and blocker (GitLab Docs, "Code Quality report format", read 2026-11).
_SEVERITY = {Severity.BLOCKER: "blocker", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(report: Report, terminal: Terminal, *, verbose: bool, quiet: bool) -> Iterator[str]:  # noqa: ARG001  a document has no screen
    """One JSON list: open findings, what could not be read (critical), and what files cannot settle (info)."""
    terminal = terminal._replace(unicode=True, colour=False)
    issues = [
        _issue(terminal, f"Not judged: {unread.reason}", "unread", "critical", unread.path, unread.line or 1, f"unread\0{unread.path}")
        for unread in report.unread
    ]
    issues += [
        _issue(
            terminal,
            _sentences(finding),
            finding.rule,
            _SEVERITY[finding.severity],
            finding.location.path,
            finding.location.line,
            f"{finding.rule}\0{finding.fingerprint}",
        )
        for finding in by_weight(report.open)
    ]
    for unknown in report.unknown:
        words = f"Unknown: {_words.open_question(unknown)}"
        name = f"unknown\0{unknown.app}\0{unknown.environment}\0{unknown.subject}\0{unknown.reason}"
        issues.append(_issue(terminal, words, "unknown", "info", unknown.app or ".", 1, name))
    yield from _json.document(issues)


def _sentences(finding: Finding) -> str:
    """The description is all that a merge request shows."""
    return " ".join([f"{_words.told(finding)}.", *(f"{_words.capital(label)}: {words}." for label, words in _words.advice(finding))])


def _issue(terminal: Terminal, description: str, check: str, severity: str, path: str, line: int, name: str) -> dict[str, Any]:
    return {
        "type": "issue",
        "check_name": f"driftline/{check}",
        "description": terminal.text(description),
        "categories": ["Bug Risk"],
        "severity": severity,
        "fingerprint": hashlib.sha256(name.encode("utf-8", "replace")).hexdigest(),
        "location": {"path": path, "lines": {"begin": max(1, line)}},
    }
