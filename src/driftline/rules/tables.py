"""What the rules about tables share: which are served without row security, to whom, and how certain that is."""

from __future__ import annotations

from collections.abc import Iterator

from driftline.database import Table
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
            if not doubt and store.tool == "schemas" and table.auto:
                doubt = "when the table was made decides whether the platform granted it, and declared schemas have no date"
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
