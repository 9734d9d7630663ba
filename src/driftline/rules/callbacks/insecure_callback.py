"""A callback leads to http instead of https, or to a bare IP address, outside local.

Why it matters: codes, tokens and payment results travel readable; most providers refuse such an address, and cookies marked secure are lost.
Fix: use https and a name.
What not to do: do not switch off the provider's or the cookie's security to make it work.
Example: `.env.production` says `AUTH_URL=http://shop.example`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.knowledge import hosts
from driftline.knowledge.hosts import Class
from driftline.model import Facts, Finding, Rule, Severity
from driftline.rules.addresses import NON_LOCAL, Address, addresses, shown
from driftline.rules.phrases import on_value

RULE = Rule("insecure-callback", Severity.WARNING, "a callback is not encrypted")

# What else is wrong with these, another rule says; inside one network nothing has to be encrypted.
_SPARED = frozenset((Class.LOCAL, Class.INTERNAL, Class.MALFORMED, Class.THIRD_PARTY))


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for address in addresses(app, *NON_LOCAL):
            why = _why(address)
            if why is not None:
                environment, name = address.environment, address.variable.name
                yield on_value(
                    RULE,
                    app.path,
                    address,
                    f"{address.where} is {shown(address.url)}, {why}; {environment.name} uses it as {address.purpose}",
                    fix=f"use https and a name in {name}",
                    avoid="do not switch off secure cookies or the provider's check instead",
                )


def _why(address: Address) -> str | None:
    if address.place.kind in _SPARED:
        return None
    if hosts.address_of(address.url.host) is not None:
        return "a bare address without a name"
    if address.url.scheme in ("http", "ws"):
        return "which is not encrypted"
    return None
