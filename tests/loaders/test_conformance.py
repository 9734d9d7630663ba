"""Our loaders against what the real ones read of the tricky files in fixtures/loaders (benchmarks/loaders.py records it)."""

from __future__ import annotations

import pytest

from driftline import loaders
from driftline.model import Unreadable
from driftline.project import files
from tests.loaders import conformance

CASES = conformance.cases()
GOLDENS = conformance.goldens()

# Where ours is meant to differ, and why.
DIFFERENT = {("dotenvx", "command"): "dotenvx runs `$(...)`; nothing is ever run here"}


def test_there_are_enough_cases_and_loaders() -> None:
    assert len([case for case in CASES if case.is_text]) >= 250
    assert {golden.loader for golden in GOLDENS} >= {"dotenv", "next", "vite7", "vite8", "node", "bun", "expo", "python-dotenv", "compose"}
    assert all(set(golden.read) == {case.name for case in CASES} and golden.version for golden in GOLDENS)


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: f"{golden.name}-{golden.version}")
def test_ours_read_what_the_real_loader_reads(golden: conformance.Golden) -> None:
    different = {case.name for case in CASES if case.is_text and not conformance.is_alike(case, golden)}
    assert different == {name for real, name in DIFFERENT if real == golden.name}


@pytest.mark.parametrize("case", [case for case in CASES if not case.is_text], ids=lambda case: case.name)
def test_what_is_not_text_is_refused_with_a_line(case: conformance.Case) -> None:
    with pytest.raises(Unreadable) as refused:
        files.decode(case.files[".env"])
    assert refused.value.line is not None
    assert "UTF-" in refused.value.reason or "NUL" in refused.value.reason


@pytest.mark.parametrize("loader", loaders.LOADERS)
def test_places_lie_where_the_name_stands(loader: str) -> None:
    """The place of a plain name is the place of its text, whatever stands before it."""
    text = "# Grüße 😀\n\n  LONG_NAME=1\nOTHER_NAME='x'\n"
    for content in (text, text.replace("\n", "\r\n")):
        parsed = loaders.parse(content, loader)
        assert [a.name for a in sorted(parsed.assignments, key=lambda a: a.place)] in (["LONG_NAME", "OTHER_NAME"], ["OTHER_NAME"])
        for assignment in parsed.assignments:
            offset = content[: content.index(assignment.name)].encode()
            column = 3 if assignment.name == "LONG_NAME" else 1
            assert assignment.place == (3 if assignment.name == "LONG_NAME" else 4, column, len(offset))
