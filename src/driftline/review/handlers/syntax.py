"""The syntax trees of handlers in JavaScript and TypeScript: questions beyond those that every reader of code asks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from driftline.code.syntax import text

if TYPE_CHECKING:
    from tree_sitter import Node

FUNCTIONS = frozenset(("arrow_function", "function_expression", "function_declaration", "function", "method_definition"))
WRAPPERS = frozenset(("await_expression", "parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression"))


def walk(node: Node) -> Iterator[Node]:
    """Every node below, in the order of the text: declarations come before their uses."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += reversed(current.named_children)


def bare(node: Node) -> Node:
    """An expression without `await`, brackets and what types say."""
    while node.type in WRAPPERS and node.named_children:
        node = node.named_children[0]
    return node


def chain(node: Node | None) -> str:
    """The text of a chain of members and calls without blanks, `?` and `!`, as far as the bracket of its last call."""
    if node is None:
        return ""
    written = text(node.child_by_field_name("function")) + "(" if node.type == "call_expression" else text(node)
    if len(written) > 2000:
        written = written[:2000]
    return re.sub(r"\?\.", ".", re.sub(r"[\s!]|<[^<>()]{0,80}>(?=\()", "", written))


def method(call: Node) -> str:
    """The last part of what is called: `create` of `prisma.order.create(...)`."""
    callee = call.child_by_field_name("function")
    return "" if callee is None else text(callee.child_by_field_name("property")) if callee.type == "member_expression" else text(callee)


def arguments(call: Node) -> list[Node]:
    """The arguments of a call; the template of a tagged one is its only argument."""
    given = call.child_by_field_name("arguments")
    return [given] if given is not None and given.type == "template_string" else children(call, "arguments")


def value_of(node: Node, name: str) -> Node | None:
    """The value of an object's property, a method included."""
    for entry in node.named_children:
        if entry.type == "pair" and text(entry.child_by_field_name("key")).strip("\"'`") == name:
            return entry.child_by_field_name("value")
        if entry.type == "method_definition" and text(entry.child_by_field_name("name")) == name:
            return entry
    return None


def children(node: Node, field: str) -> list[Node]:
    """What stands in a field of a node, without comments; nothing where it has no such field."""
    found = node.child_by_field_name(field)
    return [] if found is None else [child for child in found.named_children if child.type != "comment"]


def parameters(function: Node) -> list[Node]:
    """The patterns of a function's parameters."""
    single = function.child_by_field_name("parameter")
    listed = [single] if single is not None else children(function, "parameters")
    return [
        (one.child_by_field_name("pattern") or one.child_by_field_name("left") or one)
        if one.type not in ("identifier", "object_pattern")
        else one
        for one in listed
    ]


def entries(pattern: Node) -> list[tuple[str, str]]:
    """(local name, key) of an object pattern; the key is "" for the rest of it."""
    found = []
    for entry in pattern.named_children:
        if entry.type == "shorthand_property_identifier_pattern":
            found.append((text(entry), text(entry)))
        elif entry.type == "object_assignment_pattern":
            name = text(entry.child_by_field_name("left"))
            found.append((name, name))
        elif entry.type == "pair_pattern":
            value = entry.child_by_field_name("value")
            if value is not None and value.type == "assignment_pattern":
                value = value.child_by_field_name("left")
            if value is not None and value.type == "identifier":
                found.append((text(value), text(entry.child_by_field_name("key")).strip("\"'")))
            elif value is not None and value.type == "object_pattern":
                outer = text(entry.child_by_field_name("key"))
                found += [(local, f"{outer}Id" if key == "id" else key) for local, key in entries(value)]
        elif entry.type == "rest_pattern" and entry.named_children:
            found.append((text(entry.named_children[0]), ""))
    return found


def names(target: Node) -> list[Node]:
    """The identifiers that a pattern binds."""
    return [node for node in walk(target) if node.type in ("identifier", "shorthand_property_identifier_pattern")]


def decorators(node: Node) -> list[Node]:
    found = [child for child in node.named_children if child.type == "decorator"]
    if node.parent is not None and node.parent.type == "export_statement":
        found += [child for child in node.parent.named_children if child.type == "decorator"]
    return found


def name_of(node: Node) -> str:
    """The name of a function, or of what it is assigned to."""
    name = node.child_by_field_name("name")
    if name is not None:
        return text(name)
    parent = node.parent
    while parent is not None and parent.type in ("arguments", "call_expression", *WRAPPERS):
        parent = parent.parent
    if parent is not None and parent.type in ("variable_declarator", "assignment_expression", "pair"):
        target = parent.child_by_field_name("name") or parent.child_by_field_name("left") or parent.child_by_field_name("key")
        return text(target).rpartition(".")[2]
    return ""


def without(nodes: Iterable[Node], content: bytes) -> bytes:
    """A file with some of its nodes blanked out."""
    blank = bytearray(content)
    for node in nodes:
        blank[node.start_byte : node.end_byte] = re.sub(rb"[^\n\r]", b" ", content[node.start_byte : node.end_byte])
    return bytes(blank)


def column(entry: Node) -> str:
    """What an entry of an object sets."""
    return text(entry.child_by_field_name("key") if entry.type == "pair" else entry).strip("\"'`")
