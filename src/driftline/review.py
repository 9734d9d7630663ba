"""The launch review: gathers what the red flags need beside the environments, judges everything, and comes to one decision."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable

from driftline import audit, code
from driftline.audit import Project, Request
from driftline.code import _handlers
from driftline.database import firebase, migrations
from driftline.database.firebase import Opening
from driftline.evidence import Doubt, Evidence, Store
from driftline.model import Location, Report, Unread, Unreadable
from driftline.project import apps, files
from driftline.project.files import Tree


def review(request: Request) -> Report:
    """Audits the whole project with the rules of the launch review. Raises Misuse for what the user can mend."""
    started = time.perf_counter()
    tree = files.walk(request.root, request.settings.is_excluded)
    project = audit.read_tree(request, tree, lambda path: files.read(tree.root, path))
    project = gather(tree, project)
    return audit.judge(request._replace(command="review"), project, started)


def gather(tree: Tree, project: Project) -> Project:
    """The project with the evidence that only the review asks for."""
    paths = [file.path for file in tree.files if not file.ignored]

    def text(path: str) -> str:
        return files.decode(files.read(tree.root, path))

    unread: list[Unread] = []
    stores = tuple(_stores(paths, text, unread))
    evidence = Evidence(
        stores=stores,
        tables_used=tuple(_tables_used(paths, text)) if stores else (),
        openings=tuple(_openings(paths, text, unread)),
        doubts=tuple(_doubts(tree, paths)),
    )
    return project._replace(facts=project.facts._replace(evidence=evidence), unread=tuple(dict.fromkeys((*project.unread, *unread))))


# --- databases --------------------------------------------------------------------------------------------------------------

_CODE = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".vue", ".svelte", ".astro")
_CLIENT = re.compile(r"@supabase/(?:supabase-js|ssr|auth-helpers-\w+|auth-ui-\w+)|\bcreateBrowserClient\b")
_PUBLIC_KEY = re.compile(
    r"(?:NEXT_PUBLIC|VITE|PUBLIC|EXPO_PUBLIC|REACT_APP|NUXT_PUBLIC)_SUPABASE_\w*(?:ANON|PUBLISHABLE|KEY)\w*|SUPABASE_(?:ANON|PUBLISHABLE)_KEY"
)
_FROM = re.compile(r"""\.from\(\s*["'`](?P<table>[A-Za-z_]\w*)["'`]""")


def _stores(paths: Iterable[str], text: Callable[[str], str], unread: list[Unread]) -> Iterable[Store]:
    paths = list(paths)
    found = migrations.histories(paths)
    api = _api_use(paths, text) if found else None
    for history in found:
        config = _config(f"{history.folder}/config.toml", paths, text) if history.tool == "supabase" else {}
        setting = config.get("api")
        auto = setting.get("auto_expose_new_tables") if isinstance(setting, dict) else None
        database, missed = migrations.build(history, text, auto_expose=auto if isinstance(auto, bool) else None)
        unread += missed
        yield Store(history.tool, history.folder, database, migrations.schemas(config), api)


_RULES = re.compile(r"(?:^|/)(?:[\w.-]*(?:firestore|storage)[\w.-]*\.rules|database\.rules\.json)$")


def _openings(paths: Iterable[str], text: Callable[[str], str], unread: list[Unread]) -> Iterable[Opening]:
    for path in sorted(paths):
        if _RULES.search(path) and not apps.is_material(path) and not code.is_test(path):
            try:
                yield from firebase.read(path, text(path))
            except Unreadable as problem:
                unread.append(Unread(path, problem.reason, problem.line, problem.column))


# --- route handlers ---------------------------------------------------------------------------------------------------------


def _doubts(tree: Tree, paths: Iterable[str]) -> Iterable[Doubt]:
    """What route handlers take from the request; files that are no handlers are not parsed."""
    readable = [
        p for p in paths if p.endswith((*_HANDLERS, ".py")) and not code.is_test(p) and not code.is_tool(p) and not apps.is_material(p)
    ]
    own = [
        content
        for path in readable
        if re.search(r"(?:^|/)(?:middleware|proxy|hooks\.server)[^/]*$", path) and (content := _bytes(tree, path))
    ]
    overwritten = _handlers.overwritten_headers(own)
    for path in readable:
        content = _bytes(tree, path)
        if any(trace in content for trace in _handlers.TRACES) and _handlers.is_route_file(path, content):
            yield from _handlers.read(path, content, overwritten=overwritten)


_HANDLERS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs")


def _bytes(tree: Tree, path: str) -> bytes:
    try:
        return files.read(tree.root, path)
    except Unreadable:
        return b""  # the audit itself says so


def _config(path: str, paths: list[str], text: Callable[[str], str]) -> dict[str, object]:
    if path not in paths:
        return {}
    import tomli

    try:
        return tomli.loads(text(path))
    except (tomli.TOMLDecodeError, Unreadable, RecursionError):
        return {}  # its own reader says that it cannot be read


def _api_use(paths: Iterable[str], text: Callable[[str], str]) -> Location | None:
    """The first place where code reaches the database with the public key, None where none does."""
    for path in sorted(paths):
        if not path.endswith(_CODE) or "/functions/" in f"/{path}":
            continue
        content = _text_or_nothing(path, text)
        if _CLIENT.search(content) and (match := _PUBLIC_KEY.search(content)):
            return _place(path, content, match.start())
    # A generated client may hold its URL and key as literals (`src/integrations/supabase/client.ts` of Lovable).
    for path in sorted(paths):
        if path.endswith(_CODE) and "/functions/" not in f"/{path}":
            content = _text_or_nothing(path, text)
            if _CLIENT.search(content) and (match := re.search(r"\bcreate(?:Browser)?Client\b\s*[(<]", content)):
                return _place(path, content, match.start())
    return None


def _tables_used(paths: Iterable[str], text: Callable[[str], str]) -> Iterable[tuple[str, Location]]:
    """Each table that code names in a `.from("x")`, with its first place."""
    seen: set[str] = set()
    for path in sorted(paths):
        if not path.endswith(_CODE):
            continue
        content = _text_or_nothing(path, text)
        if "supabase" not in content:
            continue
        for match in _FROM.finditer(content):
            before = content[max(0, match.start() - 12) : match.start()]
            if match["table"] not in seen and not before.endswith((".storage", "Array", "Buffer", "Object")):
                seen.add(match["table"])
                yield match["table"], _place(path, content, match.start("table"))


def _text_or_nothing(path: str, text: Callable[[str], str]) -> str:
    try:
        return text(path)
    except Unreadable:
        return ""  # the audit itself says so


def _place(path: str, content: str, position: int) -> Location:
    line = content.count("\n", 0, position) + 1
    start = content.rfind("\n", 0, position) + 1
    return Location(path, line, position - start + 1, len(content[:position].encode("utf-8", "surrogatepass")))
