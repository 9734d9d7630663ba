"""kustomization.yaml: literals and env files of ConfigMap and Secret generators; the overlay's folder says the environment.

`behavior: replace` in an overlay drops what the base listed (Kubernetes docs, kustomize, 2026-11).
"""

from __future__ import annotations

import posixpath
import re

from driftline.formats import Format
from driftline.formats._document import yaml_document
from driftline.formats._values import declared
from driftline.model import Authority, Declaration, EnvFile, Reading, Scope, Text

FORMAT = Format(
    name="kustomize",
    title="kustomization",
    files=("kustomization.yaml", "kustomization.yml", "Kustomization"),
    authority=Authority.PART,
    nameless="production",
)

_OVERLAY = re.compile(r"(?:^|/)(?:overlays|environments|envs|clusters)/([A-Za-z0-9-]+)/")


def read(text: Text) -> Reading:
    """Generated variables and the env files they are read from. Raises Unreadable for broken YAML."""
    document = yaml_document(text.path, text.content)
    place = _OVERLAY.search(text.path)
    context = place[1] if place else None
    folder = text.path.rpartition("/")[0]
    declarations: list[Declaration] = []
    env_files: list[EnvFile] = []
    for key in ("configMapGenerator", "secretGenerator"):
        for generator in document.root.list(key):
            for item in generator.list("literals"):
                name, equals, content = item.text.partition("=")
                if item.is_scalar and equals:
                    item.text = content
                    declarations.append(declared(document, name.strip(), item, context=context, scope=Scope.RUN))
            single = generator.get("env")
            for item in [*generator.list("envs"), *([single] if single is not None else [])]:
                path = posixpath.normpath(posixpath.join(folder, item.text))
                if item.is_scalar and not path.startswith(("..", "/")):
                    env_files.append(EnvFile(path, document.value_location(item), context, None, True, "docker"))
    return Reading(tuple(declarations), env_files=tuple(env_files), contexts=(context,) if context else ())
