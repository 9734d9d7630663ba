"""What every output that people read says in the same words: the verdict, a place, what a value says about itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from driftline.model import PROCESS, Finding, Identity, Location, Mode, Need, Reference, Report, Severity, Side, Unknown, Unread
from driftline.terminal import count


def place(location: Location) -> str:
    """`path:line:column`, which editors jump to."""
    return location.path if location.path == PROCESS else f"{location.path}:{location.line}:{location.column}"


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


def identity(found: Identity | None, masked: str | None, *, but: str = "") -> str:
    """What a value says about itself, in one line, from what may be shown of it; without what the sentence `but` says already."""
    if found is None:
        return masked or "a value"
    words = [masked or found.masked]
    if found.kind not in but:
        words.append(kind(found))
    if found.candidates and found.kind not in but:
        words.append(f"of {' or '.join(found.candidates)}")
    if found.mode not in (Mode.ANY, Mode.UNKNOWN) and found.mode.value not in but.split():
        words.append(f"{found.mode.value} mode")
    if found.ending and found.ending.removeprefix("…") not in but:
        words.append(f"account {found.ending.replace('…', 'ending ')}")
    if found.expires and found.expires not in but:
        words.append(f"expires {found.expires}")
    return ", ".join(filter(None, words))


def read(reference: Reference) -> str:
    """What a read says of the variable and where it runs, as far as it is known."""
    need = {Need.REQUIRED: "fails without it", Need.OPTIONAL: "has a fallback or a guard"}.get(reference.need)
    side = {Side.CLIENT: "in the browser", Side.SERVER: "on the server", Side.BUILD: "at build time"}.get(reference.side)
    return ", ".join(words for words in (need, side) if words)


def evidence(finding: Finding, *, but: str = "") -> Iterator[tuple[str, str]]:
    """What is known of the value and of its place: labels (seen, from, in, form) and words; of the value without what `but` says already."""
    if finding.identity or finding.value:
        yield "seen", identity(finding.identity, finding.value, but=but)
    if finding.original:
        yield "from", f"{place(finding.original)}, by the source map"
    if finding.container:
        yield "in", " > ".join(finding.container)
    if finding.encoding and finding.encoding != "plain":
        yield "form", finding.encoding


def advice(finding: Finding) -> Iterator[tuple[str, str]]:
    """What to do, labelled fix, and what not to do, labelled don't; mind where it forbids nothing."""
    if finding.fix:
        yield "fix", finding.fix
    if finding.avoid:
        forbids = finding.avoid.startswith("do not ")
        yield ("don't" if forbids else "mind"), finding.avoid.removeprefix("do not ")


def told(finding: Finding) -> str:
    """The message, with the environment where it does not name it."""
    return (
        finding.message
        if not finding.environment or finding.environment in finding.message
        else f"{finding.message} ({finding.environment})"
    )


def open_question(unknown: Unknown) -> str:
    """What files cannot settle, where, and why."""
    where = f" in {unknown.environment}" if unknown.environment and unknown.environment not in unknown.subject else ""
    return f"{unknown.subject}{where}: {unknown.reason}"


def capital(words: str) -> str:
    """The words as the beginning of a sentence."""
    return words[:1].upper() + words[1:]


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
        told = f" Blockers: {where}." if any(finding.environment for finding in blockers) else ""
        if report.command == "commit":
            return f"{found}.{told} Mend what blocks, `git add` what belongs to the commit, and commit again."
        return f"{found}.{told} Settle them before this ships."
    if found:
        return f"No blocker; {found} to read."
    if report.unknown:
        return f"Nothing found in what files can show; {count(len(report.unknown), 'question')} stay{'s' if len(report.unknown) == 1 else ''} open."
    if report.files:
        return "Nothing found."
    return "Nothing of what was named is staged, so nothing was judged." if report.notes else "Nothing is staged, so nothing was judged."


def blocks(page: str) -> Iterator[tuple[str, str]]:
    """The paragraphs of a rule's page: ("prose", its words on one line) or ("code", its lines as they are, without their indent)."""

    def of(line: str) -> str:
        return "" if not line.strip() else "code" if line.startswith("    ") else "prose"

    for word, lines in groupby(page.splitlines(), of):
        if word == "prose":
            yield "prose", " ".join(line.strip() for line in lines)
        elif word:
            yield "code", "\n".join(line[4:].rstrip() for line in lines)
