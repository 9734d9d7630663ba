"""eas.json: the variables of each build profile of an Expo app.

A profile takes its parent's variables by `extends` (at most five steps); a platform's table is merged over it; `environment` names the
set of variables that Expo's server adds (Expo docs, eas.json, 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, json_document
from driftline.formats._values import declared
from driftline.model import Authority, Declaration, Reading, Scope, Text

FORMAT = Format(
    name="eas", title="eas.json", files=("eas.json",), authority=Authority.PART, nameless="production", settles="eas env:list production"
)


def read(text: Text) -> Reading:
    """The declarations of every profile with those it inherits. Raises Unreadable for broken JSON."""
    document = json_document(text.path, text.content)
    profiles = dict(document.root.pairs("build"))
    declarations: list[Declaration] = []
    for name, profile in profiles.items():
        context = profile.string("environment") or _context(name, profile)
        for layer, part in enumerate(reversed(list(_chain(profile, profiles)))):
            declarations += _variables(document, part, context, layer)
    return Reading(declarations=tuple(declarations), contexts=tuple(dict.fromkeys(d.context for d in declarations if d.context)))


def _context(name: str, profile: Node) -> str:
    """Expo's own default: store builds are production, development clients development, others preview."""
    if profile.string("developmentClient") == "true":
        return "development"
    return name


def _chain(profile: Node, profiles: dict[str, Node]) -> Iterator[Node]:
    """The profile and its parents; a loop ends where it began."""
    seen: list[Node] = []
    node: Node | None = profile
    while node is not None and node not in seen and len(seen) < 6:
        seen.append(node)
        yield node
        node = profiles.get(node.string("extends") or "")


def _variables(document: Document, profile: Node, context: str, layer: int) -> Iterator[Declaration]:
    for place, path in enumerate((("env",), ("ios", "env"), ("android", "env"))):
        for name, node in profile.pairs(*path):
            yield declared(document, name, node, context=context, scope=Scope.BUILD, layer=layer * 10 + place)
