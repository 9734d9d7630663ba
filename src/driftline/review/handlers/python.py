"""Handlers in Python: FastAPI with its dependencies, Flask and Django, by the syntax tree of the standard library."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from driftline import late
from driftline.code import Place
from driftline.evidence import Doubt
from driftline.record import NamedTuple
from driftline.review.handlers import words

_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_VERBS = frozenset(("get", "post", "put", "patch", "delete", "options", "head"))
_ROUTE = late.pattern(r"\w+(?:\.\w+)*\.(?:post|get|put|patch|delete|route|api_route|api_view)\(|api_view\(")
_VIEW_CLASS = late.pattern(r"APIView|ViewSet|MethodView|Resource|GenericAPIView|(?:^|\.)View$|CreateView|UpdateView|HTTPEndpoint")
# What asks who is calling, inside of a function, a dependency or a decorator.
_ASKS = late.pattern(
    r"current_user|request\.user\b|login_required|jwt_required|get_jwt|token_required|auth_required|requires?_auth|verify_|decode_token|authenticat|[aA]uthoriz|permission|IsAdmin|session\[|session\.get"
    r"|\bg\.user|\b40[13]\b|HTTP_40[13]|UNAUTHORIZED|FORBIDDEN|Unauthorized|Forbidden|PermissionDenied|hmac|construct_event|[sS]ignature|api_?key|API_KEY|OAuth2|HTTPBearer|APIKey|HTTPBasic|auth\.get_user"
    r"|compare_digest|Security\(|user_passes_test|require_(?:role|admin|user|auth|login|api)|jwt\.decode|fetch_user|get_user_from|request\.state\.user|LoginRequired|check_password"
)
_ASKS_BY_NAME = late.pattern(
    r"user|auth|token|verif|current|requir|permission|api_?key|admin|login|principal|identity|member|role|owner|bearer|jwt", re.IGNORECASE
)
_NO_DEPENDENCY = late.pattern(
    r"db|database|session|settings|config|pagina|service|repo|logger|redis|cache|client|engine|conn|uow|limit|params|filter", re.IGNORECASE
)
_SESSION = late.pattern(
    r"current_user|\brequest\.user\b|\bsession\b|\bg\.user|\buser\.(?:id|uid|pk)\b|request\.state\.user|get_jwt_identity|\bidentity\b|\bclaims\b"
)
_MAY = late.pattern(r"admin|role|permission|owner|\b403\b|Forbidden|can_|allowed|superuser|staff|member|belongs|access", re.IGNORECASE)
_READS = frozenset(
    (
        "eq",
        "filter",
        "filter_by",
        "where",
        "get",
        "find",
        "find_one",
        "get_or_404",
        "first_or_404",
        "execute",
        "fetch",
        "fetchrow",
        "fetchval",
        "scalar",
        "scalars",
        "match",
        "aggregate",
        "select",
        "exclude",
        "count_documents",
        "query",
        "rpc",
        "in_",
    )
)
_WRITES = frozenset(
    (
        "create",
        "insert",
        "upsert",
        "update",
        "delete",
        "get_or_create",
        "update_or_create",
        "insert_one",
        "insert_many",
        "update_one",
        "update_many",
        "delete_one",
        "delete_many",
        "add",
        "bulk_create",
        "replace_one",
        "find_one_and_update",
        "values",
        "set",
    )
)
_DATABASE = late.pattern(
    r"(?:^|[.\s])(?:db|database|session|supabase\w*|conn|connection|cursor|cur|c|engine|objects|query|collection|crud|repo\w*|\w*_?(?:service|repository|crud|collection|table|dao)|mongo|client|pool|prisma|redis|select|update|delete|insert|\w+_(?:db|ref))(?:\[[^\]]*\])?(?:\(|\.)"
)
_SCALARS = late.pattern(r"(?:Optional\[)?(?:str|int|float|UUID|uuid\.UUID|PydanticObjectId|EmailStr)(?:\]| \| None)?")
_NO_MODEL = frozenset(
    (
        "Request",
        "Response",
        "Session",
        "AsyncSession",
        "BackgroundTasks",
        "WebSocket",
        "UploadFile",
        "Connection",
        "Client",
        "HTTPException",
        "JSONResponse",
        "Depends",
    )
)
_WHOLE = late.pattern(
    r"(?:await )?(?:self\.)?request\.(?:json\(\)|json|get_json\([^()]*\)|form\(\)|form|args|values|data|POST|GET|query_params|path_params|files)(?:\.to_dict\(\)|\.dict\(\)|\.copy\(\))?"
    r"|json\.loads\((?:await )?(?:self\.)?request\.(?:body|data|get_data\(\)|body\(\))(?:\.decode\([^()]*\))?\)|dict\(request\.(?:form|args|POST|query_params)\)"
)


class Module:
    """One Python file: its functions, what it gives names to, and what asks before all of its routes."""

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.content = content
        self.text = content.decode("utf-8", "replace")
        self.tree = ast.parse(content)
        self.place = Place(path, content)
        self.lines = [0]
        for line in content.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))
        self.functions: dict[str, _FunctionNode | ast.ClassDef] = {}
        self.names: dict[str, ast.expr] = {}
        self.models: dict[str, frozenset[str]] = {}
        for node in self.tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self.functions[node.name] = node
            elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self.names[node.targets[0].id] = node.value
            if isinstance(node, ast.ClassDef) and _is_schema(node):
                self.models[node.name] = frozenset(
                    one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
                )

    def at(self, node: ast.expr | ast.arg | ast.stmt) -> int:
        return self.lines[node.lineno - 1] + node.col_offset


def _is_schema(node: ast.ClassDef) -> bool:
    """Whether a class parses what a client sends: a Pydantic model, or one of SQLModel that is no table."""
    bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
    return any(base in ("BaseModel", "SQLModel", "Schema") or base.endswith("Schema") for base in bases) and not node.keywords


class Handler(NamedTuple):
    """A function that answers requests; `asked` says that something before it asks who is calling."""

    node: _FunctionNode
    asked: bool
    django: bool


class Service:
    """All modules of a project, and what their routes depend on."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = modules

    @cached_property
    def _defined(self) -> Mapping[str, tuple[Module, _FunctionNode | ast.ClassDef]]:
        return {name: (module, node) for module in self.modules.values() for name, node in module.functions.items()}

    @cached_property
    def _named(self) -> Mapping[str, ast.expr]:
        return {name: value for module in self.modules.values() for name, value in module.names.items()}

    @cached_property
    def models(self) -> Mapping[str, frozenset[str]]:
        """The fields of every Pydantic model, those of its bases included."""
        own = {name: fields for module in self.modules.values() for name, fields in module.models.items()}
        found = dict(own)
        for module in self.modules.values():
            for node in module.tree.body:
                if isinstance(node, ast.ClassDef):
                    inherited = [own[ast.unparse(base)] for base in node.bases if ast.unparse(base) in own]
                    if inherited:
                        fields = frozenset(
                            one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
                        )
                        found[node.name] = fields.union(*inherited)
        return found

    def asks(self, name: str, hops: int = 3) -> bool:
        """Whether a dependency, a decorator or an alias of this name asks who is calling."""
        last = name.rpartition(".")[2]
        value = self._named.get(last)
        if value is not None:
            text = ast.unparse(value)
            if re.search(r"OAuth2|HTTPBearer|APIKey|HTTPBasic|JWTBearer", text):
                return True
            return hops > 0 and any(self.asks(one, hops - 1) for one in _dependencies(value))
        found = self._defined.get(last)
        if found is not None:
            text = ast.unparse(found[1])
            return _ASKS.search(text) is not None or (hops > 0 and any(self.asks(one, hops - 1) for one in _dependencies(found[1])))
        return _ASKS_BY_NAME.search(last) is not None and _NO_DEPENDENCY.search(last) is None

    def dependency_asks(self, node: ast.AST) -> bool:
        """Whether one of the `Depends(...)` below a node asks."""
        return any(self.asks(name) for name in _dependencies(node)) or "Security(" in ast.unparse(node)

    @cached_property
    def is_bound(self) -> bool:
        """Whether row security binds the project's Supabase clients: none of them has the service key."""
        making = [
            module.text for module in self.modules.values() if "create_client(" in module.text or "create_async_client(" in module.text
        ]
        return bool(making) and not any(re.search(r"service_role|SERVICE_ROLE|SERVICE_KEY|SECRET_KEY|service_key", text) for text in making)

    @cached_property
    def _guarded_modules(self) -> frozenset[str]:
        """The names of modules whose router is included behind a dependency that asks."""
        found = set()
        for module in self.modules.values():
            for node in ast.walk(module.tree):
                if (
                    isinstance(node, ast.Call)
                    and ast.unparse(node.func).endswith(("include_router", "register_blueprint", "mount"))
                    and node.args
                ) and any(keyword.arg == "dependencies" and self.dependency_asks(keyword.value) for keyword in node.keywords):
                    found.add(ast.unparse(node.args[0]).removesuffix(".router").rpartition(".")[2].removesuffix("_router"))
        return frozenset(found)

    @cached_property
    def _guarded_throughout(self) -> bool:
        """Whether the application asks before every route: by a middleware, by a dependency of its own, by Django's settings."""
        for module in self.modules.values():
            if re.search(r"DEFAULT_PERMISSION_CLASSES[^\]]{0,1000}(?:IsAuthenticated|IsAdmin)|LoginRequiredMiddleware", module.text):
                return True
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Call):
                    called = ast.unparse(node.func)
                    if called == "FastAPI" and any(k.arg == "dependencies" and self.dependency_asks(k.value) for k in node.keywords):
                        return True
                    if called.endswith("add_middleware") and node.args and re.search(r"Auth|JWT", ast.unparse(node.args[0])):
                        return True
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    decorators = " ".join(ast.unparse(one) for one in node.decorator_list)
                    if re.search(r"\bapp\.(?:middleware|before_request)", decorators) and _ASKS.search(ast.unparse(node)):
                        return True
        return False

    def handlers(self, module: Module) -> Iterator[Handler]:
        """Every function of a module that answers requests."""
        asked = (
            self._guarded_throughout or module.path.rpartition("/")[2].removesuffix(".py").removesuffix("_router") in self._guarded_modules
        )
        asked = asked or any(
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("APIRouter", "fastapi.APIRouter")
            and any(k.arg == "dependencies" and self.dependency_asks(k.value) for k in node.keywords)
            for node in ast.walk(module.tree)
        )
        asked = asked or any(
            isinstance(node, _FUNCTION_TYPES)
            and re.search(r"before_request", " ".join(ast.unparse(one) for one in node.decorator_list))
            and _ASKS.search(ast.unparse(node))
            for node in module.tree.body
        )
        is_django = re.search(r"^\s*(?:from|import)\s+(?:django|rest_framework)", module.text, re.MULTILINE) is not None
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef) and any(_VIEW_CLASS.search(ast.unparse(base)) for base in node.bases):
                own = ast.unparse(ast.Module([one for one in node.body if isinstance(one, ast.Assign)], []))
                bases = " ".join(ast.unparse(one) for one in (*node.bases, *node.decorator_list))
                guarded = (
                    re.search(
                        r"permission_classes.{0,400}(?:IsAuthenticated|IsAdmin|DjangoModel|Permission)|decorators\s{0,20}=.{0,400}(?:login|auth|jwt)",
                        own,
                    )
                    is not None
                    or "LoginRequired" in bases
                    or "PermissionRequired" in bases
                )
                for method in node.body:
                    if isinstance(method, _FUNCTION_TYPES) and (
                        method.name in _VERBS or method.name in ("create", "update", "list", "retrieve", "destroy", "partial_update")
                    ):
                        yield Handler(method, asked or guarded or self._asks_before(method), True)
            elif isinstance(node, _FUNCTION_TYPES):
                route = any(_ROUTE.match(ast.unparse(one)) for one in node.decorator_list)
                first = node.args.args[0].arg if node.args.args else ""
                view = is_django and first == "request" and "views" in module.path
                if route or view:
                    yield Handler(node, asked or self._asks_before(node), view and not route)

    def _asks_before(self, node: _FunctionNode) -> bool:
        """Whether a function's decorators or its dependencies ask who is calling."""
        for decorator in node.decorator_list:
            text = ast.unparse(decorator)
            if _ROUTE.match(text):
                if self.dependency_asks(decorator):
                    return True
            elif "AllowAny" not in text and "csrf_exempt" not in text and self.asks(text.partition("(")[0]):
                return True
        arguments = node.args
        for argument in (*arguments.args, *arguments.kwonlyargs):
            if argument.annotation is not None:
                if self.dependency_asks(argument.annotation):
                    return True
                name = ast.unparse(argument.annotation)
                if isinstance(argument.annotation, ast.Name) and name in self._named and self.asks(name):
                    return True
        return any(self.dependency_asks(default) for default in (*arguments.defaults, *arguments.kw_defaults) if default is not None)


_FUNCTION_TYPES = (ast.FunctionDef, ast.AsyncFunctionDef)


def _dependencies(node: ast.AST) -> Iterator[str]:
    """The names inside of `Depends(...)` and `Security(...)` below a node."""
    for call in ast.walk(node):
        if (
            isinstance(call, ast.Call)
            and ast.unparse(call.func) in ("Depends", "Security", "fastapi.Depends", "params.Depends")
            and call.args
        ):
            yield ast.unparse(call.args[0]).partition("(")[0]


class Flow:
    """Follows what a request says through one handler."""

    def __init__(self, service: Service, module: Module, handler: Handler) -> None:
        self.service = service
        self.module = module
        self.node = handler.node
        self.asked_before = handler.asked
        self.text = ast.unparse(handler.node)
        body = ast.unparse(ast.Module(list(handler.node.body), []))
        self.asks_here = _ASKS.search(body) is not None
        self.whole: dict[str, frozenset[str] | None] = {}
        self.taken: dict[str, str] = {}
        self._parameters(handler)

    def _parameters(self, handler: Handler) -> None:
        arguments = handler.node.args
        listed = [*arguments.args, *arguments.kwonlyargs]
        defaults = [None] * (len(arguments.args) - len(arguments.defaults)) + list(arguments.defaults) + list(arguments.kw_defaults)
        for argument, default in zip(listed, defaults, strict=False):
            said = ast.unparse(default) if default is not None else ""
            kind = ast.unparse(argument.annotation) if argument.annotation is not None else ""
            if (
                argument.arg in ("self", "request", "req")
                or "Depends(" in said
                or "Header(" in said
                or "Cookie(" in said
                or "Depends(" in kind
            ):
                continue
            base = kind.removeprefix("Annotated[").partition(",")[0] if kind.startswith("Annotated[") else kind
            model = base.rpartition(".")[2]
            if model in self.service.models and model not in _NO_MODEL:
                self.whole[argument.arg] = self.service.models[model]
            elif base.lower().startswith(("dict", "any", "typing.dict")) or ("Body(" in said and not _SCALARS.fullmatch(base)):
                self.whole[argument.arg] = None
            elif not kind or _SCALARS.fullmatch(base):
                self.taken[argument.arg] = argument.arg
            elif re.fullmatch(r"(?:\w+\.)?[A-Z]\w*", base) and model not in _NO_MODEL and base not in self.service._named:
                self.whole[argument.arg] = frozenset()  # a model of elsewhere: what it lets through is not known

    def doubts(self) -> Iterator[Doubt]:
        yield from self._header_arguments()
        for node in _in_order(self.node):
            if isinstance(node, (ast.Assign, ast.AnnAssign)):
                self._assigned(node)
            elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
                yield from self._fallback(node, node.values[0], node.values[-1])
            elif isinstance(node, ast.IfExp):
                if not _MAY.search(ast.unparse(node.test)):
                    yield from self._fallback(node, node.body, node.orelse)
            elif isinstance(node, ast.Call):
                yield from self._call(node)
            elif isinstance(node, ast.Subscript):
                yield from self._header(node, ast.unparse(node.value), node.slice)
            elif isinstance(node, ast.For):
                yield from self._loop(node)

    # --- what comes from the request ------------------------------------------------------------------------------------

    def _assigned(self, node: ast.Assign | ast.AnnAssign) -> None:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if node.value is None or not isinstance(target, ast.Name):
            return
        name = self.key(node.value)
        if name is not None:
            self.taken[target.id] = name
            return
        whole, fields = self._is_whole(node.value)
        if whole:
            self.whole[target.id] = fields
            return
        if "sum(" in ast.unparse(node.value) or isinstance(node.value, ast.BinOp):
            key = next(
                (
                    key
                    for one in ast.walk(node.value)
                    if isinstance(one, ast.expr) and (key := self.key(one)) is not None and words.is_price(key)
                ),
                None,
            )
            if key is not None:
                self.taken[target.id] = key

    def _is_whole(self, node: ast.expr) -> tuple[bool, frozenset[str] | None]:
        """(whether a node is all of what a client sent, the fields that a model lets through or None for all)."""
        if isinstance(node, ast.Await):
            return self._is_whole(node.value)
        if isinstance(node, ast.Name):
            return node.id in self.whole, self.whole.get(node.id)
        if isinstance(node, ast.BoolOp):
            return self._is_whole(node.values[0])
        if (
            (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("dict", "model_dump", "copy", "to_dict")
            )
            and (whole := self._is_whole(node.func.value))
            and whole[0]
        ):
            return whole
        return (True, None) if _WHOLE.fullmatch(ast.unparse(node)) else (False, None)

    def key(self, node: ast.expr) -> str | None:
        """The name under which an expression takes one thing from the request, None for anything else."""
        if isinstance(node, ast.Name):
            return self.taken.get(node.id)
        if isinstance(node, ast.Attribute):
            return node.attr if self._is_whole(node.value)[0] and isinstance(node.value, ast.Name) else None
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            return node.slice.value if self._is_whole(node.value)[0] else None
        if isinstance(node, ast.Await):
            return self.key(node.value)
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in ("int", "str", "float", "UUID", "uuid.UUID", "ObjectId", "Decimal", "round", "bson.ObjectId") and node.args:
                return self.key(node.args[0])
            if (
                isinstance(node.func, ast.Attribute)
                and node.func.attr in ("get", "pop", "getlist")
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and self._is_whole(node.func.value)[0]
            ):
                return str(node.args[0].value)
        if isinstance(node, ast.BinOp):
            return self.key(node.left) or self.key(node.right)
        if isinstance(node, ast.BoolOp) and isinstance(node.values[-1], ast.Constant):
            return self.key(node.values[0])
        return None

    # --- what is done with it -------------------------------------------------------------------------------------------

    def _fallback(self, node: ast.expr, one: ast.expr, other: ast.expr) -> Iterator[Doubt]:
        for here, there in ((one, other), (other, one)):
            name = self.key(there)
            if (
                name is not None
                and words.is_owner(name)
                and self.key(here) is None
                and _SESSION.search(ast.unparse(here))
                and not isinstance(here, ast.Compare)
            ):
                yield self._doubt("fallback", name, node)
                return

    def _call(self, node: ast.Call) -> Iterator[Doubt]:
        called = ast.unparse(node.func)
        method = called.rpartition(".")[2]
        if method == "get" and node.args:
            yield from self._header(node, called, node.args[0])
        if _PAYS.search(called):
            yield from self._prices(node)
        if method == "update" and "__dict__" in called and node.args and self._is_whole(node.args[0])[0]:
            yield self._doubt("mass assignment", "the whole request body", node)
        is_model = (
            re.fullmatch(r"(?:models\.|schemas\.)?[A-Z]\w+", called) is not None
            and called not in self.service.models
            and called not in _NO_MODEL
        )
        changes = (
            is_model
            or method in _WRITES
            or re.search(r"(?<![.\w])(?:update|delete|insert)\(|\.(?:update|delete|insert|upsert)\(", ast.unparse(node))
        )
        effect = "write" if changes else "read" if method in _READS else ""
        if is_model and re.search(r"Error|Exception|Response|HTTP", called):
            return
        on_database = (
            is_model
            or _DATABASE.search(called + ".") is not None
            or called in ("get_object_or_404", "get_list_or_404", "select", "update", "delete", "insert")
        )
        if called.startswith(("request.", "self.request.", "os.", "requests.", "httpx.", "json.", "headers")) or not on_database:
            return
        if re.search(r"\.(?:table|from_)\(", called) and self.service.is_bound:
            return
        if not effect and re.match(r"(?:crud|\w{0,80}service|\w{0,80}repo\w{0,80})\.", called):
            effect = "write" if re.search(r"create|update|delete|set|add|remove|save|grant", method) else "read"
        if not effect and called not in ("get_object_or_404", "get_list_or_404"):
            return
        if effect == "write" and "service" not in called.partition(".")[0]:  # a layer that decides for itself what it takes
            for part in (*node.args, *(k.value for k in node.keywords if k.arg is None)):
                whole, fields = self._is_whole(part)
                if whole and (fields is None or any(words.is_power(field) for field in fields)):
                    yield self._doubt("mass assignment", "the whole request body", node)
                    return
        yield from self._unasked(node, effect or "read")

    def _unasked(self, node: ast.Call, effect: str) -> Iterator[Doubt]:
        asked = self.asks_here or self.asked_before
        if asked and not (effect == "write" and self._only_gates()):
            return
        calls = (one for one in ast.walk(node) if isinstance(one, ast.Call))
        said = {keyword for call in calls if words.is_message(k.arg or "" for k in call.keywords) for keyword in call.keywords}
        for part in (*node.args, *node.keywords):
            for one in ast.walk(part):
                column = one.arg if isinstance(one, ast.keyword) else None
                value = one.value if isinstance(one, ast.keyword) else one
                name = self.key(value) if isinstance(value, ast.expr) else None
                if name is None:
                    continue
                power = (
                    effect == "write" and words.is_power(name) and column is not None and not (one in said and words.plain(name) == "role")
                )
                if (words.is_owner(name) or power or (column is not None and words.is_owner(column))) and not self._is_compared(name):
                    yield self._doubt("unowned" if asked else "unauthenticated", name, node)
                    return

    def _only_gates(self) -> bool:
        """Whether a dependency asks who is calling and the handler forgets the answer."""
        if _MAY.search(self.text):
            return False
        arguments = self.node.args
        asking = [
            one.arg
            for one, default in zip(reversed(arguments.args), reversed(arguments.defaults), strict=False)
            if self.service.dependency_asks(default)
        ]
        body = ast.unparse(ast.Module(list(self.node.body), []))
        return bool(asking) and not self.asks_here and not any(re.search(rf"\b{re.escape(name)}\b", body) for name in asking)

    def _is_compared(self, name: str) -> bool:
        return any(
            isinstance(node, ast.Compare) and any(isinstance(one, ast.expr) and self.key(one) == name for one in (node.left, *node.comparators))
            and not any(isinstance(one, ast.Constant) for one in (node.left, *node.comparators)) and self._is_condition(node)
            for node in ast.walk(self.node)
        )  # fmt: skip

    def _is_condition(self, compare: ast.Compare) -> bool:
        """Whether a comparison decides something, and is no part of a query (`User.id == user_id`)."""
        return any(
            isinstance(node, (ast.If, ast.IfExp, ast.Assert)) and any(one is compare for one in ast.walk(node.test))
            for node in ast.walk(self.node)
        )

    def _loop(self, node: ast.For) -> Iterator[Doubt]:
        """`for key, value in data.items(): setattr(user, key, value)`."""
        source = node.iter
        if isinstance(source, ast.Call) and isinstance(source.func, ast.Attribute) and source.func.attr == "items":
            whole, fields = self._is_whole(source.func.value)
            sets = any(isinstance(one, ast.Call) and ast.unparse(one.func) == "setattr" for one in ast.walk(node))
            checked = any(isinstance(one, ast.If) for one in ast.walk(node))
            if whole and sets and not checked and (fields is None or any(words.is_power(field) for field in fields)):
                yield self._doubt("mass assignment", "the whole request body", source)
        elif isinstance(node.target, ast.Name) and (self.key(source) is not None or self._is_whole(source)[0]):
            self.whole[node.target.id] = None

    # --- headers and prices -----------------------------------------------------------------------------------------------

    def _header(self, node: ast.expr, holder: str, index: ast.expr) -> Iterator[Doubt]:
        if not isinstance(index, ast.Constant) or ("headers" not in holder and "META" not in holder):
            return
        name = str(index.value).removeprefix("HTTP_").replace("_", "-")
        if words.is_identity_header(name) and not (words.is_tenant_header(name) and (self.asks_here or self.asked_before)):
            yield self._doubt("header", str(index.value), node)

    def _header_arguments(self) -> Iterator[Doubt]:
        arguments = self.node.args
        defaults = [None] * (len(arguments.args) - len(arguments.defaults)) + list(arguments.defaults)
        for argument, default in zip(arguments.args, defaults, strict=True):
            said = f"{ast.unparse(argument.annotation) if argument.annotation else ''} {ast.unparse(default) if default else ''}"
            match = re.search(r"Header\((?:[^()]*alias=)?(?:'([\w-]+)')?", said)
            name = (match[1] or argument.arg.replace("_", "-")) if match else ""
            if match and words.is_identity_header(name) and not (words.is_tenant_header(name) and (self.asks_here or self.asked_before)):
                yield self._doubt("header", name, argument)

    def _prices(self, call: ast.Call) -> Iterator[Doubt]:
        """Amounts of the request among what a payment provider is handed."""
        pairs = [(keyword.arg, keyword.value) for keyword in call.keywords]
        for node in ast.walk(call):
            if isinstance(node, ast.Dict):
                pairs += [
                    (str(key.value), value) for key, value in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant)
                ]
        for word, value in pairs:
            if word in ("unit_amount", "amount", "unit_amount_decimal"):
                name = next((key for one in ast.walk(value) if isinstance(one, ast.expr) and (key := self.key(one)) is not None), None)
                if (
                    name is not None
                    and words.is_price(name)
                    and not words.CHOSEN.search(self.text.encode())
                    and not self._is_compared(name)
                ):
                    yield self._doubt("price", name, value)

    def _doubt(self, kind: str, name: str, node: ast.expr | ast.arg) -> Doubt:
        place = self.module.place.at(self.module.at(node))
        return Doubt(kind, name, place, place, self.node.name, self.asked_before and not self.asks_here)


# Calls that charge somebody.
_PAYS = late.pattern(
    r"stripe|PaymentIntent|checkout\.Session|razorpay|order\.create|paypal|mollie|paystack|square|braintree|initiali[sz]e_(?:payment|transaction)",
    re.IGNORECASE,
)


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below, declarations before uses."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += reversed(list(ast.iter_child_nodes(current)))


def holds_handlers(content: bytes) -> bool:
    """Whether a file may hold functions that answer requests."""
    return (
        re.search(
            rb"@\w+(?:\.\w+)*\.(?:post|get|put|patch|delete|route|api_route)\(|@api_view|\bdef (?:get|post|put|patch|delete)\(self\b|\bdef \w+\(request\b",
            content,
        )
        is not None
    )


_UNVERIFIED = late.pattern(
    r"verify_signature['\"]?\s*:\s*False|verify\s*=\s*False|get_unverified_claims|options=\{'verify_signature': False"
)


def _decoded(module: Module) -> Iterator[Doubt]:
    """Tokens that are decoded without their signature, in a file that verifies none."""
    calls = [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and re.search(r"\b(?:jwt|jose)\b.*(?:decode|get_unverified_claims)$", ast.unparse(node.func))
    ]
    unverified = [node for node in calls if _UNVERIFIED.search(ast.unparse(node))]
    if len(unverified) == len(calls) and not re.search(r"verify_id_token|auth\.get_user", module.text):
        for node in unverified:
            place = module.place.at(module.at(node))
            yield Doubt("decoded", ast.unparse(node.func), place, place)


def doubts(files: Mapping[str, bytes]) -> Iterator[Doubt]:
    """The doubts about the handlers of a project's Python files; what is no Python of today is passed over."""
    modules: dict[str, Module] = {}
    traced = any(holds_handlers(content) for content in files.values())
    for path, content in files.items() if traced else ():
        try:
            modules[path] = Module(path, content)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    service = Service(modules)
    for module in modules.values():
        try:
            if b"decode" in module.content or b"unverified" in module.content:
                yield from _decoded(module)
            if holds_handlers(module.content):
                for handler in service.handlers(module):
                    yield from Flow(service, module, handler).doubts()
        except RecursionError:
            continue
