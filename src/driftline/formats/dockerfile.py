"""Dockerfiles: what ARG and ENV give to a build and to the image, per stage.

ARG is seen by the build only and from its line on; an ARG before the first FROM is not seen inside a stage; ENV stays in the image
(Dockerfile reference, 2026-11). A front end build sees a variable only where a stage that runs the build has ARG or ENV for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from driftline.formats import Format
from driftline.formats._document import Lines
from driftline.formats._shell import uses
from driftline.formats._values import NAME, declared_text
from driftline.model import Authority, Declaration, Passthrough, Reading, Scope, State, Text

FORMAT = Format(
    name="dockerfile",
    title="Dockerfile",
    files=("Dockerfile", "Dockerfile.*", "Dockerfile-*", "*.Dockerfile", "*.dockerfile", "Containerfile"),
    authority=Authority.PART,
    nameless="production",
)

_DEVELOPMENT = re.compile(r"(?:^|[.\-_/])(?:dev|development|local|test|ci|devcontainer)(?:$|[.\-_/])", re.IGNORECASE)
# A step that builds a front end: the package managers' build scripts and the bundlers themselves.
_BUILDS = re.compile(
    r"\b(?:(?:npm|pnpm|yarn|bun)\s+(?:run\s+|--\S+\s+|-\S+\s+\S+\s+)*build\S*|turbo\s+(?:run\s+)?build|nx\s+build|next\s+build|vite\s+build|nuxt\s+build|astro\s+build)\b"
)


class _Step(NamedTuple):
    """One instruction: its word in capitals, its text with continuations joined by spaces, and its 0-based position."""

    word: str
    text: str
    position: int


def read(text: Text) -> Reading:
    """Declarations per stage, and the names that reach each build step. Never fails: unknown instructions are other people's."""
    lines = Lines(text.content)
    context = "local" if _DEVELOPMENT.search(text.path.rpartition("/")[2]) else None
    stage: str | None = None
    number = 0
    visible: dict[str, list[str]] = {}
    parent: dict[str, str] = {}
    declarations: list[Declaration] = []
    passthroughs: list[Passthrough] = []
    for step in _steps(text.content):
        if step.word == "FROM":
            words = [word for word in step.text.split() if not word.startswith("--")]
            named = words[2] if len(words) > 2 and words[1].lower() == "as" else str(number)
            if words and words[0] in visible:
                parent[named] = words[0]
            stage, number = named, number + 1
            visible[named] = list(visible.get(parent.get(named, ""), ()))
        elif step.word in ("ARG", "ENV"):
            for name, value, offset in _pairs(step):
                if stage is not None:
                    visible[stage].append(name)
                declarations.append(_declaration(text.path, lines, step, name, value, offset, context, stage))
        elif step.word == "RUN" and stage is not None and _BUILDS.search(step.text):
            secrets = re.findall(r"--mount=type=secret\S*?,env=([A-Za-z_][A-Za-z0-9_]*)", step.text)
            location = lines.location(text.path, step.position)
            passthroughs.append(Passthrough(location, "docker", tuple(dict.fromkeys([*visible[stage], *secrets])), strict=context is None))
    return Reading(declarations=tuple(declarations), passthroughs=tuple(passthroughs), contexts=(context,) if context else ())


def _declaration(
    path: str, lines: Lines, step: _Step, name: str, value: str | None, offset: int, context: str | None, stage: str | None
) -> Declaration:
    location = lines.location(path, offset)
    scope = Scope.BUILD if step.word == "ARG" else Scope.BOTH
    if value is None:
        return Declaration(
            name, State.REFERENCE, None, location, context, None, scope, reference="a build argument", optional=stage is None
        )
    used = [used for used, _, _, _ in uses(value)]
    if used:
        return Declaration(name, State.REFERENCE, None, location, context, None, scope, reference=f"${{{', '.join(used)}}}")
    return declared_text(name, value, location, context=context, scope=scope)


_INSTRUCTION = re.compile(r"[ \t]*(?P<word>[A-Za-z]+)[ \t]+(?P<rest>[^\n]*)")
_HEREDOC = re.compile(r"<<-?(['\"]?)([A-Za-z_][A-Za-z0-9_]*)\1")


def _steps(content: str) -> Iterator[_Step]:
    """The instructions; comment lines inside a continued one are dropped, here-documents are part of theirs.

    Positions are kept by replacing what is dropped with blanks of the same length.
    """
    text = content.replace("\r", " ")
    position = 0
    escape = "`" if re.match(r"#\s*escape\s*=\s*`", text) else "\\"
    while position < len(text):
        end = _line_end(text, position)
        line = text[position:end]
        found = _INSTRUCTION.match(line)
        if found is None or line.lstrip().startswith("#"):
            position = end + 1
            continue
        parts = [line]
        while line.rstrip().endswith(escape) and end < len(text):
            start, end = end + 1, _line_end(text, end + 1)
            line = text[start:end]
            if line.lstrip().startswith("#"):
                parts.append(" " * len(line))
                line = escape
            else:
                parts.append(line)
        heredoc = _HEREDOC.search(parts[-1])
        while heredoc is not None and end < len(text):
            start, end = end + 1, _line_end(text, end + 1)
            parts.append(text[start:end])
            if parts[-1].strip() == heredoc[2]:
                break
        joined = " ".join(
            part.rstrip()[:-1] + " " * (len(part) - len(part.rstrip()) + 1) if part.rstrip().endswith(escape) else part for part in parts
        )
        yield _Step(found["word"].upper(), joined[found.start("rest") :], position + found.start("rest"))
        position = end + 1


def _line_end(text: str, position: int) -> int:
    found = text.find("\n", position)
    return len(text) if found < 0 else found


_PAIR = re.compile(r"""([A-Za-z_][A-Za-z0-9_]*)(?:(=)((?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])*))?""")


def _pairs(step: _Step) -> Iterator[tuple[str, str | None, int]]:
    """(name, value or None, 0-based position) of an ARG or ENV; `ENV name value` is the old form."""
    first = re.match(r"\s*([A-Za-z_][A-Za-z0-9_]*)[ \t]+(?!=)(\S.*)", step.text) if step.word == "ENV" else None
    if first is not None and NAME.fullmatch(first[1]):
        yield first[1], first[2].strip(), step.position + first.start(1)
        return
    position = 0
    while position < len(step.text):
        found = _PAIR.match(step.text, position)
        if found is None:
            position += 1
            continue
        yield found[1], _unquoted(found[3]) if found[2] else None, step.position + found.start()
        position = max(found.end(), position + 1)


def _unquoted(value: str) -> str:
    return re.sub(r"""\\(.)|["']""", lambda match: match[1] or "", value)
