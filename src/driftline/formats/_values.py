"""What a declared value is to every format: set, empty, encrypted, or a word for where the value lives."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

from driftline import late
from driftline.formats._document import Document, Node
from driftline.model import Declaration, Location, Secret, State, Unread, Unreadable

# Values that only name a place: 1Password, Doppler, Infisical, AWS and Vault references, Vercel's masked values, sops; 2026-11.
_REFERENCES = late.pattern(
    r"(?:op|doppler|infisical|vault|awssm|aws-sm|gcpsm|gcp-sm|azurekv|akv|bw|keeper|ssm|secretsmanager|ref\+[a-z0-9]+)://\S+"
    r"|\[SENSITIVE\]|@[a-z][a-z0-9_-]+|(?:op|exec|ref|doppler|infisical|awsSecret|gcpSecret|azureSecret)\([^)]*\)"
)
# Marks that some tool fills in before the file is used: envsubst and Flux (`$X`, `${X}`), Helm and Jinja (`{{ X }}`), ERB, Octopus and
# Azure Pipelines (`#{X}#`), and the underscores, signs and brackets of many a sed call (`__X__`, `@@X@@`, `%X%`). In the host of an address the
# latter are nothing else.
_TEMPLATE = late.pattern(r"\$\{|\{\{|\{%|<%|#\{|^\$[A-Za-z_]\w*$|^__[A-Z][A-Z0-9_]*__$")
_HOST_TEMPLATE = late.pattern(
    r"[A-Za-z][A-Za-z0-9+.\-]{1,30}://[^/?\n]{0,200}?(?:\{\{|\{%|<%|#\{|__[A-Z][A-Z0-9_]*__|@@[A-Z]\w*@@|%[A-Z_]{3,}%)"
)
_LATER = "filled in when deployed"
NAME = late.pattern(r"[A-Za-z_][A-Za-z0-9_]*")


def state_of(value: str) -> State:
    """The state of a value by its own text."""
    if not value.strip():
        return State.EMPTY
    if value.startswith(("encrypted:", "ENC[")):  # dotenvx, SOPS
        return State.ENCRYPTED
    return State.REFERENCE if _REFERENCES.fullmatch(value.strip()) or _is_address_template(value) else State.SET


def _is_address_template(value: str) -> bool:
    return "://" in value and _HOST_TEMPLATE.match(value.strip()) is not None


def reference_of(value: str) -> str | None:
    """What a reference points to, None for other values. Only the scheme is kept: a path can name people and accounts."""
    if state_of(value) is not State.REFERENCE:
        return None
    if _is_address_template(value):
        return _LATER
    return value.partition("://")[0] + "://" if "://" in value else "the platform's own store"


def template_of(node: Node) -> str | None:
    """The `reference` of a value that holds a mark to be filled in when it is deployed, None for any other; for formats without their own."""
    return _LATER if node.is_scalar and _TEMPLATE.search(node.text) else None


def declared(document: Document, name: str, node: Node, **more: Any) -> Declaration:
    """The declaration of a scalar, map or list that stands as the value of `name`; structures count as set JSON, null as empty.

    `more` are further fields of Declaration; a `reference` makes the value one that lives elsewhere.
    """
    location = document.location(node)
    reference = more.pop("reference", None)
    if reference:
        return Declaration(name, State.REFERENCE, None, location, reference=reference, **more)
    if not node.is_scalar:
        if node.kind == "null":
            return Declaration(name, State.EMPTY, Secret(""), location, **more)
        return Declaration(name, State.SET, None, location, **more)
    return declared_text(name, node.text, location, **more)


def not_a_table(document: Document, node: Node | None, what: str) -> list[Unread]:
    """What is left unread where `what` should be a map of variables and is none; nothing where it is one, or is not there."""
    if node is None or node.kind in ("map", "null"):
        return []
    location = document.location(node)
    return [Unread(document.path, f"{what} is no table of names and values", location.line, location.column)]


# Far above any real file; what a job or component inherits is declared once more for it, which can multiply.
MAX_DECLARATIONS = 200_000


def not_too_many(declarations: Sized) -> None:
    """Raises Unreadable above 200,000 declarations; called where inherited tables are declared again for each heir."""
    if len(declarations) > MAX_DECLARATIONS:
        raise Unreadable(f"more than {MAX_DECLARATIONS} declarations")


def declared_text(name: str, text: str, location: Location, **more: Any) -> Declaration:
    """The declaration of a plain text; `more` are further fields of Declaration."""
    state = state_of(text)
    value = Secret(text) if state in (State.SET, State.EMPTY) else None
    return Declaration(name, state, value, location, reference=reference_of(text), **more)


def environment_of(basename: str, *stems: str) -> str | None:
    """The word between a config file's stem and its extension: `staging` of `fly.staging.toml`, None where there is none."""
    body = basename.rpartition(".")[0]
    for stem in stems:
        for mark in (".", "-", "_"):
            if body.startswith(stem + mark):
                return body[len(stem) + 1 :]
    return None
