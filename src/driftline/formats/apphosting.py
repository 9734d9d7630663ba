"""apphosting.yaml and apphosting.NAME.yaml: the variables of a Firebase App Hosting backend.

A file named after an environment is merged over the base per variable; `secret` names a value in Secret Manager; `availability` limits a
variable to BUILD or RUNTIME (Firebase docs, App Hosting, configure backends, 2026-11).
"""

from __future__ import annotations

from driftline.formats import Format
from driftline.formats._document import yaml_document
from driftline.formats._values import declared, environment_of
from driftline.model import Authority, Reading, Scope, Text

FORMAT = Format(
    name="apphosting",
    title="apphosting.yaml",
    files=("apphosting.yaml", "apphosting.*.yaml"),
    authority=Authority.WHOLE,
    nameless="production",
)

_SCOPES: dict[tuple[str, ...], Scope] = {("BUILD",): Scope.BUILD, ("RUNTIME",): Scope.RUN}


def read(text: Text) -> Reading:
    """The declarations. Raises Unreadable for broken YAML."""
    document = yaml_document(text.path, text.content)
    context = environment_of(text.path.rpartition("/")[2], "apphosting")
    context = "local" if context == "emulator" else context
    declarations = []
    for item in document.root.list("env"):
        name, value, secret = item.get("variable"), item.get("value"), item.get("secret")
        if name is None or not name.is_scalar:
            continue
        scope = _SCOPES.get(tuple(node.text for node in item.list("availability")), Scope.BOTH)
        reference = "Secret Manager" if secret is not None else None
        found = declared(document, name.text, value or secret or name, context=context, scope=scope, reference=reference)
        declarations.append(found._replace(location=document.value_location(name)))
    return Reading(declarations=tuple(declarations), contexts=(context,) if context else ())
