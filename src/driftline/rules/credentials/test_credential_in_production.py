"""A test or sandbox key, price id or payment link is configured for production.

Why it matters: checkout seems to work, no money arrives, no mail is delivered, and nobody sees an error.
Fix: put the provider's live value into the production environment; test values belong to local and preview.
What not to do: do not copy the production keys into the other environments to make them equal.
Example: `.env.production` holds a test key of Stripe in `STRIPE_SECRET_KEY`, or the code fixes a payment link for tests.

A demo that is meant to run on test values is declared in driftline.toml: `[environments.production] modes = { stripe = "test" }`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import App, Facts, Finding, Identity, Kind, Location, Mode, Rule, Severity
from driftline.rules.phrases import Held, held, identified, on_value, rename_first, title, wanted_mode
from driftline.rules.sightings import on_link, payment_links
from driftline.rules.traps import is_trap

RULE = Rule("test-credential-in-production", Severity.BLOCKER, "a test credential is configured for production")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for one in held(app, Kind.PRODUCTION):
            identity = one.traits.identity
            # A sandbox's address or a sink for mails is no credential: sandbox-endpoint-in-production speaks of it.
            if identity is None or identity.mode is not Mode.TEST or is_trap(identity) or one.traits.placeholder:
                continue
            if wanted_mode(one.environment, identity.provider) is not Mode.TEST:
                yield _configured(app, one, identity)
        yield from _in_code(app)
    for literal in facts.literals:
        identity = literal.traits.identity if literal.traits is not None else None
        if literal.role == "payment link" and identity is not None:
            yield _fixed(".", identity, literal.location, literal.call)
    for link in payment_links(facts):
        yield on_link(RULE, facts, link, f"{link.location.path} holds a payment link of {link.url.host} for tests: nobody's money arrives")


def _configured(app: App, one: Held, identity: Identity) -> Finding:
    name, environment = one.variable.name, one.environment
    path, renaming = one.declaration.location.path, rename_first(one)
    because = f" ({environment.because[path]})" if path in environment.because else ""
    return on_value(
        RULE,
        app.path,
        one,
        f"{one.place} is {identified(identity)}, and {environment.name} uses it{because}",
        fix=f"{renaming}put the live value of {title(identity.provider)}{'' if renaming else f' for {name}'} into {environment.name}",
        avoid="do not copy production's values into preview or local to make them equal",
        identity=identity,
    )


def _in_code(app: App) -> Iterator[Finding]:
    """Payment links and keys that the code fixes: production uses them like every other environment."""
    spared = {provider for environment in app.environments for provider, mode in environment.modes.items() if mode is Mode.TEST}
    for literal in app.literals:
        identity = literal.traits.identity if literal.traits is not None else None
        if literal.role == "payment link" and identity is not None and identity.provider not in spared:
            yield _fixed(app.path, identity, literal.location, literal.call)
    seen: set[Location] = set()
    production = {environment.name for environment in app.environments if environment.kind is Kind.PRODUCTION}
    for claim in app.claims:
        identity = claim.identity
        wanted = identity.mode is Mode.TEST and identity.provider not in spared
        if wanted and claim.context in production and claim.location not in seen:
            seen.add(claim.location)
            yield _fixed(app.path, identity, claim.location, claim.call)


def _fixed(app: str, identity: Identity, location: Location, call: str | None) -> Finding:
    handed = f" (`{call}`)" if call else ""
    return RULE.finding(
        f"{identified(identity)} is written into the code{handed} for every environment, production included",
        fix="take it from a variable: the live value in production, the test value elsewhere",
        avoid="do not put a secret into the code instead, and do not choose by NODE_ENV; it is production on previews too",
        app=app,
        location=location,
        identity=identity,
        value=identity.masked or None,
        subject=f"{location.path}:{identity.provider} {identity.kind}",
    )
