"""Looks at one block of bytes: asks the databases, confirms or decodes around each hit, and looks at what was decoded the same way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from driftline.bundle import context, encodings, joins, triggers
from driftline.bundle.confirm import Judge, Key, Shapes, Verdict
from driftline.bundle.encodings import Decoded
from driftline.bundle.engine import Engine
from driftline.bundle.known import Literal
from driftline.bundle.triggers import Trigger
from driftline.knowledge.catalog import KeyKind
from driftline.model import Exposure

# Decoded text is looked at like any other, to this depth: base64 of JSON of a URL with escapes.
DEEPEST = 4


class Hit(NamedTuple):
    """A real text found in a block: from `start` to `end` there, its decoded text, how it was encoded.

    `known` is a known value's number; `beside` is the name that makes a value a secret which its shape does not.
    """

    start: int
    end: int
    text: str
    encoding: str
    verdict: Verdict
    known: int | None = None
    beside: str | None = None


class Look:
    """The databases and the judge of one run. `blocks` may be called from several threads."""

    def __init__(
        self, kinds: Sequence[KeyKind], patterns: Engine, judge: Judge, known: Engine | None = None, literals: Sequence[Literal] = ()
    ) -> None:
        self._patterns = patterns
        self._known = known
        self._literals = literals
        self._shapes = Shapes(kinds)
        self._halves = context.halves(tuple(kinds))
        self.judge = judge

    def block(self, data: bytes, low: int = 0, high: int | None = None, *, bare: bool = False) -> list[Hit]:
        """The hits of a block whose triggers end in (low, high], in order; equal text at one place is told once."""
        found: dict[int, Hit] = {}
        for hit in self._hits(data, low, len(data) if high is None else high, 0, bare):
            other = found.get(hit.start)
            # A key that goes on behind an escape or a joint was seen shorter before.
            if other is None or _better(hit, other):
                found[hit.start] = hit
        ordered = [found[start] for start in sorted(found)]
        return [hit for hit in ordered if not _inside(hit, ordered)]

    def _hits(self, data: bytes, low: int, high: int, depth: int, bare: bool) -> Iterator[Hit]:
        decoded_to: dict[str, int] = {}
        touching: list[Key] = []
        for engine in (self._patterns, self._known):
            if engine is None:
                continue
            for end, number in engine.hits(data):
                if not low < end <= high:
                    continue
                trigger = engine.triggers[number]
                if trigger.form == triggers.PLAIN:
                    for key in self._shapes.keys(data, trigger, end, bare=bare):
                        if key.left or key.right:
                            touching.append(key)
                        else:
                            yield from self._told(data, key)
                elif trigger.form == triggers.KNOWN:
                    yield from self._values(data, trigger, end, bare)
                elif trigger.form == triggers.NAMED:
                    for one in context.named(data, end, self.judge):
                        yield Hit(one.start, one.end, one.text, "plain", one.verdict, None, one.name)
                elif depth < DEEPEST:
                    if end <= decoded_to.get(trigger.form, 0):
                        continue
                    decoded, encoding, stop = _decode(data, trigger, end)
                    if decoded is None or not decoded.data:
                        continue
                    decoded_to[trigger.form] = stop
                    yield from self._inside(decoded, encoding, depth, bare and encoding == "utf-16")
        for key in _back_to_back(touching):
            yield from self._told(data, key)

    def _inside(self, decoded: Decoded, encoding: str, depth: int, bare: bool) -> Iterator[Hit]:
        """The hits in decoded text, at their places in the text it came from."""
        for hit in self._hits(decoded.data, 0, len(decoded.data), depth + 1, bare):
            first, last = decoded.origin(hit.start), decoded.origin(max(hit.start, hit.end - 1)) + 1
            if decoded.reverse:
                first, last = last - 1, first + 1
            outer = encoding if hit.encoding == "plain" or encoding in _TELLING else hit.encoding
            yield hit._replace(start=first, end=last, encoding=outer)

    def _told(self, data: bytes, key: Key) -> Iterator[Hit]:
        """A key that is somebody's, and the secret beside it where it is only an id."""
        verdict = self.judge.verdict(key.text)
        identity = verdict.traits.identity
        if identity is None or verdict.sample is not None:
            return
        yield Hit(key.start, key.end, key.text, "plain", verdict)
        if identity.slot in ("id", "account") and identity.provider in self._halves:
            for one in context.beside_id(data, key.start, key.end, identity, self._halves, self.judge):
                yield Hit(one.start, one.end, one.text, "plain", one.verdict, None, one.name)

    def _values(self, data: bytes, trigger: Trigger, end: int, bare: bool) -> Iterator[Hit]:
        literal = self._literals[trigger.kinds[0]]
        start = end - trigger.back[0]
        stop = start + len(literal.form)
        if start < 0 or data[start:stop] != literal.form:
            return
        if literal.bounded and not bare and _in_a_word(data, start, stop):
            return
        yield Hit(start, stop, literal.text, literal.encoding, literal.verdict, literal.number)


def _back_to_back(keys: Sequence[Key]) -> Iterator[Key]:
    """Keys that touch nothing but one another: two literals that a bundler folded into one."""
    starts, ends = {key.start for key in keys}, {key.end for key in keys}
    for key in keys:
        if (not key.left or key.start in ends) and (not key.right or key.end in starts):
            yield key


def _better(hit: Hit, other: Hit) -> bool:
    """Of two hits at one place: the longer text, then the one that names a variable, then the one that needed no decoding."""
    return _merit(hit) > _merit(other)


def _merit(hit: Hit) -> tuple[int, bool, bool, bool]:
    return (len(hit.text), hit.known is not None, hit.beside is None, hit.encoding == "plain")


# Encodings that say more than what is inside them: an escaped base64 text is base64 to its reader.
_TELLING = frozenset(("base64", "base64url", "hex", "reversed", "concatenated", "utf-16"))

_WORD = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-")
_ESCAPE_BEFORE = re.compile(rb"(?:\\[nrtbfv0]|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|%[0-9A-Fa-f]{2})\Z")


def _in_a_word(data: bytes, start: int, stop: int) -> bool:
    """Whether a short value stands inside a longer word: then it is a chance meeting."""
    before = (
        start > 0 and data[start - 1] in _WORD and data[start] in _WORD and _ESCAPE_BEFORE.search(data, max(0, start - 6), start) is None
    )
    after = stop < len(data) and data[stop] in _WORD and data[stop - 1] in _WORD
    return before or after


def _inside(hit: Hit, ordered: Sequence[Hit]) -> bool:
    """Whether a hit lies within a longer one of at least its weight: the URL that holds it, the same key of a shorter shape."""
    for other in ordered:
        if other.start > hit.start:
            break
        if other is not hit and other.end >= hit.end and len(other.text) > len(hit.text) and _weight(other) >= _weight(hit):
            return True
    return False


def _weight(hit: Hit) -> int:
    identity = hit.verdict.traits.identity
    if hit.beside is not None:
        return 0
    return 2 if hit.known is not None else 1 if identity is not None and identity.exposure is Exposure.SECRET else 0


# --- decoding around a hit ------------------------------------------------------------------------------------------------

# Escapes are undone this far before and behind the first one that needs none; the next hit behind it starts a region of its own.
_BEFORE = 2 << 10
_REGION = 24 << 10


def _decode(data: bytes, trigger: Trigger, end: int) -> tuple[Decoded | None, str, int]:
    """(what was decoded, the encoding's name, where to go on)."""
    form = trigger.form
    decoder = _AROUND.get(form)
    if decoder is not None:
        return decoder(data, trigger, end)
    if form == triggers.ESCAPED:
        written = data[max(0, end - 24) : end]
        form = triggers.PERCENT if b"%" in written else triggers.ENTITY if b"&" in written and b";" in written else triggers.ESCAPED
    undo = {triggers.PERCENT: encodings.unpercent, triggers.ENTITY: encodings.unentity}.get(form, encodings.unescape)
    stop = min(len(data), end + _REGION)
    return undo(data, max(0, end - _BEFORE), stop), form, stop - _BEFORE if stop < len(data) else stop


def _base64(data: bytes, trigger: Trigger, end: int) -> tuple[Decoded | None, str, int]:
    decoded = encodings.base64(data, end - trigger.back[0], trigger.shift)
    if decoded is None:
        return None, "base64", end
    stop = decoded.origin(len(decoded.data))
    run = data[decoded.marks[0][1] : stop]
    return decoded, "base64url" if b"-" in run or b"_" in run else "base64", end


def _hex(data: bytes, trigger: Trigger, end: int) -> tuple[Decoded | None, str, int]:
    return encodings.hexadecimal(data, end - trigger.back[0]), "hex", end


def _reversed(data: bytes, _trigger: Trigger, end: int) -> tuple[Decoded | None, str, int]:
    return encodings.reversed_around(data, end - 1), "reversed", end


def _wide(data: bytes, trigger: Trigger, end: int) -> tuple[Decoded | None, str, int]:
    return encodings.wide(data, end - trigger.back[0]), "utf-16", end


def _codes(data: bytes, _trigger: Trigger, end: int) -> tuple[Decoded | None, str, int]:
    return encodings.codes(data, end), "escaped", end


def _join(data: bytes, _trigger: Trigger, end: int) -> tuple[Decoded | None, str, int]:
    decoded = joins.chain(data, end)
    return decoded, "concatenated", end


def _array(data: bytes, _trigger: Trigger, end: int) -> tuple[Decoded | None, str, int]:
    return joins.array(data, end), "concatenated", end


def _swapped(data: bytes, _trigger: Trigger, end: int) -> tuple[Decoded | None, str, int]:
    return joins.swapped(data, end), "base64", len(data)


def _data_url(data: bytes, _trigger: Trigger, end: int) -> tuple[Decoded | None, str, int]:
    run = re.compile(rb"[A-Za-z0-9+/_\-]*").match(data, end)
    stop = run.end() if run else end
    return encodings.base64_run(data, end, stop), "base64", stop


_AROUND: dict[str, Callable[[bytes, Trigger, int], tuple[Decoded | None, str, int]]] = {
    triggers.BASE64: _base64,
    triggers.HEX: _hex,
    triggers.REVERSED: _reversed,
    triggers.WIDE: _wide,
    triggers.CODES: _codes,
    triggers.JOIN: _join,
    triggers.ARRAY: _array,
    triggers.SWAPPED: _swapped,
    triggers.DATA: _data_url,
}
