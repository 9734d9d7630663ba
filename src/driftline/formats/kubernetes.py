"""Kubernetes manifests: the variables of every container, with the ConfigMaps and Secrets of the same file.

Of the entries of `env` the last one of a name wins, all of them beat `envFrom`, of which a later source wins; `valueFrom` names another
object; a Secret's `data` is base64 and not encrypted; SealedSecrets are encrypted, and an ExternalSecret's keys live in a store elsewhere.
Containers are found in objects of any kind, such as Knative services and Cloud Run jobs. The path says the environment (`overlays/staging/`),
else an object's namespace or its label (Kubernetes docs, "Define environment variables for a container", "ConfigMaps" and "Secrets";
External Secrets and Sealed Secrets documentation, 2026-11). Templates are programs and are not read.
"""

from __future__ import annotations

import re

from driftline import late
from driftline.formats import Format, _manifest
from driftline.formats._document import yaml_documents
from driftline.formats._place import environment_said
from driftline.model import Authority, Reading, Text, Unreadable

FORMAT = Format(
    name="kubernetes",
    title="Kubernetes manifest",
    files=(
        "*k8s/*.y*ml",
        "*kubernetes/*.y*ml",
        "*kube/*.y*ml",
        "*manifests/*.y*ml",
        "*manifest/*.y*ml",
        "*overlays/*.y*ml",
        "*base/*.y*ml",
        "*clusters/*.y*ml",
        "*environments/*.y*ml",
        "*envs/*.y*ml",
        "*deploy/*.y*ml",
        "*deployment/*.y*ml",
        "*deployments/*.y*ml",
        "*gitops/*.y*ml",
        "*knative/*.y*ml",
        "*infra/*.y*ml",
        "deployment*.y*ml",
        "*statefulset*.y*ml",
        "*cronjob*.y*ml",
        "*configmap*.y*ml",
        "*secret*.y*ml",
        "service.y*ml",
        "service.*.y*ml",
        "*cloudrun*.y*ml",
        "k8s*.y*ml",
        "*.k8s.y*ml",
    ),
    authority=Authority.PART,
    nameless="production",
)

_PLACES = late.pattern(r"(?:^|/)(?:overlays|environments|envs|clusters)/([A-Za-z0-9-]+)/")
_OBJECT = late.pattern(r"^[ \t\-{\"']*apiVersion", re.MULTILINE)
_PATCH = late.pattern(r"^[ \t\-]*\"?path\"?:[^\n]*/(?:env|data|stringData)\b", re.MULTILINE)


def overlay(path: str) -> str | None:
    """The name of the overlay that a file belongs to: a place of its own, even where the word is no environment's (`overlays/eu-west/`)."""
    place = _PLACES.search(path)
    return place[1] if place else None


def recognises(path: str) -> bool:
    """Not a kustomization, which has a reader of its own, nor the values and templates of a chart."""
    base = path.rpartition("/")[2]
    return not base.startswith(("kustomization.", "Chart.", "values", "docker-compose", "compose.")) and "/templates/" not in f"/{path}"


def read(text: Text) -> Reading:
    """Declarations per container; nothing for YAML of another kind. Raises Unreadable for broken YAML of a manifest."""
    if not _OBJECT.search(text.content) and not _PATCH.search(text.content):
        return Reading()
    try:
        documents = yaml_documents(text.path, text.content)
    except Unreadable:
        if "{{" in text.content or not re.search(r"^apiVersion:", text.content, re.MULTILINE):
            return Reading()  # a template, or no manifest at all
        raise
    found = _manifest.read(documents, environment_said(text.path), overlay(text.path))
    contexts = tuple(dict.fromkeys(d.context for d in found.declarations if d.context))
    return Reading(declarations=found.declarations, components=found.components, contexts=contexts)
