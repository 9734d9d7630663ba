"""The report as one self-contained page: it opens no connection, runs no script but its own, and shows no value."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from driftline import __version__, late
from driftline.knowledge import catalog
from driftline.model import (
    App,
    Cell,
    Environment,
    Exposure,
    Finding,
    Identity,
    Mode,
    Report,
    Severity,
    Sighting,
    State,
    Variable,
)
from driftline.record import NamedTuple
from driftline.reports import _app, _review, _words
from driftline.reports._order import by_weight
from driftline.terminal import Terminal, count

if TYPE_CHECKING:
    from jinja2 import Environment as Templates
    from markupsafe import Markup

_FOLDER = os.path.join(os.path.dirname(__file__), "templates")
_CODE = late.pattern(r"`([^`]+)`")
_ANCHOR = late.pattern(r"[0-9a-f]{8,64}(?:-\d{1,6})?")

# What a cell says in a word; the order is the one that cells are sorted in, what needs a look first.
_LABELS = {
    _app.MISSING: "missing",
    _app.EMPTY: "empty",
    _app.EXAMPLE: "example",
    _app.UNKNOWN: "unknown",
    _app.SAME: "same",
    _app.OWN: "set",
    _app.REFERENCE: "elsewhere",
    _app.ENCRYPTED: "encrypted",
    _app.ABSENT: "not needed",
}


class _Row(NamedTuple):
    """A variable of the table: its cells, what each filter asks, its evidence, and how many findings name it."""

    variable: Variable
    cells: Sequence[_app.Shown]
    states: Sequence[str]
    details: Sequence[tuple[Environment, Cell]]
    findings: int
    worst: str
    first: str


class _Table(NamedTuple):
    """An app's table; `number` tells its rows' ids from those of other tables."""

    app: App
    number: int
    facts: str
    rows: Sequence[_Row]


class _Credential(NamedTuple):
    """What several values say alike about themselves, and where they stand: (variable, environments)."""

    provider: str
    kind: str
    mode: Mode
    account: str | None
    exposure: str
    places: Sequence[tuple[str, str]]


def render(report: Report, terminal: Terminal, *, verbose: bool, quiet: bool) -> Iterator[str]:  # noqa: ARG001  folding is the detail
    """The whole page, in pieces. Raises Misuse nowhere: whatever the report holds is text in it, never markup."""
    terminal = terminal._replace(unicode=True, colour=False)
    templates = _templates(terminal)
    yield from templates.get_template("report.html").generate(_view(report))


def _view(report: Report) -> dict[str, Any]:
    from markupsafe import Markup

    css, js = _own("report.css"), _own("report.js")
    told = report.command != "matrix"
    findings = list(enumerate(by_weight(report.open) if told else ()))
    accepted = list(enumerate((f for f in by_weight(report.findings) if f.suppressed), len(findings)))
    tables = list(_tables(report, findings))
    return {
        "report": report,
        "version": __version__,
        "css": Markup(css),  # noqa: S704  our own file, and the policy names its hash
        "js": Markup(js),  # noqa: S704
        "policy": (
            f"default-src 'none'; script-src '{_hash(js)}'; style-src '{_hash(css)}'; img-src data:; base-uri 'none'; form-action 'none'"
        ),
        "headline": _headline(report) if told else _matrix_headline(tables),
        "coverage": _app.coverage(report),
        "parts": list(_parts(report, tables, told)),
        "tables": tables,
        "legend": [sign for sign in _app.SIGNS if any(c.sign == sign for table in tables for row in table.rows for c in row.cells)],
        "told": told,
        "many": len({finding.app for finding in report.findings} | {app.path for app in report.apps}) > 1,
        "findings": [
            (severity.value, [(index, f) for index, f in findings if f.severity is severity])
            for severity in Severity
            if any(f.severity is severity for _, f in findings)
        ],
        "severities": [severity.value for severity in Severity if any(f.severity is severity for _, f in findings)],
        "environments": sorted({f.environment for _, f in findings if f.environment}),
        "finding_apps": sorted({f.app for _, f in findings}),
        "accepted": accepted,
        "identities": _credentials(report),
        "public": sorted(report.public, key=lambda s: (s.location, s.encoding)),
        "silent": [_app.title(app.path) for app in report.apps if _app.is_silent(app)],
    }


# --- what stands in the page ------------------------------------------------------------------------------------------------------


def _headline(report: Report) -> str:
    """The verdict in one sentence."""
    if report.review is not None and not report.unread:
        return _words.capital(report.review.decision.title.removesuffix(".")) + "."
    blockers = [f for f in report.open if f.severity is Severity.BLOCKER]
    tally = _words.tally(report.open)
    if report.verdict == "incomplete":
        return f"{count(len(report.unread), 'thing')} could not be read, so this is no clean bill{f'; besides: {tally}' if tally else ''}."
    if blockers:
        named = [f.environment for f in blockers if f.environment]
        worst = max(sorted(set(named)), key=named.count, default=None)
        most = f", {_some(named.count(worst), len(blockers))} in {worst}" if worst else ""
        stands = "stands" if len(blockers) == 1 else "stand"
        return f"{count(len(blockers), 'blocker')} {stands} in the way of shipping{most}."
    if tally:
        return f"Nothing blocks; {' and '.join(tally.split(', '))} to read."
    if report.unknown:
        number = len(report.unknown)
        return f"Nothing found in what files can show; {count(number, 'question')} stay{'s' if number == 1 else ''} open."
    return "Nothing found." if report.files else "Nothing was there to judge."


def _some(number: int, total: int) -> str:
    return ("all" if total > 1 else "it is") if number == total else f"{number} of them"


def _matrix_headline(tables: Sequence[_Table]) -> str:
    rows = [row for table in tables for row in table.rows]
    looks = sum("look" in row.states for row in rows)
    return f"{count(len(rows), 'variable')} in {count(len(tables), 'app')}; {looks or 'none'} need{'s' if looks < 2 else ''} a look."


def _parts(report: Report, tables: Sequence[_Table], told: bool) -> Iterator[tuple[str, str, int, str]]:
    """What the head leads to: anchor, name, number and tone."""
    if report.unread:
        yield "unread", "Not judged", len(report.unread), "blocker"
    if report.review is not None:
        yield "review", "Launch review", len(report.review.flags), ""
    for severity in Severity if told else ():
        number = sum(f.severity is severity for f in report.open)
        if number:
            yield f"s-{severity.value}", f"{severity.value.title()}s", number, severity.value
    rows = sum(len(table.rows) for table in tables)
    if rows:
        yield "matrix", "Variables", rows, ""
    if report.unknown:
        yield "unknown", "Open questions", len(report.unknown), ""
    identities = len(_credentials(report))
    if identities:
        yield "identities", "Credentials", identities, ""
    if report.public:
        yield "public", "Public keys", len(report.public), ""
    yield "coverage", "Files looked at", report.files, ""


def _tables(report: Report, findings: Sequence[tuple[int, Finding]]) -> Iterator[_Table]:
    named: dict[tuple[str, str | None], list[tuple[int, Finding]]] = {}
    for index, finding in findings:
        if finding.severity is not Severity.NOTE:
            named.setdefault((finding.app, finding.variable), []).append((index, finding))
    for number, app in enumerate(report.apps):
        rows = [_row(variable, app, named.get((app.path, variable.name), ())) for variable in _app.rows(app)]
        if rows and app.environments:
            yield _Table(app, number, _facts(app), rows)


def _row(variable: Variable, app: App, named: Sequence[tuple[int, Finding]]) -> _Row:
    cells = _app.cells(variable, app)
    states = [
        word
        for word, holds in (
            ("look", _app.disagrees(variable, app)),
            ("missing", any(shown.sign == _app.MISSING for shown in cells)),
            ("same", any(shown.sign == _app.SAME for shown in cells)),
            ("finding", bool(named)),
        )
        if holds
    ]
    details = [(environment, variable.cells.get(environment.name, Cell(State.MISSING))) for environment in app.environments]
    if not named:
        return _Row(variable, cells, states, details, 0, "", "")
    index, worst = named[0]  # they stand in the order of their weight
    return _Row(variable, cells, states, details, len(named), worst.severity.value, _anchor(worst, index))


def _facts(app: App) -> str:
    return ", ".join((app.framework or "no framework", f"loader {app.loader}", f"runtime {app.runtime}"))


def _credentials(report: Report) -> list[_Credential]:
    """What the values of every environment, and those of findings, say about themselves; equal words on one row."""
    held: dict[tuple[str, str, Mode, str | None, str], dict[tuple[str, str], list[str]]] = {}
    for found, variable, app, environment in _identities(report):
        key = (catalog.title(found.provider), found.kind, found.mode, found.ending, found.exposure.value)
        places = held.setdefault(key, {}).setdefault((variable, app), [])
        if environment not in places:
            places.append(environment)
    rows = (
        _Credential(*key, [(name, ", ".join(where) + (f" ({app})" if app else "")) for (name, app), where in sorted(names.items())])
        for key, names in held.items()
    )
    return sorted(rows, key=lambda row: (row.provider == "unknown", row.provider, row.kind, row.mode.value, row.account or ""))


def _identities(report: Report) -> Iterator[tuple[Identity, str, str, str]]:
    """(identity, variable, app, environment): the app is '' where nobody can mistake it."""
    for app in report.apps:
        for name, variable in sorted(app.variables.items()):
            for environment in app.environments:
                cell = variable.cells.get(environment.name)
                if cell and cell.state is State.SET and cell.traits and cell.traits.identity:
                    yield cell.traits.identity, name, "" if app.path == "." else app.path, environment.name
    for finding in by_weight(report.open):
        if finding.identity and finding.encoding is not None:
            yield finding.identity, finding.variable or finding.subject, "", finding.location.path


# --- the template's words ---------------------------------------------------------------------------------------------------------


def _templates(terminal: Terminal) -> Templates:
    """The template engine: escaping is on for everything, an unknown name is an error, and every text is printable."""
    from jinja2 import Environment as Templates
    from jinja2 import FileSystemLoader, StrictUndefined
    from markupsafe import Markup, escape

    def printable(value: Any) -> Any:
        return terminal.text(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    def prose(words: str) -> Markup:
        """Words with what stands in backquotes set as code."""
        shown, end = Markup(), 0
        text = terminal.text(words)
        for match in _CODE.finditer(text):
            shown += escape(text[end : match.start()]) + Markup("<code>{}</code>").format(match[1])
            end = match.end()
        return shown + escape(text[end:])

    templates = Templates(
        loader=FileSystemLoader(_FOLDER, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        finalize=printable,
        auto_reload=False,
    )
    templates.filters |= {
        "prose": prose,
        "capital": _words.capital,
        "flat": lambda words: " ".join(words.split()),
        "slug": lambda words: re.sub(r"[^a-z]+", "-", words.lower()).strip("-"),
        "label": _LABELS.__getitem__,
        "rank": _rank,
        "place": _words.place,
        "unread_place": _words.unread_place,
        "evidence": _words.evidence,
        "advice": _words.advice,
        "seen": lambda identity: _words.identity(identity, None),
        "public_words": _public_words,
        "app_title": _app.title,
        "silent": _app.is_silent,
        "speakers": _app.speakers,
        "facts": _facts,
        "anchor": _anchor,
        "haystack": _haystack,
        "title_of": _title_of,
        "counted": count,
        "without": str.removeprefix,
        "jobs": _review.jobs,
        "flag_sign": lambda verdict: _review.SIGNS[verdict][0],
        "read_words": _words.read,
    }
    return templates


def _anchor(finding: Finding, index: int) -> str:
    """An id that stays when the report is made again; its number where the finding has no fingerprint of its own."""
    return f"f-{finding.fingerprint}" if _ANCHOR.fullmatch(finding.fingerprint) else f"f-{index}"


def _rank(shown: _app.Shown) -> int:
    """Where a cell sorts: a stand-in is as good as an example."""
    return list(_LABELS).index(_app.EXAMPLE if shown.word == "placeholder" else shown.sign)


def _haystack(finding: Finding) -> str:
    """What the page's search looks through."""
    words = (finding.rule, finding.variable, finding.subject, finding.environment, finding.location.path, finding.message)
    return " ".join(word for word in words if word).lower()


def _title_of(finding: Finding, report: Report) -> str:
    """The rule's one-line title, from its page; its name where there is none."""
    page = report.pages.get(finding.rule)
    return _words.capital(page.rule.title if page else finding.rule.replace("-", " "))


def _public_words(sighting: Sighting) -> str:
    words = _words.identity(sighting.identity, sighting.masked)
    restricted = sighting.identity is not None and sighting.identity.exposure is Exposure.RESTRICT
    return f"{words}, public while restricted at the provider" if restricted else words


def _own(name: str) -> str:
    with open(os.path.join(_FOLDER, name), encoding="utf-8") as file:
        return file.read()


def _hash(text: str) -> str:
    """A Content-Security-Policy source for this very text (CSP level 2, 4.2.5)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
