"""Firebase's security rules let everybody write, or read everything.

Why it matters: the web configuration of a Firebase project is public by design; these rules are all that stands before the data.
Fix: allow what a screen needs, and compare `request.auth.uid` with whose document it is.
What not to do: do not extend the date of the test mode; do not hide the configuration instead, it cannot be hidden.
Example: `match /{document=**} { allow read, write: if true; }`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline import late
from driftline.database.firebase import Opening
from driftline.evidence import of
from driftline.model import Facts, Finding, Rule, Severity

RULE = Rule("open-rules", Severity.BLOCKER, "security rules are open to everybody", elsewhere=Severity.WARNING)

_EVERYTHING = late.pattern(r"/(?:\{\w+=\*\*\})?")
# Paths that hold what belongs to somebody: there "everyone reads" and "signed in" are too little.
_PERSONAL = late.pattern(
    r"/(?:users?|profiles?|accounts?|orders?|messages?|chats?|conversations?|payments?|customers?|members?|private|bookings?|invoices?|transactions?|wallets?|patients?|notifications?|carts?)(?:/|$)"
    r"|\{(?:uid|userId|user_id)\}|/\$(?:uid|userId|user_id)\b",
    re.IGNORECASE,
)


_PRIVATE_FILES = late.pattern(r"/(?:[\w-]*(?:document|invoice|receipt|contract|private|kyc|passport|medical)[\w-]*)(?:/|$)", re.IGNORECASE)


def check(facts: Facts) -> Iterator[Finding]:
    for opening in of(facts).openings:
        found = _judged(opening, facts.today)
        if found is not None:
            yield _finding(opening, *found)


def _judged(opening: Opening, today: str) -> tuple[Severity, str] | None:
    """(how bad, in what way) an opening is, None for one that is meant as it seems."""
    everything = _EVERYTHING.fullmatch(opening.path) is not None
    # Pictures of people are there to be seen.
    shown = opening.service == "Storage" and not opening.writes and opening.who == "everyone"
    personal = (_PRIVATE_FILES if shown else _PERSONAL).search(opening.path) is not None
    where = "everything" if everything else opening.path
    if opening.until and opening.until <= today:
        return Severity.WARNING, f"ended on {opening.until}: since then every request is refused"
    until = f" until {opening.until}" if opening.until else ""
    verb = "write" if opening.writes else "read"
    if opening.who == "everyone":
        if opening.writes or everything:
            return Severity.BLOCKER, f"let everyone {verb} {where}{until}"
        return (Severity.WARNING, f"let everyone read {where}, whoever it belongs to{until}") if personal else None
    # What is only added to harms nobody else's data.
    changes = any(operation in ("write", "update", "delete") for operation in opening.operations)
    if everything or personal or changes:
        return Severity.WARNING, f"let every signed-in user {'change' if changes else verb} {where}, whoever it belongs to"
    return None


def _finding(opening: Opening, severity: Severity, said: str) -> Finding:
    return RULE.finding(
        f"the {opening.service} rules {said}",
        fix="allow each path what its screens need, comparing request.auth.uid with the owner of the document",
        avoid="do not move the date of the test mode; do not switch to the admin SDK to get around the rules",
        app=".",
        location=opening.location,
        severity=severity,
        subject=f"{opening.service} {opening.path} {','.join(opening.operations)}",
    )
