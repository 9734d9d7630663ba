"""turbo.json: the names that Turborepo lets through to a task; in strict mode (the default since 2.0) a build sees no others.

`globalEnv`, `globalPassThroughEnv`, `tasks.*.env` and `passThroughEnv` hold names, wildcards and `!` negations (Turborepo docs,
configuration and environment variables, 2026-11). Names only: nothing is declared for an environment.
"""

from __future__ import annotations

from driftline.formats import Format
from driftline.formats._document import Document, Node, json_document
from driftline.model import Authority, Passthrough, Reading, Text

FORMAT = Format(name="turbo", title="turbo.json", files=("turbo.json", "turbo.jsonc"), authority=Authority.PART, nameless="base")

_GLOBAL = (("globalEnv",), ("globalPassThroughEnv",), ("global", "env"), ("global", "passThroughEnv"))


def read(text: Text) -> Reading:
    """One passthrough per build task. Raises Unreadable for broken JSON."""
    document = json_document(text.path, text.content)
    root = document.root
    everywhere = [name for path in _GLOBAL for name in _names(root, *path)]
    # Turborepo 1 has `pipeline` and is loose unless a task lists names; a package's file extends the root's.
    strict = root.string("envMode") != "loose" and root.get("tasks") is not None
    passthroughs = []
    for name, task in [*root.pairs("tasks"), *root.pairs("pipeline")]:
        if task.kind == "map" and name.rpartition("#")[2] == "build":
            names = [*everywhere, *_names(task, "env"), *_names(task, "passThroughEnv")]
            component = name.rpartition("#")[0] or None
            passthroughs.append(_passthrough(document, task, names, strict, component))
    if not passthroughs and everywhere:
        passthroughs.append(_passthrough(document, root, everywhere, False, None))
    return Reading(passthroughs=tuple(passthroughs))


def _names(node: Node, *path: str) -> list[str]:
    return [item.text.removeprefix("$") for item in node.list(*path) if item.is_scalar]


def _passthrough(document: Document, node: Node, names: list[str], strict: bool, component: str | None) -> Passthrough:
    return Passthrough(document.location(node), "turbo", tuple(dict.fromkeys(names)), strict, component, below=True)
