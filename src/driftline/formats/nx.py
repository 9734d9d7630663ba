"""project.json and nx.json of Nx: the variables and env files of targets, and the variables that a target's inputs name.

A configuration (`production`) is laid over a target's `options`. `env` and `envFile` belong to the run-commands executor, whose paths begin at the
workspace's root (Nx docs, "nx:run-commands" and "Executors and Configurations", 2026-11). An input `{ "env": "NAME" }` says that a target
reads the variable.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, json_document
from driftline.formats._place import inside
from driftline.formats._values import NAME, declared
from driftline.knowledge.platform import environment_kind
from driftline.model import Authority, Declaration, EnvFile, Need, Reading, Reference, Scope, Side, Text, Use

FORMAT = Format(name="nx", title="Nx configuration", files=("project.json", "nx.json"), authority=Authority.PART, nameless="local")

_WORDS = ('"targets"', '"targetDefaults"', '"namedInputs"')


def read(text: Text) -> Reading:
    """Variables of targets and of their configurations; nothing for another tool's project.json. Raises Unreadable for broken JSON."""
    if not any(word in text.content for word in _WORDS):
        return Reading()
    document = json_document(text.path, text.content)
    declarations: list[Declaration] = []
    env_files: list[EnvFile] = []
    contexts: list[str] = []
    targets = [*document.root.pairs("targets"), *document.root.pairs("targetDefaults")]
    for name, target in targets:
        # `test`, `e2e` and their kin run in an environment of their own.
        base = name if environment_kind(name) is not None else None
        settings: list[tuple[str | None, Node | None]] = [(base, target.get("options")), *target.pairs("configurations")]
        for context, options in settings:
            if options is None:
                continue
            found = [
                declared(document, variable, node, context=context, scope=Scope.BUILD)
                for variable, node in options.pairs("env")
                if NAME.fullmatch(variable)
            ]
            declarations += found
            files = list(_files(document, options, context))
            env_files += files
            if context is not None and (found or files):
                contexts.append(context)
    references = [
        reference for scope in (*(node for _, node in targets), document.root) for reference in _inputs(document, scope, document.root)
    ]
    return Reading(
        tuple(declarations), tuple(dict.fromkeys(references)), env_files=tuple(env_files), contexts=tuple(dict.fromkeys(contexts))
    )


def _files(document: Document, options: Node, context: str | None) -> Iterator[EnvFile]:
    named = options.get("envFile")
    path = inside("", named.text) if named is not None and named.kind == "string" else None
    if named is not None and path is not None:
        yield EnvFile(path, document.value_location(named), context, None, True, "dotenv-expand")


def _inputs(document: Document, scope: Node, root: Node) -> Iterator[Reference]:
    lists = [scope.list("inputs")]
    if scope is root:
        lists = [node.items for _, node in root.pairs("namedInputs") if node.kind == "list"]
    for items in lists:
        for item in items:
            name = item.get("env")
            if name is not None and name.kind == "string" and NAME.fullmatch(name.text):
                yield Reference(name.text, document.value_location(name), Need.OPTIONAL, Side.BUILD, Use.MENTION, how="an input of Nx")
