""".gitlab-ci.yml: global and job variables of jobs that deploy to a named environment.

A job's variables beat the global ones; what the project's settings hold is not in the file (GitLab docs, CI/CD variables, 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._values import declared
from driftline.model import Authority, Declaration, Reading, Scope, Text

FORMAT = Format(
    name="gitlab_ci",
    title=".gitlab-ci.yml",
    files=(".gitlab-ci.yml", ".gitlab-ci.yaml", "*.gitlab-ci.yml"),
    authority=Authority.PART,
    nameless="production",
    settles="glab variable list --output json",
)

_NOT_JOBS = frozenset(
    ("variables", "default", "stages", "include", "workflow", "image", "services", "cache", "before_script", "after_script")
)


def read(text: Text) -> Reading:
    """The declarations of jobs with an environment. Raises Unreadable for broken YAML."""
    document = yaml_document(text.path, text.content)
    declarations: list[Declaration] = []
    contexts = []
    for name, job in document.root.pairs():
        if name in _NOT_JOBS or job.kind != "map":
            continue
        context = job.string("environment") or job.string("environment", "name")
        if context is None or context.startswith("$"):
            continue
        context = context.partition("/$")[0].rstrip("/")
        contexts.append(context)
        declarations += _table(document, document.root.get("variables"), context, 0)
        declarations += _table(document, job.get("variables"), context, 1)
    return Reading(declarations=tuple(declarations), contexts=tuple(dict.fromkeys(contexts)))


def _table(document: Document, node: Node | None, context: str, layer: int) -> Iterator[Declaration]:
    for name, value in node.pairs() if node is not None else ():
        inner = value.get("value") if value.kind == "map" else value
        if inner is None:
            continue
        reference = "another CI variable" if inner.is_scalar and inner.text.startswith("$") else None
        found = declared(document, name, inner, context=context, layer=layer, scope=Scope.BUILD, reference=reference)
        yield found._replace(location=document.location(value))
