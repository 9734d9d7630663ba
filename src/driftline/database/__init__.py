"""Replays a project's SQL migrations: which tables, row security, policies, grants, views, functions and buckets remain at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.model import Location
from driftline.record import NamedTuple

if TYPE_CHECKING:
    from driftline.database.tokens import Lines, Token


class Name(NamedTuple):
    """A qualified name; `schema` is "" where the text leaves it to the search path."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema not in ("", "public") else self.name


class Change(NamedTuple):
    """What one statement does. `verb` says what, the other fields hold what that verb needs; `location` is where the statement begins.

    create table (name, columns, names: what it is a part of or inherits from, word: "partitioned" where it has parts) | attach, detach (name, names: the part) | drop table (name, flag: cascade) | rename table (name, to) | move table (name, to: its schema) |
    row security (name, flag) | force row security (name, flag) | add column (name, columns) | drop column (name, columns, flag: cascade) |
    create policy (name, policy) | alter policy (name, policy) | drop policy (name, word) | rename policy (name, word, to) |
    grant, revoke (names, arguments, kind, words: privileges, roles) | default grant, default revoke (kind, words, roles, name.schema, owners) |
    create view (name, names: what it reads, flag: security_invoker, word: "asks" where it asks who reads, words: what it calls, kind: "materialized") | set view (name, flag) | drop view (name, flag: cascade) |
    create function (name, arguments, flag: SECURITY DEFINER, word: "" or "search_path", body) | set function (name, arguments, flag, word) |
    drop function (name, arguments, flag: cascade) | drop type (name, flag: cascade) | bucket (word: its id, flag: public or None) |
    drop schema (name.schema) | search path (word) | block (block) | opaque (word: what could not be followed)

    `arguments` are the types of each function's arguments, None where they are not given; `owners` the roles that default privileges are for.
    """

    verb: str
    location: Location
    name: Name = Name("", "")
    to: str = ""
    flag: bool | None = None
    columns: tuple[str, ...] = ()
    policy: Policy | None = None
    names: tuple[Name, ...] = ()
    kind: str = ""
    words: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    word: str = ""
    soft: bool = False
    arguments: tuple[tuple[str, ...] | None, ...] = ()
    owners: tuple[str, ...] = ()
    block: Block | None = None
    body: Body | None = None


class Body(NamedTuple):
    """What a function does, as far as its text says: `returns` is trigger, rows, json (of values, not of rows) or value; `asks` says that it asks who calls.

    `calls` are the names of what it calls; `counts` says that all it writes are counters (`set views = views + 1`), `sums` that all it reads is
    added up, `keyed` that it looks for rows by a secret (`where token = ...`).
    """

    returns: str
    reads: tuple[Name, ...] = ()
    writes: tuple[Name, ...] = ()
    asks: bool = False
    calls: frozenset[str] = frozenset()
    counts: bool = False
    sums: bool = False
    keyed: bool = False


class Block(NamedTuple):
    """The body of a DO block: its tokens, and where they stand; `fixed` is the place of all of it where the body is a quoted text."""

    tokens: tuple[Token, ...]
    lines: Lines
    fixed: Location | None = None


class Policy(NamedTuple):
    """A row security policy. `command` is all, select, insert, update or delete; expressions are normalised text, None where not given."""

    name: str
    command: str
    roles: tuple[str, ...]
    using: str | None
    check: str | None
    permissive: bool
    location: Location


class Script(NamedTuple):
    """One SQL file: its changes in order, how many statements it has, and the places of those that could not be read."""

    changes: tuple[Change, ...]
    statements: int
    unread: tuple[Location, ...]
    exact: bool


class Table(NamedTuple):
    """A table as the replay leaves it. `grants` maps a role to its privileges; `auto` says that the platform granted them by itself.

    `parents` are the tables that it is a part of or inherits from; `partitioned` says that its rows lie in its parts.
    """

    name: Name
    created: Location
    columns: tuple[str, ...]
    row_security: bool = False
    forced: bool = False
    disabled: Location | None = None
    policies: tuple[Policy, ...] = ()
    grants: tuple[tuple[str, frozenset[str]], ...] = ()
    auto: bool = False
    parents: tuple[Name, ...] = ()
    partitioned: bool = False

    def may(self, role: str) -> frozenset[str]:
        """The privileges (select, insert, update, delete) that a role holds, those of PUBLIC included."""
        return frozenset().union(*(words for holder, words in self.grants if holder in (role, "public")))


class View(NamedTuple):
    """A view as the replay leaves it. `asks` says that its query asks who reads, by itself or by what it `calls`; `invoker` that row security
    binds its readers."""

    name: Name
    created: Location
    reads: tuple[Name, ...]
    invoker: bool
    grants: tuple[tuple[str, frozenset[str]], ...] = ()
    asks: bool = False
    calls: tuple[str, ...] = ()
    materialized: bool = False

    def may(self, role: str) -> frozenset[str]:
        """The privileges (select, insert, update, delete) that a role holds, those of PUBLIC included."""
        return frozenset().union(*(words for holder, words in self.grants if holder in (role, "public")))


class Function(NamedTuple):
    """A function; `callers` are the roles that may execute it, `arguments` the types by which it is told from others of its name."""

    name: Name
    created: Location
    definer: bool
    pinned: bool
    body: Body
    callers: frozenset[str]
    arguments: tuple[str, ...] = ()


class Bucket(NamedTuple):
    name: str
    created: Location
    public: bool


class Database(NamedTuple):
    """The end of the replay. `opaque` are statements whose effect could not be followed, with what they do; `exact` that a real parser read all."""

    tables: tuple[Table, ...]
    views: tuple[View, ...]
    functions: tuple[Function, ...]
    buckets: tuple[Bucket, ...]
    opaque: tuple[tuple[Location, str], ...]
    unread: tuple[Location, ...]
    statements: int
    files: tuple[str, ...]
    exact: bool
