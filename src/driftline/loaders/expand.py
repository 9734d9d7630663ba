"""How the loaders put one variable's value into another: dotenv-expand 11 and 12, Next.js, Vite, Expo; never a shell command."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Values = dict[str, str]

# A hostile file can make `${A}` double at every step; no real value is longer.
MAX_EXPANDED = 1_000_000
_MAX_STEPS = 1_000
_MAX_DEPTH = 100


class Lost(Exception):
    """The real loader fails on this file (a variable that needs itself) and the app sees none of its names."""


def _unescape(value: str) -> str:
    return value.replace("\\$", "$")


def _javascript_replace(text: str, template: str, by: str) -> str:
    """`text.replace(template, by)` of JavaScript: the first occurrence, with `$$`, `$&`, `` $` `` and `$'` in `by` honoured."""
    start = text.find(template)
    if start < 0:
        return text
    if "$" in by:
        parts = {"$": "$", "&": template, "`": text[:start], "'": text[start + len(template) :]}
        by = re.sub(r"\$([$&`'])", lambda match: parts[match[1]], by)
    return text[:start] + by + text[start + len(template) :]


# --- dotenv-expand 12, and Vite's patched copy ---------------------------------------------------------------------------------

_V12 = re.compile(r"(?<!\\)\$\{([^{}]+)\}|(?<!\\)\$([A-Za-z_][A-Za-z0-9_]*)")
_V12_OPERATOR = re.compile(r":\+|\+|:-|-")


def expand12(parsed: Values, outer: Mapping[str, str], *, progressive: bool = True) -> Values:
    """dotenv-expand 12.0.3, lib/main.js. Vite 6 to 8 bundle it patched: `progressive=False`, every name of the file is visible."""
    running: Values = {} if progressive else dict(parsed)
    result: Values = {}
    for key, value in parsed.items():
        expanded = outer[key] if outer.get(key) and outer[key] != value else _expand12(value, outer, running)
        running[key] = result[key] = _unescape(expanded)
    return result


def _expand12(value: str, outer: Mapping[str, str], running: Values) -> str:
    seen: set[str] = set()
    for _ in range(_MAX_STEPS):
        match = _V12.search(value)
        if match is None:
            return value
        seen.add(value)
        expression = match[1] or match[2]
        operator = _V12_OPERATOR.search(expression)
        key, default = (expression[: operator.start()], expression[operator.end() :]) if operator else (expression, "")
        known = outer.get(key) or ("" if key in outer else running.get(key, ""))
        if operator and operator[0] in (":+", "+"):
            value = _javascript_replace(value, match[0], default if known else "")
        else:
            value = _javascript_replace(value, match[0], known if known and known not in seen else default)
        if len(value) > MAX_EXPANDED:
            raise Lost
        if key in running and value == running[key]:
            return value
    raise Lost


# --- dotenv-expand 11, and Expo's copy -----------------------------------------------------------------------------------------

_V11 = re.compile(r"(\\)?\$(?!\()(\{?)([A-Za-z0-9_.]+)(?::?-((?:\$\{(?:\$\{(?:\$\{[^}]*\}|[^}])*\}|[^}])*\}|[^}])+))?(\}?)")


def expand11(parsed: Values, outer: Mapping[str, str]) -> Values:
    """dotenv-expand 11.0.7, lib/main.js (Vite 5 bundles it)."""

    def interpolate(value: str, depth: int) -> str:
        if depth > _MAX_DEPTH or len(value) > MAX_EXPANDED:
            raise Lost

        def one(match: re.Match[str]) -> str:
            if match[1]:
                return match[0][1:]
            key, default = match[3], match[4]
            if outer.get(key):
                return outer[key] if outer[key] == parsed.get(key) else interpolate(outer[key], depth + 1)
            if parsed.get(key) and parsed[key] != value:
                return interpolate(parsed[key], depth + 1)
            if default:
                return interpolate(default, depth + 1) if default.startswith("$") else default
            return ""

        return _V11.sub(one, value)

    parsed = dict(parsed)
    for key in parsed:
        value = parsed[key]
        expanded = outer[key] if key in outer and outer[key] != value else interpolate(value, 0)
        parsed[key] = _unescape(expanded)
    return parsed


def expand_expo(parsed: Values, outer: Mapping[str, str]) -> Values:
    """@expo/env 2.5, build/parse.js: as dotenv-expand 11, but a variable that names itself is recognised by its name."""
    output = dict(parsed)

    def interpolate(value: str, source: str, depth: int) -> str:
        if depth > _MAX_DEPTH or len(value) > MAX_EXPANDED:
            raise Lost

        def one(match: re.Match[str]) -> str:
            if match[1]:
                return match[0][1:]
            key, default = match[3], match[4]
            if outer.get(key):
                return outer[key] if outer[key] == output.get(key) else interpolate(outer[key], key, depth + 1)
            if output.get(key) and key != source:
                return interpolate(output[key], key, depth + 1)
            if default:
                return interpolate(default, key, depth + 1) if default.startswith("$") else default
            return ""

        return _V11.sub(one, value)

    for key, value in parsed.items():
        kept = key in outer and outer[key] != value
        output[key] = _unescape(value if kept else interpolate(output[key], key, 0))
    return output


# --- Next.js -------------------------------------------------------------------------------------------------------------------

_NEXT = re.compile(r"(?<!\\)\$\{?([A-Za-z0-9_]+)(?::-([^}\\]*))?\}?")


def expand_next(parsed: Values, outer: Mapping[str, str]) -> Values:
    """@next/env 16.4, the bundled expansion: from the last `$` to the first; a variable that needs itself loses the file (Lost)."""
    parsed = dict(parsed)
    for key in parsed:
        value = outer.get(key, parsed[key])
        for _ in range(_MAX_STEPS):
            start = max((match.start() for match in re.finditer(r"(?<!\\)\$", value)), default=-1)
            match = _NEXT.search(value, start) if start >= 0 else None
            if match is None:
                break
            by = outer.get(match[1]) or match[2] or parsed.get(match[1]) or ""
            value = _javascript_replace(value, match[0], by)
            if len(value) > MAX_EXPANDED:
                raise Lost
        else:
            raise Lost
        parsed[key] = _unescape(value)
    return parsed


Expansion = Callable[[Values, Mapping[str, str]], Values]


def expand_vite(parsed: Values, outer: Mapping[str, str]) -> Values:
    """Vite 6 to 8 (bundled and patched dotenv-expand 12)."""
    return expand12(parsed, outer, progressive=False)


def keep(parsed: Values, outer: Mapping[str, str]) -> Values:  # noqa: ARG001  # the signature of an expansion
    """No expansion: npm dotenv by itself, Node."""
    return parsed
