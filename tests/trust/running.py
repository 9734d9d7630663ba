"""Runs whole commands in this process, with an environment of their own, and gives back all that they print and write."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from driftline import cli
from tests.projects import patterns


class Done(NamedTuple):
    """The exit code, and what came out: both streams and every log record of any level."""

    code: int
    text: str


@contextmanager
def surroundings(folder: Path, variables: Mapping[str, str] | None = None) -> Iterator[None]:
    """In `folder`, with these environment variables and none of git's own."""
    before, here = dict(os.environ), os.getcwd()
    try:
        os.chdir(folder)
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            del os.environ[name]
        os.environ["XDG_CACHE_HOME"] = os.path.dirname(patterns())
        os.environ.update(variables or {})
        yield
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(before)


def run(folder: Path, *arguments: str, variables: Mapping[str, str] | None = None) -> Done:
    """One command in `folder`; logs of all levels are listened to."""
    printed = io.StringIO()
    logs = logging.StreamHandler(printed)
    root = logging.getLogger()
    level = root.level
    root.addHandler(logs)
    root.setLevel(logging.NOTSET)
    try:
        with surroundings(folder, variables), redirect_stdout(printed), redirect_stderr(printed):
            code = cli.run(arguments)
    finally:
        root.removeHandler(logs)
        root.setLevel(level)
    return Done(code, printed.getvalue())


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
