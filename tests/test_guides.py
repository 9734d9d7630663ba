"""The guides say what is so: commands and flags exist, settings are accepted, links lead somewhere, and the examples of `adding.md` work."""

from __future__ import annotations

import re
import shlex
import types
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click
import pytest
import tomli

from driftline import cli, rules
from driftline.knowledge import catalog, identify
from driftline.model import (
    App,
    Authority,
    Cell,
    Declaration,
    Environment,
    Exposure,
    Facts,
    Kind,
    Location,
    Secret,
    State,
    Text,
    Variable,
)
from driftline.project import settings
from driftline.reports import _app, formats
from driftline.rules import pages
from tests import keys

ROOT = Path(__file__).parent.parent
_PAGES = [path for path in sorted((ROOT / "docs").glob("*.md")) if not path.read_text(encoding="utf-8").startswith("<!-- Written by")]
GUIDES = [*_PAGES, ROOT / "README.md"]
ADDING = ROOT / "docs" / "adding.md"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
# What a platform's own tool, and not ours, is called with.
_OURS = re.compile(r"(?:^|\|\s*|run )(driftline(?: [^#|\n]*)?)")


def blocks(path: Path, language: str) -> list[str]:
    return [text for found, text in _BLOCK.findall(path.read_text(encoding="utf-8")) if found == language]


def commands(path: Path) -> Iterator[list[str]]:
    """Every command line of ours: in shell blocks, and in backquotes."""
    text = path.read_text(encoding="utf-8")
    lines = [line for block in blocks(path, "sh") for line in block.splitlines()]
    lines += [code for code in _CODE.findall(_BLOCK.sub("", text)) if code.startswith("driftline ")]
    for line in lines:
        for found in _OURS.findall(line):
            yield shlex.split(found)


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_every_command_and_flag_exists(path: Path) -> None:
    for words in commands(path):
        names = [word for word in words[1:] if not word.startswith("-")]
        if not names or names[0].isupper():
            continue
        command = cli.main.commands.get(names[0])
        assert command is not None, words
        known = {flag for option in command.params if isinstance(option, click.Option) for flag in (*option.opts, *option.secondary_opts)}
        flags = [word.partition("=")[0] for word in words if word.startswith("-") and word != "-"]
        assert set(flags) <= known | {"--help"}, words
        for flag, value in pairwise(words):
            if flag == "--format":
                assert value.partition("=")[0] in formats(names[0] if names[0] == "matrix" else "check"), words
        if names[0] == "explain" and len(names) > 1 and re.fullmatch(r"[a-z]+(-[a-z]+)+", names[1]):
            assert names[1] in rules.identifiers(), words


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_every_setting_is_accepted(path: Path, tmp_path: Path) -> None:
    for text in blocks(path, "toml"):
        if path != ADDING:
            (tmp_path / "driftline.toml").write_text(text, encoding="utf-8")
            settings.read(str(tmp_path), None, rules.identifiers())


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_every_link_leads_somewhere_and_every_ignored_rule_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for goal in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (path.parent / goal).exists(), goal
    for named in re.findall(r"ignore\[([a-z-]+)\]", text):
        assert named == "rule" or named in rules.identifiers()
    for named in re.findall(r"`((?:src|tests|fixtures|docs|hooks)/[\w./-]+)`", text):
        assert re.search(r"NAME|CASE|GROUP|RULE|\.\.\.|launch", named) or (ROOT / named).exists(), named


def test_the_readme_says_what_each_dependency_is_for() -> None:
    project = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    names = {re.split(r"[\[<>=;]", name)[0].strip().removeprefix("types-") for name in asked} - {"driftline"}
    # A language's grammar and the types of a library come with what they belong to.
    told = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Why each dependency is there")[2].partition("##")[0]
    assert {name for name in names if name.removesuffix("-javascript").removesuffix("-typescript") not in told} == set()


def test_the_table_of_signs_is_the_reports_own() -> None:
    text = (ROOT / "docs" / "reading-a-report.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(.)` \| ", text, re.MULTILINE) == [sign.sign for sign in _app.SIGNS]
    assert set(re.findall(r"^\| `([a-z]+)` \| ", text, re.MULTILINE)) == set(formats())


# --- the examples of adding.md ------------------------------------------------------------------------------------------------


@pytest.fixture
def own_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> catalog.Catalog:
    (provider,) = blocks(ADDING, "toml")
    (tmp_path / "parcelpigeon.toml").write_text(provider, encoding="utf-8")
    monkeypatch.setattr(catalog, "_FOLDER", str(tmp_path))
    return catalog.load.__wrapped__()


def test_the_provider_of_the_guide_is_known_whole(own_catalogue: catalog.Catalog) -> None:
    assert list(own_catalogue.providers) == ["parcelpigeon"]
    kinds = {kind.id: kind for kind in own_catalogue.keys}
    assert kinds["API key"].exposure is Exposure.SECRET
    assert kinds["API key"].prefixes == ("pp_live_", "pp_test_")
    assert kinds["webhook secret"].context == ("PARCELPIGEON",)
    example = keys.example(kinds["API key"], mode="test")
    assert re.fullmatch(r"pp_test_[0-9a-f]{32}", example)
    assert not identify.placeholder(example)


def module_of(number: int) -> types.ModuleType:
    module = types.ModuleType("example")
    exec(compile(blocks(ADDING, "python")[number], "adding.md", "exec"), module.__dict__)
    return module


def test_the_format_of_the_guide_reads() -> None:
    launch = module_of(0)
    content = "# a comment\nset A 1\nfor staging\nset B two words\nnonsense\n"
    reading = launch.read(Text("launch.vars", content))
    told = [(d.name, d.context, d.location.line, d.value) for d in reading.declarations]
    assert told == [("A", None, 2, Secret("1")), ("B", "staging", 4, Secret("two words"))]
    assert [(unread.line, unread.reason) for unread in reading.unread] == [(5, "a line that is neither `for` nor `set`")]
    assert reading.contexts == ("staging",)
    assert launch.FORMAT.authority is Authority.PART


def test_the_rule_of_the_guide_has_a_page_and_finds() -> None:
    twins = module_of(1)
    page = pages.page(twins.RULE, "drift", twins.__doc__ or "")
    assert tuple(page.sections) == pages.SECTIONS

    def variable(name: str, path: str) -> Variable:
        declaration = Declaration(name, State.SET, Secret("x"), Location(path, 1))
        return Variable(name, (), {"local": Cell(State.SET, declaration, path)})

    local = Environment("local", Kind.LOCAL, (), {}, Authority.WHOLE)
    both = {name: variable(name, path) for name, path in (("database_url", ".env"), ("DATABASE_URL", ".env.local"), ("PORT", ".env"))}
    facts = Facts(".", (App(".", None, "dotenv", "node", (local,), both),))
    (finding,) = twins.check(facts)
    assert finding.variable == "database_url"
    assert finding.related[0].location == Location(".env.local", 1)
