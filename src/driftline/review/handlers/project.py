"""What handlers lean on elsewhere in the project: the files they import, the helpers that ask for them, and whose rights their clients have."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property

from driftline import late, sieve
from driftline.record import NamedTuple
from driftline.review.handlers import guards, words

_IMPORT = late.pattern(
    rb"import\s+(?:type\s+)?(?!\s)(?P<names>[\w$*{}\s,]{1,1200}?)(?<!\s)\s+from\s*[\"'](?P<from>[^\"'\n]{1,200})[\"']"
    rb"|(?:const|let|var)\s+(?P<required>[\w$]+|\{[^{}=]{1,1000}\})\s*=\s*(?:await\s+import|require)\(\s*[\"'](?P<by>[^\"'\n]{1,200})[\"']\s*\)"
)
_ONE = late.pattern(r"(?:\*\s+as\s+|(?P<name>[\w$]+)\s*(?:\bas\b|:)\s*)?(?P<local>[\w$]+)")
_STEM = late.pattern(r"(?:/index)?\.(?:d\.)?[cm]?[jt]sx?$")
_SERVICE = late.pattern(rb"SERVICE_ROLE|service_role|serviceRole|SUPABASE_SECRET|SUPABASE_SERVICE|SUPABASE_ADMIN_KEY")
_PUBLIC = late.pattern(rb"ANON_KEY|PUBLISHABLE|anonKey|publishableKey|\bcookies\b|createBrowserClient")


_GIVEN = late.pattern(rb"ction=\{\s*([\w$]+)")
_HANDS_ON = late.pattern(rb"export\s+(?:\*|\{(?P<names>[^{}]{0,2000})\})\s*from\s*[\"'](?P<from>[^\"'\n]{1,200})[\"']")


# Where a function, or what holds one, gets its name.
_DEFINED = late.pattern(
    rb"\bfunction\s{0,20}\*?\s{0,20}([\w$]+)|\b(?:const|let|var|class)\s+([\w$]+)|\bexports\.([\w$]+)\s*="
    rb"|^[ \t]*(?:(?:static|public|private|protected|async|export)\s+)*([\w$]+)\s*(?:=|:|\([^;{}]{0,300}\)\s*(?::[^{;]{0,80})?\{)",
    re.MULTILINE,
)


class Imported(NamedTuple):
    """A local name that an import binds: what it is called there (`default`, `*` for all of it), and from where."""

    name: str
    specifier: str


_ROUTER = late.pattern(rb"\b(?:express\.)?Router\(")
_MOUNTS = late.pattern(rb"\.use\(\s*[\"'`]/|\.listen\(")
# Code that loads what it finds in a folder.
_READS_FOLDERS_TRACES = (b"readdir", b"glob", b"require", b"utoload", b"utoLoad")
_READS_FOLDERS = late.pattern(
    rb"\b(?:readdir|glob)(?:Sync)?\([^\0]{0,600}?(?:\brequire\(|\bimport\(|\.register\()|import\.meta\.glob|require\.context|[aA]uto[lL]oad"
    rb"|\brequire\(\s*(?:[\"'][^\"'\n]{0,200}[\"']\s*\+|`[^`\n]{0,200}\$\{)"
)


class Project:
    """The deployed code, by path. `routes` are the paths each file serves, `tables` the columns of each entity by its plain name."""

    def __init__(self, files: Mapping[str, bytes], routes: Mapping[str, Sequence[str]], tables: Mapping[str, frozenset[str]]) -> None:
        self.files = files
        self.routes = routes
        self.tables = tables
        self._imports: dict[str, dict[str, Imported]] = {}
        self._definitions: dict[str, dict[str, int]] = {}
        self._asks = cache(self._asks_within)  # many handlers call the same few functions
        # Handlers that a route elsewhere names: (path, name) -> whether something asks before each of its routes.
        self.registered: dict[tuple[str, str], list[bool]] = {}
        # Files whose every route has something before it that asks, because they are mounted behind it.
        self.behind: set[str] = set()

    # --- imports --------------------------------------------------------------------------------------------------------

    def imports(self, path: str) -> Mapping[str, Imported]:
        """What a file imports, by local name."""
        if path not in self._imports:
            self._imports[path] = dict(_imports(self.files.get(path, b"")))
        return self._imports[path]

    @cached_property
    def _by_ending(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self.files:
            found.setdefault(_STEM.sub("", path).rpartition("/")[2], []).append(path)
        return found

    def file(self, importer: str, specifier: str) -> str | None:
        """The project's file that an import means; None for a package, and where several could be meant."""
        goal = _STEM.sub("", re.sub(r"\.[cm]?[jt]sx?$", "", specifier))
        if specifier.startswith("."):
            goal = posixpath.normpath(posixpath.join(posixpath.dirname(importer), goal))
            return next((path for path in self._by_ending.get(goal.rpartition("/")[2], ()) if _STEM.sub("", path) == goal), None)
        alias = re.match(r"(?:@/|~/|~~/|#/?|src/|\$lib/|@[\w-]+/|\$)", goal)
        inner = goal[alias.end() :] if alias else goal
        if not inner or (alias is None and "/" not in inner):
            return None
        ending = "/" + inner
        found = [path for path in self._by_ending.get(inner.rpartition("/")[2], ()) if f"/{_STEM.sub('', path)}".endswith(ending)]
        home = importer.partition("/")[0]
        return min(found, key=lambda path: (not path.startswith(home + "/"), len(path)), default=None)

    def source(self, path: str, name: str) -> tuple[str, str] | None:
        """(file, name there) of what a local name is imported from, None for packages and for what is no import."""
        found = self.imports(path).get(name)
        file = self.file(path, found.specifier) if found is not None else None
        return self._defined(file, found.name) if found is not None and file is not None else None

    def _defined(self, file: str, name: str, hops: int = 3) -> tuple[str, str]:
        """Where a name of a file is defined: there, or in a file that it hands on."""
        if hops and name not in ("default", "*") and name not in self.definitions(file):
            for match in _HANDS_ON.finditer(self.files[file]):
                listed = (match["names"] or b"").decode("utf-8", "replace")
                if match["names"] is None or re.search(rf"\b{re.escape(name)}\b", listed):
                    further = self.file(file, match["from"].decode("utf-8", "replace"))
                    if further is not None and further != file:
                        where = self._defined(further, name, hops - 1)
                        if match["names"] is not None or name in self.definitions(where[0]):
                            return where
        return file, name

    def definitions(self, path: str) -> Mapping[str, int]:
        """Where a file gives each name to a function or a value, by name: the first place, as a byte offset."""
        if path not in self._definitions:
            found: dict[str, int] = {}
            for match in _DEFINED.finditer(self.files.get(path, b"")):
                found.setdefault((match[1] or match[2] or match[3] or match[4]).decode("utf-8", "replace"), match.start())
            self._definitions[path] = found
        return self._definitions[path]

    @cached_property
    def _called_by_clients(self) -> frozenset[tuple[str, str]]:
        """(file, name) of the server actions that a component of the browser imports, or that a form is given."""
        endings = {_STEM.sub("", path).rpartition("/")[2] for path, content in self.files.items() if b"use server" in content[:2000]}
        found: set[tuple[str, str]] = set()
        for path, content in self.files.items():
            client = b"use client" in content[:400]
            if not client and b"ction={" not in content:
                continue
            given = {match[1].decode() for match in _GIVEN.finditer(content)}
            for local, imported in self.imports(path).items():
                if (client or local in given) and imported.specifier.rpartition("/")[2] in endings and (where := self.source(path, local)):
                    found.add(where)
        return frozenset(found)

    def is_called_by_clients(self, path: str, name: str) -> bool:
        """Whether a component of the browser imports a server action, or a form is given it: an action that neither does is no endpoint."""
        return (path, name) in self._called_by_clients

    # --- helpers --------------------------------------------------------------------------------------------------------

    def body(self, path: str, name: str) -> bytes:
        """The text of a function of a file, as far as its layout tells where it ends; all of the file for its default export."""
        content = self.files.get(path, b"")
        if name in ("default", "*"):
            return content
        start = self.definitions(path).get(name)
        if start is None:
            return b""
        end = content.find(b"\n}", start)
        return content[start : end if end > 0 else len(content)]

    def asks(self, path: str, name: str) -> bool:
        """Whether a function that a file calls by `name` asks who is calling, in its own text or in what it calls."""
        return self._asks(path, name, 2)

    def _asks_within(self, path: str, name: str, hops: int) -> bool:
        where = self.source(path, name) or (path, name)
        text = self.body(*where)
        if not text:
            return False
        if words.ASKS.search(text) is not None:
            return True
        called = {match[1].decode("utf-8", "replace") for match in re.finditer(rb"\b([A-Za-z_$][\w$]*)\s*\(", text)}
        return hops > 1 and any(other != name and self._asks(where[0], other, hops - 1) for other in sorted(called)[:40])

    def is_service(self, path: str, name: str) -> bool:
        """Whether a database client of this name, or what a function of this name makes, has the rights of the service key."""
        where = self.source(path, name)
        text = self.body(*where) if where is not None else self.body(path, name)
        if where is not None and not (_SERVICE.search(text) or _PUBLIC.search(text)):
            text = self.files.get(where[0], b"")
        if _SERVICE.search(text):
            return not _PUBLIC.search(text) or re.search(r"admin|service", name, re.IGNORECASE) is not None
        return where is None and not text and re.search(r"admin|service(?:role)?", name, re.IGNORECASE) is not None

    # --- what asks before a handler ---------------------------------------------------------------------------------------

    @cached_property
    def _path_guards(self) -> tuple[guards.PathGuard, ...]:
        return tuple(guards.path_guards(self.files, self.file))

    @cached_property
    def overwritten(self) -> frozenset[str]:
        """The identity headers that the project's own middleware sets or deletes, so that a client's word does not arrive."""
        return guards.overwritten_headers(self.files)

    def is_guarded(self, path: str) -> bool:
        """Whether a middleware asks before all that a file serves."""
        return path in self.behind or any(
            served and all(guard.covers(path, route) for route in served)
            for guard in self._path_guards
            for served in (self.routes.get(path, ()),)
        )

    def is_left_over(self, path: str) -> bool:
        """Whether a file makes a router that no other file names, although the server is here that would mount it; False where folders are
        read for routers."""
        content = self.files[path]
        if _ROUTER.search(content) is None or b".listen(" in content or self._reads_folders:
            return False
        if not any(_MOUNTS.search(other) is not None for name, other in self.files.items() if name != path):
            return False
        stem = _STEM.sub("", path).rpartition("/")[2].encode()
        # In an import or a path relative to the other file, not in a comment or a list of somebody's tool.
        named = re.compile(
            rb"(?:(?:\bfrom|\bimport|\brequire\()\s*\(?\s*[\"'`]|[\"'`]\.)(?:[^\"'`\n]{0,200}/)?"
            + re.escape(stem)
            + rb"(?:\.[cm]?[jt]sx?)?[\"'`]"
        )
        return not any(stem in other and named.search(other) for name, other in self.files.items() if name != path)

    @cached_property
    def _reads_folders(self) -> bool:
        return any(
            sieve.any_in(_READS_FOLDERS_TRACES, content) and _READS_FOLDERS.search(content) is not None for content in self.files.values()
        )

    @cached_property
    def is_guarded_throughout(self) -> bool:
        """Whether the server itself asks before every route: a global guard of Nest."""
        return any(b"APP_GUARD" in content or b"useGlobalGuards(" in content for content in self.files.values() if b"@nestjs" in content)


def _imports(content: bytes) -> Iterator[tuple[str, Imported]]:
    for match in _IMPORT.finditer(content):
        specifier = (match["from"] or match["by"]).decode("utf-8", "replace")
        listed = (match["names"] or match["required"]).decode("utf-8", "replace")
        whole, _, inside = listed.partition("{")
        for one in _ONE.finditer(whole):
            yield one["local"], Imported("*" if "*" in whole or match["by"] else "default", specifier)
        for part in inside.rstrip("} \n").split(","):
            found = _ONE.fullmatch(part.strip().removeprefix("type "))
            if found is not None:
                yield found["local"], Imported(found["name"] or found["local"], specifier)


_MODEL = late.pattern(r"^model\s+(\w+)\s*\{(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = late.pattern(r"^\s+(\w+)\s+\w", re.MULTILINE)
_TABLE = late.pattern(r"(?:export\s+)?const\s+(\w+)\s*(?::[^=\n]{0,80})?=\s*(?:\w+\.)?(?:pg|sqlite|mysql)Table\w*\(\s*[\"'`](\w+)[\"'`]")
_MONGOOSE = late.pattern(r"\bmodel(?:s\.\w+\s*\|\|\s*(?:mongoose\.)?model)?\s*(?:<[^<>]{0,200}>)?\(\s*[\"'`](\w+)[\"'`]")
_KEY = late.pattern(r"^\s*(\w+)\s*:", re.MULTILINE)


def entities(schemas: Iterable[tuple[str, bytes]]) -> dict[str, frozenset[str]]:
    """The columns of each entity by its plain name (lower case, singular), from Prisma schemas, Drizzle tables and Mongoose models."""
    found: dict[str, set[str]] = {}
    for path, content in schemas:
        for name, columns in _entities(path, content):
            found.setdefault(entity(name), set()).update(columns)
    return {name: frozenset(columns) for name, columns in found.items() if columns}


def _entities(path: str, content: bytes) -> Iterator[tuple[str, list[str]]]:
    if path.endswith(".prisma"):
        text = content.decode("utf-8", "replace")
        yield from ((match[1], _FIELD.findall(match[2])) for match in _MODEL.finditer(text))
    elif b"gTable" in content or b"iteTable" in content or b"qlTable" in content:
        text = content.decode("utf-8", "replace")
        for match in _TABLE.finditer(text):
            columns = _KEY.findall(text[match.end() : text.find("\n}", match.end())])
            yield from ((name, columns) for name in (match[1], match[2]))
    elif b"chema(" in content and b"model(" in content:
        text = content.decode("utf-8", "replace")
        yield from ((match[1], _KEY.findall(text)) for match in _MONGOOSE.finditer(text))


def entity(name: str) -> str:
    """An entity's plain name: `Orders`, `order`, `public.orders` -> `order`."""
    word = words.plain(name.rpartition(".")[2])
    return word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")
