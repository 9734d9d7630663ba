"""The variables of each app: where its code reads them, what their absence means, and what of it files cannot tell."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from driftline import late
from driftline.code import Survey
from driftline.environments.drafts import Draft, Drafts, Speaker
from driftline.environments.sources import Sources, is_public
from driftline.environments.values import Values
from driftline.formats import dotenv
from driftline.knowledge import platform
from driftline.model import App, Authority, Cell, Declaration, Kind, Need, Reading, Reference, Source, State, Unknown, Use, Variable
from driftline.project.apps import Layout, Plan, folder_of, is_shown, owner
from driftline.project.settings import Settings
from driftline.record import NamedTuple

_PUT_IN = late.pattern(r"\$\{?([A-Za-z_]\w*)")


class Names(NamedTuple):
    """The names of variables of the whole project: that something declares, that something reads, that an example documents."""

    declared: frozenset[str]
    used: frozenset[str]
    documented: frozenset[str]


def names(sources: Sources, survey: Survey) -> Names:
    """Which names the sources and the code speak of."""
    declared = {d.name for s in sources.all for d in s.reading.declarations}
    steps = [step for s in sources.all for step in s.reading.passthroughs]
    declared |= {name for step in steps for name in step.names}
    used = {r.name for s in sources.all for r in s.reading.references}
    used |= {r.name for r in survey.references}
    for mentioned in survey.mentions.values():
        used |= mentioned
    # A variable that another one is put together from; anything else behind a `$` may be part of a value.
    used |= {name for s in sources.all for name in _put_in(s.content) if name in declared}
    # A build that hands on every name of a prefix (`env | grep NEXT_PUBLIC_`) takes them from where the platform keeps them.
    handed = [name for step in steps if not step.strict and not step.below for name in step.names]
    prefixes = tuple(name[:-1] for name in handed if name.endswith("_*"))
    declared |= {name for name in used if name.startswith(prefixes)}
    documented = {d.name for s in sources.all if s.is_env_file and dotenv.is_example(s.name) for d in s.reading.declarations}
    return Names(frozenset(declared), frozenset(used), frozenset(documented))


def _put_in(content: str) -> Iterator[str]:
    """What stands behind a `$` in the lines of an env file, but for a line's own name: `KEY=${KEY}` only hands it on."""
    for line in content.splitlines() if "$" in content else ():
        own = line.partition("=")[0].removeprefix("export ").strip()
        yield from (name for name in _PUT_IN.findall(line) if name != own)


def as_declared(references: Iterable[Reference], sources: Sources) -> Iterator[Reference]:
    """The references, those that pydantic reads in any case under the spelling that a source declares."""
    spelled: dict[str, list[str]] = {}
    for name in dict.fromkeys(d.name for source in sources.all for d in source.reading.declarations):
        spelled.setdefault(name.upper(), []).append(name)
    for reference in references:
        found = spelled.get(reference.name.upper()) if reference.how == "BaseSettings" else None
        if found is None:
            yield reference
            continue
        for name in found:
            rest = tuple(other for other in found if other != name)
            yield reference._replace(name=name, instead=(*reference.instead, *rest))


class Variables:
    """Makes the variables of an app from what its code reads and what its environments hold."""

    def __init__(
        self, references: Iterable[Reference], layout: Layout, settings: Settings, platforms: Sequence[str], values: Values
    ) -> None:
        self._layout = layout
        self._settings = settings
        self._platforms = platforms
        self._values = values
        self._references = _by_package(references, layout)

    def of(self, drafts: Drafts, cells: Mapping[str, Mapping[str, Cell]]) -> dict[str, Variable]:
        """The variables of an app, by name. `cells` maps each of its environments to what that declares."""
        plan = drafts.plan
        references = self._read_by(plan, drafts.readings)
        documented: dict[str, list[tuple[str, Declaration]]] = {}
        for source, reading in drafts.examples:
            for declaration in reading.declarations:
                documented.setdefault(declaration.name, []).append((source.path, declaration))
            for reference in reading.references:
                documented.setdefault(reference.name, [])
        there = {name for row in cells.values() for name in row} | documented.keys()
        framework = plan.framework.name if plan.framework else None
        # What the root declares, it declares for the libraries of every app.
        dependencies = plan.dependencies
        if plan.path == ".":
            dependencies = frozenset().union(*(other.dependencies for other in self._layout.plans))
        variables: dict[str, Variable] = {}
        environments = drafts.ordered()
        for name in sorted(there | references.keys()):
            public = is_public(name, plan)
            variables[name] = Variable(
                name=name,
                references=tuple(sorted((_settled(r, there) for r in references.get(name, ())), key=lambda r: r.location)),
                cells={e.name: cells[e.name].get(name) or self._missing(name, e, environments, public=public) for e in environments},
                documented=tuple(documented.get(name, ())),
                injected=platform.injected(name, platforms=self._platforms, framework=framework, runtime=plan.runtime),
                implicit=platform.implicit(name, dependencies),
                public=public,
                optional=self._settings.is_optional(name, plan.path),
                ignored=self._settings.is_ignored(name, plan.path),
            )
        return variables

    def _read_by(self, plan: Plan, readings: Sequence[tuple[Source, Reading]]) -> dict[str, list[Reference]]:
        """Name -> the reads of an app: those of the code that it runs, and those of its configuration."""
        by_name: dict[str, list[Reference]] = {}
        for folder in plan.folders:
            for reference in self._references.get(folder, ()):
                by_name.setdefault(reference.name, []).append(reference)
        for _, reading in readings:
            for reference in reading.references:
                by_name.setdefault(reference.name, []).append(reference)
        return {name: [self._values.with_fallback(reference) for reference in found] for name, found in by_name.items()}

    def _missing(self, name: str, draft: Draft, drafts: Sequence[Draft], *, public: bool) -> Cell:
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
        settles = draft.settling(self._platforms)
        return Cell(State.MISSING, doubt=f"it may be kept where files do not show it{f'; `{settles}` would tell' if settles else ''}")


def _by_package(references: Iterable[Reference], layout: Layout) -> dict[str, list[Reference]]:
    """The folder of each package -> the reads in its code; those that no app runs are mentions."""
    grouped: dict[str, list[Reference]] = {}
    for reference in references:
        path = reference.location.path
        folder = owner(path, layout.folders)
        by_hand = path.endswith(".py") and folder == folder_of(path) and folder in layout.without_python
        if by_hand or is_shown(path.removeprefix(folder + "/")):
            reference = reference._replace(use=Use.MENTION, fallback=None)
        grouped.setdefault(folder, []).append(reference)
    return grouped


def _settled(reference: Reference, there: Set[str]) -> Reference:
    """A read that has other variables to fall back on is needed only where none of those is declared."""
    if not reference.instead or reference.need not in (Need.REQUIRED, Need.PLAIN):
        return reference
    spared = any(other in there for other in reference.instead)
    if not spared and reference.name not in there:  # none is declared: one of them stands for all
        spared = reference.name > min(reference.instead)
    return reference._replace(need=Need.OPTIONAL) if spared else reference


def _may_lie_over(one: Speaker, other: Speaker) -> bool:
    """Whether a compose file may be the smaller half of another beside it (`-f compose.yml -f compose.prod.yml`): it repeats little of it."""
    if not one.source.format == other.source.format == "compose" or folder_of(one.source.path) != folder_of(other.source.path):
        return False
    declared = {declaration.name for declaration in other.declarations}
    return 2 * len(declared & {declaration.name for declaration in one.declarations}) < len(declared)


def unknown(app: App) -> Iterator[Unknown]:
    """For each environment of an app, the variables that its code needs and of which no file says whether they are there."""
    needed = [v for v in app.variables.values() if not v.ignored and not v.injected and v.need in (Need.REQUIRED, Need.PLAIN)]
    for environment in app.environments if needed else ():
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
        yield Unknown(f"variables of {environment.name}", environment.name, reason, app.path)
