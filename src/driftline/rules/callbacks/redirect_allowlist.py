"""The login provider's configuration sends people to, or allows, another environment's address.

Why it matters: a login returns only to listed addresses; every other one silently becomes the default, and a listed localhost lets any program
on a visitor's machine receive production's login.
Fix: give each project its own `site_url` and list: `[remotes.production.auth]` in `supabase/config.toml`.
What not to do: do not list `https://**`; then a stranger's page may receive the login.
Example: a workflow runs `supabase config push`, and `[auth] site_url` is `http://localhost:3000`: it is written to production.

Localhost in the base of `supabase/config.toml` is right for the stack on a developer's machine, as long as nothing pushes it. What the
dashboard holds is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.knowledge import hosts
from driftline.knowledge.hosts import Class
from driftline.knowledge.platform import environment_kind
from driftline.model import Facts, Finding, Kind, Literal, Location, Reading, Related, Rule, Severity, Source
from driftline.rules.addresses import LOCAL, PREVIEWS, TUNNELS, origin_hosts, shown

RULE = Rule("redirect-allowlist", Severity.BLOCKER, "a login may return to another environment", elsewhere=Severity.WARNING)

_ROLES = {
    "site_url": "logins return by default to",
    "additional_redirect_urls": "logins may return to",
    "redirect_uri": "logins may return to",
}


def check(facts: Facts) -> Iterator[Finding]:
    readings = [*((app.path, *item) for app in facts.apps for item in app.readings), *((".", *item) for item in facts.stray)]
    pushes = [place for _, _, reading in readings for place in reading.pushes]
    seen: set[str] = set()
    for app, source, reading in readings:
        if source.format == "supabase" and source.path not in seen:
            seen.add(source.path)
            yield from _base(app, source, reading, pushes)
            for context, literal in reading.origins:
                if context is not None and literal.role in _ROLES:
                    yield from _remote(facts, app, context, literal)


def _remote(facts: Facts, app: str, context: str, literal: Literal) -> Iterator[Finding]:
    """An address of one deployed project."""
    kind = environment_kind(context) or Kind.PREVIEW
    why = _why(literal, kind) if kind is not Kind.LOCAL else None
    if why is None and kind is Kind.PRODUCTION and literal.traits is not None and literal.traits.url is not None:
        host = literal.traits.url.host
        others = (e for a in facts.apps for e in a.environments if e.kind is not Kind.PRODUCTION)
        owner = next((e.name for e in others if host in origin_hosts(e)), None)
        why = f"{owner}'s address" if owner is not None else None
    if why is not None:
        yield _finding(app, literal, why, f"in {context}", kind, context, ())


def _base(app: str, source: Source, reading: Reading, pushes: list[Location]) -> Iterator[Finding]:
    """The base, which is for the stack on a developer's machine, unless it is pushed or says by its `site_url` that it is production's."""
    base = [literal for context, literal in reading.origins if context is None and literal.role in _ROLES]
    overridden = {literal.role for context, literal in reading.origins if context is not None}
    site = next((literal for literal in base if literal.role == "site_url"), None)
    own = site is not None and _why(site, Kind.PRODUCTION) is None and site.traits is not None and site.traits.shape == "url"
    for literal in base:
        why = _why(literal, Kind.PRODUCTION)
        if why is None or literal.role in overridden:
            continue
        if pushes:
            related = tuple(Related(place, "pushed here") for place in pushes[:2])
            yield _finding(app, literal, why, "in every project it is pushed to", Kind.PRODUCTION, "production", related)
        elif own and site is not None and literal is not site:
            related = (Related(site.location, "the address of production stands here"),)
            yield _finding(app, literal, why, f"in {source.path}, whose site_url is production's,", None, None, related)


def _why(literal: Literal, kind: Kind) -> str | None:
    """What is wrong with an address in a deployed project, in words."""
    url = literal.traits.url if literal.traits is not None else None
    if url is None or not url.host:
        return None
    if "*" in url.host:
        return "any host" if set(url.host) <= set("*.") else None
    place = hosts.classify(url)
    if place.kind in LOCAL | TUNNELS:
        return f"{shown(url)} ({place.words})"
    if kind is Kind.PRODUCTION and (place.kind in PREVIEWS or place.kind is Class.NON_PRODUCTION):
        return f"{shown(url)} ({place.words})"
    return None


def _finding(
    app: str, literal: Literal, why: str, where: str, kind: Kind | None, environment: str | None, related: tuple[Related, ...]
) -> Finding:
    return RULE.finding(
        f"{where} {_ROLES[literal.role]} {why}",
        fix="give each deployed project its own address and list in [remotes.NAME.auth]",
        avoid="do not allow every host to make logins pass",
        app=app,
        location=literal.location,
        severity=RULE.severity_in(kind) if kind is not None else Severity.WARNING,
        environment=environment,
        subject=f"{literal.location.path}:{literal.role}:{environment or 'base'}",
        related=related,
    )
