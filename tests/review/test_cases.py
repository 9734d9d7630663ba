"""The launch review over small projects: the files in `cases/` are projects with the expected findings on their lines."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from driftline import audit, review, rules
from driftline.project import settings

_CASE = re.compile(r"^## (?P<title>.+)\n(?P<body>(?:(?!^## ).*\n?)*)", re.MULTILINE)
_BLOCK = re.compile(r"^```(?P<path>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"[ \t]*(?:--|//|#) <- (?P<rule>[a-z-]+) (?P<severity>blocker|warning|note)$", re.MULTILINE)
TODAY = date(2026, 11, 15)
CLIENT = """import { createBrowserClient } from '@supabase/ssr'
export const db = () => createBrowserClient(process.env.NEXT_PUBLIC_SUPABASE_URL!, process.env.NEXT_PUBLIC_SUPABASE_ANON_KEY!)
"""
# What a group of cases is about, and the files that are there unless a case says otherwise.
GROUPS = {
    "row_security": ({"rls-disabled", "rls-never-enabled", "permissive-policy"}, {"lib/supabase.ts": CLIENT}),
    "firebase": ({"open-rules"}, {}),
}
CASES = [
    pytest.param(path.stem, match["title"], match["body"], id=f"{path.stem}: {match['title']}")
    for path in sorted((Path(__file__).parent / "cases").glob("*.md"))
    for match in _CASE.finditer(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("group", "title", "body"), CASES)
def test_case(group: str, title: str, body: str, tmp_path: Path) -> None:
    about, given = GROUPS[group]
    (tmp_path / "package.json").write_text('{"name": "shop", "dependencies": {"@supabase/supabase-js": "2.60.0"}}')
    files = dict(given)
    expected = set()
    for block in _BLOCK.finditer(body):
        for number, line in enumerate(block["text"].splitlines(), 1):
            if mark := _MARK.search(line):
                expected.add((block["path"], number, mark["rule"], mark["severity"]))
        files[block["path"]] = _MARK.sub("", block["text"])
    windows = "Windows" in title
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(("\ufeff" + text.replace("\n", "\r\n") if windows else text).encode())
    report = review.review(audit.Request(str(tmp_path), settings.read(str(tmp_path), None, rules.identifiers()), today=TODAY))
    assert report.unread == ()
    found = {
        (f.location.path, f.location.line, f.rule, f.severity.value)
        for f in report.findings
        if f.rule in about and not f.subject.startswith("search path")
    }
    assert found == expected
