"""Ten runs at once, and runs killed at random moments: a baseline, a snapshot, a cache is whole, old or new; and the same bytes come out."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from driftline.project import exports
from driftline.suppress import read_baseline
from tests.project.trees import repository, write
from tests.projects import FIXTURES, git, make, patterns
from tests.trust import running

_EXPORT = "\n".join(f"NAME_{number}=value {number}" for number in range(400))
_BASELINE = ("baseline", "--baseline", "out/baseline.json")
_SNAPSHOT = ("snapshot", "production=export.env")
_REPORT = ("check", "--format", "json=out/report.json")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A small project with findings, so that a run is short and most of it is the writing."""
    files = {"package.json": "{}", "a.ts": "process.env.A_B!\n" * 40, ".env.production": "C=\n", "export.env": _EXPORT, "out/kept": ""}
    return repository(tmp_path / "shop", files, commit=True)


def _environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return {**kept, "XDG_CACHE_HOME": os.path.dirname(patterns()), **more}


def _start(root: Path, command: tuple[str, ...], **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "driftline", *command],
        cwd=root, env=_environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def _assert_whole(root: Path) -> None:
    """What is there under its own name can be read to its end."""
    for path in (root / "out").glob("*.json"):
        text = path.read_text()
        assert read_baseline(text, str(path)) if path.name == "baseline.json" else json.loads(text)["findings"]
    for path in (root / ".driftline").glob("*.json"):
        assert len(exports.names(path.read_text())) == 400


@pytest.mark.promise("never-torn")
@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_a_hundred_killed_runs_leave_no_torn_file(shop: Path, tmp_path: Path) -> None:
    """Five at a time, each killed after a random share of the time that five whole ones take; each second time with an empty cache."""
    commands = (_BASELINE, _SNAPSHOT, _REPORT)
    usual, empty = os.path.dirname(patterns()), str(tmp_path / "cache")
    started = time.monotonic()
    for run in [_start(shop, commands[number % 3], XDG_CACHE_HOME=usual) for number in range(5)]:
        run.communicate()
        assert run.returncode in (0, 1)
    whole = time.monotonic() - started
    chosen = random.Random(20261129)
    killed = 0
    for turn in range(20):
        if turn % 2:
            shutil.rmtree(empty, ignore_errors=True)
        runs = [_start(shop, commands[(turn + number) % 3], XDG_CACHE_HOME=empty if turn % 2 else usual) for number in range(5)]
        now = time.monotonic()
        ends = sorted((now + chosen.uniform(0.1, 1.1) * whole, number) for number in range(5))
        for at, number in ends:
            time.sleep(max(0.0, at - time.monotonic()))
            runs[number].send_signal(signal.SIGKILL)
            _assert_whole(shop)
        for run in runs:
            run.communicate()
            killed += run.returncode == -signal.SIGKILL
    assert killed >= 20, "many were still at work"
    # What the killed ones left changes nothing for the next.
    for place in (empty, usual):
        done = running.run(shop, "check", "--format", "json", variables={"XDG_CACHE_HOME": place})
        assert json.loads(done.text)["unread"] == []


@pytest.mark.promise("never-torn")
def test_ten_runs_at_once_leave_whole_files(shop: Path, tmp_path: Path) -> None:
    """Into one baseline, one snapshot, one report and one empty cache."""
    runs = [_start(shop, (_BASELINE, _SNAPSHOT, _REPORT)[number % 3], XDG_CACHE_HOME=str(tmp_path / "cache")) for number in range(10)]
    for run in runs:
        said = run.communicate()
        assert run.returncode in (0, 1), said
    _assert_whole(shop)
    assert sorted(path.name for path in (shop / "out").iterdir()) == ["baseline.json", "kept", "report.json"]
    assert not list(shop.rglob(".driftline-*")), "no half file is left"
    assert not list((tmp_path / "cache").rglob(".writing-*"))


# --- determinism ------------------------------------------------------------------------------------------------------------------


def _said(root: Path, *command: str, **variables: str) -> str:
    """What a run in a process of its own prints, without the time it took."""
    done = subprocess.run(
        [sys.executable, "-m", "driftline", *command], cwd=root, env=_environment(**variables),
        capture_output=True, text=True, encoding="utf-8", errors="surrogateescape", check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return f"{done.returncode} {re.sub(r'(.seconds.: |in )[0-9.]+', '', done.stdout)}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make(FIXTURES / "demo-shop", tmp_path_factory.mktemp("same") / "shop")
    write(
        root,
        {
            f"dist/assets/{name}.js": f"const a{number}=process.env.A;\n" + "let b=[1,2,3];f(b);\n" * 50_000
            for number, name in enumerate("cab")
        },
    )
    write(root, {"dist/index.html": "<p>"})
    return root


_ASKED = ("check", "--bundle", "dist", "--format", "json", "--no-live")


@pytest.fixture(scope="module")
def usual(built: Path) -> str:
    return _said(built, *_ASKED)


@pytest.mark.promise("same-bytes")
@pytest.mark.parametrize(
    "variables",
    [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "4242"}, {"TZ": "Pacific/Kiritimati"}, {"TZ": "Etc/GMT+12"}, {"LC_ALL": "C"}, {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
     {"PYTHONUTF8": "0", "LC_ALL": "POSIX"}, {"LANGUAGE": "de", "COLUMNS": "33"}, {"TERM": "dumb", "HOME": "/nowhere"}],
    ids=lambda variables: " ".join(f"{name}={value}" for name, value in variables.items()),
)  # fmt: skip
def test_surroundings_change_no_byte(built: Path, usual: str, variables: dict[str, str]) -> None:
    # The day may be another one at the other end of the world, and the fixture has no date near.
    assert _said(built, *_ASKED, **variables) == usual


@pytest.mark.promise("same-bytes")
@pytest.mark.parametrize(
    "command", [("check", "--no-live", "--format", "sarif"), ("check", "--no-live", "--format", "html"), ("explain", "missing-variable")]
)
def test_an_optimizing_python_changes_no_byte(built: Path, command: tuple[str, ...]) -> None:
    """`python -OO` strips docstrings and assertions; the texts of the rules are docstrings."""
    assert _said(built, *command, PYTHONOPTIMIZE="2") == _said(built, *command)


@pytest.mark.promise("same-bytes")
@pytest.mark.parametrize("jobs", ["1", "2", "7"])
def test_the_number_of_jobs_changes_no_byte(built: Path, usual: str, jobs: str) -> None:
    assert _said(built, *_ASKED, "--jobs", jobs) == usual


@pytest.mark.promise("same-bytes")
def test_the_form_of_a_path_changes_no_byte(built: Path, usual: str) -> None:
    command, rest = _ASKED[0], _ASKED[3:]
    linked = built.parent / "linked"
    linked.symlink_to(built)
    for root, bundle in (
        ("./", "dist"),
        ("../shop", "./dist/"),
        (str(built), str(built / "dist")),
        (f"{built}/../shop/./", f"{built}//dist/."),
        (str(linked), str(linked / "dist")),
    ):
        assert _said(built, command, root, "--bundle", bundle, *rest) == usual, (root, bundle)


@pytest.mark.promise("same-bytes")
def test_the_order_of_files_changes_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders that are listed in another order, with and without git."""
    root = make(FIXTURES / "demo-shop", tmp_path / "shop")
    write(root, {f"dist/{name}.js": "const a=1;" for name in "zyx"})
    for under_git in (True, False):
        if not under_git:
            shutil.rmtree(root / ".git")
        said = set()
        for seed in range(3):
            with monkeypatch.context() as patched:
                for name in ("listdir", "scandir"):
                    patched.setattr(os, name, _shuffled(getattr(os, name), random.Random(seed)))
                done = running.run(root, *_ASKED)
            said.add(re.sub(r'"seconds": [0-9.]+', "", f"{done.code} {done.text}"))
        assert len(said) == 1


def _shuffled(listed: Callable[..., Iterable[object]], chosen: random.Random) -> Callable[..., _Entries]:
    def call(*given: object) -> _Entries:
        entries = _Entries(listed(*given))
        chosen.shuffle(entries)
        return entries

    return call


class _Entries(list[object]):
    """A list that can stand for what os.scandir gives."""

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def close(self) -> None:
        return None


@pytest.mark.promise("same-bytes")
def test_windows_line_ends_change_no_finding(tmp_path: Path) -> None:
    """The same project with CRLF: the same findings at the same lines."""
    said = []
    for number, end in enumerate((b"\n", b"\r\n")):
        root = make(FIXTURES / "demo-shop", tmp_path / str(number))
        for path in root.rglob("*"):
            if path.is_file() and ".git" not in path.parts and b"\0" not in path.read_bytes():
                path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", end))
        git(root, "add", "--all")
        report = json.loads(running.run(root, "check", "--format", "json", "--no-live").text)
        said.append(
            sorted((one["rule"], one["location"]["path"], one["location"]["line"], one["variable"] or "") for one in report["findings"])
        )
    assert said[0] == said[1]
