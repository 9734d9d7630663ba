"""Names that the configuration of a web server is given: `{$X}` and `{env.X}` of a Caddyfile, `${X}` of an nginx template; never a need of the app."""

from __future__ import annotations

from driftline import late
from driftline.code import CodeReading, _pattern
from driftline.code._pattern import Read
from driftline.model import Need, Use

EXTENSIONS = ("Caddyfile", ".caddyfile", ".caddy", ".template", ".conf")
TRACES = (b"{$", b"{env.", b"${")

# Caddy docs, "Caddyfile concepts", environment variables and placeholders; envsubst of the nginx image, whose own variables are in lower
# case (docker-library docs, nginx, "Using environment variables"), 2026-11.
_READS = (
    Read("{$}", late.pattern(rb"\{\$(?P<name>[A-Za-z_][A-Za-z0-9_]*)[:}]"), Need.PLAIN, Use.MENTION),
    Read("{env.}", late.pattern(rb"\{env\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}"), Need.PLAIN, Use.MENTION),
    Read("${}", late.pattern(rb"\$\{(?P<name>[A-Z][A-Z0-9_]+)\}"), Need.PLAIN, Use.MENTION),
)


def read(path: str, content: bytes) -> CodeReading:
    """The names that a web server's configuration takes from its environment."""
    return _pattern.read(path, content, _READS, _pattern.HASHES)
