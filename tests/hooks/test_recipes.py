"""The recipes of docs/deploy-gate.md and the GitHub Action, run as they stand there: with each platform's variables, the real script, a demo project.

What a build machine has beside them (npm, Python, a package index) is stood in for: programs that do what theirs leave behind.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import tomli
import yaml

from tests.keys import expand
from tests.projects import git, patterns

ROOT = Path(__file__).parent.parent.parent
GUIDE = (ROOT / "docs" / "deploy-gate.md").read_text(encoding="utf-8")
ACTION = ROOT / "hooks" / "github-action" / "action.yml"
SHELL = shutil.which("bash")
pytestmark = pytest.mark.skipif(SHELL is None, reason="no bash here")


def block(heading: str, language: str) -> str:
    """The first block in this language under a heading of the guide."""
    section = GUIDE.split(f"\n### {heading}\n")[1].split("\n### ")[0]
    found = re.search(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def docker_run(text: str) -> list[str]:
    return [line.removeprefix("RUN ") for line in text.splitlines()]


class Recipe(NamedTuple):
    """Where the guide holds a recipe, the commands in it, what its platform sets, and the environment that this means."""

    language: str
    commands: Callable[[str], list[str]]
    variables: dict[str, str]
    target: str = "production"


RECIPES: dict[str, Recipe] = {
    "Vercel": Recipe("json", lambda t: [json.loads(t)["buildCommand"]], {"VERCEL": "1", "CI": "1", "VERCEL_ENV": "production"}),
    "Netlify": Recipe("TOML", lambda t: [tomli.loads(t)["build"]["command"]], {"NETLIFY": "true", "CI": "true", "CONTEXT": "production"}),
    "Cloudflare": Recipe("sh", lambda t: [t], {"CF_PAGES": "1", "CI": "true", "CF_PAGES_BRANCH": "main"}),
    "Render": Recipe(
        "yaml", lambda t: [yaml.safe_load(t)["services"][0]["buildCommand"]], {"RENDER": "true", "RENDER_SERVICE_NAME": "shop"}
    ),
    "Railway": Recipe("json", lambda t: [json.loads(t)["build"]["buildCommand"]], {"RAILWAY_ENVIRONMENT_NAME": "production"}),
    "Fly": Recipe(
        "TOML",
        lambda t: [*docker_run(block("Fly", "Dockerfile")), tomli.loads(t)["deploy"]["release_command"]],
        {"FLY_APP_NAME": "shop", "FLY_MACHINE_ID": "1", "RELEASE_COMMAND": "1"},
    ),
    "GitLab CI": Recipe(
        "yaml",
        lambda t: yaml.safe_load(t)["gate"]["script"],
        {"GITLAB_CI": "true", "CI": "true", "CI_ENVIRONMENT_NAME": "production", "CI_ENVIRONMENT_TIER": "production"},
    ),
    "Bitbucket": Recipe(
        "yaml",
        lambda t: yaml.safe_load(t)["pipelines"]["branches"]["main"][0]["step"]["script"],
        {"BITBUCKET_BUILD_NUMBER": "7", "CI": "true", "BITBUCKET_DEPLOYMENT_ENVIRONMENT": "production"},
    ),
    "CircleCI": Recipe(
        "yaml",
        lambda t: [step["run"] for step in yaml.safe_load(t)["jobs"]["gate"]["steps"] if "run" in step],
        {"CIRCLECI": "true", "CI": "true"},
    ),
}
BAD = {"STRIPE_SECRET_KEY": "{{stripe.secret key.test}}", "RESEND_API_KEY": "{{resend.API key}}", "SESSION_PASSWORD": "c0rrect h0rse 99"}
GOOD = {**BAD, "STRIPE_SECRET_KEY": "{{stripe.secret key.live}}"}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    for path, text in {
        "package.json": '{"name": "shop", "dependencies": {"next": "16.0.0"}}\n',
        "lib/pay.ts": "export const key = process.env.STRIPE_SECRET_KEY!;\nexport const mail = process.env.RESEND_API_KEY!;\n",
        "lib/session.ts": "export const password = process.env.SESSION_PASSWORD!;\n",
        ".env.example": "STRIPE_SECRET_KEY=\nRESEND_API_KEY=\nSESSION_PASSWORD=\n",
        ".gitignore": "out\n",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "hooks").mkdir()
    shutil.copy2(ROOT / "hooks" / "pre-deploy", folder / "hooks" / "pre-deploy")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    return folder


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of programs like a build machine's: a build that leaves pages, and ways to install that leave the real driftline."""
    folder = tmp_path / "machine"
    folder.mkdir()
    ours = Path(sys.executable).with_name("driftline")
    log = f'echo "$(basename "$0") $*" >> {tmp_path}/log\n'
    programs = {
        "npm": f'#!/bin/sh\n{log}[ "$1" != run ] || {{ mkdir -p out; echo "<html>" > out/index.html; echo "${{LEAK:-x}}" > out/app.js; }}\n',
        "pip": f'#!/bin/sh\n{log}ln -sf {ours} "$(dirname "$0")/driftline"\n',
        "python": f'#!/bin/sh\n{log}[ "$2" = pip ] && shift 2 && exec "$(dirname "$0")/pip" "$@"\n',
        "python3": f'#!/bin/sh\n{log}mkdir -p "$3/bin" && cp {folder}/pip {folder}/python "$3/bin/"\n',
        "apt-get": f"#!/bin/sh\n{log}",
    }
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def environment(folder: Path, machine: Path, variables: dict[str, str]) -> dict[str, str]:
    return {
        "PATH": f"{machine}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "HOME": str(folder),
        "XDG_CACHE_HOME": os.path.dirname(patterns()),
        **{name: expand(value) for name, value in variables.items()},
    }


def run(commands: list[str], folder: Path, machine: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The commands one after the other, as a build runs them, until one fails; what they install lands beside the machine's programs."""
    script = "\n".join(commands)
    for place in ("/tmp/driftline", "/opt/driftline"):
        script = script.replace(place, str(machine.parent / "installed"))
    return subprocess.run(
        [str(SHELL), "-e", "-c", script],
        cwd=folder,
        env=environment(folder, machine, variables),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("platform", sorted(RECIPES))
def test_a_recipe_stops_a_bad_deploy_and_lets_a_good_one_pass(platform: str, shop: Path, machine: Path) -> None:
    recipe = RECIPES[platform]
    commands = recipe.commands(block(platform, recipe.language))
    assert "hooks/pre-deploy" in " ".join(commands)
    bad = run(commands, shop, machine, {**recipe.variables, **BAD})
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert f"judged for {recipe.target}" in bad.stdout
    assert "test-credential-in-production" in bad.stdout
    good = run(commands, shop, machine, {**recipe.variables, **GOOD})
    assert good.returncode == 0, good.stdout + good.stderr
    assert platform.partition(" ")[0] in good.stdout, "the platform is printed"
    for value in map(expand, {*BAD.values(), *GOOD.values()}):
        assert value not in bad.stdout + bad.stderr + good.stdout + good.stderr
    assert (machine.parent / "log").read_text().count("driftline"), "it was installed first"


@pytest.mark.parametrize("platform", ["Vercel", "Netlify", "Railway"])
def test_a_value_that_the_build_took_into_the_pages_stops_the_deploy(platform: str, shop: Path, machine: Path) -> None:
    recipe = RECIPES[platform]
    done = run(
        recipe.commands(block(platform, recipe.language)), shop, machine, {**recipe.variables, **GOOD, "LEAK": "k='c0rrect h0rse 99'"}
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "exposed-env-value" in done.stdout
    assert "SESSION_PASSWORD" in done.stdout
    assert "c0rrect" not in done.stdout


def test_the_reports_of_the_ci_recipes_are_where_the_system_looks_for_them(shop: Path, machine: Path) -> None:
    for platform, path in (
        ("GitLab CI", "gl-code-quality.json"),
        ("Bitbucket", "test-results/driftline.xml"),
        ("CircleCI", "test-results/driftline/report.xml"),
    ):
        recipe = RECIPES[platform]
        run(recipe.commands(block(platform, recipe.language)), shop, machine, {**recipe.variables, **BAD})
        assert "STRIPE_SECRET_KEY" in (shop / path).read_text(), platform


def schema_errors(name: str, text: str, tmp_path: Path) -> str:
    (tmp_path / "file.yml").write_text(text)
    command = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", f"vendor.{name}", str(tmp_path / "file.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "heading"),
    [("github-workflows", "GitHub Actions"), ("gitlab-ci", "GitLab CI"), ("bitbucket-pipelines", "Bitbucket"), ("circle-ci", "CircleCI")],
)
def test_a_recipe_is_what_its_system_takes(name: str, heading: str, tmp_path: Path) -> None:
    assert schema_errors(name, block(heading, "yaml"), tmp_path) == ""


# --- the GitHub Action ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def action() -> Any:
    return yaml.safe_load(ACTION.read_text(encoding="utf-8"))


def test_the_action_is_what_github_takes(tmp_path: Path) -> None:
    text = ACTION.read_text(encoding="utf-8")
    assert schema_errors("github-actions", text, tmp_path) == ""
    assert schema_errors("github-actions", text.replace("using: composite", "using: python"), tmp_path) != ""


def test_the_workflow_of_the_guide_calls_the_action_with_inputs_that_it_has(action: Any) -> None:
    workflow = yaml.safe_load(block("GitHub Actions", "yaml"))
    steps = [step for step in workflow["jobs"]["deploy"]["steps"] if "github-action" in step.get("uses", "")]
    assert len(steps) == 1
    assert set(steps[0]["with"]) <= set(action["inputs"])
    assert workflow["jobs"]["deploy"]["permissions"]["security-events"] == "write", "SARIF is uploaded unless told otherwise"


class Job:
    """A GitHub job: runs the action's own `run` steps in bash, as a runner does, with the inputs that a workflow gives."""

    def __init__(self, action: Any, shop: Path, machine: Path, inputs: dict[str, str], variables: dict[str, str]) -> None:
        self.shop, self.temp = shop, machine.parent / "runner"
        self.temp.mkdir(exist_ok=True)
        for name in ("summary", "output"):
            (self.temp / name).write_text("")
        given = {**{name: value.get("default", "") for name, value in action["inputs"].items()}, **inputs}
        self.environment = {
            **environment(shop, machine, variables),
            "GITHUB_ACTIONS": "true",
            "CI": "true",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTION_PATH": str(ACTION.parent),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
            "GITHUB_OUTPUT": str(self.temp / "output"),
        }
        self.code, self.printed = 0, ""
        for step in self._steps(action):
            own = {name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda m: given[m[1]], value) for name, value in step.get("env", {}).items()}
            done = subprocess.run(
                [str(SHELL), "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
                cwd=shop,
                env={**self.environment, **own},
                capture_output=True,
                text=True,
                check=False,
            )
            self.code, self.printed = done.returncode, self.printed + done.stdout + done.stderr
            if self.code:
                break

    @staticmethod
    def _steps(action: Any) -> Iterator[Any]:
        return (step for step in action["runs"]["steps"] if "run" in step)


def test_the_action_installs_its_own_checkout_and_reports(action: Any, shop: Path, machine: Path) -> None:
    job = Job(action, shop, machine, {"command": "predeploy", "arguments": "--env production"}, BAD)
    assert job.code == 1, job.printed
    installed = next(line for line in (machine.parent / "log").read_text().splitlines() if line.startswith("pip "))
    assert (Path(installed.split()[-1]) / "pyproject.toml").samefile(ROOT / "pyproject.toml")
    assert "test-credential-in-production" in job.printed
    assert re.search(r"^::error .*title=.*test-credential-in-production", job.printed, re.MULTILINE), job.printed
    sarif = json.loads((shop / "driftline.sarif").read_text())
    assert sarif["version"] == "2.1.0"
    assert "test-credential-in-production" in (job.temp / "summary").read_text()
    assert (job.temp / "output").read_text() == "code=1\n"
    for value in map(expand, BAD.values()):
        assert value not in job.printed + (job.temp / "summary").read_text() + (shop / "driftline.sarif").read_text()


def test_the_action_passes_and_passes_on_misuse(action: Any, shop: Path, machine: Path) -> None:
    job = Job(action, shop, machine, {"command": "predeploy", "arguments": "--env production", "sarif": "a.sarif"}, GOOD)
    assert job.code == 0, job.printed
    assert (shop / "a.sarif").exists()
    assert (job.temp / "summary").read_text()
    job = Job(action, shop, machine, {"command": "predeploy", "arguments": "--env prodution"}, GOOD)
    assert job.code == 2
    assert 'did you mean "production"' in job.printed
    assert (job.temp / "output").read_text() == "code=2\n"


def test_the_actions_arguments_are_words_and_no_commands(action: Any, shop: Path, machine: Path) -> None:
    job = Job(action, shop, machine, {"arguments": "--env $(touch${IFS}hacked) ; touch hacked * "}, GOOD)
    assert job.code == 2, job.printed
    assert not (shop / "hacked").exists()


def test_an_empty_secret_stops_the_workflow_of_the_guide(action: Any, shop: Path, machine: Path) -> None:
    workflow = yaml.safe_load(block("GitHub Actions", "yaml"))
    job = workflow["jobs"]["deploy"]
    inputs = next(step["with"] for step in job["steps"] if "github-action" in step.get("uses", ""))
    path = shop / ".github" / "workflows" / "deploy.yml"
    path.parent.mkdir(parents=True)
    path.write_text(block("GitHub Actions", "yaml"))
    variables = {
        **GOOD,
        "RESEND_API_KEY": "",
        "GITHUB_JOB": "deploy",
        "GITHUB_WORKFLOW_REF": "acme/shop/.github/workflows/deploy.yml@refs/heads/main",
    }
    done = Job(action, shop, machine, inputs, {**variables, **{name: variables.get(name, "") for name in job["env"]}})
    assert done.code == 1, done.printed
    assert "judged for production" in done.printed
    assert "RESEND_API_KEY" in done.printed
    assert "empty-variable" in done.printed
