"""serverless.yml: the variables of all functions and of each one; a function's own beat the provider's.

`${ssm:}`, `${env:}`, `${param:}` and `${file()}` name values that live elsewhere; stages are chosen on the command line and the file is
one for all (Serverless Framework docs, variables, 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._values import declared
from driftline.model import Authority, Declaration, Need, Reading, Reference, Scope, Side, Text

FORMAT = Format(
    name="serverless",
    title="serverless.yml",
    files=("serverless.yml", "serverless.yaml", "serverless.*.yml"),
    authority=Authority.WHOLE,
    nameless="production",
)

_ENV = re.compile(r"\$\{env:([A-Za-z_]\w*)[ \t]*(?:(,)|\})")


def read(text: Text) -> Reading:
    """Declarations, and the names that `${env:}` asks for. Raises Unreadable for broken YAML."""
    document = yaml_document(text.path, text.content)
    declarations = list(_table(document, document.root.get("provider", "environment"), 0))
    for _, function in document.root.pairs("functions"):
        declarations += _table(document, function.get("environment"), 1)
    return Reading(tuple(declarations), tuple(_references(document, document.root)))


def _table(document: Document, node: Node | None, layer: int) -> Iterator[Declaration]:
    for name, value in node.pairs() if node is not None else ():
        elsewhere = not value.is_scalar or "${" in value.text
        yield declared(document, name, value, scope=Scope.RUN, layer=layer, reference="a variable of serverless.yml" if elsewhere else None)


def _references(document: Document, node: Node) -> Iterator[Reference]:
    for scalar in node.scalars():
        if "${env:" in scalar.text:
            for match in _ENV.finditer(scalar.text):
                need = Need.OPTIONAL if match[2] else Need.REQUIRED
                yield Reference(match[1], document.value_location(scalar), need, Side.BUILD, how="${env:}")
