"""SARIF: valid against the format's own schema, one alert per finding, the way of a value, and never a value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from driftline.model import Location, Related, Report, Severity
from driftline.reports import render
from driftline.rules import pages
from tests.reports import builder

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))


def run(report: Report, *, verbose: bool = False) -> dict[str, Any]:
    text = "".join(render(report._replace(pages=pages.every()), "sarif", verbose=verbose))
    assert text.isascii()
    log = json.loads(text)
    jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER).validate(log)
    (only,) = log["runs"]
    assert isinstance(only, dict)
    return only


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("name", builder.REPORTS)
def test_every_log_is_valid_and_holds_no_value(name: str, verbose: bool) -> None:
    assert builder.CANARY not in json.dumps(run(builder.REPORTS[name](), verbose=verbose))


def test_without_pages_the_rules_are_still_named() -> None:
    log = json.loads("".join(render(builder.shop(), "sarif")))
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    described = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in described] == sorted({finding.rule for finding in builder.shop().open})


def test_every_result_points_at_its_rule_and_has_a_fingerprint_of_its_own() -> None:
    log = run(builder.monorepo())
    described = log["tool"]["driver"]["rules"]
    assert len(log["results"]) == 41
    for result in log["results"]:
        assert described[result["ruleIndex"]]["id"] == result["ruleId"]
    marks = [result["partialFingerprints"]["primaryLocationLineHash"] for result in log["results"]]
    assert len(set(marks)) == len(marks)


def test_the_help_of_a_rule_is_its_page() -> None:
    described = {rule["id"]: rule for rule in run(builder.shop())["tool"]["driver"]["rules"]}
    assert set(pages.every()) <= set(described)
    rule = described["test-credential-in-production"]
    assert rule["shortDescription"]["text"] == "A test credential is configured for production"
    assert rule["help"]["markdown"].startswith("A test or sandbox key")
    for heading in (*pages.SECTIONS, "To accept it"):
        assert f"**{heading}**\n\n" in rule["help"]["markdown"]
        assert f"{heading}:\n\n" in rule["help"]["text"]
    assert "`driftline: ignore[test-credential-in-production]`" in rule["help"]["markdown"]


def test_levels_and_the_severity_that_github_shows() -> None:
    log = run(builder.shop())
    described = {rule["id"]: rule["properties"] for rule in log["tool"]["driver"]["rules"] if "properties" in rule}
    assert described["test-credential-in-production"]["security-severity"] == "8.0"
    assert "security" in described["test-credential-in-production"]["tags"]
    # Drift breaks an app, it opens none: it is no security alert.
    assert "security-severity" not in described["missing-variable"]
    assert "security" not in described["missing-variable"]["tags"]
    levels = {(result["ruleId"], result["properties"].get("environment")): result["level"] for result in log["results"]}
    assert levels["missing-variable", "production"] == "error"
    assert levels["missing-variable", "preview"] == "warning"
    assert levels["undocumented-variable", None] == "note"


def test_a_rule_whose_findings_weigh_differently_leaves_the_severity_to_each_finding() -> None:
    report = builder.shop()
    hook = next(f for f in report.findings if f.rule == "shared-webhook-secret")
    softer = hook._replace(severity=Severity.WARNING, environment="preview", fingerprint="f" * 16)

    def severity_of(shown: Report) -> str | None:
        rules = run(shown)["tool"]["driver"]["rules"]
        found: str | None = next(r for r in rules if r["id"] == "shared-webhook-secret")["properties"].get("security-severity")
        return found

    assert severity_of(report._replace(findings=(hook,))) == "8.0"
    assert severity_of(report._replace(findings=(softer,))) == "5.0"
    assert severity_of(report._replace(findings=(hook, softer))) is None


def test_the_message_says_all_that_an_alert_needs() -> None:
    result = next(r for r in run(builder.shop())["results"] if r["ruleId"] == "test-credential-in-production")
    assert result["message"]["text"].splitlines() == [
        "`STRIPE_SECRET_KEY` is a test key in production: checkout works, no money arrives, and nobody sees an error.",
        "Seen: sk_test_...(99), stripe secret key, test mode, account ending O2eZ.",
        "Fix: put the live key into .env.production; test keys belong to local and preview.",
        "Don't: copy the production keys into the other environments to make them equal.",
    ]
    assert [place["message"]["text"] for place in result["relatedLocations"]] == ["Read here."]


def flow(result: dict[str, Any]) -> list[str]:
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["executionOrder"] for step in steps] == list(range(1, len(steps) + 1))
    shown = []
    for step in steps:
        place = step["location"]["physicalLocation"]
        shown.append(f"{place['artifactLocation']['uri']}:{place['region']['startLine']} {step['location']['message']['text']}")
    return shown


def test_a_value_travels_from_its_declaration_to_its_read() -> None:
    results = {r["ruleId"]: r for r in run(builder.shop())["results"]}
    assert flow(results["local-callback"]) == [
        ".env.production:2 NEXT_PUBLIC_SITE_URL gets its value here.",
        "app/api/checkout/route.ts:18 Becomes success_url here.",
    ]
    # Nothing travels from a place that lacks it, nor between two places that declare the same.
    assert "codeFlows" not in results["missing-variable"]
    assert "codeFlows" not in results["shared-webhook-secret"]


def test_a_value_travels_from_its_declaration_through_the_source_into_the_bundle() -> None:
    report = builder.shop()
    leak = builder.EXPOSED.finding(
        "the value of `DATABASE_URL` stands in a file that browsers load",
        fix="rotate it",
        app=".",
        location=builder.at("dist/app.js:1:4711"),
        variable="DATABASE_URL",
        original=builder.at("lib/db.ts:4:1"),
        encoding="base64",
        related=(Related(Location(".env.local", 3), "declared here"), Related(builder.at("dist/b.js:1:1"), "the same value")),
    )
    (result,) = run(report._replace(findings=(leak,)))["results"]
    assert flow(result) == [
        ".env.local:3 Declared here.",
        "lib/db.ts:4 Stands in this source, by the source map.",
        "dist/app.js:1 Is built into this file as base64.",
    ]


def test_a_bundle_hit_names_its_container_encoding_and_original() -> None:
    result = next(r for r in run(builder.monorepo())["results"] if r["ruleId"] == "exposed-secret")
    (place,) = result["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "dist/app.zip"
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "app.zip > assets/index.js.gz"
    assert "Form: base64." in result["message"]["text"]
    assert result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "src/lib/ai.ts"
    assert [place["id"] for place in result["relatedLocations"]] == list(range(1, 9))


def test_runs_of_one_command_and_environment_replace_one_another() -> None:
    assert run(builder.shop())["automationDetails"]["id"] == "driftline/check/all/"
    assert run(builder.monorepo())["automationDetails"]["id"] == "driftline/check/production-us/"


def test_what_was_not_judged_is_told_and_the_run_is_not_successful() -> None:
    (invocation,) = run(builder.monorepo())["invocations"]
    assert invocation["executionSuccessful"] is False
    told = [(n["descriptor"]["id"], n["level"]) for n in invocation["toolExecutionNotifications"]]
    assert told == [("unread", "error")] * 2 + [("unknown", "note")] * 2
    place = invocation["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 3, "startColumn": 9}
    assert run(builder.shop())["invocations"][0]["executionSuccessful"] is True


def test_accepted_findings_are_counted_and_listed_only_on_demand() -> None:
    log = run(builder.shop())
    assert log["properties"]["suppressed"] == 1
    assert not any("suppressions" in result for result in log["results"])
    found = [result for result in run(builder.shop(), verbose=True)["results"] if "suppressions" in result]
    assert [result["suppressions"] for result in found] == [
        [{"kind": "external", "status": "accepted", "justification": "renamed with the next release"}]
    ]


def test_hostile_names_stay_names() -> None:
    log = run(builder.hostile())
    result = log["results"][0]
    text = result["message"]["text"]
    assert all(character.isprintable() or character == "\n" for character in text)
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.startswith("src/%E6%97%A5")
    assert "%1B" in uri
    assert uri.endswith("%FF.ts")


def test_brackets_in_names_are_no_links() -> None:
    finding = builder.shop().findings[0]
    report = builder.shop()._replace(findings=(finding._replace(message="read at app/[id](1)/page.tsx, and [x] is no link"),))
    assert "app/\\[id](1)/page.tsx, and [x] is" in run(report)["results"][0]["message"]["text"]


def test_a_path_outside_the_audited_folder_names_itself() -> None:
    finding = builder.shop().findings[0]._replace(location=Location("/etc/app env/prod:1.env", 2))
    (result,) = run(builder.shop()._replace(findings=(finding,)))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///etc/app%20env/prod%3A1.env"}
