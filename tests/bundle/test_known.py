"""The project's own private values are found in every form, and what is trivial or public is not looked for."""

from __future__ import annotations

import base64
import html
import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from driftline.bundle import triggers
from driftline.bundle.scan import Known, Scan, scan
from driftline.model import Location, Secret
from tests import keys
from tests.bundle.forms import FORMS, percent
from tests.bundle.looking import cache_folder, secret_kinds

PASSWORD = "Winter-harbour17!"


def looked(tmp_path: Path, text: str, *known: Known) -> Scan:
    (tmp_path / "a.js").write_text(text, encoding="utf-8")
    return scan([str(tmp_path / "a.js")], root=str(tmp_path), known=known, cache=cache_folder())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [PASSWORD, "zX9/kQ+7vB2nM4pL6tR8wY1c==", "a\"quoted\\one's <p&ss>12"])
def test_a_private_value_in_every_form(form: str, value: str, tmp_path: Path) -> None:
    if (FORMS[form][0] in ("concatenated", "reversed") or form in ("template", "HTML attribute")) and '"' in value:
        pytest.skip("a value with quotes cannot be printed raw there")
    encoding, written = FORMS[form]
    found = looked(
        tmp_path, f"var a;{written(value)};", Known("DB_PASSWORD", Secret(value), environment="production", location=Location(".env", 3))
    )
    (seen,) = {(s.variable, s.environment, s.declared) for s in found.sightings}
    assert seen == ("DB_PASSWORD", "production", Location(".env", 3))
    if '"' not in value:
        assert found.sightings[0].encoding == encoding


_BETWEEN = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/!~-_.#"
# How a value is encoded between texts of any length: its place in a group of three bytes, and the alphabet, must not matter.
_WRAPPED: dict[str, Callable[[str], str]] = {
    "base64": lambda t: base64.b64encode(t.encode()).decode(),
    "base64url": lambda t: base64.urlsafe_b64encode(t.encode()).decode().rstrip("="),
    "hex": lambda t: t.encode().hex(),
    "utf-16": lambda t: t.encode("utf-16-le").decode("latin-1"),
    "reversed": lambda t: t[::-1],
    "codes": lambda t: ",".join(str(ord(c)) for c in t),
    "codes in hex": lambda t: ", ".join(hex(ord(c)) for c in t),
}


@pytest.mark.parametrize("wrapped", _WRAPPED)
def test_values_of_any_letters_anywhere_in_encoded_text(wrapped: str, tmp_path: Path) -> None:
    source = random.Random(wrapped)
    values = ["q" + "".join(source.choices(_BETWEEN, k=length)) + "7" for length in range(6, 46)]
    lines = [_WRAPPED[wrapped](f'{{"{"k" * source.randint(1, 7)}":"{value}"}}') for value in values]
    known = [Known(f"S{number}_SECRET", Secret(value)) for number, value in enumerate(values)]
    found = looked(tmp_path, "\n".join(f'a("{line}");' for line in lines), *known)
    told = {(seen.location.line, seen.variable) for seen in found.sightings}
    assert told == {(number + 1, one.name) for number, one in enumerate(known)}


def test_a_value_is_searched_for_by_letters_that_compile_fast() -> None:
    """Classes of letters at the edges of hundreds of expressions took most of a second to compile, for each run."""
    for trigger in triggers.spelled(b"zX9/kQ+7vB2nM4pL6tR8wY1c"):
        body = trigger.expression if trigger.form != triggers.HEX else re.sub(r"\[([a-f])[A-F]\]", r"\1", trigger.expression)
        assert not set(body) & set("[]{}()|?*+")


def test_a_value_in_a_query(tmp_path: Path) -> None:
    value = "p@ss/w0rd with spaces & more"
    (seen,) = looked(tmp_path, f'u="https://x.example/?a={percent(value)}&b=1"', Known("FTP_PASSWORD", Secret(value))).sightings
    assert seen.encoding == "percent"


@pytest.mark.parametrize("value", ["gravel kettle lemon orbit", "gravel-kettle-lemon-orbit"])
def test_a_passphrase_of_words(value: str, tmp_path: Path) -> None:
    (seen,) = looked(tmp_path, f'login("{value}")', Known("ADMIN_PASSWORD", Secret(value))).sightings
    assert seen.variable == "ADMIN_PASSWORD"


def test_a_value_in_json_in_an_attribute(tmp_path: Path) -> None:
    value = 'pa&ss"w<o>rd-7Qx'
    attribute = html.escape(json.dumps({"cfg": [0, {"pass": [0, value]}]}))
    (seen,) = looked(tmp_path, f'<astro-island props="{attribute}">', Known("CMS_PASSWORD", Secret(value))).sightings
    assert seen.variable == "CMS_PASSWORD"


def test_the_password_of_an_address(tmp_path: Path) -> None:
    known = Known("DATABASE_URL", Secret("postgres://app:Kite-lantern88@db.shop.internal:5432/shop"))
    (seen,) = looked(tmp_path, 'const password = "Kite-lantern88"', known).sightings
    assert seen.variable == "DATABASE_URL"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NODE_ENV", "production"),
        ("PORT", "30000000"),
        ("ENABLE_CACHE", "true"),
        ("AWS_REGION", "eu-central-1"),
        ("APP_NAME", "Acme Store"),
        ("S3_BUCKET", "orbit-uploads-harbor"),
        ("DB_PASSWORD", "password"),
        ("DB_PASSWORD", "postgres"),
        ("DB_PASSWORD", "short1"),
        ("API_KEY", "your-api-key-here"),
        ("MAIL_FROM", "shop@example.com"),
        ("API_URL", "https://api.shop.example.com"),
        ("DATABASE_URL", "postgres://postgres:postgres@localhost:5432/shop"),
        ("MODEL", "gpt-4o-mini-2024-07-18"),
        ("START_DATE", "2026-11-01"),
        ("LOGO_PATH", "/assets/images/logo.png"),
        ("PASSWORD_HINT", "the name of your first cat"),
        ("KEY_LABEL", "paste the key from your mail"),
    ],
)
def test_what_stands_anywhere_is_not_looked_for(name: str, value: str, tmp_path: Path) -> None:
    assert not looked(tmp_path, f'a="{value}"', Known(name, Secret(value))).sightings


def test_a_public_key_under_a_private_name_is_no_leak(tmp_path: Path) -> None:
    kind = next(
        kind for kind in __import__("driftline.knowledge.catalog", fromlist=["load"]).load().keys if kind.name == "stripe.publishable key"
    )
    value = keys.example(kind, seed="public")
    found = looked(tmp_path, f'a="{value}"', Known("STRIPE_PUBLISHABLE_KEY", Secret(value)))
    assert not found.sightings
    assert [seen.identity and seen.identity.kind for seen in found.public] == ["publishable key"]


@pytest.mark.parametrize(("name", "told"), [("NEXT_PUBLIC_ADMIN_PASSWORD", True), ("NEXT_PUBLIC_ALGOLIA_SEARCH", False)])
def test_a_public_variable_is_told_only_when_its_name_is_a_secrets(name: str, told: bool, tmp_path: Path) -> None:
    assert bool(looked(tmp_path, f'a="{PASSWORD}"', Known(name, Secret(PASSWORD), public=True)).sightings) is told


def test_a_short_value_inside_a_longer_word_is_chance(tmp_path: Path) -> None:
    known = Known("ADMIN_PASSWORD", Secret("Kite1704"))
    assert not looked(tmp_path, 'a="myKite1704x",b="Kite17042"', known).sightings
    assert looked(tmp_path, 'a="x",b="Kite1704"', known).sightings


def test_values_that_tell_an_environment_are_public(tmp_path: Path) -> None:
    known = [
        Known("VITE_API", Secret(f"https://api.{word}.shop.dev/v1/"), environment=word, public=True) for word in ("staging", "production")
    ]
    found = looked(tmp_path, 'fetch("https://api.staging.shop.dev/v1"+p)', *known)
    assert not found.sightings
    assert [(seen.variable, seen.environment) for seen in found.public] == [("VITE_API", "staging")]


def test_a_known_provider_key_keeps_its_identity(tmp_path: Path) -> None:
    kind = next(kind for kind in secret_kinds() if kind.name == "resend.API key")
    value = keys.example(kind, seed="known")
    (seen,) = looked(tmp_path, f'a="{value}"', Known("RESEND_API_KEY", Secret(value))).sightings
    assert (seen.variable, seen.identity and seen.identity.provider) == ("RESEND_API_KEY", "resend")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("/k7GvQ2mXz9LpT4wYs8Rb1NcE6hJ0dFuA3iKoV5", True),
        ("/Users/Build2/Projects/Shop/dist/assets", False),
        ("/run/secrets/session_secret", False),
    ],
)
def test_base64_that_begins_with_a_slash_is_no_path(value: str, told: bool, tmp_path: Path) -> None:
    assert bool(looked(tmp_path, f'a("{value}")', Known("SESSION_SECRET", Secret(value))).sightings) is told
