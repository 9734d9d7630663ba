"""The command line: the only place that prints, exits or reads the process environment."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click

from driftline import __version__, glance
from driftline.model import Misuse, Report, Unreadable

FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html")
FAIL_ON = ("blocker", "warning", "note", "never")


class _Terminated(BaseException):
    """SIGTERM has come: what was begun is tidied up on the way out."""


def _terminate(_number: int, _frame: object) -> None:
    raise _Terminated


def run(arguments: Sequence[str]) -> int:
    """Runs one command and gives its exit code: 0, 1, 2 (misuse) or 3 (could not judge); 130 for Ctrl-C and 143 for SIGTERM, as shells say it."""
    if sys.stdout is None:  # it was closed by whoever started us
        return 3
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminate)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        result = main.main(args=list(arguments), prog_name="driftline", standalone_mode=False)
        sys.stdout.flush()
    except (click.exceptions.Abort, KeyboardInterrupt):
        return 130
    except _Terminated:
        return 143
    except click.ClickException as error:
        _say(f"driftline: {error.format_message()}")
        return 2
    except Misuse as error:
        _say(f"driftline: {error}")
        return 2
    except Unreadable as error:
        _say(f"driftline: {error.reason}")
        return 3
    except (BrokenPipeError, SystemExit):  # the reader went away: the report is not whole; click makes an exit with 1 of it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 3
    except OSError as error:
        _say(f"driftline: {error.strerror or type(error).__name__}")
        return 3
    except Exception as error:  # never a traceback: it could show a value
        _say(f"driftline: internal error ({_origin(error)}); please report it. Nothing was judged.")
        return 3
    return result if isinstance(result, int) else 0


def _origin(error: BaseException) -> str:
    """The kind of an error and where it arose, without its text."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"


def _say(text: str) -> None:
    print(text, file=sys.stderr)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="driftline", message="%(prog)s %(version)s")
def main() -> None:
    """What your project's environments really contain, checked on your own machine before it ships.

    \b
    driftline check              audit the project in this folder
    driftline matrix             which variable is declared where
    driftline explain TOPIC      a rule, a variable, or what stands at path:line
    """


def _beginning(words: Iterable[str], typed: str) -> list[str]:
    return [word for word in words if word.startswith(typed)]


def _loaders_from(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    from driftline import loaders

    return _beginning(loaders.LOADERS, typed)


def _rules_from(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    from driftline import rules

    return _beginning(rules.identifiers(), typed)


def _formats_from(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    return _beginning(FORMATS, typed)


def _common(command: Any) -> Any:
    """The options that every auditing command has."""
    options = [
        click.option("--env", "target", metavar="NAME", help="Judge one environment only."),
        click.option("--app", metavar="PATH", help="Judge one app of a monorepo only."),
        click.option(
            "--format",
            "formats",
            metavar="FORMAT[=FILE]",
            multiple=True,
            shell_complete=_formats_from,
            help=f"One of {', '.join(FORMATS)}; repeatable.",
        ),
        click.option("--fail-on", type=click.Choice(FAIL_ON), help="Exit 1 from this severity on (default: blocker)."),
        click.option("--config", metavar="FILE", help="Read settings from FILE instead of driftline.toml."),
        click.option("--baseline", metavar="FILE", help="Accept the findings listed in FILE."),
        click.option("--env-file", "env_files", metavar="[ENV=]FILE", multiple=True, help="Read FILE too, for ENV."),
        click.option(
            "--bundle",
            "bundles",
            metavar="PATH",
            multiple=True,
            type=click.Path(exists=True),
            help="Audit this built output too; repeatable.",
        ),
        click.option(
            "--loader",
            metavar="NAME",
            shell_complete=_loaders_from,
            help="Read env files as this loader does (next, vite, python-dotenv, ...).",
        ),
        click.option("--no-live", is_flag=True, help="Ignore the process environment."),
        click.option("--jobs", type=click.IntRange(1), metavar="N", help="Use N threads where work can be shared."),
        click.option("--quiet", "-q", is_flag=True, help="One line."),
        click.option("--verbose", "-v", is_flag=True, help="All rows and all evidence."),
        click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="Colours (also NO_COLOR)."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@main.command(short_help="Audit the whole project.")
@click.argument("root", default=".")
@_common
def check(root: str, **options: Any) -> int:
    """Audit the project in ROOT: every app, every environment, or one with --env.

    \b
    driftline check
    driftline check --env production
    driftline check apps/web --format json=report.json --format text
    """
    from driftline import audit

    report = audit.check(_request(root, options))
    _write(report, options)
    return audit.exit_code(report, _fail_on(root, options))


@main.command(short_help="Judge the staged content (the pre-commit hook).")
@click.argument("paths", metavar="[FILES]...", nargs=-1)
@_common
def commit(paths: tuple[str, ...], **options: Any) -> int:
    """Judge what is staged for the next commit, not the work tree; or only FILES of it.

    \b
    driftline commit
    driftline commit --format json
    """
    from driftline import audit, staged
    from driftline.project import git

    root = git.repository(".")
    if root is None:
        raise Unreadable("there is no git repository here; `driftline check` audits a folder without git")
    real = os.path.realpath(root)
    given = [os.path.relpath(os.path.realpath(os.path.dirname(path) or ".") + os.sep + os.path.basename(path), real) for path in paths]
    request = _request(root, options)._replace(command="commit")
    report = staged.commit(request, [path.replace(os.sep, "/") for path in given])
    _write(report, options)
    if real == os.path.realpath(".") and options["config"] is None:
        glance.prepare(glance.cache_folder(os.environ), sorted(request.settings.sources))
    return audit.exit_code(report, _fail_on(root, options), empty=0)


@main.command(short_help="The gate before a deploy: one environment, the live variables, the built bundle.")
@click.argument("root", default=".")
@_common
def predeploy(root: str, **options: Any) -> int:
    """Judge one environment of ROOT before it is deployed: every source, and what this very process gets as environment variables.

    The environment is the one of --env, or the one that the platform running this names (VERCEL_ENV, CONTEXT, ...); if the two
    disagree, nothing is judged.

    \b
    driftline predeploy --env production
    driftline predeploy --env production --format sarif=driftline.sarif --format text
    """
    from driftline import audit
    from driftline.model import Location, Related
    from driftline.project import live

    request = _request(root, options)
    settings = request.settings
    host = None if options["no_live"] else live.host(root, os.environ, settings.kind_of)
    target = settings.canonical(live.target(host, options["target"], settings.kind_of, settings.environments))
    around = None if options["no_live"] else live.Surroundings(dict(os.environ), host, target)
    report = audit.check(request._replace(command="predeploy", target=target, surroundings=around))
    if host is not None:
        asked = ", as --env says" if options["target"] else ""
        note = Related(Location(live.PATH, 1), f"judged for {target}{asked}; this runs on {live.says(host)}")
        report = report._replace(notes=(note, *report.notes))
    _write(report, options)
    return audit.exit_code(report, _fail_on(root, options))


@main.command(short_help="Audit built output: a folder, a file, an archive.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True))
@_common
def bundle(paths: tuple[str, ...], **options: Any) -> int:
    """Audit what a build really wrote: secrets and the project's own private values in every encoding, in every served file.

    A PATH is a folder, a file, or a .zip .tar .tar.gz .tgz .apk .aab .ipa .whl .asar. The project around it, or --env-file, gives the
    private values to look for.

    \b
    driftline bundle dist/
    driftline bundle .next --format json
    driftline bundle app-release.apk --env-file production=.env.production
    """
    from driftline.bundle import serve

    root, found = serve.project_of(paths[0])
    if not found and not any(options[name] for name in ("target", "app", "config", "baseline", "env_files", "loader", "bundles")):
        from driftline import built

        report = built.bundle(
            paths,
            root,
            digest_key=os.environ.get("DRIFTLINE_DIGEST_KEY") or None,
            jobs=options["jobs"],
            cache=glance.cache_folder(os.environ),
            progress=_progress(options),
        )
        _write(report, options)
        return built.exit_code(report, options["fail_on"] or "blocker")
    from driftline import audit

    report = audit.bundle(
        _request(root, options)._replace(command="bundle", bundles=tuple(os.path.abspath(path) for path in paths), alone=not found)
    )
    _write(report, options)
    return audit.exit_code(report, _fail_on(root, options))


@main.command(short_help="The launch review: every red flag, its evidence, and one decision.")
@click.argument("root", default=".")
@click.option("--keep", is_flag=True, help="Keep verdicts and fingerprints (no values) in .driftline/review.json, to compare with later.")
@click.option("--changed", is_flag=True, help="Say what got better, worse or new since the review that was kept.")
@_common
def review(root: str, keep: bool, changed: bool, **options: Any) -> int:
    """Judge the red flags of a launch in ROOT, from the files alone, and come to one decision: what to do next, and what not to.

    Built output is looked at where --bundle names it, or where the project's folders hold some.

    \b
    driftline review
    driftline review --format html=launch.html
    driftline review --changed --keep
    """
    from driftline import audit
    from driftline import review as launch
    from driftline.review import changes

    path = os.path.join(root, changes.FILE)
    if (keep or changed) and (options["target"] or options["app"]):
        raise Misuse("--keep and --changed are for the whole project, without --env and --app")
    before = _kept_text(path)
    if changed and before is None and not keep:
        raise Misuse(f"no review is kept in {path}; `driftline review --keep` writes one")
    report = launch.review(_request(root, options))
    if changed and before is not None:
        report = changes.compared(report, before)
    if keep and report.unread:
        _say("driftline: not kept, because not everything could be judged")
    elif keep:
        _write_kept(root, path, changes.kept(report))
    _write(report, options)
    return audit.exit_code(report, _fail_on(root, options))


def _kept_text(path: str) -> str | None:
    """A file that driftline keeps in a project; None where there is none."""
    if not os.path.exists(path):
        return None
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        raise Misuse(f"{path} cannot be read") from None


def _write_kept(root: str, path: str, text: str) -> None:
    folder = os.path.dirname(path)
    if os.path.islink(folder) or os.path.realpath(folder) != os.path.join(os.path.realpath(root), os.path.basename(folder)):
        raise Misuse(f"{folder} is a link; it has to be a folder of the project")
    os.makedirs(folder, exist_ok=True)
    _write_whole(path, [text])


@main.group(short_help="Record what was seen to work.")
def attest() -> None:
    """Record in the repository that something was seen to work, so that the launch review counts it."""


@attest.command("callback", short_help="A callback that received a real event.")
@click.argument("name")
@click.option("--env", "target", metavar="NAME", required=True, help="The environment in which it was called.")
@click.option("--event", metavar="ID", help="The id of the event, as the provider's dashboard shows it.")
@click.option("--root", default=".", metavar="DIR", help="The project.")
@click.option("--config", metavar="FILE", help="Read settings from FILE instead of driftline.toml.")
def attest_callback(name: str, target: str, event: str | None, root: str, config: str | None) -> int:
    """Record today that the callback NAME (its route, its provider or its file) received a real event, in .driftline/attestations.json.

    \b
    driftline attest callback /api/webhooks/stripe --env production --event evt_1234
    """
    from datetime import date

    from driftline import audit, rules
    from driftline import review as launch
    from driftline.project import settings
    from driftline.review import hooks

    read = settings.read(root, config, rules.identifiers())
    hook = hooks.named(launch.callbacks(audit.Request(root, read)), name)
    path = os.path.join(root, hooks.ATTESTATIONS)
    try:
        text = hooks.attested(_kept_text(path), hook.route, read.canonical(target), date.today().isoformat(), hooks.event_id(event))
    except ValueError:
        raise Misuse(f"{path} is not a {hooks.SCHEMA} file; nothing was written") from None
    _write_kept(root, path, text)
    print(f"{os.path.normpath(path)}: {hook.route} ({hook.provider}) was seen to work in {read.canonical(target)}; commit it.")
    return 0


@main.command(short_help="Accept today's findings, with a reason.")
@click.argument("root", default=".")
@click.option("--reason", default="accepted when driftline was introduced", show_default=True, help="Why they are accepted.")
@click.option("--expires", metavar="DATE", help="Until when, such as 2027-01-31; then they count again.")
@_common
def baseline(root: str, reason: str, expires: str | None, **options: Any) -> int:
    """Write a baseline that accepts every finding of ROOT as it is today; new ones still count. Commit the file.

    It holds no value and no line number: moved lines and renamed chunks stay accepted, a different finding does not.

    \b
    driftline baseline --reason "before the launch clean-up" --expires 2027-01-31
    """
    from driftline import audit, suppress

    until = _date(expires)
    request = _request(root, options, with_baseline=False)
    report = audit.check(request._replace(command="baseline"))
    path = options["baseline"] or os.path.join(root, request.settings.baseline or suppress.FILE)
    _write_whole(path, [suppress.baseline_text(report.findings, reason, until)])
    accepted = len(report.open)
    print(f"{path} accepts {accepted} finding{'' if accepted == 1 else 's'}{f' until {until}' if until else ''}; commit it.")
    for unread in report.unread:
        _say(f"driftline: could not look at {unread.path}: {unread.reason}")
    return 3 if report.unread else 0


@main.command(short_help="Write driftline.toml and install the commit hook.")
@click.argument("root", default=".")
@click.option("--remove", is_flag=True, help="Take back what init wrote.")
@click.option("--no-hook", is_flag=True, help="Write driftline.toml only.")
def init(root: str, remove: bool, no_hook: bool) -> int:
    """Write a commented driftline.toml from what is found in ROOT, and add driftline to the hook tool the project already uses
    (pre-commit, husky, lefthook, simple-git-hooks, or git's own hooks). Nothing outside the repository is touched.

    \b
    driftline init
    driftline init --remove
    """
    from driftline import install

    steps = install.remove(root) if remove else install.install(root, hook=not no_hook)
    for step in steps:
        if step.content is None and step.path is not None:
            os.unlink(os.path.join(root, step.path))
        elif step.path is not None and step.content is not None:
            _write_whole(os.path.join(root, step.path), [step.content])
            if step.executable:
                os.chmod(os.path.join(root, step.path), 0o755)  # noqa: S103  # what git asks of a hook
        print(step.said)
    return 0


@main.command(short_help="Check in names (never values) exported from a platform's own CLI.")
@click.argument("pairs", metavar="NAME=FILE...", nargs=-1, required=True)
@click.option("--root", default=".", metavar="DIR", help="The project, or the app of a monorepo, that the variables belong to.")
@click.option("--config", metavar="FILE", help="Read settings from FILE instead of driftline.toml.")
def snapshot(pairs: tuple[str, ...], root: str, config: str | None) -> int:
    """Keep of a platform's export the names, states and identities of its variables, in .driftline/NAME.json; values are never written.

    FILE is what the platform's own CLI prints (- for standard input): vercel env ls or pull, netlify env:list --json, wrangler secret list,
    fly secrets list --json, heroku config --json, gh secret list --json name, gh variable list --json name,value, railway variables --json,
    supabase secrets list, doppler secrets --json, infisical export, stripe webhook_endpoints list, terraform show -json, or NAME=value lines.
    Several files of one NAME are put together.

    \b
    vercel env ls | driftline snapshot production=-
    driftline snapshot production=heroku.json staging=staging.json
    driftline snapshot production=secrets.json production=endpoints.json
    """
    from datetime import date

    from driftline import rules
    from driftline.project import exports, settings

    read = settings.read(root, config, rules.identifiers())
    given: dict[str, list[tuple[exports.Export, date]]] = {}
    for word in pairs:
        name, equals, path = word.partition("=")
        if not equals or not name or not path:
            raise Misuse(f"{word}: say which environment the export is of: production={word or 'FILE'}")
        given.setdefault(read.canonical(name), []).append(_exported(path))
    texts = {
        exports.path_of(name): exports.snapshot(
            name, [export for export, _ in found], min(day for _, day in found), os.environ.get("DRIFTLINE_DIGEST_KEY") or None
        )
        for name, found in given.items()
    }
    folder = os.path.join(root, exports.FOLDER)
    if os.path.islink(folder):
        raise Misuse(f"{folder} is a link; it has to be a folder of the project")
    for path, text in texts.items():
        goal = os.path.join(root, path)
        before = None
        if os.path.exists(goal):
            with open(goal, encoding="utf-8", errors="replace") as file:
                before = exports.names(file.read())
        os.makedirs(folder, exist_ok=True)
        _write_whole(goal, [text], follow=False)
        print(exports.said(path, exports.names(text), before))
    return 0


def _exported(path: str) -> tuple[Any, Any]:
    """An export as read from a file or from standard input, and the day it is from."""
    from datetime import date

    from driftline.project import exports, files

    try:
        if path == "-":
            content, day = sys.stdin.buffer.read(files.MAX_SOURCE), date.today()
        else:
            folder, base = os.path.split(os.path.abspath(path))
            content = files.read(folder, base)
            day = min(date.today(), date.fromtimestamp(os.stat(path).st_mtime))
        return exports.read(exports.decode(content), path), day
    except Unreadable as problem:
        place = f" (line {problem.line})" if problem.line else ""
        raise Misuse(f"{'standard input' if path == '-' else path}: {problem.reason}{place}") from None


@main.command(short_help="Variable x environment table.")
@click.argument("root", default=".")
@_common
def matrix(root: str, **options: Any) -> int:
    """Show which variable is declared in which environment of ROOT, and which source wins.

    \b
    driftline matrix
    driftline matrix --loader python-dotenv --format json
    """
    from driftline import audit

    report = audit.check(_request(root, options)._replace(command="matrix"))
    _write(report, options)
    return 3 if report.unread or report.files == 0 else 0


@main.command(short_help="A rule, a variable, or a place in a file.")
@click.argument("topic", shell_complete=_rules_from)
@click.argument("root", default=".")
@click.option("--config", metavar="FILE", help="Read settings from FILE instead of driftline.toml.")
@click.option("--env-file", "env_files", metavar="[ENV=]FILE", multiple=True, help="Read FILE too, for ENV.")
@click.option(
    "--loader", metavar="NAME", shell_complete=_loaders_from, help="Read env files as this loader does (next, vite, python-dotenv, ...)."
)
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="Colours (also NO_COLOR).")
def explain(topic: str, root: str, color: str, **options: Any) -> int:
    """Explain a RULE, a VARIABLE of the project in ROOT, or a PLACE in one of its files.

    \b
    driftline explain missing-variable          why it matters, the fix, what not to do, how to accept it
    driftline explain STRIPE_SECRET_KEY         where it is declared, which value wins and why, who reads it
    driftline explain .env.production:12        what stands on that line
    driftline explain dist/assets/x.js:1:4711   what stands at that column of a built file
    """
    import re

    from driftline import rules
    from driftline.reports import _explain
    from driftline.rules import pages
    from driftline.terminal import Terminal

    width, colour = shutil.get_terminal_size((100, 24)).columns, _colour(color)
    terminal = Terminal(max(40, width), colour)
    place = re.fullmatch(r"(.+?):(\d{1,9})(?::(\d{1,9}))?", topic)
    if topic in rules.identifiers() or (place is None and not re.fullmatch(r"[A-Za-z_]\w{0,999}", topic)):
        sys.stdout.writelines(pages.explain(topic, width=width, colour=colour))
        return 0
    unasked = {"target": None, "app": None, "baseline": None, "bundles": (), "jobs": None, "quiet": False}
    request = _request(root, {**options, **unasked})
    from driftline import audit

    report = audit.check(request)
    if place is None:
        text = _explain.variable(report, topic, terminal)
    else:
        report, text = _at(report, request, place[1], int(place[2]), int(place[3]) if place[3] else None, terminal)
    sys.stdout.writelines(text)
    return 3 if report.unread else 0


def _at(report: Report, request: Any, path: str, line: int, column: int | None, terminal: Any) -> tuple[Report, Iterator[str]]:
    """The report that knows the file, and what it says of the place: the project's own, or one of the file as built output."""
    from driftline import audit
    from driftline.reports import _explain

    text = _explain.place(report, path, line, column, terminal)
    file = os.path.join(request.root, path)
    if text is None and os.path.isfile(file):
        report = audit.check(request._replace(bundles=(os.path.abspath(file),)))
        text = _explain.place(report, path, line, column, terminal)
    if text is None:
        known = "nothing that driftline looks for stands in it" if os.path.isfile(file) else "there is no such file"
        raise Misuse(f"{path}: {known}")
    return report, text


@main.command(short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion(shell: str) -> int:
    """Print the script that lets SHELL complete commands, options, formats, loaders and rules.

    \b
    eval "$(driftline completion bash)"                                      # in ~/.bashrc
    eval "$(driftline completion zsh)"                                       # in ~/.zshrc
    driftline completion fish > ~/.config/fish/completions/driftline.fish
    """
    from click.shell_completion import get_completion_class

    complete = get_completion_class(shell)
    if complete is None:  # click knows all three
        raise Misuse(f"there is no completion for {shell}")
    print(complete(main, {}, "driftline", "_DRIFTLINE_COMPLETE").source())
    return 0


@main.command(short_help="Every rule with its severity.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="Colours (also NO_COLOR).")
def rules(color: str) -> int:
    """List every rule with its severity."""
    from driftline.rules import pages

    sys.stdout.writelines(pages.listing(width=shutil.get_terminal_size((100, 24)).columns, colour=_colour(color)))
    return 0


def _request(root: str, options: dict[str, Any], *, with_baseline: bool = True) -> Any:
    from driftline import audit, rules, suppress
    from driftline.project import settings

    read = settings.read(root, options["config"], rules.identifiers())
    rules.refuse_unknown({name: setting.options for name, setting in read.rules.items()}, read.path or "")
    baseline: tuple[suppress.Accepted, ...] = ()
    path = options["baseline"] or (os.path.join(root, read.baseline) if read.baseline else None)
    if path is None and os.path.isfile(os.path.join(root, suppress.FILE)):
        path = os.path.join(root, suppress.FILE)
    if path and with_baseline:
        try:
            with open(path, encoding="utf-8") as file:
                baseline = suppress.read_baseline(file.read(), path)
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
        progress=_progress(options),
        bundles=tuple(os.path.abspath(path) for path in options["bundles"]),
        jobs=options["jobs"],
        cache=glance.cache_folder(os.environ),
    )


def _date(word: str | None) -> Any:
    from datetime import date

    if word is None:
        return None
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise Misuse(f'--expires must be a date such as 2027-01-31, not "{word}"') from None


def _loader(name: str | None) -> str | None:
    if name is None:
        return None
    from driftline import loaders

    return loaders.named(name).name


def _env_file(word: str) -> tuple[str | None, str]:
    """`production=FILE` or `FILE`."""
    environment, equals, path = word.partition("=")
    return (environment, path) if equals else (None, word)


def _fail_on(root: str, options: dict[str, Any]) -> str:
    from driftline import rules
    from driftline.project import settings

    return options["fail_on"] or settings.read(root, options["config"], rules.identifiers()).fail_on or "blocker"


def _progress(options: dict[str, Any]) -> Any:
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


def _write(report: Report, options: dict[str, Any]) -> None:
    """Renders the report in every format asked for: to its file, or to standard output. Raises Unreadable where a file cannot be written."""
    from driftline import reports

    wanted = [_target(word) for word in options["formats"]] or [("text", None)]
    if any(name not in ("text", "json") for name, _ in wanted):
        from driftline.rules import pages

        report = report._replace(pages=pages.every())
    failed = []
    for name, path in wanted:
        colour = path is None and _colour(options["color"])
        text = reports.render(
            report,
            name,
            width=shutil.get_terminal_size((100, 24)).columns,
            colour=colour,
            verbose=options["verbose"],
            quiet=options["quiet"],
        )
        if path is None:
            for part in text:
                sys.stdout.write(part)
        else:
            try:
                _write_whole(path, text)
            except OSError as error:  # the other reports are still written
                failed.append(f"{path}: the report could not be written ({error.strerror or type(error).__name__})")
    if failed:
        sys.stdout.flush()
        raise Unreadable("; ".join(failed))


def _target(word: str) -> tuple[str, str | None]:
    import difflib

    name, equals, path = word.partition("=")
    if name not in FORMATS:
        near = difflib.get_close_matches(name, FORMATS, 1)
        raise Misuse(f'there is no format "{name}"; it is one of {", ".join(FORMATS)}' + (f'; did you mean "{near[0]}"?' if near else ""))
    if equals and not path:
        raise Misuse(f'"{word}" names no file; `--format {name}` prints, `--format {name}=FILE` writes FILE')
    return name, path if equals else None


def _colour(choice: str) -> bool:
    if choice == "auto":
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return choice == "always"


def _write_whole(path: str, parts: Iterable[str], *, follow: bool = True) -> None:
    """Writes a file at once: a reader sees the old content or the new, never half of it. A device or a pipe is written to as it is.

    A link is followed where the user named the file; one of the audited folder is replaced (`follow` False).
    """
    import secrets

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
