"""References in code: one file per language; only files in which a cheap search finds a trace are parsed."""

import importlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from types import ModuleType
from typing import Protocol, cast

from driftline import late, sieve
from driftline.knowledge import identify
from driftline.knowledge.platform import environment_kind
from driftline.model import Claim, Kind, Literal, Location, Reference, Route, Unread, Unreadable, Use, failed
from driftline.record import NamedTuple

# Longer files are generated or minified; hand-written sources in eight large public repositories stay under 600 kB (2026-08).
MAX_PARSED = 2 * 1024 * 1024


class CodeFile(NamedTuple):
    """A code file: `path` relative to the root with `/`, and its bytes."""

    path: str
    content: bytes


class Helper(NamedTuple):
    """A function of the project that reads the variable its argument names: `getEnv("X")`, `requireEnv("X")`, `env("X", "default")`.

    `argument` and `default` are 0-based positions (`default` None where it takes none); `throws` when it fails on an absent one,
    `tolerates` when it has a word of its own for that.
    """

    path: str
    name: str
    argument: int
    default: int | None
    throws: bool
    tolerates: bool


class CodeReading(NamedTuple):
    """What one code file says. `calls` is True where it calls functions with names of variables, which may prove to be helpers."""

    references: tuple[Reference, ...] = ()
    literals: tuple[Literal, ...] = ()
    helpers: tuple[Helper, ...] = ()
    calls: bool = False
    unread: tuple[Unread, ...] = ()
    claims: tuple[Claim, ...] = ()


class RouteFile(NamedTuple):
    """What one file adds to the routes: its own, and its text where it speaks of webhooks, and where it may check a signature."""

    path: str
    routes: tuple[Route, ...] = ()
    speaking: bytes | None = None
    checking: bytes | None = None


class Language(Protocol):
    """A language module: the file name extensions it reads, the bytes one of which a file worth parsing holds, and its reader."""

    EXTENSIONS: tuple[str, ...]
    TRACES: tuple[bytes, ...]

    def read(self, path: str, content: bytes) -> CodeReading: ...


class Survey(NamedTuple):
    """Everything the code says. `mentions` maps a path to the names that stand in it as whole string literals, or that a test reads;
    `routes` is None where only a part of the code was looked at."""

    references: tuple[Reference, ...]
    literals: tuple[Literal, ...]
    mentions: Mapping[str, frozenset[str]]
    unread: tuple[Unread, ...]
    routes: tuple[Route, ...] | None = ()
    claims: tuple[Claim, ...] = ()


_TEST_FOLDER = late.pattern(
    r"(?:^|/)(?:__tests__|tests?|e2e|specs?|cypress|playwright|__mocks__|mocks|fixtures|__fixtures__|testing|test-utils|testdata|stories|\.storybook)/",
    re.IGNORECASE,
)
_TEST_FILE = late.pattern(
    r"(?:^|.*[._-])(?:test|tests|spec|e2e|stories|story|mock|mocks|cy)\.[^/]+$|(?:test_.*|conftest|.*_test)\.[a-z]+$"
    r"|(?:vitest|jest|playwright|cypress|karma|wdio).*\.(?:config|setup|workspace|global)|setupTests\.[jt]sx?$",
    re.IGNORECASE | re.DOTALL,
)
_TOOL = late.pattern(
    r"^(?:(?!(?:src|app|pages|lib|public|static|assets|resources)/)[^/]+/)*?(?:(?:scripts?|seeds?|seeders|hack|codemods|benchmarks?)/|seed[^/]*\.[a-z]+$)"
    r"|^(?:test|debug|check|verify|diagnose|try|fix|seed|migrate|backfill|import|export|populate|cleanup|audit|analyze|apply)[-_][^/]+\.[cm]?[jt]s$",
    re.IGNORECASE,
)
_MATERIAL = late.pattern(r"(?:^|/)(?:examples?|docs?|documentation|samples?|templates?|demos?|playgrounds?|benchmarks?)/", re.IGNORECASE)


# Several readers ask of every file: what its folders say is worked out once for each folder.


@cache
def _is_test_folder(folder: str) -> bool:
    return _TEST_FOLDER.search(folder) is not None


@cache
def _is_material_folder(folder: str) -> bool:
    return _MATERIAL.search(folder) is not None


@lru_cache(maxsize=4096)
def is_test(path: str) -> bool:
    """Whether a file is there to test, to mock or to show stories: what it reads, the deployed app does not need."""
    folder, slash, base = path.rpartition("/")
    return _is_test_folder(folder + slash) or _TEST_FILE.match(base) is not None


@lru_cache(maxsize=4096)
def is_tool(path: str) -> bool:
    """Whether a file is run by hand beside the app (`scripts/`, a seed): it speaks of a variable, and no environment needs it for that."""
    return _TOOL.search(path) is not None


def is_example(path: str) -> bool:
    """Whether a file lies in a folder of examples or documentation."""
    folder, slash, _ = path.rpartition("/")
    return _is_material_folder(folder + slash)


# Settings of one environment: `environment.staging.ts`, `config/production.js`, `settings/staging.py`.
_OF_ENVIRONMENT = late.pattern(
    r"(?:^|/)(?:[\w\-]+\.([a-z]+)|(?:config|configs|settings|environments?|env|envs)/([a-z]+))\.(?:[cm]?[jt]s|py|json)$"
)


def kind_of_settings(path: str) -> Kind | None:
    """The kind of environment whose settings a file holds by its name, None for one that every environment runs."""
    found = _OF_ENVIRONMENT.search(path)
    return environment_kind(found[1] or found[2]) if found is not None else None


@cache
def languages() -> Mapping[str, str]:
    """Extension -> module name, read from the modules' own text so that none is imported before a file needs it."""
    found: dict[str, str] = {}
    folder = os.path.dirname(__file__)
    for entry in sorted(os.listdir(folder)):
        if not entry.endswith(".py") or entry.startswith("_"):
            continue
        with open(os.path.join(folder, entry), encoding="utf-8") as file:
            match = _EXTENSIONS.search(file.read(8000))
        if match:
            for extension in re.findall(r'"([^"]+)"', match[1]):
                found[extension] = entry[:-3]
    return found


_EXTENSIONS = late.pattern(r"^EXTENSIONS(?:: [^=]+)? = \(([^)]*)\)", re.MULTILINE)


@cache
def _language(module: str) -> Language:
    loaded: ModuleType = importlib.import_module(f"{__name__}.{module}")
    return cast(Language, loaded)


def traces(language: str) -> tuple[bytes, ...]:
    """The bytes one of which a file of a language (a module's name) holds where it speaks of variables."""
    return _language(language).TRACES


def _module_of(path: str) -> str | None:
    base = path.rpartition("/")[2]
    stem, dot, extension = base.rpartition(".")
    return languages().get("." + extension) if dot and stem else languages().get(base)


def is_code(path: str) -> bool:
    """Whether some language reads files of this name."""
    return _module_of(path) is not None


# A name as a whole string: `"STRIPE_SECRET_KEY"`, or the beginning of one: `S3_BUCKET${suffix}`. Without an underscore it would be any
# word in capitals.
MENTION = late.pattern(rb"""["'`]([A-Z][A-Z0-9]*_[A-Z0-9_]*)["'`$]""")
_IN_NAMES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
_LONGEST = 256


def mentioned(content: bytes) -> frozenset[str]:
    """The names, of at most 256 characters, that stand in a text as whole strings or begin a template."""
    names = set()
    for end in sieve.ends(MENTION.pattern, content, _ends_of_mentions):
        before = content[max(0, end - 1 - _LONGEST) : end - 1]
        names.add(before[len(before.rstrip(_IN_NAMES)) :].decode())
    return frozenset(names)


# A name without quotes around it: `process.env.PORT`, `ENV["PORT"]`, `{ STRIPE_SECRET_KEY } = process.env`.
_IN_CAPITALS = late.pattern(rb"\b(?:[A-Z][A-Z0-9]*_[A-Z0-9_]{0,250}|(?<=env\.)[A-Z][A-Z0-9]{0,250})\b")


def _ends_of_mentions(content: bytes) -> list[int]:
    # The quote behind one name may stand before the next.
    return [match.end(1) + 1 for match in _BEHIND_A_QUOTE.finditer(content)]


_BEHIND_A_QUOTE = late.pattern(rb"""["'`](?=([A-Z][A-Z0-9]*_[A-Z0-9_]*)["'`$])""")


# What files were read as: the commit audit compares what it is to judge before it reads the project.
Readings = dict[CodeFile, CodeReading]


class Look(NamedTuple):
    """What one file says by itself. `caller` is the file where it may call a helper of the project: it is kept until all helpers are known."""

    path: str
    mentioned: frozenset[str]
    serving: RouteFile | None = None
    reading: CodeReading = CodeReading()
    unread: tuple[Unread, ...] = ()
    caller: CodeFile | None = None


def look(file: CodeFile, *, folders: Sequence[str] = (), whole: bool = True, readings: Readings | None = None) -> Look:
    """Reads one file. `folders`, `whole` and `readings` as in `survey`."""
    named = mentioned(file.content)
    found = Look(file.path, named)
    module = _module_of(file.path)
    if module is None:
        return found
    if whole and len(file.content) <= MAX_PARSED:
        from driftline.code import routes

        folder = next((folder for folder in folders if file.path.startswith(folder + "/")), ".")
        try:
            found = found._replace(serving=routes.read(file.path, file.content, folder))
        except Exception as error:  # one file must not hide the others
            found = found._replace(unread=(failed(file.path, "the reader of routes", error),))
    language = _language(module)
    traced = sieve.any_in(language.TRACES, file.content)
    if is_test(file.path):  # what tests alone read is no need of the app, and yet no dead name
        words = (match[0].decode() for match in _IN_CAPITALS.finditer(file.content)) if traced else ()
        return found._replace(mentioned=named.union(words))
    # A fixed address needs no variable; a file that is too large to be written by hand holds none worth a look.
    addressed = not traced and module in _WITH_ADDRESSES and len(file.content) <= MAX_PARSED and _may_hold_addresses(file, module)
    calls = bool(named) and module in _WITH_HELPERS
    if not (traced or addressed or calls):
        return found

    def but(reason: str) -> Look:
        return found._replace(unread=(*found.unread, Unread(file.path, reason)))

    if len(file.content) > MAX_PARSED:
        too_large = f"code larger than {MAX_PARSED // 1024 // 1024} MiB is not parsed for references"
        return but(too_large) if traced and not _is_generated(file) else found
    if b"\0" in file.content[:4096]:
        return but("looks like code but holds NUL bytes") if traced else found
    if not traced and not addressed:
        return found._replace(caller=file)
    try:
        reading = (readings.get(file) if readings is not None else None) or language.read(file.path, file.content)
    except Unreadable as problem:
        return but(problem.reason)
    except Exception as error:
        return found._replace(unread=(*found.unread, failed(file.path, f"the {module} reader", error)))
    if readings is not None:
        readings[file] = reading
    unread = (*found.unread, *(reading.unread if traced else ()))
    return found._replace(reading=reading, unread=unread, caller=file if calls else None)


def survey(
    files: Iterable[CodeFile | Look],
    *,
    packages: Mapping[str, str] | None = None,
    folders: Sequence[str] = (),
    whole: bool = True,
    readings: Readings | None = None,
) -> Survey:
    """All references in `files`, in their order; what was looked at before is taken as it is.

    `packages` maps workspace package names to their folders, `folders` are those of all packages, the longest first. `whole` is False where
    only a part of the code is looked at: what is not there is then no fact, and no routes are looked for. What is in `readings` is not
    parsed again, and what is parsed is added.
    """
    references: list[Reference] = []
    literals: list[Literal] = []
    mentions: dict[str, frozenset[str]] = {}
    unread: list[Unread] = []
    claims: list[Claim] = []
    helpers: list[Helper] = []
    callers: list[CodeFile] = []
    serving: list[RouteFile] = []
    for file in files:
        seen = file if isinstance(file, Look) else look(file, folders=folders, whole=whole, readings=readings)
        if seen.mentioned:
            mentions[seen.path] = seen.mentioned
        if seen.serving is not None:
            serving.append(seen.serving)
        references += seen.reading.references
        literals += seen.reading.literals
        claims += seen.reading.claims
        helpers += seen.reading.helpers
        unread += seen.unread
        if seen.caller is not None:
            callers.append(seen.caller)
    if helpers:
        from driftline.code import _helpers, python

        in_python = [helper for helper in helpers if helper.path.endswith(".py")]
        try:
            references += _helpers.calls(
                [file for file in callers if not file.path.endswith(".py")],
                [h for h in helpers if h not in in_python],
                packages or {},
                unread,
            )
            references += python.calls([file for file in callers if file.path.endswith(".py")], in_python)
        except Exception as error:
            unread.append(failed("calls of helpers that read variables", "their reader", error))
    if values := [r.location for r in references if identify.is_value(r.name)]:  # a key that was pasted where its name belongs
        references = [r for r in references if not identify.is_value(r.name)]
        unread += identify.nameless(values)
    kept = (r._replace(use=Use.MENTION, fallback=None) if is_tool(r.location.path) else r for r in references)
    served = _routes(serving, packages or {}, unread) if whole else None
    return Survey(tuple(kept), tuple(literals), mentions, tuple(unread), served, tuple(claims))


def sayings(survey: Survey, key: bytes) -> set[tuple[str, object]]:
    """(name, what is said of it) for every reference and mention of a survey: where it is said does not count. `key` makes the digests."""
    said: set[tuple[str, object]] = {(name, "mention") for names in survey.mentions.values() for name in names}
    for r in survey.references:
        fallback = identify.digest(r.fallback.value, key) if r.fallback is not None else None
        said.add((r.name, (r.need, r.how, r.side, fallback)))
    return said


def _routes(serving: Sequence[RouteFile], packages: Mapping[str, str], unread: list[Unread]) -> tuple[Route, ...] | None:
    from driftline.code import routes

    try:
        return tuple(routes.joined(serving, packages))
    except Exception as error:
        unread.append(failed("routes", "the reader of routes", error))
        return None


_WITH_ADDRESSES = frozenset(("javascript", "python"))
_WITH_HELPERS = frozenset(("javascript", "python"))


def _may_hold_addresses(file: CodeFile, module: str) -> bool:
    from driftline.code import _addresses, _claims

    found = _addresses.may_stand_in(file.path, file.content) and (module != "javascript" or _addresses.may_be_fixed(file.content))
    return (found or _claims.may_stand_in(file.path, file.content)) and not _is_generated(file)


def _is_generated(file: CodeFile) -> bool:
    """Minified or generated: lines far longer than a person writes."""
    return len(file.content) > 500 * (file.content.count(b"\n") + 1) or b"generated" in file.content[:1000].lower()


class Place:
    """Locations in one file's bytes: 1-based line, 1-based column in characters, 0-based byte offset."""

    def __init__(self, path: str, content: bytes) -> None:
        self._path = path
        self._content = content
        self._starts: list[int] = []
        self._known = (0, 1)

    def at(self, offset: int) -> Location:
        """The location of a 0-based byte offset."""
        from bisect import bisect_right

        if not self._starts:  # most files that are looked at have nothing to place
            self._starts = [0, *(match.end() for match in re.finditer(rb"\r\n|\n|\r", self._content))]
        line = bisect_right(self._starts, offset)
        # Columns are counted on from the place before: a line may be a megabyte long and hold thousands of reads.
        known, column = self._known if self._starts[line - 1] <= self._known[0] <= offset else (self._starts[line - 1], 1)
        column += len(self._content[known:offset].decode("utf-8", "replace"))
        self._known = (offset, column)
        return Location(self._path, line, column, offset)
