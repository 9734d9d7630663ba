"""nixpacks.toml: build variables of a Railway service; railway.json and railway.toml cannot declare any (Railway docs, 2026-11)."""

from __future__ import annotations

from driftline.formats import Format
from driftline.formats._document import toml_document
from driftline.formats._values import declared
from driftline.model import Authority, Reading, Text

FORMAT = Format(
    name="railway",
    title="Railway configuration",
    files=("nixpacks.toml", "railway.toml", "railway.json"),
    authority=Authority.PART,
    nameless="production",
    settles="railway variables --json",
)


def read(text: Text) -> Reading:
    """The declarations of nixpacks.toml; nothing for Railway's own files. Raises Unreadable for text that is no TOML."""
    if text.path.endswith(".json"):
        return Reading()
    document = toml_document(text.path, text.content)
    return Reading(tuple(declared(document, name, node) for name, node in document.root.pairs("variables")))
