"""A provider's secret key stands in a built file that a visitor's browser gets.

Why it matters: everyone who opens the page can read it and act as you: read the database, send mail, move money.
Fix: revoke the key at the provider, make a new one, and call the provider from the server only.
What not to do: do not only rebuild without it: files that were deployed stay in caches, and the key stays valid.
Example: `sk_live_...` in `dist/assets/index.js`, because a server helper was imported by a client component.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.knowledge import catalog
from driftline.model import Exposure, Facts, Finding, Related, Rule, Severity, Sighting
from driftline.rules.phrases import identified, named, title
from driftline.rules.sightings import by_value, owner, where

RULE = Rule("exposed-secret", Severity.BLOCKER, "a secret key stands in a built, browser-served file")


def check(facts: Facts) -> Iterator[Finding]:
    for seen in by_value(facts.sightings):
        one = seen.first
        identity = one.identity
        if identity is None or identity.exposure is not Exposure.SECRET or not one.served:
            continue
        name = f", the value of `{one.variable}`," if one.variable else f", beside `{one.beside}`," if one.beside else ""
        whose = title(identity.provider) if identity.provider not in ("unknown", "generic") else "its provider"
        yield RULE.finding(
            f"{identified(identity)}{name} {where(one)}",
            fix=f"revoke it at {whose}, make a new one, and use it on the server only",
            avoid="do not only rebuild without it: deployed files stay in caches, and the key stays valid",
            app=owner(facts, one.location, one.variable),
            location=one.location,
            severity=_severity(one),
            environment=one.environment,
            variable=one.variable,
            identity=identity,
            subject=one.variable or named(identity),
            original=one.original,
            encoding=one.encoding,
            container=one.container,
            value=one.masked,
            digest=one.keyed,
            related=(*((Related(one.declared, "declared here"),) if one.declared else ()), *seen.places),
        )


def _severity(one: Sighting) -> Severity:
    """A value that only the name beside it speaks for, or a shape known from hearsay, is no reason to stop a deploy."""
    kind = catalog.load().kind(one.identity.provider, one.identity.kind) if one.identity else None
    return Severity.WARNING if one.beside is not None or (kind is not None and kind.hint) else Severity.BLOCKER
