"""The tables of this folder's TOML files and of `platforms/`, from one JSON file beside them.

The TOML is the source; `tables.json` is the same, written by `python docs/build.py`: parsing a hundred TOML files takes as long as a
small audit. A test holds both together, and a file whose size is another one now is read from TOML, so that a changed or new file
works at once. The providers, which are compiled besides, have an index of their own (see `catalog`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

_HERE = os.path.dirname(__file__)
INDEX = os.path.join(_HERE, "tables.json")


def of_file(name: str) -> Mapping[str, Any]:
    """The tables of a file of this folder (`hosts.toml`)."""
    size, tables = _index().get(name, (None, {}))
    return tables if size == os.stat(os.path.join(_HERE, name)).st_size else _parsed(name)


def of_folder(folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(file name without its ending, its tables) for every file of a folder of this one, by name."""
    for name in _names(folder):
        yield name[len(folder) + 1 : -len(".toml")], of_file(name)


def index_text() -> str:
    """What belongs into `tables.json`: name -> (size, tables), one file a line so that a change can be read."""
    names = [*_names(""), *_names("platforms")]
    rows = [json.dumps({name: (os.stat(os.path.join(_HERE, name)).st_size, _parsed(name))}, ensure_ascii=False)[1:-1] for name in names]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _names(folder: str) -> list[str]:
    """The TOML files of a folder of this one, "" for this one, by name."""
    inside = f"{folder}/" if folder else ""
    return sorted(inside + entry for entry in os.listdir(os.path.join(_HERE, folder)) if entry.endswith(".toml"))


@cache
def _index() -> Mapping[str, tuple[int, Mapping[str, Any]]]:
    try:
        with open(INDEX, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _parsed(name: str) -> dict[str, Any]:
    import tomli

    with open(os.path.join(_HERE, name), "rb") as file:
        return tomli.load(file)
