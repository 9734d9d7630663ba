"""Small real projects for the tests of this folder: files on disk, git repositories, whole audits of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from driftline import audit, rules
from driftline.model import App, Report
from driftline.project import settings
from tests.projects import git, patterns

TODAY = date(2026, 11, 1)


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Writes files (path -> content) below `folder` and gives the folder back."""
    for path, content in files.items():
        goal = folder / path
        goal.parent.mkdir(parents=True, exist_ok=True)
        goal.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def repository(folder: Path, files: Mapping[str, str | bytes], *, commit: bool = False) -> Path:
    """The same, under git with everything added; `commit` makes it the first commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet")
    write(folder, files)
    git(folder, "add", "--all")
    if commit:
        git(folder, "commit", "--quiet", "--message", "first")
    return folder


def check(folder: Path, **more: Any) -> Report:
    """A whole audit of a folder, on a fixed day, with the settings that lie in it."""
    read = settings.read(str(folder), None, rules.identifiers())
    return audit.check(audit.Request(str(folder), read, today=TODAY, cache=patterns())._replace(**more))


def app_of(report: Report, path: str = ".") -> App:
    """The app with this path."""
    return next(app for app in report.apps if app.path == path)


def sources(report: Report, environment: str, app: str = ".") -> list[str]:
    """The paths of the sources that speak for an environment of an app."""
    found = app_of(report, app).environment(environment)
    return [source.path for source in found.sources] if found else []


def is_root() -> bool:
    """Whether file permissions do not bind this process."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
