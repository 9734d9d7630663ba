""".gitlab-ci.yml: what jobs that deploy to a named environment give to the app, and env files that scripts write.

Global variables lie below a job's, those below what `rules` set; `extends` and `!reference` bring in other jobs' parts, keys that begin with a
dot are such parts only, `inherit: variables` keeps global ones out. A job speaks for its `environment` (the tier where the name says nothing),
with `$X` in it replaced by the job's own variables; for what its name says, or production, where it deploys and names none. A job that
tears down or only checks speaks for none. The project's settings and included files hold more (GitLab docs, CI/CD YAML syntax reference,
"extends", "environment", "inherit", "rules:variables", "spec:inputs", and "CI/CD variables", 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_documents
from driftline.formats._place import within
from driftline.formats._script import deploys, set_on_platform, written
from driftline.formats._shell import expansions
from driftline.formats._values import NAME, declared, declared_text, not_a_table, not_too_many
from driftline.knowledge.platform import environment_kind
from driftline.model import (
    Authority,
    Declaration,
    Literal,
    Location,
    Need,
    Passthrough,
    Reading,
    Reference,
    Related,
    Scope,
    Secret,
    Side,
    State,
    Text,
    Unread,
    Use,
)
from driftline.record import NamedTuple

FORMAT = Format(
    name="gitlab_ci",
    title=".gitlab-ci.yml",
    files=(".gitlab-ci.yml", ".gitlab-ci.yaml", "*.gitlab-ci.yml", "*.gitlab-ci.yaml", "*.gitlab/*.yml"),
    authority=Authority.PART,
    nameless="production",
    settles="glab variable list --output json",
)

_NOT_JOBS = frozenset(
    ("variables", "default", "stages", "include", "workflow", "image", "services", "cache", "before_script", "after_script", "spec")
)
# Of an environment's actions only a start makes something run (docs, environment:action).
_NOT_STARTED = frozenset(("stop", "prepare", "verify", "access"))
# More parts than GitLab allows (11 levels), and the layers of rules and scripts above them.
_PARTS = 100
_SCRIPTED = 3 * _PARTS
_VARIABLE = late.pattern(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_INPUT = late.pattern(r"\$\[\[[ \t]*inputs\.([\w-]+)(?![\w-])[^\[\]]*\]\]")
_OCTAL = late.pattern(r"0[0-7]+")
_SCRIPTS = ("before_script", "script", "after_script")


class _Variable(NamedTuple):
    """An entry of a table of variables: what its key leads to, its value (None where the user is asked for it), and whether `$` is plain."""

    name: str
    node: Node
    value: Node | None
    plain: bool = False


# (layer, variables): 0 for the file's, 1 and up for a job's parts, the job itself last, 100 more for what rules set.
_Tables = list[tuple[int, list[_Variable]]]


def recognises(path: str) -> bool:
    """GitLab's own names, and YAML in a CI folder of `.gitlab`; merge request templates and the like are no pipelines."""
    base = path.rpartition("/")[2]
    return (
        base.endswith((".gitlab-ci.yml", ".gitlab-ci.yaml"))
        or re.search(r"(?:^|/)\.gitlab/(?:ci|pipelines|jobs|workflows)/", path) is not None
    )


def read(text: Text) -> Reading:
    """The declarations of jobs with an environment. Raises Unreadable for broken YAML."""
    documents = yaml_documents(text.path, text.content)
    # A first document may be the header that names the inputs of a template (`spec`).
    return _Pipeline(text, documents[-1], dict(documents[0].root.pairs("spec", "inputs"))).reading() if documents else Reading()


class _Pipeline:
    def __init__(self, text: Text, document: Document, inputs: dict[str, Node]) -> None:
        self.text = text
        self.document = document
        self.inputs = inputs
        self.keys = {name: node for name, node in document.root.pairs() if node.kind == "map"}
        self.declarations: dict[tuple[str, str, Location, int], Declaration] = {}
        self.references: dict[tuple[str, Location], Reference] = {}
        self.others: dict[str, Location] = {}
        self.origins: dict[tuple[str, Location], tuple[str, Literal]] = {}
        self.contexts: list[str] = []
        self.unread: list[Unread] = []
        self.notes: list[Related] = []
        self.tables: dict[int, _Tables] = {}
        self.said: set[tuple[str, int, int]] = set()

    def reading(self) -> Reading:
        root = self.document.root
        self.unread += not_a_table(self.document, root.get("variables"), "variables")
        for name, job in self.keys.items():
            if name not in _NOT_JOBS and not name.startswith("."):
                self._job(name, job)
        self._of(root)
        passed = [Passthrough(next(iter(self.others.values())), "GitLab CI", tuple(self.others), strict=False)] if self.others else []
        return Reading(
            declarations=tuple(self.declarations.values()),
            references=tuple(self.references.values()),
            passthroughs=tuple(passed),
            contexts=tuple(dict.fromkeys(self.contexts)),
            origins=tuple(self.origins.values()),
            notes=tuple(self.notes),
            unread=tuple(self.unread),
        )

    def _job(self, name: str, job: Node) -> None:
        parts = self._parts(job)
        own = [(1 + depth + layer, table) for depth, part in enumerate(reversed(parts)) for layer, table in self._of(part)]
        seen = [*self._inherited(parts), *own]
        steps = [step for key in _SCRIPTS for step in self._steps(parts, key)]
        script = "\n".join(step.text for step in steps)
        chosen = self._chosen_by(parts)
        contexts = self._environments(name, parts, seen, script)
        self.contexts += contexts
        for layer, table in seen:
            word = next((v.value.text for v in table if v.name == chosen and v.value is not None), None) if layer > _PARTS else None
            for context in contexts:
                # A rule that chooses an environment sets its variables for that one only.
                if word is None or word in context:
                    self._declare(table, context, layer)
        reports = next((file.text for part in parts if (file := part.get("artifacts", "reports", "dotenv")) is not None), None)
        for step in steps:
            self._step(step, contexts, reports)
        not_too_many(self.declarations)

    def _parts(self, job: Node) -> list[Node]:
        """The job and all it extends, the strongest first: itself, then the last of its `extends` with what that extends in turn."""
        parts: list[Node] = []
        waiting = [job]
        while waiting and len(parts) < _PARTS:
            part = waiting.pop()
            if any(part is seen for seen in parts):
                continue
            parts.append(part)
            extends = part.get("extends")
            for item in [] if extends is None else extends.items or [extends]:
                above = self.keys.get(item.text)
                if above is not None and item.is_scalar:
                    waiting.append(above)
        return parts

    def _followed(self, node: Node | None) -> Node | None:
        """The node that `!reference [job, key]` stands for; any other as it is."""
        if node is None or node.tag != "!reference":
            return node
        return self.document.root.get(*(item.text for item in node.items)) if node.items else None

    # --- variables --------------------------------------------------------------------------------------------------------

    def _inherited(self, parts: list[Node]) -> _Tables:
        """The global variables that a job's `inherit` lets in."""
        inherit = next((node for part in parts if (node := part.get("inherit", "variables")) is not None), None)
        found = self._of(self.document.root)
        if inherit is None or inherit.text == "true":
            return found
        wanted = {item.text for item in inherit.items}
        return [(layer, [variable for variable in table if variable.name in wanted]) for layer, table in found]

    def _of(self, owner: Node) -> _Tables:
        """The variables of a job, of the file, or of their rules; each owner is looked at once, however many inherit from it."""
        found = self.tables.get(id(owner))
        if found is None:
            rules = self._followed(owner.get("rules")) or owner.get("workflow", "rules")
            nodes = [(0, owner.get("variables")), *((_PARTS, rule.get("variables")) for rule in (rules.items if rules is not None else ()))]
            found = self.tables[id(owner)] = [(layer, self._table(node)) for layer, node in nodes if node is not None]
            for _, table in found:
                for variable in table:
                    self.others.setdefault(variable.name, self.document.location(variable.node))
        return found

    def _table(self, node: Node) -> list[_Variable]:
        found = []
        for name, entry in (self._followed(node) or node).pairs():
            if NAME.fullmatch(name):
                value = entry.get("value") if entry.kind == "map" else self._followed(entry)
                found.append(_Variable(name, entry, value, entry.string("expand") == "false"))
                if value is not None and value.kind == "number" and _OCTAL.fullmatch(value.text):
                    words = f"GitLab reads the number of {name} as an octal one, because it begins with 0; quotes keep it"
                    self.notes.append(Related(self.document.location(entry), words))
        return found

    def _declare(self, table: list[_Variable], context: str, layer: int) -> None:
        if (context, id(table), layer) in self.said:
            return
        self.said.add((context, id(table), layer))
        fields: dict[str, Any] = {"context": context, "scope": Scope.BUILD, "layer": layer}
        for name, node, value, plain in table:
            place = self.document.location(node)
            if value is None:
                found = declared(self.document, name, node, reference="asked for when the pipeline runs", **fields)
            elif value.is_scalar and not plain:
                names = list(dict.fromkeys(use.name for use in expansions(value.text)))
                words = f"${{{', '.join(names)}}}" if names else None
                own = Node(value.kind, value.position, value.text.replace("$$", "$"), quoted=value.quoted)
                found = declared(self.document, name, own, reference=words, **fields)
            else:
                found = declared(self.document, name, value, **fields)
            self.declarations.setdefault((context, name, place, layer), found._replace(location=place))
        not_too_many(self.declarations)

    # --- which environment a job speaks for -------------------------------------------------------------------------------

    def _chosen_by(self, parts: list[Node]) -> str | None:
        """The variable in the name of a job's environment."""
        said = next((node.string("name") or node.text for part in parts if (node := part.get("environment")) is not None), "")
        match = _VARIABLE.search(said)
        return (match[1] or match[2]) if match else None

    def _environments(self, name: str, parts: list[Node], seen: _Tables, script: str) -> list[str]:
        """The environments of a job: those it names, else, where it deploys, what its name says, else production."""
        nodes = [node for part in parts if (node := self._followed(part.get("environment"))) is not None]
        said = next((node.text if node.is_scalar else node.string("name") for node in nodes if node.is_scalar or node.get("name")), None)
        if any(node.string("action") in _NOT_STARTED for node in nodes):
            return []
        if said is None:
            return self._said_by_name(name, script)
        tier = next((word for node in nodes if (word := node.string("deployment_tier")) is not None), None)
        found = []
        for word in self._resolved(said, parts, seen):
            word = word.partition("/$")[0].partition("-$")[0].strip("/")
            if "$" not in word and word:
                found.append(word if tier is None or environment_kind(word) is not None else tier)
        if not found and tier is not None:
            found.append(tier)
        url = next((address for node in nodes if (address := node.get("url")) is not None), None)
        if url is not None and len(set(found)) == 1 and url.text.startswith("http") and "$" not in url.text:
            place = self.document.value_location(url)
            self.origins[found[0], place] = (found[0], Literal(Secret(url.text), place, "environment url"))
        return list(dict.fromkeys(found))

    def _said_by_name(self, name: str, script: str) -> list[str]:
        if not deploys(script):
            return []
        for word in reversed(re.split(r"[\s.\-_/:]+", name.lower())):
            # Of ordinary words (`main`, `release`, `test`) a job's name says nothing.
            if word and environment_kind(f"x-{word}") is not None:
                return [word]
        return ["production"] if re.search(r"deploy|release|publish|production|pages|build|image|docker", name, re.IGNORECASE) else []

    def _resolved(self, said: str, parts: list[Node], seen: _Tables) -> Iterator[str]:
        """Every word that a name with one variable in it can become: by the job's variables, its rules, or its matrix."""
        given = _INPUT.search(said)
        if given is not None:
            declared_input = self.inputs.get(given[1]) or Node("null", 0)
            default = declared_input.get("default")
            for item in declared_input.list("options") or ([default] if default is not None else []):
                yield said[: given.start()] + item.text + said[given.end() :]
            return
        match = _VARIABLE.search(said)
        if match is None:
            yield said
            return
        name = match[1] or match[2]
        values = [
            (layer, variable.value.text)
            for layer, table in seen
            for variable in table
            if variable.name == name and variable.value is not None and variable.value.is_scalar
        ]
        # Rules say several values in turn; of all others the innermost holds.
        steady = max((layer for layer, _ in values if layer <= _PARTS), default=0)
        words = [word for layer, word in values if layer > _PARTS or layer == steady]
        matrix = next((node for part in parts if (node := part.get("parallel", "matrix")) is not None), None)
        for row in matrix.items if matrix is not None else ():
            cell = row.get(name)
            words += [] if cell is None else [item.text for item in cell.items or [cell]]
        if not words:
            yield said
        for word in dict.fromkeys(words):
            yield said[: match.start()] + word + said[match.end() :]

    # --- scripts ----------------------------------------------------------------------------------------------------------

    def _steps(self, parts: list[Node], key: str) -> list[Node]:
        """The commands of a job: its own list or the nearest it extends, with `!reference` followed; nested lists are flattened."""
        node = next((self._followed(found) for part in parts if (found := part.get(key)) is not None), None)
        if node is None and key != "script":
            node = self.document.root.get("default", key) or self.document.root.get(key)
        steps: list[Node] = []
        for item in [] if node is None else [node] if node.is_scalar else node.items:
            inner = self._followed(item)
            steps += [] if inner is None else [one for one in [inner, *inner.items] if one.is_scalar]
        return steps

    def _step(self, step: Node, contexts: list[str], reports: str | None) -> None:
        """Env files that a command writes, and variables that it sets on a platform or hands to an image's build.

        The file of a dotenv report hands on variables from job to job only.
        """
        handed: list[tuple[str, str | None, int]] = [
            (item.name, item.value, item.position) for item in written(step.text) if item.file != reports
        ]
        handed += [(item.name, item.value, item.position) for item in set_on_platform(step.text)]
        for name, value, position in handed:
            place = self.document.at(within(self.text.content, step, name, position))
            used = expansions(value) if value is not None else []
            words = f"${{{used[0].name}}}" if used else "the CI settings" if value is None or "$" in value or "`" in value else None
            for context in contexts:
                if words is not None or value is None:
                    found = Declaration(name, State.REFERENCE, None, place, context, scope=Scope.BUILD, layer=_SCRIPTED, reference=words)
                else:
                    found = declared_text(name, value, place, context=context, scope=Scope.BUILD, layer=_SCRIPTED)
                self.declarations.setdefault((context, name, place, _SCRIPTED), found)
            self.others.setdefault(name, place)
        for use in expansions(step.text):
            # Variables that a script uses are no dead ones; what a CI script needs says nothing about the app.
            place = self.document.at(within(self.text.content, step, use.name, use.position))
            self.references[use.name, place] = Reference(use.name, place, Need.PLAIN, Side.BUILD, Use.MENTION, "a CI script")
