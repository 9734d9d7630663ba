"""One file declares a variable twice for the same environment.

Why it matters: the last line wins in most loaders and the first in some; an edit of the other line does nothing.
Fix: delete the line that does not apply.
What not to do: do not reorder the lines to change the winner.
Example: `.env.local` has `DATABASE_URL` in line 3 and again in line 41.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Declaration, Facts, Finding, Related, Rule, Severity

RULE = Rule("duplicate-declaration", Severity.WARNING, "one file declares a variable twice")

_FORMATS = ("dotenv",)


def check(facts: Facts) -> Iterator[Finding]:
    seen: set[str] = set()
    for app in facts.apps:
        for source, reading in app.readings:
            if source.format not in _FORMATS or source.path in seen:
                continue
            seen.add(source.path)
            first: dict[tuple[str, str | None], Declaration] = {}
            for declaration in reading.declarations:
                # A commented-out line beside the living one is an alternative, not a second declaration.
                if declaration.optional:
                    continue
                earlier = first.setdefault((declaration.name, declaration.context), declaration)
                if earlier is declaration:
                    continue
                variable = app.variables.get(declaration.name)
                if variable is not None and variable.ignored:
                    continue
                yield RULE.finding(
                    f"`{declaration.name}` is declared again here; line {earlier.location.line} already declares it, and the last one wins",
                    fix=f"delete the line of {declaration.name} that does not apply",
                    avoid="do not reorder the lines to change the winner",
                    app=app.path,
                    location=declaration.location,
                    variable=declaration.name,
                    related=(Related(earlier.location, "the first declaration"),),
                )
