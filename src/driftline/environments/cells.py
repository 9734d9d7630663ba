"""Which declaration wins in a cell: one variable in one environment, as the app's loader reads it there."""

from collections.abc import Mapping, Sequence

from driftline import loaders
from driftline.environments.drafts import Draft, Speaker
from driftline.environments.values import Values
from driftline.model import PROCESS, Authority, Cell, Declaration, Kind, State, Unread, failed
from driftline.record import NamedTuple


class _Candidate(NamedTuple):
    """A declaration with who says it. The highest `rank` wins: the speaker's, then the place of its file (or its layer), then the later line."""

    rank: tuple[int, int, int]
    speaker: Speaker
    declaration: Declaration


def cells(draft: Draft, loader: str, values: Values, unread: list[Unread]) -> dict[str, Cell]:
    """The winning declaration of every name that one environment declares. What the loader fails on goes to `unread`."""
    loaded = _loaded(draft, loader, unread)
    found: dict[str, Cell] = {}
    for name, candidates in _candidates(draft, loaded).items():
        candidates.sort(key=lambda candidate: candidate.rank, reverse=True)
        _, speaker, declaration = candidates[0]
        value = declaration.value
        state = declaration.state
        if speaker.content is not None and state in (State.SET, State.EMPTY):
            value = loaded[name].value
            state = State.EMPTY if value is None or len(value) == 0 else State.SET
        # A snapshot knows what a value was without having it.
        traits = values.traits(value, name) if value is not None and state is State.SET else declaration.traits
        others = tuple((other.speaker.source.path, values.with_traits(other.declaration)) for other in candidates[1:])
        found[name] = Cell(state, declaration, speaker.source.path, others, _why(candidates), value, traits)
    return found


def _loaded(draft: Draft, loader: str, unread: list[Unread]) -> Mapping[str, loaders.Loaded]:
    """What the app's loader makes of the env files of an environment, read together."""
    env_files = sorted((s for s in draft.speakers if s.content is not None), key=lambda s: s.rank, reverse=True)
    try:
        return loaders.load([(s.source.path, s.content or "") for s in env_files], loader) if env_files else {}
    except Exception as error:  # one environment must not hide the others
        unread += (failed(s.source.path, f"reading it as {loaders.named(loader).title} does", error) for s in env_files)
        return {}


def _candidates(draft: Draft, loaded: Mapping[str, loaders.Loaded]) -> dict[str, list[_Candidate]]:
    """The declarations of each name that could hold in an environment."""
    found: dict[str, list[_Candidate]] = {}
    for speaker in draft.speakers:
        for index, declaration in enumerate(speaker.declarations):
            if declaration.state is State.EXAMPLE:
                continue
            if speaker.content is not None and declaration.name not in loaded and declaration.reference != PROCESS:
                continue
            rank = (speaker.rank[0], speaker.rank[1] if speaker.content is not None else declaration.layer, index)
            if draft.kind is Kind.LOCAL and speaker.content is None and _is_handed_on(declaration):
                # A container is given what the developer's shell or env file holds, and nothing where those hold nothing.
                if draft.authority is Authority.WHOLE:
                    continue
                rank = (-1, *rank[1:])
            found.setdefault(declaration.name, []).append(_Candidate(rank, speaker, declaration))
    return found


def _is_handed_on(declaration: Declaration) -> bool:
    """Whether a declaration only passes on the variable of its own name (`NAME: ${NAME}`)."""
    return declaration.reference == f"${{{declaration.name}}}"


def _why(candidates: Sequence[_Candidate]) -> str:
    """Why the first of the candidates wins, "" where all are of one file or where it is not known."""
    winner = candidates[0].speaker
    loser = next((other.speaker for other in candidates if other.speaker.source.path != winner.source.path), None)
    if loser is None:
        return ""
    tools = {winner.source.format, loser.source.format}
    if winner.content is None and loser.content is None and len(tools) == 2 and "dockerfile" not in tools:
        return ""  # which of two tools starts the app is not known
    if winner.content is None and loser.content is not None:
        return f"the platform's own value beats an env file: {winner.source.path} over {loser.source.path}"
    return f"{winner.source.path} is read before {loser.source.path}"
