"""Handlers in JavaScript and TypeScript: which functions answer requests, what asks before them, and where what a request says ends up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING

from driftline import late
from driftline.code import Place
from driftline.code.syntax import string
from driftline.code.syntax import text as text_of
from driftline.evidence import Doubt
from driftline.record import NamedTuple
from driftline.review.handlers import flow, syntax, words
from driftline.review.handlers.project import Project

if TYPE_CHECKING:
    from tree_sitter import Node

_VERBS = frozenset(("get", "post", "put", "patch", "delete", "all", "del"))
# What takes one function that answers requests.
_TAKES_A_HANDLER = late.pattern(
    r"(?:serve|Deno\.serve|defineEventHandler|eventHandler|cachedEventHandler|(?:functions\.|https\.){0,4}(?:onRequest|onCall)|createServerFn|handler)$"
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
        nodes = list(syntax.walk(self.root))
        self.code = syntax.without((node for node in nodes if node.type == "comment"), content)
        self.calls = [node for node in nodes if node.type == "call_expression"]
        self.is_service = cache(self._is_service)  # every query of a file asks it about the same client
        # What a file says of all its handlers: `router.use(requireAuth)`, a hook of Fastify, a guard of its class.
        self.asked = False

    # --- which functions answer -------------------------------------------------------------------------------------------

    def register(self) -> None:
        """Tells the project which handlers and files of other modules this file puts behind what."""
        behind: list[str] = []  # the prefixes before which something asks
        for call in self.calls:
            method, given = syntax.method(call), syntax.arguments(call)
            if method in ("use", "register", "route") and given:
                prefix = string(given[0])
                rest = given[1:] if prefix is not None else given
                standing = [self._is_guard(one) for one in rest]
                asked = any(standing)
                files = [file for one, guards in zip(rest, standing, strict=True) if not guards and (file := self._module(one)) is not None]
                if asked and not files:
                    behind.append((prefix or "").rstrip("*").rstrip("/"))
                before = asked or any((prefix or "").startswith(known) for known in behind)
                self.project.behind.update(files if before else ())
            elif method in ("addHook", "onBeforeHandle", "beforeHandle", "derive") and self._is_guard_text(self.bytes_of(call)):
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
            if inner or outer or not flow.REQUEST.search(self.bytes_of(node)):
                continue
            found.append(node)
            known, before = self._known(node)
            before = before or self._is_wrapped(node) or self._callers_ask(node)
            yield Handler(node, syntax.name_of(node), asked or before, known or by_place, *_seeds(node))

    def _of_calls(self, asked: bool) -> Iterator[Handler]:
        for call in self.calls:
            node, before = self._registered(call)
            callee = syntax.chain(call.child_by_field_name("function"))
            given = syntax.arguments(call)
            if node is not None and (function := self._function_in(node)) is not None:
                yield Handler(
                    function,
                    f"{syntax.method(call)} {string(given[0]) or ''}".strip(),
                    asked or before or self._is_wrapped(function),
                    True,
                    *_seeds(function),
                )
            elif (
                callee.rpartition(".")[2] in ("mutation", "query", "subscription")
                and "rocedure" in callee
                and given
                and given[0].type in syntax.FUNCTIONS
            ):
                guarded = not re.search(r"(?:^|\.)(?:t\.procedure|public\w*|base\w*|open\w*)\b", callee) and not callee.startswith(
                    "procedure"
                )
                schema = re.search(rb"\.input\(([\s\S]*)", self.bytes_of(call.child_by_field_name("function") or call))
                yield Handler(
                    given[0],
                    syntax.name_of(given[0]),
                    asked or guarded,
                    True,
                    ("input",),
                    (),
                    (("input", schema[1] if schema and b"{" in schema[1] else None),),
                )
            elif callee in _CONVEX and given and given[0].type == "object" and "convex" in self.path:
                function = syntax.value_of(given[0], "handler")
                if function is not None and function.type in syntax.FUNCTIONS:
                    whole, taken = _second(function)
                    yield Handler(function, syntax.name_of(given[0]), asked, True, whole, taken)
            elif _TAKES_A_HANDLER.search(callee) and given:
                function = self._function_in(given[-1])
                if function is not None:
                    whole, taken, parsed = _seeds(function)
                    if callee.endswith("onCall"):
                        first = syntax.parameters(function)[:1]
                        whole = (*whole, *(text_of(name) for name in first if name.type == "identifier"))
                    yield Handler(function, syntax.name_of(function), asked, True, whole, taken, parsed)

    def _of_classes(self, asked: bool) -> Iterator[Handler]:
        """The methods of Nest's controllers."""
        if b"@Controller" not in self.content:
            return
        for node in syntax.walk(self.root):
            if node.type != "class_declaration":
                continue
            own = b" ".join(self.bytes_of(one) for one in syntax.decorators(node))
            if b"@Controller" not in own:
                continue
            before: list[Node] = []
            body = node.child_by_field_name("body")
            for member in body.named_children if body is not None else ():
                if member.type == "decorator":
                    before.append(member)
                    continue
                said = b" ".join(self.bytes_of(one) for one in (*before, *syntax.decorators(member)))
                before = []
                if member.type == "method_definition" and re.search(rb"@(?:Get|Post|Put|Patch|Delete|All)\(", said):
                    guarded = b"@UseGuards" in own + said or (self.project.is_guarded_throughout and b"@Public" not in own + said)
                    guarded = guarded or re.search(rb"@\w*Auth\w*\(", own + said) is not None
                    yield Handler(member, syntax.name_of(member), asked or guarded, True, *self._decorated(member))

    def _decorated(self, method: Node) -> _Seeds:
        """What the parameters of a Nest method hold, by their decorators."""
        whole: list[str] = []
        taken: list[tuple[str, str]] = []
        parsed: list[tuple[str, bytes | None]] = []
        for parameter in syntax.children(method, "parameters"):
            said = b" ".join(self.bytes_of(one) for one in syntax.decorators(parameter))
            pattern = parameter.child_by_field_name("pattern")
            match = re.search(rb"@(?:Body|Query|Param|Headers)\(\s*(?:[\"'`]([\w-]+)[\"'`])?", said)
            if match is None or pattern is None or pattern.type != "identifier":
                continue
            if match[1]:
                taken.append((text_of(pattern), match[1].decode()))
            elif not said.startswith(b"@Headers"):
                whole.append(text_of(pattern))
                kind = text_of(parameter.child_by_field_name("type")).strip(": ")
                if re.fullmatch(r"[A-Z]\w*", kind) and kind not in ("Record", "Object"):
                    parsed.append((text_of(pattern), None))
        return tuple(whole), tuple(taken), tuple(parsed)

    def _of_actions(self, asked: bool) -> Iterator[Handler]:
        """Server actions: exported functions of a file that begins with `"use server"`, which any client can call with any arguments."""
        begins = next((node for node in self.root.named_children if node.type != "comment"), None)
        if (
            begins is None
            or begins.type != "expression_statement"
            or self.bytes_of(begins).strip(b"\"';") != b"use server"
            or b"server-only" in self.content
        ):
            return
        for statement in self.root.named_children:
            if statement.type != "export_statement":
                continue
            for node in syntax.walk(statement):
                if node.type in syntax.FUNCTIONS and self.project.is_called_by_clients(self.path, syntax.name_of(node)):
                    names = [text_of(one) for one in syntax.parameters(node) if one.type == "identifier"]
                    yield Handler(
                        node,
                        syntax.name_of(node),
                        asked or self._is_wrapped(node),
                        True,
                        tuple(names),
                        tuple((name, name) for name in names),
                    )
                if node.type in syntax.FUNCTIONS:
                    break

    def _functions(self) -> Iterator[Node]:
        """The outermost functions; of an object or a class of functions, each."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            if node.type in syntax.FUNCTIONS:
                yield node
            else:
                waiting += reversed(node.named_children)

    def _known(self, node: Node) -> tuple[bool, bool]:
        """(whether a route elsewhere names this function, whether something asks before every such route)."""
        name = syntax.name_of(node)
        found = self.project.registered.get((self.path, name), []) + self.project.registered.get((self.path, "*"), [])
        return bool(found), bool(found) and all(found)

    def _callers_ask(self, node: Node) -> bool:
        """Whether a function that the file keeps to itself is called by functions alone that ask who is calling."""
        name = syntax.name_of(node)
        if not name or re.search(rb"\bexport\b[^;{}=(]{0,40}\b" + re.escape(name.encode()) + rb"\b", self.code):
            return False
        call = re.compile(rb"(?<![.\w$])" + re.escape(name.encode()) + rb"\s*\(")
        callers = [other for other in self._functions() if other.id != node.id and call.search(self.bytes_of(other))]
        return bool(callers) and all(words.ASKS.search(self.bytes_of(other)) for other in callers)

    def _registered(self, call: Node) -> tuple[Node | None, bool]:
        """(the handler that a call registers, whether something before it asks); (None, False) for any other call."""
        callee = call.child_by_field_name("function")
        given = syntax.arguments(call)
        method = syntax.method(call)
        if callee is None or callee.type != "member_expression" or not given:
            return None, False
        if method in ("route", "get", "post") and given[0].type == "object":
            handler = syntax.value_of(given[0], "handler")
            return handler, handler is not None and self._is_guard(given[0])
        if method not in _VERBS:
            return None, False
        path = string(given[0])
        on_route = ".route(" in text_of(callee)
        if not on_route and (path is None or not re.match(r"/|\*|$", path)):
            return None, False
        rest = given if on_route else given[1:]
        if not rest:
            return None, False
        return rest[-1], any(self._is_guard(one) for one in rest[:-1])

    def _asks_for_all(self) -> bool:
        """Whether the file puts something that asks before all of its routes."""
        for call in self.calls:
            method, given = syntax.method(call), syntax.arguments(call)
            if method in ("use", "addHook", "onBeforeHandle") and given:
                rest = given[1:] if string(given[0]) is not None else given
                first = string(given[0]) or "*"
                if (first in ("*", "/*", "/", "/api/*", "onRequest", "preHandler", "preValidation") or len(rest) == len(given)) and any(
                    self._is_guard(one) for one in rest
                ):
                    return True
        return False

    # --- what asks ----------------------------------------------------------------------------------------------------------

    def _is_guard(self, node: Node) -> bool:
        """Whether a middleware, a list of them or an option that holds one asks who is calling."""
        if node.type in syntax.FUNCTIONS:
            return words.ASKS.search(self.bytes_of(node)) is not None
        if node.type == "array":
            return any(self._is_guard(one) for one in node.named_children)
        if node.type == "object":
            hooks = (
                syntax.value_of(node, name)
                for name in ("preHandler", "onRequest", "preValidation", "beforeHandle", "use", "middleware", "before")
            )
            return any(hook is not None and self._is_guard(hook) for hook in hooks)
        if node.type == "call_expression":
            return self._is_guard_name(syntax.chain(node.child_by_field_name("function"))) or any(
                self._is_guard(one) for one in syntax.arguments(node)
            )
        return node.type in ("identifier", "member_expression") and self._is_guard_name(syntax.chain(node))

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
        while current.parent is not None and current.parent.type in ("arguments", "call_expression", *syntax.WRAPPERS):
            current = current.parent
            if (
                current.type == "call_expression"
                and syntax.method(current) not in _VERBS
                and self._is_guard(current.child_by_field_name("function") or current)
            ):
                return True
        # `export default withAuth(handler)`, `export const POST = requireUser(create)`
        given_to = self._given_to.get(syntax.name_of(node), ())
        return any(words.GUARD.search(callee.encode()) and self._is_guard_name(callee) for callee in given_to)

    @cached_property
    def _given_to(self) -> Mapping[str, list[str]]:
        """What each name is the first argument of."""
        found: dict[str, list[str]] = {}
        for match in re.finditer(rb"(?<![\w$.])([\w$.]{1,200})\(\s{0,99}([\w$]{1,200})\s{0,99}[,)]", self.code):
            found.setdefault(match[2].decode("utf-8", "replace"), []).append(match[1].decode("utf-8", "replace"))
        return found

    def _module(self, node: Node) -> str | None:
        """The file that a router comes from: `ordersRouter`, `require("./routes/orders")`, `orders.routes`."""
        if node.type == "call_expression":
            given = syntax.arguments(node)
            if text_of(node.child_by_field_name("function")) == "require" and given and (specifier := string(given[0])):
                return self.project.file(self.path, specifier)
            return self._module(node.child_by_field_name("function")) if node.child_by_field_name("function") is not None else None  # type: ignore[arg-type]
        source = self.project.source(self.path, syntax.chain(node).partition(".")[0])
        return source[0] if source is not None else None

    def _source(self, node: Node) -> tuple[str, str] | None:
        """(file, name) of the function that a route names: imported by itself, or from a controller."""
        first, _, rest = syntax.chain(node).partition(".")
        source = self.project.source(self.path, first)
        if source is None:
            return (self.path, first) if not rest else None
        return (source[0], rest.rpartition(".")[2]) if rest else source

    def _function_in(self, node: Node) -> Node | None:
        """The function itself, or the one that a wrapper is given."""
        if node.type in syntax.FUNCTIONS:
            return node
        if node.type == "call_expression":
            return next((found for one in reversed(syntax.arguments(node)) if (found := self._function_in(one)) is not None), None)
        return None

    # --- helpers ----------------------------------------------------------------------------------------------------------

    def _is_service(self, root: str) -> bool:
        """Whether a Supabase client acts with the service key, wherever it is made."""
        declared = re.search(
            rb"\b(?:const|let|var)\s+"
            + re.escape(root.encode())
            + rb"\b[^=]{0,80}=\s*(?:await\s+)?([\s\S]{0,400}?)(?:\n\s*\n|;|\n\s*(?:const|let|var|if|try|return|export)\b)",
            self.code,
        )
        if declared is None:
            return self.project.is_service(self.path, root)
        made = declared[1]
        if re.search(rb"ANON|PUBLISHABLE|anon", made):
            return False
        if re.search(rb"SERVICE|SECRET|service|admin", made, re.I):
            return True
        named = [match[1].decode() for match in re.finditer(rb"\b([\w$]+)\b", made)]
        for name in named[:12]:
            init = re.search(rb"\b(?:const|let|var)\s+" + re.escape(name.encode()) + rb"\b[^=]{0,60}=([^\n;]{0,200})", self.code)
            if init is not None and name != root and re.search(rb"SERVICE_ROLE|SECRET_KEY|SERVICE_KEY", init[1]):
                return b"ANON" not in init[1]
            if init is not None and name != root and re.search(rb"ANON|PUBLISHABLE", init[1]):
                return False
        called = next(iter(named), "")
        return bool(called) and called != "createClient" and self.project.is_service(self.path, called)

    def bytes_of(self, node: Node) -> bytes:
        """A node's text without comments."""
        return self.code[node.start_byte : node.end_byte]

    def doubts(self) -> Iterator[Doubt]:
        """What is doubtful about the file's handlers."""
        for handler in self.handlers():
            yield from flow.Flow(self, handler).doubts()


# --- what the texts mean --------------------------------------------------------------------------------------------------


# --- syntax ---------------------------------------------------------------------------------------------------------------


# (whole, taken, parsed) of a handler.
_Seeds = tuple[tuple[str, ...], tuple[tuple[str, str], ...], tuple[tuple[str, bytes | None], ...]]


def _seeds(function: Node) -> _Seeds:
    """What the parameters of a handler hold of the request: `{ params }`, `{ body, query }`."""
    whole: list[str] = []
    taken: list[tuple[str, str]] = []
    for pattern in syntax.parameters(function):
        if pattern.type == "object_pattern":
            for local, key in syntax.entries(pattern):
                if key in ("params", "body", "query", "searchParams", "input"):
                    whole.append(local)
            # `{ params: { userId } }`
            for entry in pattern.named_children:
                value = entry.child_by_field_name("value") if entry.type == "pair_pattern" else None
                if (
                    value is not None
                    and value.type == "object_pattern"
                    and text_of(entry.child_by_field_name("key")) in ("params", "body", "query")
                ):
                    taken += syntax.entries(value)
        elif pattern.type == "identifier" and text_of(pattern) == "formData":
            whole.append("formData")
    return tuple(whole), tuple(taken), ()


def _second(function: Node) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What the second parameter of a Convex function holds."""
    parameters = syntax.parameters(function)
    if len(parameters) < 2:
        return (), ()
    if parameters[1].type == "identifier":
        return (text_of(parameters[1]),), ()
    return (), tuple(syntax.entries(parameters[1]))


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
    rb"(?:[aA]pp|[rR]outer|[rR]outes?|fastify|[sS]erver|api|hono|instance|webhooks?)\s*\.\s*(?:post|get|put|patch|delete|all|route)\s*(?:<[^<>()]{0,80}>)?\(\s*[\"'`{]"
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
