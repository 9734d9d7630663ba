"""The audit of built output that belongs to no project: nothing is read but the output, and nothing is imported but what that takes."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

from driftline import rules
from driftline.bundle.scan import Limits, scan
from driftline.model import Facts, Output, Progress, Report, Severity, Unread

# Judged where the output holds an address that leads visitors nowhere.
ON_LINKS = ("local-callback", "malformed-callback", "preview-callback", "test-credential-in-production", "tunnel-callback")


def bundle(
    paths: Sequence[str],
    root: str,
    *,
    limits: Mapping[str, int],
    digest_key: str | None,
    jobs: int | None,
    cache: str | None,
    progress: Progress | None,
) -> Report:
    """The report on folders, files and archives of built output, whose paths are shown relative to `root`; `limits` as in `audit.Request`."""
    started = time.perf_counter()
    found = scan(
        paths,
        root=root,
        limits=Limits(**limits),
        jobs=jobs,
        cache=cache,
        progress=progress,
        key=os.urandom(32),
        digest_key=os.fsencode(digest_key) if digest_key else None,
    )
    output = Output(found.public, found.maps, found.private_files, found.leftovers, found.files, found.services, found.links)
    facts = Facts(root, (), found.sightings, output=output)
    failed: dict[str, str] = {}
    findings = tuple(rules.check(facts, rules.GROUPS, {}, failed, only=rules.ON_OUTPUT + (ON_LINKS if found.links else ())))
    if findings:
        from driftline import suppress

        findings = suppress.number(sorted(findings, key=lambda f: (f.container, f.location, f.rule, f.subject)))
    broken = [Unread(f"rule {name}", f"failed inside driftline ({kind}); please report it") for name, kind in sorted(failed.items())]
    if not found.files:
        broken.append(Unread(paths[0], "there is no built file to look at"))
    return Report(
        command="bundle",
        root=".",
        target=None,
        apps=(),
        findings=findings,
        public=found.public,
        unread=(*found.unread, *broken),
        notes=found.notes,
        files=found.files,
        bytes=found.bytes,
        seconds=time.perf_counter() - started,
    )


def exit_code(report: Report, fail_on: str) -> int:
    """0, 1 or 3 (CONTRACT): 3 wins over 1."""
    if report.unread or report.files == 0:
        return 3
    if fail_on == "never":
        return 0
    threshold = Severity(fail_on).rank
    return 1 if any(finding.severity.rank >= threshold for finding in report.open) else 0
