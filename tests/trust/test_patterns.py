"""What Python's own `re` runs takes a time that grows with the text and not faster, whatever the text is; all else runs in the linear engine."""

from __future__ import annotations

import re
import time

import pytest

from tests.trust import patterns

# Sixteen times the text takes sixteen times as long; where each character begins a walk to the end, 256 times.
_SHORT, _LONG, _TIMES = 1_000, 16_000, 64
# What takes less tells nothing; what takes more at the short length has no need of the long one.
_SECONDS, _TOO_LONG = 0.01, 0.2
# Expressions that are asked of nothing longer, and the length.
_PATH = 4_096  # of a file on a disk (PATH_MAX)
BOUNDED = {
    "code/_fixed_javascript.py:_spot": 200,  # cut there
    "bundle/triggers.py:_escaped_punctuation": 2_000,  # expressions of our own knowledge
    "loaders/compose.py:_VARIABLE": 1_000,  # the first brace that is not closed ends it
    "loaders/expand.py:_V11": 150,  # open braces are counted before: `_spend11`
    "review/handlers/guards.py:_BEFORE": _PATH,
    "review/handlers/javascript.py:_ROUTE_FILE": _PATH,
    "rules/exposure/exposed_env_file.py:PUBLIC_FOLDER": _PATH,
    "database/migrations.py:_TOOLS": _PATH,
}


def _cost(used: patterns.Used, text: str | bytes) -> float:
    begun = time.process_time()
    if used.anchored:
        used.pattern.match(text)
    else:
        for _ in used.pattern.finditer(text):
            pass
    return time.process_time() - begun


def _growth(used: patterns.Used, attack: patterns.Attack) -> str | None:
    """How an attack makes an expression take too long, in words; None where it does not."""
    length = BOUNDED.get(used.place, _SHORT)
    short = _cost(used, attack.text(length))
    if short > _TOO_LONG:
        return f"{used.place}: {length} characters of {attack.unit[:80]!r} after {attack.head[:80]!r} take {short:.2f} s"
    if used.place in BOUNDED:
        return None
    text = attack.text(_LONG)
    long = _cost(used, text)
    if long > max(_SECONDS, _TIMES * short):  # once more: another process may have had the memory
        long = min(_cost(used, text) for _ in range(3))
        short = max(_cost(used, attack.text(length)) for _ in range(3))
    if long <= max(_SECONDS, _TIMES * short):
        return None
    return f"{used.place}: {_LONG // length} times as much of {attack.unit[:80]!r} after {attack.head[:80]!r} takes {long / short:.0f} times as long"


@pytest.mark.promise("bounded")
def test_every_expression_takes_a_time_that_grows_with_the_text() -> None:
    grown = [found for used in patterns.used() for attack in patterns.attacks(used.pattern) if (found := _growth(used, attack))]
    assert grown == []


def test_the_expressions_are_found() -> None:
    """Those that modules hold, those in tables, those that are made when asked, and none is excused that is not there."""
    places = {used.place for used in patterns.used()}
    assert len(places) > 500
    assert {"formats/mails.py:_LINK", "code/go.py:_READS", "code/routes.py:_brackets", "formats/_script.py:_REDIRECT"} <= places
    assert set(BOUNDED) <= places


@pytest.mark.parametrize("pattern", [r"<!--.*?-->", r"x\s*\s*y", r"\w+@", r"<[^>]*>", rb"k\w*=.*,.*;"])
def test_what_grows_is_seen(pattern: str | bytes) -> None:
    used = patterns.Used("here", re.compile(pattern, re.DOTALL), anchored=False)
    assert any(_growth(used, attack) for attack in patterns.attacks(used.pattern))


@pytest.mark.parametrize("pattern", [r"<[^<>]*>", r"\w+", r"(?<!\w)\w+@", r"^a*b", r"k\w{0,20}="])
def test_what_does_not_grow_is_not(pattern: str) -> None:
    used = patterns.Used("here", re.compile(pattern, re.DOTALL), anchored=False)
    assert not any(_growth(used, attack) for attack in patterns.attacks(used.pattern))
