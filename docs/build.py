"""Writes what is made from code and data: the pages in this folder and the compiled provider catalogue; `--check` compares instead.

    python docs/build.py            writes everything
    python docs/build.py --check    exit code 1 and one line for each file that is out of step

To add a page, write a function that returns its text and enter it in `FILES`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from driftline.knowledge import catalog
from driftline.knowledge.catalog import KeyKind, Provider

DOCS = Path(__file__).parent
NOTE = "<!-- Written by docs/build.py from the code and its data; changes here are lost. -->\n\n"

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


def providers() -> str:
    """docs/providers.md: every provider and key kind of the catalogue, by the job it does."""
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
    return NOTE + "\n".join(lines).rstrip("\n") + "\n"


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


# File -> its text.
FILES: Mapping[Path, Callable[[], str]] = {
    Path(catalog.INDEX): catalog.index_text,
    DOCS / "providers.md": providers,
}


def out_of_step() -> list[Path]:
    """The files whose text is not what the code and the data say."""
    return [path for path, text in FILES.items() if not path.is_file() or path.read_text(encoding="utf-8") != text()]


def main(arguments: list[str]) -> int:
    """Writes, or checks and returns 1 when something is out of step."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    changed = out_of_step()
    check = parser.parse_args(arguments).check
    for path in changed:
        if check:
            sys.stderr.write(f"{path}: out of step; run python docs/build.py\n")
        else:
            path.write_text(FILES[path](), encoding="utf-8", newline="\n")
            sys.stderr.write(f"{path}: written\n")
    return 1 if check and changed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
