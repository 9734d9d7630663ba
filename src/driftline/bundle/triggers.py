"""From the catalogue's shapes to the expressions of the multi-pattern database: what must stand in the bytes for a key to be near.

A trigger is a short necessary part of a shape, so that one pass over the bytes asks for all of them at once; the few places it
names are then confirmed exactly. Every literal head also stands in the list in the forms in which bundlers, escapers and
obfuscators print it, so that nothing has to be decoded to be looked for.
"""

import math
import re
import sys
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from driftline.knowledge import hosts, shapes
from driftline.knowledge.catalog import Catalog, KeyKind
from driftline.knowledge.hosts import Class
from driftline.model import Exposure
from driftline.record import NamedTuple

if sys.version_info >= (3, 11):
    from re import _constants as c
else:
    import sre_constants as c

# How a trigger's hit is confirmed. The first is a key as it stands, the next five are its encoded heads, the others are places
# where text has to be put together or decoded before it can be looked at.
PLAIN = "plain"
BASE64 = "base64"
HEX = "hex"
REVERSED = "reversed"
WIDE = "utf-16"
CODES = "character codes"
ESCAPED = "escaped"
PERCENT = "percent"
ENTITY = "html"
JOIN = "concatenated"
ARRAY = "array"
SPLIT = "split"
SWAPPED = "swapped case"
DATA = "data URL"
NAMED = "named"
READ = "read"
MAP = "map"
TABLE = "string table"
SERVICE = "service"
LINK = "link"
KNOWN = "known"

# Bits of information from which on a trigger is rare enough in any text: measured on 550 MB of npm browser builds, see benchmarks.
_ENOUGH = 22.0
_LITERAL_BITS = 6.0
# `https://` stands everywhere: its letters say little.
_SCHEME_BITS = 2.0
# A repeat that may vary by more than this is cut at its least length: the rest is confirmed, not searched for.
_WIDE_REPEAT = 6
# Of a repeat that does not vary, these many behind a head that says enough: counting further is dear to compile and tells nothing.
_FIRST = 8
# An expression of this length is not made longer.
_LONG = 400
# What a literal character is worth for the speed of a trigger, beside its information.
_CARRIED = 8.0
# A head is spelled out in its encoded forms up to this length.
_HEAD = 7


class Trigger(NamedTuple):
    """One expression of the database. `kinds` are indices into the catalogue; `shift` is the position of the head in its base64 group.

    `back` and `reach` say how far before the end of a hit the key can start, at least and at most, in bytes.
    """

    expression: str
    form: str
    kinds: tuple[int, ...] = ()
    shift: int = 0
    back: tuple[int, int] = (0, 0)


def of_catalog(known: Catalog) -> list[Trigger]:
    """Every trigger of the catalogue: plain ones for all kinds whose shape speaks for itself, encoded heads for secret ones."""
    kinds = known.keys
    plain: dict[tuple[str, tuple[int, int]], list[int]] = {}
    heads: dict[str, list[int]] = {}
    paired = {kind.provider for kind in kinds if is_half(kind)}
    for number, kind in enumerate(kinds):
        if kind.context is not None or not (is_told(kind) or (kind.slot in ("id", "account") and kind.provider in paired)):
            continue
        plain.setdefault(plain_trigger(kind.shape), []).append(number)
        if kind.exposure is Exposure.SECRET:
            for head in _heads(kind):
                heads.setdefault(head, []).append(number)
    found = [Trigger(expression, PLAIN, tuple(numbers), 0, back) for (expression, back), numbers in plain.items()]
    found += _escaped_addresses(kinds, plain)
    found += _openings(kinds)
    for head, numbers in _without_longer(heads).items():
        shortest = min(kinds[number].shortest for number in numbers)
        # Where every kind starts with the head, what was decoded can be held against their shapes before it is looked at.
        leading = all(any(prefix.startswith(head) for prefix in kinds[number].prefixes) for number in numbers)
        behind = _behind([kinds[number].shape for number in numbers], head) if leading else []
        found += encoded(head.encode(), shortest, tuple(numbers) if leading else (), behind)
    found += [Trigger(_literal(host.encode()), SERVICE, (), number) for number, (_, host) in enumerate(services(known))]
    found += [
        Trigger(_literal(b"." + suffix.encode()), LINK) for suffix in hosts.suffixes(Class.TUNNEL, Class.PREVIEW, Class.BUILDER_PREVIEW)
    ]
    return [*found, *_PLACES]


# More of a prefix, of a value or of an address need not be asked for.
_OPENING = 14
_OPENING_VALUE = 6
_OPENING_ADDRESS = 18
# A scheme begins any address, and a word or a few letters begin any literal.
_NO_OPENING = re.compile(r"https?://|.{1,2}|[a-z]+|[A-Z]{3}|(.)\1+")


def _openings(kinds: Sequence[KeyKind]) -> Iterator[Trigger]:
    """The triggers of literals that begin as a secret does; the rest of it may be in a variable."""
    openings: dict[str, list[int]] = {}
    for number, kind in enumerate(kinds):
        if kind.context is None and kind.exposure is Exposure.SECRET:
            for prefix in kind.prefixes:
                if not _NO_OPENING.fullmatch(prefix):
                    openings.setdefault(prefix[: _OPENING_ADDRESS if "://" in prefix else _OPENING], []).append(number)
    for opening, numbers in openings.items():
        yield from _opening(opening.encode(), tuple(numbers))


def _opening(text: bytes, kinds: tuple[int, ...] = ()) -> Iterator[Trigger]:
    for quote in (r"\x22", r"\x27", r"\x60"):
        yield Trigger(quote + _literal(text), SPLIT, kinds, 0, (len(text), len(text)))


def is_told(kind: KeyKind) -> bool:
    """Whether a key of this kind is worth a line in a report: a secret, or a key that is public by design; not every address and id."""
    if kind.exposure is Exposure.SECRET:
        return True
    return kind.exposure in (Exposure.PUBLIC, Exposure.RESTRICT) and kind.slot not in ("url", "account", "id")


def is_half(kind: KeyKind) -> bool:
    """Whether a kind is the secret of an id: of one length, without a mark of its own."""
    return (
        kind.context is not None
        and kind.exposure is Exposure.SECRET
        and kind.slot == "key"
        and kind.shortest == kind.longest >= _HALF
        and not kind.anchors
    )


# A shorter text of letters and digits is an id of anything.
_HALF = 32


@cache
def services(known: Catalog) -> list[tuple[str, str]]:
    """(provider, host) of APIs that take a key which is public only while restricted: beside them it opens what costs money."""
    shapes_of_restricted = {kind.shape: kind.provider for kind in known.keys if kind.exposure is Exposure.RESTRICT and kind.context is None}
    return [
        (kind.provider, host)
        for kind in known.keys
        if kind.exposure is Exposure.SECRET and shapes_of_restricted.get(kind.shape, kind.provider) != kind.provider
        for host in known.providers[kind.provider].hosts.get("live", ())
    ]


def _heads(kind: KeyKind) -> Iterator[str]:
    """The literal starts of a kind, cut to what has to be spelled out; a web scheme says nothing, the host behind it does."""
    for prefix in kind.prefixes or kind.anchors:
        if len(prefix) >= 3 and not re.fullmatch(r"https?://", prefix):
            yield prefix.removeprefix("https://")[:_HEAD] if prefix.startswith("https://") else prefix[:_HEAD]


def _behind(written: Sequence[str], head: str) -> list[frozenset[str]]:
    """Which characters can follow a head, place by place, in any of the shapes that start with it."""
    found = [shapes.positions(shape, len(head) + _FOLLOWING)[len(head) :] for shape in written]
    return [frozenset().union(*members) for members in zip(*found, strict=False)]


def _without_longer(heads: dict[str, list[int]]) -> dict[str, list[int]]:
    """Heads that no other head starts: what finds the shorter finds the longer."""
    kept: dict[str, list[int]] = {}
    for head in sorted(heads, key=lambda h: (len(h), h)):
        shorter = next((other for other in kept if head.startswith(other) and len(other) >= 4), None)
        kept.setdefault(shorter or head, []).extend(heads[head])
    return {head: list(dict.fromkeys(numbers)) for head, numbers in kept.items()}


# --- the necessary part of a shape ----------------------------------------------------------------------------------------


class _Part(NamedTuple):
    """An element of a shape as text: its widths, its bits of information, how many literal characters it is.

    `cut` is a shorter text that stands in every match as well, and its width: of a repeat that varies its least length, of one that does
    not (`fixed`) the first few.
    """

    text: str
    least: int
    most: int
    bits: float
    cut: tuple[str, int] | None = None
    literal: int = 0
    fixed: bool = False


def plain_trigger(shape: str) -> tuple[str, tuple[int, int]]:
    """A short expression that every match of the shape contains, and how far before its end a match starts (least, most)."""
    parts = [_part(*item) for item in _flat(list(shapes.parse(shape)))]
    best, chosen, shortened = -1.0, (0, 0), False
    for start in range(len(parts)):
        bits, length, run, longest = 0.0, 0, 0, 0
        stop = start
        cut = False
        for part in parts[start:]:
            stop += 1
            # What varies is cut where it says enough together with its least length, what does not where enough was said before it.
            cut = part.cut is not None and bits + (0.0 if part.fixed else part.bits) >= _ENOUGH
            bits += part.bits
            length += len(part.text)
            run = run + part.literal if part.literal else 0
            longest = max(longest, run)
            if length >= _LONG or cut:
                break
        while stop > start + 1 and parts[stop - 1].bits == 0.0:  # what may be absent says nothing, and would match at every length
            stop -= 1
        # The literal matcher carries what holds a few letters in a row; the rest is run for every byte. A later start has to be
        # clearly better: the head of a key is where its reader looks, too.
        score = min(bits, 2 * _ENOUGH) + _CARRIED * min(longest, 4) - 2.0 * (start > 0)
        if score > best:
            best, chosen, shortened = score, (start, stop), cut
        if start == 0 and bits >= _ENOUGH and longest >= 3 and not shape.startswith(("http", "(?:http")):
            break
    start, stop = chosen
    before, last = parts[: stop - 1], parts[stop - 1]
    if last.cut is not None and (shortened or not last.fixed):
        last = last._replace(text=last.cut[0], least=last.cut[1], most=last.cut[1])
    text = "".join(part.text for part in parts[start : stop - 1]) + last.text
    return text, (sum(part.least for part in before) + last.least, sum(part.most for part in before) + last.most)


def _flat(items: list[Any]) -> Iterator[tuple[Any, Any]]:
    """The elements in order, groups that hold one alternative opened."""
    for op, value in items:
        if op is c.SUBPATTERN:
            yield from _flat(list(value[3]))
        elif op is c.MAX_REPEAT and value[0] == value[1] == 1:
            yield from _flat(list(value[2]))
        else:
            yield op, value


def _part(op: Any, value: Any) -> _Part:
    if op is c.LITERAL:
        bits = _LITERAL_BITS if chr(value) not in "htps:/" else _SCHEME_BITS
        return _Part(_escape(value), 1, 1, bits, None, 1)
    if op is c.NOT_LITERAL:
        return _Part(f"[^{_escape(value)}]", 1, 1, 0.1)
    if op is c.IN:
        members = len(shapes.members_of(value)) or 1
        return _Part(_class(value), 1, 1, max(0.1, math.log2(94 / members)))
    if op is c.BRANCH:
        branches = [[_part(*item) for item in _flat(list(branch))] for branch in value[1]]
        text = "|".join("".join(part.text for part in branch) for branch in branches)
        least = min(sum(part.least for part in branch) for branch in branches)
        most = max(sum(part.most for part in branch) for branch in branches)
        bits = min(sum(part.bits for part in branch) for branch in branches) - math.log2(len(branches))
        literal = least if all(part.literal for branch in branches for part in branch) else 0
        return _Part(f"(?:{text})", least, most, max(bits, 0.0), None, literal)
    if op is c.MAX_REPEAT:
        low, high, inner = value
        inside = [_part(*item) for item in _flat(list(inner))]
        text = "".join(part.text for part in inside)
        single = text if len(inside) == 1 and inside[0].most == 1 else f"(?:{text})"
        least, most = low * sum(part.least for part in inside), high * sum(part.most for part in inside)
        bits = low * sum(part.bits for part in inside)
        wide = most - least > _WIDE_REPEAT and high - low > 1 and not _is_space(inner)
        # Where a wide repeat ends is confirmed, too: counting to it would make the database dear to compile.
        repeat = f"{{{low}}}" if low == high else f"{{{low},}}" if wide else f"{{{low},{high}}}"
        fixed = low == high > _FIRST and inside[0].most == 1 == len(inside)
        cut = None
        if wide:
            cut = ("", 0) if low == 0 else (single + (f"{{{low}}}" if low > 1 else ""), least)
        elif fixed:
            cut = f"{single}{{{_FIRST}}}", _FIRST
        return _Part(single + repeat, least, most, bits, cut, 0, fixed)
    raise ValueError(f"{op} in a shape")


def _is_space(items: Any) -> bool:
    """Whether a repeat holds nothing but white space, which may stand between the words of a shape."""
    return len(items) == 1 and items[0][0] is c.IN and not shapes.members_of(items[0][1])


def _escape(code: int) -> str:
    return chr(code) if chr(code).isalnum() else f"\\x{code:02x}"


def _class(value: Any) -> str:
    body = ""
    for op, argument in value:
        if op is c.NEGATE:
            body += "^"
        elif op is c.LITERAL:
            body += f"\\x{argument:02x}"
        elif op is c.RANGE:
            body += f"\\x{argument[0]:02x}-\\x{argument[1]:02x}"
        else:
            body += {c.CATEGORY_DIGIT: "0-9", c.CATEGORY_WORD: "0-9A-Za-z_", c.CATEGORY_SPACE: r"\x09-\x0d\x20"}[argument]
    return f"[{body}]"


# `:` and `/` behind escapes: JSON with `\\/`, percent, HTML entities, `\\u`.
_COLON = r"(?:\x25(?:25)?3[Aa]|\x5c{1,4}(?:u00|x)3[Aa]|&(?:amp;)?(?:#58;?|(?:#[xX]3[aA]|colon);))"
_SLASH = r"(?:\x5c{1,4}\x2f|\x25(?:25)?2[Ff]|\x5c{1,4}(?:u00|x)2[Ff]|&(?:amp;)?(?:#47;?|(?:#[xX]2[fF]|sol);))"
_MARKS = rf"(?:(?:\x3a|{_COLON}){_SLASH}(?:\x2f|{_SLASH})|{_COLON}\x2f\x2f)"


def _escaped_addresses(kinds: Sequence[KeyKind], plain: Mapping[tuple[str, tuple[int, int]], Sequence[int]]) -> Iterator[Trigger]:
    """The triggers of secret addresses with their punctuation escaped: one for all schemes of their own, one for each web address."""
    secret = [
        (text, numbers) for (text, _), numbers in plain.items() if any(kinds[number].exposure is Exposure.SECRET for number in numbers)
    ]
    schemes = {
        prefix.partition("://")[0].rpartition("+")[2][-_SCHEME:]
        for _, numbers in secret
        for number in numbers
        for prefix in kinds[number].prefixes
        if "://" in prefix
    }
    own = sorted(scheme for scheme in schemes if scheme and scheme not in ("http", "https"))
    if own:
        yield Trigger(f"(?:{'|'.join(re.escape(scheme) for scheme in own)}){_MARKS}", ESCAPED)
    for text, _ in secret:
        if text.startswith("http"):
            escaped = _escaped_punctuation(text)
            if escaped is not None:
                yield Trigger(escaped, ESCAPED)


# More of a scheme's name than this need not be asked for.
_SCHEME = 8


def _escaped_punctuation(expression: str) -> str | None:
    """The same trigger with its `://` written in any escaped way; None where it has none."""
    if r"\x3a\x2f\x2f" not in expression:
        return None
    written = {r"\x3a\x2f\x2f": _MARKS, r"\x3a": rf"(?:\x3a|{_COLON})", r"\x2f": rf"(?:\x2f|{_SLASH})", r"\x40": r"(?:\x40|\x25(?:25)?40)"}
    return re.sub(
        r"\[[^\]]*\]|\\x3a\\x2f\\x2f|\\x3a|\\x2f|\\x40", lambda found: written.get(found[0], found[0].replace(r"\x25", "")), expression
    )


# --- encoded heads ----------------------------------------------------------------------------------------------------------

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# Characters behind a head that have to fit its shapes as well, where the head is short.
_FOLLOWING = 20
# A head of this length is rare enough without them.
_SAYS_ENOUGH = 5
# Character codes that are enough to be looked at.
_CODES = 4
# Characters before a reversed head that have to belong to the same word.
_BEFORE = 8
_ANY = frozenset(map(chr, range(0x20, 0x7F)))


def encoded(head: bytes, shortest: int, kinds: tuple[int, ...] = (), behind: Sequence[frozenset[str]] = ()) -> Iterator[Trigger]:
    """The triggers of one literal head in its encoded forms.

    `shortest` is the length of the shortest text that starts with it, `behind` are the characters that can follow it, place by place.
    """
    following = [members or _ANY for members in behind] or [_ANY] * min(_FOLLOWING, max(0, shortest - len(head)))
    asked = following if len(head) < _SAYS_ENOUGH else []
    written = [frozenset(chr(byte)) for byte in head]
    if len(head) >= _SAYS_ENOUGH:
        yield from _base64_letters(head, kinds)
    else:
        for shift in range(3):
            text, length = base64_expression([*written, *asked[: _FOLLOWING * 3 // 4]], shift)
            yield Trigger(text, BASE64, kinds, shift, (length, length))
    if len(head) >= 3:
        text = "".join(map(_hex_of, [*written, *asked[: _FOLLOWING // 2]]))
        length = 2 * (len(head) + len(asked[: _FOLLOWING // 2]))
        yield Trigger(text, HEX, (), 0, (length, length))
        if len(set(head)) >= 3:
            end = "" if len(head) >= _SAYS_ENOUGH else r"[^0-9A-Za-z_\-]"
            before = following if behind and len(head) < _SAYS_ENOUGH else [_WORD] * min(_BEFORE, max(1, shortest - len(head)))
            yield Trigger(_sequence(map(_class_of, reversed(before))) + _literal(head[::-1]) + end, REVERSED, kinds)
    yield from _base64_twice(head)
    yield from _as_numbers(head)


def spelled(text: bytes) -> Iterator[Trigger]:
    """The triggers of one known text of four bytes or more in its encoded forms: letters alone, which compile fast."""
    yield from _base64_letters(text)
    yield from _base64_twice(text)
    yield Trigger("".join(_hex_of(frozenset(chr(byte))) for byte in text), HEX, (), 0, (2 * len(text), 2 * len(text)))
    if len(set(text)) >= 3:
        yield Trigger(_literal(text[::-1]), REVERSED)
    yield from _opening(text[:_OPENING_VALUE])
    yield from _as_numbers(text)


def _base64_letters(text: bytes, kinds: tuple[int, ...] = ()) -> Iterator[Trigger]:
    """The base64 of a text wherever it starts in a group of three, in either alphabet."""
    for shift, first, letters in _base64_of(text):
        yield Trigger(_literal(letters), BASE64, kinds, shift, (first + len(letters), first + len(letters)))


def _base64_twice(text: bytes) -> Iterator[Trigger]:
    """The base64 of that, where it says enough."""
    for inner in dict.fromkeys(letters for shift, _, letters in _base64_of(text) if not shift):
        yield from (trigger for trigger in _base64_letters(inner) if trigger.back[0] >= _SAYS_ENOUGH)


def _base64_of(text: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(bytes into a group, letters left out, letters) of the base64 of a text.

    The letters at the edges that say something of the bytes beside it are left out: a class of letters there makes an expression take
    a hundred times as long to compile.
    """
    for shift in range(3):
        letters = b64encode(bytes(shift) + text + bytes(2))
        first, start, stop = 8 * shift // 6, -(-8 * shift // 6), 8 * (shift + len(text)) // 6
        for written in dict.fromkeys((letters[start:stop], letters[start:stop].translate(_URL_SAFE))):
            yield shift, start - first, written


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _as_numbers(text: bytes) -> Iterator[Trigger]:
    """A text as a list of character codes, and in UTF-16."""
    for joint in (",", r",\x20"):
        yield Trigger("".join(f"{byte}{joint}" for byte in text[:_CODES]), CODES)
        yield Trigger("".join(f"0x{byte:x}{joint}" for byte in text[:_CODES]), CODES)
    yield Trigger("".join(f"\\x{byte:02x}\\x00" for byte in text), WIDE, (), 0, (2 * len(text), 2 * len(text)))


# What a word may be made of between quotes, brackets and spaces.
_WORD = _ANY - frozenset(" \"'`")


@cache
def _class_of(members: frozenset[str]) -> str:
    return f"[{''.join(_escape(ord(member)) for member in sorted(members))}]"


def base64_expression(text: Sequence[frozenset[str]], shift: int) -> tuple[str, int]:
    """The base64 of a text, given as the characters that each place can hold, where it starts `shift` bytes into a group of three.

    In either alphabet, without letters at the edges that say nothing of the text; and its length.
    """
    places = [_ALL] * shift + [frozenset(map(ord, members)) for members in text]
    places += [_ALL] * (-len(places) % 3)
    found: list[str] = []
    for place in range(0, len(places), 3):
        found += _group(*places[place : place + 3])
    found = found[8 * shift // 6 :]
    while found[-1] == _group(_ALL, _ALL, _ALL)[0]:
        found.pop()
    return _sequence(found), len(found)


_ALL = frozenset(range(256))


@cache
def _group(first: frozenset[int], second: frozenset[int], third: frozenset[int]) -> tuple[str, str, str, str]:
    """The four base64 letters of three bytes, each as a class."""
    numbers = (
        {one >> 2 for one in first},
        {one | two for one in {byte << 4 & 63 for byte in first} for two in {byte >> 4 for byte in second}},
        {two | three for two in {byte << 2 & 63 for byte in second} for three in {byte >> 6 for byte in third}},
        {three & 63 for three in third},
    )
    return tuple(map(_letters, map(frozenset, numbers)))  # type: ignore[return-value]


@cache
def _letters(numbers: frozenset[int]) -> str:
    """The class of the base64 letters of some numbers, in either alphabet."""
    letters = [_ALPHABET[number] for number in sorted(numbers)]
    body = "".join("+\\-" if letter == "+" else "/_" if letter == "/" else letter for letter in letters)
    return body if len(body) == 1 else f"[{body}]"


def _sequence(classes: Iterable[str]) -> str:
    """Classes one behind the other, equal ones counted."""
    counted = [(text, len(list(equal))) for text, equal in groupby(classes)]
    return "".join(text if count == 1 else f"{text}{{{count}}}" for text, count in counted)


@cache
def _hex_of(members: frozenset[str]) -> str:
    """A byte in hex, of either case; of several, what its digits can be."""
    return "".join(_hex_class({f"{ord(member):02x}"[place] for member in members}) for place in (0, 1))


def _hex_class(digits: set[str]) -> str:
    body = "".join(digit + digit.upper() if digit.isalpha() else digit for digit in sorted(digits))
    return body if len(body) == 1 else f"[{body}]"


def _literal(text: bytes) -> str:
    return "".join(_escape(byte) for byte in text)


# --- places that have to be put together or decoded -------------------------------------------------------------------------

# Letters and digits, `_`, `-` and `.` need no escape: who escapes them hides them, or escapes everything.
_PLAIN_HEX = r"(?:2[dDeE]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9Aa])"
_PLAIN_OCTAL = r"(?:0?(?:5[56]|6[0-7]|7[01])|1(?:0[1-7]|[1256][0-7]|3[0-27]|4[1-7]|7[0-2]))"
_QUOTE = r"\x5c{0,3}[\x22\x27\x60]"

_PLACES = (
    Trigger(rf"\x5c(?:x|u00|u\{{){_PLAIN_HEX}", ESCAPED),
    Trigger(rf"\x5c{_PLAIN_OCTAL}", ESCAPED),
    Trigger(rf"\x25(?:25){{0,3}}{_PLAIN_HEX}", PERCENT),
    Trigger(r"-----BEGIN\x25(?:25)?20[A-Z]", PERCENT),
    Trigger(
        r"&#(?:[xX]0{0,4}" + _PLAIN_HEX + r"|0{0,4}(?:4[568]|4[89]|5[0-7]|6[5-9]|[78][0-9]|9[0579]|9[89]|1[01][0-9]|12[0-2]))(?:;|[^0-9;])",
        ENTITY,
    ),
    Trigger(r"&(?:lowbar|UnderBar|colon|sol|period|commat|equals|plus);", ENTITY),
    # What code decodes itself is looked at whether it begins as a key does or not.
    Trigger(rf"(?:atob|Buffer\.from)\({_QUOTE}[A-Za-z0-9+/_\-]{{8}}", BASE64, (), 0, (8, 8)),
    *(
        Trigger(rf"{call}[0-9]", CODES)
        for call in (
            *(
                rf"fromCharCode{opening}"
                for opening in (r"\(", r"\(\.\.\.\[", r"\.apply\(null,\[", r"\.apply\(null,\x20\[", r"\.apply\(String,\[")
            ),
            *(rf"Uint8Array{opening}" for opening in (r"\(\[", r"\.of\(", r"\.from\(\[")),
        )
    ),
    # No space at the joint: prose is broken at its spaces, keys are not. Written out, for a quote alone stands everywhere.
    *(
        Trigger(rf"[A-Za-z0-9_\-+/=.:~@%?&]{escape}{quote}{joint}{escape}{other}[A-Za-z0-9_\-+/=.:~@%?&]", JOIN)
        for escape in ("", r"\x5c", r"\x5c\x5c\x5c")
        for quote in (r"\x22", r"\x27", r"\x60")
        for other in (r"\x22", r"\x27", r"\x60")
        for joint in (r"\+", r"\x20\+\x20", r"\x20\+\s{1,40}")
    ),
    Trigger(rf"[A-Za-z0-9_\-+/=.:~@%?&]{_QUOTE}\x29?\.concat\({_QUOTE}", JOIN),
    *(Trigger(rf"{join}\({_QUOTE}[\-_.:/+=~]?{_QUOTE}\)", ARRAY) for join in (r"\.join", r"join[\x22\x27]\]")),
    Trigger(rf"[A-Za-z0-9_\-+/=.:~@%?&]\$\{{{_QUOTE}[A-Za-z0-9_\-+/=.:~@%?&]", JOIN),
    Trigger(r"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789(?:\+|\x5cx2b)", SWAPPED),
    Trigger(
        r"(?i)(?:secret|passw(?:or)?d|passphrase|pwd|pass|(?:admin|server|service|role|master|signing|encryption|private|account|bot|refresh|deploy|access)"
        rf"[_\-]?(?:api[_\-]?)?(?:key|token))(?:[_\-]?(?:access)?[_\-]?(?:key|token))?{_QUOTE}?\]?\s{{0,3}}[:=]\s{{0,3}}{_QUOTE}"
        r"[^\x22\x27\x60\s\x5c<>{}()]{8}",
        NAMED,
    ),
    # A name may say whose key it is (`deepseekApiKey`), or the address beside it does: `key` alone would match everywhere.
    Trigger(
        rf"(?:[a-z](?:Key|Token)|_(?:KEY|TOKEN|key|token)){_QUOTE}?\]?\s{{0,3}}(?:[:=,]|\x7c\x7c|\?\?)\s{{0,3}}{_QUOTE}[0-9A-Za-z_.+/=\-]{{8}}",
        NAMED,
    ),
    # `token` and `key` alone stand everywhere; what they hold has to be long, and `shift` says by how much longer than eight characters.
    Trigger(rf"[^A-Za-z0-9](?:token|key){_QUOTE}?\s{{0,3}}:\s{{0,3}}{_QUOTE}[0-9A-Za-z_.+/=\-]{{24}}", NAMED, (), 16),
    *(Trigger(rf"{quote}sk-[0-9A-Za-z]{{20}}", NAMED, (), 15) for quote in (r"\x22", r"\x27", r"\x60")),
    Trigger(r"Bearer\x20[0-9A-Za-z_.+/=\-]{8}", NAMED),
    Trigger(r"Basic\x20[0-9A-Za-z+/]{8}", NAMED),
    Trigger(rf"btoa\({_QUOTE}[0-9A-Za-z._@+\-]{{1,64}}:[^\x22\x27\x60\s\x5c<>{{}}()$]{{4}}", NAMED),
    # A program in base64, as bundlers put a worker into its page, that sends a key with its requests.
    *_base64_letters(b"Bearer "),
    Trigger(
        r"(?i)(?:login|password|credentials|passwort)\s{0,2}[:=]\s{0,2}[a-z0-9._@\-]{2,40}\s{0,2}/\s{0,2}[^\s\x22\x27\x60<>\x5c]{8}", NAMED
    ),
    # The loop that rotates an obfuscator's string array.
    Trigger(r"\(!!\[\]\)\s?\{\s{0,40}try\s?\{\s{0,40}(?:const|var|let) [A-Za-z0-9_$]{1,24}\s?=\s?", TABLE),
    Trigger(r"\{\}\.[A-Z][A-Z0-9_]{2}", READ),
    Trigger(r"(?:process|import\.meta)\.env(?:\.|\[[\x22\x27])[A-Z][A-Z0-9_]{2}", READ),
    Trigger(r"[^\x5c]\x22sourcesContent\x22\s{0,4}:\s{0,4}\[\s{0,9}(?:null\s{0,4},\s{0,9}){0,40}\x22", MAP),
    # An address that leads a visitor nowhere; what it stands at decides.
    Trigger(rf"{_QUOTE}(?:https?|wss?):(?:\x5c{{0,3}}/){{2}}(?:undefined|null|NaN|localhost|127\.0\.0\.1|0\.0\.0\.0)", LINK),
    Trigger(r"https:\x5c{0,3}/\x5c{0,3}/buy\.stripe\.com\x5c{0,3}/test_[0-9A-Za-z]{4}", LINK),
    Trigger(r"data:(?:application|text)/[a-zA-Z0-9.+\-]{1,40}(?:;[a-zA-Z0-9=\-]{1,30}){0,3};base64,", DATA),
)
