"""Runs the DO blocks of migrations as far as files tell: loops over lists and over the catalogue, conditions that ask it, statements built from it.

What a block asks of rows, of the clock or of catalogues that a replay does not keep is unknown: a condition then takes every branch, a statement
that is built from it is told as opaque. Nothing is executed; the catalogue is the replay's own state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise, product
from typing import Protocol

from driftline.database.statements import Cursor
from driftline.database.tokens import Token, scan
from driftline.record import NamedTuple

# What an expression can be: text, a truth, NULL, a list, or a row of the catalogue.
Value = object
Row = dict[str, Value]
# A block that does more than this is not written to be read.
_MOST_STEPS = 20_000
_MOST_ROWS = 200_000
_DEEPEST = 40


class Unknown(Exception):
    """The files do not tell what an expression is."""


class Expression(str):
    """A condition as text: PostgreSQL spells it in its own way, so blanks, brackets and casts do not count when it is compared."""

    __slots__ = ()


class Target(Protocol):
    """Where a block runs: the state of a replay."""

    def rows(self, relation: str) -> list[Row]:
        """The rows of a catalogue relation such as `pg_tables`. Raises Unknown for one that is not kept."""

    def run(self, tokens: Sequence[Token], position: int) -> None:
        """Applies one plain statement of the block, which begins at `position`."""

    def run_text(self, text: str, position: int) -> None:
        """Applies the statements of a text that the block built at `position`."""

    def opaque(self, tokens: Sequence[Token], position: int) -> None:
        """Takes note of a statement at `position` that cannot be followed, given as the expression that builds it."""


class Node(NamedTuple):
    """One statement. `kind` is sql, execute, assign, for, foreach, if, block, into, continue or return; the other fields hold what it needs."""

    kind: str
    tokens: Sequence[Token]
    names: tuple[str, ...] = ()
    body: tuple[Node, ...] = ()
    branches: tuple[tuple[Sequence[Token], tuple[Node, ...]], ...] = ()


class _Continue(Exception):
    """The rest of a loop's body is passed over."""


class _Return(Exception):
    """The rest of the block is passed over."""


def run(tokens: Sequence[Token], target: Target) -> None:
    """Runs the body of a block, given as its tokens, on a target."""
    node = _Parser(tokens).block()
    try:
        _Runner(target).block(node, {})
    except _Return:
        return
    except RecursionError:
        target.opaque((), _position(node))


# --- reading ----------------------------------------------------------------------------------------------------------------

_PASSED_OVER = frozenset(
    ("raise", "null", "perform", "get", "close", "open", "fetch", "assert", "exit", "commit", "rollback", "call", "return")
)


class _Parser:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.index = 0
        self.depth = 0

    @property
    def word(self) -> str:
        token = self.tokens[self.index] if self.index < len(self.tokens) else None
        return token.text if token is not None and token.kind in ("word", "sign") else ""

    def ahead(self, *words: str) -> bool:
        found = self.tokens[self.index : self.index + len(words)]
        return [token.text for token in found if token.kind in ("word", "sign")] == list(words)

    def take(self, *words: str) -> bool:
        if self.ahead(*words):
            self.index += len(words)
            return True
        return False

    def until(self, *ends: str) -> Sequence[Token]:
        """The tokens before the next of `ends` outside of brackets and of CASE, which is stepped over."""
        start, depth, cases = self.index, 0, 0
        while self.index < len(self.tokens):
            token = self.tokens[self.index]
            self.index += 1
            if token.kind not in ("word", "sign"):
                continue
            if token.text in ("(", "["):
                depth += 1
            elif token.text in (")", "]"):
                depth -= 1
            elif depth <= 0 and cases == 0 and token.text in ends:
                return self.tokens[start : self.index - 1]
            elif token.text == "case":
                cases += 1
            elif token.text == "end" and cases:
                cases -= 1
                self.take("case")  # the end of a CASE that is a statement
        return self.tokens[start:]

    def block(self) -> Node:
        """`[DECLARE ...] BEGIN ... [EXCEPTION ...] END`, of which the handlers are left out: the block is taken to succeed."""
        declared: list[Node] = []
        if self.take("<<"):
            self.until(">>")
        if self.take("declare"):
            while self.index < len(self.tokens) and not self.ahead("begin"):
                declared += _declaration(self.until(";"))
        self.take("begin")
        body = self.body("end", "exception")
        if self.ahead("exception"):
            self.body("end")
        self.take("end")
        self.until(";")
        return Node("block", (), body=(*declared, *body))

    def body(self, *ends: str) -> tuple[Node, ...]:
        """The statements before one of the words that end them; the word itself stays."""
        found: list[Node] = []
        self.depth += 1
        while self.index < len(self.tokens) and self.word not in ends and self.depth < _DEEPEST:
            node = self.statement()
            if node is not None:
                found.append(node)
        self.depth -= 1
        return tuple(found)

    def statement(self) -> Node | None:
        if self.take(";"):
            return None
        if self.take("<<"):
            self.until(">>")
            return None
        if self.word in ("begin", "declare"):
            return self.block()
        if self.take("if"):
            return self.choice()
        if self.take("for"):
            names = tuple(token.text for token in self.until("in") if token.kind != "sign")
            query = self.until("loop")
            return self.loop(Node("for", query, names))
        if self.take("foreach"):
            names = (self.tokens[self.index].text,) if self.index < len(self.tokens) else ()
            self.until("array")
            return self.loop(Node("foreach", self.until("loop"), names))
        if self.word in ("while", "loop"):
            self.until("loop")
            return self.loop(Node("for", (), ("",)))
        if self.take("when") or self.take("end"):  # a handler's head, or an end that belongs to nothing
            self.until(";", "then")
            return None
        if self.take("execute"):
            return Node("execute", self.until(";"))
        if self.ahead("continue") or self.ahead("return"):
            kind = self.word
            self.index += 1
            given = self.until(";")
            if kind == "return" or not given:
                return Node(kind, ())
            return Node(kind, given[1:]) if given[0].text == "when" else None
        return self.plain()

    def loop(self, head: Node) -> Node:
        body = self.body("end")
        self.take("end", "loop")
        self.until(";")
        return head._replace(body=body)

    def choice(self) -> Node:
        branches = [(self.until("then"), self.body("elsif", "elseif", "else", "end"))]
        while self.take("elsif") or self.take("elseif"):
            branches.append((self.until("then"), self.body("elsif", "elseif", "else", "end")))
        if self.take("else"):
            branches.append(((), self.body("end")))
        self.take("end", "if")
        self.until(";")
        return Node("if", (), branches=tuple(branches))

    def plain(self) -> Node | None:
        start = self.index
        given = self.until(";")
        if not given or self.index == start:
            self.index += 1
            return None
        first = given[0]
        if len(given) > 2 and given[1].text in (":=", "=") and first.kind in ("word", "quoted"):
            return Node("assign", given[2:], (first.text,))
        if first.text == "select" and any(token.text == "into" and token.kind == "word" for token in given):
            return _into(given)
        if first.kind == "word" and first.text in _PASSED_OVER:
            return None
        return Node("sql", given)


def _declaration(tokens: Sequence[Token]) -> Iterator[Node]:
    """A variable with its first value; without one it is NULL, which a loop or an assignment changes."""
    if not tokens or tokens[0].kind not in ("word", "quoted"):
        return
    for index, token in enumerate(tokens):
        if (token.kind == "sign" and token.text in (":=", "=")) or (token.kind == "word" and token.text == "default"):
            yield Node("assign", tokens[index + 1 :], (tokens[0].text,))
            return


def _into(tokens: Sequence[Token]) -> Node:
    """`SELECT ... INTO a, b FROM ...`: the query without its INTO, and the names."""
    at = next(index for index, token in enumerate(tokens) if token.kind == "word" and token.text == "into")
    end = at + 1
    names: list[str] = []
    while end < len(tokens) and tokens[end].kind in ("word", "quoted"):
        if tokens[end].text != "strict":
            names.append(tokens[end].text)
            if end + 1 >= len(tokens) or tokens[end + 1].text != ",":
                end += 1
                break
            end += 1
        end += 1
    return Node("into", (*tokens[:at], *tokens[end:]), tuple(names))


# --- running ----------------------------------------------------------------------------------------------------------------


class _Runner:
    def __init__(self, target: Target) -> None:
        self.target = target
        self.steps = 0

    def block(self, node: Node, names: dict[str, Value]) -> None:
        for child in node.body:
            self.statement(child, names)

    def statement(self, node: Node, names: dict[str, Value]) -> None:
        self.steps += 1
        if self.steps > _MOST_STEPS:
            raise _Return
        position = _position(node)
        if node.kind == "block":
            self.block(node, names)
        elif node.kind == "sql":
            self.target.run(node.tokens, position)
        elif node.kind == "execute":
            self.execute(node, names, position)
        elif node.kind == "assign":
            self.assign(node.names, lambda: [_Asked(self.target, names).whole(node.tokens)], names)
        elif node.kind == "into":
            self.assign(node.names, lambda: _first(_Asked(self.target, names).query(node.tokens), len(node.names)), names)
        elif node.kind == "if":
            self.choice(node, names)
        elif node.kind in ("for", "foreach"):
            self.loop(node, names)
        elif node.kind == "continue":
            if not node.tokens or self.holds(node.tokens, names):
                raise _Continue
        elif node.kind == "return":
            raise _Return

    def assign(self, into: Sequence[str], values: Callable[[], Sequence[Value]], names: dict[str, Value]) -> None:
        try:
            found = values()
        except Unknown:
            for name in into:
                names[name] = Unknown
        else:
            names.update(zip(into, found, strict=False))

    def holds(self, tokens: Sequence[Token], names: Mapping[str, Value]) -> bool | None:
        try:
            return _truth(_Asked(self.target, names).condition(tokens))
        except Unknown:
            return None

    def choice(self, node: Node, names: dict[str, Value]) -> None:
        for condition, body in node.branches:
            held = self.holds(condition, names) if condition else True
            if held is not False:
                self.block(Node("block", (), body=body), names)
            if held and condition:
                return

    def loop(self, node: Node, names: dict[str, Value]) -> None:
        rows: list[Row] | None
        try:
            asked = _Asked(self.target, names)
            if node.kind == "foreach":
                rows = [{"": value} for value in asked.array(node.tokens)]
            else:
                rows = asked.query(node.tokens)
        except Unknown:
            rows = None
        if rows is None:  # once, with what it loops over unknown: what does not depend on it still counts
            self.once(node, names, dict.fromkeys(node.names, Unknown))
            return
        self.steps += len(rows)
        for row in rows:
            # A single name holds the row, or, of FOREACH, the element; several names hold its columns.
            given: dict[str, Value] = (
                {node.names[0]: row.get("") if node.kind == "foreach" else row}
                if len(node.names) == 1
                else dict(zip(node.names, row.values(), strict=False))
            )
            self.once(node, names, given)

    def once(self, node: Node, names: dict[str, Value], given: Mapping[str, Value]) -> None:
        names.update(given)
        with suppress(_Continue):
            self.block(node, names)

    def execute(self, node: Node, names: Mapping[str, Value], position: int) -> None:
        cut = next(
            (i for i, t in enumerate(node.tokens) if t.kind == "word" and t.text in ("using", "into") and _is_outside(node.tokens, i)),
            len(node.tokens),
        )
        try:
            built = _Asked(self.target, names).whole(node.tokens[:cut])
        except Unknown:
            built = None
        if isinstance(built, str):
            self.target.run_text(built, position)
        else:
            self.target.opaque(node.tokens, position)


def _position(node: Node) -> int:
    return node.tokens[0].position if node.tokens else 0


def _is_outside(tokens: Sequence[Token], index: int) -> bool:
    return sum((token.text == "(") - (token.text == ")") for token in tokens[:index] if token.kind == "sign") == 0


def _first(rows: list[Row], number: int) -> list[Value]:
    if not rows:
        return [None] * number
    return list(rows[0].values()) if number > 1 else [next(iter(rows[0].values()), None)]


def _truth(value: Value) -> bool:
    if value is Unknown:
        raise Unknown
    return value is True


# --- expressions, conditions and queries ------------------------------------------------------------------------------------

_COMPARES = ("=", "<>", "!=", "<", ">", "<=", ">=", "~", "~*", "!~", "!~*", "~~", "~~*", "!~~")
_ENDS_FROM = ("where", "group", "order", "limit", "having", "union", "offset", "fetch", "for", "window", "except", "intersect")


class _Asked:
    """Reads an expression or a query and says at once what it is. `names` are the variables, `row` the columns at hand."""

    def __init__(self, target: Target, names: Mapping[str, Value], row: Mapping[str, Value] | None = None, depth: int = 0) -> None:
        self.target = target
        self.names = names
        self.row = row or {}
        self.tokens: Sequence[Token] = ()
        self.index = 0
        self.depth = depth
        if depth > _DEEPEST:
            raise Unknown

    def whole(self, tokens: Sequence[Token]) -> Value:
        """The value of an expression that takes up all of `tokens`."""
        self.tokens, self.index = tokens, 0
        value = self._or()
        if self.index < len(tokens):
            raise Unknown
        return value

    condition = whole

    def array(self, tokens: Sequence[Token]) -> list[Value]:
        value = self.whole(tokens)
        if not isinstance(value, list):
            raise Unknown
        return value

    # --- conditions: OR, AND, NOT, comparisons --------------------------------------------------------------------------

    def _or(self) -> Value:
        value = self._and()
        while self._take("or"):
            other = self._and()
            value = _either(value, other)
        return value

    def _and(self) -> Value:
        value = self._not()
        while self._take("and"):
            other = self._not()
            value = _both(value, other)
        return value

    def _not(self) -> Value:
        turned = False
        while self._take("not"):
            turned = not turned
        value = self._comparison()
        return value if value is Unknown or not turned else value is not True

    def _comparison(self) -> Value:
        left = self._chain()
        while True:
            negated = self._take("not")
            if self._take("in"):
                inside = left in self._members()
                left = inside is not negated
            elif self._word() in ("like", "ilike"):
                exact = self._word() == "like"
                self.index += 1
                pattern = self._chain()
                if isinstance(left, Expression) and pattern is not None:
                    left, pattern = _squashed(left), _squashed(pattern)
                left = _is_like(left, pattern, exact) is not negated
            elif negated:
                raise Unknown
            elif self._take("is"):
                turned = self._take("not")
                if self._take("null"):
                    left = (left is None) is not turned
                elif self._word() in ("true", "false"):
                    left = (left is (self._word() == "true")) is not turned
                    self.index += 1
                else:
                    raise Unknown
            elif self._kind() == "sign" and self._word() in _COMPARES:
                operator = self._word()
                self.index += 1
                left = self._compared(left, operator)
            else:
                return left

    def _compared(self, left: Value, operator: str) -> Value:
        for word in ("any", "all", "some"):
            if self._take(word):
                members = self._members()
                if operator == "=" and word != "all":
                    return left in members
                if operator in ("<>", "!=") and word == "all":
                    return left not in members
                if operator in ("~~", "~~*") and word != "all":
                    return any(_is_like(left, member, operator == "~~") for member in members)
                raise Unknown
        right = self._chain()
        if left is None or right is None:
            return None
        if isinstance(left, Expression) or isinstance(right, Expression):
            left, right = _squashed(left), _squashed(right)
        if operator in ("=", "<>", "!="):
            return (_flat(left) == _flat(right)) is (operator == "=")
        if operator in ("~~", "~~*", "!~~"):
            return _is_like(left, right, operator != "~~*") is not operator.startswith("!")
        if operator in ("~", "~*", "!~", "!~*"):
            return _is_matched(left, right, "*" in operator) is not operator.startswith("!")
        if isinstance(left, int) and isinstance(right, int):
            return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]
        raise Unknown

    def _members(self) -> list[Value]:
        """What stands in the brackets after IN or ANY: a query, a list, or one array."""
        inner = self._group()
        if inner and inner[0].text == "select":
            return [next(iter(row.values()), None) for row in self._inner().query(inner)]
        values = [self._inner().whole(part) for part in _parts(inner)]
        if len(values) == 1 and isinstance(values[0], list):
            return values[0]
        return values

    # --- values ---------------------------------------------------------------------------------------------------------

    def _chain(self) -> Value:
        value = self._value()
        while self._take("||"):
            other = self._value()
            if value is None or other is None:
                value = None
            elif isinstance(value, list) or isinstance(other, list):
                value = [*(value if isinstance(value, list) else [value]), *(other if isinstance(other, list) else [other])]
            else:
                value = _text(value) + _text(other)
        return value

    def _value(self) -> Value:
        if self.index >= len(self.tokens):
            raise Unknown
        token = self.tokens[self.index]
        if token.kind in ("string", "dollar"):
            self.index += 1
            return self._cast(token.text)
        if token.kind == "number":
            self.index += 1
            if not token.text.isdecimal() or len(token.text) > 9:
                raise Unknown
            return self._cast(int(token.text))
        if token.kind == "sign":
            if token.text != "(":
                raise Unknown
            inner = self._group()
            if inner and inner[0].text == "select":
                rows = self._inner().query(inner)
                return self._cast(next(iter(rows[0].values()), None) if rows else None)
            return self._cast(self._inner().whole(inner))
        return self._cast(self._named(token))

    def _named(self, token: Token) -> Value:
        self.index += 1
        if token.kind == "word":
            if token.text in ("true", "false"):
                return token.text == "true"
            if token.text == "null":
                return None
            if token.text == "array" and self._word() == "[":
                return self._list()
            if token.text == "exists" and self._word() == "(":
                return bool(self._inner().query(self._group()))
            if token.text in ("case", "cast", "select", "interval", "extract", "row"):
                raise Unknown
        path = [token.text]
        while self._word() == "." and self.index + 1 < len(self.tokens):
            path.append(self.tokens[self.index + 1].text)
            self.index += 2
        if self._word() == "(":
            return self._called(path[-1], [self._inner().whole(part) for part in _parts(self._group())])
        return self._looked_up(path)

    def _looked_up(self, path: Sequence[str]) -> Value:
        """A column, a variable, or a field of one that holds a row."""
        whole = ".".join(path)
        if whole in self.row:
            value = self.row[whole]
        elif len(path) == 1 and path[0] in self.names:
            value = self.names[path[0]]
            if isinstance(value, dict) and len(value) == 1:
                value = next(iter(value.values()))
        elif len(path) == 2 and isinstance(holder := self.names.get(path[0]), dict) and path[1] in holder:
            value = holder[path[1]]
        elif whole in ("current_user", "session_user"):
            value = "postgres"
        else:
            raise Unknown
        if value is Unknown:
            raise Unknown
        return value

    def _list(self) -> list[Value]:
        depth, start = 0, self.index + 1
        for index in range(self.index, len(self.tokens)):
            if self.tokens[index].kind == "sign":
                depth += {"[": 1, "]": -1}.get(self.tokens[index].text, 0)
                if depth == 0:
                    self.index = index + 1
                    return [self._inner().whole(part) for part in _parts(self.tokens[start:index])]
        raise Unknown

    def _cast(self, value: Value) -> Value:
        """Steps over `::type`; an array written as text becomes one."""
        while self._word() == "::":
            self.index += 1
            while self.index < len(self.tokens) and self.tokens[self.index].kind in ("word", "quoted"):
                self.index += 1
                if self._word() != ".":
                    break
                self.index += 1
            if self._word() == "[":
                self.index += 2
                if isinstance(value, str) and value.startswith("{"):
                    value = [word.strip().strip('"') for word in value.strip("{}").split(",") if word.strip()]
        if self._kind() == "word" and self._word() == "collate":
            raise Unknown
        return value

    def _called(self, name: str, given: Sequence[Value]) -> Value:
        """The functions with which statements are built."""
        if name == "format" and given:
            return _formatted(_text(given[0]), given[1:])
        if name == "quote_ident" and len(given) == 1:
            return _quoted(_text(given[0]))
        if name == "quote_literal" and len(given) == 1:
            return "'" + _text(given[0]).replace("'", "''") + "'"
        if name in ("lower", "upper") and len(given) == 1:
            return getattr(_text(given[0]), name)()
        if name == "replace" and len(given) == 3:
            return _text(given[0]).replace(_text(given[1]), _text(given[2]))
        if name == "concat":
            return "".join(_text(value) for value in given if value is not None)
        if name == "current_schema" and not given:
            return "public"
        if name == "to_regclass" and len(given) == 1:
            return self._class(_text(given[0]))
        if name in ("to_regproc", "to_regprocedure") and len(given) == 1:
            return self._routine(_text(given[0]), with_arguments=name == "to_regprocedure")
        if name in ("string_to_array", "regexp_split_to_array") and len(given) == 2:
            return list(_text(given[0]).split(_text(given[1])))
        if name in ("pg_get_function_identity_arguments", "pg_get_function_arguments") and len(given) == 1:
            return _text(given[0]).partition("(")[2].removesuffix(")")
        if name == "unnest":
            raise Unknown  # a list of rows: the query itself sees to it
        raise Unknown

    def _class(self, text: str) -> Value:
        schema, dot, name = text.replace('"', "").rpartition(".")
        rows = self.target.rows("pg_class")
        return text if any(row["relname"] == name and (not dot or row["relnamespace"] == schema) for row in rows) else None

    def _routine(self, text: str, *, with_arguments: bool) -> Value:
        wanted = _signature(text)
        for row in self.target.rows("pg_proc"):
            schema, name, arguments = _signature(_text(row["oid"]))
            if name == wanted[1] and wanted[0] in ("", schema) and (arguments == wanted[2] or not with_arguments):
                return text
        return None

    # --- queries --------------------------------------------------------------------------------------------------------

    def query(self, tokens: Sequence[Token]) -> list[Row]:
        """The rows of a plain SELECT; grouping, limits and WITH are unknown."""
        if tokens and tokens[0].text == "(":
            closing = _closing(tokens, 0)
            if closing == len(tokens) - 1:
                return self.query(tokens[1:closing])
        parts = _split(tokens, "union")
        if len(parts) > 1:
            return [row for part in parts for row in self.query(part[1:] if part and part[0].text == "all" else part)]
        if not tokens or tokens[0].text != "select":
            return self._values(tokens)
        rest = tokens[2:] if len(tokens) > 1 and tokens[1].text == "distinct" else tokens[1:]
        chosen, _, source = _cut(rest, "from")
        source, filters, tail = _clauses(source)
        if tail:
            raise Unknown
        if not source:
            return self._without_source(chosen)
        rows = self._joined(source, _texts_asked(filters))
        wanted = [row for row in rows if not filters or _truth(self._with(row).condition(filters))]
        gathered = [self._gathered(part, wanted) for part in _parts(chosen)]
        if gathered and all(one is not None for one in gathered):
            return [{name: value for one in gathered if one is not None for name, value in (one,)}]
        return [self._chosen(chosen, row) for row in wanted]

    def _gathered(self, part: Sequence[Token], rows: Sequence[Row]) -> tuple[str, Value] | None:
        """(name, value) of an aggregate over all rows: `string_agg(quote_ident(x), ', ')`, `array_agg(x)`, `count(*)`; None for a plain column."""
        expression, name = _labelled(part)
        if len(expression) < 3 or expression[0].text not in ("string_agg", "array_agg", "count") or expression[1].text != "(":
            return None
        end = _closing(expression, 1)
        inner, _, _ = _cut(expression[2:end], "order")
        if end < len(expression) - 1 and expression[end + 1].text != "::":
            raise Unknown
        if expression[0].text == "count":
            return name, len(rows)
        given = _parts(inner)
        values = [self._with(row).whole(given[0]) for row in rows]
        if expression[0].text == "array_agg":
            return name, values or None
        return name, _text(self._inner().whole(given[1])).join(_text(value) for value in values if value is not None) if values else None

    def _values(self, tokens: Sequence[Token]) -> list[Row]:
        if not tokens or tokens[0].text != "values":
            raise Unknown
        rows: list[Row] = []
        for part in _parts(tokens[1:]):
            if not part or part[0].text != "(":
                raise Unknown
            cells = [self._inner().whole(cell) for cell in _parts(part[1:-1])]
            rows.append({f"column{number + 1}": cell for number, cell in enumerate(cells)})
        return rows

    def _without_source(self, chosen: Sequence[Token]) -> list[Row]:
        if len(chosen) > 2 and chosen[0].text == "unnest" and chosen[1].text == "(":
            end = _closing(chosen, 1)
            name = chosen[-1].text if end < len(chosen) - 1 else "unnest"
            return [{name: value} for value in self._inner().array(chosen[2:end])]
        return [self._chosen(chosen, {})]

    def _joined(self, tokens: Sequence[Token], asked: Mapping[str, str]) -> list[Row]:
        """The rows of FROM: relations side by side, each with its ON; without those that are not as `asked`, as `_texts_asked` gives it."""
        rows: list[Row] = [{}]
        relations = list(_relations(tokens))
        for relation, condition in relations:
            found = self._relation(relation, asked, alone=len(relations) == 1)
            if len(rows) * max(1, len(found)) > _MOST_ROWS:
                raise Unknown
            rows = [{**one, **other} for one, other in product(rows, found)]
            if condition:
                rows = [row for row in rows if _truth(self._with(row).condition(condition))]
        return rows

    def _relation(self, tokens: Sequence[Token], asked: Mapping[str, str], *, alone: bool) -> list[Row]:
        """The rows of one relation, each column under its own name and under the alias; `alone`, a name without an alias is a column of it."""
        if not tokens:
            raise Unknown
        if tokens[0].text == "lateral":
            tokens = tokens[1:]
        if tokens[0].text == "(" or (len(tokens) > 1 and tokens[0].text == "unnest" and tokens[1].text == "("):
            at = 0 if tokens[0].text == "(" else 1
            end = _closing(tokens, at)
            inner = tokens[at + 1 : end]
            plain = self._inner().query(inner) if at == 0 else [{"unnest": value} for value in self._inner().array(inner)]
            alias, columns = _alias(tokens[end + 1 :])
            if at and alias and not columns:
                columns = (alias,)
        else:
            words = []
            index = 0
            while index < len(tokens) and tokens[index].kind in ("word", "quoted"):
                words.append(tokens[index].text)
                index += 1
                if index >= len(tokens) or tokens[index].text != ".":
                    break
                index += 1
            plain = self.target.rows(".".join(word for word in words if word != "pg_catalog"))
            alias, columns = _alias(tokens[index:])
            alias = alias or words[-1]
            if not columns:
                # Most blocks ask whether a column is there, and a project has thousands: those of other tables are told apart here, the rest by reading.
                wanted = {name.removeprefix(f"{alias}."): text for name, text in asked.items() if alone or name.startswith(f"{alias}.")}
                plain = [row for row in plain if all(type(row.get(name)) is not str or row[name] == text for name, text in wanted.items())]
        rows: list[Row] = []
        for row in plain:
            named = dict(zip(columns, row.values(), strict=False)) if columns else row
            rows.append({**named, **{f"{alias}.{name}": value for name, value in named.items()}} if alias else dict(named))
        return rows

    def _chosen(self, tokens: Sequence[Token], row: Row) -> Row:
        found: Row = {}
        for part in _parts(tokens):
            if len(part) == 1 and part[0].text == "*":
                found.update({name: value for name, value in row.items() if "." not in name})
                continue
            expression, name = _labelled(part)
            try:
                value: Value = self._with(row).whole(expression)
            except Unknown:
                value = Unknown  # a column that nobody asks for does no harm
            found[name if name not in found else f"{name} {len(found)}"] = value
        return found

    # --- steps ----------------------------------------------------------------------------------------------------------

    def _inner(self) -> _Asked:
        return _Asked(self.target, self.names, self.row, self.depth + 1)

    def _with(self, row: Row) -> _Asked:
        return _Asked(self.target, self.names, {**self.row, **row}, self.depth + 1)

    def _word(self) -> str:
        token = self.tokens[self.index] if self.index < len(self.tokens) else None
        return token.text if token is not None and token.kind in ("word", "sign") else ""

    def _kind(self) -> str:
        return self.tokens[self.index].kind if self.index < len(self.tokens) else ""

    def _take(self, word: str) -> bool:
        if self._word() == word:
            self.index += 1
            return True
        return False

    def _group(self) -> Sequence[Token]:
        if self._word() != "(":
            raise Unknown
        end = _closing(self.tokens, self.index)
        inner = self.tokens[self.index + 1 : end]
        self.index = end + 1
        return inner


def _signature(text: str) -> tuple[str, str, tuple[str, ...]]:
    """(schema, name, types of the arguments) of a function as one text."""
    cursor = Cursor(list(scan(text)))
    name = cursor.name()
    return name.schema, name.name, cursor.arguments() or ()


def _either(one: Value, other: Value) -> Value:
    if one is True or other is True:
        return True
    return Unknown if Unknown in (one, other) else False


def _both(one: Value, other: Value) -> Value:
    if one is Unknown or other is Unknown:
        return Unknown if True in (one, other) or one is other else False
    return one is True and other is True


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    raise Unknown


def _flat(value: Value) -> Value:
    if value is Unknown or isinstance(value, dict):
        raise Unknown
    return value


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _formatted(text: str, given: Sequence[Value]) -> str:
    """PostgreSQL's format(): `%s`, `%I`, `%L`, each also with a position (18 docs, 9.4.1, 2026-11)."""
    taken = 0

    def put(match: re.Match[str]) -> str:
        nonlocal taken
        if match[0] == "%%":
            return "%"
        if match["at"]:
            taken = int(match["at"])
        else:
            taken += 1
        if not 0 < taken <= len(given):
            raise Unknown
        value = given[taken - 1]
        if value is None:
            return "NULL" if match["kind"] == "L" else ""
        word = _text(value)
        return _quoted(word) if match["kind"] == "I" else "'" + word.replace("'", "''") + "'" if match["kind"] == "L" else word

    return re.sub(r"%(?:%|(?:(?P<at>\d{1,3})\$)?-?\d{0,3}(?P<kind>[sIL]))", put, text)


def _squashed(value: Value) -> str:
    return re.sub(r"[\s()]|::\s*[\w.]+", "", _text(value)).lower()


def _is_like(value: Value, pattern: Value, exact: bool) -> bool:
    if value is None or pattern is None:
        return False
    text, parts = _text(value), re.split(r"(\\.|%|_)", _text(pattern))
    if parts.count("%") > 8:
        raise Unknown
    spelled = "".join(
        ".*" if part == "%" else "." if part == "_" else re.escape(part[1:] if part.startswith("\\") else part) for part in parts
    )
    return re.fullmatch(spelled, text[:200], re.DOTALL if exact else re.DOTALL | re.IGNORECASE) is not None


def _is_matched(value: Value, pattern: Value, loose: bool) -> bool:
    """A regular expression of words, anchors, alternatives and `.*`; any other is unknown."""
    spelled = _text(pattern)
    if not re.fullmatch(r"(?:[\w ^$|()-]|\.\*|\\\.){1,120}", spelled) or spelled.count(".*") > 4:
        raise Unknown
    try:
        return re.search(spelled, _text(value)[:200], re.IGNORECASE if loose else 0) is not None
    except re.error:
        raise Unknown from None


def _closing(tokens: Sequence[Token], index: int) -> int:
    """The index of the bracket that closes the one at `index`."""
    depth = 0
    for position in range(index, len(tokens)):
        if tokens[position].kind == "sign":
            depth += {"(": 1, ")": -1}.get(tokens[position].text, 0)
            if depth == 0:
                return position
    raise Unknown


def _outside(tokens: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """The tokens outside of all brackets, with their indexes."""
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind == "sign" and token.text in ("(", "["):
            depth += 1
        elif token.kind == "sign" and token.text in (")", "]"):
            depth -= 1
        elif depth == 0:
            yield index, token


def _split(tokens: Sequence[Token], word: str) -> list[Sequence[Token]]:
    parts, start = [], 0
    for index, token in _outside(tokens):
        if token.kind in ("word", "sign") and token.text == word:
            parts.append(tokens[start:index])
            start = index + 1
    return [*parts, tokens[start:]]


def _parts(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    return [] if not tokens else _split(tokens, ",")


def _cut(tokens: Sequence[Token], word: str) -> tuple[Sequence[Token], bool, Sequence[Token]]:
    for index, token in _outside(tokens):
        if token.kind == "word" and token.text == word:
            return tokens[:index], True, tokens[index + 1 :]
    return tokens, False, ()


def _clauses(tokens: Sequence[Token]) -> tuple[Sequence[Token], Sequence[Token], bool]:
    """(what FROM names, what WHERE asks, whether more follows than an order) of what comes after FROM."""
    ends = [(index, token.text) for index, token in _outside(tokens) if token.kind == "word" and token.text in _ENDS_FROM]
    source = tokens[: ends[0][0]] if ends else tokens
    filters: Sequence[Token] = ()
    more = False
    for (start, word), (end, _) in pairwise([*ends, (len(tokens), "")]):
        if word == "where":
            filters = tokens[start + 1 : end]
        elif word != "order":
            more = True
    return source, filters, more


def _texts_asked(tokens: Sequence[Token]) -> dict[str, str]:
    """The columns that a WHERE wants to be a text and nothing else (`table_name = 'x' AND ...`), by name, as they are written."""
    if any(token.kind == "word" and token.text == "or" for _, token in _outside(tokens)):
        return {}
    parts = (part for part in _split(tokens, "and") if len(part) > 2 and part[-2].text == "=" and part[-1].kind == "string")
    return {"".join(token.text for token in part[:-2]): part[-1].text for part in parts}


def _relations(tokens: Sequence[Token]) -> Iterator[tuple[Sequence[Token], Sequence[Token]]]:
    """(relation, its ON) of a FROM clause. An outer join is taken for an inner one only where it says nothing of its own: it is unknown."""
    words = {token.text for _, token in _outside(tokens) if token.kind == "word"}
    if words & {"left", "right", "full", "natural"}:
        raise Unknown
    for listed in _parts(tokens):
        for part in _split(listed, "join"):
            kept = [token for token in part if not (token.kind == "word" and token.text in ("inner", "cross") and token is part[-1])]
            relation, _, condition = _cut(kept, "on")
            yield relation, condition


def _alias(tokens: Sequence[Token]) -> tuple[str, tuple[str, ...]]:
    """`[AS] alias [(column, ...)]` after a relation."""
    if tokens and tokens[0].text == "as":
        tokens = tokens[1:]
    if not tokens:
        return "", ()
    if tokens[0].kind not in ("word", "quoted"):
        raise Unknown
    columns = tuple(token.text for token in tokens[1:] if token.kind in ("word", "quoted"))
    return tokens[0].text, columns


def _labelled(tokens: Sequence[Token]) -> tuple[Sequence[Token], str]:
    """(expression, name) of one column that a query chooses."""
    if len(tokens) > 2 and tokens[-2].text == "as":
        return tokens[:-2], tokens[-1].text
    if len(tokens) > 1 and tokens[-1].kind in ("word", "quoted") and tokens[-2].text not in (".", "::", ","):
        return tokens[:-1], tokens[-1].text
    name = next((token.text for token in reversed(tokens) if token.kind in ("word", "quoted")), "column")
    if len(tokens) > 1 and tokens[1].text == "(":
        name = tokens[0].text
    return tokens, name
