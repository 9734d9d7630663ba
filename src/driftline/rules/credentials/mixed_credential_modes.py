"""Two facts about one provider in one environment disagree on live and test.

Why it matters: a live page with a test backend (or the other way round) fails at the first payment, with an error of the provider.
Fix: make every value of the provider in this environment of one mode: live in production, test elsewhere.
What not to do: do not change the value that already fits the environment.
Example: production holds a live publishable key and a test secret key of Stripe, or a live token beside `environment: "sandbox"` in the code.
"""

from collections.abc import Iterator

from driftline.model import App, Environment, Exposure, Facts, Finding, Identity, Location, Mode, Related, Rule, Severity
from driftline.record import NamedTuple
from driftline.rules.phrases import Held, held, identified, place, title, wanted_mode
from driftline.rules.traps import switched

RULE = Rule("mixed-credential-modes", Severity.BLOCKER, "one provider's live and test values stand in one environment")


class _Said(NamedTuple):
    """One word on the mode of a provider in an environment; `one` is None where code or a config file says it without a variable."""

    words: str
    identity: Identity
    location: Location
    one: Held | None = None

    @property
    def name(self) -> str:
        return self.one.variable.name if self.one is not None else self.words


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        told: set[Location] = set()
        for environment in app.environments:
            for provider, said in _said(app, environment).items():
                wanted = wanted_mode(environment, provider)
                wrong = [one for one in said if one.identity.mode is not wanted]
                right = [one for one in said if one.identity.mode is wanted]
                # What the code fixes is one mistake, in however many environments it shows.
                if wrong and right and (wrong[0].one is not None or wrong[0].location not in told):
                    told.add(wrong[0].location)
                    yield _finding(app, environment, provider, wanted, wrong, right)


def _said(app: App, environment: Environment) -> dict[str, list[_Said]]:
    """By provider: the variables of the environment that say a mode, and where one does, what the code fixes."""
    found: dict[str, list[_Said]] = {}
    for one in held(app):
        identity = one.traits.identity
        if one.environment is not environment or identity is None or identity.provider == "unknown" or one.traits.placeholder:
            continue
        if identity.mode in (Mode.LIVE, Mode.TEST) and one.traits.published is None:
            found.setdefault(identity.provider, []).append(_Said(one.place, identity, one.declaration.location, one))
    for claim in app.claims:
        if claim.context == environment.name and claim.identity.mode in (Mode.LIVE, Mode.TEST) and claim.identity.provider in found:
            found[claim.identity.provider].append(_Said(place(claim.location), claim.identity, claim.location))
    for literal in app.literals:
        provider = switched(literal)
        if provider in found:
            identity = Identity(provider, "mode flag", Mode.TEST, None, Exposure.PUBLIC, "")
            found[provider].append(_Said(place(literal.location), identity, literal.location))
    return found


def _finding(app: App, environment: Environment, provider: str, wanted: Mode, wrong: list[_Said], right: list[_Said]) -> Finding:
    one, other = wrong[0], right[0]
    traits = one.one.traits if one.one is not None else None
    return RULE.finding(
        f"in {environment.name} {one.words} is {identified(one.identity)}, and {other.words} is {identified(other.identity)}",
        fix=f"make every value of {title(provider)} in {environment.name} {wanted.value}: change {one.name}",
        avoid=f"do not change {other.name}; it fits {environment.name}",
        app=app.path,
        location=one.location,
        environment=environment.name,
        variable=one.one.variable.name if one.one is not None else None,
        subject=one.one.variable.name if one.one is not None else f"{one.location.path}:{provider}",
        identity=one.identity,
        value=one.identity.masked or None,
        digest=traits.keyed if traits is not None else None,
        related=tuple(Related(said.location, identified(said.identity)) for said in [*right, *wrong[1:]]),
    )
