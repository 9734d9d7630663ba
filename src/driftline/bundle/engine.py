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
from functools import lru_cache
from typing import Any

from driftline import __version__
from driftline.bundle import triggers
from driftline.bundle.triggers import Trigger
from driftline.knowledge import shapes
from driftline.knowledge.catalog import Catalog

_MAGIC = b"driftline patterns 1\n"


class Engine:
    """Triggers and their compiled database. `hits` may be called from several threads at once."""

    def __init__(self, wanted: Sequence[Trigger], database: Any) -> None:
        self.triggers = tuple(wanted)
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

    digest = hashlib.sha256(f"{__version__} {getattr(hyperscan, '__version__', '')} {sys.platform}".encode())
    for module in (triggers, shapes):
        try:
            with open(str(module.__file__), "rb") as file:
                digest.update(file.read())
        except OSError:  # run from an archive: the version has to do
            continue
    for kind in known.keys:
        parts = (kind.shape, kind.exposure.value, kind.context is None, kind.prefixes, kind.anchors, kind.shortest)
        digest.update(repr(parts).encode())
    digest.update(repr(triggers.services(known)).encode())
    return digest.hexdigest()[:24]


def _load(name: str) -> Engine | None:
    """An engine from the cache; None where there is none that is whole and fits this machine."""
    import hyperscan

    try:
        with open(name, "rb") as file:
            content = file.read()
        start = len(_MAGIC) + 32
        payload = content[start:]
        if content[:start] != _MAGIC + hashlib.blake2b(payload, digest_size=32).digest():
            return None
        length = int.from_bytes(payload[:8], "little")
        rows = json.loads(payload[8 : 8 + length])
        known = [Trigger("", form, tuple(kinds), shift, (least, most)) for form, kinds, shift, least, most in rows]
        database = hyperscan.loadb(payload[8 + length :], hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
    except (OSError, ValueError, TypeError, hyperscan.error, MemoryError):
        return None
    return Engine(known, database)


def _save(name: str, engine: Engine) -> None:
    """Writes atomically; older databases of the folder are removed. An unwritable folder costs the next run a second, nothing else."""
    rows = [(trigger.form, trigger.kinds, trigger.shift, *trigger.back) for trigger in engine.triggers]
    table = json.dumps(rows).encode()
    payload = len(table).to_bytes(8, "little") + table + engine.dumped()
    import tempfile

    folder = os.path.dirname(name)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".patterns-", dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_MAGIC + hashlib.blake2b(payload, digest_size=32).digest() + payload)
            os.replace(temporary, name)
        except OSError:
            os.unlink(temporary)
            return
        kept = sorted((e for e in os.scandir(folder) if e.name.startswith("patterns-")), key=lambda e: e.stat().st_mtime, reverse=True)
        for entry in kept[_KEPT:]:
            os.unlink(entry.path)
    except OSError:
        return


# Databases of other versions that may still be in use by another project's environment.
_KEPT = 4
