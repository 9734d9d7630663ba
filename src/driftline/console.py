"""Where a person or a CI job sits: prints, exit codes and the process environment, for the commands of `cli` and for the plain ones without it.

Most runs, and nearly all of a hook, are an audit of sources or of built output with few options. Importing click takes a third of a small
audit, so what it would read from such a line is read here; any other line is click's.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from driftline import regular
from driftline.model import Misuse, Report, Unreadable

if TYPE_CHECKING:
    from driftline.glance import Seen

FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html")
FAIL_ON = ("blocker", "warning", "note", "never")

# What the options of an audit are where nobody gives them, by the names that `cli` gives them.
UNASKED: Mapping[str, Any] = {
    "target": None, "app": None, "formats": (), "fail_on": None, "config": None, "baseline": None, "env_files": (), "bundles": (),
    "loader": None, "no_live": False, "jobs": None, "quiet": False, "verbose": False, "color": "auto", "listed": False,
}  # fmt: skip


# --- running one command ------------------------------------------------------------------------------------------------------


class _Terminated(BaseException):
    """SIGTERM has come: what was begun is tidied up on the way out."""


def run(command: Callable[[], object]) -> int:
    """Runs one command and gives its exit code: 0, 1, 2 (misuse) or 3 (could not judge); 130 for Ctrl-C and 143 for SIGTERM, as shells say it."""
    if sys.stdout is None:  # it was closed by whoever started us
        return 3
    heard: list[int] = []

    def stop(number: int, _frame: object) -> None:
        heard.append(number)
        raise KeyboardInterrupt if number == signal.SIGINT else _Terminated

    with suppress(ValueError):  # somebody runs us in a thread of theirs
        signal.signal(signal.SIGTERM, stop)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as a shell has it for what it starts in the background
            signal.signal(signal.SIGINT, stop)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        result = command()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except _Terminated:
        return 143
    except Misuse as error:
        say(f"driftline: {error}")
        return 2
    except Unreadable as error:
        say(f"driftline: {error.reason}")
        return 3
    except (BrokenPipeError, SystemExit):  # the reader went away: the report is not whole; click makes an exit with 1 of it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 3
    except OSError as error:
        say(f"driftline: {error.strerror or type(error).__name__}")
        return 3
    except Exception as error:  # never a traceback: it could show a value
        say(f"driftline: internal error ({_origin(error)}); please report it. Nothing was judged.")
        return 3
    # Python drops what is raised while it finalizes an object.
    return 128 + heard[0] if heard else result if isinstance(result, int) else 0


def _origin(error: BaseException) -> str:
    """The kind of an error and where it arose, without its text."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"


def say(text: str) -> None:
    """Prints a line for whoever watches, apart from the report; where nobody can be told, the exit code has to do."""
    with suppress(OSError):
        print(text, file=sys.stderr)


# --- plain lines --------------------------------------------------------------------------------------------------------------

_FLAGS = {"--no-live": "no_live", "--quiet": "quiet", "-q": "quiet", "--verbose": "verbose", "-v": "verbose"}
_VALUES = {"--env": "target", "--app": "app", "--fail-on": "fail_on"}


def plain(words: Sequence[str], seen: Seen | None = None) -> Callable[[], int] | None:
    """The command that a line asks for, where it is an audit or a hook with common options; None for every other line, which is click's.

    `seen` is what a glance has seen of the commit, if there was one.
    """
    if not words or words[0] not in ("check", "commit", "bundle"):
        return None
    options = {**UNASKED}
    paths: list[str] = []
    rest = iter(words[1:])
    for word in rest:
        name, equals, value = word.partition("=")
        if word == "--":
            paths += rest
        elif not word.startswith("-"):
            paths.append(word)
        elif word in _FLAGS:
            options[_FLAGS[word]] = True
        elif word == "--listed" and words[0] == "commit":
            options["listed"] = True
        elif name in _VALUES or name in ("--format", "--jobs"):
            value = value if equals else next(rest, "")
            if value.startswith("-") or not value or (name == "--fail-on" and value not in FAIL_ON):
                return None
            if name == "--format":
                options["formats"] = (*options["formats"], value)
            elif name == "--jobs":
                if not value.isdecimal() or not int(value):
                    return None
                options["jobs"] = int(value)
            else:
                options[_VALUES[name]] = value
        else:
            return None
    if words[0] == "commit":
        return lambda: commit(paths, options, seen)
    if words[0] == "bundle":
        return (lambda: bundle(paths, options)) if paths and all(map(os.path.exists, paths)) else None
    root = paths[0] if paths else "."
    return (lambda: check(root, options)) if len(paths) <= 1 else None


def check(root: str, options: Mapping[str, Any]) -> int:
    """`driftline check`: audits the project in `root` and gives the exit code."""
    from driftline import audit

    asked = request(root, options)
    return told(audit.check(asked), asked, options)


def bundle(paths: Sequence[str], options: Mapping[str, Any]) -> int:
    """`driftline bundle`: audits the built output at `paths`, with the project around the first of them if there is one, and gives the exit code."""
    from driftline.bundle import serve

    root, found = serve.project_of(paths[0])
    if not found and not any(options[name] for name in ("target", "app", "config", "baseline", "env_files", "loader", "bundles")):
        from driftline import built, cache

        report = built.bundle(
            paths,
            root,
            limits=limits(options),
            digest_key=os.environ.get("DRIFTLINE_DIGEST_KEY") or None,
            jobs=options["jobs"],
            cache=cache.folder(os.environ, root),
            progress=progress(options),
        )
        write(report, options)
        return built.exit_code(report, options["fail_on"] or "blocker")
    from driftline import audit

    asked = request(root, options)
    whole = tuple(os.path.abspath(path) for path in paths)
    return told(audit.bundle(asked._replace(command="bundle", bundles=whole, alone=not found)), asked, options)


def commit(paths: Sequence[str], options: Mapping[str, Any], seen: Seen | None = None) -> int:
    """`driftline commit`: judges what is staged, or only `paths` of it where any are named, and gives the exit code.

    `seen` is what a glance has seen of it, if there was one. Raises Unreadable where there is no git repository.
    """
    from driftline import glance, staged
    from driftline.project import git

    root = git.repository(".")
    if root is None:
        raise Unreadable("there is no git repository here; `driftline check` audits a folder without git")
    real = os.path.realpath(root)
    given = [os.path.relpath(os.path.realpath(os.path.dirname(path) or ".") + os.sep + os.path.basename(path), real) for path in paths]
    asked = request(root, options)._replace(command="commit")
    report = staged.commit(asked, [path.replace(os.sep, "/") for path in given], listed=options["listed"], seen=seen)
    code = told(report, asked, options, empty=0)
    # A glance that has seen something needs nothing.
    if seen is None and real == os.path.realpath(".") and options["config"] is None:
        glance.prepare(asked.cache, sorted(asked.settings.sources))
    return code


# --- what a run is asked --------------------------------------------------------------------------------------------------


def request(root: str, options: Mapping[str, Any], *, with_baseline: bool = True) -> Any:
    """The audit.Request of these options. Raises Misuse for what the user can mend."""
    from driftline import audit, cache, rules, suppress
    from driftline.project import git, settings

    read = settings.read(root, options["config"], rules.identifiers())
    rules.refuse_unknown({name: setting.options for name, setting in read.rules.items()}, read.path or "")
    baseline: tuple[suppress.Accepted, ...] = ()
    path = options["baseline"] or (os.path.join(root, read.baseline) if read.baseline else None)
    if path is None and os.path.lexists(os.path.join(root, suppress.FILE)):
        path = os.path.join(root, suppress.FILE)
    if path and with_baseline:
        try:
            baseline = suppress.read_baseline(regular.read(path).decode(), path)
        except (OSError, UnicodeDecodeError):
            raise Misuse(f"{path}: the baseline cannot be read") from None
    return audit.Request(
        root=root,
        settings=read,
        target=read.canonical(options["target"]) if options["target"] else None,
        app=options["app"].strip("/") or "." if options["app"] else None,
        env_files=tuple(_env_file(word) for word in options["env_files"]),
        baseline=baseline,
        loader=_loader(options["loader"]),
        digest_key=os.environ.get("DRIFTLINE_DIGEST_KEY") or None,
        progress=progress(options),
        bundles=tuple(os.path.abspath(path) for path in options["bundles"]),
        jobs=options["jobs"],
        limits=limits(options),
        cache=cache.folder(os.environ, git.repository(root) or root),
    )


def limits(options: Mapping[str, Any]) -> dict[str, int]:
    """The limits that `--max-*` options set, by their names in `bundle.unpack.Limits`."""
    return {name.removeprefix("max_"): value for name, value in options.items() if name.startswith("max_") and value is not None}


def _loader(name: str | None) -> str | None:
    if name is None:
        return None
    from driftline import loaders

    return loaders.named(name).name


def _env_file(word: str) -> tuple[str | None, str]:
    """`production=FILE` or `FILE`."""
    environment, equals, path = word.partition("=")
    return (environment, path) if equals else (None, word)


def progress(options: Mapping[str, Any]) -> Any:
    """A counter on the terminal for work over half a second; None where nobody watches."""
    import time

    if options["quiet"] or not sys.stderr.isatty():
        return None
    from driftline.terminal import size

    started = time.monotonic()
    shown = started

    def show(files: int, bytes: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - started > 0.5 and now - shown > 0.1:
            shown = now
            rate = size(int(bytes / (now - started)))
            print(f"\r{files} files, {size(bytes)}, {rate}/s", end="\x1b[K\r", file=sys.stderr, flush=True)

    return show


# --- what a run tells -----------------------------------------------------------------------------------------------------


def told(report: Report, asked: Any, options: Mapping[str, Any], *, empty: int = 3) -> int:
    """Writes a report and gives the exit code of the audit.Request `asked`; `empty` is the code when there was nothing to look at."""
    from driftline import audit

    write(report, options)
    return audit.exit_code(report, options["fail_on"] or asked.settings.fail_on or "blocker", empty=empty)


def write(report: Report, options: Mapping[str, Any]) -> None:
    """Renders the report in every format asked for: to its file, or to standard output. Raises Unreadable where a file cannot be written."""
    from driftline import reports

    wanted = [_target(word) for word in options["formats"]] or [("text", None)]
    if any(name not in ("text", "json") for name, _ in wanted):
        from driftline.rules import pages

        report = report._replace(pages=pages.every())
    failed = []
    for name, path in wanted:
        try:
            # Whole before any of it is written; the other reports come although one fails.
            rendered = reports.render(
                report,
                name,
                width=width(),
                colour=path is None and colour(options["color"]),
                verbose=options["verbose"],
                quiet=options["quiet"],
            )
            text = list(rendered)
        except Misuse:
            raise
        except Exception as error:
            failed.append(f"the {name} report failed inside driftline ({_origin(error)}); please report it")
            continue
        if path is None:
            for part in text:
                sys.stdout.write(part)
        else:
            try:
                write_whole(path, text)
            except OSError as error:  # the other reports are still written
                failed.append(f"{path}: the report could not be written ({error.strerror or type(error).__name__})")
    if failed:
        sys.stdout.flush()
        raise Unreadable("; ".join(failed))


def _target(word: str) -> tuple[str, str | None]:
    name, equals, path = word.partition("=")
    if name not in FORMATS:
        import difflib

        near = difflib.get_close_matches(name, FORMATS, 1)
        raise Misuse(f'there is no format "{name}"; it is one of {", ".join(FORMATS)}' + (f'; did you mean "{near[0]}"?' if near else ""))
    if equals and not path:
        raise Misuse(f'"{word}" names no file; `--format {name}` prints, `--format {name}=FILE` writes FILE')
    return name, path if equals else None


# Of a number of columns; more are no terminal's, and a line that is filled up to them costs memory.
_DIGITS = 4


def width() -> int:
    """The columns of the terminal, or what COLUMNS says; 100 where there is neither."""
    # As shutil.get_terminal_size, which imports three libraries for archives.
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and 0 < len(said) <= _DIGITS and int(said) > 0:
        return int(said)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 100
    except (ValueError, OSError):
        return 100


def colour(choice: str) -> bool:
    """Whether to print in colours, where --color is `choice`."""
    if choice == "auto":
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return choice == "always"


def keep(path: str, text: str, homes: Sequence[str] = (), *, follow: bool = True) -> None:
    """Writes a file that a command leaves behind, with its folder, as `write_whole`. Raises Unreadable where it cannot be written.

    One that the user did not name himself has to lie really in one of the folders `homes`: the project may hold links that lead out of it,
    and pipes. Raises Misuse for them.
    """
    if homes:
        real = os.path.realpath(path) if follow else os.path.join(os.path.realpath(os.path.dirname(path) or "."), os.path.basename(path))
        if not any(real.startswith(os.path.join(os.path.realpath(home), "")) for home in homes):
            raise Misuse(f"{path} leads out of the project; nothing was written")
        if os.path.exists(real) and not os.path.isfile(real):
            raise Misuse(f"{path} is not a regular file; nothing was written")
    try:
        if not os.path.isdir(folder := os.path.dirname(path) or "."):
            os.makedirs(folder, exist_ok=True)
        write_whole(path, [text], follow=follow)
    except OSError as error:
        raise Unreadable(f"{path}: could not be written ({error.strerror or type(error).__name__})") from None


def write_whole(path: str, parts: Iterable[str], *, follow: bool = True) -> None:
    """Writes a file at once: a reader sees the old content or the new, never half of it. A device or a pipe is written to as it is.

    A link is followed where the user named the file; one of the audited folder is replaced (`follow` False).
    """
    import secrets
    import shutil

    goal = os.path.realpath(path) if follow else os.path.abspath(path)
    if os.path.exists(goal) and not os.path.isfile(goal):
        with open(goal, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.writelines(parts)
        return
    temporary = os.path.join(os.path.dirname(goal), f".driftline-{secrets.token_hex(8)}")
    try:
        # The mode that the user's umask gives, or the one that the file already has.
        with open(temporary, "x", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.writelines(parts)
        if os.path.exists(goal) and not os.path.islink(goal):
            shutil.copymode(goal, temporary)
        os.replace(temporary, goal)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
