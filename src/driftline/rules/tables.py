"""What the rules about databases share: what is served without row security, or past it, to whom, and how certain that is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from driftline import late
from driftline.database import Function, Name, Policy, Table, View
from driftline.database.migrations import are_dated
from driftline.evidence import Store, of
from driftline.model import Facts

_API_ROLES = ("anon", "authenticated")
# Columns that say whose row it is, in lower case without underscores.
_OWNERS = (
    "userid", "ownerid", "owner", "createdby", "authorid", "profileid", "accountid", "customerid", "tenantid", "organizationid",
    "organisationid", "orgid", "teamid", "workspaceid", "companyid", "memberid", "uid", "useruuid",
)  # fmt: skip


def opened(facts: Facts) -> Iterator[tuple[Store, Table, str]]:
    """(store, table, doubt) of every table that the data API serves without row security; `doubt` is "" where the files are certain."""
    for store in of(facts).stores:
        switched = [word for _, word in store.database.opaque if "row level security on" in word]
        for table in store.database.tables:
            if table.row_security or table.name.schema not in store.schemas:
                continue
            if not any(table.may(role) for role in _API_ROLES):
                continue  # nobody is let in: off, and unreachable
            doubt = "a statement that is built at run time may switch it on" if switched else ""
            if not doubt and store.tool == "scripts":
                doubt = "these scripts are run by hand: whether and in which order is not known"
            if not doubt and table.auto and not are_dated(store.database.files):
                doubt = "when the table was made decides whether the platform granted it, and no file here has a date"
            if not doubt and table.auto and store.api is None:
                doubt = "no browser code of this repository uses the data API"
            yield store, table, doubt


def reach(table: Table) -> str:
    """Who can do what to the table, in words."""
    anon, signed_in = table.may("anon"), table.may("authenticated")
    who = "anyone with the public key" if anon else "every signed-in user"
    verbs = "read and write" if (anon or signed_in) & {"insert", "update", "delete"} else "read"
    how = " (Supabase grants it by itself)" if table.auto else ""
    return f"{who} may {verbs} it{how}"


def confidence(store: Store, doubt: str) -> str:
    """What makes a verdict less than certain, as the end of a sentence."""
    parts = [doubt] if doubt else []
    if not store.database.exact:
        parts.append("read without PostgreSQL's own parser: reduced confidence")
    return f" ({'; '.join(parts)})" if parts else ""


def owner_column(table: Table) -> str | None:
    """The column that says whose row it is, None when none does."""
    plain = {column.lower().replace("_", ""): column for column in table.columns}
    return next((plain[word] for word in _OWNERS if word in plain), None)


OPEN = frozenset(("true", "1 = 1", "( true )", "1 = 1 :: int"))


def everyone_reads(table: Table, roles: Iterable[str]) -> bool:
    """Whether a policy lets all of these roles read every row, on purpose as it seems."""
    open_to = {
        role
        for policy in table.policies
        if policy.permissive and policy.command in ("select", "all") and policy.using in OPEN
        for role in policy.roles
    }
    narrowed = any(not policy.permissive for policy in table.policies)
    return not narrowed and ("public" in open_to or set(roles) <= open_to)


def reading_roles(table: Table | View) -> tuple[str, ...]:
    """Those of the API's roles that hold SELECT."""
    return tuple(role for role in _API_ROLES if "select" in table.may(role))


# A name that says that everybody is meant to read it.
_MEANT_FOR_ALL = late.pattern(r"(?:^|_)(?:public|published|leaderboard|directory)(?:_|$)", re.IGNORECASE)
_USERS = Name("auth", "users")


def passing_views(facts: Facts) -> Iterator[tuple[View, Name, tuple[str, ...]]]:
    """(view, table, roles) of each view that shows these roles rows of a table past its row security."""
    for store in _served(facts):
        tables = {table.name: table for table in store.database.tables}
        views = {view.name: view for view in store.database.views}
        asking = _asking(store)
        for view in store.database.views:
            roles = reading_roles(view)
            if not roles or view.invoker or view.name.schema not in store.schemas or _MEANT_FOR_ALL.search(view.name.name):
                continue
            if view.asks or asking & set(view.calls):
                continue
            hidden = next((name for name in _underneath(view, views) if _is_hidden(name, tables, roles)), None)
            if hidden is not None:
                yield view, hidden, roles


def _underneath(view: View, views: dict[Name, View]) -> Iterator[Name]:
    """What a view reads, through other views that do not ask who reads."""
    seen = {view.name}
    waiting = list(view.reads)
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        if name in views:
            waiting += () if views[name].asks else views[name].reads
        else:
            yield name


def _is_hidden(name: Name, tables: dict[Name, Table], roles: tuple[str, ...]) -> bool:
    table = tables.get(name)
    if table is None or _MEANT_FOR_ALL.search(name.name):
        return name == _USERS
    return table.row_security and name.schema != "storage" and not everyone_reads(table, roles)


# Functions that everybody may call as a matter of course: what they write is a log or a counter, or is cleaned up.
_HARMLESS = late.pattern(
    r"(?:log|track|record|increment|decrement|count|clean|purge|expire|refresh|touch|bump|notify|enqueue|search|match)(?:_|$)",
    re.IGNORECASE,
)


def passing_functions(facts: Facts) -> Iterator[tuple[Function, str, Name]]:
    """(function, what it does, table) of each function that anybody may call and that passes row security without asking who calls."""
    for store in _served(facts):
        tables = {table.name: table for table in store.database.tables}
        asking = _asking(store)
        for function in store.database.functions:
            body, callers = function.body, {"public", *_API_ROLES} & function.callers
            if (
                not function.definer
                or not callers
                or function.name.name in asking
                or body.returns == "trigger"
                or function.name.schema not in store.schemas
            ):
                continue
            if _HARMLESS.match(function.name.name):
                continue
            roles = _API_ROLES if callers & {"public", "anon"} else ("authenticated",)
            written = next((name for name in body.writes if name in tables and tables[name].row_security), None)
            read = next((name for name in body.reads if _is_hidden(name, tables, roles)), None)
            if written is not None and function.arguments and not body.counts:
                yield function, "changes", written
            elif read is not None and body.returns == "rows" and not body.sums and not body.keyed:
                yield function, "gives back", read


def _asking(store: Store) -> set[str]:
    """The names of the functions that ask who calls, by themselves or by what they call."""
    found = {function.name.name for function in store.database.functions if function.body.asks}
    for _ in range(4):
        found |= {function.name.name for function in store.database.functions if function.body.calls & found}
    return found


def loose_functions(facts: Facts) -> Iterator[tuple[Function, ...]]:
    """For each database, its functions with SECURITY DEFINER whose search path is whatever their caller sets."""
    for store in _served(facts):
        found = tuple(one for one in store.database.functions if one.definer and not one.pinned and one.callers)
        if found:
            yield found


def _served(facts: Facts) -> Iterator[Store]:
    """The databases that a data API serves, as far as the project says."""
    return (store for store in of(facts).stores if store.api is not None or store.tool in ("supabase", "schemas"))


def applies(policy: Policy, table: Table) -> bool:
    """Whether somebody who reaches the table through the API falls under a policy: with a role of it, and a privilege that the policy is about."""
    roles = _API_ROLES if "public" in policy.roles else tuple(role for role in _API_ROLES if role in policy.roles)
    words = {"select", "insert", "update", "delete"} if policy.command == "all" else {policy.command}
    # Supabase's own tables are granted by the platform.
    return bool(roles) and (table.name.schema == "storage" or any(words & table.may(role) for role in roles))
