"""Every fixture folder of every source format is a test by being there: what is read, where it stands, what is left unread.

`fixtures/formats/<format>/<case>/` holds files under their real names and `expected.json`, the whole reading with positions, states
and values. `DRIFTLINE_UPDATE=1` rewrites the expected files; whoever does so reads every line of what was written.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from driftline import formats
from driftline.formats import _document
from driftline.model import Declaration, Location, Reading, Reference, Secret, Text, Unreadable

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "formats"
CASES = sorted(case for case in FIXTURES.glob("*/*") if case.is_dir())
READERS = {reader.FORMAT.name: reader for reader in formats.readers()}
MANY = 3


class File(NamedTuple):
    """One fixture file: the format of its folder, its path inside the case, its text."""

    format: str
    path: str
    content: str

    def read(self) -> Reading:
        return READERS[self.format].read(Text(self.path, self.content))


def _files(case: Path) -> list[File]:
    found = [path for path in sorted(case.rglob("*")) if path.is_file() and path != case / "expected.json"]
    return [File(case.parent.name, path.relative_to(case).as_posix(), path.read_bytes().decode()) for path in found]


FILES = [file for case in CASES for file in _files(case) if file.format in READERS]


def _plain(value: Any) -> Any:
    """A field as JSON: places as `line:column`, values revealed, defaults left out, tuples of nouns as lists of objects."""
    if isinstance(value, Location):
        return f"{value.line}:{value.column}"
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        defaults = value._field_defaults  # type: ignore[attr-defined]
        fields = {"at" if key == "location" else key: (key, item) for key, item in value._asdict().items()}  # type: ignore[attr-defined]
        return {
            shown: _plain(item)
            for shown, (key, item) in fields.items()
            if shown != "path" and (key not in defaults or item != defaults[key]) and not (key in ("value", "root") and item is None)
        }
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value


def _env_file_plain(reading: Reading) -> list[Any]:
    return [{"file": item.path, **_plain(item)} for item in reading.env_files]


def _dump(file: File) -> Any:
    """The reading of one file; a sentence where its name is not recognised or its text is not of the format."""
    if file.format not in (reader.FORMAT.name for reader in formats.readers_of(file.path)):
        return "not recognised"
    try:
        reading = file.read()
    except Unreadable as problem:
        return f"unreadable at {problem.line}:{problem.column}: {problem.reason}"
    shown = {name: _plain(part) for name, part in zip(Reading._fields, reading, strict=True) if part}
    if reading.env_files:
        shown["env_files"] = _env_file_plain(reading)
    return shown


def _text(dump: dict[str, Any]) -> str:
    """JSON with one declaration, reference, ... a line, so that a change is one line of a diff."""
    files = []
    for path, shown in dump.items():
        if isinstance(shown, str):
            files.append(f" {json.dumps(path)}: {json.dumps(shown)}")
            continue
        parts = []
        for name, entries in shown.items():
            if isinstance(entries, str):
                parts.append(f'  "{name}": {json.dumps(entries)}')
                continue
            lines = ",\n".join(f"   {json.dumps(entry, ensure_ascii=False)}" for entry in entries)
            parts.append(f'  "{name}": [\n{lines}\n  ]')
        files.append(f" {json.dumps(path)}: {{\n" + ",\n".join(parts) + "\n }")
    return "{\n" + ",\n".join(files) + "\n}\n"


def _name(item: Path | File) -> str:
    return "/".join(item.parts[-2:]) if isinstance(item, Path) else f"{item.format}/{item.path}"


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_reading(case: Path) -> None:
    assert case.parent.name in READERS, "the folder is not named after a format"
    dump = {file.path: _dump(file) for file in _files(case)}
    expected = case / "expected.json"
    if os.environ.get("DRIFTLINE_UPDATE"):
        expected.write_bytes(_text(dump).encode())
    assert json.loads(expected.read_bytes()) == json.loads(_text(dump))


def _places(reading: Reading) -> Iterator[Location]:
    entries: tuple[Any, ...] = (*reading.declarations, *reading.references, *reading.passthroughs, *reading.env_files, *reading.components)
    for entry in (*entries, *(literal for _, literal in reading.origins), *reading.notes):
        yield entry.location


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_places_are_exact(file: File) -> None:
    """Line and column, and the byte offset, point at the same character; a variable's place is its name in the text."""
    if file.format not in (reader.FORMAT.name for reader in formats.readers_of(file.path)):
        return
    try:
        reading = file.read()
    except Unreadable:
        return
    raw = file.content.encode()
    lines = _document.Lines(file.content)
    for place in _places(reading):
        position = len(raw[: place.offset].decode())
        assert lines.location(file.path, position) == place
    named: list[Declaration | Reference] = [*reading.declarations, *reading.references]
    for item in named:
        rest = raw[item.location.offset :].decode().split("\n", 1)[0]
        if isinstance(item, Declaration) and item.name not in file.content:
            continue  # the platform itself gives it its name (a Firebase project), or its prefix stands elsewhere (envFrom)
        assert item.name in rest, f"{item.name} is not at {item.location.line}:{item.location.column}"


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_no_value_reaches_a_text(file: File) -> None:
    """Notes, reasons and references never quote a value."""
    try:
        reading = file.read()
    except Unreadable:
        return
    values = {d.value.reveal() for d in reading.declarations if d.value is not None and len(d.value) > 5}
    words = [note.note for note in reading.notes] + [unread.reason for unread in reading.unread]
    words += [d.reference for d in reading.declarations if d.reference]
    for word in words:
        assert not [value for value in values if value in word], word


def _nodes(root: _document.Node) -> Iterator[_document.Node]:
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting += [*node.map.values(), *node.items]


def _wrong(position: int) -> list[_document.Node]:
    table = _document.Node("map", position)
    table.map = {"x": _document.Node("string", position, "y"), "": _document.Node("null", position)}
    nested = _document.Node("list", position)
    nested.items = [_document.Node("list", position), table, _document.Node("null", position), _document.Node("string", position, "")]
    scalars = (("null", ""), ("boolean", "true"), ("number", "1"), ("string", ""), ("string", "${{}}$("))
    return [*(_document.Node(kind, position, text) for kind, text in scalars), _document.Node("map", position), table, nested]


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_wrong_types_everywhere(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each value of a structured file in turn becomes one of every other kind: a reading or Unreadable comes out, nothing else."""
    begin = _document.Document.__init__
    turn = 0
    total = 0
    kinds = len(_wrong(0))

    def swapped(self: _document.Document, path: str, text: str, root: _document.Node, lines: _document.Lines | None = None) -> None:
        nonlocal total
        begin(self, path, text, root, lines)
        nodes = list(_nodes(root))
        total = max(total, len(nodes) * kinds)
        if turn // kinds < len(nodes):
            node = nodes[turn // kinds]
            other = _wrong(node.position)[turn % kinds]
            node.kind, node.text, node.map, node.items = other.kind, other.text, other.map, other.items

    monkeypatch.setattr(_document.Document, "__init__", swapped)
    while turn == 0 or turn < total:
        with suppress(Unreadable):
            assert isinstance(file.read(), Reading)
        turn += 1


HOSTILE = {
    "nothing": "",
    "blank": " \n\t\r\n",
    "a mark": "\ufeff",
    "zeroes": "\x00" * 64,
    "half a pair": "\ud800 = \udfff",
    "open brackets": "[" * 4000,
    "open braces": '{"a":' * 4000,
    "a long line": "A" * 300_000,
    "many lines": "a: b\n" * 20_000,
    "a bomb": "a: &a [x,x]\n"
    + "".join(f"{c}: &{c} [*{p},*{p},*{p},*{p},*{p},*{p}]\n" for p, c in zip("abcdefghij", "bcdefghijk", strict=True)),
    "a circle": "a: &a\n  <<: *a\n  b: *a\n",
    "a tag": "!!python/object/apply:os.system [x]\n",
    "a list": "[1, 2]",
    "a word": '"word"',
}


@pytest.mark.parametrize("name", sorted(READERS))
def test_hostile_text(name: str) -> None:
    """Whatever stands in a file, its reader gives a reading or says Unreadable, quickly."""
    pattern = READERS[name].FORMAT.files[0]
    path = pattern.replace("*", "x")
    for words in HOSTILE.values():
        with suppress(Unreadable):
            assert isinstance(READERS[name].read(Text(path, words)), Reading)


@pytest.mark.parametrize("name", sorted(READERS))
def test_format_is_described(name: str) -> None:
    reader = READERS[name]
    assert reader.FORMAT.name == name
    assert reader.FORMAT.files == formats._files()[name]  # read from the text, without importing the module
    assert reader.FORMAT.nameless in ("production", "local", "preview", "base")
    assert reader.__doc__
    assert reader.__doc__.partition("\n")[0].endswith(".")


def test_every_format_is_known_by_its_text() -> None:
    names = [path.stem for path in Path(formats.__file__).parent.glob("[!_]*.py")]
    assert sorted(READERS) == sorted(name for name in names if hasattr(importlib.import_module(f"driftline.formats.{name}"), "FORMAT"))


def test_a_file_is_read_once_by_a_format() -> None:
    """Several patterns of one format match this path."""
    names = [reader.FORMAT.name for reader in formats.readers_of("deploy/k8s/manifests/secret.yaml")]
    assert names == ["kubernetes"]


@pytest.mark.parametrize("name", sorted(READERS))
def test_format_has_fixtures(name: str) -> None:
    """A typical file, one with every feature, and a broken one at least."""
    assert len([case for case in CASES if case.parent.name == name]) >= MANY


def test_the_settings_of_an_app_that_tests_are_run_in_speak_for_no_environment() -> None:
    for path, wanted in {"config/environments/production.rb": True, "engine/spec/dummy/config/environments/production.rb": False}.items():
        assert any(reader.FORMAT.name == "mails" for reader in formats.readers_of(path)) is wanted
