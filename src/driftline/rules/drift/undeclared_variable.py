"""Code reads a variable that no source declares anywhere.

Why it matters: whoever sets the project up next cannot know the name, and the read is undefined until somebody guesses it.
Fix: add the name to the example file and declare it in each environment that needs it, or delete the read.
What not to do: do not add an invented value; an example file holds names and harmless samples only.
Example: `lib/mail.ts` reads `process.env.RESEND_API_KEY` and neither an env file nor an example nor a platform file names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import App, Facts, Finding, Location, Need, Rule, Severity, Variable
from driftline.rules.phrases import first_read, promise
from driftline.rules.spelling import misspelled

RULE = Rule("undeclared-variable", Severity.WARNING, "code reads a variable that nothing declares")


def check(facts: Facts) -> Iterator[Finding]:
    # "Nowhere declared" is true of a read once, however many apps share the library it stands in.
    seen: set[tuple[str, Location]] = set()
    for app in facts.apps:
        # Without any source there is nothing to compare with: the environments are unknown, and reported as that.
        if not app.examples and not any(environment.sources for environment in app.environments):
            continue
        spelled = {read for _, read in misspelled(app, facts)}
        for variable in app.variables.values():
            if variable.name not in spelled and _undeclared(variable, facts):
                for finding in _finding(app, variable):
                    if (variable.name, finding.location) not in seen:
                        seen.add((variable.name, finding.location))
                        yield finding


def _undeclared(variable: Variable, facts: Facts) -> bool:
    return (
        variable.need in (Need.REQUIRED, Need.PLAIN)
        and variable.name not in facts.declared
        and not (variable.injected or variable.implicit or variable.ignored)
    )


def _finding(app: App, variable: Variable) -> Iterator[Finding]:
    read = first_read(r for r in variable.reads if r.need is not Need.OPTIONAL)
    if read is None:
        return
    more = len({r.location for r in variable.reads}) - 1
    also = f" and in {more} more place{'s' if more > 1 else ''}" if more else ""
    example = app.examples[0].path if app.examples else ".env.example"
    fix = f"add {variable.name} to {example} and declare it in each environment, or delete the read"
    if variable.public and promise(variable.name) is not None:  # declaring it would publish it
        fix = f"read it on the server only, under a name without the public prefix, and add that name to {example}; or delete the read"
    yield RULE.finding(
        f"`{variable.name}` is read here{also} ({read.how}), and no env file, example or platform file declares it",
        fix=fix,
        avoid="do not add a fallback value that only works on your machine",
        app=app.path,
        location=read.location,
        variable=variable.name,
    )
