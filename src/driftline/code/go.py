"""References in Go: os.Getenv, os.LookupEnv, syscall.Getenv, struct tags of envconfig, env and viper's bindings."""

from __future__ import annotations

from driftline import late
from driftline.code import CodeReading, _pattern
from driftline.code._pattern import Read
from driftline.model import Need, Use

EXTENSIONS = (".go",)
TRACES = (b"Getenv", b"LookupEnv", b'env:"', b"envconfig", b"BindEnv", b"MustGetenv")

_NAME = rb"(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
_READS = (
    Read("os.Getenv", late.pattern(rb'\b(?:os|syscall)\.Getenv\(\s*"' + _NAME + rb'"\s*\)')),
    Read("os.LookupEnv", late.pattern(rb'\bos\.LookupEnv\(\s*"' + _NAME + rb'"\s*\)'), Need.OPTIONAL),
    Read(
        "helper",
        late.pattern(
            rb'\b(?!\w{0,60}(?:[Ss]et|[Bb]ind)[Ee]nv)\w{0,60}[Ee]nv\w{0,60}\(\s*"' + _NAME + rb'"\s*,\s*(?P<default>"[^"\n]*")\s*\)'
        ),
    ),
    Read("helper", late.pattern(rb'\b[Mm]ust[Gg]et[Ee]nv\(\s*"' + _NAME + rb'"\s*\)'), Need.REQUIRED),
    Read("viper", late.pattern(rb'\bBindEnv\(\s*"[^"]*"\s*,\s*"' + _NAME + rb'"')),
    Read(
        "env tag",
        late.pattern(rb'`[^`\n]*\b(?:env|envconfig):"' + _NAME + rb'(?:,\s*(?:required|notEmpty)[^"]*)"[^`\n]*`'),
        Need.REQUIRED,
        Use.SCHEMA,
    ),
    Read(
        "env tag",
        late.pattern(rb'`[^`\n]*\b(?:env|envconfig):"' + _NAME + rb'[^"]*"[^`\n]*\b(?:envDefault|default):(?P<default>"[^"`\n]*")[^`\n]*`'),
        Need.OPTIONAL,
        Use.SCHEMA,
    ),
    Read(
        "env tag",
        late.pattern(rb'`[^`\n]*\brequired:"true"[^`\n]*\b(?:env|envconfig):"' + _NAME + rb'"[^`\n]*`'),
        Need.REQUIRED,
        Use.SCHEMA,
    ),
    Read("env tag", late.pattern(rb'`[^`\n]*\b(?:env|envconfig):"' + _NAME + rb'[^"]*"[^`\n]*`'), Need.OPTIONAL, Use.SCHEMA),
)

# Struct tags stand in back-quoted strings, so strings are kept and only comments blanked.


def read(path: str, content: bytes) -> CodeReading:
    """The references of a Go file."""
    return _pattern.read(path, content, _READS, _pattern.SLASHES)
