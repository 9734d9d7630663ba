"""Procfile: variables that a process line sets before its command (`web: PORT=80 node server.js`)."""

from __future__ import annotations

import re

from driftline.formats import Format
from driftline.formats._document import Lines
from driftline.formats._values import declared_text
from driftline.model import Authority, Component, Declaration, Reading, Scope, State, Text

FORMAT = Format(
    name="procfile",
    title="Procfile",
    files=("Procfile", "Procfile.*"),
    authority=Authority.PART,
    nameless="production",
    settles="heroku config --json",
)

_PROCESS = re.compile(r"^(?P<name>[A-Za-z0-9_-]+):[ \t]*(?P<command>\S.*)$", re.MULTILINE)
_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<value>'[^']*'|\"[^\"]*\"|\S*)[ \t]+")


def read(text: Text) -> Reading:
    """The assignments before each command. Never fails."""
    lines = Lines(text.content)
    context = "local" if text.path.rpartition(".")[2] in ("dev", "local") else None
    declarations = []
    components = []
    for process in _PROCESS.finditer(text.content):
        components.append(Component(process["name"], text.path.rpartition("/")[0] or ".", lines.location(text.path, process.start())))
        position = process.start("command")
        while match := _ASSIGNMENT.match(text.content, position, process.end()):
            value = match["value"].strip("'\"")
            place = lines.location(text.path, match.start())
            if "$" in value:
                found = Declaration(match["name"], State.REFERENCE, None, place, context, scope=Scope.RUN, reference="the shell")
            else:
                found = declared_text(match["name"], value, place, context=context, scope=Scope.RUN)
            declarations.append(found)
            position = match.end()
    return Reading(tuple(declarations), components=tuple(components), contexts=(context,) if context else ())
