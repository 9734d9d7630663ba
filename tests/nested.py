"""What is held by values that hold others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def within(value: object, kinds: type | tuple[type, ...]) -> Iterator[Any]:
    """Everything of these kinds in a value: itself, or what its sequences, sets and the values of its mappings hold, in their order."""
    if isinstance(value, kinds):
        yield value
    elif isinstance(value, (tuple, list, set, frozenset)):
        for one in value:
            yield from within(one, kinds)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from within(one, kinds)
