"""One value in one file is one finding, however often the file lies in the output."""

from __future__ import annotations

from driftline.model import Location, Sighting
from driftline.rules.sightings import by_value


def _seen(path: str, offset: int, *container: str, digest: bytes = b"1") -> Sighting:
    return Sighting(Location(path, 1, offset + 1, offset), None, "plain", container, digest=digest)


def test_compressed_copies_are_other_places_of_the_same_finding() -> None:
    (seen,) = by_value(
        [
            _seen("dist/a.js", 5),
            _seen("dist/a.js", 90),
            _seen("dist/a.js", 5, "dist/a.js.br"),
            _seen("dist/a.js", 90, "dist/a.js.br"),
            _seen("dist/a.js", 5, "dist/a.js.gz"),
        ]
    )
    assert seen.first.container == ()
    assert [(related.location.path, related.note) for related in seen.places] == [
        ("dist/a.js", "here too"),
        ("dist/a.js.br", "the same file compressed holds it too"),
        ("dist/a.js.gz", "the same file compressed holds it too"),
    ]


def test_another_file_another_value_and_another_archive_are_findings_of_their_own() -> None:
    found = by_value(
        [
            _seen("a.js", 5),
            _seen("b.js", 5, "b.js.gz"),
            _seen("a.js", 5, "a.js.gz", digest=b"2"),
            _seen("a.js", 5, "app.zip"),
            _seen("a.js", 5, "app.zip", "a.js.gz"),
            _seen("a.js", 5, "a.jsx.gz"),
        ]
    )
    assert [(len(one.others), one.first.container) for one in found] == [
        (0, ()),
        (0, ("b.js.gz",)),
        (0, ("a.js.gz",)),
        (1, ("app.zip",)),
        (0, ("a.jsx.gz",)),
    ]
