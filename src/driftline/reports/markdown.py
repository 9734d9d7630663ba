"""The report as Markdown for a pull request: the verdict, what blocks, and the rest folded away; a comment that is updated in place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from driftline import late
from driftline.model import App, Finding, Flag, Report, Review, Severity
from driftline.reports import _app, _review, _words
from driftline.reports._order import by_weight
from driftline.terminal import Terminal, count

# GitHub refuses a comment of more than 65,536 characters. These are the bytes that each part may take: together less than 60,000.
_BLOCKERS, _MATRIX, _WARNINGS, _NOTES, _OPEN = 18_000, 12_000, 11_000, 4_000, 6_000
# A folded table's own words: its title and its legend.
_FRAME = 500
_PLACES = 4

_CODE = late.pattern(r"`([^`]+)`")
# What would be markup, a link, a reference or a mention. Underscores inside a word are none of these.
_MARKUP = late.pattern(
    r"[\\`*\[\]<>|~@#]|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=www)\.|&(?=#?\w{1,40};)|\A(?:[-+=]|\d{1,9}(?=[.)]))", re.IGNORECASE
)


def render(report: Report, terminal: Terminal, *, verbose: bool, quiet: bool) -> Iterator[str]:  # noqa: ARG001  folding is the detail
    """One document of less than 60 kB. Its first line is a hidden marker, by which a workflow finds the comment to update."""
    yield from _Comment(report, terminal._replace(unicode=True, colour=False), quiet).parts()


def tables(report: Report, terminal: Terminal) -> Iterator[str]:
    """Each app's table of variables and environments under a heading, whole."""
    yield from _Comment(report, terminal._replace(unicode=True, colour=False), False).whole()


class _Comment:
    """Writes a document of bounded size: a list that does not fit is cut, and says by how much."""

    def __init__(self, report: Report, terminal: Terminal, quiet: bool) -> None:
        self.report = report
        self.terminal = terminal
        self.quiet = quiet
        self.findings = by_weight(report.open)

    def parts(self) -> Iterator[str]:
        report = self.report
        marker = re.sub(r"[^A-Za-z0-9._ -]", "-", f"{report.command} {report.target or 'all'}"[:100]).replace("--", "-")
        yield f"<!-- driftline {marker} -->\n"
        target = f" for {self.code(report.target)}" if report.target else ""
        yield f"### driftline {report.verdict.upper()}{target}\n\n{self.prose(_words.sentence(report))}\n"
        if self.quiet:
            return
        unread = [f"- {self.code(_words.unread_place(u))}: {self.prose(u.reason)}\n" for u in report.unread]
        yield from self.listed("Not judged", unread, _OPEN, folded=False)
        if report.review is not None:
            yield from self.review(report.review)
        for severity, room in ((Severity.BLOCKER, _BLOCKERS), (Severity.WARNING, _WARNINGS)):
            found = [self.finding(finding) for finding in self.findings if finding.severity is severity]
            yield from self.listed(count(len(found), severity.value), found, room, folded=severity is not Severity.BLOCKER)
        notes = [self.note(finding) for finding in self.findings if finding.severity is Severity.NOTE]
        yield from self.listed(count(len(notes), "note"), notes, _NOTES)
        yield from self.matrices()
        unknown = [f"- {self.prose(_words.open_question(u))}\n" for u in report.unknown]
        yield from self.listed(f"{count(len(unknown), 'question')} that files cannot settle", unknown, _OPEN // 2)
        stale = [f"- {self.prose(words)}\n" for words in report.stale]
        yield from self.listed(count(len(stale), "stale suppression"), stale, _OPEN // 4)
        yield f"\n<sub>{'. '.join(self.prose(words) for words in self.coverage())}.</sub>\n"

    def coverage(self) -> Iterator[str]:
        report = self.report
        yield f"Looked at {_app.coverage(report)}"
        accepted = len(report.findings) - len(report.open)
        if report.command == "matrix":
            return
        if accepted:
            yield f"{count(accepted, 'finding')} accepted"
        if report.public:
            yield f"{count(len(report.public), 'key')} public by design"
        if self.findings:
            yield "`driftline explain RULE` tells why and what to do; no value is ever shown"

    def review(self, review: Review) -> Iterator[str]:
        """The decision of the launch review, and each flag's verdict."""
        decision = review.decision
        yield f"\n**Decision: {self.prose(decision.title)}**  \n{self.prose(_words.capital(decision.because))}.  \n"
        if decision.first is not None:
            yield f"Begin: {self.code(_words.place(decision.first.location))}: {self.prose(decision.first.note)}  \n"
        yield f"**Next:** {self.prose(decision.next)}  \n**Don't:** {self.prose(decision.avoid.removeprefix('do not '))}\n\n"
        yield "| | flag | found | confidence |\n| --- | --- | --- | --- |\n"
        for flag in review.flags:
            sign = _review.SIGNS[flag.verdict][0]
            yield f"| {sign} {flag.verdict} | {self.plain(flag.title, 160)} | {self._found(flag)} | {flag.confidence} |\n"
        if review.stacks:
            yield "\n| job | done by |\n| --- | --- |\n"
            yield from (f"| {self.plain(job, 40)} | {self.plain(said, 300)} |\n" for job, said in _review.jobs(review))

    def _found(self, flag: Flag) -> str:
        """The evidence of a flag in a cell of a table: how much and where it begins, or what is open and what settles that."""
        if flag.evidence:
            return f"{flag.number}, first {self.code(_words.place(flag.evidence[0].location), table=True)}"
        settles = f"; settled by: {self.plain(flag.settles, 120)}" if flag.settles else ""
        return f"{self.plain(flag.open, 160)}{settles}"

    # --- lists ----------------------------------------------------------------------------------------------------------------

    def listed(self, title: str, entries: Sequence[str], room: int, *, folded: bool = True) -> Iterator[str]:
        """A titled list, of as many entries as there is room for; nothing for an empty one."""
        if not entries:
            return
        yield f"\n<details><summary>{title}</summary>\n\n" if folded else f"\n**{title}**\n\n"
        shown, taken = 0, 0
        for entry in entries:
            taken += len(entry.encode())
            if taken > room:
                break
            shown += 1
            yield entry
        if shown < len(entries):
            yield f"- and {len(entries) - shown} more; `driftline {self.report.command}` lists them\n"
        if folded:
            yield "\n</details>\n"

    def finding(self, finding: Finding) -> str:
        """One entry: the subject, its place and rule, then what is wrong and what to do."""
        subject = self.code(finding.variable or finding.subject)
        where = f" in {self.code(finding.environment)}" if finding.environment else ""
        lines = [
            f"- **{subject}**{where} at {self.code(self.place(finding))} ({self.code(finding.rule)})  ",
            f"  {self.prose(_words.capital(finding.message))}.  ",
        ]
        lines += [f"  {label}: {self.prose(words)}  " for label, words in _words.evidence(finding)]
        lines += [f"  {self.code(_words.place(r.location))}: {self.prose(r.note)}  " for r in finding.related[:_PLACES]]
        if len(finding.related) > _PLACES:
            lines.append(f"  and {count(len(finding.related) - _PLACES, 'more place')}  ")
        lines += [f"  **{_words.capital(label)}:** {self.prose(words)}  " for label, words in _words.advice(finding)]
        return "\n".join(lines).rstrip() + "\n"

    def note(self, finding: Finding) -> str:
        return f"- {self.code(self.place(finding))} {self.prose(finding.message)} ({self.code(finding.rule)})\n"

    def place(self, finding: Finding) -> str:
        return f"{finding.location.path}:{finding.location.line}"

    # --- the matrix -----------------------------------------------------------------------------------------------------------

    def matrices(self) -> Iterator[str]:
        """A table per app, folded; where it does not fit, its rows that need a look."""
        told = [(app, _app.rows(app)) for app in self.report.apps if _app.rows(app) and app.environments]
        left, hidden = _MATRIX, 0
        for number, (app, rows) in enumerate(told):
            head = self.head(app)
            room = max(left // (len(told) - number), 1500) - len(head.encode()) - _FRAME
            lines = [self.row(variable.name, _app.cells(variable, app)) for variable in rows]
            if sum(len(line.encode()) for line in lines) > room:
                differing = (line for line, variable in zip(lines, rows, strict=True) if _app.disagrees(variable, app))
                lines = list(_fitting(differing, room))
            taken = len(head.encode()) + _FRAME + sum(len(line.encode()) for line in lines)
            if taken > left:
                hidden += 1
                continue
            left -= taken
            yield f"\n<details><summary>Which variable is declared where: {self.plain(_app.title(app.path))}</summary>\n\n{head}"
            yield from lines
            if len(lines) < len(rows):
                yield f"\n{count(len(rows) - len(lines), 'more row')} of {len(rows)}: `driftline matrix` shows them.\n"
            yield f"\n{self.legend(app)}\n\n</details>\n"
        if hidden:
            yield f"\n{count(hidden, 'more app')}: `driftline matrix` shows them.\n"

    def whole(self) -> Iterator[str]:
        for app in self.report.apps:
            rows = _app.rows(app)
            if rows and app.environments:
                yield f"### {self.plain(_app.title(app.path))}\n\n{self.head(app)}"
                yield from (self.row(variable.name, _app.cells(variable, app)) for variable in rows)
                yield f"\n{self.legend(app)}\n\n"
        unread = [f"- {self.code(_words.unread_place(u))} could not be read: {self.prose(u.reason)}\n" for u in self.report.unread]
        yield from unread
        yield f"{'. '.join(self.prose(words) for words in self.coverage())}.\n"

    def head(self, app: App) -> str:
        names = " | ".join(self.plain(environment.name) for environment in app.environments)
        return f"| variable | {names} |\n| --- |{' :-: |' * len(app.environments)}\n"

    def legend(self, app: App) -> str:
        used = {cell.sign for variable in _app.rows(app) for cell in _app.cells(variable, app)}
        return f"<sub>{', '.join(f'{sign.sign} {sign.legend}' for sign in _app.SIGNS if sign in used)}</sub>"

    def row(self, name: str, cells: Iterable[_app.Shown]) -> str:
        shown = [f"{cell.sign.sign}{cell.group}{f' {self.prose(cell.word)}' if cell.word else ''}" for cell in cells]
        return f"| {self.code(name, table=True)} | {' | '.join(shown)} |\n"

    # --- words ----------------------------------------------------------------------------------------------------------------

    def code(self, words: str, *, table: bool = False) -> str:
        """A code span: nothing in it is markup, and it mentions nobody. A table reads `|` before code."""
        text = self.terminal.cut(self.terminal.text(words), 200)
        ticks = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
        space = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
        span = f"{ticks}{space}{text}{space}{ticks}"
        return span.replace("|", "\\|") if table else span

    def plain(self, words: str, width: int = 60) -> str:
        """Words as text, for tables and HTML, where a code span protects nothing."""
        return _plain(self.terminal.cut(self.terminal.text(words), width))

    def prose(self, words: str) -> str:
        """Words of a sentence: names in backquotes stay code, all else is text that is no markup, mention or reference."""
        text = self.terminal.text(words)
        shown, end = [], 0
        for match in _CODE.finditer(text):
            shown += [_plain(text[end : match.start()]), self.code(match[1])]
            end = match.end()
        return "".join([*shown, _plain(text[end:])])


def _plain(text: str) -> str:
    """Text without markup: a character reference opens no emphasis, link, heading, table cell or HTML."""
    return _MARKUP.sub(_reference, text)


def _reference(match: re.Match[str]) -> str:
    shown = "".join(f"&#{ord(character)};" for character in match[0])
    # GitHub links `@name` and `#12` after rendering, unless a comment parts the two.
    return f"{shown}<!-- -->" if match[0] in "@#" else shown


def _fitting(lines: Iterable[str], room: int) -> Iterator[str]:
    for line in lines:
        room -= len(line.encode())
        if room < 0:
            return
        yield line
