"""supabase/config.toml: the names that `env(NAME)` asks for, the secrets of local functions, and the addresses that login may return to.

`[remotes.NAME]` overrides the root for that project; both `.env` and the platform's secrets must hold what `env()` names (Supabase docs,
CLI config, 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, toml_document
from driftline.formats._values import declared
from driftline.model import Authority, Literal, Need, Reading, Reference, Secret, Side, Text

FORMAT = Format(
    name="supabase",
    title="supabase/config.toml",
    files=("*supabase/config.toml",),
    authority=Authority.PART,
    nameless="local",
    settles="supabase secrets list",
)

_ENV = re.compile(r"env\(([A-Za-z_][A-Za-z0-9_]*)\)")


def recognises(path: str) -> bool:
    """`supabase/config.toml` at any depth, and no other folder that ends so."""
    return path == "supabase/config.toml" or path.endswith("/supabase/config.toml")


def read(text: Text) -> Reading:
    """References made by `env()`, secrets of local functions, and login origins. Raises Unreadable for text that is no TOML."""
    document = toml_document(text.path, text.content)
    root = document.root
    declarations = tuple(
        declared(document, name, node, component="functions")
        for name, node in root.pairs("edge_runtime", "secrets")
        if not (node.is_scalar and _ENV.fullmatch(node.text))
    )
    contexts = tuple(name for name, _ in root.pairs("remotes"))
    origins = [*_origins(document, root, None)]
    for name, table in root.pairs("remotes"):
        origins += _origins(document, table, name)
    return Reading(declarations=declarations, references=tuple(_references(document, root)), contexts=contexts, origins=tuple(origins))


def _references(document: Document, node: Node) -> Iterator[Reference]:
    """`env(NAME)` in every table that is not switched off."""
    if node.kind == "map":
        if node.string("enabled") == "false":
            return
        for child in node.map.values():
            yield from _references(document, child)
    elif node.kind == "list":
        for child in node.items:
            yield from _references(document, child)
    elif node.kind == "string" and (match := _ENV.fullmatch(node.text)):
        yield Reference(match[1], document.value_location(node), Need.PLAIN, Side.SERVER, how="env()")


def _origins(document: Document, table: Node, context: str | None) -> Iterator[tuple[str | None, Literal]]:
    site = table.get("auth", "site_url")
    if site is not None and site.is_scalar:
        yield context, Literal(Secret(site.text), document.value_location(site), "site_url")
    for item in table.list("auth", "additional_redirect_urls"):
        if item.is_scalar:
            yield context, Literal(Secret(item.text), document.value_location(item), "additional_redirect_urls")
