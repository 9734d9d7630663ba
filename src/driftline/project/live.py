"""The process environment as a source: in CI and in a host's build it is what the app will really get."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from driftline.knowledge import platform
from driftline.model import Kind, Misuse

# What stands in place of a path in findings.
PATH = "process environment"


class Surroundings(NamedTuple):
    """The process environment and where it was found. `target` is the environment it is for; `alone` that one app is being built."""

    variables: Mapping[str, str]
    host: platform.Live | None
    target: str
    alone: bool = False

    @property
    def whole(self) -> bool:
        """Whether a variable that is not set here is missing for certain: a host's own build of this one app sees them all."""
        return self.alone and self.host is not None and self.host.whole

    @property
    def because(self) -> str:
        """Why it speaks for its environment, in words."""
        if self.host is None:
            return "the variables of the process that runs this gate"
        said = f", where {self.host.because} says {self.host.word}" if self.host.word else ""
        return f"the variables of this build on {self.host.title}{said}"


def target(host: platform.Live | None, wanted: str | None, kind_of: Callable[[str], Kind | None]) -> str:
    """The environment a gate judges: the one asked for, else the platform's own word.

    `kind_of` gives the kind of an environment's name. Raises Misuse when neither says one, or when the platform's certain word
    contradicts the one asked for.
    """
    if wanted is None:
        if host is None or host.word is None:
            raise Misuse("say which environment is about to be deployed: --env production")
        return host.word
    if host is not None and host.word is not None and host.certain:
        said, asked = kind_of(host.word), kind_of(wanted)
        if said is not None and asked is not None and said is not asked:
            raise Misuse(f'--env {wanted} contradicts {host.title}: {host.because} says "{host.word}"')
    return wanted
