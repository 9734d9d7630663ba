"""GitHub Actions workflows: what deploying jobs hand to the app's build, env files that steps write, and build arguments of images.

`env` stands at workflow, job and step level, the inner one wins; `vars.X` and `secrets.X` live on GitHub, and a missing secret is an empty
string without an error (GitHub docs, contexts and environments, 2026-11). A job speaks for the environment that it names, or for production
where it deploys and names none. A step's own secrets (deploy tokens) join no environment: of a step only what it hands to the app counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._place import inside
from driftline.formats._script import builds, deploys, fetches_all, pushes_with_arguments, set_on_platform, written
from driftline.formats._shell import expansions
from driftline.formats._values import NAME, reference_of, state_of
from driftline.knowledge.platform import environment_kind
from driftline.model import (
    Authority,
    Component,
    Declaration,
    Location,
    Need,
    Passthrough,
    Reading,
    Reference,
    Scope,
    Secret,
    Side,
    State,
    Text,
    Use,
)
from driftline.record import NamedTuple

FORMAT = Format(
    name="github_actions",
    title="GitHub Actions workflow",
    files=(".github/workflows/*.yml", ".github/workflows/*.yaml", "action.yml", "action.yaml"),
    authority=Authority.PART,
    nameless="production",
    settles="gh secret list --json name",
)

_EXPRESSION = late.pattern(r"\$\{\{([^{}]*)\}\}")
_KEPT = late.pattern(r"\b(secrets|vars|inputs|env|matrix|needs|steps|github)\.([A-Za-z_][\w.\-]*)")
_ENV = late.pattern(r"\benv\.([A-Za-z_]\w*)")
_QUOTED = late.pattern(r"'([A-Za-z][\w./\-]*)'")
# Actions that deploy what a job built (their READMEs, 2026-11).
_DEPLOYING = late.pattern(
    r"(?:vercel|netlify|wrangler|pages-action|deploy|firebase|flyctl|azure/(?:webapps|static-web-apps)|aws-actions/amazon-ecs|heroku|railway|render)",
    re.IGNORECASE,
)


class _Variable(NamedTuple):
    """One `NAME: value` that a step sees, where it stands, and how deep (0 the workflow, 1 the job, 2 the step, 3 a file it writes)."""

    name: str
    value: str
    location: Location
    layer: int


def read(text: Text) -> Reading:
    """The declarations of deploying jobs and the names that reach each build step. Raises Unreadable for broken YAML."""
    return _Workflow(text, yaml_document(text.path, text.content)).reading()


class _Workflow:
    def __init__(self, text: Text, document: Document) -> None:
        self.text = text
        self.document = document
        self.declarations: dict[tuple[str, str, Location], Declaration] = {}
        self.passthroughs: list[Passthrough] = []
        self.references: dict[tuple[str, Location], Reference] = {}
        self.components: dict[str, Component] = {}
        self.contexts: list[str] = []
        self.others: dict[str, Location] = {}

    def reading(self) -> Reading:
        root = self.document.root
        for name, job in [*root.pairs("jobs"), ("", root.get("runs") or Node("null", 0))]:
            if job.kind == "map":
                self._job(name, job)
        for expression in _EXPRESSION.finditer(self.text.content):
            for match in _ENV.finditer(expression[1]):
                self._mention(match[1], expression.start(1) + match.start(1))
        if self.others:
            location = next(iter(self.others.values()))
            self.passthroughs.append(Passthrough(location, "GitHub Actions (other steps)", tuple(self.others), False))
        return Reading(
            declarations=tuple(self.declarations.values()),
            references=tuple(self.references.values()),
            passthroughs=tuple(self.passthroughs),
            components=tuple(self.components.values()),
            contexts=tuple(dict.fromkeys(self.contexts)),
        )

    def _job(self, name: str, job: Node) -> None:
        """Reads a job. A build of a job that speaks for no environment is a check, which may leave names out."""
        contexts = self._environments(name, job)
        outer = [*self._table(self.document.root.get("env"), 0), *self._table(job.get("env"), 1)]
        folder = job.string("defaults", "run", "working-directory") or self.document.root.string("defaults", "run", "working-directory")
        whole = speaks = False
        for step in job.list("steps"):
            run = step.get("run")
            script = run.text if run is not None and run.is_scalar else ""
            uses = step.string("uses") or ""
            seen = [*outer, *self._table(step.get("env"), 2)]
            self._names(step, script)
            whole = whole or fetches_all(script)
            component = self._component(step, folder)
            files = [(item.file, self._variable(run, item.name, item.value, 3)) for item in written(script)] if run is not None else []
            # What goes to the job's own environment or to an env file is there for every step after it.
            outer += [variable for _, variable in files]
            if any("${{" in line and "=" not in line for line in script.splitlines() if re.search(r">\s*\S*\.env", line)):
                whole = True  # a secret that is a file: what it holds cannot be seen
            handed = [variable for file, variable in files if file != "GITHUB_ENV"]
            handed += [
                self._variable(run, item.name, item.value if item.value is not None else "${{ secrets." + item.name + " }}", 3)
                for item in (set_on_platform(script) if run is not None else ())
            ]
            handed += self._of_action(step, uses)
            building = builds(script) or ("vercel" in uses.lower())
            speaks = speaks or building or bool(handed) or deploys(script) or bool(uses and _deploying(uses))
            if building and contexts:
                handed += seen
                names = tuple(dict.fromkeys(variable.name for variable in seen + handed))
                where = self.document.location(run if run is not None else step)
                self.passthroughs.append(Passthrough(where, "GitHub Actions", names, not whole and not uses, component))
            for variable in handed:
                for context in contexts:
                    self._declare(variable, context, component)
            for variable in [*seen, *handed]:
                self.others.setdefault(variable.name, variable.location)
        # `production-restore`, `db-approval`: what only guards a job is no environment of the app.
        self.contexts += [word for word in contexts if speaks or "steps" not in job.map or word.isalpha()]

    # --- which environment a job speaks for -------------------------------------------------------------------------------

    def _environments(self, name: str, job: Node) -> list[str]:
        """The environments of a job: those it names, else what a deploying job's, step's or file's name says, else production."""
        said = job.string("environment") or job.string("environment", "name")
        if said is not None:
            return list(dict.fromkeys(self._resolved(said, job)))
        text = "\n".join(script for step in job.list("steps") if (script := step.string("run")))
        used = [uses for step in job.list("steps") if (uses := step.string("uses"))]
        pushed = pushes_with_arguments(text) or any(_pushes_with_arguments(step) for step in job.list("steps"))
        if not (pushed or deploys(text) or any(map(_deploying, used))):
            return []
        base = self.text.path.rpartition("/")[2].rpartition(".")[0]
        for words in (name, job.string("name") or "", base):
            for word in reversed(re.split(r"[\s.\-_/]+", words)):
                # Of ordinary words (`main`, `release`, `test`) a job's name says nothing.
                if word and environment_kind(f"x-{word.lower()}") is not None:
                    return [word.lower()]
        said_so = re.search(r"deploy|release|publish|production|pages", f"{name} {base}", re.IGNORECASE)
        return ["production"] if pushed or said_so else []

    def _resolved(self, said: str, job: Node) -> Iterator[str]:
        """The words of an `environment:`: itself, or every word that its expression can become."""
        expression = _EXPRESSION.search(said)
        if expression is None:
            yield said
            return
        quoted = [
            match[1]
            for match in _QUOTED.finditer(expression[1])
            if environment_kind(match[1]) is not None and not match[1].startswith("refs/")
        ]
        # In `ref == 'main' && 'production' || 'staging'` only what follows a comparison is a result.
        compared = set(re.findall(r"[=!]=\s*'([^']*)'", expression[1]))
        yield from (word for word in quoted if word not in compared)
        for kind, name in _KEPT.findall(expression[1]):
            if kind == "matrix":
                for item in job.list("strategy", "matrix", *name.split(".")):
                    if item.is_scalar:
                        yield item.text
                key, _, field = name.partition(".")
                for item in [*job.list("strategy", "matrix", "include"), *(job.list("strategy", "matrix", key) if field else ())]:
                    word = item.string(field or key)
                    if word is not None:
                        yield word
            elif kind == "inputs":
                for trigger in ("workflow_dispatch", "workflow_call"):
                    given = self.document.root.get("on", trigger, "inputs", name) or self.document.root.get("true", trigger, "inputs", name)
                    if given is not None:
                        yield from (item.text for item in given.list("options") if item.is_scalar)
                        if not given.list("options") and (default := given.string("default")):
                            yield default

    # --- what a step hands on ---------------------------------------------------------------------------------------------

    def _table(self, node: Node | None, layer: int) -> list[_Variable]:
        entries = list(node.pairs()) if node is not None else []
        return [
            _Variable(name, value.text if value.is_scalar else "", self.document.location(value), layer)
            for name, value in entries
            if NAME.fullmatch(name)
        ]

    def _of_action(self, step: Node, uses: str) -> list[_Variable]:
        """Variables in the inputs of an action: build arguments of an image, and lists that deploying actions take."""
        found: list[_Variable] = []
        for key in ("build-args", "env_vars", "env-vars", "environment-variables", "secrets"):
            node = step.get("with", key)
            if node is None or not node.is_scalar or not uses:
                continue
            for line in node.text.splitlines():
                name, equals, value = line.strip().rstrip(",").partition("=")
                if not NAME.fullmatch(name.strip()) or (not equals and (key != "secrets" or "wrangler" not in uses)):
                    continue
                if key == "secrets" and "wrangler" not in uses and not uses.startswith("google-github-actions"):
                    continue  # docker/build-push-action: secrets of the build by id, not variables
                found.append(self._variable(node, name.strip(), value if equals else "${{ secrets." + name.strip() + " }}", 3))
        return found

    def _variable(self, node: Node | None, name: str, value: str, layer: int) -> _Variable:
        """A variable written inside a scalar, with the place of its name in the raw text."""
        start = node.position if node is not None else 0
        at = self.text.content.find(name, start)
        return _Variable(name, value.strip().strip("\"'"), self.document.at(at if at >= 0 else start), layer)

    def _declare(self, variable: _Variable, context: str, component: str | None) -> None:
        reference = _reference(variable.value)
        state = State.REFERENCE if reference else state_of(variable.value)
        self.declarations.setdefault(
            (context, variable.name, variable.location),
            Declaration(
                variable.name,
                state,
                Secret(variable.value) if state in (State.SET, State.EMPTY) else None,
                variable.location,
                context,
                component,
                Scope.BUILD,
                variable.layer,
                reference=reference or reference_of(variable.value),
            ),
        )

    def _component(self, step: Node, folder: str | None) -> str | None:
        """The part of the repository that a step works in, by its folder."""
        where = inside("", step.string("working-directory") or folder or ".")
        if where in (None, "."):
            return None
        self.components.setdefault(where or "", Component(where or "", where, self.document.location(step)))
        return where

    def _names(self, step: Node, script: str) -> None:
        """Variables that a script uses are no dead ones; what a CI script needs says nothing about the app."""
        run = step.get("run")
        if run is None or "$" not in script:
            return
        cursor = run.position
        for use in expansions(script):
            at = self.text.content.find(use.name, cursor)
            if at < 0:
                continue
            cursor = at
            self._mention(use.name, at)

    def _mention(self, name: str, position: int) -> None:
        location = self.document.at(position)
        self.references[name, location] = Reference(name, location, Need.PLAIN, Side.BUILD, Use.MENTION, "a CI script")


def _pushes_with_arguments(step: Node) -> bool:
    """Whether an action builds arguments into an image and hands that to a registry."""
    action = (step.string("uses") or "").partition("@")[0]
    pushes = step.string("with", "push") not in (None, "false")
    return action == "docker/build-push-action" and pushes and bool(step.string("with", "build-args"))


def _reference(value: str) -> str | None:
    """Where an expression's value lives, None for a plain text."""
    found = _EXPRESSION.search(value)
    if found is not None:
        kept = _KEPT.search(found[1])
        return f"{kept[1]}.{kept[2]}" if kept else "an expression"
    if "${{" in value:
        return "an expression"
    used = expansions(value)
    return f"${{{used[0].name}}}" if used else "a command's output" if "$(" in value or "`" in value else None


def _deploying(uses: str) -> bool:
    """Whether an action deploys, by its name without its owner."""
    return _DEPLOYING.search(uses.partition("@")[0].partition("/")[2]) is not None
