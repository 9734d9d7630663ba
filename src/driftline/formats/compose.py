"""Compose files: each service's variables, the env files it reads, and the names it takes from the shell or the project's `.env`.

`environment` beats `env_file`; a bare name passes through; `${X:?}` is required, `${X:-d}` has a default; an override file is merged
over the base. A name such as `compose.production.yml` says the environment (Compose specification and docs, 2026-11; measured with
Compose 2.40.3).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._shell import uses
from driftline.formats._values import NAME, declared, environment_of
from driftline.model import Authority, Component, Declaration, EnvFile, Need, Reading, Reference, Scope, Secret, Side, State, Text, Use

FORMAT = Format(
    name="compose",
    title="Compose file",
    files=("compose.y*ml", "compose.*.y*ml", "compose-*.y*ml", "docker-compose*.y*ml", "*docker-compose*.y*ml"),
    authority=Authority.PART,
    nameless="local",
)


def recognises(path: str) -> bool:
    """Compose's own names, with words for an environment or a purpose behind them."""
    return re.search(r"(?:^|/)(?:[\w-]+[.-])?(?:docker-)?compose(?:[.\-_][\w.\-]+)?\.ya?ml$", path) is not None


def read(text: Text) -> Reading:
    """Declarations, references and env files of every service. Raises Unreadable for broken YAML."""
    document = yaml_document(text.path, text.content)
    context = environment_of(text.path.rpartition("/")[2], "docker-compose", "compose")
    if context == "override":
        context = None
    folder = text.path.rpartition("/")[0]
    declarations: list[Declaration] = []
    references: list[Reference] = []
    env_files: list[EnvFile] = []
    components: list[Component] = []
    for name, service in document.root.pairs("services"):
        if service.kind != "map":
            continue
        components.append(_component(document, folder, name, service))
        declarations += _environment(document, service.get("environment"), context, name, Scope.RUN)
        declarations += _environment(document, service.get("build", "args"), context, name, Scope.BUILD)
        references += _references(document, service, name)
        env_files += _env_files(document, folder, service.get("env_file"), context, name)
    return Reading(
        declarations=tuple(declarations),
        references=tuple(references),
        env_files=tuple(env_files),
        components=tuple(components),
        contexts=(context,) if context else (),
    )


def _component(document: Document, folder: str, name: str, service: Node) -> Component:
    build = service.get("build")
    root = None
    if build is not None:
        where = build.text if build.is_scalar else build.string("context") or "."
        root = _inside(folder, where)
    return Component(name, root, document.location(service), service.string("image"))


def _inside(folder: str, path: str) -> str | None:
    """`path` relative to the root, None when it leads out of it or is not a plain path."""
    if "$" in path or "://" in path:
        return None
    joined = posixpath.normpath(posixpath.join(folder, path))
    return None if joined.startswith(("..", "/")) else joined


def _environment(document: Document, node: Node | None, context: str | None, service: str, scope: Scope) -> Iterator[Declaration]:
    if node is None:
        return
    for name, value in node.pairs():
        yield _declared(document, name, value, context, service, scope)
    for item in node.items:
        if not item.is_scalar:
            continue
        name, equals, content = item.text.partition("=")
        if not NAME.fullmatch(name.strip()):
            continue
        value = Node("string" if equals else "null", item.position, content, quoted=item.quoted)
        yield _declared(document, name.strip(), value, context, service, scope)


def _declared(document: Document, name: str, value: Node, context: str | None, service: str, scope: Scope) -> Declaration:
    if value.kind == "null":  # passed through from the shell or the project's `.env`
        return declared(document, name, value, context=context, component=service, scope=scope, reference="the shell or the project's .env")
    found = list(uses(value.text)) if value.is_scalar and "$" in value.text else []
    if found:
        default = found[0][3]
        if default and len(found) == 1 and value.text.startswith("${") and value.text.endswith("}") and "$" not in default:
            return Declaration(name, State.SET, Secret(default), document.location(value), context, service, scope)
        names = ", ".join(dict.fromkeys(used for used, _, _, _ in found))
        return declared(document, name, value, context=context, component=service, scope=scope, reference=f"${{{names}}}")
    if value.is_scalar:
        value = Node(value.kind, value.position, value.text.replace("$$", "$"), quoted=value.quoted, key_position=value.key_position)
    return declared(document, name, value, context=context, component=service, scope=scope)


def _references(document: Document, node: Node, service: str) -> Iterator[Reference]:
    """Every `${X}` of a service, and its pass-through names."""
    if node.kind == "map":
        for key, child in node.map.items():
            if key in ("environment", "args"):
                yield from _passed_through(document, child, service)
            yield from _references(document, child, service)
    elif node.kind == "list":
        for child in node.items:
            yield from _references(document, child, service)
    elif node.is_scalar and "$" in node.text:
        for name, need, _, _ in uses(node.text):
            yield Reference(name, document.value_location(node), need, Side.SERVER, Use.READ, "${}", component=service)


def _passed_through(document: Document, node: Node, service: str) -> Iterator[Reference]:
    names = [(name, value) for name, value in node.pairs() if value.kind == "null"]
    names += [(item.text, item) for item in node.items if item.is_scalar and NAME.fullmatch(item.text)]
    for name, value in names:
        yield Reference(name, document.location(value), Need.PLAIN, Side.SERVER, Use.READ, "pass-through", component=service)


def _env_files(document: Document, folder: str, node: Node | None, context: str | None, service: str) -> Iterator[EnvFile]:
    for item in [] if node is None else [node] if node.is_scalar or node.kind == "map" else node.items:
        path = item.text if item.is_scalar else item.string("path")
        where = _inside(folder, path) if path else None
        if where is None:
            continue
        raw = item.string("format") == "raw"
        required = item.string("required") != "false"
        yield EnvFile(where, document.value_location(item), context, service, required, "docker" if raw else "compose")
