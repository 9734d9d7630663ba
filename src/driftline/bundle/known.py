"""The project's own private values: which are worth searching for, and every form in which a bundle may print them."""

import re
from collections.abc import Iterator, Sequence

from driftline import late
from driftline.bundle import engine, triggers
from driftline.bundle.confirm import Judge, Verdict
from driftline.bundle.engine import Engine
from driftline.bundle.triggers import Trigger
from driftline.knowledge import catalog
from driftline.model import Exposure, Location, Secret, Traits
from driftline.record import NamedTuple


class Known(NamedTuple):
    """A variable's value that the project declares. `public` is True where its prefix puts it into the bundle on purpose."""

    name: str
    value: Secret
    app: str = "."
    environment: str | None = None
    location: Location | None = None
    public: bool = False


class Literal(NamedTuple):
    """One form of one known value: the bytes to find, the value itself, and its place in the list of known values.

    `bounded` forms count only as whole words: a short value can stand inside a longer word by chance. `open` values may be
    seen: they tell which environment a bundle was built for.
    """

    form: bytes
    text: str
    encoding: str
    bounded: bool
    verdict: Verdict
    number: int
    open: bool = False


# Below this length a value is a word that stands anywhere; eight characters is the shortest password that anyone still allows.
_SHORTEST = 8
_LONG_ENOUGH = 16
# More of a value than this need not be in the database: the rest is compared.
_HEAD = 48
_ENCODED_HEAD = 24


def search(known: Sequence[Known], judge: Judge) -> tuple[Engine | None, tuple[Literal, ...]]:
    """A database of every form of every value worth searching for, and what its triggers' numbers mean. None where there is nothing."""
    literals: list[Literal] = []
    wanted: list[Trigger] = []
    seen: set[tuple[bytes, int]] = set()
    import json

    differing = _differing(known)
    for number, one in enumerate(known):
        telling = (one.app, one.name) in differing and _tells(one, judge)
        for text, bounded, verdict, seen_by_all in (*_texts(one, judge), *_telling_texts(one, judge, telling=telling)):
            for form, encoding in _forms(text):
                if (form, number) not in seen:
                    seen.add((form, number))
                    head = form[:_HEAD]
                    wanted.append(Trigger(_expression(head), triggers.KNOWN, (len(literals),), 0, (len(head), len(head))))
                    literals.append(Literal(form, text, encoding, bounded, verdict, number, seen_by_all))
            if seen_by_all:
                continue
            for written in dict.fromkeys((text, json.dumps(text, ensure_ascii=False)[1:-1])):
                raw = written.encode("utf-8", "surrogatepass")
                wanted += triggers.spelled(raw[: min(_ENCODED_HEAD, max(4, len(raw) - 4))])
    return (engine.build(wanted) if wanted else None), tuple(literals)


def _expression(text: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text)


_Text = tuple[str, bool, Verdict, bool]


def _differing(known: Sequence[Known]) -> frozenset[tuple[str, str]]:
    """The public variables that have different values in different environments."""
    values: dict[tuple[str, str], set[str]] = {}
    for one in known:
        if one.public and one.environment is not None:
            values.setdefault((one.app, one.name), set()).add(one.value.reveal().strip())
    return frozenset(name for name, found in values.items() if len(found) > 1)


def _tells(one: Known, judge: Judge) -> bool:
    """Whether a public value says by itself where it belongs: an address, a key or an id of a provider."""
    text = one.value.reveal().strip()
    traits = judge.verdict(text, one.name).traits
    if len(text) < _SHORTEST or traits.placeholder:
        return False
    return traits.shape == "url" or (traits.identity is not None and traits.identity.exposure in (Exposure.PUBLIC, Exposure.RESTRICT))


def _telling_texts(one: Known, judge: Judge, *, telling: bool) -> Iterator[_Text]:
    """The value of a public variable that tells an environment, without the slash that code adds or drops."""
    if telling:
        text = one.value.reveal().strip()
        yield text.rstrip("/") or text, True, judge.verdict(text, one.name), True


def _texts(one: Known, judge: Judge) -> Iterator[_Text]:
    """The texts that would give a value away: the value, and the password of an address. With whether it has to stand as a whole word."""
    text = one.value.reveal().strip()
    verdict = judge.verdict(text, one.name)
    if worth(one.name, text, verdict.traits, public=one.public):
        yield text, len(text) < _LONG_ENOUGH, verdict, False
    address = re.match(r"[A-Za-z][A-Za-z0-9+.\-]{1,30}://[^/?#@\s]*?:([^@\s]+)@", text)
    if address is not None and verdict.sample is None and not one.public:
        from urllib.parse import unquote

        for password in dict.fromkeys((address[1], unquote(address[1]))):
            own = judge.verdict(password, one.name)
            if worth("PASSWORD", password, own.traits):
                yield password, True, own, False


_SECRET_NAME = late.pattern(
    r"(?:^|_)(?:SECRETS?|TOKENS?|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|PW|PIN|CREDENTIALS?|PRIVATE|SALT|PEPPER|JWT|SIGNING|ENCRYPTION|KEY|API_?KEY)(?:_|$)"
)
# One word, a slug of words, a number: it may stand anywhere. What has letters and digits in one word was chosen for being hard to guess.
_COMMON = late.pattern(r"[A-Za-z]+|[0-9]+|(?:[A-Za-z]+[-_.:/ ])+[A-Za-z]+|[0-9.]+(?:px|ms|s|m|h|d|mb|kb|gb)")
# Four words and more that a person chose as a password stand nowhere by chance.
_PASSPHRASE = late.pattern(r"[a-z]+(?:[- ][a-z]+){3,}")
_PASSPHRASE_NAME = late.pattern(r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|SECRET)$")
_WEAK = late.pattern(
    r"(?:password|passw0rd|postgres|localhost|change.?me|secret|example|default|development|production|undefined)[0-9!_-]{0,4}",
    re.IGNORECASE,
)


def is_secret_name(name: str) -> bool:
    """Whether a variable's name promises something private."""
    return _SECRET_NAME.search(catalog.canonical(name)) is not None


def worth(name: str, text: str, traits: Traits, *, public: bool = False) -> bool:
    """Whether finding this value in a bundle would say anything: it is private and no word that stands there anyway.

    A public variable's value is meant to be there; only one that is a secret by itself or under a secret's name is searched for.
    """
    if len(text) < _SHORTEST or traits.placeholder or traits.published or traits.shape == "path" or _WEAK.fullmatch(text):
        return False
    identity = traits.identity
    if identity is not None:
        if identity.exposure is not Exposure.UNKNOWN:
            return identity.exposure is Exposure.SECRET and not (traits.url is not None and traits.url.local)
        if public:
            return False
    if traits.shape in ("boolean", "email", "date", "list", "empty"):
        return False
    if traits.shape == "url":
        return re.match(r"[A-Za-z][A-Za-z0-9+.\-]*://[^/?#@\s]*:[^@\s]+@", text) is not None and not (
            traits.url is not None and traits.url.local
        )
    if is_secret_name(name):
        if (
            public
            and all(kind.exposure is not Exposure.SECRET for kind in catalog.load().by_variable(name))
            and catalog.load().by_variable(name)
        ):
            return False
        if not public and _PASSPHRASE.fullmatch(text) and _PASSPHRASE_NAME.search(catalog.canonical(name)):
            return True
        return not _COMMON.fullmatch(text) or (traits.secret_like and not public)
    return traits.secret_like and not public


def _forms(text: str) -> Iterator[tuple[bytes, str]]:
    """The value as bundles print it when they print it letter by letter."""
    import html
    import json
    from urllib.parse import quote, quote_plus

    once = json.dumps(text, ensure_ascii=False)[1:-1]
    ascii_once = json.dumps(text)[1:-1]
    single = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    for form, encoding in (
        (text, "plain"),
        (once, "escaped"),
        (ascii_once, "escaped"),
        (single, "escaped"),
        (once.replace("'", "\\'"), "escaped"),
        (once.replace("/", "\\/"), "escaped"),
        (ascii_once.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"), "escaped"),
        (json.dumps(once, ensure_ascii=False)[1:-1], "escaped"),
        (json.dumps(json.dumps(once, ensure_ascii=False)[1:-1], ensure_ascii=False)[1:-1], "escaped"),
        (html.escape(text), "html"),
        (html.escape(once), "html"),
        (html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"), "html"),
        (quote(text, safe="", errors="replace"), "percent"),
        (quote(text, errors="replace"), "percent"),
        (quote_plus(text, errors="replace"), "percent"),
    ):
        yield form.encode("utf-8", "surrogatepass"), encoding
