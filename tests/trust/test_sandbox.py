"""No connection, no program but git, no change outside the named output and the cache: watched by the kernel, and with no network there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.trees import write
from tests.projects import FIXTURES, git, make, patterns
from tests.test_walls import COMMANDS
from tests.trust import traced

# What the demo shop is asked, once for each kind of work; the whole list under `slow`.
_SHORT = (
    ["check", "--format", "html=out/a.html", "--format", "json", "--bundle", "dist"],
    ["predeploy", "--env", "production", "--bundle", "app.zip"],
    ["commit"],
    ["review"],
    ["bundle", "dist"],
    ["baseline", "--baseline", "out/baseline.json"],
)
_REST = (
    ["init", "--no-hook"],
    ["snapshot", "production=export.json"],
    ["check", "--jobs", "4", "--bundle", "dist", "--format", "sarif=out/a"],
    ["explain", "lib/new.ts:1"],
    ["--version"],
    ["check", "--help"],
    ["commit", "lib/new.ts"],
)
# These write into the project what they are asked to write.
_WRITTEN = {"init": ("driftline.toml",), "snapshot": (".driftline",)}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo shop as somebody works on it: a commit, something staged, built output, a link that leads out."""
    folder = tmp_path_factory.mktemp("traced")
    root = make(FIXTURES / "demo-shop", folder / "shop")
    git(root, "commit", "--quiet", "--message", "first")
    write(folder, {"outside/.env.production": "OUTSIDE=1\n"})
    write(
        root,
        {
            "lib/new.ts": "export const n = process.env.NEW_ONE!\n",
            "dist/assets/index-B7x2kQ9a.js": "const a=1;" * 1000,
            "dist/index.html": "<html></html>",
            "export.json": '[{"key": "A", "value": "b", "target": ["production"]}]',
        },
    )
    (root / ".env.staging").symlink_to(folder / "outside" / ".env.production")
    (root / "linked").symlink_to(folder / "outside")
    git(root, "add", "lib")
    shutil.make_archive(str(root / "app"), "zip", root / "dist")
    (root / "out").mkdir()
    return root


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return {**kept, "XDG_CACHE_HOME": os.path.dirname(patterns()), "PYTHONDONTWRITEBYTECODE": "1"}


def _assert_kept(shop: Path, command: list[str]) -> None:
    trace = traced.run([sys.executable, "-m", "driftline", *command], shop, _environment())
    allowed = [shop / "out", Path(patterns()).parent, *(shop / name for name in _WRITTEN.get(command[0], ()))]
    allowed += [shop / f".driftline-{name}" for name in _temporaries(trace, shop)] if command[0] in _WRITTEN else []
    assert trace.code in (0, 1, 3), trace.text[-500:]
    assert "internal error" not in trace.text
    assert list(traced.offences(trace, allowed, [shop.parent / "outside" / ".env.production"])) == []
    assert trace.programs, "strace has seen something"


def _temporaries(trace: traced.Trace, shop: Path) -> list[str]:
    """The names under which files of the project are written before they take their own."""
    head = f"{os.path.realpath(shop)}/.driftline-"
    return [path.removeprefix(head) for path in trace.changed if path.startswith(head)]


@pytest.mark.promise("nothing-is-sent")
@pytest.mark.promise("nothing-is-run")
@pytest.mark.promise("nothing-is-changed")
@pytest.mark.skipif(not traced.is_possible(), reason="strace is not here, or may not trace")
@pytest.mark.parametrize("command", _SHORT, ids=" ".join)
def test_the_kernel_sees_no_connection_no_program_and_no_change(shop: Path, command: list[str]) -> None:
    _assert_kept(shop, command)


@pytest.mark.slow
@pytest.mark.promise("nothing-is-sent")
@pytest.mark.skipif(not traced.is_possible(), reason="strace is not here, or may not trace")
@pytest.mark.parametrize("command", [*COMMANDS, *_REST], ids=" ".join)
def test_the_kernel_sees_none_in_any_command(shop: Path, command: list[str]) -> None:
    _assert_kept(shop, command)


@pytest.mark.promise("nothing-is-run")
@pytest.mark.skipif(not traced.is_possible(), reason="strace is not here, or may not trace")
@pytest.mark.parametrize(
    ("program", "offence"),
    [
        ("import socket; socket.socket()", "network: socket"),
        ("import subprocess; subprocess.run(['true'])", "program: "),
        ("open('seen', 'w')", "change: "),
        ("import os; os.rename('a', 'b')", "change: "),
        ("import os; os.utime('a')", "change: "),
        ("import threading; threading.Thread(target=lambda: open('seen', 'a')).start()", "change: "),
        ("open('secret')", "read: "),
    ],
)
def test_the_watch_sees_what_it_is_there_for(tmp_path: Path, program: str, offence: str) -> None:
    write(tmp_path, {"a": "", "secret": ""})
    trace = traced.run([sys.executable, "-c", program], tmp_path, _environment())
    assert any(found.startswith(offence) for found in traced.offences(trace, [tmp_path / "out"], [tmp_path / "secret"]))


@pytest.mark.promise("nothing-is-sent")
@pytest.mark.skipif(not traced.without_network(), reason="the kernel gives no network namespace")
def test_nothing_is_missing_without_a_network(shop: Path) -> None:
    """The same report, to the byte, in a network namespace that has no interface, not even a loopback."""
    told = []
    for words in ((), traced.without_network()):
        done = subprocess.run(
            [*words, sys.executable, "-m", "driftline", "check", "--bundle", "dist", "--format", "sarif"],
            cwd=shop, env=_environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        told.append((done.returncode, done.stdout, done.stderr))
    assert told[0][1]
    assert told[0] == told[1]
