""".envrc: what direnv exports on the developer's machine; a shell program, so only plain lines are read and nothing is run.

`export NAME=value` declares, a value with `$(...)`, backquotes or another variable is computed by the shell, `unset` takes away. `dotenv` and
`dotenv_if_exists` read an env file, `source_env` and its kin another .envrc, which is read by itself; `env_vars_required` names what has to
be there. Files laid over it (`.envrc.local`) win (direnv 2.37, stdlib and its manual page, 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Lines
from driftline.formats._place import inside
from driftline.formats._shell import Word, commands, expansions
from driftline.formats._values import NAME, declared_text
from driftline.model import Authority, Declaration, EnvFile, Need, Reading, Reference, Secret, Side, State, Text, Unread, Use

FORMAT = Format(name="direnv", title=".envrc", files=(".envrc", ".envrc.*"), authority=Authority.PART, nameless="local")

_NOT_SOURCES = frozenset(("example", "sample", "template", "dist", "md", "bak", "tpl"))
# Words that may stand before a command of a compound one.
_BEFORE = frozenset(("then", "else", "do", "{", "if", "elif", "while", "!", "time", "has", "strict_env", "local", "builtin", "command"))
_ASSIGNMENT = late.pattern(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=(.*)", re.DOTALL)


def recognises(path: str) -> bool:
    """Not an example of one: `.envrc.example` is copied before direnv reads it."""
    return path.rpartition(".")[2].lower() not in _NOT_SOURCES


def read(text: Text) -> Reading:
    """Exports, env files, and the names that values take from elsewhere. Never fails."""
    return _Envrc(text).reading()


class _Envrc:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.lines = Lines(text.content)
        self.layer = 1 if text.path.rpartition("/")[2] != ".envrc" else 0
        # By name: a later line of the same program takes the place of an earlier one.
        self.exported: dict[str, Declaration] = {}
        self.assigned: dict[str, Declaration] = {}
        self.required: list[Reference] = []
        self.env_files: list[EnvFile] = []
        self.unread: list[Unread] = []

    def reading(self) -> Reading:
        for words in commands(self.text.content):
            while len(words) > 1 and words[0].text in _BEFORE:
                words = words[1:]
            self._command(words)
        return Reading(
            tuple(self.exported.values()),
            (*self._mentions(), *dict.fromkeys(self.required)),
            env_files=tuple(self.env_files),
            unread=tuple(self.unread),
        )

    def _command(self, words: list[Word]) -> None:
        head, rest = words[0].text, words[1:]
        if head == "export" or (head in ("declare", "typeset") and rest and rest[0].text.startswith("-") and "x" in rest[0].text):
            for word in rest:
                self._export(word)
        elif head == "unset":
            for word in rest:
                self.exported.pop(word.text, None)
                self.assigned.pop(word.text, None)
        elif head in ("dotenv", "dotenv_if_exists"):
            path = inside(self.text.path.rpartition("/")[0], rest[0].text if rest else ".env")
            # A folder's own .env is what is read where a folder is given; which of both it is cannot be told from a text.
            if path is not None:
                place = self.lines.location(self.text.path, words[0].position)
                self.env_files.append(EnvFile(path, place, required=head == "dotenv"))
        elif head == "env_vars_required":
            for word in rest:
                if NAME.fullmatch(word.text):
                    self.required.append(self._reference(word.text, word.position, Need.REQUIRED))
        elif _ASSIGNMENT.fullmatch(head) and not rest:
            found = self._declared(words[0])
            if found.name in self.exported:
                self.exported[found.name] = found
            self.assigned[found.name] = found

    def _export(self, word: Word) -> None:
        if _ASSIGNMENT.fullmatch(word.text):
            found = self._declared(word)
            self.exported[found.name] = found
        elif word.text in self.assigned:
            self.exported[word.text] = self.assigned[word.text]

    def _declared(self, word: Word) -> Declaration:
        match = _ASSIGNMENT.fullmatch(word.text)
        if match is None:
            raise ValueError(word.text)
        name, value = match[1], match[3]
        start = self.text.content.find(name, word.position)
        start = word.position if start < 0 else start  # backslashes stand inside the name
        place = self.lines.location(self.text.path, start)
        after = start + len(name) + len(match[2]) + 1
        literal = self.text.content.startswith("'", after)
        if (
            not value
            and self.text.content[after : after + 1] in ("'", '"')
            and self.text.content[after] != self.text.content[after + 1 : after + 2]
        ):
            self.unread.append(Unread(self.text.path, "a quote that does not end", place.line, place.column))
            return Declaration(name, State.REFERENCE, None, place, layer=self.layer, reference="computed by the shell")
        found = [] if literal else expansions(value)
        whole = found[0].default if found and found[0].whole else None
        if whole is not None and "$" not in whole and "`" not in whole:
            state = State.SET if whole else State.EMPTY
            return Declaration(name, state, Secret(whole), place, layer=self.layer, optional=True)
        if match[2] or (not literal and ("$" in value or "`" in value or value.startswith("~"))):
            return Declaration(name, State.REFERENCE, None, place, layer=self.layer, reference="computed by the shell")
        return declared_text(name, value, place, layer=self.layer)

    def _mentions(self) -> Iterator[Reference]:
        for found in expansions(self.text.content):
            yield self._reference(found.name, found.position, found.need)

    def _reference(self, name: str, position: int, need: Need) -> Reference:
        place = self.lines.location(self.text.path, position)
        return Reference(name, place, need, Side.BUILD, Use.MENTION, ".envrc")
