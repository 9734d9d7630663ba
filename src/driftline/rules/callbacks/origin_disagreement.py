"""The base addresses of one environment do not share one origin.

Why it matters: the login starts on one domain and returns to another, cookies do not follow, and mails lead to the old address.
Fix: give all base addresses of the environment one domain; `shop.example` and `api.shop.example` are one family.
What not to do: do not silence it by making the values equal; the API's host may well differ below one domain.
Example: in production `NEXT_PUBLIC_APP_URL` is `https://shop.example` and `NEXTAUTH_URL` still `https://shop.vercel.app`.

Several domains of one product are declared once: `[environments.production] origins = ["https://shop.example", "https://shop-pay.example"]`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.knowledge import callbacks, hosts
from driftline.knowledge.callbacks import Role
from driftline.knowledge.hosts import Class
from driftline.model import App, Environment, Facts, Finding, Kind, Related, Rule, Severity
from driftline.rules.addresses import Address, addresses, is_origin, shown

RULE = Rule("origin-disagreement", Severity.WARNING, "base addresses of one environment do not share one origin")

_BASES = frozenset((Role.SITE, Role.AUTH, Role.API, Role.OAUTH, Role.PAYMENT, Role.MAIL))
_OWN = frozenset((Class.OTHER, Class.PLATFORM, Class.BUILDER))


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for environment in app.environments:
            if environment.kind is not Kind.LOCAL:
                yield from _of(app, environment)


def _of(app: App, environment: Environment) -> Iterator[Finding]:
    """One finding for each domain beside the environment's main one, at its first address."""
    families: dict[str, list[Address]] = {}
    for address in addresses(app, environment.kind):
        if address.environment is environment and _is_base(address):
            families.setdefault(hosts.registrable(address.url.host), []).append(address)
    if len(families) < 2:
        return
    main = max(families, key=lambda family: _weight(families[family]))
    if all(is_origin(environment, address.url) and _is_declared(environment, address) for found in families.values() for address in found):
        return
    for family, found in families.items():
        one, other = found[0], families[main][0]
        if family == main or all(_is_declared(environment, address) for address in found):
            continue
        yield RULE.finding(
            f"in {environment.name} {one.where} is {shown(one.url)}, and {other.where} is {shown(other.url)}: two domains",
            fix="give both one domain, or declare the second one as an origin in driftline.toml if the product has two",
            avoid="do not make the values equal; hosts below one domain may differ",
            app=app.path,
            location=one.declaration.location,
            environment=environment.name,
            variable=one.variable.name,
            related=(Related(other.declaration.location, f"{shown(other.url)} here"),),
        )


def _is_base(address: Address) -> bool:
    """Whether an address is one of the app's own; an API on a platform's default host is usual beside a front end elsewhere."""
    if address.role not in _BASES or address.place.kind not in _OWN or callbacks.may_name_production(address.variable.name):
        return False
    return not (address.role is Role.API and address.place.kind in (Class.PLATFORM, Class.BUILDER))


def _weight(found: list[Address]) -> tuple[bool, int, bool]:
    """A domain of one's own before a default host, then the domain of most addresses, then the site's."""
    return (found[0].place.kind is Class.OTHER, len(found), any(address.role is Role.SITE for address in found))


def _is_declared(environment: Environment, address: Address) -> bool:
    """Whether driftline.toml names the address's host for this environment."""
    return any(
        why.endswith("says so") and (found := hosts.split(origin) or hosts.bare(origin)) is not None and found.host == address.url.host
        for origin, why in environment.origin_because.items()
    )
