"""Addresses in built output that lead where no visitor can go: `https://undefined`, a localhost at `success_url`, a tunnel, a payment link for tests.

Libraries are full of localhost: only one that stands at a callback's key, or in a constant from which such a key takes its start, is the app's.
"""

from __future__ import annotations

import re

from driftline import late
from driftline.bundle import triggers
from driftline.bundle.blob import Mark
from driftline.knowledge import callbacks, hosts
from driftline.knowledge.callbacks import Role
from driftline.knowledge.hosts import Class
from driftline.model import Url

PAYMENT_LINK = "payment link"

_LONGEST = 300
# A slash may stand behind the escape of JSON inside a page.
_URL = late.pattern(rb"(?:https?|wss?):(?:\\{0,3}/){2}[^\s\"'`<>{}\\|^$?#]{1,200}")
_NAME = late.pattern(rb"([A-Za-z_$][\w$\-]{0,60})\\{0,3}[\"'`]?\]?\s{0,4}[:=]\s{0,4}\\{0,3}[\"'`]\Z")
_USED = rb":\s?(?:`\$\{%s\}|%s\s?\+|\"\"\.concat\(%s\b)"
_KEY = late.pattern(rb"([A-Za-z_][\w$]{2,60})[\"']?\s?\Z")
# How far from a constant a key may take it: `window` gives what stands around a hit, not the whole text.
_REACH = 48 << 10


def mark(data: bytes, end: int) -> Mark | None:
    """The address whose trigger ends at `end`, with the key it stands at, where it is the app's own and wrong for every visitor."""
    found = next((m for m in _URL.finditer(data, max(0, end - _LONGEST), end + _LONGEST) if m.start() < end <= m.end()), None)
    if found is None:
        return None
    text = found[0].replace(b"\\", b"").decode("utf-8", "replace")
    url = hosts.split(text)
    if url is None:
        return None
    if text.startswith("https://buy.stripe.com/test_"):
        return Mark(triggers.LINK, found.start(), f"{PAYMENT_LINK}\0{text}")
    kind = hosts.classify(url).kind
    named = _NAME.search(data, max(0, found.start() - 80), found.start())
    key = named[1].decode("ascii", "replace") if named is not None else ""
    if kind is Class.MALFORMED:
        quoted = data[found.start() - 1 : found.start()] in (b'"', b"'", b"`")
        return Mark(triggers.LINK, found.start(), f"{key}\0{text}") if quoted and hosts.is_missing(url.host) else None
    if kind not in (Class.LOCAL, Class.TUNNEL, Class.SINK, Class.PREVIEW, Class.BUILDER_PREVIEW):
        return None
    if not _calls_back(key):
        key = _taken_by(data, key, found.start())
    return Mark(triggers.LINK, found.start(), f"{key}\0{text}") if key else None


def _calls_back(key: str) -> bool:
    """Whether somebody else calls or opens what stands at a key; the app's own address and its API's stand in libraries too."""
    return callbacks.role_of_argument(key) not in (None, Role.SITE, Role.API, Role.ASSET)


def _taken_by(data: bytes, constant: str, place: int) -> str:
    """The callback's key that builds on a constant near it (`success_url:a+"/thanks"`), "" where none does."""
    if not constant.isidentifier():
        return ""
    name = re.escape(constant.encode())
    near = re.compile(_USED % (name, name, name))
    # The key is looked for behind each use: an expression that began with it would try every word of the text.
    for used in near.finditer(data, max(0, place - _REACH), place + _REACH):
        named = _KEY.search(data, max(0, used.start() - 64), used.start())
        if named is not None and _calls_back(key := named[1].decode("ascii", "replace")):
            return key
    return ""


def told(mark: Mark) -> tuple[str, Url]:
    """(key, the parts of the address that may be shown) of a mark made here. Raises ValueError for another's."""
    key, _, text = mark.text.partition("\0")
    url = hosts.split(text)
    if url is None:
        raise ValueError("not a mark of an address")
    return key, url
