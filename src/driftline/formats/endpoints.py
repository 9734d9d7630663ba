"""Exports of the webhook endpoints that are registered at a provider: `stripe webhook_endpoints list` and `terraform show -json`.

They show what only a dashboard knows: where a provider really sends its events. A live endpoint speaks for production, a test one for
preview; one that is switched off is left out (Stripe docs, API, Webhook Endpoints; Terraform docs, JSON output format, 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, json_document
from driftline.model import Authority, Literal, Reading, Secret, Text

FORMAT = Format(
    name="endpoints",
    title="registered webhook endpoints",
    files=(
        "*stripe*.json",
        "*webhook*.json",
        "*terraform*.json",
        "*tfplan*.json",
        "*tfstate*.json",
        "*tfshow*.json",
        "show.json",
        "plan.json",
    ),
    authority=Authority.PART,
    nameless="production",
)

ROLE = "webhook endpoint"
_MAX_DEPTH = 20


def read(text: Text) -> Reading:
    """The endpoints' addresses as origins with the role "webhook endpoint". Raises Unreadable for broken JSON."""
    if "webhook_endpoint" not in text.content:
        return Reading()
    document = json_document(text.path, text.content)
    root = document.root
    found = [*_stripe(document, root.list("data") or root.items), *_terraform(document, root, 0)]
    return Reading(origins=tuple(found))


def _stripe(document: Document, items: list[Node]) -> Iterator[tuple[str | None, Literal]]:
    for item in items:
        url = item.get("url")
        if item.string("object") == "webhook_endpoint" and item.string("status") != "disabled" and url is not None and url.is_scalar:
            context = "preview" if item.string("livemode") == "false" else "production"
            yield context, Literal(Secret(url.text), document.value_location(url), ROLE)


def _terraform(document: Document, node: Node, depth: int) -> Iterator[tuple[str | None, Literal]]:
    """Resources of the state or the planned values, through all modules."""
    if depth > _MAX_DEPTH:
        return
    for resource in node.list("resources"):
        url = resource.get("values", "url") or resource.get("values", "endpoint")
        if (resource.string("type") or "").endswith("webhook_endpoint") and url is not None and url.is_scalar:
            yield None, Literal(Secret(url.text), document.value_location(url), ROLE)
    for key in ("values", "planned_values", "root_module"):
        inner = node.get(key)
        if inner is not None and inner.kind == "map":
            yield from _terraform(document, inner, depth + 1)
    for module in node.list("child_modules"):
        yield from _terraform(document, module, depth + 1)
