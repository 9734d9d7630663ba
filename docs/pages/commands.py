"""docs/commands.md: every command with its options, from the command line itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from driftline import cli

_CODES = (
    ("0", "judged, and nothing at or above `--fail-on`"),
    ("1", "findings"),
    ("2", "misuse: a bad flag or bad settings; the message names the nearest valid word"),
    ("3", "could not judge: something could not be read, there was nothing to audit, or an internal error; findings are still printed"),
)


def text() -> str:
    """The page."""
    lines = ["# Commands", "", "`driftline COMMAND --help` says the same on a terminal.", "", "| exit code | means |", "| --- | --- |"]
    lines += [f"| {code} | {means} |" for code, means in _CODES]
    lines += ["", "3 wins over 1; 130 and 143 are an interrupted run. They are the same for every command and format."]
    for name, command in _every(cli.main, "driftline"):
        lines += ["", f"## {name}", "", *_page(name, command)]
    return "\n".join(lines) + "\n"


def _every(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield name, command
        return
    for inner, found in sorted(command.commands.items()):
        yield from _every(found, f"{name} {inner}")


def _page(name: str, command: click.Command) -> Iterator[str]:
    yield f"`{' '.join([name, *command.collect_usage_pieces(click.Context(command))])}`"
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(command.help or "")):
        yield ""
        if paragraph.startswith("\b"):
            yield from ("```sh", *paragraph.splitlines()[1:], "```")
        else:
            yield paragraph
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    if options:
        yield from ("", "| option | does |", "| --- | --- |")
    for option in options:
        yield f"| `{_names(option)}` | {option.help}{' (needed)' if option.required else ''} |"


def _names(option: click.Option) -> str:
    names = ", ".join((*option.opts, *option.secondary_opts))
    if option.is_flag:
        return names
    choices = option.type.choices if isinstance(option.type, click.Choice) else ()
    # A bar would end the cell of the table.
    return f"{names} " + ("\\|".join(map(str, choices)) if choices else str(option.metavar or "TEXT"))
