"""The pages of `driftline explain` and `driftline rules`: a rule's docstring, read by its sections and set for a terminal."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from itertools import groupby
from types import ModuleType
from typing import cast

from driftline import rules
from driftline.model import Misuse, Page, Rule, Severity
from driftline.terminal import Terminal, columns, pad

SECTIONS = ("Why it matters", "Fix", "What not to do", "Example")

_STYLE = {Severity.BLOCKER: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}


def page(rule: Rule, group: str, docstring: str) -> Page:
    """Reads a rule's docstring. Raises ValueError naming the section that is missing, empty, or stands twice."""
    texts: dict[str, list[str]] = {"": []}
    heading = ""
    for line in docstring.strip().splitlines():
        name, colon, rest = line.partition(":")
        if colon and name in SECTIONS:
            if name in texts:
                raise ValueError(f"{rule.id}: the section `{name}` stands twice")
            heading, line = name, rest.strip()
            texts[heading] = []
        texts[heading].append(line)
    said = {name: "\n".join(lines).strip("\n") for name, lines in texts.items()}
    for name in ("", *SECTIONS):
        if not said.get(name, "").strip():
            raise ValueError(f"{rule.id}: the docstring has no {f'section `{name}`' if name else 'opening'}")
    return Page(rule, group, said.pop(""), {name: said[name] for name in SECTIONS})


def every() -> dict[str, Page]:
    """Every rule's page by its id."""
    return {name: page(module.RULE, group, _docstring(module)) for name, (group, module) in rules.registry().items()}


def _docstring(module: rules.RuleModule) -> str:
    if module.__doc__ is not None:
        return module.__doc__
    import ast  # `python -OO` strips docstrings; the source still has them
    import inspect

    return ast.get_docstring(ast.parse(inspect.getsource(cast(ModuleType, module))), clean=False) or ""


def explain(topic: str, *, width: int = 80, colour: bool = False, unicode: bool = True) -> Iterator[str]:
    """The page of one rule, line by line. Raises Misuse for a word that is no rule, naming the nearest."""
    found = rules.registry()
    if topic not in found:
        near = difflib.get_close_matches(topic, found, 1)
        hint = f'; did you mean "{near[0]}"?' if near else "; `driftline rules` lists them"
        raise Misuse(f'there is no rule "{topic}"{hint}')
    group, module = found[topic]
    return text(page(module.RULE, group, _docstring(module)), Terminal(max(40, width), colour, unicode))


# The narrowest column that a title reads well in.
_TITLE = 24


def listing(*, width: int = 80, colour: bool = False, unicode: bool = True) -> Iterator[str]:
    """Every rule by group, with its severity and title, line by line."""
    terminal = Terminal(max(40, width), colour, unicode)
    by_group: dict[str, list[Rule]] = {}
    for group, module in rules.registry().values():
        by_group.setdefault(group, []).append(module.RULE)
    longest = max((columns(rule.id) for found in by_group.values() for rule in found), default=0)
    severities = max((columns(_severities(rule)) for found in by_group.values() for rule in found), default=0)
    for group, found in by_group.items():
        yield terminal.paint(group, "bold") + "\n"
        for rule in found:
            label = f"{pad(rule.id, longest)}  {pad(_severities(rule), severities)}"
            if terminal.width - columns(label) < _TITLE:  # no room beside it: the title stands below
                yield f"  {label.rstrip()}\n"
                yield from (line + "\n" for line in terminal.prose(rule.title, indent=4))
            else:
                yield from (line + "\n" for line in terminal.prose(rule.title, indent=2, label=label))
        yield "\n"
    for line in terminal.prose("Where two severities stand, the first is for production. `driftline explain RULE` tells the rest."):
        yield line + "\n"


def text(shown: Page, terminal: Terminal) -> Iterator[str]:
    """One page, line by line: what, why, fix, what not to do, an example, and how to accept a finding of the rule."""
    rule = shown.rule
    yield f"{terminal.paint(rule.id, 'bold')}  {_painted(rule, terminal)}  {terminal.paint(shown.group, 'dim')}\n"
    if rule.elsewhere:
        yield f"{rule.severity.value} in production, {rule.elsewhere.value} elsewhere\n"
    yield "\n"
    yield from _body(shown.what, terminal, indent=0)
    for name, words in shown.sections.items():
        yield f"\n{terminal.paint(name, 'bold')}\n"
        yield from _body(words[0].upper() + words[1:], terminal, indent=2)
    yield f"\n{terminal.paint('To accept it', 'bold')}\n"
    yield from _body(
        f"In the file, on the line or the line above: a comment with `driftline: ignore[{rule.id}]` and the reason after it.\n\n"
        "In driftline.toml:\n\n"
        f'    [[accept]]\n    rule = "{rule.id}"\n    subject = "..."  # the variable or path that the finding names\n'
        '    reason = "..."\n    expires = 2027-01-31  # optional\n\n'
        f'To change its severity everywhere, in driftline.toml under `[rules]`: `{rule.id} = "note"` (or "warning", "blocker", "off").',
        terminal,
        indent=2,
    )


def _body(words: str, terminal: Terminal, *, indent: int) -> Iterator[str]:
    """Paragraphs wrapped to the screen; lines that are indented in the docstring (code) stay as they are."""
    for kind, lines in groupby(words.splitlines(), _kind):
        if kind == "prose":
            yield from (line + "\n" for line in terminal.prose(" ".join(lines), indent=indent))
        else:
            yield from ((" " * indent + terminal.text(line)).rstrip() + "\n" for line in lines)


def _kind(line: str) -> str:
    return "blank" if not line.strip() else "code" if line.startswith("    ") else "prose"


def _severities(rule: Rule) -> str:
    return rule.severity.value + (f"/{rule.elsewhere.value}" if rule.elsewhere else "")


def _painted(rule: Rule, terminal: Terminal) -> str:
    return terminal.paint(_severities(rule), _STYLE[rule.severity])
