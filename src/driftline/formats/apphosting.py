"""apphosting.yaml and apphosting.NAME.yaml: the variables of a Firebase App Hosting backend.

A file named after an environment is merged over the base, entry by entry; `secret` names a value in Secret Manager; `availability` limits
a variable to BUILD or RUNTIME. The emulator reads the base, then `apphosting.emulator.yaml`, then `apphosting.local.yaml` (firebase-tools
15.34, src/apphosting/yaml.ts and src/emulator/apphosting/config.ts; Firebase docs, App Hosting, Configure backends, 2026-11).
"""

from __future__ import annotations

from driftline import late
from driftline.formats import Format
from driftline.formats._document import yaml_document
from driftline.formats._values import NAME, declared
from driftline.model import Authority, Declaration, Reading, Scope, State, Text, Unread

FORMAT = Format(
    name="apphosting",
    title="apphosting.yaml",
    files=("apphosting.yaml", "apphosting.*.yaml"),
    authority=Authority.WHOLE,
    nameless="production",
)

_SCOPES = {frozenset(("BUILD",)): Scope.BUILD, frozenset(("RUNTIME",)): Scope.RUN}
_NAMED = late.pattern(r"apphosting\.([a-z0-9_]+)\.yaml")


def recognises(path: str) -> bool:
    """firebase-tools takes one word between the name and the ending."""
    base = path.rpartition("/")[2]
    return base == "apphosting.yaml" or _NAMED.fullmatch(base) is not None


def read(text: Text) -> Reading:
    """The declarations. Raises Unreadable for broken YAML."""
    document = yaml_document(text.path, text.content)
    folder, slash, base = text.path.rpartition("/")
    named = _NAMED.fullmatch(base)
    context = named[1] if named else None
    layer = 1 if context == "local" else 0
    context = "local" if context == "emulator" else context
    declarations: list[Declaration] = []
    unread: list[Unread] = []
    listed = document.root.get("env")
    entries = document.root.list("env")
    if listed is not None and listed.kind not in ("list", "null"):
        place = document.location(listed)
        unread.append(Unread(text.path, "env is no list of variables", place.line, place.column))
    for item in entries:
        name, value, secret = item.get("variable"), item.get("value"), item.get("secret")
        if name is None or not NAME.fullmatch(name.text):
            place = document.value_location(item)
            unread.append(Unread(text.path, "an entry of env names no variable", place.line, place.column))
            continue
        scope = _SCOPES.get(frozenset(node.text for node in item.list("availability")), Scope.BOTH)
        location = document.value_location(name)
        if value is not None and value.kind != "null":
            found = declared(document, name.text, value, context=context, scope=scope, layer=layer)._replace(location=location)
        else:
            words = "Secret Manager" if secret is not None else "the Firebase console"
            found = Declaration(name.text, State.REFERENCE, None, location, context, scope=scope, layer=layer, reference=words)
        declarations.append(found)
    return Reading(
        declarations=tuple(declarations),
        contexts=(context,) if context else (),
        unread=tuple(unread),
        bases=(f"{folder}{slash}apphosting.yaml",) if named else (),
    )
