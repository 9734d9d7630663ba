"""What a request says, followed through one handler of JavaScript or TypeScript: where it ends up unasked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from driftline import late
from driftline.code.syntax import string
from driftline.code.syntax import text as text_of
from driftline.evidence import Doubt
from driftline.review.handlers import syntax, words
from driftline.review.handlers.project import entity

if TYPE_CHECKING:
    from tree_sitter import Node

    from driftline.review.handlers.javascript import File, Handler

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
REQUEST = late.pattern(
    rb"\b(?:_?req|_?request|ctx|c|event|evt|r)\b[^;\n]{0,40}(?:\.json\(|\.formData\(|\.parseBody\(|\.body\b|\.query\b|\.params\b|\.param\(|\.header|searchParams|\.url\b)|\breadBody\(|\bgetQuery\(|\bgetRouterParam"
    rb"|\bsearchParams\b|\bheaders\(\)|[uU]serId|[iI]dentity|ecode|\bformData\b"
)
# Calls that look at whether somebody may: what they are given is compared there.
_CHECKS = late.pattern(
    r"(?:^|\.)(?:\w{0,80}(?:[aA]uthori[sz]e|[aA]uthenticate|[pP]ermission|[aA]ccess|[mM]ember|[oO]wner|[pP]olicy|[aA]bility)\w{0,80}|(?:require|ensure|assert|verify|check|can|must|validate)[A-Z]\w*)\($"
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


class Flow:
    """Follows what a request says through one handler, in the order of its text."""

    def __init__(self, file: File, handler: Handler) -> None:
        self.file = file
        self.handler = handler
        self.node = handler.node
        self.text = file.bytes_of(handler.node)
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
        for node in syntax.walk(self.node):
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
                yield from self._header(node, node.child_by_field_name("index"), self.file.bytes_of(node))
            elif kind == "pair":
                yield from self._price(node)

    # --- what comes from the request ------------------------------------------------------------------------------------

    def _declared(self, target: Node | None, value: Node | None) -> None:
        if target is None or value is None:
            return
        value = syntax.bare(value)
        text = self.file.bytes_of(value)
        if value.type == "binary_expression" and text_of(value.child_by_field_name("operator")) in ("||", "??"):
            left = value.child_by_field_name("left")
            if left is not None and not self._is_session(left):  # `await req.json() || {}`
                value = syntax.bare(left)
        name = self.key(value)
        if (
            value.type == "new_expression"
            and target.type == "object_pattern"
            and text_of(value.child_by_field_name("constructor")) == "URL"
        ):
            self.whole.update(local for local, key in syntax.entries(target) if key == "searchParams")
        elif name is not None and target.type == "identifier":
            self.taken[text_of(target)] = name
        elif (schema := self._is_whole(value)) is not None:
            self._bound(target, schema)
        elif re.search(rb"checkout\.sessions|billingPortal|\.sessions\.(?:retrieve|create)", text):
            self.payment.update(text_of(one) for one in syntax.names(target))
        elif words.SESSION_CALL.search(text) or self._is_session(value):
            self.session.update(text_of(one) for one in syntax.names(target))
        elif target.type == "identifier" and self.is_payment and _SUMS.search(text):
            key = next((key for one in syntax.walk(value) if (key := self._priced(one)) is not None), None)
            if key is not None:
                self.taken[text_of(target)] = key

    def _priced(self, node: Node) -> str | None:
        """The price in what a request lists, as far as its name tells: `items.reduce((sum, item) => sum + item.price, 0)`."""
        if node.type != "call_expression":
            return None
        callee = node.child_by_field_name("function")
        if callee is None or callee.type != "member_expression" or syntax.method(node) not in ("reduce", "map"):
            return None
        holder = callee.child_by_field_name("object")
        if holder is None or not (self.key(holder) or self._is_whole(holder) is not None):
            return None
        match = re.search(rb"\.(price|amount|unit_?[pP]rice|cost|total)\b", self.file.bytes_of(node))
        return match[1].decode() if match is not None else None

    def _bound(self, target: Node, schema: bytes | None) -> None:
        """Binds the names of a pattern to all of what a client sent, or to what they take out of it; `schema` is the text of what parsed it."""
        if target.type == "identifier":
            self.whole.add(text_of(target))
            if schema:
                self.parsed[text_of(target)] = schema if schema != b"?" else None
            return
        for local, key in syntax.entries(target):
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
        node = syntax.bare(node)
        if node.type == "identifier":
            word = text_of(node)
            if word not in self.whole:
                return None
            return (self.parsed[word] or b"?") if word in self.parsed else b""
        chain = syntax.chain(node)
        if node.type == "member_expression":
            if _HOLDS.fullmatch(chain):
                return b""
            holder = node.child_by_field_name("object")
            prop = text_of(node.child_by_field_name("property"))
            if holder is not None and prop in ("data", "output", "value", "searchParams") and (inner := self._is_whole(holder)) is not None:
                return inner if inner or prop == "searchParams" else None
            return b"" if prop == "searchParams" and REQUEST.search(self.text) else None
        if node.type == "call_expression":
            given = syntax.arguments(node)
            if _GIVES.fullmatch(chain):
                return b"?" if ".valid(" in chain or "Validated" in chain else b""
            method = syntax.method(node)
            if method in ("parse", "parseAsync", "safeParse", "safeParseAsync", "cast", "validate", "validateSync", "assert") and given:
                if chain.startswith("JSON."):
                    return b"" if self._is_whole(given[0]) is not None or _RAW.search(self.file.bytes_of(given[0])) else None
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
        name = syntax.chain(callee).partition(".")[0] if callee is not None else ""
        where = self.file.project.source(self.file.path, name) or (self.file.path, name)
        return self.file.project.body(*where) or b"?"

    def key(self, node: Node | None) -> str | None:
        """The name under which an expression takes one thing from the request, None for anything else."""
        if node is None:
            return None
        node = syntax.bare(node)
        kind = node.type
        if kind in ("identifier", "shorthand_property_identifier"):
            return self.taken.get(text_of(node))
        if kind == "member_expression":
            holder, prop = node.child_by_field_name("object"), text_of(node.child_by_field_name("property"))
            if holder is None or prop in ("length", "searchParams"):
                return None
            if self._is_whole(holder) is not None:
                return None if prop in ("data", "success", "error", "output") and self._is_whole(holder) else prop
            outer = self.key(holder)
            return None if outer is None else f"{outer}Id" if prop == "id" else prop
        if kind == "subscript_expression":
            holder, index = node.child_by_field_name("object"), string(node.child_by_field_name("index"))
            return index if holder is not None and index is not None and self._is_whole(holder) is not None else None
        if kind == "call_expression":
            return self._key_of_call(node)
        if kind == "binary_expression":
            operator = text_of(node.child_by_field_name("operator"))
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if operator in ("*", "/", "+", "-"):  # `body.price * 100`
                return self.key(left) or self.key(right)
            if (
                operator in ("||", "??")
                and right is not None
                and syntax.bare(right).type in ("string", "number", "null", "undefined", "template_string")
            ):
                return self.key(left)
        if kind == "template_string" and len(node.named_children) == 1 and node.named_children[0].type == "template_substitution":
            return self.key(node.named_children[0].named_children[0]) if node.named_children[0].named_children else None
        if kind == "unary_expression" and text_of(node.child_by_field_name("operator")) == "+":
            return self.key(node.child_by_field_name("argument"))
        return None

    def _key_of_call(self, node: Node) -> str | None:
        callee, given = node.child_by_field_name("function"), syntax.arguments(node)
        chain = syntax.chain(node)
        if callee is None:
            return None
        if given and (match := _ASKS_FOR_ONE.fullmatch(chain)):
            return string(given[-1]) if match else None
        method = syntax.method(node)
        holder = callee.child_by_field_name("object") if callee.type == "member_expression" else None
        if method in ("get", "getAll") and holder is not None and given and self._is_whole(holder) is not None:
            return string(given[0])
        if (
            callee.type == "identifier"
            and text_of(callee) in ("String", "Number", "parseInt", "parseFloat", "BigInt", "ObjectId")
            and given
        ):
            return self.key(given[0])
        if text_of(callee) in ("Math.round", "Math.floor", "Math.ceil", "new ObjectId", "Types.ObjectId") and given:
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
            or syntax.method(node) not in ("map", "forEach", "reduce", "flatMap", "filter", "some", "every")
        ):
            return
        holder, given = callee.child_by_field_name("object"), syntax.arguments(node)
        if (
            holder is None
            or not given
            or given[0].type not in syntax.FUNCTIONS
            or (self.key(holder) is None and self._is_whole(holder) is None)
        ):
            return
        parameters = syntax.parameters(given[0])
        place = 1 if syntax.method(node) == "reduce" else 0
        if len(parameters) > place:
            self._bound(parameters[place], b"")

    def _looped(self, node: Node) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and right is not None and (self.key(right) is not None or self._is_whole(right) is not None):
            target = next((one for one in syntax.walk(left) if one.type in ("identifier", "object_pattern")), None)
            if target is not None:
                self._bound(target, b"")

    # --- who is signed in -----------------------------------------------------------------------------------------------

    def _is_session(self, node: Node) -> bool:
        node = syntax.bare(node)
        if self.key(node) is not None:
            return False
        root = syntax.chain(node).partition(".")[0].partition("(")[0]
        if root in self.session or root in self.payment:
            return root in self.session
        text = self.file.bytes_of(node)
        return words.SESSION.search(text) is not None or re.match(rb"user\??\.(?:id|uid|sub)\b", text) is not None

    def _helper_asks(self) -> bool:
        """Whether a function of the project that the handler calls asks who is calling."""
        called = {match[1].decode("utf-8", "replace") for match in re.finditer(rb"(?<![.\w$])([A-Za-z_$][\w$]*)\s*\(", self.text)}
        own = self.file.project.imports(self.file.path)
        return any(self.file.project.asks(self.file.path, name) for name in sorted(called) if name in own or self._is_function_here(name))

    def _is_function_here(self, name: str) -> bool:
        """Whether the file defines it outside of the handler."""
        start = self.file.project.definitions(self.file.path).get(name)
        return start is not None and not self.node.start_byte <= start < self.node.end_byte

    @cached_property
    def _compares(self) -> frozenset[str]:
        """The request's names that the handler compares with something that is no literal: with whom it knows, with what it looked up."""
        found: set[str] = set()
        for node in syntax.walk(self.node):
            if node.type == "call_expression" and _CHECKS.search(syntax.chain(node)):
                found.update(
                    name
                    for one in syntax.arguments(node)
                    if one.type not in syntax.FUNCTIONS
                    for part in syntax.walk(one)
                    if (name := self.key(part)) is not None
                )
            elif node.type == "binary_expression" and text_of(node.child_by_field_name("operator")) in ("===", "!==", "==", "!="):
                sides = [
                    syntax.bare(side) for side in (node.child_by_field_name("left"), node.child_by_field_name("right")) if side is not None
                ]
                for one, other in ((sides[0], sides[-1]), (sides[-1], sides[0])):
                    name = self.key(one)
                    if name is not None and other.type not in ("string", "number", "null", "undefined", "true", "false"):
                        found.add(name)
        return frozenset(found)

    @cached_property
    def _asks_administrator(self) -> bool:
        return words.ADMINISTRATOR.search(self.text) is not None

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
        name, local = self.key(right), text_of(left)
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
        if left is None or right is None or text_of(operator) not in ("||", "??", "||=", "??="):
            return
        for one, other in ((left, right), (right, left)):
            name = self.key(other)
            if name is not None and words.is_owner(name) and self._is_session(one) and not _is_test(node) and not _is_logged(node):
                if not self._is_compared(node) and name not in self._compares:
                    yield self._doubt("fallback", name, node, node)
                return

    def _is_compared(self, value: Node) -> bool:
        """Whether a name that is given this value is compared with who is signed in: `id = query.id ?? user.id; if (id !== user.id) refuse()`."""
        holder = value.parent
        if holder is None or holder.type != "variable_declarator":
            return False
        local = text_of(holder.child_by_field_name("name"))
        for node in syntax.walk(self.node):
            if node.type == "binary_expression" and text_of(node.child_by_field_name("operator")) in ("===", "!==", "==", "!="):
                sides = [side for side in (node.child_by_field_name("left"), node.child_by_field_name("right")) if side is not None]
                if local in map(text_of, sides) and any(self._is_session(side) for side in sides):
                    return True
        return False

    def _chosen(self, node: Node) -> Iterator[Doubt]:
        one, other = node.child_by_field_name("consequence"), node.child_by_field_name("alternative")
        asked = self.file.bytes_of(node.child_by_field_name("condition") or node)
        if one is None or other is None or words.MAY.search(asked) or words.OURS.search(asked):
            return
        for here, there in ((one, other), (other, one)):
            name = self.key(there)
            if name is not None and words.is_owner(name) and self._is_session(here) and not self._is_compared(node):
                yield self._doubt("fallback", name, node, node)

    def _call(self, node: Node) -> Iterator[Doubt]:
        callee = node.child_by_field_name("function")
        if callee is None:
            return
        text, given, method = syntax.chain(callee), syntax.arguments(node), syntax.method(node)
        if given and (
            (method == "get" and "eaders" in text)
            or text in ("c.req.header", "req.header", "req.get", "getHeader", "getRequestHeader", "ctx.get")
        ):
            yield from self._header(node, given[-1], b"headers")
        if _decodes(node, text, method):
            yield from self._decoded(node, method)
        if text == "Object.assign" and len(given) > 1:
            schema = self._is_whole(given[1])
            if schema == b"" and self._is_row(given[0]) and self._has_powers(entity(text_of(given[0]))):
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
            layer = _LAYER.fullmatch(syntax.chain(node.child_by_field_name("function"))) is not None
            trusted = (layer and "ervice." in syntax.chain(node)) or self._asks_administrator
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
            for part in syntax.walk(one):
                name = self._named(part, effect)
                if name is not None and name not in self._compares:
                    yield self._doubt("unowned" if asked else "unauthenticated", name, part, node)
                    return

    def _named(self, node: Node, effect: str) -> str | None:
        """The owner or power that a part of a query takes from the request."""
        if node.type == "pair":
            column, value = syntax.column(node), node.child_by_field_name("value")
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
        beside = (syntax.column(one) for one in node.parent.named_children) if node.parent is not None else ()
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
        chain = syntax.chain(callee)
        root = chain.partition(".")[0].partition("(")[0]
        if callee.type == "identifier" and given and given[0].type == "template_string":
            return "read" if text_of(callee) in ("sql", "query") else ""
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
                return effect if self.file.is_service(root) else ""
        if ".collection(" in chain or ".doc(" in chain or chain.startswith(("collection(", "doc(")):
            if re.search(rb"from\s*[\"']firebase/firestore[\"']", self.file.content):
                return ""  # the client SDK: the rules decide
            return effect
        if _SDK.match(chain) and given and given[0].type != "object":
            return ""  # a service's SDK: Prisma takes one object
        if _DATABASE.search(chain) or _is_model(root, chain):
            return effect
        return ""

    # --- whole bodies ---------------------------------------------------------------------------------------------------

    def _stores_all(self, node: Node, *, inside: bool = True) -> bool:
        """Whether a whole request body is stored: `body`, `{ ...body }`, `[body]`, and, `inside` of what an ORM is given, `{ data: body }`."""
        node = syntax.bare(node)
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
                later = [text_of(one).partition(":")[0].strip("\"' ") for one in node.named_children if one.start_byte > entry.end_byte]
                return not any(words.is_owner(name) for name in later)
            if inside and entry.type == "pair" and text_of(entry.child_by_field_name("key")) in ("data", "$set", "create", "update", "set"):
                value = entry.child_by_field_name("value")
                if value is not None and self._stores_all(value):
                    return True
            if (
                inside
                and entry.type == "shorthand_property_identifier"
                and text_of(entry) in ("data", "update")
                and text_of(entry) in self.whole
            ):
                schema = (self.parsed[text_of(entry)] or b"?") if text_of(entry) in self.parsed else b""
                return schema == b"" or (schema != b"?" and _opens(schema))
        return False

    def _made(self, node: Node) -> Iterator[Doubt]:
        """`new Order(req.body)`: a model's row with every column that the client names."""
        made, given = node.child_by_field_name("constructor"), syntax.arguments(node)
        if made is None or not given or not _is_model(text_of(made), text_of(made)) or self._is_whole(given[0]) != b"":
            return
        imported = self.file.project.imports(self.file.path).get(text_of(made))
        if imported is not None and re.search(r"model|entit|schema", imported.specifier, re.I) and self._has_powers(entity(text_of(made))):
            yield self._doubt("mass assignment", "the whole request body", given[0], node)

    def _is_row(self, node: Node) -> bool:
        """Whether a name holds a row that was looked up."""
        name = re.escape(text_of(node).encode())
        return re.search(rb"\b" + name + rb"\s*=\s*(?:await\s+)?[\w.$]+\.(?:find\w*|get\w*)\(", self.text) is not None

    def _entity(self, node: Node) -> str:
        """The plain name of what a call stores, "" where it does not say."""
        chain = syntax.chain(node)
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
        name = string(index)
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
        for parameter in syntax.children(self.node, "parameters"):
            for decorator in syntax.decorators(parameter):
                match = re.match(rb"@Headers\(\s*[\"'`]([\w-]+)[\"'`]", self.file.bytes_of(decorator))
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
        key, value = text_of(node.child_by_field_name("key")).strip("\"'`"), node.child_by_field_name("value")
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
        and re.search(r"(?:atob\(|Buffer\.from\(|decodeBase64|base64)[^;]{0,80}\.split\(\s*[\"']\.[\"']\s*\)\s*\[\s*1\s*\]", text_of(node))
        is not None
    )


def _is_in_payment(node: Node) -> bool:
    """Whether a pair stands in what a payment provider is handed."""
    current: Node | None = node
    while current is not None and current.type not in syntax.FUNCTIONS:
        if current.type == "call_expression":
            chain = syntax.chain(current)
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
    chosen = next(
        (select for one in syntax.arguments(call) if one.type == "object" and (select := syntax.value_of(one, "select")) is not None), None
    )
    if chosen is None or chosen.type != "object":
        return False
    keys = [text_of(entry.child_by_field_name("key")) for entry in chosen.named_children if entry.type == "pair"]
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
    """Whether an expression only ends in a log, or in what is told about a call (`telemetry: { userId: ... }`)."""
    current: Node | None = node
    while current is not None and current.type not in syntax.FUNCTIONS:
        if current.type == "pair" and re.match(r"telemetry|analytics|tracing|logging", syntax.column(current)):
            return True
        if current.type == "call_expression" and re.match(
            r"(?:this\.)?(?:console|logger|log|Sentry|winston|pino)\b|log\w*$", syntax.chain(current.child_by_field_name("function"))
        ):
            return True
        current = current.parent
    return False
