"""The report as JSON, `driftline/report/1`: for programs, complete and in a fixed order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from driftline import __version__
from driftline.model import App, Finding, Report, Sighting
from driftline.reports import _json, _review
from driftline.reports._order import by_weight
from driftline.terminal import Terminal


def render(report: Report, terminal: Terminal, *, verbose: bool, quiet: bool) -> Iterator[str]:  # noqa: ARG001  a document has no screen
    """The whole report as one JSON document; findings by severity, then by app and place, suppressed ones included."""
    yield from _json.document(
        {
            "schema": "driftline/report/1",
            "tool": {"name": "driftline", "version": __version__},
            "command": report.command,
            "root": report.root,
            "target": report.target,
            "verdict": report.verdict,
            "apps": [_app(app) for app in report.apps],
            "findings": [_finding(finding) for finding in by_weight(report.findings)],
            "public": [_public(sighting) for sighting in sorted(report.public, key=lambda s: (s.location, s.encoding))],
            "unread": [{"path": u.path, "reason": u.reason, "line": u.line, "column": u.column} for u in report.unread],
            "unknown": [{"subject": u.subject, "environment": u.environment, "reason": u.reason, "app": u.app} for u in report.unknown],
            "notes": [{**_json.place_with_offset(note.location), "note": note.note} for note in report.notes],
            "stale": list(report.stale),
            **({"review": _review.plain(report.review)} if report.review is not None else {}),
            "stats": {
                "files": report.files,
                "bytes": report.bytes,
                "declarations": report.declarations,
                "references": report.references,
                "seconds": round(report.seconds, 3),
            },
        }
    )


def _app(app: App) -> dict[str, Any]:
    return {
        "path": app.path,
        "framework": app.framework,
        "loader": app.loader,
        "runtime": app.runtime,
        "examples": [source.path for source in app.examples],
        "environments": _json.environments(app),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    suppressed = finding.suppressed
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "fix": finding.fix,
        "avoid": finding.avoid,
        "app": finding.app,
        "environment": finding.environment,
        "variable": finding.variable,
        "subject": finding.subject,
        "identity": _json.identity(finding.identity),
        "location": _json.place_with_offset(finding.location),
        "related": [{**(_json.place(related.location) or {}), "note": related.note} for related in finding.related],
        "original": _json.place(finding.original),
        "encoding": finding.encoding,
        "container": list(finding.container),
        "value": finding.value or (finding.identity.masked if finding.identity else None),
        "fingerprint": finding.fingerprint,
        "digest": finding.digest,
        "suppressed": {"by": suppressed.by, "reason": suppressed.reason, "expires": suppressed.expires} if suppressed else None,
    }


def _public(sighting: Sighting) -> dict[str, Any]:
    return {
        "identity": _json.identity(sighting.identity),
        "environment": sighting.environment,
        "variable": sighting.variable,
        "location": _json.place_with_offset(sighting.location),
        "original": _json.place(sighting.original),
        "encoding": sighting.encoding,
        "container": list(sighting.container),
        "value": sighting.masked or (sighting.identity.masked if sighting.identity else None),
        "digest": sighting.keyed,
    }
