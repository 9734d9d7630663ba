"""What the JSON outputs share: how a place, an identity and an app look in JSON, and how a document is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from driftline.model import App, Identity, Location


def document(data: Any) -> Iterator[str]:
    """One JSON document, ASCII only: what a hostile name carries stands in it as an escape, never as a raw character."""
    import json

    yield json.dumps(_valid(data), indent=2) + "\n"


def place(location: Location | None) -> dict[str, Any] | None:
    """Path and 1-based line and column."""
    return None if location is None else {"path": location.path, "line": location.line, "column": location.column}


def place_with_offset(location: Location) -> dict[str, Any]:
    """Path, 1-based line and column, 0-based byte offset."""
    return {"path": location.path, "line": location.line, "column": location.column, "offset": location.offset}


def identity(found: Identity | None) -> dict[str, Any] | None:
    """What a value says about itself; its masked form is printed as the `value` beside it."""
    if found is None:
        return None
    return {
        "provider": found.provider,
        "kind": found.kind,
        "mode": found.mode.value,
        "account": found.account,
        "exposure": found.exposure.value,
        "expires": found.expires,
        "candidates": list(found.candidates),
    }


def environments(app: App) -> list[dict[str, Any]]:
    """The app's environments with their sources; `reasons` says per source what `because` says in one line."""
    return [
        {
            "name": environment.name,
            "kind": environment.kind.value,
            "sources": [source.path for source in environment.sources],
            "because": "; ".join(dict.fromkeys(environment.because[s.path] for s in environment.sources if s.path in environment.because)),
            "reasons": dict(sorted(environment.because.items())),
            "authority": environment.authority.value if environment.authority else None,
            "settled_by": environment.settled_by,
            "origins": list(environment.origins),
            **({"origin_reasons": dict(environment.origin_because)} if environment.origin_because else {}),
        }
        for environment in app.environments
    ]


def _valid(value: Any) -> Any:
    """The same data with lone surrogates (bytes of a path that are not UTF-8) replaced: strict JSON readers refuse them."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_valid(key): _valid(item) for key, item in value.items()}
    return [_valid(item) for item in value] if isinstance(value, list) else value
