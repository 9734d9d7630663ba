"""The gate where it runs: `hooks/pre-deploy` with the variables that each platform sets, on a real project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.keys import expand
from tests.projects import git

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "hooks" / "pre-deploy"
TEST_KEY = "{{stripe.secret key.test}}"
LIVE_KEY = "{{stripe.secret key.live}}"

# What each platform sets in a build (its documentation, 2026-11), and the environment that this means.
PLATFORMS: dict[str, tuple[dict[str, str], str]] = {
    "vercel": ({"VERCEL": "1", "CI": "1", "VERCEL_ENV": "production", "VERCEL_TARGET_ENV": "production"}, "production"),
    "vercel preview": ({"VERCEL": "1", "CI": "1", "VERCEL_ENV": "preview"}, "preview"),
    "vercel custom": ({"VERCEL": "1", "CI": "1", "VERCEL_ENV": "preview", "VERCEL_TARGET_ENV": "staging"}, "staging"),
    "netlify": ({"NETLIFY": "true", "CI": "true", "CONTEXT": "production", "BRANCH": "main"}, "production"),
    "netlify preview": ({"NETLIFY": "true", "CONTEXT": "deploy-preview", "PULL_REQUEST": "true"}, "deploy-preview"),
    "cloudflare": ({"CF_PAGES": "1", "CF_PAGES_BRANCH": "main"}, "production"),
    "cloudflare branch": ({"CF_PAGES": "1", "CF_PAGES_BRANCH": "feat/cart"}, "preview"),
    "workers": ({"WORKERS_CI": "1", "WORKERS_CI_BRANCH": "main"}, "production"),
    "render": ({"RENDER": "true", "IS_PULL_REQUEST": "false", "RENDER_SERVICE_NAME": "shop"}, "production"),
    "render preview": ({"RENDER": "true", "IS_PULL_REQUEST": "true", "RENDER_SERVICE_NAME": "shop PR #7"}, "preview"),
    "railway": ({"RAILWAY_ENVIRONMENT_NAME": "production", "RAILWAY_PROJECT_ID": "p"}, "production"),
    "railway staging": ({"RAILWAY_ENVIRONMENT_NAME": "staging"}, "staging"),
    "fly": ({"FLY_APP_NAME": "shop"}, "production"),
    "fly staging": ({"FLY_APP_NAME": "shop-staging"}, "preview"),
    "amplify": ({"AWS_BRANCH": "main", "AWS_APP_ID": "d1"}, "production"),
    "amplify pull request": ({"AWS_BRANCH": "pr-3", "AWS_APP_ID": "d1", "AWS_PULL_REQUEST_ID": "3"}, "preview"),
    "eas": ({"EAS_BUILD": "true", "EAS_BUILD_PROFILE": "production"}, "production"),
    "heroku": ({"DYNO": "run.1", "HEROKU_APP_NAME": "shop"}, "production"),
    "heroku review app": ({"DYNO": "web.1", "HEROKU_APP_NAME": "shop-pr-4", "HEROKU_PR_NUMBER": "4"}, "preview"),
    "cloud run": ({"K_SERVICE": "shop", "K_REVISION": "shop-00001"}, "production"),
    "gitlab": ({"GITLAB_CI": "true", "CI": "true", "CI_ENVIRONMENT_NAME": "production", "CI_ENVIRONMENT_TIER": "production"}, "production"),
    "bitbucket": ({"BITBUCKET_BUILD_NUMBER": "7", "CI": "true", "BITBUCKET_DEPLOYMENT_ENVIRONMENT": "production"}, "production"),
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "lib").mkdir(parents=True)
    (folder / "package.json").write_text('{"name": "shop", "dependencies": {"next": "16.0.0"}}\n')
    (folder / "lib" / "pay.ts").write_text(
        "export const key = process.env.STRIPE_SECRET_KEY!;\nexport const mail = process.env.RESEND_API_KEY!;\n"
    )
    (folder / ".env.example").write_text("STRIPE_SECRET_KEY=\nRESEND_API_KEY=\n")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    return folder


def gate(folder: Path, variables: dict[str, str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    """(exit code, JSON report or nothing, everything printed) of the real script with exactly these variables beside PATH and HOME."""
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("no POSIX shell here")
    folders = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    environment = {"PATH": os.pathsep.join(folders), "HOME": str(folder), **variables}
    if "SYSTEMROOT" in os.environ:
        environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    command = [shell, str(SCRIPT), *arguments, "--format", "json"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else {}, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(PLATFORMS))
def test_the_platform_says_which_environment_it_is(name: str, shop: Path) -> None:
    variables, target = PLATFORMS[name]
    keys = {"STRIPE_SECRET_KEY": expand(TEST_KEY), "RESEND_API_KEY": expand("{{resend.API key}}")}
    code, report, printed = gate(shop, {**variables, **keys})
    assert report["target"] == target, printed
    assert report["verdict"] != "incomplete"
    rules = {finding["rule"] for finding in report["findings"]}
    assert ("test-credential-in-production" in rules) is (target == "production")
    assert code == (1 if target == "production" else 0)
    for value in keys.values():
        assert value not in printed
        assert value[len(value) // 2 :] not in printed


def test_a_live_key_in_a_preview_build_is_a_blocker(shop: Path) -> None:
    code, report, printed = gate(shop, {**PLATFORMS["vercel preview"][0], "STRIPE_SECRET_KEY": expand(LIVE_KEY)})
    assert code == 1, printed
    assert [f["rule"] for f in report["findings"] if f["severity"] == "blocker"].count("live-credential-outside-production") == 1


def test_a_repaired_build_passes(shop: Path) -> None:
    keys = {"STRIPE_SECRET_KEY": expand(LIVE_KEY), "RESEND_API_KEY": expand("{{resend.API key}}")}
    code, report, printed = gate(shop, {**PLATFORMS["vercel"][0], **keys})
    assert code == 0, printed
    assert not [f for f in report["findings"] if f["severity"] != "note"]


def test_a_variable_that_a_hosts_own_build_lacks_is_missing(shop: Path) -> None:
    code, report, printed = gate(shop, {**PLATFORMS["netlify"][0], "STRIPE_SECRET_KEY": expand(LIVE_KEY)})
    assert code == 1, printed
    assert [(f["rule"], f["variable"]) for f in report["findings"] if f["severity"] == "blocker"] == [
        ("missing-variable", "RESEND_API_KEY")
    ]


def test_an_empty_secret_of_a_ci_system_is_said(shop: Path) -> None:
    variables = {"GITHUB_ACTIONS": "true", "CI": "true", "STRIPE_SECRET_KEY": expand(LIVE_KEY), "RESEND_API_KEY": ""}
    _, report, printed = gate(shop, variables, "--env", "production")
    assert ("empty-variable", "RESEND_API_KEY") in [(f["rule"], f["variable"]) for f in report["findings"]], printed


def test_an_environment_that_contradicts_the_platform_is_misuse(shop: Path) -> None:
    for name in ("vercel preview", "netlify preview", "render preview", "heroku review app"):
        code, _, printed = gate(shop, PLATFORMS[name][0], "--env", "production")
        assert code == 2, name
        assert "contradicts" in printed
    # A branch or a service's name is a guess: the word of the user counts.
    code, report, _ = gate(shop, PLATFORMS["cloudflare branch"][0], "--env", "production")
    assert report["target"] == "production"


def test_without_a_platform_the_environment_has_to_be_named(shop: Path) -> None:
    code, _, printed = gate(shop, {})
    assert code == 2
    assert "--env production" in printed
    code, report, _ = gate(shop, {"STRIPE_SECRET_KEY": expand(TEST_KEY)}, "--env", "prod")
    assert (code, report["target"]) == (1, "production")


def test_no_live_leaves_the_process_environment_out(shop: Path) -> None:
    code, report, printed = gate(
        shop, {**PLATFORMS["vercel preview"][0], "STRIPE_SECRET_KEY": expand(TEST_KEY)}, "--env", "production", "--no-live"
    )
    assert code == 0, printed
    assert not [f for f in report["findings"] if f["rule"] == "test-credential-in-production"]


def test_the_build_that_lies_there_is_searched_for_the_live_values(shop: Path) -> None:
    keys = {
        "STRIPE_SECRET_KEY": expand(LIVE_KEY),
        "RESEND_API_KEY": expand("{{resend.API key}}"),
        "SESSION_PASSWORD": "c0rrect h0rse 99",
    }
    (shop / "lib" / "session.ts").write_text("export const password = process.env.SESSION_PASSWORD!;\n")
    (shop / "out").mkdir()
    (shop / "out" / "index.html").write_text("<script src=app.js></script>")
    (shop / "out" / "app.js").write_text('fetch("/x", {headers: {a: "c0rrect h0rse 99"}})')
    code, report, printed = gate(shop, {**PLATFORMS["vercel"][0], **keys})
    found = [(f["rule"], f["variable"], f["location"]["path"]) for f in report["findings"] if f["severity"] == "blocker"]
    assert found == [("exposed-env-value", "SESSION_PASSWORD", "out/app.js")], printed
    assert code == 1
    assert "c0rrect h0rse" not in printed
    (shop / "out" / "app.js").write_text("fetch('/x')")
    code, report, printed = gate(shop, {**PLATFORMS["vercel"][0], **keys})
    assert code == 0, printed
