"""What the tests of the bundle engine share: the patterns compiled once, and examples of every secret kind."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from driftline.bundle import scan
from driftline.bundle.look import Look
from driftline.knowledge import catalog
from driftline.knowledge.catalog import KeyKind
from driftline.model import Exposure
from tests import keys


@cache
def cache_folder() -> str:
    """A folder for compiled patterns that lives as long as the test run."""
    return str(Path(tempfile.gettempdir(), "driftline-test-patterns"))


@cache
def look() -> Look:
    """The catalogue's patterns without known values."""
    return scan._look((), cache_folder(), b"key", b"digest")


@cache
def secret_kinds() -> tuple[KeyKind, ...]:
    """The secret kinds whose shape speaks for itself."""
    return tuple(kind for kind in catalog.load().keys if kind.context is None and kind.exposure is Exposure.SECRET)


@cache
def secret(name: str, seed: str = "a") -> str:
    """An example of a kind by its `provider.id`."""
    kind = next(kind for kind in catalog.load().keys if kind.name == name)
    return keys.example(kind, seed=seed)


def texts(data: bytes) -> list[str]:
    """The texts found in a block, in order."""
    return [hit.text for hit in look().text(data)]
