"""The spine: discover, read, identify, judge, suppress, report, in this order; knows no flag, no colour and no file format."""

import os
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from driftline import code, environments, formats, late, rules, suppress
from driftline.environments import Keys, ReadSource
from driftline.formats import dotenv
from driftline.knowledge import platform
from driftline.model import (
    App,
    Facts,
    Finding,
    Location,
    Misuse,
    Progress,
    Related,
    Report,
    Severity,
    Sighting,
    Text,
    Unread,
    Unreadable,
    failed,
)
from driftline.project import apps, files, live
from driftline.project.files import File, Tree
from driftline.project.settings import Settings, matches, nearest
from driftline.project.text import conflict, is_text, ours
from driftline.record import NamedTuple

if TYPE_CHECKING:
    from driftline.bundle.workers import Crew

JUDGED = ("drift", "credentials", "callbacks", "exposure")


class Request(NamedTuple):
    """What to audit. `loader` is the loader every env file is read with, None to detect it; `progress` is told how far the work is.

    `bundles` are folders and files of built output; `alone` is True where they belong to no project; `limits` are the fields of
    `bundle.unpack.Limits` that differ from its own; `cache` is the folder for compiled patterns.
    """

    root: str
    settings: Settings
    command: str = "check"
    target: str | None = None
    app: str | None = None
    env_files: tuple[tuple[str | None, str], ...] = ()
    baseline: tuple[suppress.Accepted, ...] = ()
    digest_key: str | None = None
    loader: str | None = None
    today: date | None = None
    surroundings: live.Surroundings | None = None
    progress: Progress | None = None
    bundles: tuple[str, ...] = ()
    alone: bool = False
    limits: Mapping[str, int] = {}
    jobs: int | None = None
    cache: str | None = None


class Project(NamedTuple):
    """Everything read from the project, before it is judged."""

    facts: Facts
    assembly: environments.Assembly
    unread: tuple[Unread, ...]
    files: int
    bytes: int
    texts: Callable[[str], str | None]
    keys: Keys
    commented: tuple[str, ...] = ()


def check(request: Request) -> Report:
    """Audits the whole project. Raises Misuse for what the user can mend, Unreadable when the root cannot be listed."""
    started = time.perf_counter()
    tree = files.walk(request.root, request.settings.is_excluded)
    project = read_whole(request, tree)
    notes: tuple[Related, ...] = ()
    if request.command == "predeploy":  # what is about to be deployed lies in the project
        request, notes = with_found_output(request, project.facts.apps)
        if not request.bundles and any(app.public_prefixes for app in project.facts.apps):
            notes = (Related(Location(".", 1), "no built output lies here, so none was looked at: build first, or name it with --bundle"),)
    if request.bundles:
        project = with_output(request, project)
    report = judge(request, project, started)
    return report._replace(notes=(*notes, *report.notes))


def with_found_output(request: Request, found: Iterable[App]) -> tuple[Request, tuple[Related, ...]]:
    """The request with the built output that lies in the folders of the apps, and a note for each; as it is where output was named."""
    from driftline.bundle import serve

    if request.bundles:
        return request, ()
    root = os.path.abspath(request.root)
    folders = [os.path.normpath(os.path.join(root, app.path)) for app in found if request.app in (None, app.path)]
    paths = dict.fromkeys(path for folder in folders for path in serve.built(folder))
    kept = tuple(path for path in paths if not request.settings.is_excluded(shown(path, root)))
    said = "built output that was found here and looked at: it shows what the last build wrote"
    return request._replace(bundles=kept), tuple(Related(Location(shown(path, root), 1), said) for path in kept)


def shown(path: str, root: str) -> str:
    """A path as the report shows it: relative to the root, with `/`."""
    return os.path.relpath(path, root).replace(os.sep, "/")


# A month: keys are rotated and variables added more often than that.
_OLD = 30


def _old_snapshots(assembly: environments.Assembly, today: date) -> Iterable[Related]:
    """A note for every snapshot that is old by its own date."""
    taken = {source.path: reading.taken for app in assembly.apps for source, reading in app.readings if reading.taken}
    for path, day in sorted(taken.items()):
        try:
            age = (today - date.fromisoformat(day)).days
        except ValueError:
            continue
        if age > _OLD:
            yield Related(Location(path, 1), f"this snapshot is {age} days old ({day}); what changed since is not known: export it again")


# The files that hold names and hashes of packages, and pictures of pages: nobody writes a key into them.
NO_TEXT = late.pattern(
    r"(?:^|/)(?:package-lock\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?|poetry\.lock|uv\.lock|Cargo\.lock|go\.sum|composer\.lock|Gemfile\.lock)$"
    r"|\.(?:png|jpe?g|gif|webp|avif|ico|svg|woff2?|ttf|otf|eot|mp[34]|mov|webm|pdf|wasm|psd|lockb)$",
    re.IGNORECASE,
)
NOT_INTO = "no text; not looked into"


class _Seen(NamedTuple):
    """A file that was read: what it says where it is code, or the problem with reading it.

    `sightings` are its credentials where it is text that was looked at for them, `unread` what of them could not be.
    """

    path: str
    problem: Unread | None = None
    said: code.Look | None = None
    size: int = 0
    commented: bool = False
    sightings: tuple[Sighting, ...] | None = None
    unread: tuple[Unread, ...] = ()


def _see(
    content: Callable[[str], bytes], path: str, folders: Sequence[str], *, whole: bool = True, readings: code.Readings | None = None
) -> _Seen:
    """Reads a file of code; `folders`, `whole` and `readings` as in `code.survey`."""
    try:
        text = content(path)
    except Unreadable as problem:
        return _Seen(path, Unread(path, problem.reason, problem.line, problem.column))
    look = code.look(code.CodeFile(path, text), folders=folders, whole=whole, readings=readings)
    return _Seen(path, None, look, len(text), _COMMENT in text)


# What a comment begins with that accepts a finding.
_COMMENT = b"driftline:"


class _Tracked:
    """The text that git tracks: looked at for credentials when it is read, whatever it is read for, so that each file is read once."""

    def __init__(self, request: Request, tree: Tree, keys: Keys) -> None:
        from driftline.bundle.scan import Texts

        self._root = tree.root
        self._left = {file.path for file in tree.files if file.tracked and not NO_TEXT.search(file.path)}
        self._found: dict[str, tuple[Sighting, ...]] = {}
        self._binary: set[str] = set()
        self.bytes = 0
        self._texts = Texts(cache=request.cache, key=keys.process, digest_key=keys.digest)

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises Unreadable."""
        content = files.read(self._root, path)
        self.bytes += len(content)
        if path in self._left:
            self._left.remove(path)
            if is_text(content):
                self._found[path] = self._texts.sightings(path, content)
        return content

    def look(self, paths: Sequence[str], folders: Sequence[str], number: int) -> _Seen:
        """What one of the paths says: its credentials, and where it is code, what the code says."""
        path, before = paths[number], len(self._texts.unread)
        seen = _see(self.read, path, folders) if code.is_code(path) else _Seen(path, self._passed(path))
        return seen._replace(sightings=self._found.get(path), unread=tuple(self._texts.unread[before:]))

    def joined(self, crew: "Crew[_Seen]", progress: Progress | None) -> Mapping[str, _Seen]:
        """What the files say, by path, when all of the crew are done; the credentials that others have found are kept."""
        done = (lambda count: progress(count, self.bytes)) if progress is not None else (lambda _count: None)
        seen = {one.path: one for one in crew.results(done).values()}
        for path in self._left.intersection(seen):
            one = seen[path]
            if one.problem is None:
                self._left.remove(path)
                self._texts.unread += one.unread
                if one.sightings is not None:
                    self._found[path] = one.sightings
                elif not code.is_code(path):
                    self._binary.add(path)
        return seen

    def left(self) -> frozenset[str]:
        """The paths of what was not read yet."""
        return frozenset(self._left)

    def sightings(self) -> tuple[tuple[Sighting, ...], tuple[Unread, ...], list[Related]]:
        """The credentials of all tracked text, what of it could not be looked at, and what is no text.

        Of a link git keeps where it leads, and no text.
        """
        problems = [self._passed(path) for path in sorted(self._left)]
        unread = [one for one in problems if one is not None and not os.path.islink(os.path.join(self._root, one.path))]
        found = tuple(sighting for path in sorted(self._found) for sighting in self._found[path])
        return found, (*unread, *self._texts.unread), files.together(sorted(self._binary), NOT_INTO)

    def _passed(self, path: str) -> Unread | None:
        """Looks for credentials in a file that is read for nothing else; why it cannot be read."""
        try:
            content = files.text(self._root, path)
        except Unreadable as problem:
            return Unread(path, problem.reason)
        self._left.discard(path)
        if content is None:
            self._binary.add(path)
        else:
            self._found[path] = self._texts.sightings(path, content)
        return None


def read_whole(request: Request, tree: Tree) -> Project:
    """Reads the project, with the credentials that stand in the text that git tracks."""
    keys = Keys.fresh(request.digest_key)
    if not tree.git:
        return read_tree(request, tree, partial(files.read, tree.root), keys=keys)
    tracked = _Tracked(request, tree, keys)
    mine = {file.path for file in tree.files if not file.ignored}
    # While the configuration is read here, other processors begin with the code, and with what is read for credentials only.
    paths = sorted(path for path in mine if code.is_code(path))
    paths += sorted(tracked.left().difference(paths, formats.recognised(mine)))
    if len(paths) < _SHARED:
        project = read_tree(request, tree, tracked.read, keys=keys)
    else:
        from driftline.bundle.workers import Crew, available

        with Crew(partial(tracked.look, paths, apps.folders(mine)), len(paths), request.jobs or available()) as crew:
            project = read_tree(request, tree, tracked.read, keys=keys, ahead=partial(tracked.joined, crew, request.progress))
    found, unread, notes = tracked.sightings()
    return project._replace(
        facts=project.facts._replace(committed=found),
        assembly=project.assembly._replace(notes=(*project.assembly.notes, *notes)),
        unread=tuple(dict.fromkeys((*project.unread, *unread))),
    )


# Fewer files are read before another process has begun.
_SHARED = 300


# What is said about built output, and about the output beside its project.
_ON_OUTPUT = frozenset((*rules.ON_OUTPUT, "server-variable-in-client", "wrong-environment-build"))
# Judged on sources, too.
_ON_SOURCE = frozenset(("server-variable-in-client",))


def bundle(request: Request) -> Report:
    """Audits built output alone; the project gives the values to look for. Raises Misuse for what the user can mend."""
    started = time.perf_counter()
    tree = Tree(request.root, (), False, ()) if request.alone else files.walk(request.root, request.settings.is_excluded)
    inside = tuple(os.path.relpath(path, request.root).replace(os.sep, "/") for path in request.bundles)
    tree = tree._replace(files=tuple(f for f in tree.files if not any(f.path == path or f.path.startswith(path + "/") for path in inside)))
    project = read_tree(request, tree, lambda path: files.read(tree.root, path), ())
    project = with_output(request, project._replace(files=0, bytes=0))
    places = {link.location for link in project.facts.output.links}
    report = judge(request, project, started, lambda finding: finding.rule in _ON_OUTPUT or finding.location in places)
    return report._replace(unknown=())


def with_output(request: Request, project: Project) -> Project:
    """The project with what its built output says."""
    from driftline.bundle import project as built
    from driftline.bundle.scan import Limits, scan

    found = scan(
        request.bundles,
        root=request.root,
        limits=Limits(**request.limits),
        known=built.known_values(project.facts.apps),
        jobs=request.jobs,
        cache=request.cache,
        progress=request.progress,
        key=project.keys.process,
        digest_key=project.keys.digest,
    )
    nothing = () if found.files else (Unread(request.bundles[0], "there is no built file to look at"),)
    return project._replace(
        facts=built.facts_with(project.facts, found),
        unread=tuple(dict.fromkeys((*project.unread, *found.unread, *nothing))),
        files=project.files + found.files,
        bytes=project.bytes + found.bytes,
    )


# No run is older than the code. A clock that says so would let pass what expired: acceptances, keys.
_MADE = date(2026, 11, 1)


def judge(request: Request, project: Project, started: float, keep: Callable[[Finding], bool] = lambda _finding: True) -> Report:
    """Judges what was read; `started` is when the work began (time.perf_counter), `keep` chooses the findings to report."""
    broken: dict[str, str] = {}
    options = {name: setting.options for name, setting in request.settings.rules.items()}
    groups = JUDGED if project.facts.evidence is None else (*JUDGED, "review")
    found = filter(keep, rules.check(project.facts, groups, options, broken))
    findings = suppress.number(_ordered(_wanted(found, request)))
    today = request.today or date.today()
    whole = request.target is None and request.app is None and request.command in ("check", "matrix", "baseline")
    result = suppress.mark(
        findings,
        request.settings,
        request.baseline,
        project.texts,
        today,
        whole=whole,
        judged={rule: _is_judged(rule, group in groups, broken, request) for rule, group in rules.groups().items()},
        commented=project.commented,
    )
    if not project.files and not request.bundles:
        project = project._replace(
            unread=(*project.unread, Unread(".", "there is nothing to audit here: no env file, configuration or code"))
        )
    clock = (Unread("the clock", f"says {today}, before this version was made; what expires was not judged"),) if today < _MADE else ()
    silent = tuple(Unread(f"rule {name}", f"failed inside driftline ({kind}); please report it") for name, kind in sorted(broken.items()))
    assembly = project.assembly
    return Report(
        command=request.command,
        root=".",
        target=request.target,
        apps=tuple(app for app in assembly.apps if request.app in (None, app.path)),
        findings=result.findings,
        public=project.facts.output.public,
        unread=(*project.unread, *clock, *silent),
        unknown=tuple(u for u in assembly.unknown if request.app in (None, u.app) and request.target in (None, u.environment)),
        notes=(*assembly.notes, *_old_snapshots(assembly, today)),
        files=project.files,
        bytes=project.bytes,
        declarations=sum(len(reading.declarations) for app in assembly.apps for _, reading in app.readings),
        references=sum(len(variable.references) for app in assembly.apps for variable in app.variables.values()),
        seconds=time.perf_counter() - started,
        stale=result.stale,
    )


def _is_judged(rule: str, wanted: bool, failed: Mapping[str, str], request: Request) -> bool:
    """Whether a rule was judged in this run, so that its silence means something."""
    setting = request.settings.rules.get(rule)
    switched_on = setting is None or setting.enabled
    return wanted and switched_on and rule not in failed and (bool(request.bundles) or rule not in _ON_OUTPUT - _ON_SOURCE)


def read(request: Request) -> Project:
    """Discovers and reads: every source, every reference, every app with its environments."""
    tree = files.walk(request.root, request.settings.is_excluded)
    return read_tree(request, tree, partial(files.read, tree.root))


def read_tree(
    request: Request,
    tree: Tree,
    content: Callable[[str], bytes],
    code_paths: Collection[str] | None = None,
    *,
    keys: Keys | None = None,
    readings: code.Readings | None = None,
    ahead: Callable[[], Mapping[str, _Seen]] = dict,
) -> Project:
    """Reads the project that consists of `tree`, whose files' bytes `content` gives (raising Unreadable).

    `code_paths` limits the code that is looked at, None for all of it; `keys` are this run's, None to make them; `readings` are of code
    that was parsed before; `ahead` gives what was looked at meanwhile, when everything else is read.
    """
    settings = request.settings
    reader = _Reader(request, tree, content, code_paths, ahead)
    sources = reader.sources()
    paths = {file.path for file in tree.files if not file.ignored}
    homes = {apps.folder_of(source.path) for source in sources if source.format.name in _MAKES_AN_APP}
    # What a file deploys from a folder of its own; in a workflow the folder is only where a step works.
    deployed = (component for source in sources if source.format.name != "github_actions" for component in source.reading.components)
    homes |= {component.root for component in deployed if component.root not in (None, ".")}
    told = {path: setting.loader for path, setting in settings.apps.items() if setting.loader}
    layout = apps.find(paths, reader.text, homes.__contains__, lambda path: request.loader or told.get(path))
    paths_of_apps = [plan.path for plan in layout.plans]
    if request.app is not None and request.app not in paths_of_apps:
        near = nearest(request.app, paths_of_apps)
        raise Misuse(f'there is no app "{request.app}"; the apps are: {", ".join(paths_of_apps)}{near}')
    whole = code_paths is None
    survey = code.survey(reader.code(layout.folders, readings, whole=whole), packages=layout.packages, whole=whole)
    links = {path: goal for path in reader.recognised if formats.is_env_file(path) and (goal := files.target(tree.root, path))}
    keys = keys or Keys.fresh(request.digest_key)
    assembly = environments.assemble(
        sources,
        layout,
        survey,
        settings,
        links=links,
        platforms=platform.platforms_of(paths),
        keys=keys,
        surroundings=request.surroundings and request.surroundings._replace(alone=request.app is not None or len(layout.plans) == 1),
    )
    strange = [
        Related(Location(settings.path or "", 1), f'names the app "{path}", which is not here{nearest(path, paths_of_apps)}')
        for path in sorted(settings.apps.keys() - paths_of_apps)
    ]
    assembly = assembly._replace(notes=(*tree.notes, *assembly.notes, *reader.notes, *strange))
    known = {environment.name for app in assembly.apps for environment in app.environments}
    if request.target is not None and request.target not in known:
        near = nearest(request.target, known)
        raise Misuse(f'there is no environment "{request.target}"; the environments are: {", ".join(sorted(known))}{near}')
    facts = Facts(
        root=request.root,
        apps=assembly.apps,
        tracked=frozenset(file.path for file in tree.files if file.tracked) if tree.git else None,
        target=request.target,
        today=(request.today or date.today()).isoformat(),
        files=frozenset(paths),
        declared=assembly.declared,
        used=assembly.used,
        documented=assembly.documented,
        literals=assembly.literals,
        stray=assembly.stray,
        shared=settings.shared,
        accounts=settings.accounts,
    )
    unread = (*tree.unread, *reader.unread, *layout.unread, *survey.unread, *assembly.unread)
    return Project(
        facts, assembly, tuple(dict.fromkeys(unread)), reader.count, reader.bytes, reader.known_text, keys, tuple(reader.commented)
    )


# A folder with one of these is deployed, or run, with an environment of its own.
_MAKES_AN_APP = frozenset(("dotenv", "wrangler", "vercel", "netlify", "fly", "apphosting", "appengine", "render", "eas"))


_TORN = "holds an unresolved merge conflict: keep one side of it, and delete the lines of `<`, `=` and `>`"


def readers_of(path: str, named: Collection[str], *, ignored: bool = False) -> tuple[formats.Reader, ...]:
    """What reads a file as a source: of examples, fixtures and tests only templates are; `named` are the files that the settings call env files."""
    found = tuple(formats.readers_of(path, ignored=ignored))
    if apps.is_material(path):
        found = tuple(reader for reader in found if reader.FORMAT.in_templates)
    return found or ((dotenv,) if path in named else ())


def env_files(request: Request, tree: Tree, content: Callable[[str], bytes]) -> frozenset[str]:
    """The paths that configuration names as env files, in a project as for `read_tree`."""
    sources = _Reader(request, tree, content, None, dict).sources()
    return frozenset(file.path for source in sources for file in source.reading.env_files)


class _Reader:
    """Reads each file once; what cannot be read becomes a value."""

    def __init__(
        self,
        request: Request,
        tree: Tree,
        content: Callable[[str], bytes],
        code_paths: Collection[str] | None,
        ahead: Callable[[], Mapping[str, _Seen]],
    ) -> None:
        self.request = request
        self.ahead = ahead
        self.tree = tree
        self.content = content
        self.code_paths = code_paths
        self.unread: list[Unread] = []
        self.notes: list[Related] = []
        self.commented: list[str] = []
        self.count = 0
        self.bytes = 0
        self._texts: dict[str, str] = {}
        self.recognised = formats.recognised(file.path for file in tree.files)

    def text(self, path: str) -> str:
        """A file's text. Raises Unreadable."""
        if path not in self._texts:
            content = self.content(path)
            self._counted(path, len(content), commented=_COMMENT in content)
            self._texts[path] = files.decode(content)
        return self._texts[path]

    def known_text(self, path: str) -> str | None:
        """A file's text for looking up comments; None where it cannot be read."""
        try:
            return self._texts.get(path) or files.decode(self.content(path))
        except Unreadable:
            return None

    def sources(self) -> tuple[ReadSource, ...]:
        """Every file that a format recognises, read by it."""
        found = []
        present = {file.path for file in self.tree.files}
        named = self.request.settings.sources
        recognised = {*self.recognised, *named}
        for file in self.tree.files:
            if file.path not in recognised:
                continue
            readers = readers_of(file.path, named, ignored=file.ignored)
            if not readers or files.target(self.tree.root, file.path) in present:  # what a link leads to is read at its own place
                continue
            for reader in readers:
                source = self._source(file, reader)
                if source is not None:
                    found.append(source)
        found += self._named_by(found)
        handed = [self._handed(environment, path) for environment, path in self.request.env_files]
        for path in sorted(named - present):
            self.notes.append(Related(Location(self.request.settings.path or "", 1), f"names {path}, which is not here"))
        paths = {source.path for source in handed}
        return (*(source for source in found if source.path not in paths), *handed)

    def _named_by(self, sources: Sequence[ReadSource]) -> Iterable[ReadSource]:
        """The files that configuration names as env files, and no format knows by their name."""
        known = {source.path for source in sources}
        wanted = {file.path for source in sources for file in source.reading.env_files} - known
        for file in self.tree.files if wanted else ():
            if file.path in wanted and not tuple(formats.readers_of(file.path)):
                source = self._source(file, dotenv)
                if source is not None:
                    yield source

    def _handed(self, environment: str | None, path: str) -> ReadSource:
        """A file named by the user, inside the root or not. Raises Misuse when it cannot be read: it was asked for."""
        folder, base = os.path.split(os.path.abspath(path))
        named = dotenv.environment_word(base) if dotenv.is_env_file(base) else None
        if named is not None and self.request.settings.kind_of(named) is None:
            named = None  # a service, not an environment
        word = environment or named or self.request.target or ("production" if self.request.command == "bundle" else None)
        if word is None:
            raise Misuse(f"{path}: say which environment it is for: --env-file production={path}")
        if self.request.settings.kind_of(word) is None:
            raise Misuse(f'{path}: "{word}" names no kind of environment; [environments.{word}] of driftline.toml can say which it is')
        shown = os.path.relpath(os.path.join(folder, base), self.tree.root).replace(os.sep, "/")
        try:
            content = files.decode(files.read(folder, base))
            reading = formats.read(dotenv, Text(shown if not shown.startswith("..") else path, content, False))
        except Unreadable as problem:
            raise Misuse(f"{path}: {problem.reason}") from None
        self._counted(shown, len(content.encode()), commented=_COMMENT.decode() in content)
        return ReadSource(shown if not shown.startswith("..") else path, dotenv.FORMAT, reading, False, False, content, word)

    def _is_dangling(self, file: File, reason: str) -> bool:
        """Whether git tracks a link that leads to nothing here, which there is nothing to read of."""
        return file.tracked is True and reason == files.GONE and os.path.islink(os.path.join(self.tree.root, file.path))

    def _source(self, file: File, reader: formats.Reader) -> ReadSource | None:
        torn: int | None = None
        try:
            content = self.text(file.path)
            torn = conflict(content)
            if torn is not None:  # both sides at once are what nobody means
                content = ours(content)
            reading = formats.read(reader, Text(file.path, content, file.tracked))
        except Unreadable as problem:
            if torn is not None:
                self.unread.append(Unread(file.path, _TORN, torn, 1))
            elif not self._is_dangling(file, problem.reason):
                self.unread.append(Unread(file.path, problem.reason, problem.line, problem.column))
            else:
                self.notes.append(Related(Location(file.path, 1), "is a link to a file that is not here, so it declares nothing"))
            return None
        except Exception as error:  # one broken format must not hide the others; its text could hold a value
            self.unread.append(failed(file.path, f"the {reader.FORMAT.title} reader", error))
            return None
        self.unread.extend(reading.unread)
        if torn is not None:
            self.unread.append(Unread(file.path, _TORN, torn, 1))
        is_env = reader.FORMAT.name == "dotenv"
        return ReadSource(file.path, reader.FORMAT, reading, file.tracked, file.ignored, content if is_env else "")

    def code(self, folders: Sequence[str], readings: code.Readings | None, *, whole: bool) -> Iterable[code.Look]:
        """What the code files say, one at a time, so that only one is in memory; `folders`, `readings` and `whole` as in `code.survey`."""
        ahead = self.ahead()
        see = partial(_see, self.content, folders=folders, whole=whole, readings=readings)
        for done, file in enumerate(self.tree.files):
            if file.ignored or (self.code_paths is not None and file.path not in self.code_paths) or not code.is_code(file.path):
                continue
            seen = ahead.get(file.path) or see(file.path)
            if seen.problem is not None and not self._is_dangling(file, seen.problem.reason):
                self.unread.append(seen.problem)
            if seen.said is not None:
                if file.path not in self._texts:
                    self._counted(file.path, seen.size, commented=seen.commented)
                yield seen.said
            if self.request.progress is not None:
                self.request.progress(done, self.bytes)

    def _counted(self, path: str, size: int, *, commented: bool) -> None:
        self.count += 1
        self.bytes += size
        if commented:
            self.commented.append(path)


_SEVERITY_ORDER = {Severity.BLOCKER: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def _wanted(found: Iterable[Finding], request: Request) -> list[Finding]:
    """The findings that the settings, the target and the app ask for, with the settings' severities."""
    kept = []
    for finding in found:
        setting = request.settings.rules.get(finding.rule)
        if setting is not None:
            if not setting.enabled or matches(finding.location.path, setting.paths):
                continue
            if setting.severity is not None:
                finding = finding._replace(severity=setting.severity)
        if request.app not in (None, finding.app):
            continue
        if request.target is not None and finding.environment not in (None, request.target):
            continue
        kept.append(finding)
    return kept


def _ordered(found: Sequence[Finding]) -> list[Finding]:
    return sorted(
        found, key=lambda f: (f.app != ".", f.app, _SEVERITY_ORDER[f.severity], f.location, f.rule, f.environment or "", f.subject)
    )


def exit_code(report: Report, fail_on: str, *, empty: int = 3) -> int:
    """0, 1 or 3 (CONTRACT): 3 wins over 1; a note counts only when asked for. `empty` is the code when there was nothing to look at."""
    if report.unread:
        return 3
    if report.files == 0:
        return empty
    if fail_on == "never":
        return 0
    threshold = Severity(fail_on).rank
    return 1 if any(finding.severity.rank >= threshold for finding in report.open) else 0
