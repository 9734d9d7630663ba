"""A callback leads to a tunnel or a webhook sink (ngrok, trycloudflare, webhook.site, smee ...), in preview or production.

Why it matters: the tunnel ends with the laptop it leads to; afterwards a stranger can be given the same host, and receives the callbacks.
Fix: put this environment's own address there.
What not to do: do not reserve the tunnel's name to keep it working; the developer's machine is still no server.
Example: `.env.production` says `WEBHOOK_BASE_URL=https://a1b2c3.ngrok-free.app`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Facts, Finding, Kind, Related, Rule, Severity
from driftline.rules.addresses import NON_LOCAL, TUNNELS, addresses, fixed, own_address, registered, shown
from driftline.rules.sightings import links, on_link

RULE = Rule("tunnel-callback", Severity.BLOCKER, "a callback leads to a tunnel")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for address in addresses(app, *NON_LOCAL):
            if address.place.kind not in TUNNELS:
                continue
            environment, name = address.environment, address.variable.name
            yield RULE.finding(
                f"{address.where} leads to {shown(address.url)}, {address.place.words}; {environment.name} uses it as {address.purpose}",
                fix=f"put {own_address(environment)} into {name} for {environment.name}",
                avoid="do not reserve the tunnel's name to keep it working",
                app=app.path,
                location=address.declaration.location,
                environment=environment.name,
                variable=name,
                digest=address.traits.keyed,
                related=tuple(Related(read.location, "read here") for read in address.variable.reads[:1]),
            )
    for path, one in fixed(facts):
        if one.place.kind in TUNNELS and one.role is not None:
            yield RULE.finding(
                f"{one.at} is fixed in code to {shown(one.url)}, {one.place.words}, in every environment",
                fix="take the address from a variable that every environment sets",
                avoid="do not reserve the tunnel's name to keep it working",
                app=path,
                location=one.literal.location,
                subject=f"{one.literal.location.path}:{one.literal.role}",
            )
    for endpoint in registered(facts):
        # A test endpoint may lead to a developer's machine.
        if endpoint.place.kind in TUNNELS and endpoint.kind is Kind.PRODUCTION:
            yield RULE.finding(
                f"the endpoint {shown(endpoint.url)} is registered for {endpoint.environment}, and is {endpoint.place.words}",
                fix=f"register {endpoint.environment}'s own address at the provider, and delete this endpoint",
                avoid="do not reserve the tunnel's name to keep it working",
                app=endpoint.app,
                location=endpoint.literal.location,
                environment=endpoint.environment,
                subject=f"{endpoint.literal.location.path}:{shown(endpoint.url)}",
            )
    for link, said in links(facts, *TUNNELS):
        yield on_link(RULE, facts, link, said)
