"""The paths an app serves: by the file system of its framework, and by the calls, decorators and tables that name a path in code.

A path's parts that vary become `:name`, a rest of any length `*`. A router may be mounted below a prefix that its file does not show: then
`Route.prefixed` is True, and a longer path may end in it. Next.js, SvelteKit, Nuxt, Astro, Remix, React Router, Netlify, Vercel, Supabase,
Cloudflare Pages, Express, Hono, Fastify, Koa, Elysia, Nest, FastAPI, Flask and Django docs, routing, 2026-11.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache

from driftline import late, sieve
from driftline.code import Place, RouteFile, is_example, is_test
from driftline.knowledge import callbacks
from driftline.model import Route
from driftline.record import NamedTuple


def read(path: str, content: bytes, folder: str = ".") -> RouteFile | None:
    """The routes of a file of the package in `folder`; None for one that neither serves a path nor checks a signature."""
    # An app may serve `/docs` or `/demo`; only whole folders of them beside the app are no part of it.
    if is_test(path) or is_example(path.partition("/")[0] + "/"):
        return None
    inside = path if folder == "." else path.removeprefix(folder + "/")
    place = Place(path, content)
    words = sieve.found_in(_WORDS, content)
    found = [*_by_place(inside, path, content), *_by_code(path, content, place, words)]
    # Whether it does is a slow question, asked only of what a webhook's route imports; and so is what it imports.
    checking = content if words.intersection(_VERIFY_TRACES) else None
    speaking = content if b"ebhook" in words or callbacks.receives_events(path) else None
    if not found and checking is None and speaking is None:
        return None
    hooked = [_hook(route, content, own_part(route, found, content)) for route in found]
    if checking is not None and hooked and not any(route.provider for route in hooked):
        hooked = _signed(hooked, content)
    return RouteFile(path, tuple(hooked), speaking, checking)


def own_part(route: Route, routes: Iterable[Route], content: bytes) -> bytes:
    """The text of a file from one of its routes to the next."""
    start = route.location.offset or 0
    return content[start : min((other.location.offset or 0 for other in routes if (other.location.offset or 0) > start), default=None)]


def joined(files: Iterable[RouteFile], packages: Mapping[str, str]) -> Iterator[Route]:
    """All routes; a webhook whose signature is checked in a file that it imports, or that such a file imports, counts as checked there."""
    listed = list(files)
    for file in listed:
        helper: str | None = None
        if any(route.provider is not None and route.verified is None for route in file.routes):
            helper = _checked_in(file, listed, packages, hops=2)
        for route in file.routes:
            yield route if helper is None or route.provider is None or route.verified else route._replace(verified=f"in {helper}")


def _checked_in(file: RouteFile, files: Sequence[RouteFile], packages: Mapping[str, str], hops: int) -> str | None:
    """The file with the check, at most so many imports away."""
    names = _imports(file.speaking) if file.speaking is not None else ()
    imported = [
        other
        for other in files
        if (other.checking is not None or (hops > 1 and other.speaking is not None))
        and other.path != file.path
        and any(_means(name, file.path, other.path, packages) for name in names)
    ]
    found = next((other.path for other in imported if other.checking is not None and _verification(other.checking)), None)
    if found is not None or hops == 1:
        return found
    return next((path for other in imported if (path := _checked_in(other, files, packages, hops - 1)) is not None), None)


def _means(specifier: str, importer: str, path: str, packages: Mapping[str, str]) -> bool:
    """Whether an import means a file; behind a path alias its last two parts must agree, because `route` and `index` are everywhere."""
    from driftline.code._helpers import leads_to

    if not leads_to(specifier, importer, path, packages):
        return False
    if specifier.startswith(".") or any(specifier == name or specifier.startswith(name + "/") for name in packages):
        return True
    tail = "/".join(specifier.rstrip("/").split("/")[-2:]).lstrip("@~#/")
    return f"/{tail}." in f"/{path}" or f"/{tail}/index." in f"/{path}"


@lru_cache(maxsize=256)
def _verification(content: bytes) -> str | None:
    """What checks a signature in a file, looked for once and not for each of its routes."""
    return callbacks.verification(content)


_VERIFY_TRACES = (b"ignature", b"onstruct", b"ebhook", b"hmac", b"Hmac", b"timingSafe")
_SERVERS = (b"express", b"hono", b"Hono", b"astify", b"Router", b"koa", b"lysia", b"@Controller", b"itty", b"polka", b"restify", b"oak")
_CALLS = (b".get(", b".post(", b".put(", b".patch(", b".delete(", b".all(", b".route(", b".use(", b".on(", b"createRoute(")
# What a file says that is worth a look.
_WORDS = (
    *_VERIFY_TRACES, *_SERVERS, b"<Route", b"path:", b"@react-router/dev/routes", b"NextResponse.rewrite(",
)  # fmt: skip


# --- webhooks -----------------------------------------------------------------------------------------------------------------


def _hook(route: Route, content: bytes, own: bytes) -> Route:
    """The route with its provider where it receives webhooks, and how their signature is checked; `own` is its part of the file."""
    words = f"{route.path} {route.location.path}"
    events = callbacks.receives_events(route.path) or callbacks.receives_events(route.location.path)
    if not events or not _takes_posts(route):
        return route
    header = callbacks.signature_header(own)
    provider = callbacks.provider_of_words(route.path) or callbacks.provider_of_words(words) or (header[0] if header else None)
    if provider is None:
        return route
    verified = _verification(content)
    if verified is None and len(_REQUEST.findall(content)) == 1:
        return route  # it names its request once, in its signature: nothing that comes in is used
    return route._replace(provider=provider, verified=verified, caveat=_caveat(route, content) if verified else None)


def _takes_posts(route: Route) -> bool:
    return (not route.methods or bool({"POST", "ALL"} & set(route.methods))) and not route.framework.endswith("page")


def _signed(routes: list[Route], content: bytes) -> list[Route]:
    """The routes of a file none of whose paths says that it receives events (`/billing/events`): where a provider's signature is checked, the
    last one before its header is read does."""
    header = callbacks.signature_header(content)
    verified = _verification(content) if header is not None else None
    before = [route for route in routes if header is not None and route.location.offset < header[1] and _takes_posts(route)]
    if header is None or verified is None or not before:
        return routes
    receiver = max(before, key=lambda route: route.location.offset)
    told = receiver._replace(provider=header[0], verified=verified, caveat=_caveat(receiver, content))
    return [told if route is receiver else route for route in routes]


_REQUEST = late.pattern(rb"\b(?:req|request|event|ctx|context|args|c|body|payload|data|json|text|formData|arrayBuffer|get_json|readBody)\b")


# For every path, without `verify` that would keep the raw body, and not chosen by the request's path.
_JSON_FIRST = late.pattern(
    rb"^(?!.*(?:originalUrl|req\.(?:path|url)))\s*\w+\.use\(\s*(?:express|bodyParser)\.json\(\s*(?:\{(?:(?!verify)[^{}])*\}\s*)?\)\s*\)",
    re.MULTILINE,
)


def _caveat(route: Route, content: bytes) -> str | None:
    """What keeps a check from ever passing: the body was parsed before, so its bytes are not those that were signed."""
    if b"onstruct" not in content:
        return None
    raw = re.search(
        rb"\.text\(\)|arrayBuffer\(|\braw\b|rawBody|raw_body|bodyParser\s*:\s*false|\bbuffer\(|get_data\(|\.body\(\)|request\.body\b|req\.on\(|readRawBody|getRawBody|micro",
        content,
    )
    if raw is None and re.search(rb"JSON\.stringify\(\s*(?:req(?:uest)?\.body|body|payload|await\s+req(?:uest)?\.json\(\))", content):
        return "the body is parsed and written again before the signature is checked"
    parsed = _JSON_FIRST.search(content, 0, route.location.offset)
    if parsed is not None:
        return "`express.json()` parses the body first: it stands before the route, and keeps no raw body"
    if route.framework == "next pages api" and not re.search(rb"bodyParser\s*:\s*false", content):
        return "the Pages Router parses the body first: `export const config = { api: { bodyParser: false } }` is missing"
    return None


_IMPORTED = late.pattern(rb"(?:from|import|require\()\s*[\"']([^\"'\n]{1,200})[\"']")
_IMPORTED_PY = late.pattern(rb"^[ \t]*from\s+([.\w]+)\s+import\s+\(?\s*([\w \t,]+)|^[ \t]*import\s+([.\w]+)", re.MULTILINE)


@lru_cache(maxsize=256)
def _imports(content: bytes) -> tuple[str, ...]:
    """The import specifiers of a file, the modules that Python names written as paths."""
    return tuple(_specifiers(content))


def _specifiers(content: bytes) -> Iterator[str]:
    for match in _IMPORTED.finditer(content):
        yield match[1].decode("utf-8", "replace")
    for match in _IMPORTED_PY.finditer(content):
        written = (match[1] or match[3]).decode("utf-8", "replace")
        module = written.lstrip(".").replace(".", "/")
        dots = len(written) - len(written.lstrip("."))
        above = "" if not dots else "./" if dots == 1 else "../" * (dots - 1)
        if module:
            yield above + module
        for name in re.findall(r"\w+", (match[2] or b"").decode("utf-8", "replace")):  # what is imported may be a module itself
            yield above + f"{module}/{name}".lstrip("/")


# --- by the file's place ------------------------------------------------------------------------------------------------------


class _Convention(NamedTuple):
    """A framework's files: in one of the folders; `pattern` has a group `path`; `clean` turns it into a served path; `prefix` stands before it."""

    framework: str
    folders: tuple[str, ...]
    pattern: re.Pattern[str]
    clean: Callable[[str], str]
    prefix: str = ""


_EXPORTED = late.pattern(rb"export\s+(?:async\s+)?(?:function|const|let)\s+(GET|POST|PUT|PATCH|DELETE|ALL|action|loader)\b")


def _by_place(inside: str, path: str, content: bytes) -> Iterator[Route]:
    if not inside.startswith(_FOLDERS) and "supabase/functions/" not in path:
        return
    # Supabase's functions are an app of their own, whose folder is part of the convention.
    own = path[("/" + path).rfind("/supabase/functions/") :]
    for convention in _CONVENTIONS:
        where = own if convention.framework == "supabase function" else inside
        match = convention.pattern.fullmatch(where) if where.startswith(convention.folders) else None
        if match is None:
            continue
        if convention.framework == "cloudflare function" and b"onRequest" not in content:
            continue  # any other project's folder of functions
        if convention.framework == "remix" and not _is_route_module(inside, content):
            continue
        if convention.framework == "nuxt api" and b"ventHandler(" not in content:
            continue  # any other project's folder of server code
        if convention.framework == "tanstack" and b"FileRoute(" not in content and b"ServerRoute(" not in content:
            continue
        served = convention.prefix + convention.clean(match["path"].strip("/"))
        method = match.groupdict().get("method")
        methods = [method.upper()] if method else [m.decode() for m in _EXPORTED.findall(content)] if convention.framework != "page" else []
        methods = ["POST" if m == "action" else "GET" if m == "loader" else m for m in methods]
        # A remix route without an action still serves its path; a handler's default export takes every method.
        kept = tuple(dict.fromkeys(methods)) if convention.framework in ("next api", "sveltekit", "nuxt api", "remix") else ()
        yield Route(_whole(served), Place(path, b"").at(0), convention.framework, kept)
        return


# What makes a file a route of Remix or React Router; a component or a helper may lie beside it.
_ROUTE_MODULE = late.pattern(
    rb"export\s+default\b|export\s+(?:async\s+)?(?:function|const|let)\s+(?:loader|action|clientLoader|clientAction)\b"
    rb"|export\s*\{[^{}]{0,300}\b(?:loader|action|default)\b"
)
_OTHER_ROUTES = late.pattern(rb"export\s+(?:async\s+)?(?:function|const)\s+(?:GET|POST)\b|\bFileRoute\(")


def _is_route_module(inside: str, content: bytes) -> bool:
    """Whether a file in `app/routes` is a route there: no helper (`x.server.ts`, `+shared/x.ts`), and of no other framework."""
    if re.search(r"\.(?:server|client)\.[^./]+$|/\+[^/]+/", inside):
        return False
    if b"export" in content and not _ROUTE_MODULE.search(content):
        return False
    return _OTHER_ROUTES.search(content) is None


def _brackets(text: str) -> str:
    """`(group)/[id]/[...rest]` -> `:id/*`; parallel slots and groups are no part of the path, `index` is none at the end."""
    parts = []
    for part in text.split("/"):
        if not part or re.fullmatch(r"\((?!\.)[^)]*\)|@.*", part):
            continue
        part = re.sub(r"^\(\.{1,3}\)(?:\(\.\.\))*", "", part)  # an intercepted route serves the path it names
        part = re.sub(r"\[\[?\.\.\.[^\[\]]*\]\]?", "*", part)
        part = re.sub(r"\[\[?([^\[\]=]+)(?:=[^\[\]]*)?\]\]?", r":\1", part)
        parts.append(part)
    if parts and parts[-1] == "index":
        parts.pop()
    return "/".join(parts)


def _dots(text: str) -> str:
    """Remix' flat files: dots and `+/` separate, `$id` varies, a leading `_` names no part, a trailing one opts out of nesting."""
    parts = []
    for raw in re.split(r"(?<!\[)[./](?!\])", re.sub(r"\+/", ".", text)):
        part = re.sub(r"\[([^\[\]]*)\]", r"\1", raw.rstrip("+"))
        if raw.startswith("["):  # what is escaped stands for itself
            parts.append(part)
            continue
        if not part or part.startswith("_") or part in ("index", "route") or re.fullmatch(r"\(.*\)", part):
            continue
        part = part.rstrip("_")
        parts.append("*" if part == "$" else ":" + part[1:] if part.startswith("$") else part)
    return "/".join(parts)


def _whole(path: str) -> str:
    """One leading slash, none at the end, parameters of all dialects as `:name`."""
    path = re.sub(r"<(?:[a-z_]+:)?path:?[^<>]*>|\{[^{}]*:path\}|\*\w*|\{\*[^{}]*\}", "*", path)
    path = re.sub(r"<(?:[a-z]+:)?(\w+)>|\{(\w+)(?::[^{}]*)?\}", lambda m: ":" + (m[1] or m[2]), path)
    path = re.sub(r":(\w+)\{[^{}]*\}", r":\1", path)
    path = re.sub(r":(\w+)(?:\([^)]{0,200}\))?[?+*]?", r":\1", path)
    return "/" + re.sub(r"/{2,}", "/", path).strip("/")


_JS = r"(?:[cm]?[jt]sx?)"


def _convention(framework: str, folders: str, below: str, clean: Callable[[str], str], prefix: str = "") -> _Convention:
    """The files `below` (an expression) one of the folders, which a blank parts."""
    places = tuple(folders.split())
    return _Convention(framework, places, late.pattern(f"(?:{'|'.join(places)}){below}"), clean, prefix)


_CONVENTIONS = (
    _convention("remix", "app/routes/", rf"(?P<path>.+?)(?:/route|/_?index|/_layout)?\.(?:{_JS}|mdx?)", _dots),
    _convention("next api", "app/ src/app/", rf"(?P<path>(?:.*/)?)route\.{_JS}", _brackets),
    _convention("next page", "app/ src/app/", rf"(?P<path>(?:.*/)?)page\.(?:{_JS}|mdx?)", _brackets),
    _convention("next pages api", "pages/ src/pages/", rf"(?P<path>api/.*|api)\.{_JS}", _brackets),
    _convention("page", "pages/ src/pages/", rf"(?P<path>(?!_)(?!api/).*)\.(?:{_JS}|mdx?|vue|astro)", _brackets),
    _convention("sveltekit", "src/routes/", r"(?P<path>(?:.*/)?)\+server\.[jt]s", _brackets),
    _convention("sveltekit page", "src/routes/", r"(?P<path>(?:.*/)?)\+page(?:@[\w-]*)?(?:\.server)?\.(?:svelte|[jt]s)", _brackets),
    _convention("nuxt api", "server/", rf"(?P<path>api/.*?)(?:\.(?P<method>get|post|put|patch|delete|head))?\.{_JS}", _brackets),
    _convention("nuxt api", "server/routes/", rf"(?P<path>.*?)(?:\.(?P<method>get|post|put|patch|delete|head))?\.{_JS}", _brackets),
    _convention("page", "app/pages/", r"(?P<path>.*)\.vue", _brackets),
    _convention("netlify function", "netlify/functions/", rf"(?P<path>[^/]+?)(?:/(?:index|[^/]+))?\.(?:{_JS}|py|go)", str, "/.netlify/functions/"),
    _convention("supabase function", "supabase/functions/", rf"(?P<path>[^_/.][^/]*)/index\.{_JS}", str, "/functions/v1/"),
    _convention("vercel function", "api/", rf"(?P<path>(?!_|.*/_).*)\.(?:{_JS}|py|go|rb)", _brackets, "api/"),
    _convention("cloudflare function", "functions/", rf"(?P<path>(?!_middleware|.*/_middleware).*)\.{_JS}", _brackets),
    _convention("tanstack", "src/routes/ app/routes/", rf"(?P<path>(?!__root)[^+]+)\.{_JS}", _dots),
)  # fmt: skip
_FOLDERS = tuple({folder for convention in _CONVENTIONS for folder in convention.folders})


# --- by the code --------------------------------------------------------------------------------------------------------------

_MADE = late.pattern(
    rb"(?:const|let|var)\s{1,99}(\w+)(?:\s{0,99}:\s{0,99}[\w.<>\[\], ]{1,60})?\s{0,99}=\s{0,99}(?:await\s{1,99})?(?:new\s{1,99})?(?:\w+\.)?"
    rb"(?:express|Router|Hono|OpenAPIHono|[fF]astify|Elysia|Koa|polka|restify|AutoRouter|IttyRouter|Application|createRouter|createApp)\b"
)
_USUAL = frozenset((b"app", b"router", b"server", b"fastify", b"routes", b"r", b"hono", b"instance"))
# What is called stands before the dot, a name or another call: the search is for the dot, with which few texts begin.
_CALLED = late.pattern(
    rb"\.\s*(get|post|put|patch|delete|all|options|head|route|use|on|basePath)\s*(?:<[^<>()]{0,80}>)?\(\s*(?:\[[^\]]{0,80}\]\s*,\s*)?[\"'`](/[^\"'`\n]{0,300}|\*)[\"'`]"
)
_SEVERAL = late.pattern(rb"\.\s*(get|post|put|patch|delete|all)\(\s*\[(\s*[\"'`]/[^\]]{0,600})\]\s*,")
_RECEIVER = late.pattern(rb"([\w$]{1,80}|\))\s{0,80}\Z")
_HANDS_ON = late.pattern(rb"(?:[rR]outer|[aA]pp|[sS]erver|fastify)\Z")
# A path of Koa's router needs no slash: `router.post("documents.info", ...)`.
_KOA_CALLED = late.pattern(rb"\brouter\s*\.\s*(get|post|put|patch|delete)\(\s*[\"'`]([A-Za-z][\w.:/\-]{0,200})[\"'`]\s*,")
_FASTIFY_URL = late.pattern(rb"\.route\(\s*\{[^{}]{0,300}?\burl\s*:\s*[\"'`](/[^\"'`\n]{0,200})")
_OPENAPI_PATH = late.pattern(rb"\bcreateRoute\(\s*\{[^{}]{0,300}?\bpath\s*:\s*[\"'`](/[^\"'`\n]{0,200})")
_CONTROLLER = late.pattern(rb"@Controller\(\s*(?:\{[^{}]{0,200}?path\s*:\s*)?(?:[\"'`]([^\"'`\n]{0,200})[\"'`])?")
_HANDLER = late.pattern(rb"@(Get|Post|Put|Patch|Delete|All|Options|Head)\(\s{0,99}(?:[\"'`]([^\"'`\n]{0,200})[\"'`])?\s{0,99}\)")
_CLIENT_ROUTE = late.pattern(rb"<Route\b[^<>]{0,300}?\bpath=\{?\s*[\"'`]([^\"'`\n]{1,200})[\"'`]")
_CLIENT_TABLE = late.pattern(
    rb"path(?<!\wpath)\s*:\s*[\"'`](/?[^\"'`\n]{0,200})[\"'`]\s*,[^{}]{0,200}?(?:component|element|Component|lazy|children|loader)\b"
)
_TABLE_ROUTE = late.pattern(rb"\b(?:route|prefix)\(\s*[\"'`]([^\"'`\n]{1,200})[\"'`]\s*,")
_REWRITE = late.pattern(rb"\bsource\s*:\s*[\"'`](/[^\"'`\n]{0,200})[\"'`]")
_FUNCTION_PATH = late.pattern(
    rb"export\s+const\s+config\b[^=]{0,40}=\s*\{[^{}]{0,200}?\bpath\s*:\s*(\[[^\]]{0,400}\]|[\"'`]/[^\"'`\n]{0,200}[\"'`])"
)

_PY_DECORATED = late.pattern(
    rb"^[ \t]*@\w+(?:\.\w+){0,3}\.(get|post|put|patch|delete|route|api_route|websocket)\(\s*(?:(?:path|rule)\s*=\s*)?[rf]?[\"']([^\"'\n]{0,300})[\"']([^\n]{0,300})",
    re.MULTILINE,
)
_PY_PREFIX = late.pattern(
    rb"(?:APIRouter|Blueprint|Router|Namespace)\([^()]{0,300}?(?:prefix|url_prefix)\s*=\s*[\"']([^\"'\n]{0,200})[\"']"
)
_PY_METHODS = late.pattern(rb"methods\s*=\s*[\[({]([^\])}]{0,200})")
_DJANGO = late.pattern(rb"\b(path|re_path|url)\(\s*r?[\"']([^\"'\n]{0,300})[\"']\s*,\s*([\w.]+\(?)")
_DRF = late.pattern(rb"\.register\(\s*r?[\"']([^\"'\n]{1,200})[\"']\s*,")


def _by_code(path: str, content: bytes, place: Place, words: Set[bytes]) -> Iterator[Route]:
    """The routes that a file's code names; `words` are those of `_WORDS` that stand in it."""
    if path.endswith(".py"):
        yield from _python(path, content, place)
        return
    if not words.isdisjoint(_SERVERS):
        yield from _javascript(content, place)
    tables = b"path:" in words and (b"outer" in content or b"component" in content)
    if b"<Route" in words or tables:
        pages = (*_CLIENT_ROUTE.finditer(content), *_CLIENT_TABLE.finditer(content))
        for match in sorted(pages, key=lambda match: match.start()):
            text = match[1].decode("utf-8", "replace")
            yield Route(_whole(text), place.at(match.start()), "client page", prefixed=not text.startswith("/"))
    base = path.rpartition("/")[2]
    if base.startswith("routes.") or b"@react-router/dev/routes" in words:
        for match in _TABLE_ROUTE.finditer(content):
            yield Route(_whole(match[1].decode("utf-8", "replace")), place.at(match.start()), "react router", prefixed=True)
    if b"NextResponse.rewrite(" in words:
        # A middleware that puts a tenant or a locale before the path: every path may be served below another one.
        yield Route("/", place.at(content.find(b"NextResponse.rewrite(")), "rewrites page")
    if re.match(r"(?:next|nuxt|astro|svelte|vite)\.config\.", base):
        for match in _REWRITE.finditer(content):
            yield Route(_whole(match[1].decode("utf-8", "replace")), place.at(match.start()), "rewrite page")
    if "netlify/" in path and b"path" in content:
        for match in _FUNCTION_PATH.finditer(content):
            for text in re.findall(rb"[\"'`](/[^\"'`\n]{0,200})[\"'`]", match[1]):
                yield Route(_whole(text.decode("utf-8", "replace")), place.at(match.start(1)), "netlify function")


def _javascript(content: bytes, place: Place) -> Iterator[Route]:
    """Calls on routers, and the decorators of Nest."""
    if sieve.any_in(_CALLS, content):
        called = list(_CALLED.finditer(content))
        routers = _USUAL | set(_MADE.findall(content)) if called else _USUAL
        for match in called:
            receiver, verb = _receiver(content, match), match[1].decode()
            if receiver is None:
                continue
            name = receiver[1]
            if name != b")" and name not in routers and not name.lower().endswith((b"router", b"routes", b"app", b"server")):
                continue
            if verb in ("use", "basePath", "route") and not _handles(content, match, verb):
                continue  # a prefix for other files
            text = match[2].decode("utf-8", "replace")
            methods = () if verb in ("all", "use", "route", "on") else (verb.upper(),)
            yield Route(_whole(text), place.at(match.start(2)), "server", methods, prefixed=True)
        for match in _SEVERAL.finditer(content):
            receiver = _receiver(content, match)
            if receiver is None or not _HANDS_ON.search(receiver[1]):
                continue
            methods = () if match[1] == b"all" else (match[1].decode().upper(),)
            for text in re.findall(rb"[\"'`](/[^\"'`\n]{0,300})[\"'`]", match[2]):
                yield Route(_whole(text.decode("utf-8", "replace")), place.at(receiver.start()), "server", methods, prefixed=True)
        for match in _KOA_CALLED.finditer(content) if b"koa" in content else ():
            text = match[2].decode("utf-8", "replace")
            yield Route(_whole(text), place.at(match.start(2)), "server", (match[1].decode().upper(),), prefixed=True)
        for match in (*_FASTIFY_URL.finditer(content), *_OPENAPI_PATH.finditer(content)):
            yield Route(_whole(match[1].decode("utf-8", "replace")), place.at(match.start(1)), "server", prefixed=True)
    if b"@Controller" in content:
        controllers = list(_CONTROLLER.finditer(content))
        for match in _HANDLER.finditer(content):
            above = [c for c in controllers if c.start() < match.start()]
            base = (above[-1][1] or b"").decode("utf-8", "replace") if above else ""
            text = f"{base}/{(match[2] or b'').decode('utf-8', 'replace')}"
            verb = match[1].decode().upper()
            yield Route(_whole(text), place.at(match.start()), "nest", () if verb == "ALL" else (verb,), prefixed=True)


def _receiver(content: bytes, call: re.Match[bytes]) -> re.Match[bytes] | None:
    """What a method is called on, in its group 1: a name, or the closing bracket of another call."""
    return _RECEIVER.search(content, max(0, call.start() - 80), call.start())


def _handles(content: bytes, match: re.Match[bytes], verb: str) -> bool:
    """Whether `use` or `route` answers by itself: `.route("/x").post(...)`, `.use("/x", (req, res) => ...)`."""
    after = content[match.end() : match.end() + 200]
    if verb == "route":
        return re.match(rb"\s*\)\s*\.\s*(?:get|post|put|patch|delete|all)\(", after) is not None
    if match[2] in (b"*", b"/", b"/*") and re.match(rb"[^()]{0,40}\([^()]{0,80}\bnext\b", after):
        return False  # what stands before every route
    return verb == "use" and re.match(rb"\s*,\s*(?:async\s*)?(?:\([^()]{0,80}\)\s*=>|function\b|\w*[hH]andler\b)", after) is not None


def _python(path: str, content: bytes, place: Place) -> Iterator[Route]:
    if b"@" in content:
        prefix = _PY_PREFIX.search(content)
        start = prefix[1].decode("utf-8", "replace") if prefix else ""
        for match in _PY_DECORATED.finditer(content):
            text = match[2].decode("utf-8", "replace")
            if text and not text.startswith("/"):
                continue
            listed = _PY_METHODS.search(match[3])
            verb = match[1].decode().upper()
            names = tuple(re.findall(r"[A-Z]{3,7}", listed[1].decode("utf-8", "replace").upper())) if listed else ()
            methods = names or (("GET",) if verb == "ROUTE" else () if verb in ("API_ROUTE", "WEBSOCKET") else (verb,))
            yield Route(_whole(start + text), place.at(match.start(2)), "python", methods, prefixed=True)
    if b"urlpatterns" in content or path.endswith("urls.py"):
        for match in _DJANGO.finditer(content):
            text = match[2].decode("utf-8", "replace")
            if match[3].startswith(b"include"):
                continue  # a prefix for another file's patterns
            if match[1] != b"path":
                text = re.sub(r"\(\?P<(\w+)>[^()]*\)", r":\1", text).strip("^$").replace("\\", "")
            yield Route(_whole(text), place.at(match.start(2)), "django", prefixed=True)
        for match in _DRF.finditer(content):
            text = match[1].decode("utf-8", "replace")
            yield Route(_whole(text), place.at(match.start(1)), "django", prefixed=True)
