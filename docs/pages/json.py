"""docs/json.md: every field of the JSON outputs, from the JSON Schemas that ship in the package."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from driftline import reports

_SCHEMAS = Path(reports.__file__).with_name("schemas")


def text() -> str:
    """The page."""
    lines = [
        "# JSON",
        "",
        "`driftline check --format json` writes `driftline/report/1`, `driftline matrix --format json` writes `driftline/matrix/1`. Names are frozen:",
        "fields may be added within a version, none is renamed or removed. The JSON Schemas ship in the package, in `driftline/reports/schemas/`.",
        "No field ever holds a value; `value` is the known public prefix of a key and a length.",
    ]
    for file, title in (("report.json", "Report"), ("matrix.json", "Matrix")):
        schema = json.loads((_SCHEMAS / file).read_text(encoding="utf-8"))
        lines += ["", f"## {title}", "", *_fields(schema)]
        for name, definition in schema.get("$defs", {}).items():
            if "properties" in definition:
                lines += ["", f"### {title}: {name}", "", *_fields(definition)]
    return "\n".join(lines) + "\n"


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "| field | type | says |"
    yield "| --- | --- | --- |"
    yield from _rows(schema, "")


def _rows(schema: Mapping[str, Any], within: str) -> Iterator[str]:
    for name, value in schema.get("properties", {}).items():
        yield f"| `{within}{name}` | {_type(value)} | {value.get('description', '')} |"
        inner = value.get("items", value)
        if "properties" in inner:
            yield from _rows(inner, f"{within}{name}{'[]' if 'items' in value else ''}.")


def _type(value: Mapping[str, Any]) -> str:
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return " \\| ".join("null" if word is None else f"`{word}`" for word in value["enum"])
    if "$ref" in value:
        return str(value["$ref"]).rpartition("/")[2]
    if "anyOf" in value:
        return " \\| ".join(map(_type, value["anyOf"]))
    if value.get("type") == "array":
        return f"list of {_type(value['items'])}" if "items" in value else "list"
    kinds = value.get("type", "object")
    return " \\| ".join(kinds) if isinstance(kinds, list) else str(kinds)
