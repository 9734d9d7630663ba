"""Dockerfiles: what ARG and ENV give to a build and to the image, per stage, and which names reach the step that builds the app.

ARG is seen by the build only and from its line on; an ARG before the first FROM is not seen inside a stage; ENV of the last stage and
of those it builds on stays in the image (Dockerfile reference, 2026-11). A file name such as `Dockerfile.staging` says the environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Lines
from driftline.formats._place import environment_said, inside, is_local
from driftline.formats._script import builds, fetches_all
from driftline.formats._shell import expansions, unquoted
from driftline.formats._values import reference_of, state_of
from driftline.model import (
    Authority,
    Declaration,
    EnvFile,
    Need,
    Passthrough,
    Reading,
    Reference,
    Scope,
    Secret,
    Side,
    State,
    Text,
    Unreadable,
    Use,
)
from driftline.record import NamedTuple

FORMAT = Format(
    name="dockerfile",
    title="Dockerfile",
    files=("Dockerfile", "Dockerfile.*", "Dockerfile-*", "*.Dockerfile", "*.dockerfile", "Containerfile", "Containerfile.*"),
    authority=Authority.PART,
    nameless="production",
)

_MAX_STEPS = 50_000


def recognises(path: str) -> bool:
    """Not `Dockerfile.dockerignore` and its kin."""
    return not path.endswith((".dockerignore", ".md", ".sh", ".py", ".ts", ".js", ".j2", ".tmpl"))


class _Stage:
    """One FROM: its parent, and what has been declared up to here."""

    def __init__(self, parent: _Stage | None) -> None:
        self.parent = parent
        self.names: list[str] = list(parent.names) if parent else []
        self.has_env_file: bool = parent.has_env_file if parent else False
        self.found: list[tuple[bool, str, str | None, int]] = []


def read(text: Text) -> Reading:
    """Declarations per stage, and the names that reach each build step. Raises Unreadable above 50,000 instructions."""
    lines = Lines(text.content)
    folder = text.path.rpartition("/")[0]
    context = environment_said(text.path)
    stages: dict[str, _Stage] = {}
    stage: _Stage | None = None
    passthroughs: list[Passthrough] = []
    references: list[Reference] = []
    env_files: list[EnvFile] = []
    for count, step in enumerate(_steps(text.content)):
        if count > _MAX_STEPS:
            raise Unreadable(f"more than {_MAX_STEPS} instructions")
        if step.word == "FROM":
            words = [word for word in step.text.split() if not word.startswith("--")]
            stage = _Stage(stages.get(words[0].lower()) if words else None)
            stages[words[2].lower() if len(words) > 2 and words[1].lower() == "as" else f"#{len(stages)}"] = stage
        elif stage is None:
            continue  # an ARG here is for FROM lines alone
        elif step.word in ("ARG", "ENV"):
            for name, value, position in _pairs(step):
                stage.names.append(name)
                stage.found.append((step.word == "ENV", name, value, position))
        elif step.word in ("COPY", "ADD"):
            for file in _copied(step):
                stage.has_env_file = True
                # The context is the folder of the Dockerfile or one above it.
                for root in dict.fromkeys((folder, "")):
                    where = inside(root, file)
                    if where is not None:
                        env_files.append(EnvFile(where, lines.location(text.path, step.position), context, None, False))
        if step.word == "RUN" and stage is not None and builds(step.text) and not (context and is_local(context)):
            names = [*stage.names, *_given(step.text)]
            strict = not stage.has_env_file and not _opens_all(step.text)
            location = lines.location(text.path, step.position)
            passthroughs.append(Passthrough(location, "docker", tuple(dict.fromkeys(names)), strict))
        if stage is not None and step.word not in ("COPY", "ADD", "FROM"):
            for use in expansions(step.text):
                place = lines.location(text.path, step.position + use.position)
                references.append(Reference(use.name, place, Need.PLAIN, Side.BUILD, Use.MENTION, f"{step.word} ${{}}"))
    declarations = _declarations(text.path, lines, context, list(stages.values()))
    named = [(name, position) for item in stages.values() for _, name, _, position in item.found]
    if named:
        location = lines.location(text.path, named[0][1])
        passthroughs.append(Passthrough(location, "docker (arguments)", tuple(dict.fromkeys(name for name, _ in named)), False))
    return Reading(
        declarations=tuple(declarations),
        references=tuple(references),
        passthroughs=tuple(passthroughs),
        env_files=tuple(dict.fromkeys(env_files)),
        contexts=(context,) if context else (),
    )


def _declarations(path: str, lines: Lines, context: str | None, stages: list[_Stage]) -> Iterator[Declaration]:
    """The values that stand in the file; names handed over from outside are passed through, not declared."""
    final: list[_Stage] = []
    stage = stages[-1] if stages else None
    while stage is not None:
        final.append(stage)
        stage = stage.parent
    for stage in stages:
        for is_env, name, value, position in stage.found:
            if value is None or any(use.default is None for use in expansions(value)):
                continue
            used = expansions(value)
            if used and used[0].whole and used[0].default is not None:
                value = used[0].default
            elif used:
                continue
            state = state_of(value)
            yield Declaration(
                name,
                state,
                Secret(value) if state in (State.SET, State.EMPTY) else None,
                lines.location(path, position),
                context,
                scope=Scope.BUILD if not is_env else Scope.BOTH if stage in final else Scope.BUILD,
                # ENV beats ARG of the same name; what only a builder stage has lies below what the image keeps.
                layer=(1 if is_env else 0) + (2 if stage in final else 0),
                optional=not is_env,
                reference=reference_of(value),
            )


def _given(text: str) -> list[str]:
    """Names that a RUN sets for its own commands, as words and as secret mounts."""
    mounts = re.findall(r"--mount=type=secret[^ \t\n]{0,400}?,env=([A-Za-z_][A-Za-z0-9_]*)", text)
    exported = re.findall(r"(?:^|[\s;&|])([A-Za-z_][A-Za-z0-9_]*)=", text)
    return [*mounts, *exported]


def _opens_all(text: str) -> bool:
    """Whether a RUN reads an env file or a whole environment that the Dockerfile does not show."""
    return (
        fetches_all(text)
        or re.search(r"--mount=type=secret\S{0,400}(?:target|dst)=\S{0,400}\.env|(?:^|[\s;&|])(?:\.|source)[ \t]+\S*env", text) is not None
    )


def _copied(step: _Step) -> Iterator[str]:
    """Env files among the sources of a COPY from the build context."""
    if "--from=" in step.text:
        return
    words = [word.strip("[]\",'") for word in step.text.split() if not word.startswith("--")]
    for word in words[:-1]:
        base = word.rpartition("/")[2]
        if re.fullmatch(r"\.env(?:\.[\w.\-]+)?", base) and not base.endswith((".example", ".sample", ".template")):
            yield word.removeprefix("./")


class _Step(NamedTuple):
    """One instruction: its word in capitals, its text with continuations as blanks, and the 0-based position of its text."""

    word: str
    text: str
    position: int


_INSTRUCTION = late.pattern(r"[ \t]*(?P<word>[A-Za-z]+)[ \t]+(?P<rest>[^\n]*)")
_HEREDOC = late.pattern(r"<<-?(['\"]?)([A-Za-z_][A-Za-z0-9_]*)\1")


def _steps(content: str) -> Iterator[_Step]:
    """The instructions; comment and empty lines inside a continued one are blanked, here-documents are part of theirs.

    Every character keeps its position: what is dropped becomes blanks of the same length.
    """
    text = content.replace("\r", " ").replace("\ufeff", " ")
    escape = "`" if re.match(r"(?:#[^\n]*\n)*#[ \t]*escape[ \t]*=[ \t]*`", text) else "\\"
    position = 0
    while position < len(text):
        end = _line_end(text, position)
        line = text[position:end]
        found = _INSTRUCTION.match(line)
        if found is None or line.lstrip().startswith("#"):
            position = end + 1
            continue
        parts: list[str] = []
        continued = True
        while True:
            if line.lstrip().startswith("#") or (parts and not line.strip()):
                parts.append(" " * len(line))
            else:
                bare = line.rstrip()
                continued = bare.endswith(escape)
                parts.append(bare[:-1] + " " * (len(line) - len(bare) + 1) if continued else line)
            if not continued or end >= len(text):
                break
            start, end = end + 1, _line_end(text, end + 1)
            line = text[start:end]
        joined = " ".join(parts)
        heredocs = [match[2] for match in _HEREDOC.finditer(joined)] if found["word"].upper() in ("RUN", "COPY", "ADD") else []
        for tag in heredocs:
            while end < len(text):
                start, end = end + 1, _line_end(text, end + 1)
                joined += "\n" + text[start:end]
                if text[start:end].strip() == tag:
                    break
        yield _Step(found["word"].upper(), joined[found.start("rest") :], position + found.start("rest"))
        position = end + 1


def _line_end(text: str, position: int) -> int:
    found = text.find("\n", position)
    return len(text) if found < 0 else found


_PAIR = late.pattern(r"""([A-Za-z_][A-Za-z0-9_]*)(?:(=)((?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])*))?(?=\s|\Z)""")
_OLD = late.pattern(r"\s*([A-Za-z_][A-Za-z0-9_]*)[ \t]+(?!=)(\S.*)")


def _pairs(step: _Step) -> Iterator[tuple[str, str | None, int]]:
    """(name, value or None, 0-based position) of an ARG or ENV; `ENV name value` is the old form."""
    old = _OLD.match(step.text) if step.word == "ENV" else None
    if old is not None:
        yield old[1], unquoted(old[2].strip()), step.position + old.start(1)
        return
    position = 0
    for word in re.finditer(r"\S+", step.text):
        if word.start() < position:  # inside a quoted value
            continue
        found = _PAIR.match(step.text, word.start())
        position = word.end() if found is None else found.end()
        if found is not None:
            yield found[1], unquoted(found[3]) if found[2] else None, step.position + found.start()
