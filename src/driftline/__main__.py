"""The entry point: answers `--version` and passes commits that cannot matter before anything heavy is imported; the rest is the command line's."""

from __future__ import annotations

import _signal  # as `signal`, which takes as long to import as all that is here
import gc
import os
import sys

TYPE_CHECKING = False  # as typing's, which is not needed for most of what this answers
if TYPE_CHECKING:
    from driftline.glance import Seen


def main() -> None:
    """Runs the command line of this process and ends it with CONTRACT's codes, and with 130 where the user interrupts it at any moment."""
    # Until a command listens itself, Ctrl-C just ends the process: Python's own way shows where it was, or loses it inside an import.
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    try:
        code = _run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except (OSError, ValueError):  # what was said did not arrive
                code = 3
    # To let go of every object one by one, as the interpreter does before it ends, takes a twentieth of a run.
    os._exit(code)


def _run(words: list[str]) -> int:
    if words in (["--version"], ["-V"]):
        from driftline import __version__

        return _told(f"driftline {__version__}\n{_engines()}")
    # An audit makes a great many objects that live until it ends: looking through all of them again and again took an eighth of its time.
    gc.set_threshold(_OBJECTS, 50, 1000)
    seen = None
    if words[:1] == ["commit"]:
        listed = words[1:2] == ["--listed"]
        given = words[2:] if listed else words[1:]
        given = given[1:] if given[:1] == ["--"] else given
        seen = None if any(word.startswith("-") for word in given) else _glance(given, listed=listed)
        if seen is not None and seen.told is not None:
            return _told(f"{seen.told}\nPASS  Nothing found.")
    from driftline import console

    plain = console.plain(words, seen)
    if plain is not None:
        return console.run(plain)
    from driftline import cli

    return cli.run(words)


def _told(text: str) -> int:
    """Prints a text; the exit code is 3 where it did not arrive."""
    if sys.stdout is None:  # it was closed by whoever started us
        return 3
    try:
        print(text, flush=True)
    except OSError:
        return 3
    return 0


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


def _glance(given: list[str], *, listed: bool) -> Seen | None:
    """What a glance sees of a commit; None where the audit has to look at all of it."""
    from driftline import cache, glance

    try:
        return glance.look(given, cache.folder(os.environ, "."), listed=listed)
    except Exception:  # whatever it stumbled over, the audit judges it and says so
        return None


if __name__ == "__main__":
    main()
