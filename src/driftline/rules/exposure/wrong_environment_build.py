"""The bundle was built with another environment's public values.

Why it matters: what is inlined at build time cannot be changed by the platform: production's pages talk to staging's API and database.
Fix: build again with the target's variables, and let the deploy step build instead of copying an older output.
What not to do: do not patch the files: the next build makes the same mistake.
Example: a production bundle that holds staging's Supabase project URL, because `.env.local` won over `.env.production`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import App, Environment, Facts, Finding, Kind, Related, Rule, Severity, Sighting, Traits
from driftline.rules.phrases import listed
from driftline.rules.sightings import where

RULE = Rule("wrong-environment-build", Severity.BLOCKER, "the bundle was built with another environment's public values")

# A development server's address stands in libraries too: alone it proves nothing.
_ENOUGH_LOCAL = 2


def check(facts: Facts) -> Iterator[Finding]:
    if not facts.output.files:
        return
    for app in facts.apps:
        target = _target(facts, app)
        if target is None:
            continue
        evidence = _evidence(facts, app, target)
        for other in app.environments:
            found = evidence.get(other.name, [])
            if not found or (other.kind is Kind.LOCAL and len(found) < _ENOUGH_LOCAL and _is_local(app, other, found[0])):
                continue
            first = found[0]
            names = [one.variable or "" for one in found]
            yield RULE.finding(
                f"the value of {listed(names)} for {other.name} {where(first)}, and {target.name}'s own does not: it was built for {other.name}",
                fix=f"build again with the variables of {target.name}",
                avoid="do not patch the files: the next build makes the same mistake",
                app=app.path,
                location=first.location,
                kind=target.kind,
                environment=target.name,
                variable=first.variable,
                identity=first.identity,
                subject=other.name,
                original=first.original,
                encoding=first.encoding,
                container=first.container,
                value=first.masked if first.identity is not None else None,
                digest=first.keyed,
                related=(
                    *((Related(first.declared, f"{other.name}'s value"),) if first.declared else ()),
                    *(Related(one.location, f"`{one.variable}` of {other.name}") for one in found[1:3]),
                ),
            )


def _target(facts: Facts, app: App) -> Environment | None:
    """The environment that the bundle is meant for: the one asked for, else the app's only production."""
    if facts.target is not None:
        return app.environment(facts.target)
    production = [environment for environment in app.environments if environment.kind is Kind.PRODUCTION]
    return production[0] if len(production) == 1 else None


def _evidence(facts: Facts, app: App, target: Environment) -> dict[str, list[Sighting]]:
    """Environment -> one sighting per variable whose value there is in the bundle while the target's own is not."""
    seen: dict[str, dict[str, Sighting]] = {}
    for one in facts.output.public:
        if one.variable is not None and one.environment is not None and one.public and one.variable in app.variables:
            seen.setdefault(one.variable, {}).setdefault(one.environment, one)
    found: dict[str, list[Sighting]] = {}
    for name, by_environment in seen.items():
        own = _traits(app, target, name)
        if own is None or target.name in by_environment:
            continue
        if any(one.digest == own.digest for one in by_environment.values()):
            continue
        for environment, one in by_environment.items():
            found.setdefault(environment, []).append(one)
    return found


def _traits(app: App, environment: Environment, name: str) -> Traits | None:
    cell = app.variables[name].cells.get(environment.name)
    return cell.traits if cell is not None else None


def _is_local(app: App, environment: Environment, one: Sighting) -> bool:
    traits = _traits(app, environment, one.variable or "") if one.variable in app.variables else None
    return traits is not None and traits.url is not None and traits.url.local
