"""A variable is declared or read, but the example file does not name it.

Why it matters: the example file is what the next developer, and the next deployment, starts from.
Fix: add the name to the example file, with an empty or harmless value.
What not to do: do not copy a real value into the example file; it is committed.
Example: `.env.local` declares `STRIPE_WEBHOOK_SECRET`, `.env.example` does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Facts, Finding, Location, Need, Related, Rule, Severity
from driftline.rules.phrases import declared_in, first_read
from driftline.rules.spelling import misspelled

RULE = Rule("undocumented-variable", Severity.NOTE, "a variable is absent from the example file")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        if not app.examples:
            continue
        example = app.examples[0].path
        spelled = {word for pair in misspelled(app, facts) for word in pair}
        for variable in app.variables.values():
            if variable.name in facts.documented or variable.name in spelled:
                continue
            if variable.injected or variable.implicit or variable.ignored:
                continue
            declared = declared_in(variable, app)
            if any(cell.declaration is not None and cell.declaration.bound for _, cell in declared):
                continue
            # A name that is only read and declared nowhere is an `undeclared-variable`: one mistake, one finding.
            needed = variable.need in (Need.REQUIRED, Need.PLAIN) and variable.name in facts.declared
            if not needed and not (declared and variable.reads):
                continue
            read = first_read(variable.reads)
            declaration = declared[0][1].declaration if declared else None
            location = read.location if read else declaration.location if declaration else None
            if location is None:
                continue
            where = f"declared for {declared[0][0].name}" if declared else "read by the code"
            yield RULE.finding(
                f"`{variable.name}` is {where}, and {example} does not name it",
                fix=f"add {variable.name}= to {example}",
                avoid="do not copy a real value into the example file",
                app=app.path,
                location=location,
                variable=variable.name,
                related=(Related(Location(example, 1), "the example file that lacks it"),),
            )
