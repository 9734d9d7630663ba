"""The tricky env files of fixtures/loaders, what the real loaders were seen to read of them, and what ours read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from driftline import loaders

FOLDER = Path(__file__).parents[2] / "fixtures" / "loaders"
MODE = "production"


class Case(NamedTuple):
    """Files of one project folder, and the process environment that the loader would find. `is_text`: all of it is UTF-8 without NUL."""

    name: str
    files: Mapping[str, bytes]
    outer: Mapping[str, str]
    is_text: bool


class Golden(NamedTuple):
    """What one real loader read of each case; None where it refused the whole file. `loader` is our name for it."""

    name: str
    loader: str
    version: str
    read: Mapping[str, Mapping[str, str] | None]


def cases() -> list[Case]:
    """Every case: `text` is the content of `.env`, `bytes` the same in hex, `files` are several."""
    found = []
    for entry in json.loads((FOLDER / "cases.json").read_text("utf-8")):
        files = {name: text.encode() for name, text in entry.get("files", {}).items()}
        if "text" in entry:
            files[".env"] = entry["text"].encode()
        if "bytes" in entry:
            files[".env"] = bytes.fromhex(entry["bytes"])
        found.append(Case(entry["name"], files, entry.get("outer", {}), "bytes" not in entry))
    return found


def goldens() -> list[Golden]:
    """What was recorded of each real loader."""
    found = []
    for file in sorted((FOLDER / "read").glob("*.json")):
        entry = json.loads(file.read_text("utf-8"))
        found.append(Golden(file.stem, entry["loader"], entry["version"], entry["read"]))
    return found


def record(name: str, loader: str, version: str, read: Mapping[str, Mapping[str, str] | None]) -> None:
    """Writes what a real loader read, one case a line."""
    lines = [f"    {json.dumps(case)}: {json.dumps(values, sort_keys=True)}" for case, values in read.items()]
    head = f'{{\n  "loader": {json.dumps(loader)},\n  "version": {json.dumps(version)},\n  "read": {{\n'
    (FOLDER / "read").mkdir(exist_ok=True)
    (FOLDER / "read" / f"{name}.json").write_text(head + ",\n".join(lines) + "\n  }\n}\n", "utf-8")


def ours(case: Case, loader: str) -> Mapping[str, str] | None:
    """What our loader reads of a case; None where it says that the real one refuses it."""
    sources = [(name, case.files[name].decode()) for name in loaders.files(loader, MODE) if name in case.files]
    reading = loaders.read(sources, loader, case.outer)
    if not reading.values and any(problem.fatal for _, problem in reading.problems):
        return None
    return {name: loaded.value.reveal() for name, loaded in reading.values.items() if name not in case.outer}


def is_alike(case: Case, golden: Golden) -> bool:
    """Whether ours reads a case as the real loader does. Some loaders report a refused file, others go on without it."""
    expected = golden.read[case.name]
    read = ours(case, golden.loader)
    # Nothing can read a variable without a name, whatever a loader makes of `=x`.
    expected = expected and {name: value for name, value in expected.items() if name}
    return read == expected or (read is None and expected == {})
