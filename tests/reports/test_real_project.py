"""Every format of a real audit: the demo shop, read back as the format's readers do."""

from __future__ import annotations

import json

import jsonschema
import pytest
from junitparser import JUnitXml

from driftline import audit, rules
from driftline.model import Report
from driftline.project import settings
from driftline.reports import render, schema
from driftline.rules import pages
from tests.projects import FIXTURES, make
from tests.reports.test_github import parse
from tests.reports.test_gitlab import issues
from tests.reports.test_html import Page
from tests.reports.test_sarif import run


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    root = make(FIXTURES / "demo-shop", tmp_path_factory.mktemp("demo") / "shop")
    request = audit.Request(str(root), settings.read(str(root), None, rules.identifiers()))
    return audit.check(request)._replace(pages=pages.every())


def text(report: Report, format: str) -> str:
    return "".join(render(report, format))


def test_sarif(report: Report) -> None:
    log = run(report)
    assert len(log["results"]) == len(report.open)
    travels = [result["ruleId"] for result in log["results"] if "codeFlows" in result]
    assert "test-credential-in-production" in travels
    assert "shared-secret" not in travels


def test_github(report: Report) -> None:
    commands = [command for command in map(parse, text(report, "github").splitlines()) if command]
    assert len(commands) == len(report.open) + len(report.unknown) + len(report.unread) + len(report.stale)


def test_gitlab(report: Report) -> None:
    assert len(issues(report)) == len(report.open) + len(report.unknown) + len(report.unread)


def test_junit(report: Report) -> None:
    document = JUnitXml.fromstring(text(report, "junit").encode())
    assert document.failures == sum(finding.severity.value == "blocker" for finding in report.open)


def test_json(report: Report) -> None:
    jsonschema.Draft202012Validator(schema("report")).validate(json.loads(text(report, "json")))


def test_markdown_and_html_name_every_blocker(report: Report) -> None:
    comment, page = text(report, "markdown"), text(report, "html")
    assert len(comment.encode()) < 60_000
    assert len(page.encode()) < 300_000
    built = Page(page)
    ids = {attributes.get("id") for _, attributes in built.elements}
    for finding in report.open:
        assert f"f-{finding.fingerprint}" in ids
        if finding.severity.value == "blocker":
            assert finding.rule in comment
