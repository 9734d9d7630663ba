""".do/app.yaml: the variables of an App Platform app and of its components (DigitalOcean docs, app spec, 2026-11).

A component's variable beats the app's; `EV[...]` is an encrypted value; `${...}` binds to another component.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._values import declared
from driftline.model import Authority, Component, Declaration, Reading, Scope, State, Text

FORMAT = Format(
    name="digitalocean",
    title=".do/app.yaml",
    files=("*.do/app.yaml", "*.do/app.yml", "*.do/deploy.template.yaml", "*.do/app.*.yaml"),
    authority=Authority.WHOLE,
    nameless="production",
)

_COMPONENTS = ("services", "static_sites", "workers", "jobs", "functions")
_SCOPES = {"RUN_TIME": Scope.RUN, "BUILD_TIME": Scope.BUILD}


def read(text: Text) -> Reading:
    """The declarations per component. Raises Unreadable for broken YAML."""
    document = yaml_document(text.path, text.content)
    root = document.root.get("spec") or document.root
    shared = [_with_layer(found, -1) for found in _variables(document, root, None)]
    declarations = list(shared)
    components = []
    for kind in _COMPONENTS:
        for item in root.list(kind):
            name = item.string("name")
            if name is None:
                continue
            source = (item.string("source_dir") or ".").strip("/") or "."
            components.append(Component(name, source, document.location(item.map["name"])))
            declarations += _variables(document, item, name)
            declarations += [found._replace(component=name) for found in shared]
    return Reading(declarations=tuple(declarations), components=tuple(components))


def _with_layer(declaration: Declaration, layer: int) -> Declaration:
    return declaration._replace(layer=layer)


def _variables(document: Document, node: Node, component: str | None) -> Iterator[Declaration]:
    for item in node.list("envs"):
        key, value = item.get("key"), item.get("value")
        if key is None or not key.is_scalar:
            continue
        scope = _SCOPES.get(item.string("scope") or "", Scope.BOTH)
        place = document.value_location(key)
        text = value.text if value is not None and value.is_scalar else ""
        if value is None or text.startswith("${"):
            words = "a binding of the app" if text else "kept by App Platform"
            yield Declaration(key.text, State.REFERENCE, None, place, None, component, scope, reference=words)
        elif text.startswith("EV["):
            yield Declaration(key.text, State.ENCRYPTED, None, place, None, component, scope)
        else:
            yield declared(document, key.text, value, component=component, scope=scope)._replace(location=place)
