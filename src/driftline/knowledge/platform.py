"""What frameworks, runtimes, tools, libraries and host platforms do with environment variables, read from `platforms/*.toml`.

One file is one owner. Its tables:

`[framework]`: how it is recognised (`dependencies`; with `files` one of them too, or a script that runs one of `commands`; `rank`: lowest
wins), its env file `loader` (`older` ones by the major version of a dependency), `runtime`, `public_prefixes` (inlined into browser code),
`generic_prefixes` (the same, but an ordinary word outside this framework), `inlines` where that happens to `process.env.NAME`, `client_only`,
`server` (a plain server: makes a client-only framework beside it a full app), and the mode of its `dev` and `build` command.
`[host]`: the `files` that show its use, `settles`: the command that exports what its dashboard holds, `previews`: deploys every pull request,
`formats`: the source formats in which a project says what it deploys there, `says_when` where these give variables to the build or the run alone.
`[live]`: how a process on it knows where it runs. One of `shown` is set (`NAME`, or `NAME=value`); `words` hold the
environment's own word, `previews` maps variables to the value (`*`: any) that marks a preview, `branches` and `names` hold a branch or a
service's name to guess from, `otherwise` is the word where nothing says more; `whole` where a build sees every variable; `ci` where it is
a system whose jobs deploy elsewhere, and `workflow` the variables that lead to the job's own file (`path`) and name (`job`); `by` another title.
`[images]`: names of `services`, images that are no app of anybody who runs them.
`[[injects]]`: `names` it provides without a declaration, everywhere or only `within` certain owners, `by` in words.
`[[reads]]`: `names` a library reads without a visible read, where one of `dependencies` is present (none: a tool used by command).

A name may hold one `*`.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache, lru_cache
from typing import Any

from driftline import late
from driftline.knowledge import tables
from driftline.model import Kind
from driftline.record import NamedTuple


class Framework(NamedTuple):
    """A framework as found in a package.

    `loader` is the program that reads its env files; `public_prefixes` are the names it hands to browsers; `runtime` is where its
    code runs (node, browser, react-native, python, bun, deno, workers, ...); `client_only` is True where all of its code runs in
    the browser or on the phone. `dev_mode` and `build_mode` are the env file modes of its two commands, None where it knows none. `inlines` is
    True where its build puts values in the place of `process.env.NAME`.
    """

    name: str
    title: str
    loader: str
    public_prefixes: tuple[str, ...]
    runtime: str
    client_only: bool
    dev_mode: str | None
    build_mode: str | None
    inlines: bool = False


class _Candidate(NamedTuple):
    framework: Framework
    dependencies: tuple[str, ...]
    files: re.Pattern[str] | None
    commands: re.Pattern[str] | None
    older: tuple[tuple[str, int, str], ...]
    server: bool


class _Host(NamedTuple):
    settles: str | None
    previews: bool
    formats: frozenset[str]
    says_when: bool


class _Owner(NamedTuple):
    """Who a name belongs to. `among` limits where it holds: owners in use for injected names, dependencies for implicit ones."""

    by: str
    among: frozenset[str]


class _Names:
    """Owners by the names they know: exact ones, and patterns with one `*`, the longest first."""

    def __init__(self) -> None:
        self.exact: dict[str, list[_Owner]] = {}
        self.patterns: dict[str, list[tuple[str, str, _Owner]]] = {}

    def add(self, names: Iterable[str], owner: _Owner) -> None:
        for name in names:
            prefix, star, suffix = name.partition("*")
            if star:
                # Two letters index the patterns: a name is compared with a handful of them.
                bucket = self.patterns.setdefault(prefix[:2], [])
                bucket.append((prefix, suffix, owner))
                bucket.sort(key=lambda item: -len(item[0] + item[1]))
            else:
                self.exact.setdefault(name, []).append(owner)

    def owners(self, name: str) -> Iterable[_Owner]:
        yield from self.exact.get(name, ())
        for prefix, suffix, owner in self.patterns.get(name[:2], ()):
            if name.startswith(prefix) and name.endswith(suffix) and len(name) > len(prefix) + len(suffix):
                yield owner


class _Lived(NamedTuple):
    """One `[live]` table: how a platform shows itself in the process environment, and its environment's name."""

    platform: str
    title: str
    shown: tuple[str, ...]
    words: tuple[str, ...]
    previews: Mapping[str, str]
    branches: tuple[str, ...]
    names: tuple[str, ...]
    otherwise: str | None
    whole: bool
    ci: bool
    workflow: Mapping[str, str]


class _Knowledge(NamedTuple):
    candidates: tuple[_Candidate, ...]
    hosts: Mapping[str, _Host]
    lived: tuple[_Lived, ...]
    shown_by: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]]
    injected: _Names
    implicit: _Names
    prefixes: tuple[str, ...]
    all_prefixes: tuple[str, ...]
    inlined: tuple[str, ...]
    prefixes_of: Mapping[str, tuple[str, ...]]
    images: frozenset[str]
    versioned: frozenset[str]


# --- frameworks -------------------------------------------------------------------------------------------------------------


def detect(dependencies: Mapping[str, str], files: Collection[str], scripts: Collection[str] = ()) -> Framework | None:
    """The framework of a package, None for a package without one.

    `dependencies` maps names (npm's, or Python's in lower case) to version texts; `files` are the base names in the package's
    folder, an empty collection when they are unknown; `scripts` are the command lines of its manifest.
    """
    found = [candidate for candidate in _knowledge().candidates if _is_used(candidate, dependencies, files, scripts)]
    if not found:
        return None
    best = found[0]
    framework = best.framework
    for dependency, below, loader in best.older:
        major = re.search(r"\d+", dependencies.get(dependency, ""))
        if major and int(major[0][:6]) < below:
            framework = framework._replace(loader=loader)
            break
    if framework.client_only and any(candidate.server for candidate in found):
        framework = framework._replace(client_only=False, runtime="node")
    return framework


def _is_used(candidate: _Candidate, dependencies: Mapping[str, str], files: Collection[str], scripts: Collection[str]) -> bool:
    if not any(dependency in dependencies for dependency in candidate.dependencies):
        return False
    if candidate.files is None or not files or any(candidate.files.match(name) for name in files):
        return True
    return candidate.commands is not None and any(candidate.commands.search(script) for script in scripts)


def public_prefix(name: str, framework: str | None) -> str | None:
    """The prefix that makes a variable public, None for a private one.

    `framework` is a framework's name, None when it is unknown. A prefix that speaks for itself (`NEXT_PUBLIC_`) counts under every
    framework, because apps of one repository share names; a generic one (`PUBLIC_`) only under its own.
    """
    known = _knowledge()
    for prefix in (*known.prefixes_of.get(framework or "", ()), *known.prefixes):
        if name.startswith(prefix) and len(name) > len(prefix):
            return prefix
    return None


def depends_on_version(dependency: str) -> bool:
    """Whether some framework reads env files otherwise under another version of a dependency."""
    return dependency in _knowledge().versioned


def public_prefixes() -> tuple[str, ...]:
    """Every prefix that makes a variable public under some framework, generic ones too."""
    return _knowledge().all_prefixes


def is_inlined(name: str) -> bool:
    """Whether a bundler replaces `process.env.NAME` by the value at build time."""
    return name.startswith(_knowledge().inlined)


# --- names that need no declaration, names that need no visible read ------------------------------------------------------------


def injected(name: str, *, platforms: Collection[str] = (), framework: str | None = None, runtime: str | None = None) -> str | None:
    """Who provides a variable without any declaration ("Vercel", "the shell"), None when somebody has to declare it.

    `platforms` are the host platforms in use, `framework` and `runtime` the app's: a common word such as `URL` counts as provided
    only where one of them is known to set it.
    """
    for owner in _knowledge().injected.owners(name):
        if not owner.among or framework in owner.among or runtime in owner.among or not owner.among.isdisjoint(platforms):
            return owner.by
    return None


def implicit(name: str, dependencies: Collection[str]) -> str | None:
    """Which library or tool reads a variable by itself ("the OpenAI SDK"), None when only visible code can read it.

    An empty `dependencies` means that they are unknown: then every library's names count.
    """
    used = _normal(frozenset(dependencies))
    for owner in _knowledge().implicit.owners(name):
        if not owner.among or not used or not owner.among.isdisjoint(used):
            return owner.by
    return None


def read_by_library(name: str, dependencies: Collection[str]) -> bool:
    """Whether one of these libraries reads a variable by itself; a tool that somebody runs by command does not count."""
    used = _normal(frozenset(dependencies))
    return any(not owner.among.isdisjoint(used) for owner in _knowledge().implicit.owners(name))


@lru_cache(maxsize=64)
def _normal(dependencies: frozenset[str]) -> frozenset[str]:
    """Dependencies as the data spells them: Python's `_` is a `-`, and a scope stands for its packages (`@auth/*`)."""
    plain = {name.lower().replace("_", "-") for name in dependencies}
    return frozenset(plain | {name.partition("/")[0] + "/*" for name in plain if name.startswith("@")})


# --- host platforms ---------------------------------------------------------------------------------------------------------


def platforms_of(files: Collection[str]) -> tuple[str, ...]:
    """The names of the host platforms and CI systems that a project uses, by its files' paths (relative, with `/`), sorted."""
    shown_by = _knowledge().shown_by
    words = tuple(key[:-1] for key in shown_by if key.endswith(".*"))
    folders = {key for key in shown_by if key.endswith("/")}
    found: set[str] = set()
    for path in files:
        folder, _, base = path.rpartition("/")
        # A pattern is filed under its base name, its folder's name or, with a wildcard, its base name's first word.
        if base not in shown_by and folder[folder.rfind("/") + 1 :] + "/" not in folders and not base.startswith(words):
            continue  # as nearly all are
        for key in (base, folder.rpartition("/")[2] + "/", base.partition(".")[0] + ".*"):
            for pattern, name in shown_by.get(key, ()):
                if name not in found and pattern.fullmatch(path):
                    found.add(name)
    return tuple(sorted(found))


def settles(platform: str) -> str | None:
    """The command whose output shows the variables a platform keeps outside the repository, None when there is none."""
    host = _knowledge().hosts.get(platform)
    return host.settles if host else None


def has_previews(platform: str) -> bool:
    """Whether a platform deploys every pull request by itself: then a preview environment exists even if no file names it."""
    host = _knowledge().hosts.get(platform)
    return host is not None and host.previews


@cache
def deploys(format_name: str) -> bool:
    """Whether a source of this format says what one platform deploys: two of them are two deployments, each with variables of its own."""
    return any(format_name in host.formats for host in _knowledge().hosts.values())


@cache
def says_when(format_name: str) -> bool:
    """Whether a source of this format gives each variable to the build, to the running app, or to both (App Hosting's `availability`)."""
    return any(format_name in host.formats and host.says_when for host in _knowledge().hosts.values())


def is_service_image(image: str) -> bool:
    """Whether a container image is a well-known program (a database, a proxy) rather than an app: by the last part of its name."""
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    return name.lower() in _knowledge().images


# --- the machine we run on --------------------------------------------------------------------------------------------------


class Live(NamedTuple):
    """The platform or CI system this process runs on, and what it says about the environment.

    `word` is its word for the environment, None when it says none; `because` the variable that says so, `said` what that holds;
    `certain` is False for a guess from a branch or a service's name that is no environment's. `whole` is True where a build sees every
    variable of its environment. `job` is the path of the file that describes the running job, and its name there.
    """

    platform: str
    title: str
    word: str | None
    because: str
    said: str
    certain: bool
    whole: bool
    job: tuple[str, str] | None = None


def live(variables: Mapping[str, str], kind_of: Callable[[str], Kind | None] | None = None) -> Live | None:
    """Which platform a process with these environment variables runs on, None on a machine that shows none.

    `kind_of` gives the kind of a word for an environment (default: `environment_kind`).
    """
    kind_of = kind_of or environment_kind
    found = [(known, name) for known in _knowledge().lived if (name := _shown(known, variables)) is not None]
    system = next((pair for pair in found if pair[0].ci), None)
    for known, name in found:
        here = _lived(known, name, variables, kind_of)
        # Jobs of a CI system carry a host's names to deploy to it (`FLY_APP_NAME`): only a host's own word counts there.
        if system is None or known.ci or (here.certain and here.because in known.words):
            return here if system is None else here._replace(whole=False)
    return None


# How branches of work in progress begin: no production is built from them.
_WORK = frozenset("feature feat fix bugfix hotfix chore docs refactor test dependabot renovate claude codex cursor copilot".split())  # noqa: SIM905


def _shown(known: _Lived, variables: Mapping[str, str]) -> str | None:
    for one in known.shown:
        name, equals, value = one.partition("=")
        if variables.get(name) and (not equals or variables[name] == value):
            return name
    return None


def _lived(known: _Lived, shown: str, variables: Mapping[str, str], kind_of: Callable[[str], Kind | None]) -> Live:
    def says(word: str | None, name: str, *, certain: bool) -> Live:
        return Live(known.platform, known.title, word, name, variables[name], certain, known.whole, _job(known, variables))

    words = [name for name in known.words if variables.get(name)]
    # A custom environment's own name says less than the platform's word for its kind.
    for name in [*(name for name in words if kind_of(variables[name]) is not None), *words]:
        return says(variables[name], name, certain=True)
    for name, value in known.previews.items():
        if variables.get(name) and value in ("*", variables[name].lower()):
            return says("preview", name, certain=not known.ci)
    for name in (*known.branches, *known.names):
        value = variables.get(name, "")
        kind = kind_of(value) if value else None
        if kind is not None:
            return says(_named(value, kind), name, certain=True)
        if value and name in known.branches:  # any other branch is a preview's, unless the platform's settings say that it is production's
            return says("preview", name, certain=re.split(r"[/_-]", value.lower())[0] in _WORK)
    return says(known.otherwise, shown, certain=False)


def _named(value: str, kind: Kind) -> str:
    """The environment that a branch or a service's name speaks of: `shop-staging` is staging; what is deployed is never local."""
    parts = re.split(r"[^a-z0-9]+", value.lower())
    own = next((canonical(part) for part in parts if part in _INNER and _INNER[part] is kind is Kind.PREVIEW), None)
    return own or (Kind.PREVIEW if kind is Kind.LOCAL else kind).value


def _job(known: _Lived, variables: Mapping[str, str]) -> tuple[str, str] | None:
    """`octo/shop/.github/workflows/deploy.yml@refs/heads/main` leads to the file behind the repository's name."""
    if not known.workflow:
        return None
    path = variables.get(known.workflow["path"], "").partition("@")[0].partition("/")[2].partition("/")[2]
    job = variables.get(known.workflow["job"], "")
    return (path, job) if path and job else None


# --- words for environments -------------------------------------------------------------------------------------------------

_WORDS: Mapping[Kind, frozenset[str]] = {
    Kind.LOCAL: frozenset(
        "local localhost development dev develop devel test tests testing unit e2e ci emulator".split()  # noqa: SIM905
    ),
    # Netlify docs, deploy contexts; Heroku docs, review apps; GitLab docs, review apps: 2026-11. `pre-production` is no production.
    Kind.PREVIEW: frozenset(
        """preview previews staging stage stg stag qa uat sit acceptance deploy-preview branch-deploy preview-server review review-app
        pr pull-request canary sandbox demo beta alpha nightly rc preprod pre-prod pre-production preproduction nonprod non-prod
        feature feat""".split()  # noqa: SIM905
    ),
    Kind.PRODUCTION: frozenset("production prod prd live main master release".split()),  # noqa: SIM905
}

# Words that keep their meaning inside a longer one (`production-eu`, `web-staging`); `live` or `main` would not.
_INNER = {
    word: kind
    for kind, words in _WORDS.items()
    for word in words & set("local development dev preview staging stg qa uat production prod".split())  # noqa: SIM905
}

# Spellings of one environment. Every other word is a name of its own.
_CANONICAL = {
    **dict.fromkeys(("development", "dev", "develop", "devel", "localhost"), "local"),
    **dict.fromkeys(("tests", "testing"), "test"),
    **dict.fromkeys(("stage", "stg", "stag"), "staging"),
    **dict.fromkeys(("prod", "prd", "live", "main", "master", "release"), "production"),
}


_PULL_REQUEST = re.compile(r"(?:^|[-_./])(?:pr|mr)[-_]?\d+$")


@lru_cache(maxsize=1024)
def environment_kind(word: str) -> Kind | None:
    """The kind of environment a word names (`staging` -> preview), None when it is no environment's word (`docker`)."""
    plain = word.lower()
    # A branch or a numbered copy of an environment: `review/login`, `staging2`, `pr-17`.
    plain, slash, _ = plain.partition("/")
    if slash and plain == "release":  # git-flow's release branches are tried out before they reach production
        return Kind.PREVIEW
    plain = re.sub(r"[-_.]?(?<!\d)\d+$", "", plain.replace("_", "-"))
    for kind, words in _WORDS.items():
        if plain in words:
            return kind
    if _PULL_REQUEST.search(word.lower()):  # `shop-pr-17`
        return Kind.PREVIEW
    kinds = {_INNER[part] for part in re.split(r"[-.\s–]+", plain) if part in _INNER}
    return kinds.pop() if len(kinds) == 1 else None


def canonical(word: str) -> str:
    """The name of the environment a word stands for: `prod` is `production`, `dev` is `local`; others keep theirs."""
    plain = word.lower()
    if plain in _CANONICAL:
        return _CANONICAL[plain]
    return plain if environment_kind(plain) else word


# --- reading the data -------------------------------------------------------------------------------------------------------


@cache
def _knowledge() -> _Knowledge:
    ranked: list[tuple[int, _Candidate]] = []
    hosts: dict[str, _Host] = {}
    shown_by: dict[str, list[tuple[re.Pattern[str], str]]] = {}
    injects, reads = _Names(), _Names()
    lived: list[_Lived] = []
    images: set[str] = set()
    prefixes: dict[str, None] = {}
    inlined: list[str] = []
    prefixes_of: dict[str, tuple[str, ...]] = {}
    for name, data in tables.of_folder("platforms"):
        title = data["title"]
        if "framework" in data:
            candidate = _candidate(name, title, data["framework"])
            ranked.append((data["framework"]["rank"], candidate))
            prefixes_of[name] = candidate.framework.public_prefixes
            prefixes.update(dict.fromkeys(data["framework"].get("public_prefixes", ())))
            inlined += candidate.framework.public_prefixes if candidate.framework.inlines else ()
        if "host" in data:
            host = data["host"]
            formats = frozenset(host.get("formats", ()))
            hosts[name] = _Host(host.get("settles"), host.get("previews", False), formats, host.get("says_when", False))
            for pattern in host.get("files", ()):
                shown_by.setdefault(_filed_under(pattern), []).append((_path(pattern), name))
        images.update(data.get("images", {}).get("services", ()))
        if "live" in data:
            lived.append(_lives(name, title, data["live"]))
        for table in data.get("injects", ()):
            injects.add(table["names"], _Owner(table.get("by", title), frozenset(table.get("within", ()))))
        for table in data.get("reads", ()):
            reads.add(table["names"], _Owner(table.get("by", title), frozenset(table.get("dependencies", ()))))
    ranked.sort(key=lambda item: item[0])
    return _Knowledge(
        candidates=tuple(candidate for _, candidate in ranked),
        hosts=hosts,
        # A host's build may run inside a CI system's job: the host's word is the closer one.
        lived=tuple(sorted(lived, key=lambda one: one.ci)),
        shown_by={key: tuple(patterns) for key, patterns in shown_by.items()},
        injected=injects,
        implicit=reads,
        prefixes=tuple(prefixes),
        all_prefixes=tuple(dict.fromkeys(prefix for some in prefixes_of.values() for prefix in some)),
        inlined=tuple(inlined),
        prefixes_of=prefixes_of,
        images=frozenset(images),
        versioned=frozenset(older[0] for _, candidate in ranked for older in candidate.older),
    )


def _lives(name: str, title: str, table: Mapping[str, Any]) -> _Lived:
    return _Lived(
        platform=name,
        title=table.get("by", title),
        shown=tuple(table["shown"]),
        words=tuple(table.get("words", ())),
        previews=table.get("previews", {}),
        branches=tuple(table.get("branches", ())),
        names=tuple(table.get("names", ())),
        otherwise=table.get("otherwise"),
        whole=table.get("whole", False),
        ci=table.get("ci", False),
        workflow=table.get("workflow", {}),
    )


def _candidate(name: str, title: str, table: Mapping[str, Any]) -> _Candidate:
    framework = Framework(
        name=name,
        title=title,
        loader=table["loader"],
        public_prefixes=(*table.get("public_prefixes", ()), *table.get("generic_prefixes", ())),
        runtime=table["runtime"],
        client_only=table.get("client_only", False),
        dev_mode=table.get("dev"),
        build_mode=table.get("build"),
        inlines=table.get("inlines", False),
    )
    files, commands = table.get("files"), table.get("commands")
    return _Candidate(
        framework,
        tuple(table["dependencies"]),
        late.pattern("|".join(map(_wild, files)) + r"\Z") if files else None,
        late.pattern(rf"(?<![\w@/.:-])(?:{'|'.join(map(re.escape, commands))})(?![\w@/.:-])") if commands else None,
        tuple((older["dependency"], older["below"], older["loader"]) for older in table.get("older", ())),
        table.get("server", False),
    )


def _wild(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", "[^/]*")


def _path(pattern: str) -> re.Pattern[str]:
    """A file pattern against a relative path: `/x` is at the root only, `a/x` and `x` are at any depth."""
    return late.pattern(_wild(pattern[1:]) if pattern.startswith("/") else "(?:.*/)?" + _wild(pattern))


def _filed_under(pattern: str) -> str:
    folder, _, base = pattern.rpartition("/")
    if "*" not in base:
        return base
    return folder.rpartition("/")[2] + "/" if folder else base.partition(".")[0] + ".*"
