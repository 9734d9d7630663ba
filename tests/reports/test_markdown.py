"""The pull-request comment, read by a Markdown parser: bounded, folded, updated in place, and no name is markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from driftline.model import Location, Related, Report, Unread
from driftline.reports import render
from tests.reports import builder
from tests.reports.test_text import expect

GITHUB_LIMIT = 65_536
OURS = re.compile(r"</?(?:details|summary|sub)>|<!-- -->|\A<!-- driftline [A-Za-z0-9._ -]+ -->\n?\Z")


def comment(report: Report) -> str:
    return "".join(render(report, "markdown"))


def tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text):
        yield token
        yield from token.children or ()


def test_whole_comment() -> None:
    expect("shop-markdown", comment(builder.shop()))


@pytest.mark.parametrize("name", builder.REPORTS)
def test_no_value_and_no_markup_but_ours(name: str) -> None:
    text = comment(builder.REPORTS[name]())
    assert builder.CANARY not in text
    assert len(text.encode()) < 60_000
    for token in tokens(text):
        assert token.type not in ("link_open", "image", "blockquote_open", "hr", "fence", "code_block")
        if token.type in ("html_block", "html_inline"):
            assert "<" not in OURS.sub("", token.content), token.content


def test_the_marker_names_command_and_environment_so_that_a_comment_is_updated_in_place() -> None:
    assert comment(builder.shop()).splitlines()[0] == "<!-- driftline check all -->"
    assert comment(builder.monorepo()).splitlines()[0] == "<!-- driftline check production-us -->"
    hostile = comment(builder.shop()._replace(target="x --> <b>--\n"))
    assert hostile.splitlines()[0].count("-->") == 1
    assert hostile.splitlines()[1].startswith("### driftline BLOCK for `")


def test_blockers_are_open_and_everything_else_is_folded() -> None:
    text = comment(builder.shop())
    opened = text[: text.index("<details>")]
    assert "5 blockers" in opened
    assert "1 warning, 4 notes" in opened
    assert opened.count("\n- **") == 5
    assert re.findall(r"<summary>(.*?)</summary>", text) == [
        "1 warning",
        "4 notes",
        "Which variable is declared where: (root)",
        "1 question that files cannot settle",
        "1 stale suppression",
    ]
    assert text.count("<details>") == text.count("</details>") == 5


def test_the_matrix_is_a_table_with_signs_and_words() -> None:
    parsed = list(tokens(comment(builder.shop())))
    assert sum(token.type == "table_open" for token in parsed) == 1
    rows = [line for line in comment(builder.shop()).splitlines() if line.startswith("| `")]
    assert "| `DATABASE_URL` | ● | ● | ✗ missing |" in rows
    assert "| `STRIPE_SECRET_KEY` | = test | = test | ● test |" in rows
    assert "✗ missing" in comment(builder.shop()).split("<sub>")[1]


def test_a_huge_report_stays_below_the_limit_and_says_what_it_left_out() -> None:
    report = builder.monorepo()
    web = report.apps[0]
    many = {f"V{n}_{'LONG' * 8}": v._replace(name=f"V{n}_{'LONG' * 8}") for n in range(40) for v in web.variables.values()}
    findings = tuple(f._replace(subject=f"{f.subject}{n}", message=f.message * 3) for n in range(30) for f in report.findings)
    text = comment(report._replace(apps=tuple(web._replace(variables=many, path=f"apps/a{n}") for n in range(9)), findings=findings))
    assert 20_000 < len(text.encode()) < 60_000 < GITHUB_LIMIT
    assert "more; `driftline check` lists them" in text
    assert "driftline matrix" in text
    assert text.count("<details>") == text.count("</details>")


def test_hundreds_of_apps_and_unread_files_stay_below_the_limit() -> None:
    report = builder.monorepo()
    apps = tuple(report.apps[0]._replace(path=f"apps/{'a' * 90}{n}") for n in range(300))
    unread = tuple(Unread(f"{'p' * 300}{n}", "?" * 900) for n in range(300))
    text = comment(report._replace(apps=apps, unread=unread, stale=("s" * 900,) * 90, findings=report.findings * 60))
    assert 30_000 < len(text.encode()) < 60_000
    assert "more apps: `driftline matrix` shows them" in text


def test_one_endless_finding_does_not_break_the_limit() -> None:
    finding = builder.shop().findings[0]
    endless = finding._replace(message="`" + "|" * 5000, related=tuple(Related(Location("p" * 9000, 1), "<" * 9000) for _ in range(50)))
    text = comment(builder.shop()._replace(findings=(endless,) * 40))
    assert len(text.encode()) < 60_000


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("@octocat", "&#64;<!-- -->octocat"),
        ("fixes #12", "fixes &#35;<!-- -->12"),
        ("![x](https://evil.example/p.png)", "!&#91;x&#93;(https&#58;//evil.example/p.png)"),
        ("www.evil.example", "www&#46;evil.example"),
        ("<img src=x onerror=y>", "&#60;img src=x onerror=y&#62;"),
        ("a | b", "a &#124; b"),
        ("# big", "&#35;<!-- --> big"),
        ("- item", "&#45; item"),
        ("12. item", "&#49;&#50;. item"),
        ("=====", "&#61;===="),
        ("__init__ _x_", "&#95;&#95;init&#95;&#95; &#95;x&#95;"),
        ("NEXT_PUBLIC_X &amp; &lt;b", "NEXT_PUBLIC_X &#38;amp; &#38;lt;b"),
        ("`[a](b)` and `c", "`[a](b)` and &#96;c"),
    ],
)
def test_what_a_name_could_do(name: str, shown: str) -> None:
    text = comment(Report("check", ".", None, (), (), stale=(name,)))
    assert f"- {shown}\n" in text
    (line,) = [token for token in tokens(f"- {shown}\n") if token.type == "inline"]
    read = "".join(child.content for child in line.children or () if child.type in ("text", "text_special", "code_inline"))
    assert read == name.replace("`[a](b)`", "[a](b)")


def test_a_name_in_backquotes_with_backquotes_is_still_one_name() -> None:
    report = builder.shop()
    finding = report.findings[0]._replace(variable="A`B``", environment="`", location=Location("src/`x|y`.ts", 3))
    text = comment(report._replace(findings=(finding,)))
    assert "**``` A`B`` ```** in `` ` `` at ``src/`x|y`.ts:3``" in text


def test_a_launch_review_is_a_decision_and_a_table_of_flags() -> None:
    text = comment(builder.launch())
    assert "**Decision: stop before production exposure**" in text
    assert "| ✗ blocked | Service keys in browser-accessible code | 8, first `lib/a1.ts:1:1` | high |" in text
    assert "settled by: settles EVIL" in text
    assert "| login | Clerk |" in text
    assert [token.type for token in tokens(text)].count("table_open") == 3


def test_a_matrix_is_its_tables() -> None:
    text = "".join(render(builder.shop()._replace(command="matrix"), "markdown"))
    assert text.startswith("### (root)\n\n| variable | local | preview | production |\n")
    assert "<details>" not in text
    assert "5 blockers" not in text
    whole = "".join(render(builder.monorepo()._replace(command="matrix"), "markdown"))
    assert whole.count("\n| `") == 30
    assert "`apps/api/fly.toml:3:9` could not be read: not valid TOML" in whole


def test_quiet_is_the_verdict() -> None:
    text = "".join(render(builder.shop(), "markdown", quiet=True))
    assert text.count("\n") == 4
