"""systemd units: `Environment=` and `EnvironmentFile=` of a service; the file beats the line, `-` makes it optional (systemd.exec(5))."""

from __future__ import annotations

import posixpath
import re
import shlex

from driftline.formats import Format
from driftline.formats._document import Lines
from driftline.formats._values import declared_text
from driftline.model import Authority, Declaration, EnvFile, Reading, Scope, Text

FORMAT = Format(name="systemd", title="systemd unit", files=("*.service",), authority=Authority.PART, nameless="production")

_LINE = re.compile(r"^(?P<key>Environment|EnvironmentFile)=(?P<value>[^\n]*)$", re.MULTILINE)


def read(text: Text) -> Reading:
    """Declarations and env files. Never fails: a line with unbalanced quotes sets nothing."""
    lines = Lines(text.content)
    declarations: list[Declaration] = []
    env_files: list[EnvFile] = []
    for match in _LINE.finditer(text.content):
        location = lines.location(text.path, match.start("value"))
        if match["key"] == "EnvironmentFile":
            path = match["value"].strip()
            local = posixpath.normpath(posixpath.join(text.path.rpartition("/")[0], path.lstrip("-")))
            if path and not path.lstrip("-").startswith("/") and not local.startswith(".."):
                env_files.append(EnvFile(local, location, None, None, not path.startswith("-"), "docker"))
            continue
        try:
            words = shlex.split(match["value"])
        except ValueError:
            continue
        for word in words:
            name, equals, value = word.partition("=")
            if equals and name.isidentifier():
                declarations.append(declared_text(name, value, location, scope=Scope.RUN))
    return Reading(tuple(declarations), env_files=tuple(env_files))
