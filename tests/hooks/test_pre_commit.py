"""The hooks as users run them: a real pre-commit installs this checkout and runs it in real repositories."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.keys import expand
from tests.projects import git

ROOT = Path(__file__).parent.parent.parent
PRE_COMMIT = Path(sys.executable).with_name("pre-commit")
LIVE = "STRIPE_SECRET_KEY={{stripe.secret key.live}}\n"
TEST = "STRIPE_SECRET_KEY={{stripe.secret key.test}}\n"


@pytest.fixture(scope="session")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git checkout of this project as it is now, committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    folder = tmp_path_factory.mktemp("hooks")
    listed = subprocess.run(
        [
            "git",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            "src",
            "hooks",
            "*.md",
            "LICENSE",
            "*.toml",
            ".pre-commit-hooks.yaml",
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for path in filter(None, listed.split("\0")):
        if (ROOT / path).is_file():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, folder / path)
    git(folder, "init", "-q")
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "-m", "as it is now")
    return folder


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps its environments: one for all tests here."""
    if {name for _, name in socket.if_nameindex()} <= {"lo"}:
        pytest.skip("pre-commit asks a package index for what the hook needs, and there is no network")
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def shop(tmp_path: Path, hooks: Path) -> Path:
    """A Next.js project with the hook configured, and its first commit."""
    folder = tmp_path / "shop"
    (folder / "lib").mkdir(parents=True)
    revision = git(hooks, "rev-parse", "HEAD").strip()
    (folder / ".pre-commit-config.yaml").write_text(f"repos:\n- repo: {hooks.as_posix()}\n  rev: {revision}\n  hooks:\n  - id: driftline\n")
    (folder / "package.json").write_text('{"name": "shop", "dependencies": {"next": "16.0.0"}}\n')
    (folder / "lib" / "pay.ts").write_text("export const key = process.env.STRIPE_SECRET_KEY!;\n")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "start")
    return folder


def run(folder: Path, store: Path, *arguments: str, command: str = "run") -> subprocess.CompletedProcess[str]:
    return called([str(PRE_COMMIT), command, *arguments], folder, store)


def called(words: list[str], folder: Path, store: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PRE_COMMIT", "VIRTUAL_ENV"))}
    environment |= {"PRE_COMMIT_HOME": str(store), "NO_COLOR": "1"}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def stage(folder: Path, path: str, text: str) -> None:
    (folder / path).write_text(expand(text))
    git(folder, "add", "-f", path)


def test_a_test_key_for_production_stops_the_commit(shop: Path, store: Path) -> None:
    stage(shop, ".env.production", TEST)
    done = run(shop, store)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "test-credential-in-production" in done.stdout
    assert expand(TEST).strip().partition("=")[2] not in done.stdout + done.stderr


def test_what_is_staged_counts_not_what_lies_in_the_work_tree(shop: Path, store: Path) -> None:
    stage(shop, ".env.production", TEST)
    # pre-commit itself puts unstaged changes aside; driftline alone must not look at them either.
    (shop / ".env.production").write_text("STRIPE_SECRET_KEY=\n")
    alone = [sys.executable, "-m", "driftline", "commit"]
    bad = subprocess.run(alone, cwd=shop, capture_output=True, text=True, check=False)
    assert bad.returncode == 1, bad.stdout
    assert "test-credential-in-production" in bad.stdout
    assert run(shop, store).returncode == 1
    git(shop, "add", "-f", ".env.production")
    (shop / ".env.production").write_text(expand(TEST))
    good = subprocess.run(alone, cwd=shop, capture_output=True, text=True, check=False)
    assert "test-credential-in-production" not in good.stdout


def test_a_harmless_commit_passes_and_says_how_much_was_looked_at(shop: Path, store: Path) -> None:
    stage(shop, "lib/name.ts", "export const name = 'shop';\n")
    done = run(shop, store, "--verbose")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout
    assert "Looked at" in done.stdout


def test_a_commit_that_only_deletes_a_file_is_judged(shop: Path, store: Path) -> None:
    (shop / ".env.production").write_text("PRICE_LABEL=from\n")
    (shop / ".env.staging").write_text("PRICE_LABEL=from\n")
    (shop / "lib" / "label.ts").write_text("export const label = process.env.PRICE_LABEL!.trim();\n")
    (shop / ".env.production").write_text("PRICE_LABEL=from\nOTHER=1\n")
    git(shop, "add", "-A", "-f")
    git(shop, "commit", "-q", "-m", "label", "--no-verify")
    stage(shop, ".env.production", "OTHER=1\n")
    done = run(shop, store)
    assert done.returncode == 1, done.stdout
    assert "PRICE_LABEL" in done.stdout
    assert "missing-variable" in done.stdout
    git(shop, "rm", "-q", "-f", "--cached", ".env.production")
    (shop / ".env.production").unlink()
    done = run(shop, store, "--verbose")
    assert "Skipped" not in done.stdout
    assert "Looked at" in done.stdout


def test_all_files_judges_what_was_committed_before(shop: Path, store: Path) -> None:
    stage(shop, ".env.production", TEST)
    git(shop, "commit", "-q", "-m", "by mistake", "--no-verify")
    assert run(shop, store).returncode == 0
    done = run(shop, store, "--all-files")
    assert done.returncode == 1, done.stdout
    assert "test-credential-in-production" in done.stdout


def test_a_stranger_is_stopped_mends_it_and_commits(shop: Path, store: Path) -> None:
    """With the hook installed as the guide says, by real `git commit`s."""

    def commit() -> subprocess.CompletedProcess[str]:
        return called(["git", "-c", "user.name=stranger", "-c", "user.email=stranger@example.com", "commit", "-m", "pay"], shop, store)

    assert run(shop, store, command="install").returncode == 0
    key = expand("{{stripe.secret key.live}}")
    code = "export const secret = process.env.NEXT_PUBLIC_STRIPE_SECRET_KEY!;\n"
    stage(shop, "lib/legacy.ts", f"export const key = '{key}';\n{code}")
    stopped = commit()
    assert stopped.returncode == 1, stopped.stdout + stopped.stderr
    for word in ("lib/legacy.ts:1:", "committed-secret", "lib/legacy.ts:2:", "public-prefix-secret", "fix:", "don't:", "BLOCK"):
        assert word in stopped.stderr + stopped.stdout
    assert key not in stopped.stdout + stopped.stderr
    stage(shop, "lib/legacy.ts", "export const key = process.env.STRIPE_SECRET_KEY!;\n")
    passed = commit()
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert git(shop, "log", "--format=%s", "-1").strip() == "pay"


def test_it_can_be_tried_before_it_is_configured(shop: Path, store: Path, hooks: Path) -> None:
    (shop / ".pre-commit-config.yaml").unlink()
    stage(shop, ".env.production", TEST)
    done = run(shop, store, str(hooks), "driftline", command="try-repo")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "test-credential-in-production" in done.stdout
    stage(shop, ".env.production", LIVE)
    done = run(shop, store, str(hooks), "driftline", "--verbose", command="try-repo")
    assert "test-credential-in-production" not in done.stdout
    assert "Looked at" in done.stdout


def test_the_gate_stops_a_push(shop: Path, store: Path, tmp_path: Path) -> None:
    (shop / ".pre-commit-config.yaml").write_text((shop / ".pre-commit-config.yaml").read_text() + "  - id: driftline-predeploy\n")
    (shop / ".env.production").write_text(expand(TEST))
    (shop / ".gitignore").write_text(".env.production\n")
    git(shop, "add", "-A")
    git(shop, "commit", "-q", "-m", "gate", "--no-verify")
    git(tmp_path, "init", "-q", "--bare", "elsewhere.git")
    assert run(shop, store, "--hook-type", "pre-push", command="install").returncode == 0
    push = ["git", "push", "-q", str(tmp_path / "elsewhere.git"), "HEAD:refs/heads/main"]
    stopped = called(push, shop, store)
    assert stopped.returncode == 1, stopped.stdout + stopped.stderr
    assert "test-credential-in-production" in stopped.stdout + stopped.stderr
    (shop / ".env.production").write_text(expand(LIVE))
    passed = called(push, shop, store)
    assert passed.returncode == 0, passed.stdout + passed.stderr


def test_a_worktree_and_a_repository_without_a_first_commit(shop: Path, store: Path, tmp_path: Path) -> None:
    git(shop, "worktree", "add", "-q", str(tmp_path / "tree"), "-b", "side")
    stage(tmp_path / "tree", ".env.production", TEST)
    assert run(tmp_path / "tree", store).returncode == 1
    assert run(shop, store).returncode == 0
    fresh = tmp_path / "fresh"
    shutil.copytree(shop, fresh, ignore=shutil.ignore_patterns(".git"))
    git(fresh, "init", "-q")
    git(fresh, "add", "-A")
    assert run(fresh, store).returncode == 0
    stage(fresh, ".env.production", TEST)
    assert run(fresh, store).returncode == 1


def test_a_submodule(shop: Path, store: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(shop), "shop")
    git(outer, "commit", "-q", "-m", "with a submodule")
    stage(outer / "shop", ".env.production", TEST)
    assert run(outer / "shop", store).returncode == 1


def test_the_gate_and_the_bundle_hook_run_by_hand(shop: Path, store: Path, hooks: Path) -> None:
    text = (shop / ".pre-commit-config.yaml").read_text()
    (shop / ".pre-commit-config.yaml").write_text(text + "  - id: driftline-predeploy\n  - id: driftline-bundle\n    args: [out]\n")
    stage(shop, ".env.production", TEST)
    git(shop, "add", "-A", "-f")
    done = run(shop, store, "driftline-predeploy", "--hook-stage", "manual")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "test-credential-in-production" in done.stdout
    (shop / "out").mkdir()
    (shop / "out" / "app.js").write_text(expand('fetch("/pay", {key: "{{stripe.secret key.live}}"})'))
    done = run(shop, store, "driftline-bundle", "--hook-stage", "manual")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "exposed-secret" in done.stdout


@pytest.mark.parametrize("script", ["pre-commit", "pre-deploy", "audit-bundle"])
def test_the_plain_scripts_say_when_driftline_is_missing(script: str, tmp_path: Path) -> None:
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("no POSIX shell here")
    done = subprocess.run([shell, str(ROOT / "hooks" / script)], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "not installed" in done.stderr


def test_a_file_named_like_an_option_does_not_loosen_the_hook(shop: Path, store: Path) -> None:
    (shop / "--fail-on=never").write_text(expand(LIVE))
    git(shop, "add", "--", "--fail-on=never")
    done = run(shop, store)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "--fail-on=never:1:19  blocker  committed-secret" in done.stdout
