"""Looks at one block of bytes: asks the databases, confirms or decodes around each hit, and looks at what was decoded the same way."""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from driftline import late
from driftline.bundle import context, far, links, sourcemap, triggers
from driftline.bundle.blob import Mark, Opened, Window, windows
from driftline.bundle.confirm import Judge, Key, Shapes, Verdict
from driftline.bundle.engine import Engine
from driftline.bundle.known import Known, Literal
from driftline.bundle.regions import FAR, Region, Regions
from driftline.bundle.triggers import Trigger
from driftline.knowledge import catalog
from driftline.knowledge.catalog import KeyKind
from driftline.model import Exposure
from driftline.record import NamedTuple

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


class Block(NamedTuple):
    """What one block gave, as it was met; `settled` makes of the hits and the touching keys of a whole text what it holds."""

    hits: list[Hit]
    marks: list[Mark]
    touching: list[Key]

    def add(self, other: "Block", start: int = 0) -> None:
        """Adds what another block gave, which starts at `start` in this one's text."""
        self.hits.extend(hit._replace(start=hit.start + start, end=hit.end + start) for hit in other.hits)
        self.marks.extend(mark._replace(start=mark.start + start) for mark in other.marks)
        self.touching.extend(key._replace(start=key.start + start, end=key.end + start) for key in other.touching)


class Look:
    """The databases and the judge of one run. `window` may be called from several threads."""

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

    def window(self, data: bytes, low: int = 0, high: int | None = None, *, base: int = 0, bare: bool = False, depth: int = 0) -> Block:
        """The hits of a block whose triggers end in (low, high], at their places in the block; `base` is where it starts in its text.

        What a trigger gives depends on nothing but the text around it, at most `blob.OVERLAP` bytes to each side: windows of any size,
        laid over one another that far, give the same in sum. `bare` is for texts without separators.
        """
        block = Block([], [], [])
        for one in self._found(data, low, len(data) if high is None else high, base, depth, bare, block.touching):
            block.marks.append(one) if isinstance(one, Mark) else block.hits.append(one)
        return block

    def through(self, pieces: Iterable[Window], opened: Opened, *, bare: bool = False, depth: int = 0) -> Block:
        """The hits of a text that comes in windows, and of the places in it that say more than a window holds.

        `opened` gives the text again from its start, for those places. Raises what reading it raises.
        """
        found = Block([], [], [])
        for window in pieces:
            found.add(self.window(window.data, window.low, window.high, base=window.start, bare=bare, depth=depth), window.start)
        self._add_far(found, opened, depth)
        return found

    def whole(self, data: bytes, *, bare: bool = False, depth: int = 0) -> Block:
        """The hits of a whole text in memory, as `through` gives them."""
        found = self.window(data, bare=bare, depth=depth)
        self._add_far(found, lambda: io.BytesIO(data), depth)
        return found

    def text(self, data: bytes, *, bare: bool = False) -> list[Hit]:
        """What a whole text in memory holds, in order."""
        found = self.whole(data, bare=bare)
        return self.settled(found.hits, found.touching)

    def _add_far(self, found: Block, opened: Opened, depth: int) -> None:
        if depth < self._deepest and found.marks:
            for mark in far.wanted(found.marks):
                found.hits.extend(self._far(mark, opened, depth, found.marks))

    def _far(self, mark: Mark, opened: Opened, depth: int, marks: list[Mark]) -> Iterator[Hit]:
        """The hits in what stands encoded at a mark and does not fit a window."""
        if mark.form != triggers.DATA:
            decoded = far.table(mark, opened)
            if decoded is not None:
                found = self._inner(Region(decoded, far.ENCODINGS[mark.form]), depth, bare=False)
                yield from (one for one in found if isinstance(one, Hit))
            return

        def decoded_again() -> IO[bytes]:
            return far.DataUrl(opened, mark.start)  # type: ignore[return-value]

        with decoded_again() as file:
            inside = self.through(windows(file), decoded_again, depth=depth + 1)
        hits = self.settled(inside.hits, inside.touching)
        originals: dict[int, tuple[str, int, int]] = {}
        maps = [one for one in inside.marks if one.form == triggers.MAP]
        if maps:
            marks.extend(one._replace(start=far.origin(mark.start, one.start)) for one in maps)
            originals = sourcemap.places_in(decoded_again, sorted({hit.start for hit in hits})) if hits else {}
        for hit in hits:
            yield hit._replace(
                start=far.origin(mark.start, hit.start),
                end=far.origin(mark.start, hit.end - 1) + 1,
                encoding=outer_encoding(hit, "base64"),
                original=originals.get(hit.start, hit.original),
            )

    def settled(self, hits: Sequence[Hit], touching: Sequence[Key]) -> list[Hit]:
        """What all hits of one text come to, in order: of hits at one place, or inside one another, the one that says most."""
        if not hits and not touching:
            return []
        return _best([*hits, *(hit for key in _back_to_back(touching) for hit in self._told(b"", key))])

    def _found(self, data: bytes, low: int, high: int, base: int, depth: int, bare: bool, touching: list[Key]) -> Iterator[Hit | Mark]:
        for engine in (self._patterns, self._known):
            if engine is None:
                continue
            hits = engine.hits(data)
            if not hits:
                continue
            regions = Regions(data, base)
            for end, number in hits:
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
                    for one in context.named(data, end - trigger.shift, self.judge):
                        yield Hit(one.start, one.end, one.text, one.encoding, one.verdict, None, one.name)
                elif trigger.form == triggers.READ:
                    yield from _read(data, end)
                elif trigger.form == triggers.SERVICE:
                    yield Mark(triggers.SERVICE, end - 1, self._services[trigger.shift][0])
                elif trigger.form == triggers.LINK:
                    link = links.mark(data, end)
                    if link is not None:
                        yield link
                elif trigger.form == triggers.MAP:
                    yield Mark(triggers.MAP, end - 1, "", _sources(data, end))
                elif trigger.form in FAR:
                    yield Mark(trigger.form, end)
                elif depth < self._deepest:
                    if (
                        trigger.form == triggers.SPLIT
                        and trigger.kinds
                        and self._shapes.within(_literal(data, end - trigger.back[0]), trigger)
                    ):
                        continue  # all of the key stands in one literal
                    region = regions.around(trigger, end)
                    if trigger.form == triggers.REVERSED and region is not None and not self._shapes.within(region.decoded.data, trigger):
                        continue  # words read backwards have the heads of keys much more often than their shapes
                    if region is not None and region.decoded.data:
                        yield from self._inner(region, depth, bare and region.encoding == "utf-16")

    def _inner(self, region: Region, depth: int, bare: bool) -> Iterator[Hit | Mark]:
        """The hits in decoded text, at their places in the text it came from."""
        decoded = region.decoded
        text = decoded.data
        found = self.whole(text, bare=bare, depth=depth + 1)
        for mark in found.marks:
            if mark.form == triggers.SERVICE:
                yield mark._replace(start=decoded.origin(mark.start))
        for hit in self.settled(found.hits, found.touching):
            first, last = decoded.origin(hit.start), decoded.origin(max(hit.start, hit.end - 1)) + 1
            if decoded.reverse:
                first, last = last - 1, first + 1
            if region.first <= first < region.last:
                yield hit._replace(start=first, end=last, encoding=outer_encoding(hit, region.encoding))

    def _told(self, data: bytes, key: Key) -> Iterator[Hit]:
        """A key that is somebody's, and the secret beside it where it is only an id."""
        verdict = self.judge.verdict(key.text)
        identity = verdict.traits.identity
        if identity is None or verdict.sample is not None:
            return
        if identity.candidates and data:
            verdict = context.named_provider(data, key.start, key.text, verdict, self.judge)
        if (identity.provider, identity.kind) in self._addresses:
            verdict = self.judge.password(key.text, verdict)
        yield Hit(key.start, key.end, key.text, "plain", verdict)
        if data and identity.slot in ("id", "account") and identity.provider in self._halves:
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


_LITERAL = late.pattern(rb"[^\"'`\s]{0,8192}")


def _literal(data: bytes, start: int) -> bytes:
    """What stands between quotes or spaces from `start` on."""
    found = _LITERAL.match(data, start)
    return found[0] if found else b""


_READ = late.pattern(
    rb"(?:^|[=(,:?&|!;{}\[+~\n]|\b(?:return|typeof|await|in|of|case|throw|new|void|yield|else))\s{0,4}"
    rb"(?:(?:process|import\.meta)\.env|\{\})(?:\.|\[([\"']))([A-Z][A-Z0-9_]{2,120})(?(1)\1\])(?=\s{0,4}(?:[;,)\]}?:|&=!+*.]|\Z|\n|in\b|instanceof\b))"
)


def _read(data: bytes, end: int) -> Iterator[Mark]:
    """The name of a read of the environment whose first three letters end at `end`; a mention in a text is none.

    Vite writes `{}` for a `process.env` that nothing defines.
    """
    start = max(data.rfind(b".env", max(0, end - 12), end), data.rfind(b"{}", max(0, end - 8), end))
    for found in _READ.finditer(data, max(0, start - 30), end + 130):
        if found.start(2) == end - 3 and found[2] != b"NODE_ENV":
            yield Mark(triggers.READ, found.start(2), found[2].decode())


# The list of a map's sources stands right before their texts; one that is longer than this is not counted.
_LISTED = 56 << 10


def _sources(data: bytes, end: int) -> int:
    """How many sources the map lists whose `sourcesContent` starts at `end`; 0 where its list is out of reach."""
    place = data.rfind(b'"sources"', max(0, end - _LISTED), end)
    start = data.find(b"[", place, end) if place >= 0 else -1
    stop = data.find(b"]", start, end)
    return data.count(b'",', start, stop) + 1 if 0 <= start < stop else 0


def outer_encoding(hit: Hit, around: str) -> str:
    """The encoding that a hit inside encoded text has for who reads the text around it."""
    return around if hit.encoding == "plain" or around in _TELLING else hit.encoding


def _best(found: Iterable[Hit]) -> list[Hit]:
    """Of hits at one place, or inside one another, the one that says most; in order. The order in which they are given does not matter."""
    hits: dict[int, Hit] = {}
    for hit in sorted(found, key=_standing):
        other = hits.get(hit.start)
        # A key that goes on behind an escape or a joint was seen shorter before.
        if other is None or _is_core(hit, other) or (better(hit, other) and not _is_core(other, hit)):
            hits[hit.start] = hit
    ordered = [hits[start] for start in sorted(hits)]
    return [hit for number, hit in enumerate(ordered) if not _inside(hit, _around(ordered, number))]


def _standing(hit: Hit) -> tuple[object, ...]:
    return (hit.start, _merit(hit), hit.end, hit.encoding, hit.text, hit.known or 0)


def _back_to_back(keys: Sequence[Key]) -> Iterator[Key]:
    """Keys that touch nothing but one another: two literals that a bundler folded into one."""
    starts, ends = {key.start for key in keys}, {key.end for key in keys}
    for key in keys:
        if (not key.left or key.start in ends) and (not key.right or key.end in starts):
            yield key


def better(hit: Hit, other: Hit) -> bool:
    """Of two hits at one place: the longer text, then the one that names a variable, then the one that needed no decoding, then the one whose
    original place is known."""
    return _merit(hit) > _merit(other)


def _merit(hit: Hit) -> tuple[int, bool, bool, bool, bool]:
    known = hit.known is not None and not hit.open
    return (len(hit.text), known, hit.beside is None, hit.encoding == "plain", hit.original is not None)


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
