"""How shells, Compose and Dockerfiles write variables and commands: `${NAME}` with its operators, words, and simple commands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline import late
from driftline.model import Need
from driftline.record import NamedTuple

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_TOKEN = late.pattern(rf"\\.|\$\$|\$\{{(?P<braced>{_NAME})(?P<operator>:?[-?+=])?|\$(?P<bare>{_NAME})|[{{}}]", re.DOTALL)


class Expansion(NamedTuple):
    """One `$NAME` or `${NAME...}`. `position` is that of its name; `default` what takes its place (`:-`, `-`, `:=`, `=`), else None.

    `${X:?}` fails without a value, `${X:-d}` and `${X:+d}` have one, `$X` and `${X}` become empty. `whole` is True where nothing
    stands around it.
    """

    name: str
    need: Need
    position: int
    default: str | None
    whole: bool


def expansions(text: str) -> list[Expansion]:
    """Every substitution of a text in order, those inside defaults too; `$$` and `\\$` are none, an unclosed brace is none."""
    found: list[Expansion] = []
    # Open braces: the expansion's token, or None for a plain brace inside one.
    stack: list[re.Match[str] | None] = []
    for token in _TOKEN.finditer(text):
        if token["bare"]:
            found.append(Expansion(token["bare"], Need.PLAIN, token.start("bare"), None, token[0] == text))
        elif token["braced"]:
            stack.append(token)
        elif token[0] == "{" and stack:
            stack.append(None)
        elif token[0] == "}" and stack:
            opened = stack.pop()
            if opened is not None:
                operator = opened["operator"] or ""
                need = Need.REQUIRED if "?" in operator else Need.OPTIONAL if operator else Need.PLAIN
                default = text[opened.end() : token.start()] if operator[-1:] in ("-", "=") and operator else None
                whole = opened.start() == 0 and token.end() == len(text)
                found.append(Expansion(opened["braced"], need, opened.start("braced"), default, whole))
    return sorted(found, key=lambda expansion: expansion.position)


class Word(NamedTuple):
    """A word of a command without its quotes, and the 0-based position of its raw text."""

    text: str
    position: int


_LEXEME = late.pattern(
    r"""(?P<blank>[ \t\r]+|\\\r?\n)|(?P<end>&&|\|\||[;|&\n()])|(?P<word>(?:\\.|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'\\;|&()])+)""", re.DOTALL
)
_QUOTED = late.pattern(r"""\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'""", re.DOTALL)


def unquoted(word: str) -> str:
    """A word as a shell passes it on, without quotes and backslashes; substitutions stay as they are."""
    return _QUOTED.sub(lambda m: m[1] or m[3] or re.sub(r'\\([$`"\\])', r"\1", m[2] or ""), word)


def commands(text: str) -> Iterator[list[Word]]:
    """The simple commands of a shell text, split at `;`, `&&`, `|`, brackets and line ends; an unclosed quote is an ordinary character."""
    words: list[Word] = []
    position = 0
    while position < len(text):
        match = _LEXEME.match(text, position)
        if match is None:
            position += 1
            continue
        if match["word"] and match["word"].startswith("#"):
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
            continue
        if match["word"]:
            words.append(Word(unquoted(match["word"]), position))
        elif match["end"] and words:
            yield words
            words = []
        position = match.end()
    if words:
        yield words


_ASSIGNMENT = late.pattern(rf"({_NAME})=(.*)", re.DOTALL)


def assignments(words: list[Word]) -> tuple[list[tuple[str, str, int]], list[Word]]:
    """(name, value, position) of the assignments before a command, behind `env` and `cross-env` too, and the words of the command."""
    found: list[tuple[str, str, int]] = []
    for index, word in enumerate(words):
        match = _ASSIGNMENT.fullmatch(word.text)
        if match is not None:
            found.append((match[1], match[2], word.position))
        elif word.text not in ("env", "cross-env", "cross-env-shell", "npx", "export"):
            return found, words[index:]
    return found, []
