"""What route handlers take from the request that it must not say: who is calling, what they may do, what they pay. By the syntax tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from driftline.evidence import Doubt
from driftline.model import Unread, Unreadable
from driftline.review.handlers.project import Project, entities, entity

__all__ = ["doubts", "entities", "entity", "holds_handlers"]

# One of these stands in every file with something to find.
TRACES = (b".json(", b".body", b"earchParams", b"readBody", b"getQuery", b"x-", b"X-", b"ecode", b".query", b".params", b"atob(", b".param(", b"ormData", b"use server", b"rocedure", b"onCall",
          b"mutation(", b"query(", b"@Body", b"@Query", b"@Param", b"@Headers", b"JSON.parse")  # fmt: skip


def holds_handlers(path: str, content: bytes) -> bool:
    """Whether a file may hold functions that answer requests."""
    if path.endswith(".py"):
        from driftline.review.handlers import python

        return python.holds_handlers(content)
    from driftline.review.handlers import javascript

    return javascript.holds_handlers(path, content)


def doubts(
    files: Mapping[str, bytes], routes: Mapping[str, Sequence[str]], tables: Mapping[str, frozenset[str]], unread: list[Unread]
) -> Iterator[Doubt]:
    """The doubts about the handlers in `files` (deployed code by path). `routes` are the paths that each file serves, `tables` as `entities` gives them.

    Appends to `unread` the files that cannot be parsed.
    """
    from driftline.review.handlers import javascript, python

    project = Project({path: content for path, content in files.items() if not path.endswith((".py", ".json"))}, routes, tables)
    serving = (
        path
        for path, content in project.files.items()
        if path.endswith(_JAVASCRIPT)
        and b"use client" not in content[:200]
        and (javascript.registers(content) or (any(trace in content for trace in TRACES) and javascript.holds_handlers(path, content)))
    )
    parsed = []
    for path in serving:
        try:
            parsed.append(javascript.File(path, project.files[path], project))
        except Unreadable as problem:
            unread.append(Unread(path, problem.reason))
    for _ in range(2):  # a router may be mounted in a file that is itself mounted
        project.registered.clear()
        for file in parsed:
            file.register()
    found: Iterable[Doubt] = (doubt for file in parsed for doubt in file.doubts() if not project.is_left_over(file.path))
    yield from dict.fromkeys(found)
    yield from dict.fromkeys(python.doubts({path: content for path, content in files.items() if path.endswith(".py")}))


_JAVASCRIPT = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts")
