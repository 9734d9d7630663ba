"""amplify.yml: the lines of the build that hand variables to a server-side rendered app.

The console's variables reach the build; a server sees only what a build command writes into an env file, such as
`env | grep -e NAME -e NEXT_PUBLIC_ >> .env.production` or `echo "NAME=$NAME" >> .env`. In a monorepo each entry of `applications` is an
app of its own (AWS Amplify Hosting guide, "Making environment variables accessible to server-side runtimes" and "Configuring monorepo
build settings", 2026-11). Which branch is built is the console's word, so a value that a script chooses by `AWS_BRANCH` is a reference.
"""

from __future__ import annotations

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._place import inside, within
from driftline.formats._script import written
from driftline.formats._shell import Word, assignments, commands
from driftline.formats._values import declared_text
from driftline.model import Authority, Component, Declaration, Passthrough, Reading, State, Text

FORMAT = Format(
    name="amplify",
    title="amplify.yml",
    files=("amplify.yml", "amplify.yaml"),
    authority=Authority.PART,
    nameless="production",
    settles="aws amplify get-app",
)

_LISTS_ALL = frozenset(("env", "printenv", "export", "set"))
_GREPS = frozenset(("grep", "egrep", "fgrep"))
_ENV_FILE = late.pattern(r"(?:.*/)?\.env[\w.\-]*")
_WORD = late.pattern(r"[A-Za-z_][A-Za-z0-9_]{2,}")
# A prefix (`NEXT_PUBLIC_`) lets every name through that holds it.
_PREFIX = late.pattern(r"[A-Za-z0-9_]+_")


def read(text: Text) -> Reading:
    """The names that build commands write into env files, per application. Raises Unreadable for broken YAML."""
    return _Amplify(text, yaml_document(text.path, text.content)).reading()


class _Amplify:
    def __init__(self, text: Text, document: Document) -> None:
        self.text = text
        self.document = document
        self.declarations: dict[tuple[str, str | None], Declaration] = {}
        self.passthroughs: list[Passthrough] = []
        self.components: list[Component] = []

    def reading(self) -> Reading:
        root = self.document.root
        self._phases(root, None)
        for application in root.list("applications"):
            folder = inside(self.text.path.rpartition("/")[0], application.string("appRoot") or ".")
            name = folder or "."
            if application.kind == "map":
                self.components.append(Component(name, folder, self.document.value_location(application)))
                self._phases(application, name)
        return Reading(tuple(self.declarations.values()), passthroughs=tuple(self.passthroughs), components=tuple(self.components))

    def _phases(self, owner: Node, component: str | None) -> None:
        for _, phase in [*owner.pairs("backend", "phases"), *owner.pairs("frontend", "phases")]:
            for command in phase.list("commands"):
                if command.is_scalar:
                    self._command(command, component)

    def _command(self, node: Node, component: str | None) -> None:
        script = node.text
        for found in written(script):
            if not _ENV_FILE.fullmatch(found.file):
                continue
            computed = "$" in found.value or "`" in found.value or "AWS_BRANCH" in script
            self._declare(node, found.name, found.position, component, None if computed else found.value)
        words_of_all = False
        for words in commands(script):
            _, command = assignments(words)
            if words[0].text == "env" and not command:
                command = words
            if not command:
                continue
            if command[0].text in _GREPS and words_of_all and _goes_to_env_file(command):
                self._grepped(node, command, component)
            words_of_all = command[0].text in _LISTS_ALL

    def _grepped(self, node: Node, command: list[Word], component: str | None) -> None:
        """Names and prefixes that a `grep` lets through; what it takes out (`-v`) says nothing about what stays."""
        end = next(index for index, word in enumerate(command) if ">" in word.text)
        options = [word for word in command[1:end] if word.text.startswith("-")]
        if any("v" in word.text[1:] for word in options if not word.text.startswith("--")) or any(
            w.text == "--invert-match" for w in options
        ):
            return
        for word in command[1:end]:
            if word.text.startswith("-") and not word.text.startswith(("-e", "--regexp=")):
                continue
            pattern = word.text.removeprefix("--regexp=") if word.text.startswith("--") else word.text.removeprefix("-e")
            for match in _WORD.finditer(pattern):
                if _PREFIX.fullmatch(match[0]):
                    place = self.document.at(within(self.text.content, node, match[0], word.position))
                    self.passthroughs.append(Passthrough(place, "amplify", (f"{match[0]}*",), strict=False, component=component))
                else:
                    self._declare(node, match[0], word.position, component, None)

    def _declare(self, node: Node, name: str, position: int, component: str | None, value: str | None) -> None:
        location = self.document.at(within(self.text.content, node, name, position))
        if value is None:
            found = Declaration(name, State.REFERENCE, None, location, component=component, reference="the Amplify console")
        else:
            found = declared_text(name, value, location, component=component)
        self.declarations.setdefault((name, component), found)


def _goes_to_env_file(command: list[Word]) -> bool:
    for index, word in enumerate(command):
        if ">" in word.text:
            target = word.text.rpartition(">")[2] or (command[index + 1].text if index + 1 < len(command) else "")
            return _ENV_FILE.fullmatch(target) is not None
    return False
