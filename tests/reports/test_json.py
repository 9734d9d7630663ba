"""The JSON documents: the shipped schemas, the frozen names, order, hostile names, and never a value."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest

from driftline.model import Report
from driftline.reports import render, schema
from tests.reports import builder
from tests.reports.test_text import expect

FINDING = {
    "rule", "severity", "message", "fix", "app", "environment", "variable", "identity", "location", "related", "original", "encoding",
    "container", "value", "fingerprint", "digest", "suppressed",
}  # fmt: skip


def strict(node: Any) -> Any:
    """The schema with every undeclared field forbidden: what we write ourselves must all be described."""
    node = copy.deepcopy(node)
    if isinstance(node, dict):
        if "properties" in node:
            node["additionalProperties"] = False
        return {key: strict(item) for key, item in node.items()}
    return [strict(item) for item in node] if isinstance(node, list) else node


def document(report: Report, command: str = "check") -> dict[str, Any]:
    text = "".join(render(report._replace(command=command), "json"))
    assert text.isascii()
    assert text.endswith("}\n")
    data: dict[str, Any] = json.loads(text)
    described = schema("matrix" if command == "matrix" else "report")
    jsonschema.Draft202012Validator.check_schema(described)
    jsonschema.Draft202012Validator(strict(described)).validate(data)
    return data


@pytest.mark.parametrize("command", ["check", "matrix"])
@pytest.mark.parametrize("name", builder.REPORTS)
def test_every_document_is_valid_and_holds_no_value(name: str, command: str) -> None:
    data = document(builder.REPORTS[name](), command)
    assert builder.CANARY not in json.dumps(data)
    assert data["schema"] == ("driftline/matrix/1" if command == "matrix" else "driftline/report/1")


@pytest.mark.parametrize("command", ["check", "matrix"])
def test_whole_document(command: str) -> None:
    expect(f"shop-{command}.json", "".join(render(builder.shop()._replace(command=command), "json")))


def test_the_frozen_names_of_a_finding() -> None:
    data = document(builder.monorepo())
    assert set(data) >= {
        "schema",
        "tool",
        "command",
        "root",
        "target",
        "verdict",
        "apps",
        "findings",
        "public",
        "unread",
        "unknown",
        "stats",
    }
    leak = next(f for f in data["findings"] if f["rule"] == "exposed-secret")
    assert set(leak) >= FINDING
    assert leak["identity"] == {
        "provider": "openai", "kind": "project key", "mode": "any", "account": None, "exposure": "secret", "expires": None, "candidates": [],
    }  # fmt: skip
    assert leak["location"] == {"path": "dist/app.zip", "line": 1, "column": 48211, "offset": 10}
    assert leak["original"] == {"path": "src/lib/ai.ts", "line": 14, "column": 22}
    assert leak["container"] == ["app.zip", "assets/index.js.gz"]
    assert leak["encoding"] == "base64"
    assert leak["value"] == "sk-proj-...(164)"
    assert leak["suppressed"] is None
    assert leak["environment"] is None
    assert data["unread"][0] == {"path": "apps/api/fly.toml", "reason": "not valid TOML", "line": 3, "column": 9}
    assert data["verdict"] == "incomplete"
    assert data["stats"] == {"files": 4812, "bytes": 48304219, "declarations": 1204, "references": 5120, "seconds": 1.482}


def test_findings_are_never_folded_and_stand_in_a_fixed_order() -> None:
    report = builder.monorepo()
    data = document(report)
    assert len(data["findings"]) == len(report.findings) == 41
    backwards = document(report._replace(findings=report.findings[::-1]))
    assert data == backwards
    ranks = ["blocker", "warning", "note"]
    order = [ranks.index(finding["severity"]) for finding in data["findings"]]
    assert order == sorted(order)


def test_a_suppressed_finding_stays_in_the_document_with_its_reason() -> None:
    found = [finding for finding in document(builder.shop())["findings"] if finding["suppressed"]]
    assert [finding["suppressed"] for finding in found] == [
        {"by": "config", "reason": "renamed with the next release", "expires": "2027-01-31"}
    ]


def test_an_environment_says_why_in_one_line_and_per_source() -> None:
    environments = document(builder.shop())["apps"][0]["environments"]
    production = next(e for e in environments if e["name"] == "production")
    assert production["sources"] == [".env", ".env.production", "netlify.toml"]
    assert (
        production["because"] == "tracked by git, a base of every environment; file name .env.production; netlify.toml context production"
    )
    assert production["reasons"]["netlify.toml"] == "netlify.toml context production"


def test_public_keys_are_listed_apart() -> None:
    (public,) = document(builder.shop())["public"]
    assert public["identity"]["exposure"] == "public"
    assert public["location"]["path"] == "dist/app.js"
    assert public["value"] == "pk_test_...(99)"


def test_hostile_names_are_escaped_and_strict_readers_accept_them() -> None:
    text = "".join(render(builder.hostile(), "json"))
    assert text.isascii()
    assert "\\u001b[2J" in text
    assert "\\udcff" not in text  # a lone surrogate: serde, Go and Swift refuse the document
    assert json.loads(text)["findings"][0]["location"]["path"].startswith("src/日本語/")


def test_the_cells_of_the_matrix() -> None:
    data = document(builder.shop(), "matrix")
    variables = {variable["name"]: variable for variable in data["apps"][0]["variables"]}
    stripe = variables["STRIPE_SECRET_KEY"]
    assert stripe["read"] == [{"path": "lib/stripe.ts", "line": 5}]
    assert stripe["exposure"] == "private"
    cells = stripe["cells"]
    assert set(cells) == {"local", "preview", "production"}
    assert set(cells["production"]) >= {"state", "path", "line", "identity", "digest"}
    assert cells["production"]["state"] == "set"
    assert (cells["production"]["path"], cells["production"]["line"]) == (".env.production", 4)
    assert cells["production"]["identity"]["mode"] == "test"
    assert cells["local"]["digest"] == cells["preview"]["digest"] != cells["production"]["digest"]
    assert variables["DATABASE_URL"]["cells"]["production"] == {
        "state": "missing", "path": None, "line": None, "identity": None, "value": None, "digest": None,
        "because": "", "doubt": None, "shadowed": [],
    }  # fmt: skip
    assert variables["RESEND_API_KEY"]["cells"]["local"]["state"] == "empty"
    assert variables["S3_SECRET_ACCESS_KEY"]["cells"]["preview"]["state"] == "reference"
    assert variables["NEXT_PUBLIC_SITE_URL"]["exposure"] == "public"
    assert variables["VERCEL_URL"]["injected"] == "Vercel"


def test_without_a_digest_key_the_digest_is_null() -> None:
    report = builder.clean()
    (app,) = report.apps
    port = app.variables["PORT"]
    cell = port.cells["production"]
    assert cell.traits is not None
    plain = port._replace(cells={"production": cell._replace(traits=cell.traits._replace(keyed=None))})
    data = document(report._replace(apps=(app._replace(variables={"PORT": plain}),)), "matrix")
    assert data["apps"][0]["variables"][0]["cells"]["production"]["digest"] is None
    assert cell.traits.digest.hex() not in json.dumps(data)
