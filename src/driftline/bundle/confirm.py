"""Confirms what a trigger suggests: the exact key at that place, whose it is, and whether it is a real one."""

import math
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise

from driftline import late
from driftline.bundle.triggers import Trigger
from driftline.knowledge import hosts, identify, shapes
from driftline.knowledge.catalog import KeyKind
from driftline.model import Exposure, Mode, Secret, Traits
from driftline.record import NamedTuple


class Key(NamedTuple):
    """A text of a key's shape and where it stands in the block. `left` and `right`: it touches a longer word there."""

    start: int
    end: int
    text: str
    left: bool = False
    right: bool = False


class _Form(NamedTuple):
    """A kind's shape, compiled. `loose` shapes hold a class of everything but a few marks; `document` ones even line breaks."""

    pattern: re.Pattern[bytes]
    left: re.Pattern[bytes] | None
    right: re.Pattern[bytes] | None
    longest: int
    fixed: bool
    loose: bool
    document: bool
    head: bytes
    shape: str


class Shapes:
    """The compiled shapes of the catalogue, by the number that triggers know them by."""

    def __init__(self, kinds: Sequence[KeyKind]) -> None:
        self._kinds = kinds
        self._forms: dict[int, _Form] = {}

    def keys(self, data: bytes, trigger: Trigger, end: int, *, bare: bool = False) -> Iterator[Key]:
        """Every key of the trigger's kinds around its hit. `bare` is for texts without separators: boundaries are not asked for."""
        least, most = trigger.back
        for number in trigger.kinds:
            form = self._forms.get(number) or self._compile(number)
            key = _key(form, data, end - most, end - least, end, bare)
            if key is not None:
                yield key

    def within(self, data: bytes, trigger: Trigger) -> bool:
        """Whether a key of the trigger's kinds stands somewhere in a short text; True for a trigger of no kind."""
        forms = (self._forms.get(number) or self._compile(number) for number in trigger.kinds)
        return not trigger.kinds or any(form.pattern.search(data) for form in forms)

    def _compile(self, number: int) -> _Form:
        kind = self._kinds[number]
        form = self._forms[number] = _Form(
            pattern=re.compile(kind.shape.encode()),
            left=re.compile(f"[{kind.left}]".encode()) if kind.left else None,
            right=re.compile(f"[{kind.right}]".encode()) if kind.right else None,
            longest=kind.longest,
            fixed=kind.shortest == kind.longest,
            loose="[^" in kind.shape,
            document="[^\\x00]" in kind.shape,
            head=min(kind.prefixes, key=len, default="").encode(),
            shape=kind.shape,
        )
        return form


# A class of a shape that is repeated often enough to be the random part of a key, and how often at least.
_BODY = late.pattern(r"\[(?:\\.|[^\]\\^])(?:\\.|[^\]\\]){0,99}\]\{(\d{1,5})(?:,\d{0,5})?\}")
_SHORTEST_BODY = 8


@cache
def _bodies(shape: str) -> tuple[re.Pattern[bytes], tuple[str, ...]]:
    """A shape with its random parts as groups, and the alphabet of each: what is literal in it or of one case says nothing about chance."""
    alphabets: list[str] = []

    def grouped(found: re.Match[str]) -> str:
        if int(found[1]) < _SHORTEST_BODY:
            return found[0]
        alphabets.append(shapes.alphabet(found[0]))
        return f"({found[0]})"

    return re.compile(_BODY.sub(grouped, re.sub(r"\(\?P<\w+>", "(?:", shape)).encode()), tuple(alphabets)


# What stands before a key and is no part of it: an escape for a line break or a tab, a numeric escape, a percent escape.
_ESCAPE_BEFORE = late.pattern(rb"(?:\\[nrtbfv0]|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|%[0-9A-Fa-f]{2})\Z")
# Where the literal around a loosely shaped value ends, whatever its quotes are escaped with.
_LITERAL_END = late.pattern(
    rb"\\{1,32}(?:[\"'`nrt<>]|u00(?:2[27]|60|3[cCeE]|0[aAdD9]|20)|x(?:2[27]|60|0[aAdD]|20))|&(?:quot|apos|gt|lt|#39|#34|#96|#[xX]2[27]|#[xX]60)(?:;|\Z)"
    rb"|%(?:25)?(?:2[27]|20|0[aAdD])|\$\{|</"
)
_BREAKS = late.pattern(rb"(?:\\{1,32}r)?\\{1,32}n|\r\n|\\\n|\n")
_SLASHES = late.pattern(rb"\\{1,32}/|\\{1,32}u002[fF]")
_AMPERSANDS = late.pattern(rb"\\{1,32}u0026|&amp;")
# What follows an address in a text without quotes.
_AFTER_ADDRESS = late.pattern(rb"[)\]},;|]")


def _key(form: _Form, data: bytes, first: int, last: int, end: int, bare: bool) -> Key | None:
    if last < 0:
        return None
    start = max(first, 0)
    if not bare and start >= _BLOB and not data[start - _BLOB : last].strip(_BASE64):
        return None  # decided before the shape is held against what can be thousands of letters
    while True:
        if first == last:
            found = form.pattern.match(data, start, start + form.longest)
        else:
            found = form.pattern.search(data, start, last + form.longest)
        if found is None or found.start() > last:
            return None
        start, stop = found.span()
        if stop >= end or form.loose:
            break
        if first == last:
            return None
        start += 1
    if bare:
        if _touches(data, start, stop) and _is_worded_in(form, found[0]):
            return None
    elif _in_a_blob(data, start, stop):
        return None
    left = not bare and not _starts(form, data, start)
    text = found[0]
    right = False
    if form.document:
        stop, text = _document(form, data, start, stop)
        if not text:
            return None
    elif form.loose or b"\\" in text:
        opening = data[start - 1 : start] if start else b""
        if opening in (b'"', b"'", b"`") and opening in text:
            text = text[: text.index(opening)]
        text = _cleaned(form, text)
        if not text:
            return None
        stop = start + len(text) if text == data[start : start + len(text)] else stop
    else:
        right = not bare and form.right is not None and form.right.match(data, stop) is not None
    # A key of any length swallows what follows; one of a fixed length does not.
    if right and not form.fixed:
        return None
    return Key(start, stop, _decoded(text), left, right)


def _starts(form: _Form, data: bytes, start: int) -> bool:
    """Whether a key may start here: no character before it that belongs to a longer word."""
    return (
        form.left is None
        or start == 0
        or not form.left.match(data, start - 1)
        or _ESCAPE_BEFORE.search(data, max(0, start - 6), start) is not None
    )


# Where nothing separates strings, a key is believed if chance would make one that is as much of a word once in so many.
_LIKELY = 3e-3


def _touches(data: bytes, start: int, stop: int) -> bool:
    return bool(data[start - 1 : start].isalnum() or data[stop : stop + 1].isalnum())


def _is_worded_in(form: _Form, text: bytes) -> bool:
    """Whether a random part of a key is more of a word than random text of its alphabet would be: letters of one case, few digits."""
    written, alphabets = _bodies(form.shape)
    found = written.match(text)
    bodies = zip(found.groups(b"") if found else (), alphabets, strict=False)
    return any(_likelihood(part.decode(), alphabet) < _LIKELY for body, alphabet in bodies for part in _PART_OF_BODY.findall(body))


_PART_OF_BODY = late.pattern(rb"[0-9A-Za-z]{6,200}")


def _likelihood(part: str, alphabet: str) -> float:
    """The chance that random text of the alphabet has as few digits, capitals or small letters as this part."""
    kinds = [(sum(map(is_kind, alphabet)), sum(map(is_kind, part))) for is_kind in (str.isdigit, str.isupper, str.islower)]
    total = len(alphabet)
    if not total:
        return 1.0
    absent = sum(members for members, count in kinds if not count) / total
    tails = [_tail(len(part), count, members / total) for members, count in kinds if members]
    return float(min((1.0 - absent) ** len(part), *tails)) if tails else 1.0


def _tail(length: int, count: int, share: float) -> float:
    """The chance of at most `count` of `length` characters being of a kind that has this share of the alphabet."""
    return sum(math.comb(length, number) * share**number * (1 - share) ** (length - number) for number in range(count + 1))


_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
# Text around a key that goes on like this for longer is no path and no identifier, but an encoded file.
_BLOB = 64


def _in_a_blob(data: bytes, start: int, stop: int) -> bool:
    """Whether a key is a chance run of letters inside encoded bytes."""
    before, after = data[max(0, start - _BLOB) : start], data[stop : stop + _BLOB]
    run = len(before) - len(before.rstrip(_BASE64)) + len(after) - len(after.lstrip(_BASE64))
    return run >= _BLOB


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _cleaned(form: _Form, text: bytes) -> bytes:
    """The value itself: without what follows its literal, its own escapes undone. Empty where nothing of the shape is left."""
    cut = _LITERAL_END.search(text)
    if cut is not None:
        text = text[: cut.start()]
    text = _AMPERSANDS.sub(b"&", _SLASHES.sub(b"/", text)).rstrip(b"\\")
    at = text.rfind(b"@")
    slash = text.find(b"/", at + 1) if at > 0 else -1
    if slash > 0:
        trailing = _AFTER_ADDRESS.search(text, slash)
        if trailing is not None:
            text = text[: trailing.start()]
    found = form.pattern.match(text)
    return found[0].strip() if found is not None else b""


# Line breaks between a document's end and the quote that closes its literal belong to the value.
_LAST_BREAKS = late.pattern(rb"((?:(?:\\+r)?\\+n|\r?\n){1,3})(?=\\{0,7}[\"'`])")


def _document(form: _Form, data: bytes, start: int, stop: int) -> tuple[int, bytes]:
    """(end, text) of a value of many lines: a PEM block or a JSON object, with its line breaks as they are meant."""
    raw = data[start:stop]
    if raw.startswith(b"{"):
        return _object(form, raw, start)
    second = raw.find(form.head, len(form.head)) if form.head else -1
    if second > 0:
        found = form.pattern.match(raw, 0, second)
        if found is None:
            return stop, b""
        raw = found[0]
    ending = raw.rfind(b"-----END")
    close = raw.find(b"-----", ending + 8) + 5 if ending >= 0 else len(raw)
    raw = raw[:close]
    last = _LAST_BREAKS.match(data, start + len(raw))
    text = _SLASHES.sub(b"/", _BREAKS.sub(b"\n", raw))
    return start + len(raw), text + b"\n" * (len(_BREAKS.findall(last[1])) or 1 if last else 0)


def _object(form: _Form, raw: bytes, start: int) -> tuple[int, bytes]:
    """A JSON object up to its own closing bracket; in a literal of code its escapes are doubled."""
    import json

    text = raw.replace(b"\\\\", b"\\") if b"\\\\n" in raw else raw
    try:
        _, length = json.JSONDecoder().raw_decode(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return start, b""
    text = text.decode("utf-8", "replace")[:length].encode()
    return start + len(text) + raw.count(b"\\\\", 0, len(text)), text if form.pattern.match(text) else b""


# --- whose key, and whether a real one ------------------------------------------------------------------------------------


class Verdict(NamedTuple):
    """What is known of a text, and why it is not worth a word (`sample` is None for a real one)."""

    traits: Traits
    sample: str | None


class Judge:
    """Identifies texts; equal texts are asked once. `key` tells equal values of this run, `digest_key` makes digests for reports."""

    def __init__(self, key: bytes, digest_key: bytes | None) -> None:
        self._ask = lru_cache(maxsize=20_000)(lambda text, name: _verdict(text, name, key, digest_key))

    def verdict(self, text: str, name: str | None = None) -> Verdict:
        """What is known of a text; `name` is the variable that holds it."""
        return self._ask(text, name)

    def password(self, text: str, verdict: Verdict) -> Verdict:
        """The verdict of an address with the digests of its password; one that says whose key it is speaks for an address that is anybody's."""
        address = _USERINFO.match(text)
        identity = verdict.traits.identity
        if address is None or identity is None:
            return verdict
        own = next((one for part in (address[2], address[1]) if _is_providers(one := self.verdict(part))), self.verdict(address[2])).traits
        if own.identity is not None and own.identity.exposure is Exposure.SECRET and identity.provider == "generic":
            identity = own.identity
        return verdict._replace(traits=verdict.traits._replace(identity=identity, digest=own.digest, keyed=own.keyed))


def _is_providers(verdict: Verdict) -> bool:
    identity = verdict.traits.identity
    return identity is not None and identity.exposure is Exposure.SECRET and verdict.sample is None


def _verdict(text: str, name: str | None, key: bytes, digest_key: bytes | None) -> Verdict:
    traits = identify.traits(Secret(text), name=name, key=key, digest_key=digest_key)
    return Verdict(traits, _sample(text, traits))


# As people write words: in any mixture of cases the short ones stand in one random key of 3000.
_WORDS = (
    "example", "sample", "placeholder", "dummy", "redacted", "changeme", "change-me", "change_me", "replace", "insert", "fake", "notreal", "qwerty", "abcdef", "xxxx", "your",
)  # fmt: skip
_SAMPLE_WORDS = late.pattern(
    "|".join(spelled for word in _WORDS for spelled in (word, word.upper(), word.title()))
    + r"|\.\.\.|\*\*\*|<[A-Za-z]|\$\{|\{\{|%s|012345|123456|987654"
)
_USERINFO = late.pattern(r"[A-Za-z][A-Za-z0-9+.\-]{1,30}://([^/?#@]*):([^@]*)@([^/?#,:]*)")
_WEAK_PASSWORDS = frozenset(
    [
        "password",
        "passwd",
        "pass",
        "pwd",
        "secret",
        "changeme",
        "user",
        "username",
        "admin",
        "root",
        "test",
        "example",
        "postgres",
        "mysql",
        "mongo",
        "mongodb",
        "redis",
        "guest",
        "default",
        "pw",
        "p",
        "s3cret",
        "s3cr3t",
        "hunter2",
        "letmein",
        "mypassword",
        "yourpassword",
        "your_password",
        "your-password",
        "my_password",
        "my-password",
        "password123",
        "topsecret",
        "foo",
        "bar",
        "baz",
        "foobar",
        "123",
        "1234",
        "12345",
        "dbpassword",
        "db_password",
        "dbpass",
        "db_pass",
        "minioadmin",
        "token",
        "apikey",
        "api_key",
        "key",
        "x",
        "xx",
        "xxx",
    ]
)


def is_worded(text: str) -> bool:
    """Whether a text holds a word of documentation or of a keyboard: nobody's password, or everybody's."""
    return _SAMPLE_WORDS.search(text) is not None


def _sample(text: str, traits: Traits) -> str | None:
    """Why a text of a key's shape is no key of anybody, None for one that may be."""
    if traits.placeholder:
        return traits.placeholder
    if traits.published:
        return traits.published
    identity = traits.identity
    address = _USERINFO.match(text)
    if address is not None:
        return _sample_address(*address.groups())
    if identity is None or identity.exposure is Exposure.PUBLIC:
        return None
    if traits.shape == "pem":
        return None
    body = text[len(identity.masked.partition("...")[0]) :]
    if len(body) <= 120 and _SAMPLE_WORDS.search(body):
        return "holds a word of documentation"
    if len(set(body)) < min(8, len(body.lstrip(body[:1])) * 2 // 5):
        return "made of few characters"
    if _run(body.lstrip(body[:1])) >= 7:
        return "counts up"
    if len(body) >= 24 and _entropy(body) < _LEAST_ENTROPY:
        return "made of few characters"
    return None


# In bits a character: even 24 random digits have more.
_LEAST_ENTROPY = 2.5


def _entropy(text: str) -> float:
    return -sum(count / len(text) * math.log2(count / len(text)) for count in map(text.count, set(text)))


# What documentation and compose files call a server.
_HOST_WORDS = frozenset(
    [
        "host",
        "hostname",
        "server",
        "myhost",
        "db",
        "database",
        "postgres",
        "postgresql",
        "mysql",
        "mongo",
        "mongodb",
        "redis",
        "rabbitmq",
        "example.com",
    ]
)


_MY_PASSWORD = late.pattern(r"(?i)(?:my|our|some|super|strong|secure|secret|new|the|[-_])*pass(?:word|wd)?[-_]?\d{0,4}!?")


def is_sample_login(user: str, password: str) -> bool:
    """Whether a name and its password are those of documentation."""
    return _sample_address(user, password, "") is not None


def _sample_address(user: str, password: str, host: str) -> str | None:
    low = password.lower()
    if not password or low in _WEAK_PASSWORDS or low == user.lower() or re.fullmatch(r"[<\[{$%(*.].*|x+|.*[>\])}]", low):
        return "a sample password"
    if _SAMPLE_WORDS.search(password):
        return "a sample password"
    if _run(user.lower().rpartition(".")[2]) >= 7 or _MY_PASSWORD.fullmatch(password):
        return "a sample account"
    name = host.lower()
    if hosts.is_local(name) or name in _HOST_WORDS:
        return "an address on this machine or network"
    if re.search(r"(?:^|\.)example\.(?:com|org|net)$", name) and password.isalpha():
        return "a sample host"
    return None


def _run(text: str) -> int:
    """The longest run of characters that count up or down by one, or repeat."""
    best = 1
    run, direction = 1, 2
    for before, after in pairwise(text):
        step = ord(after) - ord(before)
        if step == direction:
            run += 1
        else:
            run, direction = (2, step) if step in (-1, 0, 1) else (1, 2)
        best = max(best, run)
    return best


def is_local(traits: Traits) -> bool:
    """Whether a key opens nothing but something on the machine itself."""
    return traits.identity is not None and traits.identity.mode is Mode.LOCAL
