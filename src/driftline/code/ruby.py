"""References in Ruby: ENV["X"], ENV.fetch("X"), with a default or a block, and ENV.key?."""

from __future__ import annotations

from driftline import late
from driftline.code import CodeReading, _pattern
from driftline.code._pattern import Read
from driftline.model import Need

EXTENSIONS = (".rb", ".rake", ".ru", ".erb", "Rakefile", "Gemfile")
TRACES = (b"ENV[", b"ENV.fetch", b"ENV.key", b"ENV.dig")

_NAME = rb"""["'](?P<name>[A-Za-z_][A-Za-z0-9_]*)["']"""
_HOST = rb"""["'](?P<host>[^"'\n#/]{3,200})["']"""
# What is only asked for or compared is False where it is missing: `if ENV["X"]`, `ENV["X"].present?`, `ENV["X"] == "true"`.
_ASKED = (
    rb"(?:\b(?:if|unless|elsif|and|or|not)\s{1,9}|&&\s{0,9}|!\s{0,9})\(?\s{0,9}ENV\[\s{0,9}"
    + _NAME
    + rb"\s{0,9}\](?!\s{0,9}(?:\|\||\.(?!present|blank|nil|empty)))",
    rb"\bENV\[\s{0,9}" + _NAME + rb"\s{0,9}\](?:\s{0,9}(?:[=!]=|=~|!~)|\.(?:present|blank|nil|empty)\?|\.presence\b|&\.)",
)
_READS = (
    # The host of every link in a mail (Rails guides, Action Mailer Basics, 2026-11).
    Read(
        "ENV.fetch",
        late.pattern(
            rb"\bdefault_url_options\b[^\n#]{0,80}?\bhost(?::|\"?\s{0,9}=>)\s{0,9}ENV(?:\.fetch\(?\s{0,9}|\[\s{0,9})"
            + _NAME
            + rb"\s{0,9}(?:,|\]\s{0,9}\|\||\)?\s{0,9}\{)\s{0,9}"
            + _HOST
        ),
    ),
    Read("ENV.fetch", late.pattern(rb"\bENV\.fetch\(?\s*" + _NAME + rb"\s*,\s*(?P<default>\"[^\"\n]*\"|'[^'\n]*'|[^)\n]+)")),
    Read("ENV.fetch", late.pattern(rb"\bENV\.fetch\(?\s{0,99}" + _NAME + rb"\s{0,99}\)?\s{0,99}(?:\{|do\b)"), Need.OPTIONAL),
    Read("ENV.fetch", late.pattern(rb"\bENV\.fetch\(?\s*" + _NAME), Need.REQUIRED),
    Read("ENV", late.pattern(rb"\bENV\[\s*" + _NAME + rb"\s*\]\s*\|\|\s*(?P<default>\"[^\"\n]*\"|'[^'\n]*'|[^\s;,)]+)")),
    *(Read("ENV", late.pattern(pattern), Need.OPTIONAL) for pattern in _ASKED),
    Read("ENV", late.pattern(rb"\bENV\[\s*" + _NAME + rb"\s*\](?!\s*(?:\|\|)?=[^=~])")),
    Read("ENV", late.pattern(rb"\bENV\.(?:key|has_key|include|member)\?\(?\s*" + _NAME), Need.OPTIONAL),
)


def read(path: str, content: bytes) -> CodeReading:
    """The references of a Ruby file; assignments to ENV are no reads.

    What a test of the same line lets through (`pidfile ENV["PIDFILE"] if ENV["PIDFILE"]`) is no need of its own.
    """
    found = _pattern.read(path, content, _READS, _pattern.HASHES)
    tested = {(r.name, r.location.line) for r in found.references if r.need is Need.OPTIONAL and r.fallback is None}
    references = (r._replace(need=Need.OPTIONAL) if (r.name, r.location.line) in tested else r for r in found.references)
    return found._replace(references=tuple(references))
