"""Builds the sdist and the wheel as a release does, and uses the wheel from a virtual environment of its own: `python -m tests.package`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

from driftline import __version__
from tests.projects import FIXTURES, make

ROOT = Path(__file__).parent.parent
# What is no Python file is easily forgotten by a build.
_DATA = ("py.typed", ".toml", ".json", ".html", ".css", ".js")


def main() -> int:
    """0 when what was built works; an AssertionError or CalledProcessError says what does not."""
    with tempfile.TemporaryDirectory() as folder:
        goal = Path(folder)
        # `build` makes the wheel from the sdist, so both are proved.
        _run([sys.executable, "-m", "build", "--outdir", folder, str(ROOT)])
        (wheel,), (sdist,) = goal.glob("*.whl"), goal.glob("*.tar.gz")
        packed = set(zipfile.ZipFile(wheel).namelist())
        source = ROOT / "src"
        wanted = {
            path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file() and path.name.endswith((".py", *_DATA))
        }
        assert not (missing := wanted - packed), f"not in the wheel: {sorted(missing)}"
        venv.create(goal / "venv", with_pip=True)
        programs = goal / "venv" / ("Scripts" if os.name == "nt" else "bin")
        _run([programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel])
        shop = make(FIXTURES / "demo-shop", goal / "shop")
        assert _driftline(programs, shop, "--version").splitlines()[0] == f"driftline {__version__}"
        report = json.loads(_driftline(programs, shop, "check", "--no-live", "--format", "json", "--format", "html=page.html", code=1))
        assert report["verdict"] == "block"
        assert report["unread"] == []
        assert (shop / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
        assert "shared-secret" in _driftline(programs, shop, "rules")
        sys.stdout.write(f"{sdist.name} and {wheel.name} ({wheel.stat().st_size:,} bytes) build, install and audit.\n")
    return 0


def _driftline(programs: Path, folder: Path, *arguments: str, code: int = 0) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [programs / "driftline", *arguments], cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == code, (arguments, done.returncode, done.stderr)
    return done.stdout


def _run(command: list[str | Path]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
