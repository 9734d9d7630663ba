"""What Kubernetes objects give to containers: `env`, `envFrom`, ConfigMaps, Secrets and what stands for Secrets, patches included."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Any

from driftline import late
from driftline.formats._document import Document, Node
from driftline.formats._values import NAME, declared, declared_text, not_too_many, template_of
from driftline.knowledge.platform import environment_kind, is_service_image
from driftline.model import Component, Declaration, Location, Scope, Secret, State
from driftline.record import NamedTuple

# `$(NAME)` takes another variable of the same container, `$$(NAME)` is plain text (Kubernetes docs, Define dependent variables, 2026-11).
_DEPENDENT = late.pattern(r"(\$?)\$\(([A-Za-z_][\w.\-]*)\)")
# A key of a ConfigMap that nothing here takes its variables from: only what is written like a variable is one.
_UPPER = late.pattern(r"[A-Z][A-Z0-9_]*")
_ENVIRONMENT_LABELS = ("environment", "env", "stage", "app.kubernetes.io/environment")
_LISTS = ("containers", "initContainers", "ephemeralContainers")
_SOURCES = {
    "secretKeyRef": "a Secret",
    "configMapKeyRef": "a ConfigMap",
    "fieldRef": "the pod's own fields",
    "resourceFieldRef": "the pod's own fields",
    "fileKeyRef": "a file of the pod",
}
# The paths of JSON patches (RFC 6902) that add or change variables.
_PATCHED_ENTRY = late.pattern(r"/env(?:/(?:-|\d+))?")
_PATCHED_KEY = late.pattern(r"/(?:stringData|data)/([A-Za-z_][A-Za-z0-9_]*)")


class Objects(NamedTuple):
    """The declarations and components of a file's objects."""

    declarations: tuple[Declaration, ...]
    components: tuple[Component, ...]


class _Object(NamedTuple):
    """An object with what its declarations have in common."""

    document: Document
    node: Node
    kind: str
    name: str
    context: str | None


class _Entry(NamedTuple):
    """One key of a ConfigMap or Secret. `text` is its value, None where it cannot be seen; `state` then says why."""

    key: str
    location: Location
    text: str | None
    state: State
    reference: str | None = None


def read(documents: Sequence[Document], context: str | None, otherwise: str | None = None) -> Objects:
    """What the objects of a file declare.

    `context` is the environment that the file's path says; without it an object's namespace or label may say one, else it is
    `otherwise`. Raises Unreadable where inherited tables multiply beyond the limit.
    """
    return _Manifests(documents, context, otherwise).objects()


class _Manifests:
    def __init__(self, documents: Sequence[Document], context: str | None, otherwise: str | None) -> None:
        self.all = [
            _Object(document, node, node.string("kind") or "", _name(node), context or _said(node) or otherwise)
            for document in documents
            for node in _items(document.root)
        ]
        self.patches = [(document, context or otherwise) for document in documents if document.root.kind == "list"]
        self.stores = {(_family(item.kind), _target(item)): item for item in self.all if _family(item.kind)}
        self.used: set[tuple[str, str]] = set()
        self.declarations: list[Declaration] = []
        self.components: dict[str, Component] = {}

    def objects(self) -> Objects:
        for item in self.all:
            if not _family(item.kind):
                self._workload(item)
        for key, item in self.stores.items():
            if key not in self.used:
                # The object's own name keeps two ConfigMaps of one folder apart.
                self.declarations += [
                    self._declared(entry, entry.key, entry.location, item, item.name or None, 0)
                    for entry in _entries(item)
                    if _UPPER.fullmatch(entry.key)
                ]
        for document, context in self.patches:
            self._patch(document, context)
        not_too_many(self.declarations)
        return Objects(tuple(self.declarations), tuple(self.components.values()))

    # --- workloads --------------------------------------------------------------------------------------------------------

    def _workload(self, item: _Object) -> None:
        """The containers of an object of any kind, wherever its pod stands; volumes make files, not variables."""
        main: str | None = None
        seen: set[int] = set()
        waiting = [item.node]
        while waiting:
            node = waiting.pop()
            if id(node.map or node.items) in seen:
                continue
            seen.add(id(node.map or node.items))
            for key in _LISTS:
                for container in node.list(key):
                    if container.kind == "map":
                        image = container.string("image")
                        main = main if main is not None else image or ""
                        self._container(item, container, main=image is None or image == main)
            for volume in node.list("volumes"):
                for reference, kind, naming in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")):
                    self.used.add((kind, volume.string(reference, naming) or ""))
            waiting += reversed([child for child in (*node.map.values(), *node.items) if child.map or child.items])

    def _container(self, item: _Object, container: Node, *, main: bool) -> None:
        """A pod's first image is the workload, and whatever runs beside it with another image is somebody else's program."""
        image = container.string("image")
        name = (item.name if main else None) or container.string("name") or item.name or None
        other = image is not None and (not main or is_service_image(image))
        if name and name not in self.components:
            self.components[name] = Component(name, None, item.document.location(container), image if other else None)
        sources = container.list("envFrom")
        for index, source in enumerate(sources):
            self._env_from(item, source, name, index - len(sources))
        for layer, entry in enumerate(container.list("env"), 1):
            self._variable(item, entry, name, layer)
        not_too_many(self.declarations)

    def _env_from(self, item: _Object, source: Node, component: str | None, layer: int) -> None:
        for kind, key in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            wanted = (kind, source.string(key, "name") or "")
            store = self.stores.get(wanted)
            if store is None:
                continue
            self.used.add(wanted)
            prefix = source.string("prefix") or ""
            for entry in _entries(store):
                if NAME.fullmatch(prefix + entry.key):
                    found = self._declared(entry, prefix + entry.key, entry.location, item, component, layer)
                    self.declarations.append(found._replace(optional=source.string(key, "optional") == "true"))

    def _variable(self, item: _Object, entry: Node, component: str | None, layer: int) -> None:
        """An entry of `env`: a value, or where it comes from; with neither it is empty."""
        name, value, source = entry.get("name"), entry.get("value"), entry.get("valueFrom")
        if name is None or not NAME.fullmatch(name.text) or entry.string("$patch") == "delete":
            return
        place = item.document.value_location(name)
        fields: dict[str, Any] = {"context": item.context, "component": component, "scope": Scope.RUN, "layer": layer}
        if source is not None and source.kind != "null":
            self.declarations.append(self._taken(item, name.text, place, source, fields))
        elif value is None or value.kind == "null":
            self.declarations.append(Declaration(name.text, State.EMPTY, Secret(""), place, **fields))
        else:
            names = [match[2] for match in _DEPENDENT.finditer(value.text) if not match[1]]
            words = f"$({', '.join(dict.fromkeys(names))})" if names else template_of(value)
            plain = _changed(value, _DEPENDENT.sub(lambda match: match[0].removeprefix("$") if match[1] else match[0], value.text))
            found = declared(item.document, name.text, plain, reference=words, **fields)
            self.declarations.append(found._replace(location=place))

    def _taken(self, item: _Object, name: str, place: Location, source: Node, fields: dict[str, Any]) -> Declaration:
        """A variable with `valueFrom`: the value where the object stands in this file, else a word for its kind."""
        optional = any(child.string("optional") == "true" for child in source.map.values())
        for kind, key in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
            wanted = (kind, source.string(key, "name") or "")
            store = self.stores.get(wanted)
            if store is not None:
                self.used.add(wanted)
                entry = next((entry for entry in _entries(store) if entry.key == source.string(key, "key")), None)
                if entry is not None:
                    found = self._declared(entry, name, place, item, fields["component"], fields["layer"])
                    return found._replace(optional=optional)
        words = next((_SOURCES[key] for key in source.map if key in _SOURCES), "another object")
        return Declaration(name, State.REFERENCE, None, place, optional=optional, reference=words, **fields)

    def _declared(self, entry: _Entry, name: str, place: Location, item: _Object, component: str | None, layer: int) -> Declaration:
        fields: dict[str, Any] = {"context": item.context, "component": component, "scope": Scope.RUN, "layer": layer}
        if entry.text is not None:
            return declared_text(name, entry.text, place, **fields)
        return Declaration(name, entry.state, None, place, reference=entry.reference, **fields)

    # --- patches ----------------------------------------------------------------------------------------------------------

    def _patch(self, document: Document, context: str | None) -> None:
        """A JSON patch: entries that it adds to a container's `env` or to the data of an object."""
        item = _Object(document, document.root, "", "", context)
        for layer, step in enumerate(document.root.items, 1):
            path, value = step.string("path") or "", step.get("value")
            if value is None or step.string("op") not in ("add", "replace"):
                continue
            key = _PATCHED_KEY.fullmatch(path)
            if key is not None and value.is_scalar:
                written = step.map["path"]
                place = document.at(written.position + written.quoted + key.start(1))
                self.declarations.append(declared_text(key[1], value.text, place, context=context, scope=Scope.RUN, layer=layer))
            elif _PATCHED_ENTRY.fullmatch(path[path.find("/env") :] if "/env" in path else ""):
                for entry in value.items or [value]:
                    self._variable(item, entry, None, layer)


# --- objects --------------------------------------------------------------------------------------------------------------


def _items(root: Node) -> Iterator[Node]:
    """The objects of a document: itself, or those of a list."""
    if root.kind == "map" and root.string("kind") is not None:
        if (root.string("kind") or "").endswith("List") and root.get("items") is not None:
            yield from (node for node in root.list("items") if node.kind == "map")
        else:
            yield root


def _name(node: Node) -> str:
    return node.string("metadata", "name") or (node.string("metadata", "generateName") or "").rstrip("-")


def _said(node: Node) -> str | None:
    """The environment that an object's namespace or labels name."""
    words = [node.string("metadata", "namespace"), *(node.string("metadata", "labels", label) for label in _ENVIRONMENT_LABELS)]
    return next((word for word in words if word and environment_kind(word) is not None), None)


def _family(kind: str) -> str:
    """ConfigMap or Secret for objects that hold variables or that a controller turns into such, "" for others."""
    return {"ConfigMap": "ConfigMap", "Secret": "Secret", "SealedSecret": "Secret", "ExternalSecret": "Secret"}.get(kind, "")


def _target(item: _Object) -> str:
    """The name under which containers refer to an object."""
    return item.node.string("spec", "target", "name") or item.node.string("spec", "template", "metadata", "name") or item.name


def _entries(item: _Object) -> Iterator[_Entry]:
    """The keys of a ConfigMap, a Secret (`stringData` beats `data`, which is base64 and not encrypted), or what becomes a Secret."""
    node, place = item.node, item.document.location
    found: dict[str, _Entry] = {}
    for key, value in node.pairs("data"):
        text = value.text if value.is_scalar or value.kind == "null" else None
        if item.kind == "Secret" and text is not None and not text.startswith("ENC["):
            text = _decoded(text)
        found[key] = _entry(key, value, place(value), text)
    for key, value in node.pairs("stringData"):
        found[key] = _entry(key, value, place(value), value.text if value.is_scalar or value.kind == "null" else None)
    for key, value in node.pairs("spec", "encryptedData"):
        found[key] = _Entry(key, place(value), None, State.ENCRYPTED)
    for entry in node.list("spec", "data"):
        key_node = entry.get("secretKey")
        if key_node is not None:
            location = item.document.value_location(key_node)
            found[key_node.text] = _Entry(key_node.text, location, None, State.REFERENCE, "an external secret store")
    for key, value in node.pairs("spec", "target", "template", "data"):
        found[key] = _Entry(key, place(value), None, State.REFERENCE, "an external secret store")
    yield from found.values()


def _entry(key: str, value: Node, place: Location, text: str | None) -> _Entry:
    words = template_of(value)
    if words is not None:
        return _Entry(key, place, None, State.REFERENCE, words)
    return _Entry(key, place, text, State.SET)


def _decoded(text: str) -> str | None:
    """The text of base64; as written where it is none (a stand-in to be filled in), None where it is no text."""
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return text
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _changed(node: Node, text: str) -> Node:
    """The same node with another text."""
    if not node.is_scalar or text == node.text:
        return node
    return Node(node.kind, node.position, text, quoted=node.quoted, key_position=node.key_position, tag=node.tag)
