"""What the launch review found in a project beside its environments: databases, rules files, route handlers, backends, releases, owners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.model import Facts, Location, Stack
from driftline.record import NamedTuple

if TYPE_CHECKING:  # only the launch review replays databases
    from driftline.database import Database
    from driftline.database.firebase import Opening


class Store(NamedTuple):
    """One database of the project, replayed. `schemas` are those the data API serves; `api` is where browser code uses that API, None where it does not."""

    tool: str
    folder: str
    database: Database
    schemas: tuple[str, ...] = ("public",)
    api: Location | None = None


class Doubt(NamedTuple):
    """One place. `kind` is fallback, unauthenticated, unowned, header, mass assignment, decoded or price; `name` the word that comes from the request.

    `sink` is where it ends, the same as `location` where that is one place; `handler` tells the handlers of one file apart; `behind` says that
    something before the handler asks who is calling.
    """

    kind: str
    name: str
    location: Location
    sink: Location
    handler: str = ""
    behind: bool = False


class Hook(NamedTuple):
    """A route that a provider's webhook calls: `secrets` are the variables it checks signatures with, `tested` where a test names it."""

    provider: str
    route: str
    place: Location
    secrets: tuple[str, ...]
    tested: Location | None


class Attestation(NamedTuple):
    """A recorded word that a callback was seen to work: written by `driftline attest`, an ISO date."""

    name: str
    environment: str
    day: str
    place: Location


class Step(NamedTuple):
    """Something a release needs a hand for."""

    said: str
    fix: str
    place: Location
    subject: str
    related: tuple[tuple[Location, str], ...] = ()


class Surface(NamedTuple):
    """A part of the repository that decides over data, files or permissions."""

    what: str
    place: Location


class Blind(NamedTuple):
    """Something of the project that no reader of ours follows: a language in which it answers requests, or a backend that an app in another
    language reaches. `place` is where it shows first."""

    name: str
    place: Location


class Evidence(NamedTuple):
    """All of it. `tables_used` are the names that code hands to a table call, with the first place; `openings` come from Firebase's rules in
    `rules_files`, `doubts` from route handlers.

    `rules_of` are the Firebase services whose rules are there; `servers` the languages that answer requests unread, `clients` the backends that
    unread apps reach, `deployed_by` the first file that says how a release is made; `outputs` are the folders and files of built output that
    were looked at.
    """

    stores: tuple[Store, ...] = ()
    tables_used: tuple[tuple[str, Location], ...] = ()
    openings: tuple[Opening, ...] = ()
    rules_files: tuple[str, ...] = ()
    rules_of: frozenset[str] = frozenset()
    doubts: tuple[Doubt, ...] = ()
    stacks: tuple[Stack, ...] = ()
    hooks: tuple[Hook, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    steps: tuple[Step, ...] = ()
    unowned: tuple[Surface, ...] = ()
    owners_file: str | None = None
    surfaces: int = 0
    servers: tuple[Blind, ...] = ()
    clients: tuple[Blind, ...] = ()
    deployed_by: str | None = None
    outputs: tuple[str, ...] = ()


def of(facts: Facts) -> Evidence:
    """The evidence that the review gathered; empty for every other command."""
    return facts.evidence if isinstance(facts.evidence, Evidence) else Evidence()
