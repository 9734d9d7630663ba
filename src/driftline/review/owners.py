"""Whether somebody is named for the files that decide over data, permissions and releases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from driftline.evidence import Surface
from driftline.model import Location

# GitHub and GitLab docs, code owners, 2026-11: the first of these that is there counts.
FILES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")

_SURFACES = (
    ("migrations", re.compile(r"(?:^|/)(?:supabase/migrations|prisma/migrations|drizzle|migrations)/.*\.sql$|(?:^|/)alembic/versions/")),
    ("rules", re.compile(r"(?:firestore|storage)[\w.-]*\.rules$|(?:^|/)database\.rules\.json$")),
    ("workflows", re.compile(r"^\.github/workflows/|(?:^|/)\.gitlab-ci\.yml$")),
    ("variables", re.compile(r"(?:^|/)\.env\.(?:example|sample|template|schema)$")),
)


def unowned(paths: Iterable[str], codeowners: str | None, declared: Mapping[str, str]) -> tuple[Surface, ...]:
    """The kinds of files that nobody is named for, each with its first file; `declared` are the owners of driftline.toml."""
    listed = sorted(paths)
    rules = _rules(codeowners or "")
    found = []
    for what, pattern in _SURFACES:
        files = [path for path in listed if pattern.search(path)]
        if files and what not in declared and not all(_is_owned(path, rules) for path in files):
            first = next(path for path in files if not _is_owned(path, rules))
            found.append(Surface(f"{what} ({len(files)} file{'' if len(files) == 1 else 's'})", Location(first, 1)))
    return tuple(found)


def _rules(text: str) -> list[tuple[re.Pattern[str], bool]]:
    """(pattern, has owners) of each line, in order: the last one that matches counts."""
    rules = []
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words and not words[0].startswith("["):
            rules.append((_pattern(words[0]), len(words) > 1))
    return rules


def _pattern(glob: str) -> re.Pattern[str]:
    """A CODEOWNERS pattern: gitignore's, without negation and ranges."""
    anchored = "/" in glob.rstrip("/")
    body = "".join(
        ".*" if part == "**" else "[^/]*" if part == "*" else "[^/]" if part == "?" else re.escape(part)
        for part in re.split(r"(\*\*|\*|\?)", glob.strip("/"))
    )
    return re.compile(
        ("" if anchored else "(?:.*/)?")
        + body.replace(".*/", "(?:.*/)?")
        + ("(?:/.*)?" if not glob.endswith("*") or glob.endswith("**") else "")
        + r"\Z"
    )


def _is_owned(path: str, rules: list[tuple[re.Pattern[str], bool]]) -> bool:
    owned = False
    for pattern, has_owners in rules:
        if pattern.match(path):
            owned = has_owners
    return owned
