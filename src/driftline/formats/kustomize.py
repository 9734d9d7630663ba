"""kustomization.yaml: generated ConfigMaps and Secrets, patches written in it, and the bases that it is laid over.

`literals` lose the quotes around a value, `envs` are read line by line with quotes kept, `files` are no variables. The overlay's path, namespace,
prefix or suffix says the environment, and what its resources and components declare without naming one reaches it. `behavior: replace`
drops what a base generates under the same name (kubectl docs, kustomization; kustomize 5.7, api/kv/kv.go, 2026-11).
"""

from __future__ import annotations

from driftline.formats import Format, _manifest
from driftline.formats._document import Document, Node, yaml_document, yaml_documents
from driftline.formats._place import environment_said, inside, within
from driftline.formats._values import NAME, declared_text, template_of
from driftline.formats.kubernetes import overlay
from driftline.knowledge.platform import environment_kind
from driftline.model import Authority, Declaration, EnvFile, Location, Reading, Scope, State, Text, Unread, Unreadable

FORMAT = Format(
    name="kustomize",
    title="kustomization",
    files=("kustomization.yaml", "kustomization.yml", "Kustomization"),
    authority=Authority.PART,
    nameless="production",
)

_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LABELS = ("environment", "env", "stage", "app.kubernetes.io/environment")


def read(text: Text) -> Reading:
    """Generated and patched variables, the env files they come from, and the bases. Raises Unreadable for broken YAML."""
    return _Kustomization(text, yaml_document(text.path, text.content)).reading()


class _Kustomization:
    def __init__(self, text: Text, document: Document) -> None:
        self.text = text
        self.document = document
        self.folder = text.path.rpartition("/")[0]
        self.context = environment_said(text.path) or _said(document.root) or overlay(text.path)
        self.declarations: list[Declaration] = []
        self.env_files: list[EnvFile] = []
        self.replaced: list[str] = []
        self.unread: list[Unread] = []

    def reading(self) -> Reading:
        root = self.document.root
        for key in ("configMapGenerator", "secretGenerator"):
            for generator in root.list(key):
                self._generator(key, generator)
        for key in ("patches", "patchesStrategicMerge", "patchesJson6902"):
            for item in root.list(key):
                patch = item if item.is_scalar else item.get("patch")
                if patch is not None and "\n" in patch.text:
                    self._patch(patch)
        return Reading(
            tuple(self.declarations),
            env_files=tuple(self.env_files),
            contexts=(self.context,) if self.context else (),
            unread=tuple(self.unread),
            bases=tuple(self._bases()),
            replaces=tuple(self.replaced),
        )

    def _generator(self, kind: str, generator: Node) -> None:
        component = generator.string("name")
        table = f"{kind} {component}"
        if generator.string("behavior") == "replace":
            self.replaced.append(table)
        for item in generator.list("literals"):
            name, equals, value = item.text.partition("=")
            place = self.document.at(within(self.text.content, item, name) if name else item.position)
            if not item.is_scalar or not equals or not name:
                self.unread.append(Unread(self.text.path, "a literal without a name or a value", place.line, place.column))
            elif NAME.fullmatch(name):
                self.declarations.append(self._declared(name, _unquoted(value), place, component)._replace(table=table))
        single = generator.get("env")
        for item in [*generator.list("envs"), *([single] if single is not None else [])]:
            path = inside(self.folder, item.text) if item.is_scalar else None
            if path is not None:
                self.env_files.append(EnvFile(path, self.document.value_location(item), self.context, None, True, "docker"))

    def _declared(self, name: str, value: str, place: Location, component: str | None) -> Declaration:
        words = template_of(Node("string", 0, value))
        if words is not None:
            return Declaration(name, State.REFERENCE, None, place, self.context, component, Scope.RUN, reference=words)
        return declared_text(name, value, place, context=self.context, component=component, scope=Scope.RUN)

    def _patch(self, patch: Node) -> None:
        """A patch written in this file: an object or a JSON patch of its own, whose places are looked up in this text."""
        try:
            documents = yaml_documents(self.text.path, patch.text)
        except Unreadable as problem:
            place = self.document.value_location(patch)
            self.unread.append(Unread(self.text.path, f"a patch: {problem.reason}", place.line, place.column))
            return
        raw = patch.text.encode("utf-8", "surrogatepass")
        for found in _manifest.read(documents, self.context).declarations:
            after = len(raw[: found.location.offset].decode("utf-8", "surrogatepass"))
            place = self.document.at(within(self.text.content, patch, found.name, after))
            self.declarations.append(found._replace(location=place))

    def _bases(self) -> list[str]:
        """The files whose objects this one changes: resources and components, those of a folder by its kustomization."""
        found = []
        for key in ("resources", "bases", "components", "patchesStrategicMerge", "patches", "patchesJson6902"):
            for item in self.document.root.list(key):
                written = item.text if item.is_scalar else item.string("path") or ""
                path = inside(self.folder, written) if "\n" not in written else None
                if path is not None:
                    found += (
                        [path] if path.endswith((".yaml", ".yml", ".json")) else [f"{path}/{name}".removeprefix("./") for name in _NAMES]
                    )
        return list(dict.fromkeys(found))


def _said(root: Node) -> str | None:
    """The environment that a namespace, a prefix or suffix of names, or a label says."""
    words = [root.string("namespace"), (root.string("namePrefix") or "").rstrip("-"), (root.string("nameSuffix") or "").lstrip("-")]
    words += [root.string("commonLabels", label) for label in _LABELS]
    words += [item.string("pairs", label) for item in root.list("labels") for label in _LABELS]
    return next((word for word in words if word and environment_kind(word) is not None), None)


def _unquoted(value: str) -> str:
    """A literal's value without the quotes around it, as kustomize's `removeQuotes`."""
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'" else value
