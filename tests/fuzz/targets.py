"""What is fuzzed: one function per reader, which takes any bytes and raises only where the reader breaks its promise.

A reader may refuse input in the way that it documents, and must not end otherwise: each place that it tells lies inside the text, each
count is within the input's. Formats, loaders and languages are taken from their registries, so that a new one is fuzzed from its first day.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from driftline import code, formats, loaders
from driftline import suppress as suppressions
from driftline.bundle import context, encodings, hermes, joins, obfuscator, scan, sourcemap, unpack
from driftline.bundle.blob import Blob, windows
from driftline.database import firebase, postgres, replay, statements
from driftline.knowledge import hosts, identify
from driftline.model import Exposure, Location, Misuse, Secret, Text, Unreadable
from driftline.project import exports, files, ignore
from driftline.project import settings as project_settings
from driftline.review import changes, hooks, owners
from tests.nested import within
from tests.projects import FIXTURES

FOLDER = Path(__file__).parent
# Longer seeds make slow mutations of fast readers.
_LONGEST_SEED = 3000
_MOST_SEEDS = 80


class Target(NamedTuple):
    """A reader under test. `run` takes any bytes; `seeds` are inputs to begin with, made anew each time: they may hold generated keys."""

    name: str
    run: Callable[[bytes], object]
    seeds: Callable[[], Iterator[bytes]]


# --- what holds for everything that is read ---------------------------------------------------------------------------------


def assert_places(value: object, content: bytes, path: str | None = None) -> None:
    """Every Location inside a reading lies in the text, at 1-based lines and columns. Raises AssertionError."""
    lines = content.count(b"\n") + content.count(b"\r") + 1
    for place in within(value, Location):
        if path is not None and place.path != path:
            continue
        assert 1 <= place.line <= lines, place
        assert place.column is None or 1 <= place.column <= len(content) + 1, place
        assert place.offset is None or 0 <= place.offset <= len(content), place


def _text(data: bytes) -> str:
    """Text for a reader that gets what `files.decode` lets through: UTF-8 without NUL. Other bytes become text in the simplest way."""
    try:
        return files.decode(data)
    except Unreadable:
        return data.replace(b"\0", b"").decode("utf-8", "ignore")


# --- formats, loaders, languages --------------------------------------------------------------------------------------------


def _format(reader: formats.Reader, path: str, data: bytes) -> None:
    text = _text(data)
    with suppress(Unreadable):
        reading = reader.read(Text(path, text))
        assert_places(reading, text.encode(), path)
        repr(reading)


def _path_of(reader: formats.Reader) -> str:
    """A path that a format recognises."""
    for pattern in reader.FORMAT.files:
        name = pattern.replace(".y*ml", ".yml").replace("*", "a").replace("?", "a")
        if "[" not in name and any(found is reader for found in formats.readers_of(name)):
            return name
    return reader.FORMAT.files[0]


def _format_seeds(name: str) -> Iterator[bytes]:
    yield from _files(FIXTURES / "formats" / name, lambda path: path.name != "expected.json")


def _loader(name: str, data: bytes) -> None:
    """Two files of one project, divided by the first form feed, and the environment around them."""
    first, _, second = _text(data).partition("\f")
    reading = loaders.read([(".env.local", first), (".env", second)], name, {"HOME": "/home/a", "OUTER": "o$A${A}"})
    for variable, loaded in reading.values.items():
        assert isinstance(variable, str)
        text = (first if loaded.path == ".env.local" else second).encode()
        assert 0 <= loaded.place.offset <= len(text), loaded.place
        assert loaded.place.line >= 1
        assert loaded.place.column >= 1
        assert len(loaded.value) <= 4 * 1024 * 1024, "what expansion makes is bounded"
    loaders.oddities(first)


def _disagreements(data: bytes) -> None:
    text = _text(data)
    for found in loaders.disagreements(text, ("next", "vite", "python-dotenv", "compose", "node", "bun")):
        assert found.sentence
        assert found.place.offset <= len(text.encode())


def _loader_seeds() -> Iterator[bytes]:
    for case in json.loads((FIXTURES / "loaders" / "cases.json").read_text("utf-8")):
        if "text" in case:
            yield case["text"].encode()
        elif "files" in case:
            yield "\f".join(case["files"].values()).encode()
        elif "bytes" in case:
            yield bytes.fromhex(case["bytes"])


_PATHS = {"javascript": ("src/a.tsx", "src/app/api/a/route.ts", "pages/api/a.js"), "python": ("app/a.py", "settings.py")}


def _language(module: str, path: str, data: bytes) -> None:
    with suppress(Unreadable):
        assert_places(code._language(module).read(path, data), data)


def _survey(data: bytes) -> None:
    """Two files of a project, divided by the first form feed: helpers, mentions, routes and all."""
    first, _, second = data.partition(b"\f")
    found = code.survey(
        [code.CodeFile("src/app/api/a/route.ts", first), code.CodeFile("lib/env.ts", second), code.CodeFile("app/main.py", first)],
        packages={"@acme/lib": "lib"},
    )
    assert_places(found, data)


# Languages of which the fixtures hold little.
_CODE = {
    "go": b'package main\nimport "os"\n// a\nvar a = os.Getenv("A_B")\nfunc f() { b, ok := os.LookupEnv("C"); _ = `x` }\n',
    "php": b"<?php\n$a = env('A_B', 'c'); # x\n$b = getenv(\"C\") ?: $_ENV['D'];\n/* $_SERVER['E'] */\n",
    "prisma": b'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL") // x\n}\n',
    "ruby": b"a = ENV['A_B'] # x\nb = ENV.fetch('C') { 1 }\n=begin\nENV['D']\n=end\n",
    "rust": b'fn f() { let a = std::env::var("A_B").unwrap_or_default(); let b = env!("C"); /* /* option_env!("D") */ */ }\n',
    "shell": b'#!/bin/sh\nset -u\n: "${A_B:?x}" # y\nexport C="${D:-e}"\ncat <<EOF\n$F\nEOF\n',
}


def _code_seeds(module: str) -> Iterator[bytes]:
    if module in _CODE:
        yield _CODE[module]
    endings = tuple(ending for ending, name in code.languages().items() if name == module)
    yield from _files(FIXTURES / "rules", lambda path: path.name.endswith(endings))


def _files(folder: Path, wanted: Callable[[Path], bool]) -> Iterator[bytes]:
    found = 0
    for path in sorted(folder.rglob("*")):
        if found < _MOST_SEEDS and path.is_file() and wanted(path) and path.stat().st_size <= _LONGEST_SEED:
            found += 1
            yield path.read_bytes()


# --- built output -------------------------------------------------------------------------------------------------------------


@cache
def _look() -> Any:
    from tests.bundle import looking

    return looking.look()


def _block(data: bytes) -> None:
    hits = _look().text(data)
    for hit in hits:
        assert 0 <= hit.start <= hit.end <= len(data), hit.encoding
    for mark in _look().window(data).marks:
        assert 0 <= mark.start <= len(data)
    found = scan.positions(io.BytesIO(data), sorted({hit.start for hit in hits}))
    assert all(line >= 1 and column >= 1 for line, column in found.values())


def _windows(data: bytes) -> None:
    """A blob in tiny windows gives the same hits as in one."""
    if len(data) < 2:
        return
    size, overlap = 64 + data[0], 1 + data[1] % 64
    pieces = list(windows(io.BytesIO(data), size, overlap))
    assert b"".join(window.data[window.low : window.high] for window in pieces) == data


def _map(data: bytes) -> None:
    outline = sourcemap.outline(io.BytesIO(data))
    for key, offset in outline.keys:
        assert 0 <= offset <= len(data)
        outline.sources_for(offset)
        if key == b"sources":
            [sourcemap.shown(name) for name in sourcemap.sources(io.BytesIO(data), offset)]
        elif key == b"mappings":
            lines = sourcemap.mapping_lines(io.BytesIO(data), offset)
            for place in sourcemap.originals(lines, [(1, 1), (1, 40), (2, 7), (9, 1)]).values():
                assert len(place) == 3
    sourcemap.places_in(lambda: io.BytesIO(data), list(range(0, len(data), 1 + len(data) // 50)))


def _map_seeds() -> Iterator[bytes]:
    for names, content, mappings in (
        (["a.ts"], ["const a = 1\n"], "AAAA,SAASA;AACA"),
        (["webpack://x/./a.ts?1", "../b.ts"], ["\\u00fc\n", 'a"b'], ";;AAAA;;ACAA"),
    ):
        whole = {"version": 3, "sourceRoot": "", "sources": names, "sourcesContent": content, "mappings": mappings}
        yield json.dumps(whole).encode()
        yield json.dumps({"version": 3, "sections": [{"offset": {"line": 0, "column": 0}, "map": whole}] * 2}).encode()


def _container(kind: str, name: str, data: bytes) -> None:
    budget = unpack.Budget(unpack.Limits(unpacked=1 << 20, members=500, nested=1 << 16))
    blob = Blob(name, (), lambda: io.BytesIO(data), len(data))
    count = 0
    with suppress(Unreadable, OSError):
        for member in unpack.members(blob, kind, budget):
            count += 1
            assert not member.path.startswith("/")
            assert ".." not in member.path.split("/")
            with suppress(Unreadable, OSError), member.open() as file:
                while file.read(1 << 16):
                    pass
    assert count <= 501


def _unpacked(data: bytes) -> None:
    """Whatever it is, and whatever is in it, as the audit of built output goes about it."""
    for name in ("a.bin", "a.tar", "a.asar", "a.br"):
        found = scan._scan_blob(
            _look(), Blob(name, (), lambda: io.BytesIO(data), len(data)), unpack.Budget(unpack.Limits(unpacked=1 << 20))
        )
        assert all(one.bytes >= 0 for one in found)


def _container_seeds(kind: str) -> Iterator[bytes]:
    import gzip
    import zipfile

    import brotli
    import zstandard

    from tests.bundle.test_unpack import asar, tarred, zipped

    script = b"const a = 1;\n" * 20
    inside = {"a/b.js": script, "c.html": b"<p>"}
    if kind in ("zip", "any"):
        yield zipped(inside)
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("../../etc/x", b"a")
            archive.writestr("C:\\b", b"")
        yield target.getvalue()
    if kind in ("tar", "any"):
        yield tarred(inside)
    if kind in ("asar", "any"):
        yield asar(inside)
    if kind in ("gzip", "any"):
        yield gzip.compress(script)
        yield gzip.compress(tarred(inside))
    if kind in ("brotli", "any"):
        yield brotli.compress(script)
    if kind in ("zstd", "any"):
        yield zstandard.compress(script)


def _hermes(data: bytes) -> None:
    decoded = hermes.strings(data)
    if decoded is not None:
        for place in range(0, len(decoded.data) + 1, 1 + len(decoded.data) // 20):
            assert 0 <= decoded.origin(place) <= len(data) + 4


def _hermes_seeds() -> Iterator[bytes]:
    from tests.bundle.test_special import bytecode

    yield bytecode(["length", "größe", "toString" * 40])
    yield bytecode([])
    yield bytecode(["a"] * 70)


def _decoders(data: bytes) -> None:
    """Everything that turns encoded bytes into plain ones, at every kind of place."""
    at = data[0] if data else 0
    place = min(at, len(data))
    low, high = max(0, place - 64), min(len(data), place + 64)
    for decoded in (
        encodings.unescape(data, 0, len(data)),
        encodings.unpercent(data, 0, len(data)),
        encodings.unentity(data, 0, len(data)),
        encodings.base64(data, place, low, high),
        encodings.base64_run(data, 0, len(data)),
        encodings.hexadecimal(data, place, low, high),
        encodings.reversed_around(data, place, low, high),
        encodings.wide(data, place, low, high),
        encodings.codes(data, place, low, high),
        joins.chain(data, place, low, high),
        joins.array(data, len(data)),
        joins.swapped(data),
        obfuscator.restored(data),
    ):
        if decoded is not None and decoded.marks and decoded.data:
            for one in (0, len(decoded.data) // 2, len(decoded.data) - 1):
                assert -4 <= decoded.origin(one) <= len(data) + 4, (one, decoded.origin(one))
    for name, start, text in context.assignments(data):
        assert name
        assert 0 <= start <= len(data)
        assert len(text) <= len(data)


def _block_seeds() -> Iterator[bytes]:
    import base64

    from tests import keys
    from tests.bundle.looking import secret_kinds

    for number, kind in enumerate(secret_kinds()):
        if number % 5:
            continue
        key = keys.example(kind).encode()
        if len(key) > 600:
            continue
        yield b'const a="' + key + b'";'
        yield b'atob("' + base64.b64encode(b"key=" + key) + b'")'
        yield b'"' + key[:9] + b'"+"' + key[9:] + b'"'
    yield b"const _0x4a1b=['\\x61\\x62','c'];(function(a,b){while(true){try{}}})();"
    yield b"STRIPE_SECRET_KEY=abc\nA='b'\n"


# --- values -------------------------------------------------------------------------------------------------------------------


def _value(data: bytes) -> None:
    """What a value says about itself, under a name or without one."""
    name, divided, text = data.decode("utf-8", "surrogateescape").partition("=")
    name, text = (name, text) if divided else ("", name)
    traits = identify.traits(Secret(text), name=name or None, key=b"key", digest_key=b"digest")
    shown = repr(traits)
    if len(text) > 40 and traits.identity is not None and traits.identity.exposure is Exposure.SECRET:
        assert text not in shown, "a whole value stands in its own traits"
    identify.address_traits(Secret(text), key=b"key")
    url = hosts.split(text) or hosts.bare(text) or hosts.target(text)
    if url is not None:
        hosts.classify(url)
        hosts.registrable(url.host)
        hosts.is_local(url.host)


def _value_seeds() -> Iterator[bytes]:
    from driftline.knowledge import catalog
    from tests import keys

    for number, kind in enumerate(catalog.load().keys):
        if number % 4 == 0:
            with suppress(ValueError):
                yield f"{keys.variable(kind) or 'A'}={keys.example(kind)}".encode()
    for text in (
        "https://a.example.com:8080/b?c#d",
        "http://[::1]:3000",
        "postgres://u:p@localhost/db",
        "0x7f.1",
        '{"a": 1}',
        "a@b.example",
        "2026-11-01",
    ):
        yield f"URL={text}".encode()


# --- what the user keeps ------------------------------------------------------------------------------------------------------


def _settings(data: bytes) -> None:
    """driftline.toml, without the file."""
    import tomli

    from driftline import rules

    text = _text(data)
    with suppress(Misuse):
        try:
            parsed = tomli.loads(text)
        except (ValueError, RecursionError):  # told as misuse by the caller
            return
        project_settings._Reader("driftline.toml", text, rules.identifiers()).settings(parsed)


def _baseline(data: bytes) -> None:
    with suppress(Misuse):
        for entry in suppressions.read_baseline(_text(data), "baseline.json"):
            assert isinstance(entry.fingerprint, str)


def _comments(data: bytes) -> None:
    text = _text(data)
    lines = len(suppressions._LINE_END.split(text))
    assert all(1 <= line <= lines for line in suppressions._comments(text))
    assert all(1 <= line <= lines + 1 for line in suppressions._pragmas(text))


def _exports(data: bytes) -> None:
    with suppress(Unreadable, Misuse):
        read = exports.read(exports.decode(data), "export.json")
        text = exports.snapshot("production", [read], date(2026, 11, 1), "key")
        exports.names(text)


def _kept(data: bytes) -> None:
    text = _text(data)
    exports.names(text)
    hooks.read_attestations(text)
    with suppress(ValueError):
        hooks.attested(text, "/a", "production", "2026-11-01", None)
    with suppress(Misuse):
        changes._read(text)
    owners.unowned(("supabase/migrations/1.sql", ".env.example"), text, {})


def _ignore(data: bytes) -> None:
    names = ("a/b.log", "A", "a/b/c/.env", "ä/\udcff", "x" * 80)
    parsed = ignore.parse(data, "")
    for name in names:
        ignore.ignored((parsed,), name, False)
        ignore.ignored((parsed,), name, True)


def _sql(reader: Any, data: bytes) -> None:
    text = _text(data)
    script = reader.read("a.sql", text)
    assert_places(script.unread, text.encode())
    database = replay.replay([("a.sql", script)])
    assert database.statements == script.statements


def _sql_seeds() -> Iterator[bytes]:
    yield from _files(FIXTURES / "rules", lambda path: path.suffix == ".sql")


def _firebase(data: bytes) -> None:
    text = _text(data)
    for path in ("firestore.rules", "database.rules.json"):
        with suppress(Unreadable):
            assert_places(firebase.read(path, text), text.encode())


def _kept_seeds() -> Iterator[bytes]:
    yield b'{"schema": "driftline/attestations/1", "attestations": [\n{"callback": "/a", "environment": "production", "date": "2026-11-01"}\n]}'
    yield b'{"flag rls": "clear", "finding ab": {"rule": "a", "severity": "note", "what": "b"}, "schema": "driftline/review/1"}'
    yield b"* @acme/web\n/supabase/ @acme/db # x\n[Section]\n*.sql\n"
    yield b'{"schema": "driftline/snapshot/1", "variables": [{"name": "A", "state": "set"}]}'


def _settings_seeds() -> Iterator[bytes]:
    yield from _files(FIXTURES, lambda path: path.name == "driftline.toml")


def _baseline_seeds() -> Iterator[bytes]:
    yield b'{"schema": "driftline/baseline/1", "findings": [\n{"rule": "a", "subject": "A", "path": "a.ts", "fingerprint": "ab", "reason": "b", "expires": "2027-01-31"}\n]}'
    yield b'{"schema": "driftline/baseline/1", "findings": []}'


def _all() -> Iterator[Target]:
    for reader in formats.readers():
        name = reader.FORMAT.name
        yield Target(f"format-{name}", partial(_format, reader, _path_of(reader)), partial(_format_seeds, name))
    seen = set()
    for loader in loaders.LOADERS.values():
        if (loader.dialect, loader.expansion) not in seen:  # others are the same with files of other names
            seen.add((loader.dialect, loader.expansion))
            yield Target(f"loader-{loader.name}", partial(_loader, loader.name), _loader_seeds)
    yield Target("loader-all", _disagreements, _loader_seeds)
    for module in sorted(set(code.languages().values())):
        for path in _PATHS.get(module, (f"a{next(end for end, name in code.languages().items() if name == module)}",)):
            suffix = path.rpartition("/")[2].replace(".", "-") if module in _PATHS else ""
            yield Target(f"code-{module}{'-' + suffix if suffix else ''}", partial(_language, module, path), partial(_code_seeds, module))
    yield Target("code-survey", _survey, partial(_code_seeds, "javascript"))
    yield Target("bundle-block", _block, _block_seeds)
    yield Target("bundle-windows", _windows, _map_seeds)
    yield Target("bundle-decoders", _decoders, _block_seeds)
    yield Target("bundle-map", _map, _map_seeds)
    yield Target("bundle-hermes", _hermes, _hermes_seeds)
    yield Target("bundle-any", _unpacked, partial(_container_seeds, "any"))
    for kind in unpack._OPENERS:
        yield Target(f"bundle-{kind}", partial(_container, kind, f"a.{kind}"), partial(_container_seeds, kind))
    yield Target("value", _value, _value_seeds)
    yield Target("settings", _settings, _settings_seeds)
    yield Target("baseline", _baseline, _baseline_seeds)
    yield Target("comments", _comments, partial(_code_seeds, "javascript"))
    yield Target("exports", _exports, lambda: _files(FIXTURES / "exports", lambda path: path.name != "expected.json"))
    yield Target("kept", _kept, _kept_seeds)
    yield Target("gitignore", _ignore, lambda: iter((b"*.log\n!/a/**/b?[a-z]/\n\\#x\n", b"**/foo/**\nnode_modules/\n")))
    yield Target("sql", partial(_sql, statements), _sql_seeds)
    if postgres.is_available():
        yield Target("sql-postgres", partial(_sql, postgres), _sql_seeds)
    yield Target("firebase-rules", _firebase, lambda: _files(FIXTURES / "rules", lambda path: path.name.endswith((".rules", "rules.json"))))


TARGETS: Mapping[str, Target] = {target.name: target for target in _all()}
