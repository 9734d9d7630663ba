"""Examples of credentials, generated from their shapes: no key-shaped text is ever committed, fixtures hold placeholders.

`{{stripe.secret key.live}}` is an example of that kind and mode, the same one wherever it stands. `#shop` names a project of one's own: all
examples of a provider with the same `#` belong to one account, with another `#` to another. `{{supabase.service role key@abcdefghijklmnopqrst}}`
belongs to that account, where the kind says its account aloud; `#expires 2025-03-01` gives a token that ends on that day. Ids are compared without regard to case.
"""

from __future__ import annotations

import base64
import json
import random
import re
import zlib
from collections.abc import Callable
from datetime import datetime, timezone
from functools import cache
from typing import Any, NamedTuple

from driftline.knowledge import catalog, decoders, identify, shapes
from driftline.knowledge.catalog import KeyKind
from driftline.model import Mode

_PLACEHOLDER = re.compile(r"\{\{([a-z0-9-]+)\.([^{}.@#]+?)(?:\.(live|test|local|any|unknown))?(?:@([^{}#]+))?(?:#([^{}]+))?\}\}")
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_ATTEMPTS = 400

MODES = tuple(mode.value for mode in Mode)


def expand(text: str) -> str:
    """`text` with every placeholder of a known provider replaced by its example; others (`{{ vars.X }}`) stay as they are.

    Raises ValueError for a known provider's unknown kind.
    """
    known = catalog.load()

    def example_of(match: re.Match[str]) -> str:
        if match[1] not in known.providers:
            return match[0]
        kind = next((kind for kind in known.keys if kind.provider == match[1] and kind.id.lower() == match[2].lower()), None)
        if kind is None:
            raise ValueError(f"no such key kind: {match[1]}.{match[2]}")
        return example(kind, mode=match[3], account=match[4], seed=match[5] or "")

    return _PLACEHOLDER.sub(example_of, text)


def example(kind: KeyKind, *, mode: str | None = None, account: str | None = None, seed: object = "") -> str:
    """A fake of this kind that driftline takes for real: shape, mode, account, body and checksum. Raises ValueError when none comes out."""
    for attempt in range(_ATTEMPTS):
        wanted = _Wanted(kind, mode, account, seed, random.Random(f"{kind.name}|{mode}|{account}|{seed}|{attempt}"))
        make = _WHOLE.get(kind.validate or "") or _WHOLE.get(kind.account or "") or _shaped
        # A vendor's own host is narrower than what its decoder reads: then the shape alone has to do.
        make = make if attempt < 20 else _shaped
        text = _COMPLETE.get(kind.checksum or "", str)(make(wanted))
        if identify.placeholder(text):
            continue
        found = identify._match(kind, text)
        if found is None:
            continue
        identity = identify._identity(kind, found[1], text)
        if mode in (None, identity.mode.value) and (account is None or _same(identity.account, account)):
            return text
    raise ValueError(f"no example of {kind.name} ({mode}, {account}) comes out of its shape")


def variable(kind: KeyKind) -> str | None:
    """A variable that would hold such a value: conventional, or with a word of its context."""
    if kind.variables:
        return kind.variables[0]
    return f"{kind.context[0]}_KEY" if kind.context else None


def _same(one: str | None, other: str) -> bool:
    return one is not None and decoders.same_account(one, other)


class _Wanted(NamedTuple):
    """What an example is to be; `source` differs with each attempt, `steady` only with what is asked for."""

    kind: KeyKind
    mode: str | None
    account: str | None
    seed: object
    source: random.Random

    def steady(self, shape: Any) -> str:
        """The wanted account, else the one that all kinds of this provider and seed share where the shape of it is the same."""
        if self.account is not None:
            return self.account
        tree = shapes.parse(shape) if isinstance(shape, str) else shape
        return "".join(_texts(tree, {}, random.Random(f"{self.kind.provider}|{tree!r}|{self.seed}")))

    def mode_word(self) -> str:
        """The word in the text that stands for the wanted mode, "" for kinds that have none."""
        words = {} if isinstance(self.kind.mode, str) else self.kind.mode
        return self.source.choice([word for word, says in words.items() if self.mode in (None, says)] or [""])

    def random(self, shape: str) -> str:
        """Text of a shape, another one with each attempt."""
        return "".join(_texts(shapes.parse(shape), {}, self.source))

    def noise(self, count: int) -> bytes:
        return bytes(self.source.randrange(256) for _ in range(count))


# --- from the shape -------------------------------------------------------------------------------------------------------

_Group = Callable[[Any], str]


def _shaped(wanted: _Wanted) -> str:
    groups: dict[str, _Group] = {"account": wanted.steady}
    if wanted.mode is not None and not isinstance(wanted.kind.mode, str):
        groups["mode"] = lambda _: wanted.mode_word()
    return "".join(_texts(shapes.parse(wanted.kind.shape), groups, wanted.source))


def _texts(tree: Any, groups: dict[str, _Group], source: random.Random) -> list[str]:
    """One random text that the parsed shape matches; a named group takes what its function says."""
    names = {number: name for name, number in tree.state.groupdict.items()}
    texts = []
    for op, value in tree:
        operation = str(op).lower()
        if operation == "literal":
            texts.append(chr(value))
        elif operation == "not_literal":
            texts.append(source.choice(_BASE62.replace(chr(value), "")))
        elif operation == "in":
            texts.append(source.choice(_usual(tuple(value))))
        elif operation == "branch":
            texts += _texts(source.choice(value[1]), groups, source)
        elif operation == "subpattern":
            chosen = groups.get(names.get(value[0], ""))
            texts += [chosen(value[3])] if chosen else _texts(value[3], groups, source)
        elif operation == "max_repeat":
            low, high, inner = value
            # A mode's group that may be absent is there or not as the mode's word, which may be "", says.
            if len(inner) == 1 and "mode" in groups and str(inner[0][0]).lower() == "subpattern" and names.get(inner[0][1][0]) == "mode":
                texts.append(groups["mode"](inner))
                continue
            # The shortest length or a little more: vendors' keys are rarely as long as a shape allows.
            for _ in range(source.randint(low, min(high, max(low, 1) + 8))):
                texts += _texts(inner, groups, source)
        else:
            raise ValueError(operation)
    return texts


@cache
def _usual(parsed: Any) -> list[str]:
    """Letters and digits where the class has them: an example with a quote or a space inside would test another thing."""
    members = shapes.members_of(parsed)
    return [member for member in members if member in _BASE62] or list(members) or [" "]


# --- from what stands inside ----------------------------------------------------------------------------------------------

_REF = "[a-z]{20}"
_STRIPE = "acct_1[0-9A-Za-z]{15}"


def _b64(raw: bytes | str, *, url: bool = False, pad: bool = True) -> str:
    raw = raw.encode() if isinstance(raw, str) else raw
    text = (base64.urlsafe_b64encode if url else base64.b64encode)(raw).decode()
    return text if pad else text.rstrip("=")


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _jwt(wanted: _Wanted) -> str:
    """A JWT with the claims of the kind; the signature is noise."""
    kind = wanted.kind
    payload: dict[str, Any]
    if "role" in kind.claims:
        payload = {"iss": "supabase-demo" if wanted.mode == "local" else "supabase", "ref": wanted.steady(_REF)}
    else:
        payload = {"iss": f"https://{wanted.steady('[a-z]{6,12}')}.example.com/", "sub": wanted.random("[0-9a-f]{24}")}
    # Elliptic signatures have 64 bytes.
    algorithm, size = ("EdDSA", 64) if kind.validate == "turso_token" else ("ES256", 64) if "{86}" in kind.shape else ("HS256", 32)
    payload = {**payload, **({"a": "rw"} if algorithm == "EdDSA" else {}), "iat": 1735689600, "exp": _expiry(wanted.seed), **kind.claims}
    parts = (_compact({"alg": algorithm, "typ": "JWT"}).encode(), _compact(payload).encode(), wanted.noise(size))
    return ".".join(_b64(part, url=True, pad=False) for part in parts)


def _expiry(seed: object) -> int:
    """Seconds of the date that a seed names (`expires 2025-03-01`), else a day far away."""
    named = re.fullmatch(r"expires (\d{4}-\d\d-\d\d)", str(seed))
    return int(datetime.fromisoformat(f"{named[1]}T00:00:00+00:00").timestamp()) if named else 2051222400


def _pem(wanted: _Wanted) -> str:
    body = _b64(wanted.noise(1190))
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join(["-----BEGIN " + "PRIVATE KEY-----", *lines, "-----END " + "PRIVATE KEY-----"])


def _service_account(wanted: _Wanted) -> str:
    project = wanted.steady("[a-z]{6,12}-[0-9]{5}")
    text = json.dumps(
        {
            "type": "service_account",
            "project_id": project,
            "private_key_id": wanted.random("[0-9a-f]{40}"),
            "private_key": _pem(wanted) + "\n",
            "client_email": f"app@{project}.iam.gserviceaccount.com",
        }
    )
    return text if wanted.kind.prefixes and wanted.kind.prefixes[0].startswith("{") else _b64(text)


def _clerk(wanted: _Wanted) -> str:
    word = wanted.mode_word()
    host = wanted.steady("[a-z]{5,8}-[a-z]{5,8}-[0-9]{2}\\.clerk\\.accounts\\.dev" if word == "test" else "clerk\\.[a-z]{6,12}\\.com")
    return f"pk_{word}_{_b64(host + '$')}"


def _stripe_key(wanted: _Wanted) -> str:
    word = wanted.mode_word()
    head = next(prefix for prefix in wanted.kind.prefixes if word in prefix)
    return f"{head}5{wanted.steady(_STRIPE)[5:]}{wanted.random('[0-9A-Za-z]{82}')}"


def _stripe_object(wanted: _Wanted) -> str:
    return f"{wanted.kind.prefixes[0].rstrip('13')}1{wanted.random('[0-9A-Za-z]{5}')}{wanted.steady(_STRIPE)[-10:]}{wanted.random('[0-9A-Za-z]{8}')}"


def _supabase_address(wanted: _Wanted) -> str:
    if wanted.kind.claims:
        return _jwt(wanted)
    return re.sub(r"(?<=db\.)[a-z]{20}(?=\.)|(?<=\.)[a-z]{20}(?=:)|(?<=https://)[a-z]{20}(?=\.)", wanted.steady(_REF), _shaped(wanted))


def _aws_id(wanted: _Wanted) -> str:
    number = 1 << 47 | int(wanted.steady("[1-9][0-9]{11}")) << 7 | wanted.source.randrange(128)
    return wanted.kind.prefixes[0] + base64.b32encode(number.to_bytes(6, "big") + wanted.noise(4)).decode()


def _database_url(wanted: _Wanted) -> str:
    account = "localhost/app" if wanted.mode == "local" else wanted.steady("[a-z]{5,9}\\.db\\.[a-z]{5,9}\\.net/[a-z]{4,8}")
    if wanted.kind.account in ("database_host", "redis"):
        account = account.partition("/")[0] if wanted.account is None else account
    secret = wanted.random("[A-Za-z0-9]{20}")
    user = f"app:{secret}@" if wanted.kind.exposure.value == "secret" else ""
    heads = [head for head in wanted.kind.prefixes if head.endswith("://")]
    return f"{'postgresql://' if 'postgresql://' in heads else heads[0]}{user}{account}"


def _neon(wanted: _Wanted) -> str:
    endpoint, _, name = wanted.steady("ep-[a-z]{4,7}-[a-z]{4,7}-a[0-9a-z]{7}/[a-z]{4,8}").partition("/")
    return f"postgresql://app:npg_{wanted.random('[A-Za-z0-9]{12}')}@{endpoint}.us-east-2.aws.neon.tech/{name or 'neondb'}?sslmode=require"


def _json_token(wanted: _Wanted) -> str:
    """Base64 JSON with everything that a token of this family holds."""
    kind = wanted.kind
    held: dict[str, object]
    if kind.validate == "mapbox_token":
        held = {"u": wanted.steady("[a-z]{6,12}"), "a": "c" + wanted.random("[a-z0-9]{24}")}
        return f"{kind.prefixes[0].partition('.')[0]}.{_b64(_compact(held), url=True, pad=False)}.{wanted.random('[A-Za-z0-9_-]{22}')}"
    if kind.validate == "sentry_token":
        held = {"iat": 1735689600, "url": "https://sentry.io", "region_url": "https://us.sentry.io", "org": wanted.steady("[a-z]{6,12}")}
        return f"sntrys_{_b64(_compact(held))}_{wanted.random('[A-Za-z0-9+/]{43}')}"
    if kind.validate == "braintree_token":
        held = {"version": 2, "authorizationFingerprint": wanted.random("[A-Za-z0-9]{300}")}
        held |= {"environment": {"live": "production"}.get(wanted.mode or "", "sandbox"), "merchantId": wanted.steady("[a-z0-9]{16}")}
        return _b64(_compact(held))
    held = {
        "apiKey": "sk_" + wanted.mode_word() + "live_" + wanted.random("[0-9a-f]{64}"),
        "appId": wanted.steady("[a-z0-9]{10}"),
        "regions": ["sea1"],
    }
    return _b64(_compact(held))


def _id(wanted: _Wanted) -> str:
    """An id that is its own account: steady as a whole."""
    if wanted.account is not None:
        return wanted.account
    return _shaped(wanted._replace(source=random.Random(f"{wanted.kind.name}|{wanted.mode}|{wanted.seed}")))


def _discord(wanted: _Wanted) -> str:
    return f"{_b64(wanted.steady('1[0-9]{17}'), pad=False)}.{wanted.random('[A-Za-z0-9_-]{6}')}.{wanted.random('[A-Za-z0-9_-]{38}')}"


def _storage_signature(wanted: _Wanted) -> str:
    """A shared access signature; account keys and connection strings come from their shapes."""
    if wanted.kind.expires is None:
        return _shaped(wanted)
    end = datetime.fromtimestamp(_expiry(wanted.seed), timezone.utc).strftime("%Y-%m-%dT%H%%3A%M%%3A%SZ")
    address = f"https://{wanted.steady('[a-z]{6,12}')}.blob.core.windows.net/{wanted.random('[a-z]{4,8}')}"
    return f"{address}?sv=2024-11-04&se={end}&sr=c&sp=r&sig={wanted.random('[0-9A-Za-z]{43}')}%3D"


def _algolia(wanted: _Wanted) -> str:
    return _b64(wanted.random("[0-9a-f]{64}") + "validUntil=2051222400&restrictIndices=products")


def _workos(wanted: _Wanted) -> str:
    return f"sk_{wanted.mode_word()}_{_b64('key_' + wanted.random('[0-9A-Z]{26},[0-9A-Za-z]{25}'), pad=False)}"


# By the name of the decoder that looks inside.
_WHOLE: dict[str, Callable[[_Wanted], str]] = {
    "jwt_claims": _jwt, "turso_token": _jwt, "private_key": _pem, "google_service_account": _service_account, "clerk_key": _clerk,
    "stripe_account": _stripe_key, "stripe_owner": _stripe_object, "supabase_ref": _supabase_address, "aws_account": _aws_id,
    "database": _database_url, "database_host": _database_url, "mongodb": _database_url, "redis": _database_url, "neon": _neon,
    "mapbox_token": _json_token, "sentry_token": _json_token, "braintree_token": _json_token, "uploadthing_token": _json_token,
    "discord_token": _discord, "algolia_secured": _algolia, "workos_key": _workos, "whole": _id,
    "azure_storage": _storage_signature,
}  # fmt: skip


# --- checksums ------------------------------------------------------------------------------------------------------------


def _digits(number: int, digits: str, width: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number, len(digits))
        text = digits[rest] + text
    return text.rjust(width, "0")


def _crc32_base62(text: str) -> str:
    """GitHub's token format (github.blog, 2021-04-05): the last six characters are the CRC32 of the body in base62."""
    head, _, body = text.partition("_")
    return f"{head}_{body[:-6]}{_digits(zlib.crc32(body[:-6].encode()), _BASE62, 6)}"


def _gitlab(text: str) -> str:
    """GitLab's routable tokens (GitLab handbook, 2026-11): seven base36 characters of CRC32 of all that stands before."""
    return text[:-7] + _digits(zlib.crc32(text[:-7].encode()), _BASE36, 7) if "." in text else text


_COMPLETE: dict[str, Callable[[str], str]] = {
    "github": _crc32_base62,
    "npm": _crc32_base62,
    "vercel": _crc32_base62,
    "gitlab": _gitlab,
}
