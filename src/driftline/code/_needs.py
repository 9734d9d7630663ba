"""Whether code can do without a variable that it reads, by what stands around the read and right after it, and what stands in for it then."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from driftline import late
from driftline.code import _stand_ins, syntax
from driftline.code._script import is_name
from driftline.knowledge import callbacks
from driftline.model import Literal, Need, Secret

if TYPE_CHECKING:
    from tree_sitter import Node

    from driftline.code._script import Script

# Reads of variables and nothing else, one behind the other.
_READ = r"\(?\s{0,99}(?:(?:process|import\.meta)\.env(?:\??\.\w+|\[[\"']\w+[\"']\])|Deno\.env\.get\(\s{0,99}[\"']\w+[\"']\s{0,99}\))\s{0,99}!?\s{0,99}\)?"
_READS = late.pattern(rf"{_READ}(?:\s{{0,99}}(?:\|\||\?\?)\s{{0,99}}{_READ})*")
_NAMES_READ = late.pattern(r"\benv(?:\.get\(\s*[\"']|\??\.|\[[\"'])([A-Za-z_]\w*)")
# What may be a variable of the environment, too.
_VARIABLE = late.pattern(r"\benv\b|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|^\w+$")
# What makes a number or a text of whatever it is given, `undefined` too.
_CONVERSIONS = ("Number", "parseInt", "parseFloat", "String")
_TEXT_METHODS = frozenset(("trim", "trimEnd", "trimStart", "replace", "replaceAll", "toLowerCase", "toString", "slice"))
_COMPARISONS = frozenset(("===", "!==", "==", "!=", "<", ">", "<=", ">="))
FAILS = late.pattern(rb"\bthrow\b|process\.exit\(|Deno\.exit\(|\binvariant\(|\bassert\(|\bpanic\(|redirect\(|\berror\(\s*5\d\d")
# The quote before an address.
_ADDRESS = late.pattern(rb"[\"'`]https?://")

# What the code behind `const name = process.env.X` says of the name. It is NUL here: so the expressions are the same for every name, and
# compiled once.
_NOTHING = rb"\s*(?:undefined|null|\"\"|'')"
# What is done without a value: a block, or one statement that no braces surround.
_IF_ABSENT = late.pattern(
    rb"if\s*\([^{};]{0,200}(?:!\s*\0|\0\s*===?" + _NOTHING + rb")[^{};]{0,200}?\)"
    rb"\s*(?:\{([^}]{0,400})|(?!\s*(?:[)=!<>?.]|&&|\|\|))([^{};\n]{1,400}))"
)
_ASSERTED = late.pattern(rb"(?:invariant|assert|ok)\(\s*\0|\0!(?!=)")
_TOLERATED = late.pattern(rb"\0\s*(?:\?\?|\|\||&&|\?\.|\?\s|!==?" + _NOTHING + rb")|if\s*\((?:[^{};]{0,200}(?:&&|\|\|))?\s*\0")
# An address that stands in for the name, here one NUL for each of its characters: `url || "..."`, `if (!url) url = "..."`, `url ? ... : "..."`.
_STANDS_IN_LATER = late.pattern(
    rb"(?<![\w$.\0])\0+\s*(?:\?\?|\|\|)=?\s*(?:\(\s*)?([\"'`])https?://"
    rb"|if\s*\(\s*!\s*\0+\s*\)\s*(?:\{[^\x01]{0,400}?(?<![\w$.\0]))?\0+\s*=\s*([\"'`])https?://(?!\$\{)"
    rb"|(?<![\w$.!\0])\0+\s*(?:&&[^\n;:?]{1,80})?\?\s*[^\n;:]{1,200}?:\s*([\"'`])https?://"
)
_RETURNED_IF_THERE = late.pattern(rb"\bif\s*\(\s*\0+\s*\)\s*(?:\{\s*)?return\b")
# `let url = "..."`
_DECLARED = late.pattern(rb"\b(?:let|var)\s+(\w+)\s*(?::\s*string\s*)?=\s*([\"'`])https?://")


def is_failing_guard(node: Node) -> bool:
    """Whether a required read is a test for absence that ends in an error, not a use."""
    while node.parent is not None and node.parent.type in ("parenthesized_expression", "as_expression", "binary_expression"):
        node = node.parent
    return node.parent is not None and node.parent.type in ("unary_expression", "if_statement", "arguments", "variable_declarator")


def of(node: Node, script: Script) -> tuple[Need, Literal | None]:
    """What stands around a read: whether the code can do without a value, and the literal that it takes then."""
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
                    found = stand_in(right, script)
                    if found is not None and found.role == "fallback" and others:
                        found = found._replace(role="fallback behind others")
                    fallback = fallback or found
                    others = others or not (found is not None or _VARIABLE.search(syntax.text(right)))
                elif not left and _is_handed_at_runtime(syntax.text(parent.child_by_field_name("left")), syntax.text(node)):
                    optional = True
            elif operator == "&&" or operator in _COMPARISONS:
                need, instead = _guard(parent, script, negated=operator in ("==", "==="))
                # Compared with some word, it chooses; only a look whether it is there has something instead.
                asked = operator == "&&" or _stand_ins.asks_for_absence(parent)
                return need, fallback or (instead if asked else None)
            else:
                break
        elif kind == "ternary_expression":
            if parent.child_by_field_name("condition") == current:
                other = parent.child_by_field_name("alternative")
                return Need.OPTIONAL, fallback or stand_in(other, script)
        elif kind == "unary_expression":
            operator = syntax.text(parent.child_by_field_name("operator"))
            if operator == "!":
                return _guard(parent, script, negated=True)
            if operator == "typeof":
                return Need.OPTIONAL, None
            break
        elif kind in ("if_statement", "while_statement"):
            return _guard(current, script, negated=False)
        elif kind == "member_expression" and parent.child_by_field_name("object") == current:
            if optional:
                break
            call = parent.parent
            if not syntax.is_optional_chain(parent):
                return Need.REQUIRED, None
            if call is None or call.type != "call_expression" or syntax.text(parent.child_by_field_name("property")) not in _TEXT_METHODS:
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
                need, later = of_variable(syntax.text(target), parent, script), _later(syntax.text(target), parent, script)
                need = Need.OPTIONAL if later is not None else Need.REQUIRED if asserted else need
                return need, later
            break
        elif kind == "assignment_expression" and parent.child_by_field_name("right") == current and not optional:
            # `let url = "..."; if (process.env.X) url = process.env.X`: what was there before stays.
            fallback = _before(syntax.text(parent.child_by_field_name("left")), parent, script)
            optional = fallback is not None
            break
        else:
            break
        current = parent
    if optional:
        return Need.OPTIONAL, fallback
    return (Need.REQUIRED, None) if asserted else (Need.PLAIN, None)


def _guard(node: Node, script: Script, *, negated: bool) -> tuple[Need, Literal | None]:
    """A read that is only tested. A test for absence that ends in `throw` or an exit makes it required."""
    current = node
    while (parent := current.parent) is not None:
        if parent.type == "if_statement":
            body = parent.child_by_field_name("consequence")
            if negated and body is not None and FAILS.search(script.content, body.start_byte, min(body.end_byte, body.start_byte + 600)):
                return Need.REQUIRED, None
            return Need.OPTIONAL, None if negated else _behind(parent, script)
        if parent.type == "ternary_expression" and parent.child_by_field_name("condition") == current:
            return Need.OPTIONAL, stand_in(parent.child_by_field_name("consequence" if negated else "alternative"), script)
        if parent.type == "unary_expression" and syntax.text(parent.child_by_field_name("operator")) == "!":
            negated = not negated
        elif parent.type not in ("parenthesized_expression", "binary_expression", "ternary_expression"):
            break
        current = parent
    return Need.OPTIONAL, None


def of_variable(name: str, declaration: Node, script: Script) -> Need:
    """What the code right after `const name = process.env.X` says: a throwing guard, a tolerant one, `!`, or nothing."""
    if not is_name(name):
        return Need.PLAIN
    after = script.content[declaration.end_byte : declaration.end_byte + 4000]
    if name.encode() not in after:
        return Need.PLAIN
    after = re.sub(rb"(?<![\w$.])" + re.escape(name.encode()) + rb"(?![\w$])", b"\0", after)
    absent = _IF_ABSENT.search(after)
    if absent is not None:
        return Need.REQUIRED if FAILS.search(absent[1] or absent[2] or b"") else Need.OPTIONAL
    if _ASSERTED.search(after):
        return Need.REQUIRED
    return Need.OPTIONAL if _TOLERATED.search(after) else Need.PLAIN


def _later(name: str, declaration: Node, script: Script) -> Literal | None:
    """The address that stands in for a constant or variable with a variable's value further on: `url || "..."`, `if (!url) url = "..."`."""
    if not is_name(name):
        return None
    start, word = declaration.end_byte, name.encode()
    after = script.content[start : start + 4000]
    if word not in after or script.content.find(b"://", start) < 0:
        return None
    # As in `of_variable`, but everything stays at its place.
    after = re.sub(rb"(?<![\w$.])" + word + rb"(?![\w$])", b"\0" * len(word), after)
    match = _STANDS_IN_LATER.search(after)
    found = address_at(start + match.start(match.lastindex or 0), script) if match is not None else None
    tested = _RETURNED_IF_THERE.search(after) if found is None else None
    if tested is not None:
        statement = script.node(start + tested.start(), start + tested.start() + 2)
        statement = statement.parent if statement is not None else None
        found = _behind(statement, script) if statement is not None and statement.type == "if_statement" else None
    return found


def _before(name: str, assignment: Node, script: Script) -> Literal | None:
    """The address that a variable holds before an assignment which only a condition reaches."""
    holder = assignment.parent
    while holder is not None and holder.type in ("expression_statement", "statement_block", "parenthesized_expression"):
        holder = holder.parent
    if not is_name(name) or holder is None or holder.type not in ("if_statement", "else_clause", "binary_expression"):
        return None
    before = _DECLARED.finditer(script.content, max(0, assignment.start_byte - 2000), assignment.start_byte)
    match = next((one for one in before if one[1] == name.encode()), None)
    return address_at(match.start(2), script) if match is not None else None


def _behind(statement: Node, script: Script) -> Literal | None:
    """`if (process.env.X) return process.env.X; return "..."`: the address that a function returns in the end."""
    body = statement.child_by_field_name("consequence")
    block = statement.parent
    if body is None or block is None or block.type != "statement_block" or not block.named_children:
        return None
    if not script.content[body.start_byte : body.start_byte + 12].lstrip(b"{ \t\r\n").startswith(b"return"):
        return None
    last = block.named_children[-1]
    between = script.content[body.end_byte : last.start_byte]
    if last.type != "return_statement" or not last.named_children or any(name in between for name in _platform_names()):
        return None
    found = stand_in(last.named_children[0], script)
    return found if found is not None and _ADDRESS.match(script.content, last.named_children[0].start_byte) else None


def address_at(offset: int, script: Script) -> Literal | None:
    """The literal whose quote stands at an offset, unless the syntax tree takes it for a comment."""
    node = script.node(offset, offset + 1)
    if node is not None and node.type not in ("string", "template_string"):
        node = node.parent
    return stand_in(node, script) if node is not None and node.type in ("string", "template_string") else None


def stand_in(node: Node | None, script: Script) -> Literal | None:
    """The literal that stands in for an absent variable, through one constant of the same file."""
    while node is not None and node.type in ("parenthesized_expression", "as_expression", "non_null_expression"):
        node = node.named_children[0] if node.named_children else None
    if node is None:
        return None
    if node.type == "binary_expression" and syntax.text(node.child_by_field_name("operator")) in ("??", "||"):
        return stand_in(node.child_by_field_name("right"), script)
    text = syntax.string(node)
    if text is None and node.type == "template_string":
        text = re.sub(r"(?<=\w):\$\{[^{}]*\}", "", syntax.text(node)[1:-1], count=1)  # `http://localhost:${port}`
    if text is None and node.type == "number":
        text = syntax.text(node)
    if text is None and node.type == "identifier":
        constant = re.search(
            rb"const\s+" + re.escape(node.text or b"?") + rb"\s*(?::\s*string\s*)?=\s*([\"'])([^\"'\n]{0,2000})\1", script.content
        )
        text = constant[2].decode("utf-8", "replace") if constant else None
    if text is None:
        return None
    # Only an address is asked about later; for all else the walk up the tree would be in vain.
    role = _stand_ins.fallback_role(node, script.content, script.side) if "://" in text else "fallback"
    return Literal(Secret(text), script.place.at(node.start_byte), role)


@cache
def _platform_names() -> tuple[bytes, ...]:
    return tuple(name.encode() for name in callbacks.platform_names())


def _is_handed_at_runtime(text: str, read: str) -> bool:
    """Whether another object is asked for the same name before the environment is: `window._env_.API_URL || process.env.API_URL`."""
    return not _READS.fullmatch(text) and text.endswith("." + read.rpartition(".")[2])


def chain(node: Node) -> list[str]:
    """The variables of which one is enough, in their order, where a read stands in a chain of reads; its own name is among them."""
    current, whole = node, None
    while (parent := current.parent) is not None and parent.type in (
        "binary_expression",
        "parenthesized_expression",
        "non_null_expression",
    ):
        if parent.type == "binary_expression":
            if syntax.text(parent.child_by_field_name("operator")) not in ("??", "||"):
                break
            whole = parent
        current = parent
    return list(dict.fromkeys(_NAMES_READ.findall(syntax.text(whole)))) if whole is not None else []
