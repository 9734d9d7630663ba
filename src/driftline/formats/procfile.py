"""Procfile: the variables that a process line sets before its command (`web: PORT=80 node server.js`), and those it reads.

A line is `NAME: COMMAND`, run by a shell; all else is held by the platform (Heroku Dev Center, "The Procfile", 2026-11). `Procfile.dev` and
its kin are for the developer's machine.
"""

from __future__ import annotations

import re

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Lines
from driftline.formats._shell import assignments, commands, expansions
from driftline.formats._values import declared_text
from driftline.knowledge.platform import environment_kind
from driftline.model import Authority, Component, Declaration, Reading, Reference, Scope, Side, State, Text, Use

FORMAT = Format(
    name="procfile",
    title="Procfile",
    files=("Procfile", "Procfile.*"),
    authority=Authority.PART,
    nameless="production",
    settles="heroku config --json",
)

_PROCESS = late.pattern(r"^(?P<name>[A-Za-z0-9_-]+):[ \t]*(?P<command>\S[^\r\n]*)", re.MULTILINE)
_COMMENT = late.pattern(r"[ \t]#")


def read(text: Text) -> Reading:
    """The assignments before each command and the names that commands read. Never fails."""
    lines = Lines(text.content)
    said = text.path.rpartition("/")[2].partition(".")[2] or None
    # What is not named Procfile is run by hand (`foreman start -f Procfile.windows`).
    context = said if said is None or environment_kind(said) is not None else "local"
    declarations: list[Declaration] = []
    references: list[Reference] = []
    components: list[Component] = []
    for process in _PROCESS.finditer(text.content):
        component, start = process["name"], process.start("command")
        components.append(Component(component, text.path.rpartition("/")[0] or ".", lines.location(text.path, process.start())))
        own: set[str] = set()
        for words in commands(process["command"]):
            for name, value, position in assignments(words)[0]:
                own.add(name)
                place = lines.location(text.path, start + position)
                if "$" in value or "`" in value:
                    declarations.append(
                        Declaration(name, State.REFERENCE, None, place, context, component, Scope.RUN, reference="the shell")
                    )
                else:
                    declarations.append(declared_text(name, value, place, context=context, component=component, scope=Scope.RUN))
        for used in expansions(_without_comment(process["command"])):
            if used.name not in own:
                place = lines.location(text.path, start + used.position)
                use = Use.READ if context is None else Use.MENTION
                references.append(Reference(used.name, place, used.need, Side.SERVER, use, "Procfile", component=component))
    return Reading(tuple(declarations), references=tuple(references), components=tuple(components), contexts=(context,) if context else ())


def _without_comment(command: str) -> str:
    """A command up to its comment; a `#` between quotes begins none."""
    match = _COMMENT.search(command)
    if match is None:
        return command
    before = command[: match.start()]
    return command if before.count('"') % 2 or before.count("'") % 2 else before
