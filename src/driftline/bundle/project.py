"""What the project gives to a scan of its output, and what the scan gives back to the facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from driftline.bundle.known import Known
from driftline.bundle.scan import Scan
from driftline.knowledge import platform
from driftline.model import App, Declaration, Facts, Output, State


def known_values(apps: Sequence[App]) -> tuple[Known, ...]:
    """Every value that the project's sources declare, the winning declarations of each environment first; equal ones once per name and environment."""
    found: dict[tuple[str, str | None, str], Known] = {}
    for app in apps:
        for environment, declaration in _declarations(app):
            if declaration.value is None or declaration.state is not State.SET:
                continue
            variable = app.variables.get(declaration.name)
            public = variable is not None and variable.public
            if app.framework is None:  # what built it is not here to be seen
                public = public or declaration.name.startswith(platform.public_prefixes())
            one = Known(declaration.name, declaration.value, app.path, environment, declaration.location, public)
            found.setdefault((declaration.name, environment, declaration.value.reveal()), one)
    return tuple(found.values())


def _declarations(app: App) -> Iterator[tuple[str | None, Declaration]]:
    seen: set[tuple[str, object]] = set()
    for environment in app.environments:
        for variable in app.variables.values():
            cell = variable.cells.get(environment.name)
            if cell is not None and cell.declaration is not None:
                value = cell.value or cell.declaration.value
                seen.add((cell.declaration.name, cell.declaration.location))
                yield environment.name, cell.declaration._replace(value=value)
    for _, reading in app.readings:  # what loses to another file was built in by an earlier build, perhaps
        for declaration in reading.declarations:
            if (declaration.name, declaration.location) not in seen:
                yield declaration.context, declaration


def facts_with(facts: Facts, found: Scan) -> Facts:
    """The facts with what the output says."""
    output = Output(found.public, found.maps, found.private_files, found.leftovers, found.files, found.services, found.links)
    return facts._replace(sightings=found.sightings, output=output)
