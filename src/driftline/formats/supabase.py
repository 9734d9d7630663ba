"""supabase/config.toml: the names that `env(NAME)` asks for, the secrets of functions, the addresses that login may return to, and the server that takes its mails.

The root is the local stack; `[remotes.NAME]` is laid over it for that project key by key, lists replaced, so a remote without a `site_url` of
its own is given the root's. What `env()` names must stand in the project's `.env` and among the platform's secrets; a whole string is needed
(`"env(X)"`), anything around it makes it plain text (Supabase docs, "Managing config and secrets" and "Branch configuration", 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, Node, toml_document
from driftline.formats._values import NAME, declared
from driftline.model import Authority, Claim, Declaration, Exposure, Identity, Literal, Mode, Need, Reading, Reference, Secret, Side, Text

FORMAT = Format(
    name="supabase",
    title="supabase/config.toml",
    files=("*supabase/config.toml",),
    authority=Authority.PART,
    nameless="local",
    settles="supabase secrets list",
)

_REF = late.pattern(r"[a-z]{20}")
_ENV = late.pattern(r"env\(([A-Za-z_][A-Za-z0-9_]*)\)")


def recognises(path: str) -> bool:
    """`supabase/config.toml` at any depth, and no other folder that ends so."""
    return path == "supabase/config.toml" or path.endswith("/supabase/config.toml")


def read(text: Text) -> Reading:
    """References made by `env()`, secrets of functions, and login origins. Raises Unreadable for text that is no TOML."""
    document = toml_document(text.path, text.content)
    root = document.root
    remotes = dict(root.pairs("remotes"))
    declarations = [*_secrets(document, root, None)]
    origins = [*_origins(document, root, root, None)]
    for name, table in remotes.items():
        declarations += _secrets(document, table, name)
        origins += _origins(document, table, root, name)
    return Reading(
        declarations=tuple(declarations),
        references=tuple(_references(document, root, Need.PLAIN)),
        contexts=tuple(remotes),
        origins=tuple(origins),
        claims=tuple(_projects(document, root, remotes)),
        open_functions=tuple(name for name, table in root.pairs("functions") if table.string("verify_jwt") == "false"),
    )


# A remote's is needed only when its project is deployed. The other two stand in every file that `supabase init` writes: a storage engine on
# trial, and the editor's own assistant (CLI, pkg/config/templates/config.toml, 2026-06).
_NOT_NEEDED = frozenset(("remotes", "experimental", "studio"))


def _projects(document: Document, root: Node, remotes: Mapping[str, Node]) -> Iterator[Claim]:
    """The projects by ref; the root's `project_id` may be any word that tells local stacks apart."""
    for context, table in ((None, root), *remotes.items()):
        ref = table.string("project_id")
        if ref is not None and _REF.fullmatch(ref):
            identity = Identity("supabase", "project ref", Mode.ANY, ref, Exposure.PUBLIC, "", slot="account")
            yield Claim(identity, document.value_location(table.map["project_id"]), context)


def _secrets(document: Document, table: Node, context: str | None) -> Iterator[Declaration]:
    for name, node in table.pairs("edge_runtime", "secrets"):
        if NAME.fullmatch(name):
            asked = _ENV.fullmatch(node.text) if node.kind == "string" else None
            yield declared(document, name, node, context=context, component="functions", reference=asked[0] if asked else None)


def _references(document: Document, node: Node, need: Need) -> Iterator[Reference]:
    """`env(NAME)` in every table that is not switched off."""
    if node.kind == "map":
        if node.string("enabled") == "false":
            return
        for key, child in node.map.items():
            yield from _references(document, child, Need.OPTIONAL if key in _NOT_NEEDED else need)
    elif node.kind == "list":
        for child in node.items:
            yield from _references(document, child, need)
    elif node.kind == "string" and (match := _ENV.fullmatch(node.text)):
        yield Reference(match[1], document.value_location(node), need, Side.SERVER, how="env()")


def _origins(document: Document, table: Node, root: Node, context: str | None) -> Iterator[tuple[str | None, Literal]]:
    """The addresses of a project's login; where it has none of its own, the root's."""
    site = table.get("auth", "site_url") or root.get("auth", "site_url")
    if site is not None and site.kind == "string":
        yield from _origin(document, site, "site_url", context)
    allowed = table.get("auth", "additional_redirect_urls") or root.get("auth", "additional_redirect_urls")
    for item in allowed.items if allowed is not None else ():
        if item.kind == "string":
            yield from _origin(document, item, "additional_redirect_urls", context)
    own, shared = dict(table.pairs("auth", "external")), dict(root.pairs("auth", "external"))
    for name in {**shared, **own}:
        laid = [provider for provider in (own.get(name), shared.get(name)) if provider is not None]
        uri = next((found for provider in laid if (found := provider.get("redirect_uri")) is not None), None)
        enabled = next((said for provider in laid if (said := provider.string("enabled")) is not None), "true")
        if uri is not None and uri.kind == "string" and enabled != "false":
            yield from _origin(document, uri, "redirect_uri", context)

    smtp = table.get("auth", "email", "smtp") or root.get("auth", "email", "smtp")
    host = smtp.get("host") if smtp is not None and smtp.string("enabled") != "false" else None
    if host is not None and host.kind == "string":
        yield from _origin(document, host, "mail server", context)


def _origin(document: Document, node: Node, role: str, context: str | None) -> Iterator[tuple[str | None, Literal]]:
    if node.text.strip() and not _ENV.fullmatch(node.text):
        yield context, Literal(Secret(node.text), document.value_location(node), role)
