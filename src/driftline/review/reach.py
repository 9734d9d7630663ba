"""Whether anything of an app leads to a file of it: by who imports it, up to where the app begins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from driftline import late
from driftline.review.handlers.project import Project

_IMPORTED = late.pattern(rb"""(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*["']([^"'\n]{1,300})["']""")
_EXPORTS = late.pattern(rb"^\s*export\b|\bmodule\.exports\b|\bexports\.\w", re.MULTILINE)
# Files that a framework, a build tool or a platform starts by their name or place, 2026-11.
_BEGINS = late.pattern(
    r"(?:^|/)(?:app|pages|routes|api|functions|plugins|composables|stores|middleware|server/(?:utils|tasks)|layouts|workers?|jobs|cron|trigger|tasks|convex|commands|bin|scripts)/"
    r"|(?:^|/)(?:main|index|server|app|auth|worker|middleware|proxy|instrumentation|hooks\.\w+|entry[\w.-]*|root|[\w.-]+\.config)\.[cm]?[jt]sx?$|\.(?:vue|svelte|astro|py)$"
)


class Reach:
    """The imports of a project's code (bytes by path)."""

    def __init__(self, code: Mapping[str, bytes]) -> None:
        self._project = Project(code, {}, {})

    def is_reached(self, path: str) -> bool:
        """Whether a file begins something, or is imported by one that does. A file of which neither can be told counts as reached."""
        waiting, seen = [path], {path}
        while waiting:
            current = waiting.pop()
            if _BEGINS.search(current) or not _EXPORTS.search(self._project.files[current]):
                return True
            further = self._importers.get(current, set()) - seen
            seen |= further
            waiting += further
        return False

    @cached_property
    def _importers(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = {}
        for path, content in self._project.files.items():
            for match in _IMPORTED.finditer(content):
                file = self._project.file(path, match[1].decode("utf-8", "replace"))
                if file is not None:
                    found.setdefault(file, set()).add(path)
        return found
