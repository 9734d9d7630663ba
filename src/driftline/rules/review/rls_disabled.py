"""The last word of the migrations on a table's row level security is: switched off.

Why it matters: the public key in every browser then reads, and often writes, the rows of all users; policies that exist are not asked.
Fix: add a migration that switches row level security on for this table and gives it the policies it needs.
What not to do: do not move the queries to the service key to make them work; do not drop the policies.
Example: `ALTER TABLE orders DISABLE ROW LEVEL SECURITY;` in the last migration that mentions it.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Facts, Finding, Related, Rule, Severity
from driftline.rules.tables import confidence, opened, reach

RULE = Rule("rls-disabled", Severity.BLOCKER, "row level security was switched off and stays off", elsewhere=Severity.WARNING)


def check(facts: Facts) -> Iterator[Finding]:
    for store, table, doubt in opened(facts):
        if table.disabled is None:
            continue
        who = reach(table)
        yield RULE.finding(
            f"`{table.name}` ends with row level security switched off, and {who}{confidence(store, doubt)}",
            fix=f"add a migration: ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY; with a policy for each thing its users may do",
            avoid="do not use the service key for these queries instead",
            app=".",
            location=table.disabled,
            severity=Severity.WARNING if doubt else Severity.BLOCKER,
            related=(
                Related(table.created, "the table is made here"),
                *(Related(p.location, "a policy that is not asked") for p in table.policies[:2]),
            ),
            subject=str(table.name),
        )
