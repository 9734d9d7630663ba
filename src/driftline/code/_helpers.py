"""Helpers of the project, functions that read the variable which their callers name: where they are, and the reads made through them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from driftline import late
from driftline.code import CodeFile, Helper, _needs, syntax
from driftline.code._script import Script, is_name
from driftline.model import Need, Reference, Unread, Unreadable

if TYPE_CHECKING:
    from tree_sitter import Node

_IMPORT = late.pattern(rb"import\s*(?:[A-Za-z_$][\w$]*\s*,\s*)?\{([^{}]{0,4000})\}\s*from\s*[\"']([^\"'\n]{1,300})[\"']")
# The keys of an object of options under which a helper's callers put what stands in for an absent variable.
_DEFAULT_KEYS = ("default", "fallback", "defaultValue")


def around(index: Node, access: Node, script: Script) -> Helper | None:
    """The function around `process.env[name]`, if the name is one of its parameters: it reads what its callers name.

    `access` is the read as a whole, `index` the name.
    """
    if index.type != "identifier":
        return None
    wanted = syntax.text(index)
    function: Node | None = access.parent
    while function is not None and function.type not in syntax.FUNCTIONS:
        function = function.parent
    if function is None:
        return None
    parameters = function.child_by_field_name("parameters")
    single = function.child_by_field_name("parameter")
    names = [syntax.text(single)] if single is not None else [syntax.parameter(p) for p in parameters.named_children] if parameters else []
    if wanted not in names:
        return None
    name = syntax.text(function.child_by_field_name("name"))
    holder = function.parent
    if (
        not name
        and holder is not None
        and holder.type in ("variable_declarator", "pair", "public_field_definition", "assignment_expression")
    ):
        name = syntax.text(holder.child_by_field_name("name") or holder.child_by_field_name("key") or holder.child_by_field_name("left"))
    if not is_name(name):
        return None
    position = names.index(wanted)
    body = function.child_by_field_name("body")
    throws = body is not None and _needs.FAILS.search(script.content, body.start_byte, body.end_byte) is not None
    default = next((i for i, p in enumerate(names) if i != position and re.match(r"(?i)default|fallback|def$|otherwise", p)), None)
    tolerates = default is None and not throws and _needs.of(access, script)[0] is Need.OPTIONAL
    return Helper(script.path, name, position, default, throws, tolerates)


def calls(files: Iterable[CodeFile], helpers: Sequence[Helper], packages: Mapping[str, str], unread: list[Unread]) -> Iterator[Reference]:
    """The reads that `files` make through `helpers` they define or import; `packages` maps package names to folders.

    Appends to `unread` the files that cannot be parsed.
    """
    by_name: dict[str, list[Helper]] = {}
    for one in helpers:
        by_name.setdefault(one.name, []).append(one)
    words = b"|".join(re.escape(name.encode()) for name in sorted(by_name))
    call = re.compile(rb"(?<![\w$])(?:this\.)?(" + words + rb")(?:<[^<>()]{0,60}>)?\(\s*[\"'`][A-Z]")
    for file in files:
        if not any(name.encode() in file.content for name in by_name):
            continue
        matches = list(call.finditer(file.content))
        if not matches:
            continue
        imported = _imported(file, by_name, packages)
        try:
            script = Script(file.path, file.content)
        except Unreadable as problem:
            unread.append(Unread(file.path, problem.reason))
            continue
        for match in matches:
            helper = imported.get(match[1].decode())
            node = script.call_around(match.start(1), match.end(1))
            if helper is None or node is None:
                continue
            arguments = syntax.arguments(node)
            name = syntax.string(arguments[helper.argument]) if len(arguments) > helper.argument else None
            if name is None:
                continue
            need, fallback = _needs.of(node, script)
            if helper.default is not None and len(arguments) > helper.default:
                need, fallback = Need.OPTIONAL, _needs.stand_in(arguments[helper.default], script)
            elif arguments[-1].type == "object" and (said := [v for k, v in syntax.pairs(arguments[-1]) if k in _DEFAULT_KEYS]):
                need, fallback = Need.OPTIONAL, _needs.stand_in(said[0], script)
            elif helper.throws and helper.default is None and need is Need.PLAIN:
                need = Need.REQUIRED
            elif helper.tolerates and need is Need.PLAIN:
                need = Need.OPTIONAL
            script.add(name, node, need, f"{helper.name}()", fallback)
        yield from script.references


def _imported(file: CodeFile, by_name: Mapping[str, Sequence[Helper]], packages: Mapping[str, str]) -> dict[str, Helper]:
    """The helpers a file defines or imports, by the name it knows them by."""
    found = {h.name: h for candidates in by_name.values() for h in candidates if h.path == file.path}
    for match in _IMPORT.finditer(file.content):
        specifier = match[2].decode("utf-8", "replace")
        for item in match[1].decode("utf-8", "replace").split(","):
            imported, _, local = (part.strip() for part in item.removeprefix("type ").partition(" as "))
            for helper in by_name.get(imported, ()):
                if (local or imported) not in found and leads_to(specifier, file.path, helper.path, packages):
                    found[local or imported] = helper
    return found


@lru_cache(maxsize=20_000)  # every import of a file is held against every path
def _stem(path: str) -> str:
    """A path without the ending that an import leaves out."""
    return re.sub(r"\.(?:(?:d\.)?[cm]?[jt]sx?|py)$", "", path)


def leads_to(specifier: str, importer: str, path: str, packages: Mapping[str, str]) -> bool:
    """Whether an import specifier can mean the file at `path`: relative, by package, or by a path alias with the same ending."""
    stem = _stem(path)
    short = stem.removesuffix("/index")
    specifier = _stem(specifier)
    if specifier.startswith("."):
        goal = posixpath.normpath(posixpath.join(posixpath.dirname(importer), specifier))
        # A barrel (`export * from "./env"`) lies above the file it hands on.
        return goal in (stem, short) or stem.startswith(goal.removesuffix("/index") + "/")
    for package, folder in packages.items():
        if specifier == package or specifier.startswith(package + "/"):
            inner = specifier[len(package) :].strip("/")
            return stem.startswith(folder + "/") and (not inner or inner.rpartition("/")[2] in short.split("/"))
    tail = specifier.rpartition("/")[2]
    return bool(tail) and (short.endswith("/" + tail) or short == tail)
