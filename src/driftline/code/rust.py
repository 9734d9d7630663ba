"""References in Rust: std::env::var, var_os, env! and option_env!, dotenvy and clap's `env =`."""

from __future__ import annotations

import re

from driftline import late
from driftline.code import CodeReading, _pattern
from driftline.code._pattern import Read
from driftline.model import Need, Use

EXTENSIONS = (".rs",)
TRACES = (b"env::var", b"env!(", b"dotenvy::var", b'env = "', b"dotenv::var")

_NAME = rb"(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
_CALL = rb'\b(?:std::)?(?:env|dotenvy|dotenv)::var(?:_os)?\(\s*"' + _NAME + rb'"\s*\)\s*'
_READS = (
    Read("env::var", late.pattern(_CALL + rb'\.unwrap_or(?:_else)?\(\s*(?:\|_\|\s*)?(?P<default>"(?:[^"\\]|\\.)*")?'), Need.OPTIONAL),
    Read("env::var", late.pattern(_CALL + rb"\.(?:unwrap_or_default|ok|is_ok|is_err)\("), Need.OPTIONAL),
    Read("env::var", late.pattern(_CALL + rb"(?:\.(?:unwrap|expect)\(|\?)"), Need.REQUIRED),
    Read("env::var", late.pattern(_CALL)),
    Read("env!", late.pattern(rb'\boption_env!\(\s*"' + _NAME + rb'"'), Need.OPTIONAL),
    Read("env!", late.pattern(rb'(?<!option_)\benv!\(\s*"' + _NAME + rb'"'), Need.REQUIRED),
    Read("clap", late.pattern(rb'#\[(?:arg|clap)\([^\]]{0,400}\benv\s*=\s*"' + _NAME + rb'"'), Need.OPTIONAL, Use.SCHEMA),
)


def read(path: str, content: bytes) -> CodeReading:
    """The references of a Rust file; Cargo's own variables are left to the platform data."""
    return _pattern.read(path, content, _READS, _RUST)


# A lifetime (`'a`) is no string: only double quotes count.
_RUST = _pattern.Comments(late.pattern(rb'(?P<string>"(?:[^"\\]|\\.)*")|(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))', re.DOTALL))
