"""Reads `.gitignore` files as git does, for folders that are under no git; every match takes time in proportion to the name.

The rules are those of gitignore(5), git 2.39: the last pattern that matches decides, a deeper file before a higher one. A pattern's
wildcards are tried with a search that never goes back behind an earlier one, so that a hostile pattern cannot keep us busy.
"""

import os
import re
from collections.abc import Sequence

from driftline.record import NamedTuple

# More are no hand-written file: the largest seen in public repositories has 900 lines (github/gitignore, all templates joined: 4,000).
MAX_PATTERNS = 10_000


class Pattern(NamedTuple):
    """One line: the parts between its slashes (None for `**`), what a match says, whether it names folders only, and how far it reaches.

    `anchored` patterns match from the folder of their file on, the others match a name at any depth.
    """

    parts: tuple[re.Pattern[str] | None, ...]
    ignores: bool
    folders_only: bool
    anchored: bool


class Ignore(NamedTuple):
    """One `.gitignore`: the folder it lies in (with a trailing `/`, empty for the root) and its patterns."""

    folder: str
    patterns: tuple[Pattern, ...]

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """Whether this file ignores a path below its folder; None where no line of it speaks of the path."""
        # As git does, byte by byte: `?` is one byte of a name in any encoding.
        names = os.fsencode(path[len(self.folder) :]).decode("latin-1").split("/")
        for pattern in reversed(self.patterns):
            if (is_folder or not pattern.folders_only) and _matches(pattern, names):
                return pattern.ignores
        return None


def ignored(files: Sequence[Ignore], path: str, is_folder: bool) -> bool:
    """Whether a path is ignored; `files` are those of its folders, the highest first."""
    for file in reversed(files):
        verdict = file.verdict(path, is_folder)
        if verdict is not None:
            return verdict
    return False


def parse(content: bytes, folder: str) -> Ignore:
    """The patterns of a `.gitignore` in `folder`; lines that can match nothing are left out, and lines beyond MAX_PATTERNS."""
    patterns = []
    for line in content.removeprefix(b"\xef\xbb\xbf").decode("latin-1").split("\n")[:MAX_PATTERNS]:
        pattern = _pattern(line.removesuffix("\r"))
        if pattern is not None:
            patterns.append(pattern)
    return Ignore(folder, tuple(patterns))


def _pattern(line: str) -> Pattern | None:
    # Spaces at the end do not count, but for those behind a backslash.
    stripped = line.rstrip(" ")
    if len(stripped) < len(line) and (len(stripped) - len(stripped.rstrip("\\"))) % 2:
        stripped += " "
    if not stripped or stripped.startswith("#"):
        return None
    ignores = not stripped.startswith("!")
    body = stripped if ignores else stripped[1:]
    folders_only = body.endswith("/")
    body = body.removesuffix("/")
    anchored = "/" in body
    body = body.removeprefix("/")
    if not body:
        return None
    parts: list[re.Pattern[str] | None] = []
    for part in _parts(body):
        if part == "**" and anchored:
            if not parts or parts[-1] is not None:
                parts.append(None)
            continue
        expression = _expression(part)
        if expression is None:
            return None
        parts.append(re.compile(expression, re.DOTALL))
    return Pattern(tuple(parts), ignores, folders_only, anchored)


def _parts(body: str) -> list[str]:
    """The names of a pattern: a slash in brackets divides nothing."""
    parts = [""]
    at = 0
    while at < len(body):
        found = _bracket(body, at + 1) if body[at] == "[" else None
        end = found[1] if found is not None else min(at + 2, len(body)) if body[at] == "\\" and body[at + 1 : at + 2] != "/" else at + 1
        if body[at] == "/":
            parts.append("")
        else:
            parts[-1] += body[at:end]
        at = end
    return parts


def _matches(pattern: Pattern, names: Sequence[str]) -> bool:
    parts = pattern.parts
    if not pattern.anchored:
        return parts[0] is not None and parts[0].fullmatch(names[-1]) is not None
    # The places in the pattern that the names so far may have led to; the end of the pattern has no place behind it.
    places = _with_none({0}, parts)
    for name in names:
        following = set()
        for place in places - {len(parts)}:
            part = parts[place]
            # At the end `**` stands for what is inside a folder, one name or more; elsewhere for any number of names.
            is_passed = place == len(parts) - 1 if part is None else part.fullmatch(name) is not None
            following |= {place} if part is None else set()
            following |= {place + 1} if is_passed else set()
        places = _with_none(following, parts)
    return len(parts) in places


def _with_none(places: set[int], parts: Sequence[object]) -> set[int]:
    """The places and those behind a `**`, which stands for no name at all too."""
    return places | {place + 1 for place in places if place < len(parts) - 1 and parts[place] is None}


_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": " \\t", "cntrl": "\\x00-\\x1f\\x7f", "digit": "0-9", "graph": "!-~", "lower": "a-z",
    "print": " -~", "punct": "!-/:-@\\[-`{-~", "space": "\\s", "upper": "A-Z", "xdigit": "0-9a-fA-F",
}  # fmt: skip


def _expression(part: str) -> str | None:
    """The regular expression of a name with wildcards; None for one that can match nothing (an open bracket, a backslash at the end)."""
    chunks = [""]
    at = 0
    while at < len(part):
        char = part[at]
        at += 1
        if char == "*":
            if chunks[-1] or len(chunks) == 1:
                chunks.append("")
        elif char == "?":
            chunks[-1] += "."
        elif char == "[":
            found = _bracket(part, at)
            if found is None:
                return None
            expression, at = found
            chunks[-1] += expression
        else:
            if char == "\\":
                if at == len(part):
                    return None
                char = part[at]
                at += 1
            chunks[-1] += re.escape(char)
    first, *others = chunks
    if not others:
        return first
    # `(?=(.*?x))\1` takes the first x and never tries another one, which is enough and keeps the search linear (as fnmatch does).
    middle = "".join(f"(?=(.*?{chunk}))\\{number}" for number, chunk in enumerate(others[:-1], 1))
    return f"{first}{middle}.*{others[-1]}"


def _bracket(part: str, at: int) -> tuple[str, int] | None:
    """The character class that begins at `at`, behind its `[`, and the place behind it; None for one that never ends."""
    negated = part[at : at + 1] in ("!", "^")
    at += negated
    inside = ""
    first = at
    while at < len(part) and (part[at] != "]" or at == first):
        named = re.compile(r"\[:([a-z]{1,10}):\]").match(part, at)
        if named:
            if named[1] not in _CLASSES:
                return None
            inside += _CLASSES[named[1]]
            at = named.end()
            continue
        low, at = _member(part, at)
        if part[at : at + 1] == "-" and part[at + 1 : at + 2] not in ("", "]"):
            high, at = _member(part, at + 1)
            if low <= high:  # git takes a range the wrong way round for an empty one
                inside += f"{re.escape(low)}-{re.escape(high)}"
        else:
            inside += re.escape(low)
    if at >= len(part):
        return None
    if not inside:
        return ("." if negated else "(?!)"), at + 1
    return f"[{'^' if negated else ''}{inside}]", at + 1


def _member(part: str, at: int) -> tuple[str, int]:
    if part[at] == "\\" and at + 1 < len(part):
        at += 1
    return part[at], at + 1
