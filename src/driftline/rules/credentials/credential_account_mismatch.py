"""Two credentials, ids or URLs of one environment belong to different accounts or projects.

Why it matters: each of them is valid, together they fail: the token of one project at the address of another.
Fix: take both from the same account or project.
What not to do: do not change both at once; find out first which of them is the right one.
Example: the publishable and the secret key of Stripe name two accounts; the Supabase URL names another project than the key; a price id
in the code is another account's than the key.

A second account under names of its own (`PARTNER_STRIPE_SECRET_KEY`) is none of this; accounts that stand side by side under the usual
names are declared as `accounts` in driftline.toml.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from driftline.knowledge import catalog, decoders
from driftline.model import App, Environment, Facts, Finding, Identity, Location, Mode, Related, Rule, Severity
from driftline.record import NamedTuple
from driftline.rules.phrases import PROTECTION, Held, held, identified, place, title

RULE = Rule("credential-account-mismatch", Severity.BLOCKER, "values of one provider belong to different accounts")


class _Role(Enum):
    """What a word on an account says: this is THE account; an OBJECT of some account that has a key here; ANOTHER account under names of its own."""

    THE = "the"
    OBJECT = "object"
    ANOTHER = "another"


class _Said(NamedTuple):
    """One word on whose account an environment uses."""

    words: str
    identity: Identity
    location: Location
    role: _Role
    one: Held | None = None

    @property
    def account(self) -> str:
        return self.identity.account or ""

    @property
    def name(self) -> str:
        return self.one.variable.name if self.one is not None else self.words


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        told: set[Location] = set()
        for environment in sorted(app.environments, key=lambda e: (PROTECTION[e.kind], e.name)):
            for tie, said in _said(app, environment).items():
                for one, other in _disagreements(said, facts.accounts.get(tie[0], ())):
                    # What the code fixes is one mistake, in however many environments it shows.
                    if other.one is None and other.location in told:
                        continue
                    told.add(other.location)
                    yield _finding(app, environment, one, other)
        yield from _of_the_project(app, facts.accounts)


def _said(app: App, environment: Environment) -> dict[tuple[str, str], list[_Said]]:
    """By provider and what its kinds must agree on: what the environment's variables and the places that name it say."""
    found: dict[tuple[str, str], list[_Said]] = {}
    for one in held(app):
        identity = one.traits.identity
        if one.environment is not environment or identity is None or one.traits.placeholder or one.traits.default:
            continue
        if (tie := _tied(identity)) is not None:
            found.setdefault(tie, []).append(_Said(one.place, identity, one.declaration.location, _role(identity, one), one))
    for variable in app.variables.values():
        declaration = variable.cells[environment.name].declaration
        identity = declaration.identity if declaration is not None else None
        if declaration is not None and identity is not None and (tie := _tied(identity)) is not None:
            found.setdefault(tie, []).append(_Said(place(declaration.location), identity, declaration.location, _Role.THE))
    for claim in app.claims:
        if claim.context == environment.name and (tie := _tied(claim.identity)) is not None:
            found.setdefault(tie, []).append(_Said(place(claim.location), claim.identity, claim.location, _role(claim.identity)))
    return found


def _tied(identity: Identity) -> tuple[str, str] | None:
    """Provider and what its kinds must agree on; None for what names no account, an emulator's project (`demo-shop`) among it."""
    kind = catalog.load().kind(identity.provider, identity.kind) if identity.mode is not Mode.LOCAL else None
    return (identity.provider, kind.tied) if kind is not None and kind.tied is not None and identity.account else None


def _role(identity: Identity, one: Held | None = None) -> _Role:
    """Conventional names speak of the one account, and so do those that any provider of the job is given (`DATABASE_URL`)."""
    if "..." in (identity.account or ""):  # an object's id shows the end of its owner's account only
        return _Role.OBJECT
    if one is None:
        return _Role.THE
    usual = catalog.load().by_variable(one.variable.name)
    return _Role.THE if any(kind.provider == identity.provider or kind.job == identity.job for kind in usual) else _Role.ANOTHER


def _disagreements(said: Sequence[_Said], accepted: Sequence[str]) -> Iterator[tuple[_Said, _Said]]:
    """The first two that belong to different accounts, and then each object that belongs to none of those that have a key."""
    firm = [one for one in said if one.role is _Role.THE]
    keys = [one for one in said if one.role is not _Role.OBJECT]
    pair = next(((one, other) for index, one in enumerate(firm) for other in firm[index + 1 :] if _differ(one, other, accepted)), None)
    if pair is not None:
        yield _in_order(*pair)
    for one in said:
        if one.role is _Role.OBJECT and firm and all(_differ(one, key, accepted) for key in keys):
            yield _in_order(one, firm[0])


def _in_order(one: _Said, other: _Said) -> tuple[_Said, _Said]:
    """The server's variable is named first: it is what a repair starts from."""
    backwards = other.one is not None and (one.one is None or (one.one.variable.public and not other.one.variable.public))
    return (other, one) if backwards else (one, other)


def _differ(one: _Said, other: _Said, accepted: Sequence[str]) -> bool:
    if decoders.same_account(one.account, other.account):
        return False
    return not all(any(decoders.same_account(account, own) for own in accepted) for account in (one.account, other.account))


def _finding(app: App, environment: Environment, one: _Said, other: _Said) -> Finding:
    provider = title(one.identity.provider)
    traits = one.one.traits if one.one is not None else None
    return RULE.finding(
        f"in {environment.name} {one.words} is {identified(one.identity)}, and {other.words} is {identified(other.identity)}",
        fix=f"take {one.name} and {other.name} of {environment.name} from the same {provider} account or project",
        avoid="do not change both at once; find out first which one is right",
        app=app.path,
        location=one.location,
        environment=environment.name,
        variable=one.one.variable.name if one.one is not None else None,
        subject=one.one.variable.name if one.one is not None else one.words,
        identity=one.identity,
        value=one.identity.masked or None,
        digest=traits.keyed if traits is not None else None,
        related=(Related(other.location, identified(other.identity)),),
    )


def _of_the_project(app: App, accepted: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """What a config file says of the project as a whole must be what one of its environments uses."""
    for claim in app.claims:
        tie = _tied(claim.identity) if claim.context is None else None
        if tie is None:
            continue
        named = _Said(place(claim.location), claim.identity, claim.location, _Role.THE)
        used = [
            (environment, one)
            for environment in sorted(app.environments, key=lambda e: (PROTECTION[e.kind], e.name))
            for one in _said(app, environment).get(tie, ())
            if one.one is not None and one.role is _Role.THE
        ]
        if used and all(_differ(one, named, accepted.get(tie[0], ())) for _, one in used):
            yield _finding(app, used[0][0], used[0][1], named)
