"""Compose files: each service's variables, the env files it reads, and the names it takes from the shell or the project's `.env`.

`environment` beats `env_file`, and an override file is merged over the base. A bare name and `${X}` pass a value through; `${X:?}` is
required, `${X:-d}` has a default. A name such as `compose.production.yml`, or a folder such as `docker/production/`, says the
environment, and one such as `stack.yml` or `coolify-deployment.yaml` that it is deployed; any other file is one for local work (Compose
specification and docs, 2026-11; measured with Compose 2.40.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._place import environment_said, inside
from driftline.formats._shell import expansions
from driftline.formats._values import NAME, declared
from driftline.model import (
    Authority,
    Component,
    Declaration,
    EnvFile,
    Location,
    Need,
    Reading,
    Reference,
    Scope,
    Secret,
    Side,
    State,
    Text,
    Unread,
    Use,
)

FORMAT = Format(
    name="compose",
    title="Compose file",
    files=(
        "compose.y*ml",
        "compose.*.y*ml",
        "compose-*.y*ml",
        "docker-compose*.y*ml",
        "*docker-compose*.y*ml",
        "*stack*.y*ml",
        "*swarm*.y*ml",
        "*coolify*.y*ml",
        "*dokploy*.y*ml",
        "*portainer*.y*ml",
        "*deployment.y*ml",
    ),
    authority=Authority.PART,
    nameless="local",
)

# The names that Compose itself looks for.
_BASES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")

# The base first, then what is laid over it.
_OVERRIDE = 1


_OWN_NAME = late.pattern(r"(?:[\w.-]{1,255}[.-])?(?:docker-)?compose(?:[.\-_][\w.\-]{1,255})?\.ya?ml")
# Names under which files of this format are kept for the tool that deploys them; files of many other kinds have them too.
_DEPLOYED = late.pattern(
    r"(?:.{0,255}[.\-_])?(?:stack|swarm|coolify|dokploy|portainer|deployment)(?:[.\-_].{0,255})?\.ya?ml", re.IGNORECASE
)
_SERVICES = late.pattern(r"^services:[ \t]*(?:#.*)?$", re.MULTILINE)
_RUNS = late.pattern(r"^[ \t]+(?:image|build):", re.MULTILINE)


def recognises(path: str) -> bool:
    """Compose's own names, with words for an environment or a purpose around them, and names of what is deployed."""
    base = path.rpartition("/")[2]
    return _OWN_NAME.fullmatch(base) is not None or _DEPLOYED.fullmatch(base) is not None


def read(text: Text) -> Reading:
    """Declarations, references and env files of every service; nothing for another kind of file under a name that it may have.

    Raises Unreadable for broken YAML.
    """
    deployed = _OWN_NAME.fullmatch(text.path.rpartition("/")[2]) is None
    if deployed and not (_SERVICES.search(text.content) and _RUNS.search(text.content)):
        return Reading()
    return _Compose(text, yaml_document(text.path, text.content), "production" if deployed else None).reading()


class _Compose:
    def __init__(self, text: Text, document: Document, otherwise: str | None) -> None:
        self.text = text
        self.document = document
        self.folder, _, base = text.path.rpartition("/")
        self.context = environment_said(text.path) or otherwise
        self.layer = _OVERRIDE if "override" in base else 0
        self.declarations: list[Declaration] = []
        self.references: list[Reference] = []
        self.env_files: list[EnvFile] = []
        self.components: list[Component] = []
        self.unread: list[Unread] = []

    def reading(self) -> Reading:
        services = dict(self.document.root.pairs("services"))
        for name, service in services.items():
            if service.kind == "map":
                self._service(name, service, services)
        for _, node in [*self.document.root.pairs("secrets"), *self.document.root.pairs("configs")]:
            source = node.get("environment")
            if source is not None and source.is_scalar and NAME.fullmatch(source.text):
                self.references.append(self._reference(source.text, self.document.value_location(source), Need.PLAIN, None))
        return Reading(
            declarations=tuple(self.declarations),
            references=tuple(dict.fromkeys(self.references)),
            env_files=tuple(self.env_files),
            components=tuple(self.components),
            contexts=(self.context,) if self.context else (),
            bases=self._bases(services) if self.context else (),
            unread=tuple(self.unread),
        )

    def _bases(self, services: dict[str, Node]) -> tuple[str, ...]:
        """The files that this one is laid over (`docker compose -f compose.yml -f compose.prod.yml`): a service that says of nothing what it
        runs is the rest of another's, and one that waits for a service which is not there needs another file."""
        parts = [node for node in services.values() if node.kind == "map"]
        needed = {name for part in parts for name in _named(part.get("depends_on"))}
        if needed <= services.keys() and all(any(part.get(what) for what in ("image", "build", "extends")) for part in parts):
            return ()
        folder = f"{self.folder}/" if self.folder else ""
        return tuple(f"{folder}{name}" for name in _BASES)

    def _service(self, name: str, service: Node, services: dict[str, Node]) -> None:
        chain = [service]
        # A service of the same file that it extends lies below it; one of another file is read there.
        while len(chain) <= len(services):
            extended = chain[-1].get("extends")
            above = None if extended is None or extended.get("file") else services.get(extended.string("service") or extended.text)
            if above is None or above.kind != "map":
                break
            chain.append(above)
        build = next((node for link in chain if (node := link.get("build")) is not None), None)
        self.components.append(self._component(name, service, build, next((i for link in chain if (i := link.string("image"))), None)))
        for depth, link in enumerate(chain):
            # Within one file the service's own word beats what it extends; both beat nothing of another file.
            layer = self.layer * 100 - depth
            self._environment(link.get("environment"), name, Scope.RUN, layer)
            self._environment(link.get("build", "args"), name, Scope.BUILD, layer)
            self._uses(link, name)
            self._env_files(link.get("env_file"), name)

    def _component(self, name: str, service: Node, build: Node | None, image: str | None) -> Component:
        root = None
        if build is not None:
            root = inside(self.folder, build.text if build.is_scalar else build.string("context") or ".")
        return Component(name, root, self.document.location(service), image)

    def _environment(self, node: Node | None, service: str, scope: Scope, layer: int) -> None:
        """The declarations of a map or list of variables; a bare name passes on what the shell or the project's `.env` holds."""
        entries = [(name, value, self.document.location(value)) for name, value in node.pairs()] if node is not None else []
        for item in node.items if node is not None else ():
            if not item.is_scalar:
                continue
            name, equals, content = item.text.partition("=")
            value = Node("string" if equals else "null", item.position, content, quoted=item.quoted)
            entries.append((name.strip(), value, self.document.value_location(item)))
        for name, value, location in entries:
            if not NAME.fullmatch(name):
                if name:
                    self.unread.append(Unread(self.text.path, "a name that is no variable", location.line, location.column))
                continue
            self.declarations.append(self._declared(name, value)._replace(location=location, component=service, scope=scope, layer=layer))

    def _declared(self, name: str, value: Node) -> Declaration:
        if value.kind == "null":
            return declared(self.document, name, value, context=self.context, reference=f"${{{name}}}")
        found = expansions(value.text) if value.is_scalar and "$" in value.text else []
        if found:
            default = found[0].default
            if default is not None and found[0].whole and "$" not in default:
                state = State.SET if default else State.EMPTY
                location = self.document.location(value)
                return Declaration(name, state, Secret(default), location, self.context, optional=True)
            names = ", ".join(dict.fromkeys(expansion.name for expansion in found))
            return declared(self.document, name, value, context=self.context, reference=f"${{{names}}}")
        if value.is_scalar:
            value = Node(value.kind, value.position, value.text.replace("$$", "$"), quoted=value.quoted, key_position=value.key_position)
        return declared(self.document, name, value, context=self.context)

    def _uses(self, node: Node, service: str) -> None:
        """Every `${X}` below a node, and its pass-through names, as references."""
        waiting, seen = [node], set()
        while waiting:
            current = waiting.pop()
            if id(current) in seen:  # an alias is one node
                continue
            seen.add(id(current))
            for key in ("environment", "args"):
                self._passed(current.get(key), service)
            waiting += [*current.map.values(), *current.items]
            if not current.is_scalar or "$" not in current.text:
                continue
            cursor = current.position
            for use in expansions(current.text):
                # A block or quoted scalar is written otherwise than it reads: its names are looked up in the raw text.
                at = self.text.content.find(use.name, cursor, cursor + 2 * len(current.text) + 1000)
                cursor = cursor if at < 0 else at
                self.references.append(self._reference(use.name, self.document.at(cursor), use.need, service))

    def _passed(self, node: Node | None, service: str) -> None:
        names = [(name, self.document.location(value)) for name, value in node.pairs() if value.kind == "null"] if node is not None else []
        for item in node.items if node is not None else ():
            if item.is_scalar:
                names.append((item.text, self.document.value_location(item)))
        for name, location in names:
            if NAME.fullmatch(name):
                self.references.append(self._reference(name, location, Need.PLAIN, service))

    def _reference(self, name: str, location: Location, need: Need, service: str | None) -> Reference:
        # Only `${X:?}` states a need of its own: what is passed through is needed where the code reads it.
        use = Use.READ if need is Need.REQUIRED else Use.MENTION
        return Reference(name, location, need, Side.SERVER, use, "${}", component=service)

    def _env_files(self, node: Node | None, service: str) -> None:
        for item in [] if node is None else [node] if node.is_scalar or node.kind == "map" else node.items:
            path = item.text if item.is_scalar else item.string("path")
            where = inside(self.folder, path) if path else None
            if where is not None:
                loader = "docker" if item.string("format") == "raw" else "compose"
                location = self.document.value_location(item)
                self.env_files.append(EnvFile(where, location, self.context, service, item.string("required") != "false", loader))


def _named(node: Node | None) -> Iterable[str]:
    """The names of a list, or of a map."""
    return () if node is None else node.map or [item.text for item in node.items]
