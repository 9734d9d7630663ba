"""What every output that people read says in the same words: the verdict, a place, what a value says about itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from driftline.model import Finding, Identity, Location, Mode, Report, Severity, Unread
from driftline.terminal import count


def place(location: Location) -> str:
    """`path:line:column`, which editors jump to."""
    return f"{location.path}:{location.line}:{location.column}"


def unread_place(unread: Unread) -> str:
    """The path, with line and column where they are known."""
    return unread.path + (f":{unread.line}" if unread.line else "") + (f":{unread.column}" if unread.line and unread.column else "")


def tally(findings: Iterable[Finding]) -> str:
    """`2 blockers, 1 note`; '' for none."""
    found = [finding.severity for finding in findings]
    return ", ".join(count(found.count(severity), severity.value) for severity in Severity if severity in found)


def kind(identity: Identity) -> str:
    """The provider and the kind of value: `stripe secret key`."""
    return identity.kind if identity.provider == "unknown" else f"{identity.provider} {identity.kind}"


def identity(found: Identity | None, masked: str | None) -> str:
    """What a value says about itself, in one line, from what may be shown of it."""
    if found is None:
        return masked or "a value"
    words = [masked or found.masked, kind(found)]
    if found.candidates:
        words.append(f"of {' or '.join(found.candidates)}")
    if found.mode not in (Mode.ANY, Mode.UNKNOWN):
        words.append(f"{found.mode.value} mode")
    if found.account:
        words.append(f"account {found.account}")
    if found.expires:
        words.append(f"expires {found.expires}")
    return ", ".join(words)


def avoided(finding: Finding) -> tuple[str, str]:
    """What not to do, and the word that introduces it: `don't` before a thing not to do, `mind` before all else."""
    forbids = finding.avoid.startswith("do not ")
    return ("don't" if forbids else "mind"), finding.avoid.removeprefix("do not ")


def sentence(report: Report) -> str:
    """The verdict in one sentence."""
    blockers = [f for f in report.open if f.severity is Severity.BLOCKER]
    found = tally(report.open)
    if report.verdict == "incomplete":
        beside = f"; besides: {found}" if found else ""
        return f"{count(len(report.unread), 'thing')} could not be read, so this is no clean bill{beside}."
    if blockers:
        places: dict[str, int] = {}
        for finding in sorted(blockers, key=lambda f: (f.environment is None, f.environment or "")):
            name = finding.environment or "any environment"
            places[name] = places.get(name, 0) + 1
        where = ", ".join(f"{number} in {name}" for name, number in sorted(places.items(), key=lambda item: -item[1]))
        return f"{found}. Blockers: {where}. Settle them before this ships."
    if found:
        return f"No blocker; {found} to read."
    if report.unknown:
        return f"Nothing found in what files can show; {count(len(report.unknown), 'question')} stay{'s' if len(report.unknown) == 1 else ''} open."
    return "Nothing found." if report.files else "Nothing is staged, so nothing was judged."


def blocks(page: str) -> Iterator[tuple[str, str]]:
    """The paragraphs of a rule's page: ("prose", its words on one line) or ("code", its lines as they are, without their indent)."""

    def of(line: str) -> str:
        return "" if not line.strip() else "code" if line.startswith("    ") else "prose"

    for word, lines in groupby(page.splitlines(), of):
        if word == "prose":
            yield "prose", " ".join(line.strip() for line in lines)
        elif word:
            yield "code", "\n".join(line[4:].rstrip() for line in lines)
