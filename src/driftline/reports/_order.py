"""The order in which findings are told: what weighs most first, then by place."""

from __future__ import annotations

from collections.abc import Iterable

from driftline.model import Finding


def by_weight(findings: Iterable[Finding]) -> list[Finding]:
    """By severity (blockers first), then by app, place, rule, environment and variable."""
    return sorted(
        findings,
        key=lambda f: (-f.severity.rank, f.app, f.location, f.rule, f.environment or "", f.variable or "", f.subject, f.message),
    )
