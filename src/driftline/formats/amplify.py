"""amplify.yml: the lines that hand variables to a server-side rendered app.

The console's variables reach the build; a server sees only what a build command writes into an env file, such as
`env | grep -e NAME >> .env.production` (AWS docs, Amplify, server-side environment variables, 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Node, yaml_document
from driftline.model import Authority, Declaration, Location, Reading, Scope, State, Text

FORMAT = Format(
    name="amplify",
    title="amplify.yml",
    files=("amplify.yml", "amplify.yaml"),
    authority=Authority.PART,
    nameless="production",
    settles="aws amplify get-app",
)

_GREP = re.compile(r"\b(?:env|printenv)\b[^|]*\|\s*grep\s+(?P<words>.*?)>>?\s*\S*\.env")
_ECHO = re.compile(r"echo\s+['\"]?(?P<name>[A-Za-z_]\w*)=.*?>>?\s*\S*\.env")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}")


def read(text: Text) -> Reading:
    """The names that build commands write into env files. Raises Unreadable for broken YAML."""
    document = yaml_document(text.path, text.content)
    declarations = []
    for node in _scalars(document.root):
        for match in _ECHO.finditer(node.text):
            declarations.append(_kept(match["name"], document.value_location(node)))
        for match in _GREP.finditer(node.text):
            for word in _WORD.finditer(match["words"].replace("-e", " ")):
                declarations.append(_kept(word[0], document.value_location(node)))
    return Reading(tuple(declarations))


def _kept(name: str, location: Location) -> Declaration:
    return Declaration(name, State.REFERENCE, None, location, scope=Scope.RUN, reference="kept by Amplify")


def _scalars(node: Node) -> Iterator[Node]:
    for child in [*node.map.values(), *node.items]:
        if child.is_scalar:
            yield child
        else:
            yield from _scalars(child)
