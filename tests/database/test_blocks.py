"""DO blocks are run as far as files tell: loops and conditions over the catalogue of the replay, statements built from them."""

from __future__ import annotations

import time

import pytest

from driftline.database import Database, Table, statements
from driftline.database.replay import replay

SETUP = """
create table public.a (id int, user_id uuid); create table public.b (id int); create table private.c (id int);
create policy p1 on a using (true); create policy p2 on a for select using (true); create policy p3 on b using (true);
"""


def after(sql: str, setup: str = SETUP) -> Database:
    return replay([("m.sql", statements.read("m.sql", setup)), ("n.sql", statements.read("n.sql", sql))])


def table(database: Database, name: str) -> Table:
    return next(table for table in database.tables if table.name.name == name)


def secured(sql: str) -> set[str]:
    database = after(f"do $$ {sql} $$;")
    assert database.opaque == ()
    return {table.name.name for table in database.tables if table.row_security}


ENABLE = "execute format('alter table %I.%I enable row level security', r.schemaname, r.tablename)"


@pytest.mark.parametrize(
    ("block", "names"),
    [
        (f"declare r record; begin for r in select schemaname, tablename from pg_tables where schemaname = 'public' loop {ENABLE}; end loop; end", "a b"),
        (f"declare r record; begin for r in (select * from pg_tables where schemaname in ('public', 'private')) loop {ENABLE}; end loop; end", "a b c"),
        (f"begin for r in select * from pg_catalog.pg_tables t where t.schemaname != 'private' and tablename not in ('b') loop {ENABLE}; end loop; end", "a"),
        (f"begin for r in select * from pg_tables where schemaname = 'public' and tablename like 'a%' order by tablename loop {ENABLE}; end loop; end", "a"),
        (f"begin for r in select * from pg_tables where not rowsecurity and (tablename = 'a' or tablename = 'c') loop {ENABLE}; end loop; end", "a c"),
        (f"begin for r in select * from pg_tables where tablename = any(array['b', 'c']) loop continue when r.tablename = 'c'; {ENABLE}; end loop; end", "b"),
        (f"begin for r in select * from pg_tables where tablename ~ '^(a|b)$' loop {ENABLE}; end loop; end", "a b"),
        ("declare t text; begin foreach t in array array['a', 'b'] loop execute 'alter table public.' || quote_ident(t) || ' enable row level security'; end loop; end", "a b"),
        ("declare l text[] := array['a', 'b']; begin for i in select unnest(l) loop execute format('alter table %I enable row level security', i); end loop; end", "a b"),
        ("declare l text[] default '{a,b}'::text[]; t text; begin foreach t in array l loop execute format($f$alter table %1$I enable row level security$f$, t); end loop; end", "a b"),
        ("begin for t, s in values ('a', 'public'), ('c', 'private') loop execute format('alter table %2$I.%1$I enable row level security', t, s); end loop; end", "a c"),
        ("begin for x in select t.name from (values ('a'), ('b')) as t(name) where t.name <> 'a' loop execute format('alter table %I enable row level security', x.name); end loop; end", "b"),
        ("begin for r in select c.oid::regclass as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r' and not c.relrowsecurity loop execute format('alter table %s enable row level security', r.name); end loop; end", "a b"),
        ("begin for r in select table_name from information_schema.columns where column_name = 'user_id' loop execute format('alter table %I enable row level security', r.table_name); end loop; end", "a"),
        ("begin for r in select tablename from pg_tables t where not exists (select 1 from pg_policies p where p.tablename = t.tablename) loop execute format('alter table private.%I enable row level security', r.tablename); end loop; end", "c"),
        ("begin if exists (select 1 from pg_tables where tablename = 'a') then alter table a enable row level security; else alter table b enable row level security; end if; end", "a"),
        ("begin if to_regclass('public.z') is not null then alter table a enable row level security; elsif true then alter table b enable row level security; end if; end", "b"),
        ("declare n text; begin select tablename into n from pg_tables where schemaname = 'private'; if n = 'c' then alter table a enable row level security; end if; end", "a"),
        ("begin begin alter table a enable row level security; exception when others then alter table b enable row level security; end; end", "a"),
        ("begin alter table a enable row level security; return; alter table b enable row level security; end", "a"),
        ("<<top>> begin case when true then null; else null; end case; alter table b enable row level security; end", "b"),
    ],
)  # fmt: skip
def test_what_a_block_does_is_followed(block: str, names: str) -> None:
    assert secured(block) == set(names.split())


def test_policies_are_dropped_by_a_loop_and_made_by_another() -> None:
    database = after(
        """do $$ declare r record; t text; begin
        for r in select policyname, tablename from pg_policies where schemaname = 'public' and policyname like 'p%' loop
          execute format('drop policy if exists %I on public.%I', r.policyname, r.tablename);
        end loop;
        foreach t in array array['a', 'b'] loop
          execute format('create policy "own %s" on %I for all to authenticated using (user_id = (select auth.uid()))', t, t);
        end loop; end $$;"""
    )
    assert [policy.name for table in database.tables for policy in table.policies] == ["own a", "own b"]
    assert table(database, "a").policies[0].using == "user_id = ( select auth . uid ( ) )"


def test_a_policy_that_is_there_already_is_left_to_the_blocks_handler() -> None:
    database = after("do $$ begin create policy p1 on a to anon using (false); exception when duplicate_object then null; end $$;")
    assert [(p.name, p.roles) for p in table(database, "a").policies if p.name == "p1"] == [("p1", ("public",))]


def test_functions_are_closed_by_a_loop() -> None:
    setup = "create function f(a int) returns int language sql security definer as 'select 1'; create function g() returns int language sql as 'select 1';"
    loops = (
        "for r in select p.oid::regprocedure as s from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public' and p.prosecdef loop"
        " execute format('revoke execute on function %s from public', r.s); end loop;",
        "foreach r in array array['public.f(integer)', 'public.gone()'] loop continue when to_regprocedure(r) is null;"
        " execute format('revoke execute on function %s from public', to_regprocedure(r)::text); end loop;",
    )
    for loop in loops:
        database = after(f"do $$ begin {loop} end $$;", setup)
        assert {function.name.name: sorted(function.callers) for function in database.functions} == {"f": [], "g": ["public"]}


@pytest.mark.parametrize(
    ("block", "meaning"),
    [
        ("declare s text := (select sql from steps); begin execute s; end", "runs a statement that it builds"),
        ("begin for r in select name from tenants loop execute format('alter table %I enable row level security', r.name); end loop; end", "switches row level security on"),
        ("begin for r in select * from pg_tables limit 1 loop execute format('drop policy x on %I', r.tablename); end loop; end", "creates or drops policies"),
        ("begin execute format('grant select on %I to anon', current_setting('x')); end", "grants privileges"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_told(block: str, meaning: str) -> None:
    ((place, said),) = after(f"\ndo $$ {block} $$;").opaque
    assert said == meaning
    assert (place.path, place.line) == ("n.sql", 2)


@pytest.mark.parametrize(
    "block",
    [
        "begin for r in select name from tenants loop execute format('alter table x drop constraint %I', r.name); end loop; end",
        "begin execute format('update a set id = %s', now()); end",
        "begin perform cron.unschedule('x'); raise notice 'create policy'; end",
    ],
)
def test_what_changes_nothing_that_is_judged_is_passed_over(block: str) -> None:
    assert after(f"do $$ {block} $$;").opaque == ()


def test_an_unknown_condition_takes_every_branch() -> None:
    database = after(
        "do $$ begin if (select count(*) from users) = 0 then alter table a enable row level security; else create policy x on b using (true); end if; end $$;"
    )
    assert table(database, "a").row_security
    assert "x" in {policy.name for policy in table(database, "b").policies}


def test_a_block_as_text_and_in_another_language() -> None:
    assert table(after("do 'begin alter table a enable row level security; end'"), "a").row_security
    assert not table(after("do language plpython3u $$ alter table a enable row level security $$"), "a").row_security


HOSTILE = [
    "begin " * 3000,
    "begin if " * 3000,
    "begin for r in select * from pg_tables loop " * 200,
    "begin for a in select * from pg_tables, pg_tables b, pg_tables c, pg_tables d, pg_tables e, pg_tables f, pg_tables g loop execute 'x' || a; end loop; end",
    "begin execute " + "(" * 3000,
    "begin execute " + "'a' || " * 20_000 + "'b'; end",
    "begin if " + "not " * 5000 + "true then end if; end",
    "begin for r in " + "select * from (" * 500 + ") loop end loop; end",
    "begin for r in select * from pg_tables where tablename like '" + "%a" * 50 + "' loop end loop; end",
    "begin for r in select * from pg_tables where tablename ~ '" + "(a|a)" * 12 + "$' loop end loop; end",
    "declare " + "x text; " * 5000 + "begin end",
    "begin execute format('%9$s %s %1$s %', 'a', 'b'); execute format(); execute format('%'); end",
    "begin if x in () then end if; if array[1,2 then end if; execute array['a' ; end",
    "begin for in loop end loop; foreach in array loop end loop; select into; x := ; end",
    "begin if 1 between 2 and 3 then null; end if; if - 1 then null; end if; execute 1; execute null; execute true; end",
    "begin for r in values 1, 2 loop end loop; for r in select from where loop end loop; for r in select * from loop end loop; end",
]


@pytest.mark.parametrize("block", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_blocks_end_soon(block: str) -> None:
    setup = "".join(f"create table t{'a' * 40}{number} (id int);" for number in range(60))
    started = time.process_time()
    after(f"do $$ {block} $$; create table last (id int);", setup)
    assert time.process_time() - started < 5
