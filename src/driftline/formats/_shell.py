"""`${NAME}` as Compose, shells and Dockerfiles write it: the name, and what happens when it is not set."""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline.model import Need

_USE = re.compile(r"\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+=])([^{}]*(?:\{[^{}]*\}[^{}]*)*))?\}|([A-Za-z_][A-Za-z0-9_]*))")


def uses(text: str) -> Iterator[tuple[str, Need, int, str | None]]:
    """(name, need, 0-based position, default) of every substitution; `$$` is none, a default may hold further ones.

    `${X:?}` fails without a value, `${X:-d}` and `${X:+d}` have one, `$X` and `${X}` become empty.
    """
    for match in _USE.finditer(text):
        name = match[1] or match[4]
        if not name:
            continue
        operator = match[2] or ""
        need = Need.REQUIRED if "?" in operator else Need.OPTIONAL if operator else Need.PLAIN
        default = match[3] if "-" in operator or "=" in operator else None
        yield name, need, match.start(), default
        if match[3] and "$" in match[3]:
            for inner, inner_need, position, value in uses(match[3]):
                yield inner, inner_need, match.start(3) + position, value
