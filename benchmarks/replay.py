"""Applies the SQL migrations of public repositories to a real PostgreSQL, and compares what is there at the end with the replay.

    python benchmarks/replay.py [--bin /usr/lib/postgresql/15/bin] [--user postgres] [--generated 40 [--seed 1]] [--write replay.md] CHECKOUT...

Every history of every CHECKOUT (driftline.database.migrations.histories) is a set with a fresh database of its own: the roles anon,
authenticated and service_role, the schemas auth, storage, extensions and vault with what migrations ask of them, the privileges that Supabase
gives by itself, and a migrating role that is no superuser, as Supabase's postgres is. Extensions that this machine lacks are passed over, and
`vector` is a domain. Each statement runs by itself. One that PostgreSQL refuses (a table made in a dashboard, an extension that is missing, bad
syntax) has no effect there, so it is taken out of the replay, too; where the reason is its syntax, the replay has to have refused it by itself.

Compared are, for everything outside the platform's own schemas: tables with row security on or off and forced or not; policies with command,
roles, kind, and which expressions they have; the privileges of PUBLIC, anon and authenticated on tables and views; views with
security_invoker; functions with SECURITY DEFINER and who may call them. Needs psycopg 3 and a PostgreSQL with contrib; strangers' SQL runs as a
role that can reach neither files nor programs, in a server without a TCP port, under a time limit.
"""

from __future__ import annotations

import argparse
import os
import platform
import pwd
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import replay_sets

from driftline.database import Database, Script, migrations, postgres, statements
from driftline.database.migrations import History
from driftline.database.replay import replay
from driftline.database.tokens import statements as split
from driftline.model import Unreadable
from driftline.project import files

_STUBS = """
create role anon nologin; create role authenticated nologin; create role service_role nologin bypassrls; create role authenticator login;
create role dashboard_user nologin; create role supabase_auth_admin nologin; create role supabase_storage_admin nologin;
create role supabase_realtime_admin nologin; create role supabase_functions_admin nologin; create role pgsodium_keyholder nologin;
create role supabase_read_only_user nologin; create role supabase_replication_admin nologin;
create role postgres login createrole createdb bypassrls;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant supabase_auth_admin, supabase_storage_admin to postgres;
"""
# What a Supabase project has before its first migration (supabase/postgres and supabase/storage, migrations read 2026-11), as far as others use it.
_PLATFORM = """
create schema auth authorization postgres; create schema storage authorization postgres; create schema extensions authorization postgres;
create schema vault authorization postgres; create schema realtime authorization postgres; create schema graphql_public authorization postgres;
create schema cron authorization postgres; create schema net authorization postgres; create schema supabase_migrations authorization postgres;
create schema graphql authorization postgres; create schema pgmq authorization postgres; create schema supabase_functions authorization postgres;
grant usage on schema public, auth, storage, extensions, graphql_public, realtime to anon, authenticated, service_role;
grant create on schema public to postgres; alter schema public owner to postgres;
{extensions}
set role postgres;
create domain extensions.vector as float8[]; create domain extensions.halfvec as float8[];
create domain extensions.geography as text; create domain extensions.geometry as text;
create table auth.users (instance_id uuid, id uuid primary key, aud varchar(255), role varchar(255), email varchar(255), encrypted_password varchar(255),
  email_confirmed_at timestamptz, invited_at timestamptz, confirmation_token varchar(255), confirmation_sent_at timestamptz, recovery_token varchar(255),
  recovery_sent_at timestamptz, email_change_token_new varchar(255), email_change varchar(255), email_change_sent_at timestamptz,
  last_sign_in_at timestamptz, raw_app_meta_data jsonb, raw_user_meta_data jsonb, is_super_admin bool, created_at timestamptz default now(),
  updated_at timestamptz default now(), phone text, phone_confirmed_at timestamptz, phone_change text default '', phone_change_token varchar(255),
  confirmed_at timestamptz, email_change_token_current varchar(255), email_change_confirm_status smallint, banned_until timestamptz,
  reauthentication_token varchar(255), is_sso_user bool not null default false, deleted_at timestamptz, is_anonymous bool not null default false);
create table auth.identities (provider_id text, user_id uuid, identity_data jsonb, provider text, last_sign_in_at timestamptz, created_at timestamptz,
  updated_at timestamptz, email text, id uuid primary key);
create table auth.sessions (id uuid primary key, user_id uuid, created_at timestamptz, updated_at timestamptz, not_after timestamptz, ip inet, user_agent text);
create table auth.refresh_tokens (id bigint primary key, token text, user_id text, revoked bool, created_at timestamptz, updated_at timestamptz, session_id uuid);
create function auth.uid() returns uuid language sql stable as 'select null::uuid';
create function auth.role() returns text language sql stable as 'select null::text';
create function auth.email() returns text language sql stable as 'select null::text';
create function auth.jwt() returns jsonb language sql stable as 'select null::jsonb';
create table storage.buckets (id text primary key, name text, owner uuid, created_at timestamptz default now(), updated_at timestamptz default now(),
  public bool default false, avif_autodetection bool default false, file_size_limit bigint, allowed_mime_types text[], owner_id text, type text);
create table storage.objects (id uuid primary key default gen_random_uuid(), bucket_id text references storage.buckets, name text, owner uuid,
  created_at timestamptz default now(), updated_at timestamptz default now(), last_accessed_at timestamptz default now(), metadata jsonb,
  path_tokens text[], version text, owner_id text, user_metadata jsonb);
create function storage.foldername(name text) returns text[] language sql as 'select string_to_array(name, ''/'')';
create function storage.filename(name text) returns text language sql as 'select name';
create function storage.extension(name text) returns text language sql as 'select name';
alter table storage.objects enable row level security; alter table storage.buckets enable row level security;
create table realtime.messages (id bigint, topic text, extension text, payload jsonb, event text, private bool, inserted_at timestamptz);
alter table realtime.messages enable row level security;
create function realtime.topic() returns text language sql as 'select null::text';
create table vault.secrets (id uuid primary key default gen_random_uuid(), name text, description text, secret text);
create view vault.decrypted_secrets as select *, secret as decrypted_secret from vault.secrets;
create function vault.create_secret(new_secret text, new_name text default null, new_description text default '') returns uuid language sql as 'select null::uuid';
create table cron.job (jobid bigint, schedule text, command text, nodename text, nodeport int, database text, username text, active bool, jobname text);
create table cron.job_run_details (jobid bigint, runid bigint, status text, start_time timestamptz, end_time timestamptz, return_message text);
create function cron.schedule(job_name text, schedule text, command text) returns bigint language sql as 'select 1::bigint';
create function cron.schedule(schedule text, command text) returns bigint language sql as 'select 1::bigint';
create function cron.unschedule(job_name text) returns bool language sql as 'select true';
create function cron.unschedule(job_id bigint) returns bool language sql as 'select true';
create function net.http_post(url text, body jsonb default '{{}}', params jsonb default '{{}}', headers jsonb default '{{}}', timeout_milliseconds int default 1000)
  returns bigint language sql as 'select 1::bigint';
create function net.http_get(url text, params jsonb default '{{}}', headers jsonb default '{{}}', timeout_milliseconds int default 1000)
  returns bigint language sql as 'select 1::bigint';
create publication supabase_realtime;
reset role;
grant all on all tables in schema auth, storage to anon, authenticated, service_role;
grant execute on all functions in schema auth, storage to anon, authenticated, service_role;
alter database {name} set search_path to "$user", public, extensions;
"""
_AUTO = """alter default privileges for role postgres in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on functions to anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on sequences to anon, authenticated, service_role;"""
_CONTRIB = ("uuid-ossp", "pgcrypto", "citext", "pg_trgm", "btree_gin", "btree_gist", "hstore", "unaccent", "ltree", "fuzzystrmatch", "tablefunc",
            "intarray", "cube", "earthdistance", "moddatetime", "pg_stat_statements")  # fmt: skip
# Schemas of the platform: only policies on their tables are the project's.
_THEIRS = ("auth", "storage", "extensions", "vault", "realtime", "graphql_public", "graphql", "cron", "net", "supabase_migrations", "pgmq",
           "supabase_functions", "pg_catalog", "information_schema", "pg_toast")  # fmt: skip
_ROLES = ("public", "anon", "authenticated")
_TRANSACTION = ("begin", "commit", "rollback", "end", "start", "savepoint", "release", "abort", "prepare", "copy", "vacuum", "reindex")


class Compared(NamedTuple):
    """One reader on one set: statements of bad syntax that it refused, and for each kind of fact, how many agree and which do not."""

    unread: int
    agree: Counter[str]
    differ: dict[str, list[str]]


class Outcome(NamedTuple):
    """One set: its files, its statements, those that PostgreSQL refused, those of bad syntax among them, and what each reader made of it."""

    name: str
    files: int
    statements: int
    refused: int
    syntax: int
    compared: dict[str, Compared]


# --- the server -------------------------------------------------------------------------------------------------------------


@contextmanager
def server(binaries: Path, user: str) -> Iterator[str]:
    """A cluster of its own that lasts as long as the run; gives the folder of its socket."""
    other = user if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="replay-") as base:
        if other:
            os.chown(base, pwd.getpwnam(other).pw_uid, -1)
        data = f"{base}/data"
        run: dict[str, Any] = {"stdout": subprocess.DEVNULL, "user": other, "cwd": base}
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "supabase_admin", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"],
            check=True,
            **run,
        )
        settings = f"-c listen_addresses= -c unix_socket_directories={base} -c fsync=off -c full_page_writes=off -c max_connections=12 -c statement_timeout=20s -c log_min_messages=panic -c wal_level=logical"
        subprocess.run([binaries / "pg_ctl", "-D", data, "-w", "-o", settings, "-l", f"{base}/log", "start"], check=True, **run)
        try:
            yield base
        finally:
            subprocess.run([binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=True, **run)


def connect(base: str, database: str, user: str) -> psycopg.Connection[Any]:
    return psycopg.connect(host=base, dbname=database, user=user, autocommit=True, prepare_threshold=None)


def fresh(base: str, name: str, auto: bool) -> None:
    """A new database as a Supabase project begins; `auto` with the privileges that older projects give by themselves."""
    with connect(base, "template1", "supabase_admin") as admin:
        admin.execute(f"create database {name} owner postgres")  # type: ignore[call-overload]
    with connect(base, name, "supabase_admin") as admin:
        known = {row[0] for row in admin.execute("select name from pg_available_extensions")}
        extensions = "".join(f'create extension if not exists "{word}" schema extensions;\n' for word in _CONTRIB if word in known)
        admin.execute(_PLATFORM.format(extensions=extensions, name=name))  # type: ignore[call-overload]
        if auto:
            admin.execute(_AUTO)


# --- one set ----------------------------------------------------------------------------------------------------------------


def apply(base: str, name: str, history: History, text: Callable[[str], str]) -> tuple[dict[str, str], Counter[str], set[tuple[str, int]]]:
    """Runs every statement; gives the texts without the refused ones (blanked out), the counts, and the places of bad syntax."""
    accepted: dict[str, str] = {}
    counts: Counter[str] = Counter()
    syntax: set[tuple[str, int]] = set()
    for path in history.files:
        content = text(path)
        kept = list(content)
        with connect(base, name, "postgres") as connection:
            for tokens, begin, end in split(content):
                if tokens[0].text in _TRANSACTION:
                    continue
                counts["statements"] += 1
                statement = re.sub(
                    r"(?<!xtension )(?<!XTENSION )\b(?:(?:public|extensions)\.)?(vector|halfvec|geography|geometry)\b(?:\s*\([^()]*\))?(?!\s*\()",
                    r"extensions.\1",
                    content[begin:end],
                )
                if tokens[0].text == "create" and any(token.text == "extension" for token in tokens[1:3]):
                    continue  # the ones that are here are installed
                try:
                    connection.execute(statement)  # type: ignore[call-overload]
                except psycopg.Error as problem:
                    counts["refused"] += 1
                    counts[f"{type(problem).__name__}"] += 1
                    if problem.sqlstate == "42601":
                        syntax.add((path, content.count("\n", 0, begin) + 1))
                    kept[begin:end] = ["\n" if character == "\n" else " " for character in kept[begin:end]]
                    if connection.closed:
                        connection = connect(base, name, "postgres")
        accepted[path] = "".join(kept)
    return accepted, counts, syntax


def facts_of_server(base: str, name: str) -> dict[str, dict[str, str]]:
    """What the catalogue says: by kind of fact, the object and what holds for it."""
    with connect(base, name, "supabase_admin") as c:
        theirs = list(_THEIRS)
        tables = {
            f"{schema}.{table}": f"{'on' if on else 'off'}{' forced' if forced else ''}"
            for schema, table, on, forced in c.execute(
                "select n.nspname, c.relname, c.relrowsecurity, c.relforcerowsecurity from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                " where c.relkind in ('r', 'p', 'f') and n.nspname <> all(%s) and n.nspname !~ '^pg_temp'", [theirs])
        }  # fmt: skip
        policies = {
            f"{schema}.{table} {policy}": f"{command.lower()} to {','.join(sorted(roles))}{'' if kind == 'PERMISSIVE' else ' restrictive'} {'using' if using else ''} {'check' if check else ''}"
            for schema, table, policy, command, roles, kind, using, check in c.execute(
                "select schemaname, tablename, policyname, cmd, roles, permissive, qual is not null, with_check is not null from pg_policies where schemaname not in ('cron')")
        }  # fmt: skip
        grants: dict[str, set[str]] = {}
        query = (
            "select n.nspname, c.relname, coalesce(r.rolname, 'public'), lower(a.privilege_type) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " cross join lateral (select * from aclexplode(c.relacl) union all select x.* from pg_attribute t, aclexplode(t.attacl) x where t.attrelid = c.oid and t.attnum > 0) a"
            " left join pg_roles r on r.oid = a.grantee where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname <> all(%s) and n.nspname !~ '^pg_temp'"
        )
        for schema, table, role, word in c.execute(query, [theirs]):
            if role in _ROLES and word in ("select", "insert", "update", "delete"):
                grants.setdefault(f"{schema}.{table} {role}", set()).add(word)
        views = {
            f"{schema}.{view}": "invoker" if invoker else "owner"
            for schema, view, invoker in c.execute(
                "select n.nspname, c.relname, exists(select from unnest(c.reloptions) o where o ~* '^security_invoker=(true|on|1|yes)$') from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                " where c.relkind in ('v', 'm') and n.nspname <> all(%s) and n.nspname !~ '^pg_temp'", [theirs])
        }  # fmt: skip
        functions: dict[str, set[str]] = {}
        query = (
            "select n.nspname, p.proname, p.prosecdef, array(select coalesce(r.rolname, 'public') from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a"
            " left join pg_roles r on r.oid = a.grantee where a.privilege_type = 'EXECUTE') from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
            " where p.prokind <> 'a' and n.nspname <> all(%s) and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')"
        )
        for schema, function, definer, callers in c.execute(query, [theirs]):
            words = {"definer" if definer else "invoker", *(f"callable by {role}" for role in callers if role in _ROLES)}
            functions.setdefault(f"{schema}.{function}", set()).update(words)
    return {
        "row security": tables,
        "policies": policies,
        "grants": {key: " ".join(sorted(words)) for key, words in grants.items()},
        "views": views,
        "functions": {key: " ".join(sorted(words)) for key, words in functions.items()},
    }


def facts_of_replay(database: Database) -> dict[str, dict[str, str]]:
    """The same of the replay."""
    ours = [table for table in database.tables if table.name.schema not in _THEIRS]
    grants: dict[str, str] = {}
    for one in (*ours, *database.views):
        for role, words in one.grants:
            if role in _ROLES and one.name.schema not in _THEIRS:
                grants[f"{one.name.schema}.{one.name.name} {role}"] = " ".join(sorted(words))
    functions: dict[str, set[str]] = {}
    for f in database.functions:
        if f.name.schema not in _THEIRS:
            words = {"definer" if f.definer else "invoker", *(f"callable by {role}" for role in f.callers if role in _ROLES)}
            functions.setdefault(f"{f.name.schema}.{f.name.name}", set()).update(words)
    return {
        "row security": {
            f"{t.name.schema}.{t.name.name}": f"{'on' if t.row_security else 'off'}{' forced' if t.forced else ''}" for t in ours
        },
        "policies": {
            f"{t.name.schema}.{t.name.name} {p.name}": f"{p.command} to {','.join(sorted(set(p.roles)))}{'' if p.permissive else ' restrictive'}"
            f" {'using' if p.using is not None else ''} {'check' if p.check is not None else ''}"
            for t in database.tables
            for p in t.policies
        },
        "grants": grants,
        "views": {
            f"{v.name.schema}.{v.name.name}": "invoker" if v.invoker else "owner" for v in database.views if v.name.schema not in _THEIRS
        },
        "functions": {key: " ".join(sorted(words)) for key, words in functions.items()},
    }


class Set(NamedTuple):
    """A migration set: its files in order, their text, and whether the platform grants by itself what they make."""

    label: str
    history: History
    text: Callable[[str], str]
    auto: bool


def compare(base: str, number: int, one: Set, readers: dict[str, Callable[[str, str], Script]]) -> Outcome:
    label, history, text, auto = one
    name = f"set{number}"
    fresh(base, name, auto)
    try:
        accepted, counts, syntax = apply(base, name, history, text)
        real = facts_of_server(base, name)
    finally:
        with connect(base, "template1", "supabase_admin") as admin:
            admin.execute(f"drop database {name} with (force)")  # type: ignore[call-overload]
    compared: dict[str, Compared] = {}
    for reader, read in readers.items():
        scripts = [(path, read(path, accepted[path])) for path in history.files]
        whole = [read(path, text(path)) for path in history.files]
        unread = {(place.path, place.line) for script in whole for place in script.unread}
        agree, differ = _differences(real, facts_of_replay(replay(scripts, grants_itself=lambda _path: auto)))
        compared[reader] = Compared(len(syntax & unread), agree, differ)
    return Outcome(label, len(history.files), counts["statements"], counts["refused"], len(syntax), compared)


def _differences(real: dict[str, dict[str, str]], ours: dict[str, dict[str, str]]) -> tuple[Counter[str], dict[str, list[str]]]:
    agree: Counter[str] = Counter()
    differ: dict[str, list[str]] = {}
    for kind, facts in real.items():
        for key in sorted(facts.keys() | ours[kind].keys()):
            if facts.get(key) == ours[kind].get(key):
                agree[kind] += 1
            else:
                differ.setdefault(kind, []).append(
                    f"{key}: PostgreSQL {facts.get(key, 'has none')!r}, replay {ours[kind].get(key, 'has none')!r}"
                )
    return agree, differ


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="*", type=Path)
    parser.add_argument("--generated", type=int, default=0, help="how many sets of replay_sets.py to compare besides")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bin", type=Path, default=Path("/usr/lib/postgresql/15/bin"))
    parser.add_argument("--user", default="postgres", help="the account that runs the server when this is run as root")
    parser.add_argument("--write", type=Path, help="the Markdown file that gets the result; without it, the rows go to the screen")
    options = parser.parse_args()
    readers: dict[str, Callable[[str, str], Script]] = {"tokens": statements.read}
    if postgres.is_available():
        readers = {"parser": postgres.read, **readers}
    outcomes: list[Outcome] = []
    skipped: list[str] = []
    with server(options.bin, options.user) as base:
        with connect(base, "template1", "supabase_admin") as admin:
            admin.execute(_STUBS)
            version = str(admin.execute("show server_version").fetchone()[0])  # type: ignore[index]
        for number, one in enumerate((*_of_checkouts(options.checkouts), *_generated(options.generated, options.seed))):
            outcome = compare(base, number, one, readers)
            if outcome.statements == 0 or outcome.refused > outcome.statements * 0.6:
                skipped.append(f"{outcome.name}: {outcome.refused} of {outcome.statements} statements refused")
                continue
            outcomes.append(outcome)
            print(_row(outcome), flush=True)
            for reader, result in outcome.compared.items():
                for kind, lines in result.differ.items():
                    for line in lines:
                        print(f"    {reader}, {kind}: {line}", flush=True)
    page = "\n".join(_page(outcomes, skipped, version, len(options.checkouts), options))
    if options.write:
        options.write.write_text(page + "\n", encoding="utf-8")
    else:
        print(page)


def _of_checkouts(checkouts: list[Path]) -> Iterator[Set]:
    for root in checkouts:
        paths = [file.path for file in files.walk(str(root)).files if file.path.endswith(".sql")]
        for history in migrations.histories(paths):
            yield Set(f"{root.name.replace('+', '/', 1)} {history.folder}", history, partial(_text, root), history.tool == "supabase")


def _text(root: Path, path: str) -> str:
    try:
        return files.decode(files.read(str(root), path)).replace("\0", "")
    except Unreadable:
        return ""


def _generated(number: int, seed: int) -> Iterator[Set]:
    for index, (label, texts) in enumerate(replay_sets.sets(number, seed)):
        yield Set(label, History("supabase", "supabase", tuple(texts)), texts.__getitem__, index % 2 == 0)


def _row(outcome: Outcome) -> str:
    cells: list[object] = [outcome.name, outcome.files, outcome.statements, outcome.refused]
    for result in outcome.compared.values():
        cells += [result.agree.total(), sum(len(lines) for lines in result.differ.values())]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _page(outcomes: list[Outcome], skipped: list[str], version: str, checkouts: int, options: argparse.Namespace) -> Iterator[str]:
    """The result as Markdown: totals by kind of fact and reader, then every set."""
    yield "# The replay beside a real PostgreSQL\n"
    yield f"Written by `benchmarks/replay.py --generated {options.generated} --seed {options.seed} --write benchmarks/replay.md CHECKOUT...`"
    yield (
        f"on {date.today().isoformat()}, PostgreSQL {version}, pgparse {metadata.version('pgparse') if postgres.is_available() else 'absent'}, Python {platform.python_version()};"
        f" {checkouts} checkouts of public repositories and {options.generated} generated sets.\n"
    )
    yield (
        "Every set of migrations is applied to an empty database, statement by statement, and what the catalogue then says (`pg_class`, `pg_policies`, ACLs, `pg_proc`)"
        " is compared with the replay, fact by fact, by both readers: the one with PostgreSQL's own parser, and the one by tokens that works without it."
        " What PostgreSQL refuses (tables made in a dashboard, extensions that are missing) is taken out of the replay, too; the script's docstring says how.\n"
    )
    readers = list(outcomes[0].compared) if outcomes else []
    yield (
        f"**{len(outcomes)} sets**, {sum(o.statements for o in outcomes)} statements in {sum(o.files for o in outcomes)} files,"
        f" {sum(o.refused for o in outcomes)} of them refused by PostgreSQL.\n"
    )
    yield "| | " + " | ".join(f"{reader}: agree | differ" for reader in readers) + " |"
    yield "| --- " + "| ---: | ---: " * len(readers) + "|"
    whole = [sum(not any(o.compared[reader].differ.values()) for o in outcomes) for reader in readers]
    yield "| sets | " + " | ".join(f"{count} | {len(outcomes) - count}" for count in whole) + " |"
    for kind in ("row security", "policies", "grants", "views", "functions"):
        cells = [
            f"{sum(o.compared[reader].agree[kind] for o in outcomes)} | {sum(len(o.compared[reader].differ.get(kind, ())) for o in outcomes)}"
            for reader in readers
        ]
        yield f"| {kind} | " + " | ".join(cells) + " |"
    syntax = sum(o.syntax for o in outcomes)
    refused = [sum(o.compared[reader].unread for o in outcomes) for reader in readers]
    yield "| bad syntax refused, not refused | " + " | ".join(f"{count} | {syntax - count}" for count in refused) + " |"
    yield (
        "\n| set | files | statements | refused by PostgreSQL | "
        + " | ".join(f"{reader}: facts that agree | that differ" for reader in readers)
        + " |"
    )
    yield "| --- | ---: | ---: | ---: " + "| ---: | ---: " * len(readers) + "|"
    yield from map(_row, outcomes)
    if skipped:
        yield "\nNot compared, because more than 60 % was refused: hardly PostgreSQL's dialect, or tables that were made elsewhere.\n"
        yield from (f"- {line}" for line in skipped)


if __name__ == "__main__":
    main()
