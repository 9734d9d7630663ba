"""Which files of a folder of built output reach a visitor, and which stay on the server and may hold secrets rightly."""

import os
from collections.abc import Callable, Iterable, Iterator

from driftline.record import NamedTuple

# Where frameworks put what a browser, a phone or a desktop gets, most specific first (their docs, read 2026-11): Next.js, static export,
# Vite, CRA and Gatsby, React Router and Remix, Nuxt and Nitro, SvelteKit, Vercel and Netlify CLI, Capacitor and Cordova, Expo, Storybook,
# Angular, Astro, Electron.
OUTPUTS = (
    ".next", "out", "dist", "build", ".output/public", ".svelte-kit/output/client", ".svelte-kit/output/prerendered", ".vercel/output/static",
    ".netlify", "www", "web-build", "storybook-static", "android/app/src/main/assets/public", "ios/App/App/public",
    "android/app/build/outputs", "platforms/android/app/src/main/assets/www", "release", "public/build",
)  # fmt: skip

# A folder with these beside each other is an output in two halves; the left one is served.
_SERVED_HALVES = ("client", "public", "static", "browser", "prerendered")
_SERVER_HALVES = frozenset(("server", "functions", "functions-internal", "edge-functions", "ssr", "nitro", "middleware", "rsc", "worker"))
# Cloudflare Pages runs these instead of serving them (developers.cloudflare.com/pages, advanced mode, read 2026-11).
_RUN_BY_THE_HOST = frozenset(("_worker.js", "_worker.bundle", "_worker.js.map"))
_NEXT_SERVED = ("static",)
_NEXT_PAGES = (".html", ".rsc", ".txt", ".body", ".segment.rsc")


class Served(NamedTuple):
    """A file that a visitor can get. `path` is where it is read from."""

    path: str
    size: int


def files(root: str, failed: list[tuple[str, str]]) -> Iterator[Served]:
    """The served files below a folder, those of a folder before those of its folders, by name; what cannot be listed goes into `failed`.

    Links are not followed: what they lead to below the folder is looked at under its own name, others go into `failed`, as do pipes and
    devices.
    """
    start = os.path.abspath(root)
    for output in _outputs(start):
        yield from _walk(output, failed)
    failed[:] = [(path, said) for path, reason in failed if (said := _leads_out(path, start) if reason == _LINK else reason) is not None]


_LINK = "a link"
_NO_FILE = "is not a regular file"


def _leads_out(link: str, start: str) -> str | None:
    """Why a link shows something that is not looked at; None where it leads to something below `start`."""
    try:
        os.stat(link)  # first: the kernel gives up after forty links, realpath follows each of a ring by recursion
    except OSError as error:
        return error.strerror or "cannot be read"
    inside = os.path.join(os.path.realpath(link), "").startswith(os.path.join(os.path.realpath(start), ""))
    return None if inside else "a link out of the built output; not followed"


def named(path: str, failed: list[tuple[str, str]]) -> Iterator[Served]:
    """A file that is named itself, also by a link; what is none goes into `failed`."""
    try:
        size = os.stat(path).st_size
    except OSError as error:
        failed.append((path, error.strerror or "cannot be read"))
        return
    if os.path.isfile(path):
        yield Served(path, size)
    else:
        failed.append((path, _NO_FILE))


def _outputs(root: str) -> list[str]:
    """The folder itself, or, for a project, the outputs found in it."""
    if not _is_project(root):
        return [root]
    found = [os.path.join(root, *output.split("/")) for output in OUTPUTS]
    found = [path for path in found if os.path.isdir(path)]
    public = os.path.join(root, "public")
    if os.path.isdir(public):
        found.append(public)
    return [path for path in found if not any(path != other and path.startswith(other + os.sep) for other in found)]


# Of `OUTPUTS`, those whose name alone says that a browser gets them.
_SERVED_BY_NAME = frozenset((".output/public", ".svelte-kit/output/client", ".vercel/output/static"))


def built(root: str) -> tuple[str, ...]:
    """The folders of built output in a project's folder that a browser gets: pages stand in them, or their name says it.

    A server's own build (`dist/index.js`) is none; of one that holds both halves, the served one is given.
    """
    found: list[str] = []
    for output in OUTPUTS:
        folder = os.path.join(root, *output.split("/"))
        failed: list[tuple[str, str]] = []
        names = _listed(folder, failed) if os.path.isdir(folder) and not os.path.islink(folder) else []
        if failed:  # whoever looks at it says that it cannot be listed
            found.append(folder)
        if not names or any(folder.startswith(other + os.sep) for other in found):
            continue
        if output in _SERVED_BY_NAME or is_next(folder, names) or _has_page(names):
            found.append(folder)
        else:
            halves = [os.path.join(folder, half) for half in _SERVED_HALVES if half in names]
            found += [half for half in halves if os.path.isdir(half) and _has_page(_listed(half, []))]
    return tuple(found)


def _has_page(names: list[str]) -> bool:
    return any(name.endswith(".html") for name in names)


# What lies beside a package.json where one works, not in what one built.
_WORK = frozenset(
    ("node_modules", "src", "app", "pages", "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lockb", "bun.lock", "tsconfig.json")
)


def _is_project(root: str) -> bool:
    names = set(_listed(root, []))
    return "package.json" in names and not _WORK.isdisjoint(names)


def _walk(root: str, failed: list[tuple[str, str]]) -> Iterator[Served]:
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        entries = _entries(folder, failed)
        names = {entry.name for entry in entries}
        if is_next(folder, names):
            yield from _next(folder, failed)
            continue
        split = not names.isdisjoint(_SERVED_HALVES)
        folders: list[str] = []
        for entry in entries:
            name = entry.name
            if name in _RUN_BY_THE_HOST:
                continue
            if entry.is_dir(follow_symlinks=False):
                if name != "node_modules" and not (split and name in _SERVER_HALVES):
                    folders.append(entry.path)
            elif not (split and _is_server_config(name)):
                yield from _file(entry, failed)
        waiting += reversed(folders)


def _is_server_config(name: str) -> bool:
    """Files beside the two halves that configure the host or the server."""
    return name in ("nitro.json", "config.json", "routes.json", "server.js", "server.mjs", "index.cjs")


# What `next build` writes beside `server/` and nothing else does. A build that failed has its trace only, and the copy of a standalone
# server comes without `static/` (Next.js docs, "output", and builds of versions 14 to 15; read 2026-11).
_NEXT_MARKS = frozenset(("BUILD_ID", "build-manifest.json", "app-build-manifest.json", "required-server-files.json"))
_NEXT_TRACES = frozenset(("trace", "types", "diagnostics"))


def is_next(folder: str, names: Iterable[str] | None = None) -> bool:
    """Whether a folder is what `next build` wrote, whatever it is called and how far that came."""
    inside = set(_listed(folder, []) if names is None else names)
    if "server" in inside:
        return not inside.isdisjoint(_NEXT_MARKS) or len(inside & _NEXT_TRACES) > 1
    return (
        "static" in inside
        and "required-server-files.json" in inside
        and not inside.isdisjoint(_NEXT_MARKS - {"required-server-files.json"})
    )


def _next(folder: str, failed: list[tuple[str, str]]) -> Iterator[Served]:
    """`static/` and the prerendered pages: everything else of `.next` runs on the server or tells the server how."""
    for part in _NEXT_SERVED:
        path = os.path.join(folder, part)
        if os.path.isdir(path):
            yield from _below(path, failed, lambda _name, _names: True)
        else:  # a standalone server's is copied by hand: without it, nothing can be said of what a browser gets
            failed.append((path, "is not here: the part that browsers get; it lies in the folder that `next build` itself wrote"))
    for part in ("server/app", "server/pages"):
        path = os.path.join(folder, *part.split("/"))
        if os.path.isdir(path):
            yield from _below(path, failed, _is_prerendered)


def _is_prerendered(name: str, names: set[str]) -> bool:
    """A page's html, its flight data, its JSON beside its html; never a chunk, a trace or a manifest."""
    stem, extension = os.path.splitext(name)
    return extension in _NEXT_PAGES or (extension == ".json" and f"{stem}.html" in names)


def _below(root: str, failed: list[tuple[str, str]], wanted: Callable[[str, set[str]], bool]) -> Iterator[Served]:
    waiting = [root]
    while waiting:
        entries = _entries(waiting.pop(), failed)
        names = {entry.name for entry in entries}
        folders = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False) and wanted(entry.name, names):
                yield from _file(entry, failed)
        waiting += reversed(folders)


def _entries(folder: str, failed: list[tuple[str, str]]) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name; nothing where it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        failed.append((folder, error.strerror or "cannot be listed"))
        return []


def _file(entry: os.DirEntry[str], failed: list[tuple[str, str]]) -> Iterator[Served]:
    """A file with its size; a link, a pipe or a device goes into `failed`."""
    try:
        if entry.is_file(follow_symlinks=False):
            yield Served(entry.path, entry.stat(follow_symlinks=False).st_size)
        else:
            failed.append((entry.path, _LINK if entry.is_symlink() else _NO_FILE))
    except OSError as error:
        failed.append((entry.path, error.strerror or "cannot be read"))


def _listed(folder: str, failed: list[tuple[str, str]]) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError as error:
        failed.append((folder, error.strerror or "cannot be listed"))
        return []


_MARKS = ("driftline.toml", "package.json", "pyproject.toml", ".git")
_WORKSPACE = ("pnpm-workspace.yaml", "turbo.json", "nx.json", "lerna.json", "rush.json")
_MOST_ABOVE = 6


# Folders that frameworks name with a dot: nobody keeps a project of one's own in there.
_GENERATED = frozenset(output.partition("/")[0] for output in OUTPUTS if output.startswith("."))


def _is_generated(folder: str) -> bool:
    return not _GENERATED.isdisjoint(folder.split(os.sep))


def project_of(path: str) -> tuple[str, bool]:
    """The project that built output belongs to, and whether there is one: the nearest folder above with a manifest, or the workspace that holds it.

    A project that is given itself is its own. Manifests that a build wrote into its output (`.next/package.json`) belong to nobody. Without
    a project, the folder itself (of a file, its folder).
    """
    start = os.path.abspath(path)
    folder = start if _is_project(start) else os.path.dirname(start)
    nearest: str | None = None
    for _ in range(_MOST_ABOVE):
        # Asked one by one: a folder above may be closed to listing.
        names = {name for name in (*_MARKS, *_WORKSPACE) if os.path.lexists(os.path.join(folder, name))}
        if nearest is None and (names - {"package.json"} if _is_generated(folder) else names) & set(_MARKS):
            nearest = folder
        if nearest is not None and names & set(_WORKSPACE):
            return folder, True
        above = os.path.dirname(folder)
        if ".git" in names or above == folder:
            break
        folder = above
    if nearest is not None:
        return nearest, True
    return (start if os.path.isdir(start) else os.path.dirname(start)), False
