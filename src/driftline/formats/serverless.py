"""serverless.yml: the variables of all functions and of each one; a function's own beat the provider's.

`${self:}`, `${param:}`, `${opt:stage}` and `${sls:stage}` are worked out for every stage that the file knows (`params.NAME`, `stages.NAME`, the keys of a
map that a variable chooses from); `${env:}`, `${ssm:}`, `${cf:}`, `${file()}` name values that live elsewhere, and a fallback follows a comma. Where
the variables themselves come from another file, this one does not name them all (Serverless Framework docs, "Variables", "Parameters" and
"Functions: environment", 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, Node, yaml_document
from driftline.formats._values import NAME, declared, environment_of
from driftline.knowledge.platform import environment_kind
from driftline.model import (
    Authority,
    Component,
    Declaration,
    Need,
    Reading,
    Reference,
    Related,
    Scope,
    Side,
    Text,
    Unreadable,
)
from driftline.record import NamedTuple

FORMAT = Format(
    name="serverless",
    title="serverless.yml",
    files=("serverless.yml", "serverless.yaml", "serverless.json", "serverless.*.yml", "serverless.*.yaml"),
    authority=Authority.WHOLE,
    nameless="production",
)

_ENV = late.pattern(r"\$\{env:([A-Za-z_]\w*)[ \t]*(?:(,)|\})")
_TOKEN = late.pattern(r"\$\{|\}|,|'[^'$}]*'|\"[^\"$}]*\"")
_STAGE = frozenset(("opt:stage", "sls:stage", "self:provider.stage"))
_MAX_STAGES = 50
_MAX_DEPTH = 40  # of variables inside one another
_MAX_LENGTH = 20_000  # of a value that variables put together


class _No(Enum):
    """UNKNOWN: kept elsewhere. MISSING: nothing stands there, so a fallback counts."""

    UNKNOWN = "unknown"
    MISSING = "missing"


class _Variable(NamedTuple):
    """One `${A, B}`: its alternatives, each a sequence of plain text and variables."""

    alternatives: list[list[str | _Variable]]


_Value = Node | str | _No


def read(text: Text) -> Reading:
    """Declarations, and the names that `${env:}` asks for. Raises Unreadable for broken YAML and for more than 50 stages."""
    return _Service(text, yaml_document(text.path, text.content)).reading()


class _Service:
    def __init__(self, text: Text, document: Document) -> None:
        self.text = text
        self.document = document
        self.root = document.root
        self.parsed: dict[str, list[str | _Variable] | None] = {}
        self.known: dict[tuple[int, str | None], _Value] = {}
        self.partial: list[Related] = []
        self.varied: set[str] = set()
        self.stages = self._stages()
        word = environment_of(text.path.rpartition("/")[2], "serverless")
        self.context = word if word is not None and environment_kind(word) is not None else None

    def reading(self) -> Reading:
        declarations = list(self._table(self.root.get("provider", "environment"), None, 0))
        components: list[Component] = []
        folder = self.text.path.rpartition("/")[0] or "."
        functions = self.root.get("functions")
        if functions is not None and functions.is_scalar:
            self._note(functions, "the functions")
        for part in [] if functions is None else functions.items if functions.kind == "list" else [functions]:
            if functions is not None and functions.kind == "list" and part.is_scalar:
                self._note(part, "functions")
            for name, function in part.pairs():
                if function.get("environment") is not None:
                    components.append(Component(name, folder, self.document.location(function)))
                    declarations += self._table(function.map["environment"], name, 1)
        contexts = (self.context,) if self.context else self.stages
        return Reading(
            tuple(declarations),
            tuple(dict.fromkeys(self._references())),
            components=tuple(components),
            contexts=contexts if declarations else (),
            notes=tuple(self.partial),
            authority=Authority.PART if self.partial else None,
        )

    def _note(self, node: Node, what: str) -> None:
        note = Related(self.document.value_location(node), f"{what} stand in another file, so this one does not name every variable")
        if note not in self.partial:
            self.partial.append(note)

    # --- declarations -------------------------------------------------------------------------------------------------------

    def _table(self, node: Node | None, component: str | None, layer: int) -> Iterator[Declaration]:
        if node is None:
            return
        if node.is_scalar:
            yield from self._chosen(node, component, layer)
            return
        for name, value in node.pairs():
            # null takes a variable of the provider away.
            if NAME.fullmatch(name) and value.kind != "null":
                yield from self._variable(name, value, component, layer)

    def _chosen(self, node: Node, component: str | None, layer: int) -> Iterator[Declaration]:
        """`environment: ${self:custom.env.${sls:stage}}`: a whole table, perhaps another one for each stage."""
        base = self._value(node, None, 0)
        tables = [(None, base)] if isinstance(base, Node) else [(stage, self._value(node, stage, 0)) for stage in self.stages]
        if not any(isinstance(table, Node) for _, table in tables):
            self._note(node, "the variables")
        for stage, table in tables:
            for name, value in table.pairs() if isinstance(table, Node) else ():
                if NAME.fullmatch(name):
                    found = self._value(value, stage, 0)
                    yield self._declared(name, value, found, stage, component, layer)

    def _variable(self, name: str, node: Node, component: str | None, layer: int) -> Iterator[Declaration]:
        """One declaration where every stage has the same value, else one for each."""
        base = self._value(node, None, 0)
        settled: list[tuple[str | None, _Value]] = []
        if base is _No.UNKNOWN and node.is_scalar and "${" in node.text:
            settled = [(stage, self._value(node, stage, 0)) for stage in self.stages]
        if any(isinstance(value, str) for _, value in settled):
            self.varied.add(name)
        else:
            # What differs between stages at the provider is beaten in each of them.
            settled = [(None, base), *((stage, base) for stage in self.stages if name in self.varied)]
        for stage, value in settled:
            yield self._declared(name, node, value, stage, component, layer)

    def _declared(self, name: str, node: Node, value: _Value, stage: str | None, component: str | None, layer: int) -> Declaration:
        plain = Node("string", node.position, value if isinstance(value, str) else "", key_position=node.key_position)
        if isinstance(value, Node) and value.is_scalar:
            plain.text = value.text
        unknown = not isinstance(value, str) and not (isinstance(value, Node) and value.is_scalar)
        context = self.context if self.context is not None else stage
        reference = self._where(node) if unknown else None
        return declared(self.document, name, plain, context=context, component=component, scope=Scope.RUN, layer=layer, reference=reference)

    @staticmethod
    def _where(node: Node) -> str:
        """Who knows a value that the file does not settle: the first source that a variable names."""
        found = re.search(r"\$\{([A-Za-z][\w-]{0,30})[:(]", node.text) if node.is_scalar else None
        return f"${{{found[1]}}}" if found else "the stack"

    def _references(self) -> Iterator[Reference]:
        for scalar in self.root.scalars():
            if "${env:" in scalar.text:
                for match in _ENV.finditer(scalar.text):
                    need = Need.OPTIONAL if match[2] else Need.REQUIRED
                    yield Reference(match[1], self.document.value_location(scalar), need, Side.BUILD, how="${env:}")

    # --- stages -------------------------------------------------------------------------------------------------------------

    def _stages(self) -> tuple[str, ...]:
        """The stages that the file knows, as far as they are environments' words."""
        words = [key for table in ("params", "stages") for key, _ in self.root.pairs(table)]
        addresses: set[str] = set()
        for scalar in self.root.scalars():
            if "${self:" in scalar.text:
                for variable in _inside(self._parse(scalar.text)):
                    addresses |= _chosen_from(variable)
        for address in sorted(addresses):
            words += [key for key, _ in self.root.pairs(*address.split("."))]
        stages = [word for word in dict.fromkeys(words) if word != "default" and environment_kind(word) is not None]
        if len(stages) > _MAX_STAGES:
            raise Unreadable(f"more than {_MAX_STAGES} stages")
        return tuple(stages)

    # --- variables ----------------------------------------------------------------------------------------------------------

    def _value(self, node: Node, stage: str | None, depth: int) -> _Value:
        """A node with its variables worked out for one stage (None: for every one)."""
        if node.kind == "null":
            return _No.MISSING
        if not node.is_scalar:
            return node if node.kind in ("map", "list") and node.tag is None else _No.UNKNOWN
        if node.tag is not None:
            return _No.UNKNOWN  # a function of CloudFormation
        if "${" not in node.text:
            return node.text
        key = (id(node), stage)
        if key not in self.known:
            self.known[key] = _No.UNKNOWN  # what asks for itself is never known
            parts = self._parse(node.text)
            self.known[key] = _No.UNKNOWN if parts is None or depth > _MAX_DEPTH else self._joined(parts, stage, depth + 1)
        return self.known[key]

    def _joined(self, parts: list[str | _Variable], stage: str | None, depth: int) -> _Value:
        if len(parts) == 1 and isinstance(parts[0], _Variable):
            return self._resolved(parts[0], stage, depth)
        texts: list[str] = []
        for part in parts:
            value = part if isinstance(part, str) else self._resolved(part, stage, depth)
            if not isinstance(value, str):
                return _No.UNKNOWN
            texts.append(value)
        return "".join(texts) if sum(map(len, texts)) <= _MAX_LENGTH else _No.UNKNOWN

    def _resolved(self, variable: _Variable, stage: str | None, depth: int) -> _Value:
        for alternative in variable.alternatives:
            value = self._address(alternative, stage, depth)
            if value is not _No.MISSING:
                return value
        return _No.MISSING if len(variable.alternatives) < 2 else _No.UNKNOWN

    def _address(self, parts: list[str | _Variable], stage: str | None, depth: int) -> _Value:
        if depth > _MAX_DEPTH:
            return _No.UNKNOWN
        bare = [part for part in parts if not isinstance(part, str) or part.strip()]
        if len(bare) == 1 and isinstance(bare[0], _Variable):
            return self._resolved(bare[0], stage, depth + 1)
        joined = self._joined(bare, stage, depth + 1)
        if not isinstance(joined, str):
            return _No.UNKNOWN
        address = joined.strip()
        if address[:1] in ("'", '"') and len(address) > 1 and address[-1] == address[0]:
            return address[1:-1]
        if address in _STAGE:
            return stage if stage is not None else _No.UNKNOWN
        source, colon, name = address.partition(":")
        if colon and source == "self":
            return self._named(self.root.get(*name.split(".")), stage, depth)
        if colon and source == "param":
            return self._parameter(name, stage, depth)
        if not colon and re.fullmatch(r"-?\d+(?:\.\d+)?|true|false", address):
            return address
        return _No.UNKNOWN

    def _parameter(self, name: str, stage: str | None, depth: int) -> _Value:
        if stage is None and any(
            self.root.get(*path, name) is not None for word in self.stages for path in (("params", word), ("stages", word, "params"))
        ):
            return _No.UNKNOWN
        for word in (stage, "default"):
            for path in (("params", word), ("stages", word, "params")) if word is not None else ():
                node = self.root.get(*[step for step in path if step is not None], name)
                if node is not None:
                    return self._named(node, stage, depth)
        return _No.UNKNOWN  # the dashboard or the command line can have it

    def _named(self, node: Node | None, stage: str | None, depth: int) -> _Value:
        return _No.MISSING if node is None else self._value(node, stage, depth)

    def _parse(self, text: str) -> list[str | _Variable] | None:
        if text not in self.parsed:
            self.parsed[text] = _parsed(text)
        return self.parsed[text]


def _parsed(text: str) -> list[str | _Variable] | None:
    """A text as plain parts and variables; None where braces do not close or lie too deep."""
    stack: list[list[list[str | _Variable]]] = [[[]]]
    end = 0
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word not in ("${", "}") and (word != "," or len(stack) == 1):
            continue
        if word == "}" and len(stack) == 1:
            continue
        if token.start() > end:
            stack[-1][-1].append(text[end : token.start()])
        end = token.end()
        if word == "${":
            if len(stack) > _MAX_DEPTH:
                return None
            stack.append([[]])
        elif word == ",":
            stack[-1].append([])
        else:
            alternatives = stack.pop()
            stack[-1][-1].append(_Variable(alternatives))
    if len(stack) > 1:
        return None
    if end < len(text):
        stack[-1][-1].append(text[end:])
    return stack[0][0]


def _inside(parts: list[str | _Variable] | None) -> Iterator[_Variable]:
    """Every variable of a text, those inside others too."""
    waiting = [part for part in parts or () if isinstance(part, _Variable)]
    while waiting:
        variable = waiting.pop()
        yield variable
        waiting += [part for alternative in variable.alternatives for part in alternative if isinstance(part, _Variable)]


def _chosen_from(variable: _Variable) -> set[str]:
    """The addresses of maps from which another variable chooses: `custom.map` in `${self:custom.map.${sls:stage}}`."""
    found = set()
    for alternative in variable.alternatives:
        if len(alternative) > 1 and isinstance(alternative[0], str) and isinstance(alternative[1], _Variable):
            address = alternative[0].strip()
            if address.startswith("self:") and address.endswith("."):
                found.add(address[len("self:") : -1])
    return found
