"""The command line: every command with its options and its page; what they print and exit with is the console's."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from driftline import __version__, console, regular
from driftline.console import FAIL_ON, FORMATS
from driftline.model import Misuse, Report, Unreadable

if TYPE_CHECKING:
    from driftline.suppress import Accepted


def run(arguments: Sequence[str]) -> int:
    """Runs one command and gives its exit code, as `console.run`."""
    return console.run(console.plain(arguments) or (lambda: _clicked(arguments)))


def _clicked(arguments: Sequence[str]) -> object:
    try:
        return main.main(args=list(arguments), prog_name="driftline", standalone_mode=False)
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        raise Misuse(error.format_message()) from None


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
        click.option("--jobs", type=click.IntRange(1), metavar="N", help="Use N workers where work can be shared."),
        click.option("--quiet", "-q", is_flag=True, help="One line."),
        click.option("--verbose", "-v", is_flag=True, help="All rows and all evidence."),
        click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="Colours (also NO_COLOR)."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def _bytes(_context: click.Context, _parameter: click.Parameter, typed: str | None) -> int | None:
    """A number of bytes, or of their multiples by 1024: 64K, 64M, 2G."""
    if typed is None:
        return None
    number, unit = (typed[:-1], typed[-1].upper()) if typed[-1:].isalpha() else (typed, "")
    if unit not in _UNITS or not (number.isascii() and number.isdigit()):
        raise click.BadParameter(f"{typed!r} is no size; write bytes, or 64K, 64M, 2G")
    return int(number) * _UNITS[unit]


def _limits(command: Any) -> Any:
    """The options that bound what a file of built output may cost: the fields of `bundle.unpack.Limits`, whose defaults they name."""
    size: dict[str, Any] = {"metavar": "SIZE", "callback": _bytes}
    number: dict[str, Any] = {"metavar": "N", "type": click.IntRange(1)}
    options = (
        ("--max-file-size", size, "Leave a larger file unread (default: none)."),
        ("--max-unpacked", size, "Unpack at most this much from one file (default: 8G)."),
        ("--max-nested", size, "Leave a larger archive inside another unread (default: 64M)."),
        ("--max-depth", number, "Open containers in one another N deep (default: 5)."),
        ("--max-archives", number, "Open at most N containers in one file (default: 2000)."),
        ("--max-members", number, "Read at most N files of one archive (default: 200000)."),
        ("--max-ratio", number, "Unpack at most N times the packed size (default: 250)."),
    )
    for name, kind, said in reversed(options):
        command = click.option(name, help=said, **kind)(command)
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
    return console.check(root, options)


@main.command(short_help="Judge the staged content (the pre-commit hook).")
@click.argument("paths", metavar="[FILES]...", nargs=-1)
@click.option("--listed", is_flag=True, help="Judge FILES only, even where none is named (deleted files always count).")
@_common
def commit(paths: tuple[str, ...], **options: Any) -> int:
    """Judge what is staged for the next commit, not the work tree; or only FILES of it.

    \b
    driftline commit
    driftline commit --format json
    """
    return console.commit(paths, options)


@main.command(short_help="The gate before a deploy: one environment, the live variables, the built bundle.")
@click.argument("root", default=".")
@_common
@_limits
def predeploy(root: str, **options: Any) -> int:
    """Judge one environment of ROOT before it is deployed: every source, and what this very process gets as environment variables.

    The environment is the one of --env, or the one that the platform running this names (VERCEL_ENV, CONTEXT, ...); if the two
    disagree, nothing is judged.

    \b
    driftline predeploy --env production
    driftline predeploy --env production --format sarif=driftline.sarif --format text
    """
    from driftline import audit
    from driftline.model import PROCESS, Location, Related
    from driftline.project import live

    request = console.request(root, options)
    settings = request.settings
    host = None if options["no_live"] else live.host(root, os.environ, settings.kind_of)
    target = settings.canonical(live.target(host, options["target"], settings.kind_of, settings.environments))
    around = None if options["no_live"] else live.Surroundings(dict(os.environ), host, target)
    report = audit.check(request._replace(command="predeploy", target=target, surroundings=around))
    if host is not None:
        asked = ", as --env says" if options["target"] else ""
        note = Related(Location(PROCESS, 1), f"judged for {target}{asked}; this runs on {live.says(host)}")
        report = report._replace(notes=(note, *report.notes))
    return console.told(report, request, options)


@main.command(short_help="Audit built output: a folder, a file, an archive.")
@click.argument("paths", metavar="PATH...", nargs=-1, type=click.Path(exists=True))
@_common
@_limits
def bundle(paths: tuple[str, ...], **options: Any) -> int:
    """Audit what a build really wrote: secrets and the project's own private values in every encoding, in every served file.

    A PATH is a folder, a file, or a .zip .tar .tar.gz .tgz .apk .aab .ipa .whl .asar. The project around it, or --env-file, gives the
    private values to look for. Without a PATH, the built output that lies in the project's folders is audited. What passes a --max-* limit
    is unread: exit code 3.

    \b
    driftline bundle dist/
    driftline bundle .next --format json
    driftline bundle app-release.apk --env-file production=.env.production
    """
    return console.bundle(paths or _built_here(), options)


def _built_here() -> tuple[str, ...]:
    """The built output in the folders of this project's packages. Raises Misuse where there is none."""
    from driftline.bundle import serve
    from driftline.project import files

    homes = {"", *(os.path.dirname(file.path) for file in files.walk(".").files if os.path.basename(file.path) == "package.json")}
    found = [path for home in sorted(homes) for path in serve.built(home or ".")]
    if not found:
        raise Misuse("there is no built output here; build the project first, or name what is to be audited: driftline bundle PATH")
    return tuple(os.path.normpath(path) for path in found)


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
    from driftline import review as launch
    from driftline.review import changes

    path = os.path.join(root, changes.FILE)
    if (keep or changed) and (options["target"] or options["app"]):
        raise Misuse("--keep and --changed are for the whole project, without --env and --app")
    before = _kept_text(path)
    if changed and before is None and not keep:
        raise Misuse(f"no review is kept in {path}; `driftline review --keep` writes one")
    request = console.request(root, options)
    report = launch.review(request)
    if changed and before is not None:
        report = changes.compared(report, before)
    if keep and report.unread:
        console.say("driftline: not kept, because not everything could be judged")
    elif keep:
        console.keep(path, changes.kept(report), (root,))
    return console.told(report, request, options)


def _kept_text(path: str) -> str | None:
    """A file that driftline keeps in a project; None where there is none."""
    if not os.path.lexists(path):
        return None
    try:
        return regular.read(path).decode()
    except (OSError, UnicodeDecodeError):
        raise Misuse(f"{path} cannot be read") from None


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
    console.keep(path, text, (root,))
    print(f"{os.path.normpath(path)}: {hook.route} ({hook.provider}) was seen to work in {read.canonical(target)}; commit it.")
    return 0


def _baseline_before(path: str) -> tuple[Accepted, ...]:
    """What a baseline accepts that is to be written again; nothing where there is none, or a broken one."""
    from driftline import suppress

    try:
        return suppress.read_baseline(regular.read(path).decode(), path)
    except (OSError, UnicodeDecodeError, Misuse):
        return ()


@main.command(short_help="Accept today's findings, with a reason.")
@click.argument("root", default=".")
@click.option("--reason", default="accepted when driftline was introduced", show_default=True, help="Why they are accepted.")
@click.option("--expires", metavar="DATE", help="Until when, such as 2027-01-31; then they count again.")
@_common
def baseline(root: str, reason: str, expires: str | None, **options: Any) -> int:
    """Write a baseline that accepts every finding of ROOT as it is today; new ones still count. Commit the file.

    It holds no value and no line number: moved lines and renamed chunks stay accepted, a different finding does not. A key is told by
    its kind, mode and account; one that says no account is taken for another of its kind in the same file, except by `driftline commit`.

    \b
    driftline baseline --reason "before the launch clean-up" --expires 2027-01-31

    Written again, it keeps the reason and the date of what it accepts already, and leaves out what is no finding any more.
    """
    from datetime import date

    from driftline import audit, suppress
    from driftline.project import git

    until = _date(expires)
    if until is not None and until < date.today():
        raise Misuse(f"--expires {until} has passed, so nothing would be accepted")
    request = console.request(root, options, with_baseline=False)
    report = audit.check(request._replace(command="baseline"))
    path = options["baseline"] or os.path.join(root, request.settings.baseline or suppress.FILE)
    homes = () if options["baseline"] else (git.repository(root) or root,)
    kept = [entry for entry in _baseline_before(path) if entry.expires is None or entry.expires >= date.today()]
    console.keep(path, suppress.baseline_text(report.findings, reason, until, kept), homes)
    accepted = len(report.open)
    print(f"{path} accepts {accepted} finding{'' if accepted == 1 else 's'}{f' until {until}' if until else ''}; commit it.")
    for unread in report.unread:
        console.say(f"driftline: could not look at {unread.path}: {unread.reason}")
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
    homes = install.homes(root)
    for step in steps:
        if step.content is None and step.path is not None:
            os.unlink(os.path.join(root, step.path))
        elif step.path is not None and step.content is not None:
            console.keep(os.path.join(root, step.path), step.content, homes)
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
    for path, text in texts.items():
        goal = os.path.join(root, path)
        try:
            before = exports.names(regular.read(goal).decode(errors="replace"))
        except OSError:
            before = None
        console.keep(goal, text, (root,), follow=False)
        print(exports.said(path, text, before))
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

    report = audit.check(console.request(root, options)._replace(command="matrix"))
    console.write(report, options)
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

    width, colour = console.width(), console.colour(color)
    terminal = Terminal(max(40, width), colour)
    place = re.fullmatch(r"(.+?):(\d{1,9})(?::(\d{1,9}))?", topic)
    if topic in rules.identifiers() or (place is None and not re.fullmatch(r"[A-Za-z_]\w{0,999}", topic)):
        sys.stdout.writelines(pages.explain(topic, width=width, colour=colour))
        return 0
    unasked = {"target": None, "app": None, "baseline": None, "bundles": (), "jobs": None, "quiet": False}
    request = console.request(root, {**options, **unasked})
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

    sys.stdout.writelines(pages.listing(width=console.width(), colour=console.colour(color)))
    return 0


def _date(word: str | None) -> Any:
    from datetime import date

    if word is None:
        return None
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise Misuse(f'--expires must be a date such as 2027-01-31, not "{word}"') from None
