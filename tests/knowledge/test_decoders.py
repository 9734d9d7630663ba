"""Decoders say whose a credential is, never raise on hostile text, and never show a part of a secret."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.knowledge import catalog, decoders
from driftline.knowledge.catalog import KeyKind
from tests import keys

ALL: list[tuple[str, Callable[[str], object]]] = [
    *((f"{table}.{name}", decoder) for table, named in decoders.TABLES.items() for name, decoder in named.items()),
    *((f"mode.{name}", decoder) for name, decoder in decoders.MODE.items()),
]
PASSWORD = "pa55word-of-nobody"


def b64(value: object, *, url: bool = False) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode() if not isinstance(value, str) else value.encode()
    return (base64.urlsafe_b64encode(raw).rstrip(b"=") if url else base64.b64encode(raw)).decode()


def jwt(payload: object, header: object = None) -> str:
    return ".".join((b64(header or {"alg": "HS256"}, url=True), b64(payload, url=True), b64(b"s" * 32, url=True)))


# --- hostile text ---------------------------------------------------------------------------------------------------------

DEEP = "[" * 9_000
HOSTILE = [
    "",
    "\x00",
    "\ud800",
    "eyJ",
    "eyJ" + "A" * 100_000 + "." + "B" * 100_000 + "." + "C" * 1000,
    jwt(DEEP.replace("[", "{")),
    f"{b64('{' + chr(34) + 'alg' + chr(34) + ': 1}', url=True)}.{b64(DEEP, url=True)}.aaaa",
    jwt({"exp": 10**40, "ref": ["x"], "iss": {"a": 1}, "role": None}),
    jwt({"exp": float("nan")}),
    jwt({"exp": True, "iss": "a\nb"}),
    jwt([1, 2]),
    b64({"apiKey": [], "appId": {"x": 1}}),
    "postgres://" + "a:" * 5000 + "@" * 5000,
    "postgres://[::1",
    "postgres://u:p@[::1%25eth0]:99999/db",
    "https://" + "." * 300 + "/x",
    "mongodb://" + "h," * 2000,
    "?" * 50_000,
    "redis://:@/" + "\u2028",
    "pk_live_" + b64("$" * 100),
    "arn:aws:" + ":" * 1000,
    "-----BEGIN PRIVATE KEY-----" + "\\n" * 9000,
    "-----BEGIN RSA PRIVATE KEY-----" + "A-----" * 3000,
    "AKIA" + "\u0130" * 16,
    "１２３４５６７８９０:" + "a" * 35,
    "a=b&" * 20_000,
    "gs://" + "%" * 5000,
]


@pytest.mark.parametrize(("name", "decoder"), ALL, ids=[name for name, _ in ALL])
def test_hostile_text_is_answered_and_soon(name: str, decoder: Callable[[str], object]) -> None:
    started = time.process_time()
    for text in HOSTILE:
        answer = decoder(text)
        assert answer is None or isinstance(answer, (bool, str))
        if name.startswith("account.") and isinstance(answer, str):
            assert len(answer) <= 300
            assert answer.isprintable()
    assert time.process_time() - started < 1.0


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=300), st.from_regex(r"[a-z]{2,10}://[!-~]{0,60}", fullmatch=True), st.binary(max_size=200).map(b64)))
def test_no_decoder_raises(text: str) -> None:
    for _, decoder in ALL:
        decoder(text)


# --- an account is no secret ----------------------------------------------------------------------------------------------

SECRET_URLS = [
    pytest.param(kind, id=kind.name)
    for kind in catalog.load().keys
    if kind.account and "://" in kind.shape and kind.exposure.value == "secret"
]


@pytest.mark.parametrize("kind", SECRET_URLS)
def test_no_part_of_a_password_is_an_account(kind: KeyKind) -> None:
    assert kind.account is not None
    decoder = decoders.TABLES["account"][kind.account]
    scheme = kind.prefixes[0].partition(":")[0] if kind.prefixes else "https"
    for password in (
        PASSWORD,
        f"{PASSWORD}/x",
        f"{PASSWORD}?x",
        f"{PASSWORD}#x",
        f"12345?{PASSWORD}",
        f"12/{PASSWORD}",
        f"x@{PASSWORD}",
        f"{PASSWORD}:99",
    ):
        for tail in ("db.example.net/app", "db.example.net:5433/app?x=1", "db.example.net"):
            answer = decoder(f"{scheme}://user:{password}@{tail}")
            assert answer is None or (
                isinstance(answer, str) and PASSWORD not in answer and "12345" not in answer and not answer.startswith("12")
            )


# --- addresses ------------------------------------------------------------------------------------------------------------

ACCOUNT = decoders.TABLES["account"]


@pytest.mark.parametrize(
    ("decoder", "text", "account"),
    [
        ("database", "postgres://u:p@db.example.com:5432/app", "db.example.com/app"),
        ("database", "postgresql+asyncpg://u:p@DB.example.com:6432/app?sslmode=require", "db.example.com:6432/app"),
        ("database", "postgres://u:p/w@rd@db.example.com/app", "db.example.com/app"),
        ("database", "jdbc:mysql://db.example.com:3306/app", "db.example.com/app"),
        ("database", "postgres://u:p@[2001:db8::1]:5433/app", None),
        ("database", "not a url", None),
        ("mongodb", "mongodb+srv://u:p@cluster0.ab1cd.mongodb.net/shop?retryWrites=true", "cluster0.ab1cd.mongodb.net/shop"),
        ("mongodb", "mongodb+srv://u:p@cluster0.ab1cd.mongodb.net/?retryWrites=true", "cluster0.ab1cd.mongodb.net/test"),
        ("mongodb", "mongodb://u:p@a.example.com:27017,b.example.com:27017/shop", "a.example.com/shop"),
        ("redis", "redis://:p@cache.example.com:6379", "cache.example.com/0"),
        ("redis", "rediss://default:p@cache.example.com:6380/2", "cache.example.com:6380/2"),
        (
            "neon",
            "postgres://u:p@ep-cool-mouse-a1b2c3d4-pooler.eu-central-1.aws.neon.tech/shop?sslmode=require",
            "ep-cool-mouse-a1b2c3d4/shop",
        ),
        ("neon", "postgres://u:p@ep-cool-mouse-a1b2c3d4.c-2.eu-central-1.aws.neon.tech/shop", "ep-cool-mouse-a1b2c3d4/shop"),
        ("neon", "postgres://u:p@db.example.com/shop", None),
        ("neon_endpoint", "ep-cool-mouse-a1b2c3d4-pooler.eu-central-1.aws.neon.tech", "ep-cool-mouse-a1b2c3d4"),
        ("libsql", "libsql://shop-acme.aws-eu-west-1.turso.io", "shop-acme"),
        ("libsql", "https://shop-acme.turso.io/", "shop-acme"),
        ("sql_server", "sqlserver://sql.example.com:1433;database=shop;user=sa;password=x", "sql.example.com/shop"),
        (
            "sql_server",
            "Server=tcp:shop.database.windows.net,1433;Initial Catalog=orders;User ID=sa;Password=x;",
            "shop.database.windows.net/orders",
        ),
        ("supabase_ref", "https://abcdefghijklmnopqrst.supabase.co", "abcdefghijklmnopqrst"),
        ("supabase_ref", "postgres://postgres:p@db.abcdefghijklmnopqrst.supabase.co:5432/postgres", "abcdefghijklmnopqrst"),
        (
            "supabase_ref",
            "postgres://postgres.abcdefghijklmnopqrst:p@aws-0-eu-west-1.pooler.supabase.com:6543/postgres",
            "abcdefghijklmnopqrst",
        ),
        ("supabase_ref", jwt({"ref": "abcdefghijklmnopqrst", "role": "anon"}), "abcdefghijklmnopqrst"),
        ("supabase_ref", jwt({"ref": "short"}), None),
        ("supabase_ref", "https://evil.example.com/abcdefghijklmnopqrst.supabase.co", None),
        ("bucket", "https://photos.s3.eu-west-1.amazonaws.com/a.png", "photos"),
        ("bucket", "https://s3.eu-west-1.amazonaws.com/photos/a.png", "photos"),
        ("bucket", "https://storage.googleapis.com/photos/a.png", "photos"),
        ("bucket", "gs://photos", "photos"),
        ("bucket", "https://example.com/photos", None),
        ("r2_account", "https://" + "0a" * 16 + ".r2.cloudflarestorage.com", "0a" * 16),
        ("queue", "https://sqs.eu-west-1.amazonaws.com/123456789012/orders.fifo", "eu-west-1/123456789012/orders.fifo"),
        ("arn_account", "arn:aws:iam::123456789012:role/deploy", "123456789012"),
        ("firebase_project", "https://shop-1234-default-rtdb.europe-west1.firebasedatabase.app", "shop-1234"),
        ("firebase_project", "shop-1234.firebaseapp.com", "shop-1234"),
        ("firebase_project", "https://us-central1-shop-1234.cloudfunctions.net/api", "shop-1234"),
        ("sentry_project", "https://" + "ab" * 16 + "@o123.ingest.de.sentry.io/456", "o123/456"),
        ("sentry_project", "https://" + "ab" * 16 + "@sentry.example.com/7", "sentry.example.com/7"),
        ("slack_team", "https://hooks.slack.com/services/" + "T0AAAAAAA/B0AAAAAAA/x", "T0AAAAAAA"),
        ("telegram_bot", "123456789:" + "A" * 35, "123456789"),
        ("discord_bot", b64("123456789012345678") + ".abcdef." + "x" * 38, "123456789012345678"),
        ("discord_webhook", "https://discord.com/api/webhooks/123456789012345678/" + "x" * 68, "123456789012345678"),
        ("cloudinary_cloud", "cloudinary://123456789012345:secret@shop", "shop"),
        ("region", "https://eu.i.posthog.com", "eu"),
        ("region", "https://example.com", None),
        ("keycloak_realm", "https://id.example.com/auth/realms/shop", "id.example.com/shop"),
        (
            "coinbase_org",
            "organizations/" + "0" * 8 + "-0000-0000-0000-" + "0" * 12 + "/apiKeys/x",
            "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        ),
        ("jwt_issuer", jwt({"iss": "https://id.example.com/realms/x"}), "id.example.com"),
        ("clerk_host", "pk_live_" + b64("clerk.example.com$"), "clerk.example.com"),
        ("clerk_host", "pk_live_" + b64("clerk.example.com"), None),
        ("clerk_host", "pk_live_" + b64("a$b.example.com$"), None),
    ],
)
def test_an_address_names_its_account(decoder: str, text: str, account: str | None) -> None:
    if account is None and text.startswith("postgres://u:p@[2001"):
        assert ACCOUNT[decoder](text) is None or "2001" in str(ACCOUNT[decoder](text))
        return
    assert ACCOUNT[decoder](text) == account


def test_accounts_inside_keys() -> None:
    # The key id of trufflehog's own test, and the ids that Stripe's reference prints beside one another.
    assert decoders.aws_account("ASIA" + "QNZGKIQY56JQ7WML") == "029608264753"
    assert decoders.aws_account("AKIA" + "IOSFODNN7EXAMPLE") is None
    for text in ("ch_" + "3Ln3fO2eZvKYlo2C1kqP3AMr", "card_" + "1NGTaT2eZvKYlo2CZWSctn5n"):
        owner = decoders.stripe_owner(text)
        assert owner is not None
        assert decoders.same_account(owner, "acct_1032D82eZvKYlo2C")
        assert not decoders.same_account(owner, "acct_1032D82eZvKYlo2D")
    assert decoders.stripe_owner("cus_" + "9s6XKzkNRiz8i3") is None
    assert decoders.stripe_account("sk_live_" + "5" + "1032D82eZvKYlo2C" + "a" * 82) == "acct_1032D82eZvKYlo2C"
    assert decoders.stripe_account("sk_live_" + "4" + "a" * 31) is None


def test_two_partial_accounts_agree_when_what_they_show_does() -> None:
    assert decoders.same_account("a", "a")
    assert not decoders.same_account("a", "b")
    assert decoders.same_account("acct_...abc", "acct_...abc")
    assert not decoders.same_account("acct_...abc", "acct_...abd")
    assert decoders.same_account("acct_1xyz", "acct_...xyz")


def test_one_store_has_one_name_pooled_or_not() -> None:
    pooled = "postgres://u:p@ep-cool-mouse-a1b2c3d4-pooler.eu-central-1.aws.neon.tech:5432/shop"
    assert decoders.neon(pooled) == decoders.neon(pooled.replace("-pooler", ""))
    url = "mysql://user{}:pscale_pw_x@aws.connect.psdb.cloud/shop"
    assert decoders.planetscale(url.format(1)) == decoders.planetscale(url.format(1) + "?ssl=true")
    assert decoders.planetscale(url.format(1)) != decoders.planetscale(url.format(2))
    assert "user1" not in str(decoders.planetscale(url.format(1)))


# --- tokens ---------------------------------------------------------------------------------------------------------------


def test_a_token_is_read_but_not_trusted() -> None:
    token = jwt({"role": "anon", "exp": 1983812996})
    assert decoders.jwt_payload(token) == {"role": "anon", "exp": 1983812996}
    assert decoders.jwt_expiry(token) == "2032-11-11"
    assert decoders.jwt_payload(token + ".more") is None
    assert decoders.jwt_payload(token.replace(".", "", 1)) is None
    assert decoders.jwt_payload(jwt({"role": "anon"}, {"typ": "JWT"})) is None
    assert not decoders.jwt_signed_with(token, "secret")
    assert not decoders.jwt_signed_with("nonsense", "secret")


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("postgres://u:p@localhost:5432/app", "local"),
        ("redis://127.0.0.1", "local"),
        ("mysql://u:p@db.example.com/app", "any"),
        ("word", None),
    ],
)
def test_a_host_that_stays_at_home_is_local(text: str, mode: str | None) -> None:
    assert decoders.MODE["host"](text) == mode


def test_modes_inside_values() -> None:
    assert decoders.MODE["supabase"](jwt({"iss": "supabase-demo"})) == "local"
    assert decoders.MODE["supabase"](jwt({"iss": "supabase"})) == "any"
    assert decoders.MODE["azure"]("UseDevelopmentStorage=true") == "local"
    assert decoders.MODE["braintree"](b64({"environment": "sandbox"})) == "test"
    assert decoders.MODE["braintree"](b64({"environment": "other"})) is None
    assert decoders.MODE["word"]("project-test-1") == "test"


def test_expiries() -> None:
    expires = decoders.TABLES["expires"]
    assert expires["azure_expiry"]("https://a.blob.core.windows.net/c?sp=r&se=2026-01-31T00:00:00Z&sig=x") == "2026-01-31"
    assert expires["algolia_expiry"](b64("0" * 64 + "validUntil=1700000000&x=1")) == "2023-11-14"
    assert expires["jwt_expiry"](jwt({})) is None


# --- checksums ------------------------------------------------------------------------------------------------------------


def test_checksums() -> None:
    # The dummy of secretlint/secretlint#200.
    assert decoders.crc32_base62("npm_" + "qkJaB6MffYVzZXWqmcoF49yrUxP3wf" + "0LsakP")
    assert not decoders.crc32_base62("npm_" + "qkJaB6MffYVzZXWqmcoF49yrUxP3wf" + "0LsakQ")
    assert decoders.gitlab("glpat-" + "a" * 20)
    routable = keys._gitlab("glpat-" + "a" * 27 + ".01" + "0000000")
    assert decoders.gitlab(routable)
    assert not decoders.gitlab(routable[:-1] + ("0" if routable[-1] != "0" else "1"))


def test_private_keys_hold_something() -> None:
    body = b64(b"\x30" * 120)
    for newline in ("\n", "\\n", "\\\\n", "\r\n", "\\r\\n"):
        text = newline.join(["-----BEGIN " + "EC PRIVATE KEY-----", body[:64], body[64:], "-----END " + "EC PRIVATE KEY-----"])
        assert decoders.private_key(text), repr(newline)
    assert not decoders.private_key("-----BEGIN " + "PRIVATE KEY-----\nMIIE...\n-----END " + "PRIVATE KEY-----")
    assert not decoders.private_key("-----BEGIN " + "PUBLIC KEY-----\n" + body + "\n-----END " + "PUBLIC KEY-----")
