"""No test, fixture or recorded event names a callback route.

Why it matters: a payment or login callback fails when the first customer comes; nothing in the repository shows that it was ever called.
Fix: send one real test event to it in each environment and keep a test with that event, or record it with `driftline attest callback`.
What not to do: do not replace the signature check to make it testable.
Example: `app/api/webhooks/stripe/route.ts`, and no test imports it or names its path.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from driftline.evidence import Attestation, of
from driftline.model import Facts, Finding, Kind, Related, Rule, Severity

RULE = Rule("untested-callback", Severity.NOTE, "nothing shows that this callback was ever called")


def check(facts: Facts, *, days: int = 180) -> Iterator[Finding]:
    evidence = of(facts)
    production = {e.name for app in facts.apps for e in app.environments if e.kind is Kind.PRODUCTION} | {"production"}
    for hook in evidence.hooks:
        if hook.tested is not None:
            continue
        attested = [a for a in evidence.attestations if a.name in (hook.route, hook.provider, hook.place.path)]
        there = [a for a in attested if a.environment in production]
        if any(_age(a, facts.today) <= days for a in there):
            continue
        last = max(there or attested, key=lambda a: a.day, default=None)
        said = ""
        if last is not None:
            said = f"; it was attested for {last.environment} on {last.day}" + (f", more than {days} days ago" if there else " only")
        yield RULE.finding(
            f"the webhook route {hook.route} ({hook.provider}) is named by no test, fixture or recorded event{said}",
            fix=f"send a test event of {hook.provider} to it, then keep a test, or `driftline attest callback {hook.route} --env production`",
            avoid="do not switch the signature check off for the test",
            app=".",
            location=hook.place,
            related=(Related(last.place, "an attestation"),) if last is not None else (),
            subject=hook.route,
        )


def _age(attestation: Attestation, today: str) -> int:
    return (date.fromisoformat(today) - date.fromisoformat(attestation.day)).days
