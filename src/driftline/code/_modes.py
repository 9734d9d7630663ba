"""Where NODE_ENV, or Vite's PROD and DEV, chooses between a payment provider's live and test side: a switch, two names, two addresses.

A decision needs three things: a comparison with `production` or `development`, two sides of which one speaks of tests (`sandbox`,
`STRIPE_TEST_KEY`), and a payment or commerce provider in the names at hand. Comparisons that also ask a variable of the deployment
(`VERCEL_ENV`) are none: they tell previews from production.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from driftline import late
from driftline.code import is_example, is_test, is_tool, syntax
from driftline.knowledge import catalog

if TYPE_CHECKING:
    from tree_sitter import Node

MANNER = "live or test"
NAMES = frozenset(("NODE_ENV", "PROD", "DEV"))

# What is worth a look at all, and how much of it: conditions stand in few places of a file.
_TRACE = late.pattern(rb"sandbox|live|test|isproduction", re.IGNORECASE)
_MOST_USES = 100
# Asking for a parent costs as much as the node lies deep, so climbs are short.
_DEEPEST = 12

# Keys that switch a client to tests, in small letters without `_`; the last ones only where the client is named after a provider.
_SWITCHES = frozenset(
    ("testmode", "istestmode", "sandbox", "sandboxmode", "issandbox", "usesandbox", "enablesandbox", "livemode", "islivemode")
)
_NAMED_SWITCHES = frozenset(("isproduction", "production", "islive", "live", "istest", "test"))
_LIVE_WORDS = frozenset(("live", "prod", "production"))
_TEST_WORDS = frozenset(("test", "sandbox", "sbox", "sdbx"))
_ENVIRONMENT = late.pattern(r"process\.env|import\.meta\.env|\benv\.[A-Z]|os\.environ|getenv")
_DEPLOYMENT = late.pattern(
    r"VERCEL|CONTEXT|NETLIFY|APP_ENV|DEPLOY|STAGE|PREVIEW|RAILWAY|RENDER|FLY_|BRANCH|_MODE\b|_ENV(?:IRONMENT)?\b(?<!NODE_ENV)(?<!FLASK_ENV)"
)


def decisions(path: str, name: str, node: Node, root: Node, code: bytes) -> Iterator[Node]:
    """The expressions and statements in which this read of NODE_ENV, PROD or DEV decides, directly or through constants of the file."""
    if name not in NAMES or not may_decide(path, code):
        return
    yield from _where_it_decides(name, node, root, code)
    kept = node.parent
    if name == "NODE_ENV" and kept is not None and kept.type == "variable_declarator" and kept.child_by_field_name("value") == node:
        for use in islice(_uses(kept, root, code), _MOST_USES):
            yield from _where_it_decides(name, use, root, code)


def may_decide(path: str, code: bytes) -> bool:
    """Whether a file is worth the look: what tests, tools and examples choose concerns nobody's money."""
    return not (is_test(path) or is_tool(path) or is_example(path)) and _TRACE.search(code) is not None


def _where_it_decides(name: str, node: Node, root: Node, code: bytes) -> Iterator[Node]:
    if name == "NODE_ENV" and (switch := _switch(node, code)) is not None:
        yield switch
    condition = _comparison(node, code) if name == "NODE_ENV" else node
    if condition is None:
        return
    condition = _outermost(condition, code)
    if asks_deployment(syntax.beginning(condition, code)):
        return
    parent = condition.parent
    if parent is not None and parent.type == "variable_declarator" and parent.child_by_field_name("value") == condition:
        if is_switch(syntax.beginning(parent.child_by_field_name("name"), code), _around(parent, code), code):
            yield condition
            return
        for use in islice(_uses(parent, root, code), _MOST_USES):
            outer = _outermost(use, code)
            if not asks_deployment(syntax.beginning(outer, code)) and _decides(outer, code):
                yield outer
    elif _decides(condition, code):
        yield condition


def _switch(node: Node, code: bytes) -> Node | None:
    """The `switch` over a read one case of which speaks of tests while another does not."""
    while node.parent is not None and node.parent.type in syntax.WRAPPERS:
        node = node.parent
    parent = node.parent
    body = parent.child_by_field_name("body") if parent is not None and parent.type == "switch_statement" else None
    if parent is None or body is None:
        return None
    cases = [" ".join(syntax.beginning(part, code) for part in case.children_by_field_name("body")) for case in body.named_children]
    around = _around(parent, code)
    return parent if any(tells_apart(one, other, around, code) for one, other in pairwise(filter(None, cases))) else None


def _comparison(node: Node, code: bytes) -> Node | None:
    """`NODE_ENV === "production"` around a read; a comparison with `test` is for the test runner."""
    while node.parent is not None and node.parent.type in syntax.WRAPPERS:
        node = node.parent
    parent = node.parent
    if parent is None or parent.type != "binary_expression":
        return None
    if syntax.beginning(parent.child_by_field_name("operator"), code) not in ("===", "==", "!==", "!="):
        return None
    sides = (parent.child_by_field_name("left"), parent.child_by_field_name("right"))
    return parent if any(syntax.beginning(side, code)[1:-1] in ("production", "development") for side in sides) else None


def _outermost(node: Node, code: bytes) -> Node:
    """The whole condition: parentheses, negations and what is joined by `&&` and `||` belong to it."""
    for _ in range(_DEEPEST):
        parent = node.parent
        if parent is None:
            break
        joined = parent.type == "binary_expression" and syntax.beginning(parent.child_by_field_name("operator"), code) in ("&&", "||")
        if not (
            joined
            or parent.type in syntax.WRAPPERS
            or (parent.type == "unary_expression" and syntax.beginning(parent, code).startswith("!"))
        ):
            break
        node = parent
    return node


def _uses(declarator: Node, root: Node, code: bytes) -> Iterator[Node]:
    """Where a constant is used, after its declaration."""
    name = declarator.child_by_field_name("name")
    if name is None or name.type != "identifier":
        return
    pattern = re.compile(rb"(?<![\w$.])" + re.escape(syntax.beginning(name, code).encode()) + rb"(?![\w$:])")
    for match in pattern.finditer(code, declarator.end_byte):
        node = root.descendant_for_byte_range(match.start(), match.end())
        if node is not None and node.type == "identifier":
            yield node


def _decides(condition: Node, code: bytes) -> bool:
    """Whether a condition chooses between live and test: in a ternary, as a switch of a client, or in an if with both branches."""
    parent = condition.parent
    if parent is None:
        return False
    if parent.type == "ternary_expression" and parent.child_by_field_name("condition") == condition:
        return _differ(parent.child_by_field_name("consequence"), parent.child_by_field_name("alternative"), _around(parent, code), code)
    if parent.type == "if_statement" and parent.child_by_field_name("condition") == condition:
        return _differ(parent.child_by_field_name("consequence"), _otherwise(parent, code), "", code)
    if parent.type == "pair" and parent.child_by_field_name("value") == condition:
        return is_switch(syntax.beginning(parent.child_by_field_name("key"), code), _around(parent, code), code, is_key=True)
    return False


def _otherwise(branch: Node, code: bytes) -> Node | None:
    """What runs where an `if` does not hold: its else, or what stands behind a branch that leaves the function."""
    alternative = branch.child_by_field_name("alternative")
    leaves = re.search(r"\b(?:return|throw)\b", syntax.beginning(branch.child_by_field_name("consequence"), code)) is not None
    return branch.next_named_sibling if alternative is None and leaves else alternative


def _differ(one: Node | None, other: Node | None, around: str, code: bytes) -> bool:
    return one is not None and other is not None and tells_apart(syntax.beginning(one, code), syntax.beginning(other, code), around, code)


def _around(node: Node, code: bytes) -> str:
    """The names that an expression stands under: keys, constants, callees, and the function around it."""
    names = []
    current: Node | None = node
    for _ in range(12):
        if current is None:
            break
        for field in ("key", "name", "function", "constructor", "left"):
            named = current.child_by_field_name(field)
            if named is not None and named != node and named.end_byte - named.start_byte < 100:
                names.append(syntax.beginning(named, code))
        if current.type.endswith("_declaration") and current.type != "lexical_declaration":
            break
        current = current.parent
    return " ".join(names)


# --- the same in every language -------------------------------------------------------------------------------------------


def asks_deployment(condition: str) -> bool:
    """Whether a condition also asks a variable of the deployment (`VERCEL_ENV`)."""
    return _DEPLOYMENT.search(condition) is not None


def is_switch(name: str, around: str, code: bytes, *, is_key: bool = False) -> bool:
    """Whether a condition's name switches a payment provider's client to tests; `around` are the names it stands under. What only some
    clients call a switch (`live`) counts as a key beside the provider's name."""
    plain = re.sub(r"[^a-z]", "", name.lower())
    if plain in _SWITCHES:
        return _names_provider(around, code)
    return is_key and plain in _NAMED_SWITCHES and _provider().search(around) is not None


def tells_apart(first: str, second: str, around: str, code: bytes) -> bool:
    """Whether one of two sides speaks of tests and the other does not, about a provider of the names at hand or of the file's imports."""
    words, others = _words(first), _words(second)
    if not _is_test_of(words, others) and not _is_test_of(others, words):
        return False
    named = f"{around} {first} {second}"
    if _ENVIRONMENT.search(first) or _ENVIRONMENT.search(second):
        return _provider().search(named) is not None
    return _names_provider(named, code)


def _is_test_of(words: frozenset[str], others: frozenset[str]) -> bool:
    """`words` speak of tests; `others` speak of live, or are the same without the word for tests."""
    if not words & _TEST_WORDS or others & _TEST_WORDS or words & _LIVE_WORDS:
        return False
    return bool(others & _LIVE_WORDS) or (len(others) > 1 and others == words - _TEST_WORDS)


def _words(text: str) -> frozenset[str]:
    """The words of identifiers and texts, in small letters: STRIPE_TEST_KEY, sandboxKey, test_mode."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return frozenset(word.lower() for word in re.findall(r"[A-Za-z]{2,30}", apart))


def _names_provider(text: str, code: bytes) -> bool:
    """Whether names at hand, or what the file imports, belong to a payment provider."""
    return _provider().search(text) is not None or any(
        _provider().search((match[1] or match[2]).decode("utf-8", "replace")) for match in islice(_IMPORT.finditer(code), 200)
    )


_IMPORT = late.pattern(
    rb"(?:\bfrom|\brequire\(|\bimport(?:\s*\()?)\s*[\"']([^\"'\n]{1,120})[\"']|^[ \t]*(?:from|import)[ \t]+([\w.]{1,120})", re.MULTILINE
)


@cache
def _provider() -> re.Pattern[str]:
    """The words of payment and commerce providers, inside any name."""
    words = {
        word.replace("_", "[_-]?")
        for provider in catalog.load().providers.values()
        if provider.job in ("payment", "commerce") and provider.id != "ethereum"
        for word in (*provider.words, provider.id.replace("-", "_").upper())
        if len(word) > 4
    }
    return re.compile("|".join(sorted(words)), re.IGNORECASE)
