"""The launch review: gathers what the red flags need beside the environments, judges everything, and comes to one decision."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from driftline import audit, code, late
from driftline.audit import Project, Request
from driftline.database import firebase, migrations
from driftline.database.firebase import Opening
from driftline.evidence import Attestation, Doubt, Evidence, Hook, Store, of
from driftline.knowledge import platform
from driftline.model import Location, Report, Route, Unread, Unreadable, failed
from driftline.project import apps, files
from driftline.project.files import Tree
from driftline.project.settings import Settings
from driftline.review import decide, handlers, hooks, owners, releases, servers, stacks
from driftline.review.stacks import place

T = TypeVar("T")


def review(request: Request) -> Report:
    """Audits the whole project with the rules of the launch review. Raises Misuse for what the user can mend."""
    started = time.perf_counter()
    tree = files.walk(request.root, request.settings.is_excluded)
    project = audit.read_whole(request, tree)
    request, notes = audit.with_found_output(request, project.facts.apps)
    if request.bundles:
        project = audit.with_output(request, project)
    try:
        project = gather(tree, project, request.settings, tuple(audit.shown(path, request.root) for path in request.bundles))
    except Exception as error:  # what the other rules find stays
        silent = failed("evidence of the launch review", "its reader", error)
        project = project._replace(facts=project.facts._replace(evidence=Evidence()), unread=(*project.unread, silent))
    report = audit.judge(request._replace(command="review"), project, started)
    return report._replace(review=decide.review(report, of(project.facts)), notes=(*notes, *report.notes))


def callbacks(request: Request) -> tuple[Hook, ...]:
    """The callback routes of a project, without judging anything."""
    tree = files.walk(request.root, request.settings.is_excluded)
    project = audit.read_tree(request, tree, lambda path: files.read(tree.root, path))
    return tuple(hooks.hooks(*_code(tree, [file.path for file in tree.files if not file.ignored], []), _routes(project)))


def gather(tree: Tree, project: Project, settings: Settings, outputs: tuple[str, ...] = ()) -> Project:
    """The project with the evidence that only the review asks for; `outputs` are its built folders and files, relative to the root."""
    paths = [file.path for file in tree.files if not file.ignored and not file.path.startswith(tuple(f"{path}/" for path in outputs))]

    def text(path: str) -> str:
        return files.decode(files.read(tree.root, path))

    unread: list[Unread] = []

    def prose(path: str) -> str:
        """Text of any encoding, where words are looked for."""
        return _bytes(tree, path, unread).decode("utf-8", "replace")

    def gathered(what: str, items: Callable[[], Iterable[T]]) -> tuple[T, ...]:
        """All of the items; none where their reader fails, which must not hide what the others found."""
        try:
            return tuple(items())
        except Exception as error:
            unread.append(failed(what, "their reader", error))
            return ()

    code_files, tests = _code(tree, paths, unread)
    found = gathered("the migrations", lambda: _stores(paths, text, unread, code_files))
    made = releases.release(paths, prose)
    told = {path: prose(path) for path in releases.prose(paths)}
    functions = [path for path in paths if re.search(r"(?:^|/)supabase/functions/[^/_][^/]*/index\.[jt]sx?$", path)]
    attestations: tuple[Attestation, ...] = ()
    if hooks.ATTESTATIONS in {file.path for file in tree.files}:
        attestations, missed = hooks.read_attestations(prose(hooks.ATTESTATIONS))
        unread += missed
    rules_files = _rules_files(paths, prose)
    deployed = [path for path in paths if not (code.is_test(path) or code.is_tool(path) or apps.is_material(path))]
    manifests = {path: apps.dependencies(path, prose(path)) for path in paths if apps.is_manifest(path)}

    def unread_servers() -> Iterator[bytes]:
        return (_bytes(tree, path, unread) for path in deployed if path.endswith(servers.suffixes()))

    owners_file = next((path for path in owners.FILES if path in paths), None)
    evidence = Evidence(
        stores=found,
        tables_used=gathered("the tables that code names", lambda: _tables_used(code_files)) if found else (),
        openings=gathered("the rules of Firebase", lambda: _openings(rules_files, text, unread)),
        rules_files=rules_files,
        rules_of=frozenset(firebase.service(path, prose(path)) for path in rules_files),
        doubts=gathered(
            "the route handlers",
            lambda: _doubts(
                code_files,
                _routes(project),
                ((path, _bytes(tree, path, unread)) for path in paths if path.endswith(".prisma")),
                found,
                unread,
            ),
        ),
        stacks=gathered("what does which job", lambda: stacks.stacks(project.facts.apps, code_files, paths, manifests)),
        hooks=gathered("the callback routes", lambda: hooks.hooks(code_files, tests, _routes(project))),
        attestations=attestations,
        steps=gathered(
            "the steps of a release",
            lambda: releases.steps(found, made, paths, told, code_files, unread_servers, functions, _loose(paths, found, prose)),
        ),
        unowned=gathered("the code owners", lambda: owners.unowned(paths, prose(owners_file) if owners_file else None, settings.owners)),
        owners_file=owners_file,
        surfaces=owners.surfaces(paths) + len(settings.owners),
        servers=gathered("the languages of servers", lambda: servers.unread(deployed, prose)),
        clients=gathered("the manifests of clients", lambda: servers.clients(deployed, prose)),
        deployed_by=made.described,
        outputs=outputs,
    )
    judged = len(code_files) + len(rules_files) + sum(len(store.database.files) for store in found)
    return project._replace(
        facts=project.facts._replace(evidence=evidence),
        files=max(project.files, judged),  # most of the code is read by both
        unread=tuple(dict.fromkeys((*project.unread, *unread))),
    )


def _routes(project: Project) -> Iterator[Route]:
    return (route for app in project.facts.apps for route in app.routes or ())


_READ = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".py", ".vue", ".svelte", ".astro")


def _code(tree: Tree, paths: Iterable[str], unread: list[Unread]) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """(code that is deployed, tests and recorded events) by path, without generated and minified files; what cannot be read goes into `unread`."""
    deployed: dict[str, bytes] = {}
    tests: dict[str, bytes] = {}
    for path in paths:
        material = code.is_test(path) or "fixture" in path
        if not path.endswith(_READ) and not (material and path.endswith(".json")):
            continue
        content = _bytes(tree, path, unread)
        if len(content) > _GENERATED or b"\0" in content[:1024] or _COMPILED.search(content[:400]):
            continue
        if material:
            tests[path] = content
        elif not code.is_tool(path) and not apps.is_material(path):
            deployed[path] = content
    return deployed, tests


# No handler, import or comment that a person wrote stands in a file of this size.
_GENERATED = 1_000_000
# What TypeScript's compiler writes at the beginning of each file.
_COMPILED = late.pattern(rb"\A(?:#![^\n]*\n)?[\"']use strict[\"'];\s*(?:var __|Object\.defineProperty\(exports, \"__esModule\")")


# --- databases --------------------------------------------------------------------------------------------------------------

_CODE = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".vue", ".svelte", ".astro")
_CLIENT = late.pattern(rb"@supabase/(?:supabase-js|ssr|auth-helpers-\w+|auth-ui-\w+)|\bcreateBrowserClient\b")
_PUBLIC_KEY = late.pattern(
    rf"(?:{'|'.join(platform.public_prefixes())})SUPABASE_\w{{0,80}}?(?:ANON|PUBLISHABLE|KEY)\w*|SUPABASE_(?:ANON|PUBLISHABLE)_KEY".encode()
)
_SERVICE_KEY = late.pattern(rb"SERVICE_ROLE|SUPABASE_SECRET_KEY|SUPABASE_SERVICE_KEY")
# A query begun; in a file that does not name Supabase (it is handed a client) one that goes on as its queries do.
_FROM = late.pattern(
    rb"""\.from(?:<[^()\n]{1,120}>)?\(\s*["'`](?P<table>[A-Za-z_]\w*)["'`](?P<goes_on>\s*\)\s*\.\s*(?:select|insert|update|upsert|delete)\b)?"""
)


def _stores(paths: Iterable[str], text: Callable[[str], str], unread: list[Unread], deployed: Mapping[str, bytes]) -> Iterable[Store]:
    paths = [path for path in paths if not (code.is_test(path) or code.is_example(path) or apps.is_material(path))]
    found = migrations.histories(paths)
    api = _api_use(deployed) if found else None
    for history in found:
        if history.tool == "scripts" and api is None:
            continue  # of which database these are, and whether it is served, nothing tells
        config = _config(f"{history.folder}/config.toml", paths, text) if history.tool in ("supabase", "schemas") else {}
        setting = config.get("api")
        auto = setting.get("auto_expose_new_tables") if isinstance(setting, dict) else None
        database, missed = migrations.build(history, text, auto_expose=auto if isinstance(auto, bool) else None)
        unread += missed
        yield Store(history.tool, history.folder, database, migrations.schemas(config), api)


# Where SQL lies that no migration is: seeds, tests, queries that a tool reads and dumps are none to run by hand.
_NO_LOOSE = late.pattern(
    r"(?:^|/)(?:seeds?|queries|query|dumps?|functions|schemas?|tests?|views|clickhouse|procedures|rpc)(?:/|[\w.-]{0,255}\.sql$)|(?:^|/)[\w.-]{0,255}dump[\w.-]{0,255}\.sql$",
    re.IGNORECASE,
)
_MOST_LOOSE = 500


def _loose(paths: Iterable[str], stores: Iterable[Store], text: Callable[[str], str]) -> Mapping[str, str]:
    """The SQL files beside the migrations of a project that has some, with their text."""
    stores = list(stores)
    known = {path for store in stores for path in store.database.files}
    folders = tuple(f"{path.rpartition('/')[0]}/" for path in known)
    if not stores:
        return {}
    beside = [
        path
        for path in paths
        if path.endswith(".sql")
        and path not in known
        and not path.startswith(folders)
        and not (
            _NO_LOOSE.search(path) or code.is_test(path) or code.is_example(path) or apps.is_material(path) or migrations.is_past(path)
        )
    ]
    return {path: text(path) for path in beside[:_MOST_LOOSE]}


_RULES = late.pattern(r"(?:^|/)(?:[\w.-]{0,255}(?:firestore|storage)[\w.-]{0,255}\.rules|database\.rules\.json)$")


def _rules_files(paths: Iterable[str], text: Callable[[str], str]) -> tuple[str, ...]:
    """The files of Firebase's security rules: by their names, and where a firebase.json says that they are."""
    paths = [path for path in paths if not (apps.is_material(path) or code.is_test(path))]
    named = {path for path in paths if _RULES.search(path)}
    for path in paths:
        if path.rpartition("/")[2] == "firebase.json":
            named |= {rules for rules in firebase.files(path, text(path)) if rules in paths}
    return tuple(sorted(named))


def _openings(paths: Iterable[str], text: Callable[[str], str], unread: list[Unread]) -> Iterable[Opening]:
    for path in paths:
        try:
            yield from firebase.read(path, text(path))
        except Unreadable as problem:
            unread.append(Unread(path, problem.reason, problem.line, problem.column))


# --- route handlers ---------------------------------------------------------------------------------------------------------


def _doubts(
    deployed: Mapping[str, bytes],
    routes: Iterable[Route],
    schemas: Iterable[tuple[str, bytes]],
    stores: Iterable[Store],
    unread: list[Unread],
) -> Iterable[Doubt]:
    """What route handlers take from the request."""
    served: dict[str, list[str]] = {}
    for route in routes:
        served.setdefault(route.location.path, []).append(route.path)
    tables = handlers.entities((*schemas, *deployed.items()))
    for store in stores:
        for table in store.database.tables:
            tables[handlers.entity(table.name.name)] = frozenset(table.columns)
    return handlers.doubts(deployed, served, tables, unread)


def _bytes(tree: Tree, path: str, unread: list[Unread]) -> bytes:
    try:
        return files.read(tree.root, path)
    except Unreadable as problem:
        if problem.reason != files.GONE or not os.path.islink(os.path.join(tree.root, path)):  # a link to nothing says nothing
            unread.append(Unread(path, problem.reason))
        return b""


def _config(path: str, paths: list[str], text: Callable[[str], str]) -> dict[str, object]:
    if path not in paths:
        return {}
    import tomli

    try:
        return tomli.loads(text(path))
    except (ValueError, Unreadable, RecursionError):  # TOMLDecodeError, or a number of thousands of digits
        return {}  # its own reader says that it cannot be read


def _api_use(deployed: Mapping[str, bytes]) -> Location | None:
    """The first place where browser code reaches the database through the data API, None where none does."""
    clients = {
        path: content
        for path, content in sorted(deployed.items())
        if path.endswith(_CODE) and "/functions/" not in f"/{path}" and _CLIENT.search(content)
    }
    for path, content in clients.items():
        if match := _PUBLIC_KEY.search(content):
            return place(path, content, match.start())
    # A generated client may hold its URL and key as literals (`src/integrations/supabase/client.ts` of Lovable).
    for path, content in clients.items():
        if not _SERVICE_KEY.search(content) and (match := re.search(rb"\bcreate(?:Browser)?Client\b\s*[(<]", content)):
            return place(path, content, match.start())
    return None


def _tables_used(deployed: Mapping[str, bytes]) -> Iterable[tuple[str, Location]]:
    """Each table that code names in a `.from("x")`, with its first place."""
    seen: set[bytes] = set()
    for path, content in sorted(deployed.items()):
        if not path.endswith(_CODE):
            continue
        named = b"supabase" in content
        for match in _FROM.finditer(content):
            if not named and match["goes_on"] is None:
                continue
            before = content[max(0, match.start() - 60) : match.start()].rstrip()
            if match["table"] not in seen and not before.endswith((b".storage", b"Array", b"Buffer", b"Object")):
                seen.add(match["table"])
                yield match["table"].decode("ascii", "replace"), place(path, content, match.start("table"))
