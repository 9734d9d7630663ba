"""Something has to be done by hand after a deployment, so that one day it is forgotten.

Why it matters: the new code runs against the old database, or with the test key that a comment was meant to swap.
Fix: let the deployment do it: a migration step in the workflow, a variable instead of a commented-out line.
What not to do: do not only write it into a checklist.
Example: migrations in `supabase/migrations`, a workflow that deploys, and no step that applies them.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.evidence import of
from driftline.model import Facts, Finding, Related, Rule, Severity

RULE = Rule("manual-release-step", Severity.NOTE, "a release needs a hand")


def check(facts: Facts) -> Iterator[Finding]:
    for step in of(facts).steps:
        yield RULE.finding(
            step.said,
            fix=step.fix,
            avoid="do not run it from a developer's machine with production's keys",
            app=".",
            location=step.place,
            related=tuple(Related(place, note) for place, note in step.related),
            subject=step.subject,
        )
