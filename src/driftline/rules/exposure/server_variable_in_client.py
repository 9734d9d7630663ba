"""Client code reads a private variable: in the browser it is undefined.

Why it matters: the build inlines public names only; the read stays in the code and gives nothing, often without any error.
Fix: read it on the server and pass on what the page needs, or give a value that may be public a public name.
What not to do: do not add the public prefix to a secret.
Example: `process.env.STRIPE_SECRET_KEY` in a module that begins with `"use client"`, or `import.meta.env.API_KEY` in a Vite app.
"""

from __future__ import annotations

from collections.abc import Iterator

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
    if variable.public or variable.ignored or variable.injected is not None:
        return
    # `env` of next.config puts a private name into the browser's code all the same.
    if any(read.inlined and read.how != "import.meta.env" and read.how not in _REFUSED for read in variable.references):
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


def _is_in_browser(app: App, read: Reference) -> bool:
    """A read of `process.env` or SvelteKit's private environment in a module for the browser, or of `import.meta.env` in an app of which nothing
    runs elsewhere."""
    if read.use is not Use.READ or any(other in app.variables and app.variables[other].public for other in read.instead):
        return False  # where a public name stands in the same chain, that is the browser's
    if read.how == "process.env" or read.how in _REFUSED:
        return read.side is Side.CLIENT
    return read.how == "import.meta.env" and app.runtime == "browser" and read.side in (Side.CLIENT, Side.UNKNOWN)


def _is_private(variable: Variable | None) -> bool:
    """A name that this project declares for itself, and that no build puts into client code."""
    if variable is None or variable.public or variable.ignored or variable.injected is not None:
        return False
    return any(cell.state is not State.MISSING for cell in variable.cells.values()) or bool(variable.documented)


def _declared(app: App, variable: Variable) -> tuple[Related, ...]:
    cells = (variable.cells[environment.name] for environment in app.environments if environment.name in variable.cells)
    found = next((cell.declaration.location for cell in cells if cell.declaration is not None), None)
    return (Related(found, "declared here"),) if found is not None else ()
