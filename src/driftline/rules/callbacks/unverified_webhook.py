"""A webhook route never checks the signature of what it receives, or checks it in a way that can never pass.

Why it matters: anybody who knows the path can send "paid" events; and a check over a body that was parsed before fails for every real one.
Fix: read the raw body, check the provider's signature with this endpoint's secret, and answer 400 when it fails.
What not to do: do not check that the header is there and nothing more; do not log the body to debug it.
Example: `app/api/webhooks/stripe/route.ts` calls `await request.json()` and writes to the database.

A check in a file that the route imports counts, two imports away at most; so do a keyed hash that is compared, an adapter that takes the
secret, and a token that is compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline.model import Facts, Finding, Location, Route, Rule, Severity
from driftline.rules.phrases import title

RULE = Rule("unverified-webhook", Severity.WARNING, "a webhook's signature is not checked")


def check(facts: Facts) -> Iterator[Finding]:
    seen: set[tuple[Location, str]] = set()
    opened = _opened(facts)
    for app in facts.apps:
        for route in app.routes or ():
            if route.provider is None or (route.location, route.path) in seen:
                continue
            seen.add((route.location, route.path))
            name = title(route.provider)
            closed = None if route.caveat else _closed(route, opened)
            if route.caveat is not None:
                said = f"the check of {name}'s signature at `{route.path}` cannot pass: {route.caveat}"
                fix = "check the signature over the raw body, before anything parses it"
            elif closed is not None:
                said = f"{name} cannot reach `{route.path}`: {closed}"
                fix = "let the platform call the function without a token, and check the signature in it"
            elif route.verified is None:
                said = f"`{route.path}` receives webhooks of {name}, and nothing in it or in what it imports checks a signature"
                fix = f"check {name}'s signature over the raw body with this endpoint's secret, and answer 400 when it fails"
            else:
                continue
            yield RULE.finding(
                said,
                fix=fix,
                avoid="do not only look whether the header is there",
                app=app.path,
                location=route.location,
                subject=route.path,
            )


def _opened(facts: Facts) -> frozenset[str] | None:
    """The functions that Supabase calls without a token of its own; None where no file of the project says how it calls them."""
    readings = [*(item for app in facts.apps for item in app.readings), *facts.stray]
    if not any(source.format == "supabase" for source, _ in readings):
        return None
    return frozenset(name for _, reading in readings for name in reading.open_functions or ())


def _closed(route: Route, opened: frozenset[str] | None) -> str | None:
    """Why a provider's call never reaches a function, in words."""
    match = re.search(r"(?:^|/)supabase/functions/([^/]+)/", route.location.path)
    if match is None or opened is None or opened & {match[1], "*"} or route.verified is None:
        return None
    return f"Supabase asks every caller for a token of its own, since `verify_jwt = false` is missing in [functions.{match[1]}] of supabase/config.toml"
