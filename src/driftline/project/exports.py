"""Exports of platforms' own CLIs, and the snapshot that keeps of them what may be committed: names, states, identities, never a value.

What is read (formats as the CLIs print them, 2026-11): `vercel env ls` (table, `--json`) and `vercel env pull`, `netlify env:list` (`--json`, table) and
its API, `wrangler secret list` and `wrangler pages secret list`, `fly secrets list` (`--json`, table), `heroku config` (`--json`, `-s`, plain), `gh secret list` and `gh variable list`
(`--json`, plain), `railway variables` (`--json`, `--kv`, table), Render's API (`GET /v1/services/ID/env-vars`), `supabase secrets list` (`-o json`, table),
Doppler (`secrets --json`, `--only-names`, `secrets download`), Infisical (`export` in all its formats, `secrets -o json`), `eas env:list`, `stripe webhook_endpoints list`, `terraform show -json`, and
any file of `NAME=value` lines. Tables are read for their names only: their values are masked, cut or wrapped.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from driftline import late, loaders
from driftline.knowledge import identify, platform
from driftline.model import Identity, Kind, Misuse, Secret, State, Unreadable
from driftline.project import files
from driftline.project.text import conflict
from driftline.record import NamedTuple

SCHEMA = "driftline/snapshot/1"
FOLDER = ".driftline"

_NAME = late.pattern(r"[A-Za-z_][A-Za-z0-9_]*")
_ENVIRONMENT = late.pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
_ANSI = late.pattern(r"\x1b\[[0-9;?]*[A-Za-z]")
_DIGEST = late.pattern(r"[0-9a-f]{64}")
_UNKNOWN = "is no export that driftline knows; `driftline snapshot --help` lists them"
_MAX_DEPTH = 60


class Entry(NamedTuple):
    """One variable of an export. `value` is None where the export does not show it; `environments` is empty where the export has but one.

    An environment may be limited to a branch: `Preview (login)`.
    """

    name: str
    value: Secret | None = None
    environments: tuple[str, ...] = ()


class Endpoint(NamedTuple):
    """A webhook endpoint registered with a provider: its address without query and userinfo, and whether it receives live events."""

    url: str
    live: bool


class Export(NamedTuple):
    """What one file holds. `complete` is True where the platform would list every variable that the app is given there.

    `component` is the part of the project that the variables belong to, None for the app itself.
    """

    platform: str
    complete: bool
    entries: tuple[Entry, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    component: str | None = None


class _Platform(NamedTuple):
    """How a platform's exports are told by their names, where nothing else tells: a variable or a word in the file's name."""

    title: str
    variables: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    complete: bool = True
    component: str | None = None


_PLATFORMS = {
    "vercel": _Platform("Vercel", ("VERCEL", "VERCEL_ENV"), ("vercel",)),
    "netlify": _Platform("Netlify", ("NETLIFY",), ("netlify",)),
    "cloudflare": _Platform("Cloudflare", (), ("wrangler", "cloudflare", "worker")),
    "fly": _Platform("Fly", (), ("fly",)),
    "heroku": _Platform("Heroku", (), ("heroku",)),
    "railway": _Platform("Railway", ("RAILWAY_PROJECT_ID", "RAILWAY_ENVIRONMENT_NAME", "RAILWAY_SERVICE_NAME"), ("railway",)),
    "render": _Platform("Render", ("RENDER",), ("render",)),
    "doppler": _Platform("Doppler", ("DOPPLER_PROJECT", "DOPPLER_CONFIG"), ("doppler",)),
    "eas": _Platform("EAS", (), ("eas", "expo")),
    "infisical": _Platform("Infisical", (), ("infisical",)),
    # Variables of workflows reach the app only where a workflow hands them on; the functions' secrets are theirs alone.
    "github": _Platform("GitHub", (), ("github", "gh"), complete=False),
    "supabase": _Platform("Supabase", (), ("supabase",), component="functions"),
    "stripe": _Platform("Stripe", (), ("stripe",), complete=False),
    "terraform": _Platform("Terraform", (), ("terraform", "tf"), complete=False),
}


# What a tool says of itself before its JSON: a few lines that hold no quote, no `=` and no bracket (wrangler 3 prints its name and version).
_BANNER = late.pattern(r"(?:[^\n\"'={}\[\]]{0,200}\n){1,6}(?=\s*[\[{]\s*[\]}\"{])")


def read(text: str, path: str) -> Export:
    """The variables of one export; `path` is the file's name, which may say the platform. Raises Unreadable for anything else."""
    text = _ANSI.sub("", text.removeprefix("\ufeff"))
    stripped = text.lstrip()
    if stripped[:1] in ("{", "["):
        export = _of_json(_loaded(stripped), path)
    elif banner := _BANNER.match(text):
        export = _of_json(_loaded(text[banner.end() :]), path)
    else:
        export = _of_table(text, path) or _of_lines(text, path)
    if any(identify.is_value(entry.name) for entry in export.entries):
        raise Unreadable("a value stands where a name belongs; quote values of several lines")
    return export


def decode(content: bytes) -> str:
    """The text of an export; UTF-16 too, as PowerShell's `>` writes it. Raises Unreadable for bytes that are no text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            raise Unreadable("is UTF-16 that breaks off") from None
    return files.decode(content)


def path_of(environment: str) -> str:
    """Where the snapshot of an environment lies, relative to the root. Raises Misuse for a name that is no file name."""
    if not _ENVIRONMENT.fullmatch(environment):
        raise Misuse(f'"{environment}" is no name for an environment; use letters, digits, dots and hyphens')
    return f"{FOLDER}/{environment}.json"


# --- the snapshot -----------------------------------------------------------------------------------------------------------


def snapshot(environment: str, exports: Sequence[Export], taken: date, digest_key: str | None = None) -> str:
    """The snapshot's text: one name a line, sorted, so that it merges; `taken` is the day the exports are from.

    `digest_key` (DRIFTLINE_DIGEST_KEY) adds a keyed digest of every value that the exports show. Raises Misuse where exports that
    speak for several environments have none of this name.
    """
    chosen = [(export, _chosen(export, environment)) for export in exports]
    if not any(entries or export.endpoints for export, entries in chosen) and any(export.entries for export in exports):
        said = sorted({word for export in exports for entry in export.entries for word in entry.environments})
        raise Misuse(f"these exports say nothing of {environment}" + (f"; they speak for {', '.join(said[:8])}" if said else ""))
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for export, entries in chosen:
        for entry in entries:
            rows[entry.name, export.component or ""] = _row(entry, export, digest_key)
    live = platform.environment_kind(environment) is Kind.PRODUCTION
    endpoints = sorted({endpoint.url for export in exports for endpoint in export.endpoints if endpoint.live == live})
    body = {
        "schema": SCHEMA,
        "environment": environment,
        "platforms": sorted({export.platform for export, _ in chosen}),
        "taken": taken.isoformat(),
        "complete": any(export.complete for export, entries in chosen if entries),
    }
    parts = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in body.items()]
    parts.append(_listed("names", [rows[key] for key in sorted(rows)]))
    if endpoints:
        parts.append(_listed("endpoints", [{"url": url} for url in endpoints]))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def names(text: str) -> frozenset[str]:
    """The names that a snapshot's text holds; none for a text that is no snapshot."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return frozenset()
    rows = data.get("names") if isinstance(data, dict) and data.get("schema") == SCHEMA else None
    return frozenset(row["name"] for row in rows or () if isinstance(row, dict) and isinstance(row.get("name"), str))


def said(path: str, written: str, before: frozenset[str] | None) -> str:
    """What the command prints about a snapshot that it wrote: how many names, and what changed since the one before."""
    now = names(written)
    endpoints = len(json.loads(written).get("endpoints", ()))
    text = f"{path}: {len(now)} name{'' if len(now) == 1 else 's'}"
    text += f", {endpoints} endpoint{'' if endpoints == 1 else 's'}" if endpoints else ""
    if before is None:
        return f"{text}, no values; commit it."
    changes = [f"{word}: {', '.join(sorted(names))}" for word, names in (("new", now - before), ("gone", before - now)) if names]
    return f"{text}; {'; '.join(changes) or 'the same names as before'}"


def _listed(key: str, rows: Sequence[Mapping[str, Any]]) -> str:
    lines = ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in rows)
    return f'  "{key}": [\n{lines}\n  ]' if rows else f'  "{key}": []'


def _row(entry: Entry, export: Export, digest_key: str | None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": entry.name, "state": State.REFERENCE.value, "platform": export.platform}
    if export.component is not None:
        row["component"] = export.component
    if entry.value is None:
        return row
    if len(entry.value) == 0:
        return {**row, "state": State.EMPTY.value}
    traits = identify.traits(entry.value, name=entry.name, key=os.urandom(32), digest_key=os.fsencode(digest_key) if digest_key else None)
    row |= {"state": State.SET.value, "shape": traits.shape}
    if traits.placeholder:
        row["placeholder"] = traits.placeholder
    if traits.published:
        row["published"] = traits.published
    if traits.identity is not None:
        row["identity"] = _identity(traits.identity)
    if traits.keyed is not None:
        row["digest"] = traits.keyed
    return row


def _identity(identity: Identity) -> dict[str, Any]:
    fields = {
        "provider": identity.provider,
        "kind": identity.kind,
        "mode": identity.mode.value,
        "account": identity.account,
        "exposure": identity.exposure.value,
        "masked": identity.masked,
        "expires": identity.expires,
        "candidates": list(identity.candidates),
        "job": identity.job,
        "slot": identity.slot,
    }
    return {key: value for key, value in fields.items() if value}


def _chosen(export: Export, environment: str) -> list[Entry]:
    """The entries of an environment. What an export that has no word `preview` calls so: Netlify's contexts, else all words of that kind."""
    words = {word for entry in export.entries for word in entry.environments}
    meant = {word for word in words if _is(word, environment)}
    if environment.lower() == "preview" and not any(platform.canonical(word) == "preview" for word in words):
        kinds = {word for word in words if "(" not in word and platform.environment_kind(word) is Kind.PREVIEW}
        named = next((word for word in ("deploy-preview", "branch-deploy") if word in kinds), None)
        meant |= {named} if named else kinds
    return [entry for entry in export.entries if not entry.environments or meant.intersection(entry.environments)]


def _is(word: str, environment: str) -> bool:
    """Whether an export's word means this environment. A value of one branch stands for that branch only."""
    base, _, branch = word.partition("(")
    branch = branch.rstrip(") ")
    if branch:
        return branch.lower() == environment.lower()
    base = base.strip()
    return base.lower() in ("all", "*") or platform.canonical(base) == platform.canonical(environment)


# --- JSON ---------------------------------------------------------------------------------------------------------------------


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable("not valid JSON", error.lineno, error.colno) from None
    except (ValueError, RecursionError):
        raise Unreadable("not valid JSON") from None


def _of_json(data: Any, path: str) -> Export:
    if isinstance(data, list):
        return _of_list(data, path)
    if not isinstance(data, dict):
        raise Unreadable(_UNKNOWN)
    if "terraform_version" in data or "resource_changes" in data or isinstance(data.get("planned_values"), dict):
        return _export("terraform", _terraform(data))
    for key, name in (("envs", "vercel"), ("secrets", None), ("variables", None), ("env", None), ("data", None)):
        if isinstance(data.get(key), list):
            return _of_list(data[key], path, name)
    if data and all(value == {} for value in data.values()):  # `doppler secrets --only-names --json`
        return _export("doppler", [Entry(name) for name in data if _NAME.fullmatch(name)])
    if data and all(isinstance(value, dict) and ("computed" in value or "raw" in value) for value in data.values()):
        return _export("doppler", [Entry(name, _secret(value.get("computed"))) for name, value in data.items() if _NAME.fullmatch(name)])
    if data and not any(isinstance(value, (dict, list)) for value in data.values()):
        return _named(_variables([Entry(name, _secret(value)) for name, value in data.items() if _NAME.fullmatch(name)]), path)
    raise Unreadable(_UNKNOWN)


def _of_list(items: Sequence[Any], path: str, known: str | None = None) -> Export:
    rows = [item.get("envVar", item) for item in items if isinstance(item, dict)]
    rows = [row for row in rows if isinstance(row, dict)]
    if not rows:
        if items:
            raise Unreadable(_UNKNOWN)
        return _named([], path, known)
    if all(isinstance(row.get("url"), str) and "enabled_events" in row for row in rows):
        endpoints = (_address(row["url"]) for row in rows if row.get("status") != "disabled")
        return _export("stripe", (), [Endpoint(url, row.get("livemode") is True) for url, row in zip(endpoints, rows, strict=False) if url])
    entries = []
    # Supabase shows the SHA-256 digest of a secret as its value.
    digests = all(isinstance(row.get("value"), str) and _DIGEST.fullmatch(row["value"]) for row in rows)
    for row in rows:
        name = _first(row, ("name", "Name", "key", "Key", "secretKey", "secret_name", "variable_name"))
        if name is None or not _NAME.fullmatch(name):
            continue
        value = (
            None if digests or _hidden(row) else _secret(next((row[key] for key in ("value", "Value", "secretValue") if key in row), None))
        )
        entries += _per_context(row, name) or [Entry(name, value, tuple(_targets(row)))]
    if not entries:
        raise Unreadable(_UNKNOWN)
    return _named(entries, path, known or ("supabase" if digests else _platform_of(rows[0], wrapped="envVar" in (items[0] or {}))))


def _platform_of(row: Mapping[str, Any], *, wrapped: bool) -> str | None:
    """The platform whose CLI writes rows with these keys."""
    keys = set(row)
    if wrapped:
        return "render"
    if row.get("type") == "secret_text":
        return "cloudflare"
    if keys & {"secretKey", "secretPath", "workspace"}:
        return "infisical"
    if keys & {"digest", "Digest"}:
        return "fly"
    if keys & {"target", "customEnvironmentIds", "gitBranch"}:
        return "vercel"
    if "scopes" in keys or isinstance(row.get("values"), list):
        return "netlify"
    # `gh` prints the fields that it is asked for.
    github = {"name", "value", "createdAt", "updatedAt", "numSelectedRepos", "visibility", "selectedReposURL"}
    return "github" if keys <= github and "name" in keys else None


def _hidden(row: Mapping[str, Any]) -> bool:
    """Whether a row's value is a digest, or still encrypted (Vercel's API, unless it says `decrypted`)."""
    return bool({"digest", "Digest"} & set(row)) or (
        row.get("type") in ("encrypted", "sensitive", "secret") and row.get("decrypted") is not True
    )


def _targets(row: Mapping[str, Any]) -> Iterator[str]:
    """The environments of a row, with the branch that limits a preview's."""
    said = row.get("target", row.get("environments"))
    branch = row.get("gitBranch")
    for word in [said] if isinstance(said, str) else said if isinstance(said, list) else ():
        if isinstance(word, str) and word:
            yield f"{word} ({branch})" if isinstance(branch, str) and branch and word.lower() == "preview" else word
    for item in row.get("customEnvironments") or ():
        word = item.get("slug") if isinstance(item, dict) else None
        if isinstance(word, str) and word:
            yield word


def _per_context(row: Mapping[str, Any], name: str) -> list[Entry]:
    """Netlify's API: a value for each context."""
    found = []
    for item in row["values"] if isinstance(row.get("values"), list) else ():
        if isinstance(item, dict) and isinstance(item.get("context"), str):
            parameter = item.get("context_parameter")
            word = parameter if item["context"] == "branch" and isinstance(parameter, str) else item["context"]
            value = None if row.get("is_secret") is True else _secret(item.get("value"))
            found.append(Entry(name, value, (word,)))
    return found


def _first(row: Mapping[str, Any], keys: Iterable[str]) -> str | None:
    return next((row[key] for key in keys if isinstance(row.get(key), str)), None)


def _secret(value: Any) -> Secret | None:
    if isinstance(value, str):
        return None if value == "[SENSITIVE]" or (len(value) > 2 and not value.strip("*•")) else Secret(value)
    if isinstance(value, bool):
        return Secret("true" if value else "false")
    return Secret(str(value)) if isinstance(value, (int, float)) else None


def _address(url: str) -> str | None:
    """A URL without userinfo, query and fragment; None for what is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}" if parts.scheme and host else None


# --- Terraform ------------------------------------------------------------------------------------------------------------------

# Keys of resources under which a provider keeps a map of variables, or a list of `{name, value}` (providers' docs, 2026-11).
_MAPS = frozenset(("variables", "environment_variables", "env_vars", "vars", "sensitive_vars", "config_vars", "plain_env_vars", "secrets"))
_LISTS = frozenset(
    ("env", "envs", "environment", "environment_variable", "environment_variables", "plain_text_binding", "secret_text_binding")
)
_SINGLE = late.pattern(r"_(?:environment_variable|env_var|actions_secret|actions_environment_secret|actions_variable|variable|secret)$")


def _terraform(data: Mapping[str, Any]) -> list[Entry]:
    """The variables of every resource of a state or plan."""
    found: list[Entry] = []
    state = data.get("planned_values") or data.get("values")
    waiting: list[Any] = [state.get("root_module")] if isinstance(state, dict) else []
    while waiting:
        module = waiting.pop()
        if not isinstance(module, dict):
            continue
        waiting += module.get("child_modules") or ()
        for resource in module.get("resources") or ():
            # A data source reads what somebody else declares.
            if isinstance(resource, dict) and resource.get("mode") == "data":
                continue
            values = resource.get("values") if isinstance(resource, dict) else None
            if isinstance(values, dict):
                found += _resource(str(resource.get("type")), values)
    return found


def _resource(kind: str, values: Mapping[str, Any]) -> Iterator[Entry]:
    if _SINGLE.search(kind):
        name = _first(values, ("key", "name", "secret_name", "variable_name"))
        if name is not None and _NAME.fullmatch(name):
            yield from _per_context(values, name) or [
                Entry(name, _secret(values.get("value", values.get("plaintext_value"))), tuple(_targets(values)))
            ]
        return
    waiting: list[tuple[str, Any, int]] = [("", values, 0)]
    while waiting:
        key, item, depth = waiting.pop()
        if isinstance(item, dict):
            if key in _MAPS:
                for name, value in item.items():
                    if _NAME.fullmatch(name):
                        yield Entry(name, _secret(value.get("value") if isinstance(value, dict) else value))
            elif depth < _MAX_DEPTH:
                waiting += [(inner, value, depth + 1) for inner, value in item.items()]
        elif isinstance(item, list):
            for row in item:
                name = _first(row, ("name", "key")) if isinstance(row, dict) else None
                if key in _LISTS and name is not None and _NAME.fullmatch(name):
                    yield Entry(name, _secret(row.get("value", row.get("text"))))
                elif depth < _MAX_DEPTH:
                    waiting.append((key, row, depth + 1))


# --- text -----------------------------------------------------------------------------------------------------------------------

_HEADS = frozenset(("name", "key", "secret", "variable", "secret name", "variables", "environment variable", "key name"))
_PLACES = frozenset(("environments", "environment", "targets", "target", "contexts", "context"))
_BARS = late.pattern(r"[|│║┃]")
_RULE = late.pattern(r"[\s|+\-=─━═│║┃┼╪╬├┤┌┐└┘╔╗╚╝╠╣╟╢┬┴╤╧╦╩┏┓┗┛┣┫┳┻╋*:]*")
_WIDE = late.pattern(r"[ \t]{2,}|\t")
_COLON = late.pattern(r"([A-Za-z_][A-Za-z0-9_]*):(?:[ \t]+(\S)|$)")
# wrangler prints a worker's secrets in one way, those of a Pages project in another.
_PRETTY = late.pattern(r"(?:Secret Name:|-(?=.*:[ \t]+Value Encrypted$))[ \t]*([A-Za-z_][A-Za-z0-9_]*)(?::[ \t]+Value Encrypted)?[ \t]*")
_STAMP = late.pattern(r"\d{4}-\d\d-\d\dT\d\d:\d\d|(?<!\S)\S+ \w+ ago")


def _of_table(text: str, path: str) -> Export | None:
    """A table with a head, a box without one, or the plain lists of Heroku, wrangler and gh; None for another text."""
    lines = [line.strip() for line in text.splitlines() if not _RULE.fullmatch(line)]
    for index, line in enumerate(lines):
        cells = [cell.lower() for cell in _cells(line)]
        at = next((place for place, cell in enumerate(cells) if cell in _HEADS), None)
        if at is not None and (len(cells) > 1 or _BARS.search(line)):
            where = next((place for place, cell in enumerate(cells) if cell in _PLACES), None)
            entries = [entry for row in lines[index + 1 :] if (entry := _of_row(_cells(row), at, where)) is not None]
            return _named(entries, path, _platform_of_head(cells))
    if any(line.startswith("=== ") and line.endswith("Config Vars") for line in lines):
        return _export("heroku", [Entry(match[1], None if match[2] else Secret("")) for line in lines if (match := _COLON.match(line))])
    pretty = [match[1] for line in lines if (match := _PRETTY.fullmatch(line))]
    if pretty:
        return _export("cloudflare", [Entry(name) for name in pretty])
    boxed = [cells[0] for line in lines if _BARS.search(line) and len(cells := _cells(line)) > 1 and _NAME.fullmatch(cells[0])]
    if boxed:
        return _named([Entry(name) for name in boxed], path)
    rows = [line.split("\t") for line in lines if line]
    if rows and all(len(row) > 1 and _NAME.fullmatch(row[0]) and _STAMP.search(row[-1]) for row in rows):
        return _export("github", [Entry(row[0]) for row in rows])
    return None


def _cells(line: str) -> list[str]:
    if _BARS.search(line):
        return [cell.strip() for cell in _BARS.split(line.strip("|│║┃ "))]
    return _WIDE.split(line.strip())


def _of_row(cells: Sequence[str], at: int, where: int | None) -> Entry | None:
    """A row's name and environments; None for a line that is no row (a wrapped value, a summary)."""
    # fly marks a secret that is not deployed yet.
    name = cells[at].lstrip("*! ") if at < len(cells) else ""
    if not _NAME.fullmatch(name):
        return None
    words = re.split(r",[ \t]*(?![^()]{0,200}\))", cells[where]) if where is not None and where < len(cells) else []
    return Entry(name, None, tuple(word.strip() for word in words if word.strip()))


def _platform_of_head(cells: Sequence[str]) -> str | None:
    if "environments" in cells:
        return "vercel"
    if "digest" in cells:
        return "fly" if "created at" in cells or "status" in cells else "supabase"
    if "scope" in cells:
        return "netlify"
    return "github" if "updated" in cells else None


def _of_lines(text: str, path: str) -> Export:
    """`NAME=value` lines, as an env file has them; below a line that names their environment, as `eas env:list` prints them; or Infisical's CSV."""
    if text.partition("\n")[0].strip().lower() == "key,value":
        import csv

        rows = list(csv.reader(text.splitlines(keepends=True)))[1:]
        return _export("infisical", [Entry(row[0], Secret(row[1])) for row in rows if len(row) > 1 and _NAME.fullmatch(row[0])])
    if (line := conflict(text)) is not None:
        raise Unreadable("holds an unresolved merge conflict", line)
    pulled = "# created by vercel cli" in text[:2000].lower()
    first, *sections = _ENVIRONMENT_LINE.split(text)
    entries = []
    for words, lines in (((), first), *(((word,), lines) for word, lines in zip(sections[::2], sections[1::2], strict=True))):
        for name, loaded in loaders.load([(path, lines)], "dotenv").items():
            if _NAME.fullmatch(name):
                entries.append(Entry(name, _shown(loaded.value, hidden=pulled), words))
    return _named(_variables(entries), path, "vercel" if pulled else "eas" if sections else None)


def _variables(entries: list[Entry]) -> list[Entry]:
    """The entries of a text that nothing but its names shows to be an export: what a program says of an error has such lines, too (`Error: ...`)."""
    if not any(_CAPITALS.fullmatch(entry.name) or identify.is_value(entry.name) for entry in entries):
        raise Unreadable(_UNKNOWN)
    return entries


_CAPITALS = late.pattern(r"[A-Z_][A-Z0-9_]*")
_ENVIRONMENT_LINE = late.pattern(r"^Environment:[ \t]+(\w+)[ \t]*$", re.MULTILINE)


def _shown(value: Secret, *, hidden: bool) -> Secret | None:
    """A value; None for one that is masked, or that Vercel left out of a pulled file because it is sensitive (vercel/vercel#17330)."""
    masks = ("[SENSITIVE]", *(sign * len(value) for sign in "*•" if len(value) > 2))
    return None if (hidden and len(value) == 0) or any(value == Secret(mask) for mask in masks) else value


# --- whose export it is ---------------------------------------------------------------------------------------------------------


def _named(entries: Sequence[Entry], path: str, known: str | None = None) -> Export:
    """The export of a platform that is known, or told by variables it sets, or by a word in the file's name."""
    if known is None:
        held = {entry.name for entry in entries}
        known = next((key for key, item in _PLATFORMS.items() if held.intersection(item.variables)), None)
    if known is None:
        words = set(re.split(r"[^a-z0-9]+", os.path.basename(path).lower()))
        known = next((key for key, item in _PLATFORMS.items() if words.intersection(item.words)), None)
    return _export(known, entries)


def _export(known: str | None, entries: Iterable[Entry], endpoints: Iterable[Endpoint] = ()) -> Export:
    item = _PLATFORMS.get(known or "", _Platform("the platform"))
    return Export(item.title, item.complete, tuple(entries), tuple(endpoints), item.component)
