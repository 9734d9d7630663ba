"""Object and list literals of a JavaScript file as one tree of nodes, read as they stand; nothing is run."""

from __future__ import annotations

import re

from driftline import late
from driftline.formats._document import MAX_DEPTH, MAX_NODES, Document, Lines, Node
from driftline.model import Unreadable
from driftline.record import NamedTuple

# An unclosed string or comment ends with its line or the text, so that every character is looked at once.
_TOKEN = late.pattern(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))|(?P<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)|(?P<template>`(?:[^`\\]|\\.)*`?)"""
    r"""|(?P<word>[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)|(?P<number>-?\d[\w.]*)|(?P<spread>\.\.\.)|(?P<mark>.)""",
    re.DOTALL,
)
_ESCAPE = late.pattern(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
# The tag of a value that only running the file would tell; its text is the expression's first word.
COMPUTED = "computed"


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def literals(path: str, text: str) -> tuple[Document, dict[str, Node]]:
    """(the file's object literals as items of a list, those bound to a name by it); `exports` is what the module exports.

    Raises Unreadable for literals nested deeper than the limit.
    """
    scan = _Scan(text)
    root = Node("list", 0)
    root.items = scan.all()
    return Document(path, text, root), scan.bound


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = Lines(text)
        self.tokens = [
            _Token(match.lastgroup or "mark", match.group(), match.start()) for match in _TOKEN.finditer(text) if match.lastgroup != "space"
        ]
        self.index = 0
        self.bound: dict[str, Node] = {}
        self.copied = 0

    def all(self) -> list[Node]:
        """Every outermost literal, in order."""
        found = []
        while self.index < len(self.tokens):
            token = self.tokens[self.index]
            if token.text in ("{", "["):
                named = self._name_before()
                node = self._value(0)
                found.append(node)
                if named is not None:
                    self.bound[named] = node
            else:
                if token.text == "=" and self._at(1).kind == "word" and self._at(2).text in (";", "") and self._name_before(0) == "exports":
                    self._bind_again(self._at(1).text)
                self.index += 1
        return found

    def _bind_again(self, name: str) -> None:
        if name in self.bound:
            self.bound["exports"] = self.bound[name]

    def _name_before(self, back: int = 1) -> str | None:
        """The name that the literal is bound to: `const NAME = {`, `module.exports = {`, `export default {`."""
        if back and self._at(-1).text == "default":
            return "exports"
        if back and self._at(-1).text != "=":
            return None
        name = self._at(-1 - back)
        # A type may stand between: `const config: Config = {`.
        if self._at(-2 - back).text == ":" and self._at(-3 - back).kind == "word":
            name = self._at(-3 - back)
        return None if name.kind != "word" else "exports" if name.text in ("module.exports", "exports") else name.text

    def _at(self, offset: int) -> _Token:
        index = self.index + offset
        return self.tokens[index] if 0 <= index < len(self.tokens) else _Token("mark", "", len(self.text))

    def _value(self, depth: int) -> Node:
        """The value that begins here; the scan stands behind it afterwards."""
        token = self._at(0)
        if depth > MAX_DEPTH:
            line, column, _ = self.lines.at(token.position)
            raise Unreadable(f"nested deeper than {MAX_DEPTH}", line, column)
        if token.text == "{":
            node = self._object(depth)
        elif token.text == "[":
            node = self._list(depth)
        else:
            node = _scalar(token)
            self.index += 1
        if self._at(0).text not in (",", "}", "]", ";", "") and depth > 0:
            self._pass()
            node = Node("string", token.position, token.text if token.kind == "word" else "", tag=COMPUTED)
        return node

    def _object(self, depth: int) -> Node:
        node = Node("map", self._at(0).position)
        self.index += 1
        while (token := self._at(0)).text not in ("}", ""):
            if token.kind == "spread":
                self.index += 1
                node.map.update(self._spread(depth).map)
            elif token.kind in ("string", "word", "number"):
                self.index += 1
                key = unquoted(token.text) if token.kind == "string" else token.text
                if self._at(0).text == ":":
                    self.index += 1
                    value = self._value(depth + 1)
                elif self._at(0).text in (",", "}"):
                    value = Node("string", token.position, token.text, tag=COMPUTED)
                else:
                    self._pass()
                    continue
                if value.key_position == value.position:
                    value.key_position = token.position
                node.map[key] = self.bound.get(value.text, value) if value.tag == COMPUTED else value
            elif token.text == ",":
                self.index += 1
            else:
                self._pass()
        self.index += 1
        return node

    def _list(self, depth: int) -> Node:
        node = Node("list", self._at(0).position)
        self.index += 1
        while (token := self._at(0)).text not in ("]", ""):
            if token.kind == "spread":
                self.index += 1
                node.items += self._spread(depth).items
            elif token.text == ",":
                self.index += 1
            else:
                value = self._value(depth + 1)
                node.items.append(self.bound.get(value.text, value) if value.tag == COMPUTED else value)
                if self._at(0) is token:
                    self.index += 1
        self.index += 1
        return node

    def _spread(self, depth: int) -> Node:
        """What `...` spreads: a literal, or one bound to a name before."""
        position = self._at(0).position
        spread = self._value(depth + 1)
        node = self.bound.get(spread.text, spread) if spread.tag == COMPUTED else spread
        self.copied += len(node.map) + len(node.items)
        if self.copied > MAX_NODES:  # each line can double what the one before it holds
            line, column, _ = self.lines.at(position)
            raise Unreadable(f"more than {MAX_NODES} values", line, column)
        return node

    def _pass(self) -> None:
        """Passes what is no literal, up to the comma or bracket that ends it; always moves on inside a bracket."""
        opened = 0
        begin = self.index
        while (text := self._at(0).text) != "":
            if opened == 0 and text in (",", "}", "]", ";") and (self.index > begin or text in (",", "}", "]")):
                break
            opened += (text in ("(", "{", "[")) - (text in (")", "}", "]"))
            opened = max(opened, 0)
            self.index += 1
        if self.index == begin and self._at(0).text in ("]", ";"):
            self.index += 1


def _scalar(token: _Token) -> Node:
    if token.kind == "string":
        return Node("string", token.position, unquoted(token.text), quoted=True)
    if token.kind == "template" and "${" not in token.text:
        return Node("string", token.position, unquoted(token.text), quoted=True)
    if token.kind == "number":
        return Node("number", token.position, token.text)
    if token.text in ("true", "false"):
        return Node("boolean", token.position, token.text)
    if token.text in ("null", "undefined"):
        return Node("null", token.position, token.text)
    return Node("string", token.position, token.text if token.kind == "word" else "", tag=COMPUTED)


def unquoted(written: str) -> str:
    """A quoted string's text with its escapes resolved."""
    inner = written[1:-1] if len(written) > 1 and written[-1] == written[0] else written[1:]
    return _ESCAPE.sub(lambda match: _character(match[1] or match[2] or match[3], match[4]), inner)


def _character(digits: str | None, letter: str | None) -> str:
    if digits is not None:
        return chr(int(digits, 16)) if int(digits, 16) < 0x110000 else ""
    return _PLAIN.get(letter or "", letter or "")
