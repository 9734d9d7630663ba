"""Variables that a command of a configuration file sets for itself (`NODE_ENV=production npm run build`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from driftline.formats._document import Document, Node
from driftline.formats._shell import assignments, commands
from driftline.formats._values import declared_text
from driftline.model import Declaration, State, Text


def assigned(text: Text, document: Document, node: Node | None, **more: Any) -> Iterator[Declaration]:
    """The declarations before the commands of a string (or of each string of a list); `more` are further fields of Declaration.

    A value that the shell computes is a reference.
    """
    for item in [] if node is None else node.items if node.kind == "list" else [node]:
        if item.kind != "string" or "=" not in item.text:
            continue
        cursor = item.position
        for words in commands(item.text):
            for name, value, _ in assignments(words)[0]:
                # Escapes can hide a name from the search; then the rest stands where the string begins.
                found = text.content.find(f"{name}=", cursor) if cursor >= 0 else -1
                place = document.at(found) if found >= 0 else document.value_location(item)
                cursor = found + len(name) if found >= 0 else -1
                if "$" in value or "`" in value:
                    yield Declaration(name, State.REFERENCE, None, place, reference="the shell", **more)
                else:
                    yield declared_text(name, value, place, **more)
