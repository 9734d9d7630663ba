"""Two credentials, ids or URLs of one environment belong to different accounts or projects.

Why it matters: each of them is valid, together they fail: the token of one project at the address of another.
Fix: take both from the same account or project.
What not to do: do not change both at once; find out first which of them is the right one.
Example: the publishable and the secret key of Stripe name two accounts; the Supabase URL names another project than the key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from driftline.knowledge import catalog, decoders
from driftline.model import Facts, Finding, Related, Rule, Severity
from driftline.rules.phrases import Held, held, identified, title

RULE = Rule("credential-account-mismatch", Severity.BLOCKER, "values of one provider belong to different accounts")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        groups: dict[tuple[str, str, str], list[Held]] = {}
        for one in held(app):
            tied = _tied(one)
            if tied is not None:
                groups.setdefault((one.environment.name, *tied), []).append(one)
        for values in groups.values():
            pair = _differing(values, facts.accounts)
            if pair is None:
                continue
            one, other = pair
            identity, other_identity = one.traits.identity, other.traits.identity
            if identity is None or other_identity is None:
                continue
            provider = title(identity.provider)
            yield RULE.finding(
                f"in {one.environment.name} {one.place} is {identified(identity)}, and {other.place} is {identified(other_identity)}",
                fix=f"take {one.variable.name} and {other.variable.name} of {one.environment.name} from the same {provider} account or project",
                avoid="do not change both at once; find out first which one is right",
                app=app.path,
                location=one.declaration.location,
                environment=one.environment.name,
                variable=one.variable.name,
                identity=identity,
                value=identity.masked or None,
                digest=one.traits.keyed,
                related=(Related(other.declaration.location, identified(other_identity)),),
            )


def _tied(one: Held) -> tuple[str, str] | None:
    """(provider, what its kinds must agree on), None for values that say no account or may rightly differ."""
    identity = one.traits.identity
    if identity is None or identity.account is None or identity.provider == "unknown" or one.traits.placeholder or one.traits.default:
        return None
    known = catalog.load()
    kind = known.kind(identity.provider, identity.kind)
    if kind is None or kind.tied is None:
        return None
    # A second account has names of its own (`PARTNER_STRIPE_SECRET_KEY`); only the conventional names speak of one account.
    if not any(other.provider == identity.provider for other in known.by_variable(one.variable.name)):
        return None
    return identity.provider, kind.tied


def _differing(values: list[Held], accepted: Mapping[str, Sequence[str]]) -> tuple[Held, Held] | None:
    for index, one in enumerate(values):
        for other in values[index + 1 :]:
            mine, theirs = one.traits.identity, other.traits.identity
            if mine is None or theirs is None or not mine.account or not theirs.account:
                continue
            side_by_side = accepted.get(mine.provider, ())
            if all(any(decoders.same_account(account, own) for own in side_by_side) for account in (mine.account, theirs.account)):
                continue
            if not decoders.same_account(mine.account, theirs.account):
                # The server's side is named first: it is what a repair starts from.
                return (other, one) if one.variable.public and not other.variable.public else (one, other)
    return None
