"""Helm values: `env` maps and lists of a chart's values.yaml and values-NAME.yaml.

Maps of a second file are merged over the first, lists replace it (Helm docs, values files, 2026-11). Templates are programs and are not read:
only tables named `env`, `extraEnv`, `envVars`, `environment`, `secretEnv` count, where their content is that of variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._values import declared, environment_of
from driftline.model import Authority, Declaration, Reading, Scope, State, Text

FORMAT = Format(
    name="helm",
    title="Helm values",
    files=("values.yaml", "values.yml", "values-*.yaml", "values.*.yaml", "values_*.yaml"),
    authority=Authority.PART,
    nameless="production",
)

_TABLES = frozenset(("env", "extraEnv", "extraEnvVars", "envVars", "environment", "environmentVariables", "secretEnv", "configEnv"))
_NAME = re.compile(r"[A-Z][A-Z0-9_]+")


def read(text: Text) -> Reading:
    """The declarations. Raises Unreadable for broken YAML."""
    document = yaml_document(text.path, text.content)
    context = environment_of(text.path.rpartition("/")[2], "values")
    declarations = tuple(_tables(document, document.root, context))
    return Reading(declarations=declarations, contexts=(context,) if context and declarations else ())


def _tables(document: Document, node: Node, context: str | None) -> Iterator[Declaration]:
    for key, child in node.pairs():
        if key in _TABLES:
            yield from _variables(document, child, context)
        elif child.kind == "map":
            yield from _tables(document, child, context)


def _variables(document: Document, node: Node, context: str | None) -> Iterator[Declaration]:
    for name, value in node.pairs():
        if not _NAME.fullmatch(name):
            continue
        inner = value.get("value") if value.kind == "map" else value
        if inner is not None:
            yield declared(document, name, inner, context=context, scope=Scope.RUN)._replace(location=document.location(value))
        elif value.kind == "map":
            yield Declaration(name, State.REFERENCE, None, document.location(value), context, scope=Scope.RUN, reference="another object")
    for item in node.items:
        naming, given = item.get("name"), item.get("value")
        if naming is None or not naming.is_scalar:
            continue
        place = document.value_location(naming)
        if given is not None:
            yield declared(document, naming.text, given, context=context, scope=Scope.RUN)._replace(location=place)
        else:
            yield Declaration(naming.text, State.REFERENCE, None, place, context, scope=Scope.RUN, reference="another object")
