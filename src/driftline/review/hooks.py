"""The routes that payment, mail and login providers call, whether a test names them, and what was attested."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from driftline import late
from driftline.code.routes import own_part
from driftline.evidence import Attestation, Hook
from driftline.knowledge import callbacks, catalog
from driftline.knowledge.identify import identify
from driftline.model import Exposure, Location, Misuse, Route, Unread
from driftline.review import handlers
from driftline.review.handlers.project import Project

ATTESTATIONS = ".driftline/attestations.json"
SCHEMA = "driftline/attestations/1"

# Bounded, and begun where a name begins: each repeat that may meet its own end is tried again from every character of a long word.
_NAME = rb"(?<![A-Z0-9_])(?:[A-Z][A-Z0-9_]{0,60}(?:WEBHOOK|SIGNING)[A-Z0-9_]{0,60}(?:SECRET|KEY|TOKEN)|[A-Z][A-Z0-9_]{0,60}(?:SECRET|KEY)_WEBHOOKS?)"
_SECRET = late.pattern(_NAME)
_CONSTANT = late.pattern(rb"^(?:export\s+)?(?:const\s+|let\s+|var\s+)?(\w+)[^=\n]{0,60}=[^\n]{0,120}?\b(" + _NAME + rb")\b", re.MULTILINE)
_IS_WEBHOOK = re.compile(r"web-?_?hooks?(?:[/._-]|$)", re.IGNORECASE)


def hooks(code: Mapping[str, bytes], tests: Mapping[str, bytes], routes: Iterable[Route]) -> Iterator[Hook]:
    """The routes that a provider calls: files of `code` that are webhooks by their place, and `routes` that receive a provider's events in any
    other. `tests` are the files that may name them (tests, fixtures, recorded events)."""
    by_place = set()
    for path, content in code.items():
        if not _IS_WEBHOOK.search(path) or not handlers.holds_handlers(path, content):
            continue
        provider = _provider(path, content)
        if provider is None:
            continue
        route = _route(path)
        by_place.add(path)
        yield Hook(provider, route, Location(path, 1), _secrets(content, content), _tested(path, route, tests))
    served: dict[str, list[Route]] = {}
    for one in routes:
        if one.location.path in code and one.location.path not in by_place:
            served.setdefault(one.location.path, []).append(one)
    project = Project({path: content for path, content in code.items() if not path.endswith(".py")}, {}, {})
    for file, listed in served.items():
        for one in dict.fromkeys(listed):
            known = catalog.load().providers.get(one.provider or "")
            if known is None or not callbacks.calls_back(known.job) or (file in project.files and project.is_left_over(file)):
                continue
            secrets = _secrets(code[file], own_part(one, listed, code[file]))
            yield Hook(known.title, one.path, one.location, secrets, _named_in(tests, (one.path.encode(),)))


def _secrets(content: bytes, part: bytes) -> tuple[str, ...]:
    """The variables of signing secrets that a part of a file names, itself or by a constant of the file."""
    constants = {match[2] for match in _CONSTANT.finditer(content) if re.search(rb"\b" + match[1] + rb"\b", part)}
    return tuple(sorted({name.decode() for name in constants | {match[0] for match in _SECRET.finditer(part)}}))


def _provider(path: str, content: bytes) -> str | None:
    """The provider whose name stands in the path, else the only one whose name stands in the file."""
    words = set(re.split(r"[^a-z0-9]+", path.lower()))
    text = content.lower()
    loaded = catalog.load()
    signing = {kind.provider for kind in loaded.keys if kind.slot == "webhook_secret"}
    known = {name: provider for name, provider in loaded.providers.items() if callbacks.calls_back(provider.job) or name in signing}
    named = [provider.title for name, provider in known.items() if name in words]
    if named:
        return named[0]
    # Only a provider that signs what it sends is told by a mention inside the file.
    inside = [
        known[name].title for name in sorted(signing) if len(name) > 4 and re.search(rb"\b" + re.escape(name.encode()) + rb"\b", text)
    ]
    return inside[0] if len(inside) == 1 else None


_FOLDERS = re.compile(
    r"^(?:.*/)?(?:src/)?(?:app|pages|routes|server)/(?=api|webhooks?)|^(?:.*/)?(?:src/)?(?:routes|app/routes)/|^(?:.*/)?(?=supabase/functions/|netlify/functions/|api/)"
)
_ENDS = re.compile(r"/(?:route|index|\+server)\.[jt]sx?$|\.(?:post|get)?\.?[jt]sx?$|\.py$")


def _route(path: str) -> str:
    """The route a file serves, as far as its place says it: `/api/webhooks/stripe`."""
    plain = _ENDS.sub("", _FOLDERS.sub("", path, count=1))
    plain = re.sub(r"/\([^()]*\)", "", f"/{plain}")
    return re.sub(r"^/supabase/functions/", "/functions/v1/", plain)


def _tested(path: str, route: str, tests: Mapping[str, bytes]) -> Location | None:
    """Where a test names the route or the file, None where none does."""
    stem = re.sub(r"\.[jt]sx?$|\.py$", "", path)
    return _named_in(tests, {route.encode(), stem.encode(), "/".join(stem.split("/")[-3:]).encode()})


def _named_in(tests: Mapping[str, bytes], words: Collection[bytes]) -> Location | None:
    for test, content in tests.items():
        for word in words:
            offset = content.find(word)
            if len(word) > 6 and offset >= 0:
                return Location(test, content.count(b"\n", 0, offset) + 1)
    return None


def named(found: Iterable[Hook], name: str) -> Hook:
    """The callback that a user means by its route, its provider or its file. Raises Misuse where there is none, or more than one."""
    listed = sorted(set(found), key=lambda hook: hook.place)
    meant = [hook for hook in listed if name in (hook.route, hook.place.path) or name.lower() == hook.provider.lower()]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise Misuse(f"{name} has {len(meant)} callbacks: say which of {', '.join(hook.route for hook in meant)}")
    if not listed:
        raise Misuse("there is no callback route of a known provider here")
    near = difflib.get_close_matches(name, [hook.route for hook in listed], 1, 0.4)
    known = ", ".join(hook.route for hook in listed)
    raise Misuse(
        f'there is no callback "{name}"; there {"are" if len(listed) > 1 else "is"} {known}'
        + (f'; did you mean "{near[0]}"?' if len(listed) > 1 and near else "")
    )


_EVENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{2,120}")


def event_id(word: str | None) -> str | None:
    """An event's id as it may be written down. Raises Misuse for what is none, or is a credential."""
    if word is None:
        return None
    known = identify(word) if _EVENT.fullmatch(word) else None
    if not _EVENT.fullmatch(word) or (known is not None and known.exposure is Exposure.SECRET):
        raise Misuse("--event takes the id of one event, such as evt_1234, and nothing secret")
    return word


def read_attestations(text: str) -> tuple[tuple[Attestation, ...], tuple[Unread, ...]]:
    """The attestations of a project, and what of the file could not be read."""
    try:
        data = json.loads(text)
        rows = data["attestations"] if data.get("schema") == SCHEMA else None
        found = []
        for index, row in enumerate(rows or ()):
            date.fromisoformat(row["date"])
            found.append(Attestation(str(row["callback"]), str(row["environment"]), row["date"], Location(ATTESTATIONS, index + 2)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return (), (Unread(ATTESTATIONS, f"is not a {SCHEMA} file"),)
    return (tuple(found), ()) if rows is not None else ((), (Unread(ATTESTATIONS, f"is not a {SCHEMA} file"),))


def attested(text: str | None, callback: str, environment: str, day: str, event: str | None) -> str:
    """The file with one more attestation: sorted, one line each. Raises ValueError when the file is there and is no such file."""
    rows = []
    if text is not None:
        data = json.loads(text)
        kept = data.get("attestations") if isinstance(data, dict) and data.get("schema") == SCHEMA else None
        if not isinstance(kept, list) or not all(isinstance(row, dict) for row in kept):
            raise ValueError
        rows = [row for row in kept if (row.get("callback"), row.get("environment")) != (callback, environment)]
    rows.append({"callback": callback, "environment": environment, "date": day, **({"event": event} if event else {})})
    lines = ",\n".join(sorted(json.dumps(row) for row in rows))
    return f'{{"schema": "{SCHEMA}", "attestations": [\n{lines}\n]}}\n'
