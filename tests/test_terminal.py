"""Fitting words to a terminal: escapes, widths, wrapping, cutting."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.terminal import Terminal, columns, count, pad, size, wrap

ASCII = Terminal(80, unicode=False)
WIDE = Terminal(80)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\tc\r\x00\x7f", "a\\x0ab\\x09c\\x0d\\x00\\x7f"),
        ("\x9b31m\x85", "\\x9b31m\\x85"),
        ("user\u202etxt.exe", "user\\u202etxt.exe"),
        ("\u2066\u2069\u200b\ufeff\u2028", "\\u2066\\u2069\\u200b\\ufeff\\u2028"),
        ("a\xa0b", "a\\xa0b"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
        ("naïve 日本 ✗", "naïve 日本 ✗"),
    ],
)
def test_text_is_printable_and_what_is_not_becomes_visible(text: str, shown: str) -> None:
    assert WIDE.text(text) == shown


def test_text_in_ascii() -> None:
    assert ASCII.text("a… → “b” – é 日") == 'a... -> "b" - \\xe9 \\u65e5'


def test_a_very_long_text_is_cut_and_says_so() -> None:
    text = WIDE.text("N" * 70_000)
    assert len(text) < 2100
    assert text.endswith("… (70000 characters)")


@pytest.mark.promise("hostile-names")
@given(st.text())
def test_whatever_comes_in_nothing_unprintable_goes_out(text: str) -> None:
    assert WIDE.text(text).isprintable()
    assert ASCII.text(text).isascii()
    for line in WIDE.prose(text, indent=2):
        assert line.isprintable()
        assert columns(line) <= 80


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("✗ ●", 3), ("🚀", 2), ("", 0)])
def test_columns(text: str, width: int) -> None:
    assert columns(text) == width
    assert columns(pad(text, 10)) == 10


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("C", "Z"))), st.integers(6, 60))
def test_cut_keeps_to_the_width_and_keeps_both_ends(text: str, width: int) -> None:
    shown = WIDE.cut(text, width)
    assert columns(shown) <= width
    if shown != text:
        assert "…" in shown
        marks = ("Mn", "Me")
        if not any(unicodedata.category(character) in marks for character in text):
            assert text.startswith(shown.split("…")[0])


def test_cut_lets_the_middle_give_way() -> None:
    assert WIDE.cut("NEXT_PUBLIC_SUPABASE_ANON_KEY", 16) == "NEXT_PUB…NON_KEY"
    assert ASCII.cut("NEXT_PUBLIC_SUPABASE_ANON_KEY", 16) == "NEXT_PU..NON_KEY"


@given(st.text(alphabet="ab `-日", max_size=200), st.integers(4, 40))
def test_wrap_keeps_every_word_and_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(columns(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_what_stands_in_backquotes_stays_on_one_line() -> None:
    assert wrap("run `vercel env pull` now", 18) == ["run", "`vercel env pull`", "now"]


def test_prose_hangs_beside_its_label() -> None:
    lines = list(Terminal(40).prose("one two three four five six seven eight", indent=2, label="fix:", hang=7))
    assert lines == ["  fix:   one two three four five six", "         seven eight"]


def test_a_label_that_leaves_no_room_has_its_own_line() -> None:
    assert list(Terminal(40).prose("read here", indent=4, label="app/api/checkout/route.ts:18:20")) == [
        "    app/api/checkout/route.ts:18:20",
        "        read here",
    ]


def test_a_label_without_words_is_still_shown() -> None:
    assert list(WIDE.prose("", label="a.ts:1:1")) == ["a.ts:1:1"]
    assert list(WIDE.prose("")) == []


def test_colour_paints_and_its_absence_does_not() -> None:
    assert Terminal(colour=True).paint("x", "red", "bold") == "\x1b[31;1mx\x1b[0m"
    assert Terminal().paint("x", "red") == "x"
    assert list(Terminal(colour=True).prose("a `b`")) == ["a \x1b[1m`b`\x1b[0m"]


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (9_949, "9.9 kB"), (9_950, "10 kB"), (999_499, "999 kB"),
     (999_500, "1.0 MB"), (48_304_219, "48 MB"), (2_000_000_000, "2.0 GB"), (3 * 10**15, "3000 TB")],
)  # fmt: skip
def test_size(number: int, words: str) -> None:
    assert size(number) == words


def test_count() -> None:
    assert (count(1, "file"), count(1204, "file"), count(2, "entry", "entries")) == ("1 file", "1,204 files", "2 entries")
