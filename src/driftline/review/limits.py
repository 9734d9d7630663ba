"""What files cannot show about a red flag, and what would settle it: a flag without findings is clear only where nothing of this holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from driftline.evidence import Evidence
from driftline.knowledge import backends, callbacks, catalog
from driftline.model import Exposure, Kind, Report, State, Variable
from driftline.record import NamedTuple


class Limit(NamedTuple):
    """Why files cannot tell, and what would."""

    reason: str
    settles: str


def of(flag: str, report: Report, evidence: Evidence) -> Limit | None:
    """The first thing that files do not show about a flag (its id in decisions.toml), None where nothing is left open."""
    return next(chain(LIMITS[flag](report, evidence), _unread(report)), None)


def _unread(report: Report) -> Iterator[Limit]:
    for first in report.unread[:1]:
        rest = f" and {len(report.unread) - 1} more" if len(report.unread) > 1 else ""
        yield Limit(
            "nothing was found to judge" if first.path == "." else f"{first.path}{rest} could not be read, and may hold what this asks for",
            "the folder of the project" if first.path == "." else "files that can be read",
        )


def _servers(evidence: Evidence, what: str, settles: str) -> Iterator[Limit]:
    """The languages that answer requests and that nobody of ours reads."""
    if evidence.servers:
        named = " and ".join(f"{one.name} ({one.place.path}:{one.place.line})" for one in evidence.servers[:3])
        yield Limit(f"requests are answered in {named}, {what}", settles)


def _client_identity(_report: Report, evidence: Evidence) -> Iterator[Limit]:
    """An answer to requests in a language whose handlers no reader follows."""
    yield from _servers(
        evidence, "which the readers of handlers do not cover", "a look at each of its handlers for ids that it takes from the request"
    )


def _browser_keys(_report: Report, evidence: Evidence) -> Iterator[Limit]:
    """Built output that nobody handed over."""
    if not evidence.outputs:
        yield Limit("no built output was looked at", "driftline review --bundle DIR")


def _row_security(_report: Report, evidence: Evidence) -> Iterator[Limit]:
    """Tables that code uses and no migration creates, statements that are built at run time, tables of another tool in a database that the data
    API may serve, and backends whose rules are not in the repository or are kept in a console."""
    known = {table.name.name for store in evidence.stores for table in store.database.tables}
    known |= {view.name.name for store in evidence.stores for view in store.database.views}
    missing = [name for name, _ in evidence.tables_used if name not in known]
    if missing:
        listed = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        yield Limit(f"code uses {listed}, which no migration creates: their row security is set elsewhere", "supabase db dump")
    opaque = sum(len(store.database.opaque) for store in evidence.stores)
    if opaque:
        yield Limit(f"{opaque} statement{'s' if opaque > 1 else ''} of the migrations are built at run time", "supabase db dump")
    for store in evidence.stores:
        # What Supabase granted by itself holds for the tables of every tool.
        bare = [table for table in store.database.tables if not table.row_security and table.name.schema in store.schemas]
        if store.api is not None and bare and store.tool in ("prisma", "drizzle", "migrations"):
            reason = f"browser code uses the data API ({store.api.path}:{store.api.line}), and whether that serves `{bare[0].name}` of {store.folder}"
            yield Limit(f"{reason}, which is without row security, no file says", "supabase db dump")
    used = {stack.name for stack in evidence.stacks if stack.imports} | {client.name for client in evidence.clients}
    for backend in backends.known():
        if backend.name not in used:
            continue
        if backend.guarded_by == "migrations" and not evidence.stores:
            yield Limit(f"{backend.name} is used, and no migration of its tables is in the repository", backend.settles)
        elif backend.guarded_by == "console":
            yield Limit(f"{backend.name} is used, and who may read and change what is set in its console", backend.settles)
        elif backend.guarded_by and backend.guarded_by != "migrations" and backend.guarded_by not in evidence.rules_of:
            yield Limit(f"{backend.name} is used, and its rules are not in the repository", backend.settles)


def _callbacks(report: Report, evidence: Evidence) -> Iterator[Limit]:
    """The list of endpoints that each provider keeps, routes in a language that no reader follows, a payment provider whose key is read and
    whose callback was not seen, and addresses that production keeps elsewhere."""
    if evidence.hooks:
        yield Limit("which addresses a provider calls stands in its dashboard", _DASHBOARD)
    yield from _servers(evidence, "where routes of webhooks are not looked for", _DASHBOARD)
    paying = next((v for app in report.apps for v in app.variables.values() if v.reads and _is_of_a_payment(v)), None)
    if paying and not evidence.hooks:
        yield Limit(f"code reads {paying.name}, and no route was seen that its provider calls", _DASHBOARD)
    yield from _elsewhere(report, _is_address)


_DASHBOARD = "the list of webhook endpoints in each provider's dashboard"


def _is_of_a_payment(variable: Variable) -> bool:
    known = catalog.load()
    return any(known.providers[kind.provider].job == "payment" for kind in known.by_variable(variable.name))


def _is_address(variable: Variable) -> bool:
    return callbacks.role_of(variable.name) is not None


def _separation(report: Report, _evidence: Evidence) -> Iterator[Limit]:
    """What production holds where no file says it, and stores and keys whose value in production or anywhere else stands in no file."""
    production = [e for app in report.apps for e in app.environments if e.kind is Kind.PRODUCTION]
    if any(e.authority is None for e in production) or not production:
        yield Limit("no file says what production holds", next((e.settled_by for e in production if e.settled_by), None) or _EXPORT)
    yield from _elsewhere(report, _is_store_or_key)
    kinds = {e.kind for app in report.apps for e in app.environments if e.authority is not None}
    names = [v.name for app in report.apps for v in app.variables.values() if v.reads and _is_store_or_key(v)]
    if names and kinds <= {Kind.PRODUCTION}:
        yield Limit(f"no file says what {names[0]} is anywhere but in production", _EXPORT)


def _is_store_or_key(variable: Variable) -> bool:
    """Whether a variable names a store or holds a secret, by its name."""
    kinds = catalog.load().by_variable(variable.name)
    return any(kind.exposure is Exposure.SECRET or kind.slot in ("url", "id") for kind in kinds)


_EXPORT = "driftline check --env-file production=FILE, with an export of what production holds"


def _elsewhere(report: Report, concerns: Callable[[Variable], bool]) -> Iterator[Limit]:
    """The variables that code reads and whose value in production no file holds."""
    names: dict[str, None] = {}
    settles = ""
    for app in report.apps:
        for environment in app.environments:
            if environment.kind is not Kind.PRODUCTION:
                continue
            lacking = [
                v.name for v in app.variables.values() if v.reads and not v.injected and _is_hidden(v, environment.name) and concerns(v)
            ]
            names.update(dict.fromkeys(lacking))
            settles = settles or (environment.settled_by or "" if lacking else "")
    if names:
        listed = ", ".join(list(names)[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        yield Limit(f"what production has for {listed} stands in no file", settles or _EXPORT)


def _is_hidden(variable: Variable, environment: str) -> bool:
    cell = variable.cells.get(environment)
    return cell is None or cell.state is not State.SET


def _backends(_report: Report, evidence: Evidence) -> Iterator[Limit]:
    """Servers in a language of which nobody counted what they use."""
    yield from _servers(evidence, "of which nobody counted what it uses", "a list of what it connects to")


def _releases(_report: Report, evidence: Evidence) -> Iterator[Limit]:
    """How a release is made, where no workflow and no file of a host says it."""
    if evidence.deployed_by is None:
        yield Limit(
            "no file says how a release is made", "a workflow or a host's file (vercel.json, render.yaml, fly.toml, ...) that deploys it"
        )


def _owners(_report: Report, evidence: Evidence) -> Iterator[Limit]:
    """A repository with nothing that decides over data, permissions or releases, and without code owners."""
    if not evidence.surfaces and evidence.owners_file is None:
        yield Limit("neither migrations, rules, workflows nor env templates are in the repository, and no CODEOWNERS", "a CODEOWNERS file")


# By the id of the flag; the docstrings are the documentation.
LIMITS: Mapping[str, Callable[[Report, Evidence], Iterator[Limit]]] = {
    "client-identity": _client_identity,
    "browser-keys": _browser_keys,
    "row-security": _row_security,
    "callbacks": _callbacks,
    "separation": _separation,
    "backends": _backends,
    "releases": _releases,
    "owners": _owners,
}
