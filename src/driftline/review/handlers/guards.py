"""What stands before handlers: the middleware of Next.js, SvelteKit, Nuxt and Astro by the paths it covers, and the headers that it sets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from driftline import late
from driftline.record import NamedTuple
from driftline.review.handlers import words

# Next.js (`proxy` since version 16), SvelteKit, Astro and Nuxt docs, 2026-11.
_FILE = late.pattern(
    r"(?P<folder>(?:.*/)?)(?:(?:src/)?(?:middleware|proxy)(?:/index)?|src/hooks\.server|server/middleware/[^/]+)\.[cm]?[jt]sx?"
)
_REFUSES = late.pattern(
    rb"redirect|\b401\b|\b403\b|\.protect\(|\bprotect\b|withAuth|as\s+middleware|as\s+proxy|authorized\b|createError|error\(|throw\b|export\s+default\s+(?:auth|authMiddleware|NextAuth)"
)
_MATCHER = late.pattern(rb"\bmatcher\s*:\s*(?P<list>\[)?")
_TOKEN = late.pattern(rb"\"((?:[^\"\\\n]|\\.){0,1000})\"|'((?:[^'\\\n]|\\.){0,1000})'|`([^`]{0,1000})`|\]")
_LIST = late.pattern(rb"(?:const|let|var)\s+(\w+)\s*(?::[^=\n]{0,80})?=\s*(?:createRouteMatcher\(\s*)?(?:new Set\(\s*)?\[([^\]]{0,2000})\]")
_TEXT = late.pattern(rb"\bsource\s*:\s*[\"'`]([^\"'`\n]{1,300})[\"'`]|[\"'`]([^\"'`\n]{1,300})[\"'`]")
_BEGINS = late.pattern(
    rb"(?<![\w$.])(!?)\s{0,20}(?:[\w$]{1,60}\s{0,20}\??\.\s{0,20}){0,8}(?:startsWith\(\s{0,20}|match\(\s{0,20}|pathname\s{0,20}===?\s{0,20})[\"'`/]?(/[\w/\-.]*)"
)
_LETS_BY = late.pattern(
    rb"(?:startsWith\(|===?)\s*[\"'`](/[\w/\-.]*)[\"'`]\s*\)?(?:(?!return)[^{};\n]){0,200}?\)\s{0,99}\{?\s{0,99}return\s*(?:;|\}|NextResponse\.next|resolve\(|next\()"
)
_OPEN = late.pattern(rb"public|open|guest|unprotected|exclu|ignore|allow|auth(?:Routes|Pages|Paths)|login|skip|bypass|anon", re.IGNORECASE)
_CLOSED = late.pattern(rb"protect|private|secure|require|guard|authenticated|restricted|dashboard|admin", re.IGNORECASE)


class PathGuard(NamedTuple):
    """A middleware that asks who is calling: the app's folder, and the patterns of the paths it is asked for, lets by, and refuses alone."""

    folder: str
    matchers: tuple[re.Pattern[str], ...]
    spared: tuple[re.Pattern[str], ...]
    only: tuple[re.Pattern[str], ...]

    def covers(self, file: str, route: str) -> bool:
        """Whether it asks before a route (`/api/orders/:id`) of a file."""
        if not file.startswith(self.folder):
            return False
        if self.matchers and not _matches(self.matchers, route):
            return False
        return not _matches(self.spared, route) and (not self.only or _matches(self.only, route))


def path_guards(files: Mapping[str, bytes], file_of: Callable[[str, str], str | None]) -> Iterator[PathGuard]:
    """The middlewares among `files` that refuse strangers; `file_of` finds the file that an import means."""
    for path, content in files.items():
        match = _FILE.fullmatch(path)
        if match is None or ("server/middleware/" in path and b"ventHandler(" not in content):
            continue
        text = content
        for specifier in re.findall(rb"from\s*[\"']([^\"'\n]{1,200})[\"']", content):
            helper = file_of(path, specifier.decode("utf-8", "replace"))
            if helper is not None:
                text += b"\n" + files[helper]
        if not (
            words.ASKS.search(text)
            or re.search(rb"withAuth|authMiddleware|clerkMiddleware|auth\s+as\s+(?:middleware|proxy)|NextAuth\(", text)
        ):
            continue
        if not _REFUSES.search(text) or (b"clerkMiddleware" in text and b"protect" not in text and b"redirect" not in text):
            continue
        yield _guard(match["folder"], text)


def _guard(folder: str, text: bytes) -> PathGuard:
    spared = [match[1].decode("utf-8", "replace") for match in _LETS_BY.finditer(text)]
    only: list[str] = []
    for match in _LIST.finditer(text):
        if _OPEN.search(match[1]):
            spared += _texts(match[2])
        elif _CLOSED.search(match[1]):
            only += _texts(match[2])
    found = _MATCHER.search(text)
    if not only:
        begun = [(match[1], match[2].decode("utf-8", "replace")) for match in _BEGINS.finditer(text)]
        only = [word for negated, word in begun if not negated and word not in spared and not _is_page_of_login(word)]
        spared += [word for negated, word in begun if negated]
    return PathGuard(
        folder,
        tuple(_pattern(word) for word in _matchers(text, found)) if found else (),
        tuple(_pattern(word, prefix=True) for word in spared),
        tuple(_pattern(word, prefix=True) for word in only),
    )


def _matchers(text: bytes, found: re.Match[bytes]) -> Iterator[str]:
    """The paths of a matcher: one, or those of a list; a `]` inside of one ends no list."""
    for match in _TOKEN.finditer(text, found.end()):
        word = match[1] or match[2] or match[3]
        if word is None:
            return
        if word.startswith((b"/", b"(")):
            yield word.decode("utf-8", "replace").replace("\\\\", "\\")
        if not found["list"]:
            return


def _is_page_of_login(word: str) -> bool:
    return re.search(r"log-?in|sign-?(?:in|up)|register|auth|_next|static|favicon", word) is not None or word == "/"


def _texts(listed: bytes) -> list[str]:
    return [
        (match[1] or match[2]).decode("utf-8", "replace").replace("\\\\", "\\")
        for match in _TEXT.finditer(listed)
        if (match[1] or match[2]).startswith((b"/", b"("))
    ]


_PART = late.pattern(r"(?P<slash>/?):(?P<name>\w+)(?P<many>[*+?]?)|(?P<rest>.)", re.DOTALL)


def _pattern(text: str, *, prefix: bool = False) -> re.Pattern[str]:
    """A path of path-to-regexp as a pattern; `prefix` lets more follow. What cannot be read matches everything, so that nothing is claimed."""
    spelled, end = "", 0
    whole = text.rstrip("/") or "/"
    for start, stop in _groups(whole):
        spelled += _plainly(whole[end:start]) + whole[start:stop]
        end = stop
    try:
        return re.compile(spelled + _plainly(whole[end:]) + ("(?:/.*)?" if prefix else ""))
    except (re.error, RecursionError, OverflowError):
        return re.compile(".*", re.DOTALL)


def _groups(text: str) -> Iterator[tuple[int, int]]:
    """Where the outermost brackets of a pattern stand; what is inside of them is a regular expression."""
    depth = begin = 0
    for index, character in enumerate(text):
        if character == "(":
            begin = index if depth == 0 else begin
            depth += 1
        elif character == ")" and depth:
            depth -= 1
            if depth == 0:
                yield begin, index + 1


def _plainly(text: str) -> str:
    spelled = ""
    for match in _PART.finditer(text):
        slash, rest = match["slash"] or "", match["rest"]
        if match["name"]:
            spelled += {"*": f"(?:{slash}.*)?", "+": f"{slash}.+", "?": f"(?:{slash}[^/]+)?", "": f"{slash}[^/]+"}[match["many"]]
        else:
            spelled += ".*" if rest == "*" else re.escape(rest)
    return spelled


def _matches(patterns: tuple[re.Pattern[str], ...], route: str) -> bool:
    return any(pattern.fullmatch(route) for pattern in patterns)


_SETS = late.pattern(
    rb"[hH]eaders?\s{0,20}(?:\(\))?\.(?:set|delete|append)\(\s{0,20}[\"'`]([\w-]+)[\"'`]|[hH]eaders\[\s{0,20}[\"'`]([\w-]+)[\"'`]\s*\]\s*=|[\"']([xX]-[\w-]+)[\"']\s*:"
)
_BEFORE = late.pattern(
    r"(?:^|/)(?:(?:src/)?(?:middleware|proxy)|hooks\.server|.*[mM]iddleware[^/]*|.*[gG]ateway[^/]*)(?:/[^/]*)?\.[cm]?[jt]sx?$"
)


def overwritten_headers(files: Mapping[str, bytes]) -> frozenset[str]:
    """The identity headers that middleware sets or deletes, in lower case."""
    found: set[str] = set()
    for path, content in files.items():
        if _BEFORE.search(path):
            for match in _SETS.finditer(content):
                name = (match[1] or match[2] or match[3]).decode().lower()
                if words.is_identity_header(name):
                    found.add(name)
    return frozenset(found)
