"""The provider catalogue: every credential, id and data-store address that driftline knows, read from `providers/*.toml`.

One file per provider. The TOML is the source; `providers.json` beside it is the same catalogue compiled (heads, anchors and
lengths derived from the shapes) and is what `load` reads. `python docs/build.py` writes it, `--check` and a test hold both together,
and a catalogue whose TOML files changed since is read from TOML, so that a new file works at once.

    # Shapes: Example docs, "API keys", read 2026-11           a comment with source and date opens every file
    title = "Example"                # as printed in docs; the provider's id is the file's name
    job = "payment"                  # payment email sms storage database cache queue auth ai search platform dev monitoring analytics
                                     # messaging commerce captcha maps cms media generic
    words = ["EXAMPLE"]              # upper-case words that name this provider in a variable's name (default: the id)
    callbacks = ["EXAMPLE_WEBHOOK_URL"]        # variables whose URL this provider calls or sends people to

    [hosts]                          # exact hosts, or "*.suffix"; live, test, sandbox, emulator
    live = ["api.example.com"]
    sandbox = ["sandbox.example.com"]

    [mode_flags]                     # variable -> value (lower case) -> live | test | local
    EXAMPLE_ENV = { production = "live", sandbox = "test" }

    [[keys]]
    id = "secret key"
    shape = "sk_(?P<mode>live|test)_[0-9A-Za-z]{24,247}"   # see shapes.py; groups `mode` and `account` are read from it
    exposure = "secret"              # secret | public | restrict | unknown
    mode = { live = "live", test = "test" }    # of group `mode`; or one word (live test local any unknown), or a mode decoder's name
    slot = "key"                     # key publishable webhook_secret url account id price; what a variable for it is meant to hold
    variables = ["EXAMPLE_SECRET_KEY"]         # conventional names, without public prefixes (NEXT_PUBLIC_ ...)
    # optional:
    account = "stripe_account"       # decoder: text -> the account, project or host it belongs to
    validate = "jwt_claims"          # decoder: the text really is of this kind; with `claims` for JWTs
    claims = { role = "anon" }
    checksum = "github"              # decoder: its checksum is right
    expires = "jwt_expiry"           # decoder: ISO date
    certain = "sk_(?:live|test)_51[0-9A-Za-z]{60,245}"     # where others share the shape: a body that settles it
    context = ["EXAMPLE"]            # the shape says nothing alone: the variable's name must be conventional or hold one of these words
    left = "0-9A-Za-z_"              # characters that must not stand right before (this is the default) ...
    right = "0-9A-Za-z"              # ... and right after (default: the alphabet that the shape ends in)
    data_store = true                # `account` names a data store: equal in two environments means shared data
    within = ["S3_ENDPOINT"]         # variables beside it that say which one it is: the server of a bucket, the database on a host
    tied = "project"                 # kinds of one provider with the same word here must agree on `account` within one environment
    generic = true                   # counts only where no other kind matches
    hint = true                      # known from use, not from a page: says whose a value is, never its mode, its account or a data store
    job = "database"                 # where it differs from the provider's

    [[published]]                    # values the vendor printed: defaults, samples, test pairs
    kind = "secret key"              # one of the ids above, or a new word
    parts = ["sk_test_", "..."]      # the value, cut so that no scanner takes this file for a leak; or
    hmac = ["super-", "secret"]      # a default signing secret, cut: every HS256 token signed with it is published too
    mode = "test"
    what = "the sample key of Example's docs"
    variables = ["EXAMPLE_PASSWORD"] # for common words: only in these variables
    default = true                   # a working default that opens somebody's unchanged installation (false: a sample, a test value)
"""

import hashlib
import json
import os
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

from driftline import late
from driftline.model import Exposure, Mode
from driftline.record import NamedTuple

_FOLDER = os.path.join(os.path.dirname(__file__), "providers")
INDEX = os.path.join(os.path.dirname(__file__), "providers.json")
# Of the index: raised whenever its entries change, so that an older one is never taken for a new one.
_FORM = 5

# Prefixes that make a variable public; a conventional name stands behind them as well. One that names a provider too (`SANITY_STUDIO_`) stays.
_PUBLIC_PREFIX = late.pattern(
    r"(?:NEXT_PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|REACT_APP|VUE_APP|GATSBY|STORYBOOK|PLASMO_PUBLIC|NX_PUBLIC|WXT|BUN_PUBLIC|PUBLIC|(?:MAIN_|PRELOAD_|RENDERER_)?VITE|NUXT_ENV|NUXT|NG_APP|ROLLUP|PARCEL)_"
)
_ENVIRONMENT_WORDS = frozenset(
    (
        "PROD",
        "PRODUCTION",
        "DEV",
        "DEVELOPMENT",
        "STAGING",
        "STAGE",
        "PREVIEW",
        "TEST",
        "LIVE",
        "SANDBOX",
        "LOCAL",
        "NEW",
        "OLD",
        "MY",
        "APP",
    )
)
SLOTS = ("key", "publishable", "webhook_secret", "url", "account", "id", "price")


class KeyKind(NamedTuple):
    """One kind of credential, id or address. Fields as in the module's docstring; the rest is derived from the shape.

    `anchors`: every match contains one of them (() for bare shapes, which need `context`). `prefixes`: every match starts with one
    of them, and it may be printed; one of `inner`, if there are any, stands behind it. `shortest` and `longest` are lengths in characters. `left` and `right` are class bodies
    for use inside `[...]`, "" for no rule. `context` is None where the shape speaks for itself.
    """

    provider: str
    id: str
    shape: str
    exposure: Exposure
    mode: str | Mapping[str, str]
    slot: str
    job: str
    variables: tuple[str, ...]
    context: tuple[str, ...] | None
    anchors: tuple[str, ...]
    prefixes: tuple[str, ...]
    shortest: int
    longest: int
    left: str
    right: str
    inner: tuple[str, ...]
    account: str | None = None
    validate: str | None = None
    checksum: str | None = None
    expires: str | None = None
    claims: Mapping[str, str] = {}
    certain: str | None = None
    data_store: bool = False
    within: tuple[str, ...] = ()
    tied: str | None = None
    generic: bool = False
    hint: bool = False

    @property
    def name(self) -> str:
        """`provider.id`, as placeholders and reports write it."""
        return f"{self.provider}.{self.id}"

    def prefix_of(self, text: str) -> str:
        """The public prefix of this text: printable, "" where the shape has none."""
        return max([prefix for prefix in self.prefixes if text.startswith(prefix)], key=len, default="")


class Published(NamedTuple):
    """A value (`text`) that its vendor printed for all to read; where it is a signing secret, `hmac` is it too.

    `variables` limits common words to these names; `default` marks what opens an unchanged installation.
    """

    provider: str
    kind: str
    mode: Mode
    what: str
    text: str
    hmac: str | None
    variables: tuple[str, ...]
    default: bool
    exposure: Exposure
    prefix: str


class Provider(NamedTuple):
    """`hosts` maps live, test, sandbox and emulator to hosts; `mode_flags` a variable to its values (lower case) and their modes."""

    id: str
    title: str
    job: str
    words: tuple[str, ...]
    hosts: Mapping[str, tuple[str, ...]]
    callbacks: tuple[str, ...]
    mode_flags: Mapping[str, Mapping[str, str]]


_HOST_MODES = {"live": Mode.LIVE, "test": Mode.TEST, "sandbox": Mode.TEST, "emulator": Mode.LOCAL}


class Catalog:
    """All providers, key kinds and published values, with the look-ups that identification and rules need."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        keys: tuple[KeyKind, ...],
        published: tuple[Published, ...],
        renamed: Mapping[str, str],
        digest: str,
    ) -> None:
        """`renamed` maps those conventional names that are not canonical (`NEW_RELIC_API_KEY`) to what they are looked up by.

        `digest` is another one for every other content.
        """
        self.providers = providers
        self.keys = keys
        self.published = published
        self._renamed = renamed
        self.digest = digest

    def kind(self, provider: str, id: str) -> KeyKind | None:
        """The key kind of an identity, None for kinds without a shape (`host`, `mode flag`, a published word)."""
        return self._by_name.get((provider, id))

    def by_variable(self, name: str) -> tuple[KeyKind, ...]:
        """The kinds that a variable of this name is meant to hold; public prefixes and words for environments do not matter."""
        return self._by_variable.get(canonical(name), ())

    def host(self, host: str) -> tuple[Provider, Mode] | None:
        """Whose host this is and which mode it serves, or None; the most specific entry wins."""
        host = host.lower().rstrip(".")
        found = self._hosts.get(host)
        while found is None and "." in host:
            host = host.partition(".")[2]
            found = self._hosts.get("*." + host)
        return found

    def mode_flag(self, name: str, value: str) -> tuple[Provider, Mode] | None:
        """What a mode variable (`PAYPAL_MODE`) says, or None where name or value is not known."""
        found = self._flags.get(canonical(name)) or self._flags.get(name)
        if found is None:
            return None
        mode = found[1].get(value.strip().lower())
        return (found[0], Mode(mode)) if mode else None

    @cached_property
    def published_by_text(self) -> Mapping[str, tuple[Published, ...]]:
        """Published values by themselves."""
        found: dict[str, tuple[Published, ...]] = {}
        for one in self.published:
            found[one.text] = (*found.get(one.text, ()), one)
        return found

    @cached_property
    def by_word(self) -> Mapping[str, tuple[str, ...]]:
        """Provider ids by the words that name them in a variable's name."""
        found: dict[str, tuple[str, ...]] = {}
        for provider in self.providers.values():
            for word in provider.words:
                found[word] = (*found.get(word, ()), provider.id)
        return found

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], KeyKind]:
        return {(kind.provider, kind.id): kind for kind in self.keys}

    @cached_property
    def _by_variable(self) -> dict[str, tuple[KeyKind, ...]]:
        found: dict[str, tuple[KeyKind, ...]] = {}
        for kind in self.keys:
            for variable in kind.variables:
                name = self._renamed.get(variable, variable)
                found[name] = (*found.get(name, ()), kind)
        return found

    @cached_property
    def _hosts(self) -> dict[str, tuple[Provider, Mode]]:
        return {
            host: (provider, _HOST_MODES[group])
            for provider in self.providers.values()
            for group, hosts in provider.hosts.items()
            for host in hosts
        }

    @cached_property
    def _flags(self) -> dict[str, tuple[Provider, Mapping[str, str]]]:
        return {name: (provider, values) for provider in self.providers.values() for name, values in provider.mode_flags.items()}


@cache
def canonical(name: str) -> str:
    """A variable's name without public prefixes and without a word for an environment at either end: `STRIPE_SECRET_KEY` of
    `PROD_STRIPE_SECRET_KEY`, `VITE_STRIPE_SECRET_KEY` and `STRIPE_SECRET_KEY_LIVE`."""
    name = name.upper().replace("-", "_").replace(".", "_")
    while found := _PUBLIC_PREFIX.match(name):
        name = name[found.end() :]
    words = name.split("_")
    while len(words) > 2 and words[0] in _ENVIRONMENT_WORDS:
        words = words[1:]
    while len(words) > 2 and words[-1] in _ENVIRONMENT_WORDS:
        words = words[:-1]
    return "_".join(words)


@cache
def load() -> Catalog:
    """The catalogue, from the compiled index when it fits the TOML files, else from these. Raises ValueError naming file and key."""
    try:
        with open(INDEX, "rb") as file:
            content = file.read()
        data = json.loads(content)
    except (OSError, ValueError):
        data = {}
    if not isinstance(data, dict) or data.get("form") != _FORM or data.get("files") != _sizes():
        content = index_text().encode()
        data = json.loads(content)
    return _catalog(data, hashlib.sha256(content).hexdigest())


def title(provider: str) -> str:
    """The provider's name as its docs print it."""
    known = load().providers.get(provider)
    return known.title if known else provider


def _sizes() -> dict[str, int]:
    return {entry.name: entry.stat().st_size for entry in sorted(os.scandir(_FOLDER), key=lambda e: e.name) if entry.name.endswith(".toml")}


def index_text() -> str:
    """What belongs into `providers.json`: the compiled catalogue, one entry a line so that a change can be read. Raises as `compiled`.

    A kind of key is the values of KeyKind's fields, without the defaults at the end: names of fields would be half of what is read.
    """
    data = compiled()
    rows = [f'"{part}": {json.dumps(data[part])}' for part in ("form", "files", "renamed")]
    for part in ("providers", "keys", "published"):
        entries = ",\n".join(json.dumps(_row(entry) if part == "keys" else entry, ensure_ascii=False) for entry in data[part])
        rows.append(f'"{part}": [\n{entries}\n]')
    return "{" + ",\n".join(rows) + "}\n"


def _row(entry: Mapping[str, Any]) -> list[Any]:
    defaults = KeyKind._field_defaults
    row = [entry.get(field, defaults.get(field)) for field in KeyKind._fields]
    while KeyKind._fields[len(row) - 1] not in entry:
        row.pop()
    return row


def compiled() -> dict[str, Any]:
    """The index's content, from the TOML files. Raises ValueError naming file and key for anything that is not as documented."""
    import tomli

    providers, keys, published = [], [], []
    for name in _sizes():
        with open(os.path.join(_FOLDER, name), "rb") as file:
            data = tomli.load(file)
        provider = name.removesuffix(".toml")
        try:
            kinds = [_compile_key(provider, data, key) for key in data.pop("keys", ())]
            published += [_compile_published(provider, kinds, one) for one in data.pop("published", ())]
            keys += kinds
            providers.append(_compile_provider(provider, data))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{name}: {type(error).__name__}: {error}") from None
    renamed = {name: canonical(name) for kind in keys for name in kind["variables"] if canonical(name) != name}
    return {"form": _FORM, "files": _sizes(), "renamed": renamed, "providers": providers, "keys": keys, "published": published}


def _compile_provider(provider: str, data: dict[str, Any]) -> dict[str, Any]:
    entry = {
        "id": provider,
        "title": data.pop("title"),
        "job": data.pop("job"),
        "words": data.pop("words", [provider.upper().replace("-", "_")]),
        "hosts": data.pop("hosts", {}),
        "callbacks": data.pop("callbacks", []),
        "mode_flags": data.pop("mode_flags", {}),
    }
    if data:
        raise ValueError(f"unknown: {', '.join(data)}")
    for group in entry["hosts"]:
        if group not in _HOST_MODES:
            raise ValueError(f"hosts.{group}")
    for flags in entry["mode_flags"].values():
        for mode in flags.values():
            Mode(mode)
    return entry


def _compile_key(provider: str, data: dict[str, Any], key: dict[str, Any]) -> dict[str, Any]:
    from driftline.knowledge import decoders, shapes

    key = dict(key)
    where = key["id"]
    try:
        outline = shapes.outline(key["shape"])
        if key.get("certain"):
            shapes.parse(key["certain"])
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    entry = {
        "provider": provider,
        "id": key.pop("id"),
        "shape": key.pop("shape"),
        "exposure": Exposure(key.pop("exposure")).value,
        "mode": key.pop("mode", "any"),
        "slot": key.pop("slot", "key"),
        "job": key.pop("job", data["job"]),
        "variables": key.pop("variables", []),
        "context": key.pop("context", None),
        "anchors": outline.anchors,
        "prefixes": outline.heads,
        "shortest": outline.shortest,
        "longest": outline.longest,
        "left": key.pop("left", "0-9A-Za-z_"),
        "right": key.pop("right", outline.tail),
        "inner": outline.inner,
    }
    for decoder, table in decoders.TABLES.items():
        if decoder in key and key[decoder] not in table:
            raise ValueError(f"{where}: no {decoder} decoder {key[decoder]!r}")
    modes = entry["mode"].values() if isinstance(entry["mode"], dict) else [] if entry["mode"] in decoders.MODE else [entry["mode"]]
    for mode in modes:
        Mode(mode)
    if key.get("hint") and (entry["mode"] not in ("any", "unknown", "local") or "tied" in key or "data_store" in key):
        raise ValueError(f"{where}: a hint decides nothing")
    if entry["slot"] not in SLOTS:
        raise ValueError(f"{where}: slot {entry['slot']!r}")
    for optional in ("account", "validate", "checksum", "expires", "claims", "certain", "data_store", "within", "tied", "generic", "hint"):
        if optional in key:
            entry[optional] = key.pop(optional)
    if key:
        raise ValueError(f"{where}: unknown: {', '.join(key)}")
    return entry


def _compile_published(provider: str, kinds: list[dict[str, Any]], one: dict[str, Any]) -> dict[str, Any]:
    text = "".join(one.get("parts", ()))
    kind = next((k for k in kinds if k["id"] == one["kind"]), None)
    return {
        "provider": provider,
        "kind": one["kind"],
        "mode": Mode(one.get("mode", "test")).value,
        "what": one["what"],
        # Cut as in the TOML file: the index too is no leak to a scanner.
        "text": one.get("parts") or one["hmac"],
        "hmac": "hmac" in one,
        "variables": one.get("variables", []),
        "default": one.get("default", False),
        "exposure": kind["exposure"] if kind else Exposure(one.get("exposure", "secret")).value,
        "prefix": max((p for p in (kind["prefixes"] if kind else ()) if text.startswith(p)), key=len, default=""),
    }


def _catalog(data: Mapping[str, Any], digest: str) -> Catalog:
    return Catalog(
        {p["id"]: Provider(**{**p, "words": tuple(p["words"]), "callbacks": tuple(p["callbacks"])}) for p in data["providers"]},
        tuple(map(_key, data["keys"])),
        tuple(map(_printed, data["published"])),
        data["renamed"],
        digest,
    )


_SEQUENCES = tuple(map(KeyKind._fields.index, ("variables", "context", "anchors", "prefixes", "inner", "within")))
_EXPOSURES = {one.value: one for one in Exposure}


def _key(row: list[Any]) -> KeyKind:
    for field in _SEQUENCES:
        if field < len(row) and row[field] is not None:
            row[field] = tuple(row[field])
    row[3] = _EXPOSURES[row[3]]
    return KeyKind(*row)


def _printed(entry: dict[str, Any]) -> Published:
    text = "".join(entry["text"])
    return Published(
        provider=entry["provider"],
        kind=entry["kind"],
        mode=Mode(entry["mode"]),
        what=entry["what"],
        text=text,
        hmac=text if entry["hmac"] else None,
        variables=tuple(entry["variables"]),
        default=entry["default"],
        exposure=Exposure(entry["exposure"]),
        prefix=entry["prefix"],
    )
