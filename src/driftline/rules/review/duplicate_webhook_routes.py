"""One provider's webhook is handled by two routes that check the same signing secret.

Why it matters: only one of them is registered at the provider; a repair in the other one changes nothing, or every event counts twice.
Fix: look up which URL the provider calls, keep that route, and delete the other.
What not to do: do not register both; do not delete a route before you know which one is called.
Example: `app/api/webhooks/stripe/route.ts` and `supabase/functions/stripe-webhook/index.ts` both read STRIPE_WEBHOOK_SECRET.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.evidence import Hook, of
from driftline.model import Facts, Finding, Related, Rule, Severity

RULE = Rule("duplicate-webhook-routes", Severity.WARNING, "one provider's webhook is handled in two places")


def check(facts: Facts) -> Iterator[Finding]:
    routes: dict[tuple[str, str], list[Hook]] = {}
    for hook in of(facts).hooks:
        for secret in hook.secrets:
            routes.setdefault((hook.provider, secret), []).append(hook)
    for (provider, secret), hooks in sorted(routes.items()):
        if len(hooks) < 2:
            continue
        first, *others = sorted(hooks, key=lambda hook: hook.place)
        yield RULE.finding(
            f"webhooks of {provider} are handled in {len(hooks)} places, which all check `{secret}`",
            fix=f"look up which of them {provider} calls, and delete the others",
            avoid="do not delete one before you know that the other is called",
            app=".",
            location=first.place,
            variable=secret,
            related=tuple(Related(hook.place, "handled here, too") for hook in others),
            subject=f"{provider} {secret}",
        )
