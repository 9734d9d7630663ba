"""Expressions that are asked of a whole file of code take a time that grows with the file, whatever stands in it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from driftline.code import _addresses, _helpers, _needs, _schemas, _stand_ins, go, javascript
from driftline.review import hooks
from driftline.review.handlers import guards, project, words

# What makes each of them begin again and again.
HOSTILE: dict[str, tuple[Any, str]] = {
    "names of signing secrets": (hooks._SECRET, "AAWEBHOOK"),
    "headers of a request": (_stand_ins._ASKS_REQUEST, "aheaders"),
    "calls that ask who is there": (words.ASKS, "requireAAuth"),
    "calls that say who is there": (words.SESSION_CALL, "requireAUser"),
    "paths that a guard compares": (guards._BEGINS, "a ?. "),
    "headers that a guard sets": (guards._SETS, "aheaders"),
    "names that are defined": (project._DEFINED, "function          "),
    "senders of mails": (_addresses._SENDS, "mail"),
    "an environment that is handed over": (_schemas._HANDED_OVER, "parse"),
    "addresses that stand in for a name": (_needs._STANDS_IN_LATER, "if(!\0){"),
    "imports": (_helpers._IMPORT, "import {a"),
    "imports of an environment": (javascript._ENV_IMPORT, "import {a"),
    "readers of Go": (go._READS[2].pattern, "aEnva"),
}
_SHORT, _LONG = 1_000, 16_000


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_text(name: str) -> None:
    pattern, piece = HOSTILE[name]

    def cost(size: int) -> float:
        text = (piece * (size // len(piece) + 1))[:size]
        given = text.encode() if isinstance(pattern.pattern, bytes) else text
        begun = time.process_time()
        for _ in pattern.finditer(given):
            pass
        return time.process_time() - begun

    cost(_SHORT)  # compiles it
    short = min(cost(_SHORT) for _ in range(3))
    # Sixteen times the text: 16 when linear, 256 when each character begins a walk to the end.
    assert cost(_LONG) < max(80 * short, 0.05)
