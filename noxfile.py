"""The test suite on every Python that is supported, with the newest and the lowest versions of what driftline needs; and what a release is made of.

`nox` runs the tests everywhere, `nox -s sbom` writes the bill of materials (CycloneDX) of an installation.
"""

from __future__ import annotations

import os
import venv
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["newest", "lowest"]
_PYTHONS = ["3.10", "3.11", "3.12", "3.13"]


@nox.session(python=_PYTHONS)
def newest(session: nox.Session) -> None:
    """With the newest versions that the bounds allow."""
    session.install("--upgrade", "--editable", ".[test]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python=_PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """With the lowest versions that the bounds allow, on the oldest Python, for which all of them were built."""
    wanted = nox.project.load_toml("pyproject.toml")["project"]["dependencies"]
    session.install(*(line.replace(">=", "==") for line in wanted), "--editable", ".[test]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def sbom(session: nox.Session) -> None:
    """driftline.cdx.json: every package that `pip install driftline[review]` brings along, with version and licence."""
    installed = Path(session.create_tmp()) / "installed"
    venv.create(installed, clear=True, with_pip=True)
    python = str(installed / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    session.run(python, "-m", "pip", "install", "--quiet", ".[review]", external=True)
    session.install("cyclonedx-bom>=7")
    session.run("cyclonedx-py", "environment", "--output-reproducible", "--pyproject", "pyproject.toml", "-o", "driftline.cdx.json", python)
