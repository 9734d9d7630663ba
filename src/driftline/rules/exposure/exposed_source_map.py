"""Source maps with the original sources are served to visitors.

Why it matters: anyone can read your source as you wrote it, comments and unused functions included.
Fix: turn maps off for production, upload them to your error tracker instead and delete them from the output, or leave `sourcesContent` out.
What not to do: do not only remove the `sourceMappingURL` comment: the map's address is easily guessed.
Example: `dist/assets/index.js.map` with `sourcesContent`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Facts, Finding, Related, Rule, ServedMap, Severity
from driftline.rules.sightings import owner

RULE = Rule("exposed-source-map", Severity.NOTE, "source maps with the original sources are served")


def check(facts: Facts) -> Iterator[Finding]:
    """One finding per app: a build has a map per chunk, and one setting makes them all."""
    groups: dict[str, list[ServedMap]] = {}
    for served in facts.output.maps:
        groups.setdefault(owner(facts, served.location), []).append(served)
    for app, maps in sorted(groups.items()):
        first = maps[0]
        sources = sum(served.sources for served in maps)
        told = f" with {sources} original sources" if sources else " with original sources"
        files = first.location.path if len(maps) == 1 else f"{first.location.path} and {len(maps) - 1} more files"
        yield RULE.finding(
            f"{files} hold{'s' if len(maps) == 1 else ''} source maps{told}",
            fix="turn source maps off for production, or delete them from the output once your error tracker has them",
            avoid="do not only remove the `sourceMappingURL` comment: the map's address is easily guessed",
            app=app,
            location=first.location,
            subject="source maps",
            container=first.container,
            related=tuple(Related(served.location, "here too") for served in maps[1:4]),
        )
