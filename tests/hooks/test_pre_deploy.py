"""The gate where it runs: `hooks/pre-deploy` with the variables that each platform sets, on a real project."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from driftline import cli
from tests.keys import expand
from tests.projects import git, patterns

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
    "fly staging": ({"FLY_APP_NAME": "shop-staging"}, "staging"),
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
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    (folder / "lib").mkdir(parents=True)
    (folder / "package.json").write_text('{"name": "shop", "dependencies": {"next": "16.0.0"}}\n')
    (folder / "lib" / "pay.ts").write_text(
        "export const key = process.env.STRIPE_SECRET_KEY!;\nexport const mail = process.env.RESEND_API_KEY!;\n"
    )
    (folder / ".env.example").write_text("STRIPE_SECRET_KEY=\nRESEND_API_KEY=\n")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    monkeypatch.chdir(folder)
    return folder


def gate(folder: Path, variables: dict[str, str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    """(exit code, JSON report or nothing, everything printed) of the real script with exactly these variables beside PATH and HOME."""
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("no POSIX shell here")
    folders = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    environment = {"PATH": os.pathsep.join(folders), "HOME": str(folder), "XDG_CACHE_HOME": os.path.dirname(patterns()), **variables}
    if "SYSTEMROOT" in os.environ:
        environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    command = [shell, str(SCRIPT), *arguments, "--format", "json"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else {}, done.stdout + done.stderr


def judged(folder: Path, variables: dict[str, str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    """The same within this process, which is quicker; `folder` is the current one."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_CACHE_HOME": os.path.dirname(patterns()), **variables}
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        code = cli.run(["predeploy", *arguments, "--format", "json"])
    printed = out.getvalue()
    return code, json.loads(printed) if printed.startswith("{") else {}, printed + err.getvalue()


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


# One variable alone, the environment it means, and one that contradicts it: whoever tries the gate by hand sets no more than this.
ALONE: dict[str, tuple[str, str, str]] = {
    "VERCEL_ENV=production": ("production", "preview", "VERCEL_ENV"),
    "VERCEL_ENV=preview": ("preview", "production", "VERCEL_ENV"),
    "VERCEL_ENV=development": ("local", "production", "VERCEL_ENV"),
    "CONTEXT=production": ("production", "preview", "CONTEXT"),
    "CONTEXT=deploy-preview": ("deploy-preview", "production", "CONTEXT"),
    "CONTEXT=branch-deploy": ("branch-deploy", "production", "CONTEXT"),
    "CF_PAGES_BRANCH=main": ("production", "preview", "CF_PAGES_BRANCH"),
    "CF_PAGES_BRANCH=staging": ("staging", "production", "CF_PAGES_BRANCH"),
    "CF_PAGES_BRANCH=feature-cart": ("preview", "production", "CF_PAGES_BRANCH"),
    "CF_PAGES_BRANCH=dependabot/npm/next-16": ("preview", "production", "CF_PAGES_BRANCH"),
    "WORKERS_CI_BRANCH=main": ("production", "staging", "WORKERS_CI_BRANCH"),
    "RAILWAY_ENVIRONMENT_NAME=production": ("production", "staging", "RAILWAY_ENVIRONMENT_NAME"),
    "RAILWAY_ENVIRONMENT_NAME=shop-pr-12": ("shop-pr-12", "production", "RAILWAY_ENVIRONMENT_NAME"),
    "FLY_APP_NAME=shop-staging": ("staging", "production", "FLY_APP_NAME"),
    "FLY_APP_NAME=shop-production": ("production", "preview", "FLY_APP_NAME"),
    "AWS_BRANCH=main": ("production", "preview", "AWS_BRANCH"),
    "AWS_BRANCH=develop": ("preview", "production", "AWS_BRANCH"),
    "EAS_BUILD_PROFILE=production": ("production", "preview", "EAS_BUILD_PROFILE"),
    "EAS_BUILD_PROFILE=preview": ("preview", "production", "EAS_BUILD_PROFILE"),
    "HEROKU_PR_NUMBER=4": ("preview", "production", "HEROKU_PR_NUMBER"),
    "K_SERVICE=shop-staging": ("staging", "production", "K_SERVICE"),
    "BITBUCKET_DEPLOYMENT_ENVIRONMENT=staging": ("staging", "production", "BITBUCKET_DEPLOYMENT_ENVIRONMENT"),
}


@pytest.mark.parametrize("variable", sorted(ALONE))
def test_one_variable_names_the_environment_and_refuses_another(variable: str, shop: Path) -> None:
    name, _, value = variable.partition("=")
    target, other, because = ALONE[variable]
    _, report, printed = judged(shop, {name: value})
    assert report["target"] == target, printed
    assert because in printed
    code, report, printed = judged(shop, {name: value}, "--env", other)
    assert (code, report) == (2, {}), printed
    assert f"--env {other} contradicts" in printed
    assert because in printed


def test_a_guess_yields_to_the_user_and_is_said(shop: Path) -> None:
    for variables, word in (({"CF_PAGES_BRANCH": "trunk"}, "trunk"), ({"FLY_APP_NAME": "shop"}, "shop"), ({"RENDER": "true"}, "Render")):
        for environment in ("production", "staging"):
            _, report, printed = judged(shop, variables, "--env", environment)
            assert report["target"] == environment
            assert f"judged for {environment}, as --env says" in printed
            assert word in printed


def test_the_settings_overrule_what_a_name_seems_to_say(shop: Path) -> None:
    (shop / "driftline.toml").write_text(
        '[environments.production]\naliases = ["acme-preview-web"]\n[environments.acme]\nkind = "preview"\n'
    )
    _, report, printed = judged(shop, {"FLY_APP_NAME": "acme-preview-web"})
    assert report["target"] == "production", printed
    _, report, printed = judged(shop, {"VERCEL": "1", "VERCEL_ENV": "preview", "VERCEL_TARGET_ENV": "acme"})
    assert report["target"] == "acme", printed


def test_a_custom_environment_is_of_the_kind_that_the_platform_says(shop: Path) -> None:
    variables = {"VERCEL": "1", "VERCEL_ENV": "preview", "VERCEL_TARGET_ENV": "acme", "STRIPE_SECRET_KEY": expand(TEST_KEY)}
    code, report, printed = judged(shop, {**variables, "RESEND_API_KEY": expand("{{resend.API key}}")})
    assert (code, report["target"]) == (0, "preview"), printed


@pytest.mark.parametrize(
    ("variables", "arguments", "said"),
    [
        ({}, ["--env", "prodution"], 'there is no environment "prodution"; did you mean "production"?'),
        ({}, ["--env", "acme"], '[environments."acme"] kind = "preview"'),
        ({"RAILWAY_ENVIRONMENT_NAME": "acme"}, [], 'RAILWAY_ENVIRONMENT_NAME of Railway says "acme"'),
        ({"GITLAB_CI": "true", "CI_ENVIRONMENT_TIER": "other", "CI_ENVIRONMENT_NAME": "acme"}, [], "CI_ENVIRONMENT_NAME of GitLab CI"),
        ({"GITHUB_ACTIONS": "true"}, [], "GitHub Actions does not say it"),
        ({"CIRCLECI": "true", "CI": "true"}, [], "CircleCI does not say it"),
        ({"VERCEL": "1"}, [], "Vercel does not say it"),
    ],
)
def test_an_environment_that_nobody_can_tell_is_misuse(shop: Path, variables: dict[str, str], arguments: list[str], said: str) -> None:
    code, report, printed = judged(shop, variables, *arguments)
    assert (code, report) == (2, {}), printed
    assert said in printed


WORKFLOW = """on: push
jobs:
  web:
    runs-on: ubuntu-latest
    environment: {environment}
    steps: [{{run: hooks/pre-deploy}}]
  other:
    runs-on: ubuntu-latest
    steps: []
"""


@pytest.mark.parametrize(
    ("environment", "job", "target"),
    [
        ("production", "web", "production"),
        ("{name: staging, url: 'https://staging.shop.example'}", "web", "staging"),
        ("Preview", "web", "preview"),
        ("${{ inputs.environment }}", "web", None),
        ("production", "other", None),
        ("[production]", "web", None),
    ],
)
def test_the_environment_of_a_job_stands_in_its_workflow(shop: Path, environment: str, job: str, target: str | None) -> None:
    path = shop / ".github" / "workflows" / "deploy.yml"
    path.parent.mkdir(parents=True)
    path.write_text(WORKFLOW.format(environment=environment))
    variables = {
        "GITHUB_ACTIONS": "true",
        "CI": "true",
        "GITHUB_JOB": job,
        "GITHUB_WORKFLOW_REF": "acme/shop/.github/workflows/deploy.yml@refs/heads/main",
    }
    code, report, printed = judged(shop, variables)
    if target is None:
        assert code == 2, printed
    else:
        assert report["target"] == target, printed
        assert f"the job {job} of .github/workflows/deploy.yml" in printed
        other = "preview" if target == "production" else "production"
        assert judged(shop, variables, "--env", other)[0] == 2


def test_a_workflow_that_is_not_there_says_nothing(shop: Path) -> None:
    for reference in ("acme/shop/.github/workflows/gone.yml@x", "acme/shop/../../../etc/passwd@x", "nonsense", "a/b/@x"):
        variables = {"GITHUB_ACTIONS": "true", "GITHUB_JOB": "web", "GITHUB_WORKFLOW_REF": reference}
        assert judged(shop, variables)[0] == 2
        assert judged(shop, variables, "--env", "production")[1]["target"] == "production"


def test_a_hosts_names_in_a_job_of_a_ci_system_are_those_to_deploy_to(shop: Path) -> None:
    """`FLY_APP_NAME` in a workflow does not make its runner a machine of Fly, whose variables would all be there."""
    for names in ({"FLY_APP_NAME": "shop"}, {"HEROKU_APP_NAME": "shop"}, {"K_SERVICE": "shop"}):
        variables = {"GITHUB_ACTIONS": "true", "CI": "true", **names}
        assert judged(shop, variables)[0] == 2, "what is deployed is not said"
        code, report, printed = judged(shop, variables, "--env", "staging")
        assert (code, report["target"]) == (0, "staging"), printed
        assert not [f for f in report["findings"] if f["rule"] == "missing-variable"]
        assert report["unknown"]
    # The host's own word counts there too, and a build that was started there still need not have every variable.
    code, report, printed = judged(shop, {"GITHUB_ACTIONS": "true", "EAS_BUILD": "true", "EAS_BUILD_PROFILE": "preview"})
    assert report["target"] == "preview"
    assert not [f for f in report["findings"] if f["rule"] == "missing-variable"]


def test_a_ci_systems_own_secrets_are_none_of_the_apps(shop: Path) -> None:
    """Deploy tokens and tools' settings join no environment, unless the project speaks of them."""
    own = {"AWS_SECRET_ACCESS_KEY": "x" * 40, "HEROKU_API_KEY": "k1", "CLOUDSDK_CORE_PROJECT": "p1", "NPM_TOKEN": "t", "VERCEL_TOKEN": "v"}
    printed = judged(shop, {"GITHUB_ACTIONS": "true", **own}, "--env", "production")[2]
    assert not [name for name in own if name in printed]


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


def test_a_gate_before_the_build_says_that_no_built_file_was_looked_at(shop: Path) -> None:
    variables = {**PLATFORMS["vercel"][0], "STRIPE_SECRET_KEY": expand(LIVE_KEY), "RESEND_API_KEY": expand("{{resend.API key}}")}
    said = "no built output lies here"
    _, _, printed = judged(shop, variables)
    assert said in printed
    (shop / "out").mkdir()
    (shop / "out" / "index.html").write_text("<p>shop</p>")
    _, _, printed = judged(shop, variables)
    assert said not in printed
    (shop / "out" / "index.html").unlink()
    (shop / "package.json").write_text('{"name": "shop"}\n')
    _, _, printed = judged(shop, variables)
    assert said not in printed, "nothing of it reaches browsers"


def test_the_process_has_no_lines(shop: Path) -> None:
    (shop / "lib" / "site.ts").write_text("export const site = process.env.NEXT_PUBLIC_SITE_URL!;\n")
    _, _, printed = judged(shop, {**PLATFORMS["vercel"][0], "NEXT_PUBLIC_SITE_URL": "https://shop.acme.io"})
    assert "NEXT_PUBLIC_SITE_URL in process environment" in printed
    assert "process environment:" not in printed
