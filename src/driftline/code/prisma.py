"""References in Prisma schemas: `env("X")` of a datasource or generator; Prisma fails without it."""

from __future__ import annotations

from driftline import late
from driftline.code import CodeReading, _pattern
from driftline.code._pattern import Read
from driftline.model import Need

EXTENSIONS = (".prisma",)
TRACES = (b"env(",)

# `directUrl` and `shadowDatabaseUrl` are needed by migrations, `url` by every query (Prisma docs, data sources, 2026-11).
_READS = (Read("env()", late.pattern(rb'\benv\(\s*"(?P<name>[A-Za-z_][A-Za-z0-9_]*)"\s*\)'), Need.REQUIRED),)


def read(path: str, content: bytes) -> CodeReading:
    """The references of a Prisma schema."""
    return _pattern.read(path, content, _READS, _pattern.SLASHES)
