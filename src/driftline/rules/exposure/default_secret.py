"""A default or sample secret that its vendor printed for all to read is used outside local.

Why it matters: everybody knows it; with a default signing secret anyone can make a token that your server accepts.
Fix: generate a value of your own for this environment.
What not to do: do not change the local one; there the default is meant.
Example: the JWT secret of Supabase's local stack, or `minioadmin`, in production.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.knowledge.platform import environment_kind
from driftline.model import Declaration, Exposure, Facts, Finding, Kind, Location, Related, Rule, Severity, Traits
from driftline.rules.phrases import held, read_here

RULE = Rule("default-secret", Severity.BLOCKER, "a secret that its vendor published is used outside local")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        seen: set[Location] = set()
        for one in held(app, Kind.PRODUCTION, Kind.PREVIEW):
            if _is_published(one.traits) and one.declaration.location not in seen:
                seen.add(one.declaration.location)
                yield _finding(app.path, one.environment.name, one.declaration, one.traits, read_here(one.variable))
    # A store beside the app, run from a ready-made image, opens to the same word; where `${X:-word}` stands, a deployment can set another.
    for _, reading in facts.stray:
        for declaration in reading.declarations:
            kind = environment_kind(declaration.context) if declaration.context and not declaration.optional else None
            if kind in (Kind.PRODUCTION, Kind.PREVIEW) and declaration.traits is not None and _is_published(declaration.traits):
                yield _finding(".", declaration.context or "", declaration, declaration.traits)


def _is_published(traits: Traits) -> bool:
    secret = traits.default or (traits.identity is not None and traits.identity.exposure is Exposure.SECRET)
    return traits.published is not None and secret


def _finding(app: str, environment: str, declaration: Declaration, traits: Traits, related: tuple[Related, ...] = ()) -> Finding:
    name, identity = declaration.name, traits.identity
    return RULE.finding(
        f"`{name}` in {declaration.location.path} is {traits.published}, printed for all to read, and {environment} uses it",
        fix=f"generate a value of your own for {name} in {environment}",
        avoid="do not change the local one; there the default is meant",
        app=app,
        location=declaration.location,
        environment=environment,
        variable=name,
        identity=identity,
        value=identity.masked or None if identity else None,
        digest=traits.keyed,
        related=related,
    )
