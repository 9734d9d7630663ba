"""The ways in which web projects do one job (database, login, mail, ...), read from backends.toml, and which of them a file uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache

from driftline import late
from driftline.knowledge import tables
from driftline.record import NamedTuple

_IMPORT = late.pattern(
    rb"""(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*["'](?:npm:|jsr:|https://(?:esm\.sh|cdn\.jsdelivr\.net/npm|unpkg\.com|www\.gstatic\.com/firebasejs/[\d.]{1,20})/)?(?P<module>@?[\w./\-]+)"""
)
_PYTHON = late.pattern(rb"^\s*(?:from|import)\s+(?P<module>[\w.]+)", re.MULTILINE)


class Backend(NamedTuple):
    """One way of doing a job. Every field is what backends.toml says; `calls` must be found in code that imports it or is handed its client.

    `guarded_by` says what decides over the rows or files that browsers reach by themselves, "" where none do.
    """

    job: str
    name: str
    imports: tuple[str, ...]
    calls: re.Pattern[bytes] | None
    variables: tuple[str, ...]
    files: tuple[str, ...]
    guarded_by: str = ""
    settles: str = ""

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages that a manifest names where this is installed: `firebase` of `firebase/firestore`."""
        return tuple(
            dict.fromkeys(
                "/".join(name.rstrip("*").split("/")[: 2 if name.startswith("@") else 1]) for name in self.imports if name[0] != "*"
            )
        )

    def is_configured_by(self, name: str) -> bool:
        """Whether a variable of this name configures it."""
        return any(fnmatchcase(name, pattern) for pattern in self.variables)


@cache
def known() -> tuple[Backend, ...]:
    """All of them, in the order of the file."""
    return tuple(
        Backend(
            table["job"],
            table["name"],
            tuple(table.get("imports", ())),
            late.pattern(table["calls"].encode()) if "calls" in table else None,
            tuple(table.get("variables", ())),
            tuple(table.get("files", ())),
            table.get("guarded_by", ""),
            table.get("settles", ""),
        )
        for table in tables.of_file("backends.toml")["backends"]
    )


@cache
def _by_package() -> dict[str, list[tuple[str, Backend]]]:
    found: dict[str, list[tuple[str, Backend]]] = {"*": []}
    for backend in known():
        for pattern in backend.imports:
            found.setdefault(_package(pattern), []).append((pattern, backend))
    return found


def _package(module: str) -> str:
    """`@scope` for scoped names, else what stands before the first slash or dot-separated part of Python."""
    return module.partition("/")[0]


def imported(content: bytes, *, python: bool = False) -> Iterator[tuple[Backend, int]]:
    """The backends that a file imports, whatever it calls of them, each with the byte offset of its import."""
    seen: set[tuple[str, str]] = set()
    for match in (_PYTHON if python else _IMPORT).finditer(content):
        module = match["module"].decode("ascii", "replace")
        if python:
            module = module.partition(".")[0]
        # `stripe@17.0.0` of a URL import ends at the `@`: the pattern above stops there.
        for pattern, backend in (*_by_package().get(_package(module), ()), *_by_package()["*"]):
            key = (backend.job, backend.name)
            if key in seen or not (fnmatchcase(module, pattern) or module == pattern):
                continue
            seen.add(key)
            yield backend, match.start("module")
