"""Builds each app's environments: which source speaks for which, what every cell really holds, and what files cannot tell."""

from collections.abc import Iterator, Mapping, Sequence

from driftline.code import Survey, kind_of_settings
from driftline.environments import configs, env_files, variables
from driftline.environments.cells import cells
from driftline.environments.drafts import Draft, Drafts
from driftline.environments.env_files import EnvFiles
from driftline.environments.sources import ReadSource, Sources
from driftline.environments.values import Keys, Values
from driftline.environments.variables import Variables
from driftline.knowledge import platform
from driftline.model import App, Authority, Claim, Environment, Kind, Literal, Reading, Related, Source, Unknown, Unread
from driftline.project import dashboards, live, origins
from driftline.project.apps import Layout, Plan, owner
from driftline.project.settings import Settings
from driftline.record import NamedTuple

__all__ = ["Assembly", "Keys", "ReadSource", "assemble"]


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
    """Takes one app after the other through the steps: who speaks for each environment, what its cells hold, which variables there are."""

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
        self.sources = Sources(sources, layout, settings)
        self.layout = layout
        self.survey = survey._replace(references=tuple(variables.as_declared(survey.references, self.sources)))
        self.settings = settings
        self.platforms = platforms
        self.surroundings = surroundings
        self.notes = [note for source in self.sources.all for note in source.reading.notes]
        self.unread: list[Unread] = []
        self.values = Values(keys, self.unread)
        self.env_files = EnvFiles(self.sources, layout, settings, links, self.notes, self.unread)
        self.variables = Variables(self.survey.references, layout, settings, platforms, self.values)
        self.names = variables.names(self.sources, self.survey)
        self.known = frozenset().union(*self.names)

    def assembly(self) -> Assembly:
        declared, used, documented = self.names
        apps = tuple(self._app(plan) for plan in self.layout.plans)
        stray = tuple(configs.stray(self.sources, apps, self.values))
        unknown = [one for app in apps for one in variables.unknown(app)]
        unknown += (one for app in apps for one in dashboards.unknown(app, stray))
        if self.surroundings is not None:
            declared |= {name for name, value in self.surroundings.variables.items() if value.strip()}
        return Assembly(
            apps,
            tuple(unknown),
            tuple(dict.fromkeys(self.notes)),
            tuple(self.unread),
            declared,
            used,
            documented,
            tuple(
                self.values.with_address(literal)
                for literal in self.survey.literals
                if not any(self._runs(plan, literal.location.path) for plan in self.layout.plans)
            ),
            stray,
        )

    def _app(self, plan: Plan) -> App:
        drafts = self._drafts(plan)
        ordered = drafts.ordered()
        held = {draft.name: cells(draft, plan.loader, self.values, self.unread) for draft in ordered}
        found = self.variables.of(drafts, held)
        readings = [(source, self.values.with_addresses(reading)) for source, reading in drafts.readings]
        reachable = origins.of(
            [origins.Place(d.name, d.kind, held[d.name], {s.source.path: s.because for s in d.speakers}) for d in ordered],
            readings,
            self.settings,
        )
        environments = tuple(self._environment(draft, reachable[draft.name]) for draft in ordered)
        routes = self.survey.routes
        return App(
            path=plan.path,
            framework=plan.framework.name if plan.framework else None,
            loader=plan.loader,
            runtime=plan.runtime,
            environments=environments,
            variables=found,
            examples=tuple(source for source, _ in drafts.examples),
            readings=tuple(readings),
            public_prefixes=plan.framework.public_prefixes if plan.framework else (),
            inlines=plan.framework is not None and plan.framework.inlines,
            literals=tuple(self.values.with_address(one) for one in self.survey.literals if self._runs(plan, one.location.path)),
            claims=tuple(self._claims(plan, environments, readings)),
            routes=None if routes is None else tuple(route for route in routes if self._runs(plan, route.location.path)),
        )

    def _drafts(self, plan: Plan) -> Drafts:
        """The environments of an app with everybody who speaks for them.

        There always is a production; a local one wherever anything else is spoken of; a preview where a host in use has them.
        """
        drafts = Drafts(plan, self.settings)
        bases = self.env_files.speak(drafts)
        configs.speak(drafts, self.sources, self.settings)
        self.env_files.speak_by_settings(drafts)
        if self.surroundings is not None:
            configs.speak_live(self.surroundings, self.known, drafts, self.platforms, self.settings)
        drafts.named("production")
        if bases or drafts.by_name.keys() - {"production"}:
            drafts.named("local")
        kinds = {draft.kind for draft in drafts.by_name.values()}
        if Kind.PREVIEW not in kinds and any(platform.has_previews(name) for name in self.platforms):
            drafts.named("preview")
        # Bases speak for whatever environment there is.
        self.env_files.lay_beneath(bases, drafts)
        env_files.share_with_previews(drafts)
        return drafts

    def _environment(self, draft: Draft, reachable: Mapping[str, str]) -> Environment:
        speakers = {speaker.source.path: speaker for speaker in draft.speakers}
        setting = self.settings.environments.get(draft.name)
        return Environment(
            name=draft.name,
            kind=draft.kind,
            sources=tuple(speaker.source for _, speaker in sorted(speakers.items())),
            because={path: speaker.because for path, speaker in sorted(speakers.items())},
            authority=draft.authority,
            settled_by=None if draft.authority is Authority.WHOLE else draft.settling(self.platforms),
            origins=tuple(reachable),
            origin_because=reachable,
            modes=setting.modes if setting is not None else {},
        )

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

    def _runs(self, plan: Plan, path: str) -> bool:
        """Whether an app runs the code of a file: its own, or that of a package it depends on."""
        return owner(path, self.layout.folders) in plan.folders
