"""What a value says about itself: its shape, whether it stands in for a real one, and whose credential it is, decoded offline."""

import hashlib
import hmac
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise

from driftline import late
from driftline.knowledge import catalog, hosts
from driftline.knowledge.catalog import Catalog, KeyKind, Published
from driftline.model import Exposure, Identity, Location, Mode, Secret, Traits, Unread
from driftline.record import NamedTuple

# A longer value is no key of any catalogue entry but a document; only its shape is looked at.
_LONGEST = 20_000
# Heads are dispatched on by this many characters; shorter ones are filed under themselves.
_HEAD = 4


def traits(value: Secret, *, name: str | None = None, key: bytes, digest_key: bytes | None = None) -> Traits:
    """What may be known of a value without showing it.

    `name` is the variable that holds it, None for a value without one; `key` keys the digest that tells equal values of
    one run; `digest_key` (DRIFTLINE_DIGEST_KEY) gives the digest that reports may carry.
    """
    text = value.reveal()
    raw = text.encode("utf-8", "surrogatepass")
    shape, broken = _shape(text)
    published = _published(text, name)
    stand_in = None if _names_others(text, name) or _is_a_name(text, name) else placeholder(text)
    identity = _identify(text, name, published, stand_in)
    return Traits(
        shape=shape,
        length=len(text),
        digest=digest(value, key),
        identity=identity,
        placeholder=stand_in,
        broken=broken or ("url" if shape in ("word", "text") and hosts.is_meant(text) else None),
        url=hosts.split(text) if shape == "url" else hosts.bare(text) if shape == "word" else None,
        keyed=hmac.new(digest_key, raw, hashlib.sha256).hexdigest() if digest_key else None,
        secret_like=_secret_like(text, name, identity, shape, stand_in),
        published=published.what if published else None,
        default=published.default if published else False,
    )


def address_traits(value: Secret, *, key: bytes, digest_key: bytes | None = None) -> Traits:
    """The traits of a text that stands where an address is expected: `url` is set for the path behind a base as well, with host ''."""
    found = traits(value, key=key, digest_key=digest_key)
    return found if found.url is not None else found._replace(url=hosts.target(value.reveal()))


def digest(value: Secret, key: bytes) -> bytes:
    """A keyed digest that tells equal values of one run and nothing else."""
    return hmac.digest(key, value.reveal().encode("utf-8", "surrogatepass"), "sha256")


# --- shape ----------------------------------------------------------------------------------------------------------------

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("number", late.pattern(r"[+-]?\d{1,30}(?:\.\d{1,30})?")),
    ("boolean", late.pattern(r"true|false|yes|no|on|off", re.IGNORECASE)),
    ("email", late.pattern(r"(?:[^<>@\s]{1,200} ?<)?[^<>@\s:/]{1,64}@[A-Za-z0-9.\-]{1,200}\.[A-Za-z]{2,24}>?")),
    ("date", late.pattern(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")),
    ("template", late.pattern(r"\$\{[A-Za-z_]\w{0,100}(?::?[-?][^{}]{0,100})?\}|\$[A-Z_][A-Z0-9_]{2,100}")),
    ("path", late.pattern(r"(?:~|\.{1,2})?/[^\s:,]{0,500}|[A-Za-z]:\\[^\s]{0,500}")),
    ("list", late.pattern(r"[^\s,]{1,200}(?:, ?[^\s,]{1,200})+")),
    ("word", late.pattern(r"\S+")),
)


def _shape(text: str) -> tuple[str, str | None]:
    """(shape, what is broken about it)."""
    text = text.strip()
    if not text:
        return "empty", None
    if text.startswith("-----BEGIN "):
        return "pem", None
    if text[0] in "{[":
        return _json(text)
    if hosts.split(text) is not None:
        return "url", None
    if len(text) <= _LONGEST:
        for shape, pattern in _SHAPES:
            if pattern.fullmatch(text) and not (shape == "path" and _is_base64(text)):
                return shape, None
    return "text", None


def _is_base64(text: str) -> bool:
    """Whether what begins with a slash is random base64: one secret of 64 does."""
    return re.fullmatch(r"(?=.*[A-Z])(?=.*[a-z])(?=.*\d)[A-Za-z0-9+/]{24,512}={0,2}", text) is not None and _random(text)


def _json(text: str) -> tuple[str, str | None]:
    import json

    try:
        json.loads(text)
    except RecursionError:
        return "text", None
    except ValueError:
        # `{name}` and `[section]` are templates and words; a quote, a colon or a comma after the bracket means JSON was meant.
        return ("text", "json") if re.match(r"""[{\[]\s*(?:["{\[]|['A-Za-z_]\w*['"]?\s*:)""", text) else ("text", None)
    return "json", None


def _secret_like(text: str, name: str | None, identity: Identity | None, shape: str, stand_in: str | None) -> bool:
    """Whether a value is meant to be secret: what it says of itself, else that it is random, else what detect-secrets says.

    Randomness and the name settle most values at once; where the two disagree, detect-secrets is asked.
    """
    if identity is not None and identity.exposure is not Exposure.UNKNOWN:
        return identity.exposure is Exposure.SECRET
    if shape == "pem":
        return "PRIVATE KEY" in text[:100]
    if shape == "url":
        return re.match(r"[a-z+]{2,20}://[^/\s@]*:[^/\s@]{3,}@", text) is not None
    if shape not in ("word", "number") or not 8 <= len(text) <= 512 or stand_in:
        return False
    random = _random(text)
    if name is None:
        return random
    upper = catalog.canonical(name)
    secret_name = _SECRET_NAME.search(upper) is not None
    if random == secret_name or _ID_NAME.search(upper) or _UUID.fullmatch(text) or not _MARKED.search(text):
        return random and secret_name
    from driftline.knowledge import judge

    return not judge.is_harmless(text, name) if random else judge.is_secret(text, name)


_SECRET_NAME = late.pattern(
    r"(?:^|_)(?:SECRETS?|TOKEN|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|CREDENTIALS?|SALT|PEPPER|[A-Z]*KEY)(?:_\d+|_BASE64|_B64|_HEX)?$"
)
_ID_NAME = late.pattern(r"(?:^|_)(?:U?U?IDS?|SHA\d*|HASH|DIGEST|CHECKSUM|COMMIT|REVISION|RELEASE|VERSION|NAME|MODEL)$")
_UUID = late.pattern(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Besides small letters: a password of those alone is a word, and hidden by nothing.
_MARKED = late.pattern(r"[^a-z]")


def _random(text: str) -> bool:
    """Whether nobody writes such a word by hand."""
    if len(text) < 16:
        return False
    counts = Counter(text)
    entropy = -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
    # Measured on random hex and base64 of 16 to 64 characters: 99 % lie above; names of models, images and regions below.
    return entropy > (2.8 if re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", text) else 3.3) and _mixed(text)


def _mixed(text: str) -> bool:
    """Digits among letters, and not in words: `gpt-4o-mini-2024-07-18` is no secret."""
    parts = [part for part in re.split(r"[^A-Za-z0-9]", text) if part]
    longest = max(parts, key=len, default="")
    return len(longest) >= 12 and any(c.isdigit() for c in longest) and any(c.isalpha() for c in longest)


_USUAL_NAME = re.compile(r"[A-Z0-9]*_[A-Z0-9_]*|[A-Z0-9]{1,15}|[a-z_]+")


@lru_cache(maxsize=20_000)
def is_value(name: str) -> bool:
    """Whether what stands where a variable's name belongs is a credential, or too random to be a name, and must not be shown.

    A key that was pasted into `getenv("...")`, a line of a private key in an env file that lacks its quotes.
    """
    if _USUAL_NAME.fullmatch(name):  # nearly every name there is
        return False
    identity = identify(name)
    if identity is not None and identity.exposure is Exposure.SECRET:
        return True
    from driftline.knowledge import judge

    return _random(name) and not judge.is_words(name)


def nameless(places: Iterable[Location]) -> tuple[Unread, ...]:
    """What is said of places where a value stands for a name."""
    return tuple(
        Unread(at.path, "what stands where a name belongs looks like a value; it is not shown", at.line, at.column) for at in places
    )


# --- stand-ins ------------------------------------------------------------------------------------------------------------

_STAND_INS = (
    ("asks to be changed", r"(?i:(?:please[-_ ]?)?(?:change|replace|update|edit|fill)[-_ ]?(?:me|this|it|in|here|with\b.*)(?:[-_ !].*)?)"),
    ("a word for something to do", r"(?i:(?:to[-_ ]?do|fix[-_ ]?me|tbd|tba|n/?a|none[-_]yet|not[-_ ]set|placeholder(?:[-_ ].*)?|.*[-_ ]placeholder))"),
    ("a word for no value", r"(?i:undefined|null)"),
    ("angle or square brackets", r"<[^<>]{1,200}>|\[[A-Za-z][A-Za-z _\-]{2,60}\]|\{\{?[A-Za-z_ .\-]{2,60}\}?\}|%[A-Z_]{3,60}%|__[A-Z_]{3,60}__"),
    ("says whose value belongs here", r"(?i:(?:(?:put|insert|enter|paste|add|set|use)[-_ ])?(?:your|you)[-_ ]?(?:own[-_ ]?)?[A-Za-z].*)"),
    ("says whose value belongs here", r"(?i:(?:insert|enter|paste|put)[-_ ].*here)"),
    # Portuguese, Spanish, French and German; `aqui` and its kin stand at the end of what an English file ends in `here`.
    ("says whose value belongs here", r"(?i:(?:seu|sua|teu|tua|tu|votre|dein|deine|ihre)[-_ ][A-Za-z][A-Za-z _\-]*)"),
    ("one repeated character", r"(?:x{3,}|X{3,}|\*{3,}|\.{3,}|#{3,}|-{3,}|_{3,}|…+|\?{2,})"),
)  # fmt: skip
# One group for each of them.
_STAND_IN = late.pattern("|".join(f"({pattern})" for _, pattern in _STAND_INS))

# Asked of the end only: as a pattern with `.*` before it this one would cost as much as all others together.
_ENDS_IN_HERE = ("key", "token", "secret", "password", "value", "url", "id")
_HERE = tuple(sign + word for word in ("aqui", "aquí", "ici") for sign in "-_ ")
_TRAILING = ("xxxxxx", "...", "****")

# What is left of a value behind a vendor's prefix (`sk_test_`, `re_`, `AIza`). Every 900th real key has an x and an X in front: `xx`
# alone says nothing of a long body.
_PREFIX = late.pattern(r"(?:[A-Za-z]{2,10}[-_]){1,4}|AIza|AKIA|SG\.|eyJ|AC|SK")
_BODY = late.pattern(
    r"(.)\1{2,}|(?-i:x{2,3}|X{2,3}).{0,12}|(?-i:x{4,}|X{4,}).*|(?:\*{2,}|\.{2,}).*|(?:your|my|the)?[-_]?(?:api|secret|test|live|real)?[-_]?"
    r"(?:key|token|secret|value|id)(?:[-_]?here)?|your.{1,80}|placeholder|example|dummy|fake|redacted|change[-_]?me"
    r"|abcdefghijklmnop\w*|0?1234567890?|123456789\w{0,3}",
    re.IGNORECASE,
)
# Too short to say so behind any word: `shop-1234` is a project, `sk-1234` is none.
_SEQUENCE = re.compile(r"123456|12345|1234|123|abc|abcd|abcdef|abc123", re.IGNORECASE)

# Parts of a URL that nobody owns: `https://your-project.supabase.co`, `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. On the web `your-wedding`
# is a name and `/your-order` a page: only what a deployment needs is to be filled in there (`your-domain.com`, `/your-team-id`).
_URL_STAND_IN = late.pattern(
    r"(?:^|[./@:])(?:<[^<>/]{1,60}>|\[[A-Za-z][A-Za-z _\-]{1,40}\]|x{3,}|my-?(?:domain|app-?name|project-?(?:id|ref))|project-?(?:id|ref))(?=$|[./@:?])",
    re.IGNORECASE,
)
# `postgres://postgres:SUA_SENHA@db.PROJECT_REF.supabase.co`: a host in capitals with an underscore, or a password that is such words.
_CAPITALS = late.pattern(r"(?:^|[.:@])[A-Z]{2,}(?:_[A-Z]{2,})+(?=$|[.:@])")
# One of these stands in each of them: asked first, as most addresses have nothing of it.
_IN_STAND_INS = ("<", "[", "xxx", "my", "project")
_YOURS = late.pattern(r"(?:^|[./@:])your[-_]?[a-z0-9\-_]{2,40}(?=$|[./@:?])", re.IGNORECASE)
_YOURS_ON_THE_WEB = late.pattern(
    r"(?i:(?:^|[/:])your[-_]?[a-z0-9\-_]{2,40}(?=[@:]))|/(?:YOUR[-_A-Z0-9]{0,40}|(?i:your[-_][a-z0-9\-_]{0,36}[-_](?:id|key|token|secret|name|here)))(?=$|[/?])"
)
_URL_TEMPLATE = late.pattern(r"[a-z+]+://(?:USER(?:NAME)?|\[?user\]?):(?:PASS(?:WORD)?|\[?YOUR-PASSWORD\]?)@[^/]*/(?:DB|DATABASE|DBNAME)\b")


_VARIABLES = late.pattern(r"(?:(?!YOUR|MY_|CHANGE|REPLACE|INSERT|ENTER|TODO|ADD_)[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+[,\s]*)+")
_LISTS = late.pattern(r"(?i)(?:KEYS|NAMES|VARS|VARIABLES|SECRETS|ENVS?)$")


def _names_others(text: str, name: str | None) -> bool:
    """Whether a variable lists variables by name (`SECRETS_SCAN_OMIT_KEYS=VITE_PUBLIC_KEY`): they look like stand-ins and are none."""
    return name is not None and name != text and _LISTS.search(name) is not None and _VARIABLES.fullmatch(text.strip()) is not None


_NAMING = late.pattern(r"(?:[A-Za-z]{2,10}[-_]){1,4}(key|token|secret|value|id)", re.IGNORECASE)


def _is_a_name(text: str, name: str | None) -> bool:
    """Whether a value such as `session-token` names a cookie, a column or a claim: it stands in for a credential only where one belongs."""
    found = _NAMING.fullmatch(text.strip()) if name is not None else None
    if name is None or found is None:
        return False
    last = catalog.canonical(name).rpartition("_")[2]
    return last != found[1].upper() and (last.endswith("KEY") or _SECRET_NAME.search(last) is None)


def placeholder(text: str) -> str | None:
    """Why a value stands in for a real one, in words, None for a value that does not."""
    text = text.strip()
    if not text or len(text) > 500:
        return None
    found = _STAND_IN.fullmatch(text)
    if found is not None:
        return _STAND_INS[(found.lastindex or 0) - 1][0]
    ending = text[-24:].lower()
    if ending.endswith(_HERE):
        return "says whose value belongs here"
    if ending.endswith("here"):
        ending = ending[:-4].rstrip("-_ ").removesuffix("goes").rstrip("-_ ")
        if ending.endswith(_ENDS_IN_HERE):
            return "says whose value belongs here"
    if "://" in text:
        address = text.partition("://")[2].partition("?")[0]
        return "an address with a part to fill in" if _is_to_fill_in(text, address) else None
    prefix = _PREFIX.match(text)
    if prefix and (
        text[prefix.end() :].lower().endswith(_TRAILING)
        or _BODY.fullmatch(text, prefix.end())
        or (_SEQUENCE.fullmatch(text, prefix.end()) and _is_vendors(prefix[0]))
    ):
        return "a prefix with nothing real behind it"
    return None


def _is_to_fill_in(text: str, address: str) -> bool:
    """Whether somebody has to replace a part of a URL; `address` is what stands behind its scheme, without a query."""
    lower = address.lower()
    if (any(map(lower.__contains__, _IN_STAND_INS)) and _URL_STAND_IN.search(address)) or _URL_TEMPLATE.match(text):
        return True
    if "_" in address and _CAPITALS.search(address.partition("/")[0]):
        return True
    if "your" not in lower:
        return False
    if not text.startswith("http"):
        return _YOURS.search(address) is not None
    host = address.partition("/")[0].rpartition("@")[2].partition(":")[0].lower()
    labels = (label for label in host.split(".")[:-1] if label.startswith("your"))
    return any(map(hosts.is_stand_in, labels)) or _YOURS_ON_THE_WEB.search(address) is not None


@cache
def _is_vendors(prefix: str) -> bool:
    """Whether keys of the catalogue begin like this: `sk_test_`, `re_`."""
    return any(
        head.startswith(prefix) or prefix.startswith(head) for kind in catalog.load().keys for head in kind.prefixes if len(head) > 2
    )


# --- credentials ----------------------------------------------------------------------------------------------------------

# A kind, and the groups of its shape in a text of this kind.
_Matched = tuple[KeyKind, Mapping[str, "str | None"]]


def identify(text: str, name: str | None = None) -> Identity | None:
    """Whose credential, id or address a value is, None for anything else. `name` is the variable that holds it.

    Kinds that share a shape are told apart by the body, then by the name; where neither settles it, the provider is
    "unknown" and `candidates` are listed.
    """
    return _identify(text, name, _published(text, name), placeholder(text))


def _identify(text: str, name: str | None, published: Published | None, stand_in: str | None) -> Identity | None:
    text = text.strip()
    if len(text) > _LONGEST or (len(text) < 3 and published is None):
        return None
    known = catalog.load()
    named = _named(name) if name else _Named()
    matches = [match for kind in _candidates(text, named) if (match := _match(kind, text)) is not None]
    if not matches:
        return _of_published(published, text) if published else _of_word(known, text, name) or _of_host(known, text, name)
    if stand_in and not published:
        return None
    best = matches if len(matches) == 1 else _best(matches, text, named)
    kind, groups = best[0]
    identity = _identity(kind, groups, text)
    if len(best) > 1 and len(providers := tuple(dict.fromkeys(kind.provider for kind, _ in best))) > 1:
        same = all(other.exposure is kind.exposure for other, _ in best)
        modes = {_mode(other, other_groups, text) for other, other_groups in best}
        identity = identity._replace(
            provider="unknown",
            account=None,
            candidates=providers,
            exposure=kind.exposure if same else Exposure.UNKNOWN,
            mode=modes.pop() if len(modes) == 1 else Mode.UNKNOWN,
        )
    if published and published.provider == kind.provider:
        identity = identity._replace(mode=published.mode)
    return identity


class _Named(NamedTuple):
    """What a variable's name says: the kinds it conventionally holds, the providers it names, and by their numbers the kinds that
    need a context and have it (`allowed`), the shapeless ones among them ready to try (`bare`)."""

    kinds: tuple[KeyKind, ...] = ()
    providers: frozenset[str] = frozenset()
    allowed: frozenset[int] = frozenset()
    bare: Mapping[int, KeyKind] = {}


def _best(matches: Sequence[_Matched], text: str, named: _Named) -> list[_Matched]:
    """Those of several matches that are equally likely, and likelier than the others."""
    ranked = [(_rank(kind, text, named), (kind, groups)) for kind, groups in matches]
    highest = max(rank for rank, _ in ranked)
    return [match for rank, match in ranked if rank == highest]


def _rank(kind: KeyKind, text: str, named: _Named) -> tuple[int, int, int, int]:
    """How sure a kind is of a value it matches: its own body, not being a catch-all, the variable's name, then how much its shape says."""
    certain = int(kind.certain is not None and _compiled(kind.certain).fullmatch(text) is not None)
    by_name = 3 if kind in named.kinds else 2 if kind.provider in named.providers else 0
    return (certain, 0 if kind.generic else 1, by_name, len(kind.prefix_of(text)))


@cache
def _named(name: str) -> _Named:
    known, index = catalog.load(), _index()
    words = _words(name)
    kinds = known.by_variable(name)
    allowed = {index.numbers[kind.provider, kind.id] for kind in kinds}
    for word in words:
        allowed |= index.by_context.get(word, frozenset())
    return _Named(
        kinds=kinds,
        providers=frozenset(provider for word in words for provider in known.by_word.get(word, ())),
        allowed=frozenset(allowed),
        bare={number: index.bare[number] for number in sorted(allowed) if number in index.bare},
    )


def _words(name: str) -> frozenset[str]:
    """The words of a name and their neighbours joined: OPEN_AI_KEY holds OPENAI."""
    words = re.split(r"[^A-Z0-9]+", catalog.canonical(name))
    return frozenset(
        [
            *words,
            *(a + b for a, b in pairwise(words)),
            *("_".join(words[i:j]) for i in range(len(words)) for j in range(i + 2, min(len(words), i + 4) + 1)),
        ]
    )


def _candidates(text: str, named: _Named) -> list[KeyKind]:
    """The kinds worth trying: by the head of the text, by literals inside it (by two of them, and it comes twice), or by the variable's name."""
    index, length = _index(), len(text)
    found: list[tuple[int, KeyKind]] = []
    for size in index.sizes:
        found += index.heads.get(text[:size], ())
    for character, anchors in index.inner:
        if character in text:  # no dot, and no host is looked for
            for anchor, kinds in anchors:
                if anchor in text:
                    found += kinds
    candidates = [
        kind
        for number, kind in found
        # Cheap questions first: most shapes are never compiled in one run.
        if kind.shortest <= length <= kind.longest
        and (kind.context is None or number in named.allowed)
        and (not kind.prefixes or text.startswith(kind.prefixes))
    ]
    candidates += [kind for kind in named.bare.values() if kind.shortest <= length <= kind.longest]
    return candidates


class _Index:
    """Key kinds by what must stand in their text, so that one value is compared with a handful of shapes; each kind by its number.

    `heads` by the first characters (as many as `sizes` says), `inner` by a literal, filed under its first character, `bare` those without
    either; `by_context` has the numbers of the kinds that a word of a variable's name admits.
    """

    def __init__(self, kinds: Iterable[KeyKind]) -> None:
        heads: dict[str, list[tuple[int, KeyKind]]] = {}
        inner: dict[str, list[tuple[int, KeyKind]]] = {}
        context: dict[str, set[int]] = {}
        self.bare: dict[int, KeyKind] = {}
        self.numbers: dict[tuple[str, str], int] = {}
        for number, kind in enumerate(kinds):
            self.numbers[kind.provider, kind.id] = number
            for word in kind.context or ():
                context.setdefault(word, set()).add(number)
            if kind.prefixes:
                for prefix in {prefix[:_HEAD] for prefix in kind.prefixes}:
                    heads.setdefault(prefix, []).append((number, kind))
            elif kind.anchors and (kind.context is None or min(map(len, kind.anchors)) > 1):
                for anchor in kind.anchors:
                    inner.setdefault(anchor, []).append((number, kind))
            else:
                self.bare[number] = kind
        self.heads: Mapping[str, Sequence[tuple[int, KeyKind]]] = heads
        self.sizes = sorted({len(head) for head in heads})
        self.inner = tuple(
            (character, tuple((anchor, kinds) for anchor, kinds in inner.items() if anchor[0] == character))
            for character in dict.fromkeys(anchor[0] for anchor in inner)
        )
        self.by_context = {word: frozenset(numbers) for word, numbers in context.items()}


@cache
def _index() -> _Index:
    return _Index(catalog.load().keys)


@cache
def _compiled(shape: str) -> re.Pattern[str]:
    return re.compile(shape)


@cache
def _shape_of(shape: str) -> tuple[str, re.Pattern[str]]:
    """(the word that a shape begins with, the pattern of the rest), for texts of the shape's lengths.

    Two of five shapes are a word and one run of characters: these have the pattern of the run's alphabet in common, as compiling one for
    each takes longer than comparing a whole project's values.
    """
    plain = _WORD_AND_RUN.fullmatch(shape)
    return (plain[1], _compiled(plain[2] + "*")) if plain else ("", _compiled(shape))


_WORD_AND_RUN = late.pattern(r"([\w\-]*)(\[[^\[\]]+\])\{\d+(?:,\d+)?\}")


def _match(kind: KeyKind, text: str) -> _Matched | None:
    """The kind with its shape's groups when the text is of that kind: shape, body and checksum."""
    if not kind.shortest <= len(text) <= kind.longest or (kind.prefixes and not text.startswith(kind.prefixes)):
        return None
    if kind.inner and not any(map(text.__contains__, kind.inner)):
        return None
    word, rest = _shape_of(kind.shape)
    found = rest.fullmatch(text, len(word)) if text.startswith(word) else None
    if found is None:
        return None
    if kind.validate is not None and not _decoded("validate", kind.validate, text):
        return None
    if kind.claims and not _claims_hold(kind.claims, text):
        return None
    if kind.checksum is not None and not _decoded("checksum", kind.checksum, text):
        return None
    return kind, found.groupdict()


def _claims_hold(claims: Mapping[str, str], text: str) -> bool:
    from driftline.knowledge import decoders

    held = decoders.jwt_payload(text)
    return held is not None and all(str(held.get(claim)) == value for claim, value in claims.items())


def _decoded(table: str, decoder: str, text: str) -> object:
    """What a decoder of a table of `decoders` answers. They are meant never to fail; one that does has not recognised the text."""
    from driftline.knowledge import decoders

    try:
        return (decoders.MODE if table == "mode" else decoders.TABLES[table])[decoder](text)
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def _identity(kind: KeyKind, groups: Mapping[str, str | None], text: str) -> Identity:
    account = groups.get("account")
    if kind.account is not None:
        account = _word(_decoded("account", kind.account, text))
    expires = _word(_decoded("expires", kind.expires, text)) if kind.expires is not None else None
    return Identity(
        provider=kind.provider,
        kind=kind.id,
        mode=_mode(kind, groups, text),
        account=None if account is not None and account.lower().partition(".")[0] in _NOBODY else account,
        exposure=kind.exposure,
        masked=f"{kind.prefix_of(text)}...({len(text)})",
        expires=expires,
        job=kind.job,
        slot=kind.slot,
    )


# What stands where an account's name belongs so that a build goes through: `https://test.upstash.io`, `https://placeholder.supabase.co`.
_NOBODY = frozenset(("test", "example", "placeholder", "dummy", "fake", "mock", "build", "changeme", "xxx", "foo"))


def _word(answer: object) -> str | None:
    return answer if isinstance(answer, str) and answer else None


def _mode(kind: KeyKind, groups: Mapping[str, str | None], text: str) -> Mode:
    if isinstance(kind.mode, str):
        word = kind.mode if kind.mode in _MODES else _word(_decoded("mode", kind.mode, text))
    else:
        word = kind.mode.get(groups.get("mode") or "")
    return _MODES.get(word or "", Mode.UNKNOWN)


_MODES = {mode.value: mode for mode in Mode}


def _published(text: str, name: str | None) -> Published | None:
    """The vendor's own printing of this value, if it is one; a token signed with a printed secret counts."""
    known = catalog.load()
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    for one in known.published_by_text.get(text, ()):
        if not one.variables or (name and catalog.canonical(name) in one.variables):
            return one
    if text.startswith("eyJ"):
        from driftline.knowledge import decoders

        for one in known.published:
            if one.hmac is not None and decoders.jwt_signed_with(text, one.hmac):
                return one
    return None


def _of_word(known: Catalog, text: str, name: str | None) -> Identity | None:
    """A flag that chooses live or test (`PAYPAL_MODE=sandbox`): a statement about the provider's mode like a key's own."""
    found = known.mode_flag(name, text) if name and len(text) <= 40 else None
    if found is None:
        return None
    provider, mode = found
    return Identity(provider.id, "mode flag", mode, None, Exposure.PUBLIC, "", job=provider.job)


def _of_host(known: Catalog, text: str, name: str | None) -> Identity | None:
    """A provider's own host in a URL, as a bare host name or, in a variable for a host, as the name of a service (`mailhog`)."""
    url = hosts.split(text)
    bare = _HOST.fullmatch(text) or (name is not None and name.upper().endswith(_FOR_HOSTS) and _SERVICE.fullmatch(text))
    host = url.host if url else text.partition(":")[0] if bare else None
    found = known.host(host) if host else None
    if found is None:
        return None
    provider, mode = found
    if mode is Mode.LIVE and not (provider.hosts.get("test") or provider.hosts.get("sandbox")):
        mode = Mode.ANY  # one host for both modes (api.stripe.com) says nothing
    return Identity(provider.id, "host", mode, None, Exposure.PUBLIC, "", job=provider.job, slot="url")


_HOST = late.pattern(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z]{2,24}(?::\d{1,5})?")


_SERVICE = late.pattern(r"[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?(?::\d{1,5})?")
_FOR_HOSTS = ("_HOST", "_HOSTNAME", "_SERVER", "_ENDPOINT")


def _of_published(published: Published, text: str) -> Identity:
    return Identity(
        provider=published.provider,
        kind=published.kind,
        mode=published.mode,
        account=None,
        exposure=published.exposure,
        masked=f"{published.prefix}...({len(text)})",
        job=catalog.load().providers[published.provider].job,
    )
