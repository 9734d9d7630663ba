"""render.yaml: the variables of every service, of groups and of previews; a blueprint is meant to name them all.

Services stand at the top, under `ungrouped`, or in an environment of a project; a name such as `shop-staging` says the environment where
nothing else does. Groups stand there too, and `fromGroup` takes a whole one, a key of the service itself beating it. `sync: false`, `generateValue`, `fromDatabase` and `fromService` give names whose values Render keeps.
`previewValue` is the value in previews, and a `sync: false` variable is not copied to them (Render docs, "Blueprint YAML Reference" and
"Preview Environments", 2026-11). A group that the file does not define is the dashboard's: then the file does not name everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from driftline.formats import Format
from driftline.formats._commands import assigned
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._place import inside, word_of
from driftline.formats._values import declared
from driftline.knowledge.platform import environment_kind
from driftline.model import Authority, Component, Declaration, Kind, Reading, Related, Scope, State, Text

FORMAT = Format(
    name="render",
    title="render.yaml",
    files=("render.yaml", "render.yml"),
    authority=Authority.WHOLE,
    nameless="production",
)

_ELSEWHERE = {
    "fromDatabase": "a database of the blueprint",
    "fromService": "a service of the blueprint",
}
_PREVIEW = "preview"
_COMMANDS = {"buildCommand": Scope.BUILD, "startCommand": Scope.RUN, "preDeployCommand": Scope.RUN, "dockerCommand": Scope.RUN}
# A group's variable, a service's own one, an assignment before its command: the later beats the earlier.
_GROUP, _OWN, _COMMAND = -1, 0, 1
_BELOW = 10  # what is copied from production lies below a preview's own value


def read(text: Text) -> Reading:
    """Declarations per service, and components. Raises Unreadable for broken YAML."""
    return _Blueprint(text, yaml_document(text.path, text.content)).reading()


class _Blueprint:
    def __init__(self, text: Text, document: Document) -> None:
        self.text = text
        self.document = document
        self.declarations: list[Declaration] = []
        self.components: list[Component] = []
        self.notes: list[Related] = []
        self.contexts: list[str] = []
        self.open = False

    def reading(self) -> Reading:
        root = self.document.root
        everywhere = _groups(root, {})
        self._services(root, None, everywhere)
        loose = root.get("ungrouped")
        if loose is not None:
            self._services(loose, None, _groups(loose, everywhere))
        for project in root.list("projects"):
            shared = _groups(project, everywhere)
            for environment in project.list("environments"):
                name = environment.string("name")
                if name and name not in self.contexts:
                    self.contexts.append(name)
                self._services(environment, name, _groups(environment, shared))
        if self._previews(root) or any(d.context == _PREVIEW for d in self.declarations):
            self._copy_to_previews()
        return Reading(
            declarations=tuple(self.declarations),
            components=tuple(self.components),
            contexts=tuple(self.contexts),
            notes=tuple(self.notes),
            authority=Authority.PART if self.open else None,
        )

    @staticmethod
    def _previews(root: Node) -> bool:
        """Whether Render deploys pull requests of this blueprint."""
        said = root.string("previews", "generation")
        return said in ("automatic", "auto_preview", "manual") or root.string("previewsEnabled") == "true"

    def _copy_to_previews(self) -> None:
        """A preview is a copy of production: what stands in a project's production environment reaches it as what stands at the top does."""
        if _PREVIEW not in self.contexts:
            self.contexts.append(_PREVIEW)
        for declaration in tuple(self.declarations):
            if declaration.context is not None and environment_kind(declaration.context) is Kind.PRODUCTION and declaration.inherits:
                self.declarations.append(declaration._replace(context=_PREVIEW, layer=declaration.layer - _BELOW))

    def _services(self, scope: Node, context: str | None, groups: Mapping[str, Node]) -> None:
        folder = self.text.path.rpartition("/")[0]
        for service in scope.list("services"):
            component = service.string("name")
            said = context or word_of(component or "")
            if said and said not in self.contexts:
                self.contexts.append(said)
            if component and not any(known.name == component for known in self.components):
                root = inside(folder, _root(service))
                image = service.string("image", "url")
                place = self.document.value_location(service.map["name"])
                self.components.append(Component(component, None if image else root, place, image))
            items = service.list("envVars")
            for item in items:
                group = item.get("fromGroup")
                if group is not None and group.is_scalar:
                    self._group(group, component, said, groups)
            for item in items:
                self.declarations += self._variable(item, said, component, _OWN)
            for command, scope_of in _COMMANDS.items():
                self.declarations += assigned(
                    self.text, self.document, service.get(command), context=said, component=component, scope=scope_of, layer=_COMMAND
                )

    def _group(self, named: Node, component: str | None, context: str | None, groups: Mapping[str, Node]) -> None:
        group = groups.get(named.text)
        if group is None:
            self.open = True
            place = self.document.value_location(named)
            self.notes.append(Related(place, "the file does not define this group, so its variables are known to the dashboard only"))
            return
        for item in group.list("envVars"):
            self.declarations += self._variable(item, context, component, _GROUP)

    def _variable(self, item: Node, context: str | None, component: str | None, layer: int) -> Iterator[Declaration]:
        key = item.get("key")
        if key is None or not key.is_scalar or not key.text:
            return
        place = self.document.value_location(key)
        value = item.get("value")
        reference = next((words for field, words in _ELSEWHERE.items() if item.get(field) is not None), None)
        if item.string("generateValue") == "true":
            reference = "generated by Render"
        asked = reference is None and (value is None or item.string("sync") == "false")
        if reference is not None or asked:
            words = reference or "kept by Render (sync: false)"
            yield Declaration(
                key.text,
                State.REFERENCE,
                None,
                place,
                context,
                component,
                layer=layer,
                reference=words,
                inherits=not asked or layer == _GROUP,
            )
        elif value is not None:
            yield declared(self.document, key.text, value, context=context, component=component, layer=layer)._replace(location=place)
        preview = item.get("previewValue")
        if preview is not None:
            found = declared(self.document, key.text, preview, context=_PREVIEW, component=component, layer=layer)
            yield found._replace(location=place)


def _root(service: Node) -> str:
    """The folder a service is built from: a Dockerfile of a package is often built with the whole repository as its context."""
    context = (service.string("dockerContext") or "").removeprefix("./").strip("/")
    return service.string("rootDir") or context or (service.string("dockerfilePath") or "").rpartition("/")[0] or "."


def _groups(scope: Node, outer: Mapping[str, Node]) -> dict[str, Node]:
    """The groups that services of a scope can take, its own ones over those around it."""
    own = {name: group for group in scope.list("envVarGroups") if (name := group.string("name"))}
    return {**outer, **own}
