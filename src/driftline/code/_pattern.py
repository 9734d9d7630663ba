"""Reads environment variables by pattern, for languages whose reads are plain calls with a literal name; comments are blanked first."""

import re
from collections.abc import Sequence

from driftline import late
from driftline.code import CodeReading, Place
from driftline.model import Literal, Need, Reference, Secret, Side, Use
from driftline.record import NamedTuple


class Read(NamedTuple):
    """A pattern with the group `name`, and `default` where the language's call takes one, or `host` where that is an address without a
    scheme; what a match without a default means."""

    how: str
    pattern: re.Pattern[bytes]
    need: Need = Need.PLAIN
    use: Use = Use.READ


class Comments(NamedTuple):
    """One pattern that matches a string or a comment; a comment is the match whose group `comment` is set."""

    pattern: re.Pattern[bytes]


SLASHES = Comments(
    late.pattern(rb"""(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)|(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))""", re.DOTALL)
)
HASHES = Comments(
    late.pattern(rb"""(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<comment>(?:^|(?<=[\s;]))\#[^\n]*)""", re.MULTILINE)
)


def blanked(content: bytes, comments: Comments) -> bytes:
    """The same bytes with comments turned into blanks: offsets stay."""

    def blank(match: re.Match[bytes]) -> bytes:
        return match[0] if match["comment"] is None else re.sub(rb"[^\n]", b" ", match[0])

    return comments.pattern.sub(blank, content)


def read(path: str, content: bytes, reads: Sequence[Read], comments: Comments) -> CodeReading:
    """Every read that a pattern finds outside comments, in the order of the file."""
    text = blanked(content, comments)
    place = Place(path, content)
    found: dict[int, Reference] = {}
    for one in reads:
        for match in one.pattern.finditer(text):
            groups = match.groupdict()
            name = match["name"].decode("ascii", "replace")
            default, host = groups.get("default"), groups.get("host")
            fallback = None
            if host is not None:
                fallback = Literal(Secret("http://" + host.decode("utf-8", "replace")), place.at(match.start("host")), "fallback")
            elif default is not None:
                literal = re.fullmatch(rb"""\s*(["'])(.*)\1\s*""", default, re.DOTALL)
                if literal is not None:
                    value = Secret(literal[2].decode("utf-8", "replace"))
                    fallback = Literal(value, place.at(match.start("default")), "fallback")
            need = one.need if default is None and host is None else Need.OPTIONAL
            start = match.start()
            found.setdefault(match.start("name"), Reference(name, place.at(start), need, Side.SERVER, one.use, one.how, fallback))
    return CodeReading(references=tuple(found[start] for start in sorted(found)))
