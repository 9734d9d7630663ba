"""A webhook route exists, and this environment has no signing secret for it.

Why it matters: every event of the provider is refused (or, without a check, believed); orders stay unpaid and nobody sees why.
Fix: register the endpoint of this environment at the provider, and put the secret it shows into this environment.
What not to do: do not take another environment's secret; each endpoint has its own.
Example: `app/api/webhooks/stripe/route.ts` reads `STRIPE_WEBHOOK_SECRET`, preview declares it, production does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline import late
from driftline.knowledge import catalog
from driftline.model import App, Environment, Facts, Finding, Kind, Location, Related, Route, Rule, Severity, State, Variable
from driftline.rules.phrases import DECLARED, declared_in, editable, first_read, home, keeps_no_secret, lacking, place, title
from driftline.rules.spelling import misspelled, misspelling

RULE = Rule("missing-webhook-secret", Severity.BLOCKER, "a webhook's signing secret is missing", elsewhere=Severity.WARNING)

_NAME = late.pattern(r"WEBHOOK.{0,80}(?:SECRET|KEY|TOKEN)|(?:SECRET|KEY|TOKEN)_WEBHOOKS?$|WHSEC|SIGNING_SECRET|SECRET_HASH|CALLBACK_TOKEN")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for secrets, route in _secrets(app):
            for environment in app.environments:
                if environment.kind is not Kind.LOCAL and _lacks(environment, secrets):
                    yield _finding(facts, app, environment, secrets, route)


def _secrets(app: App) -> Iterator[tuple[tuple[Variable, ...], Route]]:
    """The variables that hold a webhook's signing secret, each group once, with the first route that needs one of them."""
    seen: set[tuple[str, ...]] = set()
    for route in app.routes or ():
        if route.provider is None:
            continue
        files = {route.location.path, (route.verified or "").removeprefix("in ")}
        named = [v for v in app.variables.values() if _signs(v, route.provider) and not v.ignored and not v.injected]
        here = [v for v in named if any(read.location.path in files for read in v.reads)]
        # A file that takes the secret from a settings object reads none itself; then any of the provider's counts.
        group = tuple(here or [v for v in named if v.reads])
        names = tuple(v.name for v in group)
        if group and names not in seen:
            seen.add(names)
            yield group, route


def _signs(variable: Variable, provider: str) -> bool:
    """Whether a variable is meant for the secret of this provider's webhooks."""
    kinds = {kind.provider: kind.slot for kind in catalog.load().by_variable(variable.name) if kind.slot == "webhook_secret"}
    if kinds:
        return provider in kinds
    known = catalog.load().providers.get(provider)
    name = catalog.canonical(variable.name)
    return _NAME.search(name) is not None and known is not None and any(word in name for word in known.words)


def _lacks(environment: Environment, secrets: tuple[Variable, ...]) -> bool:
    """Whether none of them is there, for certain."""
    cells = [variable.cells[environment.name] for variable in secrets]
    return not any(cell.state in DECLARED and cell.state is not State.EMPTY for cell in cells) and not any(cell.doubt for cell in cells)


def _finding(facts: Facts, app: App, environment: Environment, secrets: tuple[Variable, ...], route: Route) -> Finding:
    variable = secrets[0]
    names = " or ".join(f"`{one.name}`" for one in secrets[:3])
    read = first_read(variable.reads)
    elsewhere = declared_in(variable, app, but=environment.name)
    location: Location = read.location if read is not None else route.location
    provider = title(route.provider or "")
    fix = f"register {environment.name}'s endpoint at {provider}, and put its secret into {home(environment, variable.name)} as {variable.name}"
    related = [Related(route.location, "the route"), *lacking(environment, variable.cells[environment.name])]
    if (slip := misspelling(app, misspelled(app, facts), environment, variable.name)) is not None:
        related.append(Related(slip.location, f"{slip.name} is declared here, and nothing reads it"))
        where = editable(environment, slip.location.path)
        fix = f"rename {slip.name} to {variable.name} in {where}, and see that {environment.name}'s endpoint is registered at {provider}"
    return RULE.finding(
        f"`{route.path}` receives webhooks of {provider}, and {environment.name} has no {names}"
        + (f" (read at {place(read.location)})" if read is not None else ""),
        fix=fix,
        avoid=f"do not copy {elsewhere[0][0].name}'s secret; each endpoint has its own" if elsewhere else "do not switch the check off",
        app=app.path,
        location=location,
        kind=environment.kind,
        severity=Severity.WARNING if keeps_no_secret(app, environment) else None,
        environment=environment.name,
        variable=variable.name,
        related=tuple(related),
    )
