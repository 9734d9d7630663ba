"""Helm values: the variables in a chart's values.yaml and in the files laid over it.

`-f values-staging.yaml` merges maps over the chart's own values, replaces lists, and a null takes a key away; so a file named after an
environment lies over the nameless one beside it, or over that of a folder above. Templates are programs and are not read: only what stands in
tables named for variables (`env`, `extraEnvVars`, `envSecrets`, `config`, ...) counts, as a map or a list, where its names are written as
variables. A table of a part (`worker.env`) belongs to that part; parts that are well-known programs (`postgresql`) are no app (Helm docs, "Values
files", 2026-11; the tables are those of public charts, Bitnami's and bjw-s' among them).
"""

from __future__ import annotations

import re

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._place import environment_said, inside
from driftline.formats._values import declared, environment_of, not_too_many, template_of
from driftline.knowledge import identify
from driftline.knowledge.platform import environment_kind, is_service_image
from driftline.model import Authority, Component, Declaration, Reading, Scope, State, Text

FORMAT = Format(
    name="helm",
    title="Helm values",
    files=(
        "values.y*ml",
        "values-*.y*ml",
        "values.*.y*ml",
        "values_*.y*ml",
        "*-values.y*ml",
        "*.values.y*ml",
        "*values/*.y*ml",
        "secrets.y*ml",
        "secrets.*.y*ml",
        "secrets-*.y*ml",
    ),
    authority=Authority.PART,
    nameless="production",
)

# Tables of variables, in the spelling without dashes, underscores and capitals.
_TABLES = frozenset(
    ("env", "envs", "extraenv", "extraenvs", "extraenvvars", "envvars", "envvariables", "environment", "environmentvariables", "variables",
     "secretenv", "configenv", "envsecrets", "envsecret", "secretenvs", "secretenvvars", "envconfig", "config", "configmap", "configmapdata",
     "secret", "secrets", "secretdata", "commonenv", "additionalenv", "podenv", "containerenv", "globalenv", "envfromsecret", "runtimeenv")
)  # fmt: skip
# Keys that say how a chart is built rather than which part of it they are about.
_GENERIC = frozenset(
    ("global", "app", "application", "common", "default", "defaults", "deployment", "deployments", "container", "containers", "controllers",
     "controller", "main", "pod", "spec", "workload", "workloads", "components", "services", "service", "server", "image", "chart", "values",
     "stringdata", "data")
)  # fmt: skip
_NAME = late.pattern(r"[A-Z][A-Z0-9_]+")
# How a Kubernetes object is named, with the key in it: `billing-db`, `billing-db/url`. One word alone could be a value.
_OBJECT = late.pattern(r"(?=[^\s]*[-/])[a-z][a-z0-9]*(?:[-./:][A-Za-z0-9_]+)+")


def recognises(path: str) -> bool:
    """Not the templates of a chart, nor values of a chart that it depends on."""
    return "/templates/" not in f"/{path}" and not re.search(r"(?:^|/)charts/[^/]+/charts/", path)


def read(text: Text) -> Reading:
    """The declarations. Raises Unreadable for broken YAML."""
    return _Values(text, yaml_document(text.path, text.content)).reading()


class _Values:
    def __init__(self, text: Text, document: Document) -> None:
        self.path = text.path
        self.document = document
        base = text.path.rpartition("/")[2]
        # A word that is no environment's (`values-eu.yaml`) is a place of its own, not production.
        self.context = environment_said(text.path) or environment_of(base, "values", "secrets")
        self.declarations: list[Declaration] = []
        self.replaced: list[str] = []
        self.components: dict[str, Component] = {}

    def reading(self) -> Reading:
        if self.document.root.get("apiVersion") is not None and self.document.root.get("kind") is not None:
            return Reading()  # an object of Kubernetes, by a chart's file name
        self._look(self.document.root, ())
        not_too_many(self.declarations)
        found = bool(self.declarations)
        return Reading(
            declarations=tuple(self.declarations),
            components=tuple(self.components.values()),
            contexts=(self.context,) if self.context and found else (),
            bases=self._bases() if self.context and found else (),
            replaces=tuple(self.replaced),
        )

    def _bases(self) -> tuple[str, ...]:
        """The nameless values beside this file; for one whose folder names the environment, those of the folders above."""
        folder, _, base = self.path.rpartition("/")
        said_by_name = any(environment_kind(word) is not None for word in re.split(r"[.\-_]", base)) or environment_of(
            base, "values", "secrets"
        )
        steps = ("",) if said_by_name and folder.rpartition("/")[2] != "values" else ("", "../", "../../")
        paths = [inside(folder, f"{step}values.{ending}") for step in steps for ending in ("yaml", "yml")]
        return tuple(path for path in paths if path is not None and path != self.path)

    def _look(self, node: Node, above: tuple[str, ...]) -> None:
        for key, child in node.pairs():
            if _plain(key) in _TABLES and (child.map or child.items):
                self._table(child, self._component(above, node), ".".join((*above, key)))
                self._look(child, above)
            elif child.kind == "map":
                self._look(child, (*above, key))

    def _component(self, above: tuple[str, ...], owner: Node) -> str | None:
        """The part of a chart that a table belongs to, by the outermost key that names one."""
        name = next((key for key in above if _plain(key) not in _GENERIC), None)
        image = owner.string("image", "repository") or owner.string("image") or ""
        if name is not None and name not in self.components and (is_service_image(name) or is_service_image(image)):
            self.components[name] = Component(name, None, self.document.location(owner), image or name)
        return name

    def _table(self, table: Node, component: str | None, path: str) -> None:
        elsewhere = _names_objects(path, table)
        for name, value in table.pairs():
            if _NAME.fullmatch(name):
                found = self._entry(name, value, elsewhere)
                if found is not None:
                    place = self.document.location(value)
                    self.declarations.append(found._replace(location=place, component=component, table=path))
                else:
                    self.replaced.append(f"{path}.{name}")
            elif value.kind == "map" and _plain(name) not in _TABLES and any(_NAME.fullmatch(inner) for inner in value.map):
                # `env.open`, `env.secret`, `configMap.data`: groups of variables
                self._table(value, component, f"{path}.{name}")
        if table.items:
            self.replaced.append(path)
        for item in table.items:
            naming = item.get("name")
            if naming is not None and _NAME.fullmatch(naming.text):
                found = self._entry(naming.text, item if item.get("value") is not None else Node("map", item.position))
                if found is not None:
                    place = self.document.value_location(naming)
                    self.declarations.append(found._replace(location=place, component=component, table=path))

    def _entry(self, name: str, node: Node, elsewhere: bool = False) -> Declaration | None:
        """A variable's value, or where it comes from (`elsewhere`: the text names an object that holds it); None for null, which takes it away."""
        value = node.get("value") if node.kind == "map" else node
        if node.kind == "null":
            return None
        if value is None or elsewhere:
            place = self.document.location(node)
            return Declaration(name, State.REFERENCE, None, place, self.context, scope=Scope.RUN, reference="another object")
        # An empty default of a chart is there to be filled in by whoever installs it.
        words = "filled in when installed" if self.context is None and value.is_scalar and not value.text else template_of(value)
        return declared(self.document, name, value, context=self.context, scope=Scope.RUN, reference=words)


def _names_objects(path: str, table: Node) -> bool:
    """Whether a table of secrets says for each variable which Secret holds it: every text is such a name, and no sample's."""
    if "secret" not in _plain(path.rpartition(".")[2]):
        return False
    texts = [value.text for name, value in table.pairs() if _NAME.fullmatch(name) and value.is_scalar]
    return bool(texts) and all(_OBJECT.fullmatch(text) and identify.placeholder(text) is None for text in texts)


def _plain(key: str) -> str:
    return re.sub(r"[-_]", "", key).lower()
