"""devcontainer.json: the variables of a development container; they speak for local only.

`containerEnv` and `runArgs` belong to the container and its image, `remoteEnv` to the editor's processes in it, where it wins; null takes a
variable away. `${localEnv:NAME:default}` comes from the host, `${containerEnv:NAME}` from the container. `secrets` names what a user is asked
for, `build.args` reach the image's build (containers.dev, Dev Container metadata reference, 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, Node, json_document
from driftline.formats._place import inside, within
from driftline.formats._values import NAME, declared, not_a_table
from driftline.model import (
    Authority,
    Declaration,
    EnvFile,
    Location,
    Need,
    Passthrough,
    Reading,
    Reference,
    Scope,
    Secret,
    Side,
    State,
    Text,
    Use,
)

FORMAT = Format(
    name="devcontainer",
    title="devcontainer.json",
    files=("devcontainer.json", ".devcontainer.json"),
    authority=Authority.PART,
    nameless="local",
)

_FROM = late.pattern(r"\$\{(localEnv|env|containerEnv):([A-Za-z_][A-Za-z0-9_]*)(?::([^{}]*))?\}")
# The repository's root, however it is written; the host's own folder is where `docker run` looks for files.
_ROOT = late.pattern(r"\$\{(?:localWorkspaceFolder|containerWorkspaceFolder)\}/?")
# Within one container the editor's table beats the container's, and that the arguments of `docker run`.
_LAYERS = {"containerEnv": 1, "remoteEnv": 2}


def read(text: Text) -> Reading:
    """The declarations, the names that the host hands in, and the env files. Raises Unreadable for broken JSON."""
    return _Container(text, json_document(text.path, text.content)).reading()


class _Container:
    def __init__(self, text: Text, document: Document) -> None:
        self.text = text
        self.document = document
        self.declarations: list[Declaration] = []
        self.passed: dict[str, Location] = {}
        self.env_files: list[EnvFile] = []

    def reading(self) -> Reading:
        root = self.document.root
        for table, layer in _LAYERS.items():
            for name, node in root.pairs(table):
                self._declare(name, node, self.document.location(node), Scope.BOTH, layer)
        for name, node in root.pairs("build", "args"):
            self._declare(name, node, self.document.location(node), Scope.BUILD, 0)
        for name, node in root.pairs("secrets"):
            if NAME.fullmatch(name):
                self.passed.setdefault(name, self.document.location(node))
        for option, node in _options(root):
            self._option(option, node)
        unread = [
            problem for table in ("containerEnv", "remoteEnv", "secrets") for problem in not_a_table(self.document, root.get(table), table)
        ]
        passed = [Passthrough(next(iter(self.passed.values())), "devcontainer", tuple(self.passed), strict=False)] if self.passed else []
        return Reading(
            tuple(self.declarations), tuple(self._references()), tuple(passed), env_files=tuple(self.env_files), unread=tuple(unread)
        )

    def _declare(self, name: str, node: Node, place: Location, scope: Scope, layer: int) -> None:
        if not NAME.fullmatch(name) or node.kind == "null":
            return
        match = _FROM.fullmatch(node.text) if node.is_scalar else None
        whence = {found[1] for found in _FROM.finditer(node.text)}
        if match is not None and match[3] and match[1] != "containerEnv":
            self.declarations.append(Declaration(name, State.SET, Secret(match[3]), place, scope=scope, layer=layer, optional=True))
        elif match is not None and match[1] != "containerEnv":
            self._hand_on(name, match[2], place, scope, layer)
        else:
            words = "the host" if whence - {"containerEnv"} else "the container" if whence else "the editor" if "${" in node.text else None
            found = declared(self.document, name, node, scope=scope, layer=layer, reference=words)
            self.declarations.append(found._replace(location=place))

    def _option(self, option: str, node: Node) -> None:
        """An argument of `docker run`: a variable, a name that the host's shell gives, or an env file."""
        if option == "--env-file":
            path = inside(_home(self.text.path), _ROOT.sub("", node.text).removeprefix("./"))
            if path is not None:
                self.env_files.append(EnvFile(path, self.document.value_location(node), loader="docker"))
            return
        name, equals, value = node.text.partition("=")
        place = self.document.at(within(self.text.content, node, name))
        if equals:
            self._declare(name, Node("string", node.position, value), place, Scope.BOTH, 0)
        elif NAME.fullmatch(name):
            self._hand_on(name, name, place, Scope.BOTH, 0)

    def _hand_on(self, name: str, source: str, place: Location, scope: Scope, layer: int) -> None:
        """A variable that is given what the host's variable `source` holds."""
        self.declarations.append(Declaration(name, State.REFERENCE, None, place, scope=scope, layer=layer, reference=f"${{{source}}}"))

    def _references(self) -> Iterator[Reference]:
        """The host's variables that any value of the file takes."""
        for node in self.document.root.scalars():
            for match in _FROM.finditer(node.text):
                if match[1] != "containerEnv":
                    place = self.document.at(within(self.text.content, node, match[2], match.start(2)))
                    need = Need.OPTIONAL if match[3] is not None else Need.PLAIN
                    yield Reference(match[2], place, need, Side.BUILD, Use.MENTION, "${localEnv:}")


def _home(path: str) -> str:
    """The workspace of a configuration: the folder above `.devcontainer`."""
    folder = path.rpartition("/")[0]
    parts = folder.split("/")
    return "/".join(parts[: parts.index(".devcontainer")]) if ".devcontainer" in parts else folder


def _options(root: Node) -> Iterator[tuple[str, Node]]:
    """(option, node of its value) of the arguments of `docker run` that set variables, written as one word or as two."""
    arguments = [item for item in root.list("runArgs") if item.is_scalar]
    for word, value in pairwise(arguments):
        if word.text in ("-e", "--env", "--env-file"):
            yield word.text, value
    for node in arguments:
        option, equals, rest = node.text.partition("=")
        if option in ("--env", "--env-file") and equals:
            yield option, Node("string", node.position, rest)
