"""Reads Firebase's security rules: who may read and write what, as far as a condition says it by itself."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from driftline import late
from driftline.database.tokens import Lines
from driftline.model import Location, Unreadable
from driftline.record import NamedTuple

# Firebase docs, Security Rules language; Realtime Database rules; firebase.json, 2026-11.
_TOKEN = late.pattern(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<word>[$A-Za-z_]\w*)|(?P<number>\d+)|(?P<sign>===|!==|==|!=|<=|>=|&&|\|\||.)""",
    re.DOTALL,
)
_READS = frozenset(("read", "get", "list"))
_DEEPEST = 60


class Opening(NamedTuple):
    """One rule that asks less than whose data it is. `who` is everyone or every signed-in user; `until` an ISO date or "".

    `operations` are read, get, list, write, create, update and delete; `writes` says that it covers writing.
    """

    service: str
    path: str
    operations: tuple[str, ...]
    who: str
    writes: bool
    until: str
    location: Location


def files(path: str, content: str) -> tuple[str, ...]:
    """The paths of the rules files that a firebase.json names, relative to the root as `path` is; none where it is no JSON."""
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        return ()
    found = []
    for service in ("firestore", "storage", "database"):
        entry = tree.get(service) if isinstance(tree, dict) else None
        for one in entry if isinstance(entry, list) else [entry]:
            rules = one.get("rules") if isinstance(one, dict) else None
            if isinstance(rules, str):
                found.append(posixpath.normpath(posixpath.join(posixpath.dirname(path), rules)))
    return tuple(found)


def read(path: str, content: str) -> tuple[Opening, ...]:
    """The openings of a rules file (`*.rules`) or of a Realtime Database's JSON. Raises Unreadable for broken JSON."""
    if path.endswith(".json"):
        return tuple(_Realtime(path, content).openings())
    return tuple(_Rules(path, content).openings())


def service(path: str, content: str) -> str:
    """Whose rules a file holds: `firestore`, `storage` or `database`; "" where it does not say."""
    if path.endswith(".json"):
        return "database"
    match = _SERVICE.search(content)
    return {"cloud.firestore": "firestore", "firebase.storage": "storage"}[match[1]] if match else ""


_SERVICE = late.pattern(r"\bservice\s+(cloud\.firestore|firebase\.storage)\b")


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def _tokens(content: str, start: int = 0) -> list[_Token]:
    return [_Token(m.lastgroup or "", m[0], start + m.start()) for m in _TOKEN.finditer(content) if m.lastgroup != "blank"]


# --- conditions -------------------------------------------------------------------------------------------------------------


class _Who(NamedTuple):
    """Whom a condition lets in: 0 nobody, 1 fewer than all who are signed in, 2 everyone who is, 3 everyone; and until when."""

    rank: int
    until: str = ""


_NOBODY, _FEWER, _SIGNED_IN, _EVERYONE = _Who(0), _Who(1), _Who(2), _Who(3)
_NAMES = {2: "every signed-in user", 3: "everyone"}
_TEST_MODE = late.pattern(r"request \. time < timestamp \. date \( (\d{4}) , (\d{1,2}) , (\d{1,2}) \)")
_UNTIL = late.pattern(r"now < (\d{13})")
_LOGIN = late.pattern(
    r"(?:request \. )?auth (?:\. uid )?!==? null|null !==? (?:request \. )?auth(?: \. uid)?|request \. auth \. token \. email_verified(?: ==? true)?"
    r"|(?:request \. )?auth \. (?:token \. firebase \. sign_in_)?provider !==? ['\"]anonymous['\"]|request \. auth \. uid is string"
)
# What only looks at the new data, its size or its kind, says nothing of who sends it.
_OF_NEW_DATA = late.pattern(r"\brequest \. resource\b|\bnewData\b")
_OF_SOMEBODY = late.pattern(
    r"\bauth\b|(?<!request \. )\bresource \.|\bget \(|\bexists\w* \(|\broot\b|\bdata \. (?:child|val|exists)|(?<!\. )\bdata\b"
)


class _Condition:
    """Reads a condition as far as it is made of OR, AND, brackets and calls of the file's own functions."""

    def __init__(self, tokens: Sequence[_Token], functions: Mapping[str, Sequence[_Token]], depth: int = 0) -> None:
        self.tokens = tokens
        self.functions = functions
        self.depth = depth
        self.index = 0

    def who(self) -> _Who:
        if not self.tokens:
            return _EVERYONE
        return self._either() if self.depth < _DEEPEST else _FEWER

    def _either(self) -> _Who:
        found = [self._both()]
        while self._take("||"):
            found.append(self._both())
        return max(found, key=lambda one: one.rank)

    def _both(self) -> _Who:
        found = [self._one()]
        while self._take("&&"):
            found.append(self._one())
        return min(found, key=lambda one: (one.rank, not one.until))

    def _one(self) -> _Who:
        start = self.index
        if self._text() == "(":
            end = self._closing()
            after = self.tokens[end + 1].text if end + 1 < len(self.tokens) else ""
            if after in ("", "&&", "||", ")"):
                self.index = end + 1
                return _Condition(self.tokens[start + 1 : end], self.functions, self.depth + 1).who()
        while self.index < len(self.tokens) and self._text() not in ("&&", "||"):
            self.index = self._closing() + 1 if self._text() in ("(", "[") else self.index + 1
        return self._term(self.tokens[start : self.index])

    def _term(self, tokens: Sequence[_Token]) -> _Who:
        text = " ".join(token.text for token in tokens)
        if text in ("true", "! false"):
            return _EVERYONE
        if text in ("false", "! true"):
            return _NOBODY
        if match := _TEST_MODE.fullmatch(text):
            return _Who(3, f"{int(match[1]):04}-{int(match[2]):02}-{int(match[3]):02}")
        if match := _UNTIL.fullmatch(text):
            return _Who(3, datetime.fromtimestamp(int(match[1]) / 1000, timezone.utc).date().isoformat())
        if _LOGIN.fullmatch(text):
            return _SIGNED_IN
        called = tokens[0].text if tokens else ""
        if called in self.functions and (len(tokens) == 1 or (tokens[1].text == "(" and text.endswith(")"))):
            return _Condition(self.functions[called], self.functions, self.depth + 20).who()
        if _OF_NEW_DATA.search(text) and not _OF_SOMEBODY.search(_OF_NEW_DATA.sub("", text)):
            return _EVERYONE
        return _FEWER

    def _text(self) -> str:
        return self.tokens[self.index].text if self.index < len(self.tokens) else ""

    def _take(self, text: str) -> bool:
        if self._text() == text:
            self.index += 1
            return True
        return False

    def _closing(self) -> int:
        """The index of the bracket that closes the one here; the last one where none does."""
        depth = 0
        for index in range(self.index, len(self.tokens)):
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(self.tokens[index].text, 0)
            if depth == 0:
                return index
        return len(self.tokens) - 1


# --- rules files ------------------------------------------------------------------------------------------------------------


class _Rules:
    def __init__(self, path: str, content: str) -> None:
        self.tokens = _tokens(content)
        self.lines = Lines(path, content)
        self.functions = dict(self._functions())

    def openings(self) -> Iterator[Opening]:
        words = [token.text for token in self.tokens]
        service = "Storage" if any(words[i : i + 3] == ["firebase", ".", "storage"] for i in range(len(words))) else "Firestore"
        opened: list[str | None] = []  # the path of each open match, None for other braces
        index = 0
        while index < len(self.tokens):
            token = self.tokens[index]
            if token.kind == "word" and token.text == "match" and words[index + 1 : index + 2] == ["/"]:
                path, index = self._path(index + 1)
                opened.append(path)
            elif token.text == "{":
                opened.append(None)
            elif token.text == "}" and opened:
                opened.pop()
            elif token.kind == "word" and token.text == "allow":
                yield from self._allow(index, service, "".join(path for path in opened if path))
            index += 1

    def _path(self, index: int) -> tuple[str, int]:
        """The path of a match and the index of its opening brace; `{name}` inside a path follows a slash."""
        words: list[str] = []
        while index < len(self.tokens):
            text = self.tokens[index].text
            if text == "{" and (not words or words[-1] != "/"):
                break
            if text == "{":
                while index < len(self.tokens) and self.tokens[index].text != "}":
                    words.append(self.tokens[index].text)
                    index += 1
                text = "}"
            words.append(text)
            index += 1
        return re.sub(r"^/(?:databases/\{\w+\}/documents|b/\{\w+\}/o)", "", "".join(words)), index

    def _allow(self, index: int, service: str, path: str) -> Iterator[Opening]:
        start = self.tokens[index].position
        operations: list[str] = []
        index += 1
        while index < len(self.tokens) and self.tokens[index].text not in (":", ";", "}", "if"):
            if self.tokens[index].kind == "word":
                operations.append(self.tokens[index].text)
            index += 1
        begin = index
        while index < len(self.tokens) and self.tokens[index].text not in (";", "}", "allow", "match"):
            index += 1
        condition = [token for token in self.tokens[begin:index] if token.text not in (":", "if")]
        who = _Condition(condition, self.functions).who()
        if who.rank in _NAMES:
            writes = any(operation not in _READS for operation in operations)
            yield Opening(service, path or "/", tuple(operations), _NAMES[who.rank], writes, who.until, self.lines.at(start))

    def _functions(self) -> Iterator[tuple[str, list[_Token]]]:
        """What each function returns; what `let` gives a name to is one more function."""
        for index, token in enumerate(self.tokens):
            if token.text == "function" and index + 1 < len(self.tokens):
                begin = self._after(index, "return")
                yield self.tokens[index + 1].text, self._until(begin)
            elif token.text == "let" and index + 2 < len(self.tokens) and self.tokens[index + 2].text == "=":
                yield self.tokens[index + 1].text, self._until(index + 3)

    def _after(self, index: int, word: str) -> int:
        while index < len(self.tokens) and self.tokens[index].text not in (word, "}"):
            index += 1
        return index + 1

    def _until(self, index: int) -> list[_Token]:
        found = []
        while index < len(self.tokens) and self.tokens[index].text not in (";", "}"):
            found.append(self.tokens[index])
            index += 1
        return found


# --- the Realtime Database ----------------------------------------------------------------------------------------------------


class _Realtime:
    """`.read` and `.write` of a Realtime Database; a rule holds for everything below it."""

    def __init__(self, path: str, content: str) -> None:
        self.content = content
        self.lines = Lines(path, content)
        self.tokens = _tokens(content)
        self.index = 0

    def openings(self) -> Iterator[Opening]:
        found: list[Opening] = []
        self._value("", found, 0)
        if self.index < len(self.tokens):
            raise self._broken()
        return iter(found)

    def _value(self, path: str, found: list[Opening], depth: int) -> None:
        if depth > _DEEPEST:
            raise self._broken()
        token = self._next()
        if token.text == "{":
            self._members(path, found, depth)
        elif token.text == "[":
            while self._peek() != "]":
                self._value("", [], depth + 1)
                if self._peek() == ",":
                    self._next()
            self._next()
        elif token.kind not in ("string", "word", "number") and token.text != "-":
            raise self._broken()
        elif token.text == "-" or (token.kind == "number" and self._peek() == "."):
            while self._peek() not in (",", "}", "]", ""):
                self._next()

    def _members(self, path: str, found: list[Opening], depth: int) -> None:
        while self._peek() != "}":
            key = self._next()
            if key.kind != "string" or self._next().text != ":":
                raise self._broken()
            name = str(self._text(key))
            if name in (".read", ".write"):
                found += self._rule(path, name[1:], key)
            else:
                self._value(path if name == "rules" and depth == 0 else f"{path}/{name}", found, depth + 1)
            if self._peek() == ",":
                self._next()
            elif self._peek() != "}":
                raise self._broken()
        self._next()

    def _rule(self, path: str, operation: str, key: _Token) -> Iterator[Opening]:
        value = self._next()
        condition = str(self._text(value)) if value.kind == "string" else value.text
        who = _Condition(_tokens(condition), {}).who() if condition.strip() else _FEWER
        if who.rank in _NAMES:
            yield Opening(
                "Realtime Database",
                path or "/",
                (operation,),
                _NAMES[who.rank],
                operation == "write",
                who.until,
                self.lines.at(key.position),
            )

    def _text(self, token: _Token) -> Any:
        try:
            return json.loads(token.text)
        except ValueError:
            return token.text[1:-1]

    def _peek(self) -> str:
        return self.tokens[self.index].text if self.index < len(self.tokens) else ""

    def _next(self) -> _Token:
        if self.index >= len(self.tokens):
            raise self._broken()
        self.index += 1
        return self.tokens[self.index - 1]

    def _broken(self) -> Unreadable:
        place = self.lines.at(self.tokens[self.index - 1].position) if self.tokens and self.index else None
        return Unreadable("is no JSON with comments", place.line if place else 1, place.column if place else 1)
