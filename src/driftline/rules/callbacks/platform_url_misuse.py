"""A platform's own variable for its address is used without a scheme, unguarded, or as the address that callbacks return to.

Why it matters: `VERCEL_URL` and its kin are a bare host of one deployment: not the product's domain, behind the platform's login, absent
everywhere else. `new URL(process.env.VERCEL_URL)` fails, `https://${process.env.VERCEL_URL}` becomes `https://undefined`.
Fix: prefer an address of your own (`APP_URL`), then `https://` with the platform's variable where it is set.
What not to do: do not use the production domain's variable (`VERCEL_PROJECT_PRODUCTION_URL`) in previews; their mails would lead to production.
Example: `betterAuth({ baseURL: process.env.VERCEL_URL })`; `if (process.env.IS_PULL_REQUEST)`, which is the word "false" on Render's main branch.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.knowledge import callbacks
from driftline.model import App, Declaration, Environment, Facts, Finding, Kind, Location, Reference, Rule, Severity, Variable
from driftline.rules.phrases import read_here

RULE = Rule("platform-url-misuse", Severity.WARNING, "a platform's own address is used wrongly")

_MANNERS = frozenset(("bare", "unguarded", "origin", "truth"))


def check(facts: Facts) -> Iterator[Finding]:
    seen: set[Location] = set()
    for app in facts.apps:
        for variable in app.variables.values():
            for read in variable.reads:
                if read.manner in _MANNERS and not variable.ignored and read.location not in seen:
                    seen.add(read.location)
                    yield _finding(app, read)
        for environment in app.environments:
            for variable in app.variables.values():
                # The platform's variable is not there when files are read: what it is put into may look empty.
                declaration = variable.cells[environment.name].declaration
                if declaration is None or variable.ignored or environment.kind is Kind.LOCAL or declaration.location in seen:
                    continue
                said = _put_in(environment, variable, declaration)
                if said is not None:
                    seen.add(declaration.location)
                    yield _declared(app, environment, variable, declaration, said)


def _put_in(environment: Environment, variable: Variable, declaration: Declaration) -> str | None:
    """What is wrong with a platform variable that a callback's value puts in, in words."""
    if callbacks.role_of(variable.name) is None:
        return None
    for name, schemed in declaration.puts_in:
        platform = callbacks.platform_url(name)
        if platform is None:
            continue
        if not schemed and not platform.scheme and variable.name.endswith(("URL", "URI", "ORIGIN")):
            return f"puts in `{name}`, which is a bare host on {platform.by}, without a scheme"
        if environment.kind is Kind.PRODUCTION and platform.of in ("deployment", "branch"):
            return f"puts in `{name}`, which is another host with every deployment of {platform.by}"
        if environment.kind is Kind.PREVIEW and platform.of == "production":
            return f"puts in `{name}`, which is production's address on previews too"
    return None


def _declared(app: App, environment: Environment, variable: Variable, declaration: Declaration, said: str) -> Finding:
    return RULE.finding(
        f"`{variable.name}` in {declaration.location.path} {said}; {environment.name} uses it",
        fix=f"write {environment.name}'s own address into {variable.name}",
        avoid="do not set the platform's variable yourself; the platform overwrites it",
        app=app.path,
        location=declaration.location,
        environment=environment.name,
        variable=variable.name,
        related=read_here(variable),
    )


def _finding(app: App, read: Reference) -> Finding:
    name = read.name
    platform = callbacks.platform_url(name)
    by = platform.by if platform is not None else callbacks.platform_flag(name) or "the platform"
    said, fix, avoid = {
        "bare": (
            f"`{name}` is a bare host on {by}, and is used as a whole URL here",
            f"put `https://` before {name} where it is set",
            "do not set the variable yourself with a scheme; the platform overwrites it",
        ),
        "unguarded": (
            f"`{name}` is put into a URL without a look whether it is there; outside {by} that becomes `https://undefined`",
            f"use {name} only where it is set, and an address of your own first",
            "do not set the variable yourself elsewhere; use one of your own",
        ),
        "origin": (
            f"`{name}` is another host with every deployment of {by}, and a callback is built on it",
            f"build callbacks on an address of your own, and on {name} in previews only",
            "do not open protected deployments to everybody to make it work",
        ),
        "truth": (
            f'`{name}` is the word "true" or "false" on {by}, and both count as true here',
            f'compare {name} with "true"',
            "do not unset it; the platform sets it for every deployment",
        ),
    }[read.manner]
    return RULE.finding(
        said, fix=fix, avoid=avoid, app=app.path, location=read.location, variable=name, subject=f"{name} {read.location.path}"
    )
