"""Which deployable apps a project consists of, and whose code each of them runs."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from posixpath import normpath

from driftline import late
from driftline.knowledge import platform
from driftline.knowledge.platform import Framework
from driftline.model import Unread, Unreadable
from driftline.record import NamedTuple

# Folders whose packages are material for tests or for readers, not deployed parts of this project.
_MATERIAL = frozenset(
    ("examples", "example", "fixtures", "__fixtures__", "__tests__", "test", "tests", "e2e", "templates", "playground", "playgrounds",
     "testdata", "mocks", "__mocks__", "starters", "demos", "benchmarks", "test-apps", "integration-tests")
)  # fmt: skip

_PYTHON_PROJECTS = ("pyproject.toml", "requirements.txt", "Pipfile", "manage.py")
_WORKERS = ("wrangler.toml", "wrangler.json", "wrangler.jsonc")
# What makes a folder a package, or a part that is deployed by itself.
_MANIFESTS = ("package.json", *_PYTHON_PROJECTS, *_WORKERS)


class Package(NamedTuple):
    """A folder with a manifest: its name in the workspace, what it depends on, and its framework if it has one.

    `is_library` says that it is written to be imported (its manifest has `exports` or types), `starts` that it is run by itself.
    `env_folder` is where its config says that its env files are, None for its own folder.
    """

    path: str
    name: str | None
    dependencies: Mapping[str, str]
    framework: Framework | None
    files: frozenset[str]
    is_library: bool = False
    starts: bool = False
    env_folder: str | None = None


class _Manifest(NamedTuple):
    name: str | None
    dependencies: Mapping[str, str]
    is_library: bool = False
    starts: bool = False
    scripts: tuple[str, ...] = ()


class Plan(NamedTuple):
    """An app to audit. `folders` are the packages whose code it runs, its own first; `path` is '.' for the root.

    `env_folder` is where its loader looks for env files.
    """

    path: str
    framework: Framework | None
    loader: str
    runtime: str
    folders: tuple[str, ...]
    dependencies: frozenset[str]
    env_folder: str


class Layout(NamedTuple):
    """The apps of a project and its workspace packages (name -> folder).

    `without_python` are the packages whose manifest is package.json alone: a Python file beside it is run by hand.
    """

    plans: tuple[Plan, ...]
    packages: Mapping[str, str]
    unread: tuple[Unread, ...]
    folders: tuple[str, ...]
    without_python: frozenset[str] = frozenset()


def is_material(path: str) -> bool:
    """Whether a path lies in a folder of examples, fixtures or tests rather than of the product."""
    return not _MATERIAL.isdisjoint(path.split("/")[:-1])


def is_shown(path: str) -> bool:
    """Whether a path, relative to its package, lies in that package's documentation or examples: code for readers, which no app runs."""
    return path.partition("/")[0] in ("docs", "doc", "documentation", "examples", "example") and "/" in path


def folder_of(path: str) -> str:
    """The folder of a relative path, '.' for the root."""
    return path.rpartition("/")[0] or "."


def owner(path: str, folders: Iterable[str]) -> str:
    """The deepest of `folders` that holds `path`; '.' when none does. `folders` are sorted longest first."""
    return next((folder for folder in folders if path.startswith(folder + "/")), ".")


def is_manifest(path: str) -> bool:
    """Whether a file says which packages a folder depends on: package.json, pyproject.toml, requirements.txt, ..."""
    name = path.rpartition("/")[2]
    return name == "package.json" or name in _PYTHON_PROJECTS


def dependencies(path: str, text: str) -> Collection[str]:
    """The packages that a manifest names; none for a broken one, of which `find` tells."""
    try:
        return _manifest(path.rpartition("/")[2], text).dependencies
    except Unreadable:
        return ()


def mean_alike(path: str, one: str, other: str) -> bool:
    """Whether two texts of a manifest make the same package of its folder; versions count only where a framework's loader depends on one.
    Raises Unreadable."""
    name = path.rpartition("/")[2]
    return _versionless(_manifest(name, one)) == _versionless(_manifest(name, other))


def _versionless(manifest: _Manifest) -> _Manifest:
    kept = {name: version if platform.depends_on_version(name) else "" for name, version in manifest.dependencies.items()}
    return manifest._replace(dependencies=kept)


def folders(paths: Collection[str]) -> tuple[str, ...]:
    """The folders of all packages but the root, by their files' names alone; the longest first."""
    return _longest_first({*_homes(paths), *_supabase_functions(paths)})


def _longest_first(found: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(set(found) - {"."}, key=lambda folder: (-len(folder), folder)))


def _homes(paths: Collection[str]) -> Mapping[str, set[str]]:
    """The names of the files in each folder that is a package."""
    # Few folders of a project are packages: only of these, and of the root, the files are told apart.
    homes = (path for path in paths if path.endswith(_MANIFESTS) and path.rpartition("/")[2] in _MANIFESTS)
    names: dict[str, set[str]] = {folder_of(path): set() for path in homes}
    names.setdefault(".", set())
    for path in paths:
        folder, _, base = path.rpartition("/")
        if (folder or ".") in names:
            names[folder or "."].add(base)
    manifests = {"package.json", *_PYTHON_PROJECTS}
    return {
        folder: here
        for folder, here in names.items()
        if (folder == "." or not is_material(folder + "/")) and (here & manifests or _is_runtime(folder, here))
    }


def find(
    paths: Collection[str], read: Callable[[str], str], has_environment: Callable[[str], bool], loader_of: Callable[[str], str | None]
) -> Layout:
    """The apps among the files `paths` of a project.

    `read` gives a file's text or raises Unreadable; `has_environment` says whether a folder holds env files or platform
    configuration of its own; `loader_of` gives the loader an app was told to have, None where it is to be detected.
    """
    unread: list[Unread] = []
    packages: dict[str, Package] = {}
    homes = _homes(paths)
    for folder, here in sorted(homes.items()):
        inside = "" if folder == "." else folder + "/"
        manifests = [name for name in ("package.json", *_PYTHON_PROJECTS) if name in here]
        found = []
        for manifest in manifests:
            try:
                found.append(_manifest(manifest, read(inside + manifest)))
            except Unreadable as problem:
                unread.append(Unread(inside + manifest, problem.reason, problem.line, problem.column))
        dependencies = {name: version for one in found for name, version in one.dependencies.items()}
        packages[folder] = Package(
            folder,
            next((one.name for one in found if one.name), None),
            dependencies,
            platform.detect(dependencies, here, [script for one in found for script in one.scripts]),
            frozenset(here),
            any(one.is_library for one in found),
            any(one.starts for one in found) or "Dockerfile" in here,
        )
        packages[folder] = _configured(packages[folder], read)
    by_name = {package.name: package.path for package in packages.values() if package.name}
    imported = {name for package in packages.values() for name in package.dependencies if by_name.get(name) not in (None, package.path)}
    plans = [_plan(package, packages, by_name, loader_of) for package in packages.values() if _is_app(package, imported, has_environment)]
    functions = _supabase_functions(paths)
    plans += [
        Plan(folder, None, loader_of(folder) or "deno", "supabase-functions", (folder,), frozenset(), folder)
        for folder in functions
        if folder not in packages
    ]
    if not plans or (not any(plan.path == "." for plan in plans) and has_environment(".")):
        root = packages.get(".", Package(".", None, {}, None, frozenset(path for path in paths if "/" not in path)))
        plans.append(_plan(root, packages, by_name, loader_of))
    plans.sort(key=lambda plan: (plan.path != ".", plan.path))
    without_python = frozenset(p.path for p in packages.values() if "package.json" in p.files and not p.files & set(_PYTHON_PROJECTS))
    return Layout(tuple(plans), by_name, tuple(unread), _longest_first({*homes, *functions}), without_python)


_CONFIG = late.pattern(r"(?:vite|astro|svelte|electron\.vite)\.config\.[cm]?[jt]s")
_SETTING = late.pattern(r"^[^/\n]*\b(envPrefix|envDir|publicPrefix)\s*:\s*(\[[^\]]{0,400}\]|[^\n]{1,200})", re.MULTILINE)
_QUOTED = late.pattern(r"[\"'`]([^\"'`\n]+)[\"'`]")
# `define` of the whole object, or of all that its spread gives, and plugins that do the same (their READMEs, 2026-11).
_DEFINES_ALL = late.pattern(
    r"""["'`]process(?:\.env)?["'`]\s*:|["'`]?global(?:This)?\.process["'`]?\s*:|`process\.env\.\$\{"""
    r"""|vite-plugin-(?:environment|env-compatible|node-polyfills|node-stdlib-browser)|rollup-plugin-(?:inject-process-env|polyfill-node)"""
    r"""|@rollup/plugin-replace"""
)


def _configured(package: Package, read: Callable[[str], str]) -> Package:
    """A package with what its bundler's config says: which prefixes reach browsers, where the env files are, and whether it defines `process.env`.

    Vite docs, shared options, `envPrefix` and `envDir`; SvelteKit docs, configuration, `env.publicPrefix`, 2026-11.
    """
    if package.framework is None or not package.framework.public_prefixes:
        return package
    inside = "" if package.path == "." else package.path + "/"
    for config in sorted(name for name in package.files if _CONFIG.fullmatch(name)):
        try:
            text = read(inside + config)
        except Unreadable:  # told where its code is read
            continue
        if _DEFINES_ALL.search(text) and package.framework is not None:
            package = package._replace(framework=package.framework._replace(inlines=True))
        for option, said in _SETTING.findall(text):
            words = _QUOTED.findall(said)
            if words and option != "envDir" and package.framework is not None:
                package = package._replace(framework=package.framework._replace(public_prefixes=tuple(words)))
            elif words:
                folder = normpath(f"{inside}{words[-1]}")
                package = package if folder.startswith(("..", "/")) else package._replace(env_folder=folder)
    return package


def _is_app(package: Package, imported: Collection[str], has_environment: Callable[[str], bool]) -> bool:
    """Whether a package is deployed by itself; `imported` are the names that other packages of the workspace depend on."""
    if package.path != "." and has_environment(package.path):
        return True
    # A component library needs the framework of the apps that use it, and runs in them only.
    if package.path != "." and package.is_library and package.name in imported:
        return False
    return package.framework is not None or (package.path != "." and package.starts)


def _is_runtime(folder: str, names: set[str]) -> bool:
    """Folders that are deployed by themselves without a manifest: a worker, a set of functions."""
    return not names.isdisjoint(_WORKERS) and folder != "."


def _supabase_functions(paths: Collection[str]) -> list[str]:
    """`supabase/functions` folders: Deno functions with secrets of their own (Supabase docs, Edge Functions secrets, 2026-11)."""
    inside = (path for path in paths if "supabase/functions/" in path)
    found = {path[: match.end() - 1] for path in inside if (match := _FUNCTIONS.match(path)) and not is_material(path)}
    return sorted(found)


_FUNCTIONS = late.pattern(r"(?:.*/)?supabase/functions/(?=[^/]+/[^/]+\.[tj]sx?$)")


def _plan(package: Package, packages: Mapping[str, Package], by_name: Mapping[str, str], loader_of: Callable[[str], str | None]) -> Plan:
    folders = [package.path]
    for folder in folders:  # grows while it is walked: the closure of workspace dependencies
        for dependency in packages[folder].dependencies if folder in packages else ():
            inner = by_name.get(dependency)
            if inner is not None and inner not in folders and inner != ".":
                folders.append(inner)
    dependencies = frozenset(name for folder in folders if folder in packages for name in packages[folder].dependencies)
    framework = package.framework
    if (
        framework is not None
        and framework.loader == "dotenv"
        and _is_runtime("x", set(package.files))
        and "Dockerfile" not in package.files
    ):
        framework = framework._replace(loader="wrangler", runtime="workers")  # Hono and its kin run on Workers as well as on a server
    loader = loader_of(package.path) or _loader(package, framework, dependencies)
    runtime = (
        framework.runtime
        if framework
        else (
            "workers"
            if _is_runtime("x", set(package.files))
            else "node"
            if "package.json" in package.files
            else "python"
            if package.files & set(_PYTHON_PROJECTS)
            else "node"
        )
    )
    return Plan(package.path, framework, loader, runtime, tuple(folders), dependencies, package.env_folder or package.path)


# Libraries of Python that read env files in their own way, and what everything else reads them with.
_PYTHON_LOADERS = (("django-environ", "django-environ"), ("python-decouple", "decouple"))
_PYTHON_LOADER = "python-dotenv"


def _loader(package: Package, framework: Framework | None, dependencies: frozenset[str]) -> str:
    if framework is not None and framework.loader != _PYTHON_LOADER:
        return framework.loader
    if framework is None and _is_runtime("x", set(package.files)):
        return "wrangler"
    if framework is None and ("package.json" in package.files or not package.files & set(_PYTHON_PROJECTS)):
        return "dotenv"
    return next((loader for library, loader in _PYTHON_LOADERS if library in dependencies), _PYTHON_LOADER)


# --- manifests --------------------------------------------------------------------------------------------------------------


def _manifest(file: str, text: str) -> _Manifest:
    """What a manifest says. Raises Unreadable for a syntax error."""
    if file == "package.json":
        return _package_json(text)
    if file == "pyproject.toml":
        return _pyproject(text)
    if file == "Pipfile":
        return _Manifest(None, {_normal(match[1]): "" for match in re.finditer(r'^"?([A-Za-z0-9_.-]+)"?\s*=', text, re.MULTILINE)})
    if file == "requirements.txt":
        lines = re.finditer(r"^([A-Za-z0-9_.-]+)(?:\[[^\]\n]*\])?[ \t]*([^#;\n]*)", text, re.MULTILINE)
        return _Manifest(None, {_normal(match[1]): match[2] for match in lines})
    # manage.py: the tool of a Flask app is called so, too; it imports the app's own, and nothing of Django.
    other = "django" not in text.lower() and re.search(r"^[ \t]*(?:from|import)[ \t]+(?!os\b|sys\b)", text, re.MULTILINE)
    return _Manifest(None, {}) if other else _Manifest(None, {"django": ""}, starts=True)


def _normal(name: str) -> str:
    """A Python package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


# Words that a `start` script begins with where it runs the package's own code.
_RUNNERS = frozenset(
    ("node", "bun", "bunx", "deno", "tsx", "ts-node", "nodemon", "pm2", "pm2-runtime", "python", "python3", "dotenv", "dotenvx")
)


def _package_json(text: str) -> _Manifest:
    try:
        data = json.loads(text.removeprefix("\ufeff"), parse_int=str)  # Python refuses to convert thousands of digits
    except json.JSONDecodeError as error:
        raise Unreadable("not valid JSON", error.lineno, error.colno) from None
    except RecursionError:
        raise Unreadable("nested too deep") from None
    if not isinstance(data, dict):
        raise Unreadable("is not a package manifest", 1, 1)
    listed: dict[str, str] = {}
    for key in ("peerDependencies", "optionalDependencies", "devDependencies", "dependencies"):
        table = data.get(key)
        if isinstance(table, dict):
            listed.update({name: version if isinstance(version, str) else "" for name, version in table.items()})
    scripts = data.get("scripts")
    start = scripts.get("start") if isinstance(scripts, dict) else None
    return _Manifest(
        _text(data.get("name")),
        listed,
        is_library=any(data.get(key) for key in ("exports", "types", "typings", "module")),
        # What has a `bin` is installed on other machines.
        starts=isinstance(start, str) and start.split(" ", 1)[0] in _RUNNERS and not data.get("bin"),
        scripts=tuple(script for script in scripts.values() if isinstance(script, str)) if isinstance(scripts, dict) else (),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _table(value: object) -> dict[str, object]:
    """A table of a parsed file, empty where something else stands in its place."""
    return value if isinstance(value, dict) else {}


def _pyproject(text: str) -> _Manifest:
    import tomli

    try:
        data = tomli.loads(text)
    except RecursionError:
        raise Unreadable("nested too deep") from None
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        where = re.search(r"\(at line (\d+), column (\d+)\)$", str(error))
        raise Unreadable("not valid TOML", *((int(where[1]), int(where[2])) if where else ())) from None
    project, poetry = _table(data.get("project")), _table(_table(data.get("tool")).get("poetry"))
    lists = [
        project.get("dependencies"),
        *_table(project.get("optional-dependencies")).values(),
        *_table(data.get("dependency-groups")).values(),
    ]
    listed: dict[str, str] = {}
    for requirements in lists:
        for requirement in requirements if isinstance(requirements, list) else ():
            if isinstance(requirement, str) and (match := re.match(r"[A-Za-z0-9_.-]+", requirement)):
                listed[_normal(match[0])] = requirement[match.end() :]
    for group in (poetry, *_table(poetry.get("group")).values()):
        for name, version in _table(_table(group).get("dependencies")).items():
            listed[_normal(name)] = _text(version) or ""
    own = _text(project.get("name")) or _text(poetry.get("name"))
    return _Manifest(_normal(own) if own else None, listed)
