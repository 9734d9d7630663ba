""".envrc: what direnv exports on the developer's machine; a shell program, so only plain lines are read and nothing is run."""

from __future__ import annotations

import posixpath
import re

from driftline.formats import Format
from driftline.formats._document import Lines
from driftline.formats._values import declared_text
from driftline.model import Authority, Declaration, EnvFile, Reading, State, Text

FORMAT = Format(name="direnv", title=".envrc", files=(".envrc", ".envrc.*"), authority=Authority.PART, nameless="local")

_EXPORT = re.compile(r"^[ \t]*export[ \t]+(?P<name>[A-Za-z_]\w*)=(?P<value>'[^'\n]*'|\"(?:[^\"\\\n]|\\.)*\"|[^\s#;&|]*)", re.MULTILINE)
_DOTENV = re.compile(r"^[ \t]*dotenv(?P<maybe>_if_exists)?(?:[ \t]+(?P<file>[^\s#;&|]+))?[ \t]*(?:$|#)", re.MULTILINE)


def read(text: Text) -> Reading:
    """Exports and env files. Never fails."""
    lines = Lines(text.content)
    declarations = []
    for match in _EXPORT.finditer(text.content):
        value = match["value"]
        computed = not value.startswith("'") and ("$" in value or "`" in value)
        plain = value[1:-1] if value[:1] in ("'", '"') else value
        location = lines.location(text.path, match.start("name"))
        if computed:
            declarations.append(Declaration(match["name"], State.REFERENCE, None, location, reference="computed by the shell"))
        else:
            declarations.append(declared_text(match["name"], plain, location))
    env_files = []
    for match in _DOTENV.finditer(text.content):
        path = posixpath.normpath(posixpath.join(text.path.rpartition("/")[0], (match["file"] or ".env").strip("'\"")))
        if "$" not in path and not path.startswith(("..", "/")):
            env_files.append(EnvFile(path, lines.location(text.path, match.start()), None, None, not match["maybe"], "dotenv-expand"))
    return Reading(tuple(declarations), env_files=tuple(env_files))
