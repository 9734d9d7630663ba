"""eas.json: the variables of each build profile of an Expo app.

A profile takes what its parent has by `extends` (a chain of five at most), both platforms' tables included; then the platform's table
is merged over the common one. A profile that only lends its variables is built by nobody and speaks for no environment. `environment`
names the set of variables on Expo's server, which lie below the profile's; without it, the profile's own name says the environment, else
how it is built: development clients are development, store builds production, all others preview
(eas-cli 16, packages/eas-json/src/build/resolver.ts and evaluateConfigWithEnvVarsAsync.ts; Expo docs, eas.json, 2026-11).
"""

from __future__ import annotations

from driftline.formats import Format
from driftline.formats._document import Document, Node, json_document
from driftline.formats._values import NAME, declared, not_a_table
from driftline.knowledge.platform import canonical, environment_kind
from driftline.model import Authority, Declaration, Reading, Scope, Text, Unread

FORMAT = Format(
    name="eas", title="eas.json", files=("eas.json",), authority=Authority.PART, nameless="production", settles="eas env:list production"
)

_LONGEST = 5
# The common table, then each platform's over it.
_TABLES = ((), ("ios",), ("android",))


def read(text: Text) -> Reading:
    """The declarations of every profile with those it inherits. Raises Unreadable for broken JSON."""
    document = json_document(text.path, text.content)
    profiles = {name: node for name, node in document.root.pairs("build") if node.kind == "map"}
    declarations: list[Declaration] = []
    unread: list[Unread] = not_a_table(document, document.root.get("build"), "build")
    contexts = []
    lent = {parent for profile in profiles.values() if (parent := profile.string("extends")) is not None}
    for name, profile in profiles.items():
        chain, problem = _chain(profile, profiles)
        unread += [
            left for table in _TABLES if (node := profile.get(*table, "env")) is not None for left in not_a_table(document, node, "env")
        ]
        if problem is not None:
            place = document.location(problem)
            unread.append(Unread(text.path, "a profile extends itself, nothing, or too long a chain", place.line, place.column))
        if name in lent and profile.get("environment") is None and environment_kind(name) is None:
            continue
        context = _context(name, chain)
        contexts.append(context)
        declarations += _variables(document, chain, context, own=canonical(name) == canonical(context))
    return Reading(declarations=tuple(declarations), contexts=tuple(dict.fromkeys(contexts)), unread=tuple(unread))


def _chain(profile: Node, profiles: dict[str, Node]) -> tuple[list[Node], Node | None]:
    """The profile and what it extends, itself first, and the `extends` that leads nowhere."""
    chain = [profile]
    while (extends := chain[-1].get("extends")) is not None:
        parent = profiles.get(extends.text)
        if parent is None or parent in chain or len(chain) == _LONGEST:
            return chain, extends
        chain.append(parent)
    return chain, None


def _context(name: str, chain: list[Node]) -> str:
    """The environment of a profile: the one it states, the one its name is, or what it builds."""

    def said(key: str) -> str | None:
        return next((word for profile in chain if (word := profile.string(key)) is not None), None)

    environment = said("environment")
    if environment is not None:
        return environment
    if environment_kind(name) is not None:
        return name
    # eas-cli asks for a store build first; `store` is the default.
    if said("developmentClient") == "true":
        return "development"
    return "production" if (said("distribution") or "store") == "store" else "preview"


def _variables(document: Document, chain: list[Node], context: str, *, own: bool) -> list[Declaration]:
    """The variables of a chain. Where several profiles share an environment, the one that bears its name has the last word."""
    found = []
    for place, path in enumerate(_TABLES):
        for depth, profile in enumerate(reversed(chain)):
            layer = place * _LONGEST + depth + (100 if own else 0)
            found += [
                declared(document, name, node, context=context, scope=Scope.BUILD, layer=layer)
                for name, node in profile.pairs(*path, "env")
                if NAME.fullmatch(name) and node.kind != "null"  # null is as good as nothing (eas-json's schema)
            ]
    return found
