"""The public addresses that platform configuration states: routes, aliases, app names, CNAME files and a private package's homepage.

A file may be read by its platform's own format as well; here only what says where an environment can be reached is taken. Wrangler `routes`
are not inherited by environments; a Fly app is `NAME.fly.dev`, a Render web service `NAME.onrender.com` (Cloudflare, Fly, Render, Vercel,
DigitalOcean, GitHub Pages and npm docs, 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, Node, json_document, toml_document, yaml_document
from driftline.formats._place import environment_said, word_of
from driftline.formats._values import environment_of
from driftline.model import Authority, Literal, Location, Reading, Secret, Text

FORMAT = Format(
    name="domains",
    title="public addresses",
    files=(
        "wrangler.toml",
        "wrangler.json",
        "wrangler.jsonc",
        "fly.toml",
        "fly.*.toml",
        "render.yaml",
        "render.yml",
        "vercel.json",
        "netlify.toml",
        "package.json",
        "CNAME",
        "*.do/*.yaml",
        "*.do/*.yml",
    ),
    authority=Authority.PART,
    nameless="production",
)

# Most files have nothing of it: they cost one search.
_TRACE = late.pattern(r'route|^\s*app\s*=|services|"alias"|"homepage"|redirects|domain', re.MULTILINE)
_HOST = late.pattern(r"(?:\*\.)?((?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.){1,10}[a-z]{2,24})", re.IGNORECASE)

_Origin = tuple[str | None, Literal]


def recognises(path: str) -> bool:
    """Not a package or a CNAME of something that is only depended on or generated."""
    return "node_modules/" not in path and (path.rpartition("/")[2] != "CNAME" or path.count("/") <= 2)


def read(text: Text) -> Reading:
    """The origins, per environment where the file names one. Raises Unreadable for text that is not of its format."""
    base = text.path.rpartition("/")[2]
    if base == "CNAME":
        return Reading(origins=tuple(_cname(text)))
    if not _TRACE.search(text.content) or (base == "package.json" and '"homepage"' not in text.content):
        return Reading()
    parse = toml_document if base.endswith(".toml") else json_document if base.endswith((".json", ".jsonc")) else yaml_document
    document = parse(text.path, text.content)
    for start, reader in _READERS.items():
        if base.startswith(start):
            return Reading(origins=tuple(reader(document)))
    return Reading(origins=tuple(_digitalocean(document)))


def _cname(text: Text) -> Iterator[_Origin]:
    host = _HOST.fullmatch(text.content.strip())
    if host is not None:
        yield _origin(None, host[1], Location(text.path, 1), "CNAME file")


def _wrangler(document: Document) -> Iterator[_Origin]:
    for context, table in ((None, document.root), *document.root.pairs("env")):
        single = table.get("route")
        for node in [*([single] if single is not None else []), *table.list("routes")]:
            pattern = node if node.is_scalar else node.get("pattern")
            if pattern is not None and pattern.is_scalar:
                yield from _said(document, context, pattern, "route")


def _fly(document: Document) -> Iterator[_Origin]:
    app = document.root.get("app")
    if app is not None and app.is_scalar and re.fullmatch(r"[a-z0-9][a-z0-9\-]{0,62}", app.text):
        context = environment_of(document.path.rpartition("/")[2], "fly") or word_of(app.text)
        yield _origin(context, f"{app.text}.fly.dev", document.value_location(app), "app name")


def _render(document: Document) -> Iterator[_Origin]:
    for service in document.root.list("services"):
        name = service.get("name")
        if service.string("type") != "web" or name is None or not re.fullmatch(r"[a-z0-9][a-z0-9\-]{0,62}", name.text):
            continue
        context = word_of(name.text)
        yield _origin(context, f"{name.text}.onrender.com", document.value_location(name), "service name")
        for domain in service.list("domains"):
            yield from _said(document, context, domain, "domain")


def _vercel(document: Document) -> Iterator[_Origin]:
    alias = document.root.get("alias")
    for node in [] if alias is None else alias.items or [alias]:
        text = node.text if node.is_scalar else ""
        if text and "." not in text and re.fullmatch(r"[a-z0-9\-]{1,63}", text):
            yield _origin(None, f"{text}.vercel.app", document.value_location(node), "alias")
        else:
            yield from _said(document, None, node, "alias")


def _netlify(document: Document) -> Iterator[_Origin]:
    """A redirect of the default host, or of `www`, to another host names the site's own domain."""
    for redirect in document.root.list("redirects"):
        source, goal = redirect.string("from") or "", redirect.get("to")
        if re.match(r"https?://", source) and goal is not None and goal.is_scalar and re.match(r"https?://", goal.text):
            yield from _said(document, None, goal, "redirect")


def _package(document: Document) -> Iterator[_Origin]:
    homepage = document.root.get("homepage")
    if homepage is not None and homepage.is_scalar and document.root.string("private") == "true" and homepage.text.startswith("http"):
        yield from _said(document, None, homepage, "homepage")


def _digitalocean(document: Document) -> Iterator[_Origin]:
    root = document.root.get("spec") or document.root
    context = environment_said(document.path) or word_of(root.string("name") or "")
    for item in root.list("domains"):
        domain = item.get("domain") if item.kind == "map" else item
        if domain is not None:
            yield from _said(document, context, domain, "domain")


_READERS: Mapping[str, Callable[[Document], Iterator[_Origin]]] = {
    "wrangler": _wrangler,
    "fly": _fly,
    "render": _render,
    "vercel": _vercel,
    "netlify": _netlify,
    "package": _package,
}


def _said(document: Document, context: str | None, node: Node, role: str) -> Iterator[_Origin]:
    """The host of a URL, a route pattern or a bare name; nothing where it is a wildcard or none."""
    text = re.sub(r"^https?://", "", node.text.strip() if node.is_scalar else "")
    host = _HOST.match(text.partition("/")[0])
    if host is not None and not text.startswith("*") and "*" not in text.partition("/")[0]:
        yield _origin(context, host[1], document.value_location(node), role)


def _origin(context: str | None, host: str, location: Location, role: str) -> _Origin:
    return context, Literal(Secret(f"https://{host.lower()}"), location, role)
