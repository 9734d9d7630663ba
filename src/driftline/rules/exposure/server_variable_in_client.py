"""Client code reads a private variable, or a public one where the build does not put it: in the browser it is undefined.

Why it matters: the build inlines public names only, and only where it looks for them; the read stays in the code and gives nothing, or
`process is not defined`.
Fix: read it on the server and pass on what the page needs, give a value that may be public a public name, or read `import.meta.env`.
What not to do: do not add the public prefix to a secret.
Example: `process.env.STRIPE_SECRET_KEY` in a module that begins with `"use client"`, `import.meta.env.API_KEY` or `process.env.VITE_API_URL` in a
Vite app, `import.meta.env.NEXT_PUBLIC_API_URL` there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline import late
from driftline.knowledge.platform import public_prefix
from driftline.model import App, Facts, Finding, Reference, Related, Rule, Severity, Side, State, Use, Variable
from driftline.rules.phrases import place, read_here
from driftline.rules.sightings import owner, where_left

RULE = Rule("server-variable-in-client", Severity.WARNING, "client code reads a private variable, which is undefined in the browser")

# Modules that SvelteKit lets no code import that browsers get (SvelteKit docs, "Server-only modules", 2026-11).
_REFUSED = ("$env/static/private", "$env/dynamic/private")


def check(facts: Facts) -> Iterator[Finding]:
    """What built output still reads; where it was not looked at, what a module reads that says of itself that it runs in the browser."""
    told: set[tuple[str, str]] = set()
    for left in facts.output.leftovers:
        having = [app for app in facts.apps if _is_private(app.variables.get(left.name))]
        if not having:
            continue
        path = owner(facts, left.location, left.name)
        app = next((app for app in having if app.path == path), having[0])
        if (app.path, left.name) in told:
            continue
        told.add((app.path, left.name))
        variable = app.variables[left.name]
        yield RULE.finding(
            f"`{left.name}` is private, and {where_left(left)} reads it: it is undefined in the browser",
            fix=f"read {left.name} on the server and pass on what the page needs",
            avoid="do not add the public prefix to a secret",
            app=app.path,
            location=left.location,
            variable=left.name,
            original=left.original,
            container=left.container,
            related=read_here(variable) or _declared(app, variable),
        )

    for app in facts.apps:
        for variable in app.variables.values():
            if (app.path, variable.name) not in told:
                yield from _in_source(app, variable)


def _in_source(app: App, variable: Variable) -> Iterator[Finding]:
    if variable.ignored or variable.injected is not None:
        return
    # `env` of next.config puts a private name into the browser's code all the same.
    if any(read.inlined and read.how != "import.meta.env" and read.how not in _REFUSED for read in variable.references):
        return
    if variable.public:
        yield from _misplaced(app, variable)
        return
    reads = [read for read in variable.references if _is_in_browser(app, read)]
    if not reads:
        return
    first = reads[0]
    outcome = "SvelteKit refuses to build it" if first.how in _REFUSED else "it is undefined there"
    yield RULE.finding(
        f"`{variable.name}` is private, and {place(first.location)} runs in the browser and reads it: {outcome}",
        fix=f"read {variable.name} on the server and pass on what the page needs",
        avoid="do not add the public prefix to a secret",
        app=app.path,
        location=first.location,
        variable=variable.name,
        related=tuple(Related(read.location, "read here too") for read in reads[1:3]) + _declared(app, variable),
    )


def _misplaced(app: App, variable: Variable) -> Iterator[Finding]:
    """Reads of a public name, in an app of which nothing runs outside the browser, where its build puts no value."""
    if app.runtime != "browser" or not app.public_prefixes:
        return
    own = variable.name.startswith(app.public_prefixes)
    how = "process.env" if own else "import.meta.env"
    # Where a file asks both, it knows that one of them may give nothing.
    both = {read.location.path for read in variable.references if read.how != how}
    reads = [read for read in variable.references if read.use is Use.READ and read.how == how and read.location.path not in both]
    if own:
        reads = [read for read in reads if not app.inlines and _runs_in_browser(app, read, _MODULE)]
    if not reads or any(other in app.variables for read in reads for other in read.instead):
        return
    first = reads[0]
    if own:
        said = f"is read from `process.env` at {place(first.location)}, which runs in the browser, and the build puts it into `import.meta.env` alone: the read fails there"
        fix = f"write `import.meta.env.{variable.name}` instead"
        avoid = "do not define the whole of `process.env` for the browser: it takes every secret along"
    else:
        taken = " and ".join(app.public_prefixes)
        said = f"is read at {place(first.location)}, and this build puts only {taken} names into `import.meta.env`: it is undefined there"
        fix = f"name it {app.public_prefixes[0]}{_bare(variable.name)} there and in every environment"
        avoid = "do not make the prefix of public names empty: it puts every variable into the page"
    yield RULE.finding(
        f"`{variable.name}` {said}",
        fix=fix,
        avoid=avoid,
        app=app.path,
        location=first.location,
        variable=variable.name,
        related=tuple(Related(read.location, "read here too") for read in reads[1:3]) + _declared(app, variable),
    )


def _bare(name: str) -> str:
    """A name without the prefix that makes it public elsewhere."""
    return name.removeprefix(public_prefix(name, None) or "")


# What only a page runs: a component; and any module of the folder that is bundled, but for those that a server or a tool runs.
_COMPONENT = late.pattern(r"src/.+\.(?:tsx|jsx|vue|svelte)")
_MODULE = late.pattern(r"src/.+\.(?:[cm]?[jt]sx?|vue|svelte)")
_ELSEWHERE = late.pattern(
    r"(?:^|/)(?:server|api|functions|backend|scripts?|cli|bin|tools?|node|main|preload|electron|emails?|workers?|edge|db|database|migrations?|prisma|drizzle"
    r"|tests?|__tests__|e2e|mocks?|stories|config|build|plugins?)/|(?:^|/)(?:server|worker|db|prisma|drizzle|seed|env|config)\.|\.(?:server|node|config|test|spec|stories)\."
)


def _runs_in_browser(app: App, read: Reference, kind: re.Pattern[str]) -> bool:
    inside = "" if app.path == "." else app.path + "/"
    path = read.location.path
    if read.side is Side.CLIENT:
        return True
    if read.side is not Side.UNKNOWN or not path.startswith(inside):
        return False
    return kind.fullmatch(path[len(inside) :]) is not None and _ELSEWHERE.search(path[len(inside) :]) is None


def _is_in_browser(app: App, read: Reference) -> bool:
    """A read of `process.env` or SvelteKit's private environment in a module for the browser, or of either environment in an app of which nothing
    runs elsewhere."""
    if read.use is not Use.READ or any(other in app.variables and app.variables[other].public for other in read.instead):
        return False  # where a public name stands in the same chain, that is the browser's
    in_browser = app.runtime == "browser" and bool(app.public_prefixes)
    if read.how == "import.meta.env":
        return in_browser and read.side in (Side.CLIENT, Side.UNKNOWN)
    if read.how == "process.env" and in_browser:
        return _runs_in_browser(app, read, _COMPONENT)
    return (read.how == "process.env" or read.how in _REFUSED) and read.side is Side.CLIENT


def _is_private(variable: Variable | None) -> bool:
    """A name that this project declares for itself, and that no build puts into client code."""
    if variable is None or variable.public or variable.ignored or variable.injected is not None:
        return False
    return any(cell.state is not State.MISSING for cell in variable.cells.values()) or bool(variable.documented)


def _declared(app: App, variable: Variable) -> tuple[Related, ...]:
    cells = (variable.cells[environment.name] for environment in app.environments if environment.name in variable.cells)
    found = next((cell.declaration.location for cell in cells if cell.declaration is not None), None)
    return (Related(found, "declared here"),) if found is not None else ()
