"""Source maps: the original place of a place in a minified file, and the embedded source that a place in a map belongs to.

Maps of hundreds of megabytes are read in pieces: only `sources` and `mappings` are ever held, and of `sourcesContent` one piece at a time.
Format: tc39.es/ecma426 (2024-12), read 2026-11. Its numbers (base64 VLQ) are read here: of the libraries on PyPI, `symbolic` (13.9, 2026-07)
wants the whole map and the whole script in memory, and 18 MB of native code; `sourcemap` (0.2.1) is of 2017 and parses the map whole, too.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO

from driftline import late
from driftline.bundle.blob import skip
from driftline.record import NamedTuple

_PIECE = 1 << 20
# A key of the map itself: inside an embedded source its quotes would be escaped.
_KEY = late.pattern(rb'(?<!\\)"(sources|sourcesContent|mappings|sourceRoot|offset)"\s*:\s*')
_LONGEST_KEY = 64
_MOST_SOURCES = 32 << 20
_MOST_MAPPINGS = 96 << 20


class Place(NamedTuple):
    """An original place: the source's name, 1-based line and column."""

    source: str
    line: int
    column: int


class Outline(NamedTuple):
    """Where the parts of a map begin: (key, offset of its value), in order; an index map has several of each."""

    keys: tuple[tuple[bytes, int], ...]

    def all(self, key: bytes) -> list[int]:
        """The offsets of the values of one key."""
        return [place for name, place in self.keys if name == key]

    def sources_for(self, offset: int) -> int | None:
        """The offset of the `sources` array that belongs to the `sourcesContent` or `mappings` value at `offset`."""
        name = next(key for key, place in self.keys if place == offset)
        number = self.all(name).index(offset)
        places = self.all(b"sources")
        return places[number] if number < len(places) else None


def outline(file: IO[bytes]) -> Outline:
    """The map's keys. Reads the whole file once, a piece at a time."""
    keys: list[tuple[bytes, int]] = []
    kept = b""
    begin = 0
    while True:
        fresh = file.read(_PIECE)
        data = kept + fresh
        last = len(fresh) == 0
        done = 0
        for found in _KEY.finditer(data):
            # A key that touches the end may go on in the next piece.
            if not last and found.end() > len(data) - 1:
                break
            keys.append((found[1], begin + found.end()))
            done = found.end()
        if last:
            return Outline(tuple(dict.fromkeys(keys)))
        cut = max(done, len(data) - _LONGEST_KEY)
        kept = data[cut:]
        begin += cut


def sources(file: IO[bytes], offset: int) -> list[str]:
    """The `sources` array at `offset` of a seekable or fresh file; empty where it is broken."""
    skip(file, offset)
    text = b""
    while len(text) < _MOST_SOURCES:
        fresh = file.read(_PIECE)
        text += fresh
        stop = _array_end(text)
        if stop is not None:
            import json

            try:
                value = json.loads(text[:stop])
            except (ValueError, RecursionError):
                return []
            return [one if isinstance(one, str) else "" for one in value] if isinstance(value, list) else []
        if not fresh:
            return []
    return []


_ARRAY = late.pattern(rb'\[(?:[^"\[\]]|"(?:[^"\\]|\\.)*")*\]', re.DOTALL)


def _array_end(text: bytes) -> int | None:
    found = _ARRAY.match(text)
    return found.end() if found else None


# --- a place inside sourcesContent ------------------------------------------------------------------------------------------

_STRING_REST = late.pattern(rb'[^"\\]*(?:\\[\s\S][^"\\]*)*')


def embedded(file: IO[bytes], start: int, places: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    """For byte offsets inside the `sourcesContent` array at `start`: (number of the source, line, column) in it. `places` are sorted."""
    skip(file, start)
    found: dict[int, tuple[int, int, int]] = {}
    wanted = iter(places)
    place = next(wanted, None)
    number, line, column, inside = 0, 1, 1, False
    data, base, at = b"", start, 0
    while place is not None:
        if at >= len(data) - 1:
            fresh = file.read(_PIECE)
            data, base, at = data[at:] + fresh, base + at, 0
            if not fresh and len(data) <= 1:
                return found
        if not inside:
            mark = re.compile(rb'["\],]').search(data, at)
            if mark is None:
                at = len(data)
                continue
            at = mark.end()
            if mark[0] == b'"':
                inside, line, column = True, 1, 1
            elif mark[0] == b",":
                number += 1
            else:
                return found
            continue
        rest = _STRING_REST.match(data, at)
        stop = rest.end() if rest else at
        while place is not None and place < base + stop:
            if place >= base + at:
                line, column = _advance(data[at : place - base], line, column)
                at = place - base
                found[place] = (number, line, column)
            place = next(wanted, None)
        line, column = _advance(data[at:stop], line, column)
        at = stop
        if at < len(data) and data[at] == 0x22:
            inside, at = False, at + 1
        elif at < len(data) and len(data) - at > 1:
            at += 2
    return found


def _advance(text: bytes, line: int, column: int) -> tuple[int, int]:
    """Line and column behind a piece of a JSON string."""
    plain = text.replace(b"\\\\", b"\0")
    breaks = plain.count(b"\\n")
    if breaks:
        line += breaks
        column = 1
        plain = plain[plain.rfind(b"\\n") + 2 :]
    return line, column + len(re.sub(rb"\\u[0-9a-fA-F]{4}|\\.", b".", plain).decode("utf-8", "replace"))


def places_in(opened: Callable[[], IO[bytes]], offsets: Sequence[int]) -> dict[int, tuple[str, int, int]]:
    """For sorted byte offsets of a map: the embedded source, line and column they stand at; others are left out."""
    with opened() as file:
        keys = outline(file)
    contents = keys.all(b"sourcesContent")
    result: dict[int, tuple[str, int, int]] = {}
    for number, start in enumerate(contents):
        stop = contents[number + 1] if number + 1 < len(contents) else 1 << 62
        inside = [offset for offset in offsets if start < offset < stop]
        origin = keys.sources_for(start)
        if not inside or origin is None:
            continue
        with opened() as file:
            names = sources(file, origin)
        with opened() as file:
            places = embedded(file, start, inside)
        result.update((offset, (shown(names[place[0]]), place[1], place[2])) for offset, place in places.items() if place[0] < len(names))
    return result


# --- a place in a generated file --------------------------------------------------------------------------------------------

_DIGITS = {letter: number for number, letter in enumerate(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}


def _vlq(segment: bytes) -> tuple[int, ...]:
    """The numbers of one segment. Raises KeyError for a letter outside base64."""
    numbers = []
    value = shift = 0
    for letter in segment:
        digit = _DIGITS[letter]
        value |= (digit & 31) << shift
        if digit & 32:
            shift += 5
        else:
            numbers.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return tuple(numbers)


def originals(mappings: Iterable[bytes], places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[int, int, int]]:
    """For generated (line, column), 1-based and sorted: (number of the source, line, column), 1-based but for the number.

    `mappings` yields one generated line's segments at a time. A place before the first segment of its line has no original.
    """
    found: dict[tuple[int, int], tuple[int, int, int]] = {}
    source = line = column = 0
    memory: dict[bytes, tuple[int, ...]] = {}
    wanted: dict[int, list[int]] = {}
    for generated_line, generated_column in places:
        wanted.setdefault(generated_line, []).append(generated_column)
    last = max(wanted, default=0)
    for number, segments in enumerate(mappings, 1):
        targets = iter(wanted.get(number, ()))
        target = next(targets, None)
        position = 0
        current: tuple[int, int, int] | None = None
        for segment in segments.split(b",") if segments else ():
            fields = memory.get(segment)
            if fields is None:
                try:
                    fields = memory[segment] = _vlq(segment)
                except KeyError:
                    return found
            if not fields:
                continue
            position += fields[0]
            while target is not None and position > target - 1:
                if current is not None:
                    found[number, target] = current
                target = next(targets, None)
            if len(fields) >= 4:
                source += fields[1]
                line += fields[2]
                column += fields[3]
                current = (source, line + 1, column + 1)
            elif len(fields) == 1:
                current = None
        while target is not None:
            if current is not None:
                found[number, target] = current
            target = next(targets, None)
        if number >= last:
            break
    return found


def places_through(opened: Callable[[], IO[bytes]], places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[str, int, int]]:
    """For sorted (line, column) of the generated file: source, line and column in it, all 1-based; others are left out."""
    with opened() as file:
        keys = outline(file)
    mappings = keys.all(b"mappings")
    starts = [_start(opened, offset) for offset in keys.all(b"offset")] or [(1, 1)]
    if len(starts) != len(mappings):
        return {}
    result: dict[tuple[int, int], tuple[str, int, int]] = {}
    for number, (start, offset) in enumerate(zip(starts, mappings, strict=True)):
        stop = starts[number + 1] if number + 1 < len(starts) else (places[-1][0] + 1, 0)
        # A section counts lines from its own start, and columns in its first line.
        inside = {
            (line - start[0] + 1, column - (start[1] - 1) * (line == start[0])): (line, column)
            for line, column in places
            if start <= (line, column) < stop
        }
        origin = keys.sources_for(offset)
        if not inside or origin is None:
            continue
        with opened() as file:
            names = sources(file, origin)
        with opened() as file:
            found = originals(mapping_lines(file, offset), sorted(inside))
        result.update(
            (inside[at], (shown(names[place[0]]), place[1], place[2])) for at, place in found.items() if 0 <= place[0] < len(names)
        )
    return result


_START = late.pattern(rb'\{\s*"(line|column)"\s*:\s*([0-9]{1,9})\s*,\s*"(?:line|column)"\s*:\s*([0-9]{1,9})\s*\}')


def _start(opened: Callable[[], IO[bytes]], offset: int) -> tuple[int, int]:
    """Where a section of an index map begins in the generated file, 1-based. Raises ValueError where it does not say so."""
    with opened() as file:
        skip(file, offset)
        found = _START.match(file.read(_LONGEST_KEY))
    if found is None:
        raise ValueError
    line, column = int(found[2]) + 1, int(found[3]) + 1
    return (line, column) if found[1] == b"line" else (column, line)


def mapping_lines(file: IO[bytes], offset: int) -> Iterator[bytes]:
    """The `mappings` string at `offset`, one generated line at a time."""
    skip(file, offset)
    kept = b""
    read = 0
    first = True
    while read < _MOST_MAPPINGS:
        fresh = file.read(_PIECE)
        read += len(fresh)
        data = kept + fresh
        if first:
            if not data.startswith(b'"'):
                return
            data, first = data[1:], False
        stop = data.find(b'"')
        lines = (data if stop < 0 else data[:stop]).split(b";")
        yield from lines[:-1]
        kept = lines[-1]
        if stop >= 0 or not fresh:
            yield kept
            return


_COMMENT = b"sourceMappingURL="
_DATA = late.pattern(rb"data:application/json[^,]{0,60}?(;base64)?,")


def comment(file: IO[bytes]) -> bytes | str | None:
    """The map that a script's last comment holds, or its name there; None where there is no such comment. Raises ValueError for a broken one."""
    data = file.read(_MOST_SOURCES)
    place = data.rfind(_COMMENT)
    if place < 0 or len(data) == _MOST_SOURCES:  # of a larger script this is not the end
        return None
    written = data[place + len(_COMMENT) :].split(None, 1)[0]
    held = _DATA.match(written)
    if held is None:
        return written.decode("utf-8")
    if held[1]:
        from base64 import b64decode

        return b64decode(written[held.end() :] + b"==")
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(written[held.end() :])


_ROOTS = late.pattern(r"^(?:webpack://[^/]*/|webpack-internal:///|turbopack:///(?:\[project\]/)?|file://|vite:|rollup:)")


def shown(source: str) -> str:
    """A source's name as a reader knows it: without the bundler's scheme and the way up to the project."""
    name = _ROOTS.sub("", source.partition("?")[0])
    while name.startswith(("./", "../", "/")):
        name = name[name.index("/") + 1 :]
    return name or source
