"""The syntax trees of JavaScript and TypeScript by tree-sitter, and the questions that every reader of them asks of a node."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import TYPE_CHECKING, Any

from driftline import late
from driftline.model import Unreadable

if TYPE_CHECKING:
    from tree_sitter import Node

# What stands around an expression without changing its value.
WRAPPERS = frozenset(("parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression"))
FUNCTIONS = frozenset(
    ("function_declaration", "function_expression", "arrow_function", "method_definition", "function", "generator_function_declaration")
)

_SCRIPT = late.pattern(rb"<script\b[^>]{0,1000}>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_FENCE = late.pattern(rb"\A\s*---[ \t]*\r?\n(.*?)\r?\n---", re.DOTALL)
# The parser asks after every hundred steps. In 2,500 files of public projects it asked at most once in 37 bytes.
_LEAST = 1000
# The parser copies a whole piece for every node whose text is asked for, however short it is (64 kB: 23 µs, 1 kB: 3 µs); parsing takes as long.
_PIECE = 1024


@cache
def _parser(kind: str) -> Any:
    from tree_sitter import Language, Parser

    if kind == "javascript":
        return Parser(Language(_binding("tree_sitter_javascript").language()))
    typescript = _binding("tree_sitter_typescript")
    return Parser(Language(typescript.language_tsx() if kind == "tsx" else typescript.language_typescript()))


def _binding(package: str) -> Any:
    """The extension module of a grammar's package.

    The package itself imports importlib.resources for its queries, which nobody here asks for: 8 ms, as much as parsing a small project.
    """
    folders = PathFinder.find_spec(package)
    spec = folders and PathFinder.find_spec(f"{package}._binding", folders.submodule_search_locations)
    if spec is None or spec.loader is None:  # installed in another way than as files
        return importlib.import_module(package)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def parse(path: str, code: bytes) -> Node:
    """The syntax tree of a JavaScript or TypeScript file, with errors inside where it is broken; the grammar goes by the extension.

    Raises Unreadable where the parser does not come to an end: on some broken texts of a few bytes it never would (tree-sitter-typescript
    0.23.2: `g={l:g={l:RL M.N]`).
    """
    extension = path.rpartition(".")[2]
    kind = "javascript" if extension in ("js", "jsx", "mjs", "cjs") else "typescript" if extension in ("ts", "mts", "cts") else "tsx"
    parser = _parser(kind)
    left = _LEAST + len(code) // 4

    def stop(*_state: object) -> bool:
        nonlocal left
        left -= 1
        return left < 0

    try:
        # In pieces: only then the parser asks whether it is to stop.
        root: Node = parser.parse(lambda offset, _point: code[offset : offset + _PIECE], progress_callback=stop).root_node
    except ValueError:
        parser.reset()
        raise Unreadable("its syntax is broken so that the parser does not come to an end") from None
    return root


def scripts(path: str, content: bytes) -> bytes:
    """The script parts of a component file at their own places; everything else is blanked out."""
    spans = [match.span(1) for match in _SCRIPT.finditer(content)]
    if path.endswith(".astro") and (fence := _FENCE.match(content)):
        spans.insert(0, fence.span(1))
    blank = bytearray(re.sub(rb"[^\n\r]", b" ", content))
    for start, end in spans:
        blank[start:end] = content[start:end]
    return bytes(blank)


def text(node: Node | None) -> str:
    """The source text of a node, "" for none."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def string(node: Node | None) -> str | None:
    """The text of a string literal or of a template without substitutions."""
    if node is None:
        return None
    if node.type == "string" or (node.type == "template_string" and not any(c.type == "template_substitution" for c in node.children)):
        return text(node)[1:-1]
    return None


def beginning(node: Node | None, code: bytes) -> str:
    """The first characters of a node's text, "" for none: enough for a condition and two short branches, and bounded where thousands are nested."""
    return code[node.start_byte : min(node.end_byte, node.start_byte + 600)].decode("utf-8", "replace") if node is not None else ""


def is_code(node: Node) -> bool:
    """Whether a node is neither comment nor string: what a pattern matched there is meant as code."""
    current: Node | None = node
    while current is not None and current.type not in ("template_substitution", "jsx_expression"):
        if current.type in ("comment", "string", "template_string", "string_fragment", "regex", "jsx_text", "html_comment"):
            return False
        if current.type.endswith(("statement", "declaration")):
            return True
        current = current.parent
    return True


def key_of(node: Node) -> str:
    """The key, attribute or constant whose value a node is part of, within one expression; "" without one."""
    current: Node | None = node
    while current is not None and not current.type.endswith(("statement", "_function", "declaration")):
        if current.type == "pair":
            return string(current.child_by_field_name("key")) or text(current.child_by_field_name("key"))
        if current.type == "variable_declarator":
            return text(current.child_by_field_name("name"))
        if current.type == "arguments":
            return ""
        current = current.parent
    return ""


def callee(node: Node) -> str:
    """The function or class whose arguments a node belongs to, with its dots; "" where it is no argument."""
    current: Node | None = node
    while (
        current is not None
        and not current.type.endswith(("statement", "declaration", "_function"))
        and current.type != "function_expression"
    ):
        if current.type in ("call_expression", "new_expression"):
            called = text(current.child_by_field_name("function") or current.child_by_field_name("constructor"))
            return re.sub(r"\s", "", called)[-100:]
        current = current.parent
    return ""


def before_in_template(node: Node) -> str:
    """The text of a template literal right before the substitution that a node is the whole of, "" outside templates."""
    while node.parent is not None and node.parent.type in (*WRAPPERS, "binary_expression"):
        node = node.parent
    part = node.parent
    if part is None or part.type != "template_substitution":
        return ""
    before = part.prev_sibling
    return text(before) if before is not None and before.type in ("string_fragment", "template_chars") else ""


def is_optional_chain(member: Node) -> bool:
    """Whether a member is read by `?.`."""
    return any(child.type in ("optional_chain", "?.") for child in member.children)


def arguments(call: Node) -> list[Node]:
    """The arguments of a call or of `new`, without comments."""
    given = call.child_by_field_name("arguments")
    return [child for child in given.named_children if child.type != "comment"] if given is not None else []


def pairs(node: Node) -> Iterator[tuple[str, Node]]:
    """Key and value of an object literal's plain entries; of `{ name }` the name is both."""
    if node.type != "object":
        return
    for entry in node.named_children:
        if entry.type == "pair":
            key, value = entry.child_by_field_name("key"), entry.child_by_field_name("value")
            if value is not None:
                yield string(key) or text(key), value
        elif entry.type == "shorthand_property_identifier":
            yield text(entry), entry


def parameter(node: Node) -> str:
    """The name of a parameter, whether typed, defaulted or plain."""
    pattern = node.child_by_field_name("pattern") or node.child_by_field_name("left") or node
    return text(pattern)
