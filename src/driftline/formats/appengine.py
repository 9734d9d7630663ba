"""app.yaml of App Engine: `env_variables` of a service; a second file (`app.staging.yaml`) inherits nothing (Google docs, app.yaml, 2026-11)."""

from __future__ import annotations

from driftline.formats import Format
from driftline.formats._document import yaml_document
from driftline.formats._values import declared, environment_of
from driftline.model import Authority, Reading, Scope, Text

FORMAT = Format(
    name="appengine",
    title="app.yaml",
    files=("app.yaml", "app.*.yaml", "app-*.yaml"),
    authority=Authority.WHOLE,
    nameless="production",
)


def read(text: Text) -> Reading:
    """The declarations; nothing for an app.yaml of another tool. Raises Unreadable for broken YAML."""
    document = yaml_document(text.path, text.content)
    if document.root.get("runtime") is None:
        return Reading()
    context = environment_of(text.path.rpartition("/")[2], "app")
    declarations = [
        declared(document, name, node, context=context, scope=scope)
        for table, scope in (("env_variables", Scope.RUN), ("build_env_variables", Scope.BUILD))
        for name, node in document.root.pairs(table)
    ]
    return Reading(declarations=tuple(declarations), contexts=(context,) if context else ())
