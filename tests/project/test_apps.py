"""The apps of a project: workspaces of every tool, runtimes with an environment of their own, and whose env file reaches whom."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from driftline.model import Report, State
from tests.project.trees import app_of, check, repository, sources, write

Files = dict[str, str | bytes]


def package(name: str | None = None, *dependencies: str, **more: object) -> str:
    """A package.json; `dependencies` may say their version behind an `@`."""
    listed = {(word.rpartition("@")[0] or word): (word.rpartition("@")[2] if "@" in word[1:] else "*") for word in dependencies}
    return json.dumps({**({"name": name} if name else {}), "dependencies": listed, **more})


def apps(report: Report) -> dict[str, str | None]:
    return {app.path: app.framework for app in report.apps}


def reads(report: Report, app: str) -> set[str]:
    """The names that an app's code reads."""
    return {name for name, variable in app_of(report, app).variables.items() if variable.reads}


def missing(report: Report) -> set[tuple[str, str | None]]:
    return {(finding.app, finding.variable) for finding in report.findings if finding.rule == "missing-variable"}


# --- workspaces -------------------------------------------------------------------------------------------------------------

MEMBERS: Files = {
    "apps/web/package.json": package("web", "next", "@acme/db@workspace:*"),
    "apps/web/app/page.tsx": "process.env.WEB!",
    "apps/web/.env.production": "WEB=1\nDB=1\n",
    "apps/site/package.json": package("site", "astro"),
    "apps/site/src/a.ts": "import.meta.env.SITE",
    "packages/db/package.json": package("@acme/db", "@acme/log@workspace:*", exports={".": "./index.ts"}),
    "packages/db/index.ts": "process.env.DB!",
    "packages/log/package.json": package("@acme/log", main="index.js"),
    "packages/log/index.ts": "process.env.LOG!",
    "packages/lonely/package.json": package("@acme/lonely"),
    "packages/lonely/index.ts": "process.env.LONELY!",
}
TOOLS: dict[str, Files] = {
    "npm": {"package.json": package("root", workspaces=["apps/*", "packages/*"])},
    "yarn": {"package.json": package("root", workspaces={"packages": ["apps/*", "packages/*"]}), "yarn.lock": "# yarn lockfile v1\n"},
    "pnpm": {"package.json": package("root"), "pnpm-workspace.yaml": "packages:\n  - apps/*\n  - packages/*\n"},
    "turbo": {
        "package.json": package("root", "turbo", workspaces=["apps/*", "packages/*"]),
        "turbo.json": '{"tasks": {"build": {"env": ["WEB", "DB", "LOG"]}}}',
    },
    "nx": {"package.json": package("root", "nx", workspaces=["apps/*", "packages/*"]), "nx.json": "{}"},
    "lerna": {"package.json": package("root"), "lerna.json": '{"packages": ["apps/*", "packages/*"]}'},
    "none": {},
}


@pytest.mark.parametrize("tool", TOOLS)
def test_apps_of_a_workspace_and_the_code_each_runs(tmp_path: Path, tool: str) -> None:
    report = check(repository(tmp_path, {**TOOLS[tool], **MEMBERS}))
    assert report.unread == ()
    assert apps(report) == {"apps/web": "next", "apps/site": "astro"}
    assert reads(report, "apps/web") == {"WEB", "DB", "LOG"}, "its own code and that of the packages it depends on, however far"
    assert reads(report, "apps/site") == {"SITE"}
    assert missing(report) == {("apps/web", "LOG")}


def test_packages_that_need_one_another_are_read_once(tmp_path: Path) -> None:
    report = check(
        repository(
            tmp_path,
            {
                "apps/web/package.json": package("web", "next", "a"),
                "packages/a/package.json": package("a", "b"),
                "packages/a/a.ts": "process.env.A!",
                "packages/b/package.json": package("b", "a", "web"),
                "packages/b/b.ts": "process.env.B!",
            },
        )
    )
    assert apps(report) == {"apps/web": "next"}
    assert len(app_of(report, "apps/web").variables["A"].references) == 1
    assert reads(report, "apps/web") == {"A", "B"}


@pytest.mark.parametrize(
    ("script", "framework"),
    [
        ("tsc && vite build", "vite"),
        ("npx vite", "vite"),
        ('concurrently "vite" "tsx server.ts"', "vite"),
        ("vite-node x.ts", None),
        ("vitest", None),
    ],
)
def test_an_app_without_a_configuration_is_known_by_its_script(tmp_path: Path, script: str, framework: str | None) -> None:
    files: Files = {"package.json": package("web", "vite@6", scripts={"x": script}), "src/main.ts": "import.meta.env.VITE_A"}
    assert apps(check(repository(tmp_path, files))) == {".": framework}


def test_a_library_that_needs_a_framework_is_no_app(tmp_path: Path) -> None:
    files: Files = {
        "apps/web/package.json": package("web", "next", "@acme/ui"),
        "packages/ui/package.json": package("@acme/ui", "next", exports={".": "./index.tsx"}),
        "packages/ui/index.tsx": "process.env.UI!",
        "packages/kit/package.json": package("@acme/kit", "vite", types="index.d.ts"),
        "packages/kit/vite.config.ts": "",
    }
    report = check(repository(tmp_path / "p", files))
    assert apps(report) == {"apps/web": "next", "packages/kit": "vite"}, "what nothing imports stands for itself"
    assert reads(report, "apps/web") == {"UI"}
    report = check(repository(tmp_path / "q", {**files, "packages/ui/.env.example": "UI=\n"}))
    assert "packages/ui" in apps(report), "an env file of its own makes it an app"


def test_an_app_whose_types_others_import_stays_an_app(tmp_path: Path) -> None:
    report = check(
        repository(
            tmp_path,
            {
                "apps/web/package.json": package("web", "next", "@acme/api"),
                "apps/api/package.json": package("@acme/api", "hono", exports={"./types": "./types.ts"}),
                "apps/api/.env.production": "API=1\n",
                "apps/api/index.ts": "process.env.API!",
            },
        )
    )
    assert apps(report) == {"apps/web": "next", "apps/api": "hono"}


def test_examples_and_fixtures_are_no_apps(tmp_path: Path) -> None:
    folders = ("examples/next", "templates/a", "test/fixtures/app", "playground", "packages/a/__tests__/app", "e2e")
    members: Files = {f"{folder}/package.json": package(None, "next") for folder in folders}
    members |= {f"{folder}/.env.production": "A=1\n" for folder in folders}
    report = check(
        repository(tmp_path, {"package.json": package(None, "next"), "a.ts": "process.env.A!", ".env.production": "B=1\n", **members})
    )
    assert apps(report) == {".": "next"}
    assert missing(report) == {(".", "A")}


def test_a_project_without_a_manifest_is_one_app(tmp_path: Path) -> None:
    report = check(repository(tmp_path, {"deep/down/a.js": "process.env.A", ".env.production": "A=1\n"}))
    assert apps(report) == {".": None}
    assert app_of(report).loader == "dotenv"


# --- Python -----------------------------------------------------------------------------------------------------------------


def test_a_workspace_of_uv(tmp_path: Path) -> None:
    report = check(
        repository(
            tmp_path,
            {
                "pyproject.toml": '[project]\nname = "root"\n[tool.uv.workspace]\nmembers = ["packages/*", "services/*"]\n',
                "services/api/pyproject.toml": '[project]\nname = "api"\ndependencies = ["fastapi>=0.110", "acme_store"]\n[tool.uv.sources]\nacme-store = { workspace = true }\n',
                "services/api/main.py": 'import os\nos.environ["API"]\n',
                "services/api/.env.production": "STORE=1\n",
                "packages/store/pyproject.toml": '[project]\nname = "Acme.Store"\n',
                "packages/store/store.py": 'import os\nos.environ["STORE"]\n',
            },
        )
    )
    assert apps(report) == {"services/api": "fastapi"}
    assert app_of(report, "services/api").runtime == "python"
    assert reads(report, "services/api") == {"API", "STORE"}
    assert missing(report) == {("services/api", "API")}


def test_a_workspace_of_poetry(tmp_path: Path) -> None:
    report = check(
        repository(
            tmp_path,
            {
                "services/api/pyproject.toml": '[tool.poetry]\nname = "api"\n[tool.poetry.dependencies]\npython = "^3.12"\nflask = "^3"\n[tool.poetry.group.main.dependencies]\nacme-store = { path = "../../packages/store" }\n',
                "services/api/main.py": 'import os\nos.environ["API"]\n',
                "packages/store/pyproject.toml": '[tool.poetry]\nname = "acme_store"\n',
                "packages/store/store.py": 'import os\nos.environ["STORE"]\n',
            },
        )
    )
    assert apps(report) == {"services/api": "flask"}
    assert reads(report, "services/api") == {"API", "STORE"}


@pytest.mark.parametrize(
    ("files", "framework"),
    [
        ({"requirements.txt": "Django==5.2 # web\n"}, "django"),
        ({"requirements.txt": "-r base.txt\nuvicorn[standard]\nfastapi[all]>=0.1; python_version > '3'\n"}, "fastapi"),
        ({"Pipfile": '[packages]\nflask = "*"\n'}, "flask"),
        ({"manage.py": ""}, "django"),
        ({"manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'x')\n"}, "django"),
        ({"manage.py": "from shop.cli import manager\nmanager()\n", "pyproject.toml": '[project]\ndependencies = ["flask"]\n'}, "flask"),
        ({"pyproject.toml": '[dependency-groups]\nweb = ["Flask", {include-group = "x"}]\n'}, "flask"),
        ({"pyproject.toml": '[project.optional-dependencies]\nweb = ["starlette"]\n'}, "starlette"),
    ],
)
def test_frameworks_of_python_in_every_manifest(tmp_path: Path, files: Files, framework: str) -> None:
    report = check(repository(tmp_path, {**files, "a.py": 'import os\nos.environ["A"]\n'}))
    assert apps(report) == {".": framework}


@pytest.mark.parametrize(
    "text",
    [
        'project = 1\ntool = 2\n"dependency-groups" = 3\n',
        '[project]\nname = 1\ndependencies = 5\n"optional-dependencies" = "x"\n',
        '[project]\ndependencies = [1, {}, "", "=="]\n[project.optional-dependencies]\na = 1\nb = "flask"\n',
        '"dependency-groups" = [1]\n',
        "[tool]\npoetry = 1\n",
        "[tool.poetry]\ndependencies = 5\ngroup = [1]\n",
        "[tool.poetry.group]\na = 1\n",
    ],
)
def test_a_manifest_of_odd_types_is_read_as_far_as_it_goes(tmp_path: Path, text: str) -> None:
    report = check(repository(tmp_path, {"pyproject.toml": text, "a.py": 'import os\nos.environ["A"]\n', ".env.production": "B=1\n"}))
    assert report.unread == ()
    assert missing(report) == {(".", "A")}


@pytest.mark.parametrize(
    "text",
    [
        '{"version": ' + "9" * 5000 + "}",
        "[]",
        '"x"',
        "null",
        '{"dependencies": 1}',
        '{"dependencies": ["next"]}',
        '{"name": 1, "scripts": 2, "exports": []}',
        '{"scripts": {"start": {}}}',
    ],
    ids=lambda text: text[:30],
)
def test_a_package_of_odd_types(tmp_path: Path, text: str) -> None:
    report = check(repository(tmp_path, {"package.json": text, "a.ts": "process.env.A!", ".env.production": "B=1\n"}))
    assert missing(report) == {(".", "A")}
    assert [unread.path for unread in report.unread] == ([] if text.startswith("{") else ["package.json"])


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("package.json", '{"name": \n  oops}', 2),
        ("package.json", "[" * 100_000, None),
        ("package.json", "", 1),
        ("pyproject.toml", "a = b", 1),
        ("pyproject.toml", f"a = {'9' * 5000}", None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_broken_manifest_is_told_with_its_line(tmp_path: Path, name: str, text: str, line: int | None) -> None:
    report = check(repository(tmp_path, {f"apps/x/{name}": text, "a.ts": "process.env.A!", ".env.production": "B=1\n"}))
    assert [(unread.path, unread.line) for unread in report.unread] == [(f"apps/x/{name}", line)]
    assert missing(report) == {(".", "A")}


# --- runtimes with an environment of their own --------------------------------------------------------------------------------


VITE: Files = {
    "package.json": package(None, "vite"),
    "vite.config.ts": "",
    ".env": "VITE_URL=https://a.example\nAPI_TOKEN=1\n",
    "src/a.ts": "import.meta.env.VITE_URL",
}


def test_what_vite_declares_never_satisfies_a_supabase_function(tmp_path: Path) -> None:
    report = check(
        repository(
            tmp_path,
            {
                **VITE,
                ".env.production": "OPENAI_KEY=1\n",
                "supabase/functions/chat/index.ts": 'Deno.env.get("OPENAI_KEY")!; Deno.env.get("SUPABASE_URL")!',
                "supabase/functions/_shared/mail.ts": 'Deno.env.get("MAIL_KEY")!',
                "supabase/functions/.env": "MAIL_KEY=1\n",
            },
        )
    )
    assert apps(report) == {".": "vite", "supabase/functions": None}
    functions = app_of(report, "supabase/functions")
    assert (functions.runtime, functions.loader) == ("supabase-functions", "deno")
    assert reads(report, "supabase/functions") == {"OPENAI_KEY", "SUPABASE_URL", "MAIL_KEY"}
    assert functions.variables["OPENAI_KEY"].cells["production"].state is State.MISSING
    assert functions.variables["SUPABASE_URL"].injected
    assert sources(report, "local", "supabase/functions") == ["supabase/functions/.env"]
    assert sources(report, "production", "supabase/functions") == []
    assert any(unknown.app == "supabase/functions" and unknown.environment == "production" for unknown in report.unknown)
    assert ("supabase/functions", "OPENAI_KEY") not in missing(report), "what no file can tell is unknown"


def test_functions_of_a_workspace_member(tmp_path: Path) -> None:
    report = check(
        repository(
            tmp_path, {"apps/web/package.json": package("web", "next"), "apps/web/supabase/functions/a/index.ts": 'Deno.env.get("A")!'}
        )
    )
    assert apps(report) == {"apps/web": "next", "apps/web/supabase/functions": None}
    assert reads(report, "apps/web/supabase/functions") == {"A"}


def test_a_supabase_folder_without_functions_is_no_app(tmp_path: Path) -> None:
    report = check(
        repository(
            tmp_path, {**VITE, "supabase/functions/README.md": "", "supabase/functions/deno.json": "{}", "supabase/migrations/1.sql": ""}
        )
    )
    assert apps(report) == {".": "vite"}


def test_firebase_functions_are_an_app_of_their_own(tmp_path: Path) -> None:
    report = check(
        repository(
            tmp_path,
            {
                **VITE,
                "firebase.json": '{"functions": {"source": "functions"}}',
                "functions/package.json": package("functions", "firebase-functions", "firebase-admin", "express"),
                "functions/src/index.ts": "process.env.API_TOKEN!; process.env.GCLOUD_PROJECT",
                "functions/.env": "OTHER=1\n",
            },
        )
    )
    assert apps(report) == {".": "vite", "functions": "firebase"}
    functions = app_of(report, "functions")
    assert functions.loader == "firebase"
    assert functions.variables["API_TOKEN"].cells["production"].state is State.MISSING
    assert functions.variables["GCLOUD_PROJECT"].injected


def test_a_worker_in_a_folder_of_its_own(tmp_path: Path) -> None:
    report = check(
        repository(
            tmp_path,
            {
                **VITE,
                "worker/wrangler.jsonc": '{"name": "w", "vars": {"MODE": "x"}}',
                "worker/src/index.ts": "export default { fetch(r, env) { return process.env.API_TOKEN } }",
                "worker/.dev.vars": "API_TOKEN=1\n",
            },
        )
    )
    assert apps(report) == {".": "vite", "worker": None}
    worker = app_of(report, "worker")
    assert (worker.runtime, worker.loader) == ("workers", "wrangler")
    assert worker.variables["API_TOKEN"].cells["local"].state is State.SET
    assert worker.variables["API_TOKEN"].cells["production"].state is State.MISSING


@pytest.mark.parametrize(
    ("more", "is_app"),
    [
        ({"jobs/mailer/Dockerfile": "FROM node:22\n"}, True),
        ({"jobs/mailer/package.json": package("mailer", scripts={"start": "node dist/index.js"})}, True),
        ({"jobs/mailer/package.json": package("mailer", scripts={"start": "tsx src/index.ts"})}, True),
        ({"jobs/mailer/.env.production": "OTHER=1\n"}, True),
        ({"jobs/mailer/fly.toml": 'app = "mailer"\n'}, True),
        ({"jobs/mailer/package.json": package("mailer", scripts={"start": "node cli.js"}, bin={"mailer": "cli.js"})}, False),
        ({"jobs/mailer/package.json": package("mailer", scripts={"build": "tsc", "start": "tsc --watch"})}, False),
        ({}, False),
    ],
)
def test_a_job_that_is_deployed_by_itself(tmp_path: Path, more: Files, is_app: bool) -> None:
    base: Files = {**VITE, "jobs/mailer/package.json": package("mailer"), "jobs/mailer/index.ts": "process.env.API_TOKEN!"}
    report = check(repository(tmp_path, {**base, **more}))
    assert ("jobs/mailer" in apps(report)) is is_app
    if is_app:
        assert app_of(report, "jobs/mailer").variables["API_TOKEN"].cells["production"].state is State.MISSING


def test_a_container_of_compose_is_the_app_that_it_is_built_from(tmp_path: Path) -> None:
    report = check(
        repository(
            tmp_path,
            {
                **VITE,
                "worker/package.json": package("worker"),
                "worker/Dockerfile": "FROM node:22\n",
                "worker/index.ts": "process.env.QUEUE!",
                "compose.production.yml": "services:\n  jobs:\n    build: ./worker\n    environment:\n      QUEUE: q\n  db:\n    image: postgres\n    environment:\n      POSTGRES_DB: shop\n",
            },
        )
    )
    worker = app_of(report, "worker")
    assert worker.variables["QUEUE"].cells["production"].state is State.SET
    assert "POSTGRES_DB" not in worker.variables
    assert "QUEUE" not in app_of(report).variables


# --- whose env file reaches whom --------------------------------------------------------------------------------------------

SHARED: Files = {
    "package.json": package("root", workspaces=["apps/*"]),
    "apps/web/package.json": package("web", "next"),
    "apps/web/a.ts": "process.env.SHARED!",
    ".env.production": "SHARED=1\n",
}


def test_an_env_file_of_the_root_does_not_reach_an_app_by_itself(tmp_path: Path) -> None:
    report = check(repository(tmp_path, SHARED))
    assert apps(report) == {".": None, "apps/web": "next"}
    assert sources(report, "production", "apps/web") == []
    assert sources(report, "production") == [".env.production"]


@pytest.mark.parametrize(
    "script",
    [
        "dotenv -e ../../.env.production -- next build",
        "dotenvx run -f ../../.env.production -- next start",
        "node --env-file=../../.env.production x.js",
    ],
)
def test_it_reaches_the_app_whose_script_names_it(tmp_path: Path, script: str) -> None:
    report = check(repository(tmp_path, {**SHARED, "apps/web/package.json": package("web", "next", scripts={"build": script})}))
    assert sources(report, "production", "apps/web") == [".env.production"]
    because = app_of(report, "apps/web").environments[-1].because[".env.production"]
    assert "read by apps/web/package.json:1" in because
    assert app_of(report, "apps/web").variables["SHARED"].cells["production"].state is State.SET


def test_it_reaches_the_app_whose_settings_name_it(tmp_path: Path) -> None:
    text = '[apps."apps/web"]\nsources = [".env.production"]\n'
    report = check(repository(tmp_path, {**SHARED, "driftline.toml": text}))
    assert sources(report, "production", "apps/web") == [".env.production"]


def test_it_reaches_the_app_whose_container_reads_it(tmp_path: Path) -> None:
    compose = "services:\n  web:\n    build: apps/web\n    env_file: .env.production\n"
    report = check(repository(tmp_path, {**SHARED, "compose.yml": compose}))
    assert sources(report, "production", "apps/web") == [".env.production"]


def test_an_example_of_the_root_documents_every_app(tmp_path: Path) -> None:
    report = check(repository(tmp_path, {**SHARED, ".env.example": "SHARED=\n"}))
    assert [path for path, _ in app_of(report, "apps/web").variables["SHARED"].documented] == [".env.example"]
    assert not any(finding.rule == "undocumented-variable" for finding in report.findings)


def test_one_app_alone_can_be_judged(tmp_path: Path) -> None:
    root = repository(tmp_path, {**MEMBERS, "apps/site/.env.production": "OTHER=1\n"})
    whole = check(root)
    assert {finding.app for finding in whole.findings} >= {"apps/web", "apps/site"}
    alone = check(root, app="apps/web")
    assert set(apps(alone)) == {"apps/web"}
    assert {finding.app for finding in alone.findings} == {"apps/web"}
    assert len(alone.findings) == len([finding for finding in whole.findings if finding.app == "apps/web"])


def test_the_loader_that_the_settings_name(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "package.json": package(None, "next"),
            ".env.production": "A='x' # y\n",
            "driftline.toml": '[apps."."]\nloader = "python-dotenv"\n',
        },
    )
    assert app_of(check(root)).loader == "python-dotenv"
    assert app_of(check(root, loader="docker")).loader == "docker"
