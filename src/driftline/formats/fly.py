"""fly.toml and fly.NAME.toml: the plain variables and build arguments of a Fly app; secrets are kept by the platform.

A second file is a second app and inherits nothing (Fly docs, App configuration, 2026-11). A file whose name or app ends in an
environment's word speaks for it.
"""

from __future__ import annotations

from driftline.formats import Format
from driftline.formats._document import toml_document
from driftline.formats._values import declared, environment_of
from driftline.model import Authority, Reading, Scope, Text

FORMAT = Format(
    name="fly",
    title="fly.toml",
    files=("fly.toml", "fly.*.toml", "fly-*.toml"),
    authority=Authority.PART,
    nameless="production",
    settles="fly secrets list --json",
)


def read(text: Text) -> Reading:
    """Run-time variables and build arguments. Raises Unreadable for text that is no TOML."""
    document = toml_document(text.path, text.content)
    context = environment_of(text.path.rpartition("/")[2], "fly")
    declarations = [declared(document, name, node, context=context, scope=Scope.RUN) for name, node in document.root.pairs("env")]
    declarations += [
        declared(document, name, node, context=context, scope=Scope.BUILD) for name, node in document.root.pairs("build", "args")
    ]
    return Reading(declarations=tuple(declarations), contexts=(context,) if context else ())
