"""Words that several rules share: how a place, a list of places or a source is named in a message."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from driftline import late
from driftline.knowledge import catalog
from driftline.model import (
    PROCESS,
    App,
    Authority,
    Cell,
    Declaration,
    Environment,
    Exposure,
    Finding,
    Identity,
    Kind,
    Location,
    Mode,
    Reference,
    Related,
    Rule,
    Side,
    State,
    Traits,
    Use,
    Variable,
)
from driftline.record import NamedTuple

DECLARED = frozenset((State.SET, State.EMPTY, State.REFERENCE, State.ENCRYPTED))

# Production first: the side of the more protected environment is the one a finding points at.
PROTECTION = {Kind.PRODUCTION: 0, Kind.PREVIEW: 1, Kind.LOCAL: 2}


def listed(words: Sequence[str], limit: int = 3) -> str:
    """`a`, `b` and 4 more: at most `limit` words in backquotes."""
    shown = [f"`{word}`" for word in words[:limit]]
    more = len(words) - len(shown)
    if more > 0:
        return ", ".join(shown) + f" and {more} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def place(location: Location) -> str:
    """`path:line` for use inside a message."""
    return location.path if location.path == PROCESS else f"{location.path}:{location.line}"


def declared_in(variable: Variable, app: App, *, but: str = "") -> list[tuple[Environment, Cell]]:
    """The environments other than `but` that declare the variable, the most protected first."""
    found = [
        (environment, variable.cells[environment.name])
        for environment in app.environments
        if environment.name != but and variable.cells[environment.name].state in DECLARED
    ]
    return sorted(found, key=lambda item: (PROTECTION[item[0].kind], item[0].name))


def first_read(reads: Iterable[Reference]) -> Reference | None:
    """The read that a reader should look at first: a plain read before a schema's statement and before what a config hands on, then by place."""
    return min(reads, key=lambda r: (r.use is Use.SCHEMA, r.side is Side.BUILD, r.location), default=None)


def home(environment: Environment, name: str) -> str:
    """Where a variable of this environment is best declared: its own file, else where the platform keeps its values; a secret never in git."""
    own = [s for s in environment.sources if s.authority is not Authority.EXAMPLE and "base of every" not in environment.because[s.path]]
    whole = next((s for s in own if s.authority is Authority.WHOLE), next(iter(own), None))
    if whole is None:
        return environment.sources[0].path if environment.sources else "the platform's own settings"
    if whole.tracked and whole.format == "dotenv" and promise(name) is not None:
        return f"the settings of the host that runs {environment.name} ({whole.path} is in git, and no place for a secret)"
    return editable(environment, whole.path)


def editable(environment: Environment, path: str) -> str:
    """Where what a source of an environment says is changed: in the file, or on the platform that the file was pulled from."""
    if path == PROCESS:
        return "the settings that this build takes its variables from"
    because = environment.because.get(path, "")
    if because.startswith("snapshot"):  # it holds no values, and is committed
        return f"the platform's own settings (then take {path} anew by `driftline snapshot`)"
    if because.startswith("pulled from "):
        return f"{because.removeprefix('pulled from ').partition(':')[0]}'s settings (then pull {path} again)"
    return path


def keeps_no_secret(app: App, environment: Environment) -> bool:
    """Whether what should hold all of an environment are env files in git without one secret: its secrets are kept where files do not show them."""
    whole = {source.path: source for source in environment.sources if source.authority is Authority.WHOLE}
    return (
        bool(whole)
        and all(s.tracked and s.format == "dotenv" for s in whole.values())
        and not any(
            one.traits.secret_like and not one.traits.placeholder
            for one in held(app)
            if one.environment.name == environment.name and one.declaration.location.path in whole
        )
    )


def lacking(environment: Environment, cell: Cell) -> tuple[Related, ...]:
    """The sources that were meant to hold the variable of this cell of an environment and do not, or the one that holds it without a value."""
    if cell.declaration is not None:
        return (Related(cell.declaration.location, "declared here without a value"),)
    return tuple(
        Related(Location(source.path, 1), f"speaks for {environment.name} ({environment.because[source.path]}) and does not declare it")
        for source in environment.sources
        if source.authority is not Authority.EXAMPLE
    )


class Held(NamedTuple):
    """A value that an environment really holds: what it says about itself, and where it stands."""

    environment: Environment
    variable: Variable
    declaration: Declaration
    traits: Traits

    @property
    def place(self) -> str:
        """`NAME` in `path`, for use inside a message."""
        return f"`{self.variable.name}` in {self.declaration.location.path}"


class InUse(Protocol):
    """A value that an environment holds, as `Held` and as a callback's address."""

    @property
    def environment(self) -> Environment: ...
    @property
    def variable(self) -> Variable: ...
    @property
    def declaration(self) -> Declaration: ...
    @property
    def traits(self) -> Traits: ...


def on_value(
    rule: Rule, app: str, one: InUse, said: str, *, fix: str, avoid: str, identity: Identity | None = None, **more: Any
) -> Finding:
    """The finding on a value where it is declared, with the first place that reads it. `identity` is given where it is the reason."""
    return rule.finding(
        said,
        fix=fix,
        avoid=avoid,
        app=app,
        location=one.declaration.location,
        environment=one.environment.name,
        variable=one.variable.name,
        identity=identity,
        value=(identity.masked or None) if identity is not None else None,
        digest=one.traits.keyed,
        **{"related": read_here(one.variable), **more},
    )


def read_here(variable: Variable) -> tuple[Related, ...]:
    """The first place that reads a variable, as the second place of a finding."""
    return tuple(Related(read.location, "read here") for read in variable.reads[:1])


def held(app: App, *kinds: Kind) -> Iterator[Held]:
    """The set values of an app's environments of these kinds (all without), the most protected first; ignored variables are left out."""
    for environment in sorted(app.environments, key=lambda e: (PROTECTION[e.kind], e.name)):
        if kinds and environment.kind not in kinds:
            continue
        for variable in app.variables.values():
            cell = variable.cells[environment.name]
            if cell.declaration is not None and cell.traits is not None and cell.state is State.SET and not variable.ignored:
                yield Held(environment, variable, cell.declaration, cell.traits)


def wanted_mode(environment: Environment, provider: str) -> Mode:
    """The mode that a provider's values should have in an environment: what driftline.toml says, else live in production and test elsewhere."""
    declared = environment.modes.get(provider)
    return declared or (Mode.LIVE if environment.kind is Kind.PRODUCTION else Mode.TEST)


title = catalog.title


def named(identity: Identity) -> str:
    """`stripe live secret key …O2eZ`: the subject of a finding about a credential; one of another mode or account is another finding."""
    mode = identity.mode.value if identity.mode in (Mode.LIVE, Mode.TEST, Mode.LOCAL) else ""
    return " ".join(filter(None, (identity.provider, mode, identity.kind, identity.ending)))


def identified(identity: Identity) -> str:
    """`a live Stripe secret key of account ...`: what a value says about itself, in words that are safe to print."""
    if identity.kind == "mode flag":
        return f"the switch of {title(identity.provider)} to {identity.mode.value}"
    said = identity.mode in (Mode.LIVE, Mode.TEST, Mode.LOCAL) and not identity.kind.startswith(f"{identity.mode.value} ")
    mode = identity.mode.value if said else ""
    if identity.provider == "unknown":
        whose = " or ".join(title(provider) for provider in identity.candidates[:3])
    else:
        whose = title(identity.provider) if identity.provider != "generic" else ""
    account = f" of {identity.ending.replace('…', 'account ending ')}" if identity.ending else ""
    words = " ".join(filter(None, (mode, whose, identity.kind)))
    return f"{'an' if words[0].lower() in 'aeiou' else 'a'} {words}{account}"


# The last words of a name that is never a setting about the thing: `NEXT_PUBLIC_FORGOT_PASSWORD_URL` ends in none of them.
_SECRET_ENDS = late.pattern(
    r"(?:^|_)(?:SECRET|SECRET_?KEY|CLIENT_SECRET|PRIVATE_?KEY|SERVICE_ROLE|SERVICE_ROLE_KEY|SERVICE_KEY|PASSWORD|PASSWD"
    r"|SIGNING_KEY|ENCRYPTION_KEY|MASTER_KEY|(?:ADMIN|INTERNAL|SERVER)(?:_API)?_(?:KEY|TOKEN))$"
)
_SECRET_NAMES = late.pattern(
    r"(?:^|_)(?:SECRETS?|TOKEN|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|CREDENTIALS?|PRIVATE|SALT|PEPPER|COOKIE|SIGNING|ENCRYPTION|(?:API|ACCESS"
    r"|AUTH|SERVICE|ROLE|MASTER|SIGNING|ENCRYPTION|SECRET|PRIVATE|ADMIN|SERVER|JWT|SESSION)_?KEY|KEY)(?:_\d+|_BASE64|_B64|_HEX)?$"
)


def ends_like_a_secret(name: str) -> bool:
    """Whether a name is a secret's for certain: `..._SECRET_KEY`, `..._PASSWORD`, `..._SERVICE_ROLE_KEY`."""
    return _SECRET_ENDS.search(catalog.canonical(name)) is not None


def promise(name: str) -> str | None:
    """Why a name promises a secret, in words; None for one that may hold what everybody sees."""
    kinds = catalog.load().by_variable(name)
    kept = [kind for kind in kinds if kind.slot in ("key", "webhook_secret")]
    if kept and all(kind.exposure is Exposure.SECRET for kind in kinds):
        return f"its name promises a secret of {title(kept[0].provider)} ({kept[0].id})"
    return "its name is a secret's" if ends_like_a_secret(name) and not _SHOWN_PASSWORD.search(name) else None


# What a page shows to whoever wants to look around: `NEXT_PUBLIC_DEMO_ADMIN_PASSWORD`.
_SHOWN_PASSWORD = late.pattern(r"(?:^|_)(?:DEMO|GUEST|SAMPLE|EXAMPLE)_(?:.+_)?(?:PASSWORD|PASSWD)$", re.IGNORECASE)


def rename_first(one: Held) -> str:
    """The step that goes before putting a value into a variable: a secret behind a public prefix needs another name; "" for all others."""
    identity = one.traits.identity
    if not one.variable.public or identity is None or identity.exposure is not Exposure.SECRET:
        return ""
    return f"rename {one.variable.name} without its public prefix and read it on the server only; under the new name "


def is_secret_name(name: str) -> bool:
    """Whether a name is meant for something private: a key, a token, a password, a salt."""
    return _SECRET_NAMES.search(catalog.canonical(name)) is not None


_WEBHOOK_NAME = late.pattern(r"WEBHOOK.{0,80}(?:SECRET|KEY|TOKEN)$|(?:SECRET|KEY|TOKEN)_WEBHOOKS?$|WHSEC")


def is_webhook_secret(one: Held) -> bool:
    """Whether a value signs webhooks: by its own shape, by its variable's conventional use, or by the variable's words."""
    identity = one.traits.identity
    if identity is not None and identity.slot is not None:
        return identity.slot == "webhook_secret"
    slots = {kind.slot for kind in catalog.load().by_variable(one.variable.name)}
    return "webhook_secret" in slots or _WEBHOOK_NAME.search(catalog.canonical(one.variable.name)) is not None
