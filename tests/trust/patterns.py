"""Every expression that Python's own `re` runs in the package, and texts made to hold each of its loops up."""

from __future__ import annotations

import ast
import importlib
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import driftline
from driftline import late
from tests.nested import within

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # re._parser is its name from 3.11 on
    import sre_parse as parser

PACKAGE = Path(driftline.__file__).parent
_METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split")


class Used(NamedTuple):
    """An expression: where it stands (`module:NAME` or `module:function`), itself, and whether it is only tried at the beginning of a text."""

    place: str
    pattern: re.Pattern[Any]
    anchored: bool


def used() -> Iterator[Used]:
    """The expressions that modules hold under a name, alone or in a table, and those that are written where they are used."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name == "__main__.py":
            continue
        tree = ast.parse(path.read_bytes())
        dotted = ".".join(["driftline", *name.removesuffix(".py").removesuffix("__init__").split("/")])
        module = vars(importlib.import_module(dotted.rstrip(".")))
        ways = _ways(tree)
        for key, value in module.items():
            for found in within(value, (re.Pattern, late._Late)):
                text, flags = (found._text, found._flags) if isinstance(found, late._Late) else (found.pattern, found.flags)
                yield Used(f"{name}:{key}", re.compile(text, flags), bool(ways.get(key)) and ways[key] <= {"match", "fullmatch"})
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    yield from _written(node, module, f"{name}:{function.name}")


def _ways(tree: ast.Module) -> Mapping[str, set[str]]:
    """The methods that each name's expressions are used with, also under the names that loops and calls give them."""
    ways: dict[str, set[str]] = {}
    given: list[tuple[str, str]] = []
    parameters = {node.name: [one.arg for one in node.args.args] for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in _METHODS:
            ways.setdefault(_root(node.value), set()).add(node.attr)
        elif isinstance(node, (ast.For, ast.comprehension)):
            given += [(one, other) for one in _names(node.iter) for other in _names(node.target)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given += [(_root(one), name) for one, name in zip(node.args, parameters.get(node.func.id, ()), strict=False)]
    for _ in range(3):  # a table in a table
        for holder, name in given:
            ways.setdefault(holder, set()).update(ways.get(name, ()))
    return ways


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _written(node: ast.AST, module: Mapping[str, Any], place: str) -> Iterator[Used]:
    """The expression of a call such as `re.sub(...)`; what only a run knows of it is taken to be `a`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args and _root(node.func.value) in ("re", "late")):
        return
    text = _spelled(node.args[0], module)
    if text is not None:
        flags = {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute) and _root(one) == "re" and one.attr.isupper()}
        yield Used(place, re.compile(text, sum(int(getattr(re, flag)) for flag in flags)), node.func.attr in ("match", "fullmatch"))


def _spelled(node: ast.AST, module: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return module[node.id] if isinstance(module.get(node.id), (str, bytes)) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(_spelled(part.value if isinstance(part, ast.FormattedValue) else part, module) or "a") for part in node.values)
    return None


# --- texts against them -----------------------------------------------------------------------------------------------------------


class Attack(NamedTuple):
    """A text that goes round and round in a loop of an expression, and lets it fail at the end."""

    head: str
    unit: str
    end: str
    is_bytes: bool

    def text(self, length: int) -> str | bytes:
        """About `length` characters of it."""
        text = self.head + self.unit * (length // len(self.unit)) + self.end
        return text.encode("latin-1", "replace") if self.is_bytes else text


def attacks(pattern: re.Pattern[Any]) -> Iterator[Attack]:
    """The attacks on each loop without a small end."""
    parsed = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    heads = {(head, unit): None for before, body in _loops(parsed, "") for unit in (body, before + body) for head in ("", before) if unit}
    for head, unit in heads:
        for end in ("\x01", "\n\n\x01"):
            yield Attack(head, unit, end, isinstance(pattern.pattern, bytes))


def _loops(parsed: Any, before: str) -> Iterator[tuple[str, str]]:
    """(a text that leads to it, a text that it goes round on) for each loop without a small end."""
    for operator, given in parsed:
        name = str(operator)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _, most, body = given
            if int(most) > 100:
                yield before, _example(body) or "a"
            yield from _loops(body, before)
        elif name == "SUBPATTERN":
            yield from _loops(given[-1], before)
        elif name == "ATOMIC_GROUP":
            yield from _loops(given, before)
        elif name == "BRANCH":
            for branch in given[1]:
                yield from _loops(branch, before)
        elif name in ("ASSERT", "ASSERT_NOT"):
            yield from _loops(given[1], before)
        before = (before + _example([(operator, given)]))[-200:]


def _example(parsed: Any) -> str:
    """A short text that an expression matches; loops go round once."""
    made = ""
    for operator, given in parsed:
        name = str(operator)
        if name == "LITERAL":
            made += chr(given)
        elif name == "NOT_LITERAL":
            made += "a" if given != ord("a") else "b"
        elif name == "ANY":
            made += "a"
        elif name == "IN":
            made += _member(given)
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            made += _example(given[2]) * max(1, min(int(given[0]), 200))
        elif name == "SUBPATTERN":
            made += _example(given[-1])
        elif name == "ATOMIC_GROUP":
            made += _example(given)
        elif name == "BRANCH":
            made += _example(given[1][0])
    return made


_OF_CATEGORY = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_SPACE": " ",
    "CATEGORY_WORD": "a",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_NOT_SPACE": "a",
    "CATEGORY_NOT_WORD": "-",
}


def _member(given: Any) -> str:
    """A character of a set."""
    kind, value = given[0]
    if str(kind) == "NEGATE":
        return next((one for one in "a 1-\"'\n.{" if not any(_holds(part, one) for part in given[1:])), "\x7f")
    if str(kind) == "CATEGORY":
        return _OF_CATEGORY[str(value)]
    return chr(value if str(kind) == "LITERAL" else value[0])


def _holds(part: Any, one: str) -> bool:
    kind, value = str(part[0]), part[1]
    if kind == "LITERAL":
        return one == chr(value)
    if kind == "RANGE":
        return bool(value[0] <= ord(one) <= value[1])
    return {"CATEGORY_SPACE": one.isspace(), "CATEGORY_WORD": one.isalnum(), "CATEGORY_DIGIT": one.isdigit()}.get(str(value), False)
