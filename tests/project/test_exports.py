"""Exports of platforms' CLIs: what is kept of each, that no value is, and what the command does around it.

`fixtures/exports/<case>/` holds what a CLI prints (several files are put together) and `expected.json`: the snapshot of production, or the
sentence that refuses it, and of other environments where it differs. `DRIFTLINE_UPDATE=1` rewrites the expected files; whoever does so reads every line of what was written.
"""

from __future__ import annotations

import json
import os
import stat
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from driftline import cli
from driftline.formats import snapshot as format_
from driftline.model import Authority, Misuse, Report, State, Text, Unreadable
from driftline.project import exports
from tests.keys import expand
from tests.project.trees import app_of, check, repository, write

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "exports"
CASES = sorted(case for case in FIXTURES.iterdir() if case.is_dir())
ENVIRONMENTS = ("production", "preview", "staging", "local")
DAY = date(2026, 11, 1)


def _texts(case: Path) -> dict[str, str]:
    return {path.name: expand(path.read_text()) for path in sorted(case.iterdir()) if path.name != "expected.json"}


def _exports(case: Path) -> list[exports.Export]:
    return [exports.read(text, name) for name, text in _texts(case).items()]


def _snapshot(case: Path, environment: str) -> Any:
    try:
        return json.loads(exports.snapshot(environment, _exports(case), DAY, "a key of the team"))
    except (Misuse, Unreadable) as problem:
        return str(problem)


def _shown(dump: dict[str, Any]) -> str:
    parts = []
    for environment, kept in dump.items():
        if isinstance(kept, str):
            parts.append(f" {json.dumps(environment)}: {json.dumps(kept)}")
            continue
        lines = [
            f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in kept.items() if not isinstance(value, list) or key == "platforms"
        ]
        for key in ("names", "endpoints"):
            rows = ",\n".join(f"   {json.dumps(row, ensure_ascii=False)}" for row in kept.get(key, ()))
            lines += [f"  {json.dumps(key)}: [\n{rows}\n  ]"] if rows else []
        parts.append(f" {json.dumps(environment)}: {{\n" + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_export(case: Path) -> None:
    dump = {environment: _snapshot(case, environment) for environment in ENVIRONMENTS}
    for environment in ENVIRONMENTS[1:]:
        kept = dump[environment]
        same = {**kept, "environment": "production"} if isinstance(kept, dict) else kept
        if same == dump["production"]:
            del dump[environment]
    expected = case / "expected.json"
    if os.environ.get("DRIFTLINE_UPDATE"):
        expected.write_text(_shown(dump))
    assert json.loads(expected.read_text()) == json.loads(_shown(dump))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_value_is_kept(case: Path) -> None:
    """Neither the values that were read nor those in columns that are skipped."""
    try:
        read = _exports(case)
    except Unreadable:
        return
    values = {entry.value.reveal() for export in read for entry in export.entries if entry.value is not None and len(entry.value) > 4}
    values.discard("production")  # what NODE_ENV holds is the environment's own name
    for environment in ENVIRONMENTS:
        try:
            text = exports.snapshot(environment, read, DAY)
        except Misuse as problem:
            text = str(problem)
        assert not [value for value in values if value in text]
        assert "hidden-" not in text
        assert "not-for-the-snapshot" not in text
        assert "digest" not in text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_snapshot_reads_back(case: Path) -> None:
    """The format gives every name back, with its state, and each line says one name."""
    kept = _snapshot(case, "production")
    if isinstance(kept, str):
        return
    text = exports.snapshot("production", _exports(case), DAY, "a key of the team")
    reading = format_.read(Text(".driftline/production.json", text))
    assert [(d.name, d.state.value) for d in reading.declarations] == [(row["name"], row["state"]) for row in kept["names"]]
    assert [d.traits.identity is not None for d in reading.declarations if d.traits] == [
        "identity" in row for row in kept["names"] if row["state"] == "set"
    ]
    assert [literal.value.reveal() for _, literal in reading.origins] == [row["url"] for row in kept.get("endpoints", ())]
    assert reading.taken == "2026-11-01"
    assert reading.authority is (None if kept["complete"] else Authority.PART)
    assert len({d.location.line for d in reading.declarations}) == len(reading.declarations)
    assert exports.names(text) == {row["name"] for row in kept["names"]}


def test_the_same_value_has_the_same_digest_under_one_key_only() -> None:
    one = exports.read('{"A_SECRET": "the same text"}', "a.json")
    two = exports.read('{"B_SECRET": "the same text"}', "b.json")

    def digest(export: exports.Export, key: str | None) -> str | None:
        return format_.read(Text("x", exports.snapshot("production", [export], DAY, key))).declarations[0].traits.keyed  # type: ignore[union-attr]

    assert digest(one, "k") == digest(two, "k")
    assert digest(one, "k") != digest(one, "l")
    assert digest(one, None) is None
    traits = [
        format_.read(Text(f"{index}", exports.snapshot("production", [export], DAY))).declarations[0].traits
        for index, export in enumerate((one, two))
    ]
    assert traits[0] is not None
    assert traits[1] is not None
    assert traits[0].digest != traits[1].digest, "without a key nothing is known to be equal"


HOSTILE = {
    "deep": "[" * 100_000,
    "deep objects": '{"a":' * 100_000,
    "a number": "{" + '"A": ' + "9" * 50_000 + "}",
    "not a number": '{"A": NaN}',
    "blank": " \n\t",
    "bars": "|" * 200_000,
    "blanks": " " * 200_000 + "x",
    "colons": "A: " * 60_000,
    "a head alone": "NAME  VALUE\n",
    "a long head": "name" + "  name" * 50_000,
    "parentheses": "name  environments\nA  " + "(" * 50_000 + "\n",
    "commas": "name  environments\nA  " + "a, (" * 20_000 + "\n",
    "many lines": "A=1\n" * 50_000,
    "open quotes": 'A="' * 50_000,
    "escapes": "\x1b[" * 100_000,
    "surrogates": '{"A": "\\ud800"}',
    "null": "null",
    "modules": json.dumps(
        {"terraform_version": "1", "values": {"root_module": {"resources": [{"values": {}}, 1], "child_modules": [None, {}]}}}
    ),
}


@pytest.mark.promise("hostile-settings")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text(name: str) -> None:
    try:
        export = exports.read(HOSTILE[name], "x.json")
        exports.snapshot("production", [export], DAY)
    except (Unreadable, Misuse):
        pass


# --- the command ----------------------------------------------------------------------------------------------------------


def _run(*arguments: str) -> int:
    return cli.run(["snapshot", *arguments])


def _report(folder: Path, **more: Any) -> Report:
    return check(folder, **more)


def test_command_writes_names_and_says_what_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"one.json": '{"A": "first value", "B": "x"}', "two.json": '{"A": "other value", "C": ""}'})
    assert _run("prod=one.json") == 0
    goal = tmp_path / ".driftline" / "production.json"
    first = goal.read_text()
    assert json.loads(first)["environment"] == "production"
    assert "first value" not in first
    assert _run("production=two.json") == 0
    assert _run("production=two.json") == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        ".driftline/production.json: 2 names, no values; commit it.",
        ".driftline/production.json: 2 names; new: C; gone: B",
        ".driftline/production.json: 2 names; the same names as before",
    ]
    assert "value" not in said.err
    assert [path.name for path in (tmp_path / ".driftline").iterdir()] == ["production.json"]


def test_command_reads_standard_input_and_utf16(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    class Piped:
        buffer = open(os.devnull, "rb")  # noqa: SIM115

    write(tmp_path, {"export.txt": '{"A": "1"}'.encode("utf-16"), "piped": b'{"P": "1"}'})
    Piped.buffer.close()
    Piped.buffer = (tmp_path / "piped").open("rb")
    monkeypatch.setattr("sys.stdin", Piped)
    assert _run("production=-", "staging=export.txt") == 0
    Piped.buffer.close()
    assert exports.names((tmp_path / ".driftline/production.json").read_text()) == {"P"}
    assert exports.names((tmp_path / ".driftline/staging.json").read_text()) == {"A"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("one.json",), "say which environment"),
        (("=one.json",), "say which environment"),
        (("production=",), "say which environment"),
        (("production=gone.json",), "gone.json: "),
        (("production=no.json",), "no.json: is no export that driftline knows"),
        (("production=broken.json",), "broken.json: not valid JSON (line 1)"),
        (("../up=one.json",), "is no name for an environment"),
        (("staging=vercel.json",), "say nothing of staging; they speak for production"),
        (("production=half.txt",), "UTF-16 that breaks off"),
        ((), "Missing argument"),
    ],
)
def test_command_refuses(
    arguments: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(
        tmp_path,
        {
            "one.json": '{"A": "a hidden value"}',
            "no.json": '{"name": {"x": "a hidden value"}}',
            "broken.json": '{"A": "a hidden value" ',
            "vercel.json": '{"envs": [{"key": "A", "target": ["production"]}]}',
            "half.txt": b"\xff\xfeA",
        },
    )
    assert _run(*arguments) == 2
    text = capsys.readouterr().err
    assert said in text
    assert "hidden" not in text
    assert not (tmp_path / ".driftline").exists()


def test_a_banner_before_json_is_passed_over() -> None:
    text = ' \u26c5\ufe0f wrangler 4.40.0\n\u2500\u2500\u2500\u2500\n[\n  {\n    "name": "API_KEY",\n    "type": "secret_text"\n  }\n]\n'
    assert [entry.name for entry in exports.read(text, "secrets.txt").entries] == ["API_KEY"]


def test_one_bad_file_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"one.json": '{"A": "1"}'})
    assert _run("staging=one.json", "production=gone.json") == 2
    assert not (tmp_path / ".driftline").exists()


def test_a_linked_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path / "project", {"one.json": '{"A": "1"}'}))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "project" / ".driftline").symlink_to(tmp_path / "elsewhere")
    assert _run("production=one.json") == 2
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.promise("nothing-is-changed")
def test_a_link_in_place_of_the_snapshot_is_replaced_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path, {"one.json": '{"A": "1"}', ".driftline/x": "", "other.json": "{}"}))
    (tmp_path / ".driftline" / "production.json").symlink_to(tmp_path / "other.json")
    assert _run("production=one.json") == 0
    assert (tmp_path / "other.json").read_text() == "{}"
    assert stat.S_ISREG((tmp_path / ".driftline" / "production.json").lstat().st_mode)


def test_the_day_is_the_exports_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path, {"one.json": '{"A": "1"}'}))
    os.utime(tmp_path / "one.json", (1_700_000_000, 1_700_000_000))
    assert _run("production=one.json") == 0
    assert json.loads((tmp_path / ".driftline/production.json").read_text())["taken"] == "2023-11-14"


# --- in an audit ------------------------------------------------------------------------------------------------------------

_NEXT = {
    "package.json": '{"dependencies": {"next": "15.0.0"}}',
    "app/page.tsx": "export default () => process.env.DATABASE_URL + process.env.STRIPE_SECRET_KEY\n",
}


def test_a_snapshot_settles_what_is_missing(tmp_path: Path) -> None:
    kept = exports.snapshot("production", [exports.read('{"DATABASE_URL": "postgres://db/x"}', "heroku.json")], DAY)
    folder = repository(tmp_path, {**_NEXT, ".driftline/production.json": kept, ".env.example": "DATABASE_URL=\nSTRIPE_SECRET_KEY=\n"})
    report = _report(folder)
    cells = app_of(report).variables["STRIPE_SECRET_KEY"].cells["production"]
    assert cells.state is State.MISSING
    assert cells.doubt is None
    assert ("missing-variable", "STRIPE_SECRET_KEY", "production") in {(f.rule, f.variable, f.environment) for f in report.findings}
    assert "production" not in {unknown.environment for unknown in report.unknown}


def test_a_partial_snapshot_settles_nothing(tmp_path: Path) -> None:
    kept = exports.snapshot("production", [exports.read('[{"name": "DATABASE_URL"}]', "gh.json")], DAY)
    folder = repository(tmp_path, {**_NEXT, ".driftline/production.json": kept})
    report = _report(folder)
    assert app_of(report).variables["STRIPE_SECRET_KEY"].cells["production"].doubt is not None
    assert "production" in {unknown.environment for unknown in report.unknown}


def test_secrets_of_functions_say_nothing_of_the_app(tmp_path: Path) -> None:
    digest = "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5"
    kept = exports.snapshot("production", [exports.read(f'[{{"name": "OPENAI_API_KEY", "value": "{digest}"}}]', "s.json")], DAY)
    functions = {
        "supabase/config.toml": "",
        "supabase/functions/.env": "OPENAI_API_KEY=x\nMAIL_KEY=y\n",
        "supabase/functions/ask/index.ts": 'Deno.env.get("OPENAI_API_KEY")! + Deno.env.get("MAIL_KEY")!\n',
    }
    folder = repository(tmp_path, {**_NEXT, **functions, ".driftline/production.json": kept})
    report = _report(folder)
    assert app_of(report).variables["DATABASE_URL"].cells["production"].doubt is not None
    own = app_of(report, "supabase/functions").variables
    assert own["OPENAI_API_KEY"].cells["production"].state is State.REFERENCE
    assert own["MAIL_KEY"].cells["production"].doubt is None


def test_what_a_value_was_is_judged(tmp_path: Path) -> None:
    exported = exports.read(expand('{"STRIPE_SECRET_KEY": "{{stripe.secret key.test}}", "DATABASE_URL": "x"}'), "heroku.json")
    folder = repository(tmp_path, {**_NEXT, ".driftline/production.json": exports.snapshot("production", [exported], DAY)})
    findings = {(f.rule, f.variable, f.location.path) for f in _report(folder).findings}
    assert ("test-credential-in-production", "STRIPE_SECRET_KEY", ".driftline/production.json") in findings


@pytest.mark.parametrize(("today", "old"), [(date(2026, 12, 1), False), (date(2026, 12, 2), True), (date(2026, 10, 1), False)])
def test_an_old_snapshot_is_noted(today: date, old: bool, tmp_path: Path) -> None:
    kept = exports.snapshot("production", [exports.read('{"DATABASE_URL": "x"}', "heroku.json")], DAY)
    notes = _report(repository(tmp_path, {**_NEXT, ".driftline/production.json": kept}), today=today).notes
    assert bool([note for note in notes if "31 days old (2026-11-01)" in note.note]) is old


@pytest.mark.parametrize(
    "text",
    [
        "Error: No existing credentials found. Please log in:\nLearn More: https://err.example/no-credentials\n",
        "Error: Not logged in. Please log in with netlify login\n",
        '{"message": "Not authorized", "code": 403}',
        '{"name": "shop", "version": "1.0.0", "private": true}',
        "<<<<<<< HEAD\nAPI_KEY=1\n=======\nAPI_KEY=2\n>>>>>>> theirs\n",
    ],
)
def test_what_is_no_export_does_not_become_an_environment(text: str) -> None:
    with pytest.raises(Unreadable, match=r"is no export|merge conflict"):
        exports.read(text, "netlify.txt")


def test_names_alone_as_doppler_prints_them_in_json() -> None:
    export = exports.read('{"API_KEY": {}, "DOPPLER_CONFIG": {}}', "names.json")
    assert (export.platform, [(entry.name, entry.value) for entry in export.entries]) == (
        "Doppler",
        [("API_KEY", None), ("DOPPLER_CONFIG", None)],
    )


def test_endpoints_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    row = {"url": "https://shop.example/hook", "enabled_events": ["*"], "livemode": True, "status": "enabled"}
    write(tmp_path, {"stripe.json": json.dumps({"object": "list", "data": [row]})})
    assert _run("production=stripe.json") == 0
    assert "0 names, 1 endpoint, no values" in capsys.readouterr().out


def test_nobody_is_sent_into_the_snapshot_with_a_value(tmp_path: Path) -> None:
    rows = [{"name": name, "state": state, "platform": "Heroku"} for name, state in (("A_KEY", "reference"), ("B_URL", "empty"))]
    body = {"schema": exports.SCHEMA, "environment": "production", "platforms": ["Heroku"], "taken": DAY.isoformat(), "complete": True}
    repository(
        tmp_path,
        {
            "package.json": '{"name": "shop", "dependencies": {"next": "16.0.0"}}',
            "lib/a.ts": "export const a = [process.env.A_KEY!, process.env.B_URL!, process.env.C_KEY!];\n",
            ".env.local": "B_URL=https://b.example\nC_KEY=x9Fq2mVt71\n",
            ".gitignore": ".env.local\n",
            ".driftline/production.json": json.dumps({**body, "names": rows}),
        },
    )
    fixes = {finding.rule: finding.fix for finding in check(tmp_path).findings if finding.environment == "production"}
    for rule in ("missing-variable", "empty-variable"):
        assert "the platform's own settings (then take .driftline/production.json anew" in fixes[rule]
