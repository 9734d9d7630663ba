"""Where an environment can be reached: what driftline.toml says, what platform configuration states, what its own base addresses agree on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from driftline.knowledge import callbacks, hosts
from driftline.knowledge.callbacks import Role
from driftline.knowledge.hosts import Class
from driftline.model import PROCESS, Cell, Kind, Location, Reading, Source, State, Url, is_base
from driftline.project.settings import Settings
from driftline.record import NamedTuple

# What a base address of one's own can be; a tunnel or a developer's machine is nobody's origin.
_OWN = frozenset((Class.OTHER, Class.PLATFORM, Class.BUILDER, Class.PREVIEW, Class.BUILDER_PREVIEW, Class.NON_PRODUCTION))
# Callbacks live below the app's own origin, which speaks for itself where a variable holds it; where files are served and webhooks go may be
# somebody else's.
_BASES = frozenset((Role.SITE, Role.AUTH, Role.API))
_BELOW = frozenset((Role.OAUTH, Role.PAYMENT, Role.MAIL))


class Place(NamedTuple):
    """An environment whose origins are wanted, with its cells by variable and the words that its base files go by."""

    name: str
    kind: Kind
    cells: Mapping[str, Cell]
    because: Mapping[str, str]


def of(places: Sequence[Place], readings: Iterable[tuple[Source, Reading]], settings: Settings) -> dict[str, dict[str, str]]:
    """Environment -> origin (`https://shop.example`) -> why, the most certain first.

    An environment whose origins the settings declare has no others. What two environments state belongs to the more protected one.
    """
    found: dict[str, dict[str, str]] = {place.name: {} for place in places}
    declared = {name: setting.origins for name, setting in settings.environments.items() if setting.origins}
    stated = list(_stated(readings, settings))
    taken: dict[str, str] = {}
    of_production = {
        cell.declaration.location for p in places if p.kind is Kind.PRODUCTION for cell in p.cells.values() if cell.declaration is not None
    }
    for place in sorted(places, key=lambda p: (p.kind is not Kind.PRODUCTION, p.kind is not Kind.PREVIEW, p.name)):
        own = found[place.name]
        if place.name in declared:
            for origin in declared[place.name]:
                own[origin] = f"{settings.path} says so"
                taken.setdefault(_host(origin), place.name)
            continue
        if place.kind is Kind.LOCAL:
            continue
        spoken = [(url, why) for name, url, why in stated if name == place.name]
        for url, why in [*spoken, *_agreed(place, of_production if place.kind is not Kind.PRODUCTION else frozenset())]:
            strange = place.kind is Kind.PRODUCTION and _class(url) in (Class.PREVIEW, Class.BUILDER_PREVIEW, Class.NON_PRODUCTION)
            if not strange and taken.setdefault(url.host, place.name) == place.name:
                own.setdefault(f"https://{url.host}", why)
    return found


# Addresses in platform files that are no environment's own.
_NOT_OWN = ("additional_redirect_urls", "webhook endpoint", "mail link", "mail server", "server.url", "extra.")


def _stated(readings: Iterable[tuple[Source, Reading]], settings: Settings) -> Iterator[tuple[str, Url, str]]:
    """(environment, address, why) of platform configuration."""
    for source, reading in readings:
        for context, literal in reading.origins:
            url = literal.traits.url if literal.traits is not None else None
            if url is None or _class(url) not in _OWN or literal.role.startswith(_NOT_OWN):
                continue
            if context is None and source.format == "supabase":
                continue  # the base speaks for the stack on the developer's machine
            environment = settings.canonical(context) if context is not None else "production"
            yield environment, url, f"{literal.role} in {_at(literal.location)}"


def _at(location: Location) -> str:
    return location.path if location.path == PROCESS else f"{location.path}:{location.line}"


def _agreed(place: Place, borrowed: Set[Location]) -> list[tuple[Url, str]]:
    """The base addresses that an environment's own variables hold, else the hosts of its callbacks."""
    return list(_held(place, _BASES, borrowed)) or list(_held(place, _BELOW, borrowed))


def _held(place: Place, roles: frozenset[Role], borrowed: Set[Location]) -> Iterator[tuple[Url, str]]:
    """The addresses of variables of these roles; a base file of all environments says nothing about one of them, nor does a line (`borrowed`)
    that production reads, too."""
    for name, cell in sorted(place.cells.items()):
        declaration = cell.declaration
        url = cell.traits.url if cell.traits is not None else None
        if declaration is None or url is None or cell.state is not State.SET or callbacks.role_of(name) not in roles:
            continue
        if declaration.location in borrowed:
            continue
        if callbacks.may_name_production(name) and place.kind is not Kind.PRODUCTION:
            continue
        shared = is_base(place.because, declaration.location.path)
        if _class(url) in _OWN and not (shared and place.kind is not Kind.PRODUCTION):
            yield url, f"{name} in {_at(declaration.location)}"


def _class(url: Url) -> Class:
    return hosts.classify(url).kind


def _host(origin: str) -> str:
    url = hosts.split(origin) or hosts.bare(origin)
    return url.host if url is not None else origin
