"""Route handlers that take from the request who the caller is, what they may do or what they pay: by the syntax tree, one handler at a time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from driftline.code import Place
from driftline.evidence import Doubt

if TYPE_CHECKING:
    from tree_sitter import Node


# Words for whose a row is, what someone may do, and what something costs, without `_` and in lower case.
_OWNER = re.compile(
    r"(?:user|owner|tenant|org|organi[sz]ation|account|team|workspace|company|customer|member|profile|author|creator)(?:uu)?id"
)
_POWER = re.compile(r"role|isadmin|admin|plan|tier|permissions?|credits|balance|issuperuser")
_PRICE = re.compile(r"(?:unit)?(?:amount|price|total|cost)(?:in)?(?:cents|usd|eur)?")
_SESSION = re.compile(
    rb"\b(?:session|currentUser|authUser|claims|auth\(\)|getUser|locals\.user|req\.user|request\.user|ctx\.user|user\??\.(?:id|uid|sub))",
    re.I,
)
# Any sign that a handler asks who calls: an own helper counts by its name.
_AUTH = re.compile(
    rb"getServerSession|getSession|getUser\b|currentUser|\bauth\(|\bauth\.|getAuth\(|getToken\(|verifyToken|jwtVerify|jwt\.verify|verifyIdToken"
    rb"|validateRequest|validateSession|clerkClient|withAuth|isAuthenticated|unauthori[sz]ed|Unauthori[sz]ed|[Aa]uthorization|\b401\b|\b403\b"
    rb"|(?:require|check|ensure|assert|verify|with|is|get|load)(?:Current)?(?:Auth|User|Session|Admin|Permission|Access|Role|Login|Signed|Member|Api_?Key)\w*\s*\("
    rb"|\bwith[A-Z]\w*\(|[Cc]ookies?\b|constructEvent|[Ss]ignature|timingSafeEqual|CRON_SECRET|x-api-key|protectedProcedure|passport\.|\bguard"
)
_POWERFUL = re.compile(
    rb"SERVICE_ROLE|service_role|supabaseAdmin|adminClient|createAdminClient|\bprisma\b|\bdrizzle\b|\bmongoose\b|firebase-admin|\bsql`|\bpool\.query|\bknex\b"
)
_HEADER = re.compile(
    r"x-(?:user|tenant|org|organization|account|role|team|customer)(?:[-_]?(?:id|role|name))?|x-is-admin|x-role", re.IGNORECASE
)
_REQUEST = re.compile(
    rb"\b(?:req|request|ctx\.req(?:uest)?|c\.req|event\.request|context\.request)\s*(?:\.\s*clone\(\))?\.\s*(?:json|formData|parseBody)\s*\(|\b(?:req|request|ctx\.request)\.(?:body|query)\b"
    rb"|\breadBody\s*\(|\bgetQuery\s*\(|JSON\.parse\(\s*event\.body|\bsearchParams\b|\bnextUrl\.searchParams"
)
_PARSES = re.compile(rb"\.(?:safe)?[pP]arse(?:Async)?\(|[vV]alidat\w*\(|Schema\b|\.cast\(")
_WRITES = frozenset(
    (
        "insert",
        "update",
        "upsert",
        "create",
        "createMany",
        "updateMany",
        "findByIdAndUpdate",
        "findOneAndUpdate",
        "insertOne",
        "updateOne",
        "set",
        "values",
    )
)
_QUERIES = _WRITES | {"eq", "match", "where", "findMany", "findFirst", "findUnique", "delete", "deleteMany", "findOne", "find", "filter"}
TRACES = (b".json(", b".body", b"searchParams", b"readBody", b"getQuery", b"x-user", b"x-tenant", b"x-org", b"x-role", b"jwtDecode", b"jwt_decode", b"decodeJwt",
          b"jwt.decode", b"get_json", b"request.args", b"@app.", b"@router.")  # fmt: skip

_ROUTE_FILE = re.compile(
    r"(?:^|/)(?:app/(?:.*/)?route\.[jt]sx?|pages/api/.+\.[jt]sx?|src/routes/.*\+(?:server|page\.server)\.[jt]s|server/(?:api|routes)/.+\.[jt]s"
    r"|supabase/functions/[^/_][^/]*/index\.[jt]sx?|netlify/(?:edge-)?functions/.+\.[jt]s|app/routes/.+\.[jt]sx?|src/pages/api/.+\.[jt]s)$"
)
# Folders that hold handlers in some projects and anything in others.
_MAYBE_ROUTE_FILE = re.compile(r"(?:^|/)(?:api|functions|routes?|controllers?|handlers?)/.+\.[jt]s$")
_HANDLES = re.compile(
    rb"export\s+default\s+(?:async\s+)?(?:function|\()|export\s+(?:const|async\s+function|function)\s+(?:GET|POST|PUT|PATCH|DELETE|handler|loader|action)\b|module\.exports\s*=\s*async"
    rb"|\(\s*_?(?:req|request)\b[^)]{0,60},\s*_?(?:res|reply|response)\b"
)
_REGISTERS = re.compile(rb"\b(?:app|router|fastify|server|api|hono)\.(?:post|get|put|patch|delete|all|route)\s*\(\s*[\"'`]/")


def is_route_file(path: str, content: bytes) -> bool:
    """Whether a file holds handlers of requests: by its place, or because it registers routes."""
    if path.endswith(".py"):
        return (
            re.search(rb"@\w+\.(?:post|get|put|patch|delete|route|api_route)\(|\bdef (?:get|post|put|patch|delete)\(self, request", content)
            is not None
        )
    if _ROUTE_FILE.search(path) is not None or _REGISTERS.search(content) is not None:
        return True
    return _MAYBE_ROUTE_FILE.search(path) is not None and _HANDLES.search(content) is not None


def read(path: str, content: bytes, *, overwritten: frozenset[str] = frozenset()) -> tuple[Doubt, ...]:
    """The doubts about one route file; `overwritten` are headers that the project's own middleware sets."""
    if path.endswith(".py"):
        try:
            return tuple(dict.fromkeys(_Python(path, content).doubts()))
        except (SyntaxError, ValueError, RecursionError):
            return ()
    return tuple(dict.fromkeys(_JavaScript(path, content, overwritten).doubts()))


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _is_owner(name: str) -> bool:
    return _OWNER.fullmatch(_plain(name)) is not None


class _JavaScript:
    def __init__(self, path: str, content: bytes, overwritten: frozenset[str]) -> None:
        from driftline.code.javascript import parse

        self.path = path
        self.content = content
        self.place = Place(path, content)
        self.overwritten = overwritten
        self.root = parse(path, content)
        self.powerful = _POWERFUL.search(content) is not None
        # Within the handler at hand: names that hold a whole request body, and names taken out of one (local -> key).
        self.whole: set[str] = set()
        self.taken: dict[str, str] = {}
        # Whole bodies that a schema has looked at: they hold what it lets through.
        self.parsed: set[str] = set()

    def doubts(self) -> Iterator[Doubt]:
        verifies = re.search(rb"verify", self.content, re.I) is not None
        for statement in self.root.named_children:
            text = self.content[statement.start_byte : statement.end_byte]
            if not _REQUEST.search(text) and b"x-" not in text and b"ecode" not in text:
                continue
            self.whole, self.taken, self.parsed = set(), {}, set()
            asks = _AUTH.search(text) is not None
            for node in _walk(statement):
                kind = node.type
                if kind == "variable_declarator":
                    self._declared(node)
                elif kind == "binary_expression":
                    yield from self._fallback(node)
                elif kind == "call_expression":
                    yield from self._call(node, asks, verifies)
                elif kind == "subscript_expression":
                    yield from self._header(node, node.child_by_field_name("index"), b"headers")
                elif kind == "pair":
                    yield from self._price(node)

    # --- what comes from the request ------------------------------------------------------------------------------------

    def _declared(self, node: Node) -> None:
        value, target = node.child_by_field_name("value"), node.child_by_field_name("name")
        if value is None or target is None:
            return
        while value.type in (
            "await_expression",
            "parenthesized_expression",
            "as_expression",
            "satisfies_expression",
            "non_null_expression",
        ):
            inner = value.named_children[0] if value.named_children else None
            if inner is None:
                return
            value = inner
        if value.type == "binary_expression":  # `await req.json() || {}`, `.catch(() => ({}))`
            value = value.child_by_field_name("left") or value
        text = self._bytes(value)
        name = self._from(value)
        if name is not None and target.type == "identifier":
            self.taken[_word(target)] = name
        elif (len(text) < 200 and _REQUEST.search(text) and b".get(" not in text) or (
            value.type == "identifier" and _word(value) in self.whole
        ):
            if target.type == "identifier":
                self.whole.add(_word(target))
                if _PARSES.search(text):
                    self.parsed.add(_word(target))
            elif target.type == "object_pattern":
                for entry in target.named_children:
                    if entry.type == "shorthand_property_identifier_pattern":
                        self.taken[_word(entry)] = _word(entry)
                    elif entry.type in ("pair_pattern", "object_assignment_pattern"):
                        key = entry.child_by_field_name("key") or entry.child_by_field_name("left")
                        local = entry.child_by_field_name("value") if entry.type == "pair_pattern" else key
                        if key is not None and local is not None:
                            self.taken[_word(local).partition("=")[0].strip()] = _word(key)

    def _from(self, node: Node | None) -> str | None:
        """The key under which an expression takes a value from the request, None for anything else."""
        if node is None:
            return None
        if node.type in ("non_null_expression", "as_expression", "parenthesized_expression", "await_expression"):
            return self._from(node.named_children[0] if node.named_children else None)
        if node.type in ("identifier", "shorthand_property_identifier"):
            return self.taken.get(_word(node))
        if node.type == "member_expression":
            holder, key = node.child_by_field_name("object"), node.child_by_field_name("property")
            if holder is None or key is None:
                return None
            held = self._bytes(holder)
            if (holder.type == "identifier" and _word(holder) in self.whole) or re.fullmatch(
                rb"(?:req|request|ctx\.request)\.(?:body|query)", held
            ):
                return _word(key)
        if node.type == "call_expression":
            callee = node.child_by_field_name("function")
            arguments = node.child_by_field_name("arguments")
            if callee is not None and arguments is not None and arguments.named_children:
                text = self._bytes(callee)
                first = arguments.named_children[0]
                if (
                    text.endswith(b".get")
                    and (b"searchParams" in text or text[:-4].decode("utf-8", "replace") in self.whole)
                    and first.type == "string"
                ):
                    return _word(first)[1:-1]
                if text in (b"String", b"Number", b"parseInt", b"parseFloat", b"Math.round"):
                    return self._from(first)
        if node.type == "binary_expression":  # `body.price * 100`
            return self._from(node.child_by_field_name("left")) or self._from(node.child_by_field_name("right"))
        return None

    # --- what is done with it -------------------------------------------------------------------------------------------

    def _fallback(self, node: Node) -> Iterator[Doubt]:
        operator, left, right = (node.child_by_field_name(field) for field in ("operator", "left", "right"))
        if operator is None or left is None or right is None or _word(operator) not in ("||", "??"):
            return
        for one, other in ((left, right), (right, left)):
            name = self._from(other)
            if name is not None and _is_owner(name) and _SESSION.search(self._bytes(one)) and self._from(one) is None:
                yield self._doubt("fallback", name, node, node)

    def _call(self, node: Node, asks: bool, verifies: bool) -> Iterator[Doubt]:
        callee, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if callee is None or arguments is None:
            return
        text = self._bytes(callee)
        method = text.rpartition(b".")[2].decode("utf-8", "replace")
        given = [child for child in arguments.named_children if child.type != "comment"]
        if text.endswith(b".get") and b"eaders" in text and given:
            yield from self._header(node, given[0], b"eaders")
        decodes = method in ("jwtDecode", "jwt_decode", "decodeJwt") or text in (b"jwt.decode", b"jose.decodeJwt", b"jsonwebtoken.decode")
        if decodes and not verifies and not re.search(r"log-?out|sign-?out", self.path, re.IGNORECASE):
            yield self._doubt("decoded", method, node, node)
        if b"." not in text or not given:
            return
        if method in _WRITES and self._spreads(given[0]):
            yield self._doubt("mass assignment", "the whole request body", given[0], node)
        if asks or not self.powerful or method not in _QUERIES:
            return
        if method == "eq" and len(given) > 1 and given[0].type == "string" and _is_owner(_word(given[0])[1:-1]):
            name = self._from(given[1])
            if name is not None:
                yield self._doubt("unauthenticated", name, node, node)
        elif given[0].type == "object":
            for pair in _walk(given[0]):
                name = self._owner_pair(pair)
                if name is not None:
                    yield self._doubt("unauthenticated", name, pair, node)
                    return

    def _owner_pair(self, pair: Node) -> str | None:
        if pair.type == "shorthand_property_identifier":
            word = _word(pair)
            return word if word in self.taken and (_is_owner(word) or _POWER.fullmatch(_plain(word))) else None
        if pair.type != "pair":
            return None
        key = _word(pair.child_by_field_name("key")).strip("\"'")
        if not (_is_owner(key) or _POWER.fullmatch(_plain(key))):
            return None
        return self._from(pair.child_by_field_name("value"))

    def _spreads(self, node: Node) -> bool:
        """Whether a whole request body is stored: `body`, `{ ...body }`, `{ data: body }`."""
        if node.type == "identifier":
            return _word(node) in self.whole and _word(node) not in self.parsed
        if self._bytes(node) in (b"req.body", b"request.body"):
            return True
        if node.type == "array" and len(node.named_children) == 1:
            return self._spreads(node.named_children[0])
        if node.type != "object":
            return False
        for entry in node.named_children:
            if entry.type == "spread_element" and entry.named_children and self._spreads(entry.named_children[0]):
                # What comes after the spread wins: an owner that is set there is not the caller's.
                return not any(
                    _is_owner(_word(later).partition(":")[0].strip()) for later in node.named_children if later.start_byte > entry.end_byte
                )
            if entry.type == "pair" and _word(entry.child_by_field_name("key")) == "data":
                value = entry.child_by_field_name("value")
                if value is not None and self._spreads(value):
                    return True
        return False

    def _header(self, node: Node, index: Node | None, word: bytes) -> Iterator[Doubt]:
        if index is None or index.type != "string":
            return
        name = _word(index)[1:-1]
        if _HEADER.fullmatch(name) and name.lower() not in self.overwritten and word in self._bytes(node):
            yield self._doubt("header", name, node, node)

    def _price(self, node: Node) -> Iterator[Doubt]:
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        if key is None or _word(key) not in ("unit_amount", "amount", "unitAmount"):
            return
        name = self._from(value)
        if (
            name is not None
            and _PRICE.fullmatch(_plain(name))
            and re.search(rb"checkout\.sessions|paymentIntents|price_data|payment_intents|orders\.create", self._around(node))
        ):
            yield self._doubt("price", name, node, node)

    def _around(self, node: Node) -> bytes:
        return self.content[max(0, node.start_byte - 600) : node.end_byte + 100]

    def _bytes(self, node: Node) -> bytes:
        return self.content[node.start_byte : node.end_byte]

    def _doubt(self, kind: str, name: str, source: Node, sink: Node) -> Doubt:
        return Doubt(kind, name, self.place.at(source.start_byte), self.place.at(sink.start_byte), self.powerful)


def _walk(node: Node) -> Iterator[Node]:
    """Every node below, in the order of the text: declarations come before their uses."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += reversed(current.named_children)


def _word(node: Node | None) -> str:
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""


# --- Python -----------------------------------------------------------------------------------------------------------------

_PYTHON_AUTH = re.compile(
    r"Depends\(|Security\(|login_required|current_user|get_current|jwt_required|verify_|permission|authenticate|require_|IsAuthenticated|HTTPBearer|[Aa]uthorization|401|403|construct_event|signature|api_key"
)


class _Python:
    def __init__(self, path: str, content: bytes) -> None:
        self.text = content.decode("utf-8", "replace")
        self.tree = ast.parse(content)
        self.place = Place(path, content)
        self.lines = [0]
        for line in content.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))
        # A router that every route depends on: `APIRouter(dependencies=[Depends(...)])`.
        self.guarded = re.search(r"(?:APIRouter|FastAPI|include_router)\([^)]*dependencies\s*=", self.text) is not None

    def doubts(self) -> Iterator[Doubt]:
        for function in ast.walk(self.tree):
            if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or not any(_is_route(d) for d in function.decorator_list):
                continue
            source = ast.get_source_segment(self.text, function) or ""
            decorators = " ".join(ast.unparse(d) for d in function.decorator_list)
            asks = self.guarded or _PYTHON_AUTH.search(source + decorators) is not None
            models = {a.arg for a in function.args.args if isinstance(a.annotation, (ast.Name, ast.Attribute)) and ast.unparse(a.annotation)[0].isupper()
                      and ast.unparse(a.annotation) not in ("Request", "Response", "Session", "AsyncSession", "BackgroundTasks", "WebSocket")}  # fmt: skip
            for node in ast.walk(function):
                yield from self._node(node, models, asks)
            for argument in (*function.args.args, *function.args.kwonlyargs):
                yield from self._header_argument(function, argument)

    def _node(self, node: ast.AST, models: set[str], asks: bool) -> Iterator[Doubt]:
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and len(node.values) == 2:
            name = self._from(node.values[1], models)
            if name and _is_owner(name) and _SESSION.search(ast.unparse(node.values[0]).encode()):
                yield self._doubt("fallback", name, node)
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            method = called.rpartition(".")[2]
            if (
                called.endswith("headers.get")
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and _HEADER.fullmatch(str(node.args[0].value))
            ):
                yield self._doubt("header", str(node.args[0].value), node)
            if (
                method == "decode"
                and "jwt" in called
                and any("verify_signature" in ast.unparse(k.value) and "False" in ast.unparse(k.value) for k in node.keywords)
            ):
                yield self._doubt("decoded", "jwt.decode", node)
            if asks:
                return
            if method == "eq" and len(node.args) > 1 and isinstance(node.args[0], ast.Constant) and _is_owner(str(node.args[0].value)):
                name = self._from(node.args[1], models)
                if name:
                    yield self._doubt("unauthenticated", name, node)
            elif method in ("filter_by", "create", "get_or_create", "filter", "update"):
                for keyword in node.keywords:
                    name = self._from(keyword.value, models)
                    if keyword.arg and _is_owner(keyword.arg) and name:
                        yield self._doubt("unauthenticated", name, node)
                        break

    def _from(self, node: ast.AST, models: set[str]) -> str | None:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in models:
            return node.attr
        text = ast.unparse(node) if isinstance(node, (ast.Call, ast.Subscript)) else ""
        match = re.fullmatch(
            r"(?:request\.(?:json|form|args|GET|POST|data|query_params|get_json\(\))|data|body|payload)(?:\.get\(|\[)'(\w+)'(?:, [^)]*)?[\])]",
            text,
        )
        if match is None or not (
            text.startswith("request.") or re.search(r"\b(?:data|body|payload)\s*=\s*(?:await\s+)?request\.(?:json|get_json)", self.text)
        ):
            return None
        return match[1]

    def _header_argument(self, function: ast.FunctionDef | ast.AsyncFunctionDef, argument: ast.arg) -> Iterator[Doubt]:
        names = [a.arg for a in function.args.args]
        offset = len(names) - len(function.args.defaults)
        if argument.arg in names and names.index(argument.arg) >= offset:
            default = ast.unparse(function.args.defaults[names.index(argument.arg) - offset])
            header = argument.arg.replace("_", "-")
            if default.startswith("Header(") and _HEADER.fullmatch(header):
                yield self._doubt("header", header, argument)

    def _doubt(self, kind: str, name: str, node: ast.expr | ast.arg) -> Doubt:
        place = self.place.at(self.lines[node.lineno - 1] + node.col_offset)
        return Doubt(kind, name, place, place, True)


def _is_route(decorator: ast.expr) -> bool:
    return re.match(r"\w+(?:\.\w+)*\.(?:post|get|put|patch|delete|route|api_route)\(", ast.unparse(decorator)) is not None


def overwritten_headers(contents: Sequence[bytes]) -> frozenset[str]:
    """The identity headers that a project's own middleware sets or deletes, so that a client's word does not arrive."""
    found: set[str] = set()
    for content in contents:
        for match in re.finditer(
            rb"headers?\.(?:set|delete|append)\(\s*[\"'](x-[\w-]+)[\"']|[Hh]eaders\[[\"'](x-[\w-]+)[\"']\]\s*=", content
        ):
            found.add((match[1] or match[2]).decode().lower())
    return frozenset(found)
