"""docs/platforms.md: every framework, runtime and host platform that driftline knows, and what each does with variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli

from driftline.knowledge import platform

_FOLDER = Path(platform.__file__).parent / "platforms"
_PARTS = (
    ("framework", "Frameworks", "Recognised by a dependency; it decides how env files are read and which variables reach browsers."),
    ("host", "Hosts and CI systems", "Recognised by their files, or by the variables of a running build (`predeploy`)."),
    ("", "Libraries and tools", "They read or provide variables without a visible read in the code."),
)


def text() -> str:
    """The page."""
    known = {path.stem: tomli.loads(path.read_text(encoding="utf-8")) for path in sorted(_FOLDER.glob("*.toml"))}
    lines = [
        "# Platforms",
        "",
        "What frameworks, runtimes, hosts and libraries do with environment variables. A name that a platform provides needs no declaration; a name",
        "that a library reads by itself needs no visible read. Each fact stands in `src/driftline/knowledge/platforms/` with its source and date.",
    ]
    for part, title, words in _PARTS:
        lines += ["", f"## {title}", "", words]
        for name, data in known.items():
            if _part(data) == part:
                lines += ["", f"### {data.get('title', name)}", "", *_facts(data)]
    return "\n".join(lines) + "\n"


def _part(data: Mapping[str, Any]) -> str:
    return "framework" if "framework" in data else "host" if "host" in data or "live" in data else ""


def _facts(data: Mapping[str, Any]) -> Iterator[str]:
    framework, host, live = (data.get(key, {}) for key in ("framework", "host", "live"))
    if framework.get("dependencies"):
        yield f"- recognised by {_names(framework['dependencies'])}"
    if framework.get("loader"):
        yield f"- env files are read by `{framework['loader']}`"
    prefixes = (*framework.get("public_prefixes", ()), *framework.get("generic_prefixes", ()))
    if prefixes:
        yield f"- reaches browsers: {_names(f'{prefix}*' for prefix in prefixes)}"
    if host.get("files"):
        yield f"- recognised by {_names(host['files'])}"
    if host.get("previews"):
        yield "- deploys every pull request as a preview"
    if host.get("settles"):
        yield f"- `{host['settles']}` shows what its dashboard holds"
    if live.get("shown"):
        says = (*live.get("words", ()), *live.get("previews", ()), *live.get("branches", ()), *live.get("names", ()))
        yield f"- a build on it is recognised by {_names(live['shown'])}" + (f"; the environment is said by {_names(says)}" if says else "")
    for table, verb in (("injects", "provides"), ("reads", "reads")):
        for row in data.get(table, ()):
            among = row.get("within") or row.get("dependencies") or ()
            where = f" (with {_names(among)})" if among else ""
            yield f"- {row['by'] + ' ' if row.get('by') else ''}{verb} {_names(row['names'])}{where}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
