"""Scans built output: finds the served files, looks at every byte of them, and says what was found, where exactly, and what could not be read."""

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import IO, NamedTuple

from driftline import late
from driftline.bundle import context, engine, hermes, links, serve, sourcemap, triggers, unpack
from driftline.bundle.blob import SIZE, Blob, Mark, Opened, Window, windows
from driftline.bundle.confirm import Judge, Key
from driftline.bundle.known import Known, search
from driftline.bundle.look import DEEPEST, Hit, Look
from driftline.bundle.unpack import DEFAULT, Budget, Limits
from driftline.knowledge import catalog
from driftline.model import (
    Exposure,
    Leftover,
    Link,
    Location,
    Progress,
    Related,
    ServedFile,
    ServedMap,
    Service,
    Sighting,
    Unread,
    Unreadable,
    failed,
)

__all__ = ["Known", "Limits", "Scan", "Texts", "scan"]


class Scan(NamedTuple):
    """All that one scan found. `sightings` are secrets and private values, `public` what may be seen; both in the order of their places."""

    sightings: tuple[Sighting, ...] = ()
    public: tuple[Sighting, ...] = ()
    unread: tuple[Unread, ...] = ()
    notes: tuple[Related, ...] = ()
    files: int = 0
    bytes: int = 0
    leftovers: tuple[Leftover, ...] = ()
    maps: tuple[ServedMap, ...] = ()
    private_files: tuple[ServedFile, ...] = ()
    services: tuple[Service, ...] = ()
    links: tuple[Link, ...] = ()


# Below this, threads cost more than they save.
_ALONE = 2 << 20
# Files above this are looked at in parts, so that one file does not keep one core busy alone.
_PART = 16 << 20


class _Found(NamedTuple):
    """What one blob, or one part of a large one, gave: first as hits, then told with lines, columns and names."""

    blob: Blob
    hits: tuple[Hit, ...] = ()
    marks: tuple[Mark, ...] = ()
    touching: tuple[Key, ...] = ()
    bytes: int = 0
    unread: tuple[Unread, ...] = ()
    files: int = 1
    told: Scan = Scan()


def scan(
    roots: Sequence[str],
    *,
    root: str,
    known: Sequence[Known] = (),
    limits: Limits = DEFAULT,
    jobs: int | None = None,
    cache: str | None = None,
    progress: Progress | None = None,
    key: bytes = b"driftline",
    digest_key: bytes | None = None,
) -> Scan:
    """Looks at every served byte below `roots` (folders, files, containers).

    Paths in the result are relative to `root`. `cache` is the folder for compiled patterns, None for none; `key` is the run's key for digests that
    tell equal values, `digest_key` makes the digests that reports may carry. What cannot be read is in `unread`; nothing is raised.
    """
    unread: list[Unread] = []
    try:
        look = _look(known, cache, key, digest_key)
    except Exception as error:
        return Scan(unread=(_without_patterns(error),))
    found: list[_Found] = []
    sized = list(_tasks([os.path.abspath(given) for given in roots], os.path.abspath(root), limits, unread))
    tasks = [task for _, task in sized]
    sizes = list(accumulate(size for size, _ in sized))
    workers = max(1, jobs or min(os.cpu_count() or 1, 8))
    if workers == 1 or len(tasks) <= 1 or sum(size for size, _ in sized) < _ALONE:
        for done, task in enumerate(tasks):
            found += task(look)
            if progress is not None:
                progress(done + 1, sizes[done])
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(workers) as pool:
            for done, result in enumerate(pool.map(lambda task: task(look), tasks)):
                found += result
                if progress is not None:
                    progress(done + 1, sizes[done])
    return _assembled(look, found, unread)


def _without_patterns(error: Exception) -> Unread:
    """What is said where the multi-pattern engine cannot be used: a library that does not fit this machine, no memory."""
    return failed("the search for credentials", "the pattern engine", error)


class Texts:
    """Looks for secrets in texts in memory: staged or tracked files. Nothing is unpacked and no map is followed.

    `unread` are the texts on which the search failed.
    """

    def __init__(self, *, cache: str | None = None, key: bytes = b"driftline", digest_key: bytes | None = None) -> None:
        self._load = partial(_look, (), cache, key, digest_key, _SOURCE_DEPTH)
        self._look: Look | None = None
        self._is_usable = True
        self.unread: list[Unread] = []

    def sightings(self, path: str, content: bytes) -> tuple[Sighting, ...]:
        """The secrets of one text in memory, in the order of their places."""
        return self._guarded(
            path, lambda look: (h for h in look.text(content) if not _is_shown(content, h.start)), partial(io.BytesIO, content)
        )

    def sightings_of(self, path: str, opened: Opened) -> tuple[Sighting, ...]:
        """The secrets of one text that is read piece by piece; `opened` gives a new reader each time."""
        return self._guarded(path, lambda look: _settled(look, opened), opened)

    def _guarded(self, path: str, search: Callable[[Look], Iterable[Hit]], opened: Opened) -> tuple[Sighting, ...]:
        """What a search finds in one text; one text on which it fails must not hide the others."""
        if self._look is None and self._is_usable:  # the patterns are loaded when there is something to look at
            try:
                self._look = self._load()
            except Exception as error:
                self._is_usable = False
                self.unread.append(_without_patterns(error))
        if self._look is None:
            return ()
        blob = Blob(path, (), opened)
        try:
            hits = tuple(search(self._look))
            return _told(self._look, _Found(blob, hits), follow=False).sightings if hits else ()
        except Exception as error:
            self.unread.append(_failed(blob, error))
            return ()


def _settled(look: Look, opened: Opened) -> list[Hit]:
    with opened() as file:
        found = look.through(windows(file), opened)
    return look.settled(found.hits, found.touching)


# People write a key as it is, or encode it once; only bundlers wrap what is wrapped.
_SOURCE_DEPTH = 1
_SHOWS = late.pattern(rb"""placeholder\s*[=:]\s*\{?\s*["'`]?[^"'`\n]{0,80}\Z""", re.IGNORECASE)


def _is_shown(content: bytes, start: int) -> bool:
    """Whether what stands at an offset is the grey text of an empty field."""
    return _SHOWS.search(content, max(0, start - 120), start) is not None


def _look(known: Sequence[Known], cache: str | None, key: bytes, digest_key: bytes | None, deepest: int = DEEPEST) -> Look:
    known_keys = catalog.load()
    judge = Judge(key, digest_key)
    patterns = engine.cached(known_keys, cache)
    values, literals = search(known, judge)
    return Look(known_keys.keys, patterns, judge, values, literals, known, deepest)


# --- what there is to scan --------------------------------------------------------------------------------------------------

_Task = Callable[[Look], "list[_Found]"]


def _tasks(roots: Sequence[str], root: str, limits: Limits, unread: list[Unread]) -> Iterator[tuple[int, _Task]]:
    """(bytes, task): one task per file, several for a large one, in the order of the paths."""
    seen: set[str] = set()
    for given in roots:
        missed: list[tuple[str, str]] = []
        if os.path.isdir(given):
            served: Iterable[serve.Served] = list(serve.files(given, missed))
        else:
            try:
                served = [serve.Served(given, os.stat(given).st_size)]
            except OSError as error:
                served, missed = [], [(given, error.strerror or "cannot be read")]
        unread.extend(Unread(_shown(path, root), reason) for path, reason in missed)
        for one in served:
            if one.path in seen:
                continue
            seen.add(one.path)
            if limits.file_size is not None and one.size > limits.file_size:
                unread.append(Unread(_shown(one.path, root), f"is larger than {unpack.size(limits.file_size)} (--max-file-size)"))
            else:
                yield from _file_tasks(one, root, limits)


def _file_tasks(one: serve.Served, root: str, limits: Limits) -> Iterator[tuple[int, _Task]]:
    blob = _blob(one.path, root, one.size)
    if one.size <= 2 * _PART:
        yield one.size, lambda look: _scan_blob(look, blob, Budget(limits))
        return
    try:
        kind = _kind(blob)
    except (OSError, Unreadable):
        kind = "unreadable"
    if kind is not None:
        yield one.size, lambda look: _scan_blob(look, blob, Budget(limits))
        return
    for start in range(0, one.size, _PART):
        stop = start + _PART if start + _PART < one.size else None
        yield _PART, partial(_scan_part, blob=blob, start=start, stop=stop)


def _blob(path: str, root: str, size: int | None = None) -> Blob:
    def sibling(name: str) -> Blob | None:
        other = os.path.join(os.path.dirname(path), *name.split("/")[-1:])
        return _blob(other, root) if os.path.isfile(other) else None

    return Blob(_shown(path, root), (), lambda: open(path, "rb", buffering=0), size, sibling)


def _shown(path: str, root: str) -> str:
    """An absolute path as reports show it: relative to the root, an absolute folder, where it lies below, else as it is."""
    inside = path[len(root) :] if path.startswith(root) else ""
    if root.endswith(os.sep) or inside.startswith(os.sep):
        path = inside.lstrip(os.sep)
    return path if os.sep == "/" else path.replace(os.sep, "/")


# --- looking ----------------------------------------------------------------------------------------------------------------

_HEAD = 512


def _kind(blob: Blob) -> str | None:
    with blob.open() as file:
        return unpack.kind_of(blob.path, file.read(_HEAD))


def _scan_blob(look: Look, blob: Blob, budget: Budget) -> list[_Found]:
    """A blob and everything packed in it, told while its container is open."""
    try:
        return _scan_opened(look, blob, budget)
    except Exception as error:  # one file must not hide what stands in the others; the error's text could hold a value
        return [_Found(blob, unread=(_failed(blob, error),))]


def _failed(blob: Blob, error: Exception) -> Unread:
    return failed(_unread(blob, "").path, "the search", error)


def _scan_opened(look: Look, blob: Blob, budget: Budget) -> list[_Found]:
    try:
        with blob.open() as file:
            # A file on disk that fits one window is read at once: what it is made of is copied a single time.
            small = not blob.container and blob.size is not None and blob.size <= SIZE
            head = file.read(-1) if small else file.read(_HEAD)
            kind = unpack.kind_of(blob.path, head)
            if kind is None:
                found = _scan_plain(look, blob, file, head, whole=small)
                opened = partial(io.BytesIO, head) if small else None
                return [found._replace(hits=(), marks=(), touching=(), told=_told(look, found, opened=opened))]
    except Unreadable as problem:
        return [_Found(blob, unread=(_unread(blob, problem.reason),))]
    except OSError as error:
        return [_Found(blob, unread=(_unread(blob, error.strerror or "cannot be read"),))]
    inside: list[_Found] = []
    try:
        for member in unpack.members(blob, kind, budget):
            if budget.is_spent:
                break
            inside += _scan_blob(look, member, budget)
    except Unreadable as problem:
        inside.append(_Found(blob, unread=(_unread(blob, problem.reason),), files=0))
    except OSError as error:
        inside.append(_Found(blob, unread=(_unread(blob, error.strerror or "cannot be read"),), files=0))
    return inside


def _unread(blob: Blob, reason: str) -> Unread:
    return Unread("!/".join((*blob.container, blob.path)), reason)


def _scan_plain(look: Look, blob: Blob, file: IO[bytes], head: bytes, *, whole: bool = False) -> _Found:
    """A blob that is no container; `head` are its first bytes, or the `whole` of it, already read from `file`."""
    if head.startswith(hermes.MAGIC):
        data = _Behind(head, file).read(_MOST_BYTECODE)
        decoded = hermes.strings(data)
        if decoded is not None:
            hits = [hit._replace(start=decoded.origin(hit.start), end=decoded.origin(hit.end - 1) + 1) for hit in look.text(decoded.data)]
            return _Found(blob, tuple(hits), bytes=len(data))
        head, whole = data, len(data) < _MOST_BYTECODE
    bare = head.startswith((hermes.MAGIC, b"\0asm"))
    pieces = iter([Window(head, 0, 0, len(head))]) if whole else windows(_again(file, head), SIZE)
    found = _windows(look, blob, pieces, (lambda: io.BytesIO(head)) if whole else blob.open, bare=bare)
    return found._replace(hits=found.hits + tuple(_env_values(look, blob)))


# Bytecode is read whole, for its table stands apart from its strings; above this it is looked at like any other file.
_MOST_BYTECODE = 256 << 20


def _windows(look: Look, blob: Blob, pieces: Iterable[Window], opened: Opened, *, bare: bool = False) -> _Found:
    count = 0

    def counted() -> Iterator[Window]:
        nonlocal count
        for window in pieces:
            yield window
            count += window.high - window.low

    found = look.through(counted(), opened, bare=bare)
    return _Found(blob, tuple(found.hits), tuple(found.marks), tuple(found.touching), count)


# An env file that was copied into the output; larger ones are something else.
_MOST_ENV = 1 << 20


def _env_values(look: Look, blob: Blob) -> Iterator[Hit]:
    """The secrets of a copied env file that only their names give away."""
    if served_file(blob.path) != "an env file" or (blob.size or 0) > _MOST_ENV:
        return
    with blob.open() as file:
        data = file.read(_MOST_ENV)
    for name, start, text in context.assignments(data):
        verdict = context.judged(name, text, look.judge)
        if verdict is not None:
            yield Hit(start, start + len(text.encode()), text, "plain", verdict, None, name)


def _again(file: IO[bytes], head: bytes) -> IO[bytes]:
    """A reader of the whole of a file whose `head` was read already."""
    if file.seekable():
        file.seek(0)
        return file
    return _Behind(head, file)  # type: ignore[return-value]


class _Behind(io.RawIOBase):
    """A reader that gives back what was read already."""

    def __init__(self, head: bytes, file: IO[bytes]) -> None:
        self._head = head
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if not self._head:
            return self._file.read(size)
        data, self._head = (self._head, b"") if size < 0 else (self._head[:size], self._head[size:])
        return data + self._file.read(size if size < 0 else size - len(data)) if not self._head else data


def _scan_part(look: Look, blob: Blob, start: int, stop: int | None) -> list[_Found]:
    try:
        with blob.open() as file:
            found = _windows(look, blob, windows(file, SIZE, start=start, stop=stop), blob.open)
    except OSError as error:
        found = _Found(blob, unread=(_unread(blob, error.strerror or "cannot be read"),))
    except Exception as error:
        found = _Found(blob, unread=(_failed(blob, error),))
    return [found._replace(files=int(start == 0))]


# --- saying what was found --------------------------------------------------------------------------------------------------


def _assembled(look: Look, found: Sequence[_Found], unread: list[Unread]) -> Scan:
    """Everything in one, in the order of the places."""
    told: list[Scan] = []
    parts: list[_Found] = []
    for one in found:
        unread.extend(one.unread)
        if parts and parts[-1].blob is not one.blob:
            told.append(_of_parts(look, parts, unread))
            parts = []
        if one.hits or one.marks or one.touching:
            parts.append(one)
        told.append(one.told)
    if parts:
        told.append(_of_parts(look, parts, unread))
    return Scan(
        sightings=tuple(sorted((s for one in told for s in one.sightings), key=_order)),
        public=tuple(sorted((s for one in told for s in one.public), key=_order)),
        unread=tuple(sorted({*unread, *(u for one in told for u in one.unread)})),
        files=sum(one.files for one in found),
        bytes=sum(one.bytes for one in found),
        leftovers=tuple(sorted((s for one in told for s in one.leftovers), key=lambda s: (s.container, s.location, s.name))),
        services=tuple(sorted((s for one in told for s in one.services), key=lambda s: (s.container, s.location))),
        links=tuple(sorted((s for one in told for s in one.links), key=lambda s: (s.container, s.location))),
        maps=tuple(sorted((s for one in told for s in one.maps), key=lambda s: (s.container, s.location))),
        private_files=tuple(sorted((s for one in told for s in one.private_files), key=lambda s: (s.container, s.location))),
    )


def _of_parts(look: Look, parts: Sequence[_Found], unread: list[Unread]) -> Scan:
    blob = parts[0].blob
    try:
        whole = _Found(
            blob,
            tuple(hit for one in parts for hit in one.hits),
            tuple(mark for one in parts for mark in one.marks),
            tuple(key for one in parts for key in one.touching),
        )
        return _told(look, whole)
    except (OSError, Unreadable):
        unread.append(_unread(blob, "changed while it was read"))
    except Exception as error:
        unread.append(_failed(blob, error))
    return Scan()


def _order(sighting: Sighting) -> tuple[object, ...]:
    return (sighting.container, sighting.location, sighting.encoding)


def _told(look: Look, found: _Found, *, opened: Opened | None = None, follow: bool = True) -> Scan:
    """A blob's hits and marks with lines, columns, original places and names; `opened` gives its bytes where they are at hand.

    Raises OSError and Unreadable.
    """
    blob = found.blob
    hits = [
        hit for hit in look.settled(found.hits, found.touching) if _is_told(hit) and not (hit.beside and _SHOWN_FILES.search(blob.path))
    ]
    marks = _first_marks(found.marks, blob)
    what = served_file(blob.path)
    if not hits and not marks and what is None:
        return Scan()
    # A map is one long line, and of its place nobody wants to know the column.
    wanted = {*(hit.start for hit in hits), *(mark.start for mark in marks if mark.form != triggers.MAP)}
    places: Mapping[int, tuple[int, int]] = {}
    if wanted:
        with (opened or blob.open)() as file:
            places = positions(file, sorted(wanted))
    secret: list[Sighting] = []
    public: list[Sighting] = []
    for hit in hits:
        sighting = _sighting(look, blob, hit, places.get(hit.start, (1, 1)))
        (secret if _is_secret(hit) else public).append(sighting)
    if follow and secret:
        secret = _with_originals(blob, secret)
    return Scan(
        sightings=tuple(secret),
        public=tuple(public),
        leftovers=tuple(Leftover(mark.text, _place(blob, mark, places), blob.container) for mark in marks if mark.form == triggers.READ),
        services=tuple(Service(mark.text, _place(blob, mark, places), blob.container) for mark in marks if mark.form == triggers.SERVICE),
        links=tuple(Link(*links.told(mark), _place(blob, mark, places), blob.container) for mark in marks if mark.form == triggers.LINK),
        maps=tuple(_maps(blob, marks, places)),
        private_files=tuple(_private_file(blob, what)) if follow and what is not None else (),
    )


def _place(blob: Blob, mark: Mark, places: Mapping[int, tuple[int, int]]) -> Location:
    return Location(blob.path, *places[mark.start], mark.start) if mark.start in places else Location(blob.path, 1)


def _first_marks(marks: Sequence[Mark], blob: Blob) -> list[Mark]:
    """The first read of each name, the first place of each address, and every map; what a map holds are the sources', not the client's."""
    found: dict[tuple[str, object], Mark] = {}
    for mark in sorted(marks, key=lambda m: m.start):
        if mark.form == triggers.MAP:
            found[mark.form, mark.start] = mark
        elif mark.form in (triggers.READ, triggers.SERVICE, triggers.LINK) and not blob.path.endswith(".map"):
            found.setdefault((mark.form, mark.text), mark)
    return list(found.values())


def _maps(blob: Blob, marks: Sequence[Mark], places: Mapping[int, tuple[int, int]]) -> Iterator[ServedMap]:
    """The blob as a source map, or with source maps inside, if they hold sources."""
    inside = [mark for mark in marks if mark.form == triggers.MAP]
    if inside:
        yield ServedMap(_place(blob, inside[0], places), blob.container, sum(mark.sources for mark in inside))


def _sighting(look: Look, blob: Blob, hit: Hit, place: tuple[int, int]) -> Sighting:
    traits = hit.verdict.traits
    one = look.values[hit.known] if hit.known is not None else None
    return Sighting(
        location=Location(blob.path, *place, hit.start),
        identity=traits.identity,
        encoding=hit.encoding,
        container=blob.container,
        original=Location(*hit.original) if hit.original is not None else None,
        variable=one.name if one else None,
        declared=one.location if one else None,
        environment=one.environment if one else None,
        masked=traits.identity.masked if traits.identity else f"...({len(hit.text)})",
        keyed=traits.keyed,
        digest=traits.digest,
        served=blob.served,
        public=one.public if one else False,
        beside=hit.beside,
    )


_KEY_FILES = late.pattern(
    r"(?:^|/)(?:id_(?:rsa|dsa|ecdsa|ed25519)|[^/]+\.(?:p12|pfx|jks|keystore|ppk)|\.npmrc|\.pypirc|\.netrc|\.htpasswd|\.pgpass|\.git/config"
    r"|\.git-credentials|\.aws/credentials)$"
)
_ENV_FILES = late.pattern(r"(?:^|/)(?:\.env(?:\.[A-Za-z0-9_.\-]+)?|[A-Za-z0-9_\-]+\.env|\.dev\.vars)$")
_EXAMPLE = late.pattern(r"(?:example|sample|template|dist|defaults?|schema|d\.ts)$", re.IGNORECASE)
_SERVER_FILES = late.pattern(
    r"(?:^|/)(?:wrangler\.(?:toml|jsonc?)|docker-compose[^/]*\.ya?ml|compose\.ya?ml|required-server-files\.json|terraform\.tfstate)$"
)


# Values that only a name speaks for say nothing where everything is made up.
_SHOWN_FILES = late.pattern(r"(?:^|[/._\-])(?:examples?|samples?|fixtures?|mocks?|stories|__tests__)[./]", re.IGNORECASE)


def served_file(path: str) -> str | None:
    """What a file is that has no place among served ones, in words; None for others."""
    if _ENV_FILES.search(path) and not _EXAMPLE.search(path):
        return "an env file"
    if _KEY_FILES.search(path):
        return "a key file"
    return "a server's configuration" if _SERVER_FILES.search(path) else None


def _private_file(blob: Blob, what: str) -> Iterator[ServedFile]:
    names: tuple[str, ...] = ()
    if what == "an env file":
        with blob.open() as file:
            found = [name for name, _, text in context.assignments(file.read(_MOST_ENV)) if text]
        names = tuple(dict.fromkeys(found))
        if not names:
            return
    yield ServedFile(Location(blob.path, 1), blob.container, what, names)


def _is_told(hit: Hit) -> bool:
    """Whether a hit is worth a line: a secret, or a key that is public by design; not every address and id of a provider."""
    if _is_secret(hit) or hit.open:
        return True
    identity = hit.verdict.traits.identity
    return (
        identity is not None and identity.exposure in (Exposure.PUBLIC, Exposure.RESTRICT) and identity.slot not in ("url", "account", "id")
    )


def _is_secret(hit: Hit) -> bool:
    identity = hit.verdict.traits.identity
    if hit.open:
        return False
    return hit.known is not None or hit.beside is not None or (identity is not None and identity.exposure is Exposure.SECRET)


_CONTINUATION = bytes(range(0x80, 0xC0))


def positions(file: IO[bytes], offsets: Sequence[int]) -> dict[int, tuple[int, int]]:
    """1-based line and column (in characters) of byte offsets, which are sorted; one pass over the file, a piece at a time."""
    found: dict[int, tuple[int, int]] = {}
    wanted = iter(offsets)
    goal = next(wanted, None)
    begin, line, column = 0, 1, 1
    while goal is not None:
        data = file.read(1 << 20)
        if not data:
            break
        at = 0
        while goal is not None and goal < begin + len(data):
            line, column = _moved(data[at : goal - begin], line, column)
            at = goal - begin
            found[goal] = (line, column)
            goal = next(wanted, None)
        line, column = _moved(data[at:], line, column)
        begin += len(data)
    return found


def _moved(text: bytes, line: int, column: int) -> tuple[int, int]:
    breaks = text.count(b"\n")
    if breaks:
        line, column = line + breaks, 1
        text = text[text.rfind(b"\n") + 1 :]
    return line, column + len(text.translate(None, _CONTINUATION))


# --- original places ----------------------------------------------------------------------------------------------------------


def _with_originals(blob: Blob, sightings: list[Sighting]) -> list[Sighting]:
    """The sightings with the original places that a map gives them; a broken map gives none."""
    try:
        if blob.path.endswith(".map"):
            return _in_map(blob, sightings)
        beside = _map_of(blob)
        return sightings if beside is None else _through_map(beside, sightings)
    except (OSError, Unreadable, ValueError, KeyError, IndexError):
        return sightings


def _in_map(blob: Blob, sightings: list[Sighting]) -> list[Sighting]:
    places = sourcemap.places_in(blob.open, sorted({s.location.offset for s in sightings}))
    return [s._replace(original=Location(*places[s.location.offset])) if s.location.offset in places else s for s in sightings]


def _map_of(blob: Blob) -> Blob | None:
    """The map of a script: beside it under its name, else the one that its comment names or holds."""
    if not blob.path.endswith((".js", ".mjs", ".cjs", ".css")):
        return None
    folder, _, base = blob.path.rpartition("/")
    inside = f"{folder}/" if folder and blob.container else ""
    beside = blob.sibling(f"{inside}{base}.map")
    if beside is not None or blob.container:  # to read a packed script again counts against what its container may cost
        return beside
    with blob.open() as file:
        named = sourcemap.comment(file)
    if isinstance(named, bytes):
        return Blob(blob.path, blob.container, partial(io.BytesIO, named))
    return blob.sibling(named) if named else None


def _through_map(beside: Blob, sightings: list[Sighting]) -> list[Sighting]:
    wanted = sorted({(s.location.line, s.location.column) for s in sightings})
    places = sourcemap.places_through(beside.open, wanted)

    def told(one: Sighting) -> Sighting:
        place = places.get((one.location.line, one.location.column))
        return one if place is None or one.original is not None else one._replace(original=Location(*place))

    return [told(one) for one in sightings]
