"""copilot/NAME/manifest.yml: variables and secrets of an AWS Copilot service or job, with overrides per environment.

`variables` hold values, or an export of another stack (`from_cfn`); `secrets` map a name to a parameter of SSM or to Secrets Manager;
`env_file` lies below both, at a path from the workspace's root; `environments.NAME` is merged over the manifest. `${NAME}` is replaced from the
shell that deploys (AWS Copilot docs, manifests of load balanced web services, "Sidecars" and "Environment variables", 2026-11).
"""

from __future__ import annotations

import posixpath

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._place import inside
from driftline.formats._values import NAME, declared, not_a_table, template_of
from driftline.model import Authority, Component, Declaration, EnvFile, Reading, Scope, State, Text, Unread

FORMAT = Format(
    name="copilot", title="Copilot manifest", files=("*copilot/*/manifest.y*ml",), authority=Authority.WHOLE, nameless="production"
)

_PATH = late.pattern(r"(?P<workspace>(?:.*/)?)copilot/(?P<service>[^/]+)/manifest\.ya?ml")


def recognises(path: str) -> bool:
    """A service's manifest, not that of an environment or a pipeline."""
    found = _PATH.fullmatch(path)
    return found is not None and found["service"] not in ("environments", "pipelines")


def read(text: Text) -> Reading:
    """The declarations per environment. Raises Unreadable for broken YAML."""
    return _Manifest(text, yaml_document(text.path, text.content)).reading()


class _Manifest:
    def __init__(self, text: Text, document: Document) -> None:
        self.document = document
        found = _PATH.fullmatch(text.path)
        self.workspace = found["workspace"].rstrip("/") if found else ""
        self.name = document.root.string("name") or (found["service"] if found else None)
        self.declarations: list[Declaration] = []
        self.env_files: list[EnvFile] = []
        self.components: list[Component] = []
        self.unread: list[Unread] = []

    def reading(self) -> Reading:
        root = self.document.root
        if self.name is not None:
            # A ready-made image is given as `image.location`; it is this project's own where it deploys it as its service.
            self.components.append(Component(self.name, self._built(root), self.document.location(root.get("name") or root)))
        self._part(root, None)
        contexts = []
        for context, part in root.pairs("environments"):
            contexts.append(context)
            self._part(part, context)
        return Reading(
            tuple(self.declarations),
            env_files=tuple(self.env_files),
            components=tuple(self.components),
            contexts=tuple(contexts),
            unread=tuple(self.unread),
        )

    def _built(self, root: Node) -> str | None:
        build = root.get("image", "build")
        if build is None:
            return None
        file = build.text if build.is_scalar else build.string("dockerfile") or ""
        return inside(self.workspace, build.string("context") or posixpath.dirname(file) or ".")

    def _part(self, part: Node, context: str | None) -> None:
        """The manifest itself, or what it says for one environment."""
        self._tables(part, context, self.name)
        for name, node in part.pairs("image", "build", "args"):
            self._declare(name, node, context, self.name, Scope.BUILD)
        for name, sidecar in part.pairs("sidecars"):
            if context is None and sidecar.kind == "map":
                self.components.append(Component(name, None, self.document.location(sidecar), sidecar.string("image") or "a sidecar"))
            self._tables(sidecar, context, name)

    def _tables(self, owner: Node, context: str | None, component: str | None) -> None:
        for name, node in owner.pairs("variables"):
            self._declare(name, node, context, component, Scope.RUN)
        for name, node in owner.pairs("secrets"):
            if NAME.fullmatch(name):
                words = "Secrets Manager" if node.get("secretsmanager") is not None else "another stack" if node.get("from_cfn") else "SSM"
                place = self.document.location(node)
                self.declarations.append(Declaration(name, State.REFERENCE, None, place, context, component, Scope.RUN, reference=words))
        for table in ("variables", "secrets"):
            self.unread += not_a_table(self.document, owner.get(table), table)
        file = owner.get("env_file")
        path = inside(self.workspace, file.text) if file is not None and file.is_scalar else None
        if file is not None and path is not None:
            self.env_files.append(EnvFile(path, self.document.value_location(file), context, component, loader="docker"))

    def _declare(self, name: str, node: Node, context: str | None, component: str | None, scope: Scope) -> None:
        if NAME.fullmatch(name):
            words = "another stack" if node.kind == "map" else template_of(node)
            self.declarations.append(
                declared(self.document, name, node, context=context, component=component, scope=scope, reference=words)
            )
