"""The report as GitHub Actions annotations: one workflow command per finding, so that it stands at its line in the pull request."""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Finding, Location, Report, Severity
from driftline.reports import _words
from driftline.reports._order import by_weight
from driftline.terminal import Terminal

_COMMAND = {Severity.BLOCKER: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
# What a step may show (GitHub Docs, "Workflow commands for GitHub Actions", read 2026-11): further ones stand in the log only.
_SHOWN = 10
# An annotation is a small box beside the code.
_PLACES = 4


def render(report: Report, terminal: Terminal, *, verbose: bool, quiet: bool) -> Iterator[str]:  # noqa: ARG001  the log has every annotation
    """One command per line, the weightiest first, then the verdict as a line of the log."""
    terminal = terminal._replace(unicode=True, colour=False)
    shown: dict[str, int] = {}
    for unread in report.unread:
        place = Location(unread.path, unread.line or 1, unread.column or 1)
        yield _line(terminal, "error", place, "driftline: not judged", f"{_words.unread_place(unread)} could not be read: {unread.reason}")
        shown["error"] = shown.get("error", 0) + 1
    for finding in by_weight(report.open):
        command = _COMMAND[finding.severity]
        shown[command] = shown.get(command, 0) + 1
        yield _line(terminal, command, finding.location, f"driftline: {finding.rule}", *_sentences(finding))
    for unknown in report.unknown:
        yield _line(terminal, "notice", None, "driftline: unknown", _words.open_question(unknown))
    for stale in report.stale:
        yield _line(terminal, "warning", None, "driftline: stale suppression", stale)
    yield terminal.text(f"driftline {report.command}: {report.verdict}: {_words.sentence(report)}") + "\n"
    if any(number > _SHOWN for number in shown.values()):
        yield f"GitHub shows the first {_SHOWN} annotations of a kind; all of them stand above, and `--format markdown` makes a summary.\n"


def _sentences(finding: Finding) -> Iterator[str]:
    yield _words.told(finding)
    for label, words in _words.evidence(finding):
        yield f"{label}: {words}"
    for related in finding.related[:_PLACES]:
        yield f"{_words.place(related.location)}: {related.note}"
    for label, words in _words.advice(finding):
        yield f"{label}: {words}"


def _line(terminal: Terminal, command: str, place: Location | None, title: str, *sentences: str) -> str:
    """`::error file=F,line=L,col=C,title=T::MESSAGE`; what stands in it can end neither a property nor the line."""
    properties = [] if place is None else [f"file={_property(terminal.text(place.path))}", f"line={place.line}", f"col={place.column}"]
    properties.append(f"title={_property(terminal.text(title))}")
    message = "\n".join(terminal.text(sentence) for sentence in sentences)
    return f"::{command} {','.join(properties)}::{_data(message)}\n"


def _data(text: str) -> str:
    """As the runner undoes it (actions/runner, ActionCommand.cs)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
