"""The launch review for the screen and for programs: each flag with its verdict, then the decision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from driftline.model import Review, Stack
from driftline.reports import _json
from driftline.terminal import Terminal, columns, pad

SIGNS = {"clear": ("✓", "+"), "at risk": ("!", "!"), "blocked": ("✗", "x"), "cannot tell from files": ("?", "?")}
STYLES = {"clear": ("green",), "at risk": ("yellow",), "blocked": ("red", "bold"), "cannot tell from files": ("dim",)}


def lines(review: Review, terminal: Terminal) -> Iterator[str]:
    """The flags and the decision, line by line."""
    yield terminal.paint("Launch review", "bold")
    yield ""
    longest = max(columns(flag.verdict) for flag in review.flags)
    before = ""  # what is open about several flags is told once
    for flag in review.flags:
        label = f"{SIGNS[flag.verdict][0 if terminal.unicode else 1]} {pad(flag.verdict, longest)}"
        found = f" ({flag.number})" if flag.number else ""
        yield from terminal.prose(f"{flag.title}{found}", indent=2, label=label, styles=STYLES[flag.verdict])
        if flag.evidence and flag.verdict in ("at risk", "blocked"):
            first = flag.evidence[0].location
            yield from terminal.prose(f"first: {first.path}:{first.line}; confidence: {flag.confidence}", indent=6 + longest)
        if flag.open and flag.open != before and flag.verdict == "cannot tell from files":
            before = flag.open
            yield from terminal.prose(flag.open, indent=6 + longest)
            if flag.settles:
                yield from terminal.prose(f"settled by: {flag.settles}", indent=6 + longest)
    decision = review.decision
    yield ""
    layer = f" ({decision.layer})" if decision.layer != "none" else ""
    yield from terminal.prose(f"{decision.title}{layer}", label="Decision:", styles=("bold",))
    yield from terminal.prose(decision.because[0].upper() + decision.because[1:] + ".", indent=2)
    yield from terminal.prose(decision.next, indent=2, label="next:", hang=7, styles=("green",))
    if decision.first is not None:
        where = f"{decision.first.location.path}:{decision.first.location.line}"
        yield from terminal.prose(f"{where}: {decision.first.note}", indent=2, label="begin:", hang=7, styles=("green",))
    yield from terminal.prose(decision.avoid.removeprefix("do not "), indent=2, label="don't:", hang=7, styles=("yellow",))
    if review.stacks:
        yield ""
        yield terminal.paint("What does which job", "bold")
        for job, said in jobs(review):
            yield from terminal.prose(said, indent=2, label=pad(job, max(columns(name) for name, _ in jobs(review))))
    if review.changed:
        yield ""
        yield terminal.paint("Since the last review", "bold")
        for word, said in review.changed:
            yield from terminal.prose(said, indent=2, label=pad(word, 6))


def jobs(review: Review) -> list[tuple[str, str]]:
    """(job, what does it, in words) of every job of every app; apps that agree are told once."""
    found: dict[str, dict[str, None]] = {}
    by_app: dict[tuple[str, str], list[Stack]] = {}
    for stack in review.stacks:
        by_app.setdefault((stack.job, stack.app), []).append(stack)
    for (job, _), stacks in by_app.items():
        found.setdefault(job, {})["; ".join(_told(verdict, stacks) for verdict in dict.fromkeys(stack.verdict for stack in stacks))] = None
    return [(job, " | ".join(said)) for job, said in found.items()]


def _told(verdict: str, stacks: Sequence[Stack]) -> str:
    names = [stack.name for stack in stacks if stack.verdict == verdict]
    return names[0] if verdict == "single" and len(names) == 1 else f"{verdict}: {', '.join(names)}"


def plain(review: Review) -> dict[str, Any]:
    """The same as JSON."""
    decision = review.decision
    return {
        "flags": [
            {
                "id": flag.id,
                "title": flag.title,
                "verdict": flag.verdict,
                "confidence": flag.confidence,
                "count": flag.number,
                "evidence": [{**_json.place_with_offset(place.location), "note": place.note} for place in flag.evidence],
                "open": flag.open or None,
                "settles": flag.settles or None,
            }
            for flag in review.flags
        ],
        "decision": {
            "title": decision.title,
            "layer": decision.layer,
            "because": decision.because,
            "next": decision.next,
            "avoid": decision.avoid,
            "begin": {**_json.place_with_offset(decision.first.location), "fix": decision.first.note} if decision.first else None,
        },
        "backends": [
            {
                "app": stack.app,
                "job": stack.job,
                "name": stack.name,
                "verdict": stack.verdict,
                "imports": stack.imports,
                "installed": stack.is_installed,
                "variables": [{"name": name, "environments": list(environments)} for name, environments in stack.variables],
                **_json.place_with_offset(stack.place),
            }
            for stack in review.stacks
        ],
        "changed": [{"kind": word, "what": said} for word, said in review.changed],
    }
