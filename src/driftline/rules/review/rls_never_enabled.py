"""No migration switches row level security on for a table that the data API serves.

Why it matters: the public key in every browser then reads, and often writes, the rows of all users, whatever the app's own screens show.
Fix: add a migration that switches row level security on for this table and gives it the policies it needs.
What not to do: do not switch it on alone: without a policy nothing can be read or written through the public key.
Example: `CREATE TABLE public.orders (...)` in a Supabase project, and no `ENABLE ROW LEVEL SECURITY` anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Facts, Finding, Related, Rule, Severity
from driftline.rules.tables import confidence, opened, reach

RULE = Rule("rls-never-enabled", Severity.BLOCKER, "a served table has no row level security", elsewhere=Severity.WARNING)


def check(facts: Facts) -> Iterator[Finding]:
    for store, table, doubt in opened(facts):
        if table.disabled is not None:
            continue
        policies = (
            f"; it has {len(table.policies)} polic{'y' if len(table.policies) == 1 else 'ies'}, which nothing asks"
            if table.policies
            else ""
        )
        yield RULE.finding(
            f"no migration switches row level security on for `{table.name}`, and {reach(table)}{policies}{confidence(store, doubt)}",
            fix=f"add a migration: ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY; with a policy for each thing its users may do",
            avoid="do not switch it on without policies: the app's own queries would find nothing",
            app=".",
            location=table.created,
            severity=Severity.WARNING if doubt else Severity.BLOCKER,
            related=tuple(Related(policy.location, "a policy that is not asked") for policy in table.policies[:3]),
            subject=str(table.name),
        )
