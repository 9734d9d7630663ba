"""Code falls back to a literal test credential or a vendor's sample secret.

Why it matters: where the variable is missing nothing fails; the test value is used, captchas always pass, no mail goes out.
Fix: remove the fallback and fail at start when the variable is missing.
What not to do: do not replace the literal by a live one; that would publish it with the code.
Example: `process.env.TURNSTILE_SECRET_KEY || "<the always-passing test secret>"`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import App, Facts, Finding, Literal, Mode, Reference, Related, Rule, Severity, Variable
from driftline.rules.phrases import identified, is_secret_name

RULE = Rule("test-credential-fallback", Severity.BLOCKER, "code falls back to a test credential")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for variable in app.variables.values():
            for read in variable.reads:
                if read.fallback is not None and not variable.ignored and _is_test(read.fallback, variable.name):
                    yield _finding(app, variable, read, read.fallback)


def _is_test(literal: Literal, name: str) -> bool:
    traits = literal.traits
    if traits is None or traits.placeholder:
        return False
    identity = traits.identity
    if traits.default and not is_secret_name(name) and (identity is None or identity.mode is not Mode.TEST):
        return False  # the user's name of a fresh installation opens nothing alone
    return traits.published is not None or (
        identity is not None and identity.mode is Mode.TEST and identity.kind not in ("host", "mode flag")
    )


def _finding(app: App, variable: Variable, read: Reference, literal: Literal) -> Finding:
    traits = literal.traits
    identity = traits.identity if traits else None
    what = traits.published if traits and traits.published else identified(identity) if identity else "a test value"
    return RULE.finding(
        f"where `{variable.name}` is missing, {read.location.path}:{read.location.line} falls back to a literal: {what}",
        fix=f"remove the fallback and fail when {variable.name} is missing",
        avoid="do not put a live value into the code instead",
        app=app.path,
        location=literal.location,
        variable=variable.name,
        # A sender for tests opens nothing: its mails reach nobody but the account's owner.
        severity=Severity.WARNING if identity is not None and identity.slot == "id" and identity.job == "email" else None,
        identity=identity,
        value=identity.masked or None if identity else None,
        related=(Related(read.location, "read here"),),
    )
