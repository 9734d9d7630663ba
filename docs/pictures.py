"""Makes the pictures of the README from the demo shop: the screen of `make demo` and the page of `--format html`.

    python docs/pictures.py

They are looked at, not compared: a browser's letters differ from machine to machine. Needs Chromium.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

IMAGES = Path(__file__).parent / "images"
ROOT = Path(__file__).parent.parent
_WIDTH = 108
# The head of the screen, down to the third finding, and the verdict below it.
_FINDINGS = 4

# rich's own format loads fonts from the network.
_SVG = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: system-ui, sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def main() -> int:
    """Writes both pictures and says where."""
    from rich.console import Console
    from rich.text import Text
    from tests.reports.browser import chromium

    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        command = [sys.executable, "-m", "tests.demo", "--color", "always", "--format", "text", "--format", f"html={page}", "--no-live"]
        environment = {**os.environ, "COLUMNS": str(_WIDTH)}
        screen = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
        console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True)
        console.print(Text.from_ansi("$ driftline check\n" + _shortened(screen)))
        svg = console.export_svg(title="make demo", code_format=_SVG, unique_id="demo")
        (IMAGES / "screen.svg").write_text(svg, encoding="utf-8", newline="\n")
        with chromium() as browser:
            tab = browser.new_page(viewport={"width": 1200, "height": 960}, device_scale_factor=1)
            tab.goto(page.as_uri())
            tab.screenshot(path=IMAGES / "page.png")
    for picture in sorted(IMAGES.iterdir()):
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size} bytes")
    return 0


def _shortened(screen: str) -> str:
    """The first findings and the verdict of a screen."""
    lines = screen.splitlines()
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    starts = [number for number, line in enumerate(plain) if re.match(r"\S+:\d+:\d+  (?:blocker|warning|note)", line)]
    verdict = next(number for number, line in enumerate(plain) if line.startswith("BLOCK"))
    return "\n".join([*lines[1 : starts[_FINDINGS]], "...", "", *lines[verdict:]])


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    raise SystemExit(main())
