"""A row security policy lets more people change or read rows than their owners.

Why it matters: row level security is on, the dashboard shows a shield, and still every visitor or every signed-in user can change other
people's rows through the public key.
Fix: compare a column of the row with the user (`user_id = (select auth.uid())`), for reading and for what is written.
What not to do: do not switch row level security off because the policy is hard to write; do not trust `user_metadata`, users can edit it.
Example: `CREATE POLICY "all" ON orders FOR ALL TO authenticated USING (true);`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline.database import Policy, Table
from driftline.evidence import of
from driftline.model import Facts, Finding, Related, Rule, Severity
from driftline.rules.tables import owner_column

RULE = Rule("permissive-policy", Severity.WARNING, "a row security policy is open to more than the row's owner")

_OPEN = frozenset(("true", "1 = 1", "( true )"))
# Supabase docs, Row level security, 2026-11: what only says that somebody is signed in.
_SIGNED_IN = re.compile(
    r"\(? ?(?:\( select )?auth \. (?:role|uid) \( \)(?: as \w+)?(?: \))? ?(?:= 'authenticated'(?: :: text)?|is not null) ?\)?"
)
_EDITABLE = re.compile(r"user_metadata|raw_user_meta_data")


def check(facts: Facts) -> Iterator[Finding]:
    for store in of(facts).stores:
        for table in store.database.tables:
            if not table.row_security or (table.name.schema not in store.schemas and table.name.schema != "storage"):
                continue
            if any(not policy.permissive for policy in table.policies):
                continue  # a restrictive policy narrows the others: how far is not judged here
            for policy in table.policies:
                said = _too_open(table, policy)
                if said is not None and {"public", "anon", "authenticated"} & set(policy.roles):
                    yield _finding(table, policy, said)


def _finding(table: Table, policy: Policy, said: str) -> Finding:
    owner = owner_column(table)
    column = owner or "user_id"
    return RULE.finding(
        f'policy "{policy.name}" on `{table.name}` {said}',
        fix=f"compare {column} with (select auth.uid()) in it"
        + ("" if owner or table.name.schema == "storage" else ", once the table has a column that says whose row it is"),
        avoid="do not drop the policy before its replacement is in the same migration",
        app=".",
        location=policy.location,
        related=(Related(table.created, "the table"),),
        subject=f"{table.name} {policy.name}",
    )


def _too_open(table: Table, policy: Policy) -> str | None:
    who = "every visitor" if {"public", "anon"} & set(policy.roles) else "every signed-in user"
    owner = owner_column(table)
    using, checked = policy.using, policy.check if policy.check is not None else policy.using
    for expression in (policy.using, policy.check):
        if expression is not None and _EDITABLE.search(expression):
            return "trusts user_metadata, which users can edit themselves"
    if policy.command in ("all", "update", "delete") and (using is None or using in _OPEN):
        return f"lets {who} {'change' if policy.command != 'delete' else 'delete'} every row"
    if policy.command in ("insert", "all") and (checked is None or checked in _OPEN) and (owner or table.name.schema == "storage"):
        return f"lets {who} write rows in anybody's name{f' ({owner} is not checked)' if owner else ''}"
    # An upload form or a guest book may be open to write; a row that has an owner is not.
    for expression in (using, checked):
        if owner and expression is not None and _SIGNED_IN.fullmatch(expression):
            verb = {"select": "read", "insert": "write", "delete": "delete"}.get(policy.command, "change")
            return f"only asks whether somebody is signed in, and lets every user {verb} every row although rows have {owner}"
    return None
