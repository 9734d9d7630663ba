"""A glance passes only what the audit would pass: held over every fixture and every kind of key, and as a real process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftline import code, formats, glance
from driftline.bundle.scan import Texts
from driftline.code import _addresses
from driftline.knowledge import catalog
from tests import keys
from tests.project.trees import repository, write
from tests.projects import FIXTURES, git, patterns

BASE: dict[str, str | bytes] = {
    "package.json": '{"dependencies": {"next": "16"}}',
    ".env.production": "KNOWN=1\n",
    "lib/a.ts": "export const a = process.env.KNOWN!\n",
    "lib/b.ts": "export const b = 1\n",
    "lib/c.ts": 'export const c = ["ONE_NAME"]\n',
    "README.md": "# Words\n",
}
AUDITED = "declaration"  # the audit says how many it has read; a glance reads none


@pytest.fixture(scope="module")
def gate() -> glance._Gate:
    glance.prepare(patterns(), ())
    gate = glance._load(os.path.join(patterns(), f"glance-{glance._key()}"))
    assert gate is not None
    return gate


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = repository(tmp_path / "p", BASE, commit=True)
    assert commit(root) == (0, "")  # nothing is staged, and the cache is filled
    return root


def commit(root: Path, *arguments: str, cache: str | None = None) -> tuple[int, str]:
    """(exit code, which of the two looked: `glance`, `audit`, or "" for a commit of nothing)."""
    environment = {**os.environ, "XDG_CACHE_HOME": cache or os.path.dirname(patterns()), "HOME": str(root)}
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-m", "driftline", "commit", *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    return done.returncode, "glance" if "nothing staged" in said else "" if "Looked at 0 files" in said else "audit"


def fixture_files() -> Iterator[tuple[str, bytes]]:
    for path in sorted(FIXTURES.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            if b"{{" in content and b"\0" not in content:
                content = keys.expand(content.decode()).encode()
            yield path.relative_to(FIXTURES).as_posix(), content


# --- never more than the audit ------------------------------------------------------------------------------------------------


def test_every_source_is_known_by_its_name(gate: glance._Gate) -> None:
    for path, _ in fixture_files():
        if any(True for _ in formats.readers_of(path)):
            assert glance._SOURCE in gate.owners(path.encode()), path


def test_code_that_says_anything_to_the_audit_says_so_to_a_glance(gate: glance._Gate) -> None:
    told = silent = 0
    for path, content in fixture_files():
        if not code.is_code(path):
            continue
        owners = gate.owners(path.encode())
        assert owners, path
        survey = code.survey([code.CodeFile(path, content)])
        says = survey.references or survey.literals or survey.unread
        spoken = gate.speaks(owners, b"", content)
        assert spoken or not (says or survey.mentions), path
        told, silent = told + spoken, silent + (not spoken)
    assert told > 100
    assert silent > 10


def test_text_in_which_the_audit_finds_a_key_holds_one_for_a_glance(gate: glance._Gate) -> None:
    texts = {path: content for path, content in fixture_files() if b"\0" not in content[:8192]}
    looked = Texts(cache=patterns())
    found = {path for path, content in texts.items() if looked.sightings(path, content)}
    assert len(found) > 20
    assert not [path for path in found if not gate.holds_key(texts[path])]


def test_every_kind_of_key_holds_for_a_glance(gate: glance._Gate) -> None:
    texts = {kind.name: f'export const it = "{keys.example(kind)}";\n'.encode() for kind in catalog.load().keys}
    looked = Texts(cache=patterns())
    found = {path for path, content in texts.items() if looked.sightings(path, content)}
    assert len(found) > 100
    assert not [name for name in found if not gate.holds_key(texts[name])]


def test_every_trace_of_every_language_and_of_addresses_counts(gate: glance._Gate) -> None:
    for extension, language in code.languages().items():
        owners = gate.owners(f"lib/a{extension}".encode() if extension.startswith(".") else extension.encode())
        for trace in code.traces(language):
            assert gate.speaks(owners, b"", b"x = " + trace + b"\n"), (language, trace)
    for trace in _addresses.TRACES:
        assert gate.speaks(gate.owners(b"lib/a.ts"), b"", b"const x = '" + trace + b"'\n"), trace


# --- what it passes, as a process ---------------------------------------------------------------------------------------------


def test_what_speaks_of_nothing_passes(project: Path) -> None:
    write(project, {"lib/b.ts": "export const b = 2\n", "README.md": "# More words\n", "public/logo.png": b"\x89PNG\0\0", "new/d.tsx": "1"})
    git(project, "add", "--all")
    assert commit(project) == (0, "glance")
    assert commit(project, "lib/b.ts", "README.md") == (0, "glance")
    assert commit(project, "--verbose") == (0, "audit")


def test_the_beginning_of_a_key_is_no_key(project: Path, gate: glance._Gate) -> None:
    text = "export const isLive = (key: string) => key.startsWith('sk_live_') && !['a', 'b'].join('').includes(key)\n"
    assert gate.holds_key(text.encode())
    write(project, {"lib/b.ts": text})
    git(project, "add", "--all")
    assert commit(project) == (0, "glance")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("lib/b.ts", "export const b = process.env.OTHER!\n"),
        ("lib/a.ts", "export const a = 1\n"),  # the read is taken away
        ("lib/c.ts", 'export const c = ["ANOTHER_NAME"]\n'),
        ("lib/c.ts", "export const c = []\n"),
        ("lib/b.ts", 'export const link = { success_url: "/done" }\n'),
        ("README.md", "a key: {{stripe.secret key.live}}\n"),
        (".env.example", "OTHER=\n"),
        ("package.json", '{"dependencies": {"next": "16", "stripe": "20"}}'),
        ("public/.npmrc", "a=1\n"),
        ("driftline.toml", ""),
    ],
)
def test_what_may_matter_is_audited(project: Path, path: str, text: str) -> None:
    write(project, {path: keys.expand(text)})
    git(project, "add", "--all")
    assert commit(project)[1] == "audit"


def test_a_name_that_stays_is_no_news(project: Path) -> None:
    write(project, {"lib/c.ts": 'export const c = ["ONE_NAME"]\n// and a comment\n'})
    git(project, "add", "--all")
    assert commit(project) == (0, "glance")


def test_code_that_says_of_variables_what_it_said_passes(project: Path) -> None:
    write(project, {"lib/a.ts": "import './b'\n\nexport const a = process.env.KNOWN!\nexport const more = 1\n"})
    git(project, "add", "--all")
    assert commit(project) == (0, "glance")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("process.env.KNOWN!", "process.env.KNOWN ?? ''"),
        ("process.env.KNOWN ?? 'one'", "process.env.KNOWN ?? 'two'"),
        ("process.env.KNOWN\n", "process.env.KNOWN\nif (!a) throw new Error('absent')\n"),
        ("process.env.KNOWN!", "process.env.KNOWN! // driftline: ignore[missing-variable] set by hand"),
        ("process.env.KNOWN!", "process.env.KNOWN!\nexport const link = { success_url: 'http://localhost:3000/done' }"),
        ("process.env.KNOWN!\nexport const b = ['ONE_NAME']", "process.env.KNOWN!\nexport const b = []"),
    ],
)
def test_code_that_says_something_else_of_variables_is_audited(project: Path, before: str, after: str) -> None:
    write(project, {"lib/a.ts": f"export const a = {before}\n"})
    git(project, "commit", "-q", "-a", "-m", "before", "--allow-empty")
    write(project, {"lib/a.ts": f"export const a = {after}\n"})
    git(project, "add", "--all")
    assert commit(project)[1] == "audit"


WORKFLOW = "on: push\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    environment: production\n    env:\n      KNOWN: one\n    steps:\n      - run: npm run build\n"


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("package.json", '{"dependencies": {"next": "16"}}', '{"version": "2.0.0", "dependencies": {"next": "17"}, "devDependencies": {}}'),
        ("package.json", '{"scripts": {"a": "KNOWN=1 b"}}', '{\n  "license": "MIT",\n  "scripts": {"a": "KNOWN=1 b"}\n}'),
        (
            ".github/workflows/ci.yml",
            WORKFLOW,
            WORKFLOW.replace("run: npm", "run: npm test; npm").replace("on: push\n", "# On each push\non: push\n"),
        ),
        ("Dockerfile", "FROM node:22\nENV KNOWN=1\nRUN make\n", "FROM node:24\n\nENV KNOWN=1\nRUN make all\n"),
        ("vercel.json", '{"env": {"KNOWN": "1"}}', '{"crons": [], "env": {"KNOWN": "1"}}'),
    ],
)
def test_a_source_that_says_what_it_said_passes(project: Path, path: str, before: str, after: str) -> None:
    write(project, {path: before})
    git(project, "add", "--all")
    git(project, "commit", "-q", "-m", "before", "--allow-empty")
    write(project, {path: after})
    git(project, "add", "--all")
    assert commit(project) == (0, "glance")


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("package.json", '{"dependencies": {"next": "16"}}', '{"dependencies": {}}'),
        # Another major version of Vite reads env files otherwise.
        ("package.json", '{"dependencies": {"vite": "7"}}', '{"dependencies": {"vite": "8"}}'),
        ("package.json", '{"name": "a"}', '{"name": "b"}'),
        ("package.json", '{"scripts": {"start": "next start"}}', '{"scripts": {"start": "node server.js"}}'),
        ("package.json", '{"scripts": {"dev": "KNOWN=1 next dev"}}', '{"scripts": {"dev": "KNOWN=2 next dev"}}'),
        ("package.json", '{"dependencies": {"next": "16"}}', '{"dependencies": {"next": "17"'),
        (".github/workflows/ci.yml", WORKFLOW, WORKFLOW.replace("KNOWN: one", "KNOWN: two")),
        (".github/workflows/ci.yml", WORKFLOW, WORKFLOW.replace("KNOWN:", "OTHER:")),
        (".github/workflows/ci.yml", WORKFLOW, WORKFLOW + "# driftline: ignore[missing-variable] set by hand\n"),
        (".github/workflows/ci.yml", WORKFLOW, "on: [\n"),
        ("Dockerfile", "FROM node\nENV KNOWN=1\n", "FROM node\nARG KNOWN=1\n"),
        (".env.production", "KNOWN=1\n", "# One\nKNOWN=1\n"),
        ("vercel.json", '{"env": {"KNOWN": "1"}}', '{"build": {"env": {"KNOWN": "1"}}}'),
        ("vercel.json", '{"env": {"KNOWN": "1"}}', None),
        ("vercel.json", None, "{}"),
    ],
)
def test_a_source_that_says_something_else_is_audited(project: Path, path: str, before: str | None, after: str | None) -> None:
    for text in (before, after):
        git(project, "commit", "-q", "-m", "before", "--allow-empty")
        if text is not None:
            write(project, {path: text})
        elif (project / path).exists():
            (project / path).unlink()
        git(project, "add", "--all")
    assert commit(project)[1] == "audit"


@pytest.mark.parametrize("path", ["deploy/app.conf", "deploy/web", "run.sh"])
def test_what_configuration_may_call_an_env_file_is_audited_where_it_declares_something_else(project: Path, path: str) -> None:
    write(project, {path: "one\n"})
    git(project, "add", "--all")
    assert commit(project) == (0, "glance")
    write(project, {path: "one\nKNOWN=1\n"})
    git(project, "add", "--all")
    assert commit(project)[1] == "audit"
    git(project, "commit", "-q", "-m", "before")
    git(project, "rm", "-q", path)
    assert commit(project)[1] == "audit"


def test_prose_may_show_an_env_file(project: Path) -> None:
    write(project, {"README.md": "# Words\n\nKNOWN=1\n"})
    git(project, "add", "--all")
    assert commit(project) == (0, "glance")


def test_a_read_that_is_deleted_is_audited_and_words_that_are_deleted_are_not(project: Path) -> None:
    git(project, "rm", "-q", "README.md")
    assert commit(project) == (0, "glance")
    git(project, "rm", "-q", "lib/a.ts")
    assert commit(project)[1] == "audit"


def test_the_staged_content_counts_and_not_the_work_tree(project: Path) -> None:
    write(project, {"lib/b.ts": "export const b = 2\n"})
    git(project, "add", "--all")
    write(project, {"lib/b.ts": "export const b = process.env.OTHER!\n"})
    assert commit(project) == (0, "glance")
    git(project, "add", "--all")
    write(project, {"lib/b.ts": "export const b = 2\n"})
    assert commit(project) == (1, "audit")


def test_files_that_are_not_staged_are_left_to_the_audit(project: Path) -> None:
    write(project, {"lib/b.ts": "export const b = 2\n"})
    git(project, "add", "--all")
    assert commit(project, "lib/a.ts")[1] == "audit"
    assert commit(project, "README.md", "lib/b.ts")[1] == "audit"


def test_settings_are_read_before_anything_passes(project: Path) -> None:
    write(project, {"driftline.toml": 'exclude = ["legacy/*"]\n'})
    git(project, "add", "--all")
    git(project, "commit", "-q", "-m", "settings")
    write(project, {"lib/b.ts": "export const b = 2\n"})
    git(project, "add", "--all")
    assert commit(project) == (0, "audit")
    assert commit(project) == (0, "glance")
    write(project, {"driftline.toml": '[environments.staging]\nsources = ["deploy/staging.txt"]\n'})
    assert commit(project) == (0, "audit")
    assert commit(project) == (0, "glance")
    write(project, {"deploy/staging.txt": "KNOWN=1\n"})
    git(project, "add", "deploy")
    assert commit(project)[1] == "audit"
    git(project, "rm", "-q", "--cached", "deploy/staging.txt")
    assert commit(project) == (0, "glance")
    write(project, {"driftline.toml": "exclud = []\n"})
    assert commit(project) == (2, "audit")
    assert commit(project) == (2, "audit")


@pytest.mark.parametrize("damage", [b"", b"driftline glance 1\n", b"half", None])
def test_a_cache_that_is_damaged_or_absent_costs_time_only(project: Path, tmp_path: Path, damage: bytes | None) -> None:
    write(project, {"lib/b.ts": "export const b = 2\n"})
    git(project, "add", "--all")
    cache = tmp_path / "cache"
    (cache / "driftline").mkdir(parents=True)
    (whole,) = Path(patterns()).glob(f"glance-{glance._key()}")
    if damage is not None:
        content = whole.read_bytes()
        (cache / "driftline" / whole.name).write_bytes(content[: len(content) // 2] if damage == b"half" else damage)
    assert commit(project, cache=str(cache)) == (0, "audit")
    assert commit(project, cache=str(cache)) == (0, "glance")


def test_conflicts_links_and_a_first_commit_are_left_to_the_audit(project: Path, tmp_path: Path) -> None:
    (project / "link.ts").symlink_to("lib/b.ts")
    git(project, "add", "--all")
    assert commit(project)[0] == 0
    git(project, "reset", "-q", "--hard")
    git(project, "checkout", "-q", "-b", "other")
    for branch, text in (("other", "one\n"), ("main", "two\n")):
        git(project, "checkout", "-q", branch)
        write(project, {"README.md": text})
        git(project, "commit", "-q", "-a", "-m", branch)
    with pytest.raises(subprocess.CalledProcessError):
        git(project, "merge", "other")
    assert commit(project)[1] != "glance"
    fresh = repository(tmp_path / "fresh", {"README.md": "words\n"})
    git(fresh, "add", "--all")
    assert commit(fresh)[1] == "audit"


def test_a_folder_inside_and_another_repository_around_are_left_to_the_audit(project: Path) -> None:
    write(project, {"lib/b.ts": "export const b = 2\n"})
    git(project, "add", "--all")
    assert commit(project / "lib")[1] == "audit"
    (project / "new").mkdir()
    (project / "new" / ".git").mkdir()
    assert commit(project / "new")[1] != "glance"
