"""Which callbacks only a provider's dashboard knows, and which export would show them: one `unknown` an app, never a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from driftline.knowledge import callbacks, catalog
from driftline.knowledge.callbacks import Role
from driftline.model import App, Literal, Reading, Source, Unknown

# What shows a provider's registered endpoints; for the others the dashboard has to be looked at (the providers' CLI docs, 2026-11).
_EXPORTS = {"stripe": "stripe webhook_endpoints list --live > stripe.webhook_endpoints.json"}


def unknown(app: App, stray: Iterable[tuple[Source, Reading]]) -> Iterator[Unknown]:
    """The callbacks of an app that are registered elsewhere and that no file shows, in one entry."""
    readings = [*app.readings, *stray]
    known = any(literal.role == "webhook endpoint" for _, reading in readings for _, literal in reading.origins)
    said: list[str] = []
    exports: list[str] = []
    providers = dict.fromkeys(route.provider for route in app.routes or () if route.provider is not None)
    if providers and not known:
        titles = [catalog.load().providers[provider].title for provider in providers]
        said.append(f"the webhook endpoints registered at {_listed(titles)}")
        exports += [_EXPORTS[provider] for provider in providers if provider in _EXPORTS]
    roles = {role for variable in app.variables.values() if variable.reads and (role := callbacks.role_of(variable.name)) is not None}
    roles |= {role for literal in app.literals if (role := callbacks.role_of_argument(literal.role)) is not None}
    if Role.OAUTH in roles:
        said.append("the redirect lists of the login providers")
    uses_supabase = any("SUPABASE" in name and variable.reads for name, variable in app.variables.items())
    configs = [(source, reading) for source, reading in readings if source.format == "supabase"]
    if uses_supabase and not any(context is not None for _, reading in configs for context, _ in reading.origins):
        local = next((source.path for source, reading in configs if any(_is_local_site(literal) for _, literal in reading.origins)), None)
        if local is not None:
            said.append(f"Supabase's Site URL (the site_url of {local} is for the local stack)")
        elif Role.OAUTH in roles:
            said.append("Supabase's Site URL")
        if local is not None or Role.OAUTH in roles:
            exports.append("[remotes.NAME.auth] in supabase/config.toml")
    if said:
        export = f"; {' and '.join(f'`{one}`' for one in exports)} would show it" if exports else ""
        yield Unknown("callbacks kept in dashboards", None, f"{_listed(said)} cannot be seen in files{export}", app.path)


def _is_local_site(literal: Literal) -> bool:
    url = literal.traits.url if literal.traits is not None else None
    return literal.role == "site_url" and url is not None and url.local


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
