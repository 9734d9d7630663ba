"""The code needs a variable, or another environment declares it, and this environment does not.

Why it matters: the app builds and starts, and fails at the first request that needs the value; "works locally but not online".
Fix: declare the variable in the source named as lacking it, with this environment's own value.
What not to do: do not copy the local or the other environment's value over; a production value belongs to production alone.
Example: `lib/db.ts` reads `process.env.DATABASE_URL!`, `.env.local` declares it, `.env.production` does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from driftline.model import (
    App,
    Authority,
    Cell,
    Environment,
    Facts,
    Finding,
    Kind,
    Need,
    Related,
    Rule,
    Scope,
    Severity,
    Side,
    State,
    Variable,
)
from driftline.rules.addresses import is_wrong_fallback
from driftline.rules.phrases import declared_in, editable, first_read, home, keeps_no_secret, lacking, listed, place, promise
from driftline.rules.spelling import misspelled, misspelling
from driftline.rules.times import only_time

RULE = Rule("missing-variable", Severity.BLOCKER, "a variable is missing in an environment", elsewhere=Severity.WARNING)


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        slips = misspelled(app, facts)
        for environment in app.environments:
            # `.env.test` and its kin lie over the local files: what they leave out is taken from there.
            if environment.kind is Kind.LOCAL and environment.name != "local":
                continue
            secrets_elsewhere = keeps_no_secret(app, environment)
            for variable in app.variables.values():
                cell = variable.cells[environment.name]
                if variable.injected or variable.ignored:
                    continue
                if cell.state is State.MISSING and not cell.doubt:
                    if not variable.reads and _is_told_elsewhere(facts, app, environment, variable):
                        continue
                    yield from _missing(facts, app, environment, variable, slips, secrets_elsewhere=secrets_elsewhere)
                elif only_time(environment, cell) is Scope.BUILD:
                    yield from _gone(app, environment, variable, cell)


def _missing(
    facts: Facts, app: App, environment: Environment, variable: Variable, slips: Sequence[tuple[str, str]], *, secrets_elsewhere: bool
) -> Iterator[Finding]:
    # What tests alone declare no other environment needs.
    elsewhere = [
        (other, cell)
        for other, cell in declared_in(variable, app, but=environment.name)
        if other.kind is not Kind.LOCAL or other.name == "local"
    ]
    severity = _severity(facts, app, environment, variable, elsewhere)
    if severity is None:
        return
    name = variable.name
    # A file in git is no place for a secret: most likely the host has it.
    hidden = secrets_elsewhere and promise(name) is not None
    if hidden and severity is Severity.BLOCKER:
        severity = Severity.WARNING
    needing = [r for r in variable.reads if r.need is Need.REQUIRED] or [r for r in variable.reads if r.need is Need.PLAIN]
    read = first_read(needing)
    other = elsewhere[0] if elsewhere else None
    related = list(lacking(environment, variable.cells[environment.name]))
    if other is not None and other[1].declaration is not None:
        related.append(Related(other[1].declaration.location, f"declared for {other[0].name} here"))
    facts_said = []
    if read is not None:
        facts_said.append(f"read at {place(read.location)}")
    elif variable.reads:
        shown = next((r for r in variable.reads if r.fallback is not None), variable.reads[0])
        how = "read with a fallback" if shown.fallback is not None else "read where it may be absent,"
        facts_said.append(f"{how} at {place(shown.location)}")
    elif variable.implicit:
        facts_said.append(f"read by {variable.implicit}")
    if other is not None:
        facts_said.append(f"declared for {listed([e.name for e, _ in elsewhere])}")
    sources = listed([source.path for source in environment.sources])
    if read is not None:
        location = read.location
    elif other is not None and other[1].declaration is not None:
        location = other[1].declaration.location
    else:
        location = variable.documented[0][1].location if variable.documented else variable.reads[0].location
    fix = f"declare {name} for {environment.name} in {home(environment, name)}, with {environment.name}'s own value"
    if hidden:
        fix += f"; if it is there, `driftline snapshot {environment.name}=FILE` tells so"
    avoid = f"do not copy the value of {other[0].name}" if other else "do not invent a value to silence this"
    if (slip := misspelling(app, slips, environment, name)) is not None:
        related.append(Related(slip.location, f"{slip.name} is declared here, and nothing reads it"))
        fix = f"rename {slip.name} to {name} in {editable(environment, slip.location.path)}"
        avoid = f"do not declare {name} beside it; its value is there already"
    yield RULE.finding(
        f"`{name}` is {' and '.join(facts_said)}, but {environment.name} ({sources}) does not declare it",
        fix=fix,
        avoid=avoid,
        app=app.path,
        location=location,
        severity=severity,
        environment=environment.name,
        variable=name,
        related=tuple(related),
    )


def _is_told_elsewhere(facts: Facts, app: App, environment: Environment, variable: Variable) -> bool:
    """Whether another app that is given the same files says that a variable is missing: the one that reads it, else the first of them."""
    paths = {source.path for source in environment.sources}
    before = True
    for other in facts.apps:
        if other is app:
            before = False
            continue
        same = next((e for e in other.environments if e.name == environment.name and paths & {s.path for s in e.sources}), None)
        twin = other.variables.get(variable.name) if same is not None else None
        if twin is not None and (twin.reads or before) and twin.cells[environment.name].state is State.MISSING:
            return True
    return False


def _gone(app: App, environment: Environment, variable: Variable, cell: Cell) -> Iterator[Finding]:
    """A variable that the platform gives to the build alone, and that the app reads when it runs."""
    running = (r for r in variable.reads if r.need is not Need.OPTIONAL and r.side is Side.SERVER and not r.inlined)
    read = first_read(running)
    if read is None or cell.declaration is None or variable.need is Need.OPTIONAL:
        return
    yield RULE.finding(
        f"`{variable.name}` is read when the app runs ({place(read.location)}), and {cell.source} gives it to the build of {environment.name} alone",
        fix=f"make {variable.name} available at run time, too, in {place(cell.declaration.location)}",
        avoid="do not put the value into the code or into the image",
        app=app.path,
        location=read.location,
        severity=RULE.severity_in(environment.kind),
        environment=environment.name,
        variable=variable.name,
        related=(Related(cell.declaration.location, "given to the build alone here"),),
    )


def _severity(
    facts: Facts, app: App, environment: Environment, variable: Variable, elsewhere: Sequence[tuple[Environment, Cell]]
) -> Severity | None:
    """Blocker or warning where the need is certain, note where a fallback takes over, None where nothing shows a need."""
    need = variable.need
    if need is Need.REQUIRED or (need is Need.PLAIN and elsewhere):
        return RULE.severity_in(environment.kind)
    if need is Need.PLAIN:
        # Read without a guard but declared for no real environment: likely an optional feature of the documentation.
        documented = any(not declaration.optional for _, declaration in variable.documented)
        return Severity.WARNING if documented and environment.kind is Kind.PRODUCTION else None
    if need is Need.OPTIONAL:
        if any(is_wrong_fallback(app, environment, variable, read.fallback) for read in variable.reads):
            return RULE.severity_in(environment.kind)  # what takes over is wrong there
        return Severity.NOTE if elsewhere else None
    # Nothing visible reads it: only files of one kind, of which one has it and the other has not, are worth a word.
    formats = {source.format for source in environment.sources if source.authority is Authority.WHOLE}
    for other, cell in elsewhere:
        spoken = {source.path: source.format for source in other.sources}
        shown = environment.kind is not Kind.LOCAL and other.kind is not Kind.LOCAL
        if spoken.get(cell.source or "") in formats and (shown or variable.implicit or variable.name in facts.used):
            return Severity.WARNING
    return None
