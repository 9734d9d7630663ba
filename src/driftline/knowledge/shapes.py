"""What the regex of a key says about every match: literal heads, anchors, lengths, the alphabet it ends in; used when the index is made.

A shape is a regex in the part of the language that Python's `re` and Hyperscan read alike: literals, classes, groups, alternation and
bounded repeats. No look-around, no back-reference, no `.`, no anchors, no flags.
"""

import re
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

from driftline.record import NamedTuple

if sys.version_info >= (3, 11):
    from re import _constants as c
    from re import _parser as parser
else:
    import sre_constants as c
    import sre_parse as parser

# More alternatives than this say little: a head list is for dispatch and for printing, not a copy of the shape.
_MOST = 48
_SMALL_CLASS = 8
# A shorter literal stands in most texts that start right.
_TELLING = 3


class Outline(NamedTuple):
    """`heads`: every match starts with one of them (() when it starts with a class). `anchors`: every match contains one of them.

    `shortest` and `longest` are lengths in characters; `tail` is the body of the character class that a match ends in, "" when
    it ends in a literal. `inner`: every match that starts right also contains one of these, () where there is no such literal.
    """

    heads: tuple[str, ...]
    anchors: tuple[str, ...]
    shortest: int
    longest: int
    tail: str
    inner: tuple[str, ...]


def parse(shape: str) -> Any:
    """The parsed shape. Raises ValueError naming what is outside the common subset or unbounded."""
    try:
        tree = parser.parse(shape)
    except re.error as error:
        raise ValueError(f"not a regex: {error.msg}") from None
    _check(tree)
    return tree


def outline(shape: str) -> Outline:
    """The outline of a shape. Raises ValueError as `parse`."""
    tree = parse(shape)
    shortest, longest = tree.getwidth()
    heads = tuple(sorted({head for head, _ in _heads(list(tree))} - {""}))
    if any(not head for head, _ in _heads(list(tree))):
        heads = ()
    anchors = heads if heads and min(map(len, heads)) >= 4 else max((heads, *_inner(list(tree))), key=_worth)
    behind = (texts for texts in _inner(list(tree)) if not any(text in head for text in texts for head in heads))
    inner = max(behind, key=_worth, default=()) if heads else ()
    inner = inner if min(map(len, inner), default=0) >= _TELLING else ()
    return Outline(heads, tuple(anchors), int(shortest), int(longest), _tail(list(tree)), inner)


def _worth(anchors: Sequence[str]) -> tuple[int, int]:
    """The longest shortest literal wins; fewer alternatives break a tie."""
    return (min(map(len, anchors), default=0), -len(anchors))


def _check(tree: Any) -> None:
    for op, value in tree:
        if op in (c.LITERAL, c.NOT_LITERAL, c.IN):
            continue
        if op is c.SUBPATTERN:
            if value[1] or value[2]:
                raise ValueError("flags are not allowed in a shape")
            _check(value[3])
        elif op is c.BRANCH:
            for branch in value[1]:
                _check(branch)
        elif op is c.MAX_REPEAT:
            if value[1] is c.MAXREPEAT:
                raise ValueError("an unbounded repeat")
            _check(value[2])
        else:
            raise ValueError(f"{str(op).lower()} is not allowed in a shape")


def _heads(items: list[Any]) -> list[tuple[str, bool]]:
    """The literal texts that the items can start with, and whether the literal reaches the end of the items."""
    found: list[tuple[str, bool]] = [("", True)]
    for op, value in items:
        if not any(whole for _, whole in found):
            break
        steps = _steps(op, value)
        if len(found) * len(steps) > _MOST:
            steps = [("", False)]
        found = [
            (head + more, whole_step) if whole else (head, False)
            for head, whole in found
            for more, whole_step in (steps if whole else [("", False)])
        ]
        found = list(dict.fromkeys(found))
    return found


def _steps(op: Any, value: Any) -> list[tuple[str, bool]]:
    if op is c.LITERAL:
        return [(chr(value), True)]
    if op is c.SUBPATTERN:
        return _heads(list(value[3]))
    if op is c.BRANCH:
        return [step for branch in value[1] for step in _heads(list(branch))]
    if op is c.IN:
        members = members_of(value)
        if len(members) <= _SMALL_CLASS:
            return [(member, True) for member in members]
    if op is c.MAX_REPEAT and value[0] == 0 and value[1] == 1:
        return [("", True), *_heads(list(value[2]))]
    return [("", False)]


def _inner(items: list[Any]) -> list[tuple[str, ...]]:
    """Sets of literals, one of which every match contains: runs of literals on the way through the items."""
    found: list[tuple[str, ...]] = []
    for start in range(len(items)):
        op, value = items[start]
        if op is c.MAX_REPEAT:
            if value[0] >= 1:
                found += _inner(list(value[2]))
            continue
        if op is c.SUBPATTERN:
            found += _inner(list(value[3]))
        if op is c.BRANCH:
            best = [max(_inner(list(branch)), key=_worth, default=()) for branch in value[1]]
            if all(best):
                found.append(tuple(sorted({text for texts in best for text in texts})))
        texts = {head for head, _ in _heads(items[start:])}
        if "" not in texts:
            found.append(tuple(sorted(texts)))
    return found


def _tail(items: list[Any]) -> str:
    """The class body of the last element, so that "the alphabet goes on" can be asked of the next character."""
    if not items:
        return ""
    op, value = items[-1]
    if op is c.MAX_REPEAT:
        own = _tail(list(value[2]))
        return own if value[0] > 0 or own else _tail(items[:-1])
    if op is c.SUBPATTERN:
        return _tail(list(value[3]))
    if op is c.BRANCH:
        return "".join(dict.fromkeys(_tail(list(branch)) for branch in value[1]))
    if op is c.IN and value[0][0] is not c.NEGATE:
        return "".join(_class_item(item) for item in value)
    return ""


def alphabet(shape: str) -> str:
    """The characters of the class that most of a match is made of; "" where no class stands for half of it."""
    tree = parse(shape)
    length, members = max(_repeats(list(tree)), key=lambda found: found[0], default=(0, ()))
    return "".join(members_of(members)) if members and 2 * length >= tree.getwidth()[0] else ""


def positions(shape: str, count: int) -> list[frozenset[str]]:
    """Which printable ASCII characters can stand at each of the first `count` places of a match, as far as the shortest match goes."""
    tree = parse(shape)
    found: list[set[str]] = [set() for _ in range(min(count, tree.getwidth()[0]))]
    _walk(list(tree), {0}, found)
    return [frozenset(members) for members in found]


_PRINTABLE = frozenset(map(chr, range(0x20, 0x7F)))


def _walk(items: list[Any], starts: set[int], found: list[set[str]]) -> set[int]:
    """Enters what the items hold from each start on; the places where they may end, those outside `found` left out."""
    for op, value in items:
        if not starts:
            break
        if op is c.SUBPATTERN:
            starts = _walk(list(value[3]), starts, found)
        elif op is c.BRANCH:
            starts = set().union(*(_walk(list(branch), starts, found) for branch in value[1]))
        elif op is c.MAX_REPEAT:
            low, high, inner = value
            ends: set[int] = set()
            for number in range(high + 1):
                if number >= low:
                    if starts <= ends:
                        break
                    ends |= starts
                starts = _walk(list(inner), starts, found)
                if not starts:
                    break
            starts = ends
        else:
            members = _PRINTABLE - {chr(value)} if op is c.NOT_LITERAL else {chr(value)} if op is c.LITERAL else members_of(value)
            for start in starts:
                found[start].update(members)
            starts = {start + 1 for start in starts if start + 1 < len(found)}
    return starts


def _repeats(items: list[Any]) -> list[tuple[int, Any]]:
    """(least length, class) of every repeated class."""
    found: list[tuple[int, Any]] = []
    for op, value in items:
        if op is c.MAX_REPEAT and len(value[2]) == 1 and value[2][0][0] is c.IN:
            found.append((value[0], value[2][0][1]))
        elif op is c.MAX_REPEAT:
            found += _repeats(list(value[2]))
        elif op is c.SUBPATTERN:
            found += _repeats(list(value[3]))
        elif op is c.BRANCH:
            found += [one for branch in value[1] for one in _repeats(list(branch))]
    return found


def _class_item(item: Any) -> str:
    op, value = item
    if op is c.LITERAL:
        return re.escape(chr(value))
    if op is c.RANGE:
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    return {c.CATEGORY_DIGIT: r"\d", c.CATEGORY_WORD: r"\w", c.CATEGORY_SPACE: r"\s"}.get(value, "")


def members_of(value: Any) -> tuple[str, ...]:
    """The printable ASCII characters of a parsed class, in order."""
    return _members(tuple(value))


@cache
def _members(value: tuple[tuple[Any, Any], ...]) -> tuple[str, ...]:
    """The same; a catalogue has a hundred classes and asks for them ten thousand times."""
    negate = bool(value) and value[0][0] is c.NEGATE
    holding = [(op, argument) for op, argument in value if op is not c.NEGATE]
    return tuple(chr(code) for code in range(0x21, 0x7F) if any(_holds(op, argument, code) for op, argument in holding) != negate)


def _holds(op: Any, argument: Any, code: int) -> bool:
    if op is c.LITERAL:
        return bool(argument == code)
    if op is c.RANGE:
        return bool(argument[0] <= code <= argument[1])
    character = chr(code)
    return {
        c.CATEGORY_DIGIT: character.isdigit(),
        c.CATEGORY_WORD: character.isalnum() or character == "_",
        c.CATEGORY_SPACE: character.isspace(),
    }.get(argument, False)
