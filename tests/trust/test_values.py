"""No value, no half of one and no digest made without a key is in anything that driftline prints, writes or keeps."""

from __future__ import annotations

import json
import logging
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftline import cli
from driftline.console import FORMATS
from driftline.knowledge import identify
from tests import keys
from tests.project.trees import repository, write
from tests.projects import patterns
from tests.trust import planting, running
from tests.trust.planting import CARRIERS, LOW_ENTROPY, NAMES, Plant

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("check", "--verbose"),
    ("check", "-q"),
    ("check", "--bundle", "dist", "--verbose"),
    *(("check", "--bundle", "dist", "--format", name) for name in FORMATS),
    *(("check", "--format", f"{name}=out/report.{name}") for name in FORMATS),
    ("matrix", "--verbose"),
    *(("matrix", "--format", name) for name in ("json", "markdown", "html")),
    ("review", "--bundle", "dist", "--keep"),
    ("review", "--bundle", "dist", "--changed", "--verbose"),
    ("review", "--format", "html"),
    ("predeploy", "--env", "production", "--bundle", "dist", "--verbose"),
    ("predeploy", "--env", "production", "--format", "json", "--fail-on", "note"),
    ("bundle", "dist", "--verbose"),
    ("bundle", "dist", "--format", "json", "--env-file", "production=.env.example"),
    ("commit", "--verbose"),
    ("baseline", "--baseline", "out/baseline.json", "--reason", "x"),
    ("init", "--no-hook"),
    ("init",),
    ("init", "--remove"),
    ("rules",),
    ("completion", "bash"),
    ("snapshot", "production=export.json"),
    ("snapshot", "staging=export.env"),
    ("check", "--env-file", "production=export.env"),
    ("attest", "callback", "/api/webhooks/stripe", "--env", "production"),
    ("explain", "{variable}"),
    ("explain", "{file}:1"),
    ("explain", "{file}:2"),
    ("explain", "{file}:1:12"),
)

# What breaks inside, for the errors' own words: (module, function). Each is made to fail with the values in its hands.
BREAKING: tuple[tuple[str, str], ...] = (
    ("driftline.formats", "read"),
    ("driftline.loaders", "read"),
    ("driftline.code.javascript", "read"),
    ("driftline.knowledge.identify", "traits"),
    ("driftline.environments", "assemble"),
    ("driftline.bundle.look.Look", "window"),
    ("driftline.bundle.confirm.Judge", "__init__"),
    ("driftline.bundle.unpack", "members"),
    ("driftline.rules.drift.unused_variable", "check"),
    ("driftline.suppress", "mark"),
    ("driftline.suppress", "baseline_text"),
    ("driftline.reports", "render"),
    ("driftline.project.exports", "snapshot"),
    ("driftline.project.git", "run"),
    ("driftline.project.settings", "read"),
)


@st.composite
def plants(draw: st.DrawFn) -> list[Plant]:
    """One to three secrets and where they are."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        carrier = draw(st.sampled_from(sorted(CARRIERS)))
        seed = draw(st.integers(0, 10_000))
        kind = draw(st.sampled_from(planting.secret_kinds()))
        # What nothing tells from a name is shown where a name belongs; and a word of low entropy is what a path may be called.
        if draw(st.booleans()) and carrier not in ("value as name", "lines of a key", "broken env line"):
            value = f"{draw(st.sampled_from(LOW_ENTROPY))}{seed}"
        else:
            value = keys.example(kind, seed=seed)
        usual = keys.variable(kind)
        name = usual if usual and re.fullmatch(r"\w+", usual) and draw(st.booleans()) else draw(st.sampled_from(NAMES))
        found.append(Plant(value, name, carrier))
    return found


def _forbidden(found: Sequence[Plant]) -> set[str]:
    pieces: set[str] = set()
    for plant in found:
        account = " ".join(
            identity.account
            for name in (None, plant.variable)
            if (identity := identify.identify(plant.value, name)) is not None and identity.account
        )
        pieces.update(planting.forbidden(plant.value, account))
    names = " ".join((*NAMES, *(plant.variable for plant in found), *CARRIERS)).lower()
    return {piece for piece in pieces if piece.lower() not in names}


def _assert_silent(text: str, pieces: set[str], where: str) -> None:
    shown = [piece for piece in pieces if piece in text]
    # Its own message must not show it either: the piece is told by its length.
    assert not shown, f"{where}: {len(max(shown, key=len))} characters of a secret show"


def _commands(found: Sequence[Plant]) -> list[tuple[str, ...]]:
    files = [path for plant in found for path in CARRIERS[plant.carrier](plant.variable, plant.value)] or [".env"]
    return [tuple(word.replace("{variable}", found[0].variable).replace("{file}", files[0]) for word in command) for command in COMMANDS]


@contextmanager
def _broken(place: tuple[str, str] | None, values: Sequence[str]) -> Iterator[None]:
    """One function of ours fails, with the values in the error."""
    if place is None:
        yield
        return

    def fails(*_arguments: object, **_options: object) -> Any:
        logging.getLogger("driftline.test").debug("a function fails")
        raise RuntimeError(*values) from ValueError(*values)

    with mock.patch(".".join(place), fails):
        yield


def _audited(found: Sequence[Plant], commands: Sequence[Sequence[str]], broken: tuple[str, str] | None = None) -> list[str]:
    """Runs the commands over a project with these secrets, and looks at everything they leave behind; what each printed."""
    printed = []
    pieces = _forbidden(found)
    with tempfile.TemporaryDirectory() as folder:
        root = repository(Path(folder, "p"), planting.project(found))
        Path(root, "out").mkdir()
        Path(folder, "tmp").mkdir()
        before = running.contents(root)
        variables = {**planting.live(found), "TMPDIR": f"{folder}/tmp"}
        for command in commands:
            with _broken(broken, [plant.value for plant in found]):
                done = running.run(root, *command, variables=variables)
            where = f"{' '.join(command)[:60]}{f' with a broken {broken[1]}' if broken else ''}"
            printed.append(done.text)
            _assert_silent(done.text, pieces, where)
            assert "Traceback" not in done.text, where
            assert broken or "internal error" not in done.text, f"{where}: {done.text[-200:]}"
        for path, content in running.contents(root).items():
            if before.get(path) != content:
                _assert_silent(content.decode("latin-1"), pieces, path)
        assert not list(Path(folder, "tmp").iterdir()), "a temporary file is left"
    for path, content in running.contents(Path(patterns())).items():
        _assert_silent(content.decode("latin-1"), pieces, f"cache: {path}")
    return printed


_QUICK = settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
_LONG = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


@pytest.mark.promise("no-value")
@_QUICK
@given(plants(), st.lists(st.sampled_from(range(len(COMMANDS))), min_size=4, max_size=4, unique=True))
def test_no_value_shows(found: list[Plant], chosen: list[int]) -> None:
    _audited(found, [_commands(found)[number] for number in chosen])


@pytest.mark.promise("no-value")
def test_every_command_is_watched() -> None:
    assert {command for command, *_ in COMMANDS} == set(cli.main.commands)


@pytest.mark.promise("no-value")
def test_what_commands_leave_in_the_project_shows_no_value() -> None:
    """One after another, as one builds on what another left: the kept review, the hook, the settings, the baseline, the snapshots."""
    found = [
        Plant(keys.expand("{{stripe.secret key.live}}"), "STRIPE_SECRET_KEY", ".env.production"),
        Plant(keys.expand("{{resend.API key}}"), "RESEND_API_KEY", "export"),
        Plant("hunter7x!correct", "ADMIN_PASSWORD", "code"),
    ]
    leaving = ("init", "review", "baseline", "snapshot", "attest", "rules", "completion", "check")
    _audited(found, [command for command in _commands(found) if command[0] in leaving])


@pytest.mark.slow
@pytest.mark.promise("no-value")
@_LONG
@given(plants())
def test_no_value_shows_in_any_command(found: list[Plant]) -> None:
    _audited(found, _commands(found))


# Where the key is right (live in production), kept from git, or cut into lines: then it is only kept silent. What only calls itself an
# archive is text that git tracks.
_NOTHING_TO_SAY = frozenset(("live", ".env.local", "lines of a key"))


@pytest.mark.promise("no-value")
@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_carrier_is_seen_and_silent(carrier: str) -> None:
    """Each kind of place once: driftline sees the key there, which makes its silence about it worth something."""
    found = [Plant(keys.expand("{{stripe.secret key.live}}"), "STRIPE_SECRET_KEY", carrier)]
    said = _audited(found, [("predeploy", "--env", "production", "--bundle", "dist", "--format", "json")])
    identities = [finding["identity"] for finding in json.loads(said[0])["findings"] if finding["identity"]]
    assert bool(identities) == (carrier not in _NOTHING_TO_SAY)


@pytest.mark.promise("no-value")
@pytest.mark.parametrize("place", BREAKING, ids=lambda place: f"{place[0].removeprefix('driftline.')}.{place[1]}")
def test_an_error_inside_shows_no_value(place: tuple[str, str]) -> None:
    value = keys.expand("{{supabase.service role key}}")
    found = [Plant(value, "SUPABASE_SERVICE_ROLE_KEY", carrier) for carrier in (".env.production", "code", "bundle", "live", "export")]
    commands = [
        ("predeploy", "--env", "production", "--bundle", "dist", "--format", "json"),
        ("bundle", "dist"),
        ("commit", "--verbose"),
        ("baseline",),
    ]
    _audited(found, [*commands, ("snapshot", "production=export.json")], place)


# --- names that are values ------------------------------------------------------------------------------------------------------


@pytest.mark.promise("no-value")
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/a.ts", 'const a = process.env["{value}"];\n'),
        ("src/b.py", 'import os\na = os.environ["{value}"]\n'),
        (".env.production", "{value}=x\n"),
        ("turbo.json", '{{"tasks": {{"build": {{"env": ["{value}"]}}}}}}'),
        ("compose.yml", "services:\n  a:\n    environment:\n      - {value}\n"),
        ("vercel.json", '{{"env": {{"{value}": "x"}}}}'),
    ],
)
@pytest.mark.parametrize(
    "key", ["{{stripe.secret key.live}}", "{{resend.API key}}", "kf9A11c2bQzX7rT5mW3vL8dN"], ids=["stripe", "resend", "random"]
)
def test_a_value_where_a_name_belongs_is_told_and_not_shown(tmp_path: Path, path: str, text: str, key: str) -> None:
    value = keys.expand(key)
    root = repository(tmp_path / "p", {"package.json": "{}", path: text.format(value=value)})
    for command in (("check", "--format", "json"), ("check", "--verbose"), ("matrix", "--verbose"), ("commit",)):
        done = running.run(root, *command)
        assert value not in done.text, command
        assert value[len(value) // 2 :] not in done.text, command
        assert done.code == 3, command
        assert "looks like a value" in re.sub(r"\s+", " ", done.text)


@pytest.mark.parametrize(
    "name",
    [
        "STRIPE_SECRET_KEY", "NODE_ENV", "PORT", "AWS_S3_BUCKET_EU_WEST_1", "npm_package_version", "npm_config_userAgent", "AzureWebJobsStorage", "stripeSecretKey2",
        "ApplicationInsights__ConnectionString", "NEXTAUTHSECRET", "ConnectionStrings__Default", "ASPNETCORE_URLS", "publicRuntimeConfigApiBaseUrl2024", "X509",
        "PlaidClientIdSandboxEnvironment2", "GITHUBAPPPRIVATEKEYBASE64", "ProgramFiles(x86)", "K8S_SECRET_DB", "E2E_USER1_PASSWORD", "OAUTH2CLIENTSECRET",
    ],
)  # fmt: skip
def test_a_name_is_no_value(name: str) -> None:
    assert not identify.is_value(name)


# --- non-interference -------------------------------------------------------------------------------------------------------------

# Two values that differ in nothing but their secret part: same kind, mode, account and length.
_TWINS: tuple[tuple[str, Callable[[int], str]], ...] = (
    ("STRIPE_SECRET_KEY", lambda n: f"sk_{'live'}_" + f"{n}Ab9Xq7Zt3Lm5Vw1Kc8Ns2Df"[:24]),
    ("ADMIN_PASSWORD", lambda n: f"hunter{n}x!"),
    ("DATABASE_URL", lambda n: f"postgres://app:hunter{n}x@db.acme.example:5432/shop"),
    ("PIN", lambda n: f"{n}839"),
    ("AUTH_SECRET", lambda n: f"{n}correct-horse"),
    ("NEXT_PUBLIC_API_SECRET", lambda n: f"Xk7#pw{n}"),
)  # fmt: skip


@pytest.mark.promise("not-guessable")
@pytest.mark.parametrize(
    "carriers",
    [(".env.production",), (".env", ".env.staging", ".env.production"), ("code", "Dockerfile"), ("systemd", "Procfile"), ("bundle", ".env.production"), ("live",), ("migration", "python")],
    ids="+".join,
)  # fmt: skip
def test_a_report_is_the_same_whatever_the_secrets_are(tmp_path: Path, carriers: Sequence[str]) -> None:
    """Nothing that depends on a secret's characters reaches an output: so no fingerprint, digest or order can be used to guess it."""
    outputs = []
    for number in (1, 7):
        found = [Plant(twin(number), variable, carrier) for carrier in carriers for variable, twin in _TWINS]
        root = repository(tmp_path / f"p{number}", planting.project(found))
        texts = []
        for command in (
            ("check", "--bundle", "dist", "--format", "json"),
            ("check", "--format", "sarif"),
            ("check", "--format", "gitlab"),
            ("matrix", "--format", "json"),
            ("predeploy", "--env", "production", "--format", "json"),
            ("review", "--format", "json"),
            ("commit", "--format", "json"),
            ("baseline",),
        ):
            done = running.run(root, *command, variables=planting.live(found))
            texts.append(re.sub(r'"seconds": [0-9.]+', "", f"{done.code} {done.text}").replace(str(root), ""))
        texts.append((root / "driftline-baseline.json").read_text())
        outputs.append(texts)
    for one, other in zip(*outputs, strict=True):
        assert one == other


@pytest.mark.promise("not-guessable")
def test_digests_are_made_with_the_users_key_only(tmp_path: Path) -> None:
    root = repository(
        tmp_path, {".env.production": "ADMIN_PASSWORD=hunter7x!\n", "package.json": "{}", "a.ts": "process.env.ADMIN_PASSWORD!"}
    )
    without = json.loads(running.run(root, "matrix", "--format", "json").text)
    (cell,) = without["apps"][0]["variables"][0]["cells"].values()
    assert cell["digest"] is None
    first, second, again = (
        json.loads(running.run(root, "matrix", "--format", "json", variables={"DRIFTLINE_DIGEST_KEY": key}).text)["apps"][0]["variables"][
            0
        ]["cells"]["production"]["digest"]
        for key in ("one key", "another key", "one key")
    )
    assert first == again != second
    import hashlib
    import hmac

    assert first == hmac.new(b"one key", b"hunter7x!", hashlib.sha256).hexdigest()


@pytest.mark.skipif(os.name != "posix", reason="only there is an environment made of bytes")
@pytest.mark.promise("hostile-environment")
def test_an_environment_that_is_no_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 in the live environment, in a value and in the digest key: judged like any other."""
    root = repository(tmp_path, {".env.example": "ADMIN_PASSWORD=\n", "package.json": "{}", "a.ts": "process.env.ADMIN_PASSWORD!"})
    odd = "whsec\udcff\udcfeXq7Zt3Lm5Vw1Kc8Ns2DfAb9\udce9"
    done = running.run(
        root, "predeploy", "--env", "production", "--format", "json", variables={"ADMIN_PASSWORD": odd, "DRIFTLINE_DIGEST_KEY": "k\udcff"}
    )
    assert done.code in (0, 1), done.text
    assert "Xq7Zt3Lm5Vw1Kc8Ns2DfAb9" not in done.text


@pytest.mark.promise("no-value")
def test_libraries_that_log_are_listened_to(tmp_path: Path) -> None:
    """python-dotenv logs lines that it cannot read: the runs above would have heard it."""
    root = write(tmp_path, {"a": ""})
    assert "heard" in running.run(root, "explain", "missing-variable").text + _heard()


def _heard() -> str:
    import io

    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    try:
        logging.getLogger("dotenv.main").warning("heard")
    finally:
        logging.getLogger().removeHandler(handler)
    return stream.getvalue()
