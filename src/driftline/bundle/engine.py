"""The multi-pattern database: built once from triggers, kept serialised in the user's cache folder, asked block by block from any thread.

The cache holds nothing but the public catalogue's expressions. Databases with known values are built for one run and never written.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from typing import Any

from driftline import __version__
from driftline.bundle.triggers import Trigger

_MAGIC = b"driftline patterns 1\n"


class Engine:
    """Triggers and their compiled database. `hits` may be called from several threads at once."""

    def __init__(self, triggers: Sequence[Trigger], database: Any) -> None:
        self.triggers = tuple(triggers)
        self._database = database
        self._local = threading.local()

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


def build(triggers: Sequence[Trigger]) -> Engine:
    """Compiles a database. Raises ValueError naming the first expression that does not compile."""
    return Engine(triggers, _compile([trigger.expression for trigger in triggers]))


def _compile(expressions: Sequence[str]) -> Any:
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(expressions=[e.encode() for e in expressions], ids=list(range(len(expressions))), flags=0)
    except hyperscan.error as error:
        raise ValueError(f"an expression does not compile: {error}") from None
    return database


def cached(triggers: Sequence[Trigger], folder: str | None) -> Engine:
    """The database of these triggers from the cache, else compiled and put there. A folder that cannot be used is no failure."""
    import hyperscan

    digest = hashlib.sha256()
    for word in (__version__, str(getattr(hyperscan, "__version__", "")), sys.platform, *(trigger.expression for trigger in triggers)):
        digest.update(word.encode() + b"\0")
    name = os.path.join(folder, f"patterns-{digest.hexdigest()[:24]}") if folder else None
    database = _load(name) if name else None
    if database is None:
        database = _compile([trigger.expression for trigger in triggers])
        if name:
            _save(name, database)
    return Engine(triggers, database)


def _load(name: str) -> Any | None:
    """A database from the cache; None where there is none that is whole and fits this machine."""
    import hyperscan

    try:
        with open(name, "rb") as file:
            content = file.read()
        head, payload = content[: len(_MAGIC) + 32], content[len(_MAGIC) + 32 :]
        if head != _MAGIC + hashlib.sha256(payload).digest():
            return None
        database = hyperscan.loadb(payload, hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
    except (OSError, hyperscan.error, MemoryError):
        return None
    return database


def _save(name: str, database: Any) -> None:
    """Writes atomically; older databases of the folder are removed. An unwritable folder costs the next run a second, nothing else."""
    import hyperscan

    payload = hyperscan.dumpb(database)
    folder = os.path.dirname(name)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".patterns-", dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_MAGIC + hashlib.sha256(payload).digest() + payload)
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
