"""Reads the statements that matter from tokens: for files, or Pythons, that the real parser does not read; what it gives is marked inexact."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from driftline import late
from driftline.database import Block, Body, Change, Name, Policy, Script
from driftline.database.tokens import Lines, Token, scan, statements
from driftline.model import Location

# Words that begin a table's constraint instead of a column.
_CONSTRAINTS = frozenset(("constraint", "primary", "unique", "foreign", "check", "exclude", "like", "period"))
_PRIVILEGES = frozenset(("select", "insert", "update", "delete"))


def read(path: str, content: str) -> Script:
    """The changes of one SQL file, by its tokens alone."""
    return _Reader(path, content).script()


# What people write and PostgreSQL refuses (18 docs, CREATE POLICY, 2026-11): such a statement has no effect.
_REFUSED = (("create", "policy", "if", "not", "exists"), ("create", "or", "replace", "policy"))
_NAMELESS = frozenset(("grant", "revoke", "default grant", "default revoke", "bucket", "search path", "block"))


def _follows(tokens: Sequence[Token], words: tuple[str, ...]) -> bool:
    return tuple(token.text for token in tokens[: len(words)]) == words


def is_refused(change: Change) -> bool:
    """Whether PostgreSQL refuses a policy whose syntax is sound: what is inserted has no old row to ask, what is read or deleted no new one."""
    policy = change.policy
    if policy is None or change.verb != "create policy":
        return False
    return (policy.command == "insert" and policy.using is not None) or (
        policy.command in ("select", "delete") and policy.check is not None
    )


class _Reader:
    def __init__(self, path: str, content: str) -> None:
        self.content = content
        self.lines = Lines(path, content)
        self.changes: list[Change] = []
        self.unread: list[Location] = []
        self.count = 0

    def script(self) -> Script:
        for tokens, _, _ in statements(self.content):
            self.count += 1
            found = [change for change in self._statement(tokens) if change.name != Name("", "") or change.verb in _NAMELESS]
            if any(_follows(tokens, words) for words in _REFUSED) or any(is_refused(change) for change in found):
                self.unread.append(self.lines.at(tokens[0].position))
            else:
                self.changes += found
        return Script(tuple(self.changes), self.count, tuple(self.unread), False)

    def _statement(self, tokens: list[Token]) -> Iterator[Change]:
        cursor = Cursor(tokens)
        location = self.lines.at(tokens[0].position)
        if cursor.take("do"):
            yield from block(tokens, location, self.lines)
        else:
            yield from changes(cursor, location)


def block(tokens: Sequence[Token], location: Location, lines: Lines) -> Iterator[Change]:
    """A DO block, whose body is run by the replay: what it does depends on what is there."""
    body = next((token for token in tokens if token.kind in ("dollar", "string")), None)
    if body is not None and not _in_another_language(tokens):
        fixed = location if body.kind == "string" else None
        inside = tuple(token._replace(position=token.position + (0 if fixed else body.position)) for token in scan(body.text))
        yield Change("block", location, block=Block(inside, lines, fixed))


def _in_another_language(tokens: Sequence[Token]) -> bool:
    return any(one.text == "language" and other.text != "plpgsql" for one, other in pairwise(tokens))


# What a statement that is built at run time seems to do: decides which questions it leaves open.
_SAID = (
    ("disable row level", "switches row level security off"),
    ("row level security", "switches row level security on"),
    ("policy", "creates or drops policies"),
    ("grant", "grants privileges"),
    ("revoke", "revokes privileges"),
    ("create table", "creates tables"),
    ("drop table", "drops tables"),
    ("view", "creates or drops views"),
)
# What a built statement may begin with that changes nothing that is judged.
_HARMLESS = late.pattern(
    r"\s*(?:select|insert|update|delete|comment|create (?:unique )?index|drop index|create (?:or replace )?trigger|drop trigger|alter type|create type"
    r"|alter publication|alter sequence|create sequence|alter index|analyze|refresh|truncate|notify|alter database|create extension|reindex|vacuum"
    r"|alter table .{0,80}?\b(?:add|drop|rename|alter|validate|owner|replica)\b)\b",
    re.DOTALL,
)


def said(tokens: Sequence[Token]) -> str:
    """What a built statement seems to do, "" where nothing that is judged depends on it."""
    text = " ".join(token.text.lower() for token in tokens if token.kind in ("string", "dollar", "word"))
    for word, meaning in _SAID:
        if word in text:
            return meaning
    first = next((token.text.lower() for token in tokens if token.kind in ("string", "dollar")), "")
    return "" if _HARMLESS.match(first) else "runs a statement that it builds"


class Cursor:
    """Walks over the tokens of one statement."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.index = 0

    @property
    def token(self) -> Token | None:
        return self.tokens[self.index] if self.index < len(self.tokens) else None

    def take(self, *words: str) -> bool:
        """Steps over these words when they come next, all of them."""
        ahead = self.tokens[self.index : self.index + len(words)]
        if len(ahead) == len(words) and all(t.text == w and t.kind in ("word", "sign") for t, w in zip(ahead, words, strict=True)):
            self.index += len(words)
            return True
        return False

    def any(self, *words: str) -> str:
        """Steps over one of these words, and says which; "" when none comes next."""
        return next((word for word in words if self.take(*word.split())), "")

    def name(self) -> Name:
        """A qualified name; an empty one when none comes next. A third part (the database) is left out."""
        parts: list[str] = []
        while self.token is not None and self.token.kind in ("word", "quoted"):
            parts.append(self.token.text)
            self.index += 1
            if not self.take("."):
                break
        return Name(parts[-2] if len(parts) > 1 else "", parts[-1]) if parts else Name("", "")

    def names(self) -> tuple[Name, ...]:
        return tuple(name for name, _ in self.signatures())

    def signatures(self) -> tuple[tuple[Name, tuple[str, ...] | None], ...]:
        """Names, each with the types of its arguments where brackets follow, None where none do."""
        found = []
        while True:
            self.take("only")
            name = self.name()
            if not name.name:
                break
            found.append((name, self.arguments()))
            self.take("*")
            if not self.take(","):
                break
        return tuple(found)

    def arguments(self) -> tuple[str, ...] | None:
        """The types of a function's arguments, by which it is told from others of its name; None when no brackets come next."""
        inner = self.group()
        if inner is None:
            return None
        return tuple(kind for part in _split(inner) if part and (kind := _argument(part)))

    def roles(self) -> tuple[str, ...]:
        found = []
        while True:
            self.take("group")
            name = self.name()
            if not name.name:
                break
            found.append(name.name)
            if not self.take(","):
                break
        return tuple(found)

    def group(self) -> tuple[Token, ...] | None:
        """The tokens inside the brackets that come next, None when none come."""
        if self.token is None or self.token.text != "(" or self.token.kind != "sign":
            return None
        depth, start = 0, self.index + 1
        for index in range(self.index, len(self.tokens)):
            if self.tokens[index].kind == "sign":
                depth += {"(": 1, ")": -1}.get(self.tokens[index].text, 0)
            if depth == 0:
                self.index = index + 1
                return tuple(self.tokens[start:index])
        self.index = len(self.tokens)
        return tuple(self.tokens[start:])

    def rest(self) -> Sequence[Token]:
        return self.tokens[self.index :]


_MODES = frozenset(("in", "inout", "variadic"))
_LONG = frozenset(("double precision", "character varying", "bit varying", "timestamp with time zone", "timestamp without time zone",
                   "time with time zone", "time without time zone"))  # fmt: skip
# Other names of one type (PostgreSQL 18 docs, table 8.1, 2026-11).
_TYPES = {"int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean", "varchar": "character varying",
          "char": "character", "bpchar": "character", "float8": "double precision", "float4": "real", "float": "double precision", "decimal": "numeric",
          "timestamptz": "timestamp with time zone", "timestamp": "timestamp without time zone", "timetz": "time with time zone",
          "time": "time without time zone", "serial": "integer", "bigserial": "bigint"}  # fmt: skip


def _argument(tokens: Sequence[Token]) -> str:
    """The type of one argument, "" for one that is given back only."""
    if tokens[0].text == "out":
        return ""
    kept: list[str] = []
    depth = 0
    dimensions = 0
    for token in tokens[1 if tokens[0].text in _MODES and len(tokens) > 1 else 0 :]:
        if token.kind == "sign" and token.text in "()":
            depth += 1 if token.text == "(" else -1
        elif depth == 0 and (token.text in ("default", "=", ":=") and token.kind in ("word", "sign")):
            break
        elif depth == 0 and token.text == "[":
            dimensions = 1
        elif depth == 0 and token.kind in ("word", "quoted"):
            kept.append(token.text)
        elif depth == 0 and token.text == "." and kept:
            kept[-1] += "."
    schemaless: list[str] = []
    for word in kept:  # `public.`, `app_role` are one name
        if schemaless and schemaless[-1].endswith("."):
            schemaless[-1] = word
        else:
            schemaless.append(word)
    if len(schemaless) > 1 and " ".join(schemaless) not in _LONG:
        schemaless = schemaless[1:]
    name = " ".join(schemaless)
    return _TYPES.get(name, name) + "[]" * dimensions


def changes(cursor: Cursor, location: Location) -> Iterator[Change]:
    """What one plain statement changes; nothing for statements that do not matter here."""
    if cursor.take("create"):
        yield from _create(cursor, location)
    elif cursor.take("alter"):
        yield from _alter(cursor, location)
    elif cursor.take("drop"):
        yield from _drop(cursor, location)
    elif verb := cursor.any("grant", "revoke"):
        change = _grant(cursor, location, verb)
        if change is not None:
            yield change
    elif cursor.take("insert", "into") or cursor.take("update"):
        yield from _buckets(cursor, location)
    elif cursor.take("reset", "search_path"):
        yield Change("search path", location, word="public")
    elif cursor.take("set") and (cursor.take("search_path") or cursor.take("local", "search_path")):
        cursor.any("=", "to")
        token = cursor.token
        if token is not None:
            yield Change("search path", location, word=token.text)


def _create(cursor: Cursor, location: Location) -> Iterator[Change]:
    replacing = cursor.take("or", "replace")
    if cursor.any("temporary", "temp", "local temporary", "local temp", "global temporary"):
        return
    if cursor.take("policy"):
        title = cursor.name().name
        cursor.take("on")
        table = cursor.name()
        policy = _policy(cursor, title, location)
        yield Change("create policy", location, table, policy=policy._replace(roles=policy.roles or ("public",)))
        return
    cursor.any("unlogged", "foreign", "recursive")
    if cursor.take("table"):
        soft = cursor.take("if", "not", "exists")
        name = cursor.name()
        parents: tuple[Name, ...] = (cursor.name(),) if cursor.take("partition", "of") else ()
        columns = _columns(cursor.group() or ())
        rest = cursor.rest()
        if not parents and cursor.take("inherits"):
            parents = Cursor(cursor.group() or ()).names()
        parted = any(one.text == "partition" and other.text == "by" and one.kind == other.kind == "word" for one, other in pairwise(rest))
        yield Change("create table", location, name, columns=columns, soft=soft, names=parents, word="partitioned" if parted else "")
    elif kind := cursor.any("materialized view", "view"):
        kind = kind.removesuffix("view").strip()
        cursor.take("if", "not", "exists")
        name = cursor.name()
        cursor.group()
        invoker = option(cursor.group() or (), "security_invoker") if cursor.take("with") else None
        query = cursor.rest()
        text = text_of(query)
        yield Change("create view", location, name, flag=bool(invoker), names=_sources(query), soft=replacing,
                     word="asks" if asks(text) else "", words=calls(text), kind=kind)  # fmt: skip
    elif cursor.take("function") or cursor.take("procedure"):
        name = cursor.name()
        arguments = cursor.arguments() or ()
        yield _function(cursor, "create function", location, name)._replace(arguments=(arguments,))


def _function(cursor: Cursor, verb: str, location: Location, name: Name) -> Change:
    rest = cursor.rest()
    words = [token.text if token.kind == "word" else "" for token in rest]
    definer = None
    for first, second in pairwise(words):
        if first == "security":
            definer = second == "definer" if second in ("definer", "invoker") else definer
    pinned = any(first == "set" and second == "search_path" for first, second in pairwise(words))
    body = _body(rest, words) if verb == "create function" else None
    return Change(verb, location, name, flag=definer, word="search_path" if pinned else "", body=body)


# What a query or a function says when it asks who is there: Supabase's functions, the settings behind them, and own helpers by their names.
_ASKS = late.pattern(
    r"\bauth \. (?:uid|jwt|role|email) \(|current_setting|request \. jwt|\bcurrent_user\b|\bsession_user\b|\b(?:is|has|can|check|require|assert|verify|get_my|get_current|current)_\w+ \("
)
# One more or one less; by how much a caller says is no counter but a balance.
_COUNTS = late.pattern(r"\bset ([\w\"]+) = (?:coalesce \( )?(?:\w+ \. )?\1(?: , 0 \))? [+-] \d")


_SUMS = late.pattern(r"\b(?:count|sum|avg) \(")
_AS_JSON = late.pattern(r"\b(?:json_agg|jsonb_agg|json_object_agg|jsonb_object_agg|row_to_json|to_json|to_jsonb) \(")
_KEYED = late.pattern(
    r"\b\w{0,63}(?:pin|code|token|hash|secret|otp|api_key|slug|domain)\w{0,63}(?: \))? = (?:(?:upper|lower|trim) \( )?(?!true|false|')\w"
)
_CALLED = late.pattern(r"\b([a-z_]\w*) \(")


def calls(text: str) -> tuple[str, ...]:
    """The names of the functions that a normalised text calls, as far as brackets tell."""
    return tuple(dict.fromkeys(_CALLED.findall(text)))


def asks(text: str) -> bool:
    """Whether a normalised text asks who is there."""
    return _ASKS.search(text) is not None


def _body(tokens: Sequence[Token], words: Sequence[str]) -> Body:
    """What the body of a function does; of languages other than SQL and PL/pgSQL, and of C, nothing is known but that they may ask."""
    returns = "value"
    for index, (first, second) in enumerate(pairwise(words)):
        if first == "returns":
            later = words[index + 2] if index + 2 < len(words) else ""
            returns = (
                "trigger"
                if second in ("trigger", "event_trigger")
                else "rows"
                if second in ("setof", "table", "json", "jsonb", "record")
                else returns
            )
            returns = "rows" if second == "" and later == "setof" else returns
            break
    language = next((second for first, second in pairwise([token.text for token in tokens]) if first == "language"), "sql")
    text = next(
        (
            token.text
            for index, token in enumerate(tokens)
            if token.kind in ("dollar", "string") and index and tokens[index - 1].text == "as"
        ),
        None,
    )
    inside = list(scan(text)) if text is not None else list(tokens)
    if language not in ("sql", "plpgsql"):
        return Body(returns, asks=True)
    plain = text_of(inside)
    if returns == "json" and _AS_JSON.search(plain):
        returns = "rows"
    writes: dict[Name, None] = {}
    counted = set()
    for index, token in enumerate(inside):
        following = inside[index + 1].text if index + 1 < len(inside) else ""
        at = (
            index + 2
            if (token.text, following) in (("insert", "into"), ("delete", "from"))
            else index + 1
            if token.text in ("update", "truncate")
            else 0
        )
        if token.kind != "word" or not at:
            continue
        cursor = Cursor(inside[at : at + 6])
        cursor.any("only", "table")
        name = cursor.name()
        # `FOR UPDATE`, `ON CONFLICT DO UPDATE SET`
        if name.name and name.name not in ("set", "of", "nowait", "skip") and not (index and inside[index - 1].text in ("for", "do")):
            writes[name] = None
            if token.text == "update" and _COUNTS.search(text_of(inside[index : index + 20])):
                counted.add(name)
    own = set(writes)
    reads = tuple(name for name in _sources(inside) if name not in own)
    sums = _SUMS.search(plain) is not None and " group by " not in plain
    return Body(
        returns,
        reads,
        tuple(writes),
        asks(plain),
        frozenset(calls(plain)),
        bool(writes) and counted == own,
        sums,
        _KEYED.search(plain) is not None,
    )


def _columns(tokens: Sequence[Token]) -> tuple[str, ...]:
    found: list[str] = []
    depth, fresh = 0, True
    for token in tokens:
        if token.kind == "sign" and token.text in "()[]":
            depth += 1 if token.text in "([" else -1
        elif depth == 0 and token.kind == "sign" and token.text == ",":
            fresh = True
            continue
        elif depth == 0 and fresh and (token.kind == "quoted" or (token.kind == "word" and token.text not in _CONSTRAINTS)):
            found.append(token.text)
        fresh = False
    return tuple(found)


def option(tokens: Sequence[Token], name: str) -> bool | None:
    """A Boolean storage option: `security_invoker`, `= true`, `= on`."""
    for index, token in enumerate(tokens):
        if token.text.lower() == name:
            value = tokens[index + 2].text.lower() if index + 2 < len(tokens) and tokens[index + 1].text == "=" else "true"
            return value in ("true", "on", "1", "yes")
    return None


def _sources(tokens: Sequence[Token]) -> tuple[Name, ...]:
    """What a query reads: the names after FROM and JOIN."""
    found: dict[Name, None] = {}
    # `WITH own AS (...)`: a name of the query itself.
    own = {
        tokens[index - 1].text
        for index, token in enumerate(tokens[:-1])
        if index and token.kind == "word" and token.text == "as" and tokens[index + 1].text == "("
    }
    for index, token in enumerate(tokens):
        if token.kind == "word" and token.text in ("from", "join"):
            cursor = Cursor(tokens[index + 1 : index + 6])
            cursor.any("only", "lateral")
            name = cursor.name()
            if name.name and (name.schema or name.name not in own) and not (cursor.token is not None and cursor.token.text == "("):
                found[name] = None
    return tuple(found)


def _policy(cursor: Cursor, name: str, location: Location) -> Policy:
    permissive = not (cursor.take("as", "restrictive"))
    cursor.take("as", "permissive")
    command = cursor.any("all", "select", "insert", "update", "delete") if cursor.take("for") else "all"
    roles = who(cursor.roles()) if cursor.take("to") else ()
    using = text_of(cursor.group() or ()) if cursor.take("using") else None
    check = text_of(cursor.group() or ()) if cursor.take("with", "check") else None
    return Policy(name, command or "all", roles, using, check, permissive, location)


def who(roles: tuple[str, ...]) -> tuple[str, ...]:
    """The roles of a policy: beside PUBLIC, PostgreSQL ignores all others."""
    return ("public",) if "public" in roles else roles


def text_of(tokens: Sequence[Token]) -> str:
    """An expression as normalised text: words in lower case, one blank between tokens, needless outer brackets dropped."""
    words = [f"'{token.text}'" if token.kind == "string" else token.text for token in tokens]
    while len(words) > 1 and words[0] == "(" and _closes_at_end(words):
        words = words[1:-1]
    return " ".join(words)


def _closes_at_end(words: Sequence[str]) -> bool:
    depth = 0
    for index, word in enumerate(words):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth == 0:
            return index == len(words) - 1
    return False


def _alter(cursor: Cursor, location: Location) -> Iterator[Change]:
    if cursor.take("policy"):
        policy = cursor.name().name
        cursor.take("on")
        table = cursor.name()
        if cursor.take("rename", "to"):
            yield Change("rename policy", location, table, word=policy, to=cursor.name().name)
        else:
            yield Change("alter policy", location, table, policy=_policy(cursor, policy, location))
    elif cursor.take("default", "privileges"):
        yield from _default(cursor, location)
    elif cursor.any("table", "foreign table"):
        yield from _alter_table(cursor, location)
    elif cursor.any("view", "materialized view"):
        cursor.take("if", "exists")
        name = cursor.name()
        if cursor.take("set", "schema"):
            yield Change("move table", location, name, to=cursor.name().name)
        elif cursor.take("set"):
            invoker = option(cursor.group() or (), "security_invoker")
            if invoker is not None:
                yield Change("set view", location, name, flag=invoker)
        elif cursor.take("rename", "to"):
            yield Change("rename table", location, name, to=cursor.name().name)
    elif cursor.any("function", "procedure", "routine"):
        name = cursor.name()
        arguments = cursor.arguments()
        if cursor.take("rename", "to"):
            yield Change("rename function", location, name, to=cursor.name().name, arguments=(arguments,))
            return
        if cursor.take("set", "schema"):
            yield Change("move function", location, name, to=cursor.name().name, arguments=(arguments,))
            return
        change = _function(cursor, "set function", location, name)._replace(arguments=(arguments,))
        if change.flag is not None or change.word:
            yield change


def _alter_table(cursor: Cursor, location: Location) -> Iterator[Change]:
    cursor.take("if", "exists")
    cursor.take("only")
    name = cursor.name()
    cursor.take("*")
    if cursor.take("rename", "to"):
        yield Change("rename table", location, name, to=cursor.name().name)
        return
    if cursor.take("set", "schema"):
        yield Change("move table", location, name, to=cursor.name().name)
        return
    if cursor.take("rename", "column") or (cursor.take("rename") and cursor.token is not None and cursor.token.text != "constraint"):
        old = cursor.name().name
        if cursor.take("to"):
            yield Change("drop column", location, name, columns=(old,))
            yield Change("add column", location, name, columns=(cursor.name().name,))
        return
    for action in _split(cursor.rest()):
        yield from _action(Cursor(action), location, name)


def _action(cursor: Cursor, location: Location, name: Name) -> Iterator[Change]:
    for words, verb, flag in (
        (("enable", "row", "level", "security"), "row security", True),
        (("disable", "row", "level", "security"), "row security", False),
        (("force", "row", "level", "security"), "force row security", True),
        (("no", "force", "row", "level", "security"), "force row security", False),
    ):
        if cursor.take(*words):
            yield Change(verb, location, name, flag=flag)
            return
    if cursor.take("attach", "partition") or cursor.take("detach", "partition"):
        verb = cursor.tokens[0].text
        yield Change(verb, location, name, names=(cursor.name(),))
    elif cursor.take("add"):
        cursor.take("column")
        cursor.take("if", "not", "exists")
        if cursor.token is not None and (cursor.token.kind == "quoted" or cursor.token.text not in _CONSTRAINTS):
            yield Change("add column", location, name, columns=(cursor.name().name,))
    elif cursor.take("drop") and not (cursor.token is not None and cursor.token.text == "constraint"):
        cursor.take("column")
        cursor.take("if", "exists")
        yield Change("drop column", location, name, columns=(cursor.name().name,), flag=cursor.take("cascade") or None)


def _split(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    depth = start = 0
    for index, token in enumerate(tokens):
        if token.kind == "sign":
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if token.text == "," and depth == 0:
                yield tokens[start:index]
                start = index + 1
    yield tokens[start:]


def _drop(cursor: Cursor, location: Location) -> Iterator[Change]:
    kind = cursor.any(
        "table", "foreign table", "policy", "view", "materialized view", "function", "procedure", "routine", "schema", "type", "domain"
    )
    if not kind:
        return
    cascade = any(token.kind == "word" and token.text == "cascade" for token in cursor.tokens[-1:])
    cursor.take("if", "exists")
    if kind == "policy":
        policy = cursor.name().name
        cursor.take("on")
        yield Change("drop policy", location, cursor.name(), word=policy)
    elif kind == "schema":
        yield from (Change("drop schema", location, Name(name.name, "")) for name in cursor.names())
    elif kind in ("function", "procedure", "routine"):
        for name, arguments in cursor.signatures():
            yield Change("drop function", location, name, arguments=(arguments,), flag=cascade)
    else:
        noun = "table" if "table" in kind else "view" if "view" in kind else "type"
        yield from (Change(f"drop {noun}", location, name, flag=cascade) for name in cursor.names())


def _privileges(cursor: Cursor) -> tuple[tuple[str, ...], bool]:
    """(the privileges that a GRANT or REVOKE names, whether it names them for columns alone)."""
    found: list[str] = []
    columns = False
    while cursor.token is not None and cursor.token.text not in ("on", "to", "from"):
        word = cursor.token.text
        cursor.index += 1
        if cursor.group() is not None:
            columns = True
        found.append(word)
        cursor.take("privileges")
        cursor.take(",")
    every = tuple(_PRIVILEGES | {"execute"})
    return every if "all" in found else tuple(word for word in found if word in _PRIVILEGES or word == "execute"), columns


def _grant(cursor: Cursor, location: Location, verb: str) -> Change | None:
    if verb == "revoke" and cursor.take("grant", "option", "for"):
        return None  # the privilege itself stays
    words, columns = _privileges(cursor)
    if not cursor.take("on"):
        return None
    kind = "table"
    named: tuple[tuple[Name, tuple[str, ...] | None], ...] = ()
    found = cursor.any("all tables in schema", "all functions in schema", "all routines in schema", "all procedures in schema", "table", "function",
                       "routine", "procedure", "schema", "sequence", "all sequences in schema", "type", "database", "language", "foreign",
                       "parameter", "domain", "large")  # fmt: skip
    if found in ("all tables in schema", "all functions in schema", "all routines in schema", "all procedures in schema"):
        kind = "every table" if "tables" in found else "every function"
        named = tuple((Name(name.name, ""), None) for name in cursor.names())
    elif found in ("", "table"):
        # A revoke of columns leaves the privilege on the table, and one on the table takes those on columns with it: the latter is what counts.
        if verb == "revoke" and columns:
            return None
        named = cursor.signatures()
    elif found in ("function", "routine", "procedure"):
        kind, named = "function", cursor.signatures()
    else:
        return None
    cursor.any("to", "from")
    names, arguments = tuple(name for name, _ in named), tuple(given for _, given in named) if kind == "function" else ()
    return Change(verb, location, names=names, kind=kind, words=words, roles=cursor.roles(), arguments=arguments)


def _default(cursor: Cursor, location: Location) -> Iterator[Change]:
    schemas: tuple[str, ...] = ("",)
    owners: tuple[str, ...] = ()
    while True:
        if cursor.any("for role", "for user"):
            owners = cursor.roles()
        elif cursor.take("in", "schema"):
            schemas = cursor.roles()
        else:
            break
    verb = cursor.any("grant", "revoke")
    if verb == "revoke" and cursor.take("grant", "option", "for"):
        return
    words, _ = _privileges(cursor)
    cursor.take("on")
    kind = cursor.any("tables", "functions", "routines", "sequences", "types", "schemas")
    cursor.any("to", "from")
    roles = cursor.roles()
    if verb and kind in ("tables", "functions", "routines"):
        for schema in schemas:
            noun = "table" if kind == "tables" else "function"
            yield Change(f"default {verb}", location, Name(schema, ""), kind=noun, words=words, roles=roles, owners=owners)


def _buckets(cursor: Cursor, location: Location) -> Iterator[Change]:
    """`INSERT INTO storage.buckets (...) VALUES (...)` and `UPDATE storage.buckets SET public = ... WHERE id = '...'`."""
    if cursor.name() != Name("storage", "buckets"):
        return
    if cursor.take("set"):
        words = [token.text for token in cursor.rest()]
        public = "true" in words[: words.index("where")] if "where" in words else None
        ids = [token.text for token in cursor.rest() if token.kind == "string"]
        if public is not None and "public" in words and len(ids) == 1:
            yield Change("bucket", location, word=ids[0], flag=public)
        return
    columns = [token.text for token in cursor.group() or () if token.kind in ("word", "quoted")]
    if not cursor.take("values"):
        return
    while (row := cursor.group()) is not None:
        cells = [list(cell) for cell in _split(row)]
        values = dict(zip(columns, cells, strict=False))
        name = next((t.text for t in values.get("id", values.get("name", [])) if t.kind == "string"), None)
        if name is not None:
            yield Change("bucket", location, word=name, flag=any(t.text == "true" for t in values.get("public", [])))
        if not cursor.take(","):
            break
