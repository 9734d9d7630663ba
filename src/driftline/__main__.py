"""The entry point: answers `--version` and passes commits that cannot matter before anything heavy is imported; the rest is the command line's."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Runs the command line of this process; exits with CONTRACT's codes."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from driftline import __version__

        try:
            print(f"driftline {__version__}", flush=True)
        except OSError:  # it did not arrive
            os._exit(3)
        return
    if sys.argv[1:2] == ["commit"] and not any(word.startswith("-") for word in sys.argv[2:]):
        _glance(sys.argv[2:])
    from driftline.cli import run

    sys.exit(run(sys.argv[1:]))


def _glance(given: list[str]) -> None:
    """Ends the process where a glance shows that the commit cannot matter; returns where the audit has to look."""
    import os

    from driftline import glance

    try:
        said = glance.passes(given, glance.cache_folder(os.environ))
    except KeyboardInterrupt:
        sys.exit(130)
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
