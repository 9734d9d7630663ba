"""The tables of the TOML files come from one JSON file, and from TOML where that does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from driftline.knowledge import tables


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two TOML files and their index; what was read of it before is forgotten afterwards."""
    (tmp_path / "platforms").mkdir()
    (tmp_path / "hosts.toml").write_text('[class]\nby = "a"\n')
    (tmp_path / "platforms" / "next.toml").write_text('title = "Next.js"\n')
    monkeypatch.setattr(tables, "_HERE", str(tmp_path))
    monkeypatch.setattr(tables, "INDEX", str(tmp_path / "tables.json"))
    monkeypatch.setattr(tables, "_index", tables._index.__wrapped__)
    (tmp_path / "tables.json").write_text(tables.index_text())
    return tmp_path


def test_the_index_is_read_and_no_toml(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_name: str) -> object:
        raise AssertionError("parsed")

    monkeypatch.setattr(tables, "_parsed", never)
    assert tables.of_file("hosts.toml") == {"class": {"by": "a"}}
    assert dict(tables.of_folder("platforms")) == {"next": {"title": "Next.js"}}


def test_a_changed_and_a_new_file_are_read_although_the_index_is_older(here: Path) -> None:
    (here / "hosts.toml").write_text('[class]\nby = "another"\n')
    (here / "platforms" / "astro.toml").write_text('title = "Astro"\n')
    assert tables.of_file("hosts.toml") == {"class": {"by": "another"}}
    assert dict(tables.of_folder("platforms")) == {"astro": {"title": "Astro"}, "next": {"title": "Next.js"}}


def test_a_removed_file_is_gone_although_the_index_knows_it(here: Path) -> None:
    (here / "platforms" / "next.toml").unlink()
    assert dict(tables.of_folder("platforms")) == {}


@pytest.mark.parametrize("content", [None, "", "{", "[]"])
def test_a_missing_or_broken_index_is_no_harm(content: str | None, here: Path) -> None:
    (here / "tables.json").unlink()
    if content is not None:
        (here / "tables.json").write_text(content)
    assert tables.of_file("hosts.toml") == {"class": {"by": "a"}}
