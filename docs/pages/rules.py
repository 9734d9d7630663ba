"""docs/rules.md: every rule with its severity, its page and its options."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from driftline import rules
from driftline.model import Page, Rule
from driftline.rules import pages

_GROUPS = {
    "drift": ("Drift", "Which variables does the code need, which does each environment declare, and where do they disagree?"),
    "exposure": ("Exposure", "Does the built frontend, or a commit, carry a service key or a private value?"),
    "credentials": ("Credentials", "What do keys say about themselves, and does it fit the environment that holds them?"),
    "callbacks": ("Callbacks", "Do payment, mail, storage and login URLs belong to the environment that uses them?"),
    "review": ("Launch review", "Judged by `driftline review` only."),
}


def text() -> str:
    """The page."""
    told = pages.every()
    lines = [
        "# Rules",
        "",
        "A severity is a default: `driftline.toml` can lower or raise each one, or switch the rule off. Where two severities stand, the first is for",
        "environments of kind production. `driftline explain RULE` shows the same page on a terminal.",
    ]
    for group, (title, question) in _GROUPS.items():
        of_group = [page for page in told.values() if page.group == group]
        lines += ["", f"## {title}", "", question, "", "| rule | says | severity |", "| --- | --- | --- |"]
        lines += [f"| [`{page.rule.id}`](#{page.rule.id}) | {page.rule.title} | {severity(page.rule)} |" for page in of_group]
        for page in of_group:
            lines += ["", *_page(page)]
    return "\n".join(lines) + "\n"


def severity(rule: Rule) -> str:
    """A rule's default severity: "blocker / warning" is in production and elsewhere."""
    return rule.severity.value + (f" / {rule.elsewhere.value}" if rule.elsewhere else "")


def _page(page: Page) -> Iterator[str]:
    yield f"### {page.rule.id}"
    yield ""
    yield page.what
    for name, words in page.sections.items():
        yield ""
        yield f"**{name}.** {words[0].upper()}{words[1:]}"
    options = list(_options(page.rule.id))
    if options:
        yield ""
        yield f"**Options** in `[rules.{page.rule.id}]`: {', '.join(options)}."


def _options(rule_id: str) -> Iterator[str]:
    _, module = rules.registry()[rule_id]
    for name, parameter in inspect.signature(module.check).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY:
            yield f"`{name.replace('_', '-')}` (default `{parameter.default!r}`)"
