"""Work that is shared comes back whole and in order, and what a worker took with it to its end is told."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from driftline.bundle import scan, workers
from tests.bundle.looking import cache_folder, secret

FORKS = pytest.mark.skipif(not workers._forks(), reason="no process can be forked here")


def spread(count: int, number: int, work: Callable[[int], object]) -> tuple[list[object], list[int]]:
    """What comes back, and how many pieces were said to be done, time and again."""
    told: list[int] = []
    found = workers.spread(work, count, number, lost=lambda n: ("lost", n), done=told.append)
    return found, told


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 70, 5000])
def test_every_piece_is_done_once_and_given_in_order(count: int, number: int) -> None:
    found, told = spread(count, number, lambda n: n)
    assert found == list(range(count))
    assert told == sorted(told)
    assert all(done == count for done in told[-1:])


@FORKS
def test_more_than_one_process_works() -> None:
    waiting = os.pipe()

    def work(number: int) -> int:
        if not number:  # whoever draws the first piece waits until another has done one
            os.read(waiting[0], 1)
        else:
            os.write(waiting[1], b".")
        return os.getpid()

    found, _ = spread(8, 2, work)
    assert len(set(found)) == 2


@FORKS
def test_what_a_process_took_to_its_end_is_told() -> None:
    own = os.getpid()
    taken = os.pipe()

    def work(number: int) -> int:
        if os.getpid() != own:
            os.write(taken[1], b".")
            os.kill(os.getpid(), signal.SIGKILL)
        if not number:
            os.read(taken[0], 1)  # so that the other one draws the next
        return number

    found, _ = spread(4, 2, work)
    lost = [one for one in found if isinstance(one, tuple)]
    assert len(lost) == 1
    assert [one for one in found if one not in lost] == [n for n in range(4) if ("lost", n) not in lost]


@FORKS
def test_no_process_is_left_when_the_work_is_broken_off() -> None:
    own = os.getpid()

    def work(_number: int) -> int:
        if os.getpid() == own:
            raise KeyboardInterrupt
        signal.pause()
        return 0

    with pytest.raises(KeyboardInterrupt):
        spread(4, 2, work)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, 0)


def test_threads_do_it_where_nothing_can_be_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_forks", lambda: False)
    together = threading.Barrier(2, timeout=30)

    def work(_number: int) -> int:
        together.wait()  # one thread alone never passes
        return threading.get_ident()

    found, told = spread(2, 2, work)
    assert len(set(found)) == 2
    assert told == [1, 2]


@pytest.mark.parametrize("forks", [True, False])
def test_a_scan_is_the_same_with_any_number_of_workers(forks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not forks:
        monkeypatch.setattr(workers, "_forks", lambda: False)
    monkeypatch.setattr(scan, "_ALONE", 1)
    monkeypatch.setattr(scan, "_FILES", 3)
    monkeypatch.setattr(scan, "_PART", 20_000)
    for number in range(20):
        key = secret("anthropic.API key", str(number))
        (tmp_path / f"{number}.js").write_text(f"// {'x' * number * 5000}\nkey='{key}';fetch(process.env.SOME_NAME)\n")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04")
    alone, *others = (scan.scan([str(tmp_path)], root=str(tmp_path), cache=cache_folder(), key=b"k", jobs=jobs) for jobs in (1, 2, 4))
    assert len(alone.sightings) == 20
    assert len(alone.leftovers) == 20
    assert [one.path for one in alone.unread] == ["broken.zip"]
    assert all(other == alone for other in others)


@FORKS
def test_files_that_a_process_took_to_its_end_are_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = os.getpid()
    monkeypatch.setattr(scan, "_ALONE", 1)
    monkeypatch.setattr(scan, "_FILES", 1)
    for number in range(3):
        (tmp_path / f"{number}.js").write_text("let a = 1;\n")
    whole, taken = scan._scan_piece, os.pipe()

    def dying(*given: object) -> object:
        if os.getpid() != own:
            os.write(taken[1], b".")
            os.kill(os.getpid(), signal.SIGKILL)
        os.read(taken[0], 1)
        os.write(taken[1], b".")  # every later piece goes on
        return whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(scan, "_scan_piece", dying)
    found = scan.scan([str(tmp_path)], root=str(tmp_path), cache=cache_folder(), jobs=2)
    assert [one.reason for one in found.unread] == ["the search of it was ended"]
