"""References in Python, by its own grammar: os.environ, os.getenv, settings classes and the readers of django-environ, environs and decouple.

Names that a schema states (pydantic-settings, environ.Env) are statements of required or optional; nothing of the file is run.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

from driftline.code import CodeFile, CodeReading, Helper, Place, _addresses, _claims
from driftline.knowledge import callbacks
from driftline.model import Claim, Literal, Location, Need, Reference, Secret, Side, Unread, Use
from driftline.record import NamedTuple

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
# What holds a project's settings: `app.config.get("SITE_URL", "...")`.
_SETTINGS = re.compile(r"(?:^|\.)(?:config|conf|settings|cfg)$")
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
        literals: tuple[Literal, ...] = ()
        claims: tuple[Claim, ...] = ()
        if _addresses.may_stand_in(path, content):
            from driftline.code import _fixed_python

            literals = tuple(_fixed_python.literals(path, content, reader.nodes, reader.place, reader.at, reader.of_one_mode))
        if _claims.may_stand_in(path, content):
            from driftline.code import _fixed_python

            claims = _claims.told(_fixed_python.claims(path, content, reader.nodes, reader.place, reader.at, reader.of_one_mode))
        return CodeReading(references=tuple(reader.references()), literals=literals, helpers=tuple(reader.helpers()), claims=claims)
    except RecursionError:
        return CodeReading(unread=(Unread(path, "nested too deep"),))


def calls(files: Iterable[CodeFile], helpers: Sequence[Helper]) -> Iterator[Reference]:
    """The reads that `files` make through `helpers` that they define or import."""
    by_name: dict[str, list[Helper]] = {}
    for helper in helpers:
        by_name.setdefault(helper.name, []).append(helper)
    for file in files:
        if not any(re.search(rb"\b" + re.escape(name.encode()) + rb"\(", file.content) for name in by_name):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(file.content)
            yield from _calls(_Reader(file.path, file.content, tree), file.path, by_name)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # said where it was read first


def _calls(reader: _Reader, path: str, by_name: Mapping[str, Sequence[Helper]]) -> Iterator[Reference]:
    known = {helper.name: helper for candidates in by_name.values() for helper in candidates if helper.path == path}
    for node in reader.nodes:
        if isinstance(node, ast.ImportFrom):
            module = (node.module or "").replace(".", "/")
            for alias in node.names:
                for helper in by_name.get(alias.name, ()):
                    stem = helper.path.removesuffix(".py").removesuffix("/__init__")
                    if stem == module or stem.endswith("/" + module) or not module:
                        known.setdefault(alias.asname or alias.name, helper)
    for node in reader.nodes:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in known:
            continue
        helper = known[node.func.id]
        if len(node.args) <= helper.argument:
            continue
        default = next((k.value for k in node.keywords if k.arg in ("default", "fallback")), None)
        if default is None and helper.default is not None and len(node.args) > helper.default:
            default = node.args[helper.default]
        default = default or reader.guarded.get(id(node))
        optional = helper.tolerates or id(node) in reader.guarded or (default is not None and not _is_none(default))
        need = Need.OPTIONAL if optional else Need.REQUIRED if helper.throws else Need.PLAIN
        yield from reader.one(node, node.args[helper.argument], need, f"{helper.name}()", default)


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


class _Field(NamedTuple):
    """A field of a pydantic class: the statement, its name, the names it is given under instead, its default and whether it needs a value."""

    item: ast.AnnAssign
    name: str
    aliases: list[str]
    annotation: ast.expr
    default: ast.expr | None
    need: Need


# Models within models of a settings class; nobody writes more.
_DEEPEST_MODEL = 4


class _Reader:
    """One file: which names are os.environ, getenv, a reader or a settings class."""

    def __init__(self, path: str, content: bytes, tree: ast.Module) -> None:
        self.content = content
        self.place = Place(path, content)
        self.starts = [0]
        for line in content.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        # Every question is asked of all of them; to walk the tree for each took longer than all the questions.
        self.nodes = list(ast.walk(tree))
        self.environs = set(_ENVIRONS) if b"os" in content else set()
        self.getenvs = {"os.getenv"}
        self.readers: set[str] = set()
        # Names to which `environ.Env(DEBUG=(bool, False))` gives a default.
        self.defaulted: dict[str, ast.expr] = {}
        self.settings = {"BaseSettings"}
        # Names of other modules of the project, or of a package that is not pydantic.
        self.imported: set[str] = set()
        self.failing = _failing(self.nodes)
        # The variables that were read, by the id of the node that reads them.
        self.read_at: dict[int, str] = {}
        self.imports()

    def imports(self) -> None:
        made: set[str] = set()
        environ_is_os = False
        for node in self.nodes:
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
                    if node.level or node.module.partition(".")[0] not in _TYPING:
                        self.imported.add(known)
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
        for node in self.nodes:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call) and _dotted(node.value.func) in made:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                self.readers.update(target.id for target in targets if isinstance(target, ast.Name))
                self.defaulted.update(
                    (k.arg, k.value.elts[1])
                    for k in node.value.keywords
                    if k.arg and isinstance(k.value, ast.Tuple) and len(k.value.elts) > 1
                )
            elif isinstance(node, ast.ClassDef) and any((_dotted(base) or "").rpartition(".")[2] in self.settings for base in node.bases):
                self.settings.add(node.name)

    def references(self) -> Iterator[Reference]:
        optional = self.guarded
        written = {id(target) for node in self.nodes for target in _targets(node)}
        for node in self.nodes:
            if isinstance(node, ast.Subscript) and id(node) not in written and _dotted(node.value) in self.environs:
                instead = self.instead.get(id(node))
                yield from self.one(node, node.slice, Need.REQUIRED if instead is None else Need.OPTIONAL, "os.environ", instead)
            elif isinstance(node, ast.Call):
                yield from self.call(node, optional)
            elif isinstance(node, ast.Compare) and any(isinstance(op, (ast.In, ast.NotIn)) for op in node.ops):
                if _dotted(node.comparators[0]) in self.environs:
                    yield from self.one(node, node.left, Need.OPTIONAL, "in os.environ")
            elif isinstance(node, ast.ClassDef) and node.name in self.settings:
                yield from self.fields(node)
        yield from self.decisions()

    def decisions(self) -> Iterator[Reference]:
        """Where a word for the whole runtime chooses between a payment provider's live and test side."""
        from driftline.code import _modes

        if any(name in self.content for name in (b"NODE_ENV", b"FLASK_ENV")) and _modes.may_decide(self.place.at(0).path, self.content):
            from driftline.code import _modes_python

            reads = {node: name for node, name in self.read_at.items() if name in _modes_python.NAMES}
            for name, condition in _modes_python.decisions(self.content, self.nodes, reads):
                yield Reference(name, self.at(condition), Need.OPTIONAL, Side.SERVER, Use.MENTION, manner=_modes.MANNER)

    def call(self, node: ast.Call, optional: dict[int, ast.expr | None]) -> Iterator[Reference]:
        function = _dotted(node.func) or ""
        owner, _, method = function.rpartition(".")
        name = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in ("key", "var", "name")), None)
        if name is None:
            return
        if function in self.getenvs or (owner in self.environs and method in ("get", "setdefault")):
            default = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "default"), None)
            default = optional.get(id(node)) if default is None else default
            default = self.instead.get(id(node)) if default is None else default
            need = Need.OPTIONAL if id(node) in optional or id(node) in self.compared or (default is not None) else Need.PLAIN
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
            given = self.defaulted.get(str(name.value)) if isinstance(name, ast.Constant) else None
            need = Need.REQUIRED if default is None and given is None else Need.OPTIONAL
            yield from self.one(node, name, need, function, default or given, Use.SCHEMA)
        elif function == "getattr" and len(node.args) == 3:
            yield from self.setting(node, node.args[1], node.args[2])
        elif method == "get" and len(node.args) == 2 and _SETTINGS.search(owner):
            yield from self.setting(node, name, node.args[1])

    def setting(self, node: ast.Call, name: ast.expr, default: ast.expr) -> Iterator[Reference]:
        """`getattr(settings, "SITE_URL", "http://...")`: the settings' own name, which is the variable's as a rule."""
        if isinstance(name, ast.Constant) and str(name.value).isupper() and "://" in (_fixed_text(default) or ""):
            yield from self.one(node, name, Need.OPTIONAL, "settings", default, Use.MENTION)

    def helpers(self) -> Iterator[Helper]:
        """Functions that read the variable which an argument names: `def env(name, default=None): return os.environ.get(name, default)`."""
        for function in self.nodes:
            if not isinstance(function, ast.FunctionDef):
                continue
            names = [argument.arg for argument in function.args.args]
            for node in ast.walk(function):
                read = (
                    node.args[0]
                    if isinstance(node, ast.Call) and node.args and self.reads(_dotted(node.func) or "")
                    else node.slice
                    if isinstance(node, ast.Subscript) and _dotted(node.value) in self.environs
                    else None
                )
                if isinstance(read, ast.Name) and read.id in names:
                    default = next((i for i, name in enumerate(names) if re.match(r"(?i)default|fallback|otherwise", name)), None)
                    throws = any(isinstance(inner, ast.Raise) for inner in ast.walk(function)) or isinstance(node, ast.Subscript)
                    own = id(node) in self.guarded or (isinstance(node, ast.Call) and len(node.args) > 1 and not _is_none(node.args[1]))
                    tolerates = default is None and not throws and own
                    yield Helper(self.place.at(0).path, function.name, names.index(read.id), default, throws, tolerates)
                    break

    def reads(self, function: str) -> bool:
        """Whether a function of this name reads the variable that its first argument names."""
        owner, _, method = function.rpartition(".")
        return function in self.getenvs or (owner in self.environs and method == "get")

    def fields(self, node: ast.ClassDef) -> Iterator[Reference]:
        """Fields of a pydantic settings class: the field's name behind the prefix, in capitals where case does not count, or its alias."""
        said = _option(node, "env_prefix")
        prefix = said if isinstance(said, str) else ""
        exact = _option(node, "case_sensitive") is True
        how = "BaseSettings, case-sensitive" if exact else "BaseSettings"
        delimiter = _option(node, "env_nested_delimiter")
        for field in _fields(node):
            names = field.aliases or [prefix + field.name if exact else (prefix + field.name).upper()]
            fallback = self.literal(field.default) if field.default is not None else None
            type_ = _type(field.annotation)
            reference = Reference(
                names[0], self.at(field.item), field.need, Side.SERVER, Use.SCHEMA, how, fallback, type=type_, instead=tuple(names[1:])
            )
            if isinstance(delimiter, str):
                yield from self.parts(reference, field, delimiter, exact)
            else:
                yield reference

    def parts(self, whole: Reference, field: _Field, delimiter: str, exact: bool, depth: int = 1) -> Iterator[Reference]:
        """A field of a settings class and, where it is a model, the model's own (`MAIL__HOST`): the whole as JSON does as well as its parts."""
        names = {n.id for n in ast.walk(field.annotation) if isinstance(n, ast.Name)}
        model = next((n for n in self.nodes if isinstance(n, ast.ClassDef) and n.name in names), None)
        if model is None or depth > _DEEPEST_MODEL:
            if names & self.imported:  # a model of another file: which of its fields are needed is not known
                yield whole._replace(name=whole.name + delimiter, need=Need.OPTIONAL, use=Use.MENTION, fallback=None)
                whole = whole._replace(need=Need.OPTIONAL)
            yield whole
            return
        yield whole._replace(need=Need.OPTIONAL)
        for inner in _fields(model):
            name = whole.name + delimiter + (inner.name if exact else inner.name.upper())
            need = inner.need if whole.need is Need.REQUIRED else Need.OPTIONAL
            fallback = self.literal(inner.default) if inner.default is not None else None
            part = whole._replace(
                name=name, location=self.at(inner.item), need=need, fallback=fallback, type=_type(inner.annotation), instead=(whole.name,)
            )
            yield from self.parts(part, inner, delimiter, exact, depth + 1)

    def one(
        self, node: ast.expr, name: ast.expr, need: Need, how: str, default: ast.expr | None = None, use: Use = Use.READ
    ) -> Iterator[Reference]:
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and _NAME.fullmatch(name.value):
            fallback = self.literal(default) if default is not None else None
            manner = self.manner(node, name.value, need)
            instead = tuple(other for other in self.chains.get(id(node), ()) if other != name.value)
            self.read_at[id(node)] = name.value
            yield Reference(name.value, self.at(node), need, Side.SERVER, use, how, fallback, manner=manner, instead=instead)

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
    def chains(self) -> dict[int, list[str]]:
        """The variables of which one is enough, for the reads of `getenv("A") or getenv("B")`, by id of their node."""
        found: dict[int, list[str]] = {}
        for node in self.nodes:
            if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
                reads = [
                    value for value in node.values if isinstance(value, ast.Call) and self.reads(_dotted(value.func) or "") and value.args
                ]
                names = [
                    read.args[0].value for read in reads if isinstance(read.args[0], ast.Constant) and isinstance(read.args[0].value, str)
                ]
                found.update((id(read), names) for read in reads if len(names) > 1)
        return found

    @cached_property
    def compared(self) -> frozenset[int]:
        """Reads that are compared with something, by id of their node: `getenv("X") == "1"` is False where it is missing."""
        comparisons = [node for node in self.nodes if isinstance(node, ast.Compare)]
        return frozenset(id(side) for node in comparisons for side in (node.left, *node.comparators))

    @cached_property
    def guarded(self) -> dict[int, ast.expr | None]:
        """Reads that are only asked for, or have something behind `or`, by id of their node."""
        return _guarded(self.nodes)

    @cached_property
    def instead(self) -> dict[int, ast.expr]:
        """The text that stands in for a read elsewhere, by id of the read: behind `except KeyError`, in the other branch, in `if not x: x = ...`."""
        found: dict[int, ast.expr] = {}
        for node in self.nodes:
            if isinstance(node, ast.Try):
                given = {name: value for handler in node.handlers for name, value in _assigned(handler.body)}
                found.update((id(read), given[name]) for name, read in _assigned(node.body) if name in given)
            elif isinstance(node, ast.IfExp):
                negated = isinstance(node.test, ast.UnaryOp) or (
                    isinstance(node.test, ast.Compare) and isinstance(node.test.ops[0], (ast.NotIn, ast.Is, ast.Eq))
                )
                read, text = (node.orelse, node.body) if negated else (node.body, node.orelse)
                found.setdefault(id(read), text)
            body = getattr(node, "body", None)
            if isinstance(body, list):
                for before, after in pairwise(body):
                    found.update(_made_up_for(before, after))
        return {read: text for read, text in found.items() if isinstance(text, ast.Constant) and isinstance(text.value, str)}

    @cached_property
    def behind_scheme(self) -> frozenset[int]:
        """What f-strings put right behind `://`, by id of its node."""
        found = set()
        for node in self.nodes:
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
        return frozenset(id(inner) for node in self.nodes for branch in _of_one_mode(node) for inner in ast.walk(branch))

    def at(self, node: ast.expr | ast.stmt) -> Location:
        # ast counts columns in bytes of the line, from 0.
        return self.place.at(self.starts[node.lineno - 1] + node.col_offset)


def _fixed_text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _assigned(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """(name, value) of the plain assignments among statements."""
    for item in body:
        if isinstance(item, ast.Assign) and len(item.targets) == 1 and isinstance(item.targets[0], ast.Name):
            yield item.targets[0].id, item.value


def _made_up_for(before: ast.stmt, after: ast.stmt) -> Iterator[tuple[int, ast.expr]]:
    """`x = getenv("X")` followed by `if not x: x = "..."`: (id of the read, the text)."""
    if isinstance(after, ast.If) and isinstance(after.test, (ast.UnaryOp, ast.Compare)):
        given = dict(_assigned(after.body))
        for name, read in _assigned([before]):
            if name in given and any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(after.test)):
                yield id(read), given[name]


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


def _guarded(nodes: Iterable[ast.AST]) -> dict[int, ast.expr | None]:
    """Reads that have something to fall back on (`getenv("X") or "d"`) or are only asked for (`if getenv("X"):`), by id of their node."""
    found: dict[int, ast.expr | None] = {}
    for node in nodes:
        if isinstance(node, ast.BoolOp):
            for value, following in zip(node.values, node.values[1:], strict=False):
                found[id(value)] = following if isinstance(node.op, ast.Or) else None
        elif isinstance(node, ast.Call) and _dotted(node.func) == "bool":
            found.update((id(argument), None) for argument in node.args)
        elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
            test = node.test.operand if isinstance(node.test, ast.UnaryOp) else node.test
            fails = isinstance(node, ast.If) and any(isinstance(child, ast.Raise) for child in node.body)
            if not fails:
                found[id(test)] = None
    return found


def _failing(nodes: Iterable[ast.AST]) -> set[int]:
    """Reads whose absence ends the program: asserted, met with `raise`, or used at once (`getenv("X").split()`), by id of their node."""
    found: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Attribute):
            found.add(id(node.value))
        elif isinstance(node, ast.Assert):
            found.add(id(node.test))
        elif isinstance(node, ast.If) and isinstance(node.test, ast.UnaryOp) and any(isinstance(child, ast.Raise) for child in node.body):
            found.add(id(node.test.operand))
    return found


def _fields(node: ast.ClassDef) -> Iterator[_Field]:
    """The fields that a pydantic class states."""
    for item in node.body:
        if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name) or item.target.id.startswith("_"):
            continue
        if item.target.id == "model_config" or "ClassVar" in ast.dump(item.annotation):
            continue
        default, aliases = item.value, []
        if isinstance(default, ast.Call) and (_dotted(default.func) or "").rpartition(".")[2] == "Field":
            aliases = _aliases(default)
            given = next((k.value for k in default.keywords if k.arg in ("default", "default_factory")), None)
            default = default.args[0] if default.args else given
        if isinstance(default, ast.Constant) and default.value is ...:
            default = None
        need = Need.REQUIRED if default is None and not _may_be_none(item.annotation) else Need.OPTIONAL
        yield _Field(item, item.target.id, aliases, item.annotation, default, need)


def _option(node: ast.ClassDef, name: str) -> object:
    """The literal of an option in `model_config` (a dict or SettingsConfigDict) or in the inner Config class, None without one."""
    for item in ast.walk(node):
        given: list[tuple[object, ast.expr]] = []
        if isinstance(item, ast.keyword):
            given = [(item.arg, item.value)]
        elif isinstance(item, ast.Dict):
            given = [(key.value, value) for key, value in zip(item.keys, item.values, strict=True) if isinstance(key, ast.Constant)]
        elif isinstance(item, ast.Assign):
            given = [(target.id, item.value) for target in item.targets if isinstance(target, ast.Name)]
        for key, value in given:
            if key == name and isinstance(value, ast.Constant):
                return value.value
    return None


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


# Modules whose names in an annotation are no models.
_TYPING = sys.stdlib_module_names | {"pydantic", "pydantic_settings", "typing_extensions"}

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
