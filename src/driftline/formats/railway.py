"""nixpacks.toml, railpack.json, railway.json and railway.toml: what a Railway build and its commands set.

Railway's own files cannot declare variables (Railway docs, "Config as Code"; staff, station.railway.com), so of them only the assignments before
their commands count, with `environments.NAME` laid over the rest. `[variables]` of nixpacks are there in the build and in the image; railpack's
belong to one step or to the deployed image (nixpacks.com and railpack.com docs, 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._commands import assigned
from driftline.formats._document import Document, Node, json_document, toml_document
from driftline.formats._values import NAME, declared
from driftline.model import Authority, Declaration, Reading, Scope, Text

FORMAT = Format(
    name="railway",
    title="Railway configuration",
    files=("nixpacks.toml", "nixpacks.json", "railpack.json", "railway.toml", "railway.json"),
    authority=Authority.PART,
    nameless="production",
    settles="railway variables --json",
)

_COMMANDS = ((("build", "buildCommand"), Scope.BUILD), (("deploy", "startCommand"), Scope.RUN), (("deploy", "preDeployCommand"), Scope.RUN))
_OVER = 1  # an assignment before a command beats a table


def read(text: Text) -> Reading:
    """The declarations. Raises Unreadable for broken TOML or JSON."""
    document = toml_document(text.path, text.content) if text.path.endswith(".toml") else json_document(text.path, text.content)
    base = text.path.rpartition("/")[2].partition(".")[0]
    if base == "railway":
        environments = dict(document.root.pairs("environments"))
        found = [*_railway(text, document, environments)]
        return Reading(tuple(found), contexts=tuple(environments) if found else ())
    return Reading(tuple(_nixpacks(text, document) if base == "nixpacks" else _railpack(text, document)))


def _railway(text: Text, document: Document, environments: dict[str, Node]) -> Iterator[Declaration]:
    root = document.root
    for context, table in [(None, root), *environments.items()]:
        for path, scope in _COMMANDS:
            command = table.get(*path) or root.get(*path)
            yield from assigned(text, document, command, scope=scope, context=context, layer=_OVER, inherits=False)


def _nixpacks(text: Text, document: Document) -> Iterator[Declaration]:
    yield from _table(document, document.root.get("variables"), Scope.BOTH)
    yield from assigned(text, document, document.root.get("start", "cmd"), scope=Scope.RUN, layer=_OVER)
    for _, phase in document.root.pairs("phases"):
        yield from assigned(text, document, phase.get("cmds"), scope=Scope.BUILD, layer=_OVER)


def _railpack(text: Text, document: Document) -> Iterator[Declaration]:
    for _, step in document.root.pairs("steps"):
        yield from _table(document, step.get("variables"), Scope.BUILD)
    yield from _table(document, document.root.get("deploy", "variables"), Scope.RUN)
    yield from assigned(text, document, document.root.get("deploy", "startCommand"), scope=Scope.RUN, layer=_OVER)


def _table(document: Document, table: Node | None, scope: Scope) -> Iterator[Declaration]:
    for name, node in table.pairs() if table is not None else ():
        if NAME.fullmatch(name):
            yield declared(document, name, node, scope=scope)
