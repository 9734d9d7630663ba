"""Makes a fixture folder into a real project: a copy with placeholders expanded, under git, as its author would have it."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests import keys

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"

# Names that would act on our own repository, or be ignored by it, are stored under another name.
_STORED = {"gitignore": ".gitignore", "dot-git": ".git"}


def make(fixture: Path, target: Path) -> Path:
    """Copies `fixture` to `target`, expands `{{provider.kind.mode}}` placeholders, and puts it under git with everything added."""
    for source in sorted(fixture.rglob("*")):
        relative = source.relative_to(fixture)
        if relative.parts[0] == "expected.txt" or source.is_dir():
            continue
        goal = target.joinpath(*(_STORED.get(part, part) for part in relative.parts))
        goal.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            goal.symlink_to(os.readlink(source))
            continue
        content = source.read_bytes()
        if b"{{" in content:
            content = keys.expand(content.decode()).encode()
        goal.write_bytes(content)
        shutil.copymode(source, goal)
    git(target, "init", "--quiet")
    git(target, "add", "--all")
    return target


@cache
def patterns() -> str:
    """A folder in which all audits of one test run keep the compiled patterns: compiling them takes seconds.

    The command line finds it where XDG_CACHE_HOME is the folder above.
    """
    folder = tempfile.mkdtemp(prefix="driftline-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return os.path.join(folder, "driftline")


def git(folder: Path, *arguments: str) -> str:
    """Runs git in `folder` without the user's or the machine's settings."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        environment.pop(name, None)
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main", "-c", "core.autocrlf=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout
