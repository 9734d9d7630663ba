"""Whether somebody is named for the files that decide over data, permissions and releases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from driftline.evidence import Surface
from driftline.model import Location
from driftline.project import ignore
from driftline.project.ignore import Ignore
from driftline.record import NamedTuple

# GitHub and GitLab docs, code owners, 2026-11: the first of these that is there counts.
FILES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")

_SURFACES = (
    (
        "migrations",
        re.compile(
            r"(?:^|/)(?:migrations?|drizzle|supabase/schemas)/.*\.sql$|(?:^|/)(?:migrations/\d\w*\.(?:py|[jt]s|php)|alembic/versions/\w+\.py|db/migrate/\w+\.rb)$"
        ),
    ),
    ("rules", re.compile(r"(?:firestore|storage)[\w.-]{0,255}\.rules$|(?:^|/)database\.rules\.json$")),
    (
        "workflows",
        re.compile(r"^\.github/workflows/|(?:^|/)\.gitlab-ci\.yml$|^(?:\.circleci/config|azure-pipelines|bitbucket-pipelines)\.yml$"),
    ),
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


def surfaces(paths: Iterable[str]) -> int:
    """How many kinds of such files there are."""
    listed = list(paths)
    return sum(any(pattern.search(path) for path in listed) for _, pattern in _SURFACES)


class _Rule(NamedTuple):
    """One line: what it matches, whether that counts for all that lies in a folder it matches, and whether it names owners."""

    pattern: Ignore
    whole_folders: bool
    has_owners: bool


def _rules(text: str) -> list[_Rule]:
    """The lines in order: the last one that matches counts."""
    rules = []
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words and not words[0].startswith("["):
            glob = words[0]
            # A CODEOWNERS pattern is gitignore's, without negation and ranges (GitHub docs, About code owners, 2026-11).
            pattern = ignore.parse(re.sub(r"^!|\[", r"\\\g<0>", glob).encode("utf-8", "surrogatepass"), "")
            rules.append(_Rule(pattern, not glob.endswith("*") or glob.endswith("**"), len(words) > 1))
    return rules


def _is_owned(path: str, rules: Sequence[_Rule]) -> bool:
    folders = [path[:at] for at, letter in enumerate(path) if letter == "/"]
    for rule in reversed(rules):
        if rule.pattern.verdict(path, False) or (rule.whole_folders and any(rule.pattern.verdict(folder, True) for folder in folders)):
            return rule.has_owners
    return False
