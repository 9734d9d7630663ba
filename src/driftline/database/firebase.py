"""Reads Firebase's security rules: who may read and write what, as far as a condition says it by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from driftline import late
from driftline.database.tokens import Lines
from driftline.model import Location, Unreadable

# Firebase docs, Security Rules language; Realtime Database rules, 2026-11.
_TOKEN = late.pattern(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<word>[A-Za-z_]\w*)|(?P<number>\d+)|(?P<sign>==|!=|<=|>=|&&|\|\||.)""",
    re.DOTALL,
)
_READS = frozenset(("read", "get", "list"))
_TEST_MODE = late.pattern(r"request \. time < timestamp \. date \( (\d{4}) , (\d{1,2}) , (\d{1,2}) \)")


class Opening(NamedTuple):
    """One `allow` that asks less than whose data it is. `who` is everyone or every signed-in user; `until` an ISO date or ""; `writes` says that it covers writing."""

    service: str
    path: str
    operations: tuple[str, ...]
    who: str
    writes: bool
    until: str
    location: Location


def read(path: str, content: str) -> tuple[Opening, ...]:
    """The openings of a rules file (`*.rules`) or of a Realtime Database's JSON. Raises Unreadable for broken JSON."""
    if path.endswith(".json"):
        return tuple(_realtime(path, content))
    return tuple(_Reader(path, content).openings())


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def _tokens(content: str) -> list[_Token]:
    return [_Token(m.lastgroup or "", m[0], m.start()) for m in _TOKEN.finditer(content) if m.lastgroup != "blank"]


class _Reader:
    def __init__(self, path: str, content: str) -> None:
        self.tokens = _tokens(content)
        self.lines = Lines(path, content)
        self.content = content
        self.functions = dict(self._functions())

    def openings(self) -> Iterator[Opening]:
        service = (
            "Storage"
            if any(a.text == "firebase" and b.text == "." for a, b in zip(self.tokens, self.tokens[1:], strict=False))
            else "Firestore"
        )
        opened: list[str | None] = []  # the path of each open match, None for other braces
        index = 0
        while index < len(self.tokens):
            token = self.tokens[index]
            if token.kind == "word" and token.text == "match":
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
        condition: list[str] = []
        index += 1
        while index < len(self.tokens) and self.tokens[index].text not in (":", ";", "}", "if"):
            if self.tokens[index].kind == "word":
                operations.append(self.tokens[index].text)
            index += 1
        while index < len(self.tokens) and self.tokens[index].text not in (";", "}", "allow", "match"):
            condition.append(self.tokens[index].text)
            index += 1
        words = [word for word in condition if word not in (":",)]
        who, until = self._who([word for word in words if word != "if"])
        if who:
            writes = any(operation not in _READS for operation in operations)
            yield Opening(service, path or "/", tuple(operations), who, writes, until, self.lines.at(start))

    def _who(self, words: Sequence[str], depth: int = 0) -> tuple[str, str]:
        """(who, until) that a condition lets in; ("", "") where it asks more than that."""
        text = " ".join(words)
        while text.startswith("( ") and text.endswith(" )") and _closes(text):
            text = text[2:-2]
        if text in ("", "true"):
            return "everyone", ""
        match = _TEST_MODE.fullmatch(text.replace(". ", ". "))
        if match:
            return "everyone", f"{int(match[1]):04}-{int(match[2]):02}-{int(match[3]):02}"
        if text in ("request . auth != null", "request . auth . uid != null", "request . auth != null && request . auth . uid != null"):
            return "every signed-in user", ""
        call = re.fullmatch(r"(\w+) \( \)", text)
        if call and call[1] in self.functions and depth < 4:
            return self._who(self.functions[call[1]], depth + 1)
        return "", ""

    def _functions(self) -> Iterator[tuple[str, list[str]]]:
        """The functions without parameters, and the words that they return."""
        for index, token in enumerate(self.tokens):
            if token.text != "function" or index + 5 >= len(self.tokens) or self.tokens[index + 3].text != ")":
                continue
            body = []
            for inner in self.tokens[index + 5 :]:
                if inner.text in (";", "}"):
                    break
                body.append(inner.text)
            if body[:1] == ["return"]:
                yield self.tokens[index + 1].text, body[1:]


def _closes(text: str) -> bool:
    depth = 0
    for index, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return index == len(text) - 1
    return False


def _realtime(path: str, content: str) -> Iterator[Opening]:
    """`.read` and `.write` of a Realtime Database; a rule holds for everything below it."""
    try:
        tree = json.loads(re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda m: m[1] or "", content, flags=re.DOTALL))
    except (ValueError, RecursionError):
        raise Unreadable("is no JSON with comments", 1, 1) from None
    lines = Lines(path, content)
    yield from _branch(tree.get("rules", {}) if isinstance(tree, dict) else {}, "/", lines, content, 0)


def _branch(node: Any, path: str, lines: Lines, content: str, depth: int) -> Iterator[Opening]:
    if not isinstance(node, Mapping) or depth > 40:
        return
    for operation in ("read", "write"):
        rule = node.get(f".{operation}")
        text = rule.strip().lower() if isinstance(rule, str) else str(rule).lower() if isinstance(rule, bool) else ""
        who = (
            "everyone"
            if text == "true"
            else "every signed-in user"
            if re.fullmatch(r"auth\s*!==?\s*null|auth\.uid\s*!==?\s*null", text)
            else ""
        )
        until = re.fullmatch(r"now\s*<\s*(\d{13})", text)
        if until:
            from datetime import datetime, timezone

            day = datetime.fromtimestamp(int(until[1]) / 1000, timezone.utc).date().isoformat()
        if who or until:
            position = max(content.find(f'".{operation}"'), 0)
            yield Opening(
                "Realtime Database", path, (operation,), who or "everyone", operation == "write", day if until else "", lines.at(position)
            )
    for name, child in node.items():
        if not str(name).startswith("."):
            yield from _branch(child, f"{path.rstrip('/')}/{name}", lines, content, depth + 1)
