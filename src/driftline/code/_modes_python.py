"""Where NODE_ENV or FLASK_ENV chooses between a payment provider's live and test side in Python; what counts as such a choice, `_modes` says."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from driftline.code import _modes

# FLASK_ENV is what NODE_ENV is: `production` wherever the app is deployed (Flask docs, "Configuration", 2.2).
NAMES = frozenset(("NODE_ENV", "FLASK_ENV"))


def decisions(content: bytes, nodes: Sequence[ast.AST], reads: Mapping[int, str]) -> Iterator[tuple[str, ast.expr]]:
    """(name, condition) of every choice that one of `reads` (names by the id of their node) decides, directly or through names of the file,
    whose nodes are `nodes`."""
    finder = _Finder(content, nodes)
    for node in nodes:
        name = reads.get(id(node))
        if name is not None:
            yield from ((name, condition) for read in (node, *finder.kept(node)) for condition in finder.decided_by(read))


class _Finder:
    def __init__(self, content: bytes, nodes: Sequence[ast.AST]) -> None:
        self.content = content
        self.nodes = nodes
        self.parents = {id(child): node for node in nodes for child in ast.iter_child_nodes(node)}

    def kept(self, node: ast.AST) -> Iterator[ast.AST]:
        """Where the name that a value is assigned to is used."""
        parent = self.parents.get(id(node))
        if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
            name = parent.targets[0].id
            yield from (n for n in self.nodes if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load))

    def decided_by(self, read: ast.AST) -> Iterator[ast.expr]:
        comparison = self.parents.get(id(read))
        if not isinstance(comparison, ast.Compare) or not isinstance(comparison.ops[0], (ast.Eq, ast.NotEq)):
            return
        sides = (comparison.left, comparison.comparators[0])
        if not any(isinstance(side, ast.Constant) and side.value in ("production", "development") for side in sides):
            return
        for condition in (self.outermost(comparison), *map(self.outermost, self.kept(self.outermost(comparison)))):
            if isinstance(condition, ast.expr) and not _modes.asks_deployment(ast.unparse(condition)) and self.chooses(condition):
                yield condition

    def outermost(self, node: ast.AST) -> ast.AST:
        """The whole condition: negations and what is joined by `and` and `or` belong to it."""
        while isinstance(parent := self.parents.get(id(node)), (ast.BoolOp, ast.UnaryOp)):
            node = parent
        return node

    def chooses(self, condition: ast.expr) -> bool:
        """Whether a condition chooses between live and test: in a conditional expression, in an `if` with both branches, or as a switch."""
        parent = self.parents.get(id(condition))
        if isinstance(parent, ast.IfExp) and parent.test is condition:
            return self.tells_apart(parent, [parent.body], [parent.orelse])
        if isinstance(parent, ast.If) and parent.test is condition:
            return self.tells_apart(parent, parent.body, parent.orelse)
        if isinstance(parent, ast.keyword) and parent.arg is not None:
            return _modes.is_switch(parent.arg, self.around(parent), self.content, is_key=True)
        if isinstance(parent, ast.Dict):
            key = next((k for k, value in zip(parent.keys, parent.values, strict=True) if value is condition), None)
            name = key.value if isinstance(key, ast.Constant) else None
            return isinstance(name, str) and _modes.is_switch(name, self.around(parent), self.content, is_key=True)
        if isinstance(parent, ast.Assign):
            return _modes.is_switch(ast.unparse(parent.targets[0]), self.around(parent), self.content)
        return False

    def tells_apart(self, node: ast.AST, one: list[ast.expr] | list[ast.stmt], other: list[ast.expr] | list[ast.stmt]) -> bool:
        first, second = (" ".join(map(ast.unparse, side)) for side in (one, other))
        return _modes.tells_apart(first, second, self.around(node), self.content)

    def around(self, node: ast.AST) -> str:
        """The names that a node stands under: targets, callees, keywords, and the function around it."""
        names: list[str] = []
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.Module):
            if isinstance(current, ast.Assign):
                names += [ast.unparse(target) for target in current.targets]
            elif isinstance(current, ast.Call):
                names.append(ast.unparse(current.func))
            elif isinstance(current, ast.keyword) and current.arg:
                names.append(current.arg)
            elif isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.append(current.name)
            current = self.parents.get(id(current))
        return " ".join(names)
