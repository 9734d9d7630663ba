"""Kubernetes manifests: the variables of every container, with the ConfigMaps and Secrets of the same file.

`env` beats `envFrom`, a later duplicate wins, `valueFrom` names another object, a Secret's `data` is base64 and not encrypted
(Kubernetes docs, Define environment variables for a container, 2026-11). The environment is the namespace's, label's or folder's word.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_documents
from driftline.formats._values import declared
from driftline.model import Authority, Component, Declaration, Reading, Scope, Secret, State, Text, Unreadable

FORMAT = Format(
    name="kubernetes",
    title="Kubernetes manifest",
    files=(
        "*k8s/*.y*ml",
        "*kubernetes/*.y*ml",
        "*manifests/*.y*ml",
        "*overlays/*.y*ml",
        "*deploy/*.y*ml",
        "*base/*.y*ml",
        "deployment*.y*ml",
        "configmap*.y*ml",
        "secret*.y*ml",
        "service.yaml",
        "cloudrun*.y*ml",
    ),
    authority=Authority.PART,
    nameless="production",
)

_WORKLOADS = frozenset(("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "ReplicaSet", "Rollout"))
_PLACES = re.compile(r"(?:^|/)(?:overlays|environments|envs|clusters)/([a-z0-9-]+)/")


def read(text: Text) -> Reading:
    """Declarations per container; nothing for YAML of another kind. Raises Unreadable for broken YAML of a manifest."""
    if "apiVersion" not in text.content or "kind" not in text.content or "{{" in text.content:
        return Reading()  # Helm templates are programs, not manifests
    try:
        documents = yaml_documents(text.path, text.content)
    except Unreadable:
        if re.search(r"^apiVersion:", text.content, re.MULTILINE):
            raise
        return Reading()
    objects = [(document, item) for document in documents for item in _objects(document.root)]
    place = _PLACES.search(text.path)
    maps = {(item.string("kind"), item.string("metadata", "name")): (document, item) for document, item in objects}
    declarations: list[Declaration] = []
    components: list[Component] = []
    for document, item in objects:
        context = (place[1] if place else None) or item.string("metadata", "namespace")
        kind = item.string("kind")
        knative = kind == "Service" and (item.string("apiVersion") or "").startswith("serving.knative.dev")
        if kind in _WORKLOADS or knative:
            for container in _containers(item):
                name = container.string("name") or item.string("metadata", "name")
                if name and not any(component.name == name for component in components):
                    components.append(Component(name, None, document.location(container), container.string("image")))
                declarations += _container(document, container, context, name, maps)
    used = {d.component for d in declarations}
    if not used:
        for document, item in objects:
            context = (place[1] if place else None) or item.string("metadata", "namespace")
            declarations += _data(document, item, context, None)
    contexts = tuple(dict.fromkeys(d.context for d in declarations if d.context))
    # An image without sources here is still this project's app where the manifest lies in its repository.
    return Reading(declarations=tuple(d._replace(component=None) for d in declarations), contexts=contexts)


def _objects(root: Node) -> Iterator[Node]:
    if root.string("kind") == "List":
        yield from root.list("items")
    elif root.kind == "map":
        yield root


def _containers(item: Node) -> Iterator[Node]:
    for path in (("spec", "template", "spec"), ("spec", "jobTemplate", "spec", "template", "spec"), ("spec",)):
        found = [*(item.get(*path, "containers") or Node("null", 0)).items, *(item.get(*path, "initContainers") or Node("null", 0)).items]
        if found:
            yield from found
            return


def _container(
    document: Document,
    container: Node,
    context: str | None,
    component: str | None,
    maps: dict[tuple[str | None, str | None], tuple[Document, Node]],
) -> Iterator[Declaration]:
    for item in container.list("envFrom"):
        for kind, key in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            found = maps.get((kind, item.string(key, "name")))
            if found is not None:
                prefix = item.string("prefix") or ""
                for declaration in _data(*found, context, component):
                    yield declaration._replace(name=prefix + declaration.name)
    for layer, item in enumerate(container.list("env"), 1):
        name = item.get("name")
        if name is None or not name.is_scalar:
            continue
        place = document.value_location(name)
        value, source = item.get("value"), item.get("valueFrom")
        if source is not None:
            words = next((_WORDS[key] for key in source.map if key in _WORDS), "another object")
            optional = any(child.string("optional") == "true" for child in source.map.values())
            yield Declaration(name.text, State.REFERENCE, None, place, context, component, Scope.RUN, layer, optional, words)
        elif value is not None:
            yield declared(document, name.text, value, context=context, component=component, scope=Scope.RUN, layer=layer)._replace(
                location=place
            )
        else:
            yield Declaration(name.text, State.EMPTY, Secret(""), place, context, component, Scope.RUN, layer)


_WORDS = {
    "secretKeyRef": "a Secret",
    "configMapKeyRef": "a ConfigMap",
    "fieldRef": "the pod's own fields",
    "resourceFieldRef": "the pod's own fields",
}


def _data(document: Document, item: Node, context: str | None, component: str | None) -> Iterator[Declaration]:
    kind = item.string("kind")
    if kind not in ("ConfigMap", "Secret"):
        return
    for table in ("data", "stringData"):
        for name, node in item.pairs(table):
            if "." in name or not node.is_scalar:  # a file, not a variable
                continue
            found = declared(document, name, node, context=context, component=component, scope=Scope.RUN)
            if kind == "Secret" and table == "data" and found.state is State.SET:
                found = found._replace(value=_decoded(node.text))
            yield found


def _decoded(text: str) -> Secret:
    try:
        return Secret(base64.b64decode(text, validate=True).decode("utf-8"))
    except (binascii.Error, ValueError):
        return Secret(text)
