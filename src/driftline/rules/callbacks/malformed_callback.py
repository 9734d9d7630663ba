"""A callback's address cannot work anywhere: `https://undefined`, a doubled or missing scheme, a host to be filled in.

Why it matters: the provider rejects the address, or the link in the mail opens nothing; the value was put together from one that was missing.
Fix: write the whole address with its scheme (`https://shop.example`), this environment's own.
What not to do: do not repair it in code by adding a scheme where one is missing; the next reader of the variable will not.
Example: `.env.production` says `NEXT_PUBLIC_APP_URL=https://undefined`, or `AUTH_URL=https://https://shop.example`.

A bare host is right where its name says so (`APP_DOMAIN`, `API_HOST`) or where the code puts the scheme before it.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline import late
from driftline.knowledge import callbacks, hosts
from driftline.knowledge.hosts import Class
from driftline.model import App, Environment, Facts, Finding, Kind, Rule, Severity, Variable
from driftline.rules.addresses import is_origin, own_address
from driftline.rules.phrases import Held, held, on_value
from driftline.rules.sightings import links, on_link

RULE = Rule("malformed-callback", Severity.BLOCKER, "a callback's address is malformed", elsewhere=Severity.WARNING)

_NEEDS_SCHEME = late.pattern(r"(?:URL|URI|ORIGIN)$")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        seen: set[tuple[str, str, int]] = set()
        for one in held(app):
            place = one.declaration.location
            why = _why(one.environment, one.variable, one)
            if why is not None and (one.variable.name, place.path, place.line) not in seen:
                seen.add((one.variable.name, place.path, place.line))
                yield _finding(app, one, why)
    for link, said in links(facts, Class.MALFORMED):
        yield on_link(RULE, facts, link, said)


def _why(environment: Environment, variable: Variable, one: Held) -> str | None:
    """What is wrong with an address, in words; None for one that may work."""
    traits = one.traits
    if callbacks.role_of(variable.name) is None or _is_expanded(one):
        return None
    if traits.broken == "url":
        return "it is no URL"
    url = traits.url
    if url is None:
        return None
    place = hosts.classify(url)
    if place.kind is Class.MALFORMED:
        return None if is_origin(environment, url) else place.words
    bare = url.scheme == "" and _NEEDS_SCHEME.search(variable.name) is not None
    if bare and not any(read.manner == "host" for read in variable.references):
        return "it has no scheme"
    return None


def _is_expanded(one: Held) -> bool:
    """Whether other variables are put in where it runs: what is missing here may be there."""
    cell = one.variable.cells[one.environment.name]
    url = one.traits.url
    return (one.declaration.value is not None and one.declaration.value != cell.value) or (url is not None and "$" in url.host)


def _finding(app: App, one: Held, why: str) -> Finding:
    name, environment = one.variable.name, one.environment
    role = callbacks.role_of(name)
    return on_value(
        RULE,
        app.path,
        one,
        f"{one.place} is malformed: {why}; {environment.name} uses it as {role.words if role else 'an address'}",
        fix=f"write {own_address(environment)} with its scheme into {name}",
        avoid="do not add the missing part in code; other readers of the variable would not",
        kind=environment.kind if environment.kind is not Kind.PRODUCTION else None,
    )
