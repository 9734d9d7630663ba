"""The judgement of a whole suite's trace: it sees what a driftline must not do, and lets pass what it may."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.trust import suite, traced

pytestmark = pytest.mark.skipif(not traced.is_possible(), reason="strace is not here, or may not trace")

# A package of that name that does what it is told, in place of the real one.
_FAKE = "import os, socket, subprocess, sys, threading\nexec(sys.argv[-1])\n"


@pytest.mark.promise("nothing-is-run")
@pytest.mark.parametrize(
    ("does", "offence"),
    [
        ("socket.socket()", "opens "),
        ("subprocess.run(['true'])", "starts "),
        ("subprocess.run(['sh', '-c', ':'])", "starts "),
        ("open('x', 'w')", "changes "),
        ("os.fork() or open('x', 'w')", "changes "),
        ("threading.Thread(target=lambda: open('x', 'w')).start()", "changes "),
        ("os.mkdir('x')", "changes "),
        ("subprocess.run(['git', 'init', '-q', 'x'])", "changes "),
        ("subprocess.run(['git', '--version'])", ""),
        ("open('named', 'w'), os.rename('named', 'report')", ""),
        ("os.makedirs('cache/driftline'), open('cache/driftline/x', 'w')", ""),
        ("open('.', 'w')", ""),
    ],
)
def test_what_a_driftline_does_is_judged(tmp_path: Path, does: str, offence: str) -> None:
    module = tmp_path / "modules" / "driftline"
    module.mkdir(parents=True)
    (module / "__init__.py").touch()
    (module / "__main__.py").write_text(_FAKE)
    command = [sys.executable, "-m", "driftline", "--format=json=report", "named", does]
    # A test starts it as this does, and writes what it likes.
    script = f"import subprocess, sys; open('fixture', 'w'); subprocess.run({command!r}, stderr=subprocess.DEVNULL)"
    log = tmp_path / "log"
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(module.parent),
        "XDG_CACHE_HOME": f"{tmp_path}/cache",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    subprocess.run(["strace", *suite.options(str(log)), sys.executable, "-c", script], cwd=tmp_path, env=environment, check=True)
    with log.open(encoding="utf-8", errors="surrogateescape") as lines:
        judged = suite.judge(suite.images(lines), str(tmp_path))
    assert judged.runs == 1
    assert all(f"{does}: {offence}" in one for one in judged.offences)
    assert bool(judged.offences) is bool(offence)


_DRIFTLINE = '1 execve("/bin/driftline", ["driftline"], ["A=b"]) = 0'
_WRITES = '2 openat(AT_FDCWD</t>, "x", O_WRONLY) = 3'


@pytest.mark.promise("nothing-is-run")
@pytest.mark.parametrize(
    ("lines", "is_driftlines"),
    [
        (["1 fork() = 2", _WRITES], True),
        # A copy that speaks, starts a program, or ends before its maker is told about it.
        (["1 fork( <unfinished ...>", _WRITES, "1 <... fork resumed>) = 2"], True),
        (["1 fork( <unfinished ...>", _WRITES, "2 +++ exited with 0 +++", "1 <... fork resumed>) = 2"], True),
        (["1 vfork( <unfinished ...>", '2 execve("/bin/git", ["git"], []) = 0', _WRITES, "1 <... vfork resumed>) = 2"], True),
        # A number that is given again.
        (["1 fork() = 2", "2 +++ exited with 0 +++", "3 fork() = 2", _WRITES], False),
        (["1 fork() = 2", "2 +++ killed by SIGKILL +++", "3 fork() = 2", _WRITES], False),
        (["1 fork() = 2", "2 +++ killed by SIGKILL +++", "3 fork( <unfinished ...>", _WRITES, "3 <... fork resumed>) = 2"], False),
    ],
)
def test_a_number_of_a_process_is_nobodys_after_its_end(lines: list[str], is_driftlines: bool) -> None:
    assert [image.driftline() is not None for image in suite.images([_DRIFTLINE, *lines]) if image.changed] == [is_driftlines]


@pytest.mark.promise("nothing-is-run")
def test_strace_tells_that_a_signal_ended_a_process(tmp_path: Path) -> None:
    log = tmp_path / "log"
    subprocess.run(["strace", *suite.options(str(log)), "sh", "-c", "(kill -9 $(sh -c 'echo $PPID')); :"], check=True, capture_output=True)
    assert "+++ killed by SIGKILL +++" in log.read_text()
