"""`pragma: allowlist secret`, detect-secrets' own comment, silences findings about a secret in that line of text and nothing else."""

from __future__ import annotations

from datetime import date

import pytest

from driftline import suppress
from driftline.model import Finding, Location, Rule, Severity
from driftline.project.settings import Settings


def _finding(rule: str, line: int) -> Finding:
    return Rule(rule, Severity.BLOCKER, "a title").finding("a message", fix="a fix", app=".", location=Location("a.py", line))


def _suppressed(rule: str, text: str, line: int) -> bool:
    result = suppress.mark([_finding(rule, line)], Settings(), (), lambda path: text, date(2026, 11, 1))
    assert result.stale == ()
    return result.findings[0].suppressed is not None


@pytest.mark.parametrize(
    "comment",
    [
        "# pragma: allowlist secret",
        "# pragma: whitelist secret",
        "#pragma: allowlist secret",
        "// pragma: allowlist secret",
        "/* pragma: allowlist secret */",
        "<!-- pragma: allowlist secret -->",
        "-- pragma: allowlist secret",
        "# pragma: allowlist-secret",
        "# pragma: allowlist secret because it is a sample",
    ],
)
def test_the_comment_on_the_line(comment: str) -> None:
    text = f"first\nkey = value {comment}\nthird\n"
    assert _suppressed("committed-secret", text, 2)
    assert not _suppressed("committed-secret", text, 1)
    assert not _suppressed("committed-secret", text, 3)


def test_the_comment_on_the_line_before() -> None:
    text = "# pragma: allowlist nextline secret\nkey = value\nthird\n"
    assert not _suppressed("committed-secret", text, 1)
    assert _suppressed("committed-secret", text, 2)
    assert not _suppressed("committed-secret", text, 3)


@pytest.mark.parametrize("rule", ["test-credential-in-production", "missing-variable", "shared-data-store", "public-prefix-secret"])
def test_other_findings_stay(rule: str) -> None:
    assert not _suppressed(rule, "key = value # pragma: allowlist secret\n", 1)


def test_other_words_are_no_comment() -> None:
    for text in ("pragma: allowlist secret\n", "# pragma: no cover\n", "# allowlist secret\n", "# pragma: allowlist\n"):
        assert not _suppressed("committed-secret", text, 1)
