"""Finds one value in two environments of different kinds; used by the rules on sharing."""

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from driftline.model import App
from driftline.rules.phrases import PROTECTION, Held, held


class Shared(NamedTuple):
    """The more protected side, the other one, and whether a single line of a base file serves both."""

    one: Held
    other: Held
    same_line: bool


def is_named(patterns: Sequence[str], *words: str | None) -> bool:
    """Whether a variable or a store is one of those that driftline.toml calls `shared`; `*` is a wildcard."""
    return any(word and fnmatchcase(word, pattern) for word in words for pattern in patterns)


def shared(app: App, wanted: Callable[[Held], object], spared: Sequence[str] = ()) -> Iterator[Shared]:
    """Pairs of environments of different kinds that hold the same thing, once per thing and pair of kinds.

    `wanted` gives what is compared (a digest, an account), None for values that do not concern the rule; `spared` are the names and
    stores that are shared on purpose.
    """
    found: dict[object, list[Held]] = {}
    for one in held(app):  # the most protected environment first
        thing = wanted(one)
        if thing is not None and not is_named(spared, one.variable.name, one.traits.identity.account if one.traits.identity else None):
            found.setdefault(thing, []).append(one)
    for values in found.values():
        # An address says where things are; a key beside it only says to whom it belongs.
        values.sort(key=lambda one: (PROTECTION[one.environment.kind], one.environment.name, one.traits.url is None, one.variable.name))
        kinds = {values[0].environment.kind}
        for other in values[1:]:
            if other.environment.kind not in kinds:
                kinds.add(other.environment.kind)
                yield Shared(values[0], other, values[0].declaration.location == other.declaration.location)
