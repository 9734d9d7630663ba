"""The nouns every room speaks about: facts, findings and what they are made of; imports nothing of ours."""

import hmac
from collections.abc import Mapping
from enum import Enum
from typing import Any, Protocol

from driftline.record import NamedTuple


class Misuse(Exception):
    """What the user can fix: a bad flag, a bad configuration; ends in exit code 2."""


class Unreadable(Exception):
    """A file that cannot be judged; becomes `Unread` in the report, never a silent skip.

    `reason` never holds text from the file: a syntax error is described by its position.
    """

    def __init__(self, reason: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column


class Kind(str, Enum):
    """What an environment is for; rules judge by it, reports show the environment's own name."""

    LOCAL = "local"
    PREVIEW = "preview"
    PRODUCTION = "production"


class State(str, Enum):
    """How a source declares a variable (CONTRACT: "state"); MISSING occurs only in matrix cells."""

    SET = "set"
    EMPTY = "empty"
    REFERENCE = "reference"
    ENCRYPTED = "encrypted"
    EXAMPLE = "example"
    MISSING = "missing"


class Severity(str, Enum):
    BLOCKER = "blocker"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """2 for a blocker, 1 for a warning, 0 for a note."""
        return {"blocker": 2, "warning": 1, "note": 0}[self.value]


class Exposure(str, Enum):
    """Who may see a value: `RESTRICT` is public only while restricted at the provider (Google `AIza`)."""

    SECRET = "secret"
    PUBLIC = "public"
    RESTRICT = "restrict"
    UNKNOWN = "unknown"


class Mode(str, Enum):
    """Which side of a provider a credential opens; ANY works for both, UNKNOWN cannot be decoded."""

    LIVE = "live"
    TEST = "test"
    LOCAL = "local"
    ANY = "any"
    UNKNOWN = "unknown"


class Authority(str, Enum):
    """How much a source says about the environment it speaks for.

    WHOLE: it is meant to hold every variable (`.env.production`, `render.yaml`, a pulled file, a snapshot):
    a name it lacks is missing there. PART: the platform keeps more elsewhere (secrets of `fly.toml`, `wrangler.toml`,
    `netlify.toml`): a name it lacks is unknown, unless a sibling context of the same file declares it.
    EXAMPLE: documentation (`.env.example`): no environment gets a value from it.
    """

    WHOLE = "whole"
    PART = "part"
    EXAMPLE = "example"


class Scope(str, Enum):
    """When a declaration is visible to the app."""

    BUILD = "build"
    RUN = "run"
    BOTH = "both"


class Need(str, Enum):
    """What one read says about the variable: REQUIRED fails without it, OPTIONAL has a fallback or a guard."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    PLAIN = "plain"


class Side(str, Enum):
    """Where a read runs."""

    CLIENT = "client"
    SERVER = "server"
    BUILD = "build"
    UNKNOWN = "unknown"


class Use(str, Enum):
    """How code speaks of a variable: it READS it, a SCHEMA states it, a string MENTIONs its name."""

    READ = "read"
    SCHEMA = "schema"
    MENTION = "mention"


class Secret:
    """A value that cannot be printed, formatted, pickled, hashed or logged by accident.

    `reveal()` is called by the loaders, by identification and by the bundle engine only; a test holds that wall.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The raw text."""
        return self.__value

    def __len__(self) -> int:
        return len(self.__value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__value.encode("utf-8", "surrogatepass"), other.__value.encode("utf-8", "surrogatepass"))

    __hash__ = None  # type: ignore[assignment]  # a set of secrets would put an unkeyed hash of each into memory dumps

    def __repr__(self) -> str:
        return "Secret(...)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "Secret(...)"

    def __reduce__(self) -> Any:
        raise TypeError("a Secret is never serialised")


# What stands in place of a path where the environment of this process declares a variable.
PROCESS = "process environment"


class Location(NamedTuple):
    """A place in a file. `path` is relative to the audited root with `/`; line and column are 1-based characters, offset is a 0-based byte offset."""

    path: str
    line: int
    column: int = 1
    offset: int = 0


class Related(NamedTuple):
    """A second place a finding speaks of, and what it says there."""

    location: Location
    note: str


class Identity(NamedTuple):
    """What a value says about itself, decoded offline.

    `account` is the account, project, host or cluster it belongs to (safe to print, never secret material); `masked` is the
    known public prefix and a length (`sk_test_...(32)`); `expires` is an ISO date; `candidates` are the providers that
    share the shape when it could not be decided (then `provider` is "unknown"). `slot` is what a variable for it is meant to hold
    (key, publishable, webhook_secret, url, account, id, price). `kind` is "host" for a provider's own host and "mode flag" for
    a word that chooses live or test.
    """

    provider: str
    kind: str
    mode: Mode
    account: str | None
    exposure: Exposure
    masked: str
    expires: str | None = None
    candidates: tuple[str, ...] = ()
    job: str | None = None
    slot: str | None = None

    @property
    def ending(self) -> str | None:
        """The account as reports name it: an opaque one, of which the key itself may hold more, as `…O2eZ`; one that people or addresses name whole."""
        if self.account is None:
            return None
        body = self.account.rpartition("_")[2]
        opaque = len(body) >= 12 and body.isalnum() and not body.islower() and not body.isdigit()
        return f"…{body[-4:]}" if opaque or "..." in body else self.account


class Url(NamedTuple):
    """The safe parts of a URL value: never userinfo, query or fragment. `local` is a loopback or private host; `scheme` may be ''."""

    scheme: str
    host: str
    port: int | None
    path: str
    local: bool


class Traits(NamedTuple):
    """What may be known of a value without showing it.

    `shape` is one of: empty, url, number, boolean, json, email, path, pem, date, template (another variable and
    nothing else), list, word, text. `broken` says why a value that
    tries to be something fails (`"json"`, `"url"`). `placeholder` says why a value is a stand-in (`"changeme"` kind, never the value).
    `digest` is an HMAC under a key that lives only as long as this process: equality, nothing else. `keyed` is the
    HMAC-SHA256 under DRIFTLINE_DIGEST_KEY in hex, or None. `url` is set for shape url, and with scheme '' for a bare host. `published` says where a vendor printed
    this very value for all to read; `default` that it opens an unchanged installation.
    """

    shape: str
    length: int
    digest: bytes
    identity: Identity | None = None
    placeholder: str | None = None
    broken: str | None = None
    url: Url | None = None
    keyed: str | None = None
    secret_like: bool = False
    published: str | None = None
    default: bool = False


class Declaration(NamedTuple):
    """One variable, in one source, for one environment.

    `context` is the environment as the source itself names it (`deploy-preview`, `env.staging`, a branch), None for its base
    that every context shares or, where nothing inherits, its nameless default. `component` is the service, worker, function
    or job inside the source. `layer` orders declarations of one name within one source and context: higher wins.
    `reference` names where the value lives (`secrets.STRIPE_KEY`), never a value; also of a `${X}` that a file only hands on. `inherits` is False where a base
    declaration does NOT reach named contexts (wrangler vars). `ambiguous` lists, per loader family, how the line reads
    differently, in words and without values. `identity` is what a binding leads to, where the file says so (a Worker's D1 database).
    `puts_in` are the platform's own address variables that the value puts in, with whether a scheme stands before them. `table` names what
    holds it in its source, where a file laid over that can replace the whole of it (a Helm list, a generated ConfigMap). `bound` is True
    where the platform puts an object in its place (a Worker's KV namespace), which no env file can hold.
    """

    name: str
    state: State
    value: Secret | None
    location: Location
    context: str | None = None
    component: str | None = None
    scope: Scope = Scope.BOTH
    layer: int = 0
    optional: bool = False
    reference: str | None = None
    inherits: bool = True
    ambiguous: tuple[str, ...] = ()
    traits: Traits | None = None
    identity: Identity | None = None
    puts_in: tuple[tuple[str, bool], ...] = ()
    table: str | None = None
    bound: bool = False


class Claim(NamedTuple):
    """A place that says without a variable which account, project or mode is used: a project in a config file, a key fixed in code.

    `context` is as in `Declaration`, None where the project as a whole is meant; `call` is the function it is handed to in code.
    """

    identity: Identity
    location: Location
    context: str | None = None
    call: str | None = None


class Literal(NamedTuple):
    """A literal in code with its place; `role` is the argument or key it stands at (`success_url`, `fallback`), `side` where the code runs."""

    value: Secret
    location: Location
    role: str
    call: str | None = None
    traits: Traits | None = None
    side: Side = Side.UNKNOWN


class Reference(NamedTuple):
    """A place in code (or in a config file) that speaks of a variable.

    `how` is the syntax (`process.env`, `import.meta.env`, `Deno.env.get`, `zod`, `${}`, ...). `fallback` is the literal used
    when the variable is absent. `component` as in `Declaration` for references made by config files (compose `${X:?}`).
    `manner` says how a platform's own word for its address is used: "bare" (no scheme put before it), "unguarded" (put into a URL
    although it may be absent), "origin" (as the base of callbacks), "truth" (a word tested like a boolean), "" for all else.
    `instead` are the variables that do as well (`process.env.A || process.env.B`).
    `inlined` is True where a bundler replaces the read by the value at build time. `type` is a schema's word for the
    expected shape (url, number, boolean, email, enum) or None.
    """

    name: str
    location: Location
    need: Need = Need.PLAIN
    side: Side = Side.UNKNOWN
    use: Use = Use.READ
    how: str = ""
    fallback: Literal | None = None
    component: str | None = None
    inlined: bool = False
    type: str | None = None
    app: str | None = None
    manner: str = ""
    instead: tuple[str, ...] = ()


class Route(NamedTuple):
    """A path that an app serves. Parts of `path` that vary are `:name`, a rest of any length is `*`; `methods` is empty for any.

    `framework` is the convention it was read by. `provider` is set where it receives that provider's webhooks; `verified` says by
    which idiom their signature is checked, None where none was seen; `caveat` what keeps a seen check from working.
    `prefixed` is True where a router may be mounted below a path that its file does not show.
    """

    path: str
    location: Location
    framework: str
    methods: tuple[str, ...] = ()
    provider: str | None = None
    verified: str | None = None
    caveat: str | None = None
    prefixed: bool = False


class Passthrough(NamedTuple):
    """What a build step lets through to the build: a turbo.json task, a Dockerfile stage, a workflow step.

    `names` may hold wildcards (`NEXT_PUBLIC_*`) and negations (`!X`); `strict` means that other names do not get through.
    `below` is True where it applies to every app below the source's folder (a monorepo's turbo.json).
    """

    location: Location
    tool: str
    names: tuple[str, ...]
    strict: bool
    component: str | None = None
    below: bool = False


class EnvFile(NamedTuple):
    """A config file's word that an env file is read: by whom and for which environment. `path` is relative to the root.

    `below` is True where it reaches every app below the config's folder (`dotenv -- turbo dev`).
    """

    path: str
    location: Location
    context: str | None = None
    component: str | None = None
    required: bool = True
    loader: str | None = None
    below: bool = False


class Component(NamedTuple):
    """A deployable part named by a source: a compose service, a render service, a wrangler worker, a Kubernetes container.

    `root` is the folder it is built from, relative to the audited root, or None when it runs a ready-made image.
    """

    name: str
    root: str | None
    location: Location
    image: str | None = None
    runtime: str | None = None


class Unread(NamedTuple):
    """Something that could not be looked at, wholly or in part; makes the verdict incomplete."""

    path: str
    reason: str
    line: int | None = None
    column: int | None = None


def failed(path: str, what: str, error: BaseException) -> Unread:
    """What is said where one of our own parts failed on something: which one, and the kind of error; its text could hold a value."""
    return Unread(path, f"{what} failed inside driftline ({type(error).__name__}); please report it")


class Reading(NamedTuple):
    """All that one source says. `notes` are things the user should know (dead configuration); `unread` parts not understood.

    `bases` are files that this one is laid over: their nameless declarations reach its contexts, but for those of the tables that it
    `replaces` (`env`, or one name of it: `env.NAME`). `authority` is another one than
    its format's, where the text says so (a file that includes others is not the whole of it). `taken` is the ISO date of an export.
    `pushes` are commands that write a configuration file of the project to its platform; `claims` are accounts named without a variable.
    `open_functions` are functions that the platform calls for everybody, without a token of its own ("*" for all); None where the source says
    nothing about it.
    """

    declarations: tuple[Declaration, ...] = ()
    references: tuple[Reference, ...] = ()
    passthroughs: tuple[Passthrough, ...] = ()
    env_files: tuple[EnvFile, ...] = ()
    components: tuple[Component, ...] = ()
    contexts: tuple[str, ...] = ()
    origins: tuple[tuple[str | None, Literal], ...] = ()
    notes: tuple[Related, ...] = ()
    unread: tuple[Unread, ...] = ()
    bases: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    authority: Authority | None = None
    taken: str | None = None
    pushes: tuple[Location, ...] = ()
    claims: tuple[Claim, ...] = ()
    open_functions: tuple[str, ...] | None = None


class Text(NamedTuple):
    """One file's text as the readers get it. `path` is relative to the root with `/`; `tracked` is False when git ignores it, None without git."""

    path: str
    content: str
    tracked: bool | None = None


class Unknown(NamedTuple):
    """What files cannot settle, why, and which export would (`vercel env pull`)."""

    subject: str
    environment: str | None
    reason: str
    app: str | None = None


class Source(NamedTuple):
    """A file that declares variables: its format, its authority and the environments it speaks for, with the reason."""

    path: str
    format: str
    authority: Authority
    app: str
    tracked: bool | None = None
    settles: str | None = None
    ignored: bool = False


class Cell(NamedTuple):
    """One variable in one environment as its loader reads it there.

    `declaration` is the winner, `shadowed` the ones it beats (highest first), `why` says in words why it wins.
    `state` is MISSING when nothing declares it; `doubt` then says why that is not certain (the platform keeps more elsewhere),
    None when it is. `source` is the winner's source path.
    """

    state: State
    declaration: Declaration | None = None
    source: str | None = None
    shadowed: tuple[tuple[str, Declaration], ...] = ()
    why: str = ""
    value: Secret | None = None
    traits: Traits | None = None
    doubt: str | None = None


class Environment(NamedTuple):
    """A named place where an app runs. `because` maps each source path to why it speaks here, in words.

    `settled_by` is the export that would show what these files cannot, None when they say it all. `origins` are its public addresses
    (`https://shop.example`), `origin_because` says of each why. `modes` are the settings' words on providers that are in another mode
    here than its kind asks for (a demo in production).
    """

    name: str
    kind: Kind
    sources: tuple[Source, ...]
    because: Mapping[str, str]
    authority: Authority | None
    settled_by: str | None = None
    origins: tuple[str, ...] = ()
    origin_because: Mapping[str, str] = {}
    modes: Mapping[str, Mode] = {}


def is_base(because: Mapping[str, str], path: str) -> bool:
    """Whether an environment reads a file that is not meant for it alone, by why its files speak (`Environment.because`): a base of every
    environment, or production's file in a preview that is built like production."""
    why = because.get(path, "")
    return "base of every" in why or "runs in production mode" in why


class Variable(NamedTuple):
    """Everything known of one name in one app.

    `injected` names who provides it without a declaration (platform, tool, runtime), `implicit` which library reads it
    without a visible read; `documented` are its places in example files; `optional` is the settings' or schema's word.
    """

    name: str
    references: tuple[Reference, ...]
    cells: Mapping[str, Cell]
    documented: tuple[tuple[str, Declaration], ...] = ()
    injected: str | None = None
    implicit: str | None = None
    public: bool = False
    optional: bool = False
    ignored: bool = False

    @property
    def reads(self) -> tuple[Reference, ...]:
        """References that are reads or schema statements, not mere mentions."""
        return tuple(r for r in self.references if r.use is not Use.MENTION)

    @property
    def need(self) -> Need | None:
        """The strongest word its reads say about it: None when nothing reads it."""
        needs = {r.need for r in self.reads}
        if not needs:
            return None
        if self.optional:
            return Need.OPTIONAL
        if Need.REQUIRED in needs:
            return Need.REQUIRED
        # One guarded read shows that the author expects it to be absent at times.
        return Need.OPTIONAL if Need.OPTIONAL in needs else Need.PLAIN


class App(NamedTuple):
    """A deployable package or a runtime with an environment of its own. `path` is its folder, '.' for the root.

    `literals` are the addresses that its code fixes; `routes` the paths it serves, None where the code was looked at only in part.
    `claims` are the accounts and modes that its code and config name without a variable; `context` is then an environment's name. `inlines` is
    True where its build puts values in the place of `process.env.NAME`.
    """

    path: str
    framework: str | None
    loader: str
    runtime: str
    environments: tuple[Environment, ...]
    variables: Mapping[str, Variable]
    examples: tuple[Source, ...] = ()
    readings: tuple[tuple[Source, Reading], ...] = ()
    public_prefixes: tuple[str, ...] = ()
    literals: tuple[Literal, ...] = ()
    routes: tuple[Route, ...] | None = None
    claims: tuple[Claim, ...] = ()
    inlines: bool = False

    def environment(self, name: str) -> Environment | None:
        return next((e for e in self.environments if e.name == name), None)


class Sighting(NamedTuple):
    """A credential or a known private value found inside a built file or a staged text.

    `variable`, `declared` and `environment` name the known value it equals; `public` is True where that variable is public by its
    prefix. `beside` is the name that stands beside a value whose shape says nothing by itself. `digest` tells equal values of one run.
    """

    location: Location
    identity: Identity | None
    encoding: str
    container: tuple[str, ...] = ()
    original: Location | None = None
    variable: str | None = None
    declared: Location | None = None
    environment: str | None = None
    masked: str | None = None
    keyed: str | None = None
    digest: bytes = b""
    served: bool = True
    public: bool = False
    beside: str | None = None


class ServedMap(NamedTuple):
    """A source map that a visitor can get, and how many original sources it holds."""

    location: Location
    container: tuple[str, ...]
    sources: int


class ServedFile(NamedTuple):
    """An env file, a key file or a server's configuration that a visitor can get; `names` are the variables it holds."""

    location: Location
    container: tuple[str, ...]
    what: str
    names: tuple[str, ...] = ()


class Leftover(NamedTuple):
    """A read of the process environment that the build left in client code: undefined in a browser."""

    name: str
    location: Location
    container: tuple[str, ...] = ()
    original: Location | None = None


class Service(NamedTuple):
    """A place in a built file that names the API of a provider to which a key that is public elsewhere is a secret."""

    provider: str
    location: Location
    container: tuple[str, ...] = ()


class Link(NamedTuple):
    """An address in a built file that leads visitors nowhere. `key` is the name that it stands at (`success_url`), "" for none,
    "payment link" for a provider's own page."""

    key: str
    url: Url
    location: Location
    container: tuple[str, ...] = ()


class Output(NamedTuple):
    """What built output says besides its sightings. `public` are keys that are public by design and known public values; `files` counts what was looked at."""

    public: tuple[Sighting, ...] = ()
    maps: tuple[ServedMap, ...] = ()
    private_files: tuple[ServedFile, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    files: int = 0
    services: tuple[Service, ...] = ()
    links: tuple[Link, ...] = ()


class Facts(NamedTuple):
    """What is there: the input of every rule. `today` is an ISO date, so that rules need no clock.

    `declared` are the names any source of the project declares or passes on, `used` the names
    anything in it reads or mentions, `documented` the names of any example file. `evidence` is what the launch review gathered,
    `committed` the credentials that stand in staged or tracked text.
    `literals` are the addresses fixed in code that belongs to no app, `stray` the platform files that do, and what others of them declare
    for a ready-made image.
    `shared` are the variables and stores that environments share on purpose, `accounts` per provider those that may stand side by side:
    both are the words of driftline.toml.
    """

    root: str
    apps: tuple[App, ...]
    sightings: tuple[Sighting, ...] = ()
    literals: tuple[Literal, ...] = ()
    tracked: frozenset[str] | None = None
    target: str | None = None
    today: str = ""
    files: frozenset[str] = frozenset()
    declared: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    documented: frozenset[str] = frozenset()
    evidence: object = None
    committed: tuple[Sighting, ...] = ()
    output: Output = Output()
    stray: tuple[tuple[Source, Reading], ...] = ()
    shared: tuple[str, ...] = ()
    accounts: Mapping[str, tuple[str, ...]] = {}


class Suppression(NamedTuple):
    """Why a finding does not count: `by` is comment, config or baseline; `expires` an ISO date or None."""

    by: str
    reason: str
    expires: str | None = None


class Finding(NamedTuple):
    """One rule's judgement about one subject: both facts, both places, the safest next step."""

    rule: str
    severity: Severity
    message: str
    fix: str
    app: str
    location: Location
    environment: str | None = None
    variable: str | None = None
    identity: Identity | None = None
    related: tuple[Related, ...] = ()
    original: Location | None = None
    encoding: str | None = None
    container: tuple[str, ...] = ()
    value: str | None = None
    digest: str | None = None
    subject: str = ""
    avoid: str = ""
    suppressed: Suppression | None = None
    fingerprint: str = ""


class Rule(NamedTuple):
    """A rule's name, default severity and one-line title. `elsewhere` is the severity outside production where it differs."""

    id: str
    severity: Severity
    title: str
    elsewhere: Severity | None = None

    def severity_in(self, kind: Kind | None) -> Severity:
        """The severity for an environment of this kind; the first one when no environment is concerned."""
        if self.elsewhere is not None and kind is not None and kind is not Kind.PRODUCTION:
            return self.elsewhere
        return self.severity

    def finding(
        self,
        message: str,
        *,
        fix: str,
        app: str,
        location: Location,
        kind: Kind | None = None,
        severity: Severity | None = None,
        **more: Any,
    ) -> Finding:
        """A finding of this rule; `subject` (default: the variable) names it for suppression together with app and environment."""
        subject = more.pop("subject", None) or more.get("variable") or location.path
        return Finding(
            rule=self.id,
            severity=severity or self.severity_in(kind),
            message=message,
            fix=fix,
            app=app,
            location=location,
            subject=subject,
            **more,
        )


class Page(NamedTuple):
    """What a rule says of itself: `what` is the docstring's opening, `sections` the rest by heading; lines keep their breaks."""

    rule: Rule
    group: str
    what: str
    sections: Mapping[str, str]


class Flag(NamedTuple):
    """One red flag of the launch review. `verdict` is clear, blocked, at risk or "cannot tell from files".

    `confidence` is high, medium or reduced; `evidence` the first places with what is there, `number` how many there are;
    `open` says what files cannot show, `settles` what would.
    """

    id: str
    title: str
    verdict: str
    confidence: str
    evidence: tuple[Related, ...]
    number: int
    open: str = ""
    settles: str = ""


class Decision(NamedTuple):
    """The one thing to do next. `layer` is the failing one (API, database, auth, deployment), `first` where to begin and how."""

    title: str
    layer: str
    because: str
    next: str
    avoid: str
    first: Related | None = None


class Stack(NamedTuple):
    """One way in which an app does a job (database, login, mail, ...).

    `imports` counts the files that use it and that something leads to, `is_installed` says that the app's manifest names it, `variables` are
    its names that something declares or reads, each with the environments that hold it. `verdict` is single, layered, competing, or dead
    candidate (there, and not both used and configured).
    """

    app: str
    job: str
    name: str
    place: Location
    imports: int
    is_installed: bool
    variables: tuple[tuple[str, tuple[str, ...]], ...]
    verdict: str


class Review(NamedTuple):
    """The launch review: every flag, one decision, what does which job, and what changed since the last one: (better, worse or new, in words)."""

    flags: tuple[Flag, ...]
    decision: Decision
    stacks: tuple[Stack, ...] = ()
    changed: tuple[tuple[str, str], ...] = ()


class Progress(Protocol):
    """Is told how far the work is, while it goes on: files done, and their bytes."""

    def __call__(self, files: int, bytes: int, /) -> None: ...


class Report(NamedTuple):
    """All that is printed, in every format. `seconds` is wall time; `public` are keys that are public by design.

    `pages` are the rules' pages by id, for the formats that explain a finding where it is shown; empty where none is asked for.
    """

    command: str
    root: str
    target: str | None
    apps: tuple[App, ...]
    findings: tuple[Finding, ...]
    public: tuple[Sighting, ...] = ()
    unread: tuple[Unread, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    notes: tuple[Related, ...] = ()
    files: int = 0
    bytes: int = 0
    declarations: int = 0
    references: int = 0
    seconds: float = 0.0
    stale: tuple[str, ...] = ()
    pages: Mapping[str, Page] = {}
    review: Review | None = None

    @property
    def open(self) -> tuple[Finding, ...]:
        """The findings that count: not suppressed."""
        return tuple(f for f in self.findings if f.suppressed is None)

    @property
    def verdict(self) -> str:
        """incomplete, block, review or pass (CONTRACT)."""
        if self.unread:
            return "incomplete"
        worst = max((f.severity.rank for f in self.open), default=-1)
        return "block" if worst == 2 else "review" if worst >= 0 else "pass"
