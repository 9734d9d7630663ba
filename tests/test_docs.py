"""What is made from code and data is in step with both."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from driftline.knowledge import catalog

BUILD = Path(__file__).parent.parent / "docs" / "build.py"


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_build", BUILD)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_generated_file_is_in_step(build: ModuleType) -> None:
    assert [str(path) for path in build.out_of_step()] == [], "run python docs/build.py"


def test_check_writes_nothing_and_says_what_is_out_of_step(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    monkeypatch.setattr(build, "FILES", {page: lambda: "text\n"})
    assert build.main(["--check"]) == 1
    assert not page.exists()
    assert "page.md: out of step" in capsys.readouterr().err
    assert build.main([]) == 0
    assert page.read_text() == "text\n"
    assert build.main(["--check"]) == 0


def test_the_compiled_catalogue_says_what_the_files_say() -> None:
    with open(catalog.INDEX, encoding="utf-8") as file:
        loaded = catalog._catalog(json.load(file), "")
    made = catalog._catalog(json.loads(catalog.index_text()), "")
    assert loaded.providers == made.providers
    assert loaded.keys == made.keys
    assert loaded.published == made.published


def test_a_new_file_is_read_although_the_index_is_older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "example.toml").write_text(
        'title = "Example"\njob = "dev"\n[[keys]]\nid = "key"\nshape = "example_[0-9a-f]{32}"\nexposure = "secret"\n'
    )
    monkeypatch.setattr(catalog, "_FOLDER", str(tmp_path))
    known = catalog.load.__wrapped__()
    assert list(known.providers) == ["example"]
    assert known.keys[0].anchors == ("example_",)


def test_a_missing_or_broken_index_is_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (None, "", "{", '{"files": {}}', "[]"):
        index = tmp_path / "index.json"
        if content is not None:
            index.write_text(content)
        monkeypatch.setattr(catalog, "INDEX", str(index))
        assert len(catalog.load.__wrapped__().keys) == len(catalog.load().keys)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('shape = "x_[0-9]+"', "unbounded"),
        ('shape = "x_(?=a)[0-9]{8}"', "not allowed"),
        ('shape = "x_[0-9"', "not a regex"),
        ('shape = "x_[0-9]{8}"\nslot = "none"', "slot"),
        ('shape = "x_[0-9]{8}"\naccount = "none"', "no account decoder"),
        ('shape = "x_[0-9]{8}"\ncolour = "red"', "unknown: colour"),
        ('shape = "x_[0-9]{8}"\nmode = "lively"', "lively"),
        ('shape = "x_[0-9]{8}"\nmode = "live"\nhint = true', "a hint decides nothing"),
    ],
)
def test_a_wrong_fact_is_named_with_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, says: str) -> None:
    (tmp_path / "wrong.toml").write_text(f'title = "Wrong"\njob = "dev"\n[[keys]]\nid = "key"\nexposure = "secret"\n{line}\n')
    monkeypatch.setattr(catalog, "_FOLDER", str(tmp_path))
    with pytest.raises(ValueError, match=r"wrong\.toml") as error:
        catalog.compiled()
    assert says in str(error.value)


# --- figures ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def figures(build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BUILD.parent))
    module = importlib.import_module("figures")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "speed.md").write_text(
        "`python benchmarks/speed.py\n--write`, 2026\n\n**3 of 4** told\n\n| tool | ms | kB |\n| --- | --- | --- |\n| `ours` | 1 | 5 |\n| theirs | 2 | 6 |\n"
    )
    return module


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("table 1", "| tool | ms | kB |\n| --- | --- | --- |\n| `ours` | 1 | 5 |\n| theirs | 2 | 6 |"),
        ("table 1, columns tool; kB, rows theirs", "| tool | kB |\n| --- | --- |\n| theirs | 6 |"),
        ("table 1, rows theirs; ours", "| tool | ms | kB |\n| --- | --- | --- |\n| theirs | 2 | 6 |\n| `ours` | 1 | 5 |"),
        ("text 3 of 4", "**3 of 4** told"),
    ],
)
def test_figures_come_from_what_was_measured_with_its_command(figures: ModuleType, tmp_path: Path, wanted: str, told: str) -> None:
    page = tmp_path / "page.md"
    marks = f"<!-- figures: benchmarks/speed.md, {wanted} -->\n", "<!-- end of figures -->"
    page.write_text(f"before\n{marks[0]}| stale |\n{marks[1]}\nafter\n")
    said = "Measured by `python benchmarks/speed.py --write`; all of it: [benchmarks/speed.md](benchmarks/speed.md)."
    assert figures.filled(page) == f"before\n{marks[0]}\n{told}\n\n{said}\n\n{marks[1]}\nafter\n"
    page.write_text(figures.filled(page))
    assert figures.filled(page) == page.read_text()


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("benchmarks/none.md, table 1", "no such file"),
        ("benchmarks/speed.md, table 2", "not there"),
        ("benchmarks/speed.md, table 1, rows nobody", "not there"),
        ("benchmarks/speed.md, table 1, columns tool; GB", "not there"),
        ("benchmarks/speed.md, text 4 of 4", "not there"),
        ("benchmarks/speed.md, picture 1", "say `table N`"),
    ],
)
def test_a_figure_that_nothing_measured_is_an_error(figures: ModuleType, tmp_path: Path, wanted: str, says: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"<!-- figures: {wanted} -->\n<!-- end of figures -->\n")
    with pytest.raises(ValueError, match=r"page\.md: ") as error:
        figures.filled(page)
    assert says in str(error.value)
