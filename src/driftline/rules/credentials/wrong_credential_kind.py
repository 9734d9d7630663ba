"""The slot and the value disagree: a secret key in a publishable slot, an API key in a webhook-secret slot.

Why it matters: the provider refuses it, or a secret is handed to every browser.
Fix: put the kind of value there that the variable's name promises.
What not to do: do not rename the variable to fit the value; other code reads it by this name.
Example: `STRIPE_WEBHOOK_SECRET` holds a secret API key.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.knowledge import catalog
from driftline.model import Facts, Finding, Identity, Location, Rule, Severity, Variable
from driftline.rules.phrases import held, identified, on_value

RULE = Rule("wrong-credential-kind", Severity.BLOCKER, "a variable holds another kind of credential than its name promises")

_WORDS = {
    "key": "a secret key",
    "publishable": "a publishable key",
    "webhook_secret": "a webhook signing secret",
    "url": "an address",
    "account": "an account's name",
    "id": "an id",
    "price": "a price id",
}
# What is told apart for certain: a name or an address in the place of another one may be a matter of taste.
_CERTAIN = frozenset(("key", "publishable", "webhook_secret"))


def check(facts: Facts) -> Iterator[Finding]:
    known = catalog.load()
    for app in facts.apps:
        seen: set[Location] = set()
        for one in held(app):
            identity = one.traits.identity
            if identity is None or identity.slot is None or one.declaration.location in seen or one.traits.placeholder:
                continue
            usual = known.by_variable(one.variable.name)
            meant = {kind.slot for kind in usual}
            if not meant or identity.slot in meant or not _certain(identity, meant, {kind.provider for kind in usual}):
                continue
            if identity.slot == "publishable" and _may_be_shown(one.variable, identity):
                continue
            seen.add(one.declaration.location)
            promised = " or ".join(sorted(_WORDS[slot] for slot in meant))
            yield on_value(
                RULE,
                app.path,
                one,
                f"{one.place} is {identified(identity)}, and the name promises {promised}",
                fix=f"put {promised} into {one.variable.name} for {one.environment.name}"
                + ("; the secret key was shown to browsers: rotate it" if identity.slot == "key" and one.variable.public else ""),
                avoid="do not rename the variable to fit the value",
                identity=identity,
            )


def _may_be_shown(variable: Variable, identity: Identity) -> bool:
    """Whether a publishable key is at home in this variable after all: browsers get it, or the name is the provider's and KEY.

    Laravel Cashier calls the publishable one `STRIPE_KEY`, others the secret one.
    """
    known = catalog.load().providers.get(identity.provider)
    return variable.public or (known is not None and catalog.canonical(variable.name).removesuffix("_KEY") in known.words)


def _certain(identity: Identity, meant: set[str], providers: set[str]) -> bool:
    """A webhook slot takes whatever a home-grown sender signs with; a vendor's API key in it is certainly wrong.

    So is a provider's own id of another thing in the place of its price (a product's).
    """
    if identity.slot not in _CERTAIN:
        return meant == {"price"} and identity.slot == "id" and identity.provider in providers
    return identity.provider != "unknown" or not meant & {"webhook_secret"}
