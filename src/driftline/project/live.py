"""The process environment as a source: in CI and in a host's build it is what the app will really get."""

from collections.abc import Callable, Iterable, Mapping

from driftline.knowledge import platform
from driftline.model import Kind, Misuse, Unreadable
from driftline.project import files
from driftline.project.settings import nearest
from driftline.record import NamedTuple


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
        return f"the variables of this build on {says(self.host)}"


def says(host: platform.Live) -> str:
    """A platform and its word for the environment, in words that hold no value but an environment's, a branch's or a service's name."""
    if host.word is None:
        return f"{host.title}, which does not say its environment"
    if not host.certain:
        return f"{host.title}, taken for {host.word} ({host.because} is {host.said})"
    return f"{host.title}, where {host.because} says {host.said}"


def host(root: str, variables: Mapping[str, str], kind_of: Callable[[str], Kind | None]) -> platform.Live | None:
    """The platform this process runs on; for a job of a CI system with the environment that the job's own file under `root` names."""
    found = platform.live(variables, kind_of)
    if found is None or found.job is None or found.word is not None:
        return found
    path, job = found.job
    word = _environment_of_job(root, path, job)
    return found if word is None else found._replace(word=word, said=word, because=f"the job {job} of {path}", certain=True)


# A workflow is written by hand: the largest seen in public repositories has 120 kB.
_MOST = 1024 * 1024


def _environment_of_job(root: str, path: str, job: str) -> str | None:
    """The `environment:` of a job in a workflow file; None where it has none, or one that is known at run time only."""
    import yaml

    try:
        data = yaml.safe_load(files.decode(files.read(root, path, _MOST)))
        environment = data["jobs"][job]["environment"]
        name = environment["name"] if isinstance(environment, dict) else environment
    except (Unreadable, yaml.YAMLError, RecursionError, ValueError, KeyError, TypeError):
        return None
    return name if isinstance(name, str) and "${{" not in name else None


def target(host: platform.Live | None, wanted: str | None, kind_of: Callable[[str], Kind | None], known: Iterable[str] = ()) -> str:
    """The environment a gate judges: the one asked for, else the platform's own word.

    `kind_of` gives the kind of an environment's name, `known` are the names that the settings hold. Raises Misuse when neither says one,
    when its name says no kind, or when the platform's certain word contradicts the one asked for.
    """
    if wanted is not None and kind_of(wanted) is None:
        raise Misuse(f'there is no environment "{wanted}"{nearest(wanted, [*known, *_USUAL])}; {_define(wanted)}')
    if wanted is None:
        if host is None or host.word is None:
            where = "" if host is None else f" ({host.title} does not say it)"
            raise Misuse(f"say which environment is about to be deployed{where}: --env production")
        if kind_of(host.word) is None:
            raise Misuse(
                f'{host.because} of {host.title} says "{host.word}", and what kind of environment that is cannot be told; {_define(host.word)}'
            )
        return host.word
    if host is not None and host.word is not None and host.certain:
        said, asked = kind_of(host.word), kind_of(wanted)
        if said is not None and said is not asked:
            raise Misuse(f'--env {wanted} contradicts {host.title}: {host.because} says "{host.said}"')
    return wanted


_USUAL = ("production", "preview", "staging", "development", "local", "test")


def _define(word: str) -> str:
    return f'say --env production or --env preview, or give it a kind in driftline.toml: [environments."{word}"] kind = "preview"'
