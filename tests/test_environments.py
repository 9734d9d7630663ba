"""Which source speaks for which environment and why, what a cell really holds, and what stays unknown rather than missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from driftline import audit, cli, rules
from driftline.model import Authority, Cell, Kind, Misuse, Report, State
from driftline.project import settings
from tests.project.trees import TODAY, app_of, check, repository, sources, write
from tests.projects import patterns

Files = dict[str, str | bytes]

NEXT = '{"dependencies": {"next": "16"}}'
VITE: Files = {"package.json": '{"dependencies": {"vite": "7"}}', "vite.config.ts": ""}


def environments(report: Report, app: str = ".") -> dict[str, Kind]:
    return {environment.name: environment.kind for environment in app_of(report, app).environments}


def because(report: Report, environment: str, path: str, app: str = ".") -> str | None:
    found = app_of(report, app).environment(environment)
    return found.because.get(path) if found else None


def cell(report: Report, name: str, environment: str, app: str = ".") -> Cell:
    return app_of(report, app).variables[name].cells[environment]


def value(report: Report, name: str, environment: str) -> str | None:
    held = cell(report, name, environment).value
    return held.reveal() if held is not None else None


def missing(report: Report) -> set[tuple[str | None, str | None]]:
    return {(finding.environment, finding.variable) for finding in report.findings if finding.rule == "missing-variable"}


def notes(report: Report) -> str:
    return "\n".join(f"{note.location.path}: {note.note}" for note in report.notes)


# --- env files ----------------------------------------------------------------------------------------------------------------

IGNORED = "ignored"
TRACKED = "tracked"

# File, what git says of it, the environment it speaks for (None: every one, "": none) and the reason.
SPEAKERS = (
    (".env", TRACKED, None, "tracked by git, a base of every environment"),
    (".env", IGNORED, "local", "git ignores it"),
    (".env.local", IGNORED, "local", "file name .env.local"),
    (".env.local", TRACKED, "local", "file name .env.local"),
    (".env.production.local", IGNORED, "local", "file name .env.production.local"),
    (".env.staging.local", IGNORED, "local", "file name .env.staging.local"),
    (".env.development", TRACKED, "local", "file name .env.development"),
    (".env.dev", IGNORED, "local", "file name .env.dev"),
    (".env.test", TRACKED, "test", "file name .env.test"),
    (".env.production", TRACKED, "production", "file name .env.production"),
    (".env.production", IGNORED, "production", "file name .env.production"),
    (".env.prod", IGNORED, "production", "file name .env.prod"),
    (".env-production", TRACKED, "production", "file name .env-production"),
    ("production.env", TRACKED, "production", "file name production.env"),
    (".env.live", TRACKED, "production", "file name .env.live"),
    (".env.staging", IGNORED, "staging", "file name .env.staging"),
    (".env.stage", TRACKED, "staging", "file name .env.stage"),
    (".env.preview", IGNORED, "preview", "file name .env.preview"),
    (".env.qa", TRACKED, "qa", "file name .env.qa"),
    (".env.uat", TRACKED, "uat", "file name .env.uat"),
    (".env.production-eu", TRACKED, "production-eu", "file name .env.production-eu"),
    (".env.docker", TRACKED, "", ""),
    (".env.redis", IGNORED, "", ""),
    ("postgres.env", TRACKED, "", ""),
    ("env/.env.production", TRACKED, "production", "file name .env.production"),
    ("config/.env.staging", TRACKED, "staging", "file name .env.staging"),
    ("deep/down/.env.production", TRACKED, "", ""),
    (".dev.vars", IGNORED, "local", "file name .dev.vars"),
    (".env.example", TRACKED, "", ""),
    (".env.production.example", TRACKED, "", ""),
    (".vercel/.env.production.local", IGNORED, "production", "pulled from Vercel: .env.production.local"),
    (".vercel/.env.preview.local", IGNORED, "preview", "pulled from Vercel: .env.preview.local"),
    (".vercel/.env.development.local", IGNORED, "local", "pulled from Vercel: .env.development.local"),
)


@pytest.mark.parametrize(("path", "git", "environment", "why"), SPEAKERS, ids=[f"{path} {git}" for path, git, _, _ in SPEAKERS])
def test_which_environment_an_env_file_speaks_for(tmp_path: Path, path: str, git: str, environment: str | None, why: str) -> None:
    files: Files = {"package.json": "{}", "a.ts": "process.env.A!", ".env.staging": "B=1\n", path: "A=1\n"}
    report = check(repository(tmp_path, files | ({".gitignore": f"/{path}\n"} if git == IGNORED else {})))
    assert report.unread == ()
    spoken = {name for name in environments(report) if path in sources(report, name)}
    everywhere = {"local", "staging", "production"}
    assert spoken == (everywhere if environment is None else {environment} - {""})
    for name in spoken:
        assert because(report, name, path) == why
        assert value(report, "A", name) == "1"


def test_without_git_a_nameless_file_is_a_base(tmp_path: Path) -> None:
    report = check(write(tmp_path, {"a.ts": "process.env.A!", ".env": "A=1\n", ".env.production": "B=1\n"}))
    assert because(report, "production", ".env") == "not ignored by git, a base of every environment"
    assert value(report, "A", "production") == "1"
    ignored = check(write(tmp_path, {".gitignore": ".env\n"}))
    assert because(ignored, "local", ".env") == "git ignores it"
    assert cell(ignored, "A", "production").state is State.MISSING


KINDS = (
    ("local", Kind.LOCAL), ("development", Kind.LOCAL), ("dev", Kind.LOCAL), ("test", Kind.LOCAL), ("staging", Kind.PREVIEW), ("stage", Kind.PREVIEW),
    ("qa", Kind.PREVIEW), ("uat", Kind.PREVIEW), ("preview", Kind.PREVIEW), ("deploy-preview", Kind.PREVIEW), ("branch-deploy", Kind.PREVIEW),
    ("production", Kind.PRODUCTION), ("prod", Kind.PRODUCTION),
)  # fmt: skip


@pytest.mark.parametrize(("word", "kind"), KINDS)
def test_kinds_of_environments(tmp_path: Path, word: str, kind: Kind) -> None:
    found = environments(check(repository(tmp_path, {f".env.{word}": "A=1\n", "a.ts": "process.env.A"})))
    name = {"development": "local", "dev": "local", "stage": "staging", "prod": "production"}.get(word, word)
    assert found[name] is kind


def test_a_mode_that_the_framework_does_not_know_is_dead_and_still_evidence(tmp_path: Path) -> None:
    files: Files = {
        "package.json": NEXT,
        "a.ts": "process.env.A!; process.env.B!",
        ".env.preview": "A=1\n",
        ".env.production": "A=1\nB=1\n",
        ".env.test": "A=1\n",
    }
    report = check(repository(tmp_path, files))
    assert "Next.js never reads this file (its modes are development, production, test)" in notes(report)
    assert [note.location.path for note in report.notes] == [".env.preview"]
    assert ("preview", "B") in missing(report)


@pytest.mark.parametrize(
    "more",
    [VITE, {"package.json": '{"dependencies": {"next": "16"}, "scripts": {"p": "dotenv -e .env.preview -- next build"}}'}],
    ids=["vite", "script"],
)
def test_a_mode_that_something_reads_is_alive(tmp_path: Path, more: Files) -> None:
    report = check(repository(tmp_path, {**more, "a.ts": "process.env.A!", ".env.preview": "A=1\n"}))
    assert report.notes == ()


# --- platform files -----------------------------------------------------------------------------------------------------------

PLATFORMS: tuple[tuple[str, str, dict[str, str], str], ...] = (
    # File, text, what `A` is per environment, and a word of the reason.
    ("render.yaml", "services:\n- {type: web, name: x, envVars: [{key: A, value: p}]}\n", {"production": "p"}, "speaks for production"),
    ("fly.toml", 'app = "x"\n[env]\nA = "p"\n', {"production": "p"}, "speaks for production"),
    ("fly.staging.toml", 'app = "x"\n[env]\nA = "s"\n', {"staging": "s"}, "context staging"),
    ("wrangler.toml", 'name = "x"\n[vars]\nA = "p"\n[env.staging.vars]\nA = "s"\n', {"production": "p", "staging": "s"}, "speaks for production"),
    ("netlify.toml", '[build.environment]\nA = "b"\n[context.production.environment]\nA = "p"\n[context.deploy-preview.environment]\nB = "x"\n', {"production": "p", "deploy-preview": "b"}, "context production"),
    ("compose.yml", "services:\n  x:\n    build: .\n    environment: {A: l}\n", {"local": "l"}, "speaks for local"),
    ("compose.production.yml", "services:\n  x:\n    build: .\n    environment: {A: p}\n", {"production": "p"}, "context production"),
    ("docker-compose.prod.yml", "services:\n  x:\n    build: .\n    environment: {A: p}\n", {"production": "p"}, "context prod"),
    ("apphosting.yaml", "env:\n- {variable: A, value: p}\n", {"production": "p"}, "speaks for production"),
    ("apphosting.staging.yaml", "env:\n- {variable: A, value: s}\n", {"staging": "s"}, "context staging"),
    ("app.yaml", "runtime: nodejs22\nenv_variables:\n  A: p\n", {"production": "p"}, "speaks for production"),
    ("eas.json", '{"build": {"production": {"env": {"A": "p"}}, "preview": {"env": {"A": "s"}}}}', {"production": "p", "preview": "s"}, "context production"),
    (".envrc", "export A=l\n", {"local": "l"}, "speaks for local"),
    ("vercel.json", '{"env": {"A": "p"}}', {"production": "p"}, ""),
)  # fmt: skip


@pytest.mark.parametrize(("path", "text", "expected", "why"), PLATFORMS, ids=[path for path, *_ in PLATFORMS])
def test_which_environment_a_platform_file_speaks_for(tmp_path: Path, path: str, text: str, expected: dict[str, str], why: str) -> None:
    report = check(repository(tmp_path, {"package.json": "{}", "a.ts": "process.env.A!", path: text}))
    assert report.unread == ()
    held = {name: value(report, "A", name) for name in environments(report) if cell(report, "A", name).state is State.SET}
    assert held == held | expected
    assert set(held) - set(expected) <= {"preview", "local"}
    first = next(iter(expected))
    assert why in (because(report, first, path) or "")


def test_what_a_platform_keeps_elsewhere_is_not_missing(tmp_path: Path) -> None:
    files: Files = {"package.json": "{}", "a.ts": "process.env.A!; process.env.SECRET!", "fly.toml": 'app = "x"\n[env]\nA = "1"\n'}
    report = check(repository(tmp_path, files))
    found = app_of(report).environment("production")
    assert found is not None
    assert (found.authority, found.settled_by) == (Authority.PART, "fly secrets list --json")
    assert missing(report) == set()
    assert cell(report, "SECRET", "production").doubt
    assert [unknown.environment for unknown in report.unknown] == ["production"]
    assert "fly secrets list" in report.unknown[0].reason
    assert "SECRET" in report.unknown[0].reason
    assert " A" not in report.unknown[0].reason


def test_a_sibling_context_settles_what_is_missing(tmp_path: Path) -> None:
    text = '[context.production.environment]\nA = "1"\nB = "1"\n[context.deploy-preview.environment]\nA = "1"\n'
    report = check(repository(tmp_path, {"package.json": "{}", "a.ts": "process.env.A!; process.env.B!", "netlify.toml": text}))
    assert missing(report) == {("deploy-preview", "B")}


def test_vars_of_a_worker_do_not_inherit_and_contexts_of_netlify_do(tmp_path: Path) -> None:
    worker: Files = {
        "package.json": "{}",
        "a.ts": "process.env.A!; process.env.B!",
        "wrangler.toml": 'name = "x"\n[vars]\nA = "1"\n[env.staging.vars]\nB = "1"\n',
    }
    assert cell(check(repository(tmp_path / "w", worker)), "A", "staging").state is State.MISSING
    site: Files = {
        "package.json": "{}",
        "a.ts": "process.env.A!",
        "netlify.toml": '[build.environment]\nA = "1"\n[context.staging.environment]\nB = "1"\n',
    }
    assert value(check(repository(tmp_path / "n", site)), "A", "staging") == "1"


# --- unknown instead of everything missing ------------------------------------------------------------------------------------


def test_without_a_source_nothing_is_missing(tmp_path: Path) -> None:
    for name, files in {"none": {}, "example": {".env.example": "A=\n"}, "local": {".gitignore": ".env*\n", ".env.local": "A=1\n"}}.items():
        report = check(repository(tmp_path / name, {"package.json": NEXT, "a.ts": "process.env.A!; process.env.B!", **files}))
        assert ("production", "A") not in missing(report), name
        assert ("production", "B") not in missing(report), name
        unknown = [unknown for unknown in report.unknown if unknown.environment == "production"]
        assert len(unknown) == 1
        assert "no file says what production holds" in unknown[0].reason
        assert "driftline snapshot production=FILE" in unknown[0].reason


def test_a_committed_file_of_public_values_says_nothing_of_the_private_ones(tmp_path: Path) -> None:
    code = "process.env.NEXT_PUBLIC_A; process.env.SECRET!"
    public = check(repository(tmp_path / "p", {"package.json": NEXT, "a.ts": code, ".env.production": "NEXT_PUBLIC_A=1\n"}))
    assert missing(public) == set()
    assert any("SECRET" in unknown.reason for unknown in public.unknown)
    private = check(repository(tmp_path / "q", {"package.json": NEXT, "a.ts": code, ".env.production": "NEXT_PUBLIC_A=1\nOTHER=1\n"}))
    assert missing(private) >= {("production", "SECRET")}


def test_a_pulled_file_settles_what_was_unknown(tmp_path: Path) -> None:
    files: Files = {"package.json": NEXT, "a.ts": "process.env.A!; process.env.B!", ".gitignore": ".vercel\n", "vercel.json": "{}"}
    root = repository(tmp_path, files)
    before = check(root)
    assert missing(before) == set()
    assert "vercel env pull" in before.unknown[0].reason
    write(root, {".vercel/.env.production.local": '# Created by Vercel CLI\nA=""\n'})
    after = check(root)
    assert missing(after) == {("production", "B")}
    assert cell(after, "A", "production").state is State.REFERENCE, 'Vercel writes "" for what it may not show'


def test_previews_of_the_platform_are_there_although_no_file_names_them(tmp_path: Path) -> None:
    code: Files = {"package.json": NEXT, "a.ts": "process.env.A!", ".env.production": "A=1\nB=1\n"}
    assert "preview" not in environments(check(repository(tmp_path / "plain", code)))
    report = check(repository(tmp_path / "vercel", {**code, "vercel.json": "{}"}))
    assert environments(report)["preview"] is Kind.PREVIEW
    assert because(report, "preview", ".env.production") == "a preview build runs in production mode and reads it too"
    assert not any(environment == "preview" for environment, _ in missing(report))


def test_what_is_injected_or_read_by_a_library_is_not_missing(tmp_path: Path) -> None:
    code = "process.env.NODE_ENV; process.env.VERCEL_URL!; process.env.CI; process.env.A!"
    report = check(repository(tmp_path, {"package.json": NEXT, "a.ts": code, ".env.production": "B=1\n", "vercel.json": "{}"}))
    assert {name for environment, name in missing(report) if environment == "production"} == {"A"}


def test_a_guarded_read_is_not_missing_and_a_plain_one_is(tmp_path: Path) -> None:
    code = "process.env.A ?? ''; process.env.B || 'x'; if (process.env.C) {}; process.env.D!; process.env.E.trim()"
    report = check(repository(tmp_path, {"package.json": NEXT, "a.ts": code, ".env.production": "Z=1\n"}))
    weighty = {
        finding.variable for finding in report.findings if finding.rule == "missing-variable" and finding.severity.value == "blocker"
    }
    assert weighty == {"D", "E"}


# --- precedence ---------------------------------------------------------------------------------------------------------------

ORDER = (
    ({"package.json": NEXT}, [".env.development.local", ".env.local", ".env.development", ".env"]),
    (VITE, [".env.development.local", ".env.development", ".env.local", ".env"]),
)


@pytest.mark.parametrize(("more", "order"), ORDER, ids=["next", "vite"])
def test_the_framework_s_order_decides(tmp_path: Path, more: Files, order: list[str]) -> None:
    files: Files = {path: f"A={path}\n" for path in order}
    for number, path in enumerate(order):
        kept: Files = {name: text for name, text in files.items() if name in order[number:]}
        ignore = {".gitignore": "*.local\n"}
        report = check(repository(tmp_path / str(number), {**more, "a.ts": "process.env.A!", **kept, **ignore}))
        assert cell(report, "A", "local").source == path
        assert value(report, "A", "local") == path
        assert [path for path, _ in cell(report, "A", "local").shadowed] == order[number + 1 :]


def test_values_are_put_into_values_across_files(tmp_path: Path) -> None:
    files: Files = {
        **VITE,
        "a.ts": "import.meta.env.VITE_A",
        ".env": "VITE_HOST=base\nVITE_A=https://${VITE_HOST}/x\n",
        ".env.production": "VITE_HOST=shop.example\n",
    }
    report = check(repository(tmp_path, files))
    assert value(report, "VITE_A", "production") == "https://shop.example/x"
    assert value(report, "VITE_A", "local") == "https://base/x"


def test_the_platform_beats_a_file_and_a_pulled_file_too(tmp_path: Path) -> None:
    files: Files = {
        "package.json": NEXT,
        "a.ts": "process.env.A!",
        ".env.production": "A=file\n",
        "netlify.toml": '[context.production.environment]\nA = "platform"\n',
    }
    report = check(repository(tmp_path / "n", files))
    assert value(report, "A", "production") == "platform"
    assert cell(report, "A", "production").why == "the platform's own value beats an env file: netlify.toml over .env.production"
    pulled: Files = {
        "package.json": NEXT,
        "a.ts": "process.env.A!",
        ".gitignore": ".vercel\n",
        ".env.production": "A=file\n",
        ".vercel/.env.production.local": "A=pulled\n",
    }
    assert value(check(repository(tmp_path / "v", pulled)), "A", "production") == "pulled"


def test_a_base_reaches_environments_that_name_others(tmp_path: Path) -> None:
    files: Files = {
        "package.json": NEXT,
        "a.ts": "process.env.A!; process.env.B!",
        ".env": "A=base\nB=base\n",
        ".env.production": "A=own\nC=1\n",
    }
    report = check(repository(tmp_path, files))
    assert (value(report, "A", "production"), value(report, "B", "production")) == ("own", "base")
    assert (value(report, "A", "local"), value(report, "B", "local")) == ("base", "base")


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("A=1\n", State.SET),
        ("A=\n", State.EMPTY),
        ('A=""\n', State.EMPTY),
        (
            "A='encrypted:BDqDBibm4wsYqMpCjTQ6BsDHmMadg9K3dAt+Z9HPMfLEIRVz50hmLXPXRuDBXaJi/LwWYEVUNiq0HISrslzQPaoyS8Lotg3gFWJTsNCdOWnqpjF2xNUX2RQiP05kAbEXM6MWVjDr'\n",
            State.ENCRYPTED,
        ),
        ("A=op://vault/item/field\n", State.REFERENCE),
        ("# A=1\n", State.MISSING),
        ("B=1\n", State.MISSING),
    ],
)
def test_states_of_a_cell(tmp_path: Path, text: str, state: State) -> None:
    report = check(repository(tmp_path, {"package.json": NEXT, "a.ts": "process.env.A!", ".env.production": text}))
    assert cell(report, "A", "production").state is state


# --- files handed over, targets -----------------------------------------------------------------------------------------------


def request(root: Path, **more: object) -> audit.Request:
    read = settings.read(str(root), None, rules.identifiers())
    return audit.Request(str(root), read, today=TODAY, cache=patterns())._replace(**more)  # type: ignore[arg-type]


def test_a_file_that_is_handed_over(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"export.txt": "A=handed\n", ".env.staging": "A=word\n"})
    root = repository(tmp_path / "p", {"package.json": NEXT, "a.ts": "process.env.A!; process.env.B!", ".env.production": "A=file\nB=1\n"})
    report = audit.check(request(root, env_files=(("prod", str(outside / "export.txt")), (None, str(outside / ".env.staging")))))
    assert value(report, "A", "production") == "handed"
    assert value(report, "A", "staging") == "word"
    assert "handed over on the command line" in (because(report, "production", str(outside / "export.txt")) or "")
    assert ("staging", "B") in missing(report)
    with pytest.raises(Misuse, match="say which environment it is for"):
        audit.check(request(root, env_files=((None, str(outside / "export.txt")),)))
    with pytest.raises(Misuse, match='"prodution" names no kind of environment'):
        audit.check(request(root, env_files=(("prodution", str(outside / "export.txt")),)))
    with pytest.raises(Misuse, match="gone"):
        audit.check(request(root, env_files=(("production", str(outside / "gone")),)))


def test_one_environment_alone(tmp_path: Path) -> None:
    root = repository(tmp_path, {"package.json": NEXT, "a.ts": "process.env.A!", ".env.production": "B=1\n", ".env.staging": "B=1\n"})
    assert {environment for environment, _ in missing(check(root))} == {"production", "staging"}
    assert {environment for environment, _ in missing(audit.check(request(root, target="staging")))} == {"staging"}
    with pytest.raises(Misuse, match="the environments are: local, production, staging"):
        audit.check(request(root, target="stagin"))


def test_a_snapshot_speaks_for_the_environment_it_names(tmp_path: Path) -> None:
    root = repository(tmp_path, {"package.json": NEXT, "a.ts": "process.env.A!; process.env.B!"})
    write(root, {"export.json": json.dumps({"A": "1"})})
    assert cli.run(["snapshot", f"production={root / 'export.json'}", "--root", str(root)]) == 0
    report = check(root)
    assert cell(report, "A", "production").state is State.SET
    assert missing(report) == {("production", "B")}
