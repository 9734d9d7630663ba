"""References in Python, by its own grammar: os.environ, os.getenv, settings classes and the readers of django-environ, environs and decouple.

Names that a schema states (pydantic-settings, environ.Env) are statements of required or optional; nothing of the file is run.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

from driftline.code import CodeReading, Place, _addresses
from driftline.knowledge import callbacks
from driftline.model import Literal, Location, Need, Reference, Secret, Side, Unread, Use

EXTENSIONS = (".py",)
TRACES = (b"environ", b"getenv", b"BaseSettings", b"decouple", b"starlette.config", b"dotenv_values", b"env(", b"env.")

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Modules whose `env`, `Env()`, `config` objects read a variable by the name of their first argument (docs of django-environ, environs,
# python-decouple and starlette, 2026-11).
_READERS = {
    "environ": ("Env", "FileAwareEnv"),
    "environs": ("Env", "FileAwareEnv"),
    "decouple": ("config", "AutoConfig"),
    "starlette.config": ("Config",),
}
# Variables of a web server gateway, not of the process: `request.environ["REQUEST_METHOD"]`.
_ENVIRONS = frozenset(("os.environ", "environ", "os.environb"))


def read(path: str, content: bytes) -> CodeReading:
    """The references of a Python file; a syntax error is said, with its line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape of the audited file is not our warning
            tree = ast.parse(content)
    except SyntaxError:
        return _by_pattern(path, content)
    except (ValueError, RecursionError, MemoryError):
        return CodeReading(unread=(Unread(path, "not valid Python, or nested too deep"),))
    try:
        reader = _Reader(path, content, tree)
        literals = tuple(reader.addresses()) if _addresses.may_stand_in(path, content) else ()
        return CodeReading(references=tuple(reader.references()), literals=literals)
    except RecursionError:
        return CodeReading(unread=(Unread(path, "nested too deep"),))


# Templates of Python files, Python 2 and files left broken are common, and fail where they run: their plain reads are still found.
_PLAIN_READS = (
    re.compile(rb"""\benviron\s*\[\s*[rbu]?["'](?P<name>[A-Za-z_]\w*)["']\s*\]"""),
    re.compile(rb"""\b(?:environ\.get|getenv)\(\s*[rbu]?["'](?P<name>[A-Za-z_]\w*)["']\s*(?P<comma>,)?"""),
)


def _by_pattern(path: str, content: bytes) -> CodeReading:
    """The plain reads of a file that Python cannot parse."""
    place = Place(path, content)
    found = []
    for pattern in _PLAIN_READS:
        for match in pattern.finditer(content):
            line = content.rfind(b"\n", 0, match.start()) + 1
            if b"#" in content[line : match.start()]:
                continue
            optional = bool(match.groupdict().get("comma"))
            need = Need.OPTIONAL if optional else Need.PLAIN
            found.append(Reference(match["name"].decode(), place.at(match.start()), need, Side.SERVER, how="os.environ"))
    return CodeReading(references=tuple(sorted(found, key=lambda reference: reference.location)))


class _Reader:
    """One file: which names are os.environ, getenv, a reader or a settings class."""

    def __init__(self, path: str, content: bytes, tree: ast.Module) -> None:
        self.content = content
        self.place = Place(path, content)
        self.starts = [0]
        for line in content.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.tree = tree
        self.environs = set(_ENVIRONS) if b"os" in content else set()
        self.getenvs = {"os.getenv"}
        self.readers: set[str] = set()
        # Names to which `environ.Env(DEBUG=(bool, False))` gives a default.
        self.defaulted: set[str] = set()
        self.settings = {"BaseSettings"}
        self.failing = _failing(tree)
        self.imports()

    def imports(self) -> None:
        made: set[str] = set()
        environ_is_os = False
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name == "os" and alias.asname:
                        self.environs.add(f"{alias.asname}.environ")
                        self.getenvs.add(f"{alias.asname}.getenv")
                    if alias.name in _READERS:
                        made.update(f"{alias.asname or alias.name}.{made_by}" for made_by in _READERS[alias.name])
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    known = alias.asname or alias.name
                    if node.module == "os" and alias.name == "environ":
                        self.environs.add(known)
                        environ_is_os = True
                    elif node.module == "os" and alias.name == "getenv":
                        self.getenvs.add(known)
                    elif alias.name in _READERS.get(node.module, ()):
                        (self.readers if alias.name == "config" else made).add(known)
                    elif alias.name == "BaseSettings":
                        self.settings.add(known)
        if not environ_is_os:
            self.environs.discard("environ")
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call) and _dotted(node.value.func) in made:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                self.readers.update(target.id for target in targets if isinstance(target, ast.Name))
                self.defaulted.update(
                    k.arg for k in node.value.keywords if k.arg and isinstance(k.value, ast.Tuple) and len(k.value.elts) > 1
                )
            elif isinstance(node, ast.ClassDef) and any((_dotted(base) or "").rpartition(".")[2] in self.settings for base in node.bases):
                self.settings.add(node.name)

    def references(self) -> Iterator[Reference]:
        optional = self.guarded
        written = {id(target) for node in ast.walk(self.tree) for target in _targets(node)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Subscript) and id(node) not in written and _dotted(node.value) in self.environs:
                yield from self.one(node, node.slice, Need.REQUIRED, "os.environ")
            elif isinstance(node, ast.Call):
                yield from self.call(node, optional)
            elif isinstance(node, ast.Compare) and any(isinstance(op, (ast.In, ast.NotIn)) for op in node.ops):
                if _dotted(node.comparators[0]) in self.environs:
                    yield from self.one(node, node.left, Need.OPTIONAL, "in os.environ")
            elif isinstance(node, ast.ClassDef) and node.name in self.settings:
                yield from self.fields(node)

    def call(self, node: ast.Call, optional: dict[int, ast.expr | None]) -> Iterator[Reference]:
        function = _dotted(node.func) or ""
        owner, _, method = function.rpartition(".")
        name = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in ("key", "var", "name")), None)
        if name is None:
            return
        if function in self.getenvs or (owner in self.environs and method in ("get", "setdefault")):
            default = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "default"), None)
            default = optional.get(id(node)) if default is None else default
            need = Need.OPTIONAL if id(node) in optional or (default is not None and not _is_none(default)) else Need.PLAIN
            need = Need.REQUIRED if need is Need.PLAIN and id(node) in self.failing else need
            yield from self.one(node, name, need, function, default)
        elif owner in self.environs and method == "pop":
            yield from self.one(node, name, Need.OPTIONAL if len(node.args) > 1 else Need.REQUIRED, function)
        elif function in self.readers or owner in self.readers:
            if owner in self.readers and method in ("read_env", "read_envfile", "prefixed", "seal", "dump", "add_parser"):
                return
            default = next((k.value for k in node.keywords if k.arg == "default"), None)
            # django-environ takes a cast before the default of these.
            if default is None and len(node.args) > 1 and method not in ("list", "tuple", "dict"):
                default = node.args[1]
            given = isinstance(name, ast.Constant) and name.value in self.defaulted
            need = Need.REQUIRED if default is None and not given else Need.OPTIONAL
            yield from self.one(node, name, need, function, default, Use.SCHEMA)

    def fields(self, node: ast.ClassDef) -> Iterator[Reference]:
        """Fields of a pydantic settings class: the field's name in capitals behind the prefix, or its alias."""
        prefix = _prefix(node)
        for item in node.body:
            if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name) or item.target.id.startswith("_"):
                continue
            if item.target.id == "model_config" or "ClassVar" in ast.dump(item.annotation):
                continue
            default: ast.expr | None = item.value
            names = [(prefix + item.target.id).upper()]
            if isinstance(default, ast.Call) and (_dotted(default.func) or "").rpartition(".")[2] == "Field":
                names = _aliases(default) or names
                given = next((k.value for k in default.keywords if k.arg in ("default", "default_factory")), None)
                default = default.args[0] if default.args else given
            if isinstance(default, ast.Constant) and default.value is ...:
                default = None
            need = Need.REQUIRED if default is None and not _may_be_none(item.annotation) else Need.OPTIONAL
            for name in names[:1]:
                fallback = self.literal(default) if default is not None else None
                location = self.at(item)
                yield Reference(name, location, need, Side.SERVER, Use.SCHEMA, "BaseSettings", fallback, type=_type(item.annotation))

    def one(
        self, node: ast.expr, name: ast.expr, need: Need, how: str, default: ast.expr | None = None, use: Use = Use.READ
    ) -> Iterator[Reference]:
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and _NAME.fullmatch(name.value):
            fallback = self.literal(default) if default is not None else None
            manner = self.manner(node, name.value, need)
            yield Reference(name.value, self.at(node), need, Side.SERVER, use, how, fallback, manner=manner)

    def manner(self, node: ast.expr, name: str, need: Need) -> str:
        """How a value is used as an address (`Reference.manner`)."""
        if id(node) in self.behind_scheme:
            platform = callbacks.platform_url(name)
            # `os.environ[...]` fails where the platform does not set it; `os.getenv(...)` puts None into the address.
            alone = self.content.count(name.encode()) == 1
            return "unguarded" if platform is not None and not platform.scheme and need is Need.PLAIN and alone else "host"
        tested = callbacks.platform_flag(name) is not None and id(node) in self.guarded and self.guarded[id(node)] is None
        return "truth" if tested else ""

    @cached_property
    def guarded(self) -> dict[int, ast.expr | None]:
        """Reads that are only asked for, or have something behind `or`, by id of their node."""
        return _guarded(self.tree)

    @cached_property
    def behind_scheme(self) -> frozenset[int]:
        """What f-strings put right behind `://`, by id of its node."""
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.JoinedStr):
                for before, part in pairwise(node.values):
                    if isinstance(before, ast.Constant) and str(before.value).endswith("://") and isinstance(part, ast.FormattedValue):
                        found.add(id(part.value))
        return frozenset(found)

    def literal(self, node: ast.expr) -> Literal | None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            in_one_mode = "://" in node.value and id(node) in self.of_one_mode
            return Literal(Secret(node.value), self.at(node), "fallback in one mode" if in_one_mode else "fallback")
        return None

    @cached_property
    def of_one_mode(self) -> frozenset[int]:
        """The nodes that run in one mode only, by id."""
        return frozenset(id(inner) for node in ast.walk(self.tree) for branch in _of_one_mode(node) for inner in ast.walk(branch))

    def addresses(self) -> Iterator[Literal]:
        """URLs and paths at keys that say what they are for, links in the text of mails, and sandboxes."""
        # A field of a settings class has a default, which the environment overrides: that is a fallback, not a fixed address.
        fields = {id(item) for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef) for item in node.body}
        for node in ast.walk(self.tree):
            for key, value, call in _keyed(node) if id(node) not in fields else ():
                text = _template(value)
                if text is None or id(value) in self.of_one_mode:
                    continue
                role = _addresses.role_of(key, text, self.content)
                if role is not None:
                    yield Literal(Secret(text), self.at(value), role, call)
                elif _addresses.is_mail(key, call or ""):
                    for _, link in _addresses.links(text.encode()):
                        yield Literal(Secret(link), self.at(value), "mail link", call)

    def at(self, node: ast.expr | ast.stmt) -> Location:
        # ast counts columns in bytes of the line, from 0.
        return self.place.at(self.starts[node.lineno - 1] + node.col_offset)


def _keyed(node: ast.AST) -> Iterator[tuple[str, ast.expr, str | None]]:
    """(key, value, call) of a call's keyword, a dictionary's entry and an assignment."""
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg is not None:
                yield keyword.arg, keyword.value, _dotted(node.func)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            # A map with names in capitals is one of variables, handed to something else.
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and not key.value.isupper():
                yield key.value, value, None
    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, (ast.Name, ast.Attribute)):
                yield target.id if isinstance(target, ast.Name) else target.attr, node.value, None


def _template(node: ast.expr) -> str | None:
    """The text of a string, of an f-string with `{...}` for what is put in, or of the string that a sum begins with."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _template(node.left)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{...}" for part in node.values)
    return None


def _of_one_mode(node: ast.AST) -> list[ast.AST]:
    """What runs in one mode only: the branches of a condition that asks for it, and entries of a dictionary named after it."""
    if isinstance(node, (ast.If, ast.IfExp)) and _addresses.DEVELOPMENT.search(ast.unparse(node.test)):
        branches: list[ast.AST] = [*node.body, *node.orelse] if isinstance(node, ast.If) else [node.body, node.orelse]
        return branches
    if isinstance(node, ast.Dict):
        return [v for k, v in zip(node.keys, node.values, strict=True) if isinstance(k, ast.Constant) and k.value in _addresses.MODES]
    return []


def _dotted(node: ast.expr) -> str | None:
    """`os.environ.get` of an attribute chain, None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _targets(node: ast.AST) -> list[ast.expr]:
    """What a statement writes or deletes."""
    if isinstance(node, (ast.Assign, ast.Delete)):
        return node.targets
    if isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        return [node.target]
    return []


def _guarded(tree: ast.AST) -> dict[int, ast.expr | None]:
    """Reads that have something to fall back on (`getenv("X") or "d"`) or are only asked for (`if getenv("X"):`), by id of their node."""
    found: dict[int, ast.expr | None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.BoolOp):
            for value, following in zip(node.values, node.values[1:], strict=False):
                found[id(value)] = following if isinstance(node.op, ast.Or) else None
        elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
            test = node.test.operand if isinstance(node.test, ast.UnaryOp) else node.test
            fails = isinstance(node, ast.If) and any(isinstance(child, ast.Raise) for child in node.body)
            if not fails:
                found[id(test)] = None
    return found


def _failing(tree: ast.AST) -> set[int]:
    """Reads whose absence ends the program: asserted, met with `raise`, or used at once (`getenv("X").split()`), by id of their node."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            found.add(id(node.value))
        elif isinstance(node, ast.Assert):
            found.add(id(node.test))
        elif isinstance(node, ast.If) and isinstance(node.test, ast.UnaryOp) and any(isinstance(child, ast.Raise) for child in node.body):
            found.add(id(node.test.operand))
    return found


def _prefix(node: ast.ClassDef) -> str:
    """`env_prefix` of `model_config` (a dict or SettingsConfigDict) or of the inner Config class."""
    for item in ast.walk(node):
        if isinstance(item, ast.keyword) and item.arg == "env_prefix" and isinstance(item.value, ast.Constant):
            return str(item.value.value)
        if isinstance(item, ast.Dict):
            for key, value in zip(item.keys, item.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "env_prefix" and isinstance(value, ast.Constant):
                    return str(value.value)
        if not isinstance(item, ast.Assign) or not isinstance(item.value, ast.Constant) or not isinstance(item.value.value, str):
            continue
        if any(isinstance(target, ast.Name) and target.id == "env_prefix" for target in item.targets):
            return item.value.value
    return ""


def _aliases(field: ast.Call) -> list[str]:
    """The names a Field takes its value from."""
    for keyword in field.keywords:
        if keyword.arg in ("alias", "validation_alias", "env"):
            return [n.value for n in ast.walk(keyword.value) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return []


def _may_be_none(annotation: ast.expr) -> bool:
    return any(
        (isinstance(n, ast.Constant) and n.value is None) or (isinstance(n, ast.Name) and n.id == "Optional") for n in ast.walk(annotation)
    )


_TYPES = {
    "int": "number",
    "float": "number",
    "bool": "boolean",
    "AnyUrl": "url",
    "HttpUrl": "url",
    "AnyHttpUrl": "url",
    "PostgresDsn": "url",
    "RedisDsn": "url",
    "EmailStr": "email",
}


def _type(annotation: ast.expr) -> str | None:
    return next((_TYPES[n.id] for n in ast.walk(annotation) if isinstance(n, ast.Name) and n.id in _TYPES), None)
