"""References in JavaScript and TypeScript, and in the script parts of Vue, Svelte and Astro files, by tree-sitter."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from driftline import late, sieve
from driftline.code import CodeFile, CodeReading, Helper, Place, _addresses, _claims, _modes, _stand_ins, syntax
from driftline.knowledge import callbacks, platform
from driftline.model import Claim, Literal, Location, Need, Reference, Secret, Side, Unread, Unreadable, Use

if TYPE_CHECKING:
    from tree_sitter import Node

EXTENSIONS = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte", ".astro")
TRACES = (
    b"process.env", b"process?.env", b"import.meta.env", b"Deno.env", b"Netlify.env", b"Bun.env", b"$env/", b"$app/env", b"astro:env", b"useRuntimeConfig",
    b"createEnv", b"cleanEnv", b"ProcessEnv", b"ImportMetaEnv", b"ConfigService", b"env: Env", b"Bindings", b"c.env.", b"context.env.",
    b"envField", b"cloudflare:workers", b"process['env']", b'process["env"]', b"} = process",
    b'"node:process"', b"'node:process'", b"(request, env", b"(req, env", b"Request, env", b"loadEnv(", b"runtimeConfig", b"extConfig", b"$config", b"env-var",
)  # fmt: skip

_NAME = late.pattern(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_UPPER = late.pattern(r"[A-Z][A-Z0-9_]*\Z")

# What may be a variable of the environment, too.
# Reads of variables and nothing else, one behind the other.
_READ = r"\(?\s{0,99}(?:(?:process|import\.meta)\.env(?:\??\.\w+|\[[\"']\w+[\"']\])|Deno\.env\.get\(\s{0,99}[\"']\w+[\"']\s{0,99}\))\s{0,99}!?\s{0,99}\)?"
_READS = late.pattern(rf"{_READ}(?:\s{{0,99}}(?:\|\||\?\?)\s{{0,99}}{_READ})*")
# What makes a number or a text of whatever it is given, `undefined` too.
_CONVERSIONS = ("Number", "parseInt", "parseFloat", "String")
_NAMES_READ = late.pattern(r"\benv(?:\.get\(\s*[\"']|\??\.|\[[\"'])([A-Za-z_]\w*)")
_VARIABLE = late.pattern(r"\benv\b|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|^\w+$")
# The quote before an address.
_ADDRESS = late.pattern(rb"[\"'`]https?://")

# The environment object: each match is looked up in the syntax tree, so comments and strings do not count.
_OBJECT = late.pattern(
    rb"(?:\b(?:globalThis|global|window|self)\s*\.\s*)?\bprocess\s*\??\.\s*env\b|import\.meta\.env\b|\bBun\.env\b|\b(?:Deno|Netlify)\.env\b|\bprocess\[['\"]env['\"]\]"
)

# Objects whose variables are asked for by a call: `Deno.env.get("X")`; Netlify's functions have the same (Netlify docs, Functions API, 2026-11).
_BY_CALL = frozenset(("Deno.env", "Netlify.env"))

# The same, to be found fast: an expression that begins with letters of its own is searched thirty times as fast as one that may begin in
# several ways, so the end of each object is looked for, and what stands before it afterwards.
_ENV = late.pattern(rb"env\b")
_BEFORE_ENV = late.pattern(
    rb"(?:(?:\b(?:globalThis|global|window|self)\s*\.\s*)?\bprocess\s*(?:\??\.\s*|\[['\"])|import\.meta\.|\b(?:Bun|Deno|Netlify)\.)\Z"
)
_LONGEST_OWNER = 60


def _objects(code: bytes) -> Iterator[re.Match[bytes]]:
    """Where the environment object may stand, in order."""
    for end in _ENV.finditer(code):
        if code[end.start() - 1 : end.start()] not in b". \t\r\n\"'":
            continue
        before = _BEFORE_ENV.search(code, max(0, end.start() - _LONGEST_OWNER), end.start())
        match = _OBJECT.match(code, before.start()) if before is not None else None
        if match is not None:
            yield match


def read(path: str, content: bytes) -> CodeReading:
    """The references of one file. Broken code is read as far as the parser recovers; columns count characters of the whole file."""
    return _File(path, content).reading()


class _File:
    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.content = content
        self.place = Place(path, content)
        self.side = _side(path, content)
        self.references: list[Reference] = []
        # Reads that only fail without a value: (name, place).
        self.used: set[tuple[str, Location]] = set()
        self.literals: list[Literal] = []
        self.helpers: list[Helper] = []
        self.aliases: set[tuple[str, str]] = set()
        self.root: Node | None = None

    def reading(self) -> CodeReading:
        code = self.content
        if self.path.endswith((".vue", ".svelte", ".astro")):
            code = syntax.scripts(self.path, self.content)
            self._markup(code, rb"import\.meta\.env", "import.meta.env")
        self.root = syntax.parse(self.path, code)
        deep = False
        for match in _objects(code):
            if self._is_deep(match.start()):
                deep = True
                self._plain(match)
                continue
            node = self.root.descendant_for_byte_range(match.start(), match.end())
            if node is None or not syntax.is_code(node) or node.start_byte != match.start():
                continue
            how = "import.meta.env" if match[0].startswith(b"import") else match[0].decode().replace("?", "").replace(" ", "")
            if "process" not in how or node.end_byte == match.end():
                self._object(node, "process.env" if "process" in how else how)
        if deep:
            return CodeReading(tuple(self.references), (), tuple(dict.fromkeys(self.helpers)))
        self._imports(code)
        self._schemas(code)
        self._described(code)
        self._injected_objects(code)
        self._types(code)
        self._configs(code)
        self._settings(code)
        if _addresses.may_stand_in(self.path, code):
            from driftline.code import _fixed_javascript

            self.literals += _fixed_javascript.literals(self.path, code, self.root, self.place, self.side)
        claims: tuple[Claim, ...] = ()
        if _claims.may_stand_in(self.path, code):
            from driftline.code import _fixed_javascript

            claims = _claims.told(_fixed_javascript.claims(self.path, code, self.root, self.place, self.side))
        # What a test has let through (`if (process.env.X) use(process.env.X!)`) is no need of its own.
        tested = {r.name for r in self.references if r.need is Need.OPTIONAL and r.fallback is None}
        self.references = [
            r._replace(need=Need.OPTIONAL) if r.name in tested and (r.name, r.location) in self.used else r for r in self.references
        ]
        unique = {(r.name, r.location, r.use): r for r in self.references}
        return CodeReading(tuple(unique.values()), tuple(self.literals), tuple(dict.fromkeys(self.helpers)), claims=claims)

    def _is_deep(self, offset: int) -> bool:
        """Whether a place lies deeper than anybody writes: every step up from there would cost the whole way down."""
        cursor = self.root.walk() if self.root is not None else None
        depth = 0
        while cursor is not None and depth <= _DEEPEST and cursor.goto_first_child_for_byte(offset) is not None:
            depth += 1
        return depth > _DEEPEST

    def _plain(self, match: re.Match[bytes]) -> None:
        """A read in code that is too deep to ask what stands around it."""
        name = _MEMBER.match(self.content, match.end())
        if name is not None and match[0].startswith(b"process"):
            found = Reference(name[1].decode(), self.place.at(match.start()), Need.PLAIN, self.side, how="process.env")
            self.references.append(found)

    def _add(self, name: str, node: Node, need: Need, how: str, fallback: Literal | None = None, **more: Any) -> None:
        if not _NAME.match(name):
            return
        inlined = more.pop("inlined", None)
        if inlined is None:
            inlined = how == "import.meta.env" or platform.is_inlined(name)
        self.references.append(
            Reference(
                name,
                self.place.at(node.start_byte),
                need,
                more.pop("side", self._side_of(how)),
                how=how,
                fallback=fallback,
                inlined=inlined,
                **more,
            )
        )

    def _side_of(self, how: str) -> Side:
        if how.startswith(("Deno", "Netlify", "Bun")):
            return Side.SERVER
        if how == "process.env" and self.side is Side.UNKNOWN and _ASKS_FOR_PROCESS.search(self.content):
            return Side.SERVER  # what asks whether there is a process reads it where there is one
        # What a component for the browser does where there is no window, it does when the server renders it first.
        return Side.UNKNOWN if self.side is Side.CLIENT and _NO_WINDOW.search(self.content) else self.side

    # --- the environment object and what is taken from it -------------------------------------------------------------------

    def _object(self, node: Node, how: str) -> None:
        """One occurrence of `process.env` (or its kin): a read, a destructuring, an alias, a helper's body or an argument."""
        parent = node.parent
        if parent is None:
            return
        if parent.type == "member_expression" and parent.child_by_field_name("object") == node:
            name = syntax.text(parent.child_by_field_name("property"))
            if how in _BY_CALL:
                self._called(parent, name, how)
            elif name not in ("hasOwnProperty", "toString"):
                self._read(name, parent, how)
        elif parent.type == "subscript_expression" and parent.child_by_field_name("object") == node:
            index = parent.child_by_field_name("index")
            literal = syntax.string(index)
            if literal is not None:
                self._read(literal, parent, how)
            elif index is not None:
                self._dynamic(index, parent)
        else:
            self._whole(node, how)

    def _whole(self, node: Node, how: str) -> None:
        """The object as a whole: destructured, given another name, or tested with `in`."""
        holder = node
        if how in _BY_CALL:
            return  # no map of names
        while holder.parent is not None and holder.parent.type in syntax.WRAPPERS:
            holder = holder.parent
        parent = holder.parent
        if parent is None:
            return
        if parent.type == "variable_declarator" and parent.child_by_field_name("value") == holder:
            target = parent.child_by_field_name("name")
            if target is not None and target.type == "object_pattern":
                self._destructured(target, how)
            elif target is not None and target.type == "identifier":
                self._alias(syntax.text(target), how)
        elif parent.type == "binary_expression" and syntax.text(parent.child_by_field_name("operator")) == "in":
            name = syntax.string(parent.child_by_field_name("left"))
            if name is not None:
                self._add(name, parent, Need.OPTIONAL, how)
        elif parent.type == "assignment_pattern" and parent.child_by_field_name("right") == holder:
            target = parent.child_by_field_name("left")  # a parameter with the environment as its default
            if target is not None and target.type == "identifier":
                self._alias(syntax.text(target), how)
            elif target is not None and target.type == "object_pattern":
                self._destructured(target, how)

    def _destructured(self, pattern: Node, how: str) -> None:
        for entry in pattern.named_children:
            if entry.type == "shorthand_property_identifier_pattern":
                self._add(syntax.text(entry), entry, self._need_of_variable(syntax.text(entry), pattern), how)
            elif entry.type == "object_assignment_pattern":
                left, right = entry.child_by_field_name("left"), entry.child_by_field_name("right")
                self._add(syntax.text(left), entry, Need.OPTIONAL, how, self._fallback(right))
            elif entry.type == "pair_pattern":
                key, value = entry.child_by_field_name("key"), entry.child_by_field_name("value")
                name = syntax.string(key) or syntax.text(key)
                if value is not None and value.type == "assignment_pattern":
                    self._add(name, entry, Need.OPTIONAL, how, self._fallback(value.child_by_field_name("right")))
                else:
                    self._add(name, entry, self._need_of_variable(syntax.text(value), pattern), how)

    def _alias(self, alias: str, how: str) -> None:
        """`const env = process.env; ... env.X`: every later `alias.X`, `alias["X"]` and `{ X } = alias` of this file."""
        if self.root is None or not _NAME.match(alias) or (alias, how) in self.aliases:
            return
        self.aliases.add((alias, how))
        pattern = re.compile(
            rb"(?<![\w$.])" + re.escape(alias.encode()) + rb"\b(?=\s*(?:\??\.\s*[A-Za-z_]|\[|;|,|\)|\})|[ \t]*(?:[\r\n]|\Z))"
        )
        for match in pattern.finditer(self.content):
            node = self.root.descendant_for_byte_range(match.start(), match.end())
            if node is None or node.type != "identifier" or node.parent is None:
                continue
            parent = node.parent
            if parent.type == "member_expression" and parent.child_by_field_name("object") == node:
                name = syntax.text(parent.child_by_field_name("property"))
                if _UPPER.match(name):
                    self._read(name, parent, how)
            elif parent.type == "subscript_expression" and parent.child_by_field_name("object") == node:
                index = parent.child_by_field_name("index")
                name_ = syntax.string(index)
                if name_ is not None:
                    self._read(name_, parent, how)
                elif index is not None:
                    self._dynamic(index, parent)
            elif parent.type == "variable_declarator" and parent.child_by_field_name("value") == node:
                target = parent.child_by_field_name("name")
                if target is not None and target.type == "object_pattern":
                    self._destructured(target, how)

    def _called(self, member: Node, method: str, how: str) -> None:
        call = member.parent
        if method == "toObject" and call is not None and call.type == "call_expression":
            self._object(call, f"{how}.toObject")
            return
        if method not in ("get", "has") or call is None or call.type != "call_expression":
            return
        arguments = syntax.arguments(call)
        if not arguments:
            return
        name = syntax.string(arguments[0])
        if name is None:
            self._dynamic(arguments[0], call)
        elif method == "has":
            self._add(name, call, Need.OPTIONAL, f"{how}.has", side=Side.SERVER)
        else:
            self._read(name, call, f"{how}.get")

    def _read(self, name: str, node: Node, how: str) -> None:
        """One read of one name: what stands around it tells whether the code can do without."""
        parent = node.parent
        if parent is not None:
            if parent.type == "assignment_expression" and parent.child_by_field_name("left") == node:
                return  # a write
            if parent.type == "augmented_assignment_expression" and parent.child_by_field_name("left") == node:
                if syntax.text(parent.child_by_field_name("operator")) in ("??=", "||="):
                    self._add(name, node, Need.OPTIONAL, how, self._fallback(parent.child_by_field_name("right")))
                return
            if parent.type == "unary_expression" and syntax.text(parent.child_by_field_name("operator")) == "delete":
                return
        if self._is_schema_mapping(node):
            self._add(name, node, Need.PLAIN, how, use=Use.MENTION)
            return
        need, fallback = self._need(node)
        if need is Need.REQUIRED and not self._is_failing_guard(node):
            self.used.add((name, self.place.at(node.start_byte)))
        self._add(
            name,
            node,
            need,
            how,
            fallback,
            manner=self._manner(name, node),
            instead=tuple(other for other in _chain(node) if other != name),
        )
        if self.root is not None:
            for place in _modes.decisions(self.path, name, node, self.root, self.content):
                self._add(name, place, Need.OPTIONAL, how, use=Use.MENTION, manner=_modes.MANNER)

    def _is_failing_guard(self, node: Node) -> bool:
        """Whether a required read is a test for absence that ends in an error, not a use."""
        while node.parent is not None and node.parent.type in ("parenthesized_expression", "as_expression", "binary_expression"):
            node = node.parent
        return node.parent is not None and node.parent.type in ("unary_expression", "if_statement", "arguments", "variable_declarator")

    def _is_schema_mapping(self, node: Node) -> bool:
        """`runtimeEnv: { X: process.env.X }` of t3-env hands the value to a schema, which says whether it is required."""
        for _ in range(8):
            parent = node.parent
            if parent is None or parent.type in ("statement_block", "program", "arrow_function"):
                return False
            if parent.type == "pair" and syntax.text(parent.child_by_field_name("key")) in (
                "runtimeEnv",
                "experimental__runtimeEnv",
                "runtimeEnvStrict",
            ):
                return True
            node = parent
        return False

    def _need(self, node: Node) -> tuple[Need, Literal | None]:
        fallback: Literal | None = None
        optional = asserted = others = False
        current = node
        while (parent := current.parent) is not None:
            kind = parent.type
            if kind == "non_null_expression":
                asserted = True
            elif kind in ("as_expression", "satisfies_expression"):
                asserted = asserted or (parent.named_child_count > 1 and syntax.text(parent.named_children[1]) == "string")
            elif kind == "parenthesized_expression":
                pass
            elif kind == "binary_expression":
                operator = syntax.text(parent.child_by_field_name("operator"))
                left = parent.child_by_field_name("left") == current
                if operator in ("??", "||"):
                    right = parent.child_by_field_name("right")
                    if left and not _READS.fullmatch(syntax.text(right)):  # another variable is no fallback: one of the two is needed
                        optional = True
                        found = self._fallback(right)
                        if found is not None and found.role == "fallback" and others:
                            found = found._replace(role="fallback behind others")
                        fallback = fallback or found
                        others = others or not (found is not None or _VARIABLE.search(syntax.text(right)))
                    elif not left and _is_handed_at_runtime(syntax.text(parent.child_by_field_name("left")), syntax.text(node)):
                        optional = True
                elif operator == "&&" or operator in _COMPARISONS:
                    need, instead = self._guard(parent, negated=operator in ("==", "==="))
                    # Compared with some word, it chooses; only a look whether it is there has something instead.
                    asked = operator == "&&" or _stand_ins.asks_for_absence(parent)
                    return need, fallback or (instead if asked else None)
                else:
                    break
            elif kind == "ternary_expression":
                if parent.child_by_field_name("condition") == current:
                    other = parent.child_by_field_name("alternative")
                    return Need.OPTIONAL, fallback or self._fallback(other)
            elif kind == "unary_expression":
                operator = syntax.text(parent.child_by_field_name("operator"))
                if operator == "!":
                    return self._guard(parent, negated=True)
                if operator == "typeof":
                    return Need.OPTIONAL, None
                break
            elif kind in ("if_statement", "while_statement"):
                return self._guard(current, negated=False)
            elif kind == "member_expression" and parent.child_by_field_name("object") == current:
                if optional:
                    break
                call = parent.parent
                if not syntax.is_optional_chain(parent):
                    return Need.REQUIRED, None
                if (
                    call is None
                    or call.type != "call_expression"
                    or syntax.text(parent.child_by_field_name("property")) not in _TEXT_METHODS
                ):
                    return Need.OPTIONAL, None
                optional = True  # `process.env.X?.trim() ?? "..."`: what stands behind decides
                parent = call
            elif kind == "arguments":
                callee = syntax.text(parent.parent.child_by_field_name("function") if parent.parent else None)
                if callee.rpartition(".")[2] in ("Boolean", "isset", "isNil"):
                    return Need.OPTIONAL, None
                if callee.rpartition(".")[2] in ("assert", "invariant", "ok", "assertDefined", "tiny_invariant"):
                    return Need.REQUIRED, None
                if callee.rpartition(".")[2] not in _CONVERSIONS or parent.parent is None:
                    break
                parent = parent.parent  # `Number(process.env.X) || 1000`: what stands behind decides
            elif kind == "variable_declarator":
                target = parent.child_by_field_name("name")
                if target is not None and target.type == "identifier" and not optional:
                    need, later = self._need_of_variable(syntax.text(target), parent), self._later(syntax.text(target), parent)
                    need = Need.OPTIONAL if later is not None else Need.REQUIRED if asserted else need
                    return need, later
                break
            elif kind == "assignment_expression" and parent.child_by_field_name("right") == current and not optional:
                # `let url = "..."; if (process.env.X) url = process.env.X`: what was there before stays.
                fallback = self._before(syntax.text(parent.child_by_field_name("left")), parent)
                optional = fallback is not None
                break
            else:
                break
            current = parent
        if optional:
            return Need.OPTIONAL, fallback
        return (Need.REQUIRED, None) if asserted else (Need.PLAIN, None)

    def _guard(self, node: Node, *, negated: bool) -> tuple[Need, Literal | None]:
        """A read that is only tested. A test for absence that ends in `throw` or an exit makes it required."""
        current = node
        while (parent := current.parent) is not None:
            if parent.type == "if_statement":
                body = parent.child_by_field_name("consequence")
                if negated and body is not None and _FAILS.search(self.content, body.start_byte, min(body.end_byte, body.start_byte + 600)):
                    return Need.REQUIRED, None
                return Need.OPTIONAL, None if negated else self._behind(parent)
            if parent.type == "ternary_expression" and parent.child_by_field_name("condition") == current:
                return Need.OPTIONAL, self._fallback(parent.child_by_field_name("consequence" if negated else "alternative"))
            if parent.type == "unary_expression" and syntax.text(parent.child_by_field_name("operator")) == "!":
                negated = not negated
            elif parent.type not in ("parenthesized_expression", "binary_expression", "ternary_expression"):
                break
            current = parent
        return Need.OPTIONAL, None

    def _need_of_variable(self, name: str, declaration: Node) -> Need:
        """What the code right after `const name = process.env.X` says: a throwing guard, a tolerant one, `!`, or nothing."""
        if not _NAME.match(name):
            return Need.PLAIN
        after = self.content[declaration.end_byte : declaration.end_byte + 4000]
        if name.encode() not in after:
            return Need.PLAIN
        # The expressions are the same for every name, so that they are compiled once: they speak of NUL.
        after = re.sub(rb"(?<![\w$.])" + re.escape(name.encode()) + rb"(?![\w$])", b"\0", after)
        absent = _IF_ABSENT.search(after)
        if absent is not None:
            return Need.REQUIRED if _FAILS.search(absent[1] or absent[2] or b"") else Need.OPTIONAL
        if _ASSERTED.search(after):
            return Need.REQUIRED
        return Need.OPTIONAL if _TOLERATED.search(after) else Need.PLAIN

    def _later(self, name: str, declaration: Node) -> Literal | None:
        """The address that stands in for a constant or variable with a variable's value further on: `url || "..."`, `if (!url) url = "..."`."""
        if not _NAME.match(name):
            return None
        word = re.escape(name.encode())
        end = declaration.end_byte + 4000
        if self.content.find(word, declaration.end_byte, end) < 0 or self.content.find(b"://", declaration.end_byte) < 0:
            return None
        later = re.compile(
            rb"(?<![\w$.])" + word + rb"\s*(?:\?\?|\|\|)=?\s*\(?\s*([\"'`])https?://"
            rb"|if\s*\(\s*!\s*" + word + rb"\s*\)\s*(?:\{[^\0]{0,400}?(?<![\w$.]))?" + word + rb"\s*=\s*([\"'`])https?://(?!\$\{)"
            rb"|(?<![\w$.!])" + word + rb"\s*(?:&&[^\n;:?]{1,80})?\?\s*[^\n;:]{1,200}?:\s*([\"'`])https?://"
        )
        found = self._address_at(later.search(self.content, declaration.end_byte, end))
        tested = re.compile(rb"\bif\s*\(\s*" + word + rb"\s*\)\s*\{?\s*return\b").search(self.content, declaration.end_byte, end)
        if found is None and tested is not None and self.root is not None:
            statement = self.root.descendant_for_byte_range(tested.start(), tested.start() + 2)
            statement = statement.parent if statement is not None else None
            found = self._behind(statement) if statement is not None and statement.type == "if_statement" else None
        return found

    def _before(self, name: str, assignment: Node) -> Literal | None:
        """The address that a variable holds before an assignment which only a condition reaches."""
        holder = assignment.parent
        while holder is not None and holder.type in ("expression_statement", "statement_block", "parenthesized_expression"):
            holder = holder.parent
        if not _NAME.match(name) or holder is None or holder.type not in ("if_statement", "else_clause", "binary_expression"):
            return None
        word = re.escape(name.encode())
        declared = re.compile(rb"\b(?:let|var)\s+" + word + rb"\s*(?::\s*string\s*)?=\s*([\"'`])https?://")
        return self._address_at(declared.search(self.content, max(0, assignment.start_byte - 2000), assignment.start_byte))

    def _behind(self, statement: Node) -> Literal | None:
        """`if (process.env.X) return process.env.X; return "..."`: the address that a function returns in the end."""
        body = statement.child_by_field_name("consequence")
        block = statement.parent
        if body is None or block is None or block.type != "statement_block" or not block.named_children:
            return None
        if not self.content[body.start_byte : body.start_byte + 12].lstrip(b"{ \t\r\n").startswith(b"return"):
            return None
        last = block.named_children[-1]
        between = self.content[body.end_byte : last.start_byte]
        if last.type != "return_statement" or not last.named_children or any(name in between for name in _platform_names()):
            return None
        found = self._fallback(last.named_children[0])
        return found if found is not None and _ADDRESS.match(self.content, last.named_children[0].start_byte) else None

    def _address_at(self, match: re.Match[bytes] | None) -> Literal | None:
        """The literal whose quote a pattern's only set group is, unless the syntax tree takes it for a comment."""
        if match is None or self.root is None:
            return None
        node = self.root.descendant_for_byte_range(match.start(match.lastindex or 0), match.start(match.lastindex or 0) + 1)
        if node is not None and node.type not in ("string", "template_string"):
            node = node.parent
        return self._fallback(node) if node is not None and node.type in ("string", "template_string") else None

    def _fallback(self, node: Node | None) -> Literal | None:
        """The literal that stands in for an absent variable, through one constant of the same file."""
        while node is not None and node.type in ("parenthesized_expression", "as_expression", "non_null_expression"):
            node = node.named_children[0] if node.named_children else None
        if node is None:
            return None
        if node.type == "binary_expression" and syntax.text(node.child_by_field_name("operator")) in ("??", "||"):
            return self._fallback(node.child_by_field_name("right"))
        text = syntax.string(node)
        if text is None and node.type == "template_string":
            text = re.sub(r"(?<=\w):\$\{[^{}]*\}", "", syntax.text(node)[1:-1], count=1)  # `http://localhost:${port}`
        if text is None and node.type == "number":
            text = syntax.text(node)
        if text is None and node.type == "identifier":
            constant = re.search(
                rb"const\s+" + re.escape(node.text or b"?") + rb"\s*(?::\s*string\s*)?=\s*([\"'])([^\"'\n]{0,2000})\1", self.content
            )
            text = constant[2].decode("utf-8", "replace") if constant else None
        if text is None:
            return None
        # Only an address is asked about later; for all else the walk up the tree would be in vain.
        role = _stand_ins.fallback_role(node, self.content, self.side) if "://" in text else "fallback"
        return Literal(Secret(text), self.place.at(node.start_byte), role)

    def _dynamic(self, index: Node, access: Node) -> None:
        """`process.env[name]`: where `name` is a parameter, the function is a helper that reads what its callers name."""
        if index.type != "identifier":
            return
        wanted = syntax.text(index)
        function: Node | None = access.parent
        while function is not None and function.type not in syntax.FUNCTIONS:
            function = function.parent
        if function is None:
            return
        parameters = function.child_by_field_name("parameters")
        single = function.child_by_field_name("parameter")
        names = (
            [syntax.text(single)] if single is not None else [syntax.parameter(p) for p in parameters.named_children] if parameters else []
        )
        if wanted not in names:
            return
        name = syntax.text(function.child_by_field_name("name"))
        holder = function.parent
        if (
            not name
            and holder is not None
            and holder.type in ("variable_declarator", "pair", "public_field_definition", "assignment_expression")
        ):
            name = syntax.text(
                holder.child_by_field_name("name") or holder.child_by_field_name("key") or holder.child_by_field_name("left")
            )
        if not _NAME.match(name):
            return
        position = names.index(wanted)
        body = function.child_by_field_name("body")
        throws = body is not None and _FAILS.search(self.content, body.start_byte, body.end_byte) is not None
        default = next((i for i, p in enumerate(names) if i != position and re.match(r"(?i)default|fallback|def$|otherwise", p)), None)
        tolerates = default is None and not throws and self._need(access)[0] is Need.OPTIONAL
        self.helpers.append(Helper(self.path, name, position, default, throws, tolerates))

    # --- modules that carry the environment -----------------------------------------------------------------------------------

    def _imports(self, code: bytes) -> None:
        for match in _ENV_IMPORT.finditer(code):
            source = match[2].decode()
            private = "private" in source or "server" in source
            side = Side.SERVER if private and not (source.startswith("$env/") and _SHIPPED.search(self.path)) else Side.CLIENT
            for item in match[1].decode("utf-8", "replace").split(","):
                imported, _, local = (part.strip() for part in item.partition(" as "))
                offset = match.start(1) + match[1].find(imported.encode())
                if _UPPER.match(imported):
                    need = Need.REQUIRED if "static" in source else Need.PLAIN
                    self.references.append(
                        Reference(imported, self.place.at(offset), need, side, how=source, inlined="static" in source or not private)
                    )
                elif imported == "env":
                    own, self.side = self.side, side
                    self._alias(local or "env", source)
                    self.side = own
                    if code is not self.content and not private:
                        self._markup(code, re.escape((local or "env").encode()), source)
        if b"getSecret(" in code and b"astro:env" in code:
            for match in re.finditer(rb"getSecret\(\s*[\"']([A-Z][A-Z0-9_]*)[\"']", code):
                self.references.append(Reference(match[1].decode(), self.place.at(match.start()), Need.PLAIN, Side.SERVER, how="astro:env"))
        if b"cloudflare:workers" in code and re.search(rb"import\s*\{[^{}]*\benv\b", code):
            self._alias("env", "cloudflare:workers")
        if _WHOLE_PROCESS.search(code):
            for match in _PROCESS_ENV.finditer(code):
                self._alias((match[1] or match[2] or b"env").decode(), "process.env")
        if b"loadEnv(" in code:
            for match in _LOAD_ENV.finditer(code):
                self._alias(match[1].decode(), "loadEnv")

    def _settings(self, code: bytes) -> None:
        """Addresses that stand in for what an object of settings or an import holds: `env.SITE_URL ?? "..."` behind t3-env, `PUBLIC_SITE_URL || "..."`."""
        imported = {name.strip() for match in _ENV_IMPORT.finditer(code) for name in match[1].split(b",")}
        for address in _HTTP.finditer(code):
            match = _OR.search(code, max(0, address.start() - _LONGEST_OR), address.start())
            if match is None:
                continue
            setting = _SETTING.search(code, max(0, match.start() - _LONGEST_SETTING), match.start())
            if setting is None or (setting[1] is None and setting[2] not in imported):
                continue
            fallback = self._address_at(match)
            if fallback is not None:
                location = self.place.at(setting.start(2))
                self.references.append(
                    Reference(setting[2].decode(), location, Need.OPTIONAL, self.side, Use.MENTION, "settings", fallback)
                )

    def _configs(self, code: bytes) -> None:
        """What the config files of Nuxt and Next.js state, and the keys of Nuxt's runtime config."""
        from driftline.code import _configs

        if self.root is not None:
            self.references += _configs.references(self.path, code, self.root, self.place)
        if b"useRuntimeConfig" in self.content or (b"$config" in self.content and self.path.endswith(".vue")):
            self.references += _configs.uses(self.content, self.place)

    def _injected_objects(self, code: bytes) -> None:
        """Frameworks that hand the environment in: NestJS' ConfigService, env-var's chains, a Worker's `env` parameter, Hono's `c.env`."""
        if b"ConfigService" in code:
            for match in re.finditer(rb"\.(get|getOrThrow)(?:<[^>()]{0,60}>)?\(\s*[\"'`]([A-Z][A-Z0-9_]*)[\"'`]\s*(,)?", code):
                need = Need.REQUIRED if match[1] == b"getOrThrow" else Need.OPTIONAL if match[3] else Need.PLAIN
                self._at(match, 2, need, "ConfigService", fallback=self._default_of_call(match.start(2)))
        if b"env-var" in code:
            for match in _ENV_VAR.finditer(code):
                start = code.find(b".default(", match.start(2), match.end(2))
                need = Need.REQUIRED if b".required(" in match[2] else Need.PLAIN if start < 0 else Need.OPTIONAL
                self._at(match, 1, need, "env-var", fallback=self._fallback_at(start + len(b".default(")) if start >= 0 else None)
        handed_in = [m for m in _OF_ENV.finditer(code) if _HANDED_IN.search(code, max(0, m.start() - 9), m.start())]
        if handed_in and _WORKER.search(code):
            for match in handed_in:
                self._at(match, 1, Need.PLAIN, "env", whole=True)

    def _fallback_at(self, offset: int) -> Literal | None:
        """The literal that begins at a 0-based offset, as a fallback."""
        node = self.root.descendant_for_byte_range(offset, offset + 1) if self.root is not None else None
        while node is not None and node.parent is not None and node.parent.start_byte == offset and node.parent.type != "arguments":
            node = node.parent
        return self._fallback(node)

    def _default_of_call(self, offset: int) -> Literal | None:
        """The literal that a call is given behind a variable's name, or that stands behind the call: `config.get("X", "...") ?? "..."`."""
        node = self.root.descendant_for_byte_range(offset, offset + 1) if self.root is not None else None
        while node is not None and node.type != "call_expression":
            node = node.parent
        if node is None:
            return None
        arguments = syntax.arguments(node)
        return self._fallback(arguments[1]) if len(arguments) > 1 else self._need(node)[1]

    def _at(
        self, match: re.Match[bytes], group: int, need: Need, how: str, *, whole: bool = False, fallback: Literal | None = None
    ) -> None:
        """A reference where a pattern matched, unless it is a comment or a string; `whole` asks the tree what surrounds it."""
        if self.root is None:
            return
        node = self.root.descendant_for_byte_range(match.start(group), match.end(group))
        if node is None or node.type == "comment":
            return
        if whole:
            if not syntax.is_code(node):
                return
            if node.parent is not None and node.parent.type == "member_expression":
                need, fallback = self._need(node.parent)
                # A binding (a database, a queue) is used through its methods: that does not make it a required string.
                need = Need.PLAIN if need is Need.REQUIRED else need
        self._add(match[group].decode(), node, need, how, fallback, side=Side.SERVER)

    # --- the platforms' own addresses ---------------------------------------------------------------------------------------------

    def _manner(self, name: str, node: Node) -> str:
        """How a value is used as an address: `Reference.manner`, and "host" for any variable that code puts behind a scheme."""
        before = syntax.before_in_template(node)
        if before.endswith("://"):
            platform = callbacks.platform_url(name)
            if platform is None or platform.scheme:
                return "host"
            key = syntax.key_of(node)
            if platform.of in ("deployment", "branch") and self._calls_back(key) and not self._chooses(node):
                return "origin"
            return "host" if self._guarded(name, node) else "unguarded"
        if callbacks.platform_flag(name) is not None:
            return "truth" if _is_tested_for_truth(node) else ""
        platform = callbacks.platform_url(name)
        if platform is None:
            return ""
        if not platform.scheme and self._is_whole_url(node, before):
            return "bare"
        if platform.scheme and platform.of == "deployment" and self._calls_back(syntax.key_of(node)) and not self._chooses(node):
            return "origin" if _chain(node)[:1] in ([], [name]) else ""  # behind another variable it is the last resort
        return ""

    def _guarded(self, name: str, node: Node) -> bool:
        """Whether the code looks whether the platform's variable is there: anywhere before, in this file, or around the template."""
        if self.content.count(name.encode()) > 1 or (node.parent is not None and node.parent.type == "binary_expression"):
            return True
        for _ in range(30):
            parent = node.parent
            if parent is None:
                return False
            if parent.type in ("if_statement", "ternary_expression", "switch_statement", "binary_expression", "switch_case"):
                condition = (
                    parent.child_by_field_name("condition") or parent.child_by_field_name("left") or parent.child_by_field_name("value")
                )
                if (
                    condition is not None
                    and condition != node
                    and re.search(r"VERCEL|RAILWAY|RENDER|REPL|HEROKU|NODE_ENV|isProd|production", syntax.text(condition))
                ):
                    return True
            node = parent
        return False

    def _calls_back(self, key: str) -> bool:
        """Whether the value of a key is handed to somebody outside: a callback's argument, or any address in the code of mails."""
        role = callbacks.role_of_argument(key)
        if role is None or role in (callbacks.Role.SITE, callbacks.Role.API):
            return re.search(r"(?:^|/)e?mails?/", self.path) is not None and re.search(r"ur[il]$", key, re.IGNORECASE) is not None
        return True

    def _chooses(self, node: Node) -> bool:
        """Whether the code around prefers an address of its own, or asks which environment it runs in."""
        for _ in range(12):
            parent = node.parent
            if parent is None or parent.type.endswith(("statement", "declaration")):
                break
            node = parent
        return (
            re.search(r"VERCEL_ENV|VERCEL_TARGET_ENV|PRODUCTION_URL|\bCONTEXT\b|(?:APP|SITE|BASE|WEB|AUTH)_URL|preview", syntax.text(node))
            is not None
        )

    def _is_whole_url(self, node: Node, before: str) -> bool:
        """Whether a host stands where a URL is needed: in `new URL()`, before a path, as the value of a callback."""
        if re.search(rb"https?://\$\{|startsWith\(\s*[\"'`]http|includes\(\s*[\"'`]http|[\"'`]https?://[\"'`]\s*\+", self.content):
            return False
        top = node
        while top.parent is not None and (
            top.parent.type in syntax.WRAPPERS
            or (top.parent.type == "binary_expression" and syntax.text(top.parent.child_by_field_name("operator")) in ("||", "??"))
        ):
            top = top.parent
        parent = top.parent
        if parent is None:
            return False
        if parent.type == "template_substitution":
            after = self.content[parent.end_byte : parent.end_byte + 1]
            return not before and after == b"/"
        if parent.type == "arguments" and parent.parent is not None and syntax.arguments(parent.parent)[:1] == [top]:
            callee = parent.parent.child_by_field_name("function") or parent.parent.child_by_field_name("constructor")
            return (parent.parent.type == "new_expression" and syntax.text(callee) == "URL") or syntax.text(callee) in (
                "fetch",
                "axios.get",
                "axios.post",
            )
        if parent.type == "arguments" and parent.parent is not None and parent.parent.type == "new_expression":
            return syntax.text(parent.parent.child_by_field_name("constructor")) == "URL"  # the base of a relative one
        key = syntax.key_of(node)
        # A framework's own settings are no place where code puts a scheme before it later.
        configured = ".config." in self.path and callbacks.role_of_argument(key) is callbacks.Role.SITE
        return self._calls_back(key) or ((configured or key in ("baseURL", "metadataBase")) and parent.type == "pair")

    # --- schemas: what must be there, said once ---------------------------------------------------------------------------------

    def _schemas(self, code: bytes) -> None:
        if self.root is None:
            return
        for match in _SCHEMA_CALL.finditer(code) if sieve.any_in(_SCHEMA_TRACES, code) else ():
            node = self.root.descendant_for_byte_range(match.start(), match.start() + 1)
            while node is not None and node.type != "call_expression":
                node = node.parent
            if node is None or not syntax.is_code(node):
                continue
            callee = "".join(match[1].decode().split())
            if callee == "createEnv":
                for argument in syntax.arguments(node)[:1]:
                    for key, value in syntax.pairs(argument):
                        if key in ("server", "client", "shared") and value.type == "object":
                            side = Side.SERVER if key == "server" else Side.CLIENT if key == "client" else Side.UNKNOWN
                            self._schema(value, "t3-env", side)
            elif callee == "cleanEnv":
                for argument in syntax.arguments(node)[1:2]:
                    self._schema(argument, "envalid", Side.SERVER)
            elif callee.endswith("object") and ("Joi" in callee or _is_handed_over(code)):
                for argument in syntax.arguments(node)[:1]:
                    self._schema(argument, callee.partition(".")[0], self.side)
            elif callee.startswith("envField"):
                pair = node.parent
                if pair is not None and pair.type == "pair":
                    text = syntax.text(node)
                    side = Side.CLIENT if re.search(r"context:\s*['\"]client", text) else Side.SERVER
                    optional = re.search(r"optional:\s*true|default:", text)
                    kind = callee.partition(".")[2] or None
                    need = Need.OPTIONAL if optional else Need.REQUIRED
                    self._add(
                        syntax.text(pair.child_by_field_name("key")), pair, need, "astro env schema", side=side, use=Use.SCHEMA, type=kind
                    )

    def _described(self, code: bytes) -> None:
        """Settings described by an object each: `{ default: "...", env: "SITE_URL" }` of convict, the properties of @fastify/env's JSON schema."""
        by_name = b"fastify/env" in code or b"env-schema" in code or b"fastify-env" in code
        if self.root is None or not (by_name or b"convict" in code):
            return
        for match in _DESCRIBED.finditer(code):
            node = self.root.descendant_for_byte_range(match.start(1), match.start(1) + 1)
            while node is not None and node.type != "object":
                node = node.parent
            if node is None or node.parent is None:
                continue
            entries = dict(syntax.pairs(node))
            name = syntax.string(entries.get("env")) or (
                syntax.string(key := node.parent.child_by_field_name("key")) or syntax.text(key) if by_name else ""
            )
            if _UPPER.match(name or ""):
                self._add(
                    name, node.parent, Need.OPTIONAL, "schema", self._fallback(entries.get("default")), side=Side.SERVER, use=Use.SCHEMA
                )

    def _schema(self, node: Node, how: str, side: Side) -> None:
        for key, entry in syntax.pairs(node):
            if not _UPPER.match(key):
                continue
            value = self._meant(entry)
            text = syntax.text(value)
            optional = _OPTIONAL.search(text) is not None
            if how == "Joi" and ".required()" not in text:
                optional = True
            default = _DEFAULT.search(value.text or b"")
            fallback = None
            if default is not None:
                said = default[2] if default[2] is not None else default[4]
                at = value.start_byte + (default.start(2) if default[2] is not None else default.start(4)) - 1
                fallback = Literal(Secret(said.decode("utf-8", "replace")), self.place.at(at), "fallback")
            kind = next((word for pattern, word in _TYPES if pattern.search(text)), None)
            need = Need.OPTIONAL if optional else Need.REQUIRED
            self._add(
                key,
                entry.parent if entry.type != "shorthand_property_identifier" and entry.parent else entry,
                need,
                how,
                fallback,
                side=side,
                use=Use.SCHEMA,
                type=kind,
            )

    def _meant(self, value: Node) -> Node:
        """What a name stands for that the file gives to a constant: `AUTH_CHECKS: zChecks` behind `const zChecks = z.string().optional()`."""
        if value.type not in ("identifier", "shorthand_property_identifier") or self.root is None:
            return value
        for statement in self.root.named_children:
            declaration = statement.child_by_field_name("declaration") or statement  # behind `export`
            for one in declaration.named_children if declaration.type == "lexical_declaration" else ():
                given = one.child_by_field_name("value")
                if given is not None and syntax.text(one.child_by_field_name("name")) == syntax.text(value):
                    return given
        return value

    def _types(self, code: bytes) -> None:
        """`interface ProcessEnv { X: string }` states a name but needs none."""
        for match in _TYPES_BLOCK.finditer(code):
            for name in re.finditer(rb"(?:readonly\s+)?\b([A-Z][A-Z0-9_]*)\??\s*:", match[1]):
                location = self.place.at(match.start(1) + name.start(1))
                self.references.append(Reference(name[1].decode(), location, Need.PLAIN, self.side, Use.MENTION, "types"))

    def _markup(self, code: bytes, spoken: bytes, how: str) -> None:
        """Reads of the object `spoken` (an expression) in the markup of a component, outside its script parts, whose places `code` holds."""
        for match in re.finditer(rb"(?<![\w$.])" + spoken + rb"\.([A-Za-z_][A-Za-z0-9_]*)", self.content):
            if code[match.start() : match.end()].isspace():
                optional = re.match(rb"\s*(?:\?\?|\|\||\?|&&|[!=]==?)", self.content[match.end() : match.end() + 8])
                location = self.place.at(match.start())
                need = Need.OPTIONAL if optional else Need.PLAIN
                self.references.append(Reference(match[1].decode(), location, need, Side.CLIENT, how=how, inlined=True))


# --- helpers of the project -----------------------------------------------------------------------------------------------------


def calls(files: Iterable[CodeFile], helpers: Sequence[Helper], packages: Mapping[str, str], unread: list[Unread]) -> Iterator[Reference]:
    """The reads that `files` make through `helpers` they define or import; `packages` maps package names to folders.

    Appends to `unread` the files that cannot be parsed.
    """
    by_name: dict[str, list[Helper]] = {}
    for helper in helpers:
        by_name.setdefault(helper.name, []).append(helper)
    words = b"|".join(re.escape(name.encode()) for name in sorted(by_name))
    call = re.compile(rb"(?<![\w$])(?:this\.)?(" + words + rb")(?:<[^<>()]{0,60}>)?\(\s*[\"'`][A-Z]")
    for file in files:
        if not any(name.encode() in file.content for name in by_name):
            continue
        matches = list(call.finditer(file.content))
        if not matches:
            continue
        imported = _imported(file, by_name, packages)
        reader = _File(file.path, file.content)
        code = syntax.scripts(file.path, file.content) if file.path.endswith((".vue", ".svelte", ".astro")) else file.content
        try:
            reader.root = syntax.parse(file.path, code)
        except Unreadable as problem:
            unread.append(Unread(file.path, problem.reason))
            continue
        for match in matches:
            known = imported.get(match[1].decode())
            node = reader.root.descendant_for_byte_range(match.start(1), match.end(1))
            while node is not None and node.type != "call_expression":
                node = node.parent
            if known is None or node is None:
                continue
            helper = known
            arguments = syntax.arguments(node)
            name = syntax.string(arguments[helper.argument]) if len(arguments) > helper.argument else None
            if name is None:
                continue
            need, fallback = reader._need(node)
            if helper.default is not None and len(arguments) > helper.default:
                need, fallback = Need.OPTIONAL, reader._fallback(arguments[helper.default])
            elif arguments[-1].type == "object" and (said := [v for k, v in syntax.pairs(arguments[-1]) if k in _DEFAULT_KEYS]):
                need, fallback = Need.OPTIONAL, reader._fallback(said[0])
            elif helper.throws and helper.default is None and need is Need.PLAIN:
                need = Need.REQUIRED
            elif helper.tolerates and need is Need.PLAIN:
                need = Need.OPTIONAL
            reader._add(name, node, need, f"{helper.name}()", fallback)
        yield from reader.references


def _imported(file: CodeFile, by_name: Mapping[str, Sequence[Helper]], packages: Mapping[str, str]) -> dict[str, Helper]:
    """The helpers a file defines or imports, by the name it knows them by."""
    found = {h.name: h for candidates in by_name.values() for h in candidates if h.path == file.path}
    for match in _IMPORT.finditer(file.content):
        specifier = match[2].decode("utf-8", "replace")
        for item in match[1].decode("utf-8", "replace").split(","):
            imported, _, local = (part.strip() for part in item.removeprefix("type ").partition(" as "))
            for helper in by_name.get(imported, ()):
                if (local or imported) not in found and leads_to(specifier, file.path, helper.path, packages):
                    found[local or imported] = helper
    return found


@lru_cache(maxsize=20_000)  # every import of a file is held against every path
def _stem(path: str) -> str:
    """A path without the ending that an import leaves out."""
    return re.sub(r"\.(?:(?:d\.)?[cm]?[jt]sx?|py)$", "", path)


def leads_to(specifier: str, importer: str, path: str, packages: Mapping[str, str]) -> bool:
    """Whether an import specifier can mean the file at `path`: relative, by package, or by a path alias with the same ending."""
    stem = _stem(path)
    short = stem.removesuffix("/index")
    specifier = _stem(specifier)
    if specifier.startswith("."):
        goal = posixpath.normpath(posixpath.join(posixpath.dirname(importer), specifier))
        # A barrel (`export * from "./env"`) lies above the file it hands on.
        return goal in (stem, short) or stem.startswith(goal.removesuffix("/index") + "/")
    for package, folder in packages.items():
        if specifier == package or specifier.startswith(package + "/"):
            inner = specifier[len(package) :].strip("/")
            return stem.startswith(folder + "/") and (not inner or inner.rpartition("/")[2] in short.split("/"))
    tail = specifier.rpartition("/")[2]
    return bool(tail) and (short.endswith("/" + tail) or short == tail)


# --- syntax -----------------------------------------------------------------------------------------------------------------------

_DEEPEST = 300
_MEMBER = late.pattern(rb"\s*\??\.\s*([A-Za-z_][A-Za-z0-9_]*)")
_TEXT_METHODS = frozenset(("trim", "trimEnd", "trimStart", "replace", "replaceAll", "toLowerCase", "toString", "slice"))
_COMPARISONS = frozenset(("===", "!==", "==", "!=", "<", ">", "<=", ">="))
_FAILS = late.pattern(rb"\bthrow\b|process\.exit\(|Deno\.exit\(|\binvariant\(|\bassert\(|\bpanic\(|redirect\(|\berror\(\s*5\d\d")
# What the code behind `const name = process.env.X` says of the name, which is NUL here.
_NOTHING = rb"\s*(?:undefined|null|\"\"|'')"
# What is done without a value: a block, or one statement that no braces surround.
_IF_ABSENT = late.pattern(
    rb"if\s*\([^{};]{0,200}(?:!\s*\0|\0\s*===?" + _NOTHING + rb")[^{};]{0,200}?\)"
    rb"\s*(?:\{([^}]{0,400})|(?!\s*(?:[)=!<>?.]|&&|\|\|))([^{};\n]{1,400}))"
)
_ASSERTED = late.pattern(rb"(?:invariant|assert|ok)\(\s*\0|\0!(?!=)")
_TOLERATED = late.pattern(rb"\0\s*(?:\?\?|\|\||&&|\?\.|\?\s|!==?" + _NOTHING + rb")|if\s*\((?:[^{};]{0,200}(?:&&|\|\|))?\s*\0")
_IMPORT = late.pattern(rb"import\s*(?:[A-Za-z_$][\w$]*\s*,\s*)?\{([^{}]{0,4000})\}\s*from\s*[\"']([^\"'\n]{1,300})[\"']")
_ENV_IMPORT = late.pattern(
    rb"import\s*\{([^{}]{0,8000})\}\s*from\s*[\"'](\$env/(?:static|dynamic)/(?:private|public)|\$app/env(?:/\w+)*|astro:env/(?:client|server))[\"']"
)
# `env.SITE_URL ?? "http://..."`, in three parts, the last one first: to begin with the name would try every word of a file. The last group
# of `_OR` is the quote.
_HTTP = late.pattern(rb"https?://")
_OR = late.pattern(rb"(?:\|\||\?\?)\s{0,99}\(?\s{0,99}([\"'`])\Z")
_LONGEST_OR = 202
_SETTING = late.pattern(
    rb"(?<![\w$.])(?:(\w*(?:[eE]nv|ENV|[cC]onfig|[sS]ettings))\s{0,99}\??\.\s{0,99})?([A-Z][A-Z0-9]*_[A-Z0-9_]+)\s{0,99}\Z"
)
_LONGEST_SETTING = 500
# The module or the object itself; almost every file speaks of `process.env` only, and the next expression is slow.
_WHOLE_PROCESS = late.pattern(rb"process\b(?!\s*[.\[(])")
_PROCESS_ENV = late.pattern(
    rb"\{[^{}]{0,200}?\benv\b(?:\s+as\s+(\w+)|\s*:\s*(\w+))?[^{}]{0,200}\}\s*(?:from\s*[\"'](?:node:)?process[\"']|=\s*(?:globalThis\.)?process\b(?!\s*[.\[(]))"
)
_LOAD_ENV = late.pattern(rb"\b(?:const|let|var)\s+(\w+)\s*(?::[^=\n]{0,80})?=\s*loadEnv\(")
# valibot and arktype take the data behind the schema: `v.parse(v.object({ ... }), process.env)`.
_BEHIND = late.pattern(rb"\}\s*\)\s*,\s*(?:process\.env|import\.meta\.env|Bun\.env)\s*[,)]")
# `env.X`, and what stands before it where it is no variable of a process.
_OF_ENV = late.pattern(rb"env\.([A-Z][A-Z0-9_]*)\b")
_HANDED_IN = late.pattern(rb"(?<![\w$.])(?:(?:c|ctx|context|this)\.)?\Z")
_WORKER = late.pattern(
    rb"\bfetch\s*\(\s*\w+\s*(?::[^,)]{0,60})?,\s*env\b|\benv\s*:\s*(?:Env|Bindings|CloudflareEnv|WorkerEnv)\b|Bindings\s*:|\bBindings\b|context\.env\.|c\.env\."
)
_SCHEMA_TRACES = (b"createEnv", b"cleanEnv", b"bject", b"envField")
_SCHEMA_CALL = late.pattern(
    rb"\b(createEnv|cleanEnv|(?:z|v|zod|yup|Joi|t|s)\s*\.\s*(?:object|strictObject|looseObject)|envField\.\w+)\s*\("
)
_HANDED_OVER = late.pattern(
    rb"(?:[pP]arse|validate|validateSync|assert)\w{0,40}\(\s{0,99}(?:[\w$]{1,80}\s{0,20},\s{0,99})?(?:process\.env|import\.meta\.env|Bun\.env|Deno\.env)|[pP]arse\w{0,40}\(\s{0,99}\{\s{0,99}(?:\.\.\.process\.env|[A-Z][A-Z0-9_]*:\s*process\.env)"
)


@lru_cache(maxsize=2)
def _is_handed_over(code: bytes) -> bool:
    """Whether a file hands the environment to a schema."""
    return (_HANDED_OVER.search(code) or _BEHIND.search(code)) is not None


_OPTIONAL = late.pattern(
    r"\.(?:optional|nullish|nullable|default|catch|prefault|allow)\(|\b(?:optional|nullish|fallback|default|devDefault)\s*[(:]"
)
_DESCRIBED = late.pattern(rb"\bdefault\s*:\s*([\"'`])https?://")
# `.default("...")` of zod and its kin, `default: "..."` of envalid, `v.optional(v.string(), "...")` of valibot.
_DEFAULT = late.pattern(
    rb"""(?:\.(?:default|prefault|catch)\(\s*(?:\(\)\s*=>\s*)?|\bdefault:\s*)(["'`])([^"'`\n]{0,2000})\1"""
    rb"""|\b(?:optional|nullish|fallback)\([^"'`\n]{0,200},\s*(["'`])([^"'`\n]{0,2000})\3"""
)
# `env.get("X").default("...").asUrlString()`
_ENV_VAR = late.pattern(rb"\.get\(\s*[\"'`]([A-Z][A-Z0-9_]*)[\"'`]\s*\)((?:\s*\.\w+\([^()]{0,300}\)){1,6})")
# The keys of an object of options under which a helper's callers put what stands in for an absent variable.
_DEFAULT_KEYS = ("default", "fallback", "defaultValue")
_TYPES = (
    (late.pattern(r"\.url\(|\burl\("), "url"),
    (late.pattern(r"\.email\(|\bemail\("), "email"),
    (late.pattern(r"\.(?:number|int|port|coerce\.number)\(|\b(?:num|port)\("), "number"),
    (late.pattern(r"\.(?:boolean|stringbool)\(|\bbool\("), "boolean"),
    (late.pattern(r"\.(?:enum|nativeEnum|picklist)\("), "enum"),
)
_TYPES_BLOCK = late.pattern(rb"interface\s+(?:ProcessEnv|ImportMetaEnv)\b[^{]{0,100}\{([^}]{0,20000})\}")


# What SvelteKit sends to browsers as well: components, and the loads that are not the server's alone.
_SHIPPED = late.pattern(r"\.svelte$|/\+(?:page|layout)\.[jt]s$")
_ASKS_FOR_PROCESS = late.pattern(rb"typeof (?:globalThis\.)?process\s*[!=]=")
_NO_WINDOW = late.pattern(rb"\btypeof (?:window|document)\b|\bglobalThis\.window\b")


def _side(path: str, content: bytes) -> Side:
    """Where a file's code runs, as far as its name and its first lines tell."""
    base = path.rpartition("/")[2]
    head = content[:2000].removeprefix(b"\xef\xbb\xbf")
    if re.search(r"\.config\.[cm]?[jt]s$", base):
        return Side.BUILD
    if re.search(rb"^\s*[\"']use client[\"']", head, re.MULTILINE) or re.search(r"\.client\.[jt]sx?$", base):
        return Side.CLIENT
    if re.search(rb"^\s*[\"']use server[\"']|[\"']server-only[\"']", head, re.MULTILINE):
        return Side.SERVER
    if re.search(
        r"\.server\.[cm]?[jt]sx?$|^(?:route|middleware|proxy|instrumentation)\.[jt]s$|\+(?:server|page\.server|layout\.server)\.[jt]s$",
        base,
    ):
        return Side.SERVER
    if re.search(r"(?:^|/)(?:pages/api|api|server|functions|netlify/functions|supabase/functions|workers?)/", path):
        return Side.SERVER
    return Side.UNKNOWN


@cache
def _platform_names() -> tuple[bytes, ...]:
    return tuple(name.encode() for name in callbacks.platform_names())


def _is_handed_at_runtime(text: str, read: str) -> bool:
    """Whether another object is asked for the same name before the environment is: `window._env_.API_URL || process.env.API_URL`."""
    return not _READS.fullmatch(text) and text.endswith("." + read.rpartition(".")[2])


def _is_tested_for_truth(node: Node) -> bool:
    """Whether a value is taken for a boolean: the condition itself, negated, or an operand of `&&`."""
    while node.parent is not None and node.parent.type == "parenthesized_expression":
        node = node.parent
    parent = node.parent
    if parent is None:
        return False
    if parent.type in ("if_statement", "ternary_expression", "while_statement"):
        return parent.child_by_field_name("condition") == node
    if parent.type == "unary_expression":
        return syntax.text(parent.child_by_field_name("operator")) == "!"
    if parent.type == "arguments":
        return parent.parent is not None and syntax.text(parent.parent.child_by_field_name("function")) == "Boolean"
    return parent.type == "binary_expression" and syntax.text(parent.child_by_field_name("operator")) == "&&"


def _chain(node: Node) -> list[str]:
    """The variables of which one is enough, in their order, where a read stands in a chain of reads; its own name is among them."""
    current, chain = node, None
    while (parent := current.parent) is not None and parent.type in (
        "binary_expression",
        "parenthesized_expression",
        "non_null_expression",
    ):
        if parent.type == "binary_expression":
            if syntax.text(parent.child_by_field_name("operator")) not in ("??", "||"):
                break
            chain = parent
        current = parent
    return list(dict.fromkeys(_NAMES_READ.findall(syntax.text(chain)))) if chain is not None else []
