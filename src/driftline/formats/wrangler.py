"""wrangler.toml, wrangler.json, wrangler.jsonc: a Worker's variables and bindings, at the top level and per environment.

`vars` and bindings are NOT inherited by `[env.NAME]`: an environment that lists none has none (measured with wrangler 4.86; Cloudflare
docs, Wrangler configuration, 2026-11). Secrets are kept by the platform. A binding names a store, never a value.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, json_document, toml_document
from driftline.formats._values import declared
from driftline.model import Authority, Component, Declaration, Reading, State, Text

FORMAT = Format(
    name="wrangler",
    title="wrangler configuration",
    files=("wrangler.toml", "wrangler.json", "wrangler.jsonc"),
    authority=Authority.PART,
    nameless="production",
    settles="wrangler secret list",
)

# Table, the key that names the binding, the key that names the store, its title, whether it holds data. Wrangler's own schema
# (workers-sdk, config-schema.json, 2026-11).
_BINDINGS = (
    ("kv_namespaces", "binding", "id", "Cloudflare KV namespace", True),
    ("d1_databases", "binding", "database_id", "Cloudflare D1 database", True),
    ("r2_buckets", "binding", "bucket_name", "Cloudflare R2 bucket", True),
    ("vectorize", "binding", "index_name", "Cloudflare Vectorize index", True),
    ("hyperdrive", "binding", "id", "Cloudflare Hyperdrive", True),
    ("analytics_engine_datasets", "binding", "dataset", "Analytics Engine dataset", False),
    ("services", "binding", "service", "Cloudflare service", False),
    ("dispatch_namespaces", "binding", "namespace", "Cloudflare dispatch namespace", False),
    ("workflows", "binding", "name", "Cloudflare workflow", False),
    ("pipelines", "binding", "pipeline", "Cloudflare pipeline", False),
    ("mtls_certificates", "binding", "certificate_id", "mTLS certificate", False),
    ("secrets_store_secrets", "binding", "secret_name", "Cloudflare Secrets Store", False),
    ("send_email", "name", "destination_address", "email binding", False),
)
_SINGLE = ("ai", "browser", "images", "assets", "version_metadata", "media")


def read(text: Text) -> Reading:
    """Variables, bindings and required secrets of every environment. Raises Unreadable for broken TOML or JSON."""
    document = toml_document(text.path, text.content) if text.path.endswith(".toml") else json_document(text.path, text.content)
    root = document.root
    declarations = list(_of(document, root, None))
    contexts = []
    for context, table in root.pairs("env"):
        contexts.append(context)
        declarations += _of(document, table, context)
    name = root.string("name")
    folder = text.path.rpartition("/")[0] or "."
    components = (Component(name, folder, document.location(root.map["name"]), runtime="workers"),) if name else ()
    return Reading(declarations=tuple(declarations), contexts=tuple(contexts), components=components)


def _of(document: Document, table: Node, context: str | None) -> Iterator[Declaration]:
    for name, node in table.pairs("vars"):
        yield declared(document, name, node, context=context, inherits=False)
    for item in table.list("secrets", "required"):
        if item.is_scalar:
            yield declared(document, item.text, item, context=context, inherits=False, reference="a secret of the Worker")
    for key, naming, stored, title, is_store in _BINDINGS:
        for item in table.list(key):
            binding, store = item.get(naming), item.string(stored)
            if binding is not None and binding.is_scalar:
                yield _binding(document, binding, context, title, store if is_store else None)
    for item in table.list("queues", "producers"):
        binding = item.get("binding")
        if binding is not None:
            yield _binding(document, binding, context, "Cloudflare queue", item.string("queue"))
    for item in table.list("durable_objects", "bindings"):
        binding = item.get("name")
        if binding is not None:
            yield _binding(document, binding, context, "Durable Object", None)
    for key in _SINGLE:
        binding = table.get(key, "binding")
        if binding is not None:
            yield _binding(document, binding, context, f"Cloudflare {key}", None)


def _binding(document: Document, node: Node, context: str | None, title: str, store: str | None) -> Declaration:
    return Declaration(
        node.text,
        State.REFERENCE,
        None,
        document.location(node),
        context=context,
        inherits=False,
        reference=title,
        store=f"{title} {store}" if store else None,
    )
