"""Writes what is made from code and data: the pages in this folder and the compiled knowledge; `--check` compares instead.

    python docs/build.py            writes everything
    python docs/build.py --check    exit code 1 and one line for each file that is out of step

To add a page, add a module with `text()` to docs/pages/; `NAME.py` writes `NAME.md`. Into pages written by hand come the figures
that they ask for (docs/figures.py); one that nothing measured is an error.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from driftline.knowledge import catalog, tables

DOCS = Path(__file__).parent
NOTE = "<!-- Written by docs/build.py from the code and its data; changes here are lost. -->\n\n"


def _pages() -> Mapping[Path, Callable[[], str]]:
    sys.path.insert(0, str(DOCS))
    try:
        names = sorted(path.stem for path in (DOCS / "pages").glob("[!_]*.py"))
        texts = {name: importlib.import_module(f"pages.{name}").text for name in names}
        figures = importlib.import_module("figures")
    finally:
        sys.path.remove(str(DOCS))
    made = {DOCS / f"{name}.md": lambda text=text: NOTE + text() for name, text in texts.items()}
    by_hand = [page for page in (DOCS.parent / "README.md", *sorted(DOCS.glob("*.md"))) if page not in made and figures.marked(page)]
    return {**made, **{page: lambda page=page: figures.filled(page) for page in by_hand}}


# File -> its text.
FILES: Mapping[Path, Callable[[], str]] = {Path(catalog.INDEX): catalog.index_text, Path(tables.INDEX): tables.index_text, **_pages()}


def out_of_step() -> list[Path]:
    """The files whose text is not what the code and the data say."""
    return [path for path, text in FILES.items() if not path.is_file() or path.read_text(encoding="utf-8") != text()]


def main(arguments: list[str]) -> int:
    """Writes, or checks and returns 1 when something is out of step."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    changed = out_of_step()
    check = parser.parse_args(arguments).check
    for path in changed:
        if check:
            sys.stderr.write(f"{path}: out of step; run python docs/build.py\n")
        else:
            path.write_text(FILES[path](), encoding="utf-8", newline="\n")
            sys.stderr.write(f"{path}: written\n")
    return 1 if check and changed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
