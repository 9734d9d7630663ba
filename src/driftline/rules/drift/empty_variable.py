"""A variable is declared without a value in one environment, with one in another.

Why it matters: an empty string is a value: the read succeeds, the check for "is it set" passes in some code and fails in other.
Fix: give it this environment's value, or delete the line so that the fallback or the platform's value applies.
What not to do: do not fill it with another environment's value.
Example: `.env.production` says `RESEND_API_KEY=`, `.env.local` has a key.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import PROCESS, Cell, Environment, Facts, Finding, Kind, Need, Related, Rule, Severity, State
from driftline.rules.phrases import declared_in, editable, read_here

RULE = Rule("empty-variable", Severity.WARNING, "a variable is empty here and has a value elsewhere")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for environment in app.environments:
            for variable in app.variables.values():
                cell = variable.cells[environment.name]
                if cell.state is not State.EMPTY or cell.declaration is None or cell.declaration.reference or variable.ignored:
                    continue
                # Switched off on the developer's machine on purpose: the code copes with it.
                if environment.kind is Kind.LOCAL and variable.need in (Need.OPTIONAL, None):
                    continue
                filled = [(e, c) for e, c in declared_in(variable, app, but=environment.name) if c.state is State.SET]
                # A base file's empty line reaches every environment: it is empty "elsewhere" too.
                filled = [(e, c) for e, c in filled if c.traits is None or not c.traits.placeholder]
                process = _is_of_this_process(environment, cell)
                if not filled and variable.need in (Need.REQUIRED, Need.PLAIN) and process:
                    yield RULE.finding(
                        f"`{variable.name}` is set to nothing in the environment of this process, and the code needs it",
                        fix=f"give {variable.name} its {environment.name} value where this build takes its variables from: "
                        "a secret that a CI system does not have arrives empty",
                        avoid="do not write the value into the build script",
                        app=app.path,
                        location=cell.declaration.location,
                        severity=_severity(environment, variable.need is Need.REQUIRED),
                        environment=environment.name,
                        variable=variable.name,
                        related=read_here(variable),
                    )
                if not filled or filled[0][1].declaration is None:
                    continue
                other, other_cell = filled[0]
                where = editable(environment, cell.source) if cell.source is not None else environment.name
                line = "the line" if where == cell.source else "it there"
                yield RULE.finding(
                    f"`{variable.name}` is empty in {environment.name} ({cell.source}) and has a value in {other.name} ({other_cell.source})",
                    fix=f"give {variable.name} its {environment.name} value in {where}, or delete {line}",
                    avoid=f"do not fill it with the value of {other.name}",
                    app=app.path,
                    location=cell.declaration.location,
                    severity=_severity(environment, process and variable.need in (Need.REQUIRED, Need.PLAIN)),
                    environment=environment.name,
                    variable=variable.name,
                    related=(Related(filled[0][1].declaration.location, f"has a value for {other.name}"),),
                )


def _severity(environment: Environment, certain: bool) -> Severity:
    """A blocker where the build of production really gets nothing for what the code needs: as bad as a missing variable."""
    return Severity.BLOCKER if certain and environment.kind is Kind.PRODUCTION else RULE.severity


def _is_of_this_process(environment: Environment, cell: Cell) -> bool:
    """Whether the live environment of the gate's own process holds it: how a CI system passes on a secret that it does not have."""
    return any(source.path == cell.source and source.format == PROCESS for source in environment.sources)
