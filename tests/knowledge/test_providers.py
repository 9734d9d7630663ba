"""Every key kind of the catalogue: examples made from its shape are found, classified and masked; near misses are not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import tomli

from driftline.knowledge import catalog, identify, platform
from driftline.knowledge.catalog import KeyKind
from driftline.model import Exposure, Mode, Secret
from tests import keys

KNOWN = catalog.load()
FOLDER = catalog._FOLDER
FILES = sorted(name for name in os.listdir(FOLDER) if name.endswith(".toml"))


def _modes(kind: KeyKind) -> list[str | None]:
    return [None] if isinstance(kind.mode, str) else [*sorted(set(kind.mode.values()))]


CASES = [pytest.param(kind, mode, id=f"{kind.name}.{mode or ''}") for kind in KNOWN.keys for mode in _modes(kind)]
KINDS = [pytest.param(kind, id=kind.name) for kind in KNOWN.keys]


def _toml(name: str) -> dict[str, Any]:
    with open(os.path.join(FOLDER, name), "rb") as file:
        return tomli.load(file)


def test_the_catalogue_is_as_wide_as_promised() -> None:
    assert len(KNOWN.providers) >= 90
    assert len(KNOWN.keys) >= 220


@pytest.mark.parametrize("name", FILES)
def test_a_provider_file_names_its_source_and_date(name: str) -> None:
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        comment = "".join(line for line in iter(file.readline, "") if line.startswith("#"))
    assert re.search(r"20\d\d-\d\d", comment)


@pytest.mark.parametrize(("kind", "mode"), CASES)
def test_an_example_is_found_in_its_variable(kind: KeyKind, mode: str | None) -> None:
    text = keys.example(kind, mode=mode)
    identity = identify.identify(text, keys.variable(kind))
    assert identity is not None
    assert (identity.provider, identity.kind, identity.exposure) == (kind.provider, kind.id, kind.exposure)
    assert identity.candidates == ()
    assert mode in (None, identity.mode.value)
    assert identity.mode in Mode
    assert identity.job == kind.job
    assert identity.masked == f"{kind.prefix_of(text)}...({len(text)})"
    if kind.exposure is Exposure.SECRET:
        assert len(text) - len(kind.prefix_of(text)) >= 8, "the public prefix leaves nothing secret"


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in KNOWN.keys if kind.context is None])
def test_a_shape_that_speaks_for_itself_needs_no_variable(kind: KeyKind) -> None:
    for name in (None, "SOMETHING_ELSE"):
        identity = identify.identify(keys.example(kind), name)
        assert identity is not None
        if identity.provider == "unknown":
            assert kind.provider in identity.candidates
        else:
            assert (identity.provider, identity.kind) == (kind.provider, kind.id)


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in KNOWN.keys if kind.context is not None])
def test_a_shape_that_says_nothing_needs_its_variable(kind: KeyKind) -> None:
    for name in (None, "SOMETHING_ELSE"):
        identity = identify.identify(keys.example(kind), name)
        assert identity is None or (identity.provider, identity.kind) != (kind.provider, kind.id)


@pytest.mark.parametrize("kind", KINDS)
def test_near_misses_are_not_of_the_kind(kind: KeyKind) -> None:
    text = keys.example(kind)
    for near in _near_misses(kind, text):
        identity = identify.identify(near, keys.variable(kind))
        if identity is None or not identity.masked:  # nobody's, or any host of the provider
            continue
        assert (identity.provider, identity.kind) != (kind.provider, kind.id) or identity.candidates, _where(text, near)


def _near_misses(kind: KeyKind, text: str) -> Iterator[str]:
    """Longer and shorter than the shape allows, with a broken head, with a wrong checksum."""
    for prefix in kind.prefixes:
        if text.startswith(prefix) and len(prefix) > 1 and not isinstance(kind.mode, dict):
            yield "~" + text[1:]
    if not kind.validate:
        yield text + "0" * (kind.longest - len(text) + 1)
        yield text[: kind.shortest - 1]
        if "[^" not in kind.shape:  # passwords and documents may hold anything
            middle = len(text) // 2
            yield text[:middle] + "\n" + text[middle + 1 :]
    if kind.prefixes and kind.context is None:
        yield f"x{text}"  # inside a longer word
    if kind.checksum == "github":
        yield text[:-1] + ("0" if text[-1] != "0" else "1")


def _where(text: str, near: str) -> str:
    return f"an example of {len(text)} characters changed to {len(near)}"


def test_every_checksum_has_examples_that_fail_when_changed() -> None:
    for kind in KNOWN.keys:
        if kind.checksum is None:
            continue
        broken = 0
        for seed in range(20):
            text = keys.example(kind, seed=seed)
            middle = len(text) // 2
            changed = text[:middle] + ("0" if text[middle] != "0" else "1") + text[middle + 1 :]
            broken += identify._match(kind, changed) is None
        assert broken in (0, 20), kind.name
        assert broken == 20 or kind.checksum == "gitlab", "only GitLab's classic tokens have none"


# --- names ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_variables_are_found_under_their_names(kind: KeyKind) -> None:
    for name in kind.variables:
        assert any(kind is other for other in KNOWN.by_variable(name))
    assert len({catalog.canonical(name) for name in kind.variables}) == len(kind.variables), "one name in two writings"
    assert not any(catalog._PUBLIC_PREFIX.match(name) for name in kind.variables)


def test_no_two_providers_claim_one_host_or_one_flag() -> None:
    hosts, flags = defaultdict(set), defaultdict(set)
    for provider in KNOWN.providers.values():
        for group in provider.hosts.values():
            assert all(host == host.lower() and "/" not in host for host in group), provider.id
            for host in group:
                hosts[host].add(provider.id)
        for flag, values in provider.mode_flags.items():
            flags[flag].add(provider.id)
            assert all(word == word.lower() for word in values), flag
    assert {host: owners for host, owners in hosts.items() if len(owners) > 1} == {}
    assert {flag: owners for flag, owners in flags.items() if len(owners) > 1} == {}


def test_ids_are_unique_within_a_provider() -> None:
    names = [kind.name.lower() for kind in KNOWN.keys]
    assert sorted(names) == sorted(set(names))


# --- colliding prefixes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "id", "mode"),
    [
        ("stripe", "publishable key", "live"),
        ("clerk", "publishable key", "live"),
        ("clerk", "publishable key", "test"),
        ("paystack", "secret key", "live"),
        ("paystack", "public key", "test"),
        ("workos", "API key", "live"),
        ("checkout-com", "secret key of the previous platform", "test"),
        ("checkout-com", "sandbox secret key", None),
        ("checkout-com", "sandbox public key", None),
        ("uploadthing", "secret of before version 7", None),
        ("magic", "secret key", "live"),
        ("openai", "project key", None),
        ("openai", "user key", None),
        ("openrouter", "API key", None),
        ("anthropic", "API key", None),
        ("langfuse", "secret key", None),
        ("elevenlabs", "API key", None),
        ("medusa", "secret key", None),
        ("liveblocks", "secret key", "live"),
        ("liveblocks", "public key", "test"),
        ("productivity", "ClickUp token", None),
        ("google", "API key", None),
        ("sourcegraph", "access token", None),
        ("airtable", "personal access token", None),
        ("convex", "deployment", "live"),
        ("convex", "deploy key", "test"),
        ("courier", "API key", "test"),
    ],
)
def test_the_body_tells_colliding_prefixes_apart(provider: str, id: str, mode: str | None) -> None:
    kind = KNOWN.kind(provider, id)
    assert kind is not None
    for seed in range(10):
        for name in (None, "API_KEY", "PAYMENT_SECRET"):
            identity = identify.identify(keys.example(kind, mode=mode, seed=seed), name)
            assert identity is not None
            assert (identity.provider, identity.kind) == (provider, id)
            assert mode in (None, identity.mode.value)


def test_the_variable_tells_apart_what_the_body_does_not() -> None:
    kind = KNOWN.kind("clerk", "secret key")
    assert kind is not None
    text = keys.example(kind, mode="live")
    for name, provider in (("CLERK_SECRET_KEY", "clerk"), ("STRIPE_SECRET_KEY", "stripe"), ("NEXT_PUBLIC_CLERK_TOKEN", "clerk")):
        identity = identify.identify(text, name)
        assert identity is not None
        assert identity.provider == provider
    identity = identify.identify(text, "SECRET_KEY")
    assert identity is not None
    assert (identity.provider, set(identity.candidates)) == ("unknown", {"clerk", "stripe"})
    assert (identity.exposure, identity.mode, identity.account) == (Exposure.SECRET, Mode.LIVE, None)


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ("sk-[0-9a-f]{32}", {"DEEPSEEK_API_KEY": "deepseek", "DASHSCOPE_API_KEY": "dashscope", "API_KEY": None, "OPENAI_API_KEY": None}),
        ("sk-[A-Za-z0-9]{48}", {"STABILITY_API_KEY": "stability", "MOONSHOT_API_KEY": "moonshot", "BRAINTRUST_API_KEY": "braintrust", "API_KEY": None}),
        ("[0-9a-f]{32}", {"ASSEMBLYAI_API_KEY": "assemblyai", "DD_API_KEY": "datadog", "SHOPIFY_API_KEY": "shopify", "API_KEY": None}),
        ("[0-9a-f]{40}", {"DEEPGRAM_API_KEY": "deepgram", "GITHUB_CLIENT_SECRET": "github", "SERPER_API_KEY": "serper", "COMMIT_SHA": None}),
        ("AIza[0-9A-Za-z]{35}", {"GEMINI_API_KEY": "gemini", "GOOGLE_MAPS_API_KEY": "google", "VITE_FIREBASE_API_KEY": "firebase", "API_KEY": "google"}),
        ("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", {"EXA_API_KEY": "exa", "RAILWAY_TOKEN": "railway", "SNYK_TOKEN": "snyk", "USER_ID": None}),
    ],
)  # fmt: skip
def test_the_variable_says_whose_a_shared_shape_is(shape: str, names: dict[str, str | None]) -> None:
    import random

    from driftline.knowledge import shapes

    text = "".join(keys._texts(shapes.parse(shape), {}, random.Random(shape)))
    for name, provider in names.items():
        identity = identify.identify(text, name)
        assert (identity.provider if identity else None) == provider, name


def test_one_shape_shows_or_hides_by_its_variable() -> None:
    key = KNOWN.kind("algolia", "admin key")
    assert key is not None
    text = keys.example(key)
    for name, exposure in (
        ("ALGOLIA_ADMIN_KEY", Exposure.SECRET),
        ("NEXT_PUBLIC_ALGOLIA_SEARCH_KEY", Exposure.PUBLIC),
        ("ALGOLIA_API_KEY", Exposure.UNKNOWN),
    ):
        identity = identify.identify(text, name)
        assert identity is not None
        assert identity.exposure is exposure


def test_a_webhook_secret_of_an_unnamed_variable_is_open() -> None:
    kind = KNOWN.kind("stripe", "webhook secret")
    assert kind is not None
    plain = "whsec_" + hashlib.sha256(b"example").hexdigest()[:32].replace("0", "g")
    for name, provider in (
        ("STRIPE_WEBHOOK_SECRET", "stripe"),
        ("RESEND_WEBHOOK_SECRET", "resend"),
        ("CLERK_WEBHOOK_SIGNING_SECRET", "clerk"),
        ("WEBHOOK_SECRET", "unknown"),
    ):
        identity = identify.identify(plain, name)
        assert identity is not None
        assert identity.provider == provider


def test_all_keys_of_one_project_agree_on_their_account() -> None:
    for provider, ids in {
        "supabase": ["anon key", "service role key", "project URL", "database URL", "project ref", "service URL"],
        "stripe": ["account id", "secret key", "publishable key", "restricted key"],
    }.items():
        for seed in ("", "shop"):
            accounts = set()
            for id in ids:
                kind = KNOWN.kind(provider, id)
                assert kind is not None
                identity = identify.identify(keys.example(kind, seed=seed), keys.variable(kind))
                assert identity is not None
                accounts.add(identity.account)
            assert len(accounts) == 1
            assert None not in accounts


# --- what vendors printed -------------------------------------------------------------------------------------------------


def _published() -> Iterator[Any]:
    for name in FILES:
        for number, one in enumerate(_toml(name).get("published", ())):
            yield pytest.param(name.removesuffix(".toml"), one, id=f"{name}.{number}")


@pytest.mark.parametrize(("provider", "one"), list(_published()))
def test_published_values_are_known(provider: str, one: dict[str, Any]) -> None:
    if "sha256" in one:
        assert re.fullmatch(r"[0-9a-f]{64}", one["sha256"])
        return
    text = "".join(one["parts"]) if "parts" in one else _signed("".join(one["hmac"]))
    for name in one.get("variables", ["SOME_VALUE", None]):
        traits = identify.traits(Secret(text), name=name, key=b"k")
        assert traits.published == one["what"]
        assert traits.default is one.get("default", False)
    if one.get("variables"):
        assert identify.traits(Secret(text), name="SOME_OTHER_THING", key=b"k").published != one["what"]
    assert identify.traits(Secret(text + "x1"), name=(one.get("variables") or [None])[0], key=b"k").published is None


def test_no_published_value_stands_whole_in_a_file() -> None:
    for name in FILES:
        with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
            content = file.read()
        for one in _toml(name).get("published", ()):
            cut = one.get("parts") or one.get("hmac") or ["", ""]
            # Words such as `guest` stand for themselves; what a scanner would report does not.
            assert len("".join(cut)) < 12 or "".join(cut) not in content


def _signed(secret: str) -> str:
    def encoded(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    body = encoded(b'{"alg":"HS256","typ":"JWT"}') + "." + encoded(b'{"iss":"supabase-demo","role":"anon","exp":1983812996}')
    return body + "." + encoded(hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest())


# --- hosts and flags ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "provider", "mode"),
    [
        ("https://api-m.sandbox.paypal.com/v1", "paypal", Mode.TEST),
        ("https://api-m.paypal.com", "paypal", Mode.LIVE),
        ("sandbox.smtp.mailtrap.io", "mailtrap", Mode.TEST),
        ("https://api.sandbox.midtrans.com", "midtrans", Mode.TEST),
        ("https://checkout-test.adyen.com/v71", "adyen", Mode.TEST),
        ("https://sandbox-api.polar.sh", "polar", Mode.TEST),
    ],
)
def test_hosts_say_their_mode(text: str, provider: str, mode: Mode) -> None:
    identity = identify.identify(text, "BASE_URL")
    assert identity is not None
    assert (identity.provider, identity.mode) == (provider, mode)


@pytest.mark.parametrize(
    ("name", "value", "provider", "mode"),
    [
        ("PAYPAL_MODE", "sandbox", "paypal", Mode.TEST),
        ("PAYPAL_MODE", "LIVE", "paypal", Mode.LIVE),
        ("NEXT_PUBLIC_PADDLE_ENV", "production", "paddle", Mode.LIVE),
        ("MIDTRANS_IS_PRODUCTION", "false", "midtrans", Mode.TEST),
        ("POLAR_SERVER", "sandbox", "polar", Mode.TEST),
    ],
)
def test_mode_flags_say_their_mode(name: str, value: str, provider: str, mode: Mode) -> None:
    identity = identify.identify(value, name)
    assert identity is not None
    assert (identity.provider, identity.kind, identity.mode) == (provider, "mode flag", mode)


@pytest.mark.parametrize(
    "text", ["development", "true", "3000", "https://shop.example.org/pay", "info@example.org", "gpt-4o-mini", "us-east-1", "1.2.3"]
)
def test_ordinary_values_are_nobodys(text: str) -> None:
    for name in (None, "NODE_ENV", "PORT", "APP_URL", "DEBUG"):
        assert identify.identify(text, name) is None


# --- stand-ins ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("head", ["xX", "Xx", "xx", "XX"])
def test_a_key_that_happens_to_begin_with_two_crosses_is_a_key(head: str) -> None:
    body = base64.b32encode(hashlib.sha256(head.encode()).digest()).decode().lower().rstrip("=")
    identity = identify.identify(f"gsk_{head}{body[:50]}")
    assert identity is not None
    assert identity.provider == "groq"


@pytest.mark.parametrize(
    "body", ["xx", "xxx", "XXXX", "xxxxxxxxxxxxxxxxxxxxxxxx", "xxx_your_key", "xxxx-xxxx-1234", "...", "your_key_here"]
)
def test_crosses_with_nothing_real_behind_them_stand_in(body: str) -> None:
    for head in ("gsk_", "sk_live_", "re_", "sk-proj-"):
        assert identify.placeholder(head + body) is not None
        assert identify.identify(head + body, "API_KEY") is None


def test_a_conventional_name_is_known_behind_every_public_prefix_that_names_no_provider() -> None:
    of_providers = {"SANITY_STUDIO_", "STRAPI_ADMIN_", "PAYLOAD_PUBLIC_", "REDWOOD_ENV_"}
    for prefix in set(platform.public_prefixes()) - of_providers:
        assert catalog.canonical(f"{prefix}STRIPE_SECRET_KEY") == "STRIPE_SECRET_KEY"


def test_what_a_bundler_puts_in_the_place_of_a_read_is_told_by_the_prefix() -> None:
    assert platform.is_inlined("NEXT_PUBLIC_URL")
    assert platform.is_inlined("NX_PUBLIC_URL")
    assert platform.is_inlined("SANITY_STUDIO_PROJECT_ID")
    assert not platform.is_inlined("VITE_URL")  # Vite replaces import.meta.env alone
    assert not platform.is_inlined("PUBLIC_URL")
