"""Production's callback leads to a preview deployment or to an editor's preview of a builder.

Why it matters: previews are replaced, deleted and often behind a login; customers who return from a payment or open a mail see none of it.
Fix: put production's own address there; in code, take it from a variable.
What not to do: do not switch off the protection of previews to make the link work.
Example: `.env.production` says `NEXTAUTH_URL=https://shop-git-main-acme.vercel.app`, or `capacitor.config.ts` loads `*.lovableproject.com`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Facts, Finding, Kind, Rule, Severity
from driftline.rules.addresses import PREVIEWS, addresses, at_provider, fixed, in_code, is_origin, own_address, registered, shown
from driftline.rules.phrases import on_value
from driftline.rules.sightings import links, on_link

RULE = Rule("preview-callback", Severity.BLOCKER, "production's callback leads to a preview")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for address in addresses(app, Kind.PRODUCTION):
            environment, name = address.environment, address.variable.name
            if address.place.kind not in PREVIEWS or is_origin(environment, address.url):
                continue
            yield on_value(
                RULE,
                app.path,
                address,
                f"{address.where} leads to {shown(address.url)}, {address.place.words}; {environment.name} uses it as {address.purpose}",
                fix=f"put {own_address(environment)} into {name} for {environment.name}",
                avoid="do not open the previews to everybody to make the link work",
            )
    for path, one in fixed(facts):
        if one.place.kind in PREVIEWS and one.role is not None:
            fix = "take the address from a variable that every environment sets"
            yield in_code(RULE, path, one, fix=fix, avoid="do not open the previews to everybody to make the link work")
    for endpoint in registered(facts):
        if endpoint.place.kind in PREVIEWS and endpoint.kind is Kind.PRODUCTION:
            yield at_provider(RULE, endpoint, avoid="do not open the previews to everybody to make the endpoint work")
    for link, said in links(facts, *PREVIEWS):
        yield on_link(RULE, facts, link, said)
