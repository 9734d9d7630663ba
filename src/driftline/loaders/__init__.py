"""How each loader reads env files: which files, in which order, in which dialect, and how it puts values into values."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any

from driftline import late
from driftline.loaders.assignment import Assignment, Parsed, Place, Problem
from driftline.loaders.expand import Budget, Lost
from driftline.model import Misuse, Secret
from driftline.record import NamedTuple

__all__ = [
    "LOADERS",
    "Assignment",
    "Disagreement",
    "Loaded",
    "Loader",
    "Parsed",
    "Pass",
    "Place",
    "Problem",
    "Reading",
    "disagreements",
    "files",
    "load",
    "named",
    "oddities",
    "parse",
    "read",
]


class Pass(Enum):
    """When values are put into values. JOINT: all files are merged first. DOWNWARD: file by file, the strongest first; what it gave
    is kept, and the weaker ones see it. LINEWISE: assignment by assignment, weakest file first; a value sees what stands above it.
    """

    JOINT = "joint"
    DOWNWARD = "downward"
    LINEWISE = "linewise"


class Loader(NamedTuple):
    """A program that reads env files. `dialect` and `expansion` name functions of this room (`module:function`).

    `order` are its files, highest precedence first, with `{mode}`; `modes` are the only modes it knows (others become
    `other`, None: any mode is a file of its own). An `expansion` takes a file's values and the environment's; a linewise one an
    assignment, the values above it, the environment's and a budget.
    """

    name: str
    title: str
    dialect: str
    expansion: str
    order: tuple[str, ...]
    modes: tuple[str, ...] | None = None
    other: str = "production"
    expands: Pass = Pass.JOINT


_LOCAL_FIRST = (".env.{mode}.local", ".env.local", ".env.{mode}", ".env")
_MODE_FIRST = (".env.{mode}.local", ".env.{mode}", ".env.local", ".env")
_NODE_ENV = ("development", "production", "test")

# Next.js docs, environment variables; Vite docs, env and mode; Expo docs, environment variables; Bun docs, environment variables;
# react-scripts config/env.js; c12 (Nuxt) loadDotenv; wrangler docs, .dev.vars; firebase-tools functions/env.js; 2026-11.
LOADERS: Mapping[str, Loader] = {
    loader.name: loader
    for loader in (
        Loader("dotenv", "npm dotenv", "npm:parse", "expand:keep", (".env",)),
        Loader("dotenv12", "npm dotenv 8 to 13", "lines:parse_12", "expand:keep", (".env",)),
        Loader("dotenv14", "npm dotenv 14", "lines:parse_14", "expand:keep", (".env",)),
        Loader("dotenv-expand11", "npm dotenv with dotenv-expand 11", "npm:parse", "expand:expand11", (".env",)),
        Loader("dotenv-expand", "npm dotenv with dotenv-expand", "npm:parse", "expand:expand12", (".env",)),
        Loader(
            "dotenv-flow",
            "dotenv-flow",
            "npm:parse",
            "expand:keep",
            (".env.{mode}.local", ".env.{mode}", ".env.local", ".env", ".env.defaults"),
        ),
        Loader("dotenvx", "dotenvx", "npm:parse_dotenvx", "expand:interpolate_dotenvx", (".env",), expands=Pass.LINEWISE),
        Loader("next", "Next.js", "npm:parse", "expand:expand_next", _LOCAL_FIRST, _NODE_ENV, expands=Pass.DOWNWARD),
        Loader("vite5", "Vite 5", "npm:parse", "expand:expand_vite5", _MODE_FIRST),
        Loader("vite7", "Vite 6 and 7", "npm:parse", "expand:expand_vite", _MODE_FIRST),
        Loader("vite8", "Vite 8", "node:parse", "expand:expand_vite", _MODE_FIRST),
        Loader("vite", "Vite", "node:parse", "expand:expand_vite", _MODE_FIRST),
        Loader("sveltekit", "SvelteKit", "node:parse", "expand:expand_vite", _MODE_FIRST),
        Loader("astro", "Astro", "node:parse", "expand:expand_vite", _MODE_FIRST),
        Loader("remix", "React Router", "node:parse", "expand:expand_vite", _MODE_FIRST),
        Loader("react-router", "React Router", "node:parse", "expand:expand_vite", _MODE_FIRST),
        Loader("nuxt", "Nuxt", "npm:parse", "expand:expand_c12", (".env",)),
        Loader("cra", "Create React App", "lines:parse_12", "expand:expand5", _LOCAL_FIRST, _NODE_ENV, expands=Pass.DOWNWARD),
        Loader("gatsby", "Gatsby", "lines:parse_12", "expand:keep", (".env.{mode}",), ("development", "production")),
        Loader("node", "Node --env-file", "node:parse", "expand:keep", (".env",)),
        Loader("bun", "Bun", "bun:parse", "bun:expand", _LOCAL_FIRST, _NODE_ENV, other="development", expands=Pass.DOWNWARD),
        Loader("deno", "Deno", "deno:parse", "deno:interpolate", (".env",), expands=Pass.LINEWISE),
        Loader("expo", "Expo", "node:parse_expo", "expand:expand_expo", _LOCAL_FIRST),
        Loader("python-dotenv", "python-dotenv", "python:parse", "python:interpolate", (".env",), expands=Pass.LINEWISE),
        Loader("pydantic-settings", "pydantic-settings", "python:parse", "python:interpolate", (".env",), expands=Pass.LINEWISE),
        Loader("django-environ", "django-environ", "lines:parse_django", "expand:keep", (".env",)),
        Loader("decouple", "python-decouple", "lines:parse_decouple", "expand:keep", (".env",)),
        Loader("compose", "Docker Compose", "compose:parse", "compose:interpolate", (".env",), expands=Pass.LINEWISE),
        Loader("docker", "docker run --env-file", "docker:parse", "expand:keep", (".env",)),
        Loader(
            "wrangler",
            "wrangler",
            "npm:parse",
            "expand:keep",
            (".dev.vars.{mode}", ".dev.vars", ".env.{mode}.local", ".env.{mode}", ".env.local", ".env"),
        ),
        Loader("firebase", "Firebase functions", "firebase:parse", "expand:keep", (".env.local", ".env.{mode}", ".env")),
        Loader(
            "nx",
            "Nx",
            "npm:parse",
            "expand:expand12",
            (".env.{mode}.local", ".{mode}.local.env", ".local.env", ".env.local", ".env.{mode}", ".{mode}.env", ".env"),
        ),
    )
}


class Loaded(NamedTuple):
    """One variable as its loader hands it to the app, and the file and place it came from."""

    value: Secret
    path: str
    place: Place
    quote: str


class Reading(NamedTuple):
    """What a loader makes of several files: its variables, and per file what it could not read."""

    values: Mapping[str, Loaded]
    problems: tuple[tuple[str, Problem], ...]


class Disagreement(NamedTuple):
    """A line that loaders read differently: in one sentence, and a spelling that all of them read alike."""

    name: str
    place: Place
    sentence: str
    advice: str


def named(name: str) -> Loader:
    """The loader of a name. Raises Misuse that names the nearest one."""
    if name in LOADERS:
        return LOADERS[name]
    import difflib

    close = difflib.get_close_matches(name, LOADERS, 1)
    raise Misuse(
        f'there is no loader "{name}"' + (f'; did you mean "{close[0]}"?' if close else f"; it is one of {', '.join(sorted(LOADERS))}")
    )


def files(loader: str, mode: str) -> tuple[str, ...]:
    """The base names that a loader reads in a mode (`production`, `staging`, ...), highest precedence first."""
    known = named(loader)
    if known.modes is not None and mode not in known.modes:
        mode = known.other
    names = tuple(name.format(mode=mode) for name in known.order)
    # Tests must not depend on a developer's machine: Next.js, Bun, Create React App and Expo leave `.env.local` out.
    return tuple(name for name in names if name != ".env.local") if mode == "test" and known.order == _LOCAL_FIRST else names


def parse(content: str, loader: str) -> Parsed:
    """The assignments that a loader finds in one file, before expansion."""
    parsed: Parsed = _function(named(loader).dialect)(content)
    return parsed


def read(sources: Sequence[tuple[str, str]], loader: str, outer: Mapping[str, str] | None = None) -> Reading:
    """What a loader makes of (path, content) pairs, highest precedence first; `outer` is the environment it would expand from."""
    known = named(loader)
    problems: list[tuple[str, Problem]] = []
    files: list[tuple[str, tuple[Assignment, ...]]] = []
    for path, content in reversed(sources):  # weakest first
        parsed = parse(content, loader)
        problems.extend((path, problem) for problem in parsed.problems)
        files.append((path, parsed.assignments))
    if any(problem.fatal for _, problem in problems):
        return Reading({}, tuple(problems))
    budget = Budget(sum(len(content) for _, content in sources))
    lost = Reading({}, (*problems, *((path, _LOST) for path, _ in sources)))
    values: dict[str, str] = {}
    try:
        if known.expands is Pass.LINEWISE:
            for _, assignments in files:
                for assignment in assignments:
                    value = _function(known.expansion)(assignment, values, outer or {}, budget)
                    budget.spend(value)
                    values[assignment.name] = value
        elif known.expands is Pass.JOINT:
            merged = {assignment.name: assignment.value for _, assignments in files for assignment in assignments}
            values = _function(known.expansion)(merged, outer or {})
        else:
            for path, assignments in reversed(files):
                raw = {assignment.name: assignment.value for assignment in assignments}
                try:
                    values = {**_function(known.expansion)(raw, {**(outer or {}), **values}), **values}
                except (Lost, RecursionError):  # the loader goes on with the next file
                    problems.append((path, _LOST))
    except (Lost, RecursionError):
        return lost
    loaded = {
        assignment.name: Loaded(Secret(values[assignment.name]), path, assignment.place, assignment.quote)
        for path, assignments in files
        for assignment in assignments
        if assignment.name in values
    }
    return Reading(loaded, tuple(problems))


def load(sources: Sequence[tuple[str, str]], loader: str, outer: Mapping[str, str] | None = None) -> Mapping[str, Loaded]:
    """The variables of `read` alone."""
    return read(sources, loader, outer).values


_LOST = Problem("a variable that needs itself: the loader fails and none of the names is set", Place(1, 1, 0), fatal=True)


@cache
def _function(reference: str) -> Callable[..., Any]:
    module, _, name = reference.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    return function


def disagreements(content: str, loaders: Sequence[str]) -> tuple[Disagreement, ...]:
    """The lines that the given loaders read differently: another name, another value, or a whole file refused."""
    readings = {name: read([("", content)], name) for name in dict.fromkeys(loaders)}
    if len(readings) < 2:
        return ()
    names = dict.fromkeys(name for reading in readings.values() for name in reading.values)
    found = []
    for name in names:
        with_name = {loader: reading.values[name] for loader, reading in readings.items() if name in reading.values}
        place = next(iter(with_name.values())).place
        titles = {loader: LOADERS[loader].title for loader in readings}
        lacking = [titles[loader] for loader in readings if loader not in with_name]
        if lacking:
            having = [titles[loader] for loader in with_name]
            sentence = (
                f"{_and(having)} read{'s' if len(having) == 1 else ''} it, {_and(lacking)} {'does' if len(lacking) == 1 else 'do'} not"
            )
        else:
            groups: list[list[str]] = []
            for loader, loaded in with_name.items():
                for group in groups:
                    if with_name[group[0]].value == loaded.value:
                        group.append(loader)
                        break
                else:
                    groups.append([loader])
            if len(groups) < 2:
                continue
            sentence = " and ".join(_and([titles[loader] for loader in group]) for group in groups) + " get different values"
        found.append(Disagreement(name, place, sentence, _advice(next(iter(with_name.values())).value.reveal(), readings)))
    return tuple(found)


def _and(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1]


def _advice(value: str, loaders: Mapping[str, object]) -> str:
    if "$" in value:
        if set(loaders) & {"compose", "docker", "python-dotenv"}:
            return "no spelling of `$` is read alike by all of them: keep the value without `$`, in base64 for instance"
        return "write `\\$` for every `$`"
    if "\n" in value:
        return "keep the value on one line, in base64 for instance"
    return "write NAME=value without spaces around `=`, in single quotes where it holds `#`, spaces or double quotes"


_ODD = late.pattern("[\u200b-\u200d\u2060\u00a0\u2018\u2019\u201c\u201d]|\r(?!\n)")
_WORDS = {"\u00a0": "a no-break space", "\r": "a line end of carriage return alone"}


def oddities(content: str) -> tuple[Problem, ...]:
    """Characters that silently lose names or values: a byte-order mark, zero-width and no-break spaces, typographic quotes."""
    from driftline.loaders.assignment import Positions

    positions = Positions(content, fold=False)
    found = []
    if content.startswith("\ufeff"):
        found.append(Problem("a byte-order mark: some loaders make it part of the first name", positions.at(0)))
    lines: set[int] = set()
    for match in _ODD.finditer(content):
        place = positions.at(match.start())
        if place.line in lines or (match[0] != "\r" and _in_comment(content, match.start())):
            continue
        lines.add(place.line)
        words = _WORDS.get(match[0]) or ("a typographic quote" if match[0] in "\u2018\u2019\u201c\u201d" else "a zero-width character")
        found.append(Problem(f"{words}: loaders read the line differently", place))
    return tuple(found[:100])


def _in_comment(content: str, position: int) -> bool:
    start = content.rfind("\n", 0, position) + 1
    return content[start:position].lstrip().startswith("#")
