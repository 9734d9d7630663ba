"""Regular expressions that are compiled when they are first used: a run needs a few of them, and compiling all takes longer than a small audit."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Late:
    """Stands for a pattern until somebody asks it for something."""

    def __init__(self, text: bytes | str, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)
        return found


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """A regular expression, compiled at its first use."""
    return cast("re.Pattern[AnyStr]", _Late(text, flags))
