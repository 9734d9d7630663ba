""".do/app.yaml: the variables of an App Platform app and of its components.

A component's variable beats the app's of the same key, `scope` limits it to build or run time, `EV[...]` is a value that the platform
encrypted, `${...}` binds to the app, a component or a database, and an entry without a value is kept by the platform. A deploy button's
template holds the spec under `spec` (DigitalOcean docs, App Platform, reference for app specifications and "Use environment variables",
2026-11).
"""

from __future__ import annotations

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._place import environment_said, inside, word_of
from driftline.formats._values import NAME, declared, not_too_many, template_of
from driftline.model import Authority, Component, Declaration, Reading, Scope, State, Text, Unread

FORMAT = Format(
    name="digitalocean",
    title="app spec",
    files=("*.do/*.yaml", "*.do/*.yml"),
    authority=Authority.WHOLE,
    nameless="production",
)

_COMPONENTS = ("services", "static_sites", "workers", "jobs", "functions")
_SCOPES = {"RUN_TIME": Scope.RUN, "BUILD_TIME": Scope.BUILD}
_BINDING = late.pattern(r"\$\{[^{}]*\}")


def recognises(path: str) -> bool:
    """A file in a folder named `.do`."""
    return path.rpartition("/")[0].rpartition("/")[2] == ".do"


def read(text: Text) -> Reading:
    """The declarations per component. Raises Unreadable for broken YAML."""
    return _Spec(text, yaml_document(text.path, text.content)).reading()


class _Spec:
    def __init__(self, text: Text, document: Document) -> None:
        self.document = document
        self.folder = text.path.rpartition("/")[0].rpartition("/")[0]
        self.root = document.root.get("spec") or document.root
        self.context = environment_said(text.path) or word_of(self.root.string("name") or "")
        self.declarations: list[Declaration] = []
        self.components: list[Component] = []
        self.unread: list[Unread] = []

    def reading(self) -> Reading:
        root = self.root
        for kind in _COMPONENTS:
            for item in root.list(kind):
                self._component(item, root)
        if not self.components:
            self._variables(root, None, 0)
        return Reading(
            declarations=tuple(self.declarations),
            components=tuple(self.components),
            contexts=(self.context,) if self.context and self.declarations else (),
            unread=tuple(self.unread),
        )

    def _component(self, item: Node, root: Node) -> None:
        name = item.get("name")
        if name is None or not name.is_scalar:
            return
        image = item.string("image", "repository")
        source = (item.string("source_dir") or "/").strip("/") or "."
        # An image is this app's own where the registry is the account's; those of Docker Hub are other people's programs.
        other = image if item.string("image", "registry_type") == "DOCKER_HUB" else None
        self.components.append(Component(name.text, None if image else inside(self.folder, source), self.document.location(name), other))
        self._variables(item, name.text, 0)
        self._variables(root, name.text, -1)

    def _variables(self, owner: Node, component: str | None, layer: int) -> None:
        listed = owner.get("envs")
        if listed is not None and listed.kind not in ("list", "null"):
            self._leave(listed, "envs is no list of variables")
        for item in owner.list("envs"):
            key, value = item.get("key"), item.get("value")
            if key is None or not NAME.fullmatch(key.text):
                self._leave(item, "an entry of envs names no variable")
                continue
            place = self.document.value_location(key)
            scope = _SCOPES.get(item.string("scope") or "", Scope.BOTH)
            given = value if value is not None and value.kind != "null" else None
            fields = {"context": self.context, "component": component, "scope": scope, "layer": layer}
            if given is not None and given.text.startswith("EV["):
                found = Declaration(key.text, State.ENCRYPTED, None, place, self.context, component, scope, layer)
            elif given is not None:
                words = "a binding of the app" if _BINDING.search(given.text) else template_of(given)
                found = declared(self.document, key.text, given, reference=words, **fields)._replace(location=place)
            else:
                found = declared(self.document, key.text, key, reference="kept by App Platform", **fields)._replace(location=place)
            self.declarations.append(found)
        not_too_many(self.declarations)

    def _leave(self, node: Node, reason: str) -> None:
        place = self.document.value_location(node)
        problem = Unread(self.document.path, reason, place.line, place.column)
        if problem not in self.unread:
            self.unread.append(problem)
