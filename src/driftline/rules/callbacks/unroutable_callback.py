"""A callback's path is served by no route of this project.

Why it matters: the payment succeeds and the customer lands on "not found"; the provider's events are answered with 404 and given up.
Fix: correct the path, or add the route.
What not to do: do not add a catch-all route to make it answer; the event would be swallowed.
Example: a checkout's `success_url` ends in `/thank-you`, and the app has `app/thanks/page.tsx`.

Routes are read from the file system and the code of the usual frameworks. Where routers are mounted below prefixes, a path that ends in a
route counts as served; where nothing is known of an app's routes, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from driftline import late
from driftline.knowledge import callbacks
from driftline.knowledge.callbacks import Role
from driftline.knowledge.hosts import Class
from driftline.model import Facts, Finding, Kind, Related, Route, Rule, Severity, Url
from driftline.rules.addresses import NON_LOCAL, addresses, is_origin, origin_hosts, registered

RULE = Rule("unroutable-callback", Severity.WARNING, "a callback leads to no route")

_ROLES = frozenset((Role.OAUTH, Role.PAYMENT, Role.WEBHOOK, Role.MAIL, Role.UPLOAD))
# Frameworks whose routes are files: all of them are known. A single-page app answers every path by one file.
_BY_FILES = frozenset(("next", "nuxt", "astro", "sveltekit", "remix", "react-router", "gatsby", "solid-start", "tanstack-start", "redwood"))
_SERVERS = frozenset(("express", "hono", "fastify", "nest", "fastapi", "flask", "django", "koa", "elysia", "starlette", "adonis", "hapi"))
# Login libraries answer below these by themselves (Auth.js, Better Auth, Auth0, Clerk, django-allauth docs, 2026-11).
_IMPLICIT = late.pattern(
    r"^/(?:api/auth|auth|api/v\d+/auth|accounts|oauth2?|sso|sign-in|sign-up|login|logout|_next|\.well-known|__|rest|graphql)(?:/|$)"
)


def check(facts: Facts) -> Iterator[Finding]:
    served = [route for app in facts.apps for route in app.routes or ()]
    if any(route.framework == "rewrites page" for route in served):
        served = [route._replace(prefixed=True) for route in served]
    # A path may be another app's: where one of them shows no route, nobody can tell.
    if any(app.framework in _BY_FILES | _SERVERS and not app.routes and not app.path.startswith("packages/") for app in facts.apps):
        return
    if served:
        yield from _registered(facts, served)
    for app in facts.apps:
        if not app.routes or app.framework not in _BY_FILES | _SERVERS:
            continue
        seen: set[tuple[str, str, int]] = set()
        for address in addresses(app, *NON_LOCAL, Kind.LOCAL):
            own = address.place.kind in (Class.LOCAL, Class.PREVIEW, Class.PLATFORM) or is_origin(address.environment, address.url)
            if address.role in _ROLES and own and _is_lost(address.url.path, served):
                yield RULE.finding(
                    f"{address.where} leads to the path `{_shown(address.url)}`, which no route serves; it is {address.purpose}",
                    fix="correct the path, or add the route",
                    avoid="do not answer it by a catch-all route",
                    app=app.path,
                    location=address.declaration.location,
                    environment=address.environment.name,
                    variable=address.variable.name,
                    related=tuple(Related(near.location, f"`{near.path}` is served here") for near in _near(address.url.path, served)),
                )
        for literal in app.literals:
            url = literal.traits.url if literal.traits is not None else None
            role = callbacks.role_of_argument(literal.role)
            key = (literal.role, literal.location.path, literal.location.line)
            if url is None or role not in _ROLES or key in seen or url.host or not _is_lost(url.path, served):
                continue
            seen.add(key)
            call = f" of `{literal.call}`" if literal.call else ""
            yield RULE.finding(
                f"`{literal.role}`{call} leads to the path `{_shown(url)}`, which no route serves",
                fix="correct the path, or add the route",
                avoid="do not answer it by a catch-all route",
                app=app.path,
                location=literal.location,
                subject=f"{literal.location.path}:{_shown(url)}",
                related=tuple(Related(near.location, f"`{near.path}` is served here") for near in _near(url.path, served)),
            )


def _registered(facts: Facts, served: list[Route]) -> Iterator[Finding]:
    """Endpoints that an export of the provider shows, on a host of this project."""
    own = {host for app in facts.apps for environment in app.environments for host in origin_hosts(environment)}
    for endpoint in registered(facts):
        if endpoint.url.host in own and _is_lost(endpoint.url.path, served):
            yield RULE.finding(
                f"an endpoint is registered for the path `{_shown(endpoint.url)}` of {endpoint.url.host}, which no route serves",
                fix="register the path that is served, or add the route",
                avoid="do not answer it by a catch-all route",
                app=endpoint.app,
                location=endpoint.literal.location,
                environment=endpoint.environment,
                subject=f"{endpoint.literal.location.path}:{_shown(endpoint.url)}",
                related=tuple(Related(near.location, f"`{near.path}` is served here") for near in _near(endpoint.url.path, served)),
            )


def _is_lost(path: str, routes: list[Route]) -> bool:
    """Whether nothing serves a path. Paths that begin with something put in, files and the login libraries' own are not judged."""
    plain = re.sub(r"\$?\{[^{}]*\}?", "{}", path).rstrip("/")
    first = plain.strip("/").partition("/")[0]
    if not first or "{" in first or "*" in plain or "." in plain.rpartition("/")[2] or _IMPLICIT.match(plain):
        return False
    # What is put in right behind a word may be a query: `/review${location.search}`.
    asked = {plain, re.sub(r"(?<=[^/])\{\}$", "", plain)}
    return not any(_serves(route, one) for route in routes for one in asked)


def _serves(route: Route, path: str) -> bool:
    """Whether a route answers a path, whose parts `${...}` and `{...}` stand for anything."""
    return _pattern(route.path, route.prefixed).fullmatch(re.sub(r"\$?\{[^{}]*\}?", "x", path)) is not None


@lru_cache(maxsize=8192)
def _pattern(route: str, prefixed: bool) -> re.Pattern[str]:
    parts = []
    for part in route.strip("/").split("/"):
        if part.startswith("*"):
            parts.append("(?:/.*)?")
        elif part:
            parts.append("/" + _PARAMETER.sub(lambda found: _spelled(found["more"], found["text"]), part))
    # A locale or a tenant may stand first and be put in by a rewrite.
    start = "(?:/.*)?" if prefixed else ""
    if parts and parts[0].startswith("/[^/]+") and not prefixed:
        parts[0] = f"(?:{parts[0]})?"
    return re.compile(start + "".join(parts) + "/?")


# `:id`, `:id(\\d+)`, `:path*` and `:tab?` of the routers, and the text between them.
_PARAMETER = late.pattern(r":\w+(?:\([^()]*\))?(?P<more>[*+?]?)|(?P<text>[^:]+|:)")


def _spelled(more: str | None, text: str | None) -> str:
    if text is not None:
        return re.escape(text)
    return ".*" if more in ("*", "+") else "[^/]*" if more == "?" else "[^/]+"


def _near(path: str, routes: list[Route]) -> list[Route]:
    """The route whose last word is nearest, for a mistyped path."""
    import difflib

    last = path.rstrip("/").rpartition("/")[2]
    by_last = {route.path.rpartition("/")[2]: route for route in routes if route.path != "/"}
    return [by_last[word] for word in difflib.get_close_matches(last, list(by_last), 1, 0.6)]


def _shown(url: Url) -> str:
    """The path, with what is put in as `...`."""
    return re.sub(r"\$?\{[^{}]*\}?", "...", url.path)[:80]
