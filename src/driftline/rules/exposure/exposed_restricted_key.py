"""A key that is public only while it is restricted stands in a bundle that also uses it for a paid or private API.

Why it matters: the same key opens a service that bills by use; whoever reads it from the page can run up the bill.
Fix: use a separate key on the server for that API, and restrict this one at the provider to your sites and to the APIs the page needs.
What not to do: do not rely on the referrer check alone: it is a header that any program can send.
Example: a Google `AIza` key in a bundle that calls the Gemini API.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Exposure, Facts, Finding, Related, Rule, Severity, Sighting
from driftline.rules.phrases import identified, named, title
from driftline.rules.sightings import by_value, owner, where

RULE = Rule("exposed-restricted-key", Severity.WARNING, "a key that is public only while restricted is used for a paid or private API")


def check(facts: Facts) -> Iterator[Finding]:
    services = facts.output.services
    if not services:
        return
    restricted = [
        one for one in facts.output.public if one.identity is not None and one.identity.exposure is Exposure.RESTRICT and one.served
    ]
    using = {(service.container, service.location.path) for service in services}
    beside = [one for one in restricted if _file(one) in using]
    for seen in by_value(beside or restricted):
        one = seen.first
        if one.identity is None:
            continue
        service = next((s for s in services if (s.container, s.location.path) == _file(one)), services[0])
        yield RULE.finding(
            f"{identified(one.identity)} {where(one)}, and the bundle calls {title(service.provider)}, to which this key is a secret",
            fix=f"call {title(service.provider)} from the server with a key of its own, and restrict this one to your sites and to the APIs the page needs",
            avoid="do not rely on the referrer check alone: it is a header that any program can send",
            app=owner(facts, one.location, one.variable),
            location=one.location,
            environment=one.environment,
            variable=one.variable,
            identity=one.identity,
            subject=one.variable or named(one.identity),
            original=one.original,
            encoding=one.encoding,
            container=one.container,
            value=one.masked,
            digest=one.keyed,
            related=(Related(service.location, f"{title(service.provider)} is called here"), *seen.places),
        )


def _file(one: Sighting) -> tuple[tuple[str, ...], str]:
    return one.container, one.location.path
