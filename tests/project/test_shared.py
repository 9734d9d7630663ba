"""Code that several processes read gives the report that one gives, also where a process ends before it gave anything back."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from driftline import audit, reports
from driftline.bundle import workers
from driftline.model import Report
from tests.keys import expand
from tests.project.trees import check, repository

FORKS = pytest.mark.skipif(not workers._forks(), reason="no process can be forked here")


def project(folder: Path) -> Path:
    """References, routes, helpers and their callers, addresses that stand in, credentials, tests, and what is no text."""
    files: dict[str, str | bytes] = {
        "package.json": '{"dependencies": {"next": "16.0.0", "stripe": "20.0.0"}}',
        "lib/env.ts": "export function need(name: string) { const v = process.env[name]; if (!v) throw new Error(name); return v; }\n",
        ".env.example": "SITE_URL=\nSTRIPE_SECRET_KEY=\nONLY_TESTS=\n",
        "pixel.bin": b"\0\1\2",
        "lib/broken.ts": b"process.env.A\0B",
    }
    for number in range(12):
        files[f"lib/helped{number}.ts"] = f'import {{ need }} from "./env";\nexport const a = need("HELPED_{number}");\n'
        files[f"app/api/r{number}/route.ts"] = f"export const GET = () => new Response(process.env.ROUTE_{number});\n"
        files[f"lib/url{number}.ts"] = f'export const url = process.env.SITE_URL ?? "http://localhost:300{number}";\n'
        files[f"notes/{number}.md"] = expand(f"key {number}: {{{{stripe.secret key.live}}}}\n")
    files["lib/env.test.ts"] = "process.env.ONLY_TESTS\n"
    return repository(folder, files, commit=True)


def told(report: Report) -> str:
    return "".join(reports.render(report._replace(seconds=0.0), "json"))


@FORKS
def test_a_check_is_the_same_with_any_number_of_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_SHARED", 1)
    root = project(tmp_path)
    alone, *others = (check(root, jobs=jobs) for jobs in (1, 2, 4))
    assert {finding.rule for finding in alone.findings} >= {"committed-secret", "undeclared-variable"}
    assert alone.unread
    assert all(told(other) == told(alone) for other in others)


@FORKS
def test_what_a_process_took_to_its_end_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_SHARED", 1)
    root = project(tmp_path)
    alone = check(root, jobs=1)
    own, look = os.getpid(), audit._Tracked.look
    ended = os.pipe()

    def dying(*given: object) -> object:
        if os.getpid() != own:
            os.write(ended[1], b".")
            os.kill(os.getpid(), signal.SIGKILL)
        return look(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(audit._Tracked, "look", dying)
    again = check(root, jobs=3)
    assert os.read(ended[0], 2)  # there was one, and it had begun
    assert told(again) == told(alone)
