"""What stands in code instead of an absent variable: whether it is used in a deployed app, or in one mode, one place or one list only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from driftline import late
from driftline.code import _addresses, syntax
from driftline.knowledge import callbacks
from driftline.model import Side

if TYPE_CHECKING:
    from tree_sitter import Node

# `headers.get("origin") || process.env.SITE_URL || "http://..."`: a browser says where it is.
_ASKS_REQUEST = late.pattern(
    r"""headers?(?:\(\))?\)?\s{0,20}(?:\.get\(\s{0,20}["'`]origin|\.origin\b)|[hH]eaders\w{0,40}\.get\(\s{0,20}["'`]origin"""
)


def fallback_role(node: Node, code: bytes, side: Side) -> str:
    """`fallback`, or why it is none that a deployed app's callbacks use: one mode's only, or an entry of a list of allowed origins.

    In browser code what stands beside `window` in a condition is for the server's first rendering, before anybody can click.
    """
    if only_in_development(node, code):
        return "fallback in one mode"
    current: Node | None = node
    for _ in range(6):
        current = current.parent if current is not None else None
        if current is None:
            break
        if current.type == "ternary_expression" and side is Side.CLIENT:
            condition = current.child_by_field_name("condition")
            if condition is not None and re.search(r"\bwindow\b", syntax.beginning(condition, code)):
                return "fallback before the browser"
        if current.type == "binary_expression" and _ASKS_REQUEST.search(syntax.beginning(current, code)):
            return "fallback behind the request's own origin"
        if current.type in ("pair", "variable_declarator"):
            named = current.child_by_field_name("key") or current.child_by_field_name("name")
            if re.fullmatch(r"\{\s*host(?:name)?\s*\}", syntax.text(named)):
                return "fallback of which the host alone is taken"
            if current.type == "pair" and callbacks.is_spared(syntax.text(named)):
                return "fallback in one mode"  # `DEV_API_URL: z.string().default(...)`
            return (
                "fallback in a list of origins"
                if re.search(r"cors|allow|trusted|origins\b|whitelist", syntax.text(named), re.IGNORECASE)
                else "fallback"
            )
        if current.type.endswith("statement"):
            break
    return "fallback"


def only_in_development(node: Node, code: bytes) -> bool:
    """Whether something around a text decides that it is used in one mode only: a branch, an early return, or a name of the mode."""
    for _ in range(60):
        parent = node.parent
        if parent is None:
            return False
        if parent.type in ("if_statement", "ternary_expression", "switch_case", "switch_statement"):
            condition = parent.child_by_field_name("condition") or parent.child_by_field_name("value")
            if condition is not None and condition != node and _addresses.DEVELOPMENT.search(syntax.beginning(condition, code)):
                return True
        elif parent.type == "binary_expression" and parent.child_by_field_name("right") == node:
            left = parent.child_by_field_name("left")
            guarded = left is not None and syntax.text(parent.child_by_field_name("operator")) == "&&"
            if guarded and left is not None and _addresses.DEVELOPMENT.search(syntax.beginning(left, code)):
                return True
        elif parent.type == "pair":
            if (syntax.string(parent.child_by_field_name("key")) or syntax.text(parent.child_by_field_name("key"))) in _addresses.MODES:
                return True
        elif parent.type in ("variable_declarator", *syntax.FUNCTIONS):
            if _addresses.NAMED_MODE.search(syntax.text(parent.child_by_field_name("name"))):
                return True
        elif parent.type == "assignment_expression":
            if _addresses.NAMED_MODE.search(syntax.text(parent.child_by_field_name("left"))):
                return True
        elif parent.type == "statement_block" and _returns_before(node, code):
            return True
        node = parent
    return False


def _returns_before(statement: Node, code: bytes) -> bool:
    """Whether one of the statements right before asks for a mode and leaves the function in it."""
    before = statement.prev_named_sibling
    for _ in range(6):
        if before is None:
            return False
        condition = before.child_by_field_name("condition") if before.type == "if_statement" else None
        if (
            condition is not None
            and _addresses.DEVELOPMENT.search(syntax.beginning(condition, code))
            and re.search(r"\breturn\b", syntax.beginning(before, code))
        ):
            return True
        before = before.prev_named_sibling
    return False


def asks_for_absence(comparison: Node) -> bool:
    """Whether a comparison asks whether something is there: with undefined, null or an empty text."""
    sides = (comparison.child_by_field_name("left"), comparison.child_by_field_name("right"))
    return any(syntax.text(side) in ("undefined", "null", "''", '""', "``", "'undefined'", '"undefined"') for side in sides)
