"""JUnit XML, read by a JUnit parser: blockers fail, everything else is seen without failing, and never a value."""

from __future__ import annotations

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from driftline.model import Report
from driftline.reports import render
from driftline.rules import pages
from tests.reports import builder
from tests.reports.test_text import expect


def text(report: Report) -> str:
    return "".join(render(report, "junit"))


def suites(report: Report) -> list[TestSuite]:
    written = text(report._replace(pages=pages.every()))
    assert builder.CANARY not in written
    document = JUnitXml.fromstring(written.encode())
    found = list(document)
    for suite in found:
        counted = (suite.tests, suite.failures, suite.errors, suite.skipped)
        suite.update_statistics()  # type: ignore[no-untyped-call]
        assert (suite.tests, suite.failures, suite.errors, suite.skipped) == counted
    assert sum(suite.tests for suite in found) == document.tests
    assert sum(suite.failures for suite in found) == document.failures
    return found


def cases(report: Report, kind: type) -> list[TestCase]:
    return [case for suite in suites(report) for case in suite if any(isinstance(result, kind) for result in case.result)]


@pytest.mark.parametrize("name", builder.REPORTS)
def test_every_document_is_parsed_and_counts_rightly(name: str) -> None:
    suites(builder.REPORTS[name]())


def test_whole_document() -> None:
    expect("shop-junit", text(builder.shop()))


def test_blockers_fail_and_warnings_notes_accepted_findings_and_questions_are_skipped() -> None:
    report = builder.shop()
    failed = cases(report, Failure)
    assert len(failed) == 5
    case = next(case for case in failed if "test-credential" in case.name)
    assert case.classname == "driftline"
    assert case.name == "test-credential-in-production: STRIPE_SECRET_KEY in production"
    (failure,) = case.result
    assert failure.type == "test-credential-in-production"
    assert "fix: put the live key into .env.production; test keys belong to local and preview" in failure.text.splitlines()
    skipped = [result.message for case in cases(report, Skipped) for result in case.result]
    assert len(skipped) == 7
    assert sum(message.startswith("note: ") for message in skipped) == 4
    assert sum(message.startswith("warning: ") for message in skipped) == 1
    assert sum(message.startswith("accepted by config: ") for message in skipped) == 1


def test_rules_that_found_nothing_passed() -> None:
    found = {rule.rule for rule in builder.shop().findings}
    (suite, _) = suites(builder.shop())
    passed = {case.name for case in suite if not case.result}
    assert passed == set(pages.every()) - found


def test_a_report_of_nothing_is_still_a_document_with_tests() -> None:
    empty = Report("commit", ".", None, (), ())
    (suite,) = suites(empty)
    assert suite.tests == len(pages.every())


def test_unread_files_are_errors() -> None:
    assert [case.name for case in cases(builder.monorepo(), Error)] == ["apps/api/fly.toml", "apps/web/.env.huge"]


def test_hostile_names_leave_the_document_whole() -> None:
    written = text(builder.hostile())
    assert "<script>" not in written
    assert all(character.isprintable() or character == "\n" for character in written)
