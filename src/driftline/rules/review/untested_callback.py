"""No test, fixture or recorded event names a callback route.

Why it matters: a payment or login callback fails when the first customer comes; nothing in the repository shows that it was ever called.
Fix: send one real test event to it in each environment and keep a test with that event, or record it with `driftline attest callback`.
What not to do: do not replace the signature check to make it testable.
Example: `app/api/webhooks/stripe/route.ts`, and no test imports it or names its path.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from driftline.evidence import of
from driftline.model import Facts, Finding, Related, Rule, Severity

RULE = Rule("untested-callback", Severity.NOTE, "nothing shows that this callback was ever called")


def check(facts: Facts, *, days: int = 180) -> Iterator[Finding]:
    today = date.fromisoformat(facts.today)
    evidence = of(facts)
    for hook in evidence.hooks:
        if hook.tested is not None:
            continue
        attested = [a for a in evidence.attestations if a.name in (hook.route, hook.provider, hook.place.path)]
        fresh = [a for a in attested if (today - date.fromisoformat(a.day)).days <= days]
        if fresh:
            continue
        old = f"; it was attested for {attested[-1].environment} on {attested[-1].day}, more than {days} days ago" if attested else ""
        yield RULE.finding(
            f"the webhook route {hook.route} ({hook.provider}) is named by no test, fixture or recorded event{old}",
            fix=f"send a test event of {hook.provider} to it, then keep a test, or `driftline attest callback {hook.route} --env production`",
            avoid="do not switch the signature check off for the test",
            app=".",
            location=hook.place,
            related=tuple(Related(a.place, "an older attestation") for a in attested[-1:]),
            subject=hook.route,
        )
