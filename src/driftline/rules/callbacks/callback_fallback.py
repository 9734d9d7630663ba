"""Code falls back to a literal local URL, or to another environment's, for a callback.

Why it matters: where the variable is missing nothing fails; password mails and payments lead to localhost, in production too.
Fix: remove the fallback and fail when the variable is missing, or fall back to the platform's own variable.
What not to do: do not replace it by production's address; previews would then send people to production.
Example: `process.env.NEXTAUTH_URL || "http://localhost:3000"`, `os.getenv("SITE_URL", "http://localhost:8000")`, zod's `.default("http://...")`.

A fallback that is repeated all over an app is told once, with how often it stands there.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.knowledge import callbacks, hosts
from driftline.knowledge.callbacks import Role
from driftline.model import App, Facts, Finding, Kind, Location, Reference, Related, Rule, Severity, State, Url, Variable
from driftline.rules.addresses import NON_LOCAL, WRONG, fallback_url, is_callback, origin_hosts, shown

RULE = Rule("callback-fallback", Severity.WARNING, "code falls back to a fixed address for a callback")

# The same fallback in more places than this is one mistake, made by one copied line.
_APART = 5


def check(facts: Facts) -> Iterator[Finding]:
    seen: set[Location] = set()
    for app in facts.apps:
        for variable in app.variables.values():
            role = callbacks.role_of(variable.name)
            if role is None or variable.ignored:
                continue
            found: dict[str, list[Finding]] = {}
            for read in variable.references:
                url = fallback_url(read.fallback)
                if url is None or read.fallback is None or read.fallback.location in seen or _through_platform(app, read):
                    continue
                if any(callbacks.is_spared(other) for other in read.instead):
                    continue  # `API_INTERNAL_URL || API_URL || "http://..."` is one server's way to another
                why = _why(app, variable, url) if is_callback(app, variable, url) else None
                if why is not None:
                    seen.add(read.fallback.location)
                    said = f"{shown(url)} ({why})"
                    found.setdefault(said, []).append(_finding(app, variable, read, read.fallback.location, said, role))
            for same in found.values():
                yield from same if len(same) <= _APART else [_once(same)]


def _once(same: list[Finding]) -> Finding:
    """The first of many findings on one fallback, with the places of the next ones."""
    first, *others = sorted(same, key=lambda finding: finding.location)
    return first._replace(
        message=f"{first.message}; it does so in {len(same)} places",
        fix=f"{first.fix}, once, in a file of its own that the others import",
        related=(*first.related, *(Related(other.location, "here too") for other in others[:_APART])),
    )


def _why(app: App, variable: Variable, url: Url) -> str | None:
    """What is wrong with a fallback, in words."""
    place = hosts.classify(url)
    if place.kind in WRONG:
        return place.words
    # Production's own address is wrong where another deployed environment lacks the variable for certain.
    for environment in app.environments:
        if environment.kind is Kind.PRODUCTION and url.host in origin_hosts(environment):
            for other in app.environments:
                cell = variable.cells[other.name]
                if other.kind is Kind.PREVIEW and cell.state is State.MISSING and not cell.doubt:
                    return f"{environment.name}'s address, and {other.name} does not declare the variable"
    return None


def _through_platform(app: App, read: Reference) -> bool:
    """Whether a variable that the platform sets stands between the read and the fallback: `A || process.env.VERCEL_URL || "http://..."`."""
    return any(
        other.injected is not None
        and any(r.fallback is not None and r.fallback.location == read.fallback.location for r in other.references)
        for other in app.variables.values()
        if read.fallback is not None
    )


def _finding(app: App, variable: Variable, read: Reference, location: Location, said: str, role: Role) -> Finding:
    lacking = [e.name for e in app.environments if e.kind in NON_LOCAL and variable.cells[e.name].state is State.MISSING]
    where = f"; no file declares it for {' or '.join(lacking)}" if lacking else ""
    return RULE.finding(
        f"where `{variable.name}` is missing, {role.words} falls back to {said}{where}",
        fix=f"remove the fallback and fail when {variable.name} is missing",
        avoid="do not fall back to production's address instead; previews would send people there",
        app=app.path,
        location=location,
        variable=variable.name,
        related=(Related(read.location, "read here"),) if read.location.line != location.line else (),
    )
