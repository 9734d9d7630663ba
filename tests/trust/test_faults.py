"""A machine that fails under us (disk, memory, clock, git, cache, engine), or a part of ours that does: never exit 0, and what is found stays."""

from __future__ import annotations

import builtins
import importlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from driftline import audit, code, formats, reports, rules
from driftline.bundle import engine
from driftline.project import files as project_files
from driftline.project import inert, settings
from tests.project.trees import TODAY, repository, write
from tests.projects import FIXTURES, git, make, patterns
from tests.trust import faults, running

# A project of every kind of file in which nothing is wrong: each command passes it, so that a 0 under a fault would be seen.
_COMMITTED = {
    "package.json": '{"name": "a", "workspaces": ["apps/*"], "dependencies": {"next": "16"}}',
    "src/a.ts": "process.env.A!\n",
    "src/plain.ts": "export const x = 1\n",
    "src/helper.ts": "export const getEnv = (n: string) => process.env[n]!\n",
    "src/uses.ts": "import {getEnv} from './helper'\ngetEnv('A_B')\n",
    "app/api/hook/route.ts": "export async function POST(r: Request) { return new Response(process.env.A) }\n",
    "apps/web/package.json": '{"name": "web"}',
    "apps/web/b.py": "import os\nos.environ['B_C']\n",
    "apps/web/.env.production": "B_C=1\n",
    "apps/web/.env.example": "B_C=\n",
    ".env.production": "A=1\nA_B=2\n",
    ".env.example": "A=\nA_B=\n",
    ".gitignore": "*.local\n.vercel\n",
    "vercel.json": "{}",
    "README.md": "# hello\n",
    "CODEOWNERS": "* @a\n",
    "supabase/migrations/1_a.sql": (
        "create table a (id int);\nalter table a enable row level security;\ncreate policy p on a for select using (auth.uid() = id);\n"
    ),
    "firestore.rules": (
        "service cloud.firestore { match /databases/{d}/documents { match /a/{b} { allow read: if request.auth.uid == b; } } }\n"
    ),
    "driftline.toml": "# nothing\n",
    "driftline-baseline.json": '{"schema": "driftline/baseline/1", "findings": []}\n',
    ".driftline/attestations.json": '{"schema": "driftline/attestations/1", "attestations": []}\n',
    "dist/index.html": "<p>",
    "dist/a.js": "const a=1",
    "dist/a.js.map": '{"version": 3, "sources": [], "mappings": ""}',
}
_IGNORED = {".env.local": "A=1\nA_B=3\n", ".vercel/.env.production.local": "A=1\nA_B=2\n"}
_STAGED = {"src/a.ts": "process.env.A! + 1\n", "README.md": "# hello 2\n", "src/plain.ts": "export const x = 2\n"}

COMMANDS = (
    ("check",),
    ("check", "--bundle", "dist"),
    ("commit",),
    ("predeploy", "--env", "production", "--no-live"),
    ("review",),
    ("matrix",),
    ("bundle", "dist"),
    ("baseline", "--baseline", "{out}"),
)
# Judged, and something is wrong; misuse (a settings file or a baseline that cannot be read); could not judge.
_NO_PASS = (1, 2, 3)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = repository(tmp_path_factory.mktemp("faults") / "p", _COMMITTED, commit=True)
    write(root, {**_IGNORED, **_STAGED})
    git(root, "add", "--all")
    for command in COMMANDS:
        assert _run(root, command).code == 0, command
    return root


def _run(root: Path, command: tuple[str, ...], **variables: str) -> running.Done:
    out = str(root.parent / "baseline.json")
    return running.run(root, *(word.replace("{out}", out) for word in command), variables=variables)


def _is(path: Path) -> Callable[[str], bool]:
    goal = os.path.normpath(path)
    return lambda given: os.path.normpath(os.path.abspath(given)) == goal


def _files(root: Path) -> list[Path]:
    return [path for path in sorted(root.rglob("*")) if path.is_file() and ".git" not in path.parts]


# --- the disk -----------------------------------------------------------------------------------------------------------------


def _assert_no_pass(root: Path, path: Path, command: tuple[str, ...], fault: AbstractContextManager[list[str]]) -> bool:
    """Whether the fault was met; then the command did not pass, and names what it could not read."""
    with fault as met:
        done = _run(root, command)
    if met:
        assert done.code in _NO_PASS, f"{path}: {done.code}"
        assert path.name in done.text or "." in (path.name, os.path.relpath(path, root)), f"{path}: {done.text[-500:]}"
    return bool(met)


@pytest.mark.promise("fails-closed")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_file_that_cannot_be_read_is_no_pass(clean: Path, command: tuple[str, ...]) -> None:
    """Opened with an error, read with an error, or gone since it was listed: each file of the project in turn."""
    met = 0
    for path in _files(clean):
        for fault in (
            faults.opening(_is(path), "EIO"),
            faults.opening(_is(path), "ENOENT"),
            faults.reading(_is(path), "EIO"),
        ):
            met += _assert_no_pass(clean, path, command, fault)
    assert met >= 6, "the faults were met"


@pytest.mark.slow
@pytest.mark.promise("fails-closed")
@pytest.mark.parametrize("error", faults.OPENING)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_error_of_opening_is_a_pass(clean: Path, command: tuple[str, ...], error: str) -> None:
    for path in _files(clean):
        _assert_no_pass(clean, path, command, faults.opening(_is(path), error))
        _assert_no_pass(clean, path, command, faults.reading(_is(path), error, after=1))


@pytest.mark.promise("fails-closed")
@pytest.mark.parametrize("error", ["EIO", "EACCES"])
def test_a_folder_that_cannot_be_listed_is_no_pass(clean: Path, error: str) -> None:
    met = 0
    for command in COMMANDS:
        for path in (clean, *(path for path in sorted(clean.rglob("*")) if path.is_dir() and ".git" not in path.parts)):
            met += _assert_no_pass(clean, path, command, faults.listing(_is(path), error))
    assert met >= 3


@pytest.mark.promise("fails-closed")
@pytest.mark.parametrize("error", ["EIO", "EACCES"])
def test_a_folder_that_cannot_be_listed_without_git(tmp_path: Path, error: str) -> None:
    root = write(tmp_path / "p", {name: text for name, text in _COMMITTED.items() if not name.startswith(".driftline")})
    assert _run(root, ("check",)).code == 0
    for path in (root / "apps", root / "apps/web", root / "src"):
        assert _assert_no_pass(root, path, ("check",), faults.listing(_is(path), error)), path


@pytest.mark.promise("never-torn")
@pytest.mark.promise("fails-closed")
@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EDQUOT", "EROFS"])
@pytest.mark.parametrize("function", ["replace", "open"])
def test_what_cannot_be_written_is_no_pass(clean: Path, tmp_path: Path, error: str, function: str) -> None:
    """A report, a baseline, a snapshot: the old file stays as it was, and nothing half is left beside it."""
    write(tmp_path, {"report.json": "old", "baseline.json": "old", "export.env": "A=1\n"})
    before = running.contents(clean)
    for command in (
        ("check", "--format", f"json={tmp_path}/report.json"),
        ("baseline", "--baseline", f"{tmp_path}/baseline.json"),
        ("snapshot", f"production={tmp_path}/export.env"),
        ("review", "--keep"),
        ("attest", "callback", "/api/hook", "--env", "production"),
    ):
        if command[0] == "attest":
            continue  # there is no such callback; its writing is review's
        with _unwritable(error, function) as met:
            done = _run(clean, command)
        assert met, command
        assert done.code == 3, f"{command}: {done.code} {done.text}"
        assert "Traceback" not in done.text
    assert running.contents(clean) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["baseline.json", "export.env", "report.json"]
    assert (tmp_path / "report.json").read_text() == (tmp_path / "baseline.json").read_text() == "old"


@contextmanager
def _unwritable(error: str, function: str) -> Iterator[list[Any]]:
    """Creating a file of ours, or giving it its name, fails."""
    met: list[Any] = []
    module: Any = os if function == "replace" else builtins
    real = getattr(module, function)

    def guarded(path: Any, *arguments: Any, **options: Any) -> Any:
        if ".driftline-" in str(path):
            met.append(path)
            raise faults.error_of(error)
        return real(path, *arguments, **options)

    with mock.patch.object(module, function, guarded):
        yield met


@pytest.mark.promise("fails-closed")
@pytest.mark.parametrize("under_git", [True, False], ids=["git", "no git"])
def test_a_folder_that_vanishes_is_no_pass(clean: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, under_git: bool) -> None:
    """Gone when its files were listed and not yet read, as where somebody changes the branch meanwhile; and the whole project."""
    real = project_files.walk
    # Without git, nobody looks for keys in what is no source.
    for gone in ("src", "apps", "apps/web", ".", *(("supabase/migrations", "dist") if under_git else ())):
        for command in (
            ("check",),
            ("check", "--bundle", "dist"),
            ("review",),
            ("matrix",),
            ("predeploy", "--env", "production", "--no-live"),
        ):
            root = tmp_path / "p"
            shutil.copytree(clean, root, symlinks=True)
            if not under_git:
                shutil.rmtree(root / ".git")

            def walk(*given: Any, gone: Path = root / gone) -> Any:
                tree = real(*given)
                shutil.rmtree(gone)
                return tree

            with monkeypatch.context() as patched:
                patched.setattr(project_files, "walk", walk)
                done = _run(root, command)
            assert done.code == 3, f"{gone} {command}: {done.code} {done.text[-300:]}"
            assert "internal" not in done.text
            shutil.rmtree(root, ignore_errors=True)


# --- what is no file ------------------------------------------------------------------------------------------------------------

_PIPES = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes among files")


@_PIPES
@pytest.mark.promise("fails-closed")
def test_a_pipe_in_a_files_place_is_no_pass(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file of the project in turn, those that git itself opens among them."""
    monkeypatch.setattr(inert, "PATIENCE", 1.0)
    for path in _files(clean):
        with faults.piped(path), faults.in_time(30):
            done = _run(clean, ("check",))
        assert done.code in _NO_PASS, path
        assert path.name in done.text or path.name == ".gitignore", f"{path}: {done.text[-500:]}"


@_PIPES
@pytest.mark.promise("fails-closed")
@pytest.mark.parametrize(
    "name",
    ["driftline.toml", "driftline-baseline.json", ".driftline/attestations.json", ".driftline/review.json", ".env.local", "dist/a.js"],
)
@pytest.mark.parametrize(
    "command",
    [*COMMANDS[1:], ("review", "--keep"), ("review", "--changed", "--keep"), ("init", "--no-hook"), ("snapshot", "attestations={root}/.env.production"),
     ("attest", "callback", "/api/hook", "--env", "production"), ("bundle", "{root}/dist/a.js")],
    ids=" ".join,
)  # fmt: skip
def test_a_pipe_holds_no_command_up(clean: Path, tmp_path: Path, command: tuple[str, ...], name: str) -> None:
    root = tmp_path / "p"
    shutil.copytree(clean, root, symlinks=True)
    write(root, {".driftline/review.json": '{"schema": "driftline/review/1"}'})
    with faults.piped(root / name), faults.in_time(30):
        done = _run(root, tuple(word.replace("{root}", str(root)) for word in command))
    assert "Traceback" not in done.text
    if name == ".env.local" and command[0] in ("commit", "predeploy", "review", "matrix", "baseline"):
        assert done.code == 3, done.text
    if name == "dist/a.js" and "dist" in " ".join(command):
        assert done.code == 3, done.text


@_PIPES
@pytest.mark.promise("bounded")
@pytest.mark.parametrize("name", ["HEAD", "index", "config", "info/exclude", "objects/info/alternates", "packed-refs", "commondir"])
def test_a_pipe_that_holds_git_up_ends(clean: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(inert, "PATIENCE", 1.0)
    root = tmp_path / "p"
    shutil.copytree(clean, root, symlinks=True)
    path = root / ".git" / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    with faults.in_time(60):
        assert _run(root, ("check",)).code in (0, 3)
        assert _run(root, ("commit",)).code == 3


# What a command writes by itself, where the project holds a link out of it in that place: (the file, a command that writes it).
_ASTRAY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("driftline.toml", ("init", "--no-hook")),
    (".husky/pre-commit", ("init",)),
    (".pre-commit-config.yaml", ("init",)),
    ("lefthook.yml", ("init",)),
    ("package.json", ("init",)),
    (".git/hooks/pre-commit", ("init",)),
    ("driftline-baseline.json", ("baseline",)),
    (".driftline/review.json", ("review", "--keep")),
    (".driftline/attestations.json", ("attest", "callback", "/api/webhooks/stripe", "--env", "production")),
    (".driftline/production.json", ("snapshot", "production=.env.production")),
    (".driftline", ("review", "--keep")),
    (".driftline", ("snapshot", "production=.env.production")),
    (".driftline", ("attest", "callback", "/api/webhooks/stripe", "--env", "production")),
)


@pytest.mark.promise("nothing-is-changed")
@pytest.mark.parametrize(("name", "command"), _ASTRAY, ids=lambda value: value if isinstance(value, str) else " ".join(value))
@pytest.mark.parametrize(
    "before", [None, "repos:\n- repo: x\n", '{"simple-git-hooks": {}}', '{"schema": "driftline/baseline/1", "findings": []}']
)
def test_links_of_the_project_lead_no_write_astray(tmp_path: Path, name: str, command: tuple[str, ...], before: str | None) -> None:
    """To a file outside, to one that could be there, and to a folder outside."""
    files: dict[str, str | bytes] = {
        "package.json": '{"dependencies": {"next": "16"}}',
        "app/api/webhooks/stripe/route.ts": "export async function POST(r) { return stripe.webhooks.constructEvent(r) }\n",
        ".env.production": "A=1\n",
    }
    root = repository(tmp_path / "p", files)
    outside = tmp_path / "outside"
    if name == ".driftline":
        outside.mkdir()
    elif before is not None:
        outside.write_text(before)
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).unlink(missing_ok=True)
    (root / name).symlink_to(outside)
    done = _run(root, command)
    assert "internal" not in done.text
    if name == ".driftline":
        assert list(outside.iterdir()) == []
        assert done.code == 2
    else:
        assert (outside.read_text() if outside.exists() else None) == before
    done = _run(root, ("init", "--remove"))
    assert name == ".driftline" or (outside.read_text() if outside.exists() else None) == before


@pytest.mark.promise("nothing-is-changed")
@pytest.mark.parametrize("path", ["../outside.json", "{tmp}/outside.json"])
def test_the_settings_lead_no_baseline_astray(tmp_path: Path, path: str) -> None:
    path = path.replace("{tmp}", str(tmp_path))
    root = repository(tmp_path / "p", {".env.production": "A=1\n", "driftline.toml": f'baseline = "{path}"\n'})
    done = _run(root, ("baseline",))
    assert done.code == 2, done.text
    assert not (tmp_path / "outside.json").exists()
    assert _run(root, ("baseline", "--baseline", "../outside.json")).code == 0, "what the user names is written"
    assert (tmp_path / "outside.json").exists()


# --- git, the worker --------------------------------------------------------------------------------------------------------------

_GIT = """#!/bin/sh
case " $* " in
*" {word} "*) {act} ;;
esac
exec {git} "$@"
"""


@pytest.mark.promise("fails-closed")
@pytest.mark.skipif(os.name != "posix", reason="a shell stands in for git")
@pytest.mark.parametrize("act", ["kill -9 $$", "exit 128", "echo nonsense; exit 0", '{git} "$@" < /dev/null | head -c 30; kill -9 $$'])
@pytest.mark.parametrize("word", ["rev-parse", "ls-files", "diff-index", "cat-file", "grep"])
def test_a_git_that_is_killed_or_lies_is_no_pass(clean: Path, tmp_path: Path, word: str, act: str) -> None:
    real = shutil.which("git")
    fake = write(tmp_path, {"bin/git": _GIT.format(word=word, act=act.replace("{git}", str(real)), git=real)}) / "bin/git"
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    path = f"{fake.parent}{os.pathsep}{os.environ['PATH']}"
    for command in (("check",), ("commit",)):
        asked = {"check": ("rev-parse", "ls-files"), "commit": ("rev-parse", "ls-files", "diff-index", "cat-file")}[command[0]]
        done = _run(clean, command, PATH=path)
        assert "Traceback" not in done.text
        if word in asked:
            assert done.code == 3, f"{command}: {done.code} {done.text[-300:]}"


@pytest.mark.promise("fails-closed")
def test_a_machine_without_git_is_no_pass(clean: Path, tmp_path: Path) -> None:
    for command in (("check",), ("commit",), ("review",)):
        assert _run(clean, command, PATH=str(tmp_path)).code == 3, command


@pytest.mark.promise("fails-closed")
@pytest.mark.parametrize("error", [MemoryError, RuntimeError, RecursionError, OSError])
def test_a_worker_that_dies_is_no_pass(clean: Path, tmp_path: Path, error: type[Exception]) -> None:
    """One of those that look at built output fails: its file is unread, the others are looked at."""
    write(tmp_path, {f"dist/{name}.js": f"const {name}=1;\n" * 200_000 for name in "abcd"})
    from driftline.bundle.look import Look

    whole = Look.window

    def window(self: Look, data: bytes, *arguments: Any, **options: Any) -> Any:
        if data.startswith(b"const c"):
            raise error
        return whole(self, data, *arguments, **options)

    with mock.patch.object(Look, "window", window):
        done = running.run(tmp_path, "bundle", "dist", "--jobs", "4", "--format", "json")
    assert done.code == 3
    assert [one["path"] for one in json.loads(done.text)["unread"]] == ["c.js"]


# --- the cache, the engine --------------------------------------------------------------------------------------------------------


def _said(done: running.Done) -> tuple[int, str]:
    return done.code, re.sub(r"[\d.]+ m?s\b", "", done.text)


@pytest.mark.promise("fails-closed")
@pytest.mark.promise("poisoned-cache")
@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"nonsense" * 100),
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(path.read_bytes()[: len(path.read_bytes()) // 2]),
        lambda path: path.write_bytes(path.read_bytes()[:200] + b"\xff" * 200 + path.read_bytes()[400:]),
        lambda path: path.write_bytes(path.read_bytes()[:-2000] + bytes(2000)),
        lambda path: path.unlink() or path.mkdir(),
        lambda path: path.unlink() or path.symlink_to("/nowhere"),
        lambda path: subprocess.run(['sh', '-c', 'rm "$0"; mkfifo "$0"', path], check=True),
        lambda path: path.chmod(0o666),
    ],
    ids=["empty", "nonsense", "cut at its end", "cut in half", "changed", "zeros at its end", "a folder", "a link to nothing", "a pipe", "anybody's"],
)  # fmt: skip
def test_a_broken_cache_changes_nothing(clean: Path, tmp_path: Path, damage: Callable[[Path], object]) -> None:
    cache = tmp_path / "driftline"
    shutil.copytree(patterns(), cache, symlinks=True)
    cache.chmod(0o700)
    wanted = _said(_run(clean, ("check",)))
    for path in list(cache.iterdir()):
        damage(path)
    assert _said(_run(clean, ("check",), XDG_CACHE_HOME=str(tmp_path))) == wanted


@pytest.mark.promise("never-torn")
@pytest.mark.promise("fails-closed")
@pytest.mark.parametrize("error", ["ENOSPC", "EACCES", "EIO"])
def test_a_cache_that_cannot_be_written_changes_nothing(clean: Path, tmp_path: Path, error: str) -> None:
    wanted = _said(_run(clean, ("check",)))
    with faults.calls(error, of=os, function="replace") as met:
        assert _said(_run(clean, ("check",), XDG_CACHE_HOME=str(tmp_path))) == wanted
    assert met
    assert list((tmp_path / "driftline").iterdir()) == [], "nothing half is left"


@pytest.mark.promise("fails-closed")
@pytest.mark.parametrize("function", ["_compile", "_load", "build"])
def test_a_broken_engine_is_no_pass(clean: Path, tmp_path: Path, function: str) -> None:
    for error in (ImportError("x"), MemoryError()):
        engine._compiled.cache_clear()
        with mock.patch.object(engine, function, mock.Mock(side_effect=error)):
            for command in (("check",), ("bundle", "dist"), ("review",)):
                done = _run(clean, command, XDG_CACHE_HOME=str(tmp_path))
                assert done.code == 3, command
                assert "the pattern engine failed" in re.sub(r"\s+", " ", done.text), command


@pytest.mark.promise("fails-closed")
@pytest.mark.parametrize("library", ["hyperscan", "tree_sitter", "yaml", "tomli"])
def test_a_library_that_is_not_there_is_no_pass(tmp_path: Path, library: str) -> None:
    """In a process of its own, where nothing is imported yet: an installation that is broken, or made for another machine."""
    root = repository(
        tmp_path / "p", {**_COMMITTED, "compose.yml": "services: {}\n", "fly.toml": 'app = "a"\n', "src/s.ts": "const {A} = process.env\n"}
    )
    blocked = write(tmp_path, {f"blocked/{library}/__init__.py": "raise ImportError('made for another machine')\n"}) / "blocked"
    environment = {**os.environ, "PYTHONPATH": str(blocked), "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "driftline", "check", "--no-live"], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


# --- the clock --------------------------------------------------------------------------------------------------------------------


@pytest.mark.promise("fails-closed")
def test_a_clock_before_our_time_is_no_pass(clean: Path) -> None:
    """Set back, it would let an expired acceptance count, and an expired key pass."""
    read = settings.read(str(clean), None, rules.identifiers())
    report = audit.check(audit.Request(str(clean), read, today=date(1970, 1, 1)))
    assert [one.path for one in report.unread] == ["the clock"]
    assert audit.exit_code(report, "never") == 3


@pytest.mark.promise("fails-closed")
def test_a_clock_that_runs_ahead_accepts_less(tmp_path: Path) -> None:
    """What was accepted until a day counts again behind it: a wrong clock errs on that side."""
    accept = '[[accept]]\nrule = "undeclared-variable"\nsubject = "A_B"\nreason = "x"\nexpires = 2027-01-31\n'
    root = repository(
        tmp_path, {"package.json": "{}", "a.ts": "process.env.A_B!; process.env.C!", ".env.production": "C=1\n", "driftline.toml": accept}
    )
    read = settings.read(str(root), None, rules.identifiers())
    for today, expected in ((TODAY, 0), (date(9999, 12, 31), 1)):
        report = audit.check(audit.Request(str(root), read, today=today))
        missing = [one for one in report.open if one.rule == "undeclared-variable"]
        assert len(missing) == expected, today


@pytest.mark.promise("same-bytes")
@pytest.mark.promise("fails-closed")
def test_a_clock_that_jumps_changes_nothing(clean: Path, tmp_path: Path) -> None:
    """Times of files in the future and in the past, and a clock that goes back while we run."""
    wanted = [_said(_run(clean, command)) for command in COMMANDS[:5]]
    copy = tmp_path / "p"
    shutil.copytree(clean, copy, symlinks=True)
    for number, path in enumerate(_files(copy)):
        at = datetime(2100 if number % 2 else 1971, 1, 2).timestamp()
        os.utime(path, (at, at))
    now = datetime(2026, 12, 1).timestamp()
    with mock.patch("time.time", mock.Mock(side_effect=(now - 60 * number for number in range(10_000)))):
        assert [_said(_run(copy, command)) for command in COMMANDS[:5]] == wanted


# --- a part of ours ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make(FIXTURES / "demo-shop", tmp_path_factory.mktemp("broken") / "shop")
    write(root, {"supabase/migrations/1_a.sql": "create table a (id int);\n", "tools/b.py": "import os\nos.environ['STRIPE_KEY']\n"})
    git(root, "add", "--all")
    return root


def _report(root: Path) -> Any:
    """The whole review, for it runs every rule."""
    from driftline import review

    return review.review(audit.Request(str(root), settings.read(str(root), None, rules.identifiers()), today=TODAY, cache=patterns()))


@contextmanager
def _failing(module: Any, function: str) -> Iterator[None]:
    with mock.patch.object(module, function, mock.Mock(side_effect=KeyError("a value of the user's"))):
        yield


@pytest.fixture(scope="module")
def whole(shop: Path) -> Any:
    report = _report(shop)
    assert report.unread == ()
    assert len({finding.rule for finding in report.findings}) > 10
    return report


@pytest.mark.promise("one-failure-stays-one")
def test_a_rule_that_fails_is_named_and_the_others_stay(shop: Path, whole: Any) -> None:
    """Each rule in turn."""
    facts: list[Any] = []
    real: Any = rules.check

    def noted(given: Any, *rest: Any, **more: Any) -> Any:
        facts.append((given, rest[:2]))
        return real(given, *rest, **more)

    with mock.patch.object(rules, "check", noted):
        _report(shop)
    given, arguments = facts[0]
    every = list(real(given, *arguments, {}))
    for name, (_, module) in rules.registry().items():
        broken: dict[str, str] = {}
        with _failing(module, "check"):
            found = list(real(given, *arguments, broken))
        assert broken == {name: "KeyError"}
        assert found == [finding for finding in every if finding.rule != name]
    with _failing(rules.registry()["missing-variable"][1], "check"):
        report = _report(shop)
    assert [(one.path, "KeyError" in one.reason) for one in report.unread] == [("rule missing-variable", True)]
    assert audit.exit_code(report, "never") == 3


@pytest.mark.promise("one-failure-stays-one")
def test_a_format_that_fails_is_named_and_the_others_stay(tmp_path: Path) -> None:
    """Each format in turn, in a project that has a file of each."""
    from tests.formats.test_formats import FILES

    content: dict[str, str | bytes] = {}
    for reader in formats.readers():
        places = ((file, f"{folder}{file.path}") for folder in (f"{reader.FORMAT.name}/", "") for file in FILES)
        file, path = next((file, path) for file, path in places if file.format == reader.FORMAT.name and reader in formats.readers_of(path))
        content.setdefault(path, file.content)
    root = repository(tmp_path, content)
    read = settings.read(str(root), None, rules.identifiers())
    request = audit.Request(str(root), read, today=TODAY, cache=patterns())
    before = audit.check(request)
    known = {(one.path, one.reason) for one in before.unread}
    for reader in formats.readers():
        with _failing(reader, "read"):
            report = audit.check(request)
        new = [one for one in report.unread if (one.path, one.reason) not in known]
        assert new, reader.FORMAT.name
        assert all(f"{reader.FORMAT.title} reader failed" in one.reason for one in new if "failed inside" in one.reason), new
        assert any("failed inside" in one.reason for one in new)
        assert audit.exit_code(report, "never") == 3
        told = {source.format for app in report.apps for source, _ in app.readings}
        assert {source.format for app in before.apps for source, _ in app.readings} - told <= {reader.FORMAT.name}


@pytest.mark.promise("one-failure-stays-one")
@pytest.mark.parametrize("language", sorted(set(code.languages().values())))
def test_a_language_that_fails_is_named(tmp_path: Path, language: str) -> None:
    ending = next(ending for ending, name in code.languages().items() if name == language)
    name = f"src/a{ending}" if ending.startswith(".") else ending
    reads = (
        "process.env.A_B; os.environ['A_B']; env(\"A_B\"); getenv('A_B'); ENV['A_B']; ${A_B}; os.Getenv(\"A_B\"); std::env::var(\"A_B\")\n"
    )
    root = repository(tmp_path, {"package.json": "{}", name: f"// {reads}{reads}", ".env.production": "OTHER_ONE=1\n"})
    with _failing(importlib.import_module(f"driftline.code.{language}"), "read"):
        done = _run(root, ("check", "--format", "json"))
    report = json.loads(done.text)
    assert done.code == 3
    assert [one["path"] for one in report["unread"]] == [name]
    assert f"the {language} reader failed" in report["unread"][0]["reason"]
    assert [finding["variable"] for finding in report["findings"] if finding["rule"] == "unused-variable"] in (["OTHER_ONE"], [])


@pytest.mark.promise("one-failure-stays-one")
@pytest.mark.parametrize(
    "place",
    ["review._stores", "review._tables_used", "review._openings", "review._doubts", "review.stacks.stacks", "review.hooks.hooks",
     "review.releases.steps", "review.owners.unowned", "loaders.disagreements"],
)  # fmt: skip
def test_evidence_that_fails_is_named_and_the_rest_stays(shop: Path, whole: Any, place: str) -> None:
    module, _, function = place.rpartition(".")
    with _failing(importlib.import_module(f"driftline.{module}"), function):
        report = _report(shop)
    assert report.unread, place
    assert all("failed inside driftline (KeyError)" in one.reason for one in report.unread)
    lost = {finding.rule for finding in whole.findings} - {finding.rule for finding in report.findings}
    assert len(lost) <= 4, lost
    assert report.verdict == "incomplete"


@pytest.mark.promise("one-failure-stays-one")
def test_a_report_that_fails_is_named_and_the_others_are_written(shop: Path, tmp_path: Path) -> None:
    for name in reports.formats("check"):
        words = [word for other in reports.formats("check") for word in ("--format", f"{other}={tmp_path}/{other}")]
        module = importlib.import_module(f"driftline.reports.{name}")
        with _failing(module, "render"):
            done = running.run(shop, "check", *words)
        assert done.code == 3
        assert f"the {name} report failed inside driftline" in done.text
        written = {path.name for path in tmp_path.iterdir()}
        assert written == set(reports.formats("check")) - {name}
        for path in tmp_path.iterdir():
            path.unlink()
