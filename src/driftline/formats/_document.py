"""YAML, TOML and JSON with comments as one tree of nodes that know their place; bounded, nothing executed, no tags honoured."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from driftline import late
from driftline.model import Location, Unreadable

# Far above any real configuration, far below what exhausts a stack: stated in docs, held by tests.
MAX_DEPTH = 100
MAX_NODES = 500_000


class Lines:
    """Byte offsets and 1-based line and column for character positions of one text (LF, CRLF or CR line ends)."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(m.end() for m in re.finditer(r"\r\n|\n|\r", text))]
        self._ascii = text.isascii()

    def at(self, position: int) -> tuple[int, int, int]:
        """(line, column, byte offset) of the 0-based character position."""
        line = bisect_right(self._starts, position)
        column = position - self._starts[line - 1] + 1
        offset = position if self._ascii else len(self._text[:position].encode("utf-8", "surrogatepass"))
        return line, column, offset

    def location(self, path: str, position: int) -> Location:
        """The location of the 0-based character position in the file `path`."""
        line, column, offset = self.at(position)
        return Location(path, line, column, offset)


class Node:
    """A value of a document. `kind` is map, list, string, number, boolean or null.

    `text` is a scalar as written (without quotes); `position` the 0-based character position of the value, `key_position` that of
    its key (the value's own where it has none). A map keeps the last of duplicate keys; `duplicates` names the repeated ones.
    `tag` is a YAML tag as written (`!Ref`), which is never acted upon here.
    """

    __slots__ = ("duplicates", "items", "key_position", "kind", "map", "position", "quoted", "tag", "text")

    def __init__(
        self, kind: str, position: int, text: str = "", *, quoted: bool = False, key_position: int | None = None, tag: str | None = None
    ) -> None:
        self.kind = kind
        self.position = position
        self.key_position = position if key_position is None else key_position
        self.text = text
        self.quoted = quoted
        self.tag = tag
        self.map: dict[str, Node] = {}
        self.items: list[Node] = []
        self.duplicates: list[str] = []

    def get(self, *path: str) -> Node | None:
        """The node at a path of keys, or None where a step is missing or not a map."""
        node: Node | None = self
        for key in path:
            if node is None or node.kind != "map":
                return None
            node = node.map.get(key)
        return node

    def string(self, *path: str) -> str | None:
        """The text of the scalar at a path of keys, or None where it is missing, null, a map or a list."""
        node = self.get(*path)
        return node.text if node is not None and node.is_scalar else None

    def pairs(self, *path: str) -> Iterator[tuple[str, Node]]:
        """Key and node of the map at a path; nothing where there is no map."""
        node = self.get(*path)
        if node is not None and node.kind == "map":
            yield from node.map.items()

    def list(self, *path: str) -> list[Node]:
        """The items of the list at a path; empty where there is no list."""
        node = self.get(*path)
        return node.items if node is not None and node.kind == "list" else []

    def scalars(self) -> Iterator[Node]:
        """Every scalar in and below the node, in order; what aliases share is visited once, so that a bomb stays small."""
        seen: set[int] = set()
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if node.is_scalar:
                yield node
            inside = node.map if node.kind == "map" else node.items
            if inside and id(inside) not in seen:
                seen.add(id(inside))
                waiting += reversed([*node.map.values(), *node.items])

    @property
    def is_scalar(self) -> bool:
        return self.kind in ("string", "number", "boolean")

    def _keyed(self, key_position: int) -> Node:
        """The same value under another key: an alias or a merged entry keeps its own content but is declared here."""
        if self.key_position == self.position:
            self.key_position = key_position
            return self
        twin = Node(self.kind, self.position, self.text, quoted=self.quoted, key_position=key_position, tag=self.tag)
        twin.map, twin.items, twin.duplicates = self.map, self.items, self.duplicates
        return twin


class Document:
    """A parsed file: its root node and how to turn a node into a location."""

    def __init__(self, path: str, text: str, root: Node, lines: Lines | None = None) -> None:
        self.path = path
        self.root = root
        self._lines = lines or Lines(text)

    def location(self, node: Node) -> Location:
        """Where the node's key stands (the value, for list items)."""
        return self._lines.location(self.path, node.key_position)

    def value_location(self, node: Node) -> Location:
        """Where the node's value stands."""
        return self._lines.location(self.path, node.position)

    def at(self, position: int) -> Location:
        """The location of a 0-based character position."""
        return self._lines.location(self.path, position)


# --- YAML ---------------------------------------------------------------------------------------------------------------

_YAML_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_YAML_BOOLEAN = frozenset(
    ("true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF")
)
_YAML_NUMBER = late.pattern(r"[-+]?(?:0x[0-9a-fA-F_]+|0o?[0-7_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+|\.inf|\.nan)\Z")


# PyYAML documentation, "Python-specific tags", 2026-11: loaders that are not safe run what such a tag names.
_BUILDS_OBJECTS = "tag:yaml.org,2002:python/"


def yaml_documents(path: str, text: str) -> list[Document]:
    """Every document of a YAML text. Tags are kept, aliases shared (never expanded), merge keys (`<<`) applied.

    Raises Unreadable with line and column for a syntax error, an alias to itself, a tag that makes a Python object, and a text deeper or
    larger than the limits; what an alias stands for counts each time, since readers look at it each time.
    """
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    lines = Lines(text)
    documents: list[Document] = []
    try:
        events = yaml.parse(text, Loader=loader)
        for root in _yaml_roots(events):
            documents.append(Document(path, text, root, lines))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable("not valid YAML", mark.line + 1 if mark else None, mark.column + 1 if mark else None) from None
    except (yaml.YAMLError, UnicodeEncodeError):  # a character YAML does not allow; its message would quote the text
        raise Unreadable("not valid YAML: a character that YAML does not allow") from None
    return documents


def yaml_document(path: str, text: str) -> Document:
    """The only (or first) document of a YAML text; an empty text is an empty map."""
    documents = yaml_documents(path, text)
    return documents[0] if documents else Document(path, text, Node("map", 0))


def _yaml_roots(events: Any) -> Iterator[Node]:
    anchors: dict[str, Node] = {}
    open_anchors: set[str] = set()
    sizes: dict[str, int] = {}
    # (container, pending key with its position, anchor, merges, count when it began)
    stack: list[tuple[Node, list[tuple[str, int]], str | None, list[Node], int]] = []
    count = 0
    for event in events:
        name = type(event).__name__
        if name == "DocumentStartEvent":
            anchors.clear()
            sizes.clear()
        if name in ("ScalarEvent", "AliasEvent", "MappingStartEvent", "SequenceStartEvent"):
            count += sizes.get(event.anchor, 1) if name == "AliasEvent" else 1
            if count > MAX_NODES:
                raise Unreadable(f"more than {MAX_NODES} values", event.start_mark.line + 1, event.start_mark.column + 1)
            if name != "AliasEvent" and event.tag and event.tag.startswith(_BUILDS_OBJECTS):
                reason = "a tag that makes a Python object, which no platform reads and driftline never builds"
                raise Unreadable(reason, event.start_mark.line + 1, event.start_mark.column + 1)
        if name == "ScalarEvent":
            node = _yaml_scalar(event)
            if event.anchor:
                anchors[event.anchor] = node
                sizes.pop(event.anchor, None)
        elif name == "AliasEvent":
            if event.anchor in open_anchors or event.anchor not in anchors:
                raise Unreadable("an alias to itself or to nothing", event.start_mark.line + 1, event.start_mark.column + 1)
            node = anchors[event.anchor]
        elif name in ("MappingStartEvent", "SequenceStartEvent"):
            if len(stack) >= MAX_DEPTH:
                raise Unreadable(f"nested deeper than {MAX_DEPTH}", event.start_mark.line + 1, event.start_mark.column + 1)
            container = Node("map" if name.startswith("Map") else "list", event.start_mark.index, tag=event.tag)
            if event.anchor:
                anchors[event.anchor] = container
                open_anchors.add(event.anchor)
            stack.append((container, [], event.anchor, [], count))
            continue
        elif name in ("MappingEndEvent", "SequenceEndEvent"):
            node, _, anchor, merges, begun = stack.pop()
            if anchor:
                open_anchors.discard(anchor)
                sizes[anchor] = count - begun + 1
            for merged in merges:
                for key, value in merged.map.items():
                    node.map.setdefault(key, value)
        else:
            continue
        if not stack:
            yield node
            continue
        parent, pending, _, merges, _ = stack[-1]
        if parent.kind == "list":
            parent.items.append(node)
        elif not pending:
            pending.append((node.text if node.is_scalar or node.kind == "null" else "", node.position))
        else:
            key, key_position = pending.pop()
            if key == "<<":
                merges.extend(n for n in ([node] if node.kind == "map" else node.items) if n.kind == "map")
            else:
                if key in parent.map:
                    parent.duplicates.append(key)
                parent.map[key] = node._keyed(key_position)


def _yaml_scalar(event: Any) -> Node:
    text: str = event.value
    position: int = event.start_mark.index
    if event.style:  # quoted or block: always a string; plain is "" in C, None in Python
        return Node("string", position, text, quoted=True, tag=event.tag)
    if text in _YAML_NULL:
        return Node("null", position, text, tag=event.tag)
    if text in _YAML_BOOLEAN:
        return Node("boolean", position, text, tag=event.tag)
    return Node("number" if _YAML_NUMBER.match(text) else "string", position, text, tag=event.tag)


# --- JSON with comments ---------------------------------------------------------------------------------------------------

_JSON_TOKEN = late.pattern(
    r"""(?P<space>[\s\ufeff]+|//[^\n\r]*|/\*.*?\*/)|(?P<string>"(?:[^"\\\n\r]|\\.)*")|(?P<punct>[{}\[\],:])|(?P<word>[-+]?[0-9][0-9.eE+-]*|true|false|null)""",
    re.DOTALL,
)


def json_document(path: str, text: str) -> Document:
    """A JSON text; comments, trailing commas and a byte-order mark are allowed (JSONC, as wrangler, turbo and tsconfig read it).

    Raises Unreadable with line and column for anything else, and for a text deeper or larger than the limits.
    """
    lines = Lines(text)

    def fail(position: int, reason: str = "not valid JSON") -> Unreadable:
        line, column, _ = lines.at(position)
        return Unreadable(reason, line, column)

    root: Node | None = None
    stack: list[Node] = []
    pending: list[tuple[str, int] | None] = []
    # What may come next: a value, a key, a colon, or a comma/closing bracket.
    expect = "value"
    position = 0
    count = 0
    while position < len(text):
        match = _JSON_TOKEN.match(text, position)
        if match is None:
            raise fail(position)
        start, position = position, match.end()
        kind = match.lastgroup
        token = match.group()
        if kind == "space":
            continue
        if kind == "punct" and token in "}]":
            if not stack or (stack[-1].kind == "map") != (token == "}") or expect in ("colon",) or (pending[-1] and expect == "value"):
                raise fail(start)
            node = stack.pop()
            pending.pop()
        elif kind == "punct" and token == ",":
            if expect != "comma" or not stack:
                raise fail(start)
            expect = "key" if stack[-1].kind == "map" else "value"
            continue
        elif kind == "punct" and token == ":":
            if expect != "colon":
                raise fail(start)
            expect = "value"
            continue
        elif expect == "key":
            if kind != "string":
                raise fail(start)
            pending[-1] = (_json_string(token, start, fail), start)
            expect = "colon"
            continue
        elif expect != "value" or (root is not None and not stack):
            raise fail(start)
        elif kind == "punct":
            if len(stack) >= MAX_DEPTH:
                raise fail(start, f"nested deeper than {MAX_DEPTH}")
            container = Node("map" if token == "{" else "list", start)
            if not stack:
                root = container
            _attach(stack, pending, container)
            stack.append(container)
            pending.append(None)
            expect = "key" if token == "{" else "value"
            continue
        elif kind == "string":
            node = Node("string", start, _json_string(token, start, fail), quoted=True)
        elif token in ("true", "false", "null"):
            node = Node("null" if token == "null" else "boolean", start, token)
        else:
            node = Node("number", start, token)
        count += 1
        if count > MAX_NODES:
            raise fail(start, f"more than {MAX_NODES} values")
        if kind != "punct":
            if not stack:
                root = node
            _attach(stack, pending, node)
        expect = "comma"
    if root is None or stack:
        raise fail(len(text), "not valid JSON: the text ends too early")
    return Document(path, text, root, lines)


def _json_string(token: str, start: int, fail: Any) -> str:
    import json

    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        raise fail(start) from None


def _attach(stack: list[Node], pending: list[tuple[str, int] | None], node: Node) -> None:
    if not stack:
        return
    parent = stack[-1]
    if parent.kind == "list":
        parent.items.append(node)
        return
    entry = pending[-1]
    if entry is not None:
        key, key_position = entry
        if key in parent.map:
            parent.duplicates.append(key)
        parent.map[key] = node
        node.key_position = key_position
        pending[-1] = None


# --- TOML -----------------------------------------------------------------------------------------------------------------

_TOML_POSITION = late.pattern(r"\(at line (\d+), column (\d+)\)")
_TOML_BLANK = late.pattern(r"[ \t\r\n\ufeff]*(?:#[^\n]*[ \t\r\n]*)*")
_TOML_STRING = late.pattern(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}|' + r"'''(?:[^']|'{1,2}(?!'))*'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'", re.DOTALL
)
_TOML_WORD = late.pattern(r"[^\s,\]}#=.\[{]+")
_TOML_PLAIN = late.pattern(r"[^,\]}\r\n#]+")

# The 0-based positions of a key and of its value, by the path of keys and list indices.
_Places = dict[tuple[str, ...], tuple[int, int]]


def toml_document(path: str, text: str) -> Document:
    """A TOML text. Values come from tomli, positions from a scan of the text that tomli found valid.

    Raises Unreadable with line and column for a syntax error, and for a text deeper than the limit.
    """
    import tomli

    lines = Lines(text)
    try:
        data = tomli.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, or a number of thousands of digits
        found = _TOML_POSITION.search(str(error))
        raise Unreadable("not valid TOML", int(found[1]) if found else None, int(found[2]) if found else None) from None
    return Document(path, text, _toml_node(data, (), _TomlScan(text).places(), (0, 0)), lines)


def _toml_node(data: Any, path: tuple[str, ...], places: _Places, fallback: tuple[int, int]) -> Node:
    if len(path) > MAX_DEPTH:
        raise Unreadable(f"nested deeper than {MAX_DEPTH}")
    place = places.get(path, fallback)
    key_position, position = place
    if isinstance(data, dict):
        node = Node("map", position, key_position=key_position)
        for key, value in data.items():
            node.map[key] = _toml_node(value, (*path, key), places, place)
        return node
    if isinstance(data, list):
        node = Node("list", position, key_position=key_position)
        for index, value in enumerate(data):
            node.items.append(_toml_node(value, (*path, str(index)), places, place))
        return node
    if isinstance(data, bool):
        return Node("boolean", position, "true" if data else "false", key_position=key_position)
    if isinstance(data, (int, float)):
        return Node("number", position, str(data), key_position=key_position)
    return Node("string", position, str(data), quoted=True, key_position=key_position)


class _TomlScan:
    """Where every key and value of a valid TOML text stands. In one pass; a text that is not TOML after all ends the scan early."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.found: _Places = {}
        self.arrays: dict[tuple[str, ...], int] = {}

    def places(self) -> _Places:
        table: tuple[str, ...] = ()
        while self._skip() and self.position < len(self.text):
            start = self.position
            if self.text[start] == "[":
                table = self._header(start)
            elif not self._pair(table):
                break
            if self.position == start:
                break
        return self.found

    def _skip(self) -> bool:
        """Passes blanks and comments; always True."""
        match = _TOML_BLANK.match(self.text, self.position)
        self.position = match.end() if match else self.position
        return True

    def _header(self, start: int) -> tuple[str, ...]:
        many = self.text.startswith("[[", start)
        self.position = start + (2 if many else 1)
        key = self._key()
        self._skip()
        while self.text.startswith("]", self.position):
            self.position += 1
        table: tuple[str, ...] = ()
        for part in key[:-1]:
            table = (*table, part)
            if table in self.arrays:
                table = (*table, str(self.arrays[table]))
        table = (*table, *key[-1:])
        if many:
            self.arrays[table] = self.arrays.get(table, -1) + 1
            self.found.setdefault(table, (start, start))
            table = (*table, str(self.arrays[table]))
        self._note(table, start, start)
        return table

    def _note(self, path: tuple[str, ...], key_position: int, position: int) -> None:
        self.found.setdefault(path, (key_position, position))

    def _key(self) -> tuple[str, ...]:
        """A dotted key; the scan stands behind it afterwards."""
        parts: list[str] = []
        while True:
            self._skip()
            match = _TOML_STRING.match(self.text, self.position) or _TOML_WORD.match(self.text, self.position)
            if match is None:
                break
            self.position = match.end()
            parts.append(_toml_key(match[0]))
            if len(parts) > MAX_DEPTH:
                raise Unreadable(f"nested deeper than {MAX_DEPTH}")
            self._skip()
            if not self.text.startswith(".", self.position):
                break
            self.position += 1
        return tuple(parts)

    def _pair(self, table: tuple[str, ...]) -> bool:
        start = self.position
        key = self._key()
        if not key or not self.text.startswith("=", self.position):
            return False
        self.position += 1
        self._skip()
        for length in range(1, len(key)):
            self._note((*table, *key[:length]), start, start)
        path = (*table, *key)
        self._note(path, start, self.position)
        self._value(path)
        return True

    def _value(self, path: tuple[str, ...]) -> None:
        if len(path) > MAX_DEPTH:
            raise Unreadable(f"nested deeper than {MAX_DEPTH}")
        opened = self.text[self.position : self.position + 1]
        if opened in ("[", "{") and opened:
            self.position += 1
            index = 0
            while self._skip() and self.position < len(self.text):
                here = self.text[self.position]
                if here == ",":
                    self.position += 1
                elif here in "]}":
                    self.position += 1
                    return
                elif opened == "[":
                    item = (*path, str(index))
                    index += 1
                    start = self.position
                    self._note(item, start, start)
                    self._value(item)
                    if self.position == start:
                        return
                elif not self._pair(path):
                    return
        else:
            match = _TOML_STRING.match(self.text, self.position) or _TOML_PLAIN.match(self.text, self.position)
            self.position = match.end() if match else self.position


def _toml_key(written: str) -> str:
    import json

    if written[0] == "'":
        return written[1:-1]
    try:
        return str(json.loads(written)) if written[0] == '"' else written
    except ValueError:  # an escape of TOML that JSON lacks (`\U0001F600`): only its position is lost
        return written[1:-1]
