"""Which callbacks only a provider's dashboard knows, and which export would show them: one `unknown` an app, never a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from driftline.knowledge import callbacks, catalog
from driftline.knowledge.callbacks import Role
from driftline.model import App, Reading, Source, Unknown

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
    if uses_supabase and Role.OAUTH in roles:
        remote = any(context is not None for source, reading in readings if source.format == "supabase" for context, _ in reading.origins)
        if not remote:
            said.append("Supabase's Site URL")
            exports.append("[remotes.NAME.auth] in supabase/config.toml")
    if said:
        export = f"; {' and '.join(f'`{one}`' for one in exports)} would show it" if exports else ""
        yield Unknown("callbacks kept in dashboards", None, f"{_listed(said)} cannot be seen in files{export}", app.path)


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
