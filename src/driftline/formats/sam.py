"""SAM and CloudFormation templates: the variables of every function and of every container of a task.

A function's own variables are merged over those of `Globals`. `!Ref`, `!Sub`, `!FindInMap`, `!If` and `!Join` are worked out as far as the template
itself settles them: where a parameter lists the environments (`AllowedValues: [dev, prod]`) or chooses among a mapping's keys, each of them is a
context. All else (another parameter, `!GetAtt`, `{{resolve:...}}`) is known to the stack only. (AWS docs, "Globals section of the AWS SAM template"
and "Intrinsic function reference", 2026-11). A parameter's default is not taken for its value: deploying overrides it.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._place import inside
from driftline.formats._values import NAME, declared
from driftline.knowledge.platform import environment_kind
from driftline.model import Authority, Component, Declaration, Reading, Scope, Text, Unreadable

FORMAT = Format(
    name="sam",
    title="SAM template",
    files=(
        "template.yaml",
        "template.yml",
        "template.json",
        "sam.yaml",
        "sam.yml",
        "sam-template.y*ml",
        "cloudformation.y*ml",
        "*.template.yaml",
        "*.template.yml",
    ),
    authority=Authority.WHOLE,
    nameless="production",
)

_MAX_STAGES = 50
_MAX_STEPS = 60  # of one value's expressions inside one another
_SUB = late.pattern(r"\$\{(!?)([^${}]*)\}")
_LONG = ("Fn::Sub", "Fn::If", "Fn::FindInMap", "Fn::Join", "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not", "Ref", "Condition")


class _No(Enum):
    """UNKNOWN: the stack knows it. ABSENT: `AWS::NoValue`, as if the line were not there."""

    UNKNOWN = "unknown"
    ABSENT = "absent"


def read(text: Text) -> Reading:
    """The declarations; nothing for a template of another tool. Raises Unreadable for broken YAML and for more than 50 environments."""
    if "AWS::" not in text.content:
        return Reading()
    return _Template(text, yaml_document(text.path, text.content)).reading()


class _Template:
    def __init__(self, text: Text, document: Document) -> None:
        self.text = text
        self.document = document
        self.root = document.root
        self.chooser, self.stages = self._stages()
        self.conditions: dict[tuple[str, str | None], bool | None] = {}
        self.varied: set[str] = set()

    def reading(self) -> Reading:
        declarations: list[Declaration] = []
        components: list[Component] = []
        shared = self.root.get("Globals", "Function", "Environment", "Variables")
        folder = self.text.path.rpartition("/")[0]
        taken = False
        for name, resource in self.root.pairs("Resources"):
            properties = resource.get("Properties")
            if properties is None:
                continue
            kind = resource.string("Type") or ""
            if kind in ("AWS::Serverless::Function", "AWS::Lambda::Function"):
                code = properties.string("CodeUri") or self.root.string("Globals", "Function", "CodeUri") or "."
                components.append(Component(name, inside(folder, code), self.document.location(resource)))
                if kind == "AWS::Serverless::Function":
                    taken = taken or shared is not None
                    declarations += self._table(shared, name, -1)
            declarations += self._table(properties.get("Environment", "Variables"), name, 0)
            for container in properties.list("ContainerDefinitions"):
                declarations += self._container(container, name)
        if shared is not None and not taken:
            declarations += self._table(shared, None, 0)
        return Reading(tuple(declarations), components=tuple(components), contexts=self.stages if declarations else ())

    def _table(self, table: Node | None, component: str | None, layer: int) -> Iterator[Declaration]:
        for name, value in table.pairs() if table is not None else ():
            if NAME.fullmatch(name):
                yield from self._variable(name, value, value, component, layer)

    def _container(self, container: Node, resource: str) -> Iterator[Declaration]:
        component = container.string("Name") or resource
        for key, field in (("Environment", "Value"), ("Secrets", "ValueFrom")):
            for item in container.list(key):
                name, value = item.get("Name"), item.get(field)
                if name is not None and value is not None and name.kind == "string" and NAME.fullmatch(name.text):
                    place = Node("string", name.position, name.text)
                    if key == "Secrets":
                        yield declared(
                            self.document, name.text, place, component=component, scope=Scope.RUN, reference="a secret of the task"
                        )
                    else:
                        yield from self._variable(name.text, value, place, component, 0)

    def _variable(self, name: str, value: Node, place: Node, component: str | None, layer: int) -> Iterator[Declaration]:
        """One declaration where every environment has the same value, else one for each."""
        base = "" if value.kind == "null" else self._text(value, None, 0)
        settled: list[tuple[str | None, str | _No]] = []
        if base is _No.UNKNOWN:
            settled = [(stage, self._text(value, stage, 0)) for stage in self.stages]
        if any(isinstance(text, str) or text is _No.ABSENT for _, text in settled):
            self.varied.add(name)
        else:
            # What differs between environments in the globals is beaten in each of them.
            settled = [(None, base), *((stage, base) for stage in self.stages if name in self.varied)]
        for stage, text in settled:
            if text is _No.ABSENT:
                continue
            node = Node("string", place.position, text if isinstance(text, str) else "", key_position=place.key_position)
            reference = None if isinstance(text, str) else self._where(value)
            yield declared(self.document, name, node, context=stage, component=component, scope=Scope.RUN, layer=layer, reference=reference)

    def _where(self, node: Node) -> str:
        """Who knows a value that the template does not settle."""
        kind, argument = _call(node)
        if kind == "Ref" and argument.is_scalar and self.root.get("Parameters", argument.text) is not None:
            return f"the parameter {argument.text}"
        if node.is_scalar and "{{resolve:secretsmanager:" in node.text:
            return "AWS Secrets Manager"
        if node.is_scalar and "{{resolve:ssm" in node.text:
            return "the SSM Parameter Store"
        return "the stack"

    # --- the environments of a template -------------------------------------------------------------------------------------

    def _stages(self) -> tuple[str | None, tuple[str, ...]]:
        """(the parameter that chooses the environment, the environments it may choose)."""
        best: tuple[str | None, list[str]] = (None, [])
        for name, parameter in self.root.pairs("Parameters"):
            words = [item.text for item in parameter.list("AllowedValues") if item.is_scalar and environment_kind(item.text) is not None]
            if len(words) > len(best[1]):
                best = (name, words)
        if best[0] is None:
            best = self._mapped()
        if len(best[1]) > _MAX_STAGES:
            raise Unreadable(f"more than {_MAX_STAGES} environments")
        return best[0], tuple(dict.fromkeys(best[1]))

    def _mapped(self) -> tuple[str | None, list[str]]:
        """The parameter that picks a top-level key of a mapping whose keys are environments' words."""
        words = {
            name: [key for key, _ in mapping.pairs() if environment_kind(key) is not None] for name, mapping in self.root.pairs("Mappings")
        }
        if not any(words.values()):
            return None, []
        seen: set[int] = set()
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            kind, argument = _call(node)
            if kind == "FindInMap" and len(argument.items) == 3 and argument.items[0].is_scalar and words.get(argument.items[0].text):
                inner, chosen = _call(argument.items[1])
                if inner == "Ref" and chosen.is_scalar and self.root.get("Parameters", chosen.text) is not None:
                    return chosen.text, words[argument.items[0].text]
            inside_it = node.map if node.kind == "map" else node.items
            if inside_it and id(inside_it) not in seen:
                seen.add(id(inside_it))
                waiting += [*node.map.values(), *node.items]
        return None, []

    # --- what the template settles ------------------------------------------------------------------------------------------

    def _text(self, node: Node, stage: str | None, steps: int) -> str | _No:
        """The text of a value in one environment (None: in every one)."""
        if steps > _MAX_STEPS:
            return _No.UNKNOWN
        kind, argument = _call(node)
        if kind is None:
            return node.text if node.is_scalar and "{{resolve:" not in node.text else _No.UNKNOWN
        if kind == "Ref":
            return self._ref(argument, stage)
        if kind == "Sub":
            return self._sub(argument, stage, steps)
        items = argument.items
        if kind == "If" and len(items) == 3 and items[0].is_scalar:
            chosen = self._condition(items[0].text, stage, steps)
            return _No.UNKNOWN if chosen is None else self._text(items[1 if chosen else 2], stage, steps + 1)
        if kind == "FindInMap" and len(items) >= 3:
            keys = [self._text(item, stage, steps + 1) for item in items[:3]]
            names = [key for key in keys if isinstance(key, str)]
            found = self.root.get("Mappings", *names) if len(names) == len(keys) else None
            return found.text if found is not None and found.is_scalar else _No.UNKNOWN
        if kind == "Join" and len(items) == 2 and items[0].is_scalar and items[1].kind == "list":
            parts = [self._text(item, stage, steps + 1) for item in items[1].items]
            texts = [part for part in parts if isinstance(part, str)]
            return items[0].text.join(texts) if len(texts) == len(parts) else _No.UNKNOWN
        return _No.UNKNOWN

    def _ref(self, argument: Node, stage: str | None) -> str | _No:
        if argument.is_scalar and argument.text == "AWS::NoValue":
            return _No.ABSENT
        return stage if stage is not None and argument.is_scalar and argument.text == self.chooser else _No.UNKNOWN

    def _sub(self, argument: Node, stage: str | None, steps: int) -> str | _No:
        template, given = argument, None
        if argument.kind == "list" and len(argument.items) == 2:
            template, given = argument.items
        if not template.is_scalar:
            return _No.UNKNOWN
        parts: list[str] = []
        end = 0
        for match in _SUB.finditer(template.text):
            parts.append(template.text[end : match.start()])
            end = match.end()
            if match[1]:
                parts.append(f"${{{match[2]}}}")
                continue
            own = given.get(match[2].strip()) if given is not None else None
            text = (
                self._text(own, stage, steps + 1)
                if own is not None
                else self._ref(Node("string", template.position, match[2].strip()), stage)
            )
            if not isinstance(text, str):
                return _No.UNKNOWN
            parts.append(text)
        return "".join(parts) + template.text[end:]

    def _condition(self, name: str, stage: str | None, steps: int) -> bool | None:
        """Whether a condition holds in one environment; None where the template does not settle it, or it asks for itself."""
        key = (name, stage)
        if key not in self.conditions:
            self.conditions[key] = None
            node = self.root.get("Conditions", name)
            self.conditions[key] = self._holds(node, stage, steps + 1) if node is not None else None
        return self.conditions[key]

    def _holds(self, node: Node, stage: str | None, steps: int) -> bool | None:
        if steps > _MAX_STEPS:
            return None
        kind, argument = _call(node)
        items = argument.items
        if kind == "Condition" and argument.is_scalar:
            return self._condition(argument.text, stage, steps)
        if kind == "Equals" and len(items) == 2:
            left, right = (self._text(item, stage, steps + 1) for item in items)
            return left == right if isinstance(left, str) and isinstance(right, str) else None
        if kind in ("Not", "And", "Or"):
            truths = [self._holds(item, stage, steps + 1) for item in items]
            if kind == "Not":
                return None if not truths or truths[0] is None else not truths[0]
            decisive = kind == "Or"
            return decisive if decisive in truths else None if None in truths else not decisive
        return None


def _call(node: Node) -> tuple[str | None, Node]:
    """(the function's name, its argument) of `!Sub x` and `Fn::Sub: x`; (None, the node) for a plain value."""
    if node.tag is not None and node.tag.startswith("!") and len(node.tag) > 1 and node.tag[1] != "!":
        return node.tag[1:], node
    if node.kind == "map" and len(node.map) == 1:
        ((name, argument),) = node.map.items()
        if name in _LONG or name.startswith("Fn::"):
            return name.removeprefix("Fn::"), argument
    return None, node
