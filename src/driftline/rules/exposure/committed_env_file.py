"""An env file with private values is tracked by git, or not ignored by it.

Why it matters: everyone who can read the repository, now or later, can read the values; history keeps them after a deletion.
Fix: take the file out of git (`git rm --cached`), add it to .gitignore, and rotate the private values in it.
What not to do: do not delete the file itself, and do not rely on deleting it in a later commit: history keeps it.
Example: `.env.production` with a database password is tracked.

`.env.test` is meant to be committed and holds made-up values; there only what a provider's own key looks like counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from driftline.knowledge import catalog, hosts
from driftline.model import App, Authority, Declaration, Environment, Exposure, Facts, Finding, Kind, Related, Rule, Severity, State, Traits
from driftline.rules.phrases import is_secret_name, listed

RULE = Rule("committed-env-file", Severity.WARNING, "an env file with private values is tracked or not ignored by git")


def check(facts: Facts) -> Iterator[Finding]:
    if facts.tracked is None:
        return
    seen: set[str] = set()
    for app in facts.apps:
        for source, reading in app.readings:
            if source.format != "dotenv" or source.authority is Authority.EXAMPLE or source.path in seen or source.ignored:
                continue
            seen.add(source.path)
            serves = [e for e in app.environments if any(own.path == source.path for own in e.sources)]
            private = [d for d in reading.declarations if _is_private(app, d, serves)]
            if not private:
                continue
            tracked = source.path in facts.tracked
            how = "is tracked by git" if tracked else "is not ignored by git: the next `git add` takes it"
            # What was never committed has not left this machine.
            rotate = "and rotate these values" if tracked else "and rotate these values only if it was committed before"
            undo = f"`git rm --cached {source.path}`, " if tracked else ""
            yield RULE.finding(
                f"{source.path} {how}, and holds private values: {listed([d.name for d in private])}",
                fix=f"{undo}add {source.path} to .gitignore, {rotate}",
                avoid="do not delete the file itself; history keeps what was committed"
                if tracked
                else "do not delete the file itself: the app reads it on this machine",
                app=app.path,
                location=private[0].location,
                subject=source.path,
                related=tuple(Related(d.location, "another private value") for d in private[1:4]),
            )


# Their files hold what the tests make up, and are committed on purpose.
_TESTS = frozenset(("test", "testing", "e2e"))


def _is_private(app: App, declaration: Declaration, serves: Sequence[Environment]) -> bool:
    """A value that must not be read by others: decoded as secret, or under a secret's name and not a stand-in.

    `serves` are the environments that its file speaks for.
    """
    variable = app.variables.get(declaration.name)
    if declaration.state is not State.SET or declaration.reference or variable is None or variable.public or variable.ignored:
        return False
    traits = next(
        (c.traits for c in variable.cells.values() if c.declaration is not None and c.declaration.location == declaration.location), None
    )
    if traits is None or traits.placeholder or traits.published or _is_local_store(traits, serves):
        return False
    kind = _kind(traits)
    if serves and all(environment.name in _TESTS for environment in serves) and (kind is None or kind.context is not None):
        return False
    if traits.identity is not None:
        return traits.identity.exposure is Exposure.SECRET
    return traits.secret_like or (is_secret_name(declaration.name) and traits.length >= 8 and traits.shape in ("word", "text"))


def _is_local_store(traits: Traits, serves: Sequence[Environment]) -> bool:
    """A database on the developer's own machine or in its container network: its password opens nothing for anyone else."""
    kind = _kind(traits)
    if traits.url is None or (kind is not None and not kind.data_store):
        return False
    within = bool(serves) and all(environment.kind is Kind.LOCAL for environment in serves)
    return traits.url.local or (within and hosts.is_internal(traits.url.host))


def _kind(traits: Traits) -> catalog.KeyKind | None:
    return catalog.load().kind(traits.identity.provider, traits.identity.kind) if traits.identity else None
