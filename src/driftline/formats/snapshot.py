"""`.driftline/NAME.json`: names and states exported from a platform's own CLI by `driftline snapshot`, never values.

A snapshot is meant to be complete: a name that it lacks is missing on the platform (as of its date).
"""

from __future__ import annotations

from driftline.formats import Format
from driftline.formats._document import json_document
from driftline.model import Authority, Declaration, Reading, State, Text, Unreadable

SCHEMA = "driftline/snapshot/1"

FORMAT = Format(name="snapshot", title="snapshot", files=("*.driftline/*.json",), authority=Authority.WHOLE, nameless="production")


def read(text: Text) -> Reading:
    """The names of one environment. Raises Unreadable for a file that is no snapshot."""
    document = json_document(text.path, text.content)
    root = document.root
    environment = root.string("environment")
    if root.string("schema") != SCHEMA or not environment:
        raise Unreadable(f"is not a {SCHEMA} file", 1, 1)
    platform = root.string("platform") or "the platform"
    declarations = []
    for item in root.list("names"):
        name = item.get("name")
        if name is None or not name.is_scalar:
            continue
        empty = item.string("state") == "empty"
        declarations.append(
            Declaration(
                name.text,
                State.EMPTY if empty else State.REFERENCE,
                None,
                document.value_location(name),
                context=environment,
                reference=None if empty else f"kept by {platform}",
            )
        )
    return Reading(declarations=tuple(declarations), contexts=(environment,))
