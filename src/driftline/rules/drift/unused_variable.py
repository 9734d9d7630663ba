"""A variable is declared in an env file and read by nothing.

Why it matters: dead names hide the living ones, and a dead secret still leaks.
Fix: delete the line once you know that no script, image or platform outside this repository reads it.
What not to do: do not delete it from the platform before the next deployment has run without it.
Example: `.env.example` names `LEGACY_API_TOKEN`, and no code, config or script mentions it.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import App, Declaration, Facts, Finding, Related, Rule, Severity
from driftline.rules.spelling import misspelled

RULE = Rule("unused-variable", Severity.NOTE, "a declared variable is read by nothing")


def check(facts: Facts) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    begun = tuple(name for name in facts.used if name.endswith("_"))  # `PRICE_${plan}`
    for app in facts.apps:
        # Code in a language that is not read would make everything look unused.
        if not any(variable.reads for variable in app.variables.values()):
            continue
        spelled = {declared for declared, _ in misspelled(app, facts)}
        for name, declaration in _declared(app).items():
            variable = app.variables.get(name)
            if name in facts.used or name.startswith(begun) or name in spelled or variable is None:
                continue
            if variable.injected or variable.implicit or variable.ignored or (declaration.location.path, name) in seen:
                continue
            seen.add((declaration.location.path, name))
            steps = (step for _, reading in app.readings for step in reading.passthroughs if name in step.names)
            lists = tuple(Related(step.location, "listed here") for step in steps)
            if lists:
                says = f"`{name}` is declared here and listed in {lists[0].location.path}, and no code of the project reads it"
            else:
                says = f"`{name}` is declared here, and no code, configuration or script of the project reads or mentions it"
            yield RULE.finding(
                says,
                fix=f"delete {name} from {declaration.location.path} if nothing outside this repository reads it",
                avoid="do not delete it from the platform before a deployment has run without it",
                app=app.path,
                location=declaration.location,
                variable=name,
                related=lists[:1],
            )


def _declared(app: App) -> dict[str, Declaration]:
    """The first declaration of each name in the app's env files; a commented-out sample is no declaration worth deleting."""
    found: dict[str, Declaration] = {}
    for source, reading in app.readings:
        if source.format == "dotenv":
            for declaration in reading.declarations:
                if not declaration.optional:
                    found.setdefault(declaration.name, declaration)
    return found
