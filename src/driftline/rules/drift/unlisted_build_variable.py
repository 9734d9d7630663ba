"""The build step does not pass on a variable that the build reads.

Why it matters: a build tool that filters its environment (turbo.json in strict mode, a Dockerfile, a workflow step) gives the
build an empty value, and the bundle carries `undefined` without an error.
Fix: add the name to the list that the finding names.
What not to do: do not switch the tool to pass everything; that breaks its cache and lets secrets through.
Example: `next.config.js` reads `process.env.API_ORIGIN`, and `turbo.json` does not list it for `build`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from driftline import late
from driftline.model import App, Facts, Finding, Need, Passthrough, Reference, Related, Rule, Scope, Severity, Side, State, Variable
from driftline.rules.phrases import place
from driftline.rules.times import only_time

RULE = Rule("unlisted-build-variable", Severity.WARNING, "the build step does not pass on a variable that the build reads")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        yield from _given_too_late(app)
        for tool, passed in _steps(app).items():
            for variable in app.variables.values():
                read = _build_read(app, variable)
                if read is None or variable.injected or variable.ignored or _declared_in_tree(app, variable):
                    continue
                # turbo.json infers the public prefixes of the framework by itself (Turborepo docs, framework inference, 2026-11).
                if tool == "turbo" and variable.public:
                    continue
                if any(_passes(step, variable.name) for step in passed):
                    continue
                first = passed[0]
                yield RULE.finding(
                    f"the build reads `{variable.name}` ({place(read.location)}), and {first.location.path} does not pass it on",
                    fix=f"add {variable.name} to what {place(first.location)} passes to the build",
                    avoid="do not let the tool pass everything",
                    app=app.path,
                    location=read.location,
                    variable=variable.name,
                    related=(Related(first.location, "the list that lacks it"),),
                )


def _given_too_late(app: App) -> Iterator[Finding]:
    """What a platform's file gives to the running app alone, and the build puts into the bundle."""
    for variable in app.variables.values():
        read = _build_read(app, variable)
        if read is None or variable.injected or variable.ignored or _declared_in_tree(app, variable):
            continue
        for environment in app.environments:
            cell = variable.cells[environment.name]
            if cell.declaration is not None and only_time(environment, cell) is Scope.RUN and not _argument(app, variable.name):
                yield RULE.finding(
                    f"the build reads `{variable.name}` ({place(read.location)}), and {cell.source} gives it to the running app alone",
                    fix=f"make {variable.name} available to the build, too, in {cell.source}",
                    avoid="do not put the value into the code",
                    app=app.path,
                    location=read.location,
                    environment=environment.name,
                    variable=variable.name,
                    related=(Related(cell.declaration.location, "given to the running app alone here"),),
                )


def _argument(app: App, name: str) -> bool:
    """Whether an image of the app takes the variable as an argument of its build, whose value may come from anywhere."""
    return any(_passes(step, name) for _, reading in app.readings for step in reading.passthroughs if step.tool.startswith("docker"))


def _steps(app: App) -> dict[str, list[Passthrough]]:
    steps: dict[str, list[Passthrough]] = {}
    for _, reading in app.readings:
        for step in reading.passthroughs:
            steps.setdefault(step.tool, []).append(step)
    # One step that lets everything through is enough.
    return {tool: passed for tool, passed in steps.items() if all(step.strict for step in passed)}


# The configuration that a framework's own build runs; a migration tool's or a job runner's is read by their commands.
_BUILD_CONFIG = late.pattern(
    r"(?:next|vite|nuxt|astro|svelte|remix|react-router|webpack|rspack|rsbuild|rollup|gatsby|vue|angular|app|craco|metro)\.config\.[cm]?[jt]s"
    r"|gatsby-config\.[jt]s|next\.config\.\w+"
)


def _build_read(app: App, variable: Variable) -> Reference | None:
    """A read whose value the build itself takes: what its framework inlines, or what its own configuration asks for."""
    if variable.need not in (Need.REQUIRED, Need.PLAIN):
        return None
    own = "" if app.path == "." else app.path + "/"
    for read in variable.reads:
        if read.need is Need.OPTIONAL:
            continue
        folder, _, base = read.location.path.rpartition("/")
        # Without a known framework only the syntax shows a bundler; a library's `NEXT_PUBLIC_` name is text to a plain server.
        if read.inlined and (variable.name.startswith(app.public_prefixes) if app.framework else read.how == "import.meta.env"):
            return read
        if read.side is Side.BUILD and (folder + "/" if folder else "") == own and _BUILD_CONFIG.fullmatch(base):
            return read
    return None


def _declared_in_tree(app: App, variable: Variable) -> bool:
    """A committed env file reaches the build without any list, and so does what a script sets for its own command."""
    if any(d.name == variable.name for source, reading in app.readings if source.format == "package_json" for d in reading.declarations):
        return True
    return any(cell.state is not State.MISSING and _is_committed(app, cell.source) for cell in variable.cells.values())


def _is_committed(app: App, path: str | None) -> bool:
    return any(source.path == path and source.format == "dotenv" and source.tracked for source, _ in app.readings)


def _passes(step: Passthrough, name: str) -> bool:
    if any(pattern.startswith("!") and fnmatchcase(name, pattern[1:]) for pattern in step.names):
        return False
    return any(fnmatchcase(name, pattern) for pattern in step.names if not pattern.startswith("!"))
