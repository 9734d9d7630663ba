"""Source maps lead from a minified file, and from a map itself, to the original place; lying and huge maps are survived."""

from __future__ import annotations

import base64
import io
import json
import random
from pathlib import Path
from urllib.parse import quote

import pytest

from driftline.bundle import sourcemap
from driftline.bundle.scan import scan
from tests.bundle.looking import cache_folder, secret

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def vlq(number: int) -> str:
    value = -number << 1 | 1 if number < 0 else number << 1
    text = ""
    while True:
        digit, value = value & 31, value >> 5
        text += _ALPHABET[digit | (32 if value else 0)]
        if not value:
            return text


def mappings(lines: list[list[tuple[int, int, int, int]]]) -> str:
    """The `mappings` of (generated column, source, line, column), all counted from 0."""
    source = line = column = 0
    text = []
    for segments in lines:
        place = 0
        parts = []
        for generated, *original in segments:
            parts.append(vlq(generated - place) + vlq(original[0] - source) + vlq(original[1] - line) + vlq(original[2] - column))
            place, (source, line, column) = generated, original
        text.append(",".join(parts))
    return ";".join(text)


def test_a_place_is_found_in_any_line() -> None:
    source = random.Random(4)
    lines = [
        [(c, source.randrange(5), source.randrange(900), source.randrange(200)) for c in sorted(source.sample(range(4000), 40))]
        for _ in range(30)
    ]
    wanted = sorted((source.randrange(1, 31), source.randrange(1, 4000)) for _ in range(200))
    found = sourcemap.originals((part.encode() for part in mappings(lines).split(";")), wanted)
    for line, column in wanted:
        before = [segment for segment in lines[line - 1] if segment[0] <= column - 1]
        expected = (before[-1][1], before[-1][2] + 1, before[-1][3] + 1) if before else None
        assert found.get((line, column)) == expected


@pytest.mark.parametrize("piece", [3, 64, 1 << 20])
def test_a_place_in_an_embedded_source(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sourcemap, "_PIECE", piece)
    sources = ["a\\b", 'say "\\n" twice', 'größe\n\tx = "y"\nKEY1\n', "", "first\r\n// KEY2 und KEY3"]
    text = json.dumps(
        {
            "version": 3,
            "names": ["sources"],
            "sourcesContent": [*sources[:2], None, *sources[2:]],
            "sources": ["a", "b", "c", "d", "e", "f"],
        }
    )
    offsets = [text.index(f"KEY{number}") for number in (1, 2, 3)]
    found = sourcemap.places_in(lambda: io.BytesIO(text.encode()), offsets)
    assert [found[offset] for offset in offsets] == [("d", 3, 1), ("f", 2, 4), ("f", 2, 13)]


def build(folder: Path, *, inline: bool) -> str:
    """A script with a key in it, and its map."""
    key = secret("stripe.secret key")
    source = f'import x from "y"\n\nconst pay = "{key}"\n'
    script = f'!function(){{}}();const a="{key}";'
    document = json.dumps(
        {
            "version": 3,
            "sources": ["webpack://shop/./src/lib/pay.ts"],
            "sourcesContent": [source],
            "names": [],
            "mappings": mappings([[(0, 0, 0, 0), (script.index("const"), 0, 2, 0), (script.index('"'), 0, 2, 12)]]),
        }
    )
    if inline:
        script += "\n//# sourceMappingURL=data:application/json;charset=utf-8;base64," + base64.b64encode(document.encode()).decode()
    else:
        (folder / "app.js.map").write_text(document)
        script += "\n//# sourceMappingURL=app.js.map"
    (folder / "app.js").write_text(script)
    return script


def test_a_hit_in_a_script_and_in_its_map(tmp_path: Path) -> None:
    build(tmp_path, inline=False)
    found = scan([str(tmp_path)], root=str(tmp_path), cache=cache_folder())
    places = [
        (seen.location.path, seen.original and (seen.original.path, seen.original.line, seen.original.column)) for seen in found.sightings
    ]
    assert places == [("app.js", ("src/lib/pay.ts", 3, 13)), ("app.js.map", ("src/lib/pay.ts", 3, 14))]
    assert [(served.location.path, served.sources) for served in found.maps] == [("app.js.map", 1)]


def test_a_hit_in_an_inline_map(tmp_path: Path) -> None:
    build(tmp_path, inline=True)
    found = scan([str(tmp_path)], root=str(tmp_path), cache=cache_folder())
    assert [(seen.encoding, seen.original and seen.original.line) for seen in found.sightings] == [("plain", 3), ("base64", 3)]
    assert [served.location.path for served in found.maps] == ["app.js"]


@pytest.mark.parametrize("comment", ["other.js.map", "data:application/json,{quoted}"])
def test_the_map_that_a_comment_names_or_quotes(comment: str, tmp_path: Path) -> None:
    script = build(tmp_path, inline=False)
    document = (tmp_path / "app.js.map").rename(tmp_path / "other.js.map").read_text()
    comment = comment.format(quoted=quote(json.dumps({**json.loads(document), "sourcesContent": []})))
    (tmp_path / "app.js").write_text(script.replace("sourceMappingURL=app.js.map", f"sourceMappingURL={comment}"))
    (tmp_path / "other.js.map").write_text(document)
    found = scan([str(tmp_path / "app.js")], root=str(tmp_path), cache=cache_folder())
    assert [seen.original and (seen.original.path, seen.original.line) for seen in found.sightings] == [("src/lib/pay.ts", 3)]


def test_the_sections_of_an_index_map(tmp_path: Path) -> None:
    key, other = secret("stripe.secret key"), secret("resend.API key")
    (tmp_path / "app.js").write_text(f'var a=1;var b="{key}";\nvar c="{other}";\n')
    parts = [((0, 0), "one", (0, 0, 0, 0)), ((0, 8), "two", (0, 0, 4, 2)), ((1, 0), "three", (0, 0, 7, 0))]
    sections = [
        {
            "offset": {"line": line, "column": column},
            "map": {"version": 3, "sources": [f"src/{name}.ts"], "mappings": mappings([[segment]])},
        }
        for (line, column), name, segment in parts
    ]
    (tmp_path / "app.js.map").write_text(json.dumps({"version": 3, "sections": sections}))
    found = scan([str(tmp_path / "app.js")], root=str(tmp_path), cache=cache_folder())
    places = [seen.original and (seen.original.path, seen.original.line, seen.original.column) for seen in found.sightings]
    assert places == [("src/two.ts", 5, 3), ("src/three.ts", 8, 1)]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b'{"version":3,"mappings":"',
        b'{"version":3,"sources":["a"],"mappings":42}',
        b'{"version":3,"sources":"a","sourcesContent":["x"],"mappings":"AAAA"}',
        b'{"version":3,"sources":["a"],"mappings":"AAAA,!!!!;;;~"}',
        b'{"version":3,"sources":["a"],"mappings":"gggggggggggggggggggggggggggggggggggggB"}',
        b'{"version":3,"sources":[' + b"[" * 5000,
        b'{"sections":[{"offset":{"line":0},"map":{"sources":["a"],"mappings":"AAAA"}}]}',
        b'{"sections":[{"offset":{"line":9,"column":0},"map":{"sources":["a"],"mappings":"AAAA"}},{"map":{"sources":["b"],"mappings":"AAAA"}}]}',
    ],
)
def test_a_lying_map_gives_no_place_and_hides_nothing(document: bytes, tmp_path: Path) -> None:
    build(tmp_path, inline=False)
    (tmp_path / "app.js.map").write_bytes(document)
    found = scan([str(tmp_path)], root=str(tmp_path), cache=cache_folder())
    assert [seen.location.path for seen in found.sightings] == ["app.js"]
    assert not found.unread
