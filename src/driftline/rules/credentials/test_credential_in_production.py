"""A test or sandbox key, price id or payment link is configured for production.

Why it matters: checkout seems to work, no money arrives, no mail is delivered, and nobody sees an error.
Fix: put the provider's live value into the production environment; test values belong to local and preview.
What not to do: do not copy the production keys into the other environments to make them equal.
Example: `.env.production` holds a test key of Stripe in `STRIPE_SECRET_KEY`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import App, Facts, Finding, Identity, Kind, Mode, Related, Rule, Severity
from driftline.rules.phrases import Held, held, identified, title
from driftline.rules.traps import is_trap

RULE = Rule("test-credential-in-production", Severity.BLOCKER, "a test credential is configured for production")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        values = [(one, one.traits.identity) for one in held(app, Kind.PRODUCTION) if one.traits.identity is not None]
        for one, identity in values:
            # A sandbox's address or a sink for mails is no credential: sandbox-endpoint-in-production speaks of it.
            if identity.mode is Mode.TEST and not is_trap(identity) and not one.traits.placeholder:
                yield _finding(app, one, identity)


def _finding(app: App, one: Held, identity: Identity) -> Finding:
    name, environment = one.variable.name, one.environment
    return RULE.finding(
        f"{one.place} is {identified(identity)}, and {environment.name} uses it ({environment.because[one.declaration.location.path]})"
        if one.declaration.location.path in environment.because
        else f"{one.place} is {identified(identity)}, and {environment.name} uses it",
        fix=f"put the live value of {title(identity.provider)} for {name} into {environment.name}",
        avoid="do not copy production's values into preview or local to make them equal",
        app=app.path,
        location=one.declaration.location,
        environment=environment.name,
        variable=name,
        identity=identity,
        value=identity.masked or None,
        digest=one.traits.keyed,
        related=tuple(Related(read.location, "read here") for read in one.variable.reads[:1]),
    )
