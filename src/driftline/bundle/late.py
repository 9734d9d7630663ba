"""Regular expressions that are compiled when they are first used: compiling all of them takes longer than scanning ten small files."""

from __future__ import annotations

import re
from typing import Any, cast

_METHODS = ("match", "search", "fullmatch", "finditer", "findall", "sub", "pattern")


class _Late:
    """Stands for a pattern until somebody asks it for a method."""

    def __init__(self, text: bytes | str, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            raise AttributeError(name)
        compiled: Any = re.compile(self._text, self._flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def pattern(text: bytes, flags: int = 0) -> re.Pattern[bytes]:
    """A regex on bytes, compiled at its first use."""
    return cast("re.Pattern[bytes]", _Late(text, flags))


def words(text: str, flags: int = 0) -> re.Pattern[str]:
    """A regex on text, compiled at its first use."""
    return cast("re.Pattern[str]", _Late(text, flags))
