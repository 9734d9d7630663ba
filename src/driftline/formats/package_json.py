"""package.json scripts: the only place that says which env file, mode or fixed value a command runs with.

`dotenv -e FILE`, `env-cmd -f FILE`, `--env-file FILE` (Node, Bun, Deno, tsx), `--mode NAME` (Vite), `NAME=value` and `cross-env`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import json_document
from driftline.model import Authority, EnvFile, Location, Reading, Text, Unreadable

FORMAT = Format(name="package_json", title="package.json scripts", files=("package.json",), authority=Authority.PART, nameless="local")

_TRACE = re.compile(r"dotenv|env-cmd|--env-file|--mode[ =]")
_FILE = re.compile(
    r"(?:\bdotenv(?:x run)?\b[^|;&]*?\s-[ef]\s*=?\s*|\benv-cmd\b[^|;&]*?\s(?:-f|--file)\s+|--env-file(?:-if-exists)?[= ]\s*)['\"]?(?P<file>[\w./\-]*\.env[\w.\-]*|[\w./\-]+\.env)"
)
_LOADERS = (("--env-file", "node"), ("env-cmd", "dotenv"), ("dotenvx", "dotenvx"), ("dotenv", "dotenv-expand"))


def read(text: Text) -> Reading:
    """The env files that scripts name. Raises Unreadable for broken JSON."""
    if not _TRACE.search(text.content):
        _check(text)
        return Reading()
    document = json_document(text.path, text.content)
    folder = text.path.rpartition("/")[0]
    env_files = [
        file
        for name, node in document.root.pairs("scripts")
        if node.is_scalar
        for file in _env_files(folder, name, node.text, document.location(node))
    ]
    return Reading(env_files=tuple(env_files))


def _check(text: Text) -> None:
    """A broken manifest is said by whoever looks for apps in it; here only the scripts matter."""
    try:
        json.loads(text.content.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise Unreadable("not valid JSON", error.lineno, error.colno) from None
    except RecursionError:
        raise Unreadable("nested too deep") from None


def _env_files(folder: str, script: str, command: str, location: Location) -> Iterator[EnvFile]:
    import posixpath

    for match in _FILE.finditer(command):
        path = posixpath.normpath(posixpath.join(folder, match["file"]))
        if path.startswith(("..", "/")):
            continue
        loader = next(loader for word, loader in _LOADERS if word in match[0])
        yield EnvFile(path, location, _context(script), None, False, loader)


def _context(script: str) -> str | None:
    """The environment a script's own name says: `dev`, `start:staging`, `build:production`; None for `build` and `start`."""
    words = [word for word in re.split(r"[:\-_.]", script) if word not in ("build", "start", "run", "deploy", "migrate", "db", "seed")]
    return words[-1] if len(words) == 1 else None
