"""Nobody is named for the parts of the repository that decide over data, files and permissions.

Why it matters: a migration, a rules file or a workflow is changed, and nobody who knows it is asked.
Fix: name an owner in CODEOWNERS, or under `owners` in driftline.toml.
What not to do: do not name a team that nobody reads mail of.
Example: `supabase/migrations/` and `.github/workflows/`, and no CODEOWNERS file.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.evidence import of
from driftline.model import Facts, Finding, Related, Rule, Severity
from driftline.rules.phrases import listed

RULE = Rule("unowned-surface", Severity.NOTE, "nobody is named for what decides over data and permissions")


def check(facts: Facts) -> Iterator[Finding]:
    evidence = of(facts)
    if not evidence.unowned:
        return
    first, *others = evidence.unowned
    owners = f"{evidence.owners_file} names nobody for" if evidence.owners_file else "there is no CODEOWNERS file, so nobody is named for"
    yield RULE.finding(
        f"{owners} {listed([surface.what for surface in evidence.unowned], 5)}",
        fix="name an owner for each in CODEOWNERS, or under owners in driftline.toml",
        avoid="do not name yourself for everything only to silence this",
        app=".",
        location=first.place,
        related=tuple(Related(surface.place, surface.what) for surface in others[:5]),
        subject="owners",
    )
