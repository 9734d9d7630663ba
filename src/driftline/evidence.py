"""What the launch review found in a project beside its environments: databases, rules files, route handlers, backends, releases, owners."""

from __future__ import annotations

from typing import NamedTuple

from driftline.database import Database
from driftline.database.firebase import Opening
from driftline.model import Facts, Location


class Store(NamedTuple):
    """One database of the project, replayed. `schemas` are those the data API serves; `api` is where browser code uses that API, None where it does not."""

    tool: str
    folder: str
    database: Database
    schemas: tuple[str, ...] = ("public",)
    api: Location | None = None


class Doubt(NamedTuple):
    """One place. `kind` is fallback, unauthenticated, header, mass assignment, decoded or price; `name` the word that comes from the request.

    `sink` is where it ends, the same as `location` where that is one place; `powerful` says that the file uses a client that no row security binds.
    """

    kind: str
    name: str
    location: Location
    sink: Location
    powerful: bool = False


class Evidence(NamedTuple):
    """All of it. `tables_used` are the names that code hands to a table call, with the first place; `openings` come from Firebase's rules, `doubts` from route handlers."""

    stores: tuple[Store, ...] = ()
    tables_used: tuple[tuple[str, Location], ...] = ()
    openings: tuple[Opening, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def of(facts: Facts) -> Evidence:
    """The evidence that the review gathered; empty for every other command."""
    return facts.evidence if isinstance(facts.evidence, Evidence) else Evidence()
