"""The variable x environment table as Markdown: the report's tables, whole and unfolded."""

from __future__ import annotations

from collections.abc import Iterator

from driftline.model import Report
from driftline.reports.markdown import tables
from driftline.terminal import Terminal


def render(report: Report, terminal: Terminal, *, verbose: bool, quiet: bool) -> Iterator[str]:  # noqa: ARG001  a document has no screen
    """A table per app, each with its legend."""
    yield from tables(report, terminal)
