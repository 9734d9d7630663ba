"""How the loaders put one variable's value into another: dotenv-expand 11 and 12, Next.js, Vite, Expo; never a shell command."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from driftline import late
from driftline.loaders.assignment import Assignment

Values = dict[str, str]

# A hostile file can make `${A}` double at every step; no real value is longer.
MAX_EXPANDED = 1_000_000
_MAX_STEPS = 1_000
_MAX_DEPTH = 100


class Budget:
    """What the expansion of one set of files may cost, in characters looked at: references can double at every step and leave nothing."""

    def __init__(self, size: int) -> None:
        self._left = 5_000_000 + 40 * size

    def spend(self, text: str, times: int = 1) -> None:
        """Takes off what it costs to look at a text so many times; raises Lost when nothing is left."""
        self._left -= len(text) * times + 40  # a step costs something even where its text is short
        if self._left < 0:
            raise Lost


def _budget(parsed: Values) -> Budget:
    return Budget(sum(map(len, parsed.values())))


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

_V12 = late.pattern(r"(?<!\\)\$\{([^{}]+)\}|(?<!\\)\$([A-Za-z_][A-Za-z0-9_]*)")
_V12_OPERATOR = late.pattern(r":\+|\+|:-|-")


def expand12(parsed: Values, outer: Mapping[str, str], *, progressive: bool = True) -> Values:
    """dotenv-expand 12.0.3, lib/main.js. Vite 6 to 8 bundle it patched: `progressive=False`, every name of the file is visible."""
    running: Values = {} if progressive else dict(parsed)
    result: Values = {}
    budget = _budget(parsed)
    for key, value in parsed.items():
        expanded = outer[key] if outer.get(key) and outer[key] != value else _expand12(value, outer, running, budget)
        running[key] = result[key] = _unescape(expanded)
    return result


def _expand12(value: str, outer: Mapping[str, str], running: Values, budget: Budget) -> str:
    seen: set[str] = set()
    for _ in range(_MAX_STEPS):
        budget.spend(value)
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

# Its nested repeats look at open braces again and again: with hundreds of them the real ones take for ever.
_MAX_BRACES = 50


def _spend11(budget: Budget, value: str, depth: int) -> None:
    """Takes off what `_V11` may cost on a value: each two open braces can make it look at the rest once more."""
    braces = value.count("${")
    budget.spend(value, 1 + braces * braces // 5)
    if depth > _MAX_DEPTH or len(value) > MAX_EXPANDED or braces > _MAX_BRACES:
        raise Lost


_V11 = late.pattern(r"(\\)?\$(?!\()(\{?)([A-Za-z0-9_.]+)(?::?-((?:\$\{(?:\$\{(?:\$\{[^}]*\}|[^}])*\}|[^}])*\}|[^}])+))?(\}?)")


def expand11(parsed: Values, outer: Mapping[str, str], *, keeps_itself: bool = False) -> Values:
    """dotenv-expand 11.0.7, lib/main.js; in 11.0.6 a variable that names itself keeps its text (`keeps_itself`)."""

    budget = _budget(parsed)

    def interpolate(value: str, depth: int) -> str:
        _spend11(budget, value, depth)

        def one(match: re.Match[str]) -> str:
            if match[1]:
                return match[0][1:]
            key, default = match[3], match[4]
            if outer.get(key):
                return outer[key] if outer[key] == parsed.get(key) else interpolate(outer[key], depth + 1)
            if parsed.get(key) and (keeps_itself or parsed[key] != value):
                return parsed[key] if parsed[key] == value else interpolate(parsed[key], depth + 1)
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


def expand_vite5(parsed: Values, outer: Mapping[str, str]) -> Values:
    """Vite 5 bundles dotenv-expand 11.0.6."""
    return expand11(parsed, outer, keeps_itself=True)


def expand_expo(parsed: Values, outer: Mapping[str, str]) -> Values:
    """@expo/env 2.5, build/parse.js: as dotenv-expand 11, but a variable that names itself is recognised by its name."""
    output = dict(parsed)

    budget = _budget(parsed)

    def interpolate(value: str, source: str, depth: int) -> str:
        _spend11(budget, value, depth)

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

_NEXT = late.pattern(r"(?<!\\)\$\{?([A-Za-z0-9_]+)(?::-([^}\\]*))?\}?")


def expand_next(parsed: Values, outer: Mapping[str, str]) -> Values:
    """@next/env 16.4, the bundled expansion: from the last `$` to the first; a variable that needs itself loses the file (Lost)."""
    parsed = dict(parsed)
    budget = _budget(parsed)
    for key in parsed:
        value = outer.get(key, parsed[key])
        for _ in range(_MAX_STEPS):
            budget.spend(value)
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


# --- dotenv-expand 5, and c12's copy --------------------------------------------------------------------------------------------

_DOT = "[^\n\r\u2028\u2029]"
_V5 = late.pattern(rf"({_DOT}?)\$\{{?([A-Za-z0-9_]+)?\}}?")
_C12 = late.pattern(rf"({_DOT}?)\$\{{?([A-Za-z0-9_:]+)?\}}?")


def expand5(parsed: Values, outer: Mapping[str, str]) -> Values:
    """dotenv-expand 5.1.0, lib/main.js, as Create React App calls it: what is put in is expanded again; a cycle ends the build (Lost)."""
    known = {**parsed, **outer}
    budget = _budget(parsed)

    def interpolate(value: str, depth: int) -> str:
        budget.spend(value)
        if depth > _MAX_DEPTH:
            raise Lost
        result = value
        for match in _V5.finditer(value):
            if match[1] == "\\":
                part, by = match[0], match[0].replace("\\$", "$", 1)
            else:
                part, by = match[0][len(match[1]) :], interpolate(known.get(match[2] or "", ""), depth + 1)
            result = _javascript_replace(result, part, by)
            budget.spend(result)
            if len(result) > MAX_EXPANDED:
                raise Lost
        return result

    return {name: interpolate(known[name], 0) for name in parsed}


def expand_c12(parsed: Values, outer: Mapping[str, str]) -> Values:
    """c12 3.3 (Nuxt, Nitro), loadDotenv: no defaults, an unknown name stays as it is written, and a cycle leaves nothing of the value."""
    known = {**parsed, **outer}
    budget = _budget(parsed)

    def interpolate(value: str, parents: tuple[str | None, ...]) -> str:
        budget.spend(value)
        if len(parents) > _MAX_DEPTH:
            raise Lost
        result = value
        for match in _C12.finditer(value):
            if match[1] == "\\":
                result = _javascript_replace(result, match[0], match[0].replace("\\$", "$", 1))
                continue
            if match[2] in parents:
                result = ""
                continue
            if match[2] is None or match[2] not in known:
                continue
            by = interpolate(known[match[2]], (*parents, match[2]))
            budget.spend(result)
            result = _javascript_replace(result, match[0][len(match[1]) :], by)
            if len(result) > MAX_EXPANDED:
                raise Lost
        return result

    for name in list(known):
        known[name] = interpolate(known[name], ())
    return {name: known[name] for name in parsed}


# --- dotenvx --------------------------------------------------------------------------------------------------------------------


def interpolate_dotenvx(assignment: Assignment, known: Mapping[str, str], outer: Mapping[str, str], budget: Budget) -> str:
    """dotenvx 2.38: names above and the environment's, nothing in single quotes; its `$(command)` is never run here."""
    if assignment.quote == "'":
        return assignment.value
    value = assignment.value
    for _ in range(_MAX_STEPS):
        budget.spend(value)
        match = _V12.search(value)
        if match is None:
            return _unescape(value)
        operator = _V12_OPERATOR.search(match[1] or "")
        name, word = (match[1][: operator.start()], match[1][operator.end() :]) if operator else (match[1] or match[2], "")
        known_value, sign = outer.get(name, known.get(name)), operator[0] if operator else ""
        present = bool(known_value) if sign in (":-", ":+", "") else known_value is not None
        by = (word if present else "") if "+" in sign else (known_value or "") if present else word
        value = _javascript_replace(value, match[0], by)
        if len(value) > MAX_EXPANDED:
            raise Lost
        if value == known_value:
            return _unescape(value)
    raise Lost


Expansion = Callable[[Values, Mapping[str, str]], Values]


def expand_vite(parsed: Values, outer: Mapping[str, str]) -> Values:
    """Vite 6 to 8 (bundled and patched dotenv-expand 12)."""
    return expand12(parsed, outer, progressive=False)


def keep(parsed: Values, outer: Mapping[str, str]) -> Values:  # noqa: ARG001  # the signature of an expansion
    """No expansion: npm dotenv by itself, Node."""
    return parsed
