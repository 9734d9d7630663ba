"""Which ways of doing a job an app uses and has configured, and whether they stand in each other's way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from driftline.evidence import Stack
from driftline.knowledge import backends
from driftline.model import App, Location, State
from driftline.project.apps import folder_of, owner

_DECLARED = (State.SET, State.REFERENCE, State.ENCRYPTED)
# A job of which one tool may be laid over another: an ORM reads the database that the other service keeps.
_LAYERS = {("Prisma", "Drizzle"), ("Prisma", "Supabase's data API"), ("Drizzle", "Supabase's data API")}


def stacks(apps: Iterable[App], code: Mapping[str, bytes], paths: Iterable[str]) -> Iterator[Stack]:
    """Every stack of every app, by job; `code` maps the paths of code that is neither test nor tool to its bytes."""
    listed = list(apps)
    folders = [app.path for app in listed if app.path != "."]
    uses: dict[tuple[str, str, str], list[Location]] = {}
    for path, content in code.items():
        home = owner(path, folders)
        for backend, offset in backends.used(content, python=path.endswith(".py")):
            uses.setdefault((home, backend.job, backend.name), []).append(place(path, content, offset))
    configuring: dict[tuple[str, str], list[str]] = {}  # by file name and folder
    names = {name for backend in backends.known() for name in backend.files}
    for path in paths:
        if path.rpartition("/")[2] in names:
            configuring.setdefault((path.rpartition("/")[2], folder_of(path)), []).append(path)
    for app in listed:
        found: dict[str, list[Stack]] = {}
        for backend in backends.known():
            places = sorted(uses.get((app.path, backend.job, backend.name), ()))
            configured = [path for name in backend.files for path in configuring.get((name, app.path), ())]
            if not places and not configured:
                continue
            begins = places[0] if places else Location(min(configured), 1)
            variables = tuple(sorted(name for name in app.variables if backend.is_configured_by(name) and _is_declared(app, name)))
            found.setdefault(backend.job, []).append(Stack(app.path, backend.job, backend.name, begins, len(places), variables, "single"))
        for job, group in found.items():
            yield from _judged(job, group)


def _judged(job: str, group: list[Stack]) -> Iterator[Stack]:
    """The stacks of one job with their verdicts."""
    if len(group) == 1:
        yield group[0]
        return
    if job == "hosting":
        # A Procfile and a Fly or Render file describe the same process: only hosts with a build of their own compete.
        own = [stack for stack in group if stack.name not in ("Heroku", "Fly.io", "Railway")]
        verdict = "competing" if len(own) > 1 else "layered"
        yield from (stack._replace(verdict=verdict if stack in own else "layered") for stack in group)
        return
    used = [stack for stack in group if stack.imports and (stack.variables or not _needs_variables(stack))]
    for stack in group:
        rivals = [other for other in used if other is not stack and not _is_layered(stack.name, other.name)]
        verdict = "dead candidate" if stack not in used else "competing" if rivals else "layered" if len(used) > 1 else "single"
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
