"""netlify.toml: build variables per deploy context and per branch.

`[build.environment]` reaches every context; `[context.NAME.environment]` is merged over it key by key. Variables of the file are seen by
the build only, and what the dashboard holds is not in it (Netlify docs, file-based configuration, 2026-11).
"""

from __future__ import annotations

from driftline.formats import Format
from driftline.formats._document import toml_document
from driftline.formats._values import declared
from driftline.model import Authority, Reading, Scope, Text

FORMAT = Format(
    name="netlify",
    title="netlify.toml",
    files=("netlify.toml",),
    authority=Authority.PART,
    nameless="base",
    settles="netlify env:list --json",
)


def read(text: Text) -> Reading:
    """The declarations of every context. Raises Unreadable for text that is no TOML."""
    document = toml_document(text.path, text.content)
    declarations = [declared(document, name, node, scope=Scope.BUILD) for name, node in document.root.pairs("build", "environment")]
    contexts = []
    for context, table in document.root.pairs("context"):
        contexts.append(context)
        for name, node in table.pairs("environment"):
            declarations.append(declared(document, name, node, scope=Scope.BUILD, context=context))
    return Reading(declarations=tuple(declarations), contexts=tuple(contexts))
