"""Which env files reach an app, for which of its environments each speaks, and what its loaders make of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from driftline import loaders
from driftline.environments.drafts import Drafts, Speaker
from driftline.environments.sources import Over, ReadSource, Sources, is_below, is_public
from driftline.formats import dotenv
from driftline.model import Authority, Kind, Location, Reading, Related, Unread, failed
from driftline.project.apps import Layout, Plan, folder_of, owner
from driftline.project.settings import Settings

# Sub-folders of an app in which projects keep env files that something else than the framework loads.
_FOLDERS = ("env", "envs", ".envs", "config", "environments", "docker", "deploy", "supabase", ".vercel")

# A base of every environment ranks below the files of each, and what lies in the workspace's root below the same file of the app.
_BASE = -100
_FAR = 50


class EnvFiles:
    """The env files of a project.

    `links` maps a linked env file to its target (both relative to the root). What the user should know goes to `notes`, what failed to
    `unread`.
    """

    def __init__(
        self, sources: Sources, layout: Layout, settings: Settings, links: Mapping[str, str], notes: list[Related], unread: list[Unread]
    ) -> None:
        self._sources = sources
        self._settings = settings
        self._links = links
        self._notes = notes
        self._unread = unread
        self._of_app = {plan.path: tuple(self._reaching(plan)) for plan in layout.plans}
        self._ambiguous = self._ambiguities(layout.plans)

    # --- which reach an app -------------------------------------------------------------------------------------------------

    def _reaching(self, plan: Plan) -> Iterator[tuple[ReadSource, str]]:
        """The env files of an app, each once, with how they reach it (empty when by their place)."""
        handed = [source for source in self._sources.all if source.handed is not None]
        yield from ((source, ", handed over on the command line") for source in handed)
        seen = {source.path for source in handed}
        for source, why in self._found(plan):
            if source.path not in seen:
                seen.add(source.path)
                yield source, why

    def _found(self, plan: Plan) -> Iterator[tuple[ReadSource, str]]:
        """The same by each way in which an env file comes to an app: a file may come by several, and the first counts."""
        env_files = [source for source in self._sources.all if source.is_env_file]
        by_path = self._sources.by_path
        yield from ((source, "") for source in env_files if self._is_near(source, plan))
        for link, goal in self._links.items():
            if folder_of(link) == plan.path and goal in by_path:
                yield by_path[goal], f", linked from {link}"
        told = self._settings.apps.get(plan.path)
        for goal in told.sources if told else ():
            if goal in by_path and by_path[goal].is_env_file:
                yield by_path[goal], f", and {self._settings.path} says that this app reads it"
        for config, file in self._sources.named:
            reaches = (file.below and is_below(plan.path, config)) or self._sources.app_of(config, file.component) == plan.path
            if reaches and file.path in by_path and by_path[file.path].is_env_file:
                yield by_path[file.path], f", read by {config.path}:{file.location.line}"
        for source in env_files:
            if self._is_far(source, plan) and not dotenv.is_example(source.name):
                yield source, ", which Nx reads for every project of the workspace"
        # An example of the root documents every app that has none of its own, and an app's libraries document it.
        for folder in (*plan.folders[1:], "."):
            yield from ((source, "") for source in env_files if folder_of(source.path) == folder and dotenv.is_example(source.name))

    def _is_near(self, source: ReadSource, plan: Plan) -> bool:
        """Whether an env file lies where the app's loader looks, or in a folder in which projects keep such files."""
        own = "" if plan.env_folder == "." else plan.env_folder + "/"
        inside = source.path[: -len(source.name)]
        kept = inside.startswith(own) and inside[len(own) : -1] in _FOLDERS
        return inside == own or (kept and owner(source.path, self._sources.app_folders) == plan.path)

    def _is_far(self, source: ReadSource, plan: Plan) -> bool:
        """Whether an env file of the root reaches an app below it: Nx reads the root's files after the project's own.

        Nx docs, "Environment variables", 2026-11.
        """
        return "nx.json" in self._sources.by_path and plan.path != "." == folder_of(source.path) and source.is_env_file

    # --- for which environment they speak -----------------------------------------------------------------------------------

    def speak(self, drafts: Drafts) -> list[tuple[ReadSource, str]]:
        """Lets the env files of an app speak in its environments; those that speak in every one are returned, for `lay_beneath`."""
        plan = drafts.plan
        bases: list[tuple[ReadSource, str]] = []
        for source, why in self._of_app[plan.path]:
            source = source._replace(reading=self._with_ambiguities(source))
            if dotenv.is_example(source.name):
                example = source.of_app(plan.path, Authority.EXAMPLE), source.reading
                drafts.examples.append(example)
                drafts.readings.append(example)
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
                    drafts.named(name).speakers.append(self._speaker(source, plan, name, said))
                drafts.readings.append((source.of_app(plan.path, Authority.WHOLE), source.reading))
        return bases

    def speak_by_settings(self, drafts: Drafts) -> None:
        """Makes the environments that the settings name, and lets the files speak that they give to each."""
        for setting in self._settings.environments.values():
            draft = drafts.named(setting.name)
            for path in setting.sources:
                source = self._sources.by_path.get(path)
                if source is None or not source.is_env_file or any(s.source.path == path for s in draft.speakers):
                    continue
                if owner(path, self._sources.app_folders) == drafts.plan.path:
                    draft.speakers.append(self._speaker(source, drafts.plan, setting.name, f"{self._settings.path} says so"))

    def lay_beneath(self, bases: Sequence[tuple[ReadSource, str]], drafts: Drafts) -> None:
        """Lets a base speak in every environment that there is by now, beneath all files of that environment."""
        for source, why in bases:
            item = source.of_app(drafts.plan.path, Authority.PART)
            because = f"{'tracked by git' if source.tracked else 'not ignored by git'}, a base of every environment{why}"
            rank = (0, _BASE - (_FAR if self._is_far(source, drafts.plan) else 0))
            for draft in drafts.by_name.values():
                draft.speakers.append(Speaker(item, because, rank, source.reading.declarations, source.content))
            drafts.readings.append((item, source.reading))

    def _spoken(self, source: ReadSource, plan: Plan) -> tuple[str, str] | tuple[()] | None:
        """(environment, why) of an env file; None for a base of all environments; () for a file of a service."""
        settings, name = self._settings, source.name
        if source.handed is not None:
            return settings.canonical(source.handed), "it was said to be its file"
        for setting in settings.environments.values():
            if source.path in setting.sources:
                return setting.name, f"{settings.path} says so"
        word = dotenv.environment_word(name)
        if word and dotenv.is_pulled(source.path, source.content):
            said = next((part for part in word.split(".") if settings.kind_of(part) is not None), word)
            return settings.canonical(said), f"pulled from Vercel: {name}"
        if name.startswith(".dev.vars") or dotenv.is_local(name):
            return "local", f"file name {name}"
        if word is None or settings.kind_of(word) is None:
            for config, file in self._sources.named:
                if file.path != source.path:
                    continue
                # A file named after a service (`db.env`) is the app's only where the app is that service.
                mine = word is None or self._sources.app_of(config, file.component) == plan.path
                context = file.context if file.context or word is None else config.format.nameless
                if mine and context and settings.kind_of(context) is not None:
                    return settings.canonical(context), f"{config.path}:{file.location.line} names it"
        if word is None:
            if plan.runtime == "supabase-functions":
                return "local", "the functions' own file is read by `supabase functions serve` only"
            if plan.loader == "wrangler":
                return "local", "`wrangler dev` reads it, and no deployed Worker does"
            return ("local", "git ignores it") if source.ignored else None
        if settings.kind_of(word) is None:
            return ()
        return settings.canonical(word), f"file name {name}"

    def _overlays(self, source: ReadSource) -> Mapping[str, Over]:
        """The environments of the files that are laid over the one that reads an env file for no environment; none of those that replace a part."""
        found: dict[str, Over] = {}
        for config, file in self._sources.named:
            if file.path == source.path and file.context is None:
                laid_over = self._sources.laid_over.get(config.path, {})
                found |= {name: over for name, over in laid_over.items() if not over.replaces}
        return found

    def _speaker(self, source: ReadSource, plan: Plan, environment: str, because: str) -> Speaker:
        authority = Authority.WHOLE
        if source.handed is not None or dotenv.is_pulled(source.path, source.content):
            # What the platform itself holds beats every file of the repository.
            return Speaker(source.of_app(plan.path, authority), because, (2, 0), source.reading.declarations, source.content)
        if self._settings.kind_of(environment) is Kind.LOCAL and environment != "local":
            authority = Authority.PART  # `.env.test` and its kin lie over the local files
        elif environment == "local" and source.tracked and not source.ignored:
            authority = Authority.PART
        elif source.tracked and source.reading.declarations and all(is_public(d.name, plan) for d in source.reading.declarations):
            authority = Authority.PART  # a committed file of public values says nothing about the private ones
        order = loaders.files(plan.loader, "development" if environment == "local" else environment)
        index = (order.index(source.name) if source.name in order else len(order)) + (_FAR if self._is_far(source, plan) else 0)
        return Speaker(source.of_app(plan.path, authority), because, (0, -index), source.reading.declarations, source.content)

    # --- what the loaders of one file make of it ----------------------------------------------------------------------------

    def _ambiguities(self, plans: Iterable[Plan]) -> dict[str, dict[str, tuple[str, str]]]:
        """Path -> name -> (sentence, advice), for env files that two loaders in use read differently."""
        found: dict[str, dict[str, tuple[str, str]]] = {}
        for path, loaders_of in self._readers(plans).items():
            source = self._sources.by_path.get(path)
            if source is None or len(loaders_of) < 2 or dotenv.is_example(source.name):
                continue
            partial = [names for names in loaders_of.values() if names is not None]
            whole = sum(names is None for names in loaders_of.values())
            try:
                different = loaders.disagreements(source.content, tuple(loaders_of))
            except Exception as error:
                self._unread.append(failed(path, "comparing the loaders that read it", error))
                continue
            for item in different:
                if whole > 1 or all(item.name in names for names in partial):
                    found.setdefault(path, {})[item.name] = (item.sentence, item.advice)
        return found

    def _readers(self, plans: Iterable[Plan]) -> dict[str, dict[str, set[str] | None]]:
        """Path -> the loaders that read it -> the names that alone they ask it for, None for all."""
        readers: dict[str, dict[str, set[str] | None]] = {}
        for plan in plans:
            for source, _ in self._of_app[plan.path]:
                readers.setdefault(source.path, {})[plan.loader] = None
        for config in self._sources.all:
            for file in config.reading.env_files:
                if file.loader is not None and file.loader in loaders.LOADERS:
                    readers.setdefault(file.path, {})[file.loader] = None
            if config.format.name == "compose":
                # Compose reads the `.env` beside its file for `${X}` alone, so only those names are read twice.
                folder = folder_of(config.path)
                beside = ".env" if folder == "." else f"{folder}/.env"
                readers.setdefault(beside, {}).setdefault("compose", {r.name for r in config.reading.references})
        return readers

    def _with_ambiguities(self, source: ReadSource) -> Reading:
        found = self._ambiguous.get(source.path)
        if not found:
            return source.reading
        declarations = tuple(d._replace(ambiguous=found.get(d.name, ())) for d in source.reading.declarations)
        return source.reading._replace(declarations=declarations)

    def _say_dead(self, source: ReadSource, plan: Plan, environment: str) -> None:
        """A file named after a mode that its loader does not know (`.env.preview` under Next.js) is evidence, and dead to the app."""
        loader = loaders.named(plan.loader)
        if loader.modes is None or source.handed is not None or folder_of(source.path) != plan.path:
            return
        if dotenv.is_pulled(source.path, source.content) or any(file.path == source.path for _, file in self._sources.named):
            return
        if any(source.name in loaders.files(plan.loader, mode) for mode in loader.modes):
            return
        self._notes.append(
            Related(
                Location(source.path, 1),
                f"{loader.title} never reads this file (its modes are {', '.join(loader.modes)}); "
                f"it is taken as a word on what {environment} is meant to hold",
            )
        )


def share_with_previews(drafts: Drafts) -> None:
    """A preview build runs in production mode: where no file names the preview, the production files are read there too.

    What git ignores is not in the checkout that the platform builds previews from.
    """
    production = drafts.by_name.get("production")
    if production is None:
        return
    order = loaders.files(drafts.plan.loader, "production")
    for draft in drafts.by_name.values():
        if draft.kind is not Kind.PREVIEW or any(s.content is not None and s.rank[1] > _BASE for s in draft.speakers):
            continue
        for speaker in production.speakers:
            name = speaker.source.path.rpartition("/")[2]
            if speaker.content is not None and not speaker.source.ignored and name in order and name != ".env":
                source = speaker.source._replace(authority=Authority.PART)
                draft.speakers.append(speaker._replace(source=source, because="a preview build runs in production mode and reads it too"))
