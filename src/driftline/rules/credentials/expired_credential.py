"""A credential says itself that it has expired, or will within 30 days.

Why it matters: on that day every request with it fails at once.
Fix: issue a new one at the provider and put it where the finding points.
What not to do: do not delete the old one before the new one works.
Example: a Supabase key (a JWT) whose `exp` lies in the past.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from driftline.model import Facts, Finding, Location, Rule, Severity
from driftline.rules.phrases import held, identified, on_value

RULE = Rule("expired-credential", Severity.BLOCKER, "a credential has expired or soon will", elsewhere=Severity.WARNING)


def check(facts: Facts, *, days: int = 30) -> Iterator[Finding]:
    today = date.fromisoformat(facts.today)
    for app in facts.apps:
        seen: set[Location] = set()
        for one in held(app):
            identity = one.traits.identity
            # What the platform hands out anew at every start (VERCEL_OIDC_TOKEN) is always short-lived where it was written down.
            if (
                one.variable.injected
                or identity is None
                or identity.expires is None
                or one.declaration.location in seen
                or one.traits.placeholder
            ):
                continue
            left = (date.fromisoformat(identity.expires) - today).days
            if left > days:
                continue
            seen.add(one.declaration.location)
            when = f"expired on {identity.expires}" if left < 0 else f"expires on {identity.expires}, in {left} days"
            yield on_value(
                RULE,
                app.path,
                one,
                f"{one.place} is {identified(identity)} and {when}",
                fix="issue a new one at the provider and put it here",
                avoid="do not delete the old one before the new one works",
                identity=identity,
                severity=Severity.BLOCKER if left < 0 else Severity.WARNING,
                related=(),
            )
