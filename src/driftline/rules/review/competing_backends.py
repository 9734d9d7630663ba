"""Two stacks for one job are both used by the code and both configured, so that nobody knows which one counts.

Why it matters: users, orders or files end up in two places; a repair goes into the one that the app does not use.
Fix: decide which one stays, move what the other holds, then delete its imports and its variables.
What not to do: do not delete the variables first, and do not move both at once.
Example: some routes read orders through Prisma, others through Firestore, and both have their variables set.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.evidence import of
from driftline.model import Facts, Finding, Related, Rule, Severity, Stack
from driftline.rules.phrases import listed

RULE = Rule("competing-backends", Severity.WARNING, "two stacks for one job are used and configured")


def check(facts: Facts) -> Iterator[Finding]:
    jobs: dict[tuple[str, str], list[Stack]] = {}
    for stack in of(facts).stacks:
        if stack.verdict == "competing":
            jobs.setdefault((stack.app, stack.job), []).append(stack)
    for (app, job), stacks in sorted(jobs.items()):
        stacks.sort(key=lambda stack: -stack.imports)
        most, least = stacks[0], stacks[-1]
        counted = ", ".join(f"{stack.name} ({_places(stack)})" for stack in stacks)
        all_of = "both are" if len(stacks) == 2 else "all are"
        yield RULE.finding(
            f"{job} is done by {counted}: {all_of} {'in use' if most.imports else 'configured'}"
            + (f" and configured ({listed([name for stack in stacks for name, _ in stack.variables])})" if most.variables else ""),
            fix=f"decide which one stays{f' (most of the code uses {most.name})' if most.imports else ''}, move what {least.name} holds, then take {least.name} out",
            avoid="do not delete variables or data of either before the other one holds everything",
            app=app,
            location=least.place,
            related=tuple(Related(stack.place, f"{stack.name} begins here") for stack in stacks[:-1]),
            subject=f"{job}: {' + '.join(sorted(stack.name for stack in stacks))}",
        )


def _places(stack: Stack) -> str:
    if stack.imports == 0:
        return f"configured in {stack.place.path}"
    return f"imported by {stack.imports} file{'' if stack.imports == 1 else 's'}"
