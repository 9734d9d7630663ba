"""A sandbox, an emulator or a trap for mails is configured for production (payment, mail, storage).

Why it matters: everything answers as if it worked; no money moves, no mail arrives, uploads are gone with the container.
Fix: put the provider's live endpoint, a sender of your own verified domain, or the real bucket into production.
What not to do: do not remove the sandbox from local and preview; there it is right.
Example: `.env.production` says `MAIL_HOST=sandbox.smtp.mailtrap.io`, or the code sends mails `from: "onboarding@resend.dev"`.

A storage server that the project runs beside the app (`http://minio:9000` in a compose file) is no emulator.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline.knowledge import callbacks, hosts
from driftline.knowledge.hosts import Class
from driftline.knowledge.platform import environment_kind
from driftline.model import App, Environment, Facts, Finding, Identity, Kind, Literal, Mode, Related, Rule, Severity, State
from driftline.rules.addresses import is_in_container, shown, stated
from driftline.rules.phrases import Held, held, identified, on_value, title
from driftline.rules.traps import is_trap, switched

RULE = Rule("sandbox-endpoint-in-production", Severity.BLOCKER, "a sandbox, an emulator or a mail trap is configured for production")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for one in held(app, Kind.PRODUCTION):
            said = _said(app, one)
            if said is not None and not _is_demo(one.environment, one.traits.identity):
                yield _configured(app, one, said)
        yield from _fallen_back(app)
        demos = {provider for environment in app.environments for provider, mode in environment.modes.items() if mode is Mode.TEST}
        for literal in app.literals:
            identity = literal.traits.identity if literal.traits is not None else None
            if switched(literal) not in demos and (identity is None or identity.provider not in demos):
                yield from _in_code(app.path, literal)
    for literal in facts.literals:
        yield from _in_code(".", literal)
    yield from _mail_servers(facts)


def _mail_servers(facts: Facts) -> Iterator[Finding]:
    """Servers that swallow the mails of Rails' production or of Supabase's login; the base of Supabase's file counts where it is pushed."""
    pushed = any(reading.pushes for app in facts.apps for _, reading in app.readings) or any(reading.pushes for _, reading in facts.stray)
    for app, context, literal in stated(facts, "mail server"):
        identity = literal.traits.identity if literal.traits is not None else None
        kind = environment_kind(context) if context is not None else Kind.PRODUCTION if pushed else None
        if identity is not None and is_trap(identity) and kind is Kind.PRODUCTION:
            yield RULE.finding(
                f"{context or 'every project it is pushed to'} hands its mails to {identified(identity)}",
                fix="put the real mail server there for production",
                avoid="do not remove the sandbox from local and preview; there it is right",
                app=app,
                location=literal.location,
                environment=context or "production",
                identity=identity,
                subject=f"{literal.location.path}:{literal.role}",
            )


def _fallen_back(app: App) -> Iterator[Finding]:
    """Reads that fall back to a sandbox where production lacks the variable for certain."""
    for environment in app.environments:
        if environment.kind is not Kind.PRODUCTION:
            continue
        for variable in app.variables.values():
            cell = variable.cells[environment.name]
            if variable.ignored or cell.state is not State.MISSING or cell.doubt:
                continue
            for read in variable.reads:
                identity = read.fallback.traits.identity if read.fallback is not None and read.fallback.traits is not None else None
                if read.fallback is None or identity is None or identity.kind != "host" or not is_trap(identity):
                    continue
                yield RULE.finding(
                    f"{environment.name} does not declare `{variable.name}`, and the code then uses {identified(identity)}",
                    fix=f"put the live endpoint of {title(identity.provider)} into {variable.name} for {environment.name}",
                    avoid="do not remove the sandbox from local and preview; there it is right",
                    app=app.path,
                    location=read.fallback.location,
                    environment=environment.name,
                    variable=variable.name,
                    identity=identity,
                    related=(Related(read.location, "read here"),) if read.location.line != read.fallback.location.line else (),
                )


def _said(app: App, one: Held) -> str | None:
    """What a value is, in words, where it is a trap."""
    identity, url = one.traits.identity, one.traits.url
    if one.traits.placeholder:
        return None
    place = hosts.classify(url) if url is not None else None
    in_browser = one.variable.public and url is not None and url.scheme and not callbacks.is_spared(one.variable.name)
    if in_browser and place is not None and place.kind is Class.LOCAL:
        return None  # local-callback speaks of what browsers open
    if identity is not None and is_trap(identity):
        # The name of a service beside the app is a server of the project's own, unless it is an emulator's.
        served = identity.kind == "local endpoint" and place is not None and place.kind is Class.INTERNAL and is_in_container(app)
        return None if served else identified(identity)
    if url is not None and place is not None and place.kind is Class.LOCAL and callbacks.is_endpoint(one.variable.name):
        return f"{shown(url)}, an endpoint on {place.words}"
    return None


def _configured(app: App, one: Held, said: str) -> Finding:
    name, environment, identity = one.variable.name, one.environment, one.traits.identity
    live = (
        f"the live endpoint of {title(identity.provider)}" if identity is not None and identity.mode is Mode.TEST else "the real endpoint"
    )
    # A store's address for trials (`pub-....r2.dev`) works, with limits.
    slow = identity is not None and identity.job == "storage" and identity.mode is Mode.TEST
    return on_value(
        RULE,
        app.path,
        one,
        f"{one.place} is {said}, and {environment.name} uses it",
        fix=f"put {live} into {name} for {environment.name}",
        avoid="do not remove the sandbox from local and preview; there it is right",
        severity=Severity.WARNING if slow else None,
        identity=identity,
    )


def _is_demo(environment: Environment, identity: Identity | None) -> bool:
    """Whether driftline.toml says that this provider is meant to be a sandbox there."""
    return identity is not None and identity.mode is Mode.TEST and environment.modes.get(identity.provider) is Mode.TEST


def _in_code(app: str, literal: Literal) -> Iterator[Finding]:
    identity = literal.traits.identity if literal.traits is not None else None
    provider = switched(literal)
    if provider is None and literal.role != "endpoint":
        return
    if provider is not None:
        what = "an emulator of Firebase" if provider == "firebase" else f"the sandbox of {title(provider)}"
    else:
        what = identified(identity) if identity is not None else "a sandbox"
    call = f" (`{literal.call}`)" if literal.call else ""
    yield RULE.finding(
        f"{what} is written into the code{call} for every environment, production included",
        fix="take it from a variable: the live one in production, the sandbox elsewhere",
        avoid="do not choose by NODE_ENV; it is production on previews too",
        app=app,
        location=literal.location,
        identity=identity,
        subject=f"{literal.location.path}:{literal.role}",
    )
