"""A stand-in (`changeme`, `your-key-here`, `<...>`, `xxx`, `TODO`) is configured where a real value is needed.

Why it matters: the variable counts as set, the provider rejects it, and the error appears far from its cause.
Fix: put this environment's real value there.
What not to do: do not use another environment's value to get past it.
Example: `.env.production` says `SESSION_SECRET=changeme`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Cell, Environment, Facts, Finding, Kind, Rule, Severity, State
from driftline.rules.phrases import home

RULE = Rule("placeholder-value", Severity.BLOCKER, "a placeholder stands where a real value is needed", elsewhere=Severity.WARNING)


def check(facts: Facts) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for app in facts.apps:
        # Production first: a base file's placeholder is reported once, at its worst.
        for environment in sorted(app.environments, key=lambda e: e.kind is not Kind.PRODUCTION):
            for variable in app.variables.values():
                cell = variable.cells[environment.name]
                if cell.state is not State.SET or cell.traits is None or not cell.traits.placeholder or cell.declaration is None:
                    continue
                if environment.kind is Kind.LOCAL and not _is_own_file(environment, cell):
                    continue
                needed = variable.reads or variable.implicit or variable.name in facts.used
                if (
                    _is_of_a_script(environment, cell)
                    or variable.ignored
                    or not needed
                    or (cell.declaration.location.path, variable.name) in seen
                ):
                    continue
                seen.add((cell.declaration.location.path, variable.name))
                yield RULE.finding(
                    f"`{variable.name}` in {environment.name} is a placeholder ({cell.traits.placeholder}), not a value",
                    fix=f"put the real {environment.name} value of {variable.name} into {home(environment, variable.name)}",
                    avoid="do not use another environment's value to get past it",
                    app=app.path,
                    location=cell.declaration.location,
                    kind=environment.kind,
                    environment=environment.name,
                    variable=variable.name,
                )


def _is_own_file(environment: Environment, cell: Cell) -> bool:
    """Whether a developer's own env file holds it; tests and local containers agree among themselves on made-up values."""
    return environment.name == "local" and any(s.path == cell.source and s.format == "dotenv" for s in environment.sources)


def _is_of_a_script(environment: Environment, cell: Cell) -> bool:
    """Whether one command of package.json sets it for itself."""
    return any(s.path == cell.source and s.format == "package_json" for s in environment.sources)
