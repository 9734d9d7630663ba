"""What a release of a project runs: the files of its hosts and workflows, and the scripts and programs that those start."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from driftline import late
from driftline.record import NamedTuple

_RUNNER = r"\b(?:npm|pnpm|yarn|bun|turbo|nx|lerna|make|run-[sp]|npm-run-all2?|concurrently)\b"
# What stands between a runner and the end of its command.
_STARTED = late.pattern(_RUNNER + r"(?P<words>[^\n&|;\"'\]]{1,200})")
_WORD = late.pattern(r"[\w][\w:.-]*")
# A program of the project that a command names: `node scripts/migrate.js`, `./bin/release`, `/app/entrypoint.sh`.
_PROGRAM = late.pattern(r"(?<![\w./-])[\w./-]*/[\w.-]+|(?<![\w-])\w[\w-]*\.(?:sh|py|rb|php|[cm]?[jt]s)\b")
_PROGRAMS = (".sh", ".bash", ".py", ".rb", ".php", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")
_TARGET = late.pattern(r"^(?P<name>[\w][\w.-]*)[ \t]*:(?!=)[^\n]*\n(?P<lines>(?:\t[^\n]*\n?|[ \t]*\n)*)", re.MULTILINE)
# The jobs of a workflow, and one that brings a database of its own: what it migrates is thrown away with it.
_JOB = late.pattern(r"^  (?=[\w-]+:[ \t]*$)", re.MULTILINE)
_OWN_DATABASE = late.pattern(r"^[ \t]+(?:services:[ \t]*$|image:[ \t]*[\"']?(?:[\w./-]*/)?(?:postgres|mysql|mariadb)\b)", re.MULTILINE)
_MOST = 400


class Script(NamedTuple):
    """Something that may be run: a script of a package.json or a target of a Makefile, in the file `path`."""

    path: str
    name: str
    text: str


def scripts(path: str, text: str) -> Iterator[Script]:
    """The scripts of a package.json, the targets of a Makefile; none of any other file."""
    name = path.rpartition("/")[2]
    if name == "package.json":
        try:
            data = json.loads(text.removeprefix("\ufeff"), parse_int=str)
        except (ValueError, RecursionError):
            return  # its own reader says that it cannot be read
        found = data.get("scripts") if isinstance(data, dict) else None
        for key, value in (found if isinstance(found, dict) else {}).items():
            if isinstance(value, str):
                yield Script(path, key, value)
    elif name == "Makefile":
        for match in _TARGET.finditer(text):
            yield Script(path, match["name"], match["lines"])


def reached(
    written: Mapping[str, str], kept: Iterable[Script], started: re.Pattern[str], paths: Iterable[str], text: Callable[[str], str]
) -> str:
    """All that a release runs, as one text: the files `written` (text by path), of `kept` the scripts that a host starts by their name
    (`started`), and what those name, be it a script or a program among `paths`, whose text `text` gives."""
    by_name: dict[str, list[Script]] = {}
    waiting = [_without_tests(path, content) for path, content in sorted(written.items())]
    for script in kept:
        by_name.setdefault(script.name, []).append(script)
        if started.search(script.name):
            waiting.append(script.text)
    endings: dict[str, list[str]] = {}
    for path in paths:
        name = path.rpartition("/")[2]
        if name.endswith(_PROGRAMS) or "." not in name:
            endings.setdefault(name, []).append(path)
    found: list[str] = []
    seen: set[str] = set()
    while waiting and len(found) < _MOST:
        current = waiting.pop()
        found.append(current)
        for name in _named(current) & by_name.keys() - seen:
            seen.add(name)
            waiting += [script.text for script in by_name[name]]
        for path in _programs(current, endings) - seen:
            seen.add(path)
            waiting.append(text(path))
    return "\n".join(found)


def _without_tests(path: str, text: str) -> str:
    """A workflow without the jobs that migrate a database that only they have."""
    if not path.endswith((".yml", ".yaml")) or "compose" in path:
        return text
    return "".join(job for job in _JOB.split(text) if not _OWN_DATABASE.search(job))


def _named(text: str) -> set[str]:
    """The words that a runner of scripts is given."""
    return {word for match in _STARTED.finditer(text) for word in _WORD.findall(match["words"])}


def _programs(text: str, endings: Mapping[str, list[str]]) -> set[str]:
    """The files of the project that a text names by their path, or by the end of it inside an image."""
    found: set[str] = set()
    for match in _PROGRAM.finditer(text):
        goal = "/" + match[0].removeprefix("./").lstrip("/")
        found |= {path for path in endings.get(goal.rpartition("/")[2], ()) if goal.endswith("/" + path) or f"/{path}".endswith(goal)}
    return found
