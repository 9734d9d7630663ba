"""`driftline init` and `init --remove`: each hook tool is served as it is, and gets its file back as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.projects import git


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "package.json").write_text('{"name": "shop", "dependencies": {"next": "16.0.0"}}\n')
    (tmp_path / ".env.production").write_text("A_NAME=1\n")
    git(tmp_path, "init", "-q")
    return tmp_path


def init(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = [sys.executable, "-m", "driftline", "init", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file() and ".git/" not in path.as_posix()
    }


def test_the_settings_it_writes_change_nothing_until_uncommented(shop: Path) -> None:
    from driftline import rules
    from driftline.project import settings

    init(shop, "--no-hook")
    text = (shop / "driftline.toml").read_text()
    assert ".env.production" in text
    assert settings.read(str(shop), None, rules.identifiers()) == settings.Settings(path="driftline.toml")
    uncommented = "\n".join(line.removeprefix("# ") for line in text.splitlines() if " = " in line or line.startswith(("# [", "[")))
    (shop / "driftline.toml").write_text(uncommented)
    read = settings.read(str(shop), None, rules.identifiers())
    assert read.environments["production"].origins == ("https://app.example.com",)
    assert read.accept[0].rule == "shared-data-store"


def test_git_s_own_hook(shop: Path) -> None:
    hook = shop / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho theirs\n")
    init(shop)
    assert "driftline commit || exit $?" in hook.read_text()
    assert hook.read_text().endswith("echo theirs\n")
    assert os.access(hook, os.X_OK) or os.name == "nt"
    before = hook.read_text()
    init(shop)
    assert hook.read_text() == before
    init(shop, "--remove")
    assert hook.read_text() == "#!/bin/sh\necho theirs\n"
    assert not (shop / "driftline.toml").exists()


@pytest.mark.parametrize(
    "text",
    [
        "repos:\n- repo: local\n  hooks:\n  - id: x\n    name: x\n    entry: true\n    language: system\n",
        "repos:\n  # ours\n  - repo: local\n    hooks: []\n\nci:\n  autofix_prs: false\n",
        "fail_fast: true\nrepos: []\n",
        "repos: []\n",
        "repos:\n- repo: local\n  hooks: []\n\n# which version\nminimum_pre_commit_version: '3.2.0'\n",
        "repos:\n- repo: local\n  hooks: []\n\n\n# the end\n",
    ],
)
def test_pre_commit_s_configuration_stays_yaml_and_comes_back(shop: Path, text: str) -> None:
    path = shop / ".pre-commit-config.yaml"
    path.write_text(text)
    before = yaml.safe_load(text)
    init(shop)
    after = yaml.safe_load(path.read_text())
    assert after["repos"][-1]["hooks"] == [{"id": "driftline"}]
    assert after["repos"][:-1] == before["repos"]
    assert {key: value for key, value in after.items() if key != "repos"} == {key: value for key, value in before.items() if key != "repos"}
    init(shop, "--remove")
    assert path.read_text() == text


def test_husky(shop: Path) -> None:
    (shop / ".husky").mkdir()
    (shop / ".husky" / "pre-commit").write_text("npx lint-staged\n")
    init(shop)
    assert "driftline commit" in (shop / ".husky" / "pre-commit").read_text()
    init(shop, "--remove")
    assert (shop / ".husky" / "pre-commit").read_text() == "npx lint-staged\n"


@pytest.mark.parametrize(
    "text", ["pre-commit:\n  commands:\n    lint:\n      run: npm run lint\n", "pre-push:\n  commands:\n    t:\n      run: npm test\n"]
)
def test_lefthook(shop: Path, text: str) -> None:
    (shop / "lefthook.yml").write_text(text)
    init(shop)
    after = yaml.safe_load((shop / "lefthook.yml").read_text())
    assert after["pre-commit"]["commands"]["driftline"] == {"run": "driftline commit"}
    init(shop, "--remove")
    assert yaml.safe_load((shop / "lefthook.yml").read_text()) == yaml.safe_load(text)


@pytest.mark.parametrize("indent", ["  ", "    "])
@pytest.mark.parametrize("name", ["lefthook.yml", ".config/lefthook.yaml"])
def test_lefthook_s_jobs(shop: Path, name: str, indent: str) -> None:
    jobs = [{"name": "lint", "run": "npm run lint", "glob": "*.ts"}, {"run": "npm test"}]
    text = yaml.safe_dump({"commit-msg": {"jobs": [{"run": "true"}]}, "pre-commit": {"parallel": True, "jobs": jobs}}, sort_keys=False)
    text = text.replace("  jobs:\n  -", f"  jobs:\n  # ours\n\n{indent}-").replace("\n  - run: npm", f"\n{indent}- run: npm")
    text = text.replace("\n    run: npm", f"\n{indent}  run: npm").replace("\n    glob", f"\n{indent}  glob")
    path = shop / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    init(shop)
    assert yaml.safe_load(path.read_text())["pre-commit"]["jobs"] == [{"name": "driftline", "run": "driftline commit"}, *jobs]
    init(shop, "--remove")
    assert yaml.safe_load(path.read_text()) == yaml.safe_load(text)


@pytest.mark.parametrize("name", ["lefthook.toml", ".lefthook.json", ".simple-git-hooks.json", "simple-git-hooks.cjs"])
def test_a_configuration_that_is_not_written_is_named(shop: Path, name: str) -> None:
    (shop / name).write_text("")
    assert f"{name}; add `driftline commit`" in init(shop).stdout
    assert not (shop / ".git" / "hooks" / "pre-commit").exists()


def test_a_tool_that_is_only_installed_is_not_configured(shop: Path) -> None:
    (shop / "package.json").write_text('{"name": "shop", "devDependencies": {"simple-git-hooks": "^2.13.0"}}\n')
    init(shop)
    assert "driftline commit" in (shop / ".git" / "hooks" / "pre-commit").read_text()


def test_in_an_app_of_a_monorepo_the_hooks_are_the_repositorys(shop: Path) -> None:
    (shop / ".husky" / "_").mkdir(parents=True)
    git(shop, "config", "core.hooksPath", ".husky/_")
    app = shop / "apps" / "web"
    app.mkdir(parents=True)
    (app / "package.json").write_text('{"name": "web", "dependencies": {"next": "16.0.0"}}\n')
    init(app)
    assert "driftline commit" in (shop / ".husky" / "pre-commit").read_text()
    assert (app / "driftline.toml").exists()
    init(app, "--remove")
    assert not (shop / ".husky" / "pre-commit").exists()


def test_husky_in_a_folder_of_its_own(shop: Path) -> None:
    (shop / "web" / ".husky" / "_").mkdir(parents=True)
    git(shop, "config", "core.hooksPath", "web/.husky/_")
    assert "(husky)" in init(shop).stdout
    assert (shop / "web" / ".husky" / "pre-commit").exists()
    assert not list((shop / "web" / ".husky" / "_").iterdir())


@pytest.mark.parametrize("hooks", [{"pre-commit": "npx lint-staged"}, {"pre-push": "npm test"}, {}])
def test_simple_git_hooks(shop: Path, hooks: dict[str, str]) -> None:
    package = {"name": "shop", "simple-git-hooks": hooks, "dependencies": {"next": "16.0.0"}}
    (shop / "package.json").write_text(json.dumps(package, indent=2))
    init(shop)
    after = json.loads((shop / "package.json").read_text())
    assert after["simple-git-hooks"]["pre-commit"].startswith("driftline commit")
    init(shop, "--remove")
    assert json.loads((shop / "package.json").read_text()) == package


def test_hooks_outside_the_repository_are_not_touched(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    git(shop, "config", "core.hooksPath", str(elsewhere))
    done = init(shop)
    assert "outside this repository" in done.stdout
    assert list(elsewhere.iterdir()) == []


def test_removing_keeps_what_was_changed_since(shop: Path) -> None:
    init(shop, "--no-hook")
    path = shop / "driftline.toml"
    path.write_text(path.read_text() + '\nexclude = ["legacy/*"]\n')
    before = contents(shop)
    assert "it is yours" in init(shop, "--remove").stdout
    assert contents(shop) == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".pre-commit-config.yaml", "# top\nrepos:\n  - repo: local  # ours\n    hooks: []\n"),
        ("lefthook.yml", "# top\npre-commit:\n  commands:\n    lint:\n      run: npm run lint\n"),
        ("package.json", '{\n  "name": "shop",\n  "simple-git-hooks": {\n    "pre-commit": "npm test"\n  }\n}\n'),
        (".husky/pre-commit", "npm test\n"),
    ],
)
def test_line_ends_stay_as_they_are(shop: Path, name: str, text: str) -> None:
    path = shop / name
    path.parent.mkdir(exist_ok=True)
    before = text.replace("\n", "\r\n").encode()
    path.write_bytes(before)
    init(shop)
    after = path.read_bytes()
    assert b"- id: driftline" in after or b"driftline commit" in after
    ours = after.count(b"\n") - after.count(b"\r\n")
    assert ours == (after[after.index(b"# driftline: begin") :].count(b"\n") - 1 if name.startswith(".husky") else 0)
    init(shop, "--remove")
    assert path.read_bytes() == before


@pytest.mark.parametrize("first", ["#!/usr/bin/env python3", "#!/usr/bin/env node"])
def test_a_hook_that_is_no_shell_script_stays_as_it_is(shop: Path, first: str) -> None:
    hook = shop / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"{first}\nprint('theirs')\n")
    assert "is no shell script" in init(shop).stdout
    assert hook.read_text() == f"{first}\nprint('theirs')\n"


def test_husky_8_starts_the_hook_again_and_driftline_once(shop: Path) -> None:
    text = '#!/usr/bin/env sh\n. "$(dirname -- "$0")/_/husky.sh"\n\nnpx lint-staged\n'
    hook = shop / ".husky" / "pre-commit"
    hook.parent.mkdir()
    hook.write_text(text)
    init(shop)
    assert hook.read_text().index("husky.sh") < hook.read_text().index("driftline commit")
    init(shop, "--remove")
    assert hook.read_text() == text


def test_a_hook_that_husky_4_writes_anew_is_left_to_its_configuration(shop: Path) -> None:
    hook = shop / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    text = '#!/bin/sh\n# husky\n\n# Created by Husky v4.3.8 (https://github.com/typicode/husky#readme)\n\n. "$(dirname "$0")/husky.sh"\n'
    hook.write_text(text)
    assert "husky 4" in init(shop).stdout
    assert hook.read_text() == text


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_the_hook_says_when_driftline_is_missing(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    init(shop)
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path_factory.mktemp("home"))}
    done = subprocess.run([shop / ".git" / "hooks" / "pre-commit"], env=bare, cwd=shop, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "nothing was judged: pipx install driftline" in done.stderr


def test_settings_that_nobody_changed_go_although_the_project_has_changed(shop: Path) -> None:
    init(shop, "--no-hook")
    (shop / ".env.staging").write_text("A_NAME=2\n")
    assert "Removed driftline.toml" in init(shop, "--remove").stdout
    assert not (shop / "driftline.toml").exists()


@pytest.mark.parametrize("line", ['# origins = ["https://shop.example"]', "# ask Ann", '# kind = "demo"'])
def test_settings_with_a_comment_of_the_users_stay(shop: Path, line: str) -> None:
    init(shop, "--no-hook")
    path = shop / "driftline.toml"
    path.write_text(path.read_text() + line + "\n")
    assert "it is yours" in init(shop, "--remove").stdout


@pytest.mark.parametrize("arguments", [(), ("--remove",)])
def test_a_folder_that_is_not_there_is_said_once(shop: Path, arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "driftline", "init", *arguments, "nowhere"]
    done = subprocess.run(command, cwd=shop, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("nowhere") == 1


def test_the_tools_own_step_is_named_both_ways(shop: Path) -> None:
    (shop / "package.json").write_text('{"name": "shop", "simple-git-hooks": {"pre-commit": "npm test"}}\n')
    assert "run `npx simple-git-hooks`" in init(shop).stdout
    assert "run `npx simple-git-hooks`" in init(shop, "--remove").stdout
    (shop / "package.json").write_text('{"name": "shop"}\n')
    (shop / "lefthook.yml").write_text("pre-push:\n  jobs:\n  - run: npm test\n")
    assert "run `lefthook install`" in init(shop).stdout
