"""copilot/*/manifest.yml: variables and secrets of an AWS Copilot service, with overrides per environment (Copilot docs, manifests, 2026-11)."""

from __future__ import annotations

from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._values import declared
from driftline.model import Authority, Declaration, Reading, Scope, State, Text

FORMAT = Format(
    name="copilot", title="Copilot manifest", files=("*copilot/*/manifest.yml",), authority=Authority.WHOLE, nameless="production"
)


def read(text: Text) -> Reading:
    """The declarations per environment. Raises Unreadable for broken YAML."""
    document = yaml_document(text.path, text.content)
    declarations = list(_tables(document, document.root, None))
    contexts = []
    for context, table in document.root.pairs("environments"):
        contexts.append(context)
        declarations += _tables(document, table, context)
    return Reading(tuple(declarations), contexts=tuple(contexts))


def _tables(document: Document, table: Node, context: str | None) -> Iterator[Declaration]:
    for name, node in table.pairs("variables"):
        yield declared(document, name, node, context=context, scope=Scope.RUN, reference="the stack" if node.kind == "map" else None)
    for name, node in table.pairs("secrets"):
        yield Declaration(
            name, State.REFERENCE, None, document.location(node), context, scope=Scope.RUN, reference="SSM or Secrets Manager"
        )
