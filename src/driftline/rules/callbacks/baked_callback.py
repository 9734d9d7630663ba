"""A Dockerfile, compose file or workflow fixes a local address into an image or a build.

Why it matters: public variables are frozen when the image is built; no setting at run time repairs them, and one image serves every
environment. A default in `ARG` takes over silently on the day the build argument is lost.
Fix: declare the argument without a value and let the build fail without it, or read the address at run time.
What not to do: do not put production's address there instead; staging runs the same image.
Example: `ARG NEXT_PUBLIC_APP_URL=http://localhost:3000` in a Dockerfile, `build-args: VITE_API_URL=http://localhost:8000` in a workflow.

Files for development (`Dockerfile.dev`, `compose.override.yml`) are spared, and so is an `ENV` that only a builder stage of a server sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline import late
from driftline.knowledge import callbacks, hosts
from driftline.knowledge.callbacks import Role
from driftline.model import (
    App,
    Cell,
    Declaration,
    Environment,
    Facts,
    Finding,
    Kind,
    Location,
    Rule,
    Scope,
    Severity,
    Traits,
    Variable,
)
from driftline.rules.addresses import LOCAL, TUNNELS, is_baked, is_private_call, is_read_by_nothing, shown
from driftline.rules.phrases import read_here

RULE = Rule("baked-callback", Severity.BLOCKER, "a local address is fixed into the build")

_DEVELOPMENT_FILE = late.pattern(r"(?:^|[._-])(?:dev|develop|development|local|override|test|e2e|ci)(?:[._-]|$)", re.IGNORECASE)


def check(facts: Facts) -> Iterator[Finding]:
    seen: set[tuple[str, Location]] = set()
    for app in facts.apps:
        for environment in sorted(app.environments, key=lambda e: e.kind is not Kind.PRODUCTION):
            for variable in app.variables.values():
                if variable.ignored:
                    continue
                for declaration, traits in _declared(variable.cells[environment.name]):
                    where = (variable.name, declaration.location)
                    if where not in seen and _is_wrong(facts, app, environment, variable, declaration, traits):
                        seen.add(where)
                        yield _finding(app, environment, variable, declaration, traits)


def _declared(cell: Cell) -> Iterator[tuple[Declaration, Traits]]:
    """Every declaration of a cell with its traits, the winner and those it beats: each of them is built in where it stands."""
    if cell.declaration is not None and cell.traits is not None:
        yield cell.declaration, cell.traits
    for _, declaration in cell.shadowed:
        if declaration.traits is not None:
            yield declaration, declaration.traits


def _is_wrong(facts: Facts, app: App, environment: Environment, variable: Variable, declaration: Declaration, traits: Traits) -> bool:
    url, path = traits.url, declaration.location.path
    source = next((s for s in environment.sources if s.path == path), None)
    role = callbacks.role_of(variable.name)
    if url is None or source is None or not is_baked(source, declaration) or (role is None and not variable.public):
        return False
    if callbacks.is_spared(variable.name) or hosts.classify(url).kind not in (LOCAL | TUNNELS):
        return False
    inlined = variable.public or any(read.inlined for read in variable.references)
    if environment.kind is Kind.LOCAL:
        return declaration.scope is Scope.BUILD and inlined and source.format == "compose" and _is_deployed(facts, path)
    if declaration.scope is Scope.BUILD and source.format == "dockerfile" and not inlined and not declaration.optional:
        return False  # ENV in a builder stage of a server: the build asks for a value, and nothing keeps it
    if declaration.scope is Scope.BUILD and not declaration.optional and is_read_by_nothing(app, variable):
        return False
    return not (role is Role.API and is_private_call(app, variable, url))


def _is_deployed(facts: Facts, path: str) -> bool:
    """Whether a compose file without a word for an environment is the one that is deployed: one for development lies beside it."""
    folder, _, base = path.rpartition("/")
    if _DEVELOPMENT_FILE.search(base):
        return False
    inside = folder + "/" if folder else ""
    others = (other[len(inside) :] for other in facts.files if other.startswith(inside) and other != path)
    return any("/" not in other and "compose" in other and _DEVELOPMENT_FILE.search(other) for other in others)


def _finding(app: App, environment: Environment, variable: Variable, declaration: Declaration, traits: Traits) -> Finding:
    name, url = variable.name, traits.url
    role = callbacks.role_of(name)
    how = "the default of" if declaration.optional else ""
    fix = f"declare {name} there without a value, hand it over in the build of each environment, and fail without it"
    kept = "the build freezes it" if variable.public else "every environment runs this image"
    if (
        not variable.public
        and declaration.scope is Scope.RUN
        and any(s.path == declaration.location.path and s.format == "compose" for s in environment.sources)
    ):
        fix = f"give {name} there the address of {environment.name}, or `${{{name}:?}}` to have it handed over"
        kept = f"{environment.name} runs with it"
    local = environment.kind is Kind.LOCAL
    return RULE.finding(
        f"{declaration.location.path} fixes {how + ' ' if how else ''}`{name}` to {shown(url) if url else 'a local address'}; {kept}"
        f"{f', and it is {role.words}' if role else ''}",
        fix=fix,
        avoid="do not put production's address there instead; other environments run the same build",
        app=app.path,
        location=declaration.location,
        environment=None if local else environment.name,
        variable=name,
        related=read_here(variable),
    )
