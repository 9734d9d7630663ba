"""Variables that a framework's config file names without reading them: Nuxt's `runtimeConfig`, Next.js' `env`, a bundler's `define`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from driftline import late
from driftline.code import Place, syntax
from driftline.model import Literal, Need, Reference, Secret, Side, Use

if TYPE_CHECKING:
    from tree_sitter import Node

_DEEPEST = 6
_RUNTIME_CONFIG = late.pattern(rb"\b(?:runtimeConfig|\$config)\s*:\s*\{")
_ENV = late.pattern(rb"\benv\s*:\s*\{")
# A bundler's `define`: what it puts where code reads a variable.
_DEFINED = late.pattern(rb"[\"'`](?:process|import\.meta)\.env\.([A-Za-z_]\w*)[\"'`]\s{0,99}\]?\s{0,99}:")
# `useRuntimeConfig().public.apiBase`, and `config.public.apiBase` behind `const config = useRuntimeConfig()`; `$config` in templates.
_USED = late.pattern(rb"(?:\buseRuntimeConfig\(\s{0,99}\w*\s{0,99}\)|\$config)((?:\s{0,99}\??\.\s{0,99}[A-Za-z_]\w*){1,4})")
_NAMED = late.pattern(rb"\b([A-Za-z_]\w*)\s*=\s*useRuntimeConfig\(")


def references(path: str, code: bytes, root: Node, place: Place) -> Iterator[Reference]:
    """What `nuxt.config`, `next.config` and a bundler's `define` say, and the keys of the runtime config that code uses."""
    base = path.rpartition("/")[2]
    if base.startswith("nuxt.config."):
        for match in _RUNTIME_CONFIG.finditer(code):
            node = _object_at(root, match.end() - 1)
            if node is not None:
                yield from _runtime(node, (), place)
    elif base.startswith("next.config."):
        for match in _ENV.finditer(code):
            node = _object_at(root, match.end() - 1)
            if node is not None:
                yield from _next(node, place)
    for match in _DEFINED.finditer(code) if b"define" in code or b"DefinePlugin" in code else ():
        yield Reference(match[1].decode(), place.at(match.start(1)), Need.PLAIN, Side.BUILD, Use.MENTION, "define", inlined=True)


def uses(code: bytes, place: Place) -> Iterator[Reference]:
    """Keys of Nuxt's runtime config that code uses: mentions, because the config has a value of its own for each."""
    patterns = [_USED]
    if names := sorted(set(_NAMED.findall(code))):
        patterns.append(re.compile(rb"(?<![\w$.])(?:" + b"|".join(names) + rb")((?:\s*\??\.\s*[A-Za-z_]\w*){1,4})"))
    for pattern in patterns:
        for match in pattern.finditer(code):
            keys = re.findall(r"[A-Za-z_]\w*", match[1].decode())
            for length in range(1, len(keys) + 1):  # where the key ends and a method of its value begins is not known
                if keys[:length] != ["public"]:
                    name = variable(tuple(keys[:length]))
                    yield Reference(name, place.at(match.start()), Need.PLAIN, Side.UNKNOWN, Use.MENTION, "useRuntimeConfig")


def variable(keys: tuple[str, ...]) -> str:
    """The variable that overrides a key of the runtime config: `public.apiBase` is NUXT_PUBLIC_API_BASE (Nuxt docs, runtime config)."""
    words = (re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[-.\s]", "_", key) for key in keys)
    return "NUXT_" + "_".join(words).upper()


def _object_at(root: Node, offset: int) -> Node | None:
    node = root.descendant_for_byte_range(offset, offset + 1)
    node = node.parent if node is not None else None
    return node if node is not None and node.type == "object" else None


def _runtime(node: Node, keys: tuple[str, ...], place: Place) -> Iterator[Reference]:
    """A leaf without a value waits for its variable; one with a value can only be overridden."""
    for key, value in syntax.pairs(node):
        path = (*keys, key)
        if value.type == "object":
            if len(path) < _DEEPEST:
                yield from _runtime(value, path, place)
            continue
        text = syntax.string(value)
        waits = text == "" or value.type in ("undefined", "null")
        side = Side.UNKNOWN if path[0] == "public" else Side.SERVER
        at = place.at((value.parent or value).start_byte)
        if text is not None and "://" in text:
            # An address is what the app uses until the variable overrides it.
            fallback = Literal(Secret(text), place.at(value.start_byte), "fallback")
            yield Reference(variable(path), at, Need.OPTIONAL, side, Use.SCHEMA, "runtimeConfig", fallback)
        else:
            yield Reference(variable(path), at, Need.PLAIN, side, Use.SCHEMA if waits else Use.MENTION, "runtimeConfig")


def _next(node: Node, place: Place) -> Iterator[Reference]:
    """The build puts these values where code reads `process.env.<key>`: no environment has to declare the key."""
    for key, value in syntax.pairs(node):
        if not re.fullmatch(r"[A-Za-z_]\w*", key):
            continue
        at = place.at((value if syntax.text(value) == key else value.parent or value).start_byte)
        if syntax.text(value) in (f"process.env.{key}", f'process.env["{key}"]'):  # what is put there is the variable itself
            yield Reference(key, at, Need.PLAIN, Side.BUILD, Use.MENTION, "next.config env", inlined=True)
            continue
        text = syntax.string(value)
        fallback = Literal(Secret(text), place.at(value.start_byte), "fallback") if text is not None else None
        yield Reference(key, at, Need.OPTIONAL, Side.BUILD, Use.SCHEMA, "next.config env", fallback, inlined=True)
