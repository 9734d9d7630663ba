"""project.json of Nx: the variables and env files of a project's targets (Nx docs, run-commands executor, 2026-11)."""

from __future__ import annotations

import posixpath

from driftline.formats import Format
from driftline.formats._document import json_document
from driftline.formats._values import declared
from driftline.model import Authority, Declaration, EnvFile, Reading, Scope, Text

FORMAT = Format(name="nx", title="Nx project.json", files=("project.json",), authority=Authority.PART, nameless="local")


def read(text: Text) -> Reading:
    """Variables of targets and of their configurations; nothing for another tool's project.json. Raises Unreadable for broken JSON."""
    document = json_document(text.path, text.content)
    declarations: list[Declaration] = []
    env_files: list[EnvFile] = []
    for _, target in document.root.pairs("targets"):
        settings = [(None, target.get("options")), *target.pairs("configurations")]
        for context, options in settings:
            if options is None:
                continue
            declarations += [declared(document, name, node, context=context, scope=Scope.BUILD) for name, node in options.pairs("env")]
            named = options.get("envFile")
            if named is not None and named.is_scalar:
                path = posixpath.normpath(named.text)
                if not path.startswith(("..", "/")):
                    env_files.append(EnvFile(path, document.location(named), context, None, True, "dotenv-expand"))
    contexts = tuple(dict.fromkeys(d.context for d in declarations if d.context))
    return Reading(tuple(declarations), env_files=tuple(env_files), contexts=contexts)
