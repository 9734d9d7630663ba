"""What the files of platforms and tools, and the live process, declare for the environments of an app."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set

from driftline.environments.drafts import Drafts, Speaker
from driftline.environments.sources import Over, ReadSource, Sources, is_below
from driftline.environments.values import Values
from driftline.knowledge import platform
from driftline.model import PROCESS, App, Authority, Declaration, Location, Reading, Secret, Source, State
from driftline.project import live
from driftline.project.settings import Settings

# The declarations without a context lie beneath those with one.
_BENEATH = 1000


def speak(drafts: Drafts, sources: Sources, settings: Settings) -> None:
    """Lets every source but the env files say what it has to say of an app."""
    for source in sources.all:
        if not source.is_env_file:
            _speak(source, drafts, sources, settings)


def _speak(source: ReadSource, drafts: Drafts, sources: Sources, settings: Settings) -> None:
    app, reading = drafts.plan.path, source.reading
    mine = [d for d in reading.declarations if sources.app_of(source, d.component) == app]
    references = [r for r in reading.references if sources.app_of(source, r.component) == app]
    if not mine and not references and sources.app_of(source, None) != app:
        steps = tuple(p for p in reading.passthroughs if p.below and is_below(app, source))
        if steps:
            drafts.readings.append((source.of_app(app, source.format.authority), Reading(passthroughs=steps)))
        return
    authority = reading.authority or source.format.authority
    if authority is Authority.WHOLE and reading.declarations and not mine:
        authority = Authority.PART  # it names the variables of other apps, and so says nothing of what this one lacks
    item = source.of_app(app, authority)
    drafts.readings.append((item, reading._replace(declarations=tuple(mine), references=tuple(references))))
    if source.format.authority is Authority.EXAMPLE:
        return
    contexts = dict.fromkeys([*reading.contexts, *(d.context for d in mine if d.context)])
    named = {context: settings.canonical(context) for context in contexts if settings.kind_of(context) is not None}
    nameless = [d for d in mine if d.context is None]
    laid_over = sources.laid_over.get(source.path, {})
    targets = _targets(source, named, laid_over, speaks_without_context=bool(nameless))
    for environment, why in sorted(targets.items()):
        said, replaced = _said(source, mine, environment, named, laid_over.get(environment))
        if replaced:
            why += f", which replaces {', '.join(replaced[:3])}{' and more' if len(replaced) > 3 else ''}"
        drafts.named(environment).speakers.append(Speaker(item, why, (1, 0), tuple(said)))
    also = source.format.also
    if also is None or not nameless:
        return
    has_own_context = source.format.nameless in named.values()
    if has_own_context:
        drafts.named(also)  # nothing else speaks of what no environment inherits
    if also in drafts.by_name and also not in targets:
        beneath = nameless if has_own_context else [_name_alone(d) for d in nameless]
        why = f"{source.format.title} its top level is read in {also} too, beneath env files"
        speaker = Speaker(item._replace(settles=None), why, (-1, 0), tuple(d._replace(identity=None) for d in beneath))
        drafts.named(also).speakers.append(speaker)


def _targets(
    source: ReadSource, named: Mapping[str, str], laid_over: Mapping[str, Over], *, speaks_without_context: bool
) -> dict[str, str]:
    """Environment -> why a source speaks for it. `named` maps its contexts to their environments."""
    title, word = source.format.title, source.format.nameless
    targets: dict[str, str] = {}
    if speaks_without_context:
        if word == "base":
            targets = dict.fromkeys(("production", *named.values()), f"{title} base of every context")
        else:
            targets[word] = f"{title} names no environment and speaks for {word}"
        targets |= {environment: f"{title} base of every file laid over it, such as {over.path}" for environment, over in laid_over.items()}
    return targets | {environment: f"{title} context {context}" for context, environment in named.items()}


def _said(
    source: ReadSource, declarations: Iterable[Declaration], environment: str, named: Mapping[str, str], over: Over | None
) -> tuple[list[Declaration], list[str]]:
    """The declarations of a source that hold in one environment, and the names of those that the file laid over it replaces there."""
    said: list[Declaration] = []
    replaced: list[str] = []
    home = source.format.nameless in ("base", environment) and environment not in named.values()
    for declaration in declarations:
        if declaration.context is not None:
            if named.get(declaration.context) == environment:
                said.append(declaration)
        elif over is not None and _is_replaced(declaration, over.replaces):
            replaced.append(declaration.name)
        elif declaration.inherits or home:
            said.append(declaration._replace(layer=declaration.layer - _BENEATH))
    return said, replaced


def _is_replaced(declaration: Declaration, replaces: Collection[str]) -> bool:
    """Whether what is laid over a declaration's file replaces its table, or takes the name out of it."""
    return declaration.table is not None and (declaration.table in replaces or f"{declaration.table}.{declaration.name}" in replaces)


def _name_alone(declaration: Declaration) -> Declaration:
    """A declaration that says a name is there, where its value was written for another environment."""
    return declaration._replace(state=State.REFERENCE, value=None, reference="the top level of the file")


def speak_live(around: live.Surroundings, known: Set[str], drafts: Drafts, platforms: Sequence[str], settings: Settings) -> None:
    """The process environment beats every file: of its variables, those that the project knows or a library of the app reads."""
    plan = drafts.plan
    framework = plan.framework.name if plan.framework else None

    def is_wanted(name: str) -> bool:
        if platform.injected(name, platforms=platforms, framework=framework, runtime=plan.runtime):
            return False
        return name in known or platform.read_by_library(name, plan.dependencies)

    declarations = tuple(_of_process(name, around.variables[name]) for name in sorted(around.variables) if is_wanted(name))
    source = Source(PROCESS, PROCESS, Authority.WHOLE if around.whole else Authority.PART, plan.path)
    drafts.named(settings.canonical(around.target)).speakers.append(Speaker(source, around.because, (3, 0), declarations))
    drafts.readings.append((source, Reading(declarations)))


def _of_process(name: str, value: str) -> Declaration:
    """A variable of the process; a secret that a CI system does not have arrives empty."""
    state = State.SET if value.strip() else State.EMPTY
    return Declaration(name, state, Secret(value), Location(PROCESS, 1))


def stray(sources: Sources, apps: Iterable[App], values: Values) -> Iterator[tuple[Source, Reading]]:
    """Platform files that no app has taken, those of a project whose root is no app; of the others, what they hand to no app at all: the
    variables of a database's image."""
    taken = {(source.path, source.format) for app in apps for source, _ in app.readings}
    for source in sources.all:
        if source.is_env_file:
            continue
        item = Source(source.path, source.format.name, source.format.authority, ".", source.tracked)
        if (source.path, source.format.name) not in taken:
            yield item, values.with_addresses(source.reading)
        elif beside := [d for d in source.reading.declarations if d.component and sources.app_of(source, d.component) is None]:
            yield item, Reading(tuple(values.with_traits(declaration) for declaration in beside))
