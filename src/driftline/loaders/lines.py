"""The dialects that read line by line: npm dotenv before 15, django-environ and python-decouple."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from driftline import late
from driftline.loaders.assignment import SPACE, SPACE_CHARACTERS, Assignment, Parsed, Place, Positions, Problem

# `\s`, `$` and `.` spelled out, because JavaScript's differ from Python's; what cannot be given back is never tried shorter, so that a line is
# walked through a fixed number of times. The blanks before a comment are looked at from the first of them only.
_ANY = "[^\n\r\u2028\u2029]"
_NAMED = rf"[{SPACE}]*([A-Za-z0-9_.-]+)[{SPACE}]*=[{SPACE}]*(?![{SPACE}])"
_COMMENT = rf"(?:(?<![{SPACE}])|(?!{_ANY}))[{SPACE}]+#{_ANY}*"
_LINE_12 = late.pattern(rf"{_NAMED}({_ANY}*(?!{_ANY}))[{SPACE}]*\Z")
_LINE_14 = late.pattern(rf"{_NAMED}(\"[^\"]*\"|'[^']*'|(?={_ANY}*\Z){_ANY}*?|{_ANY}*(?!{_ANY}))(?:{_COMMENT})?\Z")


def parse_12(content: str) -> Parsed:
    """npm dotenv 8 to 13 (lib/main.js): no comments behind a value, no `export`, no value over several lines."""
    return Parsed(tuple(_npm(content, _LINE_12)))


def parse_14(content: str) -> Parsed:
    """npm dotenv 14 (lib/main.js): as before, and ` #` begins a comment."""
    return Parsed(tuple(_npm(content, _LINE_14)))


def _npm(content: str, pattern: re.Pattern[str]) -> Iterator[Assignment]:
    for line, place in _lines(content, r"\r\n|\n|\r"):
        match = pattern.match(line)
        if match is None:
            continue
        value = match[2] or ""
        quote = value[:1] if value[:1] in ("'", '"') and value[-1:] == value[:1] else ""
        if quote:
            value = value[1:-1]
            value = value.replace("\\n", "\n") if quote == '"' else value
        else:
            value = value.strip(SPACE_CHARACTERS)
        yield Assignment(match[1], value, quote, place(match.start(1)))


_DJANGO = late.pattern(r"(?:export )?([A-Za-z_0-9]+)=(.*)\Z")
_DJANGO_ESCAPE = late.pattern(r"\\(.)")


def parse_django(content: str) -> Parsed:
    """django-environ 0.14 (`Env.read_env`): nothing is a comment behind a value, no value spans lines."""
    found: list[Assignment] = []
    problems: list[Problem] = []
    # `splitlines` of Python, as the library does, after universal newlines.
    for line, place in _lines(content, "\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]"):
        match = _DJANGO.match(line)
        if match is None:
            if line and not line.startswith("#"):
                problems.append(Problem("django-environ does not read the line", place(0)))
            continue
        value, quote = match[2], ""
        if len(value) > 1 and value[0] == value[-1] == "'":
            value, quote = value[1:-1], "'"
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = _DJANGO_ESCAPE.sub(lambda escape: escape[0] if escape[1] in "rnt" else escape[1], value[1:-1])
            quote = '"'
        found.append(Assignment(match[1], value, quote, place(match.start(1))))
    return Parsed(tuple(found), tuple(problems))


def parse_decouple(content: str) -> Parsed:
    """python-decouple 3.8 (`RepositoryEnv`): whatever stands before the first `=` of a line is the name."""
    found: list[Assignment] = []
    for line, place in _lines(content, "\r\n|[\n\r]"):
        bare = line.strip()
        if not bare or bare.startswith("#") or "=" not in bare:
            continue
        name, _, value = bare.partition("=")
        value = value.strip()
        if not name.strip():
            continue  # kept under an empty name, which nothing asks for
        quote = value[0] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else ""
        found.append(Assignment(name.strip(), value[1:-1] if quote else value, quote, place(len(line) - len(line.lstrip()))))
    return Parsed(tuple(found))


def _lines(content: str, ends: str) -> Iterator[tuple[str, Callable[[int], Place]]]:
    """Each line, and a function from a position in it to its place."""
    positions = Positions(content, fold=False)
    start = 0
    for match in re.finditer(rf"{ends}|\Z", content):
        if match.start() < start:
            continue
        begin = start
        yield content[start : match.start()], lambda position, begin=begin: positions.at(begin + position)  # type: ignore[misc]
        start = match.end()
