"""Which ways of doing a job an app uses and has configured, and whether they stand in each other's way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from driftline.knowledge import backends
from driftline.knowledge.backends import Backend
from driftline.model import App, Location, Stack, State
from driftline.project.apps import folder_of, owner
from driftline.review.reach import Reach

_DECLARED = (State.SET, State.REFERENCE, State.ENCRYPTED)
# A job of which one tool may be laid over another: an ORM reads the database that the other service keeps.
_LAYERS = {("Prisma", "Drizzle"), ("Prisma", "Supabase's data API"), ("Drizzle", "Supabase's data API")}


def stacks(
    apps: Iterable[App], code: Mapping[str, bytes], paths: Iterable[str], manifests: Mapping[str, Collection[str]]
) -> Iterator[Stack]:
    """Every stack of every app, by job; `code` maps the paths of code that is neither test nor tool to its bytes, `manifests` the paths of
    manifests to the packages that they name."""
    listed = list(apps)
    folders = sorted((app.path for app in listed if app.path != "."), key=len, reverse=True)
    homes = {path: owner(path, folders) for path in code}
    imports: dict[tuple[str, Backend], list[Location]] = {}
    for path, content in code.items():
        for backend, offset in backends.imported(content, python=path.endswith(".py")):
            imports.setdefault((homes[path], backend), []).append(place(path, content, offset))
    owned = {app.path: _packages(app, manifests) for app in listed}
    uses = _uses(imports, owned, code, homes)
    configuring: dict[tuple[str, str], list[str]] = {}  # by file name and folder
    names = {name for backend in backends.known() for name in backend.files}
    for path in paths:
        if path.rpartition("/")[2] in names:
            configuring.setdefault((path.rpartition("/")[2], folder_of(path)), []).append(path)
    imported = {(app, module) for app, backend in imports for module in backend.packages}
    reach = Reach(code)
    for app in listed:
        named = owned[app.path]
        found: dict[str, list[_Found]] = {}
        for backend in backends.known():
            places = sorted(uses.get((app.path, backend), ()))
            files = [path for name in backend.files for path in configuring.get((name, app.path), ())]
            idle = [named[module] for module in backend.packages if module in named and (app.path, module) not in imported]
            if places or files or idle:
                found.setdefault(backend.job, []).append((backend, places, min(files or idle, default="")))
        for job, group in found.items():
            yield from _judged(job, [_stack(app, one, named) for one in (_reached(group, reach) if len(group) > 1 else group)])


def _packages(app: App, manifests: Mapping[str, Collection[str]]) -> Mapping[str, str]:
    """The packages that an app's manifests name, each with its manifest."""
    return {package: path for path, packages in sorted(manifests.items()) if folder_of(path) == app.path for package in packages}


def _uses(
    imports: Mapping[tuple[str, Backend], list[Location]],
    owned: Mapping[str, Mapping[str, str]],
    code: Mapping[str, bytes],
    homes: Mapping[str, str],
) -> Mapping[tuple[str, Backend], list[Location]]:
    """Where each app uses each backend. An SDK that does several jobs does the one whose calls stand in the app, or in an app that is handed
    its client; the place is an import that calls, else one that makes the client, else (a framework's module) a call."""
    found = {key: places for key, places in imports.items() if key[1].calls is None}
    for backend in backends.known():
        having = {app for app in owned if (app, backend) in imports or any(module in owned[app] for module in backend.packages)}
        if backend.calls is None or not having:
            continue
        calling = {path: match.start() for path, content in code.items() if (match := backend.calls.search(content))}
        handed = {path for path in calling if homes[path] not in having}
        for app in having:
            mine = {path for path in calling if homes[path] == app}
            places = imports.get((app, backend), [])
            if mine or (handed and places):
                direct = [one for one in places if one.path in mine]
                found[app, backend] = direct or places or [place(path, code[path], calling[path]) for path in sorted(mine)]
    return found


_Found = tuple[Backend, list[Location], str]


def _reached(group: list[_Found], reach: Reach) -> list[_Found]:
    """The ways of doing a job, with the places alone that something leads to; with all places where that leaves none."""
    found = [
        (backend, [place for place in places if reach.is_reached(place.path)], file or min(places, default=Location("", 1)).path)
        for backend, places, file in group
    ]
    return found if any(places for _, places, _ in found) else group


def _stack(app: App, found: _Found, named: Collection[str]) -> Stack:
    backend, places, file = found
    variables = tuple(
        (name, tuple(kind for kind, cell in sorted(app.variables[name].cells.items()) if cell.state in _DECLARED))
        for name in sorted(app.variables)
        if backend.is_configured_by(name) and _is_declared(app, name)
    )
    begins = places[0] if places else Location(file, 1)
    return Stack(
        app.path, backend.job, backend.name, begins, len(places), any(module in named for module in backend.packages), variables, "single"
    )


def _judged(job: str, group: list[Stack]) -> Iterator[Stack]:
    """The stacks of one job with their verdicts."""
    if job == "hosting":
        # A Procfile and a Fly or Render file describe the same process: only hosts with a build of their own compete.
        own = [stack for stack in group if stack.name not in ("Heroku", "Fly.io", "Railway")]
        verdict = "single" if len(group) == 1 else "competing" if len(own) > 1 else "layered"
        yield from (stack._replace(verdict=verdict if stack in own or len(group) == 1 else "layered") for stack in group)
        return
    used = [stack for stack in group if stack.imports and (stack.variables or not _needs_variables(stack))]
    for stack in group:
        rivals = [other for other in used if other is not stack and not _is_layered(stack.name, other.name)]
        is_alone = len(group) == 1 and bool(stack.imports or not stack.is_installed)
        verdict = (
            "single"
            if is_alone or (stack in used and len(used) == 1)
            else "dead candidate"
            if stack not in used
            else "competing"
            if rivals
            else "layered"
        )
        yield stack._replace(verdict=verdict)


def _needs_variables(stack: Stack) -> bool:
    return any(backend.variables for backend in backends.known() if (backend.job, backend.name) == (stack.job, stack.name))


def _is_layered(one: str, other: str) -> bool:
    return (one, other) in _LAYERS or (other, one) in _LAYERS


def _is_declared(app: App, name: str) -> bool:
    variable = app.variables[name]
    return any(cell.state in _DECLARED for cell in variable.cells.values()) or bool(variable.documented) or bool(variable.reads)


def place(path: str, content: bytes, offset: int) -> Location:
    """The location of a 0-based byte offset in a file."""
    start = content.rfind(b"\n", 0, offset) + 1
    return Location(path, content.count(b"\n", 0, offset) + 1, len(content[start:offset].decode("utf-8", "replace")) + 1, offset)
