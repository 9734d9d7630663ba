"""Firebase's security rules let everybody write, or read everything.

Why it matters: the web configuration of a Firebase project is public by design; these rules are all that stands before the data.
Fix: allow what a screen needs, and compare `request.auth.uid` with whose document it is.
What not to do: do not extend the date of the test mode; do not hide the configuration instead, it cannot be hidden.
Example: `match /{document=**} { allow read, write: if true; }`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline.database.firebase import Opening
from driftline.evidence import of
from driftline.model import Facts, Finding, Rule, Severity

RULE = Rule("open-rules", Severity.BLOCKER, "security rules are open to everybody", elsewhere=Severity.WARNING)

_EVERYTHING = re.compile(r"/(?:\{\w+=\*\*\})?")
# Paths that hold what belongs to somebody: only there is "signed in" too little.
_PERSONAL = re.compile(
    r"/(?:users?|profiles?|accounts?|orders?|messages?|chats?|payments?|customers?|members?|private)(?:/|$)|\{(?:uid|userId|user_id)\}",
    re.IGNORECASE,
)


def check(facts: Facts) -> Iterator[Finding]:
    for opening in of(facts).openings:
        everything = _EVERYTHING.fullmatch(opening.path) is not None
        if opening.until and opening.until <= facts.today:
            yield _finding(opening, Severity.WARNING, f"ended on {opening.until}: since then every request is refused")
        elif opening.who == "everyone" and (opening.writes or everything):
            verb = "write" if opening.writes else "read"
            until = f" until {opening.until}" if opening.until else ""
            yield _finding(opening, Severity.BLOCKER, f"let everyone {verb} {'everything' if everything else opening.path}{until}")
        elif opening.who == "every signed-in user" and (everything or _PERSONAL.search(opening.path)):
            verb = "write" if opening.writes else "read"
            where = "everything" if everything else opening.path
            yield _finding(opening, Severity.WARNING, f"let every signed-in user {verb} {where}, whoever it belongs to")


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
