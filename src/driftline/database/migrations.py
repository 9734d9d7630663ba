"""Which SQL files make up a database, in the order in which their tool runs them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from driftline import late
from driftline.database import Database, Script, postgres, statements
from driftline.database.replay import replay
from driftline.model import Unread, Unreadable
from driftline.record import NamedTuple


class History(NamedTuple):
    """The SQL files of one database: `tool` runs those of `folder`, in this order.

    `tool` is supabase, prisma, drizzle or migrations; schemas, where Supabase's declared schemas stand in for migrations; or scripts, numbered
    files that somebody runs by hand.
    """

    tool: str
    folder: str
    files: tuple[str, ...]


# Supabase CLI docs, Prisma Migrate docs, Drizzle Kit docs, 2026-11; the rest are the folders that other tools read in name order.
_TOOLS = (
    # The CLI runs what begins with a version and `_`, and nothing of folders inside; Lovable writes `-` there and applies the file itself.
    ("supabase", late.pattern(r"(?P<folder>(?:.*/)?supabase)/migrations/\d+[_-][^/]*\.sql")),
    ("prisma", late.pattern(r"(?P<folder>(?:.*/)?migrations)/[^/]+/migration\.sql")),
    ("drizzle", late.pattern(r"(?P<folder>(?:.*/)?drizzle(?:/migrations)?)/\d[^/]*\.sql")),
    ("migrations", late.pattern(r"(?P<folder>(?:.*/)?(?:migrations?|db/migrate))/[^/]+\.sql")),
    ("schemas", late.pattern(r"(?P<folder>(?:.*/)?supabase)/schemas/.+\.sql")),
    # What v0 and others write for the SQL editor.
    ("scripts", late.pattern(r"(?P<folder>(?:.*/)?(?:scripts|sql|database|db))/\d+[_-][^/]*\.sql")),
)
# Read where nothing else says what the database holds.
_INSTEAD = frozenset(("schemas", "scripts"))
# Folders that hold what was.
_PAST = late.pattern(
    r"(?:^|/)(?:[\w.-]{0,255}(?:archived?|obsolete|backups?|deprecated|discarded|disabled|legacy|trash|unused)[\w.-]{0,255}|old|bak|_hold)/",
    re.IGNORECASE,
)
_DOWN = late.pattern(r"(?:^|[._/-])(?:down|rollback|revert|undo)(?:[._-][^/]*)?\.sql$", re.IGNORECASE)
# Supabase grants the API roles nothing on new tables of projects made from the first date on, and of all from the second
# (supabase.com changelog 45329, 2026).
_NEW_PROJECTS, _ALL_PROJECTS = "20260530", "20261030"


def histories(paths: Iterable[str]) -> tuple[History, ...]:
    """The databases whose migrations are among `paths` (relative, with `/`), by folder."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted(paths):
        if not path.endswith(".sql") or is_past(path):
            continue
        for tool, pattern in _TOOLS:
            match = pattern.fullmatch(path)
            if match is not None:
                found.setdefault((tool, match["folder"]), []).append(path)
                break
    kept = {key: files for key, files in found.items() if key[0] not in _INSTEAD}
    if not kept:
        kept = {key: files for key, files in found.items() if key[0] == "schemas"} or found
    return tuple(History(tool, folder, tuple(sorted(files, key=_order))) for (tool, folder), files in sorted(kept.items()))


def is_past(path: str) -> bool:
    """Whether a file lies among what a project no longer uses, or takes a migration back."""
    return _PAST.search(path) is not None or _DOWN.search(path) is not None


def _order(path: str) -> tuple[str, ...]:
    """By name, as the tools do; `0002_x` comes before `0010_x` because the names are padded."""
    return tuple(path.split("/"))


def build(history: History, text: Callable[[str], str], *, auto_expose: bool | None) -> tuple[Database, list[Unread]]:
    """Replays one history. `text` gives a file's text (raising Unreadable); `auto_expose` is the setting of supabase/config.toml, None if unset."""
    read = postgres.read if postgres.is_available() else statements.read
    scripts: list[tuple[str, Script]] = []
    unread: list[Unread] = []
    for path in history.files:
        try:
            content = text(path)
            # A byte order mark is no word.
            scripts.append((path, read(path, " " + content[1:] if content.startswith("\ufeff") else content)))
        except Unreadable as problem:
            unread.append(Unread(path, problem.reason, problem.line, problem.column))
    if history.tool == "schemas":  # declared, not run in order: tables before what is said of them
        scripts = [
            *((path, _only(script, tables=True)) for path, script in scripts),
            *((path, _only(script, tables=False)) for path, script in scripts),
        ]
    database = replay(scripts, grants_itself=_grants_itself(history, auto_expose))
    return database._replace(files=history.files), unread


def _only(script: Script, *, tables: bool) -> Script:
    """The part of a script that makes tables, or the rest."""
    changes = tuple(change for change in script.changes if (change.verb in ("create table", "create view")) is tables)
    return script._replace(changes=changes) if tables else script._replace(changes=changes, statements=0, unread=())


def _grants_itself(history: History, auto_expose: bool | None) -> Callable[[str], bool]:
    if history.tool in ("prisma", "drizzle", "migrations"):
        return lambda _path: False
    if auto_expose is not None:
        return lambda _path: auto_expose
    dates = [date for path in history.files if (date := _date(path))]
    if history.tool != "supabase" or not dates:  # the rules about tables say that this is a guess
        return lambda _path: True
    old = dates[0] < _NEW_PROJECTS

    def grants(path: str) -> bool:
        date = _date(path) or dates[0]
        return date < _NEW_PROJECTS or (old and date < _ALL_PROJECTS)

    return grants


def are_dated(files: Iterable[str]) -> bool:
    """Whether any of these migrations says in its name when it was made."""
    return any(map(_date, files))


def _date(path: str) -> str:
    """The day in a migration's name (`20250131120000_x.sql`), "" without one."""
    match = re.match(r"(20\d{6})", path.rpartition("/")[2])
    return match[1] if match else ""


def schemas(config: Mapping[str, object]) -> tuple[str, ...]:
    """The schemas that the data API serves (`[api].schemas` of supabase/config.toml; public and graphql_public unless set)."""
    api = config.get("api")
    listed = api.get("schemas") if isinstance(api, dict) else None
    return tuple(word for word in listed if isinstance(word, str)) if isinstance(listed, list) else ("public", "graphql_public")
