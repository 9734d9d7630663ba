"""What a small audit costs, by what it loads: times differ by machine, the modules of a run do not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.project.trees import repository

PROJECT = {
    "package.json": '{"name": "shop", "dependencies": {"next": "16.0.0", "stripe": "20.0.0"}}\n',
    ".env": "STRIPE_SECRET_KEY=\nSITE_NAME=shop\n",
    ".env.example": "STRIPE_SECRET_KEY=\nSITE_NAME=\n",
    ".gitignore": ".env\n",
    "lib/stripe.ts": "export const key = process.env.STRIPE_SECRET_KEY;\n",
    "lib/name.ts": "export const name = process.env.SITE_NAME ?? 'shop';\n",
    "app/page.tsx": "export default () => null;\n",
}

# Runs a command, then prints the modules that were loaded.
_AFTER = """
import sys
from driftline import console
console.run(console.plain(sys.argv[1:]))
print("--")
print(*sys.modules)
"""


def _loaded(folder: Path, *words: str) -> set[str]:
    """The modules that a command loads in a folder."""
    done = subprocess.run([sys.executable, "-c", _AFTER, *words], cwd=folder, capture_output=True, text=True, check=True)
    return set(done.stdout.partition("--\n")[2].split())


def test_a_small_check_parses_no_toml(tmp_path: Path) -> None:
    modules = _loaded(repository(tmp_path, PROJECT), "check")
    assert "tomli" not in modules


def test_a_check_loads_the_formats_of_the_project_only(tmp_path: Path) -> None:
    modules = _loaded(repository(tmp_path, PROJECT), "check")
    formats = {name.removeprefix("driftline.formats.") for name in modules if name.startswith("driftline.formats.")}
    assert {name for name in formats if not name.startswith("_")} == {"dotenv", "domains", "package_json", "pushes"}


def test_a_check_does_without_the_heavy_parts_of_the_standard_library(tmp_path: Path) -> None:
    modules = _loaded(repository(tmp_path, PROJECT), "check")
    assert not modules & {"importlib.resources", "tempfile", "shutil", "pathlib", "zipfile", "inspect", "dataclasses", "click"}
