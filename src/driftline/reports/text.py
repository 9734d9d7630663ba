"""The report as a screen of text: per app its sources, its table and its findings, then what stays open and the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from driftline import late
from driftline.model import App, Finding, Kind, Report, Severity
from driftline.reports import _app, _review, _words
from driftline.reports._order import by_weight
from driftline.terminal import Terminal, columns, count

# Fewer than this many findings that say the same are each told in full.
_FOLDED_FROM = 3
# Of folded notes this many places are listed; warnings and blockers are listed all.
_NOTES_LISTED = 12
_RELATED_SHOWN = 4
# A table of this many rows is shown whole; a larger one shows the rows that need a look.
_ROWS_WHOLE = 14

_STYLE = {Severity.BLOCKER: ("red", "bold"), Severity.WARNING: ("yellow",), Severity.NOTE: ("blue",)}
_VERDICT_STYLE = {"pass": "green", "review": "yellow", "block": "red", "incomplete": "red"}
_PROTECTION = {Kind.PRODUCTION: 0, Kind.PREVIEW: 1, Kind.LOCAL: 2}


def render(report: Report, terminal: Terminal, *, verbose: bool, quiet: bool) -> Iterator[str]:
    """The screen, line by line; one line with `quiet`; every row, every finding in full and suppressed ones with `verbose`."""
    lines = _quiet(report, terminal) if quiet else _Screen(report, terminal, verbose).lines()
    return (line + "\n" for line in lines)


def _quiet(report: Report, terminal: Terminal) -> Iterator[str]:
    words = [_words.tally(report.open) or "nothing found"]
    if report.unknown:
        words.append(f"{len(report.unknown)} unknown")
    if report.stale:
        words.append(count(len(report.stale), "stale suppression"))
    if report.unread:
        words.append(f"{len(report.unread)} unread")
    verdict = terminal.paint(report.verdict, _VERDICT_STYLE[report.verdict], "bold")
    yield f"driftline {terminal.text(report.command)}: {verdict}: {', '.join(words)}; {count(report.files, 'file')} in {report.seconds:.2f} s"


class _Screen:
    """One report on one terminal."""

    def __init__(self, report: Report, terminal: Terminal, verbose: bool) -> None:
        self.report = report
        self.terminal = terminal
        self.verbose = verbose
        # A commit is stopped a hundred times a day: what it causes is all that is shown. Of built output, what stands in it.
        self.brief = report.command in ("commit", "bundle") and not verbose
        self.findings = by_weight(report.open)

    def lines(self) -> Iterator[str]:
        yield from _app.heading(self.report, self.terminal)
        silent = []
        for app in self.report.apps:
            findings = [f for f in self.findings if f.app == app.path]
            if self.brief and not findings:
                continue
            if findings or self.verbose or len(self.report.apps) == 1 or not _app.is_silent(app):
                yield ""
                yield from self._app(app, findings)
            else:
                silent.append(_app.title(app.path))
        known = {app.path for app in self.report.apps}
        for path in sorted({f.app for f in self.findings} - known):
            yield ""
            yield self.terminal.rule()
            yield self.terminal.paint(self.terminal.cut(self.terminal.text(_app.title(path)), self.terminal.width), "bold")
            yield from self._groups([f for f in self.findings if f.app == path], None)
        if silent:
            yield ""
            yield from self.terminal.prose(f"Declaring and reading nothing: {', '.join(silent)}", hang=2)
        yield from self._tail()

    # --- an app ---------------------------------------------------------------------------------------------------------------

    def _app(self, app: App, findings: Sequence[Finding]) -> Iterator[str]:
        yield from _app.head(app, self.terminal)
        if not self.brief:
            yield ""
            yield from _app.sources(app, self.terminal, verbose=self.verbose)
            yield from self._table(app, findings)
        yield from self._groups(findings, app)

    def _table(self, app: App, findings: Sequence[Finding]) -> Iterator[str]:
        named = {f.variable for f in findings if f.variable and f.severity is not Severity.NOTE}
        rows = _app.rows(app)
        shown = rows
        if not self.verbose and len(rows) > _ROWS_WHOLE:
            shown = [v for v in rows if v.name in named or _app.disagrees(v, app)]
        if not rows:
            return
        yield ""
        yield from _app.table(shown, app, self.terminal, marked=named)
        hidden = len(rows) - len(shown)
        if hidden:
            words = f"{count(hidden, 'more variable')} of {len(rows)} agree{'s' if hidden == 1 else ''} (--verbose lists them)"
            yield from self.terminal.prose(words, indent=2)

    # --- findings -------------------------------------------------------------------------------------------------------------

    def _groups(self, findings: Sequence[Finding], app: App | None) -> Iterator[str]:
        """The findings by environment: the environment with the worst finding first, of equals the more protected."""

        def weight(name: str | None) -> tuple[int, int, str]:
            found = app.environment(name) if app and name else None
            worst = max(f.severity.rank for f in findings if f.environment == name)
            return -worst, _PROTECTION[found.kind] if found else len(_PROTECTION), name or ""

        names = sorted({f.environment for f in findings}, key=weight)
        for name in names:
            group = [f for f in findings if f.environment == name]
            if name or len(names) > 1 or not self.brief:
                heading = self.terminal.cut(self.terminal.text(name or "any environment"), self.terminal.width - 32)
                yield ""
                yield f"{self.terminal.paint(heading, 'bold')}  {self.terminal.paint(_words.tally(group), 'dim')}"
            for same in self._folded(group):
                yield ""
                yield from self._finding(same[0])
                yield from self._same(same)

    def _folded(self, findings: Sequence[Finding]) -> list[list[Finding]]:
        """The findings in runs that say the same of several variables; each alone where there are few or `verbose` asks for all."""
        if self.verbose:
            return [[finding] for finding in findings]
        runs: dict[tuple[str, ...], list[Finding]] = {}
        for finding in findings:
            runs.setdefault(_sense(finding), []).append(finding)
        told: list[list[Finding]] = []
        for run in runs.values():
            told += [run] if len(run) >= _FOLDED_FROM else [[finding] for finding in run]
        return sorted(told, key=lambda run: findings.index(run[0]))

    def _finding(self, finding: Finding) -> Iterator[str]:
        terminal = self.terminal
        place = terminal.text(_words.place(finding.location))
        severity = finding.severity.value
        rule = terminal.text(finding.rule)
        opening = f"{terminal.paint(place, 'bold')}  {terminal.paint(severity, *_STYLE[finding.severity])}"
        if columns(place) + columns(severity) + columns(rule) + 4 <= terminal.width:
            yield f"{opening}  {terminal.paint(rule, 'dim')}"
        else:
            yield opening
            yield f"    {terminal.paint(rule, 'dim')}"
        yield from terminal.prose(finding.message, indent=4)
        for label, words in _words.evidence(finding, but="" if self.verbose else finding.message):
            yield from terminal.prose(words, indent=4, label=f"{label}:", styles=("dim",), hang=7)
        shown = finding.related if self.verbose else finding.related[:_RELATED_SHOWN]
        for related in shown:
            yield from terminal.prose(related.note, indent=4, label=terminal.text(_words.place(related.location)), styles=("cyan",))
        if len(finding.related) > len(shown):
            yield from terminal.prose(f"and {len(finding.related) - len(shown)} more (--verbose lists them)", indent=4)
        for label, words in _words.advice(finding):
            yield from terminal.prose(words, indent=4, label=f"{label}:", styles=("green" if label == "fix" else "yellow",), hang=7)

    def _same(self, run: Sequence[Finding]) -> Iterator[str]:
        """The places of the findings that say the same as the first of the run."""
        rest = run[1:]
        if not rest:
            return
        yield f"    The same for {len(rest)} more:"
        shown = rest[:_NOTES_LISTED] if rest[0].severity is Severity.NOTE else rest
        width = max(columns(self.terminal.text(_words.place(f.location))) for f in shown) + 2
        for finding in shown:
            place = self.terminal.text(_words.place(finding.location))
            name = finding.variable or finding.subject
            yield from self.terminal.prose(name, indent=4, label=place, styles=("cyan",), hang=width, least=columns(name))
        if len(rest) > len(shown):
            yield f"    and {len(rest) - len(shown)} more (--verbose lists them)"

    # --- what follows the apps --------------------------------------------------------------------------------------------

    def _tail(self) -> Iterator[str]:
        report, terminal = self.report, self.terminal
        yield ""
        yield terminal.rule()
        yield from self._section("Unknown: files cannot settle it", self._unknowns(), len(report.unknown))
        unread = ((_words.unread_place(u), u.reason) for u in report.unread)
        yield from self._section("Unread: not judged", unread, len(report.unread))
        notes = ((_words.place(note.location), note.note) for note in report.notes)
        yield from self._section("Worth knowing", notes, len(report.notes))
        if report.stale:
            yield from self._section("Stale suppressions", (("", words) for words in report.stale), len(report.stale))
        yield from self._suppressed()
        yield from self._public()
        if report.review is not None:
            yield from _review.lines(report.review, terminal)
            yield ""
        if self.findings:
            yield from terminal.prose("`driftline explain RULE` tells why it matters, and how to accept it.")
        yield from _app.looked_at(report, terminal)
        yield from terminal.prose(_words.sentence(report), label=report.verdict.upper(), styles=(_VERDICT_STYLE[report.verdict], "bold"))

    def _section(self, name: str, entries: Iterable[tuple[str, str]], number: int) -> Iterator[str]:
        if not number:
            return
        yield f"{self.terminal.paint(name, 'bold')}  {self.terminal.paint(str(number), 'dim')}"
        for place, words in entries:
            if place:
                yield f"  {self.terminal.paint(self.terminal.text(place), 'cyan')}"
            yield from self.terminal.prose(words, indent=6 if place else 2, hang=0 if place else 4)
        yield ""

    def _unknowns(self) -> Iterator[tuple[str, str]]:
        """One entry per reason: subjects that are open for the same reason share it."""
        open_for: dict[tuple[str | None, str | None, str], list[str]] = {}
        for unknown in self.report.unknown:
            open_for.setdefault((unknown.app, unknown.environment, unknown.reason), []).append(unknown.subject)
        for (app, environment, reason), subjects in open_for.items():
            where = [_app.title(app)] if app and len(self.report.apps) > 1 else []
            if environment and not any(environment in subject for subject in subjects):
                where.append(environment)
            yield "", f"{', '.join([*where, *subjects])}: {reason}"

    def _suppressed(self) -> Iterator[str]:
        found = [f for f in by_weight(self.report.findings) if f.suppressed]
        if not found:
            return
        ways = sorted(
            (way, sum(1 for f in found if f.suppressed and f.suppressed.by == way))
            for way in {f.suppressed.by for f in found if f.suppressed}
        )
        words = f"Suppressed: {count(len(found), 'finding')} ({', '.join(f'{number} by {way}' for way, number in ways)})"
        yield from self.terminal.prose(words + ("" if self.verbose else "; --verbose lists them"), hang=2)
        for finding in found if self.verbose else ():
            if finding.suppressed:
                until = f", until {finding.suppressed.expires}" if finding.suppressed.expires else ""
                yield f"  {self.terminal.paint(self.terminal.text(_words.place(finding.location)), 'cyan')}"
                words = f"{finding.rule}: {finding.message} ({finding.suppressed.by}: {finding.suppressed.reason}{until})"
                yield from self.terminal.prose(words, indent=6)

    def _public(self) -> Iterator[str]:
        if not self.report.public:
            return
        # Of built output they say which environment it was built for.
        told = self.verbose or self.report.command == "bundle"
        words = f"Public by design: {count(len(self.report.public), 'key')} seen"
        yield from self.terminal.prose(words + ("" if self.verbose else f"; --verbose lists {'their places' if told else 'them'}"), hang=2)
        seen: dict[str, list[str]] = {}
        for sighting in sorted(self.report.public, key=lambda s: (s.location, s.encoding)) if told else ():
            seen.setdefault(_words.identity(sighting.identity, sighting.masked), []).append(_words.place(sighting.location))
        for words, places in seen.items():
            yield from self.terminal.prose(words, indent=2, hang=2)
            for place in places if self.verbose else ():
                yield f"    {self.terminal.paint(self.terminal.text(place), 'cyan')}"


def _sense(finding: Finding) -> tuple[str, ...]:
    """What a finding says apart from its subject and place: equal for findings that may be folded.

    Notes of one rule fold whatever their words, and warnings whatever they count: the list names the variables, and `--verbose` or JSON has
    each message.
    """
    if finding.variable is None:
        return (finding.rule, finding.fingerprint, finding.message, _words.place(finding.location), finding.subject)
    if finding.severity is Severity.NOTE:
        return (finding.rule,)
    own = f"{finding.location.path}:{finding.location.line}"
    texts = (finding.message, finding.fix, finding.avoid)
    said = (_COUNTED.sub("", text.replace(finding.variable, "\0").replace(own, "\1")) for text in texts)
    return (finding.rule, finding.severity.value, *said)


# In how many other places a variable is read makes no finding another one.
_COUNTED = late.pattern(r" and in \d+ more places?\b")
