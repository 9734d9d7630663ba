"""netlify.toml: build variables per deploy context and per branch.

`[build.environment]` reaches every context. `[context.NAME.environment]` (or `[context.NAME.build.environment]`) is merged over it key by key,
and a branch's own context over `branch-deploy`, or over `production` where the branch is production's. Variables of the file are seen by the
build only, never by functions at run time, and what the dashboard holds is not in it (Netlify docs, "File-based configuration"; measured with
@netlify/config 24.6, 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._commands import assigned
from driftline.formats._document import Document, Node, toml_document
from driftline.formats._place import inside
from driftline.formats._values import NAME, declared
from driftline.knowledge.platform import environment_kind
from driftline.model import Authority, Component, Declaration, EnvFile, Kind, Reading, Scope, Text

FORMAT = Format(
    name="netlify",
    title="netlify.toml",
    files=("netlify.toml",),
    authority=Authority.PART,
    nameless="base",
    settles="netlify env:list --json",
)

_CONTEXTS = frozenset(("production", "deploy-preview", "branch-deploy", "preview-server", "dev"))
_COMMAND = 10  # an assignment before the build command beats every table


def read(text: Text) -> Reading:
    """The declarations of every context. Raises Unreadable for text that is no TOML."""
    document = toml_document(text.path, text.content)
    root = document.root
    folder = text.path.rpartition("/")[0]
    site = _site(document, folder)
    tables = dict(root.pairs("context"))
    declarations = list(_environment(document, root.get("build"), None, 0))
    commands: dict[str | None, Node | None] = {None: _command(root.get("build"))}
    for context, table in tables.items():
        layers = [table.get("build"), table]
        if context not in _CONTEXTS:
            below = tables.get("production" if environment_kind(context) is Kind.PRODUCTION else "branch-deploy")
            layers = [below.get("build") if below is not None else None, below, *layers]
        for layer, part in enumerate(layers):
            declarations += _environment(document, part, context, layer)
        own = [command for part in layers if (command := _command(part)) is not None]
        commands[context] = own[-1] if own else commands[None]
    commands.pop("dev", None)  # `netlify dev` runs the framework's own command
    for said, command in commands.items():
        declarations += assigned(text, document, command, scope=Scope.BUILD, context=said, layer=_COMMAND, inherits=False)
    if site is not None:
        declarations = [declaration._replace(component=site.name) for declaration in declarations]
    env_files = []
    for item in root.list("dev", "envFiles"):
        path = inside(folder, item.text) if item.is_scalar else None
        if path is not None:
            env_files.append(EnvFile(path, document.value_location(item), "dev", None, False))
    return Reading(tuple(declarations), env_files=tuple(env_files), components=(site,) if site else (), contexts=tuple(tables))


def _site(document: Document, folder: str) -> Component | None:
    """The app that is built, where the file names its folder (a monorepo's `base`, which begins at the repository's root)."""
    base = document.root.get("build", "base")
    path = inside("", base.text.strip("/")) if base is not None and base.is_scalar else None
    if base is None or path in (None, ".", folder):
        return None
    return Component(str(path), path, document.location(base))


def _environment(document: Document, table: Node | None, context: str | None, layer: int) -> Iterator[Declaration]:
    for name, node in table.pairs("environment") if table is not None else ():
        if NAME.fullmatch(name):
            yield declared(document, name, node, scope=Scope.BUILD, context=context, layer=layer)


def _command(table: Node | None) -> Node | None:
    """The build command of a table; a context's own one takes the place of the base's, with the variables it sets."""
    return table.get("command") if table is not None else None
