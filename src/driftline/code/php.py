"""References in PHP: getenv, $_ENV, and Laravel's and Symfony's env()."""

from __future__ import annotations

import re

from driftline import late
from driftline.code import CodeReading, _pattern
from driftline.code._pattern import Read
from driftline.model import Need

EXTENSIONS = (".php",)
TRACES = (b"env(", b"getenv", b"$_ENV", b"Env::get")

_NAME = rb"""["'](?P<name>[A-Za-z_][A-Za-z0-9_]*)["']"""
_DEFAULT = rb"""\s*,\s*(?P<default>"[^"\n]*"|'[^'\n]*'|[^)\n]+)"""
_READS = (
    Read("env()", late.pattern(rb"(?<![\w>:$])(?:env|Env::get)\(\s*" + _NAME + _DEFAULT)),
    Read(
        "env()",
        late.pattern(
            rb"(?<![\w>:$])(?:env|Env::get)\(\s*" + _NAME + rb"\s*\)\s*(?:\?\?|\?:)\s*(?P<default>\"[^\"\n]*\"|'[^'\n]*'|[^;,)\n]+)"
        ),
    ),
    Read("env()", late.pattern(rb"(?<![\w>:$])(?:env|Env::get)\(\s*" + _NAME + rb"\s*\)")),
    Read("getenv", late.pattern(rb"\bgetenv\(\s*" + _NAME + rb"\s*\)\s*(?:\?\?|\?:)\s*(?P<default>\"[^\"\n]*\"|'[^'\n]*'|[^;,)\n]+)")),
    Read("getenv", late.pattern(rb"\bgetenv\(\s*" + _NAME)),
    Read("$_ENV", late.pattern(rb"\$_ENV\[\s*" + _NAME + rb"\s*\]\s*\?\?\s*(?P<default>\"[^\"\n]*\"|'[^'\n]*'|[^;,)\n]+)")),
    Read("$_ENV", late.pattern(rb"\b(?:isset|empty)\(\s*\$_ENV\[\s*" + _NAME), Need.OPTIONAL),
    Read("$_ENV", late.pattern(rb"\$_ENV\[\s*" + _NAME + rb"\s*\](?!\s*=[^=>])")),
)

_PHP = _pattern.Comments(
    late.pattern(
        rb"""(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<comment>//[^\n]*|(?:^|(?<=\s))\#(?!\[)[^\n]*|/\*.*?(?:\*/|\Z))""",
        re.DOTALL | re.MULTILINE,
    )
)


def read(path: str, content: bytes) -> CodeReading:
    """The references of a PHP file."""
    return _pattern.read(path, content, _READS, _PHP)
