"""A secret stands in staged or tracked text.

Why it matters: whoever can read the repository, today or in any later copy of its history, can use it.
Fix: take it out of the text, revoke it at its provider, and give the app a new one through the environment.
What not to do: do not only delete the line: the history keeps it; do not rewrite the history before the key is revoked.
Example: `const stripe = new Stripe("<a live secret key>")` in a file that is about to be committed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline import late
from driftline.knowledge import catalog
from driftline.model import Exposure, Facts, Finding, Identity, Mode, Rule, Severity, Sighting
from driftline.rules.phrases import identified, named, title
from driftline.rules.sightings import by_value, owner

RULE = Rule("committed-secret", Severity.BLOCKER, "a secret stands in staged or tracked text")

# Tests and their material hold keys that were made up as often as real ones.
_MATERIAL = late.pattern(
    r"(?:^|/)(?:__tests__|tests?|specs?|fixtures?|__fixtures__|__mocks__|mocks?|testdata|e2e|cypress|playwright)/"
    r"|[._-](?:test|tests|spec|mock|mocks|stories)\.[^/]+$|_test\.\w+$",
    re.IGNORECASE,
)


def check(facts: Facts) -> Iterator[Finding]:
    for seen in by_value(facts.committed):
        one = seen.first
        identity = one.identity
        if identity is None or identity.exposure is not Exposure.SECRET or identity.mode is Mode.LOCAL:  # an emulator's opens nothing
            continue
        if _is_of_containers(one.location.path, identity):
            continue
        whose = title(identity.provider) if identity.provider not in ("unknown", "generic") else "its provider"
        beside = f", beside `{one.beside}`" if one.beside else ""
        yield RULE.finding(
            f"{one.location.path} holds {identified(identity)}{beside}",
            fix=f"take it out, revoke it at {whose}, and read a new one from the environment",
            avoid="do not only delete the line: what was committed stays in the history, and the key stays valid",
            app=owner(facts, one.location),
            location=one.location,
            severity=_severity(one),
            identity=identity,
            subject=named(identity),
            encoding=one.encoding,
            value=one.masked,
            digest=one.keyed,
            related=seen.places,
        )


_DEPLOYED = late.pattern(r"(?<![a-z])(?:prod|production|staging|live)(?![a-z])", re.IGNORECASE)


def _is_of_containers(path: str, identity: Identity) -> bool:
    """Whether a connection URL leads to a name that only a network of containers knows (`postgres://...@db:5432/app`), where neither the file
    nor the name speaks of a deployed environment: the password that a Compose file gives its own database opens nothing elsewhere."""
    host = (identity.account or "").partition("/")[0]
    return identity.kind == "connection URL" and host != "" and "." not in host and _DEPLOYED.search(f"{path} {host}") is None


def _severity(one: Sighting) -> Severity:
    """What stands in tests, a test key, a value that only the name beside it speaks for, or a shape known from hearsay stops no commit."""
    identity = one.identity
    kind = catalog.load().kind(identity.provider, identity.kind) if identity else None
    if _MATERIAL.search(one.location.path) or one.beside is not None:
        return Severity.WARNING
    doubtful = (kind is not None and kind.hint) or (identity is not None and identity.mode is Mode.TEST)
    return Severity.WARNING if doubtful else Severity.BLOCKER
