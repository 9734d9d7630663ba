"""Keys, ids and addresses that code fixes without a variable: which texts they are, shared by the languages' readers.

A key that browsers may see (`loadStripe("pk_...")`), an id that names its owner (a price) and a project's address say an account or a mode
in every environment. Secrets in code are another matter (`committed-secret`), and so are switches (`environment: "sandbox"`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice

from driftline import sieve
from driftline.code._addresses import is_deployed
from driftline.knowledge import catalog, identify
from driftline.knowledge.catalog import KeyKind
from driftline.model import Claim, Exposure, Identity, Mode

# One of these stands in every file with such a key, besides those that speak of variables and are read anyway.
TRACES = (b"_test_", b"_live_", b"TEST-", b"price_1", b".supabase.co", b".appspot.com", b".firebaseapp.com")

# More such texts are a table, not settings.
_MOST = 400
_LONGEST = 1200


def may_stand_in(path: str, content: bytes) -> bool:
    """Whether a file that a deployed app runs may hold a text that says an account or a mode."""
    return sieve.any_in(TRACES, content) and is_deployed(path)


def quotes(code: bytes) -> Iterator[int]:
    """The 0-based offsets of quotes behind which a key, an id or an address of a provider seems to stand."""
    return (match.start() for match in islice(_heads().finditer(code), _MOST))


@cache
def _heads() -> re.Pattern[bytes]:
    """A quote before what a wanted kind starts with; addresses are asked for as a whole."""
    heads = {head for kind in catalog.load().keys if _is_wanted(kind) for head in kind.prefixes if "://" not in head and len(head) > 2}
    words = b"|".join(re.escape(head.encode()) for head in sorted(heads))
    return re.compile(
        rb"[\"'`](?=(?:"
        + words
        + rb")[\w.:+/=\-]{8,1200}[\"'`]|https://[a-z0-9.\-]{8,80}/?[\"'`]|[a-z0-9\-]{4,40}\.(?:appspot|firebaseapp)\.com[\"'`])"
    )


def _is_wanted(kind: KeyKind) -> bool:
    """Kinds that speak for themselves, may be seen, and say a mode or an account that others must share."""
    says = isinstance(kind.mode, Mapping) or kind.mode in ("test", "live") or kind.tied is not None
    spoken = kind.exposure is not Exposure.SECRET and kind.context is None and not kind.hint and not kind.generic
    return (
        says
        and spoken
        and kind.job in ("payment", "commerce", "auth", "database", "captcha")
        and (kind.slot != "url" or kind.tied is not None)
    )


def identity_of(text: str) -> Identity | None:
    """What a text in code says: its mode, or an account that other values of the provider must share; None for all else."""
    if len(text) > _LONGEST:
        return None
    identity = identify.identify(text)
    if identity is None or identity.provider == "unknown":
        return None
    kind = catalog.load().kind(identity.provider, identity.kind)
    if kind is None or not _is_wanted(kind):
        return None
    return identity if identity.account or identity.mode in (Mode.LIVE, Mode.TEST) else None


def told(found: Iterable[Claim]) -> tuple[Claim, ...]:
    """The claims of one file that it does not choose among: a file with a live and a test key, or with two accounts, is a table."""
    claims = tuple(dict.fromkeys(found))
    modes: dict[str, set[Mode]] = {}
    accounts: dict[tuple[str, str], set[str]] = {}
    for claim in claims:
        identity = claim.identity
        if identity.mode in (Mode.LIVE, Mode.TEST):
            modes.setdefault(identity.provider, set()).add(identity.mode)
        if identity.account:
            accounts.setdefault((identity.provider, _tie(identity)), set()).add(identity.account[-10:])
    return tuple(
        claim
        for claim in claims
        if len(modes.get(claim.identity.provider, ())) < 2 and len(accounts.get((claim.identity.provider, _tie(claim.identity)), ())) < 2
    )


def _tie(identity: Identity) -> str:
    kind = catalog.load().kind(identity.provider, identity.kind)
    return kind.tied or "" if kind is not None else ""
