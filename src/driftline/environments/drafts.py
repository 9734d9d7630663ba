"""The environments of one app while they are put together: who speaks for each of them, and what was read on the way."""

from collections.abc import Sequence

from driftline.knowledge import platform
from driftline.model import Authority, Declaration, Kind, Reading, Source
from driftline.project.apps import Plan
from driftline.project.settings import Settings
from driftline.record import NamedTuple

_ORDER = {Kind.LOCAL: 0, Kind.PREVIEW: 1, Kind.PRODUCTION: 2}


class Speaker(NamedTuple):
    """One source's part in one environment of one app. Higher `rank` wins; env files are re-read by the app's loader."""

    source: Source
    because: str
    rank: tuple[int, int]
    declarations: tuple[Declaration, ...]
    content: str | None = None


class Draft:
    """An environment while it is being put together."""

    def __init__(self, name: str, kind: Kind) -> None:
        self.name = name
        self.kind = kind
        self.speakers: list[Speaker] = []

    @property
    def authority(self) -> Authority | None:
        """How much its sources say: where two hosts speak, each holds what it deploys, and neither is the whole."""
        found = {speaker.source.authority for speaker in self.speakers}
        hosts = {speaker.source.format for speaker in self.speakers if platform.deploys(speaker.source.format)}
        for_certain = {speaker.source.authority for speaker in self.speakers if speaker.source.format not in hosts}
        if Authority.WHOLE in (for_certain if len(hosts) > 1 else found):
            return Authority.WHOLE
        return Authority.PART if found else None

    def settling(self, platforms: Sequence[str]) -> str | None:
        """The command whose export would show what its sources do not: theirs, else that of a host in use; None where there is none."""
        for speaker in self.speakers:
            if speaker.source.settles:
                return speaker.source.settles
        if self.kind is Kind.LOCAL:
            return None
        return next((command for name in platforms if (command := platform.settles(name))), None)


class Drafts:
    """The environments of one app, by name, with what all its sources say (`readings`) and what its examples do (`examples`)."""

    def __init__(self, plan: Plan, settings: Settings) -> None:
        self.plan = plan
        self.by_name: dict[str, Draft] = {}
        self.readings: list[tuple[Source, Reading]] = []
        self.examples: list[tuple[Source, Reading]] = []
        self._settings = settings

    def named(self, name: str) -> Draft:
        """The environment of this name: it is there from the first word about it."""
        if name not in self.by_name:
            self.by_name[name] = Draft(name, self._settings.kind_of(name) or Kind.PRODUCTION)
        return self.by_name[name]

    def ordered(self) -> list[Draft]:
        """From the developer's machine to production."""
        return sorted(self.by_name.values(), key=lambda draft: (_ORDER[draft.kind], draft.name != "local", draft.name))
