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

from driftline.model import App, Facts, Finding, Need, Passthrough, Reference, Related, Rule, Severity, Side, State, Variable
from driftline.rules.phrases import place

RULE = Rule("unlisted-build-variable", Severity.WARNING, "the build step does not pass on a variable that the build reads")


def check(facts: Facts) -> Iterator[Finding]:
    for app in facts.apps:
        for tool, passed in _steps(app).items():
            for variable in app.variables.values():
                read = _build_read(variable)
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


def _steps(app: App) -> dict[str, list[Passthrough]]:
    steps: dict[str, list[Passthrough]] = {}
    for _, reading in app.readings:
        for step in reading.passthroughs:
            steps.setdefault(step.tool, []).append(step)
    # One step that lets everything through is enough.
    return {tool: passed for tool, passed in steps.items() if all(step.strict for step in passed)}


def _build_read(variable: Variable) -> Reference | None:
    if variable.need not in (Need.REQUIRED, Need.PLAIN):
        return None
    return next((r for r in variable.reads if r.need is not Need.OPTIONAL and (r.inlined or r.side is Side.BUILD)), None)


def _declared_in_tree(app: App, variable: Variable) -> bool:
    """A committed env file reaches the build without any list."""
    return any(cell.state is not State.MISSING and _is_committed(app, cell.source) for cell in variable.cells.values())


def _is_committed(app: App, path: str | None) -> bool:
    return any(source.path == path and source.format == "dotenv" and source.tracked for source, _ in app.readings)


def _passes(step: Passthrough, name: str) -> bool:
    if any(pattern.startswith("!") and fnmatchcase(name, pattern[1:]) for pattern in step.names):
        return False
    return any(fnmatchcase(name, pattern) for pattern in step.names if not pattern.startswith("!"))
