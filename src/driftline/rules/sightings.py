"""What the rules on built output share: sightings of one value in one file as one subject, and how their place is told."""

from collections.abc import Iterable, Iterator

from driftline.knowledge import hosts
from driftline.knowledge.hosts import Class
from driftline.model import Facts, Finding, Kind, Leftover, Link, Location, Related, Rule, Sighting
from driftline.record import NamedTuple
from driftline.rules.addresses import shown

# The key under which the output names a provider's own page for payments.
PAYMENT_LINK = "payment link"


class Seen(NamedTuple):
    """One value in one file and in its compressed copies: its first place and the others."""

    first: Sighting
    others: tuple[Sighting, ...]

    @property
    def places(self) -> tuple[Related, ...]:
        """The other places, at most three, as a finding's related ones, then the copies."""
        own: list[Related] = []
        copies: dict[str, Related] = {}
        for other in self.others:
            if other.container == self.first.container:
                own.append(Related(other.location, "here too"))
            else:
                copies.setdefault(other.container[-1], Related(Location(other.container[-1], 1), "the same file compressed holds it too"))
        return (*own[:3], *copies.values())


# What a build puts beside a file for servers that send it compressed.
_COMPRESSED = (".gz", ".br", ".zst")


def by_value(sightings: Iterable[Sighting]) -> list[Seen]:
    """The sightings grouped by file and value, in the order of their first places."""
    groups: dict[tuple[object, ...], list[Sighting]] = {}
    for one in sightings:
        *around, last = one.container or ("",)
        is_copy = last.startswith(one.location.path) and last[len(one.location.path) :] in _COMPRESSED
        groups.setdefault((tuple(around) if is_copy else one.container, one.location.path, one.digest), []).append(one)
    return [Seen(found[0], tuple(found[1:])) for found in groups.values()]


_HOW = {
    "base64": ", encoded in base64",
    "base64url": ", encoded in base64",
    "hex": ", encoded in hex",
    "escaped": ", behind escapes",
    "percent": ", percent-encoded",
    "html": ", behind HTML entities",
    "concatenated": ", put together from pieces",
    "reversed": ", written backwards",
    "utf-16": ", as UTF-16",
}


def where(sighting: Sighting) -> str:
    """`stands in assets/index.js (from src/api.ts:4), encoded in base64`."""
    inside = f" inside {' inside '.join(reversed(sighting.container))}" if sighting.container else ""
    origin = f" (from {sighting.original.path}:{sighting.original.line})" if sighting.original else ""
    return f"stands in {sighting.location.path}{inside}{origin}{_HOW.get(sighting.encoding, '')}"


def links(facts: Facts, *kinds: Class) -> Iterator[tuple[Link, str]]:
    """The addresses of these classes in output that is not meant for a developer's machine, each with what it is, in words."""
    target = _target_kind(facts)
    if target is Kind.LOCAL:
        return
    for link in facts.output.links:
        place = hosts.classify(link.url)
        own = place.kind is Class.PREVIEW and target is not Kind.PRODUCTION  # a preview's build may name the preview
        if place.kind in kinds and not own and link.key != PAYMENT_LINK:
            inside = f" inside {' inside '.join(reversed(link.container))}" if link.container else ""
            at = f"`{link.key}` in " if link.key else ""
            yield link, f"{at}{link.location.path}{inside} leads to {shown(link.url)} ({place.words})"


def payment_links(facts: Facts) -> Iterator[Link]:
    """The payment links for tests in output that is meant for production."""
    if _target_kind(facts) in (None, Kind.PRODUCTION):
        yield from (link for link in facts.output.links if link.key == PAYMENT_LINK)


def _target_kind(facts: Facts) -> Kind | None:
    """The kind of the environment that was asked for, None where none was."""
    return next((e.kind for app in facts.apps for e in app.environments if e.name == facts.target), None)


def on_link(rule: Rule, facts: Facts, link: Link, said: str) -> Finding:
    """The finding on an address in built output."""
    return rule.finding(
        said,
        fix="set the variable that it comes from where the build runs, and build again",
        avoid="do not patch the built files; the next build brings it back",
        app=owner(facts, link.location),
        location=link.location,
        environment=facts.target,
        subject=f"{link.key} {link.url.host}",
        container=link.container,
    )


def owner(facts: Facts, location: Location, variable: str | None = None) -> str:
    """The app that a built file belongs to: the one whose folder holds it, else the one that has the variable, else the root."""
    inside = [app.path for app in facts.apps if app.path != "." and location.path.startswith(app.path + "/")]
    if inside:
        return max(inside, key=len)
    having = [app.path for app in facts.apps if variable is not None and variable in app.variables]
    return having[0] if len(having) == 1 else "."


def where_left(left: Leftover) -> str:
    """`dist/app.js (from src/api.ts:4)`: where a read was left over."""
    inside = f" inside {' inside '.join(reversed(left.container))}" if left.container else ""
    origin = f" (from {left.original.path}:{left.original.line})" if left.original else ""
    return f"{left.location.path}{inside}{origin}"
