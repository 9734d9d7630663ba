"""Two environments hold the same webhook signing secret.

Why it matters: a provider signs per endpoint; in one of the two environments every signature fails, or a test event is taken for real.
Fix: create an endpoint for each environment at the provider and give each environment its endpoint's secret.
What not to do: do not switch the signature check off to get events through.
Example: `STRIPE_WEBHOOK_SECRET` is equal in `.env.local` and in production.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Facts, Finding, Rule, Severity
from driftline.rules.phrases import Held, is_webhook_secret
from driftline.rules.sharing import finding, shared

RULE = Rule("shared-webhook-secret", Severity.BLOCKER, "two environments share a webhook signing secret")


def check(facts: Facts) -> Iterator[Finding]:
    for pair in shared(facts.apps, _wanted, facts.shared):
        one, other = pair.one, pair.other
        if pair.same_line:
            says = f"{one.place} is one line that signs webhooks of {one.environment.name} and of {other.environment.name}"
        else:
            says = (
                f"{one.place} signs webhooks of {one.environment.name}, and {other.place} is the same secret for {other.environment.name}"
            )
        fix = f"create an endpoint for {other.environment.name} at the provider and put its secret into {other.variable.name}"
        yield finding(RULE, pair, says, fix, "do not switch the signature check off to get events through")


def _wanted(one: Held) -> object:
    return one.traits.digest if is_webhook_secret(one) and not one.traits.placeholder else None
