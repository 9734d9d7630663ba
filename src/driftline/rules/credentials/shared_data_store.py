"""Production's database, bucket, project or queue is also another environment's.

Why it matters: a test, a migration or a seed on a laptop or in a preview changes or deletes real data.
Fix: create a store of its own for the other environment and point it there.
What not to do: do not point production elsewhere, and do not empty the shared store: it holds the real data.
Example: preview and production name one Supabase project; two wrangler environments bind one D1 database.

A name that every network has for itself (`db`, `redis.railway.internal`) is one store only inside one compose file, on two lines of it.
"""

from collections.abc import Iterator, Mapping

from driftline.knowledge import catalog, hosts
from driftline.knowledge.catalog import KeyKind
from driftline.model import App, Facts, Finding, Identity, Kind, Location, Mode, Related, Rule, Severity, Traits
from driftline.record import NamedTuple
from driftline.rules.phrases import PROTECTION, Held, held, place, title
from driftline.rules.sharing import is_named

RULE = Rule("shared-data-store", Severity.BLOCKER, "production's data store is also another environment's")


class _Store(NamedTuple):
    """A data store of an environment. `account` names it, `told` is more that two names must agree on to mean one store.

    The last of `told` is the file where that alone knows the name (a service of a Compose file).
    `variable` is None where the file says it without one, `because` is why the file speaks for the environment.
    """

    app: str
    environment: str
    kind: Kind
    variable: str | None
    identity: Identity
    account: str
    told: tuple[object, ...]
    location: Location
    traits: Traits | None = None
    because: str = ""

    @property
    def place(self) -> str:
        return f"`{self.variable}` in {self.location.path}" if self.variable else place(self.location)

    @property
    def words(self) -> str:
        known = catalog.load().kind(self.identity.provider, self.identity.kind)
        what = f" {self.identity.kind}" if self.traits is None and (known is None or known.slot != "account") else ""
        return f"{title(self.identity.provider)}{what} {self.account}"


def check(facts: Facts) -> Iterator[Finding]:
    groups: dict[tuple[object, ...], list[_Store]] = {}
    for app in facts.apps:
        for store in _stores(app):
            if not is_named(facts.shared, store.variable, store.account, store.identity.account):
                groups.setdefault(_key(store), []).append(store)
    _join(groups)
    seen: set[tuple[Location, Location]] = set()
    for stores in groups.values():
        for one, other in _pairs(stores):
            # A base file that two environments lay something over is deployed twice, with a network each.
            twice = one.location == other.location and one.told[-1:] == (one.location.path,)
            if (one.location, other.location) not in seen and not twice:
                seen.add((one.location, other.location))
                yield _finding(one, other)


def _key(store: _Store) -> tuple[object, ...]:
    """What two names of one store have in common; an address is one by itself, whichever driver is named before it."""
    kind = catalog.load().kind(store.identity.provider, store.identity.kind)
    if kind is None:  # a binding's own word, which is unique among its kind only
        return (store.identity.provider, store.account, store.identity.kind)
    is_host = kind.slot == "url" and "." in store.account.partition("/")[0]
    return ("" if kind.generic or is_host else store.identity.provider, store.account, *store.told)


def _join(groups: dict[tuple[object, ...], list[_Store]]) -> None:
    """A host without a database's name may be that of any database there, and a binding says no server: each joins whatever it fits."""
    by_host: dict[tuple[object, str], list[tuple[object, ...]]] = {}
    for key in groups:
        by_host.setdefault((key[0], str(key[1]).partition("/")[0]), []).append(key)
    for key, stores in [(key, tuple(stores)) for key, stores in groups.items() if len(key) == 2 and "/" not in str(key[1])]:
        for other in by_host[key[0], str(key[1])]:
            if len(other) == 2 and other != key:
                groups[other] += stores
            elif len(other) > 2 and other[1] == key[1]:
                groups[other] += [store for store in stores if store.traits is None]


def _pairs(stores: list[_Store]) -> Iterator[tuple[_Store, _Store]]:
    """Production's store with one of each other kind of environment, of the same app where there is one."""
    # What an environment declares goes before what the code fixes for all; an address says where things are, a key beside it only whose it is.
    elsewhere = {store.app for store in stores if store.kind is not Kind.PRODUCTION}
    ordered = sorted(
        stores,
        key=lambda s: (
            PROTECTION[s.kind],
            s.app not in elsewhere,
            s.variable is None,
            s.environment,
            s.traits is not None and s.traits.url is None,
            s.variable or "",
            s.location,
        ),
    )
    home = ordered[0]
    kinds = {Kind.PRODUCTION}
    for other in sorted(ordered, key=lambda s: (PROTECTION[s.kind], s.app != home.app)):
        if home.kind is Kind.PRODUCTION and other.kind not in kinds:
            kinds.add(other.kind)
            yield home, other


def _finding(one: _Store, other: _Store) -> Finding:
    same_line = one.location == other.location
    if same_line:
        says = f"{one.place} leads to {one.words}, and one line serves both {one.environment} and {other.environment}"
    else:
        says = f"{one.place} leads {one.environment} to {one.words}, and {other.place} leads {other.environment} to the same"
    into = f" and put it into {other.variable} there" if other.variable else ""
    # A committed base file, or an address fixed in code, alone does not say that anyone runs two environments: it is worth a note.
    unsaid = same_line and (one.variable is None or "base of every environment" in one.because)
    return RULE.finding(
        says,
        fix=f"create a store of its own for {other.environment}{into}",
        avoid=f"do not point {one.environment} elsewhere; it holds the real data",
        app=one.app,
        location=one.location,
        severity=Severity.NOTE if unsaid else Severity.BLOCKER,
        environment=one.environment,
        variable=one.variable,
        subject=one.variable or one.account,
        identity=one.identity,
        value=one.identity.masked or None,
        digest=one.traits.keyed if one.traits else None,
        related=(Related(other.location, f"the same store for {other.environment}"),),
    )


# --- what an environment's stores are -----------------------------------------------------------------------------------------


def _stores(app: App) -> Iterator[_Store]:
    formats = {source.path: source.format for source, _ in app.readings}
    values: dict[str, dict[str, Held]] = {}
    for one in held(app):
        values.setdefault(one.environment.name, {}).setdefault(catalog.canonical(one.variable.name), one)
    for one in held(app):
        found = _of_value(app, one, values[one.environment.name], formats)
        if found is not None:
            yield found
    for environment in app.environments:
        for variable in app.variables.values():
            declaration = variable.cells[environment.name].declaration
            if declaration is not None and declaration.identity is not None and declaration.identity.account and not variable.ignored:
                identity = declaration.identity
                if identity.mode is not Mode.LOCAL:
                    account = identity.account or ""
                    yield _Store(app.path, environment.name, environment.kind, variable.name, identity, account, (), declaration.location)
    for claim in app.claims:
        environment_of = app.environment(claim.context) if claim.context else None
        kind = environment_of.kind if environment_of is not None else Kind.LOCAL if claim.context == "local" else None
        if kind is not None and claim.context and claim.identity.account and claim.call is None and _is_store(claim.identity):
            yield _Store(app.path, claim.context, kind, None, claim.identity, claim.identity.account, (), claim.location)


def _is_store(identity: Identity) -> bool:
    kind = catalog.load().kind(identity.provider, identity.kind)
    return kind is not None and kind.data_store and identity.mode is not Mode.LOCAL


def _of_value(app: App, one: Held, beside: Mapping[str, Held], formats: Mapping[str, str]) -> _Store | None:
    """The data store that a value names, None for one that is not reachable from elsewhere or that only its own network knows."""
    identity, traits = one.traits.identity, one.traits
    if identity is None or identity.account is None or not _is_store(identity) or traits.placeholder or traits.default:
        return None
    kind = catalog.load().kind(identity.provider, identity.kind)
    if kind is None or (traits.url is not None and traits.url.local):
        return None
    account, told = identity.account, tuple[object, ...]()
    if kind.within:
        more = _within(kind, beside)
        if more is None:
            return None
        names, told = more
        if kind.slot == "url" and names:
            account = "/".join((account.partition("/")[0], *names))
    path = one.declaration.location.path
    if kind.mode in ("host", "bare_host") and hosts.is_internal(account.partition("/")[0].partition(":")[0]):
        if formats.get(path) != "compose":
            return None
        told = (*told, path)
    because = one.environment.because.get(path, "")
    return _Store(
        app.path,
        one.environment.name,
        one.environment.kind,
        one.variable.name,
        identity,
        account,
        told,
        one.declaration.location,
        traits,
        because,
    )


def _within(kind: KeyKind, beside: Mapping[str, Held]) -> tuple[tuple[str, ...], tuple[object, ...]] | None:
    """(names of databases, what else the variables beside a value say), None where they lead to a machine of one's own."""
    names: list[str] = []
    told: list[object] = []
    for name in kind.within:
        other = beside.get(catalog.canonical(name))
        if other is None or other.traits.placeholder:
            continue
        identity = other.traits.identity
        if (other.traits.url is not None and other.traits.url.local) or (identity is not None and identity.mode is Mode.LOCAL):
            return None
        if identity is not None and identity.kind == "database name" and identity.account:
            names.append(identity.account)
        elif identity is not None and identity.account:
            told.append((identity.provider, identity.account))
        else:
            told.append(other.traits.digest)
    return tuple(names[:1]), tuple(told)
