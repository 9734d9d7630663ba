"""Schemas of the environment, which say once what must be there: t3-env, envalid, zod and its kin, Joi, Astro, convict, JSON schema."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from driftline import late
from driftline.code import _needs, syntax
from driftline.code._script import is_usual
from driftline.model import Literal, Need, Secret, Side, Use

if TYPE_CHECKING:
    from tree_sitter import Node

    from driftline.code._script import Script

_CALL = late.pattern(rb"\b(createEnv|cleanEnv|(?:z|v|zod|yup|Joi|t|s)\s*\.\s*(?:object|strictObject|looseObject)|envField\.\w+)\s*\(")
_HANDED_OVER = late.pattern(
    rb"(?:[pP]arse|validate|validateSync|assert)\w{0,40}\(\s{0,99}(?:[\w$]{1,80}\s{0,20},\s{0,99})?(?:process\.env|import\.meta\.env|Bun\.env|Deno\.env)|[pP]arse\w{0,40}\(\s{0,99}\{\s{0,99}(?:\.\.\.process\.env|[A-Z][A-Z0-9_]*:\s*process\.env)"
)

# valibot and arktype take the data behind the schema: `v.parse(v.object({ ... }), process.env)`.
_BEHIND = late.pattern(rb"\}\s*\)\s*,\s*(?:process\.env|import\.meta\.env|Bun\.env)\s*[,)]")
_OPTIONAL = late.pattern(
    r"\.(?:optional|nullish|nullable|default|catch|prefault|allow)\(|\b(?:optional|nullish|fallback|default|devDefault)\s*[(:]"
)
_DESCRIBED = late.pattern(rb"\bdefault\s*:\s*([\"'`])https?://")
# `.default("...")` of zod and its kin, `default: "..."` of envalid, `v.optional(v.string(), "...")` of valibot.
_DEFAULT = late.pattern(
    rb"""(?:\.(?:default|prefault|catch)\(\s*(?:\(\)\s*=>\s*)?|\bdefault:\s*)(["'`])([^"'`\n]{0,2000})\1"""
    rb"""|\b(?:optional|nullish|fallback)\([^"'`\n]{0,200},\s*(["'`])([^"'`\n]{0,2000})\3"""
)
_TYPES = (
    (late.pattern(r"\.url\(|\burl\("), "url"),
    (late.pattern(r"\.email\(|\bemail\("), "email"),
    (late.pattern(r"\.(?:number|int|port|coerce\.number)\(|\b(?:num|port)\("), "number"),
    (late.pattern(r"\.(?:boolean|stringbool)\(|\bbool\("), "boolean"),
    (late.pattern(r"\.(?:enum|nativeEnum|picklist)\("), "enum"),
)


def add(script: Script) -> None:
    """Adds the variables that the schemas of a file name."""
    _add_called(script)
    _add_described(script)


def _add_called(script: Script) -> None:
    """Schemas that a call makes: t3-env, envalid, zod and its kin, Joi, Astro's `envField`."""
    for match in _CALL.finditer(script.code):
        node = script.call_around(match.start(), match.start() + 1)
        if node is None or not syntax.is_code(node):
            continue
        callee = "".join(match[1].decode().split())
        if callee == "createEnv":
            for argument in syntax.arguments(node)[:1]:
                for key, value in syntax.pairs(argument):
                    if key in ("server", "client", "shared") and value.type == "object":
                        side = Side.SERVER if key == "server" else Side.CLIENT if key == "client" else Side.UNKNOWN
                        _schema(script, value, "t3-env", side)
        elif callee == "cleanEnv":
            for argument in syntax.arguments(node)[1:2]:
                _schema(script, argument, "envalid", Side.SERVER)
        elif callee.endswith("object") and ("Joi" in callee or _is_handed_over(script.code)):
            for argument in syntax.arguments(node)[:1]:
                _schema(script, argument, callee.partition(".")[0], script.side)
        elif callee.startswith("envField"):
            pair = node.parent
            if pair is not None and pair.type == "pair":
                text = syntax.text(node)
                side = Side.CLIENT if re.search(r"context:\s*['\"]client", text) else Side.SERVER
                optional = re.search(r"optional:\s*true|default:", text)
                kind = callee.partition(".")[2] or None
                need = Need.OPTIONAL if optional else Need.REQUIRED
                script.add(
                    syntax.text(pair.child_by_field_name("key")), pair, need, "astro env schema", side=side, use=Use.SCHEMA, type=kind
                )


def _add_described(script: Script) -> None:
    """Settings described by an object each: `{ default: "...", env: "SITE_URL" }` of convict, the properties of @fastify/env's JSON schema."""
    code = script.code
    by_name = b"fastify/env" in code or b"env-schema" in code or b"fastify-env" in code
    if not (by_name or b"convict" in code):
        return
    for match in _DESCRIBED.finditer(code):
        node = script.node(match.start(1), match.start(1) + 1)
        while node is not None and node.type != "object":
            node = node.parent
        if node is None or node.parent is None:
            continue
        entries = dict(syntax.pairs(node))
        name = syntax.string(entries.get("env")) or (
            syntax.string(key := node.parent.child_by_field_name("key")) or syntax.text(key) if by_name else ""
        )
        if is_usual(name or ""):
            fallback = _needs.stand_in(entries.get("default"), script)
            script.add(name, node.parent, Need.OPTIONAL, "schema", fallback, side=Side.SERVER, use=Use.SCHEMA)


def _schema(script: Script, node: Node, how: str, side: Side) -> None:
    """The variables that the keys of an object name, each with what its entry asks for."""
    for key, entry in syntax.pairs(node):
        if not is_usual(key):
            continue
        value = _meant(entry, script.root)
        text = syntax.text(value)
        optional = _OPTIONAL.search(text) is not None
        if how == "Joi" and ".required()" not in text:
            optional = True
        default = _DEFAULT.search(value.text or b"")
        fallback = None
        if default is not None:
            said = default[2] if default[2] is not None else default[4]
            at = value.start_byte + (default.start(2) if default[2] is not None else default.start(4)) - 1
            fallback = Literal(Secret(said.decode("utf-8", "replace")), script.place.at(at), "fallback")
        kind = next((word for pattern, word in _TYPES if pattern.search(text)), None)
        need = Need.OPTIONAL if optional else Need.REQUIRED
        script.add(
            key,
            entry.parent if entry.type != "shorthand_property_identifier" and entry.parent else entry,
            need,
            how,
            fallback,
            side=side,
            use=Use.SCHEMA,
            type=kind,
        )


def _meant(value: Node, root: Node) -> Node:
    """What a name stands for that the file gives to a constant: `AUTH_CHECKS: zChecks` behind `const zChecks = z.string().optional()`."""
    if value.type not in ("identifier", "shorthand_property_identifier"):
        return value
    for statement in root.named_children:
        declaration = statement.child_by_field_name("declaration") or statement  # behind `export`
        for one in declaration.named_children if declaration.type == "lexical_declaration" else ():
            given = one.child_by_field_name("value")
            if given is not None and syntax.text(one.child_by_field_name("name")) == syntax.text(value):
                return given
    return value


@lru_cache(maxsize=2)
def _is_handed_over(code: bytes) -> bool:
    """Whether a file hands the environment to a schema."""
    return (_HANDED_OVER.search(code) or _BEHIND.search(code)) is not None
