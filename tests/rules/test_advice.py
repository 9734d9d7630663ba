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


def test_a_name_that_is_there_with_a_typo_is_not_to_be_declared_a_second_time(tmp_path: Path) -> None:
    project = make(FIXTURES / "demo-shop", tmp_path / "project")
    report = audit.check(audit.Request(str(project), settings.read(str(project), None, rules.identifiers()), cache=patterns()))
    fixes = {
        f.rule: f.fix for f in report.findings if f.variable in ("STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOK_SECRET") and "rename" in f.fix
    }
    assert sorted(fixes) == ["missing-variable", "missing-webhook-secret", "near-miss-name"]
    step = "rename STRIPE_WEBHOK_SECRET to STRIPE_WEBHOOK_SECRET in Vercel's settings (then pull .vercel/.env.production.local again)"
    assert all(fix.startswith(step) for fix in fixes.values())
