"""What findings advise must not contradict one another."""

from __future__ import annotations

from pathlib import Path

from driftline import audit, rules
from driftline.project import settings
from tests.projects import FIXTURES, make, patterns


def test_no_rule_advises_to_put_a_value_behind_a_public_prefix(tmp_path: Path) -> None:
    project = make(FIXTURES / "rules/test-credential-in-production/flags-a-secret-that-browsers-get", tmp_path / "project")
    report = audit.check(audit.Request(str(project), settings.read(str(project), None, rules.identifiers()), cache=patterns()))
    fixes = {f.rule: f.fix for f in report.findings if f.rule in ("public-prefix-secret", "test-credential-in-production")}
    assert len(fixes) == 2
    assert all("rename VITE_STRIPE_SECRET_KEY without its public prefix" in fix for fix in fixes.values())
