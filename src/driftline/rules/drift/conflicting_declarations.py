"""Two sources give one environment different values; one of them wins, silently.

Why it matters: editing the file that loses changes nothing, and nobody sees why.
Fix: keep the value in one place, or make both say the same.
What not to do: do not delete the winning declaration before you know which value is the right one.
Example: `.env.production` and the production context of `netlify.toml` give `API_URL` different values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from driftline.knowledge import platform
from driftline.model import Cell, Declaration, Environment, Facts, Finding, Kind, Related, Rule, Severity, State, is_base

RULE = Rule("conflicting-declarations", Severity.WARNING, "two sources give one environment different values")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for environment in app.environments:
            # On the developer's machine a container's network and the host's differ on purpose.
            if environment.kind is Kind.LOCAL:
                continue
            for variable in app.variables.values():
                cell = variable.cells[environment.name]
                loser = _differing(cell, environment)
                if variable.ignored or loser is None or cell.declaration is None:
                    continue
                if cell.why:
                    says = f"{cell.source} wins over {loser.location.path}; {cell.why}"
                else:
                    says = (
                        f"one in {cell.source}, another in {loser.location.path}, and which of them is used depends on what starts the app"
                    )
                yield RULE.finding(
                    f"`{variable.name}` has two values in {environment.name}: {says}",
                    fix=f"keep {variable.name} for {environment.name} in one place",
                    avoid="do not delete the winning line before you know which value is right",
                    app=app.path,
                    location=cell.declaration.location,
                    environment=environment.name,
                    variable=variable.name,
                    related=(Related(loser.location, "another value, which is not used" if cell.why else "another value"),),
                )


def _differing(cell: Cell, environment: Environment) -> Declaration | None:
    """The shadowed declaration that was meant for this very environment and differs; a base file is there to be overridden."""
    if cell.state is not State.SET or cell.traits is None:
        return None
    formats = {source.path: source.format for source in environment.sources}
    part = cell.declaration.component if cell.declaration is not None else None
    for path, declaration in cell.shadowed:
        if not _can_meet(cell.source or "", path, formats) or (part and declaration.component not in (None, part)):
            continue  # two parts of one deployment, a worker and a web server say, run apart
        if path == cell.source or is_base(environment.because, path) or declaration.traits is None:
            continue
        if declaration.state is State.SET and declaration.traits.digest != cell.traits.digest:
            return declaration
    return None


def _can_meet(winner: str, loser: str, formats: Mapping[str, str]) -> bool:
    """Whether two sources reach one process: a script sets a value for itself, and files of two hosts, or of one in two folders, are two
    deployments."""
    one, other = formats.get(winner, ""), formats.get(loser, "")
    if "package_json" in (one, other):
        return False
    if one == other:
        return winner.rpartition("/")[0] == loser.rpartition("/")[0]
    return not (platform.deploys(one) and platform.deploys(other))
