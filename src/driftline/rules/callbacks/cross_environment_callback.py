"""The host of a callback belongs to another environment.

Why it matters: a preview's login or payment ends in production, with a state or a session that production does not know; or production's
customers land on staging.
Fix: give each environment its own address; let previews take theirs from the platform's variable.
What not to do: do not widen the login provider's redirect list to every host to make it pass.
Example: `BETTER_AUTH_URL` of preview is production's address: every login there fails with `state_mismatch`.

An environment's addresses are those declared in driftline.toml, stated by platform configuration (routes, aliases, app names, CNAME), and
held by its own base variables. `AUTH_REDIRECT_PROXY_URL` and names such as `CANONICAL_URL` may hold production's everywhere; a developer's
machine may call any environment's API.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.knowledge import callbacks
from driftline.knowledge.callbacks import Role
from driftline.knowledge.hosts import Class
from driftline.model import App, Environment, Facts, Finding, Kind, Related, Rule, Severity, Url, is_base
from driftline.rules.addresses import Address, addresses, is_origin, origin_hosts, shown
from driftline.rules.phrases import PROTECTION, on_value, read_here

RULE = Rule("cross-environment-callback", Severity.BLOCKER, "a callback's host belongs to another environment")

# From a developer's machine these may lead anywhere; what comes back to the app itself may not.
_CALLED = frozenset((Role.API, Role.ASSET, Role.WEBHOOK))


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for address in addresses(app):
            # Files may well come from production's host elsewhere, but production's own from production.
            borrowed = address.role is Role.ASSET and address.environment.kind is not Kind.PRODUCTION
            if address.role is None or borrowed:
                continue
            owner = _owner(app, address)
            if owner is not None:
                yield _finding(app, address, owner)
            elif _says_another(address):
                yield _finding(app, address, None)


def _owner(app: App, address: Address) -> Environment | None:
    """The other environment whose host it is, None where it is this one's own or nobody's."""
    environment = address.environment
    if is_origin(environment, address.url) or _is_meant(address):
        return None
    for other in sorted(app.environments, key=lambda e: PROTECTION[e.kind]):
        if other.kind is environment.kind or address.url.host not in origin_hosts(other):
            continue
        # A developer may use staging; production and staging may not use one another.
        if environment.kind is not Kind.LOCAL or (other.kind is Kind.PRODUCTION and address.role not in _CALLED):
            return other
    return None


def _says_another(address: Address) -> bool:
    """Whether production's address says by its own name that it is another environment's."""
    environment = address.environment
    named = environment.kind is Kind.PRODUCTION and address.place.kind is Class.NON_PRODUCTION
    return named and not is_origin(environment, address.url)


def _is_meant(address: Address) -> bool:
    """Whether the variable may name production everywhere, or one line of a base file serves every environment."""
    shared = is_base(address.environment.because, address.declaration.location.path)
    return callbacks.may_name_production(address.variable.name) or (shared and address.environment.kind is not Kind.PRODUCTION)


def _finding(app: App, address: Address, owner: Environment | None) -> Finding:
    environment, name = address.environment, address.variable.name
    if owner is not None:
        said = f"which is {owner.name}'s ({_because(owner, address.url)})"
    else:
        said = address.place.words
    return on_value(
        RULE,
        app.path,
        address,
        f"{address.where} leads to {shown(address.url)}, {said}; {environment.name} uses it as {address.purpose}",
        fix=f"give {environment.name} an address of its own in {name}",
        avoid="do not widen the login provider's redirect list to make it pass",
        related=_related(app, address, owner),
    )


def _because(owner: Environment, url: Url) -> str:
    return next((why for origin, why in owner.origin_because.items() if url.host in origin), "its own")


def _related(app: App, address: Address, owner: Environment | None) -> tuple[Related, ...]:
    """Where the owner holds the same host, and where the value is read."""
    found = []
    if owner is not None:
        for variable in app.variables.values():
            cell = variable.cells[owner.name]
            url = cell.traits.url if cell.traits is not None else None
            if cell.declaration is not None and url is not None and url.host == address.url.host and callbacks.role_of(variable.name):
                found.append(Related(cell.declaration.location, f"{owner.name}'s address"))
                break
    return (*found, *read_here(address.variable))
