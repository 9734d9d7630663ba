"""The report as JUnit XML: for the test tabs of CI platforms; a blocker fails, what is only to be read is skipped with its message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from driftline.model import Finding, Report, Severity
from driftline.record import NamedTuple
from driftline.reports import _words
from driftline.reports._order import by_weight
from driftline.terminal import Terminal


class _Case(NamedTuple):
    """One test case: its opening attributes and what it holds; `result` is passed, failure, error or skipped."""

    result: str
    attributes: str
    content: str = ""


def render(report: Report, terminal: Terminal, *, verbose: bool, quiet: bool) -> Iterator[str]:  # noqa: ARG001  a document has no screen
    """One suite per app: a case per finding, and a passed case per rule that found nothing there; then what was not judged.

    Blockers are failures, unread files errors; warnings, notes, accepted findings and open questions are skipped, so that a
    platform's verdict on the tests is the one of the default exit code.
    """
    page = _Page(terminal._replace(unicode=True, colour=False))
    apps = [app.path for app in report.apps] or ["."]
    apps += sorted({finding.app for finding in report.findings} - set(apps))
    suites = [(app, list(page.cases(report, app))) for app in apps]
    suites += [(name, cases) for name, cases in (("unread", list(page.unread(report))), ("unknown", list(page.unknown(report)))) if cases]
    every = [case for _, cases in suites for case in cases]
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<testsuites name="driftline {page.text(report.command)}"{_counts(every)} time="{report.seconds:.3f}">\n'
    for name, cases in suites:
        yield f'  <testsuite name="{page.text(name)}"{_counts(cases)} time="0">\n'
        for case in cases:
            end = f">\n{case.content}    </testcase>\n" if case.content else "/>\n"
            yield f'    <testcase {case.attributes} time="0"{end}'
        yield "  </testsuite>\n"
    yield "</testsuites>\n"


def _counts(cases: Sequence[_Case]) -> str:
    found = [case.result for case in cases]
    return f' tests="{len(found)}" failures="{found.count("failure")}" errors="{found.count("error")}" skipped="{found.count("skipped")}"'


class _Page:
    """Writes cases; every text goes through `text`."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal

    def text(self, words: str) -> str:
        """Printable (XML 1.0 cannot hold control characters even as references) and escaped for elements and attributes."""
        return escape(self.terminal.text(words))

    def cases(self, report: Report, app: str) -> Iterator[_Case]:
        findings = [finding for finding in by_weight(report.findings) if finding.app == app]
        of = f'classname="{self.text("driftline" if app == "." else f"driftline.{app}")}"'
        for finding in findings:
            yield self._finding(finding, of)
        for name in report.pages:
            if not any(finding.rule == name for finding in findings):
                yield _Case("passed", f'{of} name="{name}"')

    def unread(self, report: Report) -> Iterator[_Case]:
        for unread in report.unread:
            path, reason = self.text(unread.path), self.text(unread.reason)
            said = f'      <error type="unread" message="{reason}">{self.text(_words.unread_place(unread))}: {reason}</error>\n'
            yield _Case("error", f'classname="driftline.unread" name="{path}" file="{path}" line="{unread.line or 1}"', said)

    def unknown(self, report: Report) -> Iterator[_Case]:
        for unknown in report.unknown:
            said = f'      <skipped message="{self.text(_words.open_question(unknown))}"/>\n'
            yield _Case("skipped", f'classname="driftline.unknown" name="{self.text(unknown.subject)}"', said)

    def _finding(self, finding: Finding, of: str) -> _Case:
        where = f" in {finding.environment}" if finding.environment else ""
        name = self.text(f"{finding.rule}: {finding.variable or finding.subject}{where}")
        attributes = f'{of} name="{name}" file="{self.text(finding.location.path)}" line="{finding.location.line}"'
        message = self.text(finding.message)
        if finding.suppressed is not None:
            said = f'      <skipped message="{self.text(f"accepted by {finding.suppressed.by}: {finding.suppressed.reason}")}"/>\n'
            return _Case("skipped", attributes, said)
        if finding.severity is Severity.BLOCKER:
            said = f'      <failure type="{self.text(finding.rule)}" message="{message}">{self._body(finding)}</failure>\n'
            return _Case("failure", attributes, said)
        said = f'      <skipped message="{finding.severity.value}: {message}"/>\n      <system-out>{self._body(finding)}</system-out>\n'
        return _Case("skipped", attributes, said)

    def _body(self, finding: Finding) -> str:
        lines = [f"{_words.place(finding.location)}: {finding.severity.value}: {finding.message}"]
        lines += [f"{label}: {words}" for label, words in _words.evidence(finding)]
        lines += [f"{_words.place(related.location)}: {related.note}" for related in finding.related]
        lines += [f"{label}: {words}" for label, words in _words.advice(finding)]
        return "\n".join(self.text(line) for line in lines)
