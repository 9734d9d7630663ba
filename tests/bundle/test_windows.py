"""No key is lost or told twice at the edges of windows and parts, and every place is exact, whatever the shift of the input."""

from __future__ import annotations

import io
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from driftline.bundle import scan
from driftline.bundle.blob import OVERLAP, windows
from driftline.bundle.look import Hit
from tests import keys
from tests.bundle.forms import FORMS
from tests.bundle.looking import cache_folder, look, secret, secret_kinds

_PADDING = "function t(e,n){return e&&n?e.push({id:n.id,label:`x`}):void 0}"


def many(count: int, seed: int) -> list[str]:
    """Different GitHub tokens, with their checksums."""
    kind = next(kind for kind in secret_kinds() if kind.name == "github.personal access token")
    return [keys.example(kind, seed=f"{seed}-{number}") for number in range(count)]


@pytest.fixture(scope="module")
def tokens() -> list[str]:
    return many(5000, 1)


@pytest.mark.parametrize("shift", [0, 1, 517, 65_535])
def test_every_key_of_a_long_line_is_found_with_its_column(shift: int, tokens: list[str], tmp_path: Path) -> None:
    source = random.Random(shift)
    parts, places, place = ["é" * shift], [], shift
    for token in tokens:
        filler = _PADDING * source.randint(8, 28)
        parts += [filler, '"', token, '"']
        place += len(filler) + 1
        places.append(place + 1)
        place += len(token) + 1
    content = "".join(parts).encode()
    assert len(content) > 5_000_000
    path = tmp_path / "chunk.js"
    path.write_bytes(content)
    found = scan.scan([str(path)], root=str(tmp_path), cache=cache_folder())
    assert [s.location.column for s in found.sightings] == places
    assert {s.location.line for s in found.sightings} == {1}
    assert all(content[s.location.offset :].startswith(t.encode()) for s, t in zip(found.sightings, tokens, strict=True))


def in_windows(content: bytes, size: int, overlap: int) -> list[tuple[int, int, str, str]]:
    found = look().through(windows(io.BytesIO(content), size, overlap), lambda: io.BytesIO(content))
    return told(look().settled(found.hits, found.touching))


def told(hits: list[Hit]) -> list[tuple[int, int, str, str]]:
    return [(hit.start, hit.end, hit.text, hit.encoding) for hit in hits]


@settings(max_examples=60, deadline=None)
@given(
    form=st.sampled_from(sorted(FORMS)),
    before=st.integers(0, 6000),
    size=st.integers(1500, 9000),
    overlap=st.integers(1400, 4000),
)
@example(form="base64", before=0, size=1500, overlap=1410)
def test_windows_of_any_size_give_what_the_whole_gives(form: str, before: int, size: int, overlap: int) -> None:
    text = secret("anthropic.API key")
    content = ("é" + "a;" * (before // 2) + FORMS[form][1](text) + ";b" * 2500).encode()
    whole = told(look().text(content))
    assert [found for _, _, found, _ in whole] == [text]
    assert in_windows(content, size, overlap) == whole


@settings(max_examples=30, deadline=None)
@given(
    forms=st.lists(st.sampled_from(sorted(FORMS)), min_size=1, max_size=8),
    gaps=st.lists(st.integers(0, 40_000), min_size=8, max_size=8),
    tight=st.booleans(),
    size=st.integers(1, 150_000),
)
def test_what_stands_around_a_key_never_depends_on_the_window(forms: list[str], gaps: list[int], tight: bool, size: int) -> None:
    kinds = ("anthropic.API key", "github.personal access token", "generic.private key", "postgres.connection URL", "resend.API key")
    pieces = []
    for number, (form, gap) in enumerate(zip(forms, gaps, strict=False)):
        pieces += [_PADDING * (gap // len(_PADDING)) + "é" * (gap % 7), FORMS[form][1](secret(kinds[number % len(kinds)], str(number)))]
    content = ("" if tight else "\n").join(pieces).encode()
    assert in_windows(content, size, OVERLAP) == told(look().text(content))


@given(
    length=st.integers(0, 5000),
    size=st.integers(1, 900),
    overlap=st.integers(0, 400),
    cuts=st.lists(st.integers(1, 4999), max_size=3, unique=True),
)
def test_windows_cover_every_byte_once(length: int, size: int, overlap: int, cuts: list[int]) -> None:
    content = bytes(number % 251 for number in range(length))
    edges = [0, *sorted(cut for cut in cuts if cut < length), None]
    covered: list[tuple[int, int]] = []
    for start, stop in pairwise(edges):
        for window in windows(io.BytesIO(content), size, overlap, start=start or 0, stop=stop):
            assert content[window.start : window.start + len(window.data)] == window.data
            assert 0 <= window.low <= window.high <= len(window.data)
            covered.append((window.start + window.low, window.start + window.high))
    ends = [end for _, end in covered]
    assert [start for start, _ in covered] == [0, *ends[:-1]]
    assert ends[-1] == length


def test_large_files_are_looked_at_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "_PART", 300_000)
    monkeypatch.setattr(scan, "SIZE", 100_000)
    found_tokens = many(200, 2)
    path = tmp_path / "vendor.js"
    path.write_text("".join(f'{_PADDING * 40}\n"{token}"' for token in found_tokens))
    found = scan.scan([str(path)], root=str(tmp_path), cache=cache_folder(), jobs=2)
    assert [s.location.line for s in found.sightings] == list(range(2, 202))
    assert found.files == 1
    assert found.bytes == path.stat().st_size


def test_a_line_is_counted_in_characters(tmp_path: Path) -> None:
    token = secret("github.personal access token")
    path = tmp_path / "a.js"
    path.write_text(f"// eins\n/* größe 😀 */ k='{token}'\n", encoding="utf-8")
    (seen,) = scan.scan([str(path)], root=str(tmp_path), cache=cache_folder()).sightings
    assert (seen.location.line, seen.location.column) == (2, 18)
    assert path.read_bytes()[seen.location.offset :].startswith(token.encode())
