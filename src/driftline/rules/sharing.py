"""Finds one value in two environments of different kinds, in one app or in two; used by the rules on sharing."""

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase

from driftline.model import App, Finding, Related, Rule
from driftline.record import NamedTuple
from driftline.rules.phrases import PROTECTION, Held, held, on_value


class Shared(NamedTuple):
    """The more protected side with its app, the other one, and whether a single line of a base file serves both."""

    app: str
    one: Held
    other: Held
    same_line: bool


def is_named(patterns: Sequence[str], *words: str | None) -> bool:
    """Whether a variable or a store is one of those that driftline.toml calls `shared`; `*` is a wildcard."""
    return any(word and fnmatchcase(word, pattern) for word in words for pattern in patterns)


def shared(apps: Sequence[App], wanted: Callable[[Held], object], spared: Sequence[str] = ()) -> Iterator[Shared]:
    """Pairs of environments of different kinds that hold the same thing, once per thing and pair of kinds; in one app where there is a pair.

    `wanted` gives what is compared (a digest, an account), None for values that do not concern the rule; `spared` are the names and
    stores that are shared on purpose.
    """
    found: dict[object, list[tuple[str, Held]]] = {}
    for app in apps:
        for one in held(app):
            thing = wanted(one)
            if thing is not None and not is_named(spared, one.variable.name, one.traits.identity.account if one.traits.identity else None):
                found.setdefault(thing, []).append((app.path, one))
    for values in found.values():
        told = set()
        for path in dict.fromkeys(path for path, _ in values):
            for pair in _pairs([item for item in values if item[0] == path]):
                told.add(pair.other.environment.kind)
                yield pair
        yield from (pair for pair in _pairs(values) if pair.other.environment.kind not in told)


def _pairs(values: Sequence[tuple[str, Held]]) -> Iterator[Shared]:
    """The most protected environment's value with one of each other kind of environment."""
    (app, one), *others = sorted(
        values, key=lambda item: (PROTECTION[item[1].environment.kind], item[1].environment.name, item[1].variable.name)
    )
    kinds = {one.environment.kind}
    for _, other in others:
        if other.environment.kind not in kinds:
            kinds.add(other.environment.kind)
            yield Shared(app, one, other, one.declaration.location == other.declaration.location)


def finding(rule: Rule, pair: Shared, says: str, fix: str, avoid: str) -> Finding:
    """What a rule says of a pair: it stands at the more protected side, and names the other."""
    other = Related(pair.other.declaration.location, f"the same value for {pair.other.environment.name}")
    return on_value(rule, pair.app, pair.one, says, fix=fix, avoid=avoid, identity=pair.one.traits.identity, related=(other,))
