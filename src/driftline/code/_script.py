"""One JavaScript or TypeScript file while it is read: its text, its syntax tree, where it runs, and the references found in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from driftline import late
from driftline.code import Place, syntax
from driftline.knowledge import platform
from driftline.model import Literal, Need, Reference, Side

if TYPE_CHECKING:
    from tree_sitter import Node

_NAME = late.pattern(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_USUAL = late.pattern(r"[A-Z][A-Z0-9_]*\Z")

_ASKS_FOR_PROCESS = late.pattern(rb"typeof (?:globalThis\.)?process\s*[!=]=")
_NO_WINDOW = late.pattern(rb"\btypeof (?:window|document)\b|\bglobalThis\.window\b")


class Script:
    """A file while it is read, of which `content` is all and `code` the script parts at their own places.

    `side` is where it runs; `references` is what was found so far. Raises Unreadable where the parser gives up.
    """

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.content = content
        self.code = syntax.scripts(path, content) if path.endswith((".vue", ".svelte", ".astro")) else content
        self.root = syntax.parse(path, self.code)
        self.place = Place(path, content)
        self.side = _side(path, content)
        self.references: list[Reference] = []

    def node(self, start: int, end: int) -> Node | None:
        """The smallest node around a range of 0-based byte offsets."""
        return self.root.descendant_for_byte_range(start, end)

    def call_around(self, start: int, end: int) -> Node | None:
        """The innermost call around a range of offsets."""
        node = self.node(start, end)
        while node is not None and node.type != "call_expression":
            node = node.parent
        return node

    def add(
        self, name: str, node: Node, need: Need, how: str, fallback: Literal | None = None, *, side: Side | None = None, **more: Any
    ) -> None:
        """Keeps a reference at a node, unless it is to what is no name of a variable; `side` is the file's own where None."""
        if is_name(name):
            where = self._side_of(how) if side is None else side
            inlined = how == "import.meta.env" or platform.is_inlined(name)
            at = self.place.at(node.start_byte)
            self.references.append(Reference(name, at, need, where, how=how, fallback=fallback, inlined=inlined, **more))

    def _side_of(self, how: str) -> Side:
        if how.startswith(("Deno", "Netlify", "Bun")):
            return Side.SERVER
        if how == "process.env" and self.side is Side.UNKNOWN and _ASKS_FOR_PROCESS.search(self.content):
            return Side.SERVER  # what asks whether there is a process reads it where there is one
        # What a component for the browser does where there is no window, it does when the server renders it first.
        return Side.UNKNOWN if self.side is Side.CLIENT and _NO_WINDOW.search(self.content) else self.side


def is_name(text: str) -> bool:
    """Whether a text can be the name of a variable."""
    return _NAME.match(text) is not None


def is_usual(text: str) -> bool:
    """Whether a name is spelled as variables of an environment usually are: in capitals."""
    return _USUAL.match(text) is not None


def _side(path: str, content: bytes) -> Side:
    """Where a file's code runs, as far as its name and its first lines tell."""
    base = path.rpartition("/")[2]
    head = content[:2000].removeprefix(b"\xef\xbb\xbf")
    if re.search(r"\.config\.[cm]?[jt]s$", base):
        return Side.BUILD
    if re.search(rb"^\s*[\"']use client[\"']", head, re.MULTILINE) or re.search(r"\.client\.[jt]sx?$", base):
        return Side.CLIENT
    if re.search(rb"^\s*[\"']use server[\"']|[\"']server-only[\"']", head, re.MULTILINE):
        return Side.SERVER
    if re.search(
        r"\.server\.[cm]?[jt]sx?$|^(?:route|middleware|proxy|instrumentation)\.[jt]s$|\+(?:server|page\.server|layout\.server)\.[jt]s$",
        base,
    ):
        return Side.SERVER
    if re.search(r"(?:^|/)(?:pages/api|api|server|functions|netlify/functions|supabase/functions|workers?)/", path):
        return Side.SERVER
    return Side.UNKNOWN
