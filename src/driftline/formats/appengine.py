"""app.yaml of App Engine: `env_variables` and `build_env_variables` of a service, in the clear.

A second file (`app.staging.yaml`) is deployed instead of the first and inherits nothing, so its name says its environment; `includes` adds
the variables of other files, which makes this one a part. App Engine replaces nothing in a value: `$NAME`, `${NAME}` and `{{ NAME }}` are
filled in by whatever deploys the file (Google Cloud docs, app.yaml reference of the standard and flexible environments, 2026-11).
"""

from __future__ import annotations

from driftline.formats import Format
from driftline.formats._document import yaml_document
from driftline.formats._place import environment_said
from driftline.formats._values import NAME, declared, not_a_table, template_of
from driftline.model import Authority, Declaration, Reading, Scope, Text, Unread

FORMAT = Format(
    name="appengine",
    title="app.yaml",
    files=("app.yaml", "app.*.yaml", "app-*.yaml", "app_*.yaml"),
    authority=Authority.WHOLE,
    nameless="production",
)


def read(text: Text) -> Reading:
    """The declarations; nothing for an app.yaml of another tool. Raises Unreadable for broken YAML."""
    document = yaml_document(text.path, text.content)
    root = document.root
    if root.get("runtime") is None and root.get("env_variables") is None:
        return Reading()
    context = environment_said(text.path)
    component = root.string("service") or root.string("module")
    declarations: list[Declaration] = []
    unread: list[Unread] = []
    for table, scope in (("env_variables", Scope.RUN), ("build_env_variables", Scope.BUILD)):
        unread += not_a_table(document, root.get(table), table)
        declarations += [
            declared(document, name, node, context=context, component=component, scope=scope, reference=template_of(node))
            for name, node in root.pairs(table)
            if NAME.fullmatch(name)
        ]
    partial = Authority.PART if root.get("includes") is not None else None
    contexts = (context,) if context else ()
    return Reading(declarations=tuple(declarations), contexts=contexts, unread=tuple(unread), authority=partial)
