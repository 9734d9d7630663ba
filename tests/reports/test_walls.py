"""Reports get values sealed and keep them so; importing the room is cheap."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import driftline.reports

ROOM = Path(driftline.reports.__file__).parent


def test_no_report_opens_a_secret() -> None:
    files = [*ROOM.rglob("*.py"), ROOM.parent / "terminal.py", ROOM.parent / "rules" / "pages.py"]
    assert len(files) >= 8
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert "reveal" not in text, file
        assert "__value" not in text, file


def test_a_text_report_imports_neither_json_nor_rules() -> None:
    code = (
        "import sys; from tests.reports import builder; from driftline.reports import render; before = set(sys.modules);"
        "''.join(render(builder.shop(), 'text'));"
        "print(sorted(name for name in set(sys.modules) - before if not name.startswith('driftline.reports')))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert result.stdout.strip() == "['unicodedata']"
