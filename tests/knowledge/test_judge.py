"""detect-secrets as the judge: asked only where randomness and the name disagree, and not loaded before."""

from __future__ import annotations

import random
import string
import subprocess
import sys

import pytest

from driftline.knowledge import identify, judge
from driftline.model import Secret


def _like(text: str, name: str | None) -> bool:
    return identify.traits(Secret(text), name=name, key=b"k").secret_like


def _made(alphabet: str, length: int, count: int = 200) -> list[str]:
    source = random.Random(f"{alphabet}{length}")
    return ["".join(source.choices(alphabet, k=length)) for _ in range(count)]


@pytest.mark.parametrize("alphabet", [string.ascii_letters + string.digits, string.ascii_lowercase + string.digits, "0123456789abcdef"])
@pytest.mark.parametrize("length", [10, 16, 32])
def test_random_values_under_a_secret_name(alphabet: str, length: int) -> None:
    found = [_like(text, "SERVICE_PASSWORD") for text in _made(alphabet, length)]
    assert sum(found) >= 0.75 * len(found)


@pytest.mark.parametrize(
    "alphabet", [string.ascii_letters + string.digits, string.ascii_letters + string.digits + "-_", "0123456789abcdef"]
)
def test_long_random_values_under_any_name(alphabet: str) -> None:
    found = [_like(text, "SOMETHING") for text in _made(alphabet, 32)]
    assert sum(found) >= 0.85 * len(found)


@pytest.mark.parametrize(
    "text",
    [
        "postgres", "changeit123", "my-jwt-secret-2024", "dev-only-secret", "production-eu-west", "gpt-4o-mini-2024-07-18", "keyboardcat1",
        "text-embedding-3-small", "admin1234", "us-east-1", "next-auth.session-token",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["APP_SETTING", "SERVICE_PASSWORD", "MODEL_KEY"])
def test_words_and_sequences_are_no_secrets(text: str, name: str) -> None:
    assert not _like(text, name)


def test_a_sequence_is_no_secret_by_itself() -> None:
    assert not _like("0123456789abcdef", "APP_SETTING")


@pytest.mark.parametrize("name", ["APP_ID", "BUILD_SHA", "RELEASE_VERSION", "CLIENT_ID"])
def test_ids_and_digests_are_no_secrets(name: str) -> None:
    for text in _made("0123456789abcdef", 40, 20):
        assert not _like(text, name)


def test_a_uuid_is_no_secret_by_itself() -> None:
    text = "-".join("".join(_made("0123456789abcdef", n, 1)) for n in (8, 4, 4, 4, 12))
    assert not _like(text, "SOMETHING")
    assert not _like(text, "NEXT_PUBLIC_TENANT")


def test_detect_secrets_filters_drop_what_looks_random() -> None:
    assert judge.is_harmless("abcdefghijklmnopqrstuvwxyz012345"[20:], "THING")
    assert judge.is_harmless("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "THING")
    assert judge.is_harmless("1234567890", "PIN_KEY")
    assert not judge.is_harmless("q8Zk3vXw9LmT", "THING_PASSWORD")


def test_nothing_of_it_is_loaded_for_values_that_explain_themselves() -> None:
    script = (
        "import sys\n"
        "from driftline.knowledge import identify\n"
        "from driftline.model import Secret\n"
        "for name, text in (('PORT', '3000'), ('APP_NAME', 'my-shop'), ('POSTGRES_PASSWORD', 'postgres'), ('MODEL', 'gpt-4o-mini'),\n"
        "                   ('SESSION_SECRET', 'k' + '3fQ' * 14), ('BASE_URL', 'http://localhost:3000')):\n"
        "    identify.traits(Secret(text), name=name, key=b'k')\n"
        "print(sorted(m for m in sys.modules if m.partition('.')[0] in ('detect_secrets', 'gibberish_detector', 'requests')))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
