"""SAM and CloudFormation templates: the variables of every function, merged with the global ones (AWS docs, SAM globals, 2026-11)."""

from __future__ import annotations

from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._values import declared
from driftline.model import Authority, Declaration, Reading, Scope, State, Text

FORMAT = Format(
    name="sam",
    title="SAM template",
    files=("template.yaml", "template.yml", "sam.yaml", "sam-template.yaml"),
    authority=Authority.WHOLE,
    nameless="production",
)

_PATH = ("Environment", "Variables")


def read(text: Text) -> Reading:
    """The declarations; nothing for a template of another tool. Raises Unreadable for broken YAML."""
    if "AWS::" not in text.content:
        return Reading()
    document = yaml_document(text.path, text.content)
    declarations = list(_table(document, document.root.get("Globals", "Function", *_PATH), 0))
    for _, resource in document.root.pairs("Resources"):
        declarations += _table(document, resource.get("Properties", *_PATH), 1)
    return Reading(tuple(declarations))


def _table(document: Document, node: Node | None, layer: int) -> Iterator[Declaration]:
    for name, value in node.pairs() if node is not None else ():
        # `!Ref X` and `!Sub` lose their tag in the tree: a scalar that names a parameter is a reference as well.
        if (
            not value.is_scalar
            or "${" in value.text
            or "{{resolve:" in value.text
            or value.text in document.root.map.get("Parameters", value).map
        ):
            yield Declaration(name, State.REFERENCE, None, document.location(value), None, None, Scope.RUN, layer, reference="the template")
        else:
            yield declared(document, name, value, scope=Scope.RUN, layer=layer)
