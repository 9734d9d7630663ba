"""docs/configuration.md: every key of driftline.toml, from the JSON Schema that ships for editors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from driftline.project import settings

_SCHEMA = Path(settings.__file__).with_name("driftline.schema.json")
_TABLES = (
    ("[environments.NAME]", "environment"),
    ('[apps."PATH"]', "app"),
    ("[rules.RULE]", "rule"),
    ("[[accept]]", "accept"),
)


def text() -> str:
    """The page."""
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    lines = [
        "# Configuration",
        "",
        schema["description"],
        "",
        "An unknown key is refused with the nearest known one, and so is a value of a wrong type: a setting that does nothing would be a false",
        "promise. `driftline init` writes a commented file. Editors complete it with the schema in the package,",
        "`driftline/project/driftline.schema.json`.",
        "",
        "## Top level",
        "",
        *_table(schema["properties"], schema),
    ]
    for heading, name in _TABLES:
        definition = schema["definitions"][name]
        lines += ["", f"## `{heading}`", ""]
        if "description" in definition:
            lines += [definition["description"], ""]
        lines += _table(definition["properties"], schema, frozenset(definition.get("required", ())))
    lines += ["", "## `[owners]`", "", *_table(schema["properties"]["owners"]["properties"], schema)]
    lines += [
        "",
        "## Beside the file",
        "",
        "- A comment `driftline: ignore[rule] reason` on the line of a finding, or on the line above, accepts it.",
        "- `driftline baseline` accepts all of today's findings in a file of its own.",
        "- `DRIFTLINE_DIGEST_KEY` in the environment: JSON reports then carry an HMAC-SHA256 of each value under this key, to compare runs.",
        "- `NO_COLOR` switches colours off.",
    ]
    return "\n".join(lines) + "\n"


def _table(properties: Mapping[str, Any], schema: Mapping[str, Any], required: frozenset[str] = frozenset()) -> Iterator[str]:
    yield "| key | takes | says |"
    yield "| --- | --- | --- |"
    for name, value in properties.items():
        says = value.get("description", "Who owns it." if value.get("$ref", "").endswith("/owner") else "")
        yield f"| `{name}`{' (needed)' if name in required else ''} | {_takes(value, schema)} | {says} |"


def _takes(value: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    name = value.get("$ref", "").rpartition("/")[2]
    if name:
        return _takes(schema["definitions"][name], schema)
    if "enum" in value:
        return " \\| ".join(f"`{word}`" for word in value["enum"])
    if value.get("type") == "array":
        return "list of tables" if "$ref" in value["items"] else "list of texts"
    return {"object": "table", "string": "text"}[value["type"]]
