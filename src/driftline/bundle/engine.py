"""The multi-pattern database: built once from triggers, kept serialised in the user's cache folder, asked block by block from any thread.

The cache holds nothing but the public catalogue's expressions. Databases with known values are built for one run and never written.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from driftline import __version__, cache
from driftline.bundle import triggers
from driftline.bundle.triggers import Trigger
from driftline.knowledge import shapes
from driftline.knowledge.catalog import Catalog

_MAGIC = b"driftline patterns 2\n"


class Engine:
    """Triggers and their compiled database. `hits` may be called from several threads at once."""

    def __init__(self, wanted: Sequence[Trigger], database: Any) -> None:
        self.triggers = wanted
        self._database = database
        self._local = threading.local()

    def dumped(self) -> bytes:
        """The compiled database as bytes, for this library and this kind of CPU."""
        import hyperscan

        return bytes(hyperscan.dumpb(self._database))

    def hits(self, data: bytes) -> list[tuple[int, int]]:
        """(end of the hit, number of the trigger) for every hit in a block, in the order of the bytes."""
        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            # A scratch serves one scan at a time; its clone is this thread's own.
            scratch = self._local.scratch = self._database.scratch.clone()
        found: list[tuple[int, int]] = []
        append = found.append

        def on_match(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            append((end, number))

        self._database.scan(data, match_event_handler=on_match, scratch=scratch)
        found.sort()
        return found


class _Kept(Sequence[Trigger]):
    """Triggers as they lie in the cache, each a line of JSON that is read when it is asked for: a run meets few of four thousand."""

    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines
        self._read: dict[int, Trigger] = {}

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, number: Any) -> Any:
        if number not in self._read:
            form, kinds, shift, least, most = json.loads(self._lines[number])
            self._read[number] = Trigger("", form, tuple(kinds), shift, (least, most))
        return self._read[number]


def build(wanted: Sequence[Trigger]) -> Engine:
    """Compiles a database. Raises ValueError naming the first expression that does not compile."""
    return Engine(wanted, _compile([trigger.expression for trigger in wanted]))


def _compile(expressions: Sequence[str]) -> Any:
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(expressions=[e.encode() for e in expressions], ids=list(range(len(expressions))), flags=0)
    except hyperscan.error as error:
        raise ValueError(f"an expression does not compile: {error}") from None
    return database


def cached(known: Catalog, folder: str | None) -> Engine:
    """The database of a catalogue from the cache, else compiled and put there. A folder that cannot be used is no failure."""
    if folder is None:
        return _compiled(known)
    name = os.path.join(folder, f"patterns-{_digest(known)}")
    found = _load(name)
    if found is None:
        found = build(triggers.of_catalog(known))
        _save(name, found)
    return found


@lru_cache(maxsize=1)
def _compiled(known: Catalog) -> Engine:
    """Once per process: a database does not change, and compiling takes as long as a small audit."""
    return build(triggers.of_catalog(known))


def _digest(known: Catalog) -> str:
    """What a database depends on: the catalogue, the way from shapes to expressions, and the library on this system."""
    import hyperscan

    digest = hashlib.sha256(f"{__version__} {getattr(hyperscan, '__version__', '')} {sys.platform} {known.digest}".encode())
    for module in (triggers, shapes):
        try:
            with open(str(module.__file__), "rb") as file:
                digest.update(file.read())
        except OSError:  # run from an archive: the version has to do
            continue
    return digest.hexdigest()[:24]


def _load(name: str) -> Engine | None:
    """An engine from the cache; None where there is none that is whole and fits this machine."""
    import hyperscan

    content = cache.read(name)
    if content is None:
        return None
    try:
        # The database holds its own checksum, which the library compares.
        start = len(_MAGIC) + 40
        rows = content[start : start + int.from_bytes(content[start - 8 : start], "little")]
        if content[: start - 8] != _MAGIC + hashlib.blake2b(rows, digest_size=32).digest():
            return None
        database = hyperscan.loadb(content[start + len(rows) :], hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
    except (ValueError, TypeError, hyperscan.error, MemoryError):
        return None
    return Engine(_Kept(rows.splitlines()), database)


def _save(name: str, engine: Engine) -> None:
    """An unwritable folder costs the next run a second, nothing else."""
    lines = (json.dumps((trigger.form, trigger.kinds, trigger.shift, *trigger.back)) for trigger in engine.triggers)
    rows = "\n".join(lines).encode()
    head = _MAGIC + hashlib.blake2b(rows, digest_size=32).digest() + len(rows).to_bytes(8, "little")
    with suppress(OSError):
        cache.write(name, head + rows + engine.dumped())
