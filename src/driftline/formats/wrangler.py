"""wrangler.toml, wrangler.json, wrangler.jsonc: a Worker's variables and bindings, at the top level and per environment.

`vars`, `secrets` and bindings are NOT inherited by `[env.NAME]`: an environment that lists none has none, and so has the `[previews]` of a
Worker (measured with wrangler 4.86; its config-schema.json, "not automatically inherited"). Static assets and the modules of the old service
worker form are. A Pages project (`pages_build_output_dir`) has the environments preview and production, and the top level stands for each one
that has no table (Cloudflare docs, Pages Functions, "Configuration", 2026-11). Values of secrets are kept by Cloudflare. A binding names a
store, never a value.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, json_document, toml_document
from driftline.formats._place import word_of
from driftline.formats._values import declared
from driftline.knowledge.platform import environment_kind
from driftline.model import Authority, Claim, Component, Declaration, Exposure, Identity, Kind, Mode, Reading, State, Text
from driftline.record import NamedTuple

FORMAT = Format(
    name="wrangler",
    title="wrangler configuration",
    files=("wrangler.toml", "wrangler.json", "wrangler.jsonc"),
    authority=Authority.PART,
    nameless="production",
    settles="wrangler secret list",
    also="local",
)


class _Binding(NamedTuple):
    """Where bindings of one kind stand: `at` is the list (or the single table), `naming` the key of the variable's name.

    `store` is the key that names what it leads to, where that keeps data which environments must not share; `provider` and `kind` are the
    catalogue's words for it, and `tried` is the key of the one that `wrangler dev --remote` uses instead.
    """

    at: tuple[str, ...]
    naming: str
    title: str
    store: str | None = None
    provider: str = "cloudflare"
    kind: str = ""
    tried: str | None = None


# wrangler 4.86, config-schema.json.
_BINDINGS = (
    _Binding(("kv_namespaces",), "binding", "Cloudflare KV namespace", "id", kind="KV namespace id", tried="preview_id"),
    _Binding(("d1_databases",), "binding", "Cloudflare D1 database", "database_id", kind="D1 database id", tried="preview_database_id"),
    _Binding(("r2_buckets",), "binding", "Cloudflare R2 bucket", "bucket_name", "cloudflare-r2", "bucket", "preview_bucket_name"),
    _Binding(("vectorize",), "binding", "Cloudflare Vectorize index", "index_name", kind="Vectorize index"),
    _Binding(("hyperdrive",), "binding", "Cloudflare Hyperdrive", "id", kind="Hyperdrive configuration"),
    _Binding(("queues", "producers"), "binding", "Cloudflare queue", "queue", kind="queue"),
    _Binding(("artifacts",), "binding", "Cloudflare Artifacts namespace", "namespace", kind="Artifacts namespace"),
    _Binding(("ai_search",), "binding", "Cloudflare AI Search instance", "instance_name", kind="AI Search instance"),
    _Binding(("ai_search_namespaces",), "binding", "Cloudflare AI Search namespace"),
    _Binding(("durable_objects", "bindings"), "name", "Durable Object"),
    _Binding(("services",), "binding", "Cloudflare service"),
    _Binding(("workflows",), "binding", "Cloudflare workflow"),
    _Binding(("pipelines",), "binding", "Cloudflare pipeline"),
    _Binding(("analytics_engine_datasets",), "binding", "Analytics Engine dataset"),
    _Binding(("dispatch_namespaces",), "binding", "Cloudflare dispatch namespace"),
    _Binding(("mtls_certificates",), "binding", "mTLS certificate"),
    _Binding(("secrets_store_secrets",), "binding", "Cloudflare Secrets Store"),
    _Binding(("send_email",), "name", "email binding"),
    _Binding(("ratelimits",), "name", "rate limit"),
    _Binding(("worker_loaders",), "binding", "Worker loader"),
    _Binding(("vpc_services",), "binding", "VPC service"),
    _Binding(("vpc_networks",), "binding", "VPC network"),
    _Binding(("flagship",), "binding", "Flagship app"),
    _Binding(("unsafe_hello_world",), "binding", "example binding"),
    _Binding(("logfwdr", "bindings"), "name", "log forwarder"),
    _Binding(("unsafe", "bindings"), "name", "unsafe binding"),
    _Binding(("ai",), "binding", "Workers AI"),
    _Binding(("browser",), "binding", "Browser Rendering"),
    _Binding(("images",), "binding", "Cloudflare Images"),
    _Binding(("media",), "binding", "Cloudflare media"),
    _Binding(("stream",), "binding", "Cloudflare Stream"),
    _Binding(("version_metadata",), "binding", "version metadata"),
)
# What named environments inherit.
_INHERITED = (_Binding(("assets",), "binding", "static assets"),)
_MODULES = ("wasm_modules", "text_blobs", "data_blobs")


def read(text: Text) -> Reading:
    """Variables, bindings and required secrets of every environment. Raises Unreadable for broken TOML or JSON."""
    document = toml_document(text.path, text.content) if text.path.endswith(".toml") else json_document(text.path, text.content)
    root = document.root
    tables = dict(root.pairs("env"))
    own = _said(root) if not tables else None
    declarations = list(_of(document, root, own))
    for binding in _INHERITED:
        declarations += _bound(document, root, own, binding, inherits=True)
    for kind in _MODULES:
        modules = (_reference(document, node, name, None, "a module", inherits=True) for name, node in root.pairs(kind))
        declarations += [module._replace(bound=True) for module in modules]
    if root.get("previews") is not None and "preview" not in tables:
        tables["preview"] = root.map["previews"]
    for context, table in tables.items():
        declarations += _of(document, table, context)
        for binding in _INHERITED:
            declarations += _bound(document, table, context, binding)
    if root.string("pages_build_output_dir") and "preview" not in tables:
        declarations += _of(document, root, "preview")
        tables["preview"] = root
    name = root.string("name")
    folder = text.path.rpartition("/")[0] or "."
    components = (Component(name, folder, document.location(root.map["name"]), runtime="workers"),) if name else ()
    claims = [claim for table in (root, *tables.values()) for claim in _tried(document, table)]
    contexts = (*tables, own) if own else tuple(tables)
    return Reading(tuple(declarations), contexts=contexts, components=components, claims=tuple(dict.fromkeys(claims)))


def _said(root: Node) -> str | None:
    """The environment other than production that the name of a Worker says (`shop-staging`), where it has no other."""
    word = None if root.string("pages_build_output_dir") else word_of(root.string("name") or "")
    return word if word and environment_kind(word) is not Kind.PRODUCTION else None


def _of(document: Document, table: Node, context: str | None) -> Iterator[Declaration]:
    for name, node in table.pairs("vars"):
        yield declared(document, name, node, context=context, inherits=False)
    for item in table.list("secrets", "required"):
        if item.is_scalar and item.text:
            yield _reference(document, item, item.text, context, "a secret of the Worker")
    for binding in _BINDINGS:
        yield from _bound(document, table, context, binding)


def _bound(document: Document, table: Node, context: str | None, binding: _Binding, *, inherits: bool = False) -> Iterator[Declaration]:
    at = table.get(*binding.at)
    for item in [] if at is None else at.items if at.kind == "list" else [at]:
        name = item.get(binding.naming)
        if name is not None and name.is_scalar and name.text:
            found = _reference(document, name, name.text, context, binding.title, inherits=inherits)
            yield found._replace(identity=_store(item, binding, binding.store), bound=True)


def _tried(document: Document, table: Node) -> Iterator[Claim]:
    """The stores that `wrangler dev --remote` uses, on a developer's machine."""
    for binding in _BINDINGS:
        for item in table.list(*binding.at) if binding.tried else ():
            identity = _store(item, binding, binding.tried)
            if identity is not None:
                yield Claim(identity, document.value_location(item.map[binding.tried or ""]), "local")


def _store(item: Node, binding: _Binding, key: str | None) -> Identity | None:
    """The store that a key of a binding names."""
    account = item.string(key) if key else None
    return Identity(binding.provider, binding.kind, Mode.ANY, account, Exposure.PUBLIC, "") if account else None


def _reference(document: Document, node: Node, name: str, context: str | None, title: str, *, inherits: bool = False) -> Declaration:
    # The name stands in the value (`binding = "DB"`), but for modules it is the key.
    place = document.location(node) if title == "a module" else document.value_location(node)
    return Declaration(name, State.REFERENCE, None, place, context=context, inherits=inherits, reference=title)
