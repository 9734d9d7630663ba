"""Values that only what stands beside them makes a secret: a name (`adminPassword:"..."`, `mistralApiKey:"..."`), the address of the
provider that takes it, or the id that it belongs to.

No more than a warning where the value has nothing of its own that says so. What a name promises is judged with detect-secrets' filters
and the value's own randomness; a name that browsers need (`apiKey`, `token`, `siteKey`) promises nothing.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from driftline import late
from driftline.bundle import triggers
from driftline.bundle.confirm import Judge, Verdict, is_sample_login, is_worded
from driftline.bundle.encodings import base64_run
from driftline.knowledge import catalog
from driftline.knowledge.catalog import KeyKind
from driftline.knowledge.judge import is_pattern
from driftline.model import Exposure, Identity
from driftline.record import NamedTuple


class Named(NamedTuple):
    """A value and the name, the address or the kind of id that it stands beside; None for one that begins as its provider's keys do."""

    start: int
    end: int
    text: str
    name: str | None
    verdict: Verdict
    encoding: str = "plain"


# What stands between a name and the first eight characters of its value; looked for from the value on, because expressions that begin with
# the name try every word before it.
_BETWEEN = late.pattern(rb"\\{0,3}[\"'`]?\]?\s{0,3}(?:[:=,]|\|\||\?\?)\s{0,3}(\\{0,3}[\"'`])[^\"'`\s\\<>{}()]{8}\Z")
_LONGEST_BETWEEN = 25
_IN_NAMES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$.-"
_NOT_FIRST = b"0123456789.-"
_LONGEST_NAME = 61
_LOGIN = late.pattern(rb"([A-Za-z]{2,12})\s{0,2}[:=]\s{0,2}[A-Za-z0-9._@\-]{2,40}\s{0,2}/\s{0,2}([^\s\"'`<>\\]{8})\Z")
_HEADER = "Authorization"
_BEARER = late.pattern(rb"Bearer ([^\s\"'`<>\\]{8})\Z")
_TOKEN = late.pattern(rb"[^\s\"'`<>\\,;]{0,2048}")
_QUOTED = late.pattern(rb"(\\{0,3}[\"'`])sk-[0-9A-Za-z]{5}\Z")
# A name and a password as a request is sent with them: already in base64, or on their way there.
_BASIC = late.pattern(rb"Basic ([A-Za-z0-9+/]{8})\Z")
_TO_BASE64 = late.pattern(rb"Basic.{1,40}btoa\(\\{0,3}[\"'`]([^\s\"'`:]{1,64}):([^\s\"'`\\]{4})\Z", re.DOTALL)
_REST_OF_BASE64 = late.pattern(rb"[A-Za-z0-9+/]{0,512}={0,2}")
_VALUE = late.pattern(rb"[^\"'`\s\\<>{}()]{0,504}")
_WORD = late.pattern(rb"[^\s\"'`<>\\,;]{0,64}")
_LONGEST_LOGIN = 140
# The beginning of a line of a comment that documents what follows it.
_DOCUMENTATION = late.pattern(rb"[ \t]{0,40}(?:\*|///|#')")
_LONGEST_LINE = 480


def named(data: bytes, end: int, judge: Judge) -> Iterator[Named]:
    """The value whose first eight characters end at `end`, if its name makes it a secret; what documentation shows is nobody's."""
    if _is_documentation(data, end):
        return
    written = _name_before(data, end)
    quoted = None if written else _QUOTED.search(data, max(0, end - 12), end)
    if written is not None or quoted is not None:
        start = end - 8
        rest = _VALUE.match(data, end)
        stop = rest.end() if rest else end
        if not data.startswith(written[1] if written else quoted[1] if quoted else b"", stop):
            return
        name = written[0].decode() if written else ""
    else:
        begin = max(0, end - _LONGEST_LOGIN)
        login = _sent_login(data, begin, end, judge)
        if login is not None:
            yield login
            return
        found = _LOGIN.search(data, begin, end) or _BEARER.search(data, begin, end)
        if found is None:
            return
        start = found.start(found.re.groups)
        name = "password" if found.re.groups > 1 else _HEADER
        rest = (_TOKEN if name == _HEADER else _WORD).match(data, end)
        stop = rest.end() if rest else end
    text = data[start:stop].decode("utf-8", "replace")
    if written is not None and _is_listed_name(data[max(0, start - len(written[1]) - 4) : start - len(written[1])], name, text):
        return
    verdict = judged(name, text, judge)
    if verdict is not None:
        yield Named(start, stop, text, None if _begins_so(verdict) else name, verdict)
        return
    around = data[max(0, start - _NEAR) : stop + _NEAR]
    mark, verdict = _taken_by(around, text, judge)
    # A text without a beginning of its own may be anything that stands there, unless it is what a request is sent with, or its name is
    # what everybody calls the key of what stands beside it.
    if verdict is not None and (_begins_so(verdict) or name == _HEADER or _BARE_NAME.fullmatch(_snake(name))):
        yield Named(start, stop, text, None if _begins_so(verdict) else mark, verdict)
        return
    verdict = _shared(text, judge)
    if verdict is not None:
        yield Named(start, stop, text, None, verdict)
    elif name == _HEADER and not any(host in around.lower() for host in _open_hosts()):
        verdict = judge.verdict(text)
        if verdict.traits.secret_like and verdict.traits.identity is None and verdict.sample is None and not is_pattern(text):
            yield Named(start, stop, text, _HEADER, verdict)


def _is_listed_name(between: bytes, name: str, text: str) -> bool:
    """Whether what stands behind a name and a comma is the next name of a list, as in a source map's; a password may be made of words, too."""
    if not between.rstrip().endswith(b",") or not text.isidentifier() or _PASSWORD.search(_snake(name)):
        return False
    return 2 * sum(map(len, _WORDS_OF_NAME.findall(text))) > len(text)


_WORDS_OF_NAME = late.pattern(r"[A-Z]?[a-z]{3,60}")
# Names that say nothing of whose key it is.
_BARE_NAME = late.pattern(r"(?:(?:API|AUTH|ACCESS)_?)?(?:KEY|TOKEN)")


def _sent_login(data: bytes, begin: int, end: int, judge: Judge) -> Named | None:
    """The password of a login that code sends with its requests, unless it is everybody's."""
    plain = _TO_BASE64.search(data, begin, end)
    if plain is not None:
        rest = _VALUE.match(data, end)
        start, stop, user = plain.start(2), rest.end() if rest else end, plain[1]
        password, encoding = data[start:stop], "plain"
    else:
        found = _BASIC.search(data, begin, end)
        rest = _REST_OF_BASE64.match(data, end) if found else None
        decoded = base64_run(data, found.start(1), rest.end()) if found and rest else None
        if found is None or rest is None or decoded is None:
            return None
        user, _, password = decoded.data.partition(b":")
        start, stop, encoding = found.start(1), rest.end(), "base64"
    text = password.decode("ascii", "replace")
    if not (user.isascii() and text.isascii() and text.isprintable()):
        return None
    verdict = judge.verdict(text)
    identity = verdict.traits.identity
    is_anybodys = len(text) < _SHORTEST_PASSWORD or " " in text or is_sample_login(user.decode(), text) or verdict.sample is not None
    if is_anybodys or (identity is not None and identity.exposure is not Exposure.SECRET):
        return None
    return Named(start, stop, text, _HEADER, verdict, encoding)


_SHORTEST_PASSWORD = 6


def _shared(text: str, judge: Judge) -> Verdict | None:
    """What is known of a random text that begins as the keys of several providers do and as nothing else does."""
    alone = judge.verdict(text)
    if not text.startswith("sk-") or alone.traits.identity is not None or alone.sample is not None or not alone.traits.secret_like:
        return None
    kinds = [kind for kind in _like_sk() if re.fullmatch(kind.shape, text)]
    if not kinds:
        return None
    verdict = judge.verdict(text, kinds[0].variables[0])
    providers = tuple(dict.fromkeys(kind.provider for kind in kinds))
    identity = verdict.traits.identity
    if identity is None or len(providers) == 1:
        return verdict if identity is not None else None
    identity = identity._replace(provider="unknown", kind="API key", account=None, candidates=providers)
    return verdict._replace(traits=verdict.traits._replace(identity=identity))


@cache
def _like_sk() -> tuple[KeyKind, ...]:
    """The kinds of keys that begin with `sk-` and say no more."""
    return tuple(
        kind
        for kind in catalog.load().keys
        if kind.context is not None and kind.exposure is Exposure.SECRET and kind.variables and "sk-" in kind.prefixes
    )


_ASSIGNED = late.pattern(rb"([A-Za-z_$][\w$.\-]{0,60})\\{0,3}[\"'`]?\]?\s{0,3}[:=]\s{0,3}\\{0,3}[\"'`]?\Z")


def named_provider(data: bytes, start: int, text: str, verdict: Verdict, judge: Judge) -> Verdict:
    """The verdict of a key that several providers could have made, settled by the name that it stands at where that names one of them."""
    identity = verdict.traits.identity
    written = _ASSIGNED.search(data, max(0, start - _LONGEST_NAME - _LONGEST_BETWEEN), start)
    if identity is None or written is None:
        return verdict
    settled = judge.verdict(text, _snake(written[1].decode()))
    named = settled.traits.identity
    return settled if named is not None and named.provider in identity.candidates and settled.sample is None else verdict


def _is_documentation(data: bytes, end: int) -> bool:
    """Whether the line up to `end` is a comment's; in a source map its line break is escaped, and it holds no other escape."""
    begin = max(0, end - _LONGEST_LINE)
    plain, escaped = data.rfind(b"\n", begin, end), data.rfind(b"\\", begin, end)
    if escaped > plain and not data.startswith(b"\\n", escaped):
        return False
    start = plain + 1 if plain > escaped else escaped + 2
    return max(plain, escaped) >= 0 and _DOCUMENTATION.match(data, start, end) is not None


def _name_before(data: bytes, end: int) -> tuple[bytes, bytes] | None:
    """(name, opening quote) of the value whose first eight characters end at `end`, None where it stands at no name."""
    between = _BETWEEN.search(data, max(0, end - _LONGEST_BETWEEN), end)
    if between is None:
        return None
    run = data[max(0, between.start() - _LONGEST_NAME) : between.start()]
    name = run[len(run.rstrip(_IN_NAMES)) :].lstrip(_NOT_FIRST)
    return (name, between[1]) if name else None


def judged(name: str, text: str, judge: Judge) -> Verdict | None:
    """What is known of a value under a name, None where the name promises no secret or the value is no secret's."""
    if not 8 <= len(text) <= 512:
        return None
    upper = _snake(name)
    by_word = _SECRET.search(upper) is not None
    if not by_word and not any(kind.exposure is Exposure.SECRET for kind in catalog.load().by_variable(upper)):
        return None
    alone = judge.verdict(text)
    if alone.traits.identity is not None or alone.sample is not None:
        return None  # what speaks for itself was seen already, and a sample is nobody's
    verdict = judge.verdict(text, upper)
    identity = verdict.traits.identity
    if verdict.sample is not None or (identity is not None and identity.exposure is Exposure.PUBLIC):
        return None
    if identity is not None and identity.exposure is Exposure.SECRET and identity.provider != "generic":
        return verdict if alone.traits.secret_like or _is_uuid(text) else None
    if not by_word:
        return None
    if _PASSWORD.search(upper):
        is_one = _chosen_by_hand(text, name) or (alone.traits.secret_like and not _is_uuid(text))
        return verdict if is_one and not is_pattern(text) else None
    return verdict if alone.traits.secret_like and not _is_uuid(text) and not is_pattern(text) else None


def _begins_so(verdict: Verdict) -> bool:
    """Whether a value begins as the keys of its provider do, so that it agrees with what stands beside it."""
    identity = verdict.traits.identity
    return identity is not None and len(identity.masked.partition("...")[0]) >= _SAYS_SO


def _taken_by(around: bytes, text: str, judge: Judge) -> tuple[str, Verdict | None]:
    """The address or the name of a provider near a random text of the shape of its keys, and what it is then known for; ("", None) without one."""
    alone = judge.verdict(text)
    if (alone.traits.secret_like or alone.traits.shape == "jwt") and alone.traits.identity is None and alone.sample is None:
        around = around.lower()
        for mark, variables in _marks().items():
            if mark in around:
                for variable in variables:
                    verdict = judge.verdict(text, variable)
                    identity = verdict.traits.identity
                    if identity is not None and identity.exposure is Exposure.SECRET:
                        return mark.decode(), verdict
    return "", None


@cache
def _marks() -> Mapping[bytes, tuple[str, ...]]:
    """What stands near a provider's keys -> variables for these, one for each kind: its API's host, and its name where its keys begin alike.

    Not of providers that give browsers keys, too.
    """
    known = catalog.load()
    open_handed = _open_handed()
    found: dict[bytes, tuple[str, ...]] = {}
    for kind in known.keys:
        if kind.context is not None and kind.slot == "key" and kind.variables and kind.provider not in open_handed:
            marks = [host.removeprefix("*") for host in known.providers[kind.provider].hosts.get("live", ())]
            if kind.prefixes and min(map(len, kind.prefixes)) >= _SAYS_SO:
                marks += [word.lower() for word in kind.context if len(word) >= _A_NAME]
            for mark in marks:
                found[mark.encode()] = (*found.get(mark.encode(), ()), kind.variables[0])
    return found


@cache
def _open_handed() -> frozenset[str]:
    """The providers that give browsers keys which look like those that no browser should have."""
    return frozenset(
        kind.provider
        for kind in catalog.load().keys
        if kind.exposure is not Exposure.SECRET
        and kind.slot in ("key", "publishable")
        and not (kind.prefixes and min(map(len, kind.prefixes)) >= _SAYS_SO)
    )


@cache
def _open_hosts() -> tuple[bytes, ...]:
    providers = catalog.load().providers
    return tuple(host.removeprefix("*").encode() for name in _open_handed() for host in providers[name].hosts.get("live", ()))


# A beginning of this length says whose a key may be, a word of this length is no part of others.
_SAYS_SO = 3
_A_NAME = 6


# A name ends in one of these; `apiKey`, `token` and `key` alone are what browsers are given on purpose.
_SECRET = late.pattern(
    r"(?:^|_)(?:SECRET|SECRET_?KEY|SECRET_?TOKEN|SECRET_?ACCESS_?KEY|(?:ADMIN|SERVER|SERVICE|SERVICE_ROLE|MASTER|SIGNING|ENCRYPTION|PRIVATE|ACCOUNT"
    r"|ROLE)_?(?:API_?)?(?:KEY|TOKEN)|PRIVATE_?KEY|(?:BOT|REFRESH|DEPLOY|PERSONAL_ACCESS|API_ACCESS)_?TOKEN|PASSWORD|PASSWD|PWD|PASS|PASSPHRASE)$"
)
_PASSWORD = late.pattern(r"(?:PASSWORD|PASSWD|PWD|PASS|PASSPHRASE)$")


def _snake(name: str) -> str:
    """`pusherSecret`, `X-Postmark-Server-Token` and `config.clientSecret` as the names of variables."""
    last = re.split(r"[.$]", name)[-1]
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).replace("-", "_").upper()


def _is_uuid(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is not None


# What translations say of passwords, in the languages that most are translated into.
_ABOUT_PASSWORDS = late.pattern(
    r"pass|characters|chars|minimum|digits|kennwort|zeichen|ziffern|senha|contrase|caracter|wachtwoord|tekens|has\u0142o|znak\u00f3w|l\u00f6senord|sifre"
    r"|\u015fifre|heslo|salasana|jelsz",
    re.IGNORECASE,
)


def _chosen_by_hand(text: str, name: str) -> bool:
    """A password as people choose them: letters and digits with capitals or marks, and no word about passwords."""
    if len(text) > 64 or is_worded(text) or _ABOUT_PASSWORDS.search(text) or text.lower() in name.lower() or not text.isprintable():
        return False
    letters, digits = any(c.isalpha() for c in text), any(c.isdigit() for c in text)
    cases = any(c.isupper() for c in text) and any(c.islower() for c in text)
    marks = any(not c.isalnum() for c in text)
    # Formats, paths, selectors and keys of translations have marks of their own.
    return letters and digits and (cases or marks) and re.search(r"[/:#$%\[\]|]|^[.\-]|[.\-_]$|\.(?:[a-z]{2,5})$", text) is None


# --- beside an id -----------------------------------------------------------------------------------------------------------

_SECRET_WORD = late.pattern(r"SECRET|TOKEN|KEY|AUTH|PASS|PWD|CREDENTIAL|PRIVATE|SIGN")
# Two halves of one credential stand in one object or one string.
_NEAR = 256


def beside_id(data: bytes, start: int, end: int, identity: Identity, kinds: dict[str, list[KeyKind]], judge: Judge) -> Iterator[Named]:
    """The secret half of a credential whose id was found: the nearest literal of the right length and alphabet right beside it."""
    for kind in kinds.get(identity.provider, ()):
        if not _belong_together(identity.kind, kind.id):
            continue
        halves: list[Named] = []
        pattern = re.compile(rb"(?<=[\"'`\s=:,])(?:" + kind.shape.encode() + rb")(?=[\"'`\s\\,;&]|\Z)")
        for found in pattern.finditer(data, max(0, start - _NEAR), min(len(data), end + _NEAR)):
            if found.start() < end and found.end() > start:
                continue
            text = found[0].decode("ascii", "replace")
            alone = judge.verdict(text)
            if alone.traits.identity is None and alone.sample is None and alone.traits.secret_like and not _is_digest(text, kind):
                written = _name_before(data, found.start() + 8)
                # `Twilio("AC...", "...")`: an id is no name of what follows it.
                if written is not None and not data[start:end].endswith(written[0]) and not _may_be_called(written[0], kind, text, judge):
                    continue
                variable = next(iter(kind.variables), None)
                beside = f"{identity.provider} {identity.kind}"
                halves.append(Named(found.start(), found.end(), text, beside, judge.verdict(text, variable)))
        if halves:
            yield min(halves, key=lambda half: max(half.start - end, start - half.end))


# A minifier's name says nothing.
_MANGLED = 2


def _may_be_called(written: bytes, kind: KeyKind, text: str, judge: Judge) -> bool:
    """Whether a name lets its value be of this kind: a minifier's, or that of a secret, and not of another provider's."""
    name = _snake(written.decode())
    if len(name) <= _MANGLED:
        return True
    identity = judge.verdict(text, name).traits.identity
    return _SECRET_WORD.search(name) is not None and (identity is None or identity.provider in (kind.provider, "generic"))


def _belong_together(name: str, secret: str) -> bool:
    """Whether an id and a secret of one provider are halves of one credential: an access key id and a secret access key, a SID and a token."""
    return bool({"token" if word == "SID" else word for word in name.split()} & set(secret.split()))


def _is_digest(text: str, kind: KeyKind) -> bool:
    """A hash in hex where the secret's alphabet is wider: sha1 has the length of an AWS secret."""
    return re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", text) is not None and "a-f" not in kind.shape


def halves(kinds: tuple[KeyKind, ...]) -> dict[str, list[KeyKind]]:
    """Provider -> the secrets of one length without a mark of their own."""
    found: dict[str, list[KeyKind]] = {}
    for kind in kinds:
        if triggers.is_half(kind):
            found.setdefault(kind.provider, []).append(kind)
    return found


# --- copied env files -------------------------------------------------------------------------------------------------------

_ASSIGNMENT = late.pattern(
    rb"^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]{0,100})[ \t]*=[ \t]*(?:\"([^\"\n]{0,4000})\"|'([^'\n]{0,4000})'|([^\s#\"'][^\r\n]{0,4000}?))[ \t]*(?:#[^\n]*)?\r?$",
    re.M,
)


def assignments(data: bytes) -> Iterator[tuple[str, int, str]]:
    """(name, place of the value, value) of an env file's lines."""
    for found in _ASSIGNMENT.finditer(data):
        group = next((number for number in (2, 3, 4) if found[number] is not None), None)
        if group is not None:
            yield found[1].decode(), found.start(group), found[group].decode("utf-8", "replace")


def is_secret_variable(name: str) -> bool:
    """Whether an env file's name promises something private."""
    return _SECRET.search(catalog.canonical(name)) is not None
