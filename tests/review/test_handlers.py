"""What handlers are doubted for, case by case: the files in `handlers/` are projects with the expected doubts on their lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from driftline.code import routes
from driftline.review import handlers

_CASE = re.compile(r"^## (?P<title>.+)\n(?P<body>(?:(?!^## ).*\n?)*)", re.MULTILINE)
_BLOCK = re.compile(r"^```(?P<path>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"[ \t]*(?://|#) <- (?P<kind>[a-z ]+)$", re.MULTILINE)
CASES = [
    pytest.param(match["body"], id=f"{path.stem}: {match['title']}")
    for path in sorted((Path(__file__).parent / "handlers").glob("*.md"))
    for match in _CASE.finditer(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("body", CASES)
def test_case(body: str) -> None:
    files: dict[str, bytes] = {}
    expected = set()
    for block in _BLOCK.finditer(body):
        for number, line in enumerate(block["text"].splitlines(), 1):
            if mark := _MARK.search(line):
                expected.add((block["path"], number, mark["kind"]))
        files[block["path"]] = _MARK.sub("", block["text"]).encode()
    assert files
    served = {path: tuple(route.path for route in file.routes) for path, content in files.items() if (file := routes.read(path, content))}
    found = {}
    for doubt in handlers.doubts(files, served, handlers.entities(files.items()), []):
        places = {(place.path, place.line, doubt.kind) for place in (doubt.location, doubt.sink)}
        found[min(places & expected, default=min(places))] = doubt
    assert set(found) == expected
