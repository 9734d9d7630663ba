"""What a person who is stopped by `driftline commit` is told to do is possible, and safe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.keys import expand
from tests.projects import git

LIVE = expand("{{stripe.secret key.live}}")
TEST = expand("{{stripe.secret key.test}}")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "package.json").write_text('{"name": "shop", "dependencies": {"next": "16.0.0"}}\n')
    (tmp_path / ".gitignore").write_text(".env*.local\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "start")
    return tmp_path


def stage(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)
    git(folder, "add", "-f", "--", path)


def commit(folder: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "driftline", "commit", *arguments]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "400"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    assert LIVE not in done.stdout
    return done.returncode, done.stdout


def test_a_live_key_in_code_is_not_sent_to_where_it_would_be_wrong_again(shop: Path) -> None:
    stage(shop, "lib/pay.ts", f"export const key = '{LIVE}';\n")
    code, said = commit(shop)
    assert code == 1
    assert "belongs into production's own variables" in said
    stage(shop, "lib/pay.ts", f"export const key = '{TEST}';\n")
    code, said = commit(shop)
    assert "keep it in an env file that git ignores" in said


def test_a_file_that_stays_out_of_git_is_not_to_be_added(shop: Path) -> None:
    (shop / ".env.local").write_text(f"STRIPE_SECRET_KEY={LIVE}\n")
    stage(shop, "lib/pay.ts", "export const key = process.env.STRIPE_SECRET_KEY!;\n")
    code, said = commit(shop)
    assert code == 1
    assert ".env.local:1:1  blocker" in said
    assert "do not `git add` .env.local" in said
    assert "`git add` it" not in said


def test_values_that_no_commit_holds_need_no_rotation(shop: Path) -> None:
    stage(shop, ".env.staging", f"STRIPE_SECRET_KEY={TEST}\nSESSION_SECRET=6fJp0vQx2mRk9sTz4wYc8bNd\n")
    _, said = commit(shop)
    assert "committed-env-file" in said
    assert "`git rm --cached .env.staging`, add .env.staging to .gitignore, and commit again" in said
    assert "rotate" not in said
    git(shop, "commit", "-q", "-m", "too late", "--no-verify")
    git(shop, "mv", ".env.staging", ".env.stage")
    (shop / ".env.stage").write_text((shop / ".env.stage").read_text())
    git(shop, "add", "-f", ".env.stage")
    _, said = commit(shop)
    assert "rotate these values" in said


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_an_env_file_that_leads_out_of_git_is_told_as_not_judged(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "env"
    outside.write_text("A=1\n")
    stage(shop, "conf/shop.env", "A=1\n")
    (shop / ".env.production").symlink_to("conf/shop.env")
    (shop / ".env.staging").symlink_to(outside)
    (shop / ".env.loop").symlink_to(".env.loop")
    git(shop, "add", "-f", ".env.production", ".env.staging", ".env.loop")
    _, said = commit(shop)
    told = " ".join(said.split())
    assert ".env.production:1:1 is a link; what it leads to is judged at its own place" in told
    assert ".env.staging:1:1 is a link to what is not in git; what it leads to was not judged" in told
    assert ".env.loop:1:1 is a link to what is not in git" in told


@pytest.mark.parametrize("name", ["--fail-on=never", "-q", "--env"])
def test_a_file_named_like_an_option_is_a_file(shop: Path, name: str) -> None:
    stage(shop, name, f"{LIVE}\n")
    stage(shop, "a.js", "export const a = 1;\n")
    code, said = commit(shop, "--listed", "--", name, "a.js")
    assert code == 1
    assert f"{name}:1:1  blocker  committed-secret" in said
    code, said = commit(shop, "--fail-on", "never", "--", name)
    assert code == 0
    assert f"{name}:1:1  blocker  committed-secret" in said
    assert "Looked at 1 file (20 bytes)" in commit(shop, "--listed", "--", "a.js")[1]


def baseline(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "driftline", "baseline"], cwd=folder, capture_output=True, check=True)


@pytest.mark.parametrize(
    "text", ["export const mail = '{{resend.API key#b}}';\n", "export const all = ['{{resend.API key#b}}', '{{resend.API key#a}}'];\n"]
)
def test_a_baseline_does_not_take_another_key_for_the_one_that_it_accepts(shop: Path, text: str) -> None:
    stage(shop, "lib/mail.ts", expand("export const mail = '{{resend.API key#a}}';\n"))
    assert commit(shop)[0] == 1
    baseline(shop)
    assert commit(shop)[0] == 0, "it accepts what is about to be committed"
    git(shop, "commit", "-q", "-m", "accepted")
    stage(shop, "lib/mail.ts", expand("\n\nexport const mail = '{{resend.API key#a}}';\n"))
    assert commit(shop)[0] == 0, "a moved line"
    stage(shop, "lib/mail.ts", expand(text))
    code, said = commit(shop)
    assert code == 1
    assert "not the one that the baseline accepts here" in said


def test_a_baseline_of_a_test_key_does_not_accept_the_live_one(shop: Path) -> None:
    stage(shop, "lib/pay.ts", f"export const key = '{TEST}';\n")
    baseline(shop)
    stage(shop, "lib/pay.ts", f"export const key = '{LIVE}';\n")
    assert commit(shop)[0] == 1
    done = subprocess.run([sys.executable, "-m", "driftline", "check"], cwd=shop, capture_output=True, text=True, check=False)
    assert "committed-secret" in done.stdout
    assert done.returncode == 1
