"""The matrix as text: whole screens, evidence with --verbose, tables wider than the screen."""

from __future__ import annotations

import pytest

from driftline.model import Report
from driftline.reports import render
from driftline.terminal import columns
from tests.reports import builder
from tests.reports.test_text import PLACE, expect


def screen(report: Report, **options: object) -> str:
    return "".join(render(report._replace(command="matrix"), "text", **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", ["shop", "monorepo"])
def test_whole_screen(name: str, width: int) -> None:
    expect(f"matrix-{name}-{width}", screen(builder.REPORTS[name](), width=width))


def test_whole_screen_verbose() -> None:
    expect("matrix-shop-100-verbose", screen(builder.shop(), width=100, verbose=True))


def test_every_row_is_shown_and_no_finding() -> None:
    text = screen(builder.monorepo(), width=120)
    assert text.count("FLAG_") == 10
    assert text.count("SERVICE_") == 20
    assert "blocker" not in text


def test_a_table_wider_than_the_screen_is_continued_below() -> None:
    text = screen(builder.monorepo(), width=60)
    assert text.count("SERVICE_ALPHA_URL") == 2
    assert "deploy-preview" in text.replace("…", "") or "dep…view" in text


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("name", builder.REPORTS)
def test_no_line_is_wider_than_the_screen(name: str, verbose: bool) -> None:
    report = builder.REPORTS[name]()
    for width, line in ((w, line) for w in range(40, 161, 8) for line in screen(report, width=w, verbose=verbose).splitlines()):
        assert line == line.rstrip()
        assert columns(line) <= width or PLACE.match(line.strip()), line


@pytest.mark.parametrize("unicode", [False, True])
@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("name", builder.REPORTS)
def test_nothing_but_printable_text_and_never_a_value(name: str, verbose: bool, unicode: bool) -> None:
    text = screen(builder.REPORTS[name](), verbose=verbose, unicode=unicode)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert builder.CANARY not in text
    assert unicode or text.isascii()


def test_quiet_is_one_line() -> None:
    assert screen(builder.shop(), quiet=True) == "driftline matrix: 1 app, 9 variables, 3 need a look\n"


def test_verbose_says_where_each_value_comes_from_and_who_reads_it() -> None:
    text = screen(builder.shop(), width=120, verbose=True)
    assert "production  set, .env.production:4:1, sk_test_...(99)" in text
    assert "lib/stripe.ts:5:31  reads it (required, server)" in text
