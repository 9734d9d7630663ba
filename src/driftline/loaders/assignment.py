"""What a dialect finds in an env file: assignments with their exact place, and the lines it cannot read."""

import re
from bisect import bisect_right

from driftline.record import NamedTuple

# JavaScript's white space (ECMA-262, WhiteSpace and LineTerminator): what `\s` and trim() take in the npm dialects.
SPACE = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
SPACE_CHARACTERS = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)


class Place(NamedTuple):
    """1-based line and column in characters, 0-based byte offset."""

    line: int
    column: int
    offset: int


class Assignment(NamedTuple):
    """One name and its value as the dialect reads it, before expansion; `quote` is the quote that was removed, or ''."""

    name: str
    value: str
    quote: str
    place: Place


class Problem(NamedTuple):
    """A line the dialect refuses or loses, in words that hold no value; `fatal` loses the whole file."""

    reason: str
    place: Place
    fatal: bool = False


class Parsed(NamedTuple):
    assignments: tuple[Assignment, ...]
    problems: tuple[Problem, ...] = ()


class Positions:
    """Places in the original text for positions in the text a parser works on (`text`: line ends turned into LF)."""

    def __init__(self, content: str, *, fold: bool = True) -> None:
        self.text = re.sub("\r\n?", "\n", content) if fold else content
        ends = r"\r\n|\r|\n" if fold else r"\n"
        self._original = [0, *(m.end() for m in re.finditer(ends, content))]
        self._folded = [0, *(m.end() for m in re.finditer("\n", self.text))] if fold else self._original
        self._content = content
        self._ascii = content.isascii()
        self._bytes = [0, 0]  # a character position and its byte offset, kept so that a file is measured once

    def at(self, position: int) -> Place:
        """The place of a position in `text`; positions must not decrease much from call to call to stay linear."""
        line = bisect_right(self._folded, position)
        column = position - self._folded[line - 1] + 1
        original = self._original[line - 1] + column - 1
        return Place(line, column, original if self._ascii else self._offset(original))

    def _offset(self, position: int) -> int:
        known, offset = self._bytes
        if position < known:
            known, offset = 0, 0
        offset += len(self._content[known:position].encode("utf-8", "surrogatepass"))
        self._bytes = [position, offset]
        return offset
