"""devcontainer.json: the variables of a development container; they speak for local only (containers.dev, metadata reference, 2026-11)."""

from __future__ import annotations

from driftline.formats import Format
from driftline.formats._document import json_document
from driftline.formats._values import declared
from driftline.model import Authority, Reading, Text

FORMAT = Format(
    name="devcontainer",
    title="devcontainer.json",
    files=("devcontainer.json", ".devcontainer.json"),
    authority=Authority.PART,
    nameless="local",
)


def read(text: Text) -> Reading:
    """The declarations. Raises Unreadable for broken JSON."""
    document = json_document(text.path, text.content)
    declarations = [
        declared(document, name, node, reference="the host" if node.is_scalar and "${" in node.text else None)
        for table in ("containerEnv", "remoteEnv")
        for name, node in document.root.pairs(table)
    ]
    return Reading(declarations=tuple(declarations))
