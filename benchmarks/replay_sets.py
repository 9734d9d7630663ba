"""Makes migration sets for replay.py: every kind of statement that the replay follows, in random order, in the spellings that people use.

`sets(number, seed)` gives (name, {path: text}) of as many sets, the same for the same seed. A set holds what migrations of real projects hold,
thicker: tables in several schemas, renamed, moved, dropped and made again, partitions, CREATE TABLE AS and LIKE, row security on, off and forced,
policies made, altered, renamed and dropped, privileges by name, by column, for all tables and by default, views with and without
security_invoker, overloaded functions with SECURITY DEFINER, DO blocks that loop over the catalogue, quoted names, comments and dollar quotes.
Some statements are wrong on purpose (a policy twice, a table that is gone, bad syntax): PostgreSQL refuses them, and so has the replay.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

_SCHEMAS = ("public", "public", "public", "app", '"Shop"')
_WORDS = (
    "orders",
    "profiles",
    "notes",
    "invoices",
    "members",
    '"Line Items"',
    '"userSettings"',
    "teams",
    "files",
    "audit_log",
    "tags",
    "chat",
)
_ROLES = ("anon", "authenticated", "service_role", "public", "PUBLIC", "anon, authenticated", "authenticated, service_role")
_EXPRESSIONS = ("true", "(true)", "auth.uid() = user_id", "(select auth.uid()) = user_id", "user_id is not null", "auth.role() = 'authenticated'",
                "id in (select id from public.allowed where 'a;b' <> '--')", "exists (select 1 from auth.users u where u.id = auth.uid())")  # fmt: skip


class _Maker:
    """Writes the statements of one set."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.tables: list[str] = []
        self.views: list[str] = []
        self.functions: list[str] = []
        self.policies: list[tuple[str, str]] = []
        self.number = 0

    def pick(self, *options: str) -> str:
        return self.chance.choice(options)

    def spelled(self, text: str) -> str:
        """The same statement as others would write it: capitals, blanks, comments."""
        way = self.chance.random()
        if way < 0.2 and "'" not in text and '"' not in text and "$" not in text:
            return text.upper()
        if way < 0.3:
            return text.replace(" ", "\n  ", 2)
        if way < 0.4:
            return "-- drop table public.orders;\n" + text
        if way < 0.45:
            return "/* enable /* nested */ row level security */ " + text
        return text

    def name(self) -> str:
        schema, word = self.pick(*_SCHEMAS), self.pick(*_WORDS)
        self.number += 1
        own = f'{word[:-1]} {self.number}"' if word.startswith('"') else f"{word}_{self.number}" if self.chance.random() < 0.7 else word
        return own if schema == "public" and self.chance.random() < 0.5 else f"{schema}.{own}"

    def table(self) -> str:
        return self.chance.choice(self.tables) if self.tables and self.chance.random() < 0.97 else "public.gone"

    # --- statements -----------------------------------------------------------------------------------------------------------

    def create(self) -> str:
        name = self.name()
        self.tables.append(name)
        way = self.chance.random()
        if way < 0.1 and len(self.tables) > 1:
            return f"create table {name} as select * from {self.table()}"
        if way < 0.15 and len(self.tables) > 1:
            return f"create table {name} (like {self.table()} including all)"
        if way < 0.22:
            part = self.name()
            self.tables.append(part)
            return f"create table {name} (id uuid, user_id uuid, at date) partition by range (at);\ncreate table {part} partition of {name} for values from ('2026-01-01') to ('2026-02-01')"
        soft = self.pick("", "", "if not exists ")
        kind = self.pick("", "", "", "unlogged ")
        constraint = self.pick("", ", constraint positive check (total > 0)", ", unique (id, user_id)", ", check (id is not null)")
        return f'create {kind}table {soft}{name} (id uuid primary key default gen_random_uuid(), user_id uuid, "createdAt" timestamptz default now(), total numeric(10, 2){constraint})'

    def drop(self) -> str:
        name = self.table()
        if name in self.tables and self.chance.random() < 0.5:
            self.tables.remove(name)
        return f"drop table {self.pick('if exists ', '')}{name}{self.pick('', ' cascade', ' cascade', ' restrict')}"

    def rename(self) -> str:
        old = self.table()
        schema, dot, _ = old.rpartition(".")
        self.number += 1
        new = self.pick(f"renamed_{self.number}", f'"Renamed {self.number}"')
        if old in self.tables:
            self.tables[self.tables.index(old)] = f"{schema}{dot}{new}"
        return f"alter table {self.pick('', 'if exists ')}{old} rename to {new}"

    def move(self) -> str:
        old = self.table()
        schema = self.pick("public", "app", '"Shop"')
        if old in self.tables:
            self.tables[self.tables.index(old)] = f"{schema}.{old.rpartition('.')[2]}"
        return f"alter table {old} set schema {schema}"

    def security(self) -> str:
        what = self.pick("enable", "enable", "enable", "disable", "force", "no force")
        only = self.pick("", "", "only ", "if exists ")
        more = self.pick("", "", ", add column note text", ", alter column total set default 0", ", force row level security")
        return f"alter table {only}{self.table()} {what} row level security{more}"

    def column(self) -> str:
        return self.pick(
            f"alter table {self.table()} add column if not exists owner_id uuid",
            f"alter table {self.table()} rename column total to amount",
            f"alter table {self.table()} drop column if exists total cascade",
            f'alter table {self.table()} add column "isAdmin" boolean default false, drop column if exists note',
        )

    def policy(self) -> str:
        table = self.table()
        self.number += 1
        name = self.pick(f"p{self.number}", f'"Users can read, {self.number}"', '"own rows"', f'"a ""quoted"" one {self.number}"')
        self.policies.append((name, table))
        command = self.pick("", "", " for select", " for insert", " for update", " for delete", " for all")
        kind = self.pick("", "", "", " as permissive", " as restrictive")
        to = self.pick("", "", f" to {self.pick(*_ROLES)}")
        using = f" using ({self.pick(*_EXPRESSIONS)})"
        check = f" with check ({self.pick(*_EXPRESSIONS)})"
        body = (
            check
            if "insert" in command
            else using
            if "select" in command or "delete" in command
            else self.pick(using, using + check, check)
        )
        if self.chance.random() < 0.03:
            body = using + check  # what some commands refuse
        return f"create policy {name} on {table}{kind}{command}{to}{body}"

    def policy_again(self) -> str:
        if not self.policies:
            return self.policy()
        name, table = self.chance.choice(self.policies)
        return self.pick(
            f"drop policy if exists {name} on {table}",
            f"drop policy {name} on {table}",
            f"alter policy {name} on {table} to {self.pick('anon', 'authenticated', 'public, anon')}",
            f"alter policy {name} on {table} using ({self.pick(*_EXPRESSIONS)})",
            f'alter policy {name} on {table} rename to "renamed {self.number}"',
        )

    def grant(self) -> str:
        words = self.pick(
            "all",
            "all privileges",
            "select",
            "select, insert",
            "insert, update, delete",
            "select (id, user_id)",
            "update (user_id), select",
            "truncate",
            "references, trigger",
        )
        verb, to = self.chance.choice((("grant", "to"), ("grant", "to"), ("revoke", "from"), ("revoke grant option for", "from")))
        if verb.startswith("revoke") and "(" in words:
            words = "select"
        what = self.pick(
            self.table(),
            f"table {self.table()}",
            f"{self.table()}, {self.table()}",
            f"all tables in schema {self.pick('public', 'app')}",
            "all tables in schema public, app",
        )
        if "(" in words and "all tables" in what:
            words = "select"
        return f"{verb} {words} on {what} {to} {self.pick(*_ROLES)}"

    def default(self) -> str:
        verb, to = self.chance.choice((("grant", "to"), ("revoke", "from")))
        where = self.pick("", " in schema public", " in schema app", " in schema public, app")
        whose = self.pick("", "", " for role postgres", " for role authenticator")
        what = self.pick(
            "all on tables", "select on tables", "select, insert on tables", "execute on functions", "all on routines", "all on sequences"
        )
        return f"alter default privileges{whose}{where} {verb} {what} {to} {self.pick(*_ROLES)}"

    def view(self) -> str:
        name = self.name()
        self.views.append(name)
        options = self.pick(
            "",
            "",
            " with (security_invoker = on)",
            " with (security_invoker)",
            " with (security_invoker = 'true', security_barrier = true)",
            " with (security_invoker = off)",
        )
        return self.pick(
            f"create view {name}{options} as select id from {self.table()}",
            f"create or replace view {name}{options} as with own as (select id from {self.table()}) select id from own",
            f"create materialized view {name} as select id from {self.table()}",
        )

    def view_again(self) -> str:
        if not self.views:
            return self.view()
        name = self.chance.choice(self.views)
        return self.pick(
            f"drop view if exists {name} cascade",
            f"alter view {name} set (security_invoker = {self.pick('true', 'on', 'false', 'off', '1')})",
            f"alter view if exists {name} set (security_barrier = true)",
            f"grant select on {name} to anon",
            f"revoke all on {name} from public, anon, authenticated",
        )

    def function(self) -> str:
        self.number += 1
        schema = self.pick("", "public.", "app.")
        name = f"{schema}{self.pick('do_it', 'is_admin', 'handle_new_user')}"
        arguments = self.pick(
            "",
            "a int",
            "a integer, b text",
            "a uuid default null, out b text",
            "variadic a text[]",
            "a timestamp with time zone",
            "a public.gone_type",
        )
        if "gone_type" in arguments and self.chance.random() < 0.8:
            arguments = "a int"
        self.functions.append(f"{name}({arguments})")
        returns = "" if " out " in arguments else " returns void"
        secure = self.pick("", " security definer", " security definer set search_path = ''", " security invoker")
        return f"create or replace function {name}({arguments}){returns} language plpgsql{secure} as $fn$ begin null; -- ; \n end $fn$"

    def function_again(self) -> str:
        if not self.functions:
            return self.function()
        full = self.chance.choice(self.functions)
        plain = full.replace(" default null", "").replace(", out b text", "")
        return self.pick(
            f"drop function if exists {plain}",
            f"revoke execute on function {plain} from {self.pick('public', 'anon', 'public, anon, authenticated')}",
            f"revoke all on function {plain} from public",
            f"grant execute on function {plain} to {self.pick('anon', 'authenticated')}",
            f"alter function {plain} {self.pick('security definer', 'security invoker', 'set search_path = public')}",
            "revoke execute on all functions in schema public from public, anon",
        )

    def block(self) -> str:
        return self.pick(
            "do $$ declare r record; begin for r in select schemaname, tablename from pg_tables where schemaname = 'public' loop"
            " execute format('alter table %I.%I enable row level security', r.schemaname, r.tablename); end loop; end $$",
            "do $$ declare t text; begin foreach t in array array['orders', 'notes', 'profiles'] loop if to_regclass('public.' || t) is not null then"
            " execute 'alter table public.' || quote_ident(t) || ' disable row level security'; end if; end loop; end $$",
            "do $body$ begin if not exists (select 1 from pg_policies where tablename = 'orders' and policyname = 'from block') then"
            ' create policy "from block" on orders for select using (true); end if; exception when others then null; end $body$',
            "do $$ declare p record; begin for p in select policyname, tablename from pg_policies where schemaname = 'public' and policyname like 'Users can%' loop"
            " execute format('drop policy %I on public.%I', p.policyname, p.tablename); end loop; end $$",
            "do $$ declare names text; begin select string_agg('app.' || quote_ident(tablename), ', ') into names from pg_tables where schemaname = 'app';"
            " if names is not null then execute 'grant select on ' || names || ' to anon'; end if; exception when others then null; end $$",
            "do $$ declare p record; begin for p in select policyname, tablename from pg_policies where schemaname = 'public' and qual like '%auth.uid()%' loop"
            " execute format('drop policy if exists %I on public.%I', p.policyname, p.tablename); end loop; end $$",
            "do $$ declare r record; begin for r in (select c.relname, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname in ('app')) loop"
            " execute format('revoke all on %I.%I from anon, authenticated', r.nspname, r.relname); end loop; end $$",
        )

    def noise(self) -> str:
        return self.pick(
            "insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true) on conflict (id) do nothing",
            "comment on schema public is 'create table x (); drop policy y on z'",
            "select 'alter table orders disable row level security;' as text",
            f"create type mood_{self.number} as enum ('a', 'b;c')",
            "create tabel typo (id int)",
            "create policy if not exists p on orders for select using (true)",
            "set search_path to public",
            f"create index on {self.table()} (id)",
            "create extension if not exists citext",
            f"alter table {self.table()} owner to postgres",
        )


_CHANCES = (
    ("create", 10), ("security", 12), ("policy", 14), ("policy_again", 8), ("grant", 12), ("default", 4), ("view", 5), ("view_again", 4), ("function", 5), ("function_again", 5),
    ("rename", 3), ("move", 2), ("drop", 3), ("column", 4), ("block", 4), ("noise", 6),
)  # fmt: skip


def sets(number: int, seed: int) -> Iterator[tuple[str, dict[str, str]]]:
    """`number` sets by name, each with the texts of its files by path; odd ones are of a project that grants nothing by itself."""
    for index in range(number):
        maker = _Maker(random.Random(f"{seed} {index}"))
        kinds = [name for name, weight in _CHANCES for _ in range(weight)]
        files: dict[str, str] = {}
        for file in range(maker.chance.randint(3, 12)):
            lines = ['create schema if not exists app; create schema if not exists "Shop";'] if file == 0 else []
            lines += [maker.create() + ";" for _ in range(4 if file == 0 else 0)]
            for _ in range(maker.chance.randint(5, 30)):
                step: Callable[[], str] = getattr(maker, maker.chance.choice(kinds))
                lines.append(maker.spelled(step()) + ";")
            day = f"2026{maker.chance.randint(1, 4):02}{file + 1:02}"
            files[f"supabase/migrations/{20260101000000 + file * 1000000}_{day}.sql"] = ("\r\n" if index % 7 == 0 else "\n").join(
                lines
            ) + "\n"
        yield f"generated {seed}-{index}", files
