"""GitHub annotations, read back as the Actions runner reads them."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from driftline.model import Report
from driftline.reports import render
from driftline.rules import pages
from tests.reports import builder
from tests.reports.test_text import expect


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    message: str


def parse(line: str) -> Command | None:
    """One line of a log, as actions/runner reads it (ActionCommand.TryParseV2, 2026-11): None where it is no command."""
    line = line.strip()
    if not line.startswith("::"):
        return None
    end = line.find("::", 2)
    if end < 0:
        return None
    name, _, listed = line[2:end].partition(" ")
    properties = {}
    for pair in listed.split(","):
        key, equals, value = pair.strip().partition("=")
        if equals:
            for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
                value = value.replace(escape, character)
            properties[key] = value
    message = line[end + 2 :]
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        message = message.replace(escape, character)
    return Command(name, properties, message)


def log(report: Report) -> str:
    return "".join(render(report._replace(pages=pages.every()), "github"))


def commands(report: Report) -> list[Command]:
    return [command for command in map(parse, log(report).splitlines()) if command]


def test_whole_log() -> None:
    expect("shop-github", log(builder.shop()))


@pytest.mark.parametrize("name", builder.REPORTS)
def test_every_line_but_the_last_ones_is_a_command_and_none_holds_a_value(name: str) -> None:
    text = log(builder.REPORTS[name]())
    assert builder.CANARY not in text
    plain = [line for line in text.splitlines() if parse(line) is None]
    assert len(plain) <= 2
    assert plain[0].startswith(f"driftline {builder.REPORTS[name]().command}: ")


def test_an_annotation_stands_at_its_line_and_says_what_to_do() -> None:
    found = next(c for c in commands(builder.shop()) if "test-credential" in c.properties["title"])
    assert found.name == "error"
    assert found.properties == {
        "file": ".env.production", "line": "4", "col": "1", "title": "driftline: test-credential-in-production",
    }  # fmt: skip
    assert found.message.splitlines()[0].endswith("no money arrives, and nobody sees an error")
    assert "fix: put the live key into .env.production; test keys belong to local and preview" in found.message.splitlines()


def test_an_annotation_names_an_environment_that_its_message_does_not() -> None:
    finding = builder.shop().findings[0]._replace(message="it is not declared")
    (command, *_) = commands(builder.shop()._replace(findings=(finding,)))
    assert command.message.startswith("it is not declared (production)\n")


def test_severities_are_error_warning_and_notice_in_this_order() -> None:
    names = [command.name for command in commands(builder.shop())]
    assert names == ["error"] * 5 + ["warning"] + ["notice"] * 5 + ["warning"]
    # Accepted findings are no annotations.
    assert "SUPABSE" not in log(builder.shop())


def test_a_file_that_could_not_be_read_is_an_error_at_its_place() -> None:
    first = commands(builder.monorepo())[0]
    assert first.name == "error"
    assert first.properties["file"] == "apps/api/fly.toml"
    assert (first.properties["line"], first.properties["col"]) == ("3", "9")
    assert first.message == "apps/api/fly.toml:3:9 could not be read: not valid TOML"


def test_more_annotations_than_github_shows_are_announced() -> None:
    assert log(builder.monorepo()).splitlines()[-1].startswith("GitHub shows the first 10 annotations of a kind")
    assert "GitHub shows" not in log(builder.shop())


@pytest.mark.promise("hostile-names")
def test_hostile_names_can_neither_end_a_property_nor_start_a_command() -> None:
    evil = "a,line=9::\n::set-env name=PATH::x\r::stop-commands::t%0A::error::y"
    report = builder.shop()
    finding = report.findings[0]
    finding = finding._replace(message=evil, location=finding.location._replace(path=evil), environment=evil)
    told = commands(report._replace(findings=(finding,), unknown=(), stale=(), root=evil, command=evil))
    assert [command.name for command in told] == ["error"]
    assert told[0].properties["line"] == "4"
    assert told[0].properties["file"] == evil.replace("\n", "\\x0a").replace("\r", "\\x0d")
    assert told[0].message.startswith("a,line=9::\\x0a::set-env")
    for line in log(builder.hostile()).splitlines():
        assert line.isprintable()
