"""fly.toml and its kin: the plain variables and build arguments of a Fly app; secrets are kept by the platform.

A second file (`fly.staging.toml`, chosen by `--config`) is a second app and inherits nothing; its name, else the last word of the app's,
says its environment, and any other word in its name a service (`fly.worker.toml`). `[[files]]` may take the content of a secret. The same
configuration may be written as JSON or YAML (Fly.io docs, App configuration, 2026-11).
"""

from __future__ import annotations

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, json_document, toml_document, yaml_document
from driftline.formats._place import environment_said, word_of
from driftline.formats._values import NAME, declared, not_a_table, template_of
from driftline.knowledge.platform import environment_kind
from driftline.model import Authority, Need, Reading, Reference, Scope, Side, Text, Use

FORMAT = Format(
    name="fly",
    title="fly.toml",
    files=("fly.toml", "fly.*.toml", "fly-*.toml", "fly_*.toml", "*.fly.toml", "fly.json", "fly.yaml"),
    authority=Authority.PART,
    nameless="production",
    settles="fly secrets list --json",
)

_WORDS = late.pattern(r"[.\-_]")


def read(text: Text) -> Reading:
    """Run-time variables and build arguments. Raises Unreadable for broken text."""
    document = _document(text)
    root = document.root
    context = environment_said(text.path) or word_of(root.string("app") or "")
    component = _service(text.path, context)
    declarations = [
        declared(document, name, node, context=context, component=component, scope=scope, reference=template_of(node))
        for path, scope in ((("env",), Scope.RUN), (("build", "args"), Scope.BUILD))
        for name, node in root.pairs(*path)
        if NAME.fullmatch(name)
    ]
    references = [
        Reference(secret.text, document.location(secret), Need.PLAIN, Side.SERVER, Use.MENTION, "secret_name", component=component)
        for file in root.list("files")
        if (secret := file.get("secret_name")) is not None and NAME.fullmatch(secret.text)
    ]
    return Reading(
        declarations=tuple(declarations),
        references=tuple(references),
        contexts=(context,) if context else (),
        unread=(*not_a_table(document, root.get("env"), "env"), *not_a_table(document, root.get("build", "args"), "build.args")),
    )


def _document(text: Text) -> Document:
    ending = text.path.rpartition(".")[2]
    return {"json": json_document, "yaml": yaml_document}.get(ending, toml_document)(text.path, text.content)


def _service(path: str, context: str | None) -> str | None:
    """The word of a file's name that is neither Fly's own nor its environment's: `worker` of `fly.worker.staging.toml`."""
    words = _WORDS.split(path.rpartition("/")[2].rpartition(".")[0])
    return next((word for word in words if word and word not in ("fly", context) and environment_kind(word) is None), None)
