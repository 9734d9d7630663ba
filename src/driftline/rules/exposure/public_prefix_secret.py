"""A secret value or a secret's name stands behind a public prefix (NEXT_PUBLIC_, VITE_, PUBLIC_, EXPO_PUBLIC_, REACT_APP_, ...).

Why it matters: the build copies the value into files that every visitor downloads.
Fix: rename the variable without the prefix, read it on the server only, then rotate the value: it may have been published already.
What not to do: do not only delete the line; the value in a deployed bundle stays readable until it is rotated.
Example: `NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY`.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.knowledge import catalog
from driftline.knowledge.platform import public_prefix
from driftline.model import App, Exposure, Facts, Finding, Related, Rule, Severity, Variable
from driftline.rules.phrases import Held, held, identified, on_value, place, promise

RULE = Rule("public-prefix-secret", Severity.BLOCKER, "a secret stands behind a public prefix")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        private = {one.traits.digest: one for one in held(app) if not one.variable.public and one.traits.secret_like}
        told: set[str] = set()
        for one in held(app):
            if not one.variable.public or one.variable.name in told or one.traits.placeholder:
                continue
            why = _value_says(one, private)
            if why is None and (_decoded_public(one) or one.traits.shape == "boolean"):
                told.add(one.variable.name)  # the value itself says that it may be seen, or is a switch: the name is only badly chosen
                continue
            why = why or promise(one.variable.name)
            if why is None:
                continue
            told.add(one.variable.name)
            identity = one.traits.identity
            yield on_value(
                RULE,
                app.path,
                one,
                f"{one.place} is public: {_because(app, one.variable.name)}, and {why}",
                fix=_fix(one.variable),
                avoid="do not only delete the line: a value that was deployed stays readable until it is rotated",
                identity=identity,
                related=tuple(Related(read.location, "read here") for read in one.variable.reads[:2]),
            )
        yield from _by_name_alone(app, told)


def _value_says(one: Held, private: dict[bytes, Held]) -> str | None:
    identity = one.traits.identity
    if identity is not None and identity.exposure is Exposure.SECRET:
        return f"its value is {identified(identity)}, which is secret"
    twin = private.get(one.traits.digest)
    # The same name without the prefix says of the value what this one says: it is one key, declared for both sides.
    if twin is not None and catalog.canonical(twin.variable.name) != catalog.canonical(one.variable.name):
        return f"its value is the one of the private {twin.place}"
    return None


def _decoded_public(one: Held) -> bool:
    identity = one.traits.identity
    return identity is not None and identity.exposure in (Exposure.PUBLIC, Exposure.RESTRICT)


def _by_name_alone(app: App, told: set[str]) -> Iterator[Finding]:
    """Names without a readable value: the code that reads them would publish whatever the platform holds."""
    for variable in app.variables.values():
        if not variable.public or variable.name in told or variable.ignored:
            continue
        why = promise(variable.name)
        declared = next((c.declaration for c in variable.cells.values() if c.declaration is not None), None)
        if why is None or (declared is None and not variable.reads):
            continue
        location = declared.location if declared is not None else variable.reads[0].location
        yield RULE.finding(
            f"`{variable.name}` ({place(location)}) is public: {_because(app, variable.name)}, and {why}",
            fix=_fix(variable),
            avoid="do not only delete the line: a value that was deployed stays readable until it is rotated",
            app=app.path,
            location=location,
            variable=variable.name,
            related=tuple(Related(read.location, "read here") for read in variable.reads[:2] if read.location != location),
        )


def _because(app: App, name: str) -> str:
    return f"its prefix {public_prefix(name, app.framework) or ''} puts it into files that every visitor downloads"


def _fix(variable: Variable) -> str:
    return f"rename {variable.name} without its public prefix, read it on the server only, and rotate the value"
