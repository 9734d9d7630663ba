"""The database lets more people at rows or files than their owners, although row security is on.

A policy that asks nothing of who changes a row, a view or a function that passes row security by, a bucket whose files anybody may change.

Why it matters: row level security is on, the dashboard shows a shield, and still every visitor or every signed-in user can read or change other
people's rows through the public key.
Fix: compare a column of the row with the user (`user_id = (select auth.uid())`), for reading and for what is written; give views
`security_invoker`; let functions ask who calls, or take EXECUTE from the public.
What not to do: do not switch row level security off because the policy is hard to write; do not trust `user_metadata`, users can edit it.
Example: `CREATE POLICY "all" ON orders FOR ALL TO authenticated USING (true);`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline import late
from driftline.database import Bucket, Function, Name, Policy, Table, View
from driftline.evidence import of
from driftline.model import Facts, Finding, Related, Rule, Severity
from driftline.rules.phrases import listed
from driftline.rules.tables import OPEN, applies, loose_functions, owner_column, passing_functions, passing_views

RULE = Rule("permissive-policy", Severity.WARNING, "the database lets more people at rows than their owners")

# Supabase docs, Row level security, 2026-11: what only says that somebody is signed in.
_SIGNED_IN = late.pattern(
    r"\(? ?(?:\( select )?auth \. (?:role|uid) \( \)(?: as \w+)?(?: \))? ?(?:= 'authenticated'(?: :: text)?|is not null) ?\)?"
)
_EDITABLE = late.pattern(r"user_metadata|raw_user_meta_data")
_WRITER = late.pattern(r"created_?by|author_?id", re.IGNORECASE)
_BUCKET = late.pattern(r"\(? ?bucket_id = '(?P<name>[^']*)'(?: :: text)? ?\)?")
# Buckets whose files belong to somebody.
_PERSONAL = late.pattern(
    r"kyc|passport|identit|verification|medical|health|contract|invoice|receipt|private|bank|tax|payslip|resume|(?:^|[-_])cvs?(?:[-_]|$)|document|licen[cs]e",
    re.IGNORECASE,
)


def check(facts: Facts) -> Iterator[Finding]:
    for store in of(facts).stores:
        buckets = {bucket.name: bucket for bucket in store.database.buckets}
        for table in store.database.tables:
            if not table.row_security or (table.name.schema not in store.schemas and table.name.schema != "storage"):
                continue
            if any(not policy.permissive for policy in table.policies):
                continue  # a restrictive policy narrows the others: how far is not judged here
            for policy in table.policies:
                said = None
                if applies(policy, table):
                    said = _files(policy, buckets) if table.name.schema == "storage" else _rows(table, policy)
                if said is not None:
                    yield _policy(table, policy, said)
        yield from (_bucket(bucket) for bucket in store.database.buckets if bucket.public and _PERSONAL.search(bucket.name))
    yield from (_view(*found) for found in passing_views(facts))
    yield from (_function(*found) for found in passing_functions(facts))
    yield from (_search_path(found) for found in loose_functions(facts))


# --- policies ---------------------------------------------------------------------------------------------------------------


def _policy(table: Table, policy: Policy, said: str) -> Finding:
    owner = owner_column(table)
    column = owner or "user_id"
    files = table.name.schema == "storage"
    fix = (
        "compare (storage.foldername(name))[1] with (select auth.uid())::text in it"
        if files
        else f"compare {column} with (select auth.uid()) in it"
        + ("" if owner else ", once the table has a column that says whose row it is")
    )
    return RULE.finding(
        f'policy "{policy.name}" on `{table.name}` {said}',
        fix=fix,
        avoid="do not drop the policy before its replacement is in the same migration",
        app=".",
        location=policy.location,
        related=() if files else (Related(table.created, "the table"),),
        subject=f"{table.name} {policy.name}",
    )


def _rows(table: Table, policy: Policy) -> str | None:
    """What is too open about a policy on a table, None where nothing is."""
    who = "every visitor" if {"public", "anon"} & set(policy.roles) else "every signed-in user"
    owner = owner_column(table)
    using, checked = policy.using, policy.check if policy.check is not None else policy.using
    for expression in (policy.using, policy.check):
        if expression is not None and _EDITABLE.search(expression):
            return "trusts user_metadata, which users can edit themselves"
    if policy.command in ("all", "update", "delete") and (using is None or using in OPEN):
        return f"lets {who} {'change' if policy.command != 'delete' else 'delete'} every row"
    if policy.command in ("insert", "all") and (checked is None or checked in OPEN) and owner:
        return f"lets {who} write rows in anybody's name ({owner} is not checked)"
    if policy.command == "update" and policy.check in OPEN and owner:
        return f"lets its rows be given to anybody ({owner} of the new row is not checked)"
    # An upload form or a guest book may be open to write; a row that has an owner is not.
    for expression in (using, checked):
        if owner and expression is not None and _SIGNED_IN.fullmatch(expression):
            if policy.command == "select" and _WRITER.fullmatch(owner):
                continue  # who wrote a page keeps nobody from reading it
            verb = {"select": "read", "insert": "write", "delete": "delete"}.get(policy.command, "change")
            return f"only asks whether somebody is signed in, and lets every user {verb} every row although rows have {owner}"
    return None


def _files(policy: Policy, buckets: dict[str, Bucket]) -> str | None:
    """What is too open about a policy on the files of buckets, None where nothing is."""
    expression = policy.using if policy.command in ("select", "delete", "update", "all") and policy.using is not None else policy.check
    parts = [part for part in (expression or "true").split(" and ") if part not in OPEN]
    names = [match["name"] for part in parts if (match := _BUCKET.fullmatch(part))]
    asks = [part for part in parts if not _BUCKET.fullmatch(part)]
    if any(not _SIGNED_IN.fullmatch(part) for part in asks) or len(names) > 1:
        return None  # it asks more
    everyone = bool({"public", "anon"} & set(policy.roles)) and not asks
    who = "every visitor" if everyone else "every signed-in user"
    where = f"of bucket `{names[0]}`" if names else "of every bucket"
    if policy.command in ("update", "delete", "all"):
        return f"lets {who} {'delete' if policy.command == 'delete' else 'change'} all files {where}"
    if policy.command == "insert":
        return f"lets every visitor put files into {f'bucket `{names[0]}`' if names else 'every bucket'}" if everyone else None
    bucket = buckets.get(names[0]) if names else None
    private = bucket is not None and not bucket.public
    if (everyone and (private or not names)) or (private and names and _PERSONAL.search(names[0])):
        return f"lets {who} read all files {where}" + (", which is a private one" if private else "")
    return None


def _bucket(bucket: Bucket) -> Finding:
    return RULE.finding(
        f"bucket `{bucket.name}` is public: whoever has the address of a file reads it, without a policy being asked",
        fix="make it private (public = false), and hand out signed addresses",
        avoid="do not rely on names that are hard to guess",
        app=".",
        location=bucket.created,
        subject=f"bucket {bucket.name}",
    )


# --- what passes row security by --------------------------------------------------------------------------------------------


def _view(view: View, table: Name, roles: tuple[str, ...]) -> Finding:
    who = "anyone with the public key" if "anon" in roles else "every signed-in user"
    because = (
        "a materialized view knows no row security" if view.materialized else "it runs with its owner's rights, without security_invoker"
    )
    revoke = f"let anon and authenticated no longer read {view.name} (REVOKE), or move it to a schema that is not served"
    return RULE.finding(
        f"view `{view.name}` shows rows of `{table}` past its row security ({because}), and {who} may read it",
        fix=revoke if view.materialized else f"ALTER VIEW {view.name} SET (security_invoker = on); with policies on what it reads",
        avoid="do not switch row security off on the table to make the view work",
        app=".",
        location=view.created,
        subject=f"view {view.name}",
    )


def _function(function: Function, does: str, table: Name) -> Finding:
    who = "anyone with the public key" if {"public", "anon"} & function.callers else "every signed-in user"
    what = f"rows of `{table}`" if does == "changes" else f"what it reads from `{table}`"
    signature = f"{function.name}({', '.join(function.arguments)})"
    return RULE.finding(
        f"function `{function.name}` {does} {what} with its owner's rights, past row security; {who} may call it, and it asks nobody who they are",
        fix=f"compare with auth.uid() inside of it, or REVOKE EXECUTE ON FUNCTION {signature} FROM public, anon, authenticated;",
        avoid="do not hide its name: the data API lists it",
        app=".",
        location=function.created,
        subject=f"function {signature}",
    )


def _search_path(functions: tuple[Function, ...]) -> Finding:
    first, *others = functions
    names = listed([str(one.name) for one in functions])
    return RULE.finding(
        f"{names} run{'s' if not others else ''} with {'its' if not others else 'their'} owner's rights and a search path that the caller sets",
        fix="add SET search_path = '' to each, and name every table with its schema",
        avoid="do not change what they do in the same migration",
        app=".",
        location=first.created,
        severity=Severity.NOTE,
        related=tuple(Related(one.created, str(one.name)) for one in others[:5]),
        subject="search path of SECURITY DEFINER functions",
    )
