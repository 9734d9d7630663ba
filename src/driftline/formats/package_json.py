"""package.json scripts: the only place that says which env file, mode or fixed value a command runs with.

`dotenv -e FILE`, `env-cmd -f FILE`, `--env-file FILE` (Node, Bun, Deno, tsx), `--mode NAME` (Vite), `NAME=value` and `cross-env NAME=value`.
A script's own name says the environment: `dev`, `start:staging`, `build:production`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, Node, json_document
from driftline.formats._place import inside
from driftline.formats._shell import Word, assignments, commands
from driftline.formats._values import declared
from driftline.knowledge.platform import environment_kind
from driftline.model import Authority, Declaration, EnvFile, Kind, Location, Passthrough, Reading, Text
from driftline.record import NamedTuple

FORMAT = Format(name="package_json", title="package.json scripts", files=("package.json",), authority=Authority.PART, nameless="local")

# Most manifests have nothing of it: they cost one search. `"X": "NAME=...` and `cross-env` begin with a value for the command.
_TRACE = late.pattern(r"dotenv|env-cmd|--env-file|--mode[ =]|[\" ][A-Z][A-Z0-9_]{1,60}=")
# Options that name a file, by program (dotenv-cli, dotenvx, env-cmd READMEs; Node, Bun and Deno docs, 2026-11), and its loader.
_FILE_OPTIONS = {
    "dotenv": (("-e", "--env"), "dotenv-expand"),
    "dotenvx": (("-f", "--env-file"), "dotenvx"),
    "env-cmd": (("-f", "--file"), "dotenv"),
}
# What runs the scripts of every package of a workspace, behind the `--` of a program that gives it the variables of a file.
_RUNNERS = frozenset(("turbo", "nx", "lerna", "wireit", "-r", "--recursive", "--workspaces", "-ws", "workspaces"))
_ENV_FILE = ("--env-file", "--env-file-if-exists")
_MODES = frozenset(("vite", "vite-node", "vitest", "nuxt", "nuxi", "astro", "vue-cli-service", "rsbuild", "vinxi", "react-router", "wxt"))


class _Use(NamedTuple):
    """A file that a script reads, and the environment the script speaks of."""

    path: str
    location: Location
    environment: str | None
    loader: str | None
    below: bool = False


def read(text: Text) -> Reading:
    """The env files, modes and values that scripts name. Raises Unreadable for broken JSON where there may be some."""
    if not _TRACE.search(text.content):
        return Reading()
    document = json_document(text.path, text.content)
    folder = text.path.rpartition("/")[0]
    uses: list[_Use] = []
    declarations: list[Declaration] = []
    passed: dict[str, Location] = {}
    for script, node in document.root.pairs("scripts"):
        if node.kind != "string":
            continue
        location = document.location(node)
        environment = _environment(script)
        for command in commands(node.text):
            values, words = assignments(command)
            uses += _files(folder, words, location, environment)
            for name, value, _ in values:
                place = _place(document, text, node, name)
                if environment is not None and "$" not in value:
                    spoken = Node("string", node.position, value, quoted=True)
                    declarations.append(declared(document, name, spoken, context=environment)._replace(location=place))
                passed.setdefault(name, place)
    passthroughs = [Passthrough(place, "a script", (name,), strict=False) for name, place in passed.items()]
    return Reading(
        declarations=tuple(declarations),
        passthroughs=tuple(passthroughs),
        env_files=tuple(_agreed(uses)),
    )


def _place(document: Document, text: Text, node: Node, name: str) -> Location:
    """Where `NAME=` stands inside a script."""
    at = text.content.find(name + "=", node.position)
    return document.at(at) if at >= 0 else document.value_location(node)


def _environment(script: str) -> str | None:
    """The environment a script's name says: the last word that is one; a plain `build` is what production gets; None otherwise."""
    words = re.split(r"[:\-_.]", script)
    for word in reversed(words):
        if environment_kind(word) is not None:
            return word
    return "production" if script == "build" else None


def _files(folder: str, words: Sequence[Word], location: Location, environment: str | None) -> Iterator[_Use]:
    """The env files that one command reads."""
    program: str | None = None
    mode_of = False
    texts = [word.text for word in words]
    command = texts[texts.index("--") + 1 :] if "--" in texts else []
    below = not _RUNNERS.isdisjoint(command)
    usual = below and texts[0] == "dotenv" and not any(text.startswith("-e") for text in texts[: texts.index("--")])
    if usual and (path := inside(folder, ".env")) is not None:
        yield _Use(path, location, environment, "dotenv-expand", below)
    for index, word in enumerate(words):
        base = word.text.rpartition("/")[2]
        if base in _FILE_OPTIONS and program is None:
            program = base
        mode_of = mode_of or base in _MODES
        option, equals, value = word.text.partition("=")
        following = value if equals else words[index + 1].text if index + 1 < len(words) else ""
        loader = None
        if option in _ENV_FILE and program != "dotenvx":
            loader = "node"
        elif program is not None and option in _FILE_OPTIONS[program][0]:
            loader = _FILE_OPTIONS[program][1]
        if loader is not None and "env" in following and (path := inside(folder, following)) is not None:
            yield _Use(path, location, environment, loader, below and program is not None)
        elif option == "--mode" and mode_of and re.fullmatch(r"[A-Za-z][\w.\-]*", following):
            for name in (f".env.{following}", f".env.{following}.local"):
                if (path := inside(folder, name)) is not None:
                    yield _Use(path, location, following, None)
        if word.text == "--":  # what follows is another program's command line
            program = None


def _agreed(uses: Sequence[_Use]) -> Iterator[EnvFile]:
    """One entry a file. It speaks for an environment where all its scripts agree on one; a test run says nothing about a file."""
    by_path: dict[str, list[_Use]] = {}
    for use in uses:
        by_path.setdefault(use.path, []).append(use)
    for path, found in by_path.items():
        said = {use.environment for use in found}
        word = found[0].environment if len(said) == 1 else None
        if word is not None and environment_kind(word) is Kind.LOCAL and word not in ("dev", "development", "local"):
            word = None
        yield EnvFile(path, found[0].location, word, None, False, found[0].loader, any(use.below for use in found))
