"""Whether a text is worth a closer look: many words in one pass of the multi-pattern engine.

Most files of a project speak of nothing that a reader looks for. Asking each of them for forty words, one by one, cost more than all the
reading that followed (measured on formbricks, 4,700 files: 1.2 s of 4). Compiling the words takes as long as asking a few hundred files:
a commit, or a small project, is asked without the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any


def any_in(words: tuple[bytes, ...], content: bytes) -> bool:
    """Whether one of the words stands in a text."""
    database = _of_words(words).after(len(content))
    if database is None:
        return any(word in content for word in words)
    return bool(content) and bool(_ends(database, content))


def found_in(words: tuple[bytes, ...], content: bytes) -> set[bytes]:
    """Which of the words stand in a text."""
    database = _of_words(words).after(len(content))
    if database is None:
        return {word for word in words if word in content}
    found: set[bytes] = set()

    def on_match(number: int, _start: int, _end: int, _flags: int, _context: object) -> None:
        found.add(words[number])

    if content:
        database.scan(content, match_event_handler=on_match)
    return found


def ends(expression: bytes, content: bytes, plainly: Callable[[bytes], list[int]]) -> list[int]:
    """The 0-based offsets behind every match of an expression that the engine takes as it is, in order; `plainly` finds the same without it."""
    database = _of_expression(expression).after(len(content))
    if database is None:
        return plainly(content)
    return _ends(database, content) if content else []


def _ends(database: Any, content: bytes) -> list[int]:
    found: list[int] = []

    def on_match(_number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        found.append(end)

    database.scan(content, match_event_handler=on_match)
    return found


# So many bytes are looked at before compiling pays (2 ms for forty words, as long as asking 80 kB for each of them; nothing of this is kept between runs).
_PAYS = 64_000


class _Engine:
    """A database that is compiled when enough was asked of it."""

    def __init__(self, expressions: list[bytes], *, single: bool) -> None:
        self._expressions, self._single = expressions, single
        self._asked = 0
        self._database: Any = None

    def after(self, size: int) -> Any:
        """The database, None while so little was asked, with this text of `size` bytes, that it does not pay."""
        self._asked += size
        if self._database is None and self._asked > _PAYS:
            import hyperscan

            database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
            flags = hyperscan.HS_FLAG_SINGLEMATCH if self._single else 0
            count = len(self._expressions)
            database.compile(expressions=self._expressions, ids=list(range(count)), flags=[flags] * count)
            self._database = database
        return self._database


@cache
def _of_words(words: tuple[bytes, ...]) -> _Engine:
    import re

    return _Engine([re.escape(word) for word in words], single=True)


@cache
def _of_expression(expression: bytes) -> _Engine:
    return _Engine([expression], single=False)
