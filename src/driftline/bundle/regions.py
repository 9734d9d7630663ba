"""What is decoded around a trigger's hit: a piece of text whose edges depend on the text alone, not on where a window happens to end."""

from collections.abc import Callable

from driftline.bundle import encodings, joins, triggers
from driftline.bundle.encodings import Decoded
from driftline.bundle.triggers import Trigger
from driftline.record import NamedTuple

# Forms whose text may reach further than windows overlap: a data URL of any length, the string tables of obfuscators.
FAR = frozenset((triggers.DATA, triggers.SWAPPED, triggers.TABLE))

# A text is decoded in cells of this many bytes, each with what stands before and behind it: a key may start in one cell and end in the
# next, and every cell sees it whole. The three together stay below the overlap of windows.
_CELL = 16 << 10
_BEFORE = 6 << 10
_BEHIND = 32 << 10
# A hit this far outside its cell belongs to the cell beside it, which sees more of the text around it.
_SHARED = 4 << 10
# A region that was cut off may miss the bytes of a unit that was not whole.
_UNIT = 4


class Region(NamedTuple):
    """Decoded text and the name of its encoding; hits that start outside [first, last) of the text it came from belong to another region."""

    decoded: Decoded
    encoding: str
    first: int = 0
    last: int = 1 << 62


class Regions:
    """The decoded regions of one block, which starts at byte `base` of its text; each is decoded once, however many triggers point at it."""

    def __init__(self, data: bytes, base: int) -> None:
        self._data = data
        self._base = base
        self._seen: dict[tuple[str, int], tuple[int, int, int]] = {}
        self._joined: tuple[int, frozenset[int]] = (-1, frozenset())

    def around(self, trigger: Trigger, end: int) -> Region | None:
        """What stands encoded around a hit that ends at `end`; None where it was given before or cannot be decoded."""
        form = trigger.form
        if form == triggers.ESCAPED:
            form = _written(self._data, end)
        head = end - trigger.back[0]
        group = head - (8 * trigger.shift) // 6 if form == triggers.BASE64 else head
        phase = (self._base + group) % _PHASES.get(form, 1)
        seen = self._seen.get((form, phase))
        if seen is not None and seen[0] <= head < seen[1] and end <= seen[2]:
            return None
        cell = (self._base + end - 1) // _CELL
        start = cell * _CELL - self._base
        low, high = max(0, start - _BEFORE), min(len(self._data), start + _CELL + _BEHIND)
        if form in (triggers.JOIN, triggers.ARRAY, triggers.SPLIT):
            return self._joint(form, end, cell, low, high)
        decoded, encoding = _DECODERS[form](self._data, group if form == triggers.BASE64 else end if form in _AT_END else head, low, high)
        if decoded is None:
            return None
        first, last = (low, high) if form in _WHOLE else _extent(decoded)
        self._seen[form, phase] = first, max(last, end), start + _CELL
        return Region(
            decoded,
            encoding,
            start - _SHARED if first < low + _UNIT and self._base + low > 0 else 0,
            start + _CELL + _SHARED if last > high - _UNIT and high < len(self._data) else 1 << 62,
        )

    def _joint(self, form: str, end: int, cell: int, low: int, high: int) -> Region | None:
        """The literals that are put together at a hit; a joint's trigger sees it from the first byte of the right one."""
        if form == triggers.ARRAY:
            decoded = joins.array(self._data, end)
        elif form == triggers.SPLIT:
            decoded = joins.split(self._data, end, low, high)
        elif self._joined[0] == cell and (end - 1 in self._joined[1] or end in self._joined[1]):
            return None
        else:
            decoded = joins.chain(self._data, end, low, high)
        if decoded is None:
            return None
        if form == triggers.JOIN:
            self._joined = cell, frozenset(place for _, place in decoded.marks)
        return Region(decoded, "concatenated")


def _extent(decoded: Decoded) -> tuple[int, int]:
    """The first and last place of the text that was decoded."""
    first, last = decoded.origin(0), decoded.origin(len(decoded.data))
    return (last, first + 1) if decoded.reverse else (first, last)


def _written(data: bytes, end: int) -> str:
    """Which kind of escape a trigger saw that knows only that there is one."""
    text = data[max(0, end - 24) : end]
    if b"%" in text:
        return triggers.PERCENT
    return triggers.ENTITY if b"&#" in text or (b"&" in text and b";" in text) else triggers.ESCAPED


_Decoder = Callable[[bytes, int, int, int], "tuple[Decoded | None, str]"]


def _base64(data: bytes, group: int, low: int, high: int) -> tuple[Decoded | None, str]:
    decoded = encodings.base64(data, group, low, high)
    if decoded is None:
        return None, "base64"
    first, last = _extent(decoded)
    run = data[first:last]
    return decoded, "base64url" if b"-" in run or b"_" in run else "base64"


_DECODERS: dict[str, _Decoder] = {
    triggers.BASE64: _base64,
    triggers.HEX: lambda data, head, low, high: (encodings.hexadecimal(data, head, low, high), "hex"),
    triggers.REVERSED: lambda data, end, low, high: (encodings.reversed_around(data, end - 1, low, high), "reversed"),
    triggers.WIDE: lambda data, head, low, high: (encodings.wide(data, head, low, high), "utf-16"),
    triggers.CODES: lambda data, end, low, high: (encodings.codes(data, end, low, high), "escaped"),
    triggers.ESCAPED: lambda data, _end, low, high: (encodings.unescape(data, low, high), "escaped"),
    triggers.PERCENT: lambda data, _end, low, high: (encodings.unpercent(data, low, high), "percent"),
    triggers.ENTITY: lambda data, _end, low, high: (encodings.unentity(data, low, high), "html"),
}
# Of how many bytes a unit consists: texts that start inside one another's units are different texts.
_PHASES = {triggers.BASE64: 4, triggers.HEX: 2, triggers.WIDE: 2}
# Escapes may stand anywhere: all of the region is decoded.
_WHOLE = frozenset((triggers.ESCAPED, triggers.PERCENT, triggers.ENTITY))
_AT_END = frozenset((triggers.REVERSED, triggers.CODES))
