"""Splits SQL into statements and tokens, with quotes, dollar quotes, comments and psql commands told apart."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from driftline import late
from driftline.model import Location
from driftline.record import NamedTuple

# PostgreSQL 18 docs, 4.1 Lexical structure, 2026-11. A nested comment is closed by hand below.
_TOKEN = late.pattern(
    r"""(?P<blank>\s+|--[^\n]*)
    |(?P<comment>/\*)
    |(?P<string>[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*(?:'|\Z))
    |(?P<dollar>\$(?:[A-Za-z_\u0080-\uffff][\w]*)?\$)
    |(?P<quoted>(?:[uU]&)?"(?:[^"]|"")*(?:"|\Z))
    |(?P<word>[A-Za-z_\u0080-\uffff][\w$]*)
    |(?P<number>\d[\d.]*(?:[eE][+-]?\d+)?)
    |(?P<parameter>\$\d+)
    |(?P<sign>::|:=|=>|[<>=!~@#%^&|?]+|.)""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """`kind` is word, quoted, string, number or sign; `text` a word in lower case, a quoted name or string without its quotes."""

    kind: str
    text: str
    position: int


class Lines:
    """Locations in one text by 0-based character position."""

    def __init__(self, path: str, content: str) -> None:
        self.path = path
        self.content = content
        self.starts = [0, *(match.end() for match in re.finditer("\n", content))]
        self.offsets = [0]
        if not content.isascii():
            for begin, end in zip(self.starts, self.starts[1:], strict=False):
                self.offsets.append(self.offsets[-1] + len(content[begin:end].encode("utf-8", "surrogatepass")))

    def at(self, position: int) -> Location:
        line = bisect_right(self.starts, position)
        start = self.starts[line - 1]
        offset = position
        if len(self.offsets) == len(self.starts) > 1:
            offset = self.offsets[line - 1] + len(self.content[start:position].encode("utf-8", "surrogatepass"))
        elif not self.content.isascii():
            offset = len(self.content[:position].encode("utf-8", "surrogatepass"))
        return Location(self.path, line, position - start + 1, offset)


def statements(text: str, start: int = 0) -> Iterator[tuple[list[Token], int, int]]:
    """(tokens, begin, end) of each statement, without its semicolon; positions count characters of `text` plus `start`."""
    found: list[Token] = []
    depth = 0
    begin = end = 0
    for token, after in _tokens(text):
        if token.kind == "sign" and token.text == ";" and depth == 0:
            if found:
                yield found, start + begin, start + end
            found = []
            continue
        if not found:
            begin = token.position
        found.append(token._replace(position=start + token.position))
        end = after
        # `BEGIN ATOMIC ... END` of a SQL function holds statements of its own.
        if token.kind == "word" and token.text == "atomic" and len(found) > 1 and found[-2].text == "begin":
            depth = 1
        elif depth and token.kind == "word":
            depth += {"case": 1, "end": -1}.get(token.text, 0)
    if found:
        yield found, start + begin, start + end


def scan(text: str) -> Iterator[Token]:
    """All tokens of a text, the semicolons included."""
    return (token for token, _ in _tokens(text))


def _tokens(text: str) -> Iterator[tuple[Token, int]]:
    """Every token with the position after it. Lines of psql commands and the data of `COPY ... FROM stdin` are passed over."""
    position = 0
    words: list[str] = []  # of the current statement, as far as COPY needs them
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return
        kind, word, start = match.lastgroup or "", match[0], position
        position = match.end()
        if kind == "blank":
            continue
        if kind == "comment":
            position = _comment_end(text, position)
        elif kind == "dollar":
            end = text.find(word, position)
            body_end = len(text) if end < 0 else end
            body = text[position:body_end]
            position = body_end + len(word)
            yield Token("dollar", body, start + len(word)), position
        elif kind == "string":
            yield Token("string", _unquoted(word), start), position
        elif kind == "quoted":
            yield Token("quoted", _cut(word[word.index('"') + 1 :].removesuffix('"').replace('""', '"')), start), position
        elif kind == "word":
            if len(words) < _COPY_WORDS:
                words.append(word.lower())
            yield Token("word", _cut(word.lower()), start), position
        elif word == "\\" and not words:
            position = _line_end(text, position)
        else:
            if word == ";":
                if words[:1] == ["copy"] and "stdin" in words:
                    data = text.find("\n\\.", position)
                    position = len(text) if data < 0 else _line_end(text, data + 1)
                words = []
            yield Token("number" if kind == "number" else "sign", word, start), position


# COPY table (columns ...) FROM stdin: a table of a thousand columns is none we know.
_COPY_WORDS = 1000


def _cut(name: str) -> str:
    """An identifier as PostgreSQL keeps it: 63 bytes at most (18 docs, 4.1.1, 2026-11)."""
    if len(name) <= 15:
        return name
    return name.encode("utf-8", "surrogatepass")[:63].decode("utf-8", "ignore")


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _comment_end(text: str, position: int) -> int:
    depth = 1
    for match in re.compile(r"/\*|\*/").finditer(text, position):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return len(text)


def _unquoted(word: str) -> str:
    body = word[word.index("'") + 1 :].removesuffix("'").replace("''", "'")
    return re.sub(r"\\(.)", r"\1", body) if word[0] in "eE" else body
