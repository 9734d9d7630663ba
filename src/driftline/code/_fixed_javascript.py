"""Addresses that JavaScript and TypeScript fix in code: where a text stands in the syntax tree, and through which constant it is used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from driftline import late
from driftline.code import Place, _addresses, _claims, _stand_ins, syntax
from driftline.code._addresses import MAX_CANDIDATES, Spot
from driftline.knowledge import platform
from driftline.model import Claim, Literal, Location, Secret, Side

if TYPE_CHECKING:
    from tree_sitter import Node

# How often a constant is followed to the key that takes its text, and through how many others.
_MOST_USES = 50
_HOPS = 2
_UPPER = late.pattern(r"[A-Z][A-Z0-9_]*\Z")
# Methods and functions that look at a text instead of using it as an address.
_LOOKS = late.pattern(
    r"(?:^|\.)(?:includes|startsWith|endsWith|indexOf|match|test|replace|replaceAll|split|has|add|describe|it|expect|toBe|toEqual|Set|RegExp|log|info|warn|error|debug|z\.enum|enum|t)$"
)


def literals(path: str, code: bytes, root: Node, place: Place, side: Side) -> Iterator[Literal]:
    """URLs and paths at keys and in calls that say what they are for, links in the text of mails, sandboxes, and links for test payments.

    `code` is the file with everything but its scripts blanked; locations are those of `place`, `side` is where it runs.
    """
    return _Reader(path, code, root, place, side).literals()


def claims(path: str, code: bytes, root: Node, place: Place, side: Side) -> Iterator[Claim]:
    """Keys, ids and addresses that say an account or a mode; the arguments are those of `literals`."""
    return _Reader(path, code, root, place, side).claims()


class _Reader:
    def __init__(self, path: str, code: bytes, root: Node, place: Place, side: Side) -> None:
        self.path = path
        self.side = side
        self.code = code
        self.root = root
        self.place = place

    def literals(self) -> Iterator[Literal]:
        seen: set[Location] = set()
        for literal in self._found():
            if literal.location not in seen:
                seen.add(literal.location)
                yield literal

    def _found(self) -> Iterator[Literal]:
        code = self.code
        for offset in islice(_addresses.offsets(code), MAX_CANDIDATES):
            node = self._text_at(offset)
            if node is not None and node.start_byte == offset:
                yield from self._fixed(node)
        for offset, link in islice(_addresses.links(code), MAX_CANDIDATES):
            node = self._text_at(offset)
            if node is not None and self._is_mail(node) and not _stand_ins.only_in_development(node, code):
                yield self._literal(link, offset, "mail link", syntax.callee(node))
        if not _addresses.LIVE_PAYMENT_LINK.search(code):
            for match in islice(_addresses.PAYMENT_LINK.finditer(code), MAX_CANDIDATES):
                node = self._text_at(match.start())
                if node is not None and not _stand_ins.only_in_development(node, code):
                    yield self._literal(match[0].decode(), match.start(), "payment link", syntax.callee(node))
        for match in islice(_addresses.REPLACED.finditer(code), MAX_CANDIDATES):
            node = self._text_at(match.start(1))
            if node is not None:
                yield self._literal("https://project" + match[1].decode(), match.start(1), "replaced host", syntax.callee(node))
        for offset, sandbox in islice(_addresses.switches(code), MAX_CANDIDATES):
            node = self.root.descendant_for_byte_range(offset, offset + 1)
            if node is not None and not _is_remark(node) and not _is_chosen(node, code):
                yield self._literal("", node.start_byte, f"sandbox of {sandbox.provider}", syntax.callee(node))

    def claims(self) -> Iterator[Claim]:
        for offset in _claims.quotes(self.code):
            node = self._text_at(offset)
            text = syntax.string(node) if node is not None and node.start_byte == offset else None
            identity = _claims.identity_of(text) if text is not None else None
            if (
                node is None
                or identity is None
                or not _is_used(node)
                or (identity.slot == "url" and node.parent is not None and node.parent.type == "array" and not _is_alone(node.parent))
                or _stands_in_for_variable(node)
                or _stand_ins.only_in_development(node, self.code)
            ):
                continue
            yield Claim(identity, self.place.at(offset), call=syntax.callee(node) or None)

    def _fixed(self, node: Node) -> Iterator[Literal]:
        """A text at a key or in a call that says what it is for, or in a constant that such a key takes it from."""
        spot = _spot(node)
        if (
            spot is None
            or _is_given_where_missing(node)
            or _stand_ins.only_in_development(node, self.code)
            or ("nuxt.config" in self.path and _is_within(node, "runtimeConfig"))
        ):
            return  # what the runtime config holds, a variable overrides
        text = syntax.text(node)[1:-1]
        role = _addresses.role_at(spot, text, self.code)
        if role is None and spot.key == "url" and spot.outer == "server" and "capacitor.config" in self.path:
            role = "server.url"  # the page that a store build opens
        if role is not None:
            yield self._literal(text, node.start_byte, role, spot.call)
        is_constant = not spot.call and not _is_chosen(node, self.code)
        if (role is None or not _addresses.is_given(role)) and is_constant and _addresses.is_suspect(text):
            used = self._used(spot.key, _HOPS)
            if used is not None:
                yield self._literal(text, node.start_byte, *used)
        if role is None and self._is_mail(node):
            yield self._literal(text, node.start_byte, "mail link", spot.call)

    def _used(self, name: str, hops: int) -> tuple[str, str] | None:
        """(role, call) of the first key or call that takes its address from a constant, `${NAME}/path` and `NAME + "/path"` included."""
        if not re.fullmatch(r"[A-Za-z_$][\w$]*", name):
            return None
        word = re.escape(name.encode())
        if len(re.findall(rb"(?<![\w$.])" + word + rb"\s*(?::\s*string\s*)?=(?![=>])", self.code)) > 1:
            return None  # chosen among several
        for match in islice(re.finditer(rb"(?<![\w$.])" + word + rb"(?![\w$])(?!\s*(?:=(?!=)|:|\())", self.code), _MOST_USES):
            node = self.root.descendant_for_byte_range(match.start(), match.end())
            if node is None or node.type != "identifier" or _stand_ins.only_in_development(node, self.code):
                continue
            holder = node
            if node.parent is not None and node.parent.type == "template_substitution" and node.parent.parent is not None:
                holder = node.parent.parent
                begins = self.code[holder.start_byte + 1 : node.parent.start_byte].strip() == b""
                if not begins:
                    if self._is_mail(holder):
                        return "mail link", syntax.callee(holder)
                    continue
            spot = _spot(holder)
            if spot is None:
                continue
            found = _addresses.role_where_taken(name, spot, hops, self._used)
            if found is not None:
                return found
        return None

    def _is_mail(self, node: Node) -> bool:
        spot = _spot(node)
        if spot is None:
            return False
        if spot.key == "href" and not spot.call and re.search(rb"react-email", self.code) is None:
            return False  # a link of a page
        return _addresses.is_mail_text(self.path, spot, syntax.text(node), self.code)

    def _text_at(self, offset: int) -> Node | None:
        """The string or template that holds a byte, None inside a comment."""
        node = self.root.descendant_for_byte_range(offset, offset + 1)
        while node is not None and node.type not in ("string", "template_string"):
            if node.type in ("comment", "html_comment", "regex") or node.type.endswith(("statement", "declaration")):
                return None
            node = node.parent
        return node

    def _literal(self, text: str, offset: int, role: str, call: str) -> Literal:
        return Literal(Secret(text), self.place.at(offset), role, call or None, side=self.side)


def _spot(text: Node) -> Spot | None:
    """Where a text stands, as far as its own expression goes: what is put together behind it by `+`, the only element of a list and the body of
    an arrow function stand where the whole stands. None where it is compared, tested, listed or a default."""
    node, parent = text, text.parent
    while parent is not None and (
        parent.type in (*syntax.WRAPPERS, "jsx_expression") or _is_start_of_sum(parent, node) or _is_alone(parent)
    ):
        node, parent = parent, parent.parent
    if parent is None:
        return None
    if parent.type == "pair" and parent.child_by_field_name("value") == node:
        key = _key(parent)
        # A map of variables is handed to something else.
        return None if _UPPER.match(key) else Spot(key, _outer(parent), syntax.callee(parent))
    if parent.type == "jsx_attribute":
        return Spot(syntax.text(parent.named_children[0]))
    if parent.type in ("variable_declarator", "public_field_definition", "field_definition"):
        return Spot(syntax.text(parent.child_by_field_name("name") or parent.child_by_field_name("property")))
    if parent.type == "assignment_expression" and parent.child_by_field_name("right") == node:
        return Spot(re.sub(r".*[.\s]|[\"'\]]", "", syntax.text(parent.child_by_field_name("left"))[-200:]))
    if parent.type == "arguments":
        call = syntax.callee(parent)
        return None if _LOOKS.search(call) or _is_default(parent, node) else Spot("", "", call, is_argument=True)
    if parent.type == "return_statement" or (parent.type == "arrow_function" and parent.child_by_field_name("body") == node):
        return Spot("")
    return None


# Keys and attributes whose text is shown, not used.
_SHOWN = frozenset(("placeholder", "title", "alt", "label", "description", "example", "pattern", "aria-label", "helperText", "content"))


def _is_used(text: Node) -> bool:
    """Whether a text is handed on as a value: no fallback, nothing to compare with, no label of a field or a page."""
    node, parent = text, text.parent
    while parent is not None and parent.type in (*syntax.WRAPPERS, "jsx_expression"):
        node, parent = parent, parent.parent
    if parent is None or parent.type in ("binary_expression", "augmented_assignment_expression", "assignment_pattern"):
        return False
    if parent.type == "jsx_attribute":
        return syntax.text(parent.named_children[0]) not in _SHOWN
    if parent.type == "pair":
        return _key(parent) not in _SHOWN
    if parent.type == "arguments":
        call = syntax.callee(parent)
        return not (_LOOKS.search(call) or call.endswith(".default") or _is_default(parent, node))
    return node.type != "jsx_text"


def _key(pair: Node) -> str:
    key = pair.child_by_field_name("key")
    return syntax.string(key) or syntax.text(key)


def _outer(node: Node) -> str:
    """The key whose object or call holds a pair: `back_urls` of `back_urls: { success: "..." }`; "" without one."""
    current = node.parent
    for _ in range(4):
        if current is None or current.type not in ("object", "array", "pair", *syntax.WRAPPERS):
            return ""
        if current.type == "pair":
            key = _key(current)
            return "" if _UPPER.match(key) else key
        current = current.parent
    return ""


def _is_default(arguments: Node, node: Node) -> bool:
    """Whether an argument stands behind the name of a variable: `env("PAYPAL_API", "https://...")`."""
    first = arguments.named_children[0] if arguments.named_children else None
    return first is not None and first != node and _UPPER.match(syntax.string(first) or "") is not None


def _is_within(node: Node, key: str) -> bool:
    current: Node | None = node
    while current is not None:
        if current.type == "pair" and _key(current) == key:
            return True
        current = current.parent
    return False


def _is_start_of_sum(parent: Node, node: Node) -> bool:
    return (
        parent.type == "binary_expression"
        and parent.child_by_field_name("left") == node
        and syntax.text(parent.child_by_field_name("operator")) == "+"
    )


def _is_alone(parent: Node) -> bool:
    """Whether a list has this one element: `redirectSignIn: ["..."]`; one of several is a choice."""
    return parent.type == "array" and parent.named_child_count == 1


def _is_remark(node: Node) -> bool:
    current: Node | None = node
    while current is not None and not current.type.endswith(("statement", "declaration")):
        if current.type in ("comment", "html_comment", "string", "template_string", "jsx_text"):
            return current.type.endswith("comment") or current.type == "jsx_text"
        current = current.parent
    return False


def _is_given_where_missing(text: Node) -> bool:
    """Whether a text is assigned to a name below a condition that asks for the name: `if (!url) { ... url = "http://..." }`."""
    if text.parent is None or text.parent.type != "assignment_expression":
        return False
    name = syntax.text(text.parent.child_by_field_name("left"))
    current = text.parent.parent
    while current is not None and not current.type.endswith(
        ("function", "function_declaration", "function_expression", "method_definition")
    ):
        if current.type == "if_statement" and re.search(
            rf"(?<![\w$.]){re.escape(name)}(?![\w$])", syntax.text(current.child_by_field_name("condition"))
        ):
            return True
        current = current.parent
    return False


def _is_chosen(node: Node, code: bytes) -> bool:
    """Whether something around decides: a condition of any kind, or a name that says which mode this is."""
    current: Node | None = node
    while current is not None:
        if current.type in ("if_statement", "ternary_expression", "switch_statement", "switch_case", "enum_declaration", "object_type"):
            return True
        if current.type == "binary_expression" and re.search(r"\|\||\?\?|&&|[=!]==?", syntax.text(current.child_by_field_name("operator"))):
            return True
        current = current.parent
    return _stand_ins.only_in_development(node, code)


def _stands_in_for_variable(node: Node) -> bool:
    """Whether a text stands at a variable's name in a table: the variable has another value where it is set."""
    return node.parent is not None and node.parent.type == "pair" and _key(node.parent).startswith(platform.public_prefixes())
