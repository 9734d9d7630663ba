"""Two facts about one provider in one environment disagree on live and test.

Why it matters: a live page with a test backend (or the other way round) fails at the first payment, with an error of the provider.
Fix: make every value of the provider in this environment of one mode: live in production, test elsewhere.
What not to do: do not change the value that already fits the environment.
Example: production holds a live publishable key and a test secret key of Stripe.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Environment, Facts, Finding, Identity, Kind, Mode, Related, Rule, Severity
from driftline.rules.phrases import Held, held, identified, title

RULE = Rule("mixed-credential-modes", Severity.BLOCKER, "one provider's live and test values stand in one environment")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        groups: dict[tuple[str, str], dict[Mode, list[tuple[Held, Identity]]]] = {}
        for one in held(app):
            identity = one.traits.identity
            if identity is None or identity.provider == "unknown" or one.traits.placeholder:
                continue
            if identity.mode in (Mode.LIVE, Mode.TEST) and one.traits.published is None:
                modes = groups.setdefault((one.environment.name, identity.provider), {})
                modes.setdefault(identity.mode, []).append((one, identity))
        for (_, provider), modes in groups.items():
            if len(modes) < 2:
                continue
            environment = modes[Mode.LIVE][0][0].environment
            wrong, right = _sides(environment, modes)
            (one, identity), (other, other_identity) = wrong[0], right[0]
            wanted = Mode.LIVE if environment.kind is Kind.PRODUCTION else Mode.TEST
            yield RULE.finding(
                f"in {environment.name} {one.place} is {identified(identity)}, and {other.place} is {identified(other_identity)}",
                fix=f"make every value of {title(provider)} in {environment.name} {wanted.value}: change {one.variable.name}",
                avoid=f"do not change {other.variable.name}; it fits {environment.name}",
                app=app.path,
                location=one.declaration.location,
                environment=environment.name,
                variable=one.variable.name,
                identity=identity,
                value=identity.masked or None,
                digest=one.traits.keyed,
                related=tuple(Related(held_.declaration.location, identified(said)) for held_, said in [*right, *wrong[1:]]),
            )


def _sides(
    environment: Environment, modes: dict[Mode, list[tuple[Held, Identity]]]
) -> tuple[list[tuple[Held, Identity]], list[tuple[Held, Identity]]]:
    """(the values that do not fit the environment, those that do)."""
    if environment.kind is Kind.PRODUCTION:
        return modes[Mode.TEST], modes[Mode.LIVE]
    return modes[Mode.LIVE], modes[Mode.TEST]
