"""Our reading of `.gitignore` agrees with git's own, line by line and on generated files; hostile patterns cost nothing."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftline.project import files, ignore
from tests.project.trees import check, repository, write

# One pattern each, with the paths it speaks of; what git says of them is asked, not written down here.
PATHS = (
    "a", "b", "a.log", "b.log", ".env", ".env.local", "build/out.js", "src/build/out.js", "src/a.log", "src/deep/a.log", "src/deep/b",
    "docs/a/b/c", "a b", "a ", "#a", "!a", "a*b", "a[b", "[a]", "a\\b", "é", "x1", "x2", "xA", "x-", "x]", "x^", "foo/bar/baz", "foo/baz", "bar/foo/baz",
)  # fmt: skip
PATTERNS = (
    "a", "/a", "a/", "*.log", "/*.log", "src/*.log", "**/a.log", "src/**", "src/**/b", "**/build", "build", "build/", "/build/", "build/*", "src/*/b",
    "docs/a/**/c", "docs/**/c", "**", "**/", "/**", "*", "*/", "/*", "!a", "\\!a", "\\#a", "#a", "a\\ ", "a ", "a b", "a\\*b", "a\\[b", "[[]a]", "\\[a]",
    "a\\\\b", "x[0-9]", "x[!0-9]", "x[^0-9]", "x[]-]", "x[!]]", "x[a-zA-Z]", "x[[:digit:]]", "x[[:alpha:]-]", "x[[:nonsense:]]", "x[z-a]", "x[", "x[0", "a\\",
    "?", "??", "foo/*", "foo/*/baz", "foo/**/baz", "**/foo/baz", "**/foo/**", ".env*", ".env.*", "!.env", "a**b", "é", "?\u00a9", "*o/baz", "//a", "/", "", "   ",
    "foo//baz", "./a", "a\r", "\ufeffa", "x\\1", "x[\\]]", "x[\\0-2]",
)  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("tree"), dict.fromkeys(PATHS, ""))


def asked(tree: Path, gitignores: dict[str, str]) -> set[str]:
    """The paths that git itself ignores; its index does not count, nor do settings of the machine."""
    for old in tree.rglob(".gitignore"):
        old.unlink()
    write(tree, gitignores)
    given = "\0".join(PATHS).encode()
    command = ["git", "-c", "core.excludesFile=/dev/null", "check-ignore", "--no-index", "-z", "--stdin"]
    done = subprocess.run(command, cwd=tree, input=given, capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return {path.decode() for path in done.stdout.split(b"\0") if path}


def ours(tree: Path) -> set[str]:
    """The paths that the walk without git takes for ignored: in an ignored folder it does not go on."""
    walked = {file.path: file.ignored for file in files._walk_plain(str(tree), lambda path: path.startswith(".git/")).files}
    return {path for path in PATHS if walked.get(path, True)}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_is_read_as_git_reads_it(tree: Path, pattern: str) -> None:
    text = f"{pattern}\n"
    assert ours_of(tree, {".gitignore": text}) == asked(tree, {".gitignore": text})


def ours_of(tree: Path, gitignores: dict[str, str]) -> set[str]:
    for old in tree.rglob(".gitignore"):
        old.unlink()
    write(tree, gitignores)
    return ours(tree)


NESTED = (
    ({".gitignore": "*.log\n", "src/.gitignore": "!a.log\n"}, "src/a.log", False),
    ({".gitignore": "*.log\n", "src/.gitignore": "!a.log\n"}, "a.log", True),
    ({".gitignore": "*.log\n!a.log\n"}, "src/deep/a.log", False),
    ({".gitignore": "!a.log\n*.log\n"}, "a.log", True),
    ({".gitignore": "src/\n", "src/.gitignore": "!a.log\n"}, "src/a.log", True),  # nothing comes back out of an ignored folder
    ({".gitignore": "src/*\n!src/deep/\n"}, "src/deep/b", False),
    ({".gitignore": "src/*\n!src/deep/\n"}, "src/a.log", True),
    ({"src/.gitignore": "/a.log\n"}, "src/deep/a.log", False),
    ({"src/.gitignore": "/a.log\n"}, "src/a.log", True),
    ({".gitignore": "[/[ab]\n"}, "a", True),
    ({".gitignore": "src/[a/]*\n"}, "src/a.log", True),
    ({"src/.gitignore": "deep\n", "src/deep/.gitignore": "!b\n"}, "src/deep/b", True),
)


@pytest.mark.parametrize(("gitignores", "path", "expected"), NESTED)
def test_deeper_files_and_negations(tree: Path, gitignores: dict[str, str], path: str, expected: bool) -> None:
    found = ours_of(tree, gitignores)
    assert (path in found) is expected
    assert found == asked(tree, gitignores)


piece = st.sampled_from(
    ["a", "b", "*", "**", "?", "/", "!", "[ab]", "[!a]", "\\", ".log", "src", "deep", "foo", "bar", "build", "x", "-", "]", "[", " "]
)
# `a**` beside other letters is left out: git before 2.40 compares two pointers there that have nothing to do with each other.
line = st.lists(piece, min_size=1, max_size=6).map("".join).filter(lambda line: not re.search(r"[^/!]\*\*|\*\*[^/]", line))
text = st.lists(line, min_size=1, max_size=4).map("\n".join)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text, text)
def test_generated_files_are_read_as_git_reads_them(tree: Path, above: str, below: str) -> None:
    gitignores = {".gitignore": above, "src/.gitignore": below}
    assert ours_of(tree, gitignores) == asked(tree, gitignores)


def test_a_hostile_pattern_costs_no_more_than_an_honest_one() -> None:
    name = "a" * 250
    hostile = "*a" * 120 + "b"
    deep = "/".join(["a"] * 100)
    crossing = "/".join(["**", "a"] * 50 + ["b"])
    read = ignore.parse(f"{hostile}\n{crossing}\n{'[' * 4000}\n{'**/' * 1300}b\n{'?' * 4000}\n".encode(), "")
    started = time.process_time()
    for _ in range(20):
        assert read.verdict(name, False) is None
        assert read.verdict(deep, False) is None
    assert time.process_time() - started < 2, "a name of 250 letters took more than a hundredth of a second per pattern"


def test_lines_beyond_the_limit_are_not_read() -> None:
    read = ignore.parse(b"b\n" * ignore.MAX_PATTERNS + b"a\n", "")
    assert len(read.patterns) == ignore.MAX_PATTERNS
    assert read.verdict("a", False) is None
    assert read.verdict("b", False) is True


def test_what_was_never_committed_need_not_be_replaced(tmp_path: Path) -> None:
    root = repository(tmp_path, {"package.json": "{}", ".env.staging": "DB_PASSWORD=x8Jq2LmZ91ab\n"}, commit=True)
    write(root, {".env.production": "DB_PASSWORD=k3Vw7RtY55cd\n"})
    fixes = {finding.location.path: finding.fix or "" for finding in check(root).findings if finding.rule == "committed-env-file"}
    assert fixes[".env.staging"].endswith("and rotate these values")
    assert fixes[".env.production"].endswith("and rotate these values only if it was committed before")
