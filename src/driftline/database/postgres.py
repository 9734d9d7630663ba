"""Reads the statements that matter from PostgreSQL's own syntax tree (pgparse, an optional extra); expressions keep their tokens' text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from driftline.database import Change, Name, Policy, Script
from driftline.database.statements import Cursor, asks, block, calls, changes, is_refused, option, text_of, who
from driftline.database.tokens import Lines, Token, statements
from driftline.model import Location

_OBJECTS = {"OBJECT_TABLE": "table", "OBJECT_FOREIGN_TABLE": "table", "OBJECT_VIEW": "view", "OBJECT_MATVIEW": "view",
            "OBJECT_TYPE": "type", "OBJECT_DOMAIN": "type"}  # fmt: skip
_ROUTINES = frozenset(("OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE"))
# First words of statements that can change what is judged; the others are not parsed at all.
_FIRST = frozenset(("create", "alter", "drop", "grant", "revoke", "insert", "update", "set", "reset", "do"))


def is_available() -> bool:
    """Whether the parser is installed."""
    try:
        import pgparse  # noqa: F401
    except ImportError:
        return False
    return True


def read(path: str, content: str) -> Script:
    """The changes of one SQL file; a statement that PostgreSQL would refuse is unread, the others count."""
    lines = Lines(path, content)
    found: list[Change] = []
    unread: list[Location] = []
    count = 0
    for tokens, begin, end in statements(content):
        count += 1
        if tokens[0].text not in _FIRST:
            continue
        location = lines.at(begin)
        tree = _tree(content[begin:end])
        if tree is None:
            unread.append(location)
        elif "DoStmt" in tree:
            found += block(tokens, location, lines)
        else:
            said = list(_changes(tree, tokens, location))
            if any(is_refused(change) for change in said):
                unread.append(location)
            else:
                found += said
    return Script(tuple(found), count, tuple(unread), True)


def _tree(text: str) -> Mapping[str, Any] | None:
    import pgparse

    try:
        parsed = pgparse.parse(text)
    except (pgparse.PGQueryError, ValueError, RecursionError, UnicodeError):
        return None
    return parsed[0]["stmt"] if parsed else {}


def _changes(tree: Mapping[str, Any], tokens: list[Token], location: Location) -> Iterator[Change]:
    for kind, node in tree.items():
        yield from _change(kind, node, tokens, location)


def _change(kind: str, node: Mapping[str, Any], tokens: list[Token], location: Location) -> Iterator[Change]:
    if kind == "CreateStmt" and node["relation"].get("relpersistence") != "t":
        columns = tuple(item["ColumnDef"]["colname"] for item in node.get("tableElts", ()) if "ColumnDef" in item)
        parents = tuple(Name(item["RangeVar"].get("schemaname", ""), item["RangeVar"]["relname"]) for item in node.get("inhRelations", ()))
        yield Change("create table", location, _relation(node), columns=columns, soft=bool(node.get("if_not_exists")), names=parents,
                     word="partitioned" if "partspec" in node else "")  # fmt: skip
    elif kind == "CreateForeignTableStmt":
        yield from _change("CreateStmt", node["base"], tokens, location)
    elif kind == "AlterTableStmt":
        yield from _alter_table(node, tokens, location)
    elif kind == "DropStmt" and node.get("removeType") not in _ROUTINES:
        yield from _drop(node, location)
    elif kind == "RenameStmt" and node.get("renameType") not in _ROUTINES:
        yield from _rename(node, location)
    elif kind == "AlterObjectSchemaStmt" and _OBJECTS.get(node.get("objectType", "")) in ("table", "view"):
        yield Change("move table", location, _relation(node), to=node["newschema"])
    elif kind in ("CreatePolicyStmt", "AlterPolicyStmt"):
        verb = "create policy" if kind == "CreatePolicyStmt" else "alter policy"
        yield Change(verb, location, _relation(node, "table"), policy=_policy(node, tokens, location))
    elif kind in ("ViewStmt", "CreateTableAsStmt"):
        yield from _view(kind, node, tokens, location)
    elif kind in _BY_TOKENS or node.get("removeType") in _ROUTINES or node.get("renameType", node.get("objectType")) in _ROUTINES:
        yield from changes(Cursor(tokens), location)


# Statements that are sound once they are parsed, and whose tokens say all: privileges, functions, rows of storage.buckets, the search path.
_BY_TOKENS = frozenset(
    ("GrantStmt", "AlterDefaultPrivilegesStmt", "CreateFunctionStmt", "AlterFunctionStmt", "InsertStmt", "UpdateStmt", "VariableSetStmt")
)


def _relation(node: Mapping[str, Any], key: str = "relation") -> Name:
    relation = node[key]
    return Name(relation.get("schemaname", ""), relation["relname"])


def _listed(items: Sequence[Mapping[str, Any]]) -> Name:
    words = [item["String"].get("sval", "") for item in items if "String" in item]
    return Name(words[-2] if len(words) > 1 else "", words[-1]) if words else Name("", "")


def _alter_table(node: Mapping[str, Any], tokens: Sequence[Token], location: Location) -> Iterator[Change]:
    name = _relation(node)
    for command in (item["AlterTableCmd"] for item in node.get("cmds", ())):
        subtype = command.get("subtype", "")
        if subtype in ("AT_EnableRowSecurity", "AT_DisableRowSecurity"):
            yield Change("row security", location, name, flag=subtype == "AT_EnableRowSecurity")
        elif subtype in ("AT_ForceRowSecurity", "AT_NoForceRowSecurity"):
            yield Change("force row security", location, name, flag=subtype == "AT_ForceRowSecurity")
        elif subtype == "AT_AddColumn":
            yield Change("add column", location, name, columns=(command["def"]["ColumnDef"]["colname"],))
        elif subtype == "AT_DropColumn":
            yield Change("drop column", location, name, columns=(command["name"],), flag=command.get("behavior") == "DROP_CASCADE" or None)
        elif subtype in ("AT_AttachPartition", "AT_DetachPartition"):
            part = _relation(command["def"]["PartitionCmd"], "name")
            yield Change("attach" if subtype == "AT_AttachPartition" else "detach", location, name, names=(part,))
        elif subtype == "AT_SetRelOptions":
            invoker = option(tokens, "security_invoker")
            if invoker is not None:
                yield Change("set view", location, name, flag=invoker)


def _drop(node: Mapping[str, Any], location: Location) -> Iterator[Change]:
    kind = node.get("removeType", "")
    cascade = node.get("behavior") == "DROP_CASCADE"
    for item in node.get("objects", ()):
        words = item["List"]["items"] if "List" in item else item["TypeName"]["names"] if "TypeName" in item else [item]
        if kind == "OBJECT_POLICY":
            yield Change("drop policy", location, _listed(words[:-1]), word=_listed(words[-1:]).name)
        elif kind == "OBJECT_SCHEMA":
            yield Change("drop schema", location, Name(_listed(words).name, ""))
        elif kind in _OBJECTS:
            yield Change(f"drop {_OBJECTS[kind]}", location, _listed(words), flag=cascade)


def _rename(node: Mapping[str, Any], location: Location) -> Iterator[Change]:
    kind = node.get("renameType", "")
    if kind == "OBJECT_POLICY":
        yield Change("rename policy", location, _relation(node), word=node["subname"], to=node["newname"])
    elif kind == "OBJECT_COLUMN":
        yield Change("drop column", location, _relation(node), columns=(node["subname"],))
        yield Change("add column", location, _relation(node), columns=(node["newname"],))
    elif _OBJECTS.get(kind) in ("table", "view"):
        yield Change("rename table", location, _relation(node), to=node["newname"])


def _roles(items: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(item["RoleSpec"].get("rolename", item["RoleSpec"].get("roletype", "").removeprefix("ROLESPEC_").lower()) for item in items)


def _policy(node: Mapping[str, Any], tokens: Sequence[Token], location: Location) -> Policy:
    using = check = None
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.kind != "word" or following is None or following.text != "(":
            continue
        cursor = Cursor(tokens[index + 1 :])
        if token.text == "using" and using is None and "qual" in node:
            using = text_of(cursor.group() or ())
        elif token.text == "check" and tokens[index - 1].text == "with" and "with_check" in node:
            check = text_of(cursor.group() or ())
    return Policy(
        node["policy_name"], node.get("cmd_name", "all"), who(_roles(node.get("roles", ()))), using, check,
        bool(node.get("permissive")), location,
    )  # fmt: skip


def _view(kind: str, node: Mapping[str, Any], tokens: Sequence[Token], location: Location) -> Iterator[Change]:
    if kind == "CreateTableAsStmt":
        if node["into"]["rel"].get("relpersistence") == "t":
            return
        name = _relation(node["into"], "rel")
        if node.get("objtype") != "OBJECT_MATVIEW":
            yield Change("create table", location, name, soft=bool(node.get("if_not_exists")))
            return
        yield Change("create view", location, name, flag=False, names=tuple(_sources(node["query"])), kind="materialized", **_asked(tokens))
        return
    invoker = option(tokens, "security_invoker") if node.get("options") else None
    yield Change("create view", location, _relation(node, "view"), flag=bool(invoker), names=tuple(_sources(node["query"])),
                 soft=bool(node.get("replace")), **_asked(tokens))  # fmt: skip


def _asked(tokens: Sequence[Token]) -> dict[str, Any]:
    """Whether a view's query asks who reads, and what it calls; its name and options call nothing."""
    begin = next((index for index, token in enumerate(tokens) if token.kind == "word" and token.text == "as"), 0)
    text = text_of(tokens[begin + 1 :])
    return {"word": "asks" if asks(text) else "", "words": calls(text)}


def _sources(node: Any) -> dict[Name, None]:
    """Every table or view that a query names, in order, without its own common table expressions."""
    found: dict[Name, None] = {}
    own: set[str] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, list):
            waiting += reversed(current)
        elif isinstance(current, dict):
            if "ctename" in current:
                own.add(current["ctename"])
            if "relname" in current:
                found[Name(current.get("schemaname", ""), current["relname"])] = None
            waiting += reversed(list(current.values()))
    return {name: None for name in found if name.schema or name.name not in own}
