"""The rules: one file per rule in a folder per group; the folder is the registry, facts in, findings out, no I/O."""

from __future__ import annotations

import importlib
import os
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, Protocol, cast

from driftline.model import Facts, Finding, Misuse, Rule

GROUPS = ("drift", "exposure", "credentials", "callbacks", "review")
# What is said about built output by itself; the other rules judge the project it was built from.
ON_OUTPUT = ("exposed-env-file", "exposed-env-value", "exposed-restricted-key", "exposed-secret", "exposed-source-map")


class RuleModule(Protocol):
    """A rule: its RULE, its check (options of driftline.toml are its keyword-only arguments), and its docstring as its page."""

    RULE: Rule
    __doc__: str | None

    def check(self, facts: Facts, **options: Any) -> Iterator[Finding]: ...


@cache
def registry() -> Mapping[str, tuple[str, RuleModule]]:
    """Rule id -> (group, module), in the order of the groups and then by id."""
    return {rule_id: (group, _module(rule_id)) for rule_id, group in groups().items()}


@cache
def groups() -> Mapping[str, str]:
    """Rule id -> group, in the order of the groups and then by id, without importing a rule: the file name is the identifier."""
    folder = os.path.dirname(__file__)
    return {
        entry[:-3].replace("_", "-"): group
        for group in GROUPS
        for entry in sorted(os.listdir(os.path.join(folder, group)))
        if entry.endswith(".py") and not entry.startswith("_")
    }


def _module(rule_id: str) -> RuleModule:
    return cast(RuleModule, importlib.import_module(f"{__name__}.{groups()[rule_id]}.{rule_id.replace('-', '_')}"))


def identifiers() -> tuple[str, ...]:
    """Every rule id, in the same order."""
    return tuple(groups())


def check(
    facts: Facts,
    wanted: Collection[str],
    options: Mapping[str, Mapping[str, Any]],
    failed: dict[str, str],
    *,
    only: Collection[str] | None = None,
) -> Iterator[Finding]:
    """The findings of every rule of the `wanted` groups, or of those in `only`; `options` maps a rule id to its keyword arguments.

    A rule that fails must not hide the others' findings: its id and the kind of error go into `failed`.
    """
    for rule_id, group in groups().items():
        if group not in wanted or (only is not None and rule_id not in only):
            continue
        try:
            # A list, so that a rule failing half-way reports nothing half.
            found = list(_module(rule_id).check(facts, **options.get(rule_id, {})))
        except Exception as error:  # its text could hold a value: only its kind is told
            failed[rule_id] = type(error).__name__
            continue
        yield from found


def refuse_unknown(options: Mapping[str, Mapping[str, Any]], shown: str) -> None:
    """Raises Misuse for an option of driftline.toml (`shown`) that its rule does not take, and for a value of another type than its default's."""
    for rule_id, given in options.items():
        if not given:
            continue
        taken = {name: p.default for name, p in _parameters(rule_id).items() if p.kind is p.KEYWORD_ONLY}
        for name, value in given.items():
            word = f"rules.{rule_id}.{name.replace('_', '-')}"
            if name not in taken:
                import difflib

                near = difflib.get_close_matches(name, (*taken, "severity", "paths"), 1, 0.6)
                advice = f'; did you mean "{near[0].replace("_", "-")}"?' if near else ""
                raise Misuse(f'{shown}: unknown key "{word}"{advice}')
            if type(value) is not type(taken[name]):
                raise Misuse(f"{shown}: {word} must be like {taken[name]!r}, its default")


def _parameters(rule_id: str) -> Mapping[str, Any]:
    import inspect

    return inspect.signature(_module(rule_id).check).parameters
