"""Production's database, bucket, project or queue is also another environment's.

Why it matters: a test, a migration or a seed on a laptop or in a preview changes or deletes real data.
Fix: create a store of its own for the other environment and point it there.
What not to do: do not point production elsewhere, and do not empty the shared store: it holds the real data.
Example: preview and production name one Supabase project; two wrangler environments bind one D1 database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from driftline.knowledge import catalog
from driftline.model import App, Declaration, Environment, Facts, Finding, Kind, Location, Mode, Related, Rule, Severity
from driftline.rules.phrases import PROTECTION, Held, title
from driftline.rules.sharing import Shared, is_named, shared

RULE = Rule("shared-data-store", Severity.BLOCKER, "production's data store is also another environment's")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        yield from _bindings(app, facts.shared)
        seen: set[tuple[Location, Location]] = set()
        for pair in shared(app, _store, facts.shared):
            one, other, same_line = pair
            places = (one.declaration.location, other.declaration.location)
            if one.environment.kind is not Kind.PRODUCTION or one.traits.identity is None or places in seen:
                continue
            seen.add(places)
            store = f"{title(one.traits.identity.provider)} {one.traits.identity.account}"
            if same_line:
                says = f"{one.place} leads to {store}, and one line serves both {one.environment.name} and {other.environment.name}"
            else:
                says = f"{one.place} leads {one.environment.name} to {store}, and {other.place} leads {other.environment.name} to the same"
            yield RULE.finding(
                says,
                fix=f"create a store of its own for {other.environment.name} and put it into {other.variable.name} there",
                avoid=f"do not point {one.environment.name} elsewhere; it holds the real data",
                app=app.path,
                location=one.declaration.location,
                severity=_severity(pair),
                environment=one.environment.name,
                variable=one.variable.name,
                identity=one.traits.identity,
                value=one.traits.identity.masked or None,
                digest=one.traits.keyed,
                related=(Related(other.declaration.location, f"the same store for {other.environment.name}"),),
            )


def _bindings(app: App, spared: Sequence[str]) -> Iterator[Finding]:
    """Bindings and aliases that name their store: a Worker's D1 database, a Firebase project."""
    ordered = sorted(app.environments, key=lambda e: (PROTECTION[e.kind], e.name))
    homes: dict[str, tuple[Environment, str, Declaration]] = {}
    for environment in ordered:
        for variable in app.variables.values():
            declaration = variable.cells[environment.name].declaration
            if (
                declaration is None
                or declaration.store is None
                or variable.ignored
                or is_named(spared, variable.name, declaration.store.rpartition(" ")[2])
            ):
                continue
            home, name, first = homes.setdefault(declaration.store, (environment, variable.name, declaration))
            if home.kind is not Kind.PRODUCTION or environment.kind is Kind.PRODUCTION:
                continue
            yield RULE.finding(
                f"`{name}` leads {home.name} to {declaration.store}, and `{variable.name}` leads {environment.name} to the same",
                fix=f"create a store of its own for {environment.name} and bind it to {variable.name} there",
                avoid=f"do not point {home.name} elsewhere; it holds the real data",
                app=app.path,
                location=first.location,
                environment=home.name,
                variable=name,
                related=(Related(declaration.location, f"the same store for {environment.name}"),),
            )


def _store(one: Held) -> object:
    """(provider, account) of a data store that is reachable from elsewhere."""
    identity = one.traits.identity
    if identity is None or identity.account is None or identity.mode is Mode.LOCAL or one.traits.placeholder or one.traits.default:
        return None
    kind = catalog.load().kind(identity.provider, identity.kind)
    if kind is None or not kind.data_store or (one.traits.url is not None and one.traits.url.local):
        return None
    return identity.provider, identity.account


def _severity(pair: Shared) -> Severity:
    """A committed base file alone does not say that anyone runs two environments: it is worth a note."""
    because = pair.one.environment.because.get(pair.one.declaration.location.path, "")
    return Severity.NOTE if pair.same_line and "base of every environment" in because else Severity.BLOCKER
