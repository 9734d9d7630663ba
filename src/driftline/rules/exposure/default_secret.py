"""A default or sample secret that its vendor printed for all to read is used outside local.

Why it matters: everybody knows it; with a default signing secret anyone can make a token that your server accepts.
Fix: generate a value of your own for this environment.
What not to do: do not change the local one; there the default is meant.
Example: the JWT secret of Supabase's local stack, or `minioadmin`, in production.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Exposure, Facts, Finding, Kind, Location, Related, Rule, Severity
from driftline.rules.phrases import held

RULE = Rule("default-secret", Severity.BLOCKER, "a secret that its vendor published is used outside local")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        seen: set[Location] = set()
        for one in held(app, Kind.PRODUCTION, Kind.PREVIEW):
            identity = one.traits.identity
            secret = one.traits.default or (identity is not None and identity.exposure is Exposure.SECRET)
            if one.traits.published is None or not secret or one.declaration.location in seen:
                continue
            seen.add(one.declaration.location)
            yield RULE.finding(
                f"{one.place} is {one.traits.published}, printed for all to read, and {one.environment.name} uses it",
                fix=f"generate a value of your own for {one.variable.name} in {one.environment.name}",
                avoid="do not change the local one; there the default is meant",
                app=app.path,
                location=one.declaration.location,
                environment=one.environment.name,
                variable=one.variable.name,
                identity=identity,
                value=identity.masked or None if identity else None,
                digest=one.traits.keyed,
                related=tuple(Related(read.location, "read here") for read in one.variable.reads[:1]),
            )
