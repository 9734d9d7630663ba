"""Every secret kind of the catalogue is found in every form in which a build can print it, and its encoding is named."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from driftline.bundle import triggers
from driftline.knowledge.catalog import KeyKind
from tests import keys
from tests.bundle.forms import BARE, FORMS
from tests.bundle.looking import look, secret_kinds

KINDS = {kind.name: kind for kind in secret_kinds()}

# A key inside the example is a key of its own and is what is found: a token behind its scheme, the PEM block of an account's JSON.
HOLDS_ANOTHER = frozenset(("fly.access token", "google.service account", "google.service account in base64"))
# Forms that start from the literal head of a kind.
FROM_THE_HEAD = frozenset(
    (
        "base64",
        "base64, one byte in",
        "base64, two bytes in",
        "base64 for URLs",
        "base64 of base64",
        "base64 of hex",
        "base64 in lines",
        "base64 in lines of a string",
        "hex",
        "upper-case hex",
        "reversed",
        "character codes",
    )
)
# Forms that start from a literal that begins as a kind does.
THROUGH_VARIABLES = frozenset(
    (
        "added to a variable",
        "added to an empty variable",
        "rest in a variable",
        "beginning in a variable",
        "beginning in a property",
        "variable in a template",
        "variable in concat",
    )
)


def has_head(kind: KeyKind, form: str) -> bool:
    """Whether a kind starts with a literal that can be looked for encoded; backwards it must not look like padding."""
    heads = [head for head in kind.prefixes if not re.fullmatch(r"https?://", head)]
    least = 4 if form == "reversed" else 3
    return bool(heads) and all(len(head) >= least and len(set(head[:7])) >= 3 for head in heads)


@pytest.mark.parametrize("form", FORMS)
def test_every_kind_is_found_in_every_form(form: str) -> None:
    encoding, written = FORMS[form]
    missed, misnamed = [], []
    for name, kind in KINDS.items():
        text = keys.example(kind, seed="form")
        if form in THROUGH_VARIABLES and all(triggers._NO_OPENING.fullmatch(head) for head in kind.prefixes):
            continue
        if name in HOLDS_ANOTHER or (form in FROM_THE_HEAD and not has_head(kind, form)):
            continue
        if form in ("reversed", "base64 for URLs") and kind.slot == "url":
            continue  # an address swallows what follows it without a quote; a PEM block holds spaces
        if form == "reversed" and "\n" in text:
            continue
        if form == "base64 of base64" and text.startswith("https://"):
            continue  # what says whose address it is stands behind its scheme, elsewhere in a group
        hits = [hit for hit in look().text(f"var x;{written(text)};y".encode()) if hit.text == text]
        if not hits:
            missed.append(name)
        elif hits[0].encoding != encoding:
            misnamed.append((name, hits[0].encoding))
    assert not missed
    assert not misnamed


@pytest.mark.parametrize("form", ["added to a variable", "added to an empty variable"])
def test_a_minified_name_is_used_again_for_another_text(form: str) -> None:
    texts = [keys.example(KINDS["stripe.secret key"], seed=str(number)) for number in range(5)]
    written = "".join(f"function f{number}(){{{FORMS[form][1](text)};}}" for number, text in enumerate(texts))
    assert [hit.text for hit in look().text(written.encode())] == texts


@pytest.mark.parametrize("context", BARE)
def test_a_key_ends_where_its_alphabet_ends(context: str) -> None:
    missed = []
    for name, kind in KINDS.items():
        if name in HOLDS_ANOTHER or kind.slot == "url":
            continue
        text = keys.example(kind, seed="bare")
        if text not in [hit.text for hit in look().text(f"var x;{BARE[context](text)}".encode())]:
            missed.append(name)
    assert not missed


@pytest.mark.parametrize("around", [("\0", "\0"), ("src/main.rs", "\0"), ("src/main.rs", "called `Option")])
def test_a_key_is_found_where_nothing_separates_strings(around: tuple[str, str]) -> None:
    """Hermes and compiled Rust put strings back to back: digits, hex and literal words in a key are no words of another string."""
    kinds = [kind for name, kind in KINDS.items() if name not in HOLDS_ANOTHER and "[^\\x00]" not in kind.shape]
    texts = {kind.name: keys.example(kind, seed="bare") for kind in kinds}
    data = {name: f"{around[0]}{text}{around[1]}".encode() for name, text in texts.items()}
    missed = [name for name, text in data.items() if not look().text(text, bare=True)]
    assert len(missed) <= len(kinds) // 50, missed  # so many random keys are as much of a word as a word is


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("\\x", "base64"),
        ("\\u", "quoted"),
        ("concatenated", "base64"),
        ("in a source", "concatenated"),
        ("percent", "quoted"),
        ("in JSON in a string", "joined"),
    ],
)
def test_encodings_inside_one_another(outer: str, inner: str) -> None:
    text = keys.example(KINDS["anthropic.API key"], seed="deep")
    written = FORMS[outer][1](FORMS[inner][1](text))
    assert text in [hit.text for hit in look().text(f"a={written};".encode())]


@pytest.mark.parametrize(
    "written",
    [
        lambda t: t.replace("_", "&lowbar;").replace(":", "&colon;").replace("@", "&commat;").replace(".", "&period;"),
        lambda t: t.replace("_", "&UnderBar;").replace("/", "&sol;").replace("=", "&equals;"),
        lambda t: t.replace(":", "&#58").replace("_", "&#x5F;"),
        lambda t: "".join(f"%2525{ord(c):02x}" for c in t),
        lambda t: json.dumps(json.dumps(json.dumps({"k": t, "line": "\n"}))),
        lambda t: quote(json.dumps({"k": t})),
        lambda t: f"\\{ord(t[0]):o}{t[1:]}",
    ],
)
@pytest.mark.parametrize(
    "name", ["stripe.secret key", "resend.API key", "mongodb.connection URL", "sendgrid.API key", "generic.private key"]
)
def test_a_key_with_a_few_letters_escaped(name: str, written: Callable[[str], str]) -> None:
    text = keys.example(KINDS[name], seed="some")
    if name != "generic.private key" or written(text).startswith(("%7B", '"', "%2525")):  # a line break stands in no quotes
        assert text in [hit.text for hit in look().text(f'<a data-k="{written(text)}">'.encode())]


def test_two_literals_folded_into_one_are_two_keys() -> None:
    one, other = (keys.example(KINDS[name], seed="fold") for name in ("replicate.API token", "slack.bot token"))
    found = [hit.text for hit in look().text(f'a="{one}{other}"'.encode())]
    assert found == [one, other]


@pytest.mark.parametrize(
    "written",
    [
        "{0}A",  # the alphabet goes on
        "x{0}",  # a longer word before it
        "a={0}".replace("{0}", "{0}B1"),
    ],
)
def test_a_part_of_a_longer_word_is_no_key(written: str) -> None:
    text = keys.example(KINDS["github.personal access token"], seed="word")
    assert not look().text(f'"{written.format(text)}"'.encode())


def test_a_chance_run_inside_encoded_bytes_is_no_key() -> None:
    text = keys.example(KINDS["square.access token"], seed="blob").replace("_", "a").replace("-", "b")
    blob = "Qm9" * 40 + "+" + text + "/" + "x1Z" * 40
    assert not [hit for hit in look().text(f'"{blob}"'.encode()) if hit.encoding == "plain"]


@pytest.mark.parametrize(
    ("password", "real"), [("xq7Rb2mWk9Lp4Tz", True), ("Xv83hTqLm2", True), ("xxxxxxxx", False), ("<password>", False)]
)
def test_a_password_may_start_with_any_letter(password: str, real: bool) -> None:
    assert bool(look().text(f'"postgres://shop:{password}@db.shop-orders.net/main"'.encode())) is real
