"""docs/threat-model.md and the tests: each promise has its tests, each test that it names exists and says so, and no promise of a test is unwritten."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.projects import ROOT

PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
_PROMISES = PAGE.partition("## Promises")[2].partition("\n## ")[0]
PROMISES = {block.partition("\n")[0].strip(): re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", block) for block in _PROMISES.split("\n### ")[1:]}


@cache
def _functions(path: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse((ROOT / path).read_bytes())
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def _promised(node: ast.FunctionDef) -> set[str]:
    """The promises that a test says it proves."""
    return set(re.findall(r"pytest\.mark\.promise\('([^']+)'\)", " ".join(map(ast.unparse, node.decorator_list))))


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_has_tests_that_exist(promise: str) -> None:
    assert PROMISES[promise], "no test is named"
    for path, name in PROMISES[promise]:
        assert name in _functions(path), f"{path}::{name}"
        assert promise in _promised(_functions(path)[name]), f"{path}::{name} does not say that it proves {promise}"


def test_every_promise_of_a_test_is_written_down() -> None:
    said = {
        word
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in _functions(path.relative_to(ROOT).as_posix()).values()
        for word in _promised(node)
    }
    assert len(said) >= 10
    assert said <= set(PROMISES)


def test_the_figures_name_their_commands() -> None:
    figures = PAGE.partition("## Figures")[2]
    assert len(re.findall(r"`(?:python -m tests\.fuzz\.run|python -m pytest|python benchmarks/limits\.py)[^`]*`", figures)) >= 3
