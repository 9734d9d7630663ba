"""vercel.json: the old `env` and `build.env` tables; what the dashboard holds is not in it (Vercel docs, project configuration, 2026-11)."""

from __future__ import annotations

from driftline.formats import Format
from driftline.formats._document import json_document
from driftline.formats._values import declared
from driftline.model import Authority, Reading, Scope, Text

FORMAT = Format(
    name="vercel",
    title="vercel.json",
    files=("vercel.json",),
    authority=Authority.PART,
    nameless="base",
    settles="vercel env pull",
)


def read(text: Text) -> Reading:
    """The declarations. Raises Unreadable for broken JSON."""
    document = json_document(text.path, text.content)
    declarations = [declared(document, name, node, scope=Scope.RUN) for name, node in document.root.pairs("env")]
    declarations += [declared(document, name, node, scope=Scope.BUILD) for name, node in document.root.pairs("build", "env")]
    return Reading(declarations=tuple(declarations))
