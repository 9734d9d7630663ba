"""PM2's ecosystem file: `env` of every app, and `env_NAME` that `--env NAME` puts over it.

An app's `cwd` is its folder, `env_file` a file it loads. `deploy` holds variables of the deploying command, not of an app (PM2 docs,
"Ecosystem File" and "Deployment System", 2026-11). A JavaScript file is read as it stands, by its object literals, names bound to literals
and spreads among them; what only running it would tell is a reference.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, json_document, yaml_document
from driftline.formats._literals import COMPUTED, literals
from driftline.formats._place import inside
from driftline.formats._values import NAME, declared
from driftline.model import Authority, Component, Declaration, EnvFile, Reading, Related, Scope, Text

FORMAT = Format(
    name="pm2",
    title="PM2 ecosystem file",
    files=(
        "ecosystem.config.js",
        "ecosystem.config.cjs",
        "ecosystem.config.mjs",
        "ecosystem.config.ts",
        "ecosystem.config.json",
        "ecosystem.json",
        "ecosystem.y*ml",
        "pm2.config.js",
        "pm2.config.cjs",
        "pm2.json",
        "pm2.y*ml",
    ),
    authority=Authority.PART,
    nameless="production",
)


def read(text: Text) -> Reading:
    """Declarations, env files and components per app. Raises Unreadable for broken JSON or YAML."""
    document, apps = _apps(text)
    folder = text.path.rpartition("/")[0]
    declarations: list[Declaration] = []
    components: list[Component] = []
    env_files: list[EnvFile] = []
    contexts: list[str] = []
    notes: list[Related] = []
    for app in apps:
        name = app.get("name")
        component = name.text if name is not None and name.is_scalar and name.tag != COMPUTED else None
        if component is not None and name is not None:
            cwd = app.get("cwd")
            root = inside(folder, cwd.text if cwd is not None and cwd.is_scalar and cwd.tag != COMPUTED else ".")
            components.append(Component(component, root or None, document.value_location(name)))
        contexts += [key[4:] for key, table in app.pairs() if key.startswith("env_") and table.kind == "map"]
        declarations += _tables(document, app, component)
        notes += [
            Related(document.location(table), "computed when PM2 runs the file, so its variables are not known")
            for key, table in app.pairs()
            if (key == "env" or key.startswith("env_")) and key != "env_file" and table.tag == COMPUTED
        ]
        file = app.get("env_file")
        if file is not None and file.is_scalar and file.tag != COMPUTED and (path := inside(folder, file.text)) is not None:
            env_files.append(EnvFile(path, document.value_location(file), None, component, False, "dotenv"))
    return Reading(
        tuple(declarations),
        env_files=tuple(env_files),
        components=tuple(components),
        contexts=tuple(dict.fromkeys(contexts)),
        notes=tuple(notes),
    )


def _apps(text: Text) -> tuple[Document, list[Node]]:
    if text.path.endswith((".json", ".yml", ".yaml")):
        document = json_document(text.path, text.content) if text.path.endswith(".json") else yaml_document(text.path, text.content)
        roots = [document.root]
    else:
        document, bound = literals(text.path, text.content)
        roots = [bound["exports"]] if "exports" in bound else document.root.items
    found: list[Node] = []
    for root in roots:
        apps = root.get("apps") or root
        found += [app for app in (apps.items if apps.kind == "list" else [apps]) if app.kind == "map"]
    return document, found


def _tables(document: Document, app: Node, component: str | None) -> Iterator[Declaration]:
    for key, table in app.pairs():
        if key != "env" and not key.startswith("env_"):
            continue
        for name, node in table.pairs():
            if NAME.fullmatch(name):
                context = key[4:] or None
                computed = (node.text or "computed by the file") if node.tag == COMPUTED else None
                yield declared(document, name, node, context=context, component=component, scope=Scope.RUN, reference=computed)
