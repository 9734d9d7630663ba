"""Which variables, arguments of calls and platform variables hold an address that somebody else calls or opens, from `callbacks.toml`."""

import re
from collections.abc import Mapping
from enum import Enum
from functools import cache, lru_cache

from driftline import late
from driftline.knowledge import catalog, tables
from driftline.record import NamedTuple


class Role(str, Enum):
    """What an address is for: who opens it, and what breaks when it is wrong."""

    SITE = "site"
    API = "api"
    AUTH = "auth"
    OAUTH = "oauth"
    PAYMENT = "payment"
    WEBHOOK = "webhook"
    MAIL = "mail"
    ASSET = "asset"
    UPLOAD = "upload"

    @property
    def words(self) -> str:
        """What the address is, for a message: "where a payment returns to"."""
        return _WORDS[self.value]


_WORDS = {
    "site": "the address of the app itself",
    "api": "the address of the app's API",
    "auth": "the address that login starts from",
    "oauth": "where a login returns to",
    "payment": "where a payment returns to",
    "webhook": "where webhooks are sent to",
    "mail": "where links in mails lead",
    "asset": "where public files are served from",
    "upload": "where uploads are reported to",
}


class PlatformUrl(NamedTuple):
    """A platform's own word for a deployment's address: whose it is, whether it has a scheme, and of what (`deployment`, `branch`,
    `service`, `production`)."""

    by: str
    scheme: bool
    of: str


class Sandbox(NamedTuple):
    """Code that leads to a provider's sandbox or emulator: `code` does it, where one of the words `needs` stands in the file, and nothing that
    chooses (`unless`)."""

    provider: str
    code: re.Pattern[bytes]
    needs: tuple[bytes, ...]
    unless: re.Pattern[bytes] | None


class _Call(NamedTuple):
    role: Role
    calls: re.Pattern[str]
    keys: frozenset[str]
    positional: bool


class _Variables(NamedTuple):
    role: Role
    names: frozenset[str]
    pattern: re.Pattern[str] | None


class _Data(NamedTuple):
    variables: tuple[_Variables, ...]
    spared: re.Pattern[str]
    production: re.Pattern[str]
    endpoints: re.Pattern[str]
    arguments: Mapping[str, Role]
    calls: tuple[_Call, ...]
    sandboxes: tuple[Sandbox, ...]
    stores: re.Pattern[str]
    store_keys: frozenset[str]
    trap_texts: tuple[str, ...]
    visitors_own: frozenset[int]
    platform: Mapping[str, PlatformUrl]
    flags: Mapping[str, str]
    headers: Mapping[str, tuple[str, ...]]
    webhook_words: tuple[str, ...]
    webhook_path: re.Pattern[str]
    webhook_tools: re.Pattern[str]
    webhook_jobs: frozenset[str]
    verifies: re.Pattern[bytes]
    of_providers: Mapping[str, Role]


# What a provider's own callback variable is for, by the provider's job, where no table says it.
_OF_JOB = {
    "payment": Role.PAYMENT,
    "auth": Role.OAUTH,
    "sms": Role.WEBHOOK,
    "storage": Role.UPLOAD,
    "email": Role.WEBHOOK,
    "queue": Role.WEBHOOK,
}


@lru_cache(maxsize=4096)
def role_of(name: str) -> Role | None:
    """The role of a variable by its name, None for one that holds no callback or that speaks of another network or environment."""
    data = _data()
    upper = name.upper()
    if is_spared(upper):
        return None
    canonical = catalog.canonical(name)
    for table in data.variables:
        if canonical in table.names or upper in table.names or (table.pattern is not None and table.pattern.search(canonical)):
            # A lone `URL` means the app only where a public prefix stood before it.
            return None if canonical == upper == "URL" else table.role
    return data.of_providers.get(canonical)


def is_endpoint(name: str) -> bool:
    """Whether a variable holds a provider's own endpoint (`S3_ENDPOINT`, `AWS_ENDPOINT_URL`): a local address there is an emulator."""
    return _data().endpoints.search(catalog.canonical(name)) is not None


def is_spared(name: str) -> bool:
    """Whether a name says that it speaks of another network or environment (`NEXTAUTH_URL_INTERNAL`, `DEV_API_URL`)."""
    return _data().spared.search(name.upper()) is not None


def may_name_production(name: str) -> bool:
    """Whether a variable may rightly hold production's address in other environments (`AUTH_REDIRECT_PROXY_URL`, `CANONICAL_URL`)."""
    return _data().production.search(name.upper()) is not None


def role_of_argument(key: str) -> Role | None:
    """The role of a key of a call's argument, an attribute or a constant (`success_url`, `redirectTo`, `API_URL`), None for any other."""
    return _data().arguments.get(plain(key))


@lru_cache(maxsize=4096)
def role_in_call(call: str, key: str | None) -> Role | None:
    """The role that a call gives to a key which says nothing by itself (`url` of `webhookEndpoints.create`), or to an argument without
    a key (None); None where it gives it none."""
    wanted = plain(key) if key is not None else None
    for one in _data().calls:
        if (one.positional if wanted is None else wanted in one.keys) and one.calls.search(call):
            return one.role
    return None


def sandboxes() -> tuple[Sandbox, ...]:
    """What code says to lead to a sandbox or an emulator, whatever stands in it."""
    return _data().sandboxes


def opens_store(call: str, key: str) -> bool:
    """Whether a key of a call is the address of a store (`endpoint` of `S3Client`): a local one that code fixes is an emulator."""
    return plain(key) in _data().store_keys and _data().stores.search(call) is not None


def is_visitors_own(port: int | None) -> bool:
    """Whether a local port is one of a program that a visitor runs for himself (Ollama), which a page may well call."""
    return port in _data().visitors_own


def trap_texts() -> tuple[str, ...]:
    """Texts that lead to an emulator or a trap and are no address."""
    return _data().trap_texts


def plain(key: str) -> str:
    """A key as the tables write it: lower case, without separators."""
    return re.sub(r"[_\-]", "", key).lower()


def platform_url(name: str) -> PlatformUrl | None:
    """What a platform variable says about a deployment's address, None for any other name."""
    return _data().platform.get(name)


def platform_names() -> tuple[str, ...]:
    """All platform variables that hold an address or a flag about a deployment."""
    data = _data()
    return (*data.platform, *data.flags)


def puts_in(text: str) -> tuple[tuple[str, bool], ...]:
    """The platform variables for an address that a value puts in (`$VERCEL_URL`, `https://${VERCEL_URL}`), with whether a scheme precedes."""
    if "$" not in text:
        return ()
    return tuple((match[2], bool(match[1])) for match in _PUT_IN.finditer(text) if match[2] in _data().platform)


_PUT_IN = late.pattern(r"(https?://)?\$\{?([A-Z][A-Z0-9_]{3,60})")


def platform_flag(name: str) -> str | None:
    """The platform that sets this variable to the words "true" and "false", None for any other name."""
    return _data().flags.get(name)


def receives_events(path: str) -> bool:
    """Whether a route's or a file's path is that of a webhook (`api/webhooks/stripe`, `stripe-webhook`)."""
    plain = path.lower()
    if not any(word in plain for word in _data().webhook_words):
        return False
    return _data().webhook_path.search(plain) is not None and _data().webhook_tools.search(plain) is None


def calls_back(job: str) -> bool:
    """Whether providers of this job call the apps that use them (a payment's webhook, a mail's events)."""
    return job in _data().webhook_jobs


def signature_header(content: bytes) -> tuple[str, int] | None:
    """(provider, 0-based offset) of the signature header that a text names, None where it names none of a known provider's."""
    lower = content.lower()
    for header, providers in _data().headers.items():
        at = lower.find(header.encode())
        if at < 0:
            continue
        if len(providers) == 1:
            return providers[0], at
        # A header that several use: the one that is spoken of besides.
        for word, provider in _webhook_words().items():
            if provider in providers and re.search(rb"(?<![a-z])" + word.replace("_", "[_ -]?").encode(), lower):
                return provider, at
    return None


def provider_of_words(text: str) -> str | None:
    """The provider with webhooks that a path or name speaks of (`/api/webhooks/stripe`), None without one; longer words first."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower())
    found = [(len(word), provider) for word, provider in _webhook_words().items() if re.search(rf"(?:^|_){word}(?=_|$)", plain)]
    return max(found)[1] if found else None


def verification(content: bytes) -> str | None:
    """The idiom in a text that checks a webhook's signature, None where there is none."""
    found = _data().verifies.search(content)
    return found[0].decode("utf-8", "replace").strip(" ({:").splitlines()[0][:60] if found else None


@cache
def _webhook_words() -> Mapping[str, str]:
    """Words for providers that sign webhooks: those with a kind of key for it."""
    known = catalog.load()
    signing = {kind.provider for kind in known.keys if kind.slot == "webhook_secret"} | {
        provider for providers in _data().headers.values() for provider in providers
    }
    return {
        word.lower().replace("-", "_"): provider.id
        for provider in known.providers.values()
        if provider.id in signing and provider.id != "generic"
        for word in (*provider.words, provider.id)
        if len(word) > 3  # `kv`, `gh`, `mp` are parts of other words
    }


def _optional(pattern: str | None) -> re.Pattern[bytes] | None:
    return late.pattern(pattern.encode()) if pattern is not None else None


@cache
def _data() -> _Data:
    told = tables.of_file("callbacks.toml")
    variables = tuple(
        _Variables(Role(table["role"]), frozenset(table.get("names", ())), late.pattern(table["pattern"]) if "pattern" in table else None)
        for table in told["variable"]
    )
    known = catalog.load()
    return _Data(
        variables=variables,
        spared=late.pattern(told["spared"]["pattern"]),
        production=late.pattern(told["production"]["pattern"]),
        endpoints=late.pattern(told["endpoints"]["pattern"]),
        arguments={name: Role(table["role"]) for table in told["argument"] for name in table["names"]},
        calls=tuple(
            _Call(Role(table["role"]), late.pattern(table["calls"]), frozenset(table["keys"]), table.get("positional", False))
            for table in told["call"]
        ),
        sandboxes=tuple(
            Sandbox(
                table["provider"],
                late.pattern(table["code"].encode()),
                tuple(word.encode() for word in table["needs"]),
                _optional(table.get("unless")),
            )
            for table in told["sandbox"]
        ),
        stores=late.pattern(told["stores"]["calls"]),
        store_keys=frozenset(told["stores"]["keys"]),
        trap_texts=tuple(told["stores"]["texts"]),
        visitors_own=frozenset(told["visitors_own"]["ports"]),
        platform={name: PlatformUrl(t["by"], t["scheme"], t["of"]) for t in told["platform"] for name in t["names"]},
        flags={name: table["by"] for table in told["flag"] for name in table["names"]},
        headers={
            header: (providers,) if isinstance(providers, str) else tuple(providers)
            for header, providers in told["webhooks"]["headers"].items()
        },
        webhook_words=tuple(told["webhooks"]["words"]),
        webhook_path=late.pattern(told["webhooks"]["path"]),
        webhook_jobs=frozenset(told["webhooks"]["jobs"]),
        webhook_tools=late.pattern(told["webhooks"]["tools"]),
        verifies=late.pattern(told["webhooks"]["verifies"].encode()),
        of_providers={
            catalog.canonical(name): _OF_JOB[provider.job]
            for provider in known.providers.values()
            if provider.job in _OF_JOB
            for name in provider.callbacks
        },
    )
