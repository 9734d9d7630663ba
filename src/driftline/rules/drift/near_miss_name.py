"""A declared name that nothing reads differs by a typo from a name that code reads.

Why it matters: the value is there, under a name nobody asks for; the code sees nothing and says nothing.
Fix: rename the declaration to the name that the code reads.
What not to do: do not rename the code: other environments already use its spelling.
Example: `.env.production` declares `STRIPE_SECERT_KEY`, `lib/stripe.ts` reads `STRIPE_SECRET_KEY`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Facts, Finding, Related, Rule, Severity
from driftline.rules.phrases import editable, first_read
from driftline.rules.spelling import misspelled

RULE = Rule("near-miss-name", Severity.WARNING, "a declared name differs by a typo from one that code reads")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for declared, read_name in misspelled(app, facts):
            read = first_read(app.variables[read_name].reads)
            variable = app.variables[declared]
            cell = next((cell for cell in variable.cells.values() if cell.declaration), None)
            declaration = cell.declaration if cell else variable.documented[0][1] if variable.documented else None
            if read is None or declaration is None:
                continue
            environment = next((e for e in app.environments if variable.cells[e.name].declaration), None)
            where = editable(environment, declaration.location.path) if environment else declaration.location.path
            yield RULE.finding(
                f"`{declared}` is declared here and read by nothing; the code reads `{read_name}`, which is not declared beside it",
                fix=f"rename {declared} to {read_name} in {where}",
                avoid="do not rename the read: other environments may use its spelling",
                app=app.path,
                location=declaration.location,
                environment=environment.name if environment else None,
                variable=declared,
                related=(Related(read.location, f"reads {read_name}"),),
            )
