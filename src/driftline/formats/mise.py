"""mise.toml and mise.NAME.toml: `[env]` of the tool manager, for the developer's machine (mise docs, environments, 2026-11)."""

from __future__ import annotations

import posixpath

from driftline.formats import Format
from driftline.formats._document import Document, Node, toml_document
from driftline.formats._values import NAME, declared, environment_of
from driftline.model import Authority, Declaration, EnvFile, Reading, State, Text

FORMAT = Format(
    name="mise",
    title="mise.toml",
    files=("mise.toml", ".mise.toml", "mise.*.toml", ".mise.*.toml", "*mise/config.toml"),
    authority=Authority.PART,
    nameless="local",
)


def read(text: Text) -> Reading:
    """Variables and env files. Raises Unreadable for text that is no TOML."""
    document = toml_document(text.path, text.content)
    context = environment_of(text.path.rpartition("/")[2], "mise", ".mise")
    context = None if context == "local" else context
    declarations: list[Declaration] = []
    env_files: list[EnvFile] = []
    env = document.root.get("env")
    for table in [env] if env is not None and env.kind == "map" else env.items if env is not None else []:
        for name, node in table.pairs():
            if name == "_":
                env_files += _files(document, text.path, node, context)
            elif NAME.fullmatch(name) and not (node.kind == "boolean" and node.text == "false"):  # `false` unsets it
                declarations.append(_declaration(document, name, node, context))
    return Reading(tuple(declarations), env_files=tuple(env_files), contexts=(context,) if context else ())


def _declaration(document: Document, name: str, node: Node, context: str | None) -> Declaration:
    if node.kind == "map":
        inner = node.get("value")
        if inner is not None:
            return declared(document, name, inner, context=context)._replace(location=document.location(node))
        return Declaration(name, State.REFERENCE, None, document.location(node), context, reference="asked for by mise")
    return declared(document, name, node, context=context, reference="a template" if node.is_scalar and "{{" in node.text else None)


def _files(document: Document, path: str, node: Node, context: str | None) -> list[EnvFile]:
    files = node.get("file")
    items = [] if files is None else [files] if files.is_scalar or files.kind == "map" else files.items
    found = []
    for item in items:
        named = item.text if item.is_scalar else item.string("path")
        where = posixpath.normpath(posixpath.join(path.rpartition("/")[0], named)) if named else ""
        if where and not where.startswith(("..", "/")):
            found.append(EnvFile(where, document.value_location(item), context, None, False, "dotenv-expand"))
    return found
