"""What the callback rules share: the addresses that environments hold and that code fixes, with their role and the class of their host."""

from collections.abc import Iterator

from driftline.knowledge import callbacks, hosts
from driftline.knowledge.callbacks import Role
from driftline.knowledge.hosts import Class, Place
from driftline.knowledge.platform import environment_kind
from driftline.model import (
    App,
    Declaration,
    Environment,
    Facts,
    Finding,
    Kind,
    Literal,
    Location,
    Mode,
    Rule,
    Scope,
    Source,
    Traits,
    Url,
    Variable,
)
from driftline.record import NamedTuple
from driftline.rules.phrases import held

# Formats that fix a value into an image or a build: `baked-callback` speaks of their local addresses.
BAKED = frozenset(("dockerfile", "compose", "github_actions", "gitlab_ci"))
# Formats of a container, in which a server may call another process by the loopback address.
_CONTAINERS = frozenset(("dockerfile", "compose", "kubernetes", "fly", "procfile", "helm", "kustomize", "pm2", "systemd"))

NON_LOCAL = (Kind.PRODUCTION, Kind.PREVIEW)


class Address(NamedTuple):
    """An address that an environment holds. `role` is None for a variable that is only public: the browser opens it.

    `url` has the parts that may be shown; `source` is the file's format, "" for the process environment and files from the command line.
    """

    environment: Environment
    variable: Variable
    declaration: Declaration
    traits: Traits
    url: Url
    place: Place
    role: Role | None
    source: Source | None

    @property
    def where(self) -> str:
        """`NAME` in `path`, for a message."""
        return f"`{self.variable.name}` in {self.declaration.location.path}"

    @property
    def purpose(self) -> str:
        """What the address is for, for a message."""
        return self.role.words if self.role is not None else "an address that browsers open"

    @property
    def is_baked(self) -> bool:
        """Whether an image, a compose file, a workflow or a build argument fixes the value."""
        return is_baked(self.source, self.declaration)


def is_baked(source: Source | None, declaration: Declaration) -> bool:
    """Whether a declaration fixes its value into an image or a build."""
    if source is None:
        return False
    return source.format in BAKED or (source.format == "fly" and declaration.scope is Scope.BUILD)


def addresses(app: App, *kinds: Kind) -> Iterator[Address]:
    """The addresses of callbacks, and those behind a public prefix, that the environments of these kinds hold; once a line, the most
    protected environment first."""
    seen: set[tuple[str, str, int, str | None]] = set()
    for one in held(app, *kinds):
        name, url = one.variable.name, one.traits.url
        role = callbacks.role_of(name)
        if url is None or url.scheme not in _WEB or (role is None and not (one.variable.public and _is_address(name))):
            continue
        key = (name, one.declaration.location.path, one.declaration.location.line, one.declaration.context)
        if key in seen or _is_template(one.declaration, one.traits) or (url.scheme == "" and url.host == _LISTENS):
            continue
        seen.add(key)
        source = next((s for s in one.environment.sources if s.path == one.declaration.location.path), None)
        yield Address(one.environment, one.variable, one.declaration, one.traits, url, hosts.classify(url), role, source)


# Without a scheme this is what a server binds to, and nobody's address.
_LISTENS = "0.0.0.0"  # noqa: S104
_WEB = frozenset(("", "http", "https", "ws", "wss"))
_ENDS = ("_URL", "_URI", "_HOST", "_ENDPOINT", "_ORIGIN", "_BASE", "_DOMAIN", "_SERVER", "_API")


def _is_address(name: str) -> bool:
    return name.endswith(_ENDS) and not callbacks.is_spared(name)


def _is_template(declaration: Declaration, traits: Traits) -> bool:
    """Whether what is put in at run time is not there yet: `https://${VERCEL_URL}` read without the platform's variable."""
    return declaration.value is not None and traits.url is not None and "$" in traits.url.host


def is_spared(app: App, address: Address) -> bool:
    """Whether a local address is one server's way to another process beside it."""
    return address.role is Role.API and is_private_call(app, address.variable, address.url)


def is_private_call(app: App, variable: Variable, url: Url) -> bool:
    """Whether a server alone calls a local address: a private variable, in a private network, or by the loopback where it runs in a container."""
    if variable.public or app.runtime in ("browser", "react-native") or hosts.classify(url).kind is not Class.LOCAL:
        return False
    if not hosts.is_loopback(url.host):
        return True
    return is_in_container(app)


def is_read_by_nothing(app: App, variable: Variable) -> bool:
    """Whether the app's code reads variables, and never this one."""
    return not variable.reads and variable.implicit is None and any(other.reads for other in app.variables.values())


def is_in_container(app: App) -> bool:
    """Whether a file says that the app runs in a container or beside other processes of the project."""
    return any(source.format in _CONTAINERS for source, _ in app.readings)


def is_origin(environment: Environment, url: Url) -> bool:
    """Whether a URL's host is one of an environment's own."""
    return any(host == url.host for host in origin_hosts(environment))


def origin_hosts(environment: Environment) -> tuple[str, ...]:
    """The hosts of an environment's origins."""
    return tuple(found.host for origin in environment.origins if (found := hosts.split(origin) or hosts.bare(origin)) is not None)


def shown(url: Url) -> str:
    """Scheme, host and port of a URL: never its userinfo, path or query."""
    port = f":{url.port}" if url.port is not None else ""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}{port}" if url.scheme else f"{host}{port}"


def own_address(environment: Environment) -> str:
    """The address to use instead, for a fix: the environment's first origin where one is known."""
    return f"{environment.name}'s own address" + (f" ({environment.origins[0]})" if environment.origins else "")


class Fixed(NamedTuple):
    """An address that code fixes at a callback's key, without any variable."""

    literal: Literal
    url: Url
    place: Place
    role: Role | None

    @property
    def at(self) -> str:
        """`success_url` of `stripe.checkout.sessions.create`, for a message."""
        if self.literal.role == "argument":
            return f"an argument of `{self.literal.call}`"
        call = f" of `{self.literal.call}`" if self.literal.call else ""
        return f"`{self.literal.role}`{call}"


def in_code(rule: Rule, app: str, one: Fixed, *, fix: str, avoid: str) -> Finding:
    """The finding on an address that code fixes."""
    return rule.finding(
        f"{one.at} is fixed in code to {shown(one.url)}, {one.place.words}, in every environment",
        fix=fix,
        avoid=avoid,
        app=app,
        location=one.literal.location,
        subject=f"{one.literal.location.path}:{one.literal.role}",
    )


_MORE_ROLES = {"mail link": Role.MAIL, "server.url": Role.SITE, "replaced host": Role.OAUTH}


def fixed(facts: Facts) -> Iterator[tuple[str, Fixed]]:
    """(app, address) of every URL with a host that code fixes, once a line: a package that two apps run is one line of code."""
    seen: set[Location] = set()
    # What was built lies in git here and there: the rules speak of it as output, once.
    built = {link.location.path for link in facts.output.links}
    for path, literals in (*((app.path, app.literals) for app in facts.apps), (".", facts.literals)):
        for literal in literals:
            url = literal.traits.url if literal.traits is not None else None
            if url is None or not url.host or url.scheme not in _WEB or set("${}") & set(url.host) or literal.location in seen:
                continue
            if literal.location.path in built:
                continue
            seen.add(literal.location)
            role = _MORE_ROLES.get(literal.role) or callbacks.role_of_argument(literal.role)
            if role is None and literal.call is not None:
                role = callbacks.role_in_call(literal.call, None if literal.role == "argument" else literal.role)
            yield path, Fixed(literal, url, hosts.classify(url), role)
    for path, context, literal in stated(facts, "mail link", "server.url", "extra."):
        url = literal.traits.url if literal.traits is not None else None
        if url is not None and environment_kind(context or "") is not Kind.LOCAL and literal.location not in seen:
            seen.add(literal.location)
            role = _MORE_ROLES.get(literal.role) or callbacks.role_of_argument(literal.role.rpartition(".")[2])
            yield path, Fixed(literal, url, hosts.classify(url), role)


def stated(facts: Facts, *roles: str) -> Iterator[tuple[str, str | None, Literal]]:
    """(app, environment as its file names it, address) of everything that platform files state under roles, or below one that ends in a dot."""
    readings = [(app.path, reading) for app in facts.apps for _, reading in app.readings]
    readings += [(".", reading) for _, reading in facts.stray]
    for path, reading in readings:
        yield from ((path, context, literal) for context, literal in reading.origins if literal.role.startswith(roles))


class Registered(NamedTuple):
    """A webhook endpoint as an export of the provider shows it; `kind` is of the environment it is registered for."""

    app: str
    environment: str
    kind: Kind
    literal: Literal
    url: Url
    place: Place


def registered(facts: Facts) -> Iterator[Registered]:
    """The endpoints that exports show, each once."""
    seen: set[Location] = set()
    for app, context, literal in stated(facts, "webhook endpoint"):
        url = literal.traits.url if literal.traits is not None else None
        if url is not None and literal.location not in seen:
            seen.add(literal.location)
            kind = Kind.PREVIEW if context == "preview" else Kind.PRODUCTION
            yield Registered(app, context or "production", kind, literal, url, hosts.classify(url))


def at_provider(rule: Rule, endpoint: Registered, *, avoid: str) -> Finding:
    """The finding on an endpoint that is registered at a provider."""
    return rule.finding(
        f"the endpoint {shown(endpoint.url)} is registered for {endpoint.environment}, and is {endpoint.place.words}",
        fix=f"register {endpoint.environment}'s own address at the provider, and delete this endpoint",
        avoid=avoid,
        app=endpoint.app,
        location=endpoint.literal.location,
        environment=endpoint.environment,
        subject=f"{endpoint.literal.location.path}:{shown(endpoint.url)}",
    )


def fallback_url(literal: Literal | None) -> Url | None:
    """The address that code falls back to; not a bare host (it is compared, not opened), nor what runs in one mode only."""
    if literal is None or literal.role != "fallback" or literal.traits is None:
        return None
    url = literal.traits.url
    return url if url is not None and url.scheme in _WEB and url.scheme else None


def is_wrong_fallback(app: App, environment: Environment, variable: Variable, literal: Literal | None) -> bool:
    """Whether a fallback would be wrong in a deployed environment: a local address, or another environment's, for a callback, or a test credential."""
    if literal is None or literal.traits is None or environment.kind is Kind.LOCAL:
        return False
    identity = literal.traits.identity
    if literal.traits.published is not None or (
        identity is not None and identity.mode is Mode.TEST and identity.kind not in ("host", "mode flag")
    ):
        return environment.kind is Kind.PRODUCTION and not literal.traits.placeholder
    url = fallback_url(literal)
    if url is None or not is_callback(app, variable, url):
        return False
    kind = hosts.classify(url).kind
    if kind in PREVIEWS or kind is Class.NON_PRODUCTION:
        return environment.kind is Kind.PRODUCTION and not is_origin(environment, url)
    foreign = any(url.host in origin_hosts(other) for other in app.environments if other.kind is not environment.kind)
    return kind in WRONG or (foreign and not is_origin(environment, url))


def is_callback(app: App, variable: Variable, url: Url) -> bool:
    """Whether a fallback's address would be called from outside: a callback's role, and no server's way to a process beside it."""
    role = callbacks.role_of(variable.name)
    return role not in (None, Role.ASSET) and not (role is Role.API and is_private_call(app, variable, url))


LOCAL = frozenset((Class.LOCAL,))
TUNNELS = frozenset((Class.TUNNEL, Class.SINK))
PREVIEWS = frozenset((Class.PREVIEW, Class.BUILDER_PREVIEW))
# What no deployed environment can mean by an address of its own.
WRONG = frozenset((Class.LOCAL, Class.TUNNEL, Class.SINK, Class.PREVIEW, Class.BUILDER_PREVIEW, Class.NON_PRODUCTION))
