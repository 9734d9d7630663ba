"""Folds the changes of all scripts, in order, into the database they leave behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from driftline.database import Bucket, Change, Database, Function, Name, Policy, Script, Table, View
from driftline.model import Location

_ALL = frozenset(("select", "insert", "update", "delete"))
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
        functions=tuple(sorted(state.functions.values(), key=lambda function: function.name)),
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
        self.functions: dict[Name, Function] = {}
        self.buckets: dict[str, Bucket] = {}
        self.opaque: list[tuple[Location, str]] = []
        # (schema or "", "table" or "function", role) -> privileges of what is made from now on.
        self.defaults: dict[tuple[str, str, str], frozenset[str]] = {}

    def apply(self, change: Change) -> None:
        step = getattr(self, "_" + change.verb.replace(" ", "_"), None)
        if step is not None:
            step(change)

    def full(self, name: Name) -> Name:
        return name if name.schema else Name(self.schema, name.name)

    # --- tables ---------------------------------------------------------------------------------------------------------

    def _create_table(self, change: Change) -> None:
        name = self.full(change.name)
        if change.soft and name in self.tables:
            return
        auto = name.schema == "public" and self.grants_itself(self.path)
        grants = self._default_grants(name.schema, "table")
        if auto:
            grants = {**grants, **dict.fromkeys(API_ROLES, _ALL)}
        self.tables[name] = Table(name, change.location, change.columns, grants=tuple(sorted(grants.items())), auto=auto)

    def _drop_table(self, change: Change) -> None:
        self.tables.pop(self.full(change.name), None)

    def _drop_schema(self, change: Change) -> None:
        schema = change.name.schema
        self.tables = {name: table for name, table in self.tables.items() if name.schema != schema}
        self.views = {name: view for name, view in self.views.items() if name.schema != schema}
        self.functions = {name: function for name, function in self.functions.items() if name.schema != schema}

    def _rename_table(self, change: Change) -> None:
        old = self.full(change.name)
        new = Name(old.schema, change.to)
        if old in self.tables:
            self.tables[new] = self.tables.pop(old)._replace(name=new)
        elif old in self.views:
            self.views[new] = self.views.pop(old)._replace(name=new)

    def _move_table(self, change: Change) -> None:
        old = self.full(change.name)
        if old in self.tables:
            new = Name(change.to, old.name)
            self.tables[new] = self.tables.pop(old)._replace(name=new)

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
            if old.name != new.name:
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
            for name, function in self.functions.items():
                if _is_meant(name, change, self) and "execute" in words:
                    callers = function.callers | set(change.roles) if change.verb == "grant" else function.callers - set(change.roles)
                    self.functions[name] = function._replace(callers=frozenset(callers))
            return

        def granted(held: tuple[tuple[str, frozenset[str]], ...]) -> tuple[tuple[str, frozenset[str]], ...]:
            grants = dict(held)
            for role in change.roles:
                grants[role] = step(grants.get(role, frozenset()), words & _ALL)
            return tuple(sorted((role, kept) for role, kept in grants.items() if kept))

        for name in [name for name in self.tables if _is_meant(name, change, self)]:
            self.tables[name] = self.tables[name]._replace(grants=granted(self.tables[name].grants))
        for name in [name for name in self.views if _is_meant(name, change, self)]:
            self.views[name] = self.views[name]._replace(grants=granted(self.views[name].grants))

    def _default_grant(self, change: Change) -> None:
        for role in change.roles:
            key = (change.name.schema, change.kind, role)
            self.defaults[key] = self.defaults.get(key, frozenset()) | frozenset(change.words)

    def _default_revoke(self, change: Change) -> None:
        for role in change.roles:
            key = (change.name.schema, change.kind, role)
            self.defaults[key] = self.defaults.get(key, frozenset()) - frozenset(change.words)
        if change.kind == "table" and set(API_ROLES) & set(change.roles) and change.name.schema in ("", "public"):
            self.grants_itself = lambda _path: False

    def _default_grants(self, schema: str, kind: str) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for (where, what, role), words in self.defaults.items():
            if what == kind and where in ("", schema):
                found[role] = found.get(role, frozenset()) | (words & _ALL if kind == "table" else words)
        return {role: words for role, words in found.items() if words}

    # --- the rest -------------------------------------------------------------------------------------------------------

    def _create_view(self, change: Change) -> None:
        name = self.full(change.name)
        reads = tuple(self.full(source) for source in change.names)
        auto = dict.fromkeys(API_ROLES, _ALL) if name.schema == "public" and self.grants_itself(self.path) else {}
        grants = {**self._default_grants(name.schema, "table"), **auto}
        if name in self.views:  # OR REPLACE keeps the privileges, and sets the options anew
            grants = dict(self.views[name].grants)
        self.views[name] = View(name, change.location, reads, bool(change.flag), tuple(sorted(grants.items())))

    def _set_view(self, change: Change) -> None:
        name = self.full(change.name)
        if name in self.views:
            self.views[name] = self.views[name]._replace(invoker=bool(change.flag))

    def _drop_view(self, change: Change) -> None:
        self.views.pop(self.full(change.name), None)

    def _create_function(self, change: Change) -> None:
        name = self.full(change.name)
        old = self.functions.get(name)
        # EXECUTE is PUBLIC's unless it is revoked (PostgreSQL docs, GRANT, 2026-11).
        callers = old.callers if old is not None else frozenset(("public", *self._default_grants(name.schema, "function")))
        self.functions[name] = Function(name, change.location, bool(change.flag), bool(change.word), change.to == "trigger", callers)

    def _set_function(self, change: Change) -> None:
        name = self.full(change.name)
        if name in self.functions:
            function = self.functions[name]
            definer = function.definer if change.flag is None else change.flag
            self.functions[name] = function._replace(definer=definer, pinned=function.pinned or bool(change.word))

    def _drop_function(self, change: Change) -> None:
        self.functions.pop(self.full(change.name), None)

    def _bucket(self, change: Change) -> None:
        self.buckets[change.word] = Bucket(change.word, change.location, bool(change.flag))

    def _search_path(self, change: Change) -> None:
        self.schema = change.word or "public"

    def _opaque(self, change: Change) -> None:
        self.opaque.append((change.location, change.word))


def _is_meant(name: Name, change: Change, state: _State) -> bool:
    if change.kind in ("every table", "every function"):
        return any(name.schema == schema.schema for schema in change.names)
    return any(name == state.full(meant) for meant in change.names)
