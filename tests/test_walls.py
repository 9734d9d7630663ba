"""The walls of the house stand: each import contract stops a violation, values are opened in few rooms, and at run time there is no network."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
import tomli

from tests.project.trees import write
from tests.projects import FIXTURES, ROOT, git, make, patterns

PACKAGE = ROOT / "src" / "driftline"
PYPROJECT = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["name"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}
MODULES = sorted(PACKAGE.rglob("*.py"))

# --- each contract stops a violation ------------------------------------------------------------------------------------------

ONE_WAY = "The rooms build on one another in one direction"
STEPS = "The steps to an environment know nothing of one another"
JUDGE = "Rules judge facts: no file, process or network"
APART = "Rules never import one another"
PRINT = "Reports print what they are given"
OFFLINE = "Nothing opens a network connection"

# Module, the import that must not stand in it, and the contract that forbids it.
OFFENCES = (
    ("model.py", "import driftline.knowledge.catalog", ONE_WAY),
    ("knowledge/identify.py", "from driftline import formats", ONE_WAY),
    ("loaders/npm.py", "from driftline.project import git", ONE_WAY),
    ("formats/dotenv.py", "import driftline.environments", ONE_WAY),
    ("project/settings.py", "from driftline import suppress", ONE_WAY),
    ("code/javascript.py", "import driftline.rules.phrases", ONE_WAY),
    ("suppress.py", "from driftline import audit", ONE_WAY),
    ("environments/cells.py", "import driftline.audit", ONE_WAY),
    ("environments/cells.py", "from driftline.environments import variables", STEPS),
    ("environments/drafts.py", "import driftline.environments.env_files", STEPS),
    ("bundle/engine.py", "import driftline.reports.text", ONE_WAY),
    ("audit.py", "from driftline import cli", ONE_WAY),
    ("staged.py", "import driftline.__main__", ONE_WAY),
    ("rules/drift/unused_variable.py", "import os", JUDGE),
    ("rules/credentials/shared_secret.py", "from pathlib import Path", JUDGE),
    ("rules/phrases.py", "import subprocess", JUDGE),
    ("rules/exposure/committed_env_file.py", "from driftline.project import git", JUDGE),
    ("rules/callbacks/local_callback.py", "import driftline.loaders.npm", JUDGE),
    ("rules/review/rls_disabled.py", "from driftline.code import javascript", JUDGE),
    ("rules/drift/unused_variable.py", "from driftline.rules.drift import near_miss_name", APART),
    ("rules/drift/unused_variable.py", "import driftline.rules.credentials.shared_secret", APART),
    ("reports/text.py", "from driftline import rules", PRINT),
    ("reports/_app.py", "import driftline.project.files", PRINT),
    ("reports/sarif.py", "import subprocess", PRINT),
    ("cli.py", "import socket", OFFLINE),
    ("bundle/scan.py", "import ssl", OFFLINE),
    ("project/git.py", "from http.client import HTTPConnection", OFFLINE),
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package's code with its contracts, to break in."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(
        PACKAGE, folder / "driftline", ignore=lambda _, names: [name for name in names if "." in name and not name.endswith(".py")]
    )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def broken(house: Path) -> list[str]:
    """The names of the contracts that do not hold."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=house, capture_output=True, text=True, check=False)
    found = re.findall(r"^(.*) BROKEN", done.stdout, re.MULTILINE)
    assert done.returncode == bool(found), done.stdout + done.stderr
    return found


def test_the_walls_hold(house: Path) -> None:
    assert broken(house) == []


@pytest.mark.parametrize(("module", "offence", "contract"), OFFENCES, ids=[f"{module} {offence}" for module, offence, _ in OFFENCES])
def test_each_wall_stops_a_violation(house: Path, module: str, offence: str, contract: str) -> None:
    path = house / "driftline" / module
    honest = path.read_text(encoding="utf-8")
    path.write_text(f"{honest}\n\ndef _offence() -> None:\n    {offence}\n", encoding="utf-8")
    try:
        assert contract in broken(house)
    finally:
        path.write_text(honest, encoding="utf-8")


def test_every_contract_is_tried() -> None:
    assert {contract for _, _, contract in OFFENCES} == set(CONTRACTS)


def test_no_room_and_no_rule_is_left_outside_the_walls() -> None:
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    layers = {room.strip().removeprefix("driftline.") for layer in CONTRACTS[ONE_WAY]["layers"] for room in layer.split("|")}
    assert rooms - {"__init__"} == layers
    judging = {
        f"driftline.rules.{path.stem}" for path in (PACKAGE / "rules").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    # `rules` itself reads its folder, and its pages are read out by the command line.
    assert judging - {"driftline.rules.__init__", "driftline.rules.pages"} == set(CONTRACTS[JUDGE]["source_modules"])
    groups = {f"{name}.*" for name in judging if (PACKAGE / "rules" / name.rpartition(".")[2]).is_dir()}
    assert set(CONTRACTS[APART]["modules"]) == groups


# --- what stands in the code --------------------------------------------------------------------------------------------------


@cache
def trees() -> list[tuple[str, ast.Module]]:
    return [(path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_bytes())) for path in MODULES]


def test_values_are_opened_by_loaders_identification_and_the_bundle_engine_only() -> None:
    allowed = ("loaders/", "bundle/", "knowledge/identify.py", "model.py")
    opening = {
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("reveal", "_Secret__value")
    }
    opening |= {
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in ("reveal", "_Secret__value")
    }
    assert {name for name in opening if not name.startswith(allowed)} == set()
    assert {"loaders/__init__.py", "knowledge/identify.py"} <= opening, "the search finds what it looks for"


# Modules that open connections, or run others' code; urllib.parse and html.entities are tables.
_NETWORK = ("socket", "ssl", "http", "urllib.request", "urllib.robotparser", "ftplib", "smtplib", "poplib", "imaplib", "nntplib", "telnetlib", "xmlrpc",
            "asyncio", "socketserver", "requests", "httpx", "aiohttp", "urllib3", "webbrowser", "multiprocessing")  # fmt: skip
_RUNNING = ("pickle", "marshal", "shelve", "runpy", "code", "pty", "ctypes", "imp")
# The one place that copies this process, and reads what its copy wrote into a pipe that nobody else holds.
_COPYING = "bundle/workers.py"


def imports(tree: ast.Module) -> set[str]:
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_no_module_of_the_network_and_none_that_runs_code_is_imported() -> None:
    for name, tree in trees():
        for module in imports(tree) - ({"pickle"} if name == _COPYING else set()):
            assert not any(module == word or module.startswith(word + ".") for word in (*_NETWORK, *_RUNNING)), f"{name}: {module}"


def test_nothing_is_evaluated_and_programs_are_started_in_one_place() -> None:
    starting = set()
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "compile", "__import__", "input", "breakpoint"), f"{name}:{node.lineno}"
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
                copies = name == _COPYING and node.attr == "fork"
                assert copies or not re.match(r"system|popen|exec|spawn|posix_spawn|fork|startfile", node.attr), f"{name}:{node.lineno}"
            if isinstance(node, ast.keyword) and node.arg == "shell":
                raise AssertionError(f"{name}:{node.lineno}: a shell")
            # Loaders that build objects of a text's choosing.
            if isinstance(node, ast.Attribute) and node.attr in ("unsafe_load", "full_load", "UnsafeLoader", "FullLoader"):
                raise AssertionError(f"{name}:{node.lineno}: {node.attr}")
        if "subprocess" in imports(tree):
            starting.add(name)
    assert starting <= {"project/git.py", "project/index.py", "glance.py"}, "git is asked here, and nothing else is started anywhere"


def test_only_the_command_line_prints_exits_or_reads_the_process_environment() -> None:
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                assert name in ("cli.py", "console.py", "__main__.py"), f"{name}:{node.lineno}"
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and (node.value.id, node.attr) in (("os", "environ"), ("os", "getenv"))
            ):
                # Git gets the environment of whoever started us, and is found on its PATH.
                assert name in ("cli.py", "console.py", "__main__.py", "project/git.py", "project/inert.py", "glance.py"), (
                    f"{name}:{node.lineno}"
                )


def test_every_library_is_declared() -> None:
    declared = {re.split(r"[^A-Za-z0-9_.-]", line, maxsplit=1)[0] for line in PYPROJECT["project"]["dependencies"]}
    for extra in PYPROJECT["project"]["optional-dependencies"].values():
        declared |= {re.split(r"[^A-Za-z0-9_.-]", line, maxsplit=1)[0] for line in extra}
    known = {re.sub(r"[-_.]+", "-", name).lower() for name in declared}
    used = {module.partition(".")[0] for _, tree in trees() for module in imports(tree)}
    outside = used - set(sys.stdlib_module_names) - {"driftline"} - {"sre_constants", "sre_parse"}
    owners = metadata.packages_distributions()
    # Libraries that a declared one brings along and is made of.
    carried = {"gibberish_detector": "detect-secrets", "markupsafe": "jinja2"}
    for module in sorted(outside):
        distributions = {re.sub(r"[-_.]+", "-", name).lower() for name in (*owners.get(module, (module,)), carried.get(module, ""))}
        assert distributions & known, f"{module} is of {distributions}, which pyproject.toml does not name"


# --- what happens at run time -------------------------------------------------------------------------------------------------

_WATCHED = r"""
import json, os, sys
root, cache = sys.argv[1:3]
seen = []
allowed = [os.path.realpath(path) + os.sep for path in (cache, os.path.join(root, "out"))]

def watch(event, given):
    if event.startswith(("socket.", "urllib.", "http.", "ftplib.", "smtplib.")) or event in ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn", "os.startfile"):
        seen.append([event, [repr(word)[:200] for word in given]])
    elif event == "subprocess.Popen":
        if os.path.basename(str(given[0])) != "git" or not os.path.isabs(str(given[0])):
            seen.append([event, [repr(given[0])]])
    elif event == "open" and isinstance(given[0], (str, bytes)):
        writes = (isinstance(given[1], str) and set(given[1]) & set("wax+")) or (isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        if writes and os.fsdecode(given[0]) != os.devnull and not os.path.realpath(os.fsdecode(given[0])).startswith(tuple(allowed)):
            seen.append([event, [repr(given[0])]])
    elif event in ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.chown", "os.link", "os.symlink", "os.truncate", "os.utime", "shutil.rmtree"):
        if not all(os.path.realpath(os.fsdecode(path)).startswith(tuple(allowed)) for path in given if isinstance(path, (str, bytes)) and path):
            seen.append([event, [repr(word)[:200] for word in given]])

from driftline import cli
sys.addaudithook(watch)
os.chdir(root)
codes = {}
for line in json.loads(sys.argv[3]):
    with open(os.path.join(root, "out", "printed"), "w") as printed:
        sys.stdout = printed
        codes[" ".join(line)] = cli.run(line)
        sys.stdout = sys.__stdout__
network = sorted(set(sys.modules) & {"socket", "_socket", "ssl", "_ssl", "http.client", "http.server", "urllib.request", "asyncio", "ftplib", "smtplib", "requests", "multiprocessing"})
print(json.dumps({"seen": seen, "codes": codes, "network": network}))
"""

COMMANDS = (
    *(
        ["check", "--format", name, "--format", f"{name}=out/{name}"]
        for name in ("text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html")
    ),
    ["check", "--env", "production", "--verbose"],
    ["check", "--env-file", "production=.env.local"],
    ["check", "--bundle", "dist"],
    ["commit"],
    ["commit", "lib/stripe.ts"],
    ["predeploy", "--env", "production"],
    ["predeploy", "--env", "production", "--bundle", "dist"],
    ["bundle", "dist"],
    ["bundle", "app.zip"],
    ["matrix", "--format", "json"],
    ["review"],
    ["baseline", "--baseline", "out/baseline.json"],
    ["explain", "missing-variable"],
    ["explain", "STRIPE_SECRET_KEY"],
    ["rules"],
)


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_no_command_opens_a_connection_starts_a_program_or_writes_elsewhere(tmp_path: Path) -> None:
    """Every command over the demo shop with a built bundle, watched by the interpreter's own audit hook."""
    root = make(FIXTURES / "demo-shop", tmp_path / "shop")
    git(root, "commit", "--quiet", "--message", "first")
    write(
        root,
        {
            "lib/new.ts": "export const n = process.env.NEW_ONE!\n",
            "dist/assets/index-B7x2kQ9a.js": "const a=1;" * 1000,
            "dist/index.html": "<html></html>",
        },
    )
    git(root, "add", "lib")
    shutil.make_archive(str(root / "app"), "zip", root / "dist")
    (root / "out").mkdir()
    # Patterns are compiled into the cache first, or taken from it; either is allowed.
    cache = os.path.dirname(patterns())
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED, str(root), cache, json.dumps(COMMANDS)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XDG_CACHE_HOME": cache, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads(done.stdout)
    assert result["seen"] == []
    assert result["network"] == []
    assert set(result["codes"].values()) <= {0, 1}, result["codes"]


# --- words that must not stand in the repository ------------------------------------------------------------------------------


def repository_texts() -> list[tuple[str, str]]:
    listed = git(ROOT, "ls-files", "-z").split("\0")
    found = []
    for name in listed:
        path = ROOT / name
        if name and path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if b"\0" not in content:
                found.append((name, content.decode("utf-8", "replace")))
    return found


# Written in parts, so that this file does not hold them.
_MACHINE = re.compile(
    "|".join(
        (
            "/wo" + r"rk/(?:main|shared|\.)",
            "/tm" + r"p/(?:venv|bash_jobs)",
            "/ro" + r"ot/\.(?:pyenv|cache)",
            "/op" + r"t/(?:wheels|pypi)",
            "issues" + " show ",
        )
    )
)
_RESOLVED = re.compile(r'"resolved": "https?://([^/"]+)|(?:index-url|find-links|registry)\s*[=:]\s*"?(?:https?|file)://([^/"\s]*)')
_PUBLIC = {"registry.npmjs.org", "registry.yarnpkg.com", "pypi.org", "files.pythonhosted.org"}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no checkout")
def test_the_repository_names_no_machine_and_no_private_registry() -> None:
    texts = repository_texts()
    assert len(texts) > 500
    for name, text in texts:
        found = _MACHINE.search(text)
        assert found is None, f"{name}: {found[0] if found else ''}"
        if not name.startswith("fixtures/"):
            hosts = {one or other for one, other in _RESOLVED.findall(text)} - {""}
            assert hosts <= _PUBLIC, f"{name}: {hosts - _PUBLIC}"
