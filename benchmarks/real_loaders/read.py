"""What the Python loaders read: `python read.py LOADER FOLDER` prints one JSON list for FOLDER/cases.json."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path


def python_dotenv(file: Path, outer: Mapping[str, str]) -> Mapping[str, str | None]:
    """python-dotenv expands from the process environment."""
    from dotenv import dotenv_values

    os.environ.update(outer)
    values = {name: value for name, value in dotenv_values(file).items() if value is not None}
    for name in outer:
        del os.environ[name]
    return values


def django_environ(file: Path, outer: Mapping[str, str]) -> Mapping[str, str | None]:
    """django-environ puts what it reads into a mapping of its own."""
    import environ

    class Reader(environ.Env):  # type: ignore[misc,name-defined]  # the library has no types
        ENVIRON: dict[str, str] = {}  # noqa: RUF012  # the name is the library's

    Reader.ENVIRON.update(outer)
    Reader.read_env(str(file))
    return {name: value for name, value in Reader.ENVIRON.items() if name not in outer}


def decouple(file: Path, outer: Mapping[str, str]) -> Mapping[str, str | None]:  # noqa: ARG001  # the signature of a reader
    """python-decouple's repository of an env file."""
    from decouple import RepositoryEnv

    return dict(RepositoryEnv(str(file)).data)


READERS = {"python-dotenv": python_dotenv, "django-environ": django_environ, "decouple": decouple}


def main(loader: str, folder: Path) -> None:
    """Prints what a loader reads; null where it fails."""
    logging.disable(logging.CRITICAL)
    result: list[Mapping[str, str | None] | None] = []
    for case in json.loads((folder / "cases.json").read_text("utf-8")):
        file = folder / case["dir"] / ".env"
        try:
            result.append(READERS[loader](file, case["outer"]))
        except Exception:  # whatever it raises, the app gets nothing
            result.append(None)
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
