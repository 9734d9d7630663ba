"""Compares the routes that driftline reads with the framework's own rule and listing, on real checkouts; writes routes.md.

    python benchmarks/routes.py FOLDER [--listings FOLDER]

FOLDER holds the clones, each under its repository's name. The truth is counted without driftline's reader: by the files that the framework's
documentation says are routes, or by the decorators and calls that register one. Both are compared file by file.

`--listings` names a folder of files `REPOSITORY.txt`, one served path per line as the framework itself lists them: the paths of
`app.openapi()` for FastAPI; the route tree, paths joined, of `autoRoutes` (react-router-auto-routes) for epic-stack and of `flatRoutes`
(@remix-run/dev) for trigger.dev. Those are compared path by path. Without it the comparison of the last run is kept.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import NamedTuple

from driftline import __version__, audit, rules
from driftline.code import is_test
from driftline.project import settings

HERE = Path(__file__).parent


class Case(NamedTuple):
    """An app and how its routes are counted: `files` are the paths below `app` that can hold some, `call` what registers one in them (None:
    each file is one); `how` says so in words."""

    repository: str
    app: str
    framework: str
    how: str
    files: str
    call: str | None = None


CASES = (
    Case("chat-ui", ".", "SvelteKit", "files `+page.svelte`, `+server.ts`", r"src/routes/(?:.*/)?\+(?:page\.svelte|server\.ts)"),
    Case("openstatus", "apps/web", "Next.js, App Router", "files `page.tsx`, `route.ts`, `route.tsx`", r"(?:src/)?app/(?:.*/)?(?:page|route)\.tsx?"),
    Case("papermark", ".", "Next.js, Pages Router", "files in `pages/` without `_app`, `_document`, `_error`", r"pages/(?!_(?:app|document|error)\.)(?:.*/)?[^/]+\.tsx?"),
    Case("nuxt.com", ".", "Nuxt", "files in `server/api`, `server/routes`", r"server/(?:api|routes)/.*\.tsx?"),
    Case("elk", ".", "Nuxt", "files in `app/pages`", r"app/pages/.*\.vue"),
    Case("ghostfolio", ".", "NestJS", "decorators `@Get`, `@Post`, `@Put`, `@Patch`, `@Delete`", r"apps/api/.*\.controller\.ts", r"^\s*@(?:Get|Post|Put|Patch|Delete)\("),
    Case("full-stack-fastapi-template", ".", "FastAPI", "decorators `@router.get` and its kin", r"backend/app/.*\.py", r"^@(?:router|app)\.(?:get|post|put|patch|delete)\("),
    Case("plane", "apps/api", "Django", "`path(` without `include(`, `register(`", r".*urls.*\.py", r"\b(?:re_)?path\(\s*(?!\s*[^,()]*,\s*include\()|\w+\.register\("),
    Case("outline", ".", "Koa", "calls `router.get` and its kin", r"server/.*\.tsx?", r"\brouter\s*\.(?:get|post|put|patch|delete)\("),
    Case("midday", "apps/api", "Hono", "calls `createRoute({`, `app.get(\"`, `router.get(\"` and their kin", r"src/rest/.*\.ts", r"\bcreateRoute\(\{|\b(?:app|router)\s*\.(?:get|post|put|patch|delete|all)\(\s*[\"'`]"),
)  # fmt: skip

# Folder of the routes in each repository that a framework listed itself, and the prefix below which its routers are mounted in another file.
LISTED = {
    "full-stack-fastapi-template": ("backend/app/", "FastAPI", "/api/v1"),
    "epic-stack": ("app/routes/", "React Router 7", ""),
    "trigger.dev": ("apps/webapp/app/routes/", "Remix", ""),
}


def truth(root: Path, case: Case) -> Counter[str]:
    """File -> the routes in it, counted by the case's own rule."""
    found: Counter[str] = Counter()
    for file in sorted((root / case.app).rglob("*")):
        path = file.relative_to(root).as_posix()
        inside = file.relative_to(root / case.app).as_posix()
        if not file.is_file() or not re.fullmatch(case.files, inside) or is_test(path) or "node_modules" in path:
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        found[path] += 1 if case.call is None else len(re.findall(case.call, text, re.MULTILINE))
    return found


def read(root: Path, case: Case) -> Counter[str]:
    """File -> the routes in it that driftline reads, of the files that the case speaks of."""
    request = audit.Request(str(root), settings.read(str(root), None, rules.identifiers()))
    prefix = "" if case.app == "." else case.app + "/"
    # Several paths may lead to one file or one line (an optional part, a list of paths): a place counts once.
    places = {(r.location.path, r.location.offset if case.call else 0) for app in audit.read(request).facts.apps for r in app.routes or ()}
    return Counter(path for path, _ in places if path.startswith(prefix) and re.fullmatch(case.files, path.removeprefix(prefix)))


def shape(path: str) -> str:
    """A path in any dialect, with each part that varies as `:`."""
    path = re.sub(r"\{[^{}]*\}|:[\w$.\-]+\??", ":", path)
    return "/" + path.strip("/")


def compared(root: Path, listing: Path, folder: str, prefix: str) -> tuple[set[str], set[str], int]:
    """(paths that only the framework lists, paths that only driftline reads, how many the framework lists)."""
    wanted = {shape(line.split()[0]).removeprefix(prefix) for line in listing.read_text(encoding="utf-8").splitlines() if line.strip()}
    request = audit.Request(str(root), settings.read(str(root), None, rules.identifiers()))
    routes = [route for app in audit.read(request).facts.apps for route in app.routes or () if route.location.path.startswith(folder)]
    found = {shape(route.path) for route in routes}
    return wanted - found, found - wanted, len(wanted)


def listed(folder: Path, listings: Path, show: bool) -> str:
    """The table of the comparison with the frameworks' own listings."""
    rows = []
    for repository, (routes, framework, prefix) in LISTED.items():
        missed, extra, count = compared(folder / repository, listings / f"{repository}.txt", routes, prefix)
        if show:
            print(repository, "missed", sorted(missed), "extra", sorted(extra))
        rows.append(f"| {repository} {routes} | {framework} | {count} | {count - len(missed)} | {len(missed)} | {len(extra)} |\n")
    return "| app | framework | listed | read | missed | too many |\n| --- | --- | --- | --- | --- | --- |\n" + "".join(rows)


_LISTINGS = (
    "## Path by path, against the framework's own listing\n\n"
    "A router's routes may be registered only in some environments: read, and not listed. A path that is named after a test or a mock is "
    "taken for one: listed, and not read.\n\n"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--listings", type=Path)
    parser.add_argument("--to", type=Path, default=HERE / "routes.md")
    parser.add_argument("--show", action="store_true", help="print the files on which the two disagree")
    options = parser.parse_args()
    old = options.to.read_text(encoding="utf-8").partition(_LISTINGS)[2] if options.to.exists() else ""
    rows = []
    for case in CASES:
        wanted, found = truth(options.folder / case.repository, case), read(options.folder / case.repository, case)
        missed, extra = wanted - found, found - wanted
        rows.append(
            f"| {case.repository} {case.app} | {case.framework} | {case.how} | {wanted.total()} | {found.total()} | {missed.total()} | {extra.total()} |\n"
        )
        if options.show:
            print(case.repository, "missed", sorted(missed)[:12], "extra", sorted(extra)[:12])
    options.to.write_text(
        "# Routes against the frameworks' own rules\n\n"
        f"driftline {__version__}, {date.today().isoformat()}, `python benchmarks/routes.py FOLDER`.\n\n"
        "| app | framework | counted by | counted | read | missed | too many |\n| --- | --- | --- | --- | --- | --- | --- |\n"
        + "".join(rows)
        + f"\n{_LISTINGS}"
        + (listed(options.folder, options.listings, options.show) if options.listings else old),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
