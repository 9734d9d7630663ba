"""Puts measured figures into hand-written pages: the tables that scripts in benchmarks/ wrote, with the command that measures them.

A page marks the place in two lines, and what stands between them is written by docs/build.py:

    <!-- figures: benchmarks/hook.md, table 1 -->
    <!-- end of figures -->

`table 1` is the first table of that file; `table 1, rows a; b` keeps the rows that begin with `a` and `b`; `columns a; b` in the same way, by their heads.
`text WORDS` is the first paragraph that holds those words. Rows, columns and words are given without `**` and backquotes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"(<!-- figures: (\S+), (.+?) -->\n).*?(<!-- end of figures -->)", re.DOTALL)
_WANTED = re.compile(r"(?:table (?P<table>\d+)(?:, columns (?P<columns>.+?))?(?:, rows (?P<rows>.+))?|text (?P<text>.+))$")
_COMMAND = re.compile(r"`([^`]*\bbenchmarks/\w+\.py\b[^`]*)`")


def filled(page: Path) -> str:
    """The text of a page with its figures as the measured files have them. Raises ValueError where one is missing there."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{_figures(page, block[2], block[3])}\n\n{block[4]}", page.read_text(encoding="utf-8"))


def marked(page: Path) -> bool:
    """Whether a page has a place for figures."""
    return _BLOCK.search(page.read_text(encoding="utf-8")) is not None


def _figures(page: Path, name: str, wanted: str) -> str:
    source, place = ROOT / name, f"{page.name}: {name}, {wanted}"
    asked = _WANTED.match(wanted)
    if asked is None:
        raise ValueError(f"{place}: say `table N`, `table N, columns A; B, rows C; D` or `text WORDS`")
    if not source.is_file():
        raise ValueError(f"{place}: there is no such file; the script of its name writes it")
    measured = source.read_text(encoding="utf-8")
    command = _COMMAND.search(measured)
    if command is None:
        raise ValueError(f"{place}: it does not say which command writes it")
    found = _paragraph(measured, asked["text"]) if asked["text"] else _table(measured, int(asked["table"]), asked["columns"], asked["rows"])
    if not found:
        raise ValueError(f"{place}: it is not there")
    link = Path(os.path.relpath(source, page.parent)).as_posix()
    words = " ".join(command[1].split())
    return f"{found}\n\nMeasured by `{words}`; all of it: [{name}]({link})."


def _paragraph(measured: str, words: str) -> str:
    return next((text for text in re.split(r"\n\s*\n", measured) if words in _plain(text)), "").strip()


def _table(measured: str, number: int, columns: str | None, rows: str | None) -> str:
    """The table with that number, 1 the first; empty where it or one of the columns or rows is not there."""
    tables = re.findall(r"(?:^\|.*\|[ ]*\n?)+", measured, re.MULTILINE)
    if len(tables) < number:
        return ""
    cells = [_cells(line) for line in tables[number - 1].splitlines()]
    heads = [_plain(cell) for cell in cells[0]]
    kept = list(range(len(heads))) if columns is None else [heads.index(name) for name in columns.split("; ") if name in heads]
    lines = cells[2:] if rows is None else [line for name in rows.split("; ") for line in cells[2:] if _plain(line[0]) == name]
    if (columns and len(kept) != len(columns.split("; "))) or (rows and len(lines) != len(rows.split("; "))):
        return ""
    return "\n".join(_written([cells[0], cells[1], *lines], kept))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def _written(lines: list[list[str]], kept: list[int]) -> Iterator[str]:
    for line in lines:
        yield f"| {' | '.join(line[column] for column in kept)} |"


def _plain(text: str) -> str:
    return re.sub(r"\*\*|`", "", text)
