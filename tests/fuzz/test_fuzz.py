"""A short fuzzing of every reader, on its kept corpus and what was ever found; `python -m tests.fuzz.run --seconds 60` is a long one."""

from __future__ import annotations

import json

import pytest

from driftline import code, formats, loaders
from driftline.bundle import unpack
from tests.fuzz import run
from tests.fuzz.targets import TARGETS

FOUND = json.loads((run.HERE / "found.json").read_text("ascii"))
# Inputs that nobody wrote, for each target; CI_SECONDS bounds all of them on a slow machine.
RUNS = 150


@pytest.mark.promise("no-crash")
@pytest.mark.parametrize("name", TARGETS)
def test_a_short_run_breaks_nothing(name: str) -> None:
    done = run.unguided(name, runs=RUNS, seconds=2.0)
    assert done.broken == ()
    assert done.executions > 20


@pytest.mark.promise("no-crash")
@pytest.mark.parametrize("case", FOUND, ids=[f"{case['target']}: {case['what']}" for case in FOUND])
def test_what_was_found_stays_mended(case: dict[str, str]) -> None:
    TARGETS[case["target"]].run(case["input"].encode("latin-1"))


@pytest.mark.promise("no-crash")
def test_every_reader_is_fuzzed() -> None:
    names = set(TARGETS)
    assert {f"format-{reader.FORMAT.name}" for reader in formats.readers()} <= names
    assert all(
        any(name == f"code-{module}" or name.startswith(f"code-{module}-") for name in names) for module in code.languages().values()
    )
    assert {f"bundle-{kind}" for kind in unpack._OPENERS} <= names
    fuzzed = {(loader.dialect, loader.expansion) for loader in loaders.LOADERS.values() if f"loader-{loader.name}" in names}
    assert fuzzed == {(loader.dialect, loader.expansion) for loader in loaders.LOADERS.values()}


def test_the_corpus_is_of_targets_and_small() -> None:
    files = list(run.CORPUS.glob("*.json"))
    # One reader needs a library that Python 3.10 and Windows do without.
    assert {path.stem for path in files} <= {*TARGETS, "sql-postgres"}
    assert sum(path.stat().st_size for path in files) < 2_000_000


def test_no_key_is_in_the_corpus() -> None:
    """Keys are generated when a run begins; what grows out of them is not kept."""
    for path in run.CORPUS.glob("*.json"):
        inputs = run.kept(path.stem)
        assert list(run.harmless(inputs)) == inputs, path.name


def test_a_run_finds_what_breaks(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """The harness itself: a reader that fails on one byte is caught, and its input kept."""

    def fails(data: bytes) -> None:
        if b"\xff" in data:
            raise KeyError("broken")

    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "BROKEN", tmp_path / "broken")  # type: ignore[operator]
    monkeypatch.setitem(TARGETS, "baseline", TARGETS["baseline"]._replace(run=fails))
    done = run.unguided("baseline", runs=3000, seconds=20)
    assert len(done.broken) == 1
    assert "KeyError" in done.broken[0]
