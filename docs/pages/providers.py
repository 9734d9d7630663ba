"""docs/providers.md: every provider and key kind of the catalogue, by the job it does."""

from __future__ import annotations

from collections.abc import Iterable

from driftline.knowledge import catalog
from driftline.knowledge.catalog import KeyKind, Provider

_JOBS = {
    "payment": "Payment",
    "commerce": "Commerce",
    "email": "Mail",
    "sms": "Text messages",
    "messaging": "Messaging and hooks",
    "auth": "Sign-in",
    "captcha": "Captchas",
    "database": "Databases",
    "cache": "Caches",
    "queue": "Queues and jobs",
    "storage": "Storage",
    "search": "Search",
    "ai": "AI",
    "cms": "Content",
    "media": "Media and data",
    "maps": "Maps",
    "analytics": "Analytics and flags",
    "monitoring": "Monitoring",
    "platform": "Platforms",
    "dev": "Developer tools",
    "generic": "Without a provider",
}
_EXPOSURE = {"secret": "secret", "public": "public", "restrict": "public while restricted", "unknown": "depends"}
_SLOT = {
    "publishable": "publishable key",
    "webhook_secret": "webhook secret",
    "url": "address",
    "account": "account",
    "id": "id",
    "price": "price",
}


def text() -> str:
    """The page."""
    known = catalog.load()
    kinds: dict[str, list[KeyKind]] = {}
    for kind in known.keys:
        kinds.setdefault(kind.provider, []).append(kind)
    lines = [
        "# Providers",
        "",
        f"driftline recognises {len(known.keys)} kinds of credentials, ids and addresses of {len(known.providers)} providers, offline: by their",
        "shape, checksum and what is encoded in them, and where a shape says nothing, by the variable that holds them.",
        "",
        '- **Seen by browsers**: may the value stand in browser code? "public while restricted" is public only while the provider limits it to',
        '  your domains; "depends" cannot be told from the value.',
        "- **Says**: what the value itself tells: its mode (live or test), its account, its expiry, whether its checksum is right.",
        "- **Variables**: the conventional names; public prefixes (`NEXT_PUBLIC_`) and words for an environment (`_PROD`) may be added.",
        "- *By its variable*: the shape alone says nothing. *Known from use*: not from the provider's own page.",
        "",
        "To add a provider, add one file to `src/driftline/knowledge/providers/`; its format stands in `knowledge/catalog.py`.",
        "",
    ]
    by_job: dict[str, list[Provider]] = {job: [] for job in _JOBS}
    for provider in known.providers.values():
        by_job[provider.job].append(provider)
    for job, title in _JOBS.items():
        if by_job[job]:
            lines += [f"## {title}", ""]
        for provider in sorted(by_job[job], key=lambda p: p.title.lower()):
            lines += _provider(provider, kinds.get(provider.id, []))
    return "\n".join(lines).rstrip("\n") + "\n"


def _provider(provider: Provider, kinds: Iterable[KeyKind]) -> list[str]:
    lines = [f"### {provider.title[0].upper()}{provider.title[1:]}", ""]
    rows = [f"| {kind.id} | {_EXPOSURE[kind.exposure.value]} | {_says(kind)} | {_names(kind.variables)} |" for kind in kinds]
    if rows:
        lines += ["| what | seen by browsers | says | variables |", "| --- | --- | --- | --- |", *rows, ""]
    for group, hosts in provider.hosts.items():
        lines.append(f"- {group} hosts: {_names(hosts)}")
    if provider.mode_flags:
        lines.append(f"- live or test is chosen by {_names(provider.mode_flags)}")
    if provider.callbacks:
        lines.append(f"- it calls, or sends people to, the address in {_names(provider.callbacks)}")
    return [*lines, ""] if lines[-1] else lines


def _says(kind: KeyKind) -> str:
    says = []
    if not isinstance(kind.mode, str) or kind.mode not in ("any", "unknown"):
        says.append(kind.mode if kind.mode in ("live", "test", "local") else "mode")
    if kind.account or "?P<account>" in kind.shape:
        says.append("data store" if kind.data_store else "account")
    if kind.expires:
        says.append("expiry")
    if kind.checksum:
        says.append("checksum")
    if kind.slot in _SLOT:
        says.insert(0, _SLOT[kind.slot])
    if kind.context is not None:
        says.append("*by its variable*")
    if kind.hint:
        says.append("*known from use*")
    return ", ".join(dict.fromkeys(map(str, says)))


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
