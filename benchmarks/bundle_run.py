"""What the benchmarks of the bundle audit share: starting driftline, knowing a value again in a report that never prints one, writing the page."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

_DIGEST_KEY = "benchmark"


def version(command: Sequence[str]) -> str:
    """What a tool says its version is, "?" where it says none."""
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return next((word for word in (said.stdout or said.stderr).split() if word.lstrip("v")[:1].isdigit()), "?")


def report(driftline: str, paths: Sequence[str], *, cwd: str | None = None) -> dict[str, Any]:
    """The JSON report on built output, with a digest beside every finding."""
    told = [driftline, "bundle", *paths, "--no-live", "--format", "json"]
    run = subprocess.run(told, cwd=cwd, capture_output=True, env={**os.environ, "DRIFTLINE_DIGEST_KEY": _DIGEST_KEY}, check=False)
    document: dict[str, Any] = json.loads(run.stdout)
    return document


def parts(text: str) -> set[str]:
    """A value, and the password of an address: either may rightly be named."""
    userinfo = text.partition("://")[2].rpartition("@")[0]
    return {text, userinfo.partition(":")[2]} - {""}


def digests(text: str) -> set[str]:
    """The digests of a value's parts in a report."""
    return {hmac.new(_DIGEST_KEY.encode(), part.encode(), hashlib.sha256).hexdigest() for part in parts(text)}


def page(lines: Iterable[str], target: Path | None) -> None:
    """Writes a page of figures, or prints it where no file is named."""
    text = "\n".join(lines) + "\n"
    if target:
        target.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
