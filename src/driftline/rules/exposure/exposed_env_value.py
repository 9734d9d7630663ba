"""The value of a private variable stands in a built file that a visitor's browser gets.

Why it matters: the value was meant for the server; now everyone who opens the page can read it.
Fix: find the read in client code (the finding names it where a source map tells), move it to the server, and change the value.
What not to do: do not rename or encode it: what the browser can use, its user can read.
Example: `DB_PASSWORD` inlined by a bundler's `define`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Exposure, Facts, Finding, Related, Rule, Severity
from driftline.rules.sightings import by_value, owner, where

RULE = Rule("exposed-env-value", Severity.BLOCKER, "a private variable's value stands in a built, browser-served file")


def check(facts: Facts) -> Iterator[Finding]:
    for seen in by_value(facts.sightings):
        one = seen.first
        if not one.served or (one.identity is not None and one.identity.exposure is Exposure.SECRET):
            continue
        if one.variable is None and one.beside is None:
            continue
        if one.variable is not None:
            said = "is public by its prefix, but its value is a secret's: it" if one.public else "is private, and its value"
            message = f"`{one.variable}` {said} {where(one)}"
        else:
            message = f"what looks like a secret, beside the name `{one.beside}`, {where(one)}"
        yield RULE.finding(
            message,
            fix=f"read {one.variable or 'it'} on the server only, and change the value",
            avoid="do not rename or encode it: what the browser can use, its user can read",
            app=owner(facts, one.location, one.variable),
            location=one.location,
            severity=Severity.BLOCKER if one.variable is not None else Severity.WARNING,
            environment=one.environment,
            variable=one.variable,
            identity=one.identity,
            subject=one.variable or one.beside or "",
            original=one.original,
            encoding=one.encoding,
            container=one.container,
            value=one.masked,
            digest=one.keyed,
            related=(*((Related(one.declared, "declared here"),) if one.declared else ()), *seen.places),
        )
