"""The addresses that a mobile app is built with: Capacitor's `server.url`, and what Expo's `extra` hands to the app.

An app from a store keeps them until its next release. The same settings in TypeScript (`capacitor.config.ts`, `app.config.ts`) are read as
code (Capacitor docs, Configuration; Expo docs, Environment variables in EAS; 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, json_document
from driftline.knowledge import callbacks
from driftline.model import Authority, Literal, Reading, Secret, Text

FORMAT = Format(
    name="mobile",
    title="mobile configuration",
    files=("capacitor.config.json", "app.json"),
    authority=Authority.PART,
    nameless="production",
)

SERVER = "server.url"
EXTRA = "extra."


def read(text: Text) -> Reading:
    """The addresses as origins with the role `server.url`, or `extra.` and their key. Raises Unreadable for broken JSON."""
    document = json_document(text.path, text.content)
    return Reading(origins=tuple((None, literal) for literal in _literals(document)))


def _literals(document: Document) -> Iterator[Literal]:
    url = document.root.get("server", "url")
    if url is not None and document.path.endswith("capacitor.config.json"):
        yield _literal(document, url, SERVER)
    for key, node in document.root.pairs("expo", "extra"):
        if node.is_scalar and callbacks.role_of_argument(key) is not None:
            yield _literal(document, node, EXTRA + key)


def _literal(document: Document, node: Node, role: str) -> Literal:
    return Literal(Secret(node.text), document.value_location(node), role)
