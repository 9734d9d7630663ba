"""What a release needs a hand for: steps that no workflow runs, prose that asks for them, lines that are switched by comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache

from driftline import late
from driftline.code import is_example
from driftline.database import migrations
from driftline.evidence import Step, Store
from driftline.knowledge import backends, tables
from driftline.model import Location
from driftline.project import apps
from driftline.record import NamedTuple
from driftline.review import runs
from driftline.review.runs import Script

_ASKS = late.pattern(
    r"(?:after (?:each|every) (?:deploy|release|push)|don'?t forget to|remember to|manually (?:run|apply|execute|update|copy|set|change)|run (?:this|the following) sql|"
    r"(?:paste|execute|run) .{0,40}(?:in|into) the (?:supabase )?sql editor|uncomment .{0,60}(?:prod|deploy)|change .{0,40} before (?:prod|deploy|launch|release))",
    re.IGNORECASE,
)
_TOGGLE = late.pattern(
    r"^[ \t]*(?://|#)[ \t]*(?P<key>[\w.]+)[ \t]*[:=][ \t]*[\"'`](?P<off>https?://[^\"'`\n]+(?![^\"'`\n])|sk_|pk_)[^\n]*\n[ \t]*(?P=key)[ \t]*[:=][ \t]*[\"'`](?P<on>https?://[^\"'`]+|sk_|pk_)"
    r"|^[ \t]*(?P<key2>[\w.]+)[ \t]*[:=][ \t]*[\"'`]https?://[^\n]*\n[ \t]*(?://|#)[ \t]*(?P=key2)[ \t]*[:=][ \t]*[\"'`]https?://",
    re.MULTILINE,
)
# SQL that decides over data when somebody runs it.
_CHANGES = late.pattern(
    r"^\s*(?P<verb>create\s+(?:or\s+replace\s+)?(?:table|policy|view)|alter\s+(?:table|policy|default\s+privileges)|drop\s+(?:table|policy)|grant|revoke)\s",
    re.IGNORECASE | re.MULTILINE,
)
_SWAPS = late.pattern(
    r"(?://|#)[^\n]{0,80}\b(?:TODO|FIXME|XXX)\b[^\n]{0,60}\b(?:change|remove|replace|switch|uncomment)\b[^\n]{0,40}\b(?:prod|production|launch|deploy|live)\b",
    re.IGNORECASE,
)
# What a comment in code does for a release, with words of which one stands in every file that has it: few files do.
_COMMENTED = (
    (_TOGGLE, (b"://", b"sk_", b"pk_"), "an address or key is switched by commenting a line out"),
    (_SWAPS, (b"todo", b"fixme", b"xxx"), "a comment asks for a change before production"),
)


class Release(NamedTuple):
    """How a project is released: `runs` is all that a release runs, `kept` the scripts that somebody may run, `workflow` the first file that
    deploys, `described` the first file that says how a release is made; None where there is none."""

    runs: str
    kept: tuple[Script, ...] = ()
    workflow: str | None = None
    described: str | None = None


class Tool(NamedTuple):
    """What keeps migrations, as releases.toml says it."""

    tool: str
    applies: re.Pattern[str]
    in_code: re.Pattern[bytes] | None
    files: re.Pattern[str] | None
    names: re.Pattern[bytes] | None
    by_itself: re.Pattern[str] | None


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """A pattern of releases.toml."""
    return re.compile(tables.of_file("releases.toml")[name], re.IGNORECASE if name == "prose" else 0)


@cache
def _tools() -> tuple[Tool, ...]:
    return tuple(
        Tool(
            row["tool"],
            late.pattern(row["applies"]),
            late.pattern(row["in_code"].encode()) if "in_code" in row else None,
            late.pattern(row["files"]) if "files" in row else None,
            late.pattern(row["names"].encode()) if "names" in row else None,
            late.pattern(row["by_itself"]) if "by_itself" in row else None,
        )
        for row in tables.of_file("releases.toml")["tools"]
    )


def prose(paths: Iterable[str]) -> list[str]:
    """The documents in which a project writes down how it is released."""
    return [path for path in paths if path.count("/") < 3 and _pattern("prose").search(path)]


def release(paths: Iterable[str], text: Callable[[str], str]) -> Release:
    """How the project is released that consists of `paths`; `text` gives a file's text."""
    listed = sorted(paths)
    written = {path: text(path) for path in listed if _pattern("written_in").search(path)}
    kept = tuple(script for path in listed if path.rpartition("/")[2] in _KEEPERS for script in runs.scripts(path, text(path)))
    everything = runs.reached(written, kept, _pattern("started"), listed, text)
    workflow = next((path for path, said in written.items() if _pattern("deploys").search(said)), None)
    return Release(everything, kept, workflow, _described(listed, written))


_KEEPERS = ("package.json", "Makefile")


def _described(paths: Iterable[str], written: Mapping[str, str]) -> str | None:
    hosted = {name for backend in backends.known() if backend.job == "hosting" for name in backend.files}
    for path in paths:
        if path.rpartition("/")[2] in hosted or _pattern("hosted").search(path):
            return path
        workflow = written.get(path, "") if path.endswith((".yml", ".yaml")) else ""
        if _pattern("deploys").search(workflow) or _pattern("releases").search(workflow):
            return path
    return None


def steps(
    stores: Iterable[Store],
    made: Release,
    paths: Iterable[str],
    told: Mapping[str, str],
    code: Mapping[str, bytes],
    servers: Callable[[], Iterable[bytes]],
    functions: Iterable[str],
    loose: Mapping[str, str],
) -> Iterator[Step]:
    """Every such step of the release `made`. `paths` are all files of the project; `told` (prose) and `loose` (SQL files beside the migrations)
    map paths to their text, `code` to bytes; `servers` gives the code of servers in other languages, `functions` are the entry files of Supabase functions."""

    def at_start(pattern: re.Pattern[bytes]) -> bool:
        """Whether code that is deployed does it when it starts."""
        return any(map(pattern.search, code.values())) or any(map(pattern.search, servers()))

    for store in stores:
        last = store.database.files[-1] if store.database.files else store.folder
        if store.tool == "scripts":
            yield Step(
                f"{len(store.database.files)} numbered SQL files in {store.folder} are run by hand: nothing keeps count of which ones were",
                "keep them as migrations of a tool, which the deployment applies",
                Location(last, 1),
                f"scripts {store.folder}",
            )
        else:
            tool = next(tool for tool in _tools() if tool.tool == store.tool)
            yield from _unapplied(tool, store.folder, len(store.database.files), last, made, at_start)
    for tool, folder, files in _histories(paths, code):
        yield from _unapplied(tool, folder, len(files), files[-1], made, at_start)
    by_hand = [_place(path, text, match.start("verb")) for path, text in sorted(loose.items()) if (match := _CHANGES.search(text))]
    if by_hand:
        yield Step(
            f"{len(by_hand)} SQL file{'s' if len(by_hand) > 1 else ''} beside the migrations change{'' if len(by_hand) > 1 else 's'} tables, policies or privileges by hand",
            "make migrations of what still counts, and delete the rest",
            by_hand[0],
            "loose SQL",
            tuple((place, "and here") for place in by_hand[1:6]),
        )
    listed = sorted(functions)
    if listed and not _pattern("functions").search(made.runs):
        yield Step(
            f"{len(listed)} Supabase function{'s are' if len(listed) > 1 else ' is'} deployed by no workflow or script of this repository",
            "deploy the functions where the app is deployed",
            Location(listed[0], 1),
            "functions",
        )
    for path, text in sorted(told.items()):
        found = list(_ASKS.finditer(text))
        if found:
            more = f" and {len(found) - 1} more line{'s' if len(found) > 2 else ''} of it" if len(found) > 1 else ""
            yield Step(
                f"{path} asks for a step by hand{more}",
                "let the deployment do it, or check it there",
                _place(path, text, found[0].start()),
                f"prose {path}",
            )
    for path, content in sorted(code.items()):
        lowered = content.lower()
        for pattern, words, said in _COMMENTED:
            if not any(word in lowered for word in words):
                continue
            text = content.decode("utf-8", "replace")
            match = pattern.search(text)
            if match is not None:
                yield Step(
                    said, "read it from a variable that each environment sets", _place(path, text, match.start()), f"{path} {said[:12]}"
                )


def _histories(paths: Iterable[str], code: Mapping[str, bytes]) -> Iterator[tuple[Tool, str, list[str]]]:
    """(tool, folder, files) of the migrations that are code."""
    found: dict[tuple[int, str], list[str]] = {}
    for path in sorted(paths):
        if "migrat" not in path and "/versions/" not in path:
            continue
        for number, tool in enumerate(_tools()):
            match = tool.files.fullmatch(path) if tool.files is not None else None
            if match is None or migrations.is_past(path) or is_example(path) or apps.is_material(path):
                continue
            if tool.names is None or tool.names.search(code.get(path, b"")):
                found.setdefault((number, match["folder"].rstrip("/") or "."), []).append(path)
                break
    yield from ((_tools()[number], folder, files) for (number, folder), files in sorted(found.items()))


def _unapplied(
    tool: Tool, folder: str, number: int, last: str, made: Release, at_start: Callable[[re.Pattern[bytes]], bool]
) -> Iterator[Step]:
    """The step of migrations that neither a release applies nor the app when it starts."""
    if tool.applies.search(made.runs) or _is_migrated_by_program(made.runs):
        return
    if tool.in_code is not None and (tool.in_code.search(made.runs.encode("utf-8", "replace")) or at_start(tool.in_code)):
        return
    if tool.by_itself is not None and tool.by_itself.search(last):
        return
    script = next((script for script in made.kept if tool.applies.search(script.text)), None)
    if script is not None and made.described is None:
        return  # where and when it is run, no file says: that is what the flag leaves open
    said = f"{number} migration{'s' if number > 1 else ''} in {folder} {'are' if number > 1 else 'is'} applied by no workflow, host or image of this repository"
    if script is not None:
        said += f": `{script.name}` of {script.path} would apply them, and nothing runs it"
    elif made.workflow:
        said += f", and {made.workflow} deploys without it"
    related = [(Location(script.path, 1), "would apply them")] if script is not None else []
    related += [(Location(made.workflow, 1), "deploys without them")] if made.workflow else []
    yield Step(
        said,
        "apply the migrations in the deployment, before the new code starts",
        Location(last, 1),
        f"migrations {folder}",
        tuple(related),
    )


# A program of the project's own that is called after what it does.
_PROGRAM = late.pattern(
    r"(?:\b(?:node|bun|deno|tsx|ts-node|python3?|sh|bash|php|exec)[\s\"',]{1,4}(?:-[\w-]+[\s\"',]{1,4}){0,4}(?:[\w./-]{0,100}/)?|(?:^|[\s\"'\[/])bin/)(?:db[-_])?migrat\w{0,20}(?:[-_]\w{1,20})?(?:\.\w{1,4})?(?=[\s\"'\],]|$)",
    re.MULTILINE,
)


@lru_cache(maxsize=1)  # asked for every history of migrations
def _is_migrated_by_program(runs: str) -> bool:
    return _PROGRAM.search(runs) is not None


def _place(path: str, text: str, offset: int) -> Location:
    start = text.rfind("\n", 0, offset) + 1
    return Location(path, text.count("\n", 0, offset) + 1, offset - start + 1)
