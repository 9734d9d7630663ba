"""The text report: whole screens, widths, folding, hostile names, and what each verdict says."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from driftline.model import Finding, Kind, Misuse, Report, Severity, Unread
from driftline.reports import formats, render
from driftline.terminal import columns
from tests.reports import builder

FIXTURES = Path(__file__).parents[2] / "fixtures" / "reports"
SGR = re.compile(r"\x1b\[[0-9;]*m")
PLACE = re.compile(r"\S+:\d+:\d+")


def screen(report: Report, **options: object) -> str:
    return "".join(render(report, "text", **options))  # type: ignore[arg-type]


def expect(name: str, text: str) -> None:
    """Compares with fixtures/reports/NAME.expected; DRIFTLINE_UPDATE=1 writes it instead, for a human to read in the diff."""
    path = FIXTURES / f"{name}.expected"
    if os.environ.get("DRIFTLINE_UPDATE"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", ["shop", "monorepo"])
def test_whole_screen(name: str, width: int) -> None:
    expect(f"{name}-{width}", screen(builder.REPORTS[name](), width=width))


def test_of_built_output_what_stands_in_it_is_shown() -> None:
    report = builder.monorepo()
    text = screen(report._replace(command="bundle", findings=tuple(f for f in report.findings if f.encoding)), width=100)
    assert "✗ missing" not in text, "the table is `check`'s"
    assert "pk_test_...(99), stripe publishable key, test mode" in screen(builder.shop()._replace(command="bundle"), width=100)
    assert "Looked at 4,812 built files (48 MB) for keys of every provider and the private values of 1,204" in text


def test_whole_screen_verbose() -> None:
    expect("shop-100-verbose", screen(builder.shop(), width=100, verbose=True))


def test_whole_screen_in_ascii() -> None:
    text = screen(builder.shop(), width=80, unicode=False)
    assert text.isascii()
    expect("shop-80-ascii", text)


def test_whole_screen_in_colour_says_the_same_as_without() -> None:
    text = screen(builder.shop(), width=80, colour=True)
    expect("shop-80-colour", text)
    assert SGR.sub("", text) == screen(builder.shop(), width=80)


def test_clean_screen() -> None:
    expect("clean-80", screen(builder.clean(), width=80))


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("name", builder.REPORTS)
def test_no_line_is_wider_than_the_screen(name: str, verbose: bool) -> None:
    report = builder.REPORTS[name]()
    for width, line in ((w, line) for w in range(40, 161, 8) for line in screen(report, width=w, verbose=verbose).splitlines()):
        assert line == line.rstrip()
        # A place is never broken: editors jump to it.
        alone = PLACE.match(line.strip())
        assert columns(line) <= width or alone, line


@pytest.mark.parametrize("unicode", [False, True])
@pytest.mark.parametrize("verbose", [False, True])
def test_hostile_names_cannot_drive_the_terminal(verbose: bool, unicode: bool) -> None:
    text = screen(builder.hostile(), verbose=verbose, unicode=unicode)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "\\x1b[2J" in text
    assert "\\u202e" in text
    assert text.encode("utf-8")
    assert len(text) < 60_000


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("name", builder.REPORTS)
def test_no_value_is_printed(name: str, verbose: bool) -> None:
    assert builder.CANARY not in screen(builder.REPORTS[name](), verbose=verbose)


def test_every_finding_line_begins_with_its_place() -> None:
    text = screen(builder.shop(), width=120)
    for line in text.splitlines():
        if "  blocker  " in line or "  warning  " in line:
            assert PLACE.match(line)
    assert ".env.production:4:1  blocker  test-credential-in-production\n" in text


def test_findings_of_the_worst_environment_come_first_and_blockers_before_notes() -> None:
    text = screen(builder.shop(), width=120)
    assert text.index("\nproduction  5 blockers\n") < text.index("\npreview  1 warning\n") < text.index("\nany environment  4 notes\n")


def test_findings_that_say_the_same_fold_into_one_block_that_lists_names_and_places() -> None:
    text = screen(builder.monorepo(), width=120)
    assert text.count("blocker  missing-variable") == 1
    assert "The same for 19 more:" in text
    for line in ("service_delta_topic.ts:22:17", "SERVICE_DELTA_TOPIC"):
        assert line in text
    # Notes fold whatever their words, and their list is cut.
    assert text.count("note  undocumented-variable") == 1
    assert "and 7 more (--verbose lists them)" in text


def test_findings_that_differ_do_not_fold() -> None:
    report = builder.shop()
    first = report.findings[0]
    others = tuple(first._replace(variable=f"V{n}", message=f"`V{n}` lacks something else: {n}") for n in range(5))
    assert screen(report._replace(findings=others)).count("blocker  missing-variable") == 5


def test_findings_fold_whatever_they_count() -> None:
    report = builder.shop()
    first = report.findings[0]
    others = tuple(
        first._replace(variable=f"V{n}", message=f"`V{n}` is read here and in {n} more places, and nothing declares it")
        for n in range(1, 5)
    )
    assert "The same for 3 more:" in screen(report._replace(findings=others))


def test_verbose_tells_each_finding_in_full() -> None:
    text = screen(builder.monorepo(), width=120, verbose=True)
    assert text.count("blocker  missing-variable") == 20
    assert text.count("note  undocumented-variable") == 20
    assert "The same for" not in text
    assert "dist/assets/chunk-7.js:1:7  the same key" in text


def test_a_large_table_shows_the_rows_that_need_a_look_and_counts_the_others() -> None:
    brief, whole = screen(builder.monorepo(), width=120), screen(builder.monorepo(), width=120, verbose=True)
    assert "10 more variables of 30 agree (--verbose lists them)" in brief
    assert "FLAG_A" not in brief
    assert "FLAG_A" in whole


def test_bundle_hits_show_original_source_container_and_encoding() -> None:
    text = screen(builder.monorepo(), width=120)
    assert "from:  src/lib/ai.ts:14:22, by the source map" in text
    assert "in:    app.zip > assets/index.js.gz" in text
    assert "form:  base64" in text
    assert "and 3 more (--verbose lists them)" in text


def test_equal_values_share_a_sign_and_two_groups_are_numbered() -> None:
    text = screen(builder.shop(), width=100)
    assert re.search(r"STRIPE_WEBHOOK_SECRET +● +=  +=\n", text)
    assert re.search(r"STRIPE_SECRET_KEY +═* += test +═* ?= test +● test\n", text)
    report = builder.shop()
    environments = tuple(
        builder.environment(name, kind, {f".env.{name}": f"file name .env.{name}"})
        for name, kind in (("a", Kind.LOCAL), ("b", Kind.LOCAL), ("c", Kind.PREVIEW), ("d", Kind.PREVIEW))
    )
    pairs = {
        "a": builder.cell(".env.a", "1"),
        "b": builder.cell(".env.b", "1"),
        "c": builder.cell(".env.c", "2"),
        "d": builder.cell(".env.d", "2"),
    }
    paired = builder.app(".", environments, [builder.variable("PAIR", pairs, "a.ts:1:1")])
    assert re.search(r"PAIR +=1 +=1 +=2 +=2\n", screen(report._replace(apps=(paired,), findings=())))


def test_an_environment_that_no_file_speaks_for_shows_question_marks_and_the_export() -> None:
    text = screen(builder.monorepo(), width=120)
    assert "production: no file here says what it holds; `vercel env pull` would show it" in text
    assert re.search(r"SERVICE_ALPHA_URL .*\?( unknown)?\n", text)


def test_a_variable_the_platform_provides_needs_no_row() -> None:
    assert "VERCEL_URL" not in screen(builder.shop(), width=100)


def test_suppressed_findings_are_counted_and_listed_with_verbose() -> None:
    brief, whole = screen(builder.shop()), screen(builder.shop(), verbose=True)
    assert "Suppressed: 1 finding (1 by config); --verbose lists them" in brief
    assert "near-miss-name" not in brief
    assert "renamed with the next release, until 2027-01-31" in " ".join(whole.split())


@pytest.mark.parametrize(
    ("severities", "unread", "words"),
    [
        ([], False, "PASS  Nothing found."),
        ([Severity.NOTE], False, "REVIEW  No blocker; 1 note to read."),
        ([Severity.WARNING, Severity.NOTE], False, "REVIEW  No blocker; 1 warning, 1 note to read."),
        ([Severity.BLOCKER], False, "BLOCK  1 blocker. Blockers: 1 in production. Settle them before this ships."),
        ([], True, "INCOMPLETE  1 thing could not be read, so this is no clean bill."),
        ([Severity.BLOCKER], True, "INCOMPLETE  1 thing could not be read, so this is no clean bill; besides: 1 blocker."),
    ],
)
def test_the_verdict_is_the_last_line(severities: list[Severity], unread: bool, words: str) -> None:
    first = builder.shop().findings[0]
    findings: tuple[Finding, ...] = tuple(first._replace(severity=severity) for severity in severities)
    unreads = (Unread("a", "b"),) if unread else ()
    report = builder.clean()._replace(findings=findings, unread=unreads)
    assert screen(report, width=120).splitlines()[-1] == words


def test_nothing_found_with_open_questions_says_so() -> None:
    report = builder.clean()._replace(unknown=builder.shop().unknown)
    assert screen(report, width=120).splitlines()[-1] == "PASS  Nothing found in what files can show; 1 question stays open."


@pytest.mark.parametrize("name", builder.REPORTS)
def test_quiet_is_one_line(name: str) -> None:
    text = screen(builder.REPORTS[name](), quiet=True)
    assert text.count("\n") == 1
    assert text.startswith(f"driftline {builder.REPORTS[name]().command}: ")
    if name == "shop":
        assert text == "driftline check: block: 5 blockers, 1 warning, 4 notes, 1 unknown, 1 stale suppression; 34 files in 0.08 s\n"


def test_an_unknown_format_is_misuse_and_names_the_nearest() -> None:
    with pytest.raises(Misuse, match='did you mean "json"'):
        render(builder.clean(), "jsn")
    assert {"text", "json"} <= set(formats())
    assert formats("matrix") == ("html", "json", "markdown", "text")
