"""Which files may hold an address that code fixes, and which of its texts is one: shared by the languages' readers.

An address stands at a key that says what it is for (`success_url: "..."`, `emailRedirectTo`, `const API_URL = "..."`), in a call that says it
(`webhookEndpoints.create({ url: "..." })`), in a constant that such a key takes it from, in the text of a mail, or is a provider's sandbox.
What a key or a call means is data (`knowledge/callbacks.toml`, `providers/*.toml`).
"""

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from itertools import chain

from driftline import late, sieve
from driftline.code import is_example, is_test, is_tool
from driftline.knowledge import callbacks, catalog, hosts
from driftline.knowledge.callbacks import Role, Sandbox
from driftline.knowledge.catalog import Provider
from driftline.knowledge.hosts import Class
from driftline.model import Mode, Url
from driftline.record import NamedTuple

# One of these stands in every file with a fixed local, tunnel or sandbox address, or with a key whose path is worth checking.
TRACES = (
    b"://localhost", b"://127.", b"://0.0.0.0", b"://192.168.", b"://10.", b"://172.", b"://[::1]", b".ngrok", b"trycloudflare", b"loca.lt", b"webhook.site",
    b"smee.io", b".vercel.app", b".netlify.app", b"lovable", b".replit.", b"webcontainer", b"vusercontent", b"andbox", b"SANDBOX", b"mailtrap", b"resend.dev",
    b"ethereal", b"success_url", b"successUrl", b"cancel_url", b"cancelUrl", b"return_url", b"returnUrl", b"redirectTo", b"RedirectTo", b"redirect_to",
    b"callbackURL", b"callbackUrl", b"notification_url", b"notify_url", b"buy.stripe.com/test_", b"devtunnels.ms", b"redirectUr", b"redirect_ur",
    b"webhookU", b"webhook_u", b"notificationU", b"statusCallback", b"mulator(", b"estAccount(", b"testMode", b"test_mode", b"roduction: false",
    b"is_production", b"inio.Client", b"POSTMARK_API_TEST", b"UseDevelopmentStorage", b"playground.klarna", b"test.dodopayments", b"test-api.creem", b"-test.adyen",
)  # fmt: skip

# A quote behind `:` or `=`, before what can be an address or a mail's sender; what stands before it is the key. The syntax tree says what is meant.
_QUOTE = late.pattern(
    rb"[:=]\s{0,20}[({\[]?\s{0,40}([\"'`])(?=https?://|/[A-Za-z]|\$\{|\{|[\w.+\-]+@|[^\"'`\n]{0,60}<[\w.+\-]+@|[\w\-]+\.)"
)
_KEY = late.pattern(rb"([A-Za-z_$][\w$]{1,60})[\"']?\s{0,4}(?::\s{0,4}string(?:\[\])?\s{0,4})?\Z")
# A text that begins with a URL, wherever it stands; only those whose host is worth it are looked up in the tree.
_URL = late.pattern(rb"[\"'`](?:https?|wss?)://([^\s\"'`<>\\/?#]{1,200})")

# Keys of a mail, an upload or a payment client whose value may be a sandbox: a host, a base or a sender.
ENDPOINT_KEYS = frozenset(
    ("host", "hostname", "server", "baseurl", "endpoint", "url", "apiurl", "apibase", "basepath", "smtphost", "from", "fromemail", "sender")
)

# A payment link for tests; one for live beside it means that something chooses.
PAYMENT_LINK = late.pattern(rb"https://buy\.stripe\.com/test_[0-9A-Za-z]{8,60}")
LIVE_PAYMENT_LINK = late.pattern(rb"https://buy\.stripe\.com/(?!test_)[0-9A-Za-z]")
# A builder's leftover: the project's own host turned into the builder's, where no such project exists.
REPLACED = late.pattern(rb"\.replace\(\s*[\"'`]\.supabase\.co[\"'`]\s*,\s*[\"'`](\.[\w.\-]{3,80})[\"'`]")

# What surrounds code that runs on a developer's machine only, or in one of several named modes.
DEVELOPMENT = late.pattern(
    r"NODE_ENV|\bis_?(?:dev|local|test|debug|prod)|__DEV__|import\.meta\.env\.(?:DEV|PROD|MODE)|\bdev\b|\bdebug\b|development|localhost|sandbox|production|emulator|live_?reload|(?-i:\bENV\b)|APP_ENV|VERCEL_ENV",
    re.IGNORECASE,
)
# A constant or a function that is named after the mode or holds a sample: `developmentConfig`, `getLocalUrl`, `previewDefaults`.
NAMED_MODE = late.pattern(
    r"^(?:preview|sample|example|mock|dummy|fake|demo|fixture)(?=[A-Z_]|$)|(?:^|\.)PreviewProps$|"
    r"^(?:get|create|build|make|load|default)?_?(?:[Dd]ev|DEV|[Dd]evelopment|DEVELOPMENT|[Ll]ocal|LOCAL|[Tt]est|TEST|[Ss]taging|STAGING|[Mm]ock|MOCK|[Ss]andbox|SANDBOX)(?=[A-Z_]|$)"
    r"|(?:Dev|Development|Local|Test|Staging|Emulators?|_DEV|_LOCAL|_TEST)(?:Config|Settings|Environment|Env|Urls?|URL|_URL)?$"
)
MODES = frozenset(
    ("development", "dev", "local", "localhost", "test", "testing", "debug", "sandbox", "staging", "emulator", "mock", "e2e", "ci")
)

# A link inside the text of a mail.
_LINK = late.pattern(rb"https?://[^\s\"'<>`)\\]{3,300}")
MAIL_KEYS = frozenset(
    ("html", "text", "body", "content", "message", "template", "htmlbody", "textbody", "htmlcontent", "textcontent", "htmlpart", "textpart",
     "htmlmessage", "plaintextcontent", "bodyhtml", "bodytext", "emailhtml", "emailbody", "emailtext", "emailcontent", "mailbody", "mailtext")
)  # fmt: skip
# Constants that a mail's text is put together from.
_LINK_KEYS = frozenset(("link", "url", "href", "cta", "ctaurl", "ctalink", "actionurl", "actionlink", "buttonurl", "buttonlink"))
# A file that hands something to a mail's sender.
_SENDS = late.pattern(
    rb"(?i)\bsend_?(?:e?mail|message|grid)\w{0,40}\(|(?:mail|mailer|transport(?:er)?|sg(?:mail)?|resend|postmark|mailgun|ses|emails?|mg\.messages|brevo|plunk|loops)\w{0,40}\.(?:send|create|deliver)\w{0,40}\(|\bEmailMultiAlternatives\(|\bEmailMessage\(|react-email|SendEmailCommand|send_mail\("
)
_MAIL_PATH = late.pattern(r"(?:^|/)(?:e?mails?|mailers?|email[-_]?templates?|mail[-_]?templates?)(?:/|[^/]*\.[a-z]+$)", re.IGNORECASE)

# Files that somebody runs against a machine of their own (`test-checkout.js`), and command line tools, whose login returns to the
# loopback address by design (RFC 8252, section 7.3).
_BY_HAND = late.pattern(
    r"(?:^|/)(?:test|debug|check|verify|try|demo)[-_][^/]+\.[cm]?[jt]s$|(?:^|/)cli/|[-_]cli/|example|(?:^|/)scripts/"
    # At the root beside package.json, and named after what somebody did once.
    r"|^(?:fix|setup|seed|migrate|audit|create|apply|run|import|export|generate|update|add|insert"
    r"|get|list|show|find|query|dump|deploy|delete|remove|reset|clear|clean|cleanup|backfill|populate|patch)[-_][^/]+\.[cm]?[jt]s$"
    # Settings of one mode: `config/development.js`, `settings/local.py`, `local_settings.py`, `api.dev.ts`, Angular's `environment.ts`.
    r"|(?:^|[/._-])(?:dev|develop|development|local|localhost)(?:[_-]?(?:settings|config|env))?\.(?:[cm]?[jt]s|py|json)$"
    r"|(?:^|/)environments?/environment\.[jt]s$|(?:^|/)(?:local|dev)_settings\.py$|[-_.](?:dev|local)\.config\.",
    re.IGNORECASE,
)

# Nobody writes more by hand; each one costs a walk through the syntax tree.
MAX_CANDIDATES = 2000


class Spot(NamedTuple):
    """Where a text stands: at which key, attribute or constant ("" for none), inside the value of which other key, handed to which call, and
    whether as an argument of its own."""

    key: str
    outer: str = ""
    call: str = ""
    is_argument: bool = False


def may_stand_in(path: str, content: bytes) -> bool:
    """Whether a file may fix an address that a deployed app uses: no test, no tool, no example, and a trace of one."""
    return sieve.any_in(TRACES, content) and is_deployed(path)


def may_be_fixed(code: bytes) -> bool:
    """Whether a search finds in JavaScript anything that the syntax tree would be asked about: most files with a trace only pass a key on."""
    found = chain(_candidates(code), links(code), PAYMENT_LINK.finditer(code), REPLACED.finditer(code), switches(code))
    return next(found, None) is not None


@lru_cache(maxsize=4096)  # asked before and after a file is parsed
def is_deployed(path: str) -> bool:
    """Whether a deployed app runs a file: no test, no tool, no example, nothing of one mode."""
    return not (is_test(path) or is_tool(path) or is_example(path) or _BY_HAND.search(path))


def offsets(code: bytes) -> Iterator[int]:
    """The 0-based offsets of the quotes of texts that a search takes for addresses; the syntax tree says whether they are code."""
    yield from sorted(set(_candidates(code)))


def _candidates(code: bytes) -> Iterator[int]:
    """The offsets in no order, some of them twice."""
    for match in _URL.finditer(code):
        if _is_suspect(match[1].decode("utf-8", "replace")):
            yield match.start()
    if sieve.any_in(_trap_words(), code):
        yield from (match.start() for match in _traps().finditer(code))
    for match in _QUOTE.finditer(code):
        key = _KEY.search(code, max(0, match.start() - 90), match.start())
        if key is not None:
            name = key[1].decode("ascii", "replace")
            if callbacks.role_of_argument(name) is not None or callbacks.plain(name) in ENDPOINT_KEYS:
                yield match.start(1)


@lru_cache(maxsize=4096)
def _is_suspect(host: str) -> bool:
    """Whether a URL with this host (port and userinfo with it) may be a wrong one anywhere: a local, tunnel, preview or sandbox host."""
    url = hosts.split("https://" + host.partition("$")[0].rstrip(":").partition("{")[0])
    return url is not None and (hosts.classify(url).kind in _SUSPECTS or _sandbox_of(url.host) is not None)


_SUSPECTS = frozenset((Class.LOCAL, Class.TUNNEL, Class.SINK, Class.PREVIEW, Class.BUILDER_PREVIEW))


@cache
def _traps() -> re.Pattern[bytes]:
    """Texts in quotes that are a sandbox's bare host or lead to a trap without being an address."""
    words = b"|".join(re.escape(word) for word in _trap_words()[1:])
    return re.compile(rb"[\"'`](?:(?:" + words + rb")[\"'`:/]|sandbox[0-9a-f]{32}\.mailgun\.org)")


@cache
def _trap_words() -> tuple[bytes, ...]:
    """The end of Mailgun's sandboxes, whose names vary, and the texts of all others."""
    known = sorted({host for host in _sandbox_hosts() if "." in host})
    return tuple(text.encode() for text in (".mailgun.org", *known, *callbacks.trap_texts(), "localhost", "127.0.0.1"))


@cache
def _sandbox_hosts() -> dict[str, Provider]:
    return {
        host: provider
        for provider in catalog.load().providers.values()
        if provider.job in ("payment", "email")
        for kind in ("test", "sandbox")
        for host in provider.hosts.get(kind, ())
        if not host.startswith("*")
    }


def _sandbox_of(host: str) -> Provider | None:
    """The payment or mail provider whose sandbox this very host is."""
    return _sandbox_hosts().get(host)


def role_at(spot: Spot, text: str, code: bytes) -> str | None:
    """The role under which a text is worth keeping: the key that says what it is for (`success_url`), `argument` for one without a key,
    `endpoint` for a sandbox or an emulator, None for any other text. `code` is the whole file."""
    url = _target(text)
    if spot.key and url is not None and callbacks.role_of_argument(spot.key) is not None:
        return spot.key
    if url is not None and url.host and hosts.classify(url).kind in _SUSPECTS:
        if spot.key and callbacks.role_in_call(spot.call, spot.key) is not None:
            return spot.key
        if spot.outer and callbacks.role_of_argument(spot.outer) is not None:
            return spot.outer
        if spot.is_argument and callbacks.role_in_call(spot.call, None) is not None:
            return "argument"
        if hosts.classify(url).kind is Class.LOCAL and callbacks.opens_store(spot.call, spot.key):
            return "endpoint"
    if text in ("localhost", "127.0.0.1"):
        return "endpoint" if callbacks.opens_store(spot.call, spot.key) else None
    if callbacks.plain(spot.key) in ENDPOINT_KEYS and is_sandbox(text, code):
        return "endpoint"
    is_value = bool(spot.key) or spot.is_argument
    return "endpoint" if is_value and spot.key != "href" and _is_trap(text, code) else None


def _target(text: str) -> Url | None:
    """Where a text leads, also where its port is put in (`http://localhost:${port}`)."""
    return hosts.target(re.sub(r"(?<=[\w\]]):(?:\$?\{[^{}]*\}|$)", "", text, count=1))


def _is_trap(text: str, code: bytes) -> bool:
    """Whether a text is a payment or mail sandbox's host or URL, or leads to a trap, at whatever key it stands."""
    if text in callbacks.trap_texts() or re.fullmatch(r"sandbox[0-9a-f]{32}\.mailgun\.org", text):
        return True
    found = hosts.split(text) or hosts.bare(text)
    provider = _sandbox_of(found.host) if found is not None else None
    return provider is not None and not _knows_live(provider, code)


def is_suspect(text: str) -> bool:
    """Whether a text begins with a URL whose host may be a wrong one anywhere."""
    found = _URL.match(b'"' + text[:300].encode())
    return found is not None and _is_suspect(found[1].decode("utf-8", "replace"))


def role_of_use(spot: Spot) -> str | None:
    """The role that a constant's text has where it is used: what a call is given, not the app's own idea of its address."""
    if spot.key and (_is_given(callbacks.role_of_argument(spot.key)) or _is_given(callbacks.role_in_call(spot.call, spot.key))):
        return spot.key
    if spot.outer and _is_given(callbacks.role_of_argument(spot.outer)):
        return spot.outer
    return "argument" if spot.is_argument and callbacks.role_in_call(spot.call, None) is not None else None


def role_where_taken(name: str, spot: Spot, hops: int, used: Callable[[str, int], tuple[str, str] | None]) -> tuple[str, str] | None:
    """(role, call) of a constant `name` that is taken at a spot; where the spot hands it to another name, and `hops` are left, of that: `used`
    tells where a name is used."""
    role = role_of_use(spot)
    if role is not None:
        return role, spot.call
    return used(spot.key, hops - 1) if hops > 1 and spot.key and not spot.call and spot.key != name else None


def is_given(key: str) -> bool:
    """Whether a key is one at which a call is given an address: no constant for the app's own address or its API."""
    return _is_given(callbacks.role_of_argument(key))


def _is_given(role: Role | None) -> bool:
    return role not in (None, Role.SITE, Role.API, Role.ASSET)


def is_mail(key: str, call: str) -> bool:
    """Whether a key of a call is the text of a mail (`html` of `resend.emails.send`)."""
    return callbacks.plain(key) in MAIL_KEYS and re.search(r"mail|send|message", call, re.IGNORECASE) is not None


def is_mail_text(path: str, spot: Spot, text: str, code: bytes) -> bool:
    """Whether a text with a link is one that a mail is made of: the code around sends mails, or the file is one of their templates."""
    if is_mail(spot.key, spot.call) or (
        spot.is_argument and re.search(r"(?i)mail", spot.call) and not re.search(r"(?i)log|fetch", spot.call)
    ):
        return True
    plain = callbacks.plain(spot.key)
    if plain not in MAIL_KEYS and plain not in _LINK_KEYS and re.search(r"href\s*=\s*\\?[\"']", text) is None:
        return False
    return _MAIL_PATH.search(path) is not None or sends_mail(code)


@lru_cache(maxsize=2)  # asked for every text of a file
def sends_mail(code: bytes) -> bool:
    """Whether a file hands something to a sender of mails."""
    return _SENDS.search(code) is not None


def builds_mail(spot: Spot) -> bool:
    """Whether a mail's text stands here: at a key of a call that sends it, as an argument of one, or at `html = ...` for itself."""
    if spot.is_argument:
        return re.search(r"(?i)mail", spot.call) is not None
    return callbacks.plain(spot.key) in MAIL_KEYS and (not spot.call or is_mail(spot.key, spot.call))


def is_sandbox(text: str, code: bytes) -> bool:
    """Whether a text is a sandbox's host or URL, or the sender that a provider keeps for tests.

    Where `code`, the whole file, knows the provider's live host as well, something chooses between them.
    """
    if len(text) > 300:
        return False
    found = hosts.split(text) or hosts.bare(text)
    if found is None:
        return "@" in text and _sender(text)
    known = catalog.load().host(found.host)
    return known is not None and known[1] is Mode.TEST and not _knows_live(known[0], code)


def _knows_live(provider: Provider, code: bytes) -> bool:
    live = (host.removeprefix("*.").encode() for host in provider.hosts.get("live", ()))
    return any(re.search(rb"(?<![\w.\-])" + re.escape(host), code) for host in live)


def _sender(text: str) -> bool:
    from driftline.knowledge import identify

    identity = identify.identify(text)
    return identity is not None and identity.mode is Mode.TEST and identity.job == "email"


def switches(code: bytes) -> Iterator[tuple[int, Sandbox]]:
    """(0-based offset, what it is) of everything in a file that leads to a sandbox or an emulator by itself, as far as a search can tell."""
    # The words first: to look for them takes a tenth of the time of the expressions.
    for one in callbacks.sandboxes() if sieve.any_in(_switch_words(), code) else ():
        if not any(word in code for word in one.needs) or one.code.search(code) is None:
            continue
        if one.unless is not None and one.unless.search(code):
            continue
        for match in one.code.finditer(code):
            yield match.start(), one


@cache
def _switch_words() -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(word for one in callbacks.sandboxes() for word in one.needs))


def links(code: bytes) -> Iterator[tuple[int, str]]:
    """(0-based offset, URL) of every link to a developer's machine; the caller asks whether it stands in a mail."""
    for match in _LINK.finditer(code):
        text = match[0].decode("utf-8", "replace")
        url = hosts.split(re.split(r":?\$\{|:?\{", text)[0])
        if url is not None and hosts.classify(url).kind in (Class.LOCAL, Class.TUNNEL, Class.BUILDER_PREVIEW):
            yield match.start(), text
