"""Looks at one block of bytes: asks the databases, confirms or decodes around each hit, and looks at what was decoded the same way."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from driftline.bundle import context, encodings, joins, late, obfuscator, sourcemap, triggers
from driftline.bundle.confirm import Judge, Key, Shapes, Verdict
from driftline.bundle.encodings import Decoded
from driftline.bundle.engine import Engine
from driftline.bundle.known import Known, Literal
from driftline.bundle.triggers import Trigger
from driftline.knowledge import catalog
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
    original: tuple[str, int, int] | None = None
    open: bool = False


class Mark(NamedTuple):
    """A place that is no secret but says something of the build: a read of the environment, the sources inside a map."""

    form: str
    start: int
    text: str = ""
    sources: int = 0


class Block(NamedTuple):
    """What one block gave."""

    hits: list[Hit]
    marks: list[Mark]


class Look:
    """The databases and the judge of one run. `blocks` may be called from several threads."""

    def __init__(
        self,
        kinds: Sequence[KeyKind],
        patterns: Engine,
        judge: Judge,
        known: Engine | None = None,
        literals: Sequence[Literal] = (),
        values: Sequence[Known] = (),
        deepest: int = DEEPEST,
    ) -> None:
        self._patterns = patterns
        self._known = known
        self._literals = literals
        self.values = values
        self._deepest = deepest
        self._shapes = Shapes(kinds)
        self._services = triggers.services(catalog.load())
        self._halves = context.halves(tuple(kinds))
        # Of an address that any server may have, the password is the secret.
        self._addresses = frozenset((kind.provider, kind.id) for kind in kinds if kind.generic and kind.slot == "url")
        self.judge = judge

    def block(self, data: bytes, low: int = 0, high: int | None = None, *, bare: bool = False) -> Block:
        """The hits of a block whose triggers end in (low, high], in order; equal text at one place is told once."""
        found = _best(self._hits(data, low, len(data) if high is None else high, 0, bare))
        return Block([hit for hit in found if isinstance(hit, Hit)], [mark for mark in found if isinstance(mark, Mark)])

    def _hits(self, data: bytes, low: int, high: int, depth: int, bare: bool) -> Iterator[Hit | Mark]:
        touching: list[Key] = []
        for engine in (self._patterns, self._known):
            if engine is None:
                continue
            decoded_to: dict[str, int] = {}
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
                elif trigger.form == triggers.READ:
                    yield from _read(data, end)
                elif trigger.form == triggers.SERVICE:
                    yield Mark(triggers.SERVICE, end - 1, self._services[trigger.shift][0])
                elif trigger.form == triggers.MAP:
                    yield Mark(triggers.MAP, end - 1, "", _sources(data, end))
                elif depth < self._deepest and end > decoded_to.get(trigger.form, 0):
                    if trigger.form == triggers.BASE64 and trigger.kinds and not self._is_likely(data, trigger, end):
                        continue
                    decoded, encoding, stop = _decode(data, trigger, end)
                    if decoded is None or not decoded.data:
                        continue
                    decoded_to[trigger.form] = stop
                    if trigger.form == triggers.DATA:
                        decoded_to[triggers.BASE64] = stop
                    yield from self._inner(decoded, encoding, depth, bare and encoding == "utf-16")
        for key in _back_to_back(touching):
            yield from self._told(data, key)

    def _is_likely(self, data: bytes, trigger: Trigger, end: int) -> bool:
        """Whether what a base64 head starts has the shape of one of its kinds, before all around it is decoded."""
        group = end - trigger.back[0] - (8 * trigger.shift) // 6
        decoded = encodings.base64_run(data, max(0, group), group + _GLANCE, whole=False) if group >= 0 else None
        return decoded is not None and self._shapes.starts(decoded.data, trigger, trigger.shift, cut=len(decoded.data) >= _GLANCE * 3 // 4)

    def _inner(self, decoded: Decoded, encoding: str, depth: int, bare: bool) -> Iterator[Hit | Mark]:
        """The hits in decoded text, at their places in the text it came from."""
        found = _best(self._hits(decoded.data, 0, len(decoded.data), depth + 1, bare))
        originals = _originals(decoded.data, found)
        for hit in found:
            if isinstance(hit, Mark):
                if hit.form in (triggers.MAP, triggers.SERVICE):
                    yield hit._replace(start=decoded.origin(hit.start))
                continue
            first, last = decoded.origin(hit.start), decoded.origin(max(hit.start, hit.end - 1)) + 1
            if decoded.reverse:
                first, last = last - 1, first + 1
            outer = encoding if hit.encoding == "plain" or encoding in _TELLING else hit.encoding
            yield hit._replace(start=first, end=last, encoding=outer, original=originals.get(hit.start, hit.original))

    def _told(self, data: bytes, key: Key) -> Iterator[Hit]:
        """A key that is somebody's, and the secret beside it where it is only an id."""
        verdict = self.judge.verdict(key.text)
        identity = verdict.traits.identity
        if identity is None or verdict.sample is not None:
            return
        if (identity.provider, identity.kind) in self._addresses:
            verdict = self.judge.password(key.text, verdict)
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
        yield Hit(start, stop, literal.text, literal.encoding, literal.verdict, literal.number, open=literal.open)


_READ = late.pattern(
    rb"(?:^|[=(,:?&|!;{}\[+~\n]|\b(?:return|typeof|await|in|of|case|throw|new|void|yield|else))\s{0,4}"
    rb"(?:process|import\.meta)\.env(?:\.|\[([\"']))([A-Z][A-Z0-9_]{2,120})(?(1)\1\])(?=\s{0,4}(?:[;,)\]}?:|&=!+*.]|\Z|\n|in\b|instanceof\b))"
)


def _read(data: bytes, end: int) -> Iterator[Mark]:
    """The name of a read of the environment whose first three letters end at `end`; a mention in a text is none."""
    start = data.rfind(b".env", max(0, end - 12), end)
    for found in _READ.finditer(data, max(0, start - 30), end + 130):
        if found.start(2) == end - 3 and found[2] != b"NODE_ENV":
            yield Mark(triggers.READ, found.start(2), found[2].decode())


def _sources(data: bytes, end: int) -> int:
    """How many sources the map lists whose `sourcesContent` starts at `end`; 0 where its list is out of reach."""
    place = data.rfind(b'"sources"', 0, end)
    if place < 0:
        place = data.find(b'"sources"', end)
    start = data.find(b"[", place) if place >= 0 else -1
    stop = data.find(b"]", start)
    return data.count(b'",', start, stop) + 1 if 0 <= start < stop else 0


def _originals(data: bytes, found: Sequence[Hit | Mark]) -> dict[int, tuple[str, int, int]]:
    """For hits in a source map that was decoded whole: the embedded source, line and column they stand at."""
    starts = [hit.start for hit in found if isinstance(hit, Hit)]
    if not starts or not any(isinstance(mark, Mark) and mark.form == triggers.MAP for mark in found):
        return {}
    return sourcemap.places_in(lambda: io.BytesIO(data), sorted(set(starts)))


def _best(found: Iterable[Hit | Mark]) -> list[Hit | Mark]:
    """Of hits at one place, or inside one another, the one that says most; in order, the marks behind them."""
    hits: dict[int, Hit] = {}
    marks: list[Hit | Mark] = []
    for hit in found:
        if isinstance(hit, Mark):
            marks.append(hit)
            continue
        other = hits.get(hit.start)
        # A key that goes on behind an escape or a joint was seen shorter before.
        if other is None or _is_core(hit, other) or (better(hit, other) and not _is_core(other, hit)):
            hits[hit.start] = hit
    ordered = [hits[start] for start in sorted(hits)]
    return [*(hit for number, hit in enumerate(ordered) if not _inside(hit, _around(ordered, number))), *marks]


def _back_to_back(keys: Sequence[Key]) -> Iterator[Key]:
    """Keys that touch nothing but one another: two literals that a bundler folded into one."""
    starts, ends = {key.start for key in keys}, {key.end for key in keys}
    for key in keys:
        if (not key.left or key.start in ends) and (not key.right or key.end in starts):
            yield key


def better(hit: Hit, other: Hit) -> bool:
    """Of two hits at one place: the longer text, then the one that names a variable, then the one that needed no decoding."""
    return _merit(hit) > _merit(other)


def _merit(hit: Hit) -> tuple[int, bool, bool, bool]:
    return (len(hit.text), hit.known is not None and not hit.open, hit.beside is None, hit.encoding == "plain")


# Base64 that is decoded to see whether more is worth it: the longest shapes are judged by their beginning.
_GLANCE = 1600

# Hits that can lie in one another's reach: more would be a list of keys.
_NEIGHBOURS = 64

# Encodings that say more than what is inside them: an escaped base64 text is base64 to its reader.
_TELLING = frozenset(("base64", "base64url", "hex", "reversed", "concatenated", "utf-16"))

_WORD = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-")
_ESCAPE_BEFORE = late.pattern(rb"(?:\\[nrtbfv0]|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|%[0-9A-Fa-f]{2})\Z")


def _in_a_word(data: bytes, start: int, stop: int) -> bool:
    """Whether a short value stands inside a longer word: then it is a chance meeting."""
    before = (
        start > 0 and data[start - 1] in _WORD and data[start] in _WORD and _ESCAPE_BEFORE.search(data, max(0, start - 6), start) is None
    )
    after = stop < len(data) and data[stop] in _WORD and data[stop - 1] in _WORD
    return before or after


def _around(ordered: Sequence[Hit], number: int) -> list[Hit]:
    """The hits that overlap this one."""
    hit = ordered[number]
    found = []
    for other in reversed(ordered[max(0, number - _NEIGHBOURS) : number]):
        if other.end > hit.start:
            found.append(other)
    for other in ordered[number + 1 : number + _NEIGHBOURS]:
        if other.start >= hit.end:
            break
        found.append(other)
    return found


def _inside(hit: Hit, ordered: Sequence[Hit]) -> bool:
    """Whether a longer hit around this one, or the decoded core of this one, says it better."""
    for other in ordered:
        if other is hit:
            continue
        if other.start <= hit.start and other.end >= hit.end and len(other.text) > len(hit.text) and _weight(other) >= _weight(hit):
            return not _is_core(hit, other)
        if hit.start <= other.start and hit.end >= other.end and _is_core(other, hit):
            return True
    return False


def _is_core(inner: Hit, outer: Hit) -> bool:
    """Whether a decoded text is most of the encoded one around it: then that is only how it was written."""
    return (
        inner.encoding != outer.encoding
        and _weight(inner) >= _weight(outer)
        and 3 * (inner.end - inner.start) >= 2 * (outer.end - outer.start)
        and re.fullmatch(r"[A-Za-z0-9+/_\-]+={0,2}", outer.text) is not None
    )


def _weight(hit: Hit) -> int:
    identity = hit.verdict.traits.identity
    if hit.open:
        return 0
    if hit.beside is not None:
        return 1
    return 3 if hit.known is not None else 2 if identity is not None and identity.exposure is Exposure.SECRET else 0


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
    decoded = encodings.codes(data, end)
    return decoded, "escaped", max(end, decoded.origin(len(decoded.data)))


def _join(data: bytes, _trigger: Trigger, end: int) -> tuple[Decoded | None, str, int]:
    decoded = joins.chain(data, end)
    return decoded, "concatenated", end


def _array(data: bytes, _trigger: Trigger, end: int) -> tuple[Decoded | None, str, int]:
    return joins.array(data, end), "concatenated", end


def _swapped(data: bytes, _trigger: Trigger, end: int) -> tuple[Decoded | None, str, int]:
    return joins.swapped(data, end), "base64", len(data)


def _table(data: bytes, _trigger: Trigger, end: int) -> tuple[Decoded | None, str, int]:
    return obfuscator.restored(data, end), "escaped", end


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
    triggers.TABLE: _table,
}
