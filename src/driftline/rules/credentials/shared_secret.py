"""Two environments hold the same secret value.

Why it matters: whoever reads the laptop's or the preview's secret can act in production; a session signed there is valid here.
Fix: give each environment a value of its own; make the new one first, then replace it in the less protected environment.
What not to do: do not rotate the production value in a hurry; users may lose their sessions.
Example: `SESSION_SECRET` is equal in `.env.local` and `.env.production`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.knowledge import catalog
from driftline.model import Exposure, Facts, Finding, Rule, Severity
from driftline.rules.phrases import Held, is_secret_name, is_webhook_secret
from driftline.rules.sharing import finding, shared

RULE = Rule("shared-secret", Severity.WARNING, "two environments share a secret")


def check(facts: Facts) -> Iterator[Finding]:
    for pair in shared(facts.apps, _wanted, facts.shared):
        one, other = pair.one, pair.other
        if pair.same_line:
            says = f"{one.place} holds a secret, and one line serves {one.environment.name} and {other.environment.name}"
        else:
            says = f"{one.place} holds a secret of {one.environment.name}, and {other.place} the same one for {other.environment.name}"
        fix = f"give {other.environment.name} a value of its own for {other.variable.name}"
        yield finding(RULE, pair, says, fix, f"do not change the value of {one.environment.name} first")


def _wanted(one: Held) -> object:
    """The digest of a secret; webhook secrets and data stores have rules of their own, and a printed default is no secret."""
    traits = one.traits
    if traits.placeholder or traits.published or one.variable.public or is_webhook_secret(one):
        return None
    identity = traits.identity
    if identity is not None:
        if identity.exposure is not Exposure.SECRET or identity.slot not in ("key", "url"):
            return None
        kind = catalog.load().kind(identity.provider, identity.kind)
        return None if kind is not None and kind.data_store else traits.digest
    if traits.url is not None:
        return traits.digest if traits.secret_like and not traits.url.local else None
    return traits.digest if traits.secret_like and is_secret_name(one.variable.name) else None
