"""Handlers in JavaScript and TypeScript: which functions answer requests, what asks before them, and where what a request says ends up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from driftline import late
from driftline.code import Place
from driftline.evidence import Doubt
from driftline.review.handlers import words
from driftline.review.handlers.project import Project, entity

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = frozenset(("arrow_function", "function_expression", "function_declaration", "function", "method_definition"))
_WRAPPERS = frozenset(("await_expression", "parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression"))
_VERBS = frozenset(("get", "post", "put", "patch", "delete", "all", "del"))
# What takes one function that answers requests.
_TAKES_A_HANDLER = late.pattern(
    r"(?:serve|Deno\.serve|defineEventHandler|eventHandler|cachedEventHandler|(?:functions\.|https\.)*(?:onRequest|onCall)|createServerFn|handler)$"
)
_CONVEX = frozenset(("mutation", "query", "action"))


class Handler(NamedTuple):
    """A function that answers requests. `asked` says that something before it asks who is calling, `known` that nothing else can stand before it.

    `whole` are the parameters that hold all of what the client sends, `taken` those that hold one thing of it, under the client's name for it.
    """

    node: Node
    name: str
    asked: bool
    known: bool
    whole: tuple[str, ...] = ()
    taken: tuple[tuple[str, str], ...] = ()
    # Of `whole`, those that a validator has looked at, with its text where it is known.
    parsed: tuple[tuple[str, bytes | None], ...] = ()


class File:
    """One file of handlers, parsed; offsets are bytes of the file."""

    def __init__(self, path: str, content: bytes, project: Project) -> None:
        from driftline.code.syntax import parse

        self.path = path
        self.content = content
        self.project = project
        self.root = parse(path, content)
        self.place = Place(path, content)
        self.code = _without_comments(self.root, content)
        # What a file says of all its handlers: `router.use(requireAuth)`, a hook of Fastify, a guard of its class.
        self.asked = False

    # --- which functions answer -------------------------------------------------------------------------------------------

    def register(self) -> None:
        """Tells the project which handlers and files of other modules this file puts behind what."""
        behind: list[str] = []  # the prefixes before which something asks
        for call in self._calls():
            method, given = _method(call), _arguments(call)
            if method in ("use", "register", "route") and given:
                prefix = _string(given[0])
                rest = given[1:] if prefix is not None else given
                standing = [self._is_guard(one) for one in rest]
                asked = any(standing)
                files = [file for one, guards in zip(rest, standing, strict=True) if not guards and (file := self._module(one)) is not None]
                if asked and not files:
                    behind.append((prefix or "").rstrip("*").rstrip("/"))
                before = asked or any((prefix or "").startswith(known) for known in behind)
                self.project.behind.update(files if before else ())
            elif method in ("addHook", "onBeforeHandle", "beforeHandle", "derive") and self._is_guard_text(self._bytes(call)):
                behind.append("")
            handler, before = self._registered(call)
            if handler is not None and handler.type in ("identifier", "member_expression"):
                where = self._source(handler)
                if where is not None:
                    self.project.registered.setdefault(where, []).append(before or "" in behind or self.path in self.project.behind)

    def handlers(self) -> Iterator[Handler]:
        """Every function of the file that answers requests."""
        asked = self.asked or self.project.is_guarded(self.path) or self._asks_for_all()
        found: list[Node] = []
        for handler in (*self._of_calls(asked), *self._of_classes(asked), *self._of_actions(asked)):
            found.append(handler.node)
            yield handler
        by_place = is_route_file(self.path)
        for node in self._functions():
            inner = any(node.start_byte <= other.start_byte and other.end_byte <= node.end_byte for other in found)
            outer = any(other.start_byte <= node.start_byte and node.end_byte <= other.end_byte for other in found)
            if inner or outer or not _REQUEST.search(self._bytes(node)):
                continue
            found.append(node)
            known, before = self._known(node)
            before = before or self._is_wrapped(node) or self._callers_ask(node)
            yield Handler(node, _name_of(node), asked or before, known or by_place, *_seeds(node))

    def _of_calls(self, asked: bool) -> Iterator[Handler]:
        for call in self._calls():
            node, before = self._registered(call)
            callee = _chain(call.child_by_field_name("function"))
            given = _arguments(call)
            if node is not None and (function := self._function_in(node)) is not None:
                yield Handler(
                    function,
                    f"{_method(call)} {_string(given[0]) or ''}".strip(),
                    asked or before or self._is_wrapped(function),
                    True,
                    *_seeds(function),
                )
            elif (
                callee.rpartition(".")[2] in ("mutation", "query", "subscription")
                and "rocedure" in callee
                and given
                and given[0].type in _FUNCTIONS
            ):
                guarded = not re.search(r"(?:^|\.)(?:t\.procedure|public\w*|base\w*|open\w*)\b", callee) and not callee.startswith(
                    "procedure"
                )
                schema = re.search(rb"\.input\(([\s\S]*)", self._bytes(call.child_by_field_name("function") or call))
                yield Handler(
                    given[0],
                    _name_of(given[0]),
                    asked or guarded,
                    True,
                    ("input",),
                    (),
                    (("input", schema[1] if schema and b"{" in schema[1] else None),),
                )
            elif callee in _CONVEX and given and given[0].type == "object" and "convex" in self.path:
                function = _property(given[0], "handler")
                if function is not None and function.type in _FUNCTIONS:
                    whole, taken = _second(function)
                    yield Handler(function, _name_of(given[0]), asked, True, whole, taken)
            elif _TAKES_A_HANDLER.search(callee) and given:
                function = self._function_in(given[-1])
                if function is not None:
                    whole, taken, parsed = _seeds(function)
                    if callee.endswith("onCall"):
                        first = _parameters(function)[:1]
                        whole = (*whole, *(_text(name) for name in first if name.type == "identifier"))
                    yield Handler(function, _name_of(function), asked, True, whole, taken, parsed)

    def _of_classes(self, asked: bool) -> Iterator[Handler]:
        """The methods of Nest's controllers."""
        if b"@Controller" not in self.content:
            return
        for node in _walk(self.root):
            if node.type != "class_declaration":
                continue
            own = b" ".join(self._bytes(one) for one in _decorators(node))
            if b"@Controller" not in own:
                continue
            before: list[Node] = []
            body = node.child_by_field_name("body")
            for member in body.named_children if body is not None else ():
                if member.type == "decorator":
                    before.append(member)
                    continue
                said = b" ".join(self._bytes(one) for one in (*before, *_decorators(member)))
                before = []
                if member.type == "method_definition" and re.search(rb"@(?:Get|Post|Put|Patch|Delete|All)\(", said):
                    guarded = b"@UseGuards" in own + said or (self.project.is_guarded_throughout and b"@Public" not in own + said)
                    guarded = guarded or re.search(rb"@\w*Auth\w*\(", own + said) is not None
                    yield Handler(member, _name_of(member), asked or guarded, True, *self._decorated(member))

    def _decorated(self, method: Node) -> _Seeds:
        """What the parameters of a Nest method hold, by their decorators."""
        whole: list[str] = []
        taken: list[tuple[str, str]] = []
        parsed: list[tuple[str, bytes | None]] = []
        for parameter in _list(method, "parameters"):
            said = b" ".join(self._bytes(one) for one in _decorators(parameter))
            pattern = parameter.child_by_field_name("pattern")
            match = re.search(rb"@(?:Body|Query|Param|Headers)\(\s*(?:[\"'`]([\w-]+)[\"'`])?", said)
            if match is None or pattern is None or pattern.type != "identifier":
                continue
            if match[1]:
                taken.append((_text(pattern), match[1].decode()))
            elif not said.startswith(b"@Headers"):
                whole.append(_text(pattern))
                kind = _text(parameter.child_by_field_name("type")).strip(": ")
                if re.fullmatch(r"[A-Z]\w*", kind) and kind not in ("Record", "Object"):
                    parsed.append((_text(pattern), None))
        return tuple(whole), tuple(taken), tuple(parsed)

    def _of_actions(self, asked: bool) -> Iterator[Handler]:
        """Server actions: exported functions of a file that begins with `"use server"`, which any client can call with any arguments."""
        begins = next((node for node in self.root.named_children if node.type != "comment"), None)
        if (
            begins is None
            or begins.type != "expression_statement"
            or self._bytes(begins).strip(b"\"';") != b"use server"
            or b"server-only" in self.content
        ):
            return
        for statement in self.root.named_children:
            if statement.type != "export_statement":
                continue
            for node in _walk(statement):
                if node.type in _FUNCTIONS and self.project.is_called_by_clients(self.path, _name_of(node)):
                    names = [_text(one) for one in _parameters(node) if one.type == "identifier"]
                    yield Handler(
                        node, _name_of(node), asked or self._is_wrapped(node), True, tuple(names), tuple((name, name) for name in names)
                    )
                if node.type in _FUNCTIONS:
                    break

    def _functions(self) -> Iterator[Node]:
        """The outermost functions; of an object or a class of functions, each."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            if node.type in _FUNCTIONS:
                yield node
            else:
                waiting += reversed(node.named_children)

    def _known(self, node: Node) -> tuple[bool, bool]:
        """(whether a route elsewhere names this function, whether something asks before every such route)."""
        name = _name_of(node)
        found = self.project.registered.get((self.path, name), []) + self.project.registered.get((self.path, "*"), [])
        return bool(found), bool(found) and all(found)

    def _callers_ask(self, node: Node) -> bool:
        """Whether a function that the file keeps to itself is called by functions alone that ask who is calling."""
        name = _name_of(node)
        if not name or re.search(rb"\bexport\b[^;{}=(]{0,40}\b" + re.escape(name.encode()) + rb"\b", self.code):
            return False
        call = re.compile(rb"(?<![.\w$])" + re.escape(name.encode()) + rb"\s*\(")
        callers = [other for other in self._functions() if other.id != node.id and call.search(self._bytes(other))]
        return bool(callers) and all(words.ASKS.search(self._bytes(other)) for other in callers)

    def _registered(self, call: Node) -> tuple[Node | None, bool]:
        """(the handler that a call registers, whether something before it asks); (None, False) for any other call."""
        callee = call.child_by_field_name("function")
        given = _arguments(call)
        method = _method(call)
        if callee is None or callee.type != "member_expression" or not given:
            return None, False
        if method in ("route", "get", "post") and given[0].type == "object":
            handler = _property(given[0], "handler")
            return handler, handler is not None and self._is_guard(given[0])
        if method not in _VERBS:
            return None, False
        path = _string(given[0])
        on_route = ".route(" in _text(callee)
        if not on_route and (path is None or not re.match(r"/|\*|$", path)):
            return None, False
        rest = given if on_route else given[1:]
        if not rest:
            return None, False
        return rest[-1], any(self._is_guard(one) for one in rest[:-1])

    def _asks_for_all(self) -> bool:
        """Whether the file puts something that asks before all of its routes."""
        for call in self._calls():
            method, given = _method(call), _arguments(call)
            if method in ("use", "addHook", "onBeforeHandle") and given:
                rest = given[1:] if _string(given[0]) is not None else given
                first = _string(given[0]) or "*"
                if (first in ("*", "/*", "/", "/api/*", "onRequest", "preHandler", "preValidation") or len(rest) == len(given)) and any(
                    self._is_guard(one) for one in rest
                ):
                    return True
        return False

    # --- what asks ----------------------------------------------------------------------------------------------------------

    def _is_guard(self, node: Node) -> bool:
        """Whether a middleware, a list of them or an option that holds one asks who is calling."""
        if node.type in _FUNCTIONS:
            return words.ASKS.search(self._bytes(node)) is not None
        if node.type == "array":
            return any(self._is_guard(one) for one in node.named_children)
        if node.type == "object":
            hooks = (
                _property(node, name)
                for name in ("preHandler", "onRequest", "preValidation", "beforeHandle", "use", "middleware", "before")
            )
            return any(hook is not None and self._is_guard(hook) for hook in hooks)
        if node.type == "call_expression":
            return self._is_guard_name(_chain(node.child_by_field_name("function"))) or any(self._is_guard(one) for one in _arguments(node))
        return node.type in ("identifier", "member_expression") and self._is_guard_name(_chain(node))

    def _is_guard_name(self, chain: str) -> bool:
        """Whether what is called so asks who is calling: by its own text where it is the project's, else by its name."""
        first, _, rest = chain.partition(".")
        last = rest.rpartition(".")[2] or first
        local = self.project.source(self.path, first)
        if local is not None or (not rest and self.project.body(self.path, first)):
            name = last if rest else first
            if local is not None and rest:
                text = self.project.body(local[0], name)
                if words.ASKS.search(text):
                    return True
            elif self.project.asks(self.path, name):
                return True
        # A wrapper of which nothing is known may ask.
        unknown = re.match(r"with[A-Z]", last) is not None and local is None and not words.NO_GUARD.search(last.encode())
        return unknown or self._is_guard_text(last.encode())

    def _is_guard_text(self, text: bytes) -> bool:
        return words.GUARD.search(text) is not None and (words.NO_GUARD.search(text) is None or re.search(rb"auth", text, re.I) is not None)

    def _is_wrapped(self, node: Node) -> bool:
        """Whether a function is handed to something that asks: `withAuth(async (req) => ...)`."""
        current = node
        while current.parent is not None and current.parent.type in ("arguments", "call_expression", *_WRAPPERS):
            current = current.parent
            if (
                current.type == "call_expression"
                and _method(current) not in _VERBS
                and self._is_guard(current.child_by_field_name("function") or current)
            ):
                return True
        # `export default withAuth(handler)`, `export const POST = requireUser(create)`
        given_to = self._given_to.get(_name_of(node), ())
        return any(words.GUARD.search(callee.encode()) and self._is_guard_name(callee) for callee in given_to)

    @cached_property
    def _given_to(self) -> Mapping[str, list[str]]:
        """What each name is the first argument of."""
        found: dict[str, list[str]] = {}
        for match in re.finditer(rb"([\w$.]+)\(\s*([\w$]+)\s*[,)]", self.code):
            found.setdefault(match[2].decode("utf-8", "replace"), []).append(match[1].decode("utf-8", "replace"))
        return found

    def _module(self, node: Node) -> str | None:
        """The file that a router comes from: `ordersRouter`, `require("./routes/orders")`, `orders.routes`."""
        if node.type == "call_expression":
            given = _arguments(node)
            if _text(node.child_by_field_name("function")) == "require" and given and (specifier := _string(given[0])):
                return self.project.file(self.path, specifier)
            return self._module(node.child_by_field_name("function")) if node.child_by_field_name("function") is not None else None  # type: ignore[arg-type]
        source = self.project.source(self.path, _chain(node).partition(".")[0])
        return source[0] if source is not None else None

    def _source(self, node: Node) -> tuple[str, str] | None:
        """(file, name) of the function that a route names: imported by itself, or from a controller."""
        first, _, rest = _chain(node).partition(".")
        source = self.project.source(self.path, first)
        if source is None:
            return (self.path, first) if not rest else None
        return (source[0], rest.rpartition(".")[2]) if rest else source

    def _function_in(self, node: Node) -> Node | None:
        """The function itself, or the one that a wrapper is given."""
        if node.type in _FUNCTIONS:
            return node
        if node.type == "call_expression":
            return next((found for one in reversed(_arguments(node)) if (found := self._function_in(one)) is not None), None)
        return None

    # --- helpers ----------------------------------------------------------------------------------------------------------

    @cached_property
    def _every_call(self) -> tuple[Node, ...]:
        return tuple(node for node in _walk(self.root) if node.type == "call_expression")

    def _calls(self) -> Iterable[Node]:
        return self._every_call

    def _bytes(self, node: Node) -> bytes:
        """A node's text without comments."""
        return self.code[node.start_byte : node.end_byte]

    def doubts(self) -> Iterator[Doubt]:
        """What is doubtful about the file's handlers."""
        for handler in self.handlers():
            yield from Flow(self, handler).doubts()


class Flow:
    """Follows what a request says through one handler, in the order of its text."""

    def __init__(self, file: File, handler: Handler) -> None:
        self.file = file
        self.handler = handler
        self.node = handler.node
        self.text = file._bytes(handler.node)
        # Names that hold all of what the client sent, or an element of it; those that a schema has looked at hold what it lets through.
        self.whole = set(handler.whole)
        self.parsed: dict[str, bytes | None] = dict(handler.parsed)
        # Names taken out of it: local name -> the client's name for it.
        self.taken = dict(handler.taken)
        # Names that hold who is signed in, and those that hold a provider's session.
        self.session: set[str] = set()
        self.payment: set[str] = set()
        # Names that were given an owner of the request, and where.
        self.given: dict[str, tuple[str, Node]] = {}
        self.asks_here = words.ASKS.search(self.text) is not None or self._helper_asks()
        self.is_payment = re.search(
            rb"[sS]tripe|checkout\.sessions|paymentIntents|price_data|razorpay|paypal|mollie|squareup|braintree|lemonsqueezy|paystack|flutterwave|purchase_units|orders\.create",
            self.text,
        )

    def doubts(self) -> Iterator[Doubt]:
        if self.handler.node.type == "method_definition" or self.handler.taken:
            yield from self._header_parameters()
        for node in _walk(self.node):
            kind = node.type
            if kind == "variable_declarator":
                self._declared(node.child_by_field_name("name"), node.child_by_field_name("value"))
            elif kind == "assignment_expression":
                yield from self._assigned(node)
            elif kind in {"augmented_assignment_expression", "binary_expression"}:
                yield from self._fallback(node)
            elif kind == "ternary_expression":
                yield from self._chosen(node)
            elif kind == "call_expression":
                self._iterated(node)
                yield from self._call(node)
            elif kind == "new_expression":
                yield from self._made(node)
            elif kind == "for_in_statement":
                self._looped(node)
            elif kind == "subscript_expression":
                yield from self._header(node, node.child_by_field_name("index"), self.file._bytes(node))
            elif kind == "pair":
                yield from self._price(node)

    # --- what comes from the request ------------------------------------------------------------------------------------

    def _declared(self, target: Node | None, value: Node | None) -> None:
        if target is None or value is None:
            return
        value = _bare(value)
        text = self.file._bytes(value)
        if value.type == "binary_expression" and _text(value.child_by_field_name("operator")) in ("||", "??"):
            left = value.child_by_field_name("left")
            if left is not None and not self._is_session(left):  # `await req.json() || {}`
                value = _bare(left)
        name = self.key(value)
        if value.type == "new_expression" and target.type == "object_pattern" and _text(value.child_by_field_name("constructor")) == "URL":
            self.whole.update(local for local, key in _entries(target) if key == "searchParams")
        elif name is not None and target.type == "identifier":
            self.taken[_text(target)] = name
        elif (schema := self._is_whole(value)) is not None:
            self._bound(target, schema)
        elif re.search(rb"checkout\.sessions|billingPortal|\.sessions\.(?:retrieve|create)", text):
            self.payment.update(_text(one) for one in _names(target))
        elif words.SESSION_CALL.search(text) or self._is_session(value):
            self.session.update(_text(one) for one in _names(target))
        elif target.type == "identifier" and self.is_payment and _SUMS.search(text):
            key = next((key for one in _walk(value) if (key := self._priced(one)) is not None), None)
            if key is not None:
                self.taken[_text(target)] = key

    def _priced(self, node: Node) -> str | None:
        """The price in what a request lists, as far as its name tells: `items.reduce((sum, item) => sum + item.price, 0)`."""
        if node.type != "call_expression":
            return None
        callee = node.child_by_field_name("function")
        if callee is None or callee.type != "member_expression" or _method(node) not in ("reduce", "map"):
            return None
        holder = callee.child_by_field_name("object")
        if holder is None or not (self.key(holder) or self._is_whole(holder) is not None):
            return None
        match = re.search(rb"\.(price|amount|unit_?[pP]rice|cost|total)\b", self.file._bytes(node))
        return match[1].decode() if match is not None else None

    def _bound(self, target: Node, schema: bytes | None) -> None:
        """Binds the names of a pattern to all of what a client sent, or to what they take out of it; `schema` is the text of what parsed it."""
        if target.type == "identifier":
            self.whole.add(_text(target))
            if schema:
                self.parsed[_text(target)] = schema if schema != b"?" else None
            return
        for local, key in _entries(target):
            if (
                (key in ("data", "output", "value") and schema) or key == "" or (key in ("body", "query", "params") and not schema)
            ):  # the result of a schema
                self._bound_name(local, schema)
            else:
                self.taken[local] = key

    def _bound_name(self, local: str, schema: bytes | None) -> None:
        self.whole.add(local)
        if schema:
            self.parsed[local] = schema if schema != b"?" else None

    def _is_whole(self, node: Node) -> bytes | None:
        """b"" where a node is all of what a client sent, the schema's text (b"?" where unknown) where one has parsed it; None for anything else."""
        node = _bare(node)
        if node.type == "identifier":
            word = _text(node)
            if word not in self.whole:
                return None
            return (self.parsed[word] or b"?") if word in self.parsed else b""
        chain = _chain(node)
        if node.type == "member_expression":
            if _HOLDS.fullmatch(chain):
                return b""
            holder = node.child_by_field_name("object")
            prop = _text(node.child_by_field_name("property"))
            if holder is not None and prop in ("data", "output", "value", "searchParams") and (inner := self._is_whole(holder)) is not None:
                return inner if inner or prop == "searchParams" else None
            return b"" if prop == "searchParams" and _REQUEST.search(self.text) else None
        if node.type == "call_expression":
            given = _arguments(node)
            if _GIVES.fullmatch(chain):
                return b"?" if ".valid(" in chain or "Validated" in chain else b""
            method = _method(node)
            if method in ("parse", "parseAsync", "safeParse", "safeParseAsync", "cast", "validate", "validateSync", "assert") and given:
                if chain.startswith("JSON."):
                    return b"" if self._is_whole(given[0]) is not None or _RAW.search(self.file._bytes(given[0])) else None
                if self._is_whole(given[-1]) is not None:
                    return self._schema(node.child_by_field_name("function"))
            if chain in ("Object.fromEntries(", "structuredClone(", "URLSearchParams(") and given:
                return self._is_whole(given[0])
            if method in ("entries", "catch", "trim") and node.child_by_field_name("function") is not None:
                holder = (node.child_by_field_name("function") or node).child_by_field_name("object")
                return self._is_whole(holder) if holder is not None else None
        return None

    def _schema(self, callee: Node | None) -> bytes:
        """The text of the schema that parses, b"?" where it is not found."""
        name = _chain(callee).partition(".")[0] if callee is not None else ""
        where = self.file.project.source(self.file.path, name) or (self.file.path, name)
        return self.file.project.body(*where) or b"?"

    def key(self, node: Node | None) -> str | None:
        """The name under which an expression takes one thing from the request, None for anything else."""
        if node is None:
            return None
        node = _bare(node)
        kind = node.type
        if kind in ("identifier", "shorthand_property_identifier"):
            return self.taken.get(_text(node))
        if kind == "member_expression":
            holder, prop = node.child_by_field_name("object"), _text(node.child_by_field_name("property"))
            if holder is None or prop in ("length", "searchParams"):
                return None
            if self._is_whole(holder) is not None:
                return None if prop in ("data", "success", "error", "output") and self._is_whole(holder) else prop
            outer = self.key(holder)
            return None if outer is None else f"{outer}Id" if prop == "id" else prop
        if kind == "subscript_expression":
            holder, index = node.child_by_field_name("object"), _string(node.child_by_field_name("index"))
            return index if holder is not None and index is not None and self._is_whole(holder) is not None else None
        if kind == "call_expression":
            return self._key_of_call(node)
        if kind == "binary_expression":
            operator = _text(node.child_by_field_name("operator"))
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if operator in ("*", "/", "+", "-"):  # `body.price * 100`
                return self.key(left) or self.key(right)
            if (
                operator in ("||", "??")
                and right is not None
                and _bare(right).type in ("string", "number", "null", "undefined", "template_string")
            ):
                return self.key(left)
        if kind == "template_string" and len(node.named_children) == 1 and node.named_children[0].type == "template_substitution":
            return self.key(node.named_children[0].named_children[0]) if node.named_children[0].named_children else None
        if kind == "unary_expression" and _text(node.child_by_field_name("operator")) == "+":
            return self.key(node.child_by_field_name("argument"))
        return None

    def _key_of_call(self, node: Node) -> str | None:
        callee, given = node.child_by_field_name("function"), _arguments(node)
        chain = _chain(node)
        if callee is None:
            return None
        if given and (match := _ASKS_FOR_ONE.fullmatch(chain)):
            return _string(given[-1]) if match else None
        method = _method(node)
        holder = callee.child_by_field_name("object") if callee.type == "member_expression" else None
        if method in ("get", "getAll") and holder is not None and given and self._is_whole(holder) is not None:
            return _string(given[0])
        if callee.type == "identifier" and _text(callee) in ("String", "Number", "parseInt", "parseFloat", "BigInt", "ObjectId") and given:
            return self.key(given[0])
        if _text(callee) in ("Math.round", "Math.floor", "Math.ceil", "new ObjectId", "Types.ObjectId") and given:
            return self.key(given[0])
        if method in ("toString", "trim", "toFixed", "toLowerCase", "valueOf") and holder is not None:
            return self.key(holder)
        return None

    def _iterated(self, node: Node) -> None:
        """Elements of what a request lists: the parameter of the function that `items.map(...)` is given."""
        callee = node.child_by_field_name("function")
        if (
            callee is None
            or callee.type != "member_expression"
            or _method(node) not in ("map", "forEach", "reduce", "flatMap", "filter", "some", "every")
        ):
            return
        holder, given = callee.child_by_field_name("object"), _arguments(node)
        if holder is None or not given or given[0].type not in _FUNCTIONS or (self.key(holder) is None and self._is_whole(holder) is None):
            return
        parameters = _parameters(given[0])
        place = 1 if _method(node) == "reduce" else 0
        if len(parameters) > place:
            self._bound(parameters[place], b"")

    def _looped(self, node: Node) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and right is not None and (self.key(right) is not None or self._is_whole(right) is not None):
            target = next((one for one in _walk(left) if one.type in ("identifier", "object_pattern")), None)
            if target is not None:
                self._bound(target, b"")

    # --- who is signed in -----------------------------------------------------------------------------------------------

    def _is_session(self, node: Node) -> bool:
        node = _bare(node)
        if self.key(node) is not None:
            return False
        root = _chain(node).partition(".")[0].partition("(")[0]
        if root in self.session or root in self.payment:
            return root in self.session
        text = self.file._bytes(node)
        return words.SESSION.search(text) is not None or re.match(rb"user\??\.(?:id|uid|sub)\b", text) is not None

    def _helper_asks(self) -> bool:
        """Whether a function of the project that the handler calls asks who is calling."""
        called = {match[1].decode("utf-8", "replace") for match in re.finditer(rb"(?<![.\w$])([A-Za-z_$][\w$]*)\s*\(", self.text)}
        own = self.file.project.imports(self.file.path)
        return any(self.file.project.asks(self.file.path, name) for name in sorted(called) if name in own or self._is_function_here(name))

    def _is_function_here(self, name: str) -> bool:
        pattern = (
            rb"\bfunction\s+"
            + re.escape(name.encode())
            + rb"\b|\b(?:const|let)\s+"
            + re.escape(name.encode())
            + rb"\s*=\s*(?:async\s*)?(?:\(|\w+\s*=>|function)"
        )
        match = re.search(pattern, self.file.code)
        return match is not None and not self.node.start_byte <= match.start() < self.node.end_byte

    @cached_property
    def _compares(self) -> frozenset[str]:
        """The request's names that the handler compares with something that is no literal: with whom it knows, with what it looked up."""
        found: set[str] = set()
        for node in _walk(self.node):
            if node.type == "call_expression" and _CHECKS.search(_chain(node)):
                found.update(
                    name
                    for one in _arguments(node)
                    if one.type not in _FUNCTIONS
                    for part in _walk(one)
                    if (name := self.key(part)) is not None
                )
            elif node.type == "binary_expression" and _text(node.child_by_field_name("operator")) in ("===", "!==", "==", "!="):
                sides = [_bare(side) for side in (node.child_by_field_name("left"), node.child_by_field_name("right")) if side is not None]
                for one, other in ((sides[0], sides[-1]), (sides[-1], sides[0])):
                    name = self.key(one)
                    if name is not None and other.type not in ("string", "number", "null", "undefined", "true", "false"):
                        found.add(name)
        return frozenset(found)

    @cached_property
    def _only_gates(self) -> bool:
        """Whether who is signed in is asked for and then not used: nothing but a test whether there is somebody."""
        if not self.session or words.MAY.search(self.text):
            return False
        tests = (
            rb"[!(]\s*(?:"
            + b"|".join(re.escape(name.encode()) for name in sorted(self.session))
            + rb")(?:\s*\??\.\s*\w+)*\s*(?=[)|&]|===?\s*(?:null|undefined))"
        )
        rest = re.sub(tests, b"(", self.text)
        declared = rb"(?:const|let|var)\s*(?:\{[^=]*\}|\[[^=]*\]|\w+)\s*="
        rest = re.sub(declared, b"", rest)
        return not any(
            re.search(rb"(?<![.\w])" + re.escape(name.encode()) + rb"\b(?!\s*[(:])", rest) for name in self.session
        ) and not words.SESSION.search(rest)

    # --- what is done with it -------------------------------------------------------------------------------------------

    def _assigned(self, node: Node) -> Iterator[Doubt]:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        name, local = self.key(right), _text(left)
        if name is not None and words.is_owner(name) and left.type == "identifier":
            if local in self.session:
                yield self._doubt("fallback", name, right, node)
            self.given.setdefault(local, (name, right))
        elif local in self.given and self._is_session(right):
            # `if (body.userId) { userId = body.userId } else { userId = user.id }`
            name, place = self.given.pop(local)
            yield self._doubt("fallback", name, place, place)
        if left.type == "identifier":
            self._declared(left, right)

    def _fallback(self, node: Node) -> Iterator[Doubt]:
        operator, left, right = (node.child_by_field_name(field) for field in ("operator", "left", "right"))
        if left is None or right is None or _text(operator) not in ("||", "??", "||=", "??="):
            return
        for one, other in ((left, right), (right, left)):
            name = self.key(other)
            if name is not None and words.is_owner(name) and self._is_session(one) and not _is_test(node) and not _is_logged(node):
                if not self._is_compared(node):
                    yield self._doubt("fallback", name, node, node)
                return

    def _is_compared(self, value: Node) -> bool:
        """Whether a name that is given this value is compared with who is signed in: `id = query.id ?? user.id; if (id !== user.id) refuse()`."""
        holder = value.parent
        if holder is None or holder.type != "variable_declarator":
            return False
        local = _text(holder.child_by_field_name("name"))
        for node in _walk(self.node):
            if node.type == "binary_expression" and _text(node.child_by_field_name("operator")) in ("===", "!==", "==", "!="):
                sides = [side for side in (node.child_by_field_name("left"), node.child_by_field_name("right")) if side is not None]
                if local in map(_text, sides) and any(self._is_session(side) for side in sides):
                    return True
        return False

    def _chosen(self, node: Node) -> Iterator[Doubt]:
        one, other = node.child_by_field_name("consequence"), node.child_by_field_name("alternative")
        if one is None or other is None or words.MAY.search(self.file._bytes(node.child_by_field_name("condition") or node)):
            return
        for here, there in ((one, other), (other, one)):
            name = self.key(there)
            if name is not None and words.is_owner(name) and self._is_session(here):
                yield self._doubt("fallback", name, node, node)

    def _call(self, node: Node) -> Iterator[Doubt]:
        callee = node.child_by_field_name("function")
        if callee is None:
            return
        text, given, method = _chain(callee), _arguments(node), _method(node)
        if given and (
            (method == "get" and "eaders" in text)
            or text in ("c.req.header", "req.header", "req.get", "getHeader", "getRequestHeader", "ctx.get")
        ):
            yield from self._header(node, given[-1], b"headers")
        if _decodes(node, text, method):
            yield from self._decoded(node, method)
        if text == "Object.assign" and len(given) > 1:
            schema = self._is_whole(given[1])
            if schema == b"" and self._is_row(given[0]) and self._has_powers(entity(_text(given[0]))):
                yield self._doubt("mass assignment", "the whole request body", given[1], node)
        effect = self._effect(callee, method, given)
        if effect:
            yield from self._reached(node, given, effect)
        elif self.is_payment and re.search(
            r"billingPortal\.sessions\.create|subscriptions\.(?:update|cancel|del|create)|customers\.(?:update|del)", text
        ):
            yield from self._unasked(node, given, "change")

    def _reached(self, node: Node, given: list[Node], effect: str) -> Iterator[Doubt]:
        if effect == "write":
            layer = _LAYER.fullmatch(_chain(node.child_by_field_name("function"))) is not None
            trusted = (layer and "ervice." in _chain(node)) or words.ADMINISTRATOR.search(self.text) is not None
            for one in given if not trusted else ():
                if self._stores_all(one, inside=not layer) and self._has_powers(self._entity(node)):
                    yield self._doubt("mass assignment", "the whole request body", one, node)
                    return
        yield from self._unasked(node, given, effect)

    def _unasked(self, node: Node, given: list[Node], effect: str) -> Iterator[Doubt]:
        """An owner, or a power that is stored, from the request: where nobody was asked who is calling, or was asked and then forgotten."""
        if not self.handler.known:
            return
        asked = self.asks_here or self.handler.asked
        if effect == "read" and (_FOR_ALL.search(self.file.path) or _is_narrow(node)):
            return
        if asked and not (effect != "read" and self.asks_here and self._only_gates):
            return
        for one in given:
            for part in _walk(one):
                name = self._named(part, effect)
                if name is not None and name not in self._compares:
                    yield self._doubt("unowned" if asked else "unauthenticated", name, part, node)
                    return

    def _named(self, node: Node, effect: str) -> str | None:
        """The owner or power that a part of a query takes from the request."""
        if node.type == "pair":
            column, value = _column(node), node.child_by_field_name("value")
            name = self.key(value)
            if name is not None and words.is_owner(column) and not words.is_owner(name):
                return name
            return name if name is not None and effect == "write" and self._is_power(node, column) and not self._is_limited(name) else None
        if node.type not in ("identifier", "shorthand_property_identifier", "member_expression", "subscript_expression", "call_expression"):
            return None
        if node.parent is not None and node.parent.type == "member_expression" and node.parent.child_by_field_name("property") == node:
            return None
        name = self.key(node)
        if name is None:
            return None
        if words.is_owner(name):
            return name
        is_column = node.type == "shorthand_property_identifier"
        return name if is_column and effect == "write" and self._is_power(node, name) and not self._is_limited(name) else None

    @staticmethod
    def _is_power(node: Node, column: str) -> bool:
        """Whether a column of a row says what somebody may do; `role` beside the content of a message says who speaks."""
        beside = (_column(one) for one in node.parent.named_children) if node.parent is not None else ()
        return words.is_power(column) and not (words.plain(column) == "role" and words.is_message(beside))

    def _is_limited(self, name: str) -> bool:
        """Whether the handler looks at what a power may be: compares it, or looks it up in a list."""
        word = re.escape(name.encode())
        return (
            re.search(
                rb"\b" + word + rb"\s*[!=]==?|includes\(\s*[\w.]*\b" + word + rb"\b|\[\s*[\w.]*\b" + word + rb"\s*\]|z\.enum", self.text
            )
            is not None
        )

    def _effect(self, callee: Node, method: str, given: list[Node]) -> str:
        """read, write or "" : what a call does to a database with rights that no row security binds."""
        chain = _chain(callee)
        root = chain.partition(".")[0].partition("(")[0]
        if callee.type == "identifier" and given and given[0].type == "template_string":
            return "read" if _text(callee) in ("sql", "query") else ""
        if method not in _WRITES and method not in _READS:
            # An own layer over the database: `storage.getOrders(userId)`.
            match = _LAYER.fullmatch(chain)
            return "" if match is None else "read" if _FETCHES.match(match[1]) else "write" if _CHANGES.match(match[1]) else ""
        effect = (
            "write"
            if method in _WRITES or re.search(r"\.(?:update|delete|insert|upsert|create|remove|deleteMany|updateMany)\(", chain)
            else "read"
        )
        if ".from(" in chain or method in ("rpc",):
            is_supabase = (
                re.search(rb"supabase", self.file.content, re.I) is not None and re.search(r"\.from\([\"'`]|\.rpc$", chain) is not None
            )
            if is_supabase:
                return effect if self._is_service(root) else ""
        if ".collection(" in chain or ".doc(" in chain or chain.startswith(("collection(", "doc(")):
            if re.search(rb"from\s*[\"']firebase/firestore[\"']", self.file.content):
                return ""  # the client SDK: the rules decide
            return effect
        if _SDK.match(chain) and given and given[0].type != "object":
            return ""  # a service's SDK: Prisma takes one object
        if _DATABASE.search(chain) or _is_model(root, chain):
            return effect
        return ""

    def _is_service(self, root: str) -> bool:
        """Whether a Supabase client acts with the service key, wherever it is made."""
        declared = re.search(
            rb"\b(?:const|let|var)\s+"
            + re.escape(root.encode())
            + rb"\b[^=]{0,80}=\s*(?:await\s+)?([\s\S]{0,400}?)(?:\n\s*\n|;|\n\s*(?:const|let|var|if|try|return|export)\b)",
            self.file.code,
        )
        if declared is None:
            return self.file.project.is_service(self.file.path, root)
        made = declared[1]
        if re.search(rb"ANON|PUBLISHABLE|anon", made):
            return False
        if re.search(rb"SERVICE|SECRET|service|admin", made, re.I):
            return True
        named = [match[1].decode() for match in re.finditer(rb"\b([\w$]+)\b", made)]
        for name in named[:12]:
            init = re.search(rb"\b(?:const|let|var)\s+" + re.escape(name.encode()) + rb"\b[^=]{0,60}=([^\n;]{0,200})", self.file.code)
            if init is not None and name != root and re.search(rb"SERVICE_ROLE|SECRET_KEY|SERVICE_KEY", init[1]):
                return b"ANON" not in init[1]
            if init is not None and name != root and re.search(rb"ANON|PUBLISHABLE", init[1]):
                return False
        called = next(iter(named), "")
        return bool(called) and called != "createClient" and self.file.project.is_service(self.file.path, called)

    # --- whole bodies ---------------------------------------------------------------------------------------------------

    def _stores_all(self, node: Node, *, inside: bool = True) -> bool:
        """Whether a whole request body is stored: `body`, `{ ...body }`, `[body]`, and, `inside` of what an ORM is given, `{ data: body }`."""
        node = _bare(node)
        schema = self._is_whole(node)
        if schema is not None:
            return schema == b"" or (schema != b"?" and _opens(schema))
        if node.type == "array" and len(node.named_children) == 1:
            return self._stores_all(node.named_children[0])
        if node.type != "object":
            return False
        for entry in node.named_children:
            if entry.type == "spread_element" and entry.named_children and self._stores_all(entry.named_children[0]):
                # What comes after the spread wins: an owner that is set there is not the caller's.
                later = [_text(one).partition(":")[0].strip("\"' ") for one in node.named_children if one.start_byte > entry.end_byte]
                return not any(words.is_owner(name) for name in later)
            if inside and entry.type == "pair" and _text(entry.child_by_field_name("key")) in ("data", "$set", "create", "update", "set"):
                value = entry.child_by_field_name("value")
                if value is not None and self._stores_all(value):
                    return True
            if (
                inside
                and entry.type == "shorthand_property_identifier"
                and _text(entry) in ("data", "update")
                and _text(entry) in self.whole
            ):
                schema = (self.parsed[_text(entry)] or b"?") if _text(entry) in self.parsed else b""
                return schema == b"" or (schema != b"?" and _opens(schema))
        return False

    def _made(self, node: Node) -> Iterator[Doubt]:
        """`new Order(req.body)`: a model's row with every column that the client names."""
        made, given = node.child_by_field_name("constructor"), _arguments(node)
        if made is None or not given or not _is_model(_text(made), _text(made)) or self._is_whole(given[0]) != b"":
            return
        imported = self.file.project.imports(self.file.path).get(_text(made))
        if imported is not None and re.search(r"model|entit|schema", imported.specifier, re.I) and self._has_powers(entity(_text(made))):
            yield self._doubt("mass assignment", "the whole request body", given[0], node)

    def _is_row(self, node: Node) -> bool:
        """Whether a name holds a row that was looked up."""
        name = re.escape(_text(node).encode())
        return re.search(rb"\b" + name + rb"\s*=\s*(?:await\s+)?[\w.$]+\.(?:find\w*|get\w*)\(", self.text) is not None

    def _entity(self, node: Node) -> str:
        """The plain name of what a call stores, "" where it does not say."""
        chain = _chain(node)
        match = (
            re.search(r"\.from\([\"'`]([\w.]+)[\"'`]", chain)
            or re.search(r"\.(?:insert|update|into|collection|table)\([\"'`]?([\w.]+)[\"'`]?\)", chain)
            or re.search(r"(?:prisma|db|tx|client|database)\.(\w+)\.\w+\(", chain)
            or re.match(r"([A-Z]\w+)\.\w+\(", chain)
            or re.search(r"\.(?:create|update|insert|upsert|save|add|set|patch)([A-Z]\w+)\($", chain)
        )
        return entity(match[1]) if match is not None else ""

    def _has_powers(self, name: str) -> bool:
        """Whether what is stored has columns that a client must not choose; True where the project does not say."""
        columns = self.file.project.tables.get(name)
        return columns is None or any(
            words.is_owner(column) or words.is_power(column) or words.plain(column) in ("price", "paid", "verified") for column in columns
        )

    # --- headers, tokens, prices ------------------------------------------------------------------------------------------

    def _header(self, node: Node, index: Node | None, before: bytes) -> Iterator[Doubt]:
        name = _string(index)
        if name is None or b"eaders" not in before or not words.is_identity_header(name):
            return
        yield from self._identity_header(name, node)

    def _identity_header(self, name: str, node: Node) -> Iterator[Doubt]:
        if name.lower() in self.file.project.overwritten:
            return
        if words.is_tenant_header(name) and (self.session or self.handler.asked or words.SESSION.search(self.text)):
            return  # it chooses among what the caller belongs to
        if not _is_logged(node):
            yield self._doubt("header", name, node, node)

    def _header_parameters(self) -> Iterator[Doubt]:
        for parameter in _list(self.node, "parameters"):
            for decorator in _decorators(parameter):
                match = re.match(rb"@Headers\(\s*[\"'`]([\w-]+)[\"'`]", self.file._bytes(decorator))
                if match is not None and words.is_identity_header(match[1].decode()):
                    yield from self._identity_header(match[1].decode(), decorator)

    def _decoded(self, node: Node, method: str) -> Iterator[Doubt]:
        verifies = re.search(rb"verif|getUser\(|getClaims\(|auth\.getUser", self.file.code, re.I) is not None
        called = {match[1].decode() for match in re.finditer(rb"(?<![.\w$])([A-Za-z_$][\w$]*)\s*\(", self.text)}
        verifies = verifies or any(
            self.file.project.asks(self.file.path, name) for name in called if name in self.file.project.imports(self.file.path)
        )
        if not verifies and not self.handler.asked and not re.search(r"log-?out|sign-?out", self.file.path, re.IGNORECASE):
            yield self._doubt("decoded", method, node, node)

    def _price(self, node: Node) -> Iterator[Doubt]:
        key, value = _text(node.child_by_field_name("key")).strip("\"'`"), node.child_by_field_name("value")
        if (
            key not in ("unit_amount", "unit_amount_decimal", "amount", "unitAmount", "value", "custom_price", "customPrice", "total")
            or not self.is_payment
        ):
            return
        name = self.key(value)
        if name is None or not words.is_price(name) or words.CHOSEN.search(self.text) or words.CHOSEN.search(self.file.path.encode()):
            return
        if key in ("value", "total") and not re.search(rb"purchase_units|paypal|mollie", self.text, re.I):
            return
        if key == "amount" and not _is_in_payment(node):
            return
        if not re.search(rb"\b" + re.escape(name.encode()) + rb"\s*[!=]==", self.text):
            yield self._doubt("price", name, node, node)

    def _doubt(self, kind: str, name: str, source: Node, sink: Node) -> Doubt:
        at = self.file.place.at
        return Doubt(kind, name, at(source.start_byte), at(sink.start_byte), self.handler.name, self.handler.asked and not self.asks_here)


# --- what the texts mean --------------------------------------------------------------------------------------------------

_R = r"(?:[\w$]+\.){0,2}(?:_?req|_?request|r)"
# Expressions that hold all of what the client sent, and calls that give it.
_HOLDS = late.pattern(
    rf"{_R}\.(?:body|query|params)|c\.req\.(?:body|query)|(?:event|evt|e)\.(?:queryStringParameters|pathParameters)|event\.context\.params|(?:event\.)?url\.searchParams|{_R}\.(?:nextUrl|url)\.searchParams"
    r"|ctx\.(?:query|params|request\.body)|request\.data"
)
_GIVES = late.pattern(
    rf"{_R}\.(?:clone\(\)\.)?(?:json|formData|parseBody|body|queries|query|param|params)\(\)?\)?|{_R}\.valid\(.*|(?:readBody|readValidatedBody|readFormData|readMultipartFormData|getQuery|getValidatedQuery|getRouterParams)\(.*"
)
_ASKS_FOR_ONE = late.pattern(rf"{_R}\.(?:query|param|queries|field)\(|getRouterParam\(")
_RAW = late.pattern(rb"\b(?:event|evt|req|request|e)\.(?:body|text\(\)|rawBody)|\bbody\b|\braw\w*\b|\bpayload\b")
_REQUEST = late.pattern(
    rb"\b(?:_?req|_?request|ctx|c|event|evt|r)\b[^;\n]{0,40}(?:\.json\(|\.formData\(|\.parseBody\(|\.body\b|\.query\b|\.params\b|\.param\(|\.header|searchParams|\.url\b)|\breadBody\(|\bgetQuery\(|\bgetRouterParam"
    rb"|\bsearchParams\b|\bheaders\(\)|[uU]serId|[iI]dentity|ecode|\bformData\b"
)
# Calls that look at whether somebody may: what they are given is compared there.
_CHECKS = late.pattern(
    r"(?:^|\.)(?:\w*(?:[aA]uthori[sz]e|[aA]uthenticate|[pP]ermission|[aA]ccess|[mM]ember|[oO]wner|[pP]olicy|[aA]bility)\w*|(?:require|ensure|assert|verify|check|can|must|validate)[A-Z]\w*)\($"
)
# Reads that give away nothing: of these columns alone, or by routes that are there for everybody.
_HARMLESS = late.pattern(
    r"id|uuid|name|slug|image|avatar|avatarurl|logo|logourl|username|title|createdat|updatedat|count|is\w+|has\w+|\w+enabled|displayname"
)
_FOR_ALL = late.pattern(
    r"logo|avatar|favicon|public|share|embed|badge|rss|sitemap|/og\b|opengraph|qr|unsubscribe|health|branding", re.IGNORECASE
)
_SUMS = late.pattern(rb"reduce\(|\*|\+=|\.map\(")
_WRITES = frozenset(
    (
        "insert", "update", "upsert", "create", "createMany", "createManyAndReturn", "updateMany", "updateManyAndReturn", "findByIdAndUpdate", "findOneAndUpdate", "insertOne", "insertMany",
        "updateOne", "replaceOne", "set", "add", "values", "delete", "deleteMany", "deleteOne", "findByIdAndDelete", "findOneAndDelete", "destroy", "remove", "patch", "replace", "save", "bulkCreate",
        "createOrder", "createUser", "updateUser", "deleteUser",
    )
)  # fmt: skip
_READS = frozenset(
    (
        "eq", "match", "where", "andWhere", "findMany", "findFirst", "findUnique", "findUniqueOrThrow", "findFirstOrThrow", "findOne", "find", "findById", "findByPk", "findAll", "filter", "in", "is", "rpc", "query", "execute",
        "run", "all", "get", "first", "bind", "raw", "doc", "count", "aggregate", "select", "$queryRaw", "$executeRaw", "$queryRawUnsafe", "queryRaw", "countDocuments", "distinct",
    )
)  # fmt: skip
# Chains that lead to a database by the names people give to one.
_DATABASE = late.pattern(
    r"(?:^|\.)(?:prisma\w*|db|database|knex|pool|pg|mysql|mongo|sql|conn|connection|client|tx|trx|storage|repo|repository|\w+Repository|\w+Repo|em|entityManager|dataSource|drizzle|orm|d1|DB|turso|redis|kysely|\w+Model)"
    r"(?:\(\))?(?:\.|\()"
)
# `client.agents.update(id, changes)`
_SDK = late.pattern(r"(?:this\.)?client\.\w+\.\w+\(?$")
_LAYER = late.pattern(r"(?:this\.)?(?:storage|dal|db|database|queries|repo|repository|\w+(?:Repo|Repository|Service|Dao|Store))\.(\w+)")
_FETCHES = late.pattern(r"(?:get|find|list|fetch|load|read|count|search|query)(?![a-z])")
_CHANGES = late.pattern(
    r"(?:create|update|delete|set|add|remove|insert|upsert|save|patch|grant|cancel|approve|assign|increment|deduct|mark)(?![a-z])"
)
_NO_MODEL = frozenset(
    ("Object", "Array", "Map", "Set", "Response", "NextResponse", "Promise", "Date", "Number", "String", "Math", "JSON", "Buffer", "URL", "Error", "Deno", "Bun", "Stripe", "Intl", "Reflect", "Symbol", "Headers", "FormData",
     "Request", "Cookies", "Logger", "Image", "Cache", "Storage", "Resend", "Redis", "Razorpay", "Cookie")
)  # fmt: skip


def _is_model(root: str, chain: str) -> bool:
    """Whether a name is a model's: `Order.find(...)`."""
    return (
        re.fullmatch(r"[A-Z][a-zA-Z]+", root) is not None
        and root not in _NO_MODEL
        and not root.isupper()
        and chain.count(".") <= 1 + chain.count("(")
    )


def _decodes(node: Node, chain: str, method: str) -> bool:
    if method in ("jwtDecode", "jwt_decode", "decodeJwt") or chain in ("jwt.decode", "jose.decodeJwt", "jsonwebtoken.decode", "JWT.decode"):
        return True
    # `JSON.parse(atob(token.split(".")[1]))`
    return (
        chain == "JSON.parse"
        and re.search(r"(?:atob\(|Buffer\.from\(|decodeBase64|base64)[^;]{0,80}\.split\(\s*[\"']\.[\"']\s*\)\s*\[\s*1\s*\]", _text(node))
        is not None
    )


def _is_in_payment(node: Node) -> bool:
    """Whether a pair stands in what a payment provider is handed."""
    current: Node | None = node
    while current is not None and current.type not in _FUNCTIONS:
        if current.type == "call_expression":
            chain = _chain(current)
            if re.search(
                r"paymentIntents|checkout|payment_intents|orders\.create|charges|payments|invoiceItems|paymentLinks|prices\.create|initialize|sessions",
                chain,
            ):
                return True
        current = current.parent
    return False


def _opens(schema: bytes) -> bool:
    """Whether a schema lets a power through, or everything."""
    if re.search(rb"passthrough\(|looseObject|=\s*z\.(?:any|record|unknown)\(|\.catchall\(|unknown\(true", schema):
        return True
    return any(
        words.is_power(match[1].decode("utf-8", "replace")) and b"enum" not in match[2] and b"literal" not in match[2]
        for match in re.finditer(rb"[{,]\s*[\"']?(\w+)[\"']?\s*:\s*([^,}\n]{0,80})", schema)
    )


def _is_narrow(call: Node) -> bool:
    """Whether a query selects nothing but names and pictures: `select: { id: true, name: true }`."""
    chosen = next((select for one in _arguments(call) if one.type == "object" and (select := _property(one, "select")) is not None), None)
    if chosen is None or chosen.type != "object":
        return False
    keys = [_text(entry.child_by_field_name("key")) for entry in chosen.named_children if entry.type == "pair"]
    return bool(keys) and all(_HARMLESS.fullmatch(words.plain(key)) for key in keys)


def _is_test(node: Node) -> bool:
    """Whether an expression is only asked whether it is true: `if (!session || !userId)`."""
    parent = node.parent
    while parent is not None and parent.type in ("parenthesized_expression", "unary_expression", "binary_expression"):
        if (
            parent.type == "parenthesized_expression"
            and parent.parent is not None
            and parent.parent.type in ("if_statement", "while_statement")
        ):
            return True
        parent = parent.parent
    return False


def _is_logged(node: Node) -> bool:
    """Whether an expression only ends in a log."""
    current: Node | None = node
    while current is not None and current.type not in _FUNCTIONS:
        if current.type == "call_expression" and re.match(
            r"(?:this\.)?(?:console|logger|log|Sentry|winston|pino)\b|log\w*$", _chain(current.child_by_field_name("function"))
        ):
            return True
        current = current.parent
    return False


# --- syntax ---------------------------------------------------------------------------------------------------------------


def _walk(node: Node) -> Iterator[Node]:
    """Every node below, in the order of the text: declarations come before their uses."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += reversed(current.named_children)


def _column(entry: Node) -> str:
    """What an entry of an object sets."""
    return _text(entry.child_by_field_name("key") if entry.type == "pair" else entry).strip("\"'`")


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def _string(node: Node | None) -> str | None:
    if node is not None and (node.type == "string" or (node.type == "template_string" and b"${" not in (node.text or b""))):
        return _text(node)[1:-1]
    return None


def _bare(node: Node) -> Node:
    """An expression without `await`, brackets and what types say."""
    while node.type in _WRAPPERS and node.named_children:
        node = node.named_children[0]
    return node


def _chain(node: Node | None) -> str:
    """The text of a chain of members and calls without blanks, `?` and `!`, as far as the bracket of its last call."""
    if node is None:
        return ""
    text = _text(node.child_by_field_name("function")) + "(" if node.type == "call_expression" else _text(node)
    if len(text) > 2000:
        text = text[:2000]
    return re.sub(r"\?\.", ".", re.sub(r"[\s!]|<[^<>()]{0,80}>(?=\()", "", text))


def _method(call: Node) -> str:
    callee = call.child_by_field_name("function")
    return "" if callee is None else _text(callee.child_by_field_name("property")) if callee.type == "member_expression" else _text(callee)


def _arguments(call: Node) -> list[Node]:
    given = call.child_by_field_name("arguments")
    if given is None:
        return []
    if given.type == "template_string":
        return [given]
    return [child for child in given.named_children if child.type != "comment"]


def _property(node: Node, name: str) -> Node | None:
    """The value of an object's property, a method included."""
    for entry in node.named_children:
        if entry.type == "pair" and _text(entry.child_by_field_name("key")).strip("\"'`") == name:
            return entry.child_by_field_name("value")
        if entry.type == "method_definition" and _text(entry.child_by_field_name("name")) == name:
            return entry
    return None


def _list(node: Node, field: str) -> list[Node]:
    found = node.child_by_field_name(field)
    return [] if found is None else [child for child in found.named_children if child.type != "comment"]


def _parameters(function: Node) -> list[Node]:
    """The patterns of a function's parameters."""
    single = function.child_by_field_name("parameter")
    listed = [single] if single is not None else _list(function, "parameters")
    return [
        (one.child_by_field_name("pattern") or one.child_by_field_name("left") or one)
        if one.type not in ("identifier", "object_pattern")
        else one
        for one in listed
    ]


# (whole, taken, parsed) of a handler.
_Seeds = tuple[tuple[str, ...], tuple[tuple[str, str], ...], tuple[tuple[str, bytes | None], ...]]


def _seeds(function: Node) -> _Seeds:
    """What the parameters of a handler hold of the request: `{ params }`, `{ body, query }`."""
    whole: list[str] = []
    taken: list[tuple[str, str]] = []
    for pattern in _parameters(function):
        if pattern.type == "object_pattern":
            for local, key in _entries(pattern):
                if key in ("params", "body", "query", "searchParams", "input"):
                    whole.append(local)
            # `{ params: { userId } }`
            for entry in pattern.named_children:
                value = entry.child_by_field_name("value") if entry.type == "pair_pattern" else None
                if (
                    value is not None
                    and value.type == "object_pattern"
                    and _text(entry.child_by_field_name("key")) in ("params", "body", "query")
                ):
                    taken += _entries(value)
        elif pattern.type == "identifier" and _text(pattern) == "formData":
            whole.append("formData")
    return tuple(whole), tuple(taken), ()


def _second(function: Node) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What the second parameter of a Convex function holds."""
    parameters = _parameters(function)
    if len(parameters) < 2:
        return (), ()
    if parameters[1].type == "identifier":
        return (_text(parameters[1]),), ()
    return (), tuple(_entries(parameters[1]))


def _entries(pattern: Node) -> list[tuple[str, str]]:
    """(local name, key) of an object pattern; the key is "" for the rest of it."""
    found = []
    for entry in pattern.named_children:
        if entry.type == "shorthand_property_identifier_pattern":
            found.append((_text(entry), _text(entry)))
        elif entry.type == "object_assignment_pattern":
            name = _text(entry.child_by_field_name("left"))
            found.append((name, name))
        elif entry.type == "pair_pattern":
            value = entry.child_by_field_name("value")
            if value is not None and value.type == "assignment_pattern":
                value = value.child_by_field_name("left")
            if value is not None and value.type == "identifier":
                found.append((_text(value), _text(entry.child_by_field_name("key")).strip("\"'")))
            elif value is not None and value.type == "object_pattern":
                outer = _text(entry.child_by_field_name("key"))
                found += [(local, f"{outer}Id" if key == "id" else key) for local, key in _entries(value)]
        elif entry.type == "rest_pattern" and entry.named_children:
            found.append((_text(entry.named_children[0]), ""))
    return found


def _names(target: Node) -> list[Node]:
    """The identifiers that a pattern binds."""
    return [node for node in _walk(target) if node.type in ("identifier", "shorthand_property_identifier_pattern")]


def _decorators(node: Node) -> list[Node]:
    found = [child for child in node.named_children if child.type == "decorator"]
    if node.parent is not None and node.parent.type == "export_statement":
        found += [child for child in node.parent.named_children if child.type == "decorator"]
    return found


def _name_of(node: Node) -> str:
    """The name of a function, or of what it is assigned to."""
    name = node.child_by_field_name("name")
    if name is not None:
        return _text(name)
    parent = node.parent
    while parent is not None and parent.type in ("arguments", "call_expression", *_WRAPPERS):
        parent = parent.parent
    if parent is not None and parent.type in ("variable_declarator", "assignment_expression", "pair"):
        target = parent.child_by_field_name("name") or parent.child_by_field_name("left") or parent.child_by_field_name("key")
        return _text(target).rpartition(".")[2]
    return ""


def _without_comments(root: Node, content: bytes) -> bytes:
    blank = bytearray(content)
    for node in _walk(root):
        if node.type == "comment":
            blank[node.start_byte : node.end_byte] = re.sub(rb"[^\n\r]", b" ", content[node.start_byte : node.end_byte])
    return bytes(blank)


# --- which files --------------------------------------------------------------------------------------------------------------

_JS = r"\.[cm]?[jt]sx?"
_ROUTE_FILE = late.pattern(
    rf"(?:^|/)(?:app/(?:.*/)?route{_JS}|pages/api/.+{_JS}|src/routes/(?:.*/)?\+(?:server|page\.server|layout\.server)\.[jt]s|server/(?:api|routes|middleware)/.+{_JS}"
    rf"|supabase/functions/[^/_][^/]*/index{_JS}|netlify/(?:edge-)?functions/.+{_JS}|app/routes/.+{_JS}|(?:^|/)api/.+{_JS}|functions/.+{_JS})$"
)
_HANDLES = late.pattern(
    rb"export\s+default\s+(?:async\s+)?(?:function|\()|export\s+(?:const|async\s+function|function)\s+(?:GET|POST|PUT|PATCH|DELETE|handler|loader|action|actions|load|onRequest\w*)\b|module\.exports\s*="
    rb"|exports\.handler|\(\s*_?(?:req|request)\b[^)]{0,60},\s*_?(?:res|reply|response|rep|h)\b|\bserve\(|defineEventHandler|\bonRequest\(|\bonCall\("
)
_REGISTERS = late.pattern(
    rb"\b\w*(?:[aA]pp|[rR]outer|[rR]outes?|fastify|[sS]erver|api|hono|instance|webhooks?)\s*\.\s*(?:post|get|put|patch|delete|all|route)\s*(?:<[^<>()]{0,80}>)?\(\s*[\"'`{]"
)
_CHAINED = late.pattern(rb"\)\s*\.\s*(?:get|post|put|patch|delete)\(\s*[\"'`]/|\.(?:use|register)\(\s*(?:[\"'`]/|\w*[rR]out)")
_OTHER = (b"@Controller", b"rocedure", b"use server", b"onRequest(", b"onCall(", b"Deno.serve", b"mutation({", b"query({")


def is_route_file(path: str) -> bool:
    """Whether a file holds handlers by its place, as far as the frameworks' conventions go."""
    return _ROUTE_FILE.search(path) is not None


def holds_handlers(path: str, content: bytes) -> bool:
    """Whether a file may hold functions that answer requests."""
    if registers(content) or any(trace in content for trace in _OTHER):
        return True
    return (is_route_file(path) and _HANDLES.search(content) is not None) or re.search(
        rb"\(\s*_?(?:req|request)\b[^)]{0,60},\s*_?(?:res|reply|response)\b", content
    ) is not None


def registers(content: bytes) -> bool:
    """Whether a file tells a server which function answers which path."""
    if not any(trace in content for trace in _SERVERS) and b"Router" not in content.replace(b"useRouter", b""):
        return False
    return _REGISTERS.search(content) is not None or _CHAINED.search(content) is not None


_SERVERS = (b"xpress", b"hono", b"Hono", b"astify", b"lysia", b"koa", b"polka", b"restify", b"@oak", b"/oak", b"app.", b"server.")
