"""Builds each app's environments: which source speaks for which, what every cell really holds, and what files cannot tell."""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set

from driftline import late, loaders
from driftline.code import Survey, kind_of_settings
from driftline.formats import Format, dotenv
from driftline.knowledge import identify, platform
from driftline.loaders.assignment import Positions
from driftline.model import (
    PROCESS,
    App,
    Authority,
    Cell,
    Claim,
    Component,
    Declaration,
    Environment,
    Kind,
    Literal,
    Location,
    Need,
    Reading,
    Reference,
    Related,
    Secret,
    Source,
    State,
    Traits,
    Unknown,
    Unread,
    Use,
    Variable,
    failed,
)
from driftline.project import dashboards, live, origins
from driftline.project.apps import Layout, Plan, folder_of, is_shown, owner
from driftline.project.settings import Settings
from driftline.record import NamedTuple

# Sub-folders of an app in which projects keep env files that something else than the framework loads.
_FOLDERS = ("env", "envs", ".envs", "config", "environments", "docker", "deploy", "supabase")

# What an env file of the workspace's root ranks below the same file of the app.
_FAR = 50

_ORDER = {Kind.LOCAL: 0, Kind.PREVIEW: 1, Kind.PRODUCTION: 2}


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


class Assembly(NamedTuple):
    """What the files say, per app, and what they leave open."""

    apps: tuple[App, ...]
    unknown: tuple[Unknown, ...]
    notes: tuple[Related, ...]
    unread: tuple[Unread, ...]
    declared: frozenset[str]
    used: frozenset[str]
    documented: frozenset[str]
    literals: tuple[Literal, ...] = ()
    stray: tuple[tuple[Source, Reading], ...] = ()


class _Speaker(NamedTuple):
    """One source's part in one environment of one app. Higher `rank` wins; env files are re-read by the app's loader."""

    source: Source
    because: str
    rank: tuple[int, int]
    declarations: tuple[Declaration, ...]
    content: str | None = None


class _Over(NamedTuple):
    """A file that is laid over another, and the tables (or names in them) of that other that it replaces."""

    path: str
    replaces: tuple[str, ...]


class _Draft:
    """An environment while it is being put together."""

    def __init__(self, name: str, kind: Kind) -> None:
        self.name = name
        self.kind = kind
        self.speakers: list[_Speaker] = []

    @property
    def authority(self) -> Authority | None:
        """How much its sources say: where two hosts speak, each holds what it deploys, and neither is the whole."""
        found = {speaker.source.authority for speaker in self.speakers}
        hosts = {speaker.source.format for speaker in self.speakers if platform.deploys(speaker.source.format)}
        for_certain = {speaker.source.authority for speaker in self.speakers if speaker.source.format not in hosts}
        if Authority.WHOLE in (for_certain if len(hosts) > 1 else found):
            return Authority.WHOLE
        return Authority.PART if found else None


class Keys(NamedTuple):
    """`process` keys equality inside this run; `digest` is DRIFTLINE_DIGEST_KEY, None when it is not set."""

    process: bytes
    digest: bytes | None = None

    @classmethod
    def fresh(cls, digest: str | None) -> "Keys":
        return cls(os.urandom(32), os.fsencode(digest) if digest else None)


def assemble(
    sources: Sequence[ReadSource],
    layout: Layout,
    survey: Survey,
    settings: Settings,
    *,
    links: Mapping[str, str],
    platforms: Sequence[str],
    keys: Keys,
    surroundings: live.Surroundings | None = None,
) -> Assembly:
    """The apps with their environments and variables.

    `links` maps a linked env file to its target (both relative to the root); `platforms` are the host platforms in use;
    `surroundings` is the process environment where it counts as a source.
    """
    return _Assembler(sources, layout, survey, settings, links, platforms, keys, surroundings).assembly()


class _Assembler:
    def __init__(
        self,
        sources: Sequence[ReadSource],
        layout: Layout,
        survey: Survey,
        settings: Settings,
        links: Mapping[str, str],
        platforms: Sequence[str],
        keys: Keys,
        surroundings: live.Surroundings | None,
    ) -> None:
        sources = tuple(_with_passed(sources))
        self.sources = sources
        self.by_path = {source.path: source for source in sources}
        self.layout = layout
        declared = (declaration.name for source in sources for declaration in source.reading.declarations)
        self.survey = survey._replace(references=tuple(_as_declared(survey.references, declared)))
        self.settings = settings
        self.links = links
        self.platforms = tuple(platforms)
        self.keys = keys
        self.surroundings = surroundings
        self.names: frozenset[str] = frozenset()
        self.unknown: list[Unknown] = []
        self.notes: list[Related] = []
        self.unread: list[Unread] = []
        self.app_folders = sorted((p.path for p in layout.plans if p.path != "."), key=lambda path: (-len(path), path))
        self.references = self._references_by_folder()
        self.env_files = {plan.path: tuple(self._env_files(plan)) for plan in layout.plans}
        self.ambiguous = self._ambiguous()
        self.laid_over = self._laid_over()

    def assembly(self) -> Assembly:
        declared = {d.name for s in self.sources for d in s.reading.declarations}
        steps = [step for s in self.sources for step in s.reading.passthroughs]
        declared |= {name for step in steps for name in step.names}
        used = {r.name for s in self.sources for r in s.reading.references}
        used |= {r.name for r in self.survey.references}
        for names in self.survey.mentions.values():
            used |= names
        # A variable that another one is put together from; anything else behind a `$` may be part of a value.
        used |= {name for s in self.sources for name in _put_in(s.content) if name in declared}
        # A build that hands on every name of a prefix (`env | grep NEXT_PUBLIC_`) takes them from where the platform keeps them.
        handed = [name for step in steps if not step.strict and not step.below for name in step.names]
        prefixes = tuple(name[:-1] for name in handed if name.endswith("_*"))
        declared |= {name for name in used if name.startswith(prefixes)}
        documented = {
            d.name
            for s in self.sources
            if s.format.name == "dotenv" and dotenv.is_example(s.path.rpartition("/")[2])
            for d in s.reading.declarations
        }
        self.names = frozenset(declared | used | documented)
        if self.surroundings is not None:
            declared |= {name for name, value in self.surroundings.variables.items() if value.strip()}
        apps = tuple(self._app(plan) for plan in self.layout.plans)
        stray = tuple(self._stray(apps))
        self.unknown += (one for app in apps for one in dashboards.unknown(app, stray))
        notes = [note for source in self.sources for note in source.reading.notes]
        return Assembly(
            apps,
            tuple(self.unknown),
            tuple(dict.fromkeys(notes + self.notes)),
            tuple(self.unread),
            frozenset(declared),
            frozenset(used),
            frozenset(documented),
            tuple(
                self._with_address(literal)
                for literal in self.survey.literals
                if not any(self._runs(p, literal.location.path) for p in self.layout.plans)
            ),
            stray,
        )

    def _stray(self, apps: Sequence[App]) -> Iterator[tuple[Source, Reading]]:
        """Platform files that no app has taken, those of a project whose root is no app; of the others, what they hand to no app at all: the
        variables of a database's image."""
        taken = {(source.path, source.format) for app in apps for source, _ in app.readings}
        for source in self.sources:
            if source.format.name == "dotenv":
                continue
            item = Source(source.path, source.format.name, source.format.authority, ".", source.tracked)
            if (source.path, source.format.name) not in taken:
                yield item, self._with_addresses(source.reading)
            elif beside := [d for d in source.reading.declarations if d.component and self._component_app(source, d.component) is None]:
                yield item, Reading(tuple(self._with_traits(declaration) for declaration in beside))

    # --- which source speaks for which environment -----------------------------------------------------------------------

    def _app(self, plan: Plan) -> App:
        drafts: dict[str, _Draft] = {}
        examples: list[tuple[Source, ReadSource]] = []
        bases: list[tuple[ReadSource, str]] = []
        readings: list[tuple[Source, Reading]] = []
        for source, why in self.env_files[plan.path]:
            source = source._replace(reading=self._with_ambiguities(source))
            if dotenv.is_example(source.path.rpartition("/")[2]):
                item = self._source(source, plan, Authority.EXAMPLE)
                examples.append((item, source))
                readings.append((item, source.reading))
                continue
            spoken = self._spoken(source, plan)
            if spoken is None:
                bases.append((source, why))
            elif spoken:
                environment, because = spoken
                self._say_dead(source, plan, environment)
                overlays = self._overlays(source)
                for name in dict.fromkeys((environment, *overlays)):
                    said = f"base of every file laid over it, such as {overlays[name].path}" if name in overlays else because + why
                    self._speak(drafts, name, self._env_speaker(source, plan, name, said))
                readings.append((self._source(source, plan, Authority.WHOLE), source.reading))
        for source in self.sources:
            if source.format.name != "dotenv":
                self._platform_source(source, plan, drafts, readings)
        self._environments_of_setting(plan, drafts)
        if self.surroundings is not None:
            self._live(self.surroundings, plan, drafts, readings)
        self._draft(drafts, "production")
        if bases or drafts.keys() - {"production"}:
            self._draft(drafts, "local")
        if any(platform.has_previews(name) for name in self.platforms) and not any(d.kind is Kind.PREVIEW for d in drafts.values()):
            self._draft(drafts, "preview")
        for source, why in bases:
            self._base(source, why, plan, drafts)
            readings.append((self._source(source, plan, Authority.PART), source.reading))
        self._shared_build_files(plan, drafts)
        ordered = sorted(drafts.values(), key=lambda draft: (_ORDER[draft.kind], draft.name != "local", draft.name))
        cells = {draft.name: self._cells(plan, draft) for draft in ordered}
        references = self._references(plan, readings)
        variables = self._variables(plan, ordered, cells, references, examples)
        readings = [(item, self._with_addresses(reading)) for item, reading in readings]
        reachable = origins.of(
            [origins.Place(d.name, d.kind, cells[d.name], {s.source.path: s.because for s in d.speakers}) for d in ordered],
            readings,
            self.settings,
        )
        environments = tuple(self._environment(draft, reachable[draft.name]) for draft in ordered)
        app = App(
            path=plan.path,
            framework=plan.framework.name if plan.framework else None,
            loader=plan.loader,
            runtime=plan.runtime,
            environments=environments,
            variables=variables,
            examples=tuple(item for item, _ in examples),
            readings=tuple(readings),
            public_prefixes=plan.framework.public_prefixes if plan.framework else (),
            inlines=plan.framework is not None and plan.framework.inlines,
            literals=tuple(self._with_address(literal) for literal in self.survey.literals if self._runs(plan, literal.location.path)),
            claims=tuple(self._claims(plan, environments, readings)),
            routes=None
            if self.survey.routes is None
            else tuple(route for route in self.survey.routes if self._runs(plan, route.location.path)),
        )
        self._say_unknown(app)
        return app

    def _claims(self, plan: Plan, environments: Sequence[Environment], readings: Sequence[tuple[Source, Reading]]) -> Iterator[Claim]:
        """The accounts and modes that config names for an environment or for the project, and those that code fixes for every one."""
        for _, reading in readings:
            for claim in reading.claims:
                if claim.context is None:
                    yield claim
                elif self.settings.kind_of(claim.context) is not None:
                    yield claim._replace(context=self.settings.canonical(claim.context))
        for claim in self.survey.claims:
            if self._runs(plan, claim.location.path):
                only = kind_of_settings(claim.location.path)
                yield from (claim._replace(context=e.name) for e in environments if only in (None, e.kind))

    def _live(self, around: live.Surroundings, plan: Plan, drafts: dict[str, _Draft], readings: list[tuple[Source, Reading]]) -> None:
        """The process environment beats every file: of its variables, those that the project knows or a library of the app reads."""

        def is_wanted(name: str) -> bool:
            framework = plan.framework.name if plan.framework else None
            if platform.injected(name, platforms=self.platforms, framework=framework, runtime=plan.runtime):
                return False
            return name in self.names or platform.read_by_library(name, plan.dependencies)

        declarations = tuple(_of_process(name, around.variables[name]) for name in sorted(around.variables) if is_wanted(name))
        authority = Authority.WHOLE if around.whole else Authority.PART
        source = Source(PROCESS, PROCESS, authority, plan.path)
        environment = self.settings.canonical(around.target)
        self._speak(drafts, environment, _Speaker(source, around.because, (3, 0), declarations))
        readings.append((source, Reading(declarations)))

    def _env_files(self, plan: Plan) -> Iterable[tuple[ReadSource, str]]:
        """The env files of an app with how they reach it (empty when by their place), linked ones once."""
        seen: set[str] = set()
        for source in self.sources:
            if source.handed is not None:
                seen.add(source.path)
                yield source, ", handed over on the command line"
        own = "" if plan.env_folder == "." else plan.env_folder + "/"
        named = {f"{own}{folder}/" for folder in _FOLDERS}
        for source in self.sources:
            if source.format.name != "dotenv":
                continue
            folder = folder_of(source.path)
            inside = "" if folder == "." else folder + "/"
            near = inside == own or ((inside in named or inside == own + ".vercel/") and owner(source.path, self.app_folders) == plan.path)
            if near and source.path not in seen:
                seen.add(source.path)
                yield source, ""
        for link, goal in self.links.items():
            folder = folder_of(link)
            if folder == plan.path and goal in self.by_path and goal not in seen:
                seen.add(goal)
                yield self.by_path[goal], f", linked from {link}"
        told = self.settings.apps.get(plan.path)
        for goal in told.sources if told else ():
            if goal in self.by_path and goal not in seen and self.by_path[goal].format.name == "dotenv":
                seen.add(goal)
                yield self.by_path[goal], f", and {self.settings.path} says that this app reads it"
        for config in self.sources:
            for file in config.reading.env_files:
                above = folder_of(config.path)
                below = file.below and (above == "." or f"{plan.path}/".startswith(f"{above}/"))
                if not below and self._component_app(config, file.component) != plan.path:
                    continue
                goal = file.path
                if goal in self.by_path and goal not in seen and self.by_path[goal].format.name == "dotenv":
                    seen.add(goal)
                    yield self.by_path[goal], f", read by {config.path}:{file.location.line}"
        for source in self.sources:
            if self._is_far(source, plan) and source.path not in seen and not dotenv.is_example(source.path):
                seen.add(source.path)
                yield source, ", which Nx reads for every project of the workspace"
        # An example of the root documents every app that has none of its own, and an app's libraries document it.
        for folder in (*plan.folders[1:], "."):
            for source in self.sources:
                if source.format.name != "dotenv" or folder_of(source.path) != folder or source.path in seen:
                    continue
                if dotenv.is_example(source.path.rpartition("/")[2]):
                    seen.add(source.path)
                    yield source, ""

    def _is_far(self, source: ReadSource, plan: Plan) -> bool:
        """Whether an env file of the root reaches an app below it: Nx reads the root's files after the project's own.

        Nx docs, "Environment variables", 2026-11.
        """
        return "nx.json" in self.by_path and plan.path != "." == folder_of(source.path) and source.format.name == "dotenv"

    def _spoken(self, source: ReadSource, plan: Plan) -> tuple[str, str] | tuple[()] | None:
        """(environment, why) of an env file; None for a base of all environments; () for a file of a service."""
        name = source.path.rpartition("/")[2]
        if source.handed is not None:
            return self.settings.canonical(source.handed), "it was said to be its file"
        for setting in self.settings.environments.values():
            if source.path in setting.sources:
                return setting.name, f"{self.settings.path} says so"
        word = dotenv.environment_word(name)
        if word and dotenv.is_pulled(source.path, source.content):
            said = next((part for part in word.split(".") if self.settings.kind_of(part) is not None), word)
            return self.settings.canonical(said), f"pulled from Vercel: {name}"
        if name.startswith(".dev.vars") or dotenv.is_local(name):
            return "local", f"file name {name}"
        if word is None or self.settings.kind_of(word) is None:
            for config in self.sources:
                for file in config.reading.env_files:
                    if file.path != source.path:
                        continue
                    # A file named after a service (`db.env`) is the app's only where the app is that service.
                    mine = word is None or self._component_app(config, file.component) == plan.path
                    context = file.context if file.context or word is None else config.format.nameless
                    if mine and context and self.settings.kind_of(context) is not None:
                        return self.settings.canonical(context), f"{config.path}:{file.location.line} names it"
        if word is None:
            if plan.runtime == "supabase-functions":
                return "local", "the functions' own file is read by `supabase functions serve` only"
            if plan.loader == "wrangler":
                return "local", "`wrangler dev` reads it, and no deployed Worker does"
            return ("local", "git ignores it") if source.ignored else None
        if self.settings.kind_of(word) is None:
            return ()
        return self.settings.canonical(word), f"file name {name}"

    def _overlays(self, source: ReadSource) -> Mapping[str, _Over]:
        """The environments of the files that are laid over the one that reads an env file for no environment; none of those that replace a part."""
        found: dict[str, _Over] = {}
        for config in self.sources:
            if any(file.path == source.path and file.context is None for file in config.reading.env_files):
                found |= {name: over for name, over in self.laid_over.get(config.path, {}).items() if not over.replaces}
        return found

    def _env_speaker(self, source: ReadSource, plan: Plan, environment: str, because: str) -> _Speaker:
        name = source.path.rpartition("/")[2]
        authority = Authority.WHOLE
        if source.handed is not None or dotenv.is_pulled(source.path, source.content):
            # What the platform itself holds beats every file of the repository.
            return _Speaker(self._source(source, plan, authority), because, (2, 0), source.reading.declarations, source.content)
        if self.settings.kind_of(environment) is Kind.LOCAL and environment != "local":
            authority = Authority.PART  # `.env.test` and its kin lie over the local files
        elif environment == "local" and source.tracked and not source.ignored:
            authority = Authority.PART
        elif source.tracked and source.reading.declarations and all(self._public(d.name, plan) for d in source.reading.declarations):
            authority = Authority.PART  # a committed file of public values says nothing about the private ones
        order = loaders.files(plan.loader, self._mode(environment))
        index = (order.index(name) if name in order else len(order)) + (_FAR if self._is_far(source, plan) else 0)
        return _Speaker(self._source(source, plan, authority), because, (0, -index), source.reading.declarations, source.content)

    def _base(self, source: ReadSource, why: str, plan: Plan, drafts: dict[str, _Draft]) -> None:
        because = (
            "tracked by git, a base of every environment" if source.tracked else "not ignored by git, a base of every environment"
        ) + why
        for draft in drafts.values():
            item = self._source(source, plan, Authority.PART)
            rank = -100 - (_FAR if self._is_far(source, plan) else 0)
            draft.speakers.append(_Speaker(item, because, (0, rank), source.reading.declarations, source.content))

    def _shared_build_files(self, plan: Plan, drafts: dict[str, _Draft]) -> None:
        """A preview build runs in production mode: where no file names the preview, the production files are read there too.

        What git ignores is not in the checkout that the platform builds previews from.
        """
        production = drafts.get("production")
        if production is None:
            return
        for draft in drafts.values():
            if draft.kind is not Kind.PREVIEW or any(s.content is not None and s.rank[1] > -100 for s in draft.speakers):
                continue
            order = loaders.files(plan.loader, "production")
            for speaker in production.speakers:
                name = speaker.source.path.rpartition("/")[2]
                if speaker.content is not None and not speaker.source.ignored and name in order and name != ".env":
                    source = speaker.source._replace(authority=Authority.PART)
                    draft.speakers.append(
                        speaker._replace(source=source, because="a preview build runs in production mode and reads it too")
                    )

    def _platform_source(self, source: ReadSource, plan: Plan, drafts: dict[str, _Draft], readings: list[tuple[Source, Reading]]) -> None:
        reading = source.reading
        mine = [d for d in reading.declarations if self._component_app(source, d.component) == plan.path]
        references = [r for r in reading.references if self._component_app(source, r.component) == plan.path]
        here = self._component_app(source, None) == plan.path
        if not mine and not references and not here:
            above = folder_of(source.path)
            steps = tuple(p for p in reading.passthroughs if p.below and (above == "." or f"{plan.path}/".startswith(f"{above}/")))
            if steps:
                readings.append((self._source(source, plan, source.format.authority), Reading(passthroughs=steps)))
            return
        authority = reading.authority or source.format.authority
        if authority is Authority.WHOLE and reading.declarations and not mine:
            authority = Authority.PART  # it names the variables of other apps, and so says nothing of what this one lacks
        item = self._source(source, plan, authority)
        kept = reading._replace(declarations=tuple(mine), references=tuple(references))
        readings.append((item, kept))
        if source.format.authority is Authority.EXAMPLE:
            return
        contexts = dict.fromkeys([*reading.contexts, *(d.context for d in mine if d.context)])
        named = {context: self.settings.canonical(context) for context in contexts if self.settings.kind_of(context) is not None}
        nameless = [d for d in mine if d.context is None]
        because = f"{source.format.title} {{}}"
        targets: dict[str, str] = {}
        laid_over = self.laid_over.get(source.path, {})
        if nameless:
            if source.format.nameless == "base":
                for environment in {"production", *named.values()}:
                    targets[environment] = because.format("base of every context")
            else:
                word = source.format.nameless
                targets[word] = because.format(f"names no environment and speaks for {word}")
            for environment, over in laid_over.items():
                targets[environment] = because.format(f"base of every file laid over it, such as {over.path}")
        for context, environment in named.items():
            targets[environment] = because.format(f"context {context}")
        for environment, why in sorted(targets.items()):
            declarations, dropped = [], []
            for declaration in mine:
                if declaration.context is None:
                    if environment in laid_over and _is_replaced(declaration, laid_over[environment].replaces):
                        dropped.append(declaration.name)
                        continue
                    home = source.format.nameless in ("base", environment)
                    if declaration.inherits or (home and environment not in named.values()):
                        declarations.append(declaration._replace(layer=declaration.layer - 1000))
                elif named.get(declaration.context) == environment:
                    declarations.append(declaration)
            if dropped:
                why += f", which replaces {', '.join(dropped[:3])}{' and more' if len(dropped) > 3 else ''}"
            draft = self._draft(drafts, environment)
            draft.speakers.append(_Speaker(item, why, (1, 0), tuple(declarations)))
        also = source.format.also
        if also is not None and source.format.nameless in named.values() and nameless:
            self._draft(drafts, also)  # nothing else speaks of what no environment inherits
        if also in drafts and also not in targets and nameless:
            beneath = nameless if source.format.nameless in named.values() else [_name_alone(d) for d in nameless]
            why = because.format(f"its top level is read in {also} too, beneath env files")
            drafts[also].speakers.append(
                _Speaker(item._replace(settles=None), why, (-1, 0), tuple(d._replace(identity=None) for d in beneath))
            )

    def _laid_over(self) -> dict[str, dict[str, _Over]]:
        """Path of a base -> each environment that a file laid over it speaks for -> that file, and what of the base it replaces."""
        found: dict[str, dict[str, _Over]] = {}
        for source in self.sources:
            environments = [
                self.settings.canonical(context) for context in source.reading.contexts if self.settings.kind_of(context) is not None
            ]
            waiting, seen = [(base, source.reading.replaces) for base in source.reading.bases], {source.path}
            while waiting and environments:
                base, replaced = waiting.pop()
                if base not in seen and base in self.by_path:
                    for environment in environments:
                        found.setdefault(base, {}).setdefault(environment, _Over(source.path, replaced))
                    below = self.by_path[base].reading
                    waiting += [(inner, (*replaced, *below.replaces)) for inner in below.bases]
                seen.add(base)
        return found

    def _component_app(self, source: ReadSource, component: str | None) -> str | None:
        """The app a component of a source belongs to; None for one that is no app of this project (a database image)."""
        home = owner(source.path, self.app_folders)
        if component is not None:
            found = next((c for c in source.reading.components if c.name == component), None)
            if found is not None and found.image is not None and source.format.name == "compose" and source.reading.contexts:
                found = self._of_own_image(source, found)
            if found is not None and found.root is not None:
                exact = found.root.strip("/") or "."
                if exact in self.app_folders or (exact == "." and any(p.path == "." for p in self.layout.plans)):
                    return exact
            for path in self.app_folders:
                if path.rpartition("/")[2] == component:
                    return path
            if found is not None and found.image is not None:
                return None
        if any(plan.path == home for plan in self.layout.plans):
            return home
        return self.layout.plans[0].path if len(self.layout.plans) == 1 else None

    def _of_own_image(self, source: ReadSource, component: Component) -> Component:
        """A deployed service's component, with what is known of the app in its image: another file builds the service of this name, or no
        other image of the file is this project's own."""
        beside = (other for other in self.sources if other.format.name == "compose" and folder_of(other.path) == folder_of(source.path))
        built = next((c for other in beside for c in other.reading.components if c.name == component.name and c.root is not None), None)
        if built is not None:
            return built
        own = [c for c in source.reading.components if c.image and "/" in c.image and not platform.is_service_image(c.image)]
        return component._replace(image=None) if own == [component] else component

    def _environments_of_setting(self, plan: Plan, drafts: dict[str, _Draft]) -> None:
        for setting in self.settings.environments.values():
            if setting.kind is not None or platform.environment_kind(setting.name) is not None:
                self._draft(drafts, setting.name)
            for path in setting.sources:
                if path in self.by_path and not any(s.source.path == path for s in drafts[setting.name].speakers):
                    source = self.by_path[path]
                    if owner(path, self.app_folders) == plan.path and source.format.name == "dotenv":
                        speaker = self._env_speaker(source, plan, setting.name, f"{self.settings.path} says so")
                        drafts[setting.name].speakers.append(speaker)

    def _speak(self, drafts: dict[str, _Draft], environment: str, speaker: _Speaker) -> None:
        self._draft(drafts, environment).speakers.append(speaker)

    def _draft(self, drafts: dict[str, _Draft], name: str) -> _Draft:
        if name not in drafts:
            drafts[name] = _Draft(name, self.settings.kind_of(name) or Kind.PRODUCTION)
        return drafts[name]

    def _mode(self, environment: str) -> str:
        return "development" if environment == "local" else environment

    def _source(self, source: ReadSource, plan: Plan, authority: Authority) -> Source:
        return Source(source.path, source.format.name, authority, plan.path, source.tracked, source.format.settles, source.ignored)

    def _public(self, name: str, plan: Plan) -> bool:
        own = plan.framework.public_prefixes if plan.framework else ()
        return name.startswith(own) or platform.public_prefix(name, plan.framework.name if plan.framework else None) is not None

    # --- what the loaders of one file make of it --------------------------------------------------------------------------

    def _ambiguous(self) -> dict[str, dict[str, tuple[str, str]]]:
        """Path -> name -> (sentence, advice), for env files that two loaders in use read differently."""
        readers: dict[str, dict[str, set[str] | None]] = {}
        for plan in self.layout.plans:
            for source, _ in self.env_files[plan.path]:
                readers.setdefault(source.path, {})[plan.loader] = None
        for config in self.sources:
            for file in config.reading.env_files:
                if file.loader is not None and file.loader in loaders.LOADERS:
                    readers.setdefault(file.path, {})[file.loader] = None
            if config.format.name == "compose":
                # Compose reads the `.env` beside its file for `${X}` alone, so only those names are read twice.
                folder = folder_of(config.path)
                beside = ".env" if folder == "." else f"{folder}/.env"
                readers.setdefault(beside, {}).setdefault("compose", {r.name for r in config.reading.references})
        found: dict[str, dict[str, tuple[str, str]]] = {}
        for path, loaders_of in readers.items():
            if path not in self.by_path or len(loaders_of) < 2 or dotenv.is_example(path.rpartition("/")[2]):
                continue
            partial = [names for names in loaders_of.values() if names is not None]
            whole = sum(names is None for names in loaders_of.values())
            try:
                different = loaders.disagreements(self.by_path[path].content, tuple(loaders_of))
            except Exception as error:
                self.unread.append(failed(path, "comparing the loaders that read it", error))
                continue
            for item in different:
                if whole > 1 or all(item.name in names for names in partial):
                    found.setdefault(path, {})[item.name] = (item.sentence, item.advice)
        return found

    def _with_ambiguities(self, source: ReadSource) -> Reading:
        found = self.ambiguous.get(source.path)
        if not found:
            return source.reading
        declarations = tuple(d._replace(ambiguous=found.get(d.name, ())) for d in source.reading.declarations)
        return source.reading._replace(declarations=declarations)

    def _say_dead(self, source: ReadSource, plan: Plan, environment: str) -> None:
        """A file named after a mode that its loader does not know (`.env.preview` under Next.js) is evidence, and dead to the app."""
        name = source.path.rpartition("/")[2]
        loader = loaders.named(plan.loader)
        if (
            loader.modes is None
            or source.handed is not None
            or dotenv.is_pulled(source.path, source.content)
            or folder_of(source.path) != plan.path
        ):
            return
        if any(name in loaders.files(plan.loader, mode) for mode in loader.modes) or any(
            file.path == source.path for config in self.sources for file in config.reading.env_files
        ):
            return
        self.notes.append(
            Related(
                Location(source.path, 1),
                f"{loader.title} never reads this file (its modes are {', '.join(loader.modes)}); "
                f"it is taken as a word on what {environment} is meant to hold",
            )
        )

    # --- cells ------------------------------------------------------------------------------------------------------------

    def _cells(self, plan: Plan, draft: _Draft) -> dict[str, Cell]:
        """The winning declaration of every name in one environment, read as the app's loader reads it."""
        env_speakers = sorted((s for s in draft.speakers if s.content is not None), key=lambda s: s.rank, reverse=True)
        loaded: Mapping[str, loaders.Loaded] = {}
        try:
            loaded = loaders.load([(s.source.path, s.content or "") for s in env_speakers], plan.loader) if env_speakers else {}
        except Exception as error:  # one environment must not hide the others
            self.unread += (failed(s.source.path, f"reading it as {loaders.named(plan.loader).title} does", error) for s in env_speakers)
        candidates: dict[str, list[tuple[tuple[int, int, int], _Speaker, Declaration]]] = {}
        for speaker in draft.speakers:
            for index, declaration in enumerate(speaker.declarations):
                if declaration.state is State.EXAMPLE:
                    continue
                if speaker.content is not None and declaration.name not in loaded and declaration.reference != PROCESS:
                    continue
                rank = (speaker.rank[0], speaker.rank[1] if speaker.content is not None else declaration.layer, index)
                if draft.kind is Kind.LOCAL and speaker.content is None and _is_handed_on(declaration):
                    # A container is given what the developer's shell or env file holds, and nothing where those hold nothing.
                    if draft.authority is Authority.WHOLE:
                        continue
                    rank = (-1, *rank[1:])
                candidates.setdefault(declaration.name, []).append((rank, speaker, declaration))
        cells: dict[str, Cell] = {}
        for name, found in candidates.items():
            found.sort(key=lambda item: item[0], reverse=True)
            _, speaker, declaration = found[0]
            value = declaration.value
            state = declaration.state
            if speaker.content is not None and state in (State.SET, State.EMPTY):
                value = loaded[name].value
                state = State.EMPTY if value is None or len(value) == 0 else State.SET
            # A snapshot knows what a value was without having it.
            traits = self._traits(value, name) if value is not None and state is State.SET else declaration.traits
            others = tuple((s.source.path, self._with_traits(d)) for _, s, d in found[1:])
            cells[name] = Cell(state, declaration, speaker.source.path, others, self._why(found), value, traits)
        return cells

    def _traits(self, value: Secret, name: str) -> Traits:
        try:
            return identify.traits(value, name=name, key=self.keys.process, digest_key=self.keys.digest)
        except Exception as error:  # one value must not hide the others
            self.unread.append(failed(f"the value of {name}", "identification", error))
            return Traits("text", len(value), identify.digest(value, self.keys.process))

    def _with_traits(self, declaration: Declaration) -> Declaration:
        if declaration.value is None or declaration.state is not State.SET:
            return declaration
        return declaration._replace(traits=self._traits(declaration.value, declaration.name))

    def _why(self, found: Sequence[tuple[tuple[int, int, int], _Speaker, Declaration]]) -> str:
        if len({speaker.source.path for _, speaker, _ in found}) < 2:
            return ""
        winner, loser = found[0][1], next(s for _, s, _ in found[1:] if s.source.path != found[0][1].source.path)
        tools = {winner.source.format, loser.source.format}
        if winner.content is None and loser.content is None and len(tools) == 2 and "dockerfile" not in tools:
            return ""  # which of two tools starts the app is not known
        if winner.content is None and loser.content is not None:
            return f"the platform's own value beats an env file: {winner.source.path} over {loser.source.path}"
        return f"{winner.source.path} is read before {loser.source.path}"

    # --- variables --------------------------------------------------------------------------------------------------------

    def _references_by_folder(self) -> dict[str, list[Reference]]:
        grouped: dict[str, list[Reference]] = {}
        for reference in self.survey.references:
            path = reference.location.path
            folder = owner(path, self.layout.folders)
            by_hand = path.endswith(".py") and folder == folder_of(path) and folder in self.layout.without_python
            if by_hand or is_shown(path.removeprefix(folder + "/")):
                reference = reference._replace(use=Use.MENTION, fallback=None)
            grouped.setdefault(folder, []).append(reference)
        return grouped

    def _references(self, plan: Plan, readings: Sequence[tuple[Source, Reading]]) -> dict[str, list[Reference]]:
        by_name: dict[str, list[Reference]] = {}
        for folder in plan.folders:
            for reference in self.references.get(folder, ()):
                by_name.setdefault(reference.name, []).append(reference)
        for _, reading in readings:
            for reference in reading.references:
                by_name.setdefault(reference.name, []).append(reference)
        return {name: [self._with_fallback(reference) for reference in found] for name, found in by_name.items()}

    def _with_fallback(self, reference: Reference) -> Reference:
        fallback = reference.fallback
        if fallback is None or fallback.traits is not None:
            return reference
        return reference._replace(fallback=fallback._replace(traits=self._traits(fallback.value, reference.name)))

    def _variables(
        self,
        plan: Plan,
        drafts: Sequence[_Draft],
        cells: Mapping[str, Mapping[str, Cell]],
        references: Mapping[str, Sequence[Reference]],
        examples: Sequence[tuple[Source, ReadSource]],
    ) -> dict[str, Variable]:
        documented: dict[str, list[tuple[str, Declaration]]] = {}
        for item, source in examples:
            for declaration in source.reading.declarations:
                documented.setdefault(declaration.name, []).append((item.path, declaration))
            for reference in source.reading.references:
                documented.setdefault(reference.name, [])
        names = {*references, *documented, *(name for row in cells.values() for name in row)}
        framework = plan.framework.name if plan.framework else None
        # What the root declares, it declares for the libraries of every app.
        dependencies = plan.dependencies
        if plan.path == ".":
            dependencies = frozenset().union(*(other.dependencies for other in self.layout.plans))
        variables: dict[str, Variable] = {}
        there = {name for row in cells.values() for name in row} | documented.keys()
        for name in sorted(names):
            public = self._public(name, plan)
            row = {draft.name: cells[draft.name].get(name) or self._missing(name, draft, drafts, public=public) for draft in drafts}
            variables[name] = Variable(
                name=name,
                references=tuple(sorted((_settled(r, there) for r in references.get(name, ())), key=lambda r: r.location)),
                cells=row,
                documented=tuple(documented.get(name, ())),
                injected=platform.injected(name, platforms=self.platforms, framework=framework, runtime=plan.runtime),
                implicit=platform.implicit(name, dependencies),
                public=public,
                optional=self.settings.is_optional(name, plan.path),
                ignored=self.settings.is_ignored(name, plan.path),
            )
        return variables

    def _missing(self, name: str, draft: _Draft, drafts: Sequence[_Draft], *, public: bool) -> Cell:
        """Missing for certain where a source is meant to hold everything, or where its sibling context declares the name."""
        if draft.authority is Authority.WHOLE:
            return Cell(State.MISSING)
        # A developer's machine and one command of a script hold what no file shows.
        formats = {s.source.format for s in draft.speakers if s.source.format != "package_json" and (public or s.content is None)}
        if draft.kind is Kind.LOCAL:
            formats = set()
        # What the browser sees stands in the committed files of each environment, and so what one of them lacks is missing.
        siblings = [
            s
            for other in drafts
            if other is not draft
            for s in other.speakers
            if s.source.format in formats and (s.content is None or (s.source.tracked and not s.source.ignored))
            if not any(_may_lie_over(own, s) for own in draft.speakers)
        ]
        if any(d.name == name and d.state in (State.SET, State.REFERENCE) for speaker in siblings for d in speaker.declarations):
            return Cell(State.MISSING)
        settles = _settling(draft, self.platforms)
        return Cell(State.MISSING, doubt=f"it may be kept where files do not show it{f'; `{settles}` would tell' if settles else ''}")

    def _runs(self, plan: Plan, path: str) -> bool:
        """Whether an app runs the code of a file: its own, or that of a package it depends on."""
        return owner(path, self.layout.folders) in plan.folders

    def _with_addresses(self, reading: Reading) -> Reading:
        return reading._replace(origins=tuple((context, self._with_address(literal)) for context, literal in reading.origins))

    def _with_address(self, literal: Literal) -> Literal:
        try:
            return literal._replace(traits=identify.address_traits(literal.value, key=self.keys.process, digest_key=self.keys.digest))
        except Exception as error:
            at = literal.location
            self.unread.append(failed(at.path, "identification of an address", error)._replace(line=at.line, column=at.column))
            return literal

    def _environment(self, draft: _Draft, reachable: Mapping[str, str]) -> Environment:
        sources = {speaker.source.path: speaker for speaker in draft.speakers}
        return Environment(
            name=draft.name,
            kind=draft.kind,
            sources=tuple(speaker.source for _, speaker in sorted(sources.items())),
            because={path: speaker.because for path, speaker in sorted(sources.items())},
            authority=draft.authority,
            settled_by=None if draft.authority is Authority.WHOLE else _settling(draft, self.platforms),
            origins=tuple(reachable),
            origin_because=reachable,
            modes=setting.modes if (setting := self.settings.environments.get(draft.name)) is not None else {},
        )

    def _say_unknown(self, app: App) -> None:
        needed = [v for v in app.variables.values() if not v.ignored and not v.injected and v.need in (Need.REQUIRED, Need.PLAIN)]
        if not needed:
            return
        for environment in app.environments:
            open_names = [v.name for v in needed if (cell := v.cells[environment.name]).state is State.MISSING and cell.doubt]
            if not open_names:
                continue
            export = f"; `{environment.settled_by}` would settle it" if environment.settled_by else ""
            hand = f" (hand it over with `driftline snapshot {environment.name}=FILE` or `--env-file {environment.name}=FILE`)"
            listed = ", ".join(open_names[:6]) + (f" and {len(open_names) - 6} more" if len(open_names) > 6 else "")
            if environment.authority is None:
                reason = f"no file says what {environment.name} holds, and the code reads {listed}{export}{hand}"
            else:
                held = ", ".join(source.path for source in environment.sources)
                reason = f"{held} may not hold everything, and does not declare {listed}{export}{hand}"
            self.unknown.append(Unknown(f"variables of {environment.name}", environment.name, reason, app.path))


def _with_passed(sources: Sequence[ReadSource]) -> Iterator[ReadSource]:
    """The sources, with the names that stand alone in an env file: Compose, docker and kustomize give those the value of their own process."""
    passing = {file.path for config in sources for file in config.reading.env_files if file.loader in ("compose", "docker")}
    for source in sources:
        if source.path in passing and (found := list(_ALONE.finditer((positions := Positions(source.content)).text))):
            places = ((match[1], Location(source.path, *positions.at(match.start(1)))) for match in found)
            passed = tuple(Declaration(name, State.REFERENCE, None, place, reference=PROCESS) for name, place in places)
            source = source._replace(reading=source.reading._replace(declarations=(*source.reading.declarations, *passed)))
        yield source


def _may_lie_over(one: _Speaker, other: _Speaker) -> bool:
    """Whether a compose file may be the smaller half of another beside it (`-f compose.yml -f compose.prod.yml`): it repeats little of it."""
    if not one.source.format == other.source.format == "compose" or folder_of(one.source.path) != folder_of(other.source.path):
        return False
    names = {declaration.name for declaration in other.declarations}
    return 2 * len(names & {declaration.name for declaration in one.declarations}) < len(names)


def _settled(reference: Reference, there: Set[str]) -> Reference:
    """A read that has other variables to fall back on is needed only where none of those is declared."""
    if not reference.instead or reference.need not in (Need.REQUIRED, Need.PLAIN):
        return reference
    spared = any(other in there for other in reference.instead)
    if not spared and reference.name not in there:  # none is declared: one of them stands for all
        spared = reference.name > min(reference.instead)
    return reference._replace(need=Need.OPTIONAL) if spared else reference


def _as_declared(references: Iterable[Reference], there: Iterable[str]) -> Iterator[Reference]:
    """The references, those that pydantic reads in any case under the spelling that a source declares."""
    spelled: dict[str, list[str]] = {}
    for name in dict.fromkeys(there):
        spelled.setdefault(name.upper(), []).append(name)
    for reference in references:
        names = spelled.get(reference.name.upper()) if reference.how == "BaseSettings" else None
        if names is None:
            yield reference
            continue
        for name in names:
            rest = tuple(other for other in names if other != name)
            yield reference._replace(name=name, instead=(*reference.instead, *rest))


def _of_process(name: str, value: str) -> Declaration:
    """A variable of the process; a secret that a CI system does not have arrives empty."""
    state = State.SET if value.strip() else State.EMPTY
    return Declaration(name, state, Secret(value), Location(PROCESS, 1))


_PUT_IN = late.pattern(r"\$\{?([A-Za-z_]\w*)")


def _put_in(content: str) -> Iterator[str]:
    """What stands behind a `$` in the lines of an env file, but for a line's own name: `KEY=${KEY}` only hands it on."""
    for line in content.splitlines() if "$" in content else ():
        own = line.partition("=")[0].removeprefix("export ").strip()
        yield from (name for name in _PUT_IN.findall(line) if name != own)


def _is_handed_on(declaration: Declaration) -> bool:
    """Whether a declaration only passes on the variable of its own name (`NAME: ${NAME}`)."""
    return declaration.reference == f"${{{declaration.name}}}"


def _is_replaced(declaration: Declaration, replaces: Collection[str]) -> bool:
    """Whether what is laid over a declaration's file replaces its table, or takes the name out of it."""
    return declaration.table is not None and (declaration.table in replaces or f"{declaration.table}.{declaration.name}" in replaces)


def _name_alone(declaration: Declaration) -> Declaration:
    """A declaration that says a name is there, where its value was written for another environment."""
    return declaration._replace(state=State.REFERENCE, value=None, reference="the top level of the file")


def _settling(draft: _Draft, platforms: Sequence[str]) -> str | None:
    for speaker in draft.speakers:
        if speaker.source.settles:
            return speaker.source.settles
    if draft.kind is Kind.LOCAL:
        return None
    return next((command for name in platforms if (command := platform.settles(name))), None)
