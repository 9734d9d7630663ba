"""A route handler takes from the request who the caller is, what they may do, or what they pay.

Why it matters: a request is written by whoever sends it; with another id in it, the handler reads or changes another user's data.
Fix: take the user from the verified session or token, and compare what the request names with what that user owns.
What not to do: do not hide the id in a header or encode it; do not check it only in the browser.
Example: `const userId = session?.user.id || body.userId`, or `.eq("user_id", body.userId)` with the service key and no session in sight.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.evidence import Doubt, of
from driftline.model import Facts, Finding, Related, Rule, Severity
from driftline.rules.phrases import place

RULE = Rule("client-supplied-identity", Severity.WARNING, "a handler believes the request about who is asking")

_SAID = {
    "fallback": (
        "takes `{name}` from the request where the session has none",
        "use the session's id alone, and refuse the request without one",
    ),
    "unauthenticated": (
        "hands `{name}` of the request to the database with full rights, and nothing in the handler asks who is calling",
        "verify the session or token first, and compare `{name}` with what that user owns",
    ),
    "header": ("takes `{name}`, a header that any client can set, for who is asking", "take the user from the verified session or token"),
    "mass assignment": (
        "stores {name} as it comes: whoever sends it chooses every column, roles and owners included",
        "list the columns that a request may set, or parse it with a schema that has only those",
    ),
    "decoded": (
        "decodes a token with `{name}` and verifies none: anyone can write one",
        "verify the token's signature and use what the verification returns",
    ),
    "price": ("charges `{name}` of the request: the customer names the price", "look the price up on the server by the product's id"),
}


def check(facts: Facts) -> Iterator[Finding]:
    seen: set[tuple[str, str, str]] = set()
    for doubt in of(facts).doubts:
        key = (doubt.location.path, doubt.kind, doubt.name)
        if key not in seen:
            seen.add(key)
            yield _finding(doubt)


def _finding(doubt: Doubt) -> Finding:
    said, fix = _SAID[doubt.kind]
    related = () if doubt.sink == doubt.location else (Related(doubt.sink, "used here"),)
    return RULE.finding(
        f"{place(doubt.location)} {said.format(name=doubt.name)}",
        fix=fix.format(name=doubt.name),
        avoid="do not move the check into the browser, and do not rewrite the route's other parts with it",
        app=".",
        location=doubt.location,
        related=related,
        subject=f"{doubt.location.path} {doubt.kind} {doubt.name}",
    )
