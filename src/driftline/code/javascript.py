"""References in JavaScript and TypeScript, and in the script parts of Vue, Svelte and Astro files, by tree-sitter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from driftline import late, sieve
from driftline.code import CodeReading, Helper, _addresses, _claims, _manners, _modes, _needs, syntax
from driftline.code._script import Script, is_name, is_usual
from driftline.model import Claim, Literal, Location, Need, Reference, Side, Use

if TYPE_CHECKING:
    from tree_sitter import Node

EXTENSIONS = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte", ".astro")
TRACES = (
    b"process.env", b"process?.env", b"import.meta.env", b"Deno.env", b"Netlify.env", b"Bun.env", b"$env/", b"$app/env", b"astro:env", b"useRuntimeConfig",
    b"createEnv", b"cleanEnv", b"ProcessEnv", b"ImportMetaEnv", b"ConfigService", b"env: Env", b"Bindings", b"c.env.", b"context.env.",
    b"envField", b"cloudflare:workers", b"process['env']", b'process["env"]', b"} = process",
    b'"node:process"', b"'node:process'", b"(request, env", b"(req, env", b"Request, env", b"loadEnv(", b"runtimeConfig", b"extConfig", b"$config", b"env-var",
)  # fmt: skip

# The environment object. An expression that begins with letters of its own is searched thirty times as fast as one that may begin in several
# ways, so the end of each object is looked for, and what stands before it afterwards. The group of `_OWNER` is a bracket that has to close.
_ENV = late.pattern(rb"env\b")
_OWNER = late.pattern(
    rb"(?:(?:\b(?:globalThis|global|window|self)\s*\.\s*)?\bprocess\s*\??\.\s*|\bprocess(\[['\"])|import\.meta\.|\b(?:Bun|Deno|Netlify)\.)\Z"
)
_LONGEST_OWNER = 60

# Objects whose variables are asked for by a call: `Deno.env.get("X")`; Netlify's functions have the same (Netlify docs, Functions API, 2026-11).
_BY_CALL = frozenset(("Deno.env", "Netlify.env"))


def _objects(code: bytes) -> Iterator[tuple[int, int]]:
    """Where the environment object may stand, in order: each place is looked up in the syntax tree, so comments and strings do not count."""
    for env in _ENV.finditer(code):
        if code[env.start() - 1 : env.start()] not in b". \t\r\n\"'":
            continue
        owner = _OWNER.search(code, max(0, env.start() - _LONGEST_OWNER), env.start())
        if owner is None:
            continue
        if owner[1] is None:
            yield owner.start(), env.end()
        elif code[env.end() : env.end() + 2] in (b"']", b'"]'):
            yield owner.start(), env.end() + 2


def read(path: str, content: bytes) -> CodeReading:
    """The references of one file. Broken code is read as far as the parser recovers; columns count characters of the whole file."""
    return _Reader(Script(path, content)).reading()


class _Reader:
    """Finds in one file what speaks of variables; the script gathers the references."""

    def __init__(self, script: Script) -> None:
        self.script = script
        # Reads that only fail without a value: (name, place).
        self.used: set[tuple[str, Location]] = set()
        self.helpers: list[Helper] = []
        self.aliases: set[tuple[str, str]] = set()

    def reading(self) -> CodeReading:
        script, code = self.script, self.script.code
        if code is not script.content:
            self._markup(rb"import\.meta\.env", "import.meta.env")
        deep = False
        for start, end in _objects(code):
            if self._is_deep(start):
                deep = True
                self._plain(start, end)
                continue
            node = script.node(start, end)
            if node is None or not syntax.is_code(node) or node.start_byte != start:
                continue
            how = code[start:end].decode().replace("?", "").replace(" ", "")
            if "process" not in how or node.end_byte == end:
                self._object(node, "process.env" if "process" in how else how)
        if deep:
            return CodeReading(tuple(script.references), (), tuple(dict.fromkeys(self.helpers)))
        self._imports()
        if sieve.any_in(_SCHEMA_TRACES, code):
            from driftline.code import _schemas

            _schemas.add(script)
        self._injected_objects()
        self._types()
        self._configs()
        self._settings()
        literals: tuple[Literal, ...] = ()
        if _addresses.may_stand_in(script.path, code):
            from driftline.code import _fixed_javascript

            literals = tuple(_fixed_javascript.literals(script.path, code, script.root, script.place, script.side))
        claims: tuple[Claim, ...] = ()
        if _claims.may_stand_in(script.path, code):
            from driftline.code import _fixed_javascript

            claims = _claims.told(_fixed_javascript.claims(script.path, code, script.root, script.place, script.side))
        # What a test has let through (`if (process.env.X) use(process.env.X!)`) is no need of its own.
        tested = {r.name for r in script.references if r.need is Need.OPTIONAL and r.fallback is None}
        settled = (
            r._replace(need=Need.OPTIONAL) if r.name in tested and (r.name, r.location) in self.used else r for r in script.references
        )
        unique = {(r.name, r.location, r.use): r for r in settled}
        return CodeReading(tuple(unique.values()), literals, tuple(dict.fromkeys(self.helpers)), claims=claims)

    def _is_deep(self, offset: int) -> bool:
        """Whether a place lies deeper than anybody writes: every step up from there would cost the whole way down."""
        cursor = self.script.root.walk()
        depth = 0
        while depth <= _DEEPEST and cursor.goto_first_child_for_byte(offset) is not None:
            depth += 1
        return depth > _DEEPEST

    def _plain(self, start: int, end: int) -> None:
        """A read in code that is too deep to ask what stands around it."""
        script = self.script
        name = _MEMBER.match(script.content, end)
        if name is not None and script.content.startswith(b"process", start):
            script.references.append(Reference(name[1].decode(), script.place.at(start), Need.PLAIN, script.side, how="process.env"))

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
                self._helper(index, parent)
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
                self.script.add(name, parent, Need.OPTIONAL, how)
        elif parent.type == "assignment_pattern" and parent.child_by_field_name("right") == holder:
            target = parent.child_by_field_name("left")  # a parameter with the environment as its default
            if target is not None and target.type == "identifier":
                self._alias(syntax.text(target), how)
            elif target is not None and target.type == "object_pattern":
                self._destructured(target, how)

    def _destructured(self, pattern: Node, how: str) -> None:
        for entry in pattern.named_children:
            if entry.type == "shorthand_property_identifier_pattern":
                self.script.add(syntax.text(entry), entry, _needs.of_variable(syntax.text(entry), pattern, self.script), how)
            elif entry.type == "object_assignment_pattern":
                left, right = entry.child_by_field_name("left"), entry.child_by_field_name("right")
                self.script.add(syntax.text(left), entry, Need.OPTIONAL, how, _needs.stand_in(right, self.script))
            elif entry.type == "pair_pattern":
                key, value = entry.child_by_field_name("key"), entry.child_by_field_name("value")
                name = syntax.string(key) or syntax.text(key)
                if value is not None and value.type == "assignment_pattern":
                    self.script.add(name, entry, Need.OPTIONAL, how, _needs.stand_in(value.child_by_field_name("right"), self.script))
                else:
                    self.script.add(name, entry, _needs.of_variable(syntax.text(value), pattern, self.script), how)

    def _alias(self, alias: str, how: str) -> None:
        """`const env = process.env; ... env.X`: every later `alias.X`, `alias["X"]` and `{ X } = alias` of this file."""
        if not is_name(alias) or (alias, how) in self.aliases:
            return
        self.aliases.add((alias, how))
        pattern = re.compile(
            rb"(?<![\w$.])" + re.escape(alias.encode()) + rb"\b(?=\s*(?:\??\.\s*[A-Za-z_]|\[|;|,|\)|\})|[ \t]*(?:[\r\n]|\Z))"
        )
        for match in pattern.finditer(self.script.content):
            node = self.script.node(match.start(), match.end())
            if node is None or node.type != "identifier" or node.parent is None:
                continue
            parent = node.parent
            if parent.type == "member_expression" and parent.child_by_field_name("object") == node:
                name = syntax.text(parent.child_by_field_name("property"))
                if is_usual(name):
                    self._read(name, parent, how)
            elif parent.type == "subscript_expression" and parent.child_by_field_name("object") == node:
                index = parent.child_by_field_name("index")
                name_ = syntax.string(index)
                if name_ is not None:
                    self._read(name_, parent, how)
                elif index is not None:
                    self._helper(index, parent)
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
            self._helper(arguments[0], call)
        elif method == "has":
            self.script.add(name, call, Need.OPTIONAL, f"{how}.has", side=Side.SERVER)
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
                    self.script.add(name, node, Need.OPTIONAL, how, _needs.stand_in(parent.child_by_field_name("right"), self.script))
                return
            if parent.type == "unary_expression" and syntax.text(parent.child_by_field_name("operator")) == "delete":
                return
        if self._is_schema_mapping(node):
            self.script.add(name, node, Need.PLAIN, how, use=Use.MENTION)
            return
        need, fallback = _needs.of(node, self.script)
        if need is Need.REQUIRED and not _needs.is_failing_guard(node):
            self.used.add((name, self.script.place.at(node.start_byte)))
        self.script.add(
            name,
            node,
            need,
            how,
            fallback,
            manner=_manners.of(name, node, self.script),
            instead=tuple(other for other in _needs.chain(node) if other != name),
        )
        for place in _modes.decisions(self.script.path, name, node, self.script.root, self.script.content):
            self.script.add(name, place, Need.OPTIONAL, how, use=Use.MENTION, manner=_modes.MANNER)

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

    def _helper(self, index: Node, access: Node) -> None:
        """`process.env[name]`: it may be what a helper of the project does."""
        from driftline.code import _helpers

        helper = _helpers.around(index, access, self.script)
        if helper is not None:
            self.helpers.append(helper)

    # --- modules that carry the environment -----------------------------------------------------------------------------------

    def _imports(self) -> None:
        """Modules that carry the environment: SvelteKit's, Astro's, Cloudflare's and Node's, and what Vite loads of it."""
        script, code = self.script, self.script.code
        for match in _ENV_IMPORT.finditer(code):
            source = match[2].decode()
            private = "private" in source or "server" in source
            side = Side.SERVER if private and not (source.startswith("$env/") and _SHIPPED.search(script.path)) else Side.CLIENT
            for item in match[1].decode("utf-8", "replace").split(","):
                imported, _, local = (part.strip() for part in item.partition(" as "))
                offset = match.start(1) + match[1].find(imported.encode())
                if is_usual(imported):
                    need = Need.REQUIRED if "static" in source else Need.PLAIN
                    script.references.append(
                        Reference(imported, script.place.at(offset), need, side, how=source, inlined="static" in source or not private)
                    )
                elif imported == "env":
                    own, script.side = script.side, side
                    self._alias(local or "env", source)
                    script.side = own
                    if code is not script.content and not private:
                        self._markup(re.escape((local or "env").encode()), source)
        if b"getSecret(" in code and b"astro:env" in code:
            for match in re.finditer(rb"getSecret\(\s*[\"']([A-Z][A-Z0-9_]*)[\"']", code):
                script.references.append(
                    Reference(match[1].decode(), script.place.at(match.start()), Need.PLAIN, Side.SERVER, how="astro:env")
                )
        if b"cloudflare:workers" in code and re.search(rb"import\s*\{[^{}]*\benv\b", code):
            self._alias("env", "cloudflare:workers")
        if _WHOLE_PROCESS.search(code):
            for match in _PROCESS_ENV.finditer(code):
                self._alias((match[1] or match[2] or b"env").decode(), "process.env")
        if b"loadEnv(" in code:
            for match in _LOAD_ENV.finditer(code):
                self._alias(match[1].decode(), "loadEnv")

    def _settings(self) -> None:
        """Addresses that stand in for what an object of settings or an import holds: `env.SITE_URL ?? "..."` behind t3-env, `PUBLIC_SITE_URL || "..."`."""
        script, code = self.script, self.script.code
        imported = {name.strip() for match in _ENV_IMPORT.finditer(code) for name in match[1].split(b",")}
        for address in _HTTP.finditer(code):
            match = _OR.search(code, max(0, address.start() - _LONGEST_OR), address.start())
            if match is None:
                continue
            setting = _SETTING.search(code, max(0, match.start() - _LONGEST_SETTING), match.start())
            if setting is None or (setting[1] is None and setting[2] not in imported):
                continue
            fallback = _needs.address_at(match.start(1), script)
            if fallback is not None:
                name, location = setting[2].decode(), script.place.at(setting.start(2))
                script.references.append(Reference(name, location, Need.OPTIONAL, script.side, Use.MENTION, "settings", fallback))

    def _configs(self) -> None:
        """What the config files of Nuxt and Next.js state, and the keys of Nuxt's runtime config."""
        from driftline.code import _configs

        script = self.script
        script.references += _configs.references(script.path, script.code, script.root, script.place)
        if b"useRuntimeConfig" in script.content or (b"$config" in script.content and script.path.endswith(".vue")):
            script.references += _configs.uses(script.content, script.place)

    def _injected_objects(self) -> None:
        """Frameworks that hand the environment in: NestJS' ConfigService, env-var's chains, a Worker's `env` parameter, Hono's `c.env`."""
        code = self.script.code
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
        node = self.script.node(offset, offset + 1)
        while node is not None and node.parent is not None and node.parent.start_byte == offset and node.parent.type != "arguments":
            node = node.parent
        return _needs.stand_in(node, self.script)

    def _default_of_call(self, offset: int) -> Literal | None:
        """The literal that a call is given behind a variable's name, or that stands behind the call: `config.get("X", "...") ?? "..."`."""
        node = self.script.call_around(offset, offset + 1)
        if node is None:
            return None
        arguments = syntax.arguments(node)
        return _needs.stand_in(arguments[1], self.script) if len(arguments) > 1 else _needs.of(node, self.script)[1]

    def _at(
        self, match: re.Match[bytes], group: int, need: Need, how: str, *, whole: bool = False, fallback: Literal | None = None
    ) -> None:
        """A reference where a pattern matched, unless it is a comment or a string; `whole` asks the tree what surrounds it."""
        node = self.script.node(match.start(group), match.end(group))
        if node is None or node.type == "comment":
            return
        if whole:
            if not syntax.is_code(node):
                return
            if node.parent is not None and node.parent.type == "member_expression":
                need, fallback = _needs.of(node.parent, self.script)
                # A binding (a database, a queue) is used through its methods: that does not make it a required string.
                need = Need.PLAIN if need is Need.REQUIRED else need
        self.script.add(match[group].decode(), node, need, how, fallback, side=Side.SERVER)

    def _types(self) -> None:
        """`interface ProcessEnv { X: string }` states a name but needs none."""
        for match in _TYPES_BLOCK.finditer(self.script.code):
            for name in re.finditer(rb"(?:readonly\s+)?\b([A-Z][A-Z0-9_]*)\??\s*:", match[1]):
                location = self.script.place.at(match.start(1) + name.start(1))
                self.script.references.append(Reference(name[1].decode(), location, Need.PLAIN, self.script.side, Use.MENTION, "types"))

    def _markup(self, spoken: bytes, how: str) -> None:
        """Reads of the object `spoken` (an expression) in the markup of a component, outside its script parts."""
        script = self.script
        for match in re.finditer(rb"(?<![\w$.])" + spoken + rb"\.([A-Za-z_][A-Za-z0-9_]*)", script.content):
            if script.code[match.start() : match.end()].isspace():
                optional = re.match(rb"\s*(?:\?\?|\|\||\?|&&|[!=]==?)", script.content[match.end() : match.end() + 8])
                location = script.place.at(match.start())
                need = Need.OPTIONAL if optional else Need.PLAIN
                script.references.append(Reference(match[1].decode(), location, need, Side.CLIENT, how=how, inlined=True))


# One of these stands in every file with a schema.
_SCHEMA_TRACES = (b"createEnv", b"cleanEnv", b"bject", b"envField", b"convict", b"fastify/env", b"fastify-env", b"env-schema")
# Deeper code is generated, or made to be slow.
_DEEPEST = 300
_MEMBER = late.pattern(rb"\s*\??\.\s*([A-Za-z_][A-Za-z0-9_]*)")
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
# `env.X`, and what stands before it where it is no variable of a process.
_OF_ENV = late.pattern(rb"env\.([A-Z][A-Z0-9_]*)\b")
_HANDED_IN = late.pattern(rb"(?<![\w$.])(?:(?:c|ctx|context|this)\.)?\Z")
_WORKER = late.pattern(
    rb"\bfetch\s*\(\s*\w+\s*(?::[^,)]{0,60})?,\s*env\b|\benv\s*:\s*(?:Env|Bindings|CloudflareEnv|WorkerEnv)\b|Bindings\s*:|\bBindings\b|context\.env\.|c\.env\."
)
# `env.get("X").default("...").asUrlString()`
_ENV_VAR = late.pattern(rb"\.get\(\s*[\"'`]([A-Z][A-Z0-9_]*)[\"'`]\s*\)((?:\s*\.\w+\([^()]{0,300}\)){1,6})")
_TYPES_BLOCK = late.pattern(rb"interface\s+(?:ProcessEnv|ImportMetaEnv)\b[^{]{0,100}\{([^}]{0,20000})\}")


# What SvelteKit sends to browsers as well: components, and the loads that are not the server's alone.
_SHIPPED = late.pattern(r"\.svelte$|/\+(?:page|layout)\.[jt]s$")
