"""Examples of credentials, generated from their shapes: no key-shaped text is ever committed, fixtures hold placeholders.

`{{stripe.secret key.live}}` is an example of that kind and mode, the same one wherever it stands; `{{stripe.secret key.live#b}}` is another
one; `{{supabase.service role key@abcdefghijklmnopqrst}}` belongs to that account, where the kind says its account aloud.
"""

from __future__ import annotations

import base64
import json
import random
import re
import zlib
from collections.abc import Callable
from typing import Any

from driftline.knowledge import catalog, identify, shapes
from driftline.knowledge.catalog import KeyKind
from driftline.model import Mode

_PLACEHOLDER = re.compile(r"\{\{([a-z0-9-]+)\.([^{}.@#]+?)(?:\.(live|test|local|any|unknown))?(?:@([^{}#]+))?(?:#([^{}]+))?\}\}")
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ATTEMPTS = 400


def expand(text: str) -> str:
    """`text` with every placeholder of a known kind replaced by its example; others (`{{ vars.X }}`) stay as they are."""

    def example_of(match: re.Match[str]) -> str:
        kind = catalog.load().kind(match[1], match[2])
        if kind is None:
            raise ValueError(f"no such key kind: {match[1]}.{match[2]}")
        return example(kind, mode=match[3], account=match[4], seed=match[5] or "")

    return _PLACEHOLDER.sub(example_of, text)


def example(kind: KeyKind, *, mode: str | None = None, account: str | None = None, seed: object = "") -> str:
    """A fake of this kind that driftline takes for real: shape, mode, account, body and checksum. Raises ValueError when none comes out."""
    source = random.Random(f"{kind.name}|{mode}|{account}|{seed}")
    for _ in range(_ATTEMPTS):
        text = _generate(kind, mode, account, source)
        if kind.checksum in _COMPLETE:
            text = _COMPLETE[kind.checksum](text)
        if identify.placeholder(text):
            continue
        name = kind.variables[0] if kind.variables else f"{(kind.context or ('X',))[0]}_KEY"
        found = identify._match(kind, text)
        if found is None:
            continue
        identity = identify._identity(kind, found[1], text)
        if mode not in (None, identity.mode.value) or (account is not None and identity.account != account):
            continue
        assert identify.identify(text, name) is not None
        return text
    raise ValueError(f"no example of {kind.name} ({mode}, {account}) comes out of its shape")


def _generate(kind: KeyKind, mode: str | None, account: str | None, source: random.Random) -> str:
    if kind.claims or kind.validate == "jwt_claims":
        return _token(kind, account, source)
    words = {}
    if mode is not None and not isinstance(kind.mode, str):
        words["mode"] = [word for word, says in kind.mode.items() if says == mode]
    if account is not None:
        words["account"] = [account]
    return "".join(_texts(shapes.parse(kind.shape), words, source))


def _token(kind: KeyKind, account: str | None, source: random.Random) -> str:
    """A JWT with the claims of the kind; the signature is noise."""
    payload: dict[str, Any] = {
        "iss": "supabase",
        "ref": account or _letters(source, 20),
        "iat": 1735689600,
        "exp": 2051222400,
        **kind.claims,
    }
    parts = [json.dumps({"alg": "HS256", "typ": "JWT"}, separators=(",", ":")), json.dumps(payload, separators=(",", ":"))]
    signature = bytes(source.randrange(256) for _ in range(32))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in [*(p.encode() for p in parts), signature])


def _letters(source: random.Random, count: int) -> str:
    return "".join(source.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(count))


def _texts(tree: Any, words: dict[str, list[str]], source: random.Random) -> list[str]:
    """One random text that the parsed shape matches; a named group takes one of `words` where there are some."""
    names = {number: name for name, number in tree.state.groupdict.items()}
    texts = []
    for op, value in tree:
        kind = str(op).lower()
        if kind == "literal":
            texts.append(chr(value))
        elif kind == "not_literal":
            texts.append(source.choice(_BASE62.replace(chr(value), "")))
        elif kind == "in":
            texts.append(source.choice(_usual(shapes.members_of(value))))
        elif kind == "branch":
            texts += _texts(source.choice(value[1]), words, source)
        elif kind == "subpattern":
            chosen = words.get(names.get(value[0], ""))
            texts += [source.choice(chosen)] if chosen else _texts(value[3], words, source)
        elif kind == "max_repeat":
            low, high, inner = value
            # The shortest length or a little more: vendors' keys are rarely as long as a shape allows.
            for _ in range(source.randint(low, min(high, max(low, 1) + (8 if high - low > 8 else high - low)))):
                texts += _texts(inner, words, source)
        else:
            raise ValueError(kind)
    return texts


def _usual(members: list[str]) -> list[str]:
    """Letters and digits where the class has them: an example with a quote or a space inside would test another thing."""
    return [member for member in members if member in _BASE62] or members


def _base62(number: int, width: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return digits.rjust(width, "0")


def _crc32_suffix(text: str) -> str:
    """GitHub's token format (github.blog, 2021-04-05): the last six characters are the CRC32 of the body in base62."""
    head, _, body = text.rpartition("_")
    body = body[:-6]
    return f"{head}_{body}{_base62(zlib.crc32(body.encode()), 6)}"


_COMPLETE: dict[str | None, Callable[[str], str]] = {"github": _crc32_suffix, "npm": _crc32_suffix}

MODES = tuple(mode.value for mode in Mode)
