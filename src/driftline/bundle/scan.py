"""Scans built output: finds the served files, looks at every byte of them, and says what was found, where exactly, and what could not be read."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, NamedTuple

from driftline.bundle import engine, hermes, serve, sourcemap, triggers, unpack
from driftline.bundle.blob import SIZE, Blob, windows
from driftline.bundle.confirm import Judge
from driftline.bundle.known import Known, search
from driftline.bundle.look import Hit, Look
from driftline.bundle.unpack import DEFAULT, Budget, Limits
from driftline.knowledge import catalog
from driftline.model import Exposure, Leftover, Location, Related, ServedFile, ServedMap, Sighting, Unread, Unreadable

__all__ = ["Known", "Limits", "Scan", "scan", "scan_text"]


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


# Files above this are looked at in parts, so that one file does not keep one core busy alone.
_PART = 16 << 20


class _Found(NamedTuple):
    """What one blob gave."""

    blob: Blob
    hits: tuple[Hit, ...]
    bytes: int
    unread: tuple[Unread, ...] = ()
    files: int = 1


def scan(
    roots: Sequence[str],
    *,
    root: str,
    known: Sequence[Known] = (),
    limits: Limits = DEFAULT,
    jobs: int | None = None,
    cache: str | None = None,
    progress: Callable[[int], None] | None = None,
    key: bytes = b"driftline",
    digest_key: bytes | None = None,
) -> Scan:
    """Looks at every served byte below `roots` (folders, files, containers).

    Paths in the result are relative to `root`. `cache` is the folder for compiled patterns, None for none; `key` is the run's key for digests that
    tell equal values, `digest_key` makes the digests that reports may carry. What cannot be read is in `unread`; nothing is raised.
    """
    look = _look(known, cache, key, digest_key)
    unread: list[Unread] = []
    found: list[_Found] = []
    tasks = list(_tasks(roots, root, limits, unread))
    workers = max(1, jobs or min(os.cpu_count() or 1, 8))
    if workers == 1 or len(tasks) <= 1:
        for done, task in enumerate(tasks):
            found += task(look)
            if progress is not None:
                progress(done + 1)
    else:
        with ThreadPoolExecutor(workers) as pool:
            for done, result in enumerate(pool.map(lambda task: task(look), tasks)):
                found += result
                if progress is not None:
                    progress(done + 1)
    return _assembled(found, unread, known)


def scan_text(
    path: str, content: bytes, *, cache: str | None = None, key: bytes = b"driftline", digest_key: bytes | None = None
) -> tuple[Sighting, ...]:
    """The secrets in one text in memory (a staged file): nothing is unpacked and no map is followed."""
    look = _look((), cache, key, digest_key)
    blob = Blob(path, (), lambda: io.BytesIO(content), len(content))
    hits = look.block(content)
    sightings, _ = _sightings(blob, hits, (), follow=False)
    return tuple(sightings)


_looks: dict[tuple[str | None, bytes, bytes | None], Look] = {}


def _look(known: Sequence[Known], cache: str | None, key: bytes, digest_key: bytes | None) -> Look:
    kinds = catalog.load().keys
    judge = Judge(key, digest_key)
    patterns = engine.cached(triggers.of_catalog(kinds), cache)
    values, literals = search(known, judge)
    return Look(kinds, patterns, judge, values, literals)


# --- what there is to scan --------------------------------------------------------------------------------------------------

_Task = Callable[[Look], "list[_Found]"]


def _tasks(roots: Sequence[str], root: str, limits: Limits, unread: list[Unread]) -> Iterator[_Task]:
    """One task per file, several for a large one, in the order of the paths."""
    seen: set[str] = set()
    for given in roots:
        failed: list[tuple[str, str]] = []
        if os.path.isdir(given):
            served: Iterable[serve.Served] = list(serve.files(given, failed))
        else:
            try:
                served = [serve.Served(os.path.abspath(given), os.stat(given).st_size)]
            except OSError as error:
                served, failed = [], [(given, error.strerror or "cannot be read")]
        unread.extend(Unread(_shown(path, root), reason) for path, reason in failed)
        for one in served:
            if one.path not in seen:
                seen.add(one.path)
                yield from _file_tasks(one, root, limits)


def _file_tasks(one: serve.Served, root: str, limits: Limits) -> Iterator[_Task]:
    blob = _blob(one.path, root, one.size)
    if one.size <= 2 * _PART:
        yield lambda look: _scan_blob(look, blob, Budget(limits))
        return
    try:
        kind = _kind(blob)
    except (OSError, Unreadable):
        kind = "unreadable"
    if kind is not None:
        yield lambda look: _scan_blob(look, blob, Budget(limits))
        return
    for start in range(0, one.size, _PART):
        stop = start + _PART if start + _PART < one.size else None
        yield lambda look, start=start, stop=stop: _scan_part(look, blob, start, stop)  # type: ignore[misc]


def _blob(path: str, root: str, size: int | None = None) -> Blob:
    def sibling(name: str) -> Blob | None:
        other = os.path.join(os.path.dirname(path), *name.split("/")[-1:])
        return _blob(other, root) if os.path.isfile(other) else None

    return Blob(_shown(path, root), (), lambda: open(path, "rb", buffering=0), size, sibling)


def _shown(path: str, root: str) -> str:
    """A path as reports show it: relative to the root where it lies below, else as it is."""
    shown = os.path.relpath(os.path.abspath(path), os.path.abspath(root)).replace(os.sep, "/")
    return shown if not shown.startswith("../") else os.path.abspath(path).replace(os.sep, "/")


# --- looking ----------------------------------------------------------------------------------------------------------------

_HEAD = 512


def _kind(blob: Blob) -> str | None:
    with blob.open() as file:
        return unpack.kind_of(blob.path, file.read(_HEAD))


def _scan_blob(look: Look, blob: Blob, budget: Budget) -> list[_Found]:
    """A blob and everything packed in it."""
    try:
        with blob.open() as file:
            head = file.read(_HEAD)
            kind = unpack.kind_of(blob.path, head)
            if kind is None:
                return [_scan_plain(look, blob, file, head)]
    except Unreadable as problem:
        return [_Found(blob, (), 0, (_unread(blob, problem.reason),))]
    except OSError as error:
        return [_Found(blob, (), 0, (_unread(blob, error.strerror or "cannot be read"),))]
    found: list[_Found] = []
    try:
        for member in unpack.members(blob, kind, budget):
            found += _scan_blob(look, member, budget)
    except Unreadable as problem:
        found.append(_Found(blob, (), 0, (_unread(blob, problem.reason),), 0))
    except OSError as error:
        found.append(_Found(blob, (), 0, (_unread(blob, error.strerror or "cannot be read"),), 0))
    return found


def _unread(blob: Blob, reason: str) -> Unread:
    return Unread("!/".join((*blob.container, blob.path)), reason)


def _scan_plain(look: Look, blob: Blob, file: IO[bytes], head: bytes) -> _Found:
    """A blob that is no container; `head` are its first bytes, already read from `file`."""
    hits: list[Hit] = []
    count = 0
    rest = _Behind(head, file)
    if head.startswith(hermes.MAGIC):
        data = rest.read(256 << 20)
        decoded = hermes.strings(data)
        if decoded is not None:
            for hit in look.block(decoded.data):
                hits.append(hit._replace(start=decoded.origin(hit.start), end=decoded.origin(hit.end - 1) + 1))
            return _Found(blob, tuple(hits), len(data))
        rest = _Behind(data, file)
    bare = head.startswith((hermes.MAGIC, b"\0asm"))
    for window in windows(rest, SIZE):  # type: ignore[arg-type]
        for hit in look.block(window.data, window.low, window.high, bare=bare):
            hits.append(hit._replace(start=hit.start + window.start, end=hit.end + window.start))
        count = window.start + len(window.data)
    return _Found(blob, tuple(_unique(hits)), count)


class _Behind:
    """A reader that gives back what was read already."""

    def __init__(self, head: bytes, file: IO[bytes]) -> None:
        self._head = head
        self._file = file

    def read(self, size: int) -> bytes:
        if self._head:
            if len(self._head) > size:
                data, self._head = self._head[:size], self._head[size:]
                return data
            head, self._head = self._head, b""
            return head + self._file.read(size - len(head)) if size > len(head) else head
        return self._file.read(size)


def _scan_part(look: Look, blob: Blob, start: int, stop: int | None) -> list[_Found]:
    hits: list[Hit] = []
    count = 0
    try:
        with blob.open() as file:
            for window in windows(file, SIZE, start=start, stop=stop):
                for hit in look.block(window.data, window.low, window.high):
                    hits.append(hit._replace(start=hit.start + window.start, end=hit.end + window.start))
                count = window.start + window.high - start
    except OSError as error:
        return [_Found(blob, tuple(hits), count, (_unread(blob, error.strerror or "cannot be read"),), int(start == 0))]
    return [_Found(blob, tuple(hits), count, (), int(start == 0))]


def _unique(hits: Iterable[Hit]) -> list[Hit]:
    """The same text at the same place once: windows overlap."""
    found: dict[int, Hit] = {}
    for hit in hits:
        other = found.get(hit.start)
        if other is None or len(hit.text) > len(other.text):
            found[hit.start] = hit
    return [found[start] for start in sorted(found)]


# --- saying what was found --------------------------------------------------------------------------------------------------


def _assembled(found: Sequence[_Found], unread: list[Unread], known: Sequence[Known]) -> Scan:
    sightings: list[Sighting] = []
    public: list[Sighting] = []
    merged: list[_Found] = []
    for one in found:
        unread.extend(one.unread)
        if merged and merged[-1].blob is one.blob:
            merged[-1] = merged[-1]._replace(hits=merged[-1].hits + one.hits)
        else:
            merged.append(one)
    for one in merged:
        if one.hits:
            try:
                secret, seen = _sightings(one.blob, _unique(one.hits), known)
            except (OSError, Unreadable) as problem:
                unread.append(_unread(one.blob, getattr(problem, "reason", None) or "changed while it was read"))
                continue
            sightings += secret
            public += seen
    return Scan(
        sightings=tuple(sorted(sightings, key=_order)),
        public=tuple(sorted(public, key=_order)),
        unread=tuple(sorted(set(unread))),
        files=sum(one.files for one in found),
        bytes=sum(one.bytes for one in found),
    )


def _order(sighting: Sighting) -> tuple[object, ...]:
    return (sighting.container, sighting.location, sighting.encoding)


def _sightings(blob: Blob, hits: Sequence[Hit], known: Sequence[Known], *, follow: bool = True) -> tuple[list[Sighting], list[Sighting]]:
    """(secret, public) sightings of a blob's hits, with lines, columns and original places. Raises OSError and Unreadable."""
    kept = [hit for hit in hits if _is_told(hit)]
    if not kept:
        return [], []
    with blob.open() as file:
        places = positions(file, sorted({hit.start for hit in kept}))
    secret: list[Sighting] = []
    public: list[Sighting] = []
    for hit in kept:
        line, column = places.get(hit.start, (1, 1))
        traits = hit.verdict.traits
        one = known[hit.known] if hit.known is not None else None
        sighting = Sighting(
            location=Location(blob.path, line, column, hit.start),
            identity=traits.identity,
            encoding=hit.encoding,
            container=blob.container,
            variable=one.name if one else None,
            declared=one.location if one else None,
            environment=one.environment if one else None,
            masked=traits.identity.masked if traits.identity else f"...({len(hit.text)})",
            keyed=traits.keyed,
            digest=traits.digest,
            served=blob.served,
            public=one.public if one else False,
        )
        (secret if one is not None or (traits.identity is not None and traits.identity.exposure is Exposure.SECRET) else public).append(
            sighting
        )
    if follow and secret:
        secret = _with_originals(blob, secret)
    return secret, public


def _is_told(hit: Hit) -> bool:
    """Whether a hit is worth a line: a secret, or a key that is public by design; not every address and id of a provider."""
    if _is_secret(hit):
        return True
    identity = hit.verdict.traits.identity
    return (
        identity is not None and identity.exposure in (Exposure.PUBLIC, Exposure.RESTRICT) and identity.slot not in ("url", "account", "id")
    )


def _is_secret(hit: Hit) -> bool:
    identity = hit.verdict.traits.identity
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

_MAP_COMMENT = re.compile(rb"(?://|/\*)[#@]\s{0,2}sourceMappingURL=([^\s*'\"]{1,512})")
_TAIL = 2 << 10


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
    with blob.open() as file:
        found = sourcemap.outline(file)
    contents = [offset for key, offset in found.keys if key == b"sourcesContent"]
    result = dict(enumerate(sightings))
    for number, start in enumerate(contents):
        stop = contents[number + 1] if number + 1 < len(contents) else 1 << 62
        inside = sorted({s.location.offset for s in sightings if start < s.location.offset < stop})
        origin = found.sources_for(start)
        if not inside or origin is None:
            continue
        with blob.open() as file:
            names = sourcemap.sources(file, origin)
        with blob.open() as file:
            places = sourcemap.embedded(file, start, inside)
        for index, sighting in enumerate(sightings):
            place = places.get(sighting.location.offset)
            if place is not None and place[0] < len(names):
                result[index] = sighting._replace(original=Location(sourcemap.shown(names[place[0]]), place[1], place[2]))
    return [result[index] for index in range(len(sightings))]


def _map_of(blob: Blob) -> Blob | None:
    """The map beside a script: named by its comment, or like it."""
    if not blob.path.endswith((".js", ".mjs", ".cjs", ".css")):
        return None
    base = os.path.basename(blob.path)
    return blob.sibling(base + ".map") or None


def _through_map(beside: Blob, sightings: list[Sighting]) -> list[Sighting]:
    with beside.open() as file:
        found = sourcemap.outline(file)
    mappings = [offset for key, offset in found.keys if key == b"mappings"]
    if len(mappings) != 1:
        return sightings
    origin = found.sources_for(mappings[0])
    if origin is None:
        return sightings
    with beside.open() as file:
        names = sourcemap.sources(file, origin)
    wanted = sorted({(s.location.line, s.location.column) for s in sightings})
    with beside.open() as file:
        places = sourcemap.originals(sourcemap.mapping_lines(file, mappings[0]), wanted)
    result = []
    for sighting in sightings:
        place = places.get((sighting.location.line, sighting.location.column))
        if place is not None and 0 <= place[0] < len(names):
            sighting = sighting._replace(original=Location(sourcemap.shown(names[place[0]]), place[1], place[2]))
        result.append(sighting)
    return result
