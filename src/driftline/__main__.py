"""The entry point: answers `--version` and passes commits that cannot matter before anything heavy is imported; the rest is the command line's."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Runs the command line of this process; exits with CONTRACT's codes, and with 130 where the user interrupts it at any moment."""
    try:
        _main()
    except KeyboardInterrupt:
        sys.exit(130)


def _main() -> None:
    if sys.argv[1:] in (["--version"], ["-V"]):
        from driftline import __version__

        try:
            print(f"driftline {__version__}", _engines(), sep="\n", flush=True)
        except OSError:  # it did not arrive
            os._exit(3)
        return
    if sys.argv[1:2] == ["commit"] and not any(word.startswith("-") for word in sys.argv[2:]):
        _glance(sys.argv[2:])
    # An audit makes a great many objects that live until it ends: looking through all of them again and again took an eighth of its time.
    gc.set_threshold(_OBJECTS, 50, 1000)
    from driftline import console

    plain = console.plain(sys.argv[1:])
    if plain is not None:
        sys.exit(console.run(plain))
    from driftline import cli

    sys.exit(cli.run(sys.argv[1:]))


# New objects between two looks for those that hold one another: of these few are made, and memory stays bounded.
_OBJECTS = 100_000


# What reads and judges: a report of a fault needs these versions.
_ENGINES = (
    "hyperscan",
    "tree_sitter",
    "tree_sitter_javascript",
    "tree_sitter_typescript",
    "detect_secrets",
    "python_dotenv",
    "PyYAML",
    "pgparse",
)


def _engines() -> str:
    """The versions of the engines and of Python, in one line, by the names of the installed packages' metadata folders.

    importlib.metadata would take as long as everything else together (40 ms).
    """
    found = {name.lower(): "not installed" for name in _ENGINES}
    for folder in sys.path:
        for entry in os.listdir(folder or ".") if os.path.isdir(folder or ".") else ():
            name, _, version = entry.removesuffix(".dist-info").partition("-")
            if entry.endswith(".dist-info") and found.get(name.lower()) == "not installed":
                found[name.lower()] = version
    engines = ", ".join(f"{name.replace('_', '-')} {version}" for name, version in found.items())
    return f"{engines}; Python {'.'.join(map(str, sys.version_info[:3]))} on {sys.platform}"


def _glance(given: list[str]) -> None:
    """Ends the process where a glance shows that the commit cannot matter; returns where the audit has to look."""
    from driftline import glance

    try:
        said = glance.passes(given, glance.cache_folder(os.environ))
    except Exception:  # whatever it stumbled over, the audit judges it and says so
        said = None
    if said is None:
        return
    try:
        print(f"{said}\nPASS  Nothing found.", flush=True)
    except OSError:  # what was said did not arrive whole
        os._exit(3)
    sys.exit(0)


if __name__ == "__main__":
    main()
