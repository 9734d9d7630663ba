"""turbo.json: the names that Turborepo lets through to a task; in strict mode (the default since 2.0) a build sees no others.

`globalEnv`, `globalPassThroughEnv`, `tasks.*.env` and `passThroughEnv` hold names, wildcards and `!` negations; a package's own file
adds to the root's (Turborepo docs, configuration and environment variables, 2026-11). Names only: nothing is declared for an environment.
"""

from __future__ import annotations

from driftline.formats import Format
from driftline.formats._document import Document, Node, json_document
from driftline.model import Authority, Passthrough, Reading, Text

FORMAT = Format(name="turbo", title="turbo.json", files=("turbo.json", "turbo.jsonc"), authority=Authority.PART, nameless="base")

_GLOBAL = (("globalEnv",), ("globalPassThroughEnv",), ("global", "env"), ("global", "passThroughEnv"))


def read(text: Text) -> Reading:
    """One passthrough per build task, and one that is not strict for the names of all other tasks. Raises Unreadable for broken JSON."""
    document = json_document(text.path, text.content)
    root = document.root
    everywhere = [name for path in _GLOBAL for name in _names(root, *path)]
    everywhere += _dollars(root, "globalDependencies")
    strict = _is_strict(root)
    builds: list[Passthrough] = []
    others: list[str] = []
    for name, task in [*root.pairs("tasks"), *root.pairs("pipeline")]:
        names = [*_names(task, "env"), *_names(task, "passThroughEnv"), *_dollars(task, "dependsOn")]
        package, _, word = name.rpartition("#")
        if task.kind == "map" and (word == "build" or word.startswith(("build:", "build-"))):
            builds.append(_passthrough(document, task, "turbo", [*everywhere, *names], strict, package or None))
        else:
            others += names
    if everywhere and not builds:
        others += everywhere
    if others:
        builds.append(_passthrough(document, root, "turbo (other tasks)", others, False, None))
    return Reading(passthroughs=tuple(builds))


def _is_strict(root: Node) -> bool:
    """Turborepo 2 is strict unless told otherwise; 1 (`pipeline`) is only when asked, or when it names what passes through."""
    mode = root.string("envMode")
    if mode in ("strict", "loose"):
        return mode == "strict"
    return root.get("tasks") is not None or root.get("globalPassThroughEnv") is not None


def _names(node: Node, *path: str) -> list[str]:
    return [item.text for item in node.list(*path) if item.is_scalar]


def _dollars(node: Node, key: str) -> list[str]:
    """`$NAME` among dependencies, the spelling of Turborepo before 1.5."""
    return [item.text[1:] for item in node.list(key) if item.is_scalar and item.text.startswith("$") and not item.text.startswith("$TURBO")]


def _passthrough(document: Document, node: Node, tool: str, names: list[str], strict: bool, component: str | None) -> Passthrough:
    return Passthrough(document.location(node), tool, tuple(dict.fromkeys(names)), strict, component, below=True)
