"""The variable x environment table as a page of its own: the report's page without its findings."""

from __future__ import annotations

from driftline.reports.html import render

__all__ = ["render"]
