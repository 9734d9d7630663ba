"""Every fixture folder of every rule is a test by being there: what it flags, and what it must stay silent about."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import pytest

from driftline import audit, review, rules
from driftline.knowledge import catalog
from driftline.model import Finding, Report
from driftline.project import settings
from tests.projects import FIXTURES, make, patterns
from tests.rules import pairs

RULES = FIXTURES / "rules"
CASES = sorted(case for case in RULES.glob("*/*") if case.is_dir())
TODAY = date(2026, 11, 1)


def line(finding: Finding) -> str:
    """One finding with both places, as the expected files have it."""
    at = finding.location
    words = [finding.severity.value, finding.rule, f"{at.path}:{at.line}:{at.column}", finding.environment or "-", finding.variable or "-"]
    related = [f"{r.location.path}:{r.location.line}" for r in finding.related]
    return " ".join([*words, *(["(" + ", ".join(related) + ")"] if related else [])])


def judged(rule: str, request: audit.Request) -> Report:
    """The report on a fixture of a rule: the rules of the launch review and those about built output speak in their commands alone."""
    dist = os.path.join(request.root, "dist")
    if rule in rules.registry() and rules.registry()[rule][0] == "review":
        return review.review(request)
    if os.path.isdir(dist):
        return audit.bundle(request._replace(command="bundle", bundles=(dist,)))
    return audit.check(request)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_fixture(case: Path, tmp_path: Path) -> None:
    project = make(case, tmp_path / "project")
    rule = case.parent.name
    report = judged(
        rule, audit.Request(str(project), settings.read(str(project), None, rules.identifiers()), today=TODAY, cache=patterns())
    )
    assert report.unread == ()
    found = [line(finding) for finding in report.findings if finding.rule == rule]
    for finding in report.findings:
        assert finding.fix, finding
        assert finding.avoid, finding
    if case.name.startswith("passes-"):
        assert found == []
        return
    expected = case / "expected.txt"
    if os.environ.get("DRIFTLINE_UPDATE"):
        expected.write_text("\n".join(found) + "\n")
    assert found, f"{rule} is silent"
    assert "\n".join(found) + "\n" == expected.read_text()


@pytest.mark.parametrize("rule", sorted(rules.registry()))
def test_every_rule_has_fixtures_that_flag_and_that_pass(rule: str) -> None:
    names = [case.name for case in CASES if case.parent.name == rule]
    assert any(name.startswith("flags-") for name in names)
    assert any(name.startswith("passes-") for name in names)


CREDENTIALS = [rule for rule, group in rules.groups().items() if group == "credentials"]


@pytest.mark.parametrize("rule", [*CREDENTIALS, "public-prefix-secret", "default-secret", "committed-env-file"])
@pytest.mark.parametrize("side", ["flags", "passes"])
def test_credentials_are_of_three_providers_at_least(rule: str, side: str) -> None:
    named: set[str] = set()
    for case in CASES:
        if case.parent.name == rule and case.name.startswith(side):
            named.update(
                *(_providers(path.read_text("utf-8")) for path in case.rglob("*") if path.is_file() and path.name != "expected.txt")
            )
    assert len(named) >= 3, named


def _providers(text: str) -> set[str]:
    """The providers that a file names: in a placeholder, by a host of theirs, or in a variable's name."""
    known = catalog.load()
    found = {match for match in re.findall(r"\{\{([a-z0-9-]+)\.", text) if match in known.providers}
    found |= {owner[0].id for host in re.findall(r"[a-z0-9.-]+\.[a-z]{2,10}", text) if (owner := known.host(host))}
    return found | {
        provider
        for name in re.findall(r"\b[A-Z][A-Z0-9_]{5,}\b", text)
        for word in name.split("_")
        for provider in known.by_word.get(word, ())
    }


def test_every_incident_is_a_pair_across_frameworks_and_platforms(tmp_path: Path) -> None:
    found = list(pairs.sides(tmp_path))
    for number in pairs.INCIDENTS:
        assert {side.flags for side in found if side.number == number} == {True, False}, number
    assert len(frozenset().union(*(side.frameworks for side in found))) >= 8
    assert len(frozenset().union(*(side.platforms for side in found))) >= 8


def test_file_names_are_the_identifiers() -> None:
    assert tuple(rules.registry()) == rules.identifiers()
