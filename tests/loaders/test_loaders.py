"""The loaders' own promises: which files, what they refuse, how they disagree, and that no file can hold them up."""

from __future__ import annotations

import time

import pytest

from driftline import loaders
from driftline.model import Misuse


@pytest.mark.parametrize(
    ("loader", "mode", "expected"),
    [
        ("next", "production", (".env.production.local", ".env.local", ".env.production", ".env")),
        ("next", "staging", (".env.production.local", ".env.local", ".env.production", ".env")),
        ("next", "test", (".env.test.local", ".env.test", ".env")),
        ("vite", "staging", (".env.staging.local", ".env.staging", ".env.local", ".env")),
        ("vite", "test", (".env.test.local", ".env.test", ".env.local", ".env")),
        ("bun", "staging", (".env.development.local", ".env.local", ".env.development", ".env")),
        ("expo", "staging", (".env.staging.local", ".env.local", ".env.staging", ".env")),
        ("dotenv", "production", (".env",)),
        ("python-dotenv", "production", (".env",)),
    ],
)
def test_files_and_their_order(loader: str, mode: str, expected: tuple[str, ...]) -> None:
    assert loaders.files(loader, mode) == expected


def test_an_unknown_loader_is_misuse_and_names_the_nearest() -> None:
    with pytest.raises(Misuse, match='did you mean "compose"'):
        loaders.named("composer")
    with pytest.raises(Misuse, match="it is one of"):
        loaders.named("qqqqqqqq")


@pytest.mark.parametrize("loader", ["compose", "docker", "firebase"])
def test_a_loader_that_refuses_a_file_reads_nothing_of_it_and_says_so(loader: str) -> None:
    reading = loaders.read([(".env", "A=1\nnot a line!\nB=2\n")], loader)
    assert dict(reading.values) == {}
    assert [(path, problem.fatal, problem.place.line) for path, problem in reading.problems] == [(".env", True, 2)]


def test_a_cycle_loses_the_whole_file_where_the_loader_fails() -> None:
    reading = loaders.read([(".env", "A=$B\nB=$A\nC=3\n")], "next")
    assert dict(reading.values) == {}
    assert [problem.fatal for _, problem in reading.problems] == [True]


def test_no_reason_holds_a_value() -> None:
    for loader in loaders.LOADERS:
        for text in ("A='hunter2\n", 'A="hunter2" hunter2\n', "hunter2 hunter2\n", "A=${hunter2\n", "A=$A hunter2\n"):
            reading = loaders.read([(".env", text)], loader)
            assert not any("hunter2" in problem.reason for _, problem in reading.problems)


FLAGS = [
    ("A=1#c\n", ("dotenv", "compose"), "get different values"),
    ('A="{"k": "v"}"\n', ("dotenv", "python-dotenv"), "python-dotenv does not"),
    ("A: 1\n", ("dotenv", "vite8"), "Vite 8 does not"),
    ("A='$B'\nB=1\n", ("next", "compose"), "get different values"),
    ("A=`x`\n", ("vite7", "python-dotenv"), "get different values"),
    ("\ufeffA=1\n", ("dotenv", "node"), "does not"),
    ("A=$2b$10$abc\n", ("next", "vite8"), "get different values"),
]
PASSES = [
    ("A=1\nB='two words'\n", tuple(loaders.LOADERS)[:12]),
    ("A=1#c\n", ("dotenv", "next")),
    ("A=1#c\n", ("dotenv",)),
    ("A='#x'\n", ("dotenv", "compose", "python-dotenv", "bun")),
    ("A=postgres://u:p@h/d?x=1&y=2\n", ("next", "compose", "python-dotenv", "vite8", "bun", "deno")),
]


@pytest.mark.parametrize(("content", "names", "words"), FLAGS)
def test_flags_a_line_that_loaders_read_differently(content: str, names: tuple[str, ...], words: str) -> None:
    found = loaders.disagreements(content, names)
    assert any(words in item.sentence for item in found)
    assert all(item.advice for item in found)


@pytest.mark.parametrize(("content", "names"), PASSES)
def test_passes_a_line_that_loaders_read_alike(content: str, names: tuple[str, ...]) -> None:
    assert loaders.disagreements(content, names) == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("\ufeffA=1\n", "byte-order mark"),
        ("A\u200b=1\n", "zero-width"),
        ("A=\u00a01\n", "no-break space"),
        ("A=\u201cx\u201d\n", "typographic quote"),
        ("A=1\rB=2\n", "carriage return"),
    ],
)
def test_flags_characters_that_lose_names(content: str, words: str) -> None:
    assert [words in problem.reason for problem in loaders.oddities(content)] == [True]


@pytest.mark.parametrize("content", ["A=1\r\nB=2\r\n", "# \u201cquoted\u201d note\nA=1\n", "A=Grüße\n", "A=1\n"])
def test_passes_ordinary_characters(content: str) -> None:
    assert loaders.oddities(content) == ()


HOSTILE = {
    "doubling": "".join(f"A{i}=$A{i + 1}$A{i + 1}\n" for i in range(60)) + "A60=\n",
    "doubling upwards": "A0=xxxx\n" + "".join(f"A{i + 1}=${{A{i}}}${{A{i}}}\n" for i in range(60)),
    "dollars": "A=" + "$" * 100_000 + "\n",
    "open braces": "A=" + "${A:-" * 20_000 + "\n",
    "nested defaults": "A=" + "${A:-" * 20_000 + "}" * 20_000 + "\n",
    "backslashes": 'A="' + "\\" * 200_000 + "\n",
    "open quotes": "A='x\n" * 20_001,
    "equals": "=" * 200_000,
    "white space": "A" + " " * 200_000 + "\n",
    "line ends": "\r\n\r" * 100_000,
    "many names": "".join(f"A{i}={i}\n" for i in range(20_000)),
    "themselves": "".join(f"A{i}=$A{i}\n" for i in range(2_000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_holds_a_loader_up(name: str) -> None:
    dialects = {(known.dialect, known.expansion): loader for loader, known in loaders.LOADERS.items()}
    for loader in dialects.values():
        started = time.process_time()
        loaders.read([(".env", HOSTILE[name])], loader)
        assert time.process_time() - started < 6, loader
