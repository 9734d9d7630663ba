"""vercel.json and vercel.toml: the `env` and `build.env` tables of old, what its commands set, and the names that routes read.

The tables reach every deployment, `build.env` only its build; `@name` points to a secret of the old kind. What the dashboard holds, which is
where today's projects keep their variables, is not in the file (Vercel docs, "Project configuration", and its legacy page on `env`, 2026-11).
A route's `env` lists names that its destination and headers may use (`$NAME`).
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._commands import assigned
from driftline.formats._document import Document, json_document, toml_document
from driftline.formats._values import NAME, declared
from driftline.model import Authority, Need, Reading, Reference, Scope, Side, Text

FORMAT = Format(
    name="vercel",
    title="vercel.json",
    files=("vercel.json", "vercel.toml"),
    authority=Authority.PART,
    nameless="base",
    settles="vercel env pull",
)

_COMMAND = 1  # an assignment before the build command beats the tables
_ROUTES = ("routes", "rewrites", "redirects", "headers")


def read(text: Text) -> Reading:
    """The declarations and the names that routes read. Raises Unreadable for broken JSON or TOML."""
    document = toml_document(text.path, text.content) if text.path.endswith(".toml") else json_document(text.path, text.content)
    root = document.root
    declarations = [declared(document, name, node, scope=Scope.RUN) for name, node in root.pairs("env")]
    declarations += [declared(document, name, node, scope=Scope.BUILD) for name, node in root.pairs("build", "env")]
    declarations += assigned(text, document, root.get("buildCommand"), scope=Scope.BUILD, layer=_COMMAND)
    # What it declares is there in previews as in production.
    contexts = ("production", "preview") if declarations else ()
    return Reading(declarations=tuple(declarations), references=tuple(_references(document)), contexts=contexts)


def _references(document: Document) -> Iterator[Reference]:
    for table in _ROUTES:
        for route in document.root.list(table):
            for item in (*route.list("env"), *(name for change in route.list("transforms") for name in change.list("env"))):
                if item.kind == "string" and NAME.fullmatch(item.text):
                    yield Reference(item.text, document.value_location(item), Need.PLAIN, Side.SERVER, how="a route's env")
