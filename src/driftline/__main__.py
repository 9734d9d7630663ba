"""The entry point: answers `--version` before anything heavy is imported, and hands the rest to the command line."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line of this process; exits with CONTRACT's codes."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from driftline import __version__

        print(f"driftline {__version__}")
        return
    from driftline.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
