"""Env files in every spelling: real ones, examples and templates, `.env.schema`, `.dev.vars`; read in the npm dialect.

The app's own loader reads real env files again for the values (driftline.loaders); this reader gives names, places and states.
In an example a commented-out declaration counts, as an optional one: large projects document most of their names that way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from driftline import late, loaders
from driftline.formats import Format
from driftline.formats._values import reference_of, state_of
from driftline.knowledge import callbacks
from driftline.loaders.assignment import Assignment, Positions
from driftline.model import (
    Authority,
    Declaration,
    Location,
    Need,
    Reading,
    Reference,
    Related,
    Secret,
    State,
    Text,
    Unread,
    Unreadable,
    Use,
)

FORMAT = Format(
    name="dotenv",
    title="env file",
    files=(
        ".env",
        ".env.*",
        ".env-*",
        "*.env",
        "env.example",
        "env.sample",
        "env.template",
        "example.env",
        "sample.env",
        ".dev.vars",
        ".dev.vars.*",
        ".flaskenv",
    ),
    authority=Authority.WHOLE,
    nameless="base",
)

# Words that make a file documentation. Spellings seen in public repositories (documenso, midday, langfuse, cal.com, plane; 2026-08).
_EXAMPLE_WORDS = frozenset(
    ("example", "sample", "template", "dist", "defaults", "default", "schema", "tpl", "tmpl", "examples", "sampl", "spec")
)
_LOCAL_WORDS = frozenset(("local",))
# Files of tools that hold no declarations of the app.
_NOT_ENV = frozenset(
    (
        "keys",
        "vault",
        "ts",
        "js",
        "mjs",
        "cjs",
        "json",
        "md",
        "py",
        "go",
        "rs",
        "d",
        "yml",
        "yaml",
        "toml",
        "sh",
        "bak",
        "swp",
        "orig",
        "enc",
    )
)

# The longest env files of public repositories have some 2,000 lines; Linux hands no variable over 128 KiB to a process.
_MAX_DECLARATIONS = 200_000
_MAX_LINES = 250_000
_MAX_MIB = 8


def _words(basename: str) -> list[str]:
    """The words of a name but `env` itself: `.env.production.local` -> production, local; `.env-template` -> template."""
    name = basename.removeprefix(".dev.vars") if basename.startswith(".dev.vars") else basename
    return [word for word in re.split(r"[.\-]", name) if word and word != "env"]


def is_env_file(basename: str) -> bool:
    """Whether a base name is that of an env file or a template of one."""
    if basename in (".envrc", ".env.d.ts") or not _SHAPE.fullmatch(basename):
        return False
    words = _words(basename)
    return not words or words[-1].lower() not in _NOT_ENV


_SHAPE = late.pattern(
    r"\.env(?:[.\-][A-Za-z0-9_.\-]+)?|[A-Za-z0-9_\-]*(?:\.[A-Za-z0-9_\-]+)*\.env|env\.(?:example|sample|template)|\.dev\.vars(?:\.[A-Za-z0-9_.\-]+)?|\.flaskenv"
)


def recognises(path: str) -> bool:
    """Whether a path is an env file's: the patterns of FORMAT also match `.env.d.ts` and its kin."""
    return is_env_file(path.rpartition("/")[2])


def is_example(basename: str) -> bool:
    """Whether a file documents names instead of giving values (`.env.example`, `.env.production.template`, `example.env`)."""
    return basename not in _DEFAULTS and any(word.lower() in _EXAMPLE_WORDS for word in _words(basename))


# Files of values that apply where nothing else is said: `env_file: ./default.env` of Compose's documentation.
_DEFAULTS = ("default.env", "defaults.env")


def is_local(basename: str) -> bool:
    """Whether a file is meant for one developer's machine only (`.env.local`, `.env.production.local`)."""
    words = _words(basename)
    return bool(words) and words[-1].lower() in _LOCAL_WORDS


def environment_word(basename: str) -> str | None:
    """The word of a name that may be an environment or a service: `production` of `.env.production.local`, None for `.env.local`."""
    if basename in ("variables.env", ".flaskenv"):
        return None
    found = re.findall(r"([.\-]?)([^.\-]+)", basename.removeprefix(".dev.vars"))
    kept = [(sign or ".", word) for sign, word in found if word != "env" and word.lower() not in _EXAMPLE_WORDS | _LOCAL_WORDS]
    # Between words stays the sign that stands there: `.env.deploy-preview` names one environment.
    return "".join(sign + word for sign, word in kept)[1:] or None


def is_pulled(path: str, content: str) -> bool:
    """Whether `vercel env pull` or `vercel pull` wrote a file: it shows every name, and `""` for a value it may not show."""
    return "/.vercel/" in f"/{path}" or content.startswith("# Created by Vercel CLI")


def read(text: Text) -> Reading:
    """The declarations of an env file. Raises Unreadable above 200,000 declarations, 250,000 lines or 8 MiB."""
    if len(text.content) > _MAX_MIB * 1024 * 1024:
        raise Unreadable(f"larger than {_MAX_MIB} MiB, which no environment can hold")
    if text.content.count("\n") > _MAX_LINES:
        raise Unreadable(f"more than {_MAX_LINES} lines")
    basename = text.path.rpartition("/")[2]
    example = is_example(basename)
    parsed = loaders.parse(text.content, "dotenv")
    if len(parsed.assignments) > _MAX_DECLARATIONS:
        raise Unreadable(f"more than {_MAX_DECLARATIONS} declarations")
    own = {assignment.name for assignment in parsed.assignments}
    declarations = [
        Declaration(
            assignment.name,
            State.EXAMPLE if example else state_of(assignment.value),
            None if not example and state_of(assignment.value) in (State.REFERENCE, State.ENCRYPTED) else Secret(assignment.value),
            Location(text.path, *assignment.place),
            reference=reference_of(assignment.value) or _handed_on(assignment, own),
            puts_in=callbacks.puts_in(assignment.value),
        )
        for assignment in parsed.assignments
        # dotenvx's public key is a setting of the file itself, not of the app.
        if not assignment.name.startswith("DOTENV_PUBLIC_KEY")
    ]
    if not example and is_pulled(text.path, text.content):
        # The CLI writes `""` for a sensitive variable (vercel/vercel, packages/cli env pull, 2026-11).
        hidden = "kept by Vercel, which does not show it"
        declarations = [
            d._replace(state=State.REFERENCE, value=None, reference=hidden) if d.state is State.EMPTY else d for d in declarations
        ]
    references: tuple[Reference, ...] = ()
    if example:
        declarations += _commented(text, {d.name for d in declarations})
        declarations.sort(key=lambda d: d.location)
        if basename.endswith(".schema"):
            references = tuple(_schema(text, declarations))
    notes = tuple(Related(Location(text.path, *p.place), p.reason) for p in loaders.oddities(text.content) if p.place.offset or not example)
    unread: tuple[Unread, ...] = ()
    if not declarations and not example and "\r" in text.content and "\n" not in text.content:
        unread = (Unread(text.path, "line ends are carriage returns alone: most loaders see one line", 1, 1),)
    return Reading(declarations=tuple(declarations), references=references, notes=notes, unread=unread)


_HANDED_ON = late.pattern(r"\$\{?([A-Za-z_]\w*)\}?")


def _handed_on(assignment: Assignment, own: Set[str]) -> str | None:
    """Whether a value only hands on a variable that the file itself does not hold (`KEY=${STAGING_KEY}`): what it is, the process knows."""
    found = None if assignment.quote == "'" else _HANDED_ON.fullmatch(assignment.value.strip())
    return "the environment of the process" if found and (found[1] not in own or found[1] == assignment.name) else None


# `# NAME=value` with nothing before the name but `#` and blanks. Prose (`# Set NODE_ENV=production to ...`) has words before it.
_COMMENTED = late.pattern(r"^[ \t]*#+[ \t]*(?:export[ \t]+)?([A-Z][A-Z0-9_]{2,})[ \t]*=[ \t]*([^\r\n]*)$", re.MULTILINE)
_SENTENCE = late.pattern(r"""^(?!["'])\S+(?:[ \t]+[a-z]+){3,}""")


def _commented(text: Text, known: set[str]) -> Iterator[Declaration]:
    positions = Positions(text.content)
    for match in _COMMENTED.finditer(positions.text):
        name, value = match[1], match[2].strip()
        if name in known or _SENTENCE.match(value):
            continue
        known.add(name)
        place = positions.at(match.start(1))
        yield Declaration(name, State.EXAMPLE, Secret(value.strip("\"'")), Location(text.path, *place), optional=True)


_DECORATOR = late.pattern(r"@([A-Za-z]+)(?:=(\([^)]{0,1000}\)|[A-Za-z0-9_.-]+))?")


def _schema(text: Text, declarations: list[Declaration]) -> Iterator[Reference]:
    """varlock's `.env.schema` (env-spec, 2026): decorators in the comment lines right above a key state required and type."""
    lines = text.content.splitlines()
    default_required = True
    # varlock gives every environment what stands here; in the schemas of other tools (dotenv-extended) a value is a pattern, or nothing.
    gives = any(line.strip() == "# ---" or (line.lstrip().startswith("#") and _DECORATOR.search(line)) for line in lines)
    for line in lines:
        if line.strip() == "# ---":
            break
        if "@defaultRequired=false" in line:
            default_required = False
    for declaration in declarations:
        if declaration.optional:
            continue
        index = declaration.location.line - 2
        required, kind = default_required, None
        while 0 <= index < len(lines) and lines[index].lstrip().startswith("#"):
            for match in _DECORATOR.finditer(lines[index]):
                if match[1] in ("required", "optional"):
                    required = (match[1] == "required") is (match[2] != "false")
                elif match[1] == "type":
                    kind = (match[2] or "").partition("(")[0] or None
            index -= 1
        given = gives and declaration.value is not None and len(declaration.value) > 0
        need = Need.REQUIRED if required and not given else Need.OPTIONAL
        yield Reference(declaration.name, declaration.location, need, use=Use.SCHEMA, how=".env.schema", type=kind)
