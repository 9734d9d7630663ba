"""Every key of driftline.toml does what it says, a wrong one is refused with the nearest right one, and the shipped schema agrees."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli

from driftline import cli, loaders, rules
from driftline.model import Kind, Misuse, Severity
from driftline.project import settings
from driftline.project.settings import Accept, AppSetting, EnvironmentSetting, RuleSetting, Settings
from tests import keys
from tests.project.trees import app_of, check, repository, sources, write

SCHEMA = json.loads(Path(settings.__file__).with_name("driftline.schema.json").read_text(encoding="utf-8"))


def read(folder: Path, text: str, name: str = "driftline.toml") -> Settings:
    write(folder, {name: text})
    return settings.read(str(folder), None, rules.identifiers())


def refusal(folder: Path, text: str, name: str = "driftline.toml") -> str:
    with pytest.raises(Misuse) as misuse:
        read(folder, text, name)
    return str(misuse.value)


# --- every key ----------------------------------------------------------------------------------------------------------------

WHOLE = """
exclude = ["legacy/*"]
optional = ["SENTRY_*"]
ignore = ["CI_*"]
shared = ["cdn-bucket"]
fail-on = "warning"
baseline = "accepted.json"

[environments.production]
origins = ["https://app.example.com/"]
[environments.acme]
kind = "preview"
aliases = ["acm", "a-c-me"]
sources = ["deploy/acme.env", "./x/../y.env"]

[apps."apps/web/"]
loader = "next"
sources = [".env.shared"]
optional = ["A"]
ignore = ["B"]
[apps."."]

[rules]
unused-variable = "off"
missing-variable = "note"
[rules.expired-credential]
severity = "warning"
days = 60
paths = ["scripts/*"]

[accounts]
stripe = ["acct_1"]
[owners]
migrations = "@data"

[[accept]]
rule = "shared-data-store"
subject = "DATABASE_URL"
reason = "previews read the catalogue"
expires = 2027-01-31
app = "apps/web"
environment = "preview"
[[accept]]
rule = "unused-variable"
subject = "*"
reason = "later"
expires = "2027-02-28"
"""


def test_every_key_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE) == Settings(
        path="driftline.toml",
        environments={
            "production": EnvironmentSetting("production", origins=("https://app.example.com",)),
            "acme": EnvironmentSetting("acme", Kind.PREVIEW, ("acm", "a-c-me"), (), ("deploy/acme.env", "y.env")),
        },
        apps={"apps/web": AppSetting("next", (".env.shared",), ("A",), ("B",)), ".": AppSetting()},
        rules={
            "unused-variable": RuleSetting(None, False),
            "missing-variable": RuleSetting(Severity.NOTE),
            "expired-credential": RuleSetting(Severity.WARNING, True, ("scripts/*",), {"days": 60}),
        },
        accept=(
            Accept("shared-data-store", "DATABASE_URL", "previews read the catalogue", date(2027, 1, 31), "apps/web", "preview", 36),
            Accept("unused-variable", "*", "later", date(2027, 2, 28), None, None, 43),
        ),
        exclude=("legacy/*",),
        optional=("SENTRY_*",),
        ignore=("CI_*",),
        shared=("cdn-bucket",),
        fail_on="warning",
        baseline="accepted.json",
        accounts={"stripe": ("acct_1",)},
        owners={"migrations": "@data"},
    )


def test_the_same_in_pyproject(tmp_path: Path) -> None:
    inside = "[tool.other]\nx = 1\n[tool.driftline]\n" + re.sub(r"(?m)^(\[+)", r"\1tool.driftline.", WHOLE)
    assert read(tmp_path, inside, "pyproject.toml")._replace(path="", accept=()) == read(tmp_path, WHOLE)._replace(path="", accept=())


def test_driftline_toml_wins_and_none_is_needed(tmp_path: Path) -> None:
    assert settings.read(str(tmp_path), None) == Settings()
    write(tmp_path, {"pyproject.toml": '[tool.driftline]\nexclude = ["a"]\n'})
    assert settings.read(str(tmp_path), None).exclude == ("a",)
    write(tmp_path, {"driftline.toml": 'exclude = ["b"]\n', "other.toml": 'exclude = ["c"]\n'})
    assert settings.read(str(tmp_path), None).exclude == ("b",)
    assert settings.read(str(tmp_path), str(tmp_path / "other.toml")).exclude == ("c",)


@pytest.mark.parametrize(
    "text", ["", "[tool]\n", "[tool.driftline]\n", "tool = 1\n", "[project]\nname = 'x'\n", "not toml", "a = [\n", b"\xff"]
)
def test_a_pyproject_without_settings_is_none_of_our_business(tmp_path: Path, text: str | bytes) -> None:
    write(tmp_path, {"pyproject.toml": text})
    assert settings.read(str(tmp_path), None) == Settings()


# --- what is refused ----------------------------------------------------------------------------------------------------------

UNKNOWN = (
    ('enviroments = 1\n', 'unknown key "enviroments"; did you mean "environments"?'),
    ('[environment.production]\n', 'unknown key "environment"; did you mean "environments"?'),
    ('fail_on = "note"\n', 'unknown key "fail_on"; did you mean "fail-on"?'),
    ('zzz = 1\n', 'unknown key "zzz"'),
    ('[environments.production]\norigin = []\n', 'unknown key "environments.production.origin"; did you mean "origins"?'),
    ('[apps."apps/web"]\nloaders = ""\n', 'unknown key "apps."apps/web".loaders"; did you mean "loader"?'),
    ('[rules]\nmissing-variables = "off"\n', 'there is no rule "missing-variables"; did you mean "missing-variable"?'),
    ('[[accept]]\nrule = "unused-variable"\nsubject = "A"\nreason = "x"\nexpire = 2027-01-01\n', 'unknown key "accept (line 1) expire"; did you mean "expires"?'),
    ('[[accept]]\nrule = "unused"\nsubject = "A"\nreason = "x"\n', 'accept (line 1): there is no rule "unused"; did you mean "unused-variable"?'),
    ('[owners]\nmigration = "me"\n', 'unknown key "owners.migration"; did you mean "migrations"?'),
    ('fail-on = "warn"\n', 'fail-on cannot be "warn"; it is one of blocker, warning, note, never; did you mean "warning"?'),
    ('[environments.production]\nkind = "prod"\n', 'environments.production.kind cannot be "prod"; it is one of local, preview, production; did you mean "production"?'),
    ('[rules]\nunused-variable = "of"\n', 'rules.unused-variable.severity cannot be "of"; it is one of blocker, warning, note, off; did you mean "off"?'),
)  # fmt: skip


@pytest.mark.parametrize(("text", "message"), UNKNOWN, ids=[text for text, _ in UNKNOWN])
def test_an_unknown_word_is_refused_with_the_nearest(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text) == f"driftline.toml: {message}"


WRONG = (
    ("environments = 1\n", "environments must be a table"),
    ("[environments]\nproduction = 1\n", "environments.production must be a table"),
    ("[environments]\nproduction = []\n", "environments.production must be a table"),
    ('[environments.production]\naliases = "prod"\n', "environments.production.aliases must be a list of strings"),
    ("[environments.production]\naliases = [1]\n", "environments.production.aliases must be a list of strings"),
    ("[environments.production]\nkind = 1\n", "environments.production.kind must be a string"),
    ('[environments.production]\norigins = ["app.example.com"]\n', "environments.production.origins must be addresses such as https://app.example.com"),
    ("[environments.acme]\n", "environments.acme.kind must say what it is for: local, preview, production"),
    ('[environments.staging]\naliases = ["x"]\n[environments.qa]\naliases = ["x"]\n', '"x" stands for staging and for qa'),
    ('[environments.staging]\n[environments.qa]\naliases = ["staging"]\n', '"staging" stands for staging and for qa'),
    ("apps = []\n", "apps must be a table"),
    ('[apps]\n"apps/web" = "next"\n', "apps.apps/web must be a table"),
    ('[apps."."]\nloader = 1\n', 'apps.".".loader must be a string'),
    (
        '[apps."."]\nloader = "vitee"\n',
        f'apps.".".loader cannot be "vitee"; it is one of {", ".join(loaders.LOADERS)}; did you mean "vite"?',
    ),
    ("rules = 1\n", "rules must be a table"),
    ("[rules]\nunused-variable = true\n", "rules.unused-variable must be a table"),
    ("[rules]\nunused-variable = 1\n", "rules.unused-variable must be a table"),
    ("[rules.unused-variable]\nseverity = 1\n", "rules.unused-variable.severity must be a string"),
    ('[rules.unused-variable]\npaths = "a"\n', "rules.unused-variable.paths must be a list of strings"),
    ("[accept]\nrule = 1\n", "accept must be written as [[accept]] tables"),
    ("accept = [1]\n", "accept must be written as [[accept]] tables"),
    ('[[accept]]\nrule = "unused-variable"\nsubject = "A"\n', "accept (line 1) needs a reason"),
    ('[[accept]]\nrule = "unused-variable"\nsubject = ""\nreason = "x"\n', "accept (line 1) needs a subject"),
    ('\n\n[[accept]]\nsubject = "A"\nreason = "x"\n', "accept (line 3) needs a rule"),
    ('[[accept]]\nrule = "unused-variable"\nsubject = "A"\nreason = 1\n', "accept (line 1) reason must be a string"),
    ('[[accept]]\nrule = "unused-variable"\nsubject = "A"\nreason = "x"\nexpires = "soon"\n', "accept (line 1) expires must be a date such as 2027-01-31"),
    ('[[accept]]\nrule = "unused-variable"\nsubject = "A"\nreason = "x"\nexpires = 5\n', "accept (line 1) expires must be a date such as 2027-01-31"),
    ('[[accept]]\nrule = "unused-variable"\nsubject = "A"\nreason = "x"\napp = 5\n', "accept (line 1) app must be a string"),
    ("accept = 1\n", "accept must be written as [[accept]] tables"),
    ('exclude = "a"\n', "exclude must be a list of strings"),
    ("optional = [[]]\n", "optional must be a list of strings"),
    ("ignore = {}\n", "ignore must be a list of strings"),
    ("shared = 1\n", "shared must be a list of strings"),
    ("fail-on = []\n", "fail-on must be a string"),
    ("baseline = 1\n", "baseline must be a string"),
    ("accounts = 5\n", "accounts must be a table"),
    ('accounts = "stripe"\n', "accounts must be a table"),
    ('[accounts]\nstripe = "acct_1"\n', "accounts.stripe must be a list of strings"),
    ("owners = []\n", "owners must be a table"),
    ('[owners]\nrules = ""\n', "owners.rules must be a name or a team"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[text for text, _ in WRONG])
def test_a_wrong_type_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text) == f"driftline.toml: {message}"


@pytest.mark.promise("hostile-settings")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = \n", "is not valid TOML (at line 1, column 5)"),
        ('a = "secret\n', "is not valid TOML (at line 1, column 12)"),
        ("[a", "is not valid TOML (at end of document)"),
        ("exclude = []\nexclude = []\n", "is not valid TOML (at line 2, column 13)"),
        (f"a = {'9' * 5000}\n", "is not valid TOML"),
        (f"a = {'[' * 5000}\n", "is not valid TOML"),
        (f"a = {'{a=' * 5000}\n", "is not valid TOML"),
        ("a = 2027-13-45\n", "is not valid TOML (at line 1, column 9)"),
        ("#" * 1024 * 1024 + "\n", "is larger than 1 MiB"),
        (b"a = '\xff'\n", "is not UTF-8"),
        ("exclude = []\n".encode("utf-16"), "is not UTF-8"),
        ("a = '\0'\n", "is not valid TOML (at line 1, column 6)"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_hostile_toml_is_refused_without_its_text(tmp_path: Path, text: str | bytes, message: str) -> None:
    write(tmp_path, {"driftline.toml": text})
    with pytest.raises(Misuse) as misuse:
        settings.read(str(tmp_path), None)
    assert str(misuse.value) == f"driftline.toml: {message}"


def test_a_folder_or_nothing_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a" / "driftline.toml").mkdir(parents=True)
    with pytest.raises(Misuse, match=r"^driftline\.toml: is a folder, not a file$"):
        settings.read(str(tmp_path / "a"), None)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "driftline.toml").symlink_to("nowhere")
    with pytest.raises(Misuse, match=r"^driftline\.toml: cannot be read: No such file"):
        settings.read(str(tmp_path / "b"), None)
    with pytest.raises(Misuse, match=r"missing\.toml: cannot be read: No such file"):
        settings.read(str(tmp_path), str(tmp_path / "missing.toml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool]\ndriftline = 5\n", "tool.driftline must be a table"),
        ('[tool]\ndriftline = "exclude"\n', "tool.driftline must be a table"),
        ("[tool.driftline]\nexcludes = []\n", 'unknown key "excludes"; did you mean "exclude"?'),
    ],
)
def test_what_pyproject_may_not_say(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text, "pyproject.toml") == f"pyproject.toml: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[rules.expired-credential]\nday = 5\n", 'unknown key "rules.expired-credential.day"; did you mean "days"?'),
        ("[rules.expired-credential]\npath = []\n", 'unknown key "rules.expired-credential.path"; did you mean "paths"?'),
        ("[rules.unused-variable]\ndays = 5\n", 'unknown key "rules.unused-variable.days"'),
        ('[rules.expired-credential]\ndays = "5"\n', "rules.expired-credential.days must be like 30, its default"),
        ("[rules.expired-credential]\ndays = true\n", "rules.expired-credential.days must be like 30, its default"),
    ],
)
def test_options_of_rules_are_looked_at_too(tmp_path: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {"driftline.toml": text, ".env.production": "A=1\n"})
    assert cli.run(["check", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"driftline: driftline.toml: {message}\n"


# --- what each key does -------------------------------------------------------------------------------------------------------

PROJECT: dict[str, str | bytes] = {
    "package.json": '{"dependencies": {"next": "16"}}',
    "a.ts": "process.env.NEEDED!; process.env.SENTRY_DSN!",
    "legacy/b.ts": "process.env.OLD!",
    ".env.production": "DECLARED=1\n",
}


def said(folder: Path, text: str) -> set[str]:
    """Rule and variable of what is found with these settings."""
    write(folder, {"driftline.toml": text})
    return {
        f"{finding.severity.value} {finding.rule} {finding.variable}" for finding in check(folder).findings if finding.suppressed is None
    }


def test_keys_that_silence_and_weigh(tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT)
    whole = said(root, "")
    assert {"blocker missing-variable NEEDED", "blocker missing-variable SENTRY_DSN", "blocker missing-variable OLD"} <= whole
    assert "note unused-variable DECLARED" in whole
    assert not any("OLD" in line for line in said(root, 'exclude = ["legacy"]\n'))
    assert not any("OLD" in line for line in said(root, 'exclude = ["legacy/*"]\n'))
    assert said(root, 'exclude = ["legac"]\n') == whole
    assert not any("SENTRY" in line for line in said(root, 'ignore = ["SENTRY_*"]\n'))
    assert "blocker missing-variable SENTRY_DSN" not in said(root, 'optional = ["SENTRY_*"]\n')
    assert "blocker missing-variable NEEDED" in said(root, 'optional = ["SENTRY_*"]\n')
    assert "blocker missing-variable SENTRY_DSN" not in said(root, '[apps."."]\noptional = ["SENTRY_DSN"]\n')
    assert not any("SENTRY" in line for line in said(root, '[apps."."]\nignore = ["SENTRY_DSN"]\n'))
    assert not any("missing-variable" in line for line in said(root, '[rules]\nmissing-variable = "off"\n'))
    assert "note missing-variable NEEDED" in said(root, '[rules]\nmissing-variable = "note"\n')
    silenced = said(root, '[rules.missing-variable]\npaths = ["legacy/*"]\n')
    assert whole - silenced == {"blocker missing-variable OLD"}
    accepted = said(root, '[[accept]]\nrule = "missing-variable"\nsubject = "NEEDED"\nreason = "later"\n')
    assert whole - accepted == {"blocker missing-variable NEEDED"}


def test_environments_of_ones_own(tmp_path: Path) -> None:
    root = repository(tmp_path, {**PROJECT, "ops/settings.acme": "NEEDED=1\n", ".env.acm": "SENTRY_DSN=1\n"})
    assert "acme" not in {environment.name for environment in app_of(check(root)).environments}
    write(
        root,
        {
            "driftline.toml": '[environments.acme]\nkind = "production"\naliases = ["acm"]\nsources = ["ops/settings.acme"]\norigins = ["https://acme.example"]\n'
        },
    )
    report = check(root)
    acme = app_of(report).environment("acme")
    assert acme is not None
    assert acme.kind is Kind.PRODUCTION
    assert sources(report, "acme") == [".env.acm", "ops/settings.acme"]
    assert acme.because["ops/settings.acme"] == "driftline.toml says so"
    assert acme.origins == ("https://acme.example",)
    missing = {finding.variable for finding in report.findings if finding.environment == "acme" and finding.rule == "missing-variable"}
    assert missing == {"OLD", "DECLARED"}


def test_a_source_that_is_not_there_is_told(tmp_path: Path) -> None:
    root = repository(tmp_path, {**PROJECT, "driftline.toml": '[environments.staging]\nsources = ["deploy/gone.env"]\n'})
    assert [note.note for note in check(root).notes] == ["names deploy/gone.env, which is not here"]


def test_an_app_that_is_not_there_is_told(tmp_path: Path) -> None:
    root = write(tmp_path, {"apps/web/package.json": '{"dependencies": {"next": "16"}}', "apps/web/.env": "A=1\n", "package.json": "{}"})
    write(root, {"driftline.toml": '[apps."apps/wbe"]\nignore = ["A"]\n[apps."apps/web"]\nignore = ["A"]\n'})
    (note,) = check(root).notes
    assert (note.location.path, note.note) == ("driftline.toml", 'names the app "apps/wbe", which is not here; did you mean "apps/web"?')


def test_stores_that_are_shared_on_purpose(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "package.json": '{"dependencies": {"next": "16"}}',
        "a.ts": "process.env.DATABASE_URL!; process.env.SESSION_SECRET!",
        ".gitignore": ".env*\n",
    }
    database = "postgresql://app:pw-of-the-shop@db.shop.example.net/shop"
    root = repository(tmp_path, files)
    for name in (".env.production", ".env.staging"):
        write(root, {name: keys.expand(f"DATABASE_URL={database}\nSESSION_SECRET={{{{generic.token#one}}}}\n")})
    shared = {line for line in said(root, "") if " shared-" in line}
    assert shared == {"blocker shared-data-store DATABASE_URL", "warning shared-secret SESSION_SECRET"}
    assert {line for line in said(root, 'shared = ["DATABASE_URL"]\n') if " shared-" in line} == {"warning shared-secret SESSION_SECRET"}
    assert {line for line in said(root, 'shared = ["db.shop.example.net/*"]\n') if " shared-" in line} == {
        "warning shared-secret SESSION_SECRET"
    }
    assert {line for line in said(root, 'shared = ["SESSION_*"]\n') if " shared-" in line} == {"blocker shared-data-store DATABASE_URL"}
    assert {line for line in said(root, 'shared = ["other"]\n') if " shared-" in line} == shared


def test_accounts_that_stand_side_by_side(tmp_path: Path) -> None:
    one, other = "abcdefghijklmnopqrst", "bcdefghijklmnopqrstu"
    root = repository(tmp_path, {"package.json": '{"dependencies": {"next": "16"}}', "a.ts": "", ".gitignore": ".env*\n"})
    write(
        root,
        {
            ".env.production": keys.expand(
                f"SUPABASE_URL=https://{one}.supabase.co\nSUPABASE_SERVICE_ROLE_KEY={{{{supabase.service role key@{other}}}}}\n"
            )
        },
    )
    assert any("credential-account-mismatch" in line for line in said(root, ""))
    assert any("credential-account-mismatch" in line for line in said(root, f'[accounts]\nsupabase = ["{one}"]\n'))
    assert any("credential-account-mismatch" in line for line in said(root, f'[accounts]\nstripe = ["{one}", "{other}"]\n'))
    assert not any("credential-account-mismatch" in line for line in said(root, f'[accounts]\nsupabase = ["{one}", "{other}"]\n'))


def test_fail_on_and_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = repository(tmp_path, {**PROJECT, "a.ts": "process.env.SEEN", "legacy/b.ts": "", ".env.production": "SEEN=1\nDECLARED=1\n"})
    for text, code in (("", 0), ('fail-on = "note"\n', 1), ('fail-on = "warning"\n', 0), ('fail-on = "never"\n', 0)):
        write(root, {"driftline.toml": text})
        assert cli.run(["check", str(root)]) == code, text
    assert cli.run(["check", str(root), "--fail-on", "note"]) == 1, "the flag wins"
    write(root, {"driftline.toml": 'fail-on = "note"\nbaseline = "ops/accepted.json"\n'})
    (root / "ops").mkdir()
    assert cli.run(["baseline", str(root)]) == 0
    assert (root / "ops" / "accepted.json").is_file()
    assert cli.run(["check", str(root)]) == 0


# --- the schema ---------------------------------------------------------------------------------------------------------------


def as_json(value: Any) -> Any:
    """A TOML document as an editor's validator sees it: dates are strings."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def test_the_schema_knows_exactly_our_keys() -> None:
    assert set(SCHEMA["properties"]) == set(settings._TOP)
    definitions = SCHEMA["definitions"]
    assert definitions["app"]["properties"]["loader"]["enum"] == list(loaders.LOADERS)
    assert set(definitions["environment"]["properties"]) == set(settings._ENVIRONMENT)
    assert set(definitions["app"]["properties"]) == set(settings._APP)
    assert set(definitions["accept"]["properties"]) == set(settings._ACCEPT)
    assert set(SCHEMA["properties"]["owners"]["properties"]) == set(settings._OWNED)
    assert tuple(SCHEMA["properties"]["fail-on"]["enum"]) == settings._FAIL_ON
    assert tuple(definitions["severity"]["enum"]) == settings._SEVERITIES
    assert tuple(definitions["environment"]["properties"]["kind"]["enum"]) == tuple(kind.value for kind in Kind)
    assert {field.replace("_", "-") for field in Settings._fields} == {*SCHEMA["properties"], "path"}
    for place in (SCHEMA, *definitions.values()):
        for key, value in place.get("properties", {}).items():
            assert "description" in value or "$ref" in value, f"{key} has no word for editors"


# What no schema can say: what a name means, which rules there are, and that a word stands twice.
_BEYOND = ("environments.acme.kind must say", "stands for staging", "there is no rule")


@pytest.mark.parametrize("text", [WHOLE, "", *(text for text, _ in UNKNOWN), *(text for text, _ in WRONG)], ids=lambda text: text[:40])
def test_the_schema_accepts_and_refuses_what_we_do(tmp_path: Path, text: str) -> None:
    document = as_json(tomli.loads(text))
    try:
        read(tmp_path, text)
        refused = ""
    except Misuse as misuse:
        refused = str(misuse)
    errors = list(jsonschema.Draft7Validator(SCHEMA).iter_errors(document))
    if any(words in refused for words in _BEYOND):
        assert not errors
    else:
        assert bool(errors) is bool(refused), refused or errors
