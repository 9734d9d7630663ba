"""How code uses what a platform says of its own address: with a scheme before it or without, as the base of callbacks, as a truth."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from driftline.code import _needs, syntax
from driftline.knowledge import callbacks

if TYPE_CHECKING:
    from tree_sitter import Node

    from driftline.code._script import Script


def of(name: str, node: Node, script: Script) -> str:
    """How a value is used as an address: `Reference.manner`, and "host" for any variable that code puts behind a scheme."""
    before = syntax.before_in_template(node)
    if before.endswith("://"):
        platform = callbacks.platform_url(name)
        if platform is None or platform.scheme:
            return "host"
        key = syntax.key_of(node)
        if platform.of in ("deployment", "branch") and _calls_back(key, script.path) and not _chooses(node):
            return "origin"
        return "host" if _is_guarded(name, node, script.content) else "unguarded"
    if callbacks.platform_flag(name) is not None:
        return "truth" if _is_tested_for_truth(node) else ""
    platform = callbacks.platform_url(name)
    if platform is None:
        return ""
    if not platform.scheme and _is_whole_url(node, before, script):
        return "bare"
    if platform.scheme and platform.of == "deployment" and _calls_back(syntax.key_of(node), script.path) and not _chooses(node):
        return "origin" if _needs.chain(node)[:1] in ([], [name]) else ""  # behind another variable it is the last resort
    return ""


def _is_guarded(name: str, node: Node, code: bytes) -> bool:
    """Whether the code looks whether the platform's variable is there: anywhere before, in this file, or around the template."""
    if code.count(name.encode()) > 1 or (node.parent is not None and node.parent.type == "binary_expression"):
        return True
    for _ in range(30):
        parent = node.parent
        if parent is None:
            return False
        if parent.type in ("if_statement", "ternary_expression", "switch_statement", "binary_expression", "switch_case"):
            condition = parent.child_by_field_name("condition") or parent.child_by_field_name("left") or parent.child_by_field_name("value")
            if (
                condition is not None
                and condition != node
                and re.search(r"VERCEL|RAILWAY|RENDER|REPL|HEROKU|NODE_ENV|isProd|production", syntax.text(condition))
            ):
                return True
        node = parent
    return False


def _calls_back(key: str, path: str) -> bool:
    """Whether the value of a key is handed to somebody outside: a callback's argument, or any address in the code of mails."""
    role = callbacks.role_of_argument(key)
    if role is None or role in (callbacks.Role.SITE, callbacks.Role.API):
        return re.search(r"(?:^|/)e?mails?/", path) is not None and re.search(r"ur[il]$", key, re.IGNORECASE) is not None
    return True


def _chooses(node: Node) -> bool:
    """Whether the code around prefers an address of its own, or asks which environment it runs in."""
    for _ in range(12):
        parent = node.parent
        if parent is None or parent.type.endswith(("statement", "declaration")):
            break
        node = parent
    return (
        re.search(r"VERCEL_ENV|VERCEL_TARGET_ENV|PRODUCTION_URL|\bCONTEXT\b|(?:APP|SITE|BASE|WEB|AUTH)_URL|preview", syntax.text(node))
        is not None
    )


def _is_whole_url(node: Node, before: str, script: Script) -> bool:
    """Whether a host stands where a URL is needed: in `new URL()`, before a path, as the value of a callback."""
    if re.search(rb"https?://\$\{|startsWith\(\s*[\"'`]http|includes\(\s*[\"'`]http|[\"'`]https?://[\"'`]\s*\+", script.content):
        return False
    top = node
    while top.parent is not None and (
        top.parent.type in syntax.WRAPPERS
        or (top.parent.type == "binary_expression" and syntax.text(top.parent.child_by_field_name("operator")) in ("||", "??"))
    ):
        top = top.parent
    parent = top.parent
    if parent is None:
        return False
    if parent.type == "template_substitution":
        after = script.content[parent.end_byte : parent.end_byte + 1]
        return not before and after == b"/"
    if parent.type == "arguments" and parent.parent is not None and syntax.arguments(parent.parent)[:1] == [top]:
        callee = parent.parent.child_by_field_name("function") or parent.parent.child_by_field_name("constructor")
        return (parent.parent.type == "new_expression" and syntax.text(callee) == "URL") or syntax.text(callee) in (
            "fetch",
            "axios.get",
            "axios.post",
        )
    if parent.type == "arguments" and parent.parent is not None and parent.parent.type == "new_expression":
        return syntax.text(parent.parent.child_by_field_name("constructor")) == "URL"  # the base of a relative one
    key = syntax.key_of(node)
    # A framework's own settings are no place where code puts a scheme before it later.
    configured = ".config." in script.path and callbacks.role_of_argument(key) is callbacks.Role.SITE
    return _calls_back(key, script.path) or ((configured or key in ("baseURL", "metadataBase")) and parent.type == "pair")


def _is_tested_for_truth(node: Node) -> bool:
    """Whether a value is taken for a boolean: the condition itself, negated, or an operand of `&&`."""
    while node.parent is not None and node.parent.type == "parenthesized_expression":
        node = node.parent
    parent = node.parent
    if parent is None:
        return False
    if parent.type in ("if_statement", "ternary_expression", "while_statement"):
        return parent.child_by_field_name("condition") == node
    if parent.type == "unary_expression":
        return syntax.text(parent.child_by_field_name("operator")) == "!"
    if parent.type == "arguments":
        return parent.parent is not None and syntax.text(parent.parent.child_by_field_name("function")) == "Boolean"
    return parent.type == "binary_expression" and syntax.text(parent.child_by_field_name("operator")) == "&&"
