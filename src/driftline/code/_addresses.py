"""Which files may hold an address that code fixes, and which of its texts is one: shared by the languages' readers.

An address stands at a key that says what it is for (`success_url: "..."`, `emailRedirectTo`, `const API_URL = "..."`), in the text of a mail, or
is a provider's sandbox. What a key means is data (`knowledge/callbacks.toml`, `providers/*.toml`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from driftline import sieve
from driftline.code import is_example, is_test, is_tool
from driftline.knowledge import callbacks, catalog, hosts
from driftline.knowledge.catalog import Provider
from driftline.knowledge.hosts import Class
from driftline.model import Mode

# One of these stands in every file with a fixed local, tunnel or sandbox address, or with a key whose path is worth checking.
TRACES = (
    b"://localhost", b"://127.", b"://0.0.0.0", b"://192.168.", b"://10.", b"://172.", b"://[::1]", b".ngrok", b"trycloudflare", b"loca.lt", b"webhook.site",
    b".vercel.app", b".netlify.app", b"lovable", b"sandbox", b"mailtrap", b"resend.dev", b"ethereal", b"success_url", b"successUrl", b"cancel_url",
    b"cancelUrl", b"return_url", b"returnUrl", b"redirectTo", b"RedirectTo", b"callbackURL", b"callbackUrl", b"notification_url", b"notify_url",
    b"buy.stripe.com/test_", b"devtunnels.ms", b"redirectUr", b"redirect_ur", b"webhookU", b"webhook_u", b"notificationU", b"statusCallback",
)  # fmt: skip

# A quote behind `:` or `=`, before what can be an address or a mail's sender; what stands before it is the key. The syntax tree says what is meant.
_QUOTE = re.compile(rb"[:=]\s{0,20}[({]?\s{0,40}([\"'`])(?=https?://|/[A-Za-z]|\$\{|\{|[\w.+\-]+@|[^\"'`\n]{0,60}<[\w.+\-]+@|[\w\-]+\.)")
_KEY = re.compile(rb"([A-Za-z_$][\w$]{1,60})[\"']?\s{0,4}(?::\s{0,4}string\s{0,4})?\Z")

# Keys of a mail, an upload or a payment client whose value may be a sandbox: a host, a base or a sender.
ENDPOINT_KEYS = frozenset(
    ("host", "hostname", "server", "baseurl", "endpoint", "url", "apiurl", "apibase", "basepath", "smtphost", "from", "fromemail", "sender")
)

# A payment link for tests; one for live beside it means that something chooses.
PAYMENT_LINK = re.compile(rb"https://buy\.stripe\.com/test_[0-9A-Za-z]{8,60}")
LIVE_PAYMENT_LINK = re.compile(rb"https://buy\.stripe\.com/(?!test_)[0-9A-Za-z]")
# A builder's leftover: the project's own host turned into the builder's, where no such project exists.
REPLACED = re.compile(rb"\.replace\(\s*[\"'`]\.supabase\.co[\"'`]\s*,\s*[\"'`](\.[\w.\-]{3,80})[\"'`]")

# What surrounds code that runs on a developer's machine only, or in one of several named modes.
DEVELOPMENT = re.compile(
    r"NODE_ENV|\bis_?(?:dev|local|test|debug|prod)|__DEV__|import\.meta\.env\.(?:DEV|PROD|MODE)|\bdev\b|\bdebug\b|development|localhost|sandbox|production|(?-i:\bENV\b)|APP_ENV|VERCEL_ENV",
    re.IGNORECASE,
)
# A constant or a function that is named after the mode: `developmentConfig`, `getLocalUrl`, `stagingSettings`.
NAMED_MODE = re.compile(
    r"^(?:get|create|build|make|load|default)?_?(?:[Dd]ev|DEV|[Dd]evelopment|DEVELOPMENT|[Ll]ocal|LOCAL|[Tt]est|TEST|[Ss]taging|STAGING|[Mm]ock|MOCK)(?=[A-Z_]|$)"
    r"|(?:Dev|Development|Local|Test|Staging|_DEV|_LOCAL|_TEST)(?:Config|Settings|Environment|Env|Urls?|URL|_URL)?$"
)
MODES = frozenset(
    ("development", "dev", "local", "localhost", "test", "testing", "debug", "sandbox", "staging", "emulator", "mock", "e2e", "ci")
)

# A link inside the text of a mail.
_LINK = re.compile(rb"https?://[^\s\"'<>`)\\]{3,300}")
MAIL_KEYS = frozenset(("html", "text", "body", "content", "message", "template"))


# Files that somebody runs against a machine of their own (`test-checkout.js`), and command line tools, whose login returns to the
# loopback address by design (RFC 8252, section 7.3).
_BY_HAND = re.compile(
    r"(?:^|/)(?:test|debug|check|verify|try|demo)[-_][^/]+\.[cm]?[jt]s$|(?:^|/)cli/|[-_]cli/|example"
    # Settings of one mode: `config/development.js`, `settings/local.py`, `local_settings.py`, `api.dev.ts`, Angular's `environment.ts`.
    r"|(?:^|[/._-])(?:dev|develop|development|local|localhost)(?:[_-]?(?:settings|config|env))?\.(?:[cm]?[jt]s|py|json)$"
    r"|(?:^|/)environments?/environment\.[jt]s$|(?:^|/)(?:local|dev)_settings\.py$|[-_.](?:dev|local)\.config\.",
    re.IGNORECASE,
)

# Nobody writes more by hand; each one costs a walk through the syntax tree.
MAX_CANDIDATES = 2000


class Candidate(NamedTuple):
    """A text that may be an address: its key, the role it would have (the key, or `endpoint`), and the 0-based offset of its quote."""

    key: str
    role: str
    offset: int


def may_stand_in(path: str, content: bytes) -> bool:
    """Whether a file may fix an address that a deployed app uses: no test, no tool, no example, and a trace of one."""
    by_hand = is_test(path) or is_tool(path) or is_example(path) or _BY_HAND.search(path)
    return not by_hand and sieve.any_in(TRACES, content)


def candidates(path: str, code: bytes) -> Iterator[Candidate]:
    """Texts at keys that say what they are for, as far as a search can tell; the syntax tree says whether they are code."""
    for match in _QUOTE.finditer(code):
        key = _KEY.search(code, max(0, match.start() - 90), match.start())
        if key is None:
            continue
        name = key[1].decode("ascii", "replace")
        if callbacks.role_of_argument(name) is None and _plain(name) not in ENDPOINT_KEYS:
            continue
        end = code.find(match[1], match.end(1), match.end(1) + 600)
        role = role_of(name, code[match.end(1) : end].decode("utf-8", "replace"), code)
        if role is None and name == "url" and "capacitor.config" in path:
            role = "server.url"  # the page that a store build opens
        if role is not None:
            yield Candidate(name, role, match.start(1))


def role_of(key: str, text: str, code: bytes) -> str | None:
    """The role under which a text at `key` is worth keeping: the argument's name (`success_url`), `endpoint` for a sandbox, else None."""
    if callbacks.role_of_argument(key) is not None and hosts.target(text) is not None:
        return key
    return "endpoint" if _plain(key) in ENDPOINT_KEYS and is_sandbox(text, code) else None


def is_mail(key: str, call: str) -> bool:
    """Whether a key of a call is the text of a mail (`html` of `resend.emails.send`)."""
    return _plain(key) in MAIL_KEYS and re.search(r"mail|send", call, re.IGNORECASE) is not None


def _plain(key: str) -> str:
    return re.sub(r"[_\-]", "", key).lower()


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


def links(code: bytes) -> Iterator[tuple[int, str]]:
    """(0-based offset, URL) of every link to a developer's machine; the caller asks whether it stands in a mail."""
    for match in _LINK.finditer(code):
        text = match[0].decode("utf-8", "replace")
        url = hosts.split(re.split(r"\$\{|\{", text)[0])
        if url is not None and hosts.classify(url).kind in (Class.LOCAL, Class.TUNNEL, Class.BUILDER_PREVIEW):
            yield match.start(), text
