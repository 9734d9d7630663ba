"""The loaders in use read one line of an env file differently.

Why it matters: the same file gives the app one value and the container, the script or the test another.
Fix: write the value in the spelling that all of them read alike; the finding names it.
What not to do: do not escape for one loader only.
Example: a password with `$` in `.env`, read by Next.js and by Docker Compose.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Facts, Finding, Rule, Severity

RULE = Rule("ambiguous-value", Severity.WARNING, "the loaders in use read this line differently")


def check(facts: Facts) -> Iterator[Finding]:
    seen: set[tuple[str, int]] = set()
    for app in facts.apps:
        for source, reading in app.readings:
            if source.format != "dotenv":
                continue
            for declaration in reading.declarations:
                key = (source.path, declaration.location.line)
                if not declaration.ambiguous or key in seen:
                    continue
                seen.add(key)
                difference, *advice = declaration.ambiguous
                yield RULE.finding(
                    f"`{declaration.name}` is read differently by the loaders in use: {difference}",
                    fix=advice[0] if advice else "write the value so that every loader in use reads it alike",
                    avoid="do not escape it for one loader only",
                    app=app.path,
                    location=declaration.location,
                    variable=declaration.name,
                )
