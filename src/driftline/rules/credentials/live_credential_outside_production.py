"""A live key is configured for local or preview.

Why it matters: a test run charges real cards, mails real people or writes live data.
Fix: give this environment the provider's test or sandbox value.
What not to do: do not remove or rotate the key in production; production is the one place where it is right.
Example: `.env.local` holds a live key of Stripe.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Facts, Finding, Kind, Location, Mode, Rule, Severity
from driftline.rules.phrases import held, identified, on_value, rename_first, title, wanted_mode

RULE = Rule("live-credential-outside-production", Severity.BLOCKER, "a live credential is configured outside production")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        seen: set[Location] = set()
        for one in held(app, Kind.PREVIEW, Kind.LOCAL):
            identity = one.traits.identity
            if identity is None or identity.mode is not Mode.LIVE or identity.kind == "host" or one.traits.placeholder:
                continue
            if wanted_mode(one.environment, identity.provider) is Mode.LIVE:
                continue
            if one.declaration.location in seen:  # one line of a base file is one mistake
                continue
            seen.add(one.declaration.location)
            renaming = rename_first(one)
            yield on_value(
                RULE,
                app.path,
                one,
                f"{one.place} is {identified(identity)}, and {one.environment.name} uses it",
                fix=f"{renaming}give {one.environment.name} the test value of {title(identity.provider)}"
                + ("" if renaming else f" for {one.variable.name}"),
                avoid="do not take the live key out of production; there it is right",
                identity=identity,
            )
