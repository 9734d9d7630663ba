"""Scans built output: finds the served files, looks at every byte of them, and says what was found, where exactly, and what could not be read."""

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate, chain, groupby
from typing import IO

from driftline import late
from driftline.bundle import context, engine, hermes, links, serve, sourcemap, triggers, unpack
from driftline.bundle.blob import SIZE, Blob, Mark, Opened, Window, windows
from driftline.bundle.confirm import Judge
from driftline.bundle.known import Known, search
from driftline.bundle.look import DEEPEST, Block, Hit, Look
from driftline.bundle.unpack import DEFAULT, Budget, Limits
from driftline.bundle.workers import available, spread
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
from driftline.record import NamedTuple

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


# Below this, more workers cost more than they save.
_ALONE = 4 << 20
# A worker takes this many bytes at a time, or this many files.
_BATCH = 1 << 20
_FILES = 64
# Files above this are looked at in parts, so that one file does not keep one core busy alone.
_PART = 16 << 20


class _Found(NamedTuple):
    """What some files, or a part of a large one, gave. What stands in a part, `seen`, is told when all parts were looked at."""

    seen: Block | None = None
    bytes: int = 0
    unread: tuple[Unread, ...] = ()
    files: int = 1
    told: Scan | None = None


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
    root = os.path.abspath(root)
    pieces = list(_pieces([os.path.abspath(given) for given in roots], root, limits, unread))
    sizes = list(accumulate(piece.size for piece in pieces))
    files = list(accumulate(len(piece.files) for piece in pieces))

    def done(count: int) -> None:
        if progress is not None:
            progress(files[count - 1], sizes[count - 1])

    workers = (jobs or min(available(), 8)) if sizes and sizes[-1] >= _ALONE else 1
    found = spread(partial(_scan_piece, look, pieces, root, limits), len(pieces), workers, lost=partial(_lost, pieces, root), done=done)
    return _assembled(look, zip(pieces, found, strict=True), root, unread)


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
            hits = list(search(self._look))
            return _told(self._look, blob, Block(hits, [], []), follow=False).sightings if hits else ()
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


class _Piece(NamedTuple):
    """What is looked at in one go: some files, or of a large one the bytes from `start` to `stop` (None: its end) where `is_part`."""

    files: tuple[serve.Served, ...]
    size: int
    start: int = 0
    stop: int | None = None
    is_part: bool = False


def _pieces(roots: Sequence[str], root: str, limits: Limits, unread: list[Unread]) -> Iterator[_Piece]:
    """All that is served, in the order of the paths."""
    batch: list[serve.Served] = []
    size = 0
    for one in _served(roots, root, limits, unread):
        if batch and (size + one.size > _BATCH or len(batch) == _FILES):
            yield _Piece(tuple(batch), size)
            batch, size = [], 0
        if one.size > 2 * _PART and _is_plain(one):
            for start in range(0, one.size, _PART):
                yield _Piece((one,), _PART, start, start + _PART if start + _PART < one.size else None, is_part=True)
        else:
            batch.append(one)
            size += one.size
    if batch:
        yield _Piece(tuple(batch), size)


def _served(roots: Sequence[str], root: str, limits: Limits, unread: list[Unread]) -> Iterator[serve.Served]:
    seen: set[str] = set()
    for given in roots:
        missed: list[tuple[str, str]] = []
        for one in serve.files(given, missed) if os.path.isdir(given) else serve.named(given, missed):
            if one.path in seen:
                continue
            seen.add(one.path)
            if limits.file_size is not None and one.size > limits.file_size:
                unread.append(Unread(_shown(one.path, root), f"is larger than {unpack.size(limits.file_size)} (--max-file-size)"))
            else:
                yield one
        unread.extend(Unread(_shown(path, root), reason) for path, reason in missed)


def _is_plain(one: serve.Served) -> bool:
    """Whether a file is no container, and can be read; what is not is looked at, and told, as a whole."""
    try:
        with open(one.path, "rb", buffering=0) as file:
            return unpack.kind_of(one.path, file.read(_HEAD)) is None
    except (OSError, Unreadable):
        return False


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
    return _slashed(path)


def _slashed(path: str) -> str:
    return path if os.sep == "/" else path.replace(os.sep, "/")


# --- looking ----------------------------------------------------------------------------------------------------------------

_HEAD = 512


def _scan_piece(look: Look, pieces: Sequence[_Piece], root: str, limits: Limits, number: int) -> list[_Found]:
    piece = pieces[number]
    if piece.is_part:
        (one,) = piece.files
        return [_scan_part(look, _blob(one.path, root, one.size), piece.start, piece.stop)]
    found: list[_Found] = []
    files = size = 0
    for one in piece.files:
        data = _ordinary(one)
        if data is None:
            found += _scan_file(look, _blob(one.path, root, one.size), Budget(limits))
            continue
        # Most files hold nothing: for them, nothing is made but their bytes.
        files += 1
        size += len(data)
        try:
            seen = look.whole(data)
            if any(seen):
                found.append(_Found(files=0, told=_told(look, _blob(one.path, root), seen, opened=partial(io.BytesIO, data))))
        except Exception as error:  # one file must not hide what stands in the others; the error's text could hold a value
            found.append(_Found(files=0, unread=(_failed(_blob(one.path, root), error),)))
    return [_Found(files=files, bytes=size), *found]


def _ordinary(one: serve.Served) -> bytes | None:
    """The content of a file on disk that fits one window and is no container, no bytecode and nothing that should not be there; else None."""
    if one.size > SIZE or served_file(_slashed(one.path)) is not None:
        return None
    try:
        file = os.open(one.path, _READ_ONLY)
        try:
            data = os.read(file, one.size + 1)
        finally:
            os.close(file)
    except OSError:
        return None
    plain = len(data) == one.size and unpack.looks_plain(one.path, data) and not data.startswith(_BARE)
    return data if plain else None


_READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def _lost(pieces: Sequence[_Piece], root: str, number: int) -> list[_Found]:
    """What is said where the process that looked at a piece ended before it could say anything."""
    return [_Found(unread=tuple(Unread(_shown(one.path, root), "the search of it was ended") for one in pieces[number].files))]


def _scan_file(look: Look, blob: Blob, budget: Budget) -> list[_Found]:
    """A file on disk with everything packed in it. A limit that it passes is told, also where that was met on the way to something else."""
    found = _scan_blob(look, blob, budget)
    if budget.passed is not None and not any(one.reason == budget.passed for part in found for one in part.unread):
        found.append(_Found(unread=(_unread(blob, budget.passed),), files=0))
    return found


def _scan_blob(look: Look, blob: Blob, budget: Budget) -> list[_Found]:
    """A blob and everything packed in it, told while its container is open."""
    try:
        return _scan_opened(look, blob, budget)
    except Exception as error:  # one file must not hide what stands in the others; the error's text could hold a value
        return [_Found(unread=(_failed(blob, error),))]


def _failed(blob: Blob, error: Exception) -> Unread:
    return failed(_unread(blob, "").path, "the search", error)


def _scan_opened(look: Look, blob: Blob, budget: Budget) -> list[_Found]:
    try:
        with blob.open() as file:
            head = file.read(_HEAD)
            kind = unpack.kind_of(blob.path, head)
            if kind is None:
                seen, size = _scan_plain(look, blob, file, head)
                return [_Found(bytes=size, told=_told(look, blob, seen))]
    except Unreadable as problem:
        return [_Found(unread=(_unread(blob, problem.reason),))]
    except OSError as error:
        return [_Found(unread=(_unread(blob, error.strerror or "cannot be read"),))]
    inside: list[_Found] = []
    try:
        for member in unpack.members(blob, kind, budget):
            if budget.passed is not None:
                break
            inside += _scan_blob(look, member, budget)
    except Unreadable as problem:
        inside.append(_Found(unread=(_unread(blob, problem.reason),), files=0))
    except OSError as error:
        inside.append(_Found(unread=(_unread(blob, error.strerror or "cannot be read"),), files=0))
    return inside


def _unread(blob: Blob, reason: str) -> Unread:
    return Unread("!/".join((*blob.container, blob.path)), reason)


def _scan_plain(look: Look, blob: Blob, file: IO[bytes], head: bytes) -> tuple[Block, int]:
    """What a blob that is no container holds, and its size; `head` are its first bytes, already read from `file`."""
    if head.startswith(hermes.MAGIC):
        data = _Behind(head, file).read(_MOST_BYTECODE)
        decoded = hermes.strings(data)
        if decoded is not None:
            hits = [hit._replace(start=decoded.origin(hit.start), end=decoded.origin(hit.end - 1) + 1) for hit in look.text(decoded.data)]
            return Block(hits, [], []), len(data)
        if len(data) < _MOST_BYTECODE:
            return look.whole(data, bare=True), len(data)
        head = data
    found, size = _windows(look, windows(_again(file, head), SIZE), blob.open, bare=head.startswith(_BARE))
    found.hits.extend(_env_values(look, blob))
    return found, size


# What has strings without anything between them.
_BARE = (hermes.MAGIC, b"\0asm")
# Bytecode is read whole, for its table stands apart from its strings; above this it is looked at like any other file.
_MOST_BYTECODE = 256 << 20


def _windows(look: Look, pieces: Iterable[Window], opened: Opened, *, bare: bool = False) -> tuple[Block, int]:
    count = 0

    def counted() -> Iterator[Window]:
        nonlocal count
        for window in pieces:
            yield window
            count += window.high - window.low

    return look.through(counted(), opened, bare=bare), count


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


def _scan_part(look: Look, blob: Blob, start: int, stop: int | None) -> _Found:
    files = int(start == 0)
    try:
        with blob.open() as file:
            seen, size = _windows(look, windows(file, SIZE, start=start, stop=stop), blob.open)
            return _Found(seen, size, files=files)
    except OSError as error:
        return _Found(unread=(_unread(blob, error.strerror or "cannot be read"),), files=files)
    except Exception as error:
        return _Found(unread=(_failed(blob, error),), files=files)


# --- saying what was found --------------------------------------------------------------------------------------------------


def _assembled(look: Look, given: Iterable[tuple[_Piece, list[_Found]]], root: str, unread: list[Unread]) -> Scan:
    """Everything in one, in the order of the places."""
    found: list[_Found] = []
    told: list[Scan] = []
    for files, pieces in groupby(given, key=lambda one: one[0].files):
        whole = Block([], [], [])
        for one in chain.from_iterable(seen for _, seen in pieces):
            found.append(one)
            unread += one.unread
            if one.told is not None:
                told.append(one.told)
            if one.seen is not None:
                whole.add(one.seen)
        if any(whole):
            told.append(_of_parts(look, _blob(files[0].path, root), whole, unread))
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


def _of_parts(look: Look, blob: Blob, seen: Block, unread: list[Unread]) -> Scan:
    try:
        return _told(look, blob, seen)
    except (OSError, Unreadable):
        unread.append(_unread(blob, "changed while it was read"))
    except Exception as error:
        unread.append(_failed(blob, error))
    return Scan()


def _order(sighting: Sighting) -> tuple[object, ...]:
    return (sighting.container, sighting.location, sighting.encoding)


def _told(look: Look, blob: Blob, seen: Block, *, opened: Opened | None = None, follow: bool = True) -> Scan:
    """A blob's hits and marks with lines, columns, original places and names; `opened` gives its bytes where they are at hand.

    Raises OSError and Unreadable.
    """
    hits = [hit for hit in look.settled(seen.hits, seen.touching) if _is_told(hit) and not (hit.beside and _SHOWN_FILES.search(blob.path))]
    marks = _first_marks(seen.marks, blob)
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


# Of the last part of a path.
_PRIVATE_FILES = late.pattern(
    r"(?P<env>\.env(?:\.[A-Za-z0-9_.\-]+)?|[A-Za-z0-9_\-]+\.env|\.dev\.vars)"
    r"|(?P<key>id_(?:rsa|dsa|ecdsa|ed25519)|.+\.(?:p12|pfx|jks|keystore|ppk)|\.npmrc|\.pypirc|\.netrc|\.htpasswd|\.pgpass"
    r"|\.git-credentials|(?<=\.aws/)credentials)"
    r"|(?P<git>(?<=\.git/)config)"
    r"|(?P<server>wrangler\.(?:toml|jsonc?)|docker-compose.*\.ya?ml|compose\.ya?ml|required-server-files\.json|terraform\.tfstate)"
)
_PRIVATE = {"env": "an env file", "key": "a key file", "git": "the folder of a git repository", "server": "a server's configuration"}
_EXAMPLE = late.pattern(r"(?:example|sample|template|dist|defaults?|schema|d\.ts)$", re.IGNORECASE)


# Values that only a name speaks for say nothing where everything is made up.
_SHOWN_FILES = late.pattern(r"(?:^|[/._\-])(?:examples?|samples?|fixtures?|mocks?|stories|__tests__)[./]", re.IGNORECASE)


def served_file(path: str) -> str | None:
    """What a file is that has no place among served ones, in words; None for others. The path's folders are parted by `/`."""
    found = _PRIVATE_FILES.fullmatch(path, path.rfind("/") + 1)
    if found is None or (found.lastgroup == "env" and _EXAMPLE.search(path)):
        return None
    return _PRIVATE[str(found.lastgroup)]


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
