"""Addresses that Python fixes in code: where a text stands in the syntax tree, and through which constant it is used."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from functools import cached_property
from itertools import islice

from driftline import late
from driftline.code import Place, _addresses, _claims
from driftline.code._addresses import MAX_CANDIDATES, Spot
from driftline.code.python import _dotted
from driftline.model import Claim, Literal, Location, Secret

_HOPS = 2
_NAME = late.pattern(r"[A-Z][A-Z0-9_]+")
# Methods and functions that look at a text instead of using it as an address.
_LOOKS = late.pattern(
    r"(?:^|\.)(?:startswith|endswith|replace|split|find|index|match|search|sub|add|print|info|warning|error|debug|assertEqual|set)$"
)


def literals(
    path: str, content: bytes, nodes: Sequence[ast.AST], place: Place, at: Callable[[ast.expr], Location], in_one_mode: Set[int]
) -> Iterator[Literal]:
    """URLs and paths at keys and in calls that say what they are for, links in the text of mails, and sandboxes.

    `nodes` are all of the file's tree; `at` is where a node stands; `in_one_mode` are the nodes, by id, that run in one mode only.
    """
    seen: set[Location] = set()
    for literal in islice(_Reader(path, content, nodes, place, at, in_one_mode).literals(), MAX_CANDIDATES):
        if literal.location not in seen:
            seen.add(literal.location)
            yield literal


def claims(
    path: str, content: bytes, nodes: Sequence[ast.AST], place: Place, at: Callable[[ast.expr], Location], in_one_mode: Set[int]
) -> Iterator[Claim]:
    """Keys, ids and addresses that say an account or a mode; the arguments are those of `literals`."""
    return _Reader(path, content, nodes, place, at, in_one_mode).claims()


class _Reader:
    def __init__(
        self, path: str, content: bytes, nodes: Sequence[ast.AST], place: Place, at: Callable[[ast.expr], Location], in_one_mode: Set[int]
    ) -> None:
        self.path = path
        self.content = content
        self.nodes = nodes
        self.place = place
        self.at = at
        self.in_one_mode = in_one_mode
        self.parents = {id(child): node for node in nodes for child in ast.iter_child_nodes(node)}
        # A field of a settings class has a default, which the environment overrides: that is a fallback, not a fixed address.
        self.fields = {id(item) for node in nodes if isinstance(node, ast.ClassDef) for item in node.body}

    def literals(self) -> Iterator[Literal]:
        for node in self.nodes:
            if isinstance(node, (ast.Constant, ast.JoinedStr)) and not isinstance(self.parents.get(id(node)), ast.JoinedStr):
                text = text_of(node)
                if text is not None and id(node) not in self.in_one_mode:
                    yield from self._fixed(node, text)
        for offset, sandbox in _addresses.switches(self.content):
            around = self._around(offset)
            if around is not None and not self._is_chosen(around):
                yield Literal(Secret(""), self.place.at(offset), f"sandbox of {sandbox.provider}", self._call(around) or None)

    def claims(self) -> Iterator[Claim]:
        if next(_claims.quotes(self.content), None) is None:
            return
        for node in self.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in self.in_one_mode:
                identity = _claims.identity_of(node.value) if self._is_used(node) else None
                if identity is not None:
                    yield Claim(identity, self.at(node), call=self._call(node) or None)

    def _is_used(self, node: ast.expr) -> bool:
        """Whether a text is handed on as a value: no fallback, nothing to compare with, no text of its own line."""
        parent = self.parents.get(id(node))
        return not isinstance(parent, (ast.BoolOp, ast.Compare, ast.IfExp, ast.Expr, ast.JoinedStr)) and (
            not isinstance(parent, (ast.Call, ast.Assign, ast.AnnAssign)) or self._spot(node) is not None
        )

    def _fixed(self, node: ast.expr, text: str) -> Iterator[Literal]:
        spot = self._spot(node)
        if spot is None:
            return
        role = _addresses.role_at(spot, text, self.content)
        if role is not None:
            yield Literal(Secret(text), self.at(node), role, spot.call or None)
        is_constant = not spot.call and not self._is_chosen(node)
        if (role is None or not _addresses.is_given(role)) and is_constant and _addresses.is_suspect(text):
            used = self._used(spot.key, _HOPS)
            if used is not None:
                yield Literal(Secret(text), self.at(node), used[0], used[1] or None)
        if role is None and _addresses.is_mail_text(self.path, spot, text, self.content):
            for _, link in _addresses.links(text.encode()):
                yield Literal(Secret(link), self.at(node), "mail link", spot.call or None)

    def _spot(self, node: ast.expr) -> Spot | None:
        """Where a text stands, with what is put together behind it by `+`; None where it is compared, tested, one of several or a default."""
        inner: ast.AST = node
        parent = self.parents.get(id(node))
        while (isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add) and parent.left is inner) or (
            isinstance(parent, (ast.List, ast.Tuple)) and len(parent.elts) == 1
        ):
            inner, parent = parent, self.parents.get(id(parent))
        if isinstance(parent, ast.keyword) and parent.arg is not None:
            return Spot(parent.arg, self._outer(parent), self._call(parent))
        if isinstance(parent, ast.Dict):
            key = self._key(parent, inner)
            # A map with names in capitals is one of variables, handed to something else.
            return None if key is None or key.isupper() else Spot(key, self._outer(parent), self._call(parent))
        if isinstance(parent, (ast.Assign, ast.AnnAssign)) and id(parent) not in self.fields:
            targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
            names = [
                target.id if isinstance(target, ast.Name) else target.attr
                for target in targets
                if isinstance(target, (ast.Name, ast.Attribute))
            ]
            return Spot(names[0]) if names else None
        if isinstance(parent, ast.Call):
            call = _dotted(parent.func) or ""
            named = (
                bool(parent.args) and isinstance(parent.args[0], ast.Constant) and _NAME.fullmatch(str(parent.args[0].value)) is not None
            )
            # Behind the name of a setting it is a default.
            return None if _LOOKS.search(call) or (named and parent.args[0] is not inner) else Spot("", "", call, is_argument=True)
        return Spot("") if isinstance(parent, ast.Return) else None

    @staticmethod
    def _key(holder: ast.Dict, value: ast.AST) -> str | None:
        for key, held in zip(holder.keys, holder.values, strict=True):
            if held is value and isinstance(key, ast.Constant) and isinstance(key.value, str):
                return key.value
        return None

    def _outer(self, node: ast.AST) -> str:
        """The key whose object holds this one: `back_urls` of `back_urls={"success": "..."}`; "" without one."""
        inner: ast.AST = node
        for _ in range(4):
            parent = self.parents.get(id(inner))
            if not isinstance(parent, (ast.Dict, ast.List, ast.Tuple, ast.keyword)):
                return ""
            if isinstance(parent, ast.keyword) and parent.arg is not None:
                return parent.arg
            if isinstance(parent, ast.Dict) and (key := self._key(parent, inner)) is not None:
                return key
            inner = parent
        return ""

    def _call(self, node: ast.AST) -> str:
        """The function that a node is handed to, at any depth of lists and dictionaries; "" for none."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, (ast.stmt, ast.Lambda)):
            if isinstance(current, ast.Call):
                return _dotted(current.func) or ""
            current = self.parents.get(id(current))
        return ""

    def _used(self, name: str, hops: int) -> tuple[str, str] | None:
        """(role, call) of the first key or call that takes its address from a constant, f-strings and sums that begin with it included."""
        if self.stores[name] > 1:
            return None  # chosen among several
        for node in self.loads.get(name, ()):
            if id(node) in self.in_one_mode:
                continue
            holder: ast.expr = node
            part = self.parents.get(id(node))
            whole = self.parents.get(id(part)) if isinstance(part, ast.FormattedValue) else None
            if isinstance(whole, ast.JoinedStr):
                holder = whole
            spot = self._spot(holder)
            if spot is None:
                continue
            if isinstance(whole, ast.JoinedStr) and whole.values[0] is not part:
                if _addresses.builds_mail(spot) and _addresses.sends_mail(self.content):
                    return "mail link", spot.call
                continue
            found = _addresses.role_where_taken(name, spot, hops, self._used)
            if found is not None:
                return found
        return None

    @cached_property
    def loads(self) -> dict[str, list[ast.Name]]:
        """Where each name is read."""
        found: dict[str, list[ast.Name]] = {}
        for node in self.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found.setdefault(node.id, []).append(node)
        return found

    @cached_property
    def stores(self) -> Counter[str]:
        """How often each name is assigned."""
        return Counter(node.id for node in self.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))

    def _around(self, offset: int) -> ast.expr | None:
        """The innermost expression that a place of the text belongs to, None for comments and texts."""
        location = self.place.at(offset)
        inside = [
            node
            for node in self.nodes
            if isinstance(node, (ast.expr, ast.keyword))
            and (node.lineno, node.col_offset) <= (location.line, location.column - 1) < (node.end_lineno or 0, node.end_col_offset or 0)
        ]
        if not inside:
            return None
        node = min(inside, key=lambda n: ((n.end_lineno or 0) - n.lineno, (n.end_col_offset or 0) - n.col_offset))
        found = node.value if isinstance(node, ast.keyword) else node
        long_text = isinstance(found, ast.Constant) and isinstance(found.value, str) and len(found.value) > 60
        return None if long_text else found

    def _is_chosen(self, node: ast.AST) -> bool:
        """Whether something around decides: a condition of any kind."""
        current: ast.AST | None = node
        while current is not None:
            if isinstance(current, (ast.If, ast.IfExp, ast.BoolOp, ast.Compare, ast.Match)) or id(current) in self.in_one_mode:
                return True
            current = self.parents.get(id(current))
        return False


def text_of(node: ast.expr) -> str | None:
    """The text of a string, or of an f-string with `{...}` for what is put in; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{...}" for part in node.values)
    return None
