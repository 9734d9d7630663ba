"""Fuzzes readers, each in a process of its own, and says how often each was run and what broke.

    python -m tests.fuzz.run --seconds 60                    every target for a minute, guided by coverage (atheris)
    python -m tests.fuzz.run --runs 100000 --only format-compose
    python -m tests.fuzz.run --keep                          afterwards: minimises what was found and writes it to corpus/

Where atheris is not installed, inputs are mutated without guidance. Growing inputs lie in .fuzz/ of the repository (not committed), with
what broke under .fuzz/broken/. Exit code 1 when anything broke.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GROWING = ROOT / ".fuzz"
BROKEN = GROWING / "broken"
CORPUS = HERE / "corpus"
# What a reader may take for one input of at most LONGEST bytes, on a busy machine, and the memory of the whole process.
SECONDS, MEGABYTES, LONGEST = 20, 2048, 4096


class Done(NamedTuple):
    """How a run of one target went: how many inputs, the processor time in seconds, and what broke, in words."""

    target: str
    executions: int
    seconds: float
    broken: tuple[str, ...]


# --- the kept corpus ----------------------------------------------------------------------------------------------------------


def kept(target: str) -> list[bytes]:
    """The committed inputs of a target."""
    path = CORPUS / f"{target}.json"
    return [text.encode("latin-1") for text in json.loads(path.read_text("ascii"))] if path.exists() else []


def keep(target: str, inputs: Iterable[bytes]) -> None:
    """Writes a target's inputs as one text file, one input a line, each byte as the character of its number."""
    rows = sorted({json.dumps(data.decode("latin-1")) for data in inputs}, key=lambda row: (len(row), row))
    CORPUS.mkdir(exist_ok=True)
    (CORPUS / f"{target}.json").write_text("[\n" + ",\n".join(rows) + "\n]\n", "ascii")


def harmless(inputs: Iterable[bytes]) -> Iterator[bytes]:
    """The inputs in which no credential stands, in any form, nor a text of a secret's shape that could be none: no key-shaped text is committed."""
    from driftline.bundle.scan import _is_secret
    from driftline.knowledge import catalog
    from driftline.model import Exposure
    from tests.fuzz.targets import _look

    secret = [kind for kind in catalog.load().keys if kind.exposure is Exposure.SECRET and kind.prefixes and kind.context is None]
    shapes = [re.compile(kind.shape.encode()) for kind in secret]
    for data in inputs:
        for form in (data, data.decode("latin-1").encode()):
            if any(_is_secret(hit) for hit in _look().text(form)) or any(shape.search(form) for shape in shapes):
                break
        else:
            if re.search(rb"[A-Za-z0-9+/_\-]{24,}", re.sub(rb"(.)\1+", rb"\1", data)) is None:
                yield data


# --- one target -----------------------------------------------------------------------------------------------------------------


def guided(name: str, options: Sequence[str]) -> None:
    """Runs one target under atheris; does not return. `options` are libFuzzer's."""
    import atheris

    with atheris.instrument_imports(include=["driftline"]):
        from tests.fuzz import targets

        target = targets.TARGETS[name]
        for data in (*target.seeds(), b""):  # what is imported late is instrumented, too
            target.run(data)

    def once(data: bytes) -> None:
        target.run(data)

    # libFuzzer starts itself anew to merge, by a line for the shell.
    atheris.Setup([shlex.join([sys.executable, "-m", "tests.fuzz.run", "--one", name]), *options], once)
    atheris.Fuzz()


_INTERESTING = (
    b"\0",
    b"\xff",
    b"\n",
    b"\r\n",
    b'"',
    b"'",
    b"\\",
    b"$",
    b"${",
    b"}",
    b"{{",
    b"&a ",
    b"*a",
    b"!x ",
    b": ",
    b"- ",
    b"#",
    b"=",
    b"[",
    b"]",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"1e999",
    b"-1",
    b"9" * 40,
)


def mutated(data: bytes, others: Sequence[bytes], source: random.Random) -> bytes:
    """A neighbour of an input: bytes changed, cut out, doubled, moved, or taken from another input."""
    made = bytearray(data)
    for _ in range(source.choice((1, 1, 2, 4, 8))):
        at, to = sorted((source.randint(0, len(made)), source.randint(0, len(made))))
        way = source.randrange(7)
        if way == 0 and made:
            made[at - 1] ^= 1 << source.randrange(8)
        elif way == 1:
            made[at:at] = source.choice(_INTERESTING)
        elif way == 2:
            del made[at : min(to, at + 64)]
        elif way == 3:
            made[at:at] = made[at : min(to, at + 256)]
        elif way == 4 and others:
            other = source.choice(others)
            start = source.randint(0, len(other))
            made[at:at] = other[start : start + source.randint(0, 128)]
        elif way == 5:
            made[at:to] = made[at:to][::-1]
        else:
            made[at:at] = bytes(source.randrange(256) for _ in range(source.randint(1, 4)))
    return bytes(made[:LONGEST])


def unguided(name: str, *, runs: int, seconds: float, seed: int = 0) -> Done:
    """Runs one target in this process on mutations of its corpus, the same ones for a seed; stops at the first that breaks."""
    from tests.fuzz.targets import TARGETS

    target = TARGETS[name]
    source = random.Random(f"{name} {seed}")
    inputs = [*target.seeds(), *kept(name), b""]
    started, done = time.process_time(), 0
    queue = iter(inputs)
    while done < max(runs, len(inputs)) and (done < len(inputs) or time.process_time() - started < seconds):
        data = next(queue, None)
        if data is None:
            data = mutated(source.choice(inputs), inputs, source)
        done += 1
        began = time.process_time()
        try:
            target.run(data)
        except Exception as error:
            return Done(name, done, time.process_time() - started, (_saved(name, data, f"{type(error).__name__}: {error}"),))
        if time.process_time() - began > SECONDS:
            return Done(name, done, time.process_time() - started, (_saved(name, data, "takes too long"),))
    return Done(name, done, time.process_time() - started, ())


def _saved(name: str, data: bytes, what: str) -> str:
    BROKEN.mkdir(parents=True, exist_ok=True)
    path = BROKEN / f"{name}-{hashlib.blake2b(data, digest_size=6).hexdigest()}"
    path.write_bytes(data)
    return f"{path.relative_to(ROOT)}: {what}"


# --- all targets ----------------------------------------------------------------------------------------------------------------


def _grown(name: str) -> Path:
    """The folder of a target's growing inputs, with its seeds and what is kept."""
    from tests.fuzz.targets import TARGETS

    folder = GROWING / "corpus" / name
    folder.mkdir(parents=True, exist_ok=True)
    for data in (*TARGETS[name].seeds(), *kept(name)):
        (folder / hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data)
    return folder


def _with_atheris(name: str, runs: int, seconds: int) -> Done:
    """One target under atheris in a process of its own."""
    folder = _grown(name)
    BROKEN.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={SECONDS}", f"-rss_limit_mb={MEGABYTES}", "-print_final_stats=1", "-close_fd_mask=1",
        f"-artifact_prefix={BROKEN}/{name}-", "-reload=0", f"-runs={runs or -1}", str(folder),
    ]  # fmt: skip
    before = set(BROKEN.iterdir())
    started = os.times()
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.run", "--one", name, *options],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    said = done.stderr.decode("utf-8", "replace")
    ended = os.times()
    count = re.search(r"stat::number_of_executed_units:\s*(\d+)", said) or re.search(r"#(\d+)(?!.*#\d)", said, re.DOTALL)
    broken = tuple(f"{path.relative_to(ROOT)}: {_why(said)}" for path in sorted(set(BROKEN.iterdir()) - before))
    if done.returncode and not broken:
        broken = (f"{name} ended with {done.returncode}: {said[-800:]}",)
    spent = ended.children_user + ended.children_system - started.children_user - started.children_system
    return Done(name, int(count[1]) if count else 0, spent, broken)


def _why(said: str) -> str:
    found = re.search(r"=== Uncaught Python exception: ===\n(.*?)\n(.*?)\n==\d+==", said, re.DOTALL)
    if found:
        return f"{found[1]} | " + " < ".join(
            reversed(
                re.findall(r'File "[^"]*?([^"/]+)", line (\d+)', found[2])
                and [f"{a}:{b}" for a, b in re.findall(r'File "[^"]*?([^"/]+)", line (\d+)', found[2])][-4:]
            )
        )
    summary = re.search(r"SUMMARY: libFuzzer: (.*)", said)
    return summary[1] if summary else "ended"


def minimise(name: str) -> None:
    """Keeps the fewest short inputs that reach every place of the growing corpus: libFuzzer's merge, and of its result what is harmless."""
    folder, small = _grown(name), GROWING / "small" / name
    shutil.rmtree(small, ignore_errors=True)
    small.mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-m", "tests.fuzz.run", "--one", name, "-merge=1", "-max_len=400", "-close_fd_mask=1", f"-timeout={SECONDS}", str(small), str(folder)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    from tests.fuzz.targets import TARGETS

    seeds = set(TARGETS[name].seeds())  # made anew each time
    found = sorted((path.read_bytes() for path in small.iterdir()), key=len)
    keep(name, list(harmless(data for data in found if len(data) <= 400 and data not in seeds))[:_MOST_KEPT])


_MOST_KEPT = 60


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["--one"]:
        guided(arguments[1], arguments[2:])
    parser = argparse.ArgumentParser(prog="tests.fuzz.run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default 60)")
    parser.add_argument("--runs", type=int, default=0, help="for each target; 0: as many as the time allows")
    parser.add_argument("--only", action="append", metavar="TARGET", help="this target; repeatable")
    parser.add_argument("--unguided", action="store_true", help="without atheris")
    parser.add_argument("--keep", action="store_true", help="only minimise what has grown, and keep it")
    parser.add_argument("--into", type=Path, help="add the figures to this JSON Lines file")
    given = parser.parse_args(arguments)
    from tests.fuzz.targets import TARGETS

    unknown = set(given.only or ()) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; the targets are {', '.join(TARGETS)}")
    try:
        import atheris  # noqa: F401

        with_atheris = not given.unguided
    except ImportError:
        with_atheris = False
        print("atheris is not installed (pip install atheris); inputs are mutated without guidance")
    total, failed = 0, 0
    for name in given.only or TARGETS:
        if given.keep:
            minimise(name)
            print(f"{name}: {len(kept(name))} inputs kept")
            continue
        done = (
            _with_atheris(name, given.runs, given.seconds)
            if with_atheris
            else unguided(name, runs=given.runs or 1 << 60, seconds=given.seconds)
        )
        total += done.executions
        failed += len(done.broken)
        print(f"{name:34} {done.executions:>10,} runs in {done.seconds:>7.1f} s of CPU", *done.broken, sep="\n    ", flush=True)
        if given.into:
            with given.into.open("a") as file:
                file.write(json.dumps(done._asdict()) + "\n")
    if not given.keep:
        print(f"{total:,} runs in all, {failed} broken")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
