"""systemd units and Podman's container units: `Environment=` and `EnvironmentFile=` of a service.

A later line beats an earlier one and a file beats every line; an empty assignment forgets those before it; `UnsetEnvironment=` takes names
away, `PassEnvironment=` takes them from the manager, `-` before a file makes it optional. Words are split at blanks and quoted with `"` or `'`, with
C escapes; `%x` is a specifier and `$` is plain; a trailing backslash goes on in the next line (systemd.exec(5), systemd.syntax(7); for `Secret=`
podman-systemd.unit(5); 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Lines
from driftline.formats._place import environment_said, inside
from driftline.formats._shell import expansions
from driftline.formats._values import NAME, declared_text
from driftline.model import (
    Authority,
    Declaration,
    EnvFile,
    Location,
    Need,
    Reading,
    Reference,
    Related,
    Scope,
    Side,
    State,
    Text,
    Use,
)
from driftline.record import NamedTuple

FORMAT = Format(
    name="systemd",
    title="systemd unit",
    files=("*.service", "*.container", "*.service.d/*.conf"),
    authority=Authority.PART,
    nameless="production",
)

_SECTIONS = frozenset(("[Service]", "[Container]"))
_WORD = late.pattern(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\\.|[^\s"'\\])+""", re.DOTALL)
_QUOTED = late.pattern(r""""((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[0-7]{3}|.))""", re.DOTALL)
_ESCAPE = late.pattern(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([0-7]{3})|(.))", re.DOTALL)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "s": " ", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\n": " "}
_SPECIFIER = late.pattern(r"%[A-Za-z]")


class _Setting(NamedTuple):
    """One `KEY=VALUE`; `value` keeps the place of every character of a value that goes on over several lines."""

    key: str
    value: str
    position: int


def read(text: Text) -> Reading:
    """Declarations, env files and the names that commands read. Never fails: a line with an open quote sets nothing, and is noted."""
    return _Unit(text).reading()


class _Unit:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.lines = Lines(text.content)
        self.context = environment_said(text.path)
        self.declarations: list[Declaration] = []
        self.env_files: list[EnvFile] = []
        self.references: list[Reference] = []
        self.notes: list[Related] = []

    def reading(self) -> Reading:
        unset: set[str] = set()
        for setting in _settings(self.text.content):
            if setting.key == "Environment":
                self._environment(setting)
            elif setting.key == "EnvironmentFile":
                self._file(setting)
            elif setting.key == "Secret":
                self._secret(setting)
            elif setting.key == "PassEnvironment":
                for word, position in _words(setting):
                    self._mention(word, position, "PassEnvironment=")
            elif setting.key == "UnsetEnvironment":
                unset |= {word.partition("=")[0] for word, _ in _words(setting)}
            elif setting.key.startswith("Exec"):
                self._command(setting)
        kept = tuple(declaration for declaration in self.declarations if declaration.name not in unset)
        contexts = (self.context,) if self.context and (kept or self.env_files) else ()
        return Reading(kept, tuple(self.references), env_files=tuple(self.env_files), contexts=contexts, notes=tuple(self.notes))

    def _at(self, position: int) -> Location:
        return self.lines.location(self.text.path, position)

    def _environment(self, setting: _Setting) -> None:
        if not setting.value.strip():
            self.declarations.clear()
            return
        if _WORD.sub("", setting.value).strip():
            self.notes.append(Related(self._at(setting.position), "a quote is not closed, so systemd ignores this line"))
            return
        for word, position in _words(setting):
            self._assign(word, position)

    def _assign(self, word: str, position: int) -> None:
        name, equals, value = word.partition("=")
        if not equals or not NAME.fullmatch(name):
            return
        place = self._at(position)
        if _SPECIFIER.search(value.replace("%%", "")):
            found = Declaration(name, State.REFERENCE, None, place, self.context, None, Scope.RUN, reference="a specifier of systemd")
        else:
            found = declared_text(name, value.replace("%%", "%"), place, context=self.context, scope=Scope.RUN)
        self.declarations.append(found._replace(layer=len(self.declarations)))

    def _file(self, setting: _Setting) -> None:
        path = setting.value.strip().strip("\"'")
        if not path:
            self.env_files.clear()
            return
        where = inside(self.text.path.rpartition("/")[0], path.removeprefix("-"))
        if where is not None and not _SPECIFIER.search(path):
            place = self._at(setting.position)
            self.env_files.append(EnvFile(where, place, self.context, None, not path.startswith("-"), "docker"))

    def _secret(self, setting: _Setting) -> None:
        """`Secret=NAME,type=env,target=VARIABLE` of a container unit."""
        name, *options = setting.value.strip().split(",")
        told = dict(option.strip().partition("=")[::2] for option in options)
        target = told.get("target") or name.strip()
        if told.get("type") == "env" and NAME.fullmatch(target):
            place = self._at(setting.position + max(setting.value.find(target), 0))
            self.declarations.append(
                Declaration(target, State.REFERENCE, None, place, self.context, None, Scope.RUN, reference="a secret of Podman")
            )

    def _command(self, setting: _Setting) -> None:
        words = list(_words(setting))
        if words and words[0][0].lstrip("@-:+!").endswith("/env"):
            for word, position in words[1:]:
                if not NAME.match(word) or "=" not in word:
                    break
                self._assign(word, position)
        for used in expansions(setting.value):
            if used.name != "MAINPID":
                self._mention(used.name, setting.position + used.position, "ExecStart=", used.need)

    def _mention(self, name: str, position: int, how: str, need: Need = Need.PLAIN) -> None:
        if NAME.fullmatch(name):
            self.references.append(Reference(name, self._at(position), need, Side.SERVER, Use.MENTION, how))


def _settings(content: str) -> Iterator[_Setting]:
    """The settings of the sections that run something; comments inside a value that goes on are blanked, so that places stay."""
    section = ""
    position = 0
    key, parts, begin = "", [""], 0
    going_on = False
    for line in content.splitlines(keepends=True):
        start, position = position, position + len(line)
        bare = line.rstrip("\r\n")
        comment = bare.lstrip()[:1] in ("#", ";")
        if not going_on:
            if comment or "=" not in bare:
                section = bare.strip() if bare.lstrip().startswith("[") else section
                continue
            key, _, value = bare.partition("=")
            key, parts, begin = key.strip(), [], start + bare.index("=") + 1
        else:
            value = " " * len(bare) if comment else bare
        going_on = value.endswith("\\") or (going_on and comment)
        parts.append((value[:-1] + " " if value.endswith("\\") else value) + " " * (len(line) - len(bare)))
        if not going_on and section in _SECTIONS:
            yield _Setting(key, "".join(parts), begin)
    if going_on and section in _SECTIONS:
        yield _Setting(key, "".join(parts), begin)


def _words(setting: _Setting) -> Iterator[tuple[str, int]]:
    """The words of a value without quotes and escapes, each with the position of its first character after a quote."""
    for word in _WORD.finditer(setting.value):
        text = _QUOTED.sub(lambda match: _unescaped(match[1] or match[2] or match[3] or ""), word[0])
        yield text, setting.position + word.start() + (word[0][0] in "\"'")


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _character(match[1] or match[2], match[3], match[4]), text)


def _character(digits: str | None, octal: str | None, letter: str | None) -> str:
    if digits is not None:
        return chr(int(digits, 16))
    if octal is not None:
        return chr(int(octal, 8))
    return _PLAIN.get(letter or "", letter or "")
