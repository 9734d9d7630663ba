"""Both readers of SQL see the same changes: the one with PostgreSQL's own parser, and the one by tokens that stands in for it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from driftline.database import Change, postgres, statements
from driftline.database.tokens import statements as split

STATEMENTS = [
    "create table a (id int primary key, \"userId\" text default ';', constraint c check (id > 0), unique (id))",
    "CREATE TABLE IF NOT EXISTS public.a (id uuid, tags text[] default '{}', amount numeric(10, 2))",
    "create unlogged table a (id int)",
    "create temp table a (id int)",
    "create table b (like a including all)",
    "create table a_2026 partition of a for values in (1)",
    "alter table only a enable row level security, add column if not exists b int, drop column c",
    "alter table if exists x.a force row level security",
    "alter table a no force row level security",
    "ALTER TABLE a DISABLE ROW LEVEL SECURITY",
    "alter table a rename to b",
    "alter table a set schema private",
    "alter table a rename column q to r",
    "alter table a add constraint k foreign key (id) references b (id) on delete cascade",
    "alter table a alter column id set default 1",
    'create policy "p ""q""" on public.a as restrictive for select to authenticated, public using (auth.uid() = user_id) with check (true)'.replace(
        "for select", "for all"
    ),
    "create policy p on a for insert with check ((select auth.uid()) = user_id)",
    "create policy p on a using (((true)))",
    "alter policy p on a rename to q",
    "alter policy p on a to anon using (true)",
    'drop policy if exists "p q" on public.a',
    "drop table if exists a, x.b cascade",
    "drop schema x cascade",
    "drop view if exists v",
    "drop function f(int, text)",
    "grant select, insert on a, x.b to anon, authenticated",
    "grant all privileges on all tables in schema public to anon",
    "grant usage on schema public to anon",
    "grant select (id), update (name) on table a to anon",
    "revoke all on a from public",
    "revoke execute on function f(int) from public, anon",
    "grant execute on all functions in schema public to authenticated",
    "grant admin to bob",
    "alter default privileges for role postgres in schema public revoke all on tables from anon, authenticated",
    "alter default privileges grant select on tables to anon",
    "alter default privileges in schema public grant execute on functions to anon",
    "create view v as select * from a join x.b on true",
    "create or replace view v with (security_invoker = on) as with own as (select * from a) select * from own",
    "create materialized view m as select 1 from a",
    "alter view v set (security_invoker = true)",
    "create function f(a int) returns trigger language plpgsql security definer set search_path = '' as $$ begin delete from a; end $$",
    "create or replace function f() returns void language sql as $body$ select 1; $body$",
    "create function f() returns int language sql begin atomic select 1; select case when true then 2 end; end",
    "alter function f(int) security invoker",
    "alter function f(int) owner to postgres",
    "insert into storage.buckets (id, name, public) values ('a', 'a', true), ('b', 'b', false) on conflict (id) do nothing",
    "update storage.buckets set public = false where id = 'a'",
    "set search_path to private, public",
    "do $$ begin if true then create policy p on a using (true); end if; execute 'alter table a enable row level security'; end $$",
    "do $x$ declare t text; begin for t in select 'a' loop execute format('alter table %I enable row level security', t); end loop; end $x$",
    "comment on table a is 'create table b (id int)'",
    "select 'a;b', $$;$$, \"c;d\" -- ;\n /* ; /* nested ; */ */",
    "create table Größe (id int)",
    f'create table a (id int); create policy "{"n" * 80}" on a using (true)',
]


def plain(change: Change) -> Any:
    """A change without what may be said in any order."""
    policy = change.policy._replace(location=change.location) if change.policy else None
    if policy and change.verb == "alter policy":
        policy = policy._replace(permissive=True)  # not part of the statement
    fields = change._replace(
        policy=policy, columns=tuple(sorted(change.columns)), names=tuple(sorted(change.names)), words=tuple(sorted(change.words))
    )
    block = fields.block._replace(lines=None) if fields.block else None  # type: ignore[arg-type]
    return fields._replace(flag=bool(fields.flag), block=block)


@pytest.mark.parametrize("sql", STATEMENTS, ids=range(len(STATEMENTS)))
def test_both_readers_see_the_same(sql: str) -> None:
    if not postgres.is_available():
        pytest.skip("the optional parser is not installed")
    exact = postgres.read("m.sql", f"-- one\n{sql};\n")
    quick = statements.read("m.sql", f"-- one\n{sql};\n")
    assert exact.unread == ()
    assert [plain(change) for change in quick.changes] == [plain(change) for change in exact.changes]
    assert quick.statements == exact.statements


@pytest.mark.parametrize(
    "sql",
    ["create policy if not exists p on a using (true)", "create or replace policy p on a using (true)"],
)
def test_what_postgresql_refuses_has_no_effect(sql: str) -> None:
    for reader in (statements, *([postgres] if postgres.is_available() else [])):
        script = reader.read("m.sql", f"select 1; {sql}; drop table a;")
        assert [change.verb for change in script.changes] == ["drop table"]
        assert [(place.line, place.column) for place in script.unread] == [(1, 11)]


def test_places_are_those_of_the_file() -> None:
    text = "-- ünï\n\n  create table a (id int);\n\\connect shop\ncreate table b (id int);\ncopy a from stdin;\n1\tcreate table c;\n\\.\ncreate table d (id int);\n"
    script = statements.read("m.sql", text)
    found = [(change.name.name, change.location) for change in script.changes]
    assert [(name, place.line, place.column) for name, place in found] == [("a", 3, 3), ("b", 5, 1), ("d", 9, 1)]
    for name, place in found:
        assert text.encode()[place.offset :].startswith(f"create table {name}".encode())


@pytest.mark.parametrize(
    "text",
    ["'" * 20_001, '"' * 20_001, "$a$" * 10_001, "/*" * 50_000, "(" * 100_000, "create policy p on a using " + "(" * 50_000, ";" * 100_000,
     "\\x\n" * 50_000, "do $$ " + "begin " * 50_000, "create table a (" + "a int," * 50_000, "\x00\ud800", "grant " * 50_000],
    ids=range(12),
)  # fmt: skip
def test_hostile_text_ends_soon(text: str) -> None:
    started = time.process_time()
    statements.read("m.sql", text)
    assert time.process_time() - started < 5


def test_statements_keep_their_bounds() -> None:
    text = "select 1;;  select $q$;$q$ ; -- x;\nselect 'it''s; here'"
    assert [text[begin:end] for _, begin, end in split(text)] == ["select 1", "select $q$;$q$", "select 'it''s; here'"]
