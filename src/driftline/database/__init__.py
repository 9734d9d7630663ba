"""Replays a project's SQL migrations: which tables, row security, policies, grants, views, functions and buckets remain at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from driftline.model import Location

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

    create table (name, columns) | drop table (name, flag: cascade) | rename table (name, to) | move table (name, to: its schema) |
    row security (name, flag) | force row security (name, flag) | add column (name, columns) | drop column (name, columns, flag: cascade) |
    create policy (name, policy) | alter policy (name, policy) | drop policy (name, word) | rename policy (name, word, to) |
    grant, revoke (names, arguments, kind, words: privileges, roles) | default grant, default revoke (kind, words, roles, name.schema, owners) |
    create view (name, names: what it reads, flag: security_invoker) | set view (name, flag) | drop view (name, flag: cascade) |
    create function (name, arguments, flag: SECURITY DEFINER, word: "" or "search_path", to: "trigger") | set function (name, arguments, flag, word) |
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
    """A table as the replay leaves it. `grants` maps a role to its privileges; `auto` says that the platform granted them by itself."""

    name: Name
    created: Location
    columns: tuple[str, ...]
    row_security: bool = False
    forced: bool = False
    disabled: Location | None = None
    policies: tuple[Policy, ...] = ()
    grants: tuple[tuple[str, frozenset[str]], ...] = ()
    auto: bool = False

    def may(self, role: str) -> frozenset[str]:
        """The privileges (select, insert, update, delete) that a role holds, those of PUBLIC included."""
        return frozenset().union(*(words for holder, words in self.grants if holder in (role, "public")))


class View(NamedTuple):
    name: Name
    created: Location
    reads: tuple[Name, ...]
    invoker: bool
    grants: tuple[tuple[str, frozenset[str]], ...] = ()

    def may(self, role: str) -> frozenset[str]:
        """The privileges (select, insert, update, delete) that a role holds, those of PUBLIC included."""
        return frozenset().union(*(words for holder, words in self.grants if holder in (role, "public")))


class Function(NamedTuple):
    """A function; `callers` are the roles that may execute it, `arguments` the types by which it is told from others of its name."""

    name: Name
    created: Location
    definer: bool
    pinned: bool
    trigger: bool
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
