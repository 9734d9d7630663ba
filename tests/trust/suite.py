"""Runs the whole test suite away from any network, or watched by the kernel, and judges what it did.

    python -m tests.trust.suite offline          in a network namespace without interfaces: every test has to pass there, too
    python -m tests.trust.suite traced           under strace: judges every process that ran driftline, and all that the suite changed
    python -m tests.trust.suite traced tests/hooks    the same for some of the tests; more options are pytest's

What a process does is judged by what it is. A process that was started as driftline, with all that it started, opens no socket, starts no program
but git, and changes only the files that its command line names, its cache, and what its command is there to leave. The suite's own process, in
which most tests call driftline, opens no connection and changes nothing outside a temporary folder that this run makes; the programs that it
starts are the tests', too, and are not judged, nor is what they do: shells, browsers, package managers.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.trust import traced

ROOT = Path(__file__).parents[2]
_PYTEST = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider")
# Commands that are there to leave files in the project, and the ends of their paths (docs/commands.md).
_LEAVES = {
    "init": r"driftline\.toml|\.gitignore|pre-commit|\.pre-commit-config\.yaml|\.?lefthook\.ya?ml|package\.json",
    "baseline": r"driftline-baseline\.json",
    "snapshot": r"\.driftline/[^/]+",
    "attest": r"\.driftline/[^/]+",
    "review": r"\.driftline/[^/]+",
}


# --- what the kernel saw, process by process -----------------------------------------------------------------------------------------------------


class Change(NamedTuple):
    """A path at which something was changed; `is_name` where that is the name itself, and not what a link of that name may lead to."""

    path: str
    is_name: bool

    def place(self) -> str:
        """Where that is, with no link on the way."""
        try:
            if not self.is_name:
                return os.path.realpath(self.path)
        except RecursionError:  # a ring of a thousand links, which a test has made
            pass
        folder, name = os.path.split(self.path)
        return os.path.join(os.path.realpath(folder), name)


class Image:
    """What ran in one process from one execve to the next, or since the process began as a copy of another."""

    def __init__(self, before: Image | None, path: str = "", words: Sequence[str] = (), environment: Mapping[str, str] | None = None):
        self.before, self.path, self.words = before, path, words
        self.environment = environment or {}
        self.folder = ""
        self.changed: set[Change] = set()
        self.network: list[str] = []

    def program(self) -> Image:
        """The image that this one is a copy of, or itself."""
        image = self
        while not image.path and image.before is not None:
            image = image.before
        return image

    def driftline(self) -> Image | None:
        """The driftline that this is or that started it; None where there is none."""
        image: Image | None = self
        while image is not None:
            if _is_driftline(image.words):
                return image
            image = image.before
        return None


def _is_driftline(words: Sequence[str]) -> bool:
    """Whether an argument vector runs driftline: as a module of Python, or by its own name."""
    if not words:
        return False
    if os.path.basename(words[0]).startswith("python"):
        at = next(
            (
                number
                for number, word in enumerate(words[1:], 1)
                if not word.startswith("-X") and word not in ("importtime", "-O", "-B", "-W", "error")
            ),
            0,
        )
        return words[at : at + 2] == ["-m", "driftline"] or os.path.basename(words[at]) == "driftline"
    return os.path.basename(words[0]) == "driftline"


def images(lines: Iterable[str]) -> list[Image]:
    """Every image in the lines that strace wrote: with `-f`, each begins with the number of its thread."""
    running: dict[str, Image] = {}
    early: dict[str, Image] = {}  # what a process began as that spoke, and may have ended, before its maker was told about it
    found: list[Image] = []

    def begin(process: str, before: Image | None, *program: Any) -> Image:
        running[process] = Image(before, *program)
        found.append(running[process])
        return running[process]

    for process, call, given in _calls(lines):
        if not call:
            running.pop(process, None)  # its number may be given again
            continue
        image = running.get(process)
        if image is None:
            image = early[process] = begin(process, None)
        result = re.search(r"\) += (-?\d+|\?)[^)]*(?:\([^()]*\))?$", given)
        if here := re.search(r"AT_FDCWD<([^>]*)>", given):
            image.folder = here[1]
        if call == "chdir":
            image.folder = next(iter(traced.changes(call, given, image.folder)), image.folder)  # strace cannot read every address
        elif call in ("clone", "clone3", "fork", "vfork"):
            if result and result[1].isdecimal():
                if child := early.pop(result[1], None):
                    child.before = image
                else:
                    begin(result[1], image)
        elif call == "execve":
            if result and result[1] == "0":
                begin(process, image, *_executed(given))
        elif call in traced.NETWORK:
            image.network.append(f"{call}({given}"[:120])
        elif not (result and result[1] == "-1"):
            paths = traced.changes(call, given, image.folder)
            if opened := re.search(r"\) += \d+<(/.*)>$", given):
                paths = [traced.text(opened[1])] if paths else []  # the kernel's word of where that is
            image.changed.update(Change(path, call in traced.NAMES or opened is not None) for path in paths)
    return found


def _calls(lines: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """(process, call, its arguments and its result) for each call, one that another interrupts as one; no call where a process ends."""
    begun: dict[str, tuple[str, str]] = {}
    for line in lines:
        process, _, rest = line.partition(" ")
        match = traced.LINE.match(rest.strip())
        if match is None:
            if rest.strip().startswith("+++ "):
                if process in begun:
                    yield process, *begun.pop(process)
                yield process, "", ""
        elif match["resumed"]:
            yield process, match["resumed"], begun.pop(process, ("", ""))[1] + match["rest"]
        elif match["given"].endswith(_UNFINISHED):
            begun[process] = match["call"], match["given"].removesuffix(_UNFINISHED)
        else:
            yield process, match["call"], match["given"]
    for process, (call, given) in begun.items():
        yield process, call, given


_UNFINISHED = "<unfinished ...>"


def _executed(given: str) -> tuple[str, list[str], dict[str, str]]:
    """The program, the argument vector and the environment of an execve as `strace -v` prints it."""
    lists: list[list[str]] = [[]]
    for token in re.finditer(r'"((?:[^"\\]|\\.)*)"(?:\.\.\.)?|\[', given):
        if token[0] == "[":
            lists.append([])
        else:
            lists[-1].append(traced.text(token[1]))
    lists += [[], []]
    return "".join(lists[0]), lists[1], dict(word.partition("=")[::2] for word in lists[2])


# --- the judgement ---------------------------------------------------------------------------------------------------------------------------


class Judged(NamedTuple):
    """How many processes ran driftline, what they started, and what nobody may do, in words."""

    runs: int
    started: Counter[str]
    offences: list[str]


def judge(found: Sequence[Image], temporary: str) -> Judged:
    """Judges every image of a run of the suite whose temporary files lie in `temporary`."""
    git = os.path.realpath(shutil.which("git") or "git")
    offences, started, runs = [], Counter[str](), 0
    for image in found:
        ours = image.driftline()
        runs += ours is image
        # What a program that a test puts in git's place does, is the test's.
        if any(os.path.basename(one.path) == "git" and os.path.realpath(one.path) != git for one in _up_to(image, ours)):
            continue
        if ours is not None and image.path and image is not ours:
            started[os.path.basename(image.path)] += 1
        offences += [f"{_named(ours or image.program())}: {what}" for what in _offences(image, ours, temporary)]
    return Judged(runs, started, offences)


def _offences(image: Image, ours: Image | None, temporary: str) -> Iterator[str]:
    changed = [change for change in image.changed if change.path not in _DEVICES]
    if ours is None:
        if "pytest" in image.program().words:
            yield from (f"opens {call}" for call in image.network if "AF_INET" in call)
            yield from (
                f"changes {change.path}, which is not below the temporary folder"
                for change in changed
                # A test may have put a link there since, and one makes a file deeper than the kernel tells.
                if not _below(change._replace(is_name=True).place(), temporary) and not change.path.startswith(traced.TOO_DEEP)
            )
        return
    if image is not ours and image.path and os.path.basename(image.path) != "git":
        yield f"starts {image.path}"
    yield from (f"opens {call}" for call in image.network)
    yield from (f"changes {change.path}, which its command does not name" for change in changed if not _may_change(change, ours))


def _up_to(image: Image, ours: Image | None) -> Iterator[Image]:
    """An image and those before it that `ours` has started; nothing where that is none."""
    while ours is not None and image is not ours and image.before is not None:
        yield image
        image = image.before


_DEVICES = {os.devnull, "/dev/tty", "/dev/full", "/dev/stdout"}


def _may_change(change: Change, ours: Image) -> bool:
    """Whether a driftline may write there: a file that its command line names, its cache, or what its command leaves."""
    cache = os.path.join(ours.environment.get("XDG_CACHE_HOME") or os.path.join(ours.environment.get("HOME", "/"), ".cache"), "driftline")
    if _below(change.place(), cache):
        return True
    path = change.path
    home, name = os.path.split(path)
    parts = {part for word in ours.words[1:] for part in (word, word.partition("=")[2], word.rpartition("=")[2]) if part}
    for goal in (cache, *(os.path.normpath(os.path.join(ours.folder, part)) for part in parts)):
        # Written beside its place, with the folders on the way there.
        if (
            path in (goal, os.path.realpath(goal))
            or (name.startswith(".driftline-") and home == os.path.dirname(goal))
            or _below(os.path.realpath(goal), path)
        ):
            return True
    command = next((word for word in ours.words if word in _LEAVES), None)
    if command is None or (command == "review" and "--keep" not in ours.words):
        return False
    return re.search(rf"/(?:{_LEAVES[command]}|\.driftline|\.driftline-\w+)$", path) is not None


def _below(place: str, folder: str) -> bool:
    return (place + os.sep).startswith(os.path.realpath(folder) + os.sep)


def _named(image: Image) -> str:
    return " ".join(image.words)[:160] or image.path


# --- the runs --------------------------------------------------------------------------------------------------------------------------------


def offline(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """The suite in a network namespace without interfaces."""
    words = traced.without_network()
    if not words:
        print("the kernel gives no network namespace (unshare -n)")
        return 2
    return subprocess.run([*words, *_PYTEST, *arguments], cwd=ROOT, env=dict(environment), check=False).returncode


def options(log: str) -> list[str]:
    """strace's options for a trace that `images` reads."""
    # By seccomp only the calls that are asked for stop a process: the suite takes about twice its time instead of ten times.
    calls = ",".join((*traced.CALLS, "clone", "?clone3", "fork", "vfork", "chdir"))
    # strace tells that a signal ended a process only where it is asked for that signal, and a number is free from then on.
    return ["-f", "-y", "-v", "-q", "--seccomp-bpf", "-s", "4096", "-e", f"trace={calls}", "-e", "signal=!SIGCHLD", "-o", log]


def under_strace(arguments: Sequence[str], environment: Mapping[str, str], temporary: str) -> int:
    """The suite under strace, and the judgement. Tests that use strace themselves skip: no process can be traced twice."""
    if not traced.is_possible():
        print("strace is not here, or may not trace")
        return 2
    compileall.compile_dir(ROOT / "src", quiet=1)  # or the first to import a module writes that beside it
    log = os.path.join(temporary, "trace")
    code = subprocess.run(["strace", *options(log), *_PYTEST, *arguments], cwd=ROOT, env=dict(environment), check=False).returncode
    with open(log, encoding="utf-8", errors="surrogateescape") as lines:
        found = images(lines)
    judged = judge(found, temporary)
    print(
        f"{len(found):,} programs and copies of processes, {judged.runs:,} of them driftline's runs, "
        f"which started {', '.join(f'{count:,} times {name}' for name, count in judged.started.most_common()) or 'nothing'}; "
        f"{len(judged.offences)} offences"
    )
    print(*(f"    {offence}" for offence in judged.offences), sep="\n")
    return code or (1 if judged.offences or not judged.runs else 0)


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] not in (["offline"], ["traced"]):
        print(__doc__)
        return 2
    with tempfile.TemporaryDirectory(prefix="driftline-suite-") as temporary:
        # Everything that somebody may want to keep goes below it.
        environment = {
            **os.environ, "TMPDIR": temporary, "HOME": temporary, "XDG_CACHE_HOME": os.path.join(temporary, ".cache"),
            "HYPOTHESIS_STORAGE_DIRECTORY": os.path.join(temporary, ".hypothesis"), "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        if arguments[0] == "offline":
            return offline(arguments[1:], environment)
        return under_strace(arguments[1:], environment, temporary)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
