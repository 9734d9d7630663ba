"""A callback leads to a tunnel or a webhook sink (ngrok, trycloudflare, webhook.site, smee ...), in preview or production.

Why it matters: the tunnel ends with the laptop it leads to; afterwards a stranger can be given the same host, and receives the callbacks.
Fix: put this environment's own address there.
What not to do: do not reserve the tunnel's name to keep it working; the developer's machine is still no server.
Example: `.env.production` says `WEBHOOK_BASE_URL=https://a1b2c3.ngrok-free.app`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Facts, Finding, Kind, Rule, Severity
from driftline.rules.addresses import NON_LOCAL, TUNNELS, addresses, at_provider, fixed, in_code, own_address, registered, shown
from driftline.rules.phrases import on_value
from driftline.rules.sightings import links, on_link

RULE = Rule("tunnel-callback", Severity.BLOCKER, "a callback leads to a tunnel")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for address in addresses(app, *NON_LOCAL):
            if address.place.kind not in TUNNELS:
                continue
            environment, name = address.environment, address.variable.name
            yield on_value(
                RULE,
                app.path,
                address,
                f"{address.where} leads to {shown(address.url)}, {address.place.words}; {environment.name} uses it as {address.purpose}",
                fix=f"put {own_address(environment)} into {name} for {environment.name}",
                avoid="do not reserve the tunnel's name to keep it working",
            )
    for path, one in fixed(facts):
        if one.place.kind in TUNNELS and one.role is not None:
            fix = "take the address from a variable that every environment sets"
            yield in_code(RULE, path, one, fix=fix, avoid="do not reserve the tunnel's name to keep it working")
    for endpoint in registered(facts):
        # A test endpoint may lead to a developer's machine.
        if endpoint.place.kind in TUNNELS and endpoint.kind is Kind.PRODUCTION:
            yield at_provider(RULE, endpoint, avoid="do not reserve the tunnel's name to keep it working")
    for link, said in links(facts, *TUNNELS):
        yield on_link(RULE, facts, link, said)
