"""Folds the changes of all scripts, in order, into the database they leave behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from driftline.database import Block, Body, Bucket, Change, Database, Function, Name, Policy, Script, Table, View, blocks
from driftline.database.statements import Cursor, changes, is_refused, said
from driftline.database.tokens import Token, statements
from driftline.model import Location

_ALL = frozenset(("select", "insert", "update", "delete"))
_EXECUTE = frozenset(("execute",))
# The roles that a browser holds through Supabase's API (Supabase docs, Postgres roles, 2026-11).
API_ROLES = ("anon", "authenticated")


def replay(scripts: Sequence[tuple[str, Script]], *, grants_itself: Callable[[str], bool] = lambda _path: False) -> Database:
    """The database after all scripts, given as (path, script) in the order in which they run.

    `grants_itself` says of a script's path whether the platform granted the API roles everything on tables made there.
    """
    state = _State(grants_itself)
    for path, script in scripts:
        state.path = path
        state.schema = "public"  # each migration runs in a session of its own
        for change in script.changes:
            state.apply(change)
    return Database(
        tables=tuple(sorted(state.tables.values(), key=lambda table: table.name)),
        views=tuple(sorted(state.views.values(), key=lambda view: view.name)),
        functions=tuple(sorted(state.functions.values(), key=lambda function: (function.name, function.arguments))),
        buckets=tuple(sorted(state.buckets.values())),
        opaque=tuple(state.opaque),
        unread=tuple(place for _, script in scripts for place in script.unread),
        statements=sum(script.statements for _, script in scripts),
        files=tuple(path for path, _ in scripts),
        exact=all(script.exact for _, script in scripts),
    )


class _State:
    def __init__(self, grants_itself: Callable[[str], bool]) -> None:
        self.grants_itself = grants_itself
        self.path = ""
        self.schema = "public"
        self.tables: dict[Name, Table] = {}
        self.views: dict[Name, View] = {}
        self.functions: dict[tuple[Name, tuple[str, ...]], Function] = {}
        self.buckets: dict[str, Bucket] = {}
        self.opaque: list[tuple[Location, str]] = []
        # (schema or "", "table" or "function", role) -> privileges of what is made from now on; EXECUTE is everybody's unless it is revoked
        # (PostgreSQL 18 docs, GRANT and ALTER DEFAULT PRIVILEGES, 2026-11).
        self.defaults: dict[tuple[str, str, str], frozenset[str]] = {("", "function", "public"): _EXECUTE}
        # What the platform gives by itself, as far as no migration took it back: (kind, role) -> privileges on what is made in `public`.
        self.platform = {(kind, role): words for kind, words in (("table", _ALL), ("function", _EXECUTE)) for role in API_ROLES}

    def apply(self, change: Change) -> None:
        step = getattr(self, "_" + change.verb.replace(" ", "_"), None)
        if step is not None:
            step(change)

    def full(self, name: Name) -> Name:
        return name if name.schema else Name(self.schema, name.name)

    # --- tables ---------------------------------------------------------------------------------------------------------

    def _create_table(self, change: Change) -> None:
        name = self.full(change.name)
        if change.soft and (name in self.tables or name in self.views):
            return
        grants, auto = self._first_grants(name, "table")
        parents = tuple(self.full(parent) for parent in change.names)
        columns = change.columns or next((self.tables[parent].columns for parent in parents if parent in self.tables), ())
        self.tables[name] = Table(
            name, change.location, columns, grants=grants, auto=auto, parents=parents, partitioned=change.word == "partitioned"
        )

    def _attach(self, change: Change) -> None:
        parent = self.full(change.name)
        for name in map(self.full, change.names):
            if name in self.tables:
                self.tables[name] = self.tables[name]._replace(parents=(*self.tables[name].parents, parent))

    def _detach(self, change: Change) -> None:
        parent = self.full(change.name)
        for name in map(self.full, change.names):
            if name in self.tables:
                kept = tuple(other for other in self.tables[name].parents if other != parent)
                self.tables[name] = self.tables[name]._replace(parents=kept)

    def _drop_table(self, change: Change) -> None:
        self._without(self.full(change.name), cascade=bool(change.flag))

    def _without(self, name: Name, *, cascade: bool) -> None:
        """A table is dropped, and its parts with it; CASCADE takes along what reads it."""
        self.tables.pop(name, None)
        for part in [table.name for table in self.tables.values() if name in table.parents]:
            self._without(part, cascade=cascade)
        if cascade:
            self._without_readers(name)

    def _without_readers(self, name: Name) -> None:
        """CASCADE of a table or view: what reads it goes, too."""
        readers = [view.name for view in self.views.values() if name in view.reads]
        for reader in readers:
            self.views.pop(reader, None)
            self._without_readers(reader)
        self._without_policies(lambda text: _names(text, name.name))

    def _without_policies(self, depends: Callable[[str], bool]) -> None:
        for name, table in self.tables.items():
            kept = tuple(p for p in table.policies if not any(text and depends(text) for text in (p.using, p.check)))
            if len(kept) < len(table.policies):
                self.tables[name] = table._replace(policies=kept)

    def _drop_schema(self, change: Change) -> None:
        schema = change.name.schema
        self.tables = {name: table for name, table in self.tables.items() if name.schema != schema}
        self.views = {name: view for name, view in self.views.items() if name.schema != schema}
        self.functions = {key: function for key, function in self.functions.items() if key[0].schema != schema}

    def _rename_table(self, change: Change) -> None:
        old = self.full(change.name)
        new = Name(old.schema, change.to)
        self._renamed(old, new)

    def _move_table(self, change: Change) -> None:
        old = self.full(change.name)
        self._renamed(old, Name(change.to, old.name))

    def _renamed(self, old: Name, new: Name) -> None:
        if old in self.tables:
            self.tables[new] = self.tables.pop(old)._replace(name=new)
        elif old in self.views:
            self.views[new] = self.views.pop(old)._replace(name=new)
        for name, table in self.tables.items():
            if old in table.parents:
                self.tables[name] = table._replace(parents=tuple(new if parent == old else parent for parent in table.parents))
        for name, view in self.views.items():
            if old in view.reads:
                self.views[name] = view._replace(reads=tuple(new if read == old else read for read in view.reads))

    def _row_security(self, change: Change) -> None:
        self._change(
            change, lambda table: table._replace(row_security=bool(change.flag), disabled=None if change.flag else change.location)
        )

    def _force_row_security(self, change: Change) -> None:
        self._change(change, lambda table: table._replace(forced=bool(change.flag)))

    def _add_column(self, change: Change) -> None:
        self._change(
            change, lambda table: table._replace(columns=(*(c for c in table.columns if c not in change.columns), *change.columns))
        )

    def _drop_column(self, change: Change) -> None:
        self._change(change, lambda table: table._replace(columns=tuple(c for c in table.columns if c not in change.columns)))
        if change.flag:
            self._change(change, lambda table: table._replace(policies=tuple(p for p in table.policies if not _needs(p, change.columns))))

    def _change(self, change: Change, step: Callable[[Table], Table]) -> None:
        name = self.full(change.name)
        if name in self.tables:
            self.tables[name] = step(self.tables[name])

    # --- policies -------------------------------------------------------------------------------------------------------

    def _create_policy(self, change: Change) -> None:
        policy = change.policy
        if policy is not None:
            self._policies(change, lambda policies: [*(p for p in policies if p.name != policy.name), policy])

    def _drop_policy(self, change: Change) -> None:
        self._policies(change, lambda policies: [p for p in policies if p.name != change.word])

    def _rename_policy(self, change: Change) -> None:
        self._policies(change, lambda policies: [p._replace(name=change.to) if p.name == change.word else p for p in policies])

    def _alter_policy(self, change: Change) -> None:
        new = change.policy
        if new is None:
            return

        def altered(old: Policy) -> Policy:
            if old.name != new.name or is_refused(Change("create policy", new.location, policy=new._replace(command=old.command))):
                return old
            return old._replace(
                roles=new.roles or old.roles,
                using=old.using if new.using is None else new.using,
                check=old.check if new.check is None else new.check,
                location=new.location,
            )

        self._policies(change, lambda policies: [altered(p) for p in policies])

    def _policies(self, change: Change, step: Callable[[Sequence[Policy]], Iterable[Policy]]) -> None:
        name = self.full(change.name)
        if name not in self.tables and name.schema in ("storage", "auth", "realtime"):
            # Tables of the platform: their row security is on, and only their policies are the project's.
            self.tables[name] = Table(name, change.location, (), row_security=True)
        self._change(change, lambda table: table._replace(policies=tuple(step(table.policies))))

    # --- privileges -----------------------------------------------------------------------------------------------------

    def _grant(self, change: Change) -> None:
        self._privileges(change, lambda held, words: held | words)

    def _revoke(self, change: Change) -> None:
        self._privileges(change, lambda held, words: held - words)

    def _privileges(self, change: Change, step: Callable[[frozenset[str], frozenset[str]], frozenset[str]]) -> None:
        words = frozenset(change.words)
        if change.kind in ("function", "every function"):
            for key in self._meant_functions(change) if "execute" in words else ():
                function = self.functions[key]
                callers = function.callers | set(change.roles) if change.verb == "grant" else function.callers - set(change.roles)
                self.functions[key] = function._replace(callers=frozenset(callers))
            return

        def granted(held: tuple[tuple[str, frozenset[str]], ...]) -> tuple[tuple[str, frozenset[str]], ...]:
            grants = dict(held)
            for role in change.roles:
                grants[role] = step(grants.get(role, frozenset()), words & _ALL)
            return tuple(sorted((role, kept) for role, kept in grants.items() if kept))

        for name in self._meant(change, self.tables):
            table = self.tables[name]
            # What a migration grants by name is no longer the platform's own doing.
            self.tables[name] = table._replace(
                grants=granted(table.grants), auto=table.auto and not (change.verb == "grant" and set(change.roles) & set(API_ROLES))
            )
        for name in self._meant(change, self.views):
            self.views[name] = self.views[name]._replace(grants=granted(self.views[name].grants))

    def _meant(self, change: Change, kept: Mapping[Name, object]) -> list[Name]:
        if change.kind == "every table":
            schemas = {name.schema for name in change.names}
            return [name for name in kept if name.schema in schemas]
        return [name for name in map(self.full, change.names) if name in kept]

    def _meant_functions(self, change: Change) -> list[tuple[Name, tuple[str, ...]]]:
        if change.kind == "every function":
            schemas = {name.schema for name in change.names}
            return [key for key in self.functions if key[0].schema in schemas]
        return [key for name, given in zip(change.names, change.arguments, strict=True) for key in self._overloads(self.full(name), given)]

    def _overloads(self, name: Name, arguments: tuple[str, ...] | None) -> list[tuple[Name, tuple[str, ...]]]:
        """The functions of a name: the one with these arguments, or all where none are given."""
        if arguments is not None:
            return [(name, arguments)] if (name, arguments) in self.functions else []
        return [key for key in self.functions if key[0] == name]

    def _default_grant(self, change: Change) -> None:
        self._defaults(change, lambda held, words: held | words)

    def _default_revoke(self, change: Change) -> None:
        self._defaults(change, lambda held, words: held - words)

    def _defaults(self, change: Change, step: Callable[[frozenset[str], frozenset[str]], frozenset[str]]) -> None:
        if change.owners and not set(change.owners) & {"postgres", "current_user", "current_role", "session_user"}:
            return  # for what another role makes
        words = frozenset(change.words)
        for role in change.roles:
            key = (change.name.schema, change.kind, role)
            self.defaults[key] = step(self.defaults.get(key, frozenset()), words)
            # The platform's own are for the schema, so only a revoke in that schema takes them back.
            if change.verb == "default revoke" and change.name.schema == "public" and (change.kind, role) in self.platform:
                self.platform[change.kind, role] -= words

    def _first_grants(self, name: Name, kind: str) -> tuple[tuple[tuple[str, frozenset[str]], ...], bool]:
        """(the privileges that something new has, whether the platform gave some of them)."""
        found: dict[str, frozenset[str]] = {}
        for (where, what, role), words in self.defaults.items():
            if what == kind and where in ("", name.schema):
                found[role] = found.get(role, frozenset()) | (words & (_ALL if kind == "table" else _EXECUTE))
        auto = False
        if name.schema == "public" and self.grants_itself(self.path):
            for (what, role), words in self.platform.items():
                if what == kind and words:
                    found[role] = found.get(role, frozenset()) | words
                    auto = True
        return tuple(sorted((role, words) for role, words in found.items() if words)), auto

    # --- views ----------------------------------------------------------------------------------------------------------

    def _create_view(self, change: Change) -> None:
        name = self.full(change.name)
        reads = tuple(self.full(source) for source in change.names)
        # OR REPLACE keeps the privileges, and sets the options anew.
        grants = self.views[name].grants if name in self.views else self._first_grants(name, "table")[0]
        self.views[name] = View(
            name, change.location, reads, bool(change.flag), grants, change.word == "asks", change.words, change.kind == "materialized"
        )

    def _set_view(self, change: Change) -> None:
        name = self.full(change.name)
        if name in self.views:
            self.views[name] = self.views[name]._replace(invoker=bool(change.flag))

    def _drop_view(self, change: Change) -> None:
        self.views.pop(self.full(change.name), None)
        if change.flag:
            self._without_readers(self.full(change.name))

    # --- functions ------------------------------------------------------------------------------------------------------

    def _create_function(self, change: Change) -> None:
        name = self.full(change.name)
        arguments = change.arguments[0] if change.arguments else ()
        key = (name, arguments or ())
        old = self.functions.get(key)
        callers = old.callers if old is not None else frozenset(role for role, _ in self._first_grants(name, "function")[0])
        self.functions[key] = Function(
            name, change.location, bool(change.flag), bool(change.word), self._said(change.body), callers, arguments or ()
        )

    def _said(self, body: Body | None) -> Body:
        if body is None:
            return Body("value")
        return body._replace(reads=tuple(map(self.full, body.reads)), writes=tuple(map(self.full, body.writes)))

    def _set_function(self, change: Change) -> None:
        for key in self._overloads(self.full(change.name), change.arguments[0] if change.arguments else None):
            function = self.functions[key]
            definer = function.definer if change.flag is None else change.flag
            self.functions[key] = function._replace(definer=definer, pinned=function.pinned or bool(change.word))

    def _rename_function(self, change: Change) -> None:
        for key in self._overloads(self.full(change.name), change.arguments[0] if change.arguments else None):
            new = Name(key[0].schema, change.to)
            self.functions[new, key[1]] = self.functions.pop(key)._replace(name=new)

    def _move_function(self, change: Change) -> None:
        for key in self._overloads(self.full(change.name), change.arguments[0] if change.arguments else None):
            new = Name(change.to, key[0].name)
            self.functions[new, key[1]] = self.functions.pop(key)._replace(name=new)

    def _drop_function(self, change: Change) -> None:
        name = self.full(change.name)
        for key in self._overloads(name, change.arguments[0] if change.arguments else None):
            del self.functions[key]
            if change.flag:
                others = [other for other in self.functions if other[0].name == name.name]
                self._without_policies(lambda text, dropped=key[1], others=others: _calls(text, name.name, dropped, others))  # type: ignore[misc]

    def _drop_type(self, change: Change) -> None:
        if not change.flag:
            return
        kind = change.name.name
        for key in [key for key in self.functions if kind in key[1] or f"{kind}[]" in key[1]]:
            del self.functions[key]
            if not any(other[0].name == key[0].name for other in self.functions):
                self._without_policies(lambda text, name=key[0].name: _calls(text, name, (), []))  # type: ignore[misc]
        self._without_policies(lambda text: f":: {kind}" in text or f":: public . {kind}" in text)

    # --- the rest -------------------------------------------------------------------------------------------------------

    def _bucket(self, change: Change) -> None:
        self.buckets[change.word] = Bucket(change.word, change.location, bool(change.flag))

    def _search_path(self, change: Change) -> None:
        self.schema = change.word or "public"

    def _block(self, change: Change) -> None:
        if change.block is not None:
            blocks.run(change.block.tokens, _Inside(self, change.block))


class _Inside:
    """The state as a DO block sees it."""

    def __init__(self, state: _State, block: Block) -> None:
        self.state = state
        self.block = block

    def place(self, position: int) -> Location:
        return self.block.fixed or self.block.lines.at(position)

    def run(self, tokens: Sequence[Token], position: int) -> None:
        for change in changes(Cursor(tokens), self.place(position)):
            # A block that is run twice leaves to its handler what is there already.
            if change.verb == "create policy" and change.policy is not None and self._has_policy(change.name, change.policy.name):
                continue
            self.state.apply(change)

    def _has_policy(self, name: Name, policy: str) -> bool:
        table = self.state.tables.get(self.state.full(name))
        return table is not None and any(p.name == policy for p in table.policies)

    def run_text(self, text: str, position: int) -> None:
        location = self.place(position)
        for found, _, _ in statements(text):
            for change in changes(Cursor(found), location):
                self.state.apply(change)

    def opaque(self, tokens: Sequence[Token], position: int) -> None:
        meaning = said(tokens)
        if meaning:
            self.state.opaque.append((self.place(position), meaning))

    def rows(self, relation: str) -> list[blocks.Row]:
        step = _RELATIONS.get(relation)
        if step is None:
            raise blocks.Unknown
        return step(self.state)


# Tables of the platform that are there before the first migration.
_PLATFORM = (Name("auth", "users"), Name("storage", "objects"), Name("storage", "buckets"))


def _tables_rows(state: _State) -> list[blocks.Row]:
    return [
        {"schemaname": t.name.schema, "tablename": t.name.name, "tableowner": "postgres", "rowsecurity": t.row_security}
        for t in state.tables.values()
    ]


def _schema_rows(state: _State) -> list[blocks.Row]:
    kinds = [*((name, "BASE TABLE") for name in (*_PLATFORM, *state.tables)), *((name, "VIEW") for name in state.views)]
    return [{"table_schema": name.schema, "table_name": name.name, "table_type": kind} for name, kind in kinds]


def _column_rows(state: _State) -> list[blocks.Row]:
    return [
        {"table_schema": t.name.schema, "table_name": t.name.name, "column_name": column}
        for t in state.tables.values()
        for column in t.columns
    ]


def _policy_rows(state: _State) -> list[blocks.Row]:
    return [
        {"schemaname": t.name.schema, "tablename": t.name.name, "policyname": p.name, "cmd": p.command.upper(), "roles": list(p.roles),
         "permissive": "PERMISSIVE" if p.permissive else "RESTRICTIVE", "qual": _expression(p.using), "with_check": _expression(p.check)}
        for t in state.tables.values()
        for p in t.policies
    ]  # fmt: skip


def _expression(text: str | None) -> blocks.Expression | None:
    return None if text is None else blocks.Expression(text)


def _inner_policy_rows(state: _State) -> list[blocks.Row]:
    return [{"polname": p.name, "polrelid": f"{t.name.schema}.{t.name.name}"} for t in state.tables.values() for p in t.policies]


def _class_rows(state: _State) -> list[blocks.Row]:
    rows: list[blocks.Row] = []
    for kind, names in (("r", state.tables), ("v", state.views)):
        for name in names:
            table = state.tables.get(name)
            rows.append({"oid": f"{name.schema}.{name.name}", "relname": name.name, "relnamespace": name.schema,
                         "relkind": "p" if table is not None and table.partitioned else kind,
                         "relrowsecurity": table is not None and table.row_security, "relforcerowsecurity": table is not None and table.forced,
                         "relispartition": table is not None and any(parent in state.tables and state.tables[parent].partitioned for parent in table.parents)})  # fmt: skip
    return rows


def _namespace_rows(state: _State) -> list[blocks.Row]:
    names = {name.schema for name in (*state.tables, *state.views, *(key[0] for key in state.functions))} | {"public", "auth", "storage"}
    return [{"oid": name, "nspname": name} for name in sorted(names)]


def _view_rows(state: _State) -> list[blocks.Row]:
    return [
        {"schemaname": name.schema, "viewname": name.name, "table_schema": name.schema, "table_name": name.name} for name in state.views
    ]


def _function_rows(state: _State) -> list[blocks.Row]:
    return [
        {"oid": f'"{name.schema}"."{name.name}"({", ".join(arguments)})', "proname": name.name, "pronamespace": name.schema, "prosecdef": function.definer,
         "prokind": "f", "routine_schema": name.schema, "routine_name": name.name}
        for (name, arguments), function in state.functions.items()
    ]  # fmt: skip


_RELATIONS: dict[str, Callable[[_State], list[blocks.Row]]] = {
    "pg_tables": _tables_rows,
    "information_schema.tables": _schema_rows,
    "information_schema.columns": _column_rows,
    "pg_policies": _policy_rows,
    "pg_policy": _inner_policy_rows,
    "pg_class": _class_rows,
    "pg_namespace": _namespace_rows,
    "pg_views": _view_rows,
    "information_schema.views": _view_rows,
    "pg_proc": _function_rows,
    "information_schema.routines": _function_rows,
    # Roles that a project of the platform has, and the one that migrates.
    "pg_roles": lambda _state: [
        {"rolname": name} for name in ("anon", "authenticated", "service_role", "authenticator", "postgres", "supabase_auth_admin")
    ],
}


def _needs(policy: Policy, columns: Sequence[str]) -> bool:
    """Whether a policy names one of these columns."""
    return any(_names(text, column) for text in (policy.using, policy.check) if text for column in columns)


def _names(text: str, name: str) -> bool:
    """Whether a normalised expression names something."""
    return f" {name} " in f" {text} "


def _calls(text: str, name: str, arguments: tuple[str, ...], others: Sequence[tuple[Name, tuple[str, ...]]]) -> bool:
    """Whether an expression calls a function that was dropped, where `others` of its name are still there."""
    at = f" {text} ".find(f" {name} ( ")
    if at < 0:
        return False
    if not others:
        return True
    # The call is the dropped one's where a cast in it names a type that only that one takes.
    call = f" {text} "[at:]
    own = set(arguments) - {kind for _, kinds in others for kind in kinds}
    theirs = {kind for _, kinds in others for kind in kinds} - set(arguments)
    if any(_names(call, kind) for kind in own):
        return True
    return not any(_names(call, kind) for kind in theirs) and bool(own) and "::" not in call
