"""GitHub Actions workflows: variables of deploying jobs, env files that steps write, and build arguments of images.

`env` stands at workflow, job and step level, the inner one wins; `vars.X` and `secrets.X` live on GitHub, and a missing secret is an empty
string without an error (GitHub docs, contexts and environments, 2026-11). A job speaks for the environment that it names. A CI step's own
secrets (deploy tokens) join no environment: only a job with `environment:` declares, and of a step only what it hands to the app's build.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._values import NAME, declared, declared_text
from driftline.model import Authority, Declaration, Location, Reading, Scope, State, Text

FORMAT = Format(
    name="github_actions",
    title="GitHub Actions workflow",
    files=("*.github/workflows/*.yml", "*.github/workflows/*.yaml"),
    authority=Authority.PART,
    nameless="production",
    settles="gh secret list --json name",
)

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_KEPT = re.compile(r"\b(?:secrets|vars)\.([A-Za-z_][A-Za-z0-9_]*)")
# A step that builds or deploys the app: what stands in its `env` reaches the build.
_BUILDS = re.compile(
    r"\b(?:npm|pnpm|yarn|bun)\s+(?:run\s+)?(?:build|deploy)|\b(?:next|vite|nuxt|astro|turbo|nx)\s+(?:run\s+)?build|\bvercel\s+(?:build|deploy)"
    r"|\bwrangler\s+(?:pages\s+)?deploy|\bnetlify\s+deploy|\bfirebase\s+deploy|\beas\s+build|\bfly(?:ctl)?\s+deploy|docker\s+build|\bsst\s+deploy"
)
_WRITES = re.compile(
    r"(?:echo|printf)\s+(?:-[en]+\s+)?(?P<quote>['\"]?)(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>[^\n]*?)(?P=quote)\s*>>?\s*['\"]?[\w./${}\-]*\.env[\w.\-]*"
)
_HEREDOC = re.compile(
    r"cat\s*(?:>>?\s*(?P<before>\S+)\s*)?<<-?\s*['\"]?(?P<mark>\w+)['\"]?\s*(?:>>?\s*(?P<after>\S+))?\s*\n(?P<body>.*?)\n\s*(?P=mark)\s*(?:\n|$)",
    re.DOTALL,
)
_LINE = re.compile(r"^\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)$", re.MULTILINE)


def read(text: Text) -> Reading:
    """The declarations of deploying jobs. Raises Unreadable for broken YAML."""
    document = yaml_document(text.path, text.content)
    declarations: list[Declaration] = []
    contexts: list[str] = []
    for _, job in document.root.pairs("jobs"):
        context = _environment(job)
        if context is None:
            continue
        contexts.append(context)
        for layer, node in enumerate((document.root.get("env"), job.get("env"))):
            declarations += _table(document, node, context, layer)
        for step in job.list("steps"):
            declarations += _step(document, step, context)
    return Reading(declarations=tuple(declarations), contexts=tuple(dict.fromkeys(contexts)))


def _environment(job: Node) -> str | None:
    """The environment that a job names, None for none and for one that is computed."""
    name = job.string("environment") or job.string("environment", "name")
    return None if name is None or "${{" in name else name


def _table(document: Document, node: Node | None, context: str, layer: int, scope: Scope = Scope.BUILD) -> Iterator[Declaration]:
    for name, value in node.pairs() if node is not None else ():
        if NAME.fullmatch(name):
            yield _declaration(document, name, value, context, layer, scope)


def _declaration(document: Document, name: str, value: Node, context: str, layer: int, scope: Scope) -> Declaration:
    reference = _reference(value.text) if value.is_scalar else None
    return declared(document, name, value, context=context, layer=layer, scope=scope, reference=reference)


def _reference(value: str) -> str | None:
    """Where an expression's value lives, None for a plain text."""
    found = _EXPRESSION.search(value)
    if found is None:
        return None
    kept = _KEPT.search(found[1])
    return f"{'secrets' if 'secrets.' in kept[0] else 'vars'}.{kept[1]}" if kept else "an expression"


def _step(document: Document, step: Node, context: str) -> Iterator[Declaration]:
    run = step.get("run")
    uses = step.string("uses") or ""
    if (run is not None and run.is_scalar and _BUILDS.search(run.text)) or "deploy" in uses or "vercel" in uses:
        yield from _table(document, step.get("env"), context, 2)
    if "docker/build-push-action" in uses:
        arguments = step.get("with", "build-args")
        if arguments is not None and arguments.is_scalar:
            yield from _lines(document.location(arguments), arguments.text, context)
    if run is not None and run.is_scalar:
        location = document.value_location(run)
        for match in _WRITES.finditer(run.text):
            yield _written(location, run.text, match, context)
        for heredoc in _HEREDOC.finditer(run.text):
            target = heredoc["before"] or heredoc["after"] or ""
            if ".env" in target:
                yield from _lines(location, heredoc["body"], context, run.text[: heredoc.start("body")].count("\n"))


def _lines(location: Location, body: str, context: str, above: int = 0) -> Iterator[Declaration]:
    for match in _LINE.finditer(body):
        found = _written(location, body, match, context)
        yield found._replace(location=found.location._replace(line=found.location.line + above))


def _written(location: Location, text: str, match: re.Match[str], context: str) -> Declaration:
    """A line that a step writes into an env file. The line is counted from the start of the block."""
    line = text.count("\n", 0, match.start("name")) + (1 if "\n" in text else 0)
    where = location._replace(line=location.line + line, column=1)
    value = match["value"].strip().strip("\"'")
    reference = _reference(value) or ("a variable of the step" if "$" in value else None)
    if reference:
        return Declaration(match["name"], State.REFERENCE, None, where, context, None, Scope.BUILD, 3, reference=reference)
    return declared_text(match["name"], value, where, context=context, scope=Scope.BUILD, layer=3)
