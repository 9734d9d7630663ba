"""A callback leads to localhost or a private address, in preview or production.

Why it matters: the payment, the password mail or the login sends people to their own machine; nothing on the server shows an error.
Fix: put this environment's own address there; in code, take it from a variable that every environment sets.
What not to do: do not change the local file; there localhost is right.
Example: `.env.production` says `NEXTAUTH_URL=http://localhost:3000`, or a checkout is created with `success_url: "http://localhost:3000/thanks"`.

A server's private API address on the loopback is spared where the app runs in a container, and so are `*_INTERNAL_*` names, service names
and `*.internal` hosts. What an image, a compose file or a workflow fixes is `baked-callback`, a fallback in code is `callback-fallback`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.knowledge import callbacks
from driftline.knowledge.callbacks import Role
from driftline.model import App, Facts, Finding, Rule, Severity, Side
from driftline.rules.addresses import (
    BAKED,
    LOCAL,
    NON_LOCAL,
    Address,
    Fixed,
    addresses,
    fixed,
    in_code,
    is_in_container,
    is_read_by_nothing,
    is_spared,
    own_address,
    shown,
)
from driftline.rules.phrases import on_value
from driftline.rules.sightings import links, on_link

RULE = Rule("local-callback", Severity.BLOCKER, "a callback leads to a local address")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for address in addresses(app, *NON_LOCAL):
            if address.place.kind in LOCAL and not address.is_baked and not is_spared(app, address) and not _is_idle(facts, app, address):
                environment, name = address.environment, address.variable.name
                yield on_value(
                    RULE,
                    app.path,
                    address,
                    f"{address.where} is {shown(address.url)} ({address.place.words}), and {environment.name} uses it as {address.purpose}",
                    fix=f"put {own_address(environment)} into {name} for {environment.name}",
                    avoid="do not change the local value; on a developer's machine it is right",
                )
    at = {app.path: app for app in facts.apps}
    for path, one in fixed(facts):
        if one.place.kind in LOCAL and one.role is not None and (one.role is not Role.API or _is_called_by_visitors(one, at.get(path))):
            yield in_code(
                RULE,
                path,
                one,
                fix="take the address from a variable that every environment sets, and fail when it is missing",
                avoid="do not put production's address there instead; previews would then send people to production",
            )
    for link, said in links(facts, *LOCAL):
        yield on_link(RULE, facts, link, said)


def _is_idle(facts: Facts, app: App, address: Address) -> bool:
    """Whether a `.env` that names no environment gives production nothing: no code reads the variable, or the build is handed another value."""
    name, path = address.variable.name, address.declaration.location.path
    if path.rpartition("/")[2] != ".env" or not address.variable.public:
        return False
    readings = (*(reading for one in facts.apps for reading in one.readings), *facts.stray)
    return is_read_by_nothing(app, address.variable) or any(
        source.format in BAKED and any(declaration.name == name for declaration in reading.declarations) for source, reading in readings
    )


def _is_called_by_visitors(one: Fixed, app: App | None) -> bool:
    """Whether an API's address cannot mean the process beside a server in its container, nor a program of the visitor's own (Ollama)."""
    in_browser = one.literal.side is Side.CLIENT or (app is not None and app.runtime in ("browser", "react-native"))
    beside = one.literal.side is Side.SERVER or not in_browser
    return not callbacks.is_visitors_own(one.url.port) and not (beside and app is not None and is_in_container(app))
