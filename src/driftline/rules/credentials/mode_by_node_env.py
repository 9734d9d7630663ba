"""Live or test is chosen by NODE_ENV, which is `production` on previews too.

Why it matters: a preview is built with `NODE_ENV=production`; whoever tries out a branch pays with a real card.
Fix: choose by a variable of the deployment (`VERCEL_ENV`, `POLAR_SERVER`, or simply another key for each environment).
What not to do: do not set NODE_ENV to something else on previews; frameworks then leave out what makes a build fast and safe.
Example: `testMode: process.env.NODE_ENV !== "production"`; in Python `os.environ.get("FLASK_ENV") == "production"` is the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Facts, Finding, Location, Related, Rule, Severity
from driftline.rules.phrases import place

RULE = Rule("mode-by-node-env", Severity.WARNING, "live or test is chosen by NODE_ENV")

# `Reference.manner` of a place where it decides.
_MANNER = "live or test"


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        seen: set[Location] = set()
        for variable in app.variables.values():
            for reference in variable.references:
                if reference.manner != _MANNER or variable.ignored or reference.location in seen:
                    continue
                seen.add(reference.location)
                written = ".".join(filter(None, (reference.how, variable.name)))
                reads = [read.location for read in variable.reads if read.location.path == reference.location.path]
                yield RULE.finding(
                    f"{place(reference.location)} chooses between live and test by `{written}`, which says production on previews too",
                    fix="choose by a variable that each environment sets for itself",
                    avoid="do not give previews another word there; frameworks build by it",
                    app=app.path,
                    location=reference.location,
                    variable=variable.name,
                    subject=f"{variable.name} in {reference.location.path}",
                    related=tuple(Related(read, "read here") for read in reads[:1] if read.line != reference.location.line),
                )
