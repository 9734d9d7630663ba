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
    "unowned": (
        "changes what `{name}` of the request names: somebody has to be signed in, and nothing compares who that is with whose it is",
        "take the id from the session, or compare `{name}` with what the session's user owns",
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
    alike: dict[tuple[str, str, str, str], list[Doubt]] = {}
    for doubt in of(facts).doubts:
        alike.setdefault((doubt.location.path, doubt.handler, doubt.kind, doubt.name), []).append(doubt)
    for doubts in alike.values():
        yield _finding(doubts)


def _finding(doubts: list[Doubt]) -> Finding:
    """One finding for what a handler does with one thing of the request, wherever it does it."""
    doubt = doubts[0]
    said, fix = _SAID[doubt.kind]
    places = {place.line: place for one in doubts for place in (one.location, one.sink) if place != doubt.location}
    related = tuple(Related(place, "used here") for place in places.values())
    return RULE.finding(
        f"{place(doubt.location)} {said.format(name=doubt.name)}",
        fix=fix.format(name=doubt.name),
        avoid="do not move the check into the browser, and do not rewrite the route's other parts with it",
        app=".",
        location=doubt.location,
        related=related,
        severity=Severity.NOTE if doubt.kind == "unowned" and doubt.behind else Severity.WARNING,
        subject=" ".join(word for word in (doubt.location.path, doubt.handler, doubt.kind, doubt.name) if word),
    )
