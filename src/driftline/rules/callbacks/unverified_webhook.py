"""A webhook route never checks the signature of what it receives, or checks it in a way that can never pass.

Why it matters: anybody who knows the path can send "paid" events; and a check over a body that was parsed before fails for every real one.
Fix: read the raw body, check the provider's signature with this endpoint's secret, and answer 400 when it fails.
What not to do: do not check that the header is there and nothing more; do not log the body to debug it.
Example: `app/api/webhooks/stripe/route.ts` calls `await request.json()` and writes to the database.

A check in a file that the route imports counts, two imports away at most; so do a keyed hash that is compared, an adapter that takes the
secret, and a token that is compared.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Facts, Finding, Location, Rule, Severity
from driftline.rules.phrases import title

RULE = Rule("unverified-webhook", Severity.WARNING, "a webhook's signature is not checked")


def check(facts: Facts) -> Iterator[Finding]:
    seen: set[tuple[Location, str]] = set()
    for app in facts.apps:
        for route in app.routes or ():
            if route.provider is None or (route.location, route.path) in seen:
                continue
            seen.add((route.location, route.path))
            if route.verified is not None and route.caveat is None:
                continue
            name = title(route.provider)
            if route.caveat is not None:
                said = f"the check of {name}'s signature at `{route.path}` cannot pass: {route.caveat}"
                fix = "check the signature over the raw body, before anything parses it"
            else:
                said = f"`{route.path}` receives webhooks of {name}, and nothing in it or in what it imports checks a signature"
                fix = f"check {name}'s signature over the raw body with this endpoint's secret, and answer 400 when it fails"
            yield RULE.finding(
                said,
                fix=fix,
                avoid="do not only look whether the header is there",
                app=app.path,
                location=route.location,
                subject=route.path,
            )
