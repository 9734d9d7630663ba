"""The compiled patterns are kept, checked and rebuilt; a known value never reaches the cache."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from driftline.bundle import engine, triggers
from driftline.bundle.scan import Known, scan
from driftline.knowledge import catalog
from driftline.model import Secret
from tests.bundle.looking import secret


def saved(folder: Path) -> list[Path]:
    return sorted(folder.glob("*"))


def hits(found: engine.Engine) -> int:
    return len(found.hits(f'"{secret("stripe.secret key")}"'.encode()))


def test_every_expression_compiles_alone() -> None:
    for trigger in triggers.of_catalog(catalog.load())[::7]:
        engine.build([trigger])


def test_a_broken_expression_is_named() -> None:
    with pytest.raises(ValueError, match="does not compile"):
        engine.build([triggers.Trigger("a{2", triggers.PLAIN), triggers.Trigger("(", triggers.PLAIN)])


def test_patterns_are_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = engine.cached(catalog.load(), str(tmp_path / "cache"))
    assert len(saved(tmp_path / "cache")) == 1

    def never(_expressions: object) -> object:
        raise AssertionError("compiled again")

    monkeypatch.setattr(engine, "_compile", never)
    second = engine.cached(catalog.load(), str(tmp_path / "cache"))
    assert hits(first) == hits(second) > 0
    assert [trigger.kinds for trigger in first.triggers] == [trigger.kinds for trigger in second.triggers]


@pytest.mark.promise("poisoned-cache")
@pytest.mark.parametrize("damage", ["empty", "cut", "changed", "foreign", "folder"])
def test_a_damaged_cache_is_rebuilt(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = [triggers.Trigger("sk_live_", triggers.PLAIN, (0,), 0, (8, 8))]
    monkeypatch.setattr(triggers, "of_catalog", lambda _known: small)
    engine.cached(catalog.load(), str(tmp_path))
    (path,) = saved(tmp_path)
    content = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        middle = len(content) // 2
        path.write_bytes(
            {
                "empty": b"",
                "cut": content[:-100],
                "changed": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
                "foreign": b"something else",
            }[damage]
        )
    assert engine.cached(catalog.load(), str(tmp_path)).hits(b"sk_live_")
    if damage != "folder":
        assert path.read_bytes()[:20] == content[:20]


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triggers, "of_catalog", lambda _known: [triggers.Trigger("sk_live_", triggers.PLAIN)])
    (tmp_path / "file").write_text("in the way")
    assert engine.cached(catalog.load(), str(tmp_path / "file" / "cache")).hits(b"sk_live_")


@pytest.mark.promise("no-value")
def test_a_known_value_never_reaches_the_cache(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "a.js").write_text("a='Winter-harbour1704'")
    known = [Known("DB_PASSWORD", Secret("Winter-harbour1704"))]
    assert scan([str(tmp_path / "dist")], root=str(tmp_path), known=known, cache=str(tmp_path / "cache")).sightings
    for path in saved(tmp_path / "cache"):
        assert b"Winter-harbour" not in path.read_bytes()
        assert os.stat(path).st_mode & 0o077 == 0
