"""The sources of a project as they were read: which app each part of one belongs to, and which lies over which."""

import re
from collections.abc import Iterable, Iterator, Mapping

from driftline import late
from driftline.formats import Format
from driftline.knowledge import platform
from driftline.loaders.assignment import Positions
from driftline.model import PROCESS, Authority, Component, Declaration, Location, Reading, Source, State
from driftline.project.apps import Layout, Plan, folder_of, owner
from driftline.project.settings import Settings
from driftline.record import NamedTuple

# A name that stands alone on its line of an env file.
_ALONE = late.pattern(r"^[ \t]*([A-Z][A-Z0-9_]+)[ \t\r]*$", re.MULTILINE)


class ReadSource(NamedTuple):
    """A source as it was read: `content` is kept for env files only (their loader reads them again, together).

    `handed` is the environment that the user named on the command line for this file, None for a file that was found.
    """

    path: str
    format: Format
    reading: Reading
    tracked: bool | None
    ignored: bool
    content: str = ""
    handed: str | None = None

    @property
    def name(self) -> str:
        """The name of the file without its folders."""
        return self.path.rpartition("/")[2]

    @property
    def is_env_file(self) -> bool:
        return self.format.name == "dotenv"

    def of_app(self, app: str, authority: Authority) -> Source:
        """What an app is told of it. `authority` is how much it says there: the same file can be the whole for one and a part for another."""
        return Source(self.path, self.format.name, authority, app, self.tracked, self.format.settles, self.ignored)


class Over(NamedTuple):
    """A file that is laid over another, and the tables (or names in them) of that other that it replaces."""

    path: str
    replaces: tuple[str, ...]


class Sources:
    """All sources of a project.

    `named` are the env files that configuration names, each with the source that does. `laid_over` maps the path of a base to each
    environment that a file laid over it speaks for, and that to this file.
    """

    def __init__(self, read: Iterable[ReadSource], layout: Layout, settings: Settings) -> None:
        self.all = tuple(_with_passed(tuple(read)))
        self.by_path = {source.path: source for source in self.all}
        self.named = tuple((source, file) for source in self.all for file in source.reading.env_files)
        self.app_folders = sorted((p.path for p in layout.plans if p.path != "."), key=lambda path: (-len(path), path))
        self._apps = tuple(plan.path for plan in layout.plans)
        self.laid_over: Mapping[str, Mapping[str, Over]] = self._laid_over(settings)

    def app_of(self, source: ReadSource, component: str | None) -> str | None:
        """The app a component of a source belongs to; None for one that is no app of this project (a database image)."""
        home = owner(source.path, self.app_folders)
        if component is not None:
            found = next((c for c in source.reading.components if c.name == component), None)
            if found is not None and found.image is not None and source.format.name == "compose" and source.reading.contexts:
                found = self._of_own_image(source, found)
            if found is not None and found.root is not None:
                exact = found.root.strip("/") or "."
                if exact in self._apps:
                    return exact
            for path in self.app_folders:
                if path.rpartition("/")[2] == component:
                    return path
            if found is not None and found.image is not None:
                return None
        if home in self._apps:
            return home
        return self._apps[0] if len(self._apps) == 1 else None

    def _of_own_image(self, source: ReadSource, component: Component) -> Component:
        """A deployed service's component, with what is known of the app in its image: another file builds the service of this name, or no
        other image of the file is this project's own."""
        beside = (other for other in self.all if other.format.name == "compose" and folder_of(other.path) == folder_of(source.path))
        built = next((c for other in beside for c in other.reading.components if c.name == component.name and c.root is not None), None)
        if built is not None:
            return built
        own = [c for c in source.reading.components if c.image and "/" in c.image and not platform.is_service_image(c.image)]
        return component._replace(image=None) if own == [component] else component

    def _laid_over(self, settings: Settings) -> dict[str, dict[str, Over]]:
        found: dict[str, dict[str, Over]] = {}
        for source in self.all:
            environments = [settings.canonical(context) for context in source.reading.contexts if settings.kind_of(context) is not None]
            waiting, seen = [(base, source.reading.replaces) for base in source.reading.bases], {source.path}
            while waiting and environments:
                base, replaced = waiting.pop()
                if base not in seen and base in self.by_path:
                    for environment in environments:
                        found.setdefault(base, {}).setdefault(environment, Over(source.path, replaced))
                    below = self.by_path[base].reading
                    waiting += [(inner, (*replaced, *below.replaces)) for inner in below.bases]
                seen.add(base)
        return found


def is_below(app: str, source: ReadSource) -> bool:
    """Whether an app lies in the folder of a source, or deeper."""
    above = folder_of(source.path)
    return above == "." or f"{app}/".startswith(f"{above}/")


def is_public(name: str, plan: Plan) -> bool:
    """Whether the framework of an app gives a variable to browsers, by its name."""
    own = plan.framework.public_prefixes if plan.framework else ()
    return name.startswith(own) or platform.public_prefix(name, plan.framework.name if plan.framework else None) is not None


def _with_passed(sources: Iterable[ReadSource]) -> Iterator[ReadSource]:
    """The sources, with the names that stand alone in an env file: Compose, docker and kustomize give those the value of their own process."""
    passing = {file.path for config in sources for file in config.reading.env_files if file.loader in ("compose", "docker")}
    for source in sources:
        if source.path in passing and (found := list(_ALONE.finditer((positions := Positions(source.content)).text))):
            places = ((match[1], Location(source.path, *positions.at(match.start(1)))) for match in found)
            passed = tuple(Declaration(name, State.REFERENCE, None, place, reference=PROCESS) for name, place in places)
            source = source._replace(reading=source.reading._replace(declarations=(*source.reading.declarations, *passed)))
        yield source
