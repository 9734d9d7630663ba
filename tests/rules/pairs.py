"""Which fixtures belong together: a mistake that is flagged and its mended twin, with the frameworks and platforms that they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from driftline import audit, rules
from driftline.project import settings
from tests.projects import FIXTURES, make, patterns

# The 28 mistakes of real projects that the fixtures are named after; 26 and 27 are the launch review's, 21 is the exposure rules'.
INCIDENTS = tuple(number for number in range(1, 29) if number not in (21, 26, 27))

_NUMBER = re.compile(r"(?:flags|passes)-incident-(\d+)-")
# What every project has: they name no platform.
_EVERYWHERE = frozenset(("dotenv", "package_json", "domains", "pushes"))


class Side(NamedTuple):
    """One fixture folder of an incident: its rule, whether it is flagged, the frameworks of its apps and the formats of its platforms."""

    number: int
    rule: str
    flags: bool
    frameworks: frozenset[str]
    platforms: frozenset[str]


def sides(folder: Path) -> Iterator[Side]:
    """Every fixture folder that is named after an incident, read as the audit reads it; `folder` takes the projects made of them."""
    for case in sorted((FIXTURES / "rules").glob("*/*")):
        number = _NUMBER.match(case.name)
        if number is None:
            continue
        project = make(case, folder / case.parent.name / case.name)
        report = audit.check(audit.Request(str(project), settings.read(str(project), None, rules.identifiers()), cache=patterns()))
        formats = {source.format for app in report.apps for source, _ in app.readings}
        yield Side(
            int(number[1]),
            case.parent.name,
            case.name.startswith("flags"),
            frozenset(app.framework for app in report.apps if app.framework),
            frozenset(formats - _EVERYWHERE),
        )
