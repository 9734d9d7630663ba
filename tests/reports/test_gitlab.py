"""GitLab Code Quality: the fields that GitLab asks for, unique fingerprints, and never a value."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from driftline.model import Report
from driftline.reports import render
from tests.reports import builder

# GitLab Docs, "Code Quality report format": required are these fields, the path is relative without `./`, severities are these five,
# the fingerprint is unique (read 2026-11; GitLab publishes no JSON Schema for it).
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "not": {"pattern": "^\\./"}, "minLength": 1},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def issues(report: Report) -> list[dict[str, Any]]:
    text = "".join(render(report, "gitlab"))
    assert text.isascii()
    assert builder.CANARY not in text
    found: list[dict[str, Any]] = json.loads(text)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    marks = [issue["fingerprint"] for issue in found]
    assert len(set(marks)) == len(marks)
    return found


@pytest.mark.parametrize("name", builder.REPORTS)
def test_every_report_is_what_gitlab_asks_for(name: str) -> None:
    issues(builder.REPORTS[name]())


def test_severities_and_what_was_not_judged() -> None:
    shop = [(issue["check_name"], issue["severity"]) for issue in issues(builder.shop())]
    assert shop.count(("driftline/missing-variable", "blocker")) == 1
    assert shop.count(("driftline/missing-variable", "major")) == 1
    assert shop.count(("driftline/undocumented-variable", "info")) == 4
    assert shop.count(("driftline/unknown", "info")) == 1
    assert issues(builder.monorepo())[0]["description"] == "Not judged: not valid TOML"
    assert issues(builder.clean()) == []


def test_an_issue_says_both_facts_and_what_to_do() -> None:
    issue = next(i for i in issues(builder.shop()) if i["check_name"] == "driftline/test-credential-in-production")
    assert issue["location"] == {"path": ".env.production", "lines": {"begin": 4}}
    assert issue["description"] == (
        "`STRIPE_SECRET_KEY` is a test key in production: checkout works, no money arrives, and nobody sees an error. "
        "Fix: put the live key into .env.production; test keys belong to local and preview. "
        "Don't: copy the production keys into the other environments to make them equal."
    )


def test_a_moved_line_keeps_its_fingerprint_and_an_accepted_finding_is_gone() -> None:
    report = builder.shop()
    moved = tuple(f._replace(location=f.location._replace(line=f.location.line + 7)) for f in report.findings)
    assert [i["fingerprint"] for i in issues(report)] == [i["fingerprint"] for i in issues(report._replace(findings=moved))]
    assert not any("near-miss-name" in issue["check_name"] for issue in issues(report))
