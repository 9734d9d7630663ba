"""The report as SARIF 2.1.0, for code scanning platforms and editors; validated in tests against the format's own schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from driftline import __version__, late
from driftline.model import Finding, Location, Page, Report, Severity
from driftline.reports import _json, _words
from driftline.reports._journey import Journeys
from driftline.reports._order import by_weight
from driftline.terminal import Terminal, count

_LEVEL = {Severity.BLOCKER: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_PROBLEM = {Severity.BLOCKER: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
# GitHub shows over 9.0 as critical, from 7.0 as high, from 4.0 as medium, below as low (GitHub Docs, "SARIF support for code scanning",
# read 2026-11). A blocker stops a deploy but is no remote attack: high.
_SECURITY = {Severity.BLOCKER: "8.0", Severity.WARNING: "5.0", Severity.NOTE: "2.0"}
_LINK = late.pattern(r"\[(?=[^\[\]]{0,2000}\]\()")
# What GitHub keeps of a result's related locations (the same page: 1,000 per result, the first 100 are included).
_RELATED = 100


def render(report: Report, terminal: Terminal, *, verbose: bool, quiet: bool) -> Iterator[str]:  # noqa: ARG001  a document has no screen
    """One SARIF log with one run.

    Suppressed findings are counted, and listed with their suppressions only with `verbose`: GitHub opens an alert for each
    result, whatever its suppressions say.
    """
    run = _Run(report, terminal._replace(unicode=True, colour=False), verbose)
    yield from _json.document(
        {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run.document()]},
    )


class _Run:
    """One run: its rules have an order that results refer to."""

    def __init__(self, report: Report, terminal: Terminal, verbose: bool) -> None:
        self.report = report
        self.terminal = terminal
        self.findings = by_weight(report.findings if verbose else report.open)
        self.ids = [*report.pages, *sorted({f.rule for f in self.findings} - set(report.pages))]
        self.journeys = Journeys(report)
        self.severities: dict[str, set[Severity]] = {}
        for finding in self.findings:
            self.severities.setdefault(finding.rule, set()).add(finding.severity)
        self.index = {name: number for number, name in enumerate(self.ids)}

    def document(self) -> dict[str, Any]:
        report = self.report
        return {
            "tool": {
                "driver": {
                    "name": "driftline",
                    "version": __version__,
                    "semanticVersion": __version__,
                    "rules": [self._rule(name, report.pages.get(name)) for name in self.ids],
                }
            },
            # GitHub takes what stands before the last slash for the category: runs of one category replace one another.
            "automationDetails": {"id": f"driftline/{report.command}/{report.target or 'all'}/"},
            "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The audited folder."}}},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": not report.unread, "toolExecutionNotifications": list(self._notifications())}],
            "results": [self._result(finding) for finding in self.findings],
            "properties": {
                "verdict": report.verdict,
                "suppressed": len(report.findings) - len(report.open),
                "public": len(report.public),
                "files": report.files,
                "bytes": report.bytes,
            },
        }

    def _rule(self, name: str, page: Page | None) -> dict[str, Any]:
        described: dict[str, Any] = {"id": name, "name": "".join(word.capitalize() for word in name.split("-"))}
        if page is None:
            return {**described, "shortDescription": {"text": name.replace("-", " ")}}
        found = self.severities.get(name) or {page.rule.severity}
        severity = max(found, key=lambda s: s.rank)
        properties: dict[str, Any] = {"tags": ["driftline", page.group], "precision": "high", "problem.severity": _PROBLEM[severity]}
        if page.group != "drift":
            properties["tags"].append("security")
            # GitHub takes the rule's severity before the result's: where findings of a rule weigh differently (production and
            # elsewhere), the rule names none, and each finding's level is shown.
            if len(found) == 1:
                properties["security-severity"] = _SECURITY[severity]
        what = " ".join(page.what.split())
        described |= {
            "shortDescription": {"text": _words.capital(page.rule.title)},
            "fullDescription": {"text": what},
            "help": {"text": _help(page, markdown=False), "markdown": _help(page, markdown=True)},
            "defaultConfiguration": {"level": _LEVEL[page.rule.severity]},
            "properties": properties,
        }
        return described

    def _result(self, finding: Finding) -> dict[str, Any]:
        result: dict[str, Any] = {
            "ruleId": finding.rule,
            "ruleIndex": self.index[finding.rule],
            "level": _LEVEL[finding.severity],
            "message": self._message(self._sentences(finding)),
            "locations": [self._location(finding.location, container=finding.container)],
            # GitHub matches alerts by the first alone: with ours an alert survives moved lines, and two environments stay two alerts.
            "partialFingerprints": {"primaryLocationLineHash": finding.fingerprint, "driftlineFingerprint/v1": finding.fingerprint},
            "properties": self._properties(finding),
        }
        related = [self._location(r.location, note=r.note) for r in finding.related[:_RELATED]]
        if finding.original is not None:
            related.insert(0, self._location(finding.original, note="the original source, by the source map"))
        if related:
            result["relatedLocations"] = [{"id": number, **place} for number, place in enumerate(related, 1)]
        steps = self.journeys.of(finding)
        if steps:
            places = [{"location": self._location(step.location, note=step.note), "executionOrder": n} for n, step in enumerate(steps, 1)]
            result["codeFlows"] = [{"threadFlows": [{"locations": places}]}]
        if finding.suppressed is not None:
            kind = "inSource" if finding.suppressed.by == "comment" else "external"
            reason = self.terminal.text(finding.suppressed.reason)
            result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": reason}]
        return result

    def _sentences(self, finding: Finding) -> Sequence[str]:
        """The message with all that stands beside it on other outputs: an alert shows nothing else."""
        labelled = (*_words.evidence(finding), *_words.advice(finding))
        return [_words.capital(finding.message), *(f"{_words.capital(label)}: {words}" for label, words in labelled)]

    def _message(self, sentences: Sequence[str]) -> dict[str, str]:
        # `[words](1)` is a link in a message (SARIF 2.1.0, 3.11.6); names in brackets are none.
        text = "\n".join(f"{self.terminal.text(sentence).removesuffix('.')}." for sentence in sentences)
        return {"text": _LINK.sub(r"\\[", text)}

    def _location(self, location: Location, *, note: str = "", container: Sequence[str] = ()) -> dict[str, Any]:
        place: dict[str, Any] = {
            "physicalLocation": {
                "artifactLocation": _artifact(location.path),
                "region": {"startLine": max(1, location.line), "startColumn": max(1, location.column)},
            }
        }
        if container:
            place["logicalLocations"] = [{"fullyQualifiedName": self.terminal.text(" > ".join(container)), "kind": "resource"}]
        if note:
            place["message"] = self._message([_words.capital(note)])
        return place

    def _properties(self, finding: Finding) -> dict[str, Any]:
        facts = {
            "app": finding.app,
            "environment": finding.environment,
            "variable": finding.variable,
            "identity": _json.identity(finding.identity),
            "value": finding.value or (finding.identity.masked if finding.identity else None),
            "encoding": finding.encoding,
            "container": list(finding.container) or None,
            "digest": finding.digest,
        }
        return {name: fact for name, fact in facts.items() if fact is not None}

    def _notifications(self) -> Iterator[dict[str, Any]]:
        """What was not judged: unread files (the run is incomplete), questions that files cannot settle, stale suppressions."""
        for unread in self.report.unread:
            place = Location(unread.path, unread.line or 1, unread.column or 1)
            message = self._message([f"{_words.unread_place(unread)} could not be read: {unread.reason}"])
            yield {"descriptor": {"id": "unread"}, "level": "error", "message": message, "locations": [self._location(place)]}
        for unknown in self.report.unknown:
            message = self._message([f"Unknown: {_words.open_question(unknown)}"])
            yield {"descriptor": {"id": "unknown"}, "level": "note", "message": message}
        for stale in self.report.stale:
            yield {"descriptor": {"id": "stale"}, "level": "warning", "message": self._message([f"Stale suppression: {stale}"])}
        if self.report.public:
            yield {
                "descriptor": {"id": "public"},
                "level": "none",
                "message": {"text": f"{count(len(self.report.public), 'key')} that are public by design were seen; they are no findings."},
            }


def _artifact(path: str) -> dict[str, str]:
    """A path as a URI relative to the audited folder; an absolute one names itself."""
    from urllib.parse import quote

    try:
        raw = path.encode("utf-8", "surrogateescape")  # the bytes that the file system has
    except UnicodeEncodeError:
        raw = path.encode("utf-8", "replace")
    if path.startswith("/"):
        return {"uri": "file://" + quote(raw)}
    return {"uri": quote(raw), "uriBaseId": "%SRCROOT%"}


def _help(page: Page, *, markdown: bool) -> str:
    """A rule's whole page: what it says, its sections, and how to accept a finding of it."""
    name = page.rule.id
    parts = [_paragraphs(page.what, markdown)]
    for title, words in page.sections.items():
        parts.append(f"**{title}**" if markdown else f"{title}:")
        parts.append(_paragraphs(words, markdown))
    parts.append("**To accept it**" if markdown else "To accept it:")
    parts.append(
        f"Put a comment with `driftline: ignore[{name}]` and the reason on the line or the line above, or an `[[accept]]` table with "
        "`rule`, `subject` and `reason` into driftline.toml."
    )
    return "\n\n".join(parts)


def _paragraphs(words: str, markdown: bool) -> str:
    shown: list[str] = []
    for kind, text in _words.blocks(words):
        if kind == "prose":
            shown.append(text if shown else _words.capital(text))
        else:
            shown.append(f"```\n{text}\n```" if markdown else "\n".join(f"    {line}" for line in text.splitlines()))
    return "\n\n".join(shown)
