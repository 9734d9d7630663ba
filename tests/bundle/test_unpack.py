"""Containers are opened to a bounded depth and size; what cannot be opened is said, never passed over."""

from __future__ import annotations

import gzip
import io
import json
import random
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
import zstandard

from driftline import cli
from driftline.bundle import unpack
from driftline.bundle.scan import Limits, Scan, scan
from driftline.bundle.unpack import DEFAULT
from tests.bundle.looking import cache_folder, secret

NAME = "stripe.secret key"


def script(seed: str = "a") -> bytes:
    return b'export const k="' + secret(NAME, seed).encode() + b'";' + b"// filler\n" * 50


def zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


def asar(files: dict[str, bytes]) -> bytes:
    header: dict[str, object] = {"files": {}}
    body = b""
    for path, content in files.items():
        folder = header
        *parents, name = path.split("/")
        for parent in parents:
            folder = folder["files"].setdefault(parent, {"files": {}})  # type: ignore[attr-defined]
        folder["files"][name] = {"size": len(content), "offset": str(len(body))}  # type: ignore[index]
        body += content
    text = json.dumps(header).encode()
    padded = (len(text) + 3) // 4 * 4
    return struct.pack("<IIII", 4, padded + 8, padded + 4, len(text)) + text.ljust(padded, b"\0") + body


def look_at(tmp_path: Path, name: str, content: bytes, limits: Limits = DEFAULT) -> Scan:
    path = tmp_path / name
    path.write_bytes(content)
    return scan([str(path)], root=str(tmp_path), cache=cache_folder(), limits=limits)


FILES = {"assets/app.js": script(), "index.html": b"<p>hello</p>"}


@pytest.mark.parametrize(
    ("name", "content", "container", "path"),
    [
        ("a.js.gz", gzip.compress(script()), ("a.js.gz",), "a.js"),
        ("a.js.br", brotli.compress(script()), ("a.js.br",), "a.js"),
        ("a.js.zst", zstandard.compress(script()), ("a.js.zst",), "a.js"),
        ("app.zip", zipped(FILES), ("app.zip",), "assets/app.js"),
        ("app.apk", zipped(FILES), ("app.apk",), "assets/app.js"),
        ("tool.whl", zipped(FILES), ("tool.whl",), "assets/app.js"),
        ("app.tar", tarred(FILES), ("app.tar",), "assets/app.js"),
        ("app.tar.gz", tarred(FILES, "w:gz"), ("app.tar.gz", "app.tar"), "assets/app.js"),
        ("app.tgz", tarred(FILES, "w:gz"), ("app.tgz", "app.tar"), "assets/app.js"),
        ("app.asar", asar(FILES), ("app.asar",), "assets/app.js"),
        (
            "app.ipa",
            zipped({"Payload/a.app/main.js.gz": gzip.compress(script())}),
            ("app.ipa", "Payload/a.app/main.js.gz"),
            "Payload/a.app/main.js",
        ),
        ("outer.zip", zipped({"inner.zip": zipped(FILES)}), ("outer.zip", "inner.zip"), "assets/app.js"),
    ],
)
def test_what_is_packed_is_found(name: str, content: bytes, container: tuple[str, ...], path: str, tmp_path: Path) -> None:
    found = look_at(tmp_path, name, content)
    (seen,) = found.sightings
    assert (seen.container, seen.location.path, seen.location.line, seen.location.column) == (container, path, 1, 17)
    assert not found.unread


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.js.gz", gzip.compress(script() * 200)[:-40], "ends too early"),
        ("a.js.br", brotli.compress(script() * 200)[:-20], "ends too early"),
        ("a.zip", zipped(FILES)[:-30], "broken"),
        ("a.tar", tarred(FILES)[:700], "ends|broken"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\0\4" + b"\0" * 40, "7z"),
        ("a.rar", b"Rar!\x1a\x07\x01\0" + b"\0" * 40, "RAR"),
        ("a.whl", b"this is no zip at all", "promises"),
        ("a.asar", b"\4\0\0\0" + b"\xff" * 60, "asar"),
        ("deep.zip", zipped({"1.zip": zipped({"2.zip": zipped({"3.zip": zipped(FILES)})})}), "deep"),
    ],
)
def test_what_cannot_be_read_is_said(name: str, content: bytes, reason: str, tmp_path: Path) -> None:
    import re

    found = look_at(tmp_path, name, content, Limits(depth=3))
    assert [one for one in found.unread if re.search(reason, one.reason)], found.unread


@pytest.mark.parametrize("entry", [{"size": 9, "offset": "1" * 30}, {"size": 10**30, "offset": "0"}, {"size": 9, "offset": "999999"}])
def test_an_entry_of_asar_outside_the_file_hides_nothing_else(entry: dict[str, object], tmp_path: Path) -> None:
    body = script()
    header = json.dumps({"files": {"a.js": entry, "b.js": {"size": len(body), "offset": "0"}}}).encode()
    padded = len(header) + -len(header) % 4
    content = struct.pack("<IIII", 4, padded + 8, padded + 4, len(header)) + header.ljust(padded, b"\0") + body
    found = look_at(tmp_path, "app.asar", content)
    assert [one.location.path for one in found.sightings] == ["b.js"]
    assert [(one.path, one.reason) for one in found.unread] == [("app.asar!/a.js", "ends too early")]


def test_entries_of_asar_that_lie_over_one_another_are_bounded(tmp_path: Path) -> None:
    body = script().ljust(1 << 20)
    header = json.dumps({"files": {f"{number}.js": {"size": len(body), "offset": "0"} for number in range(64)}}).encode()
    padded = len(header) + -len(header) % 4
    content = struct.pack("<IIII", 4, padded + 8, padded + 4, len(header)) + header.ljust(padded, b"\0") + body
    found = look_at(tmp_path, "app.asar", content, Limits(unpacked=8 << 20))
    assert 1 <= len(found.sightings) <= 8
    assert [one.reason for one in found.unread] == ["unpacks to more than 8M (--max-unpacked)"]


@pytest.mark.promise("bounded")
def test_a_limit_that_the_map_of_a_script_passes_is_told(tmp_path: Path) -> None:
    """Reading it is on the way to something else; what comes behind it in the archive is not looked at."""
    whole = {"version": 3, "sources": ["a.ts"], "mappings": "AAAA", "sourcesContent": [" " * (3 << 20)]}
    content = zipped({"a.js": script(), "a.js.map": json.dumps(whole).encode(), "b.js": script("b")})
    found = look_at(tmp_path, "a.zip", content, Limits(unpacked=2 << 20))
    assert [one.location.path for one in found.sightings] == ["a.js"]
    assert [(one.path, one.reason) for one in found.unread] == [("a.zip", "unpacks to more than 2M (--max-unpacked)")]


@pytest.mark.promise("bounded")
def test_a_slow_reader_does_not_end_a_file_of_asar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may give less than it was asked for; that is no end of the file."""
    content = asar({"a.js": b" " * 5000 + script()})

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(1000 if size is None or size > 1000 else size)

    monkeypatch.setattr(unpack, "_seekable", lambda _blob, _budget: Slow(content))
    found = look_at(tmp_path, "app.asar", content)
    assert [one.location.path for one in found.sightings] == ["a.js"]
    assert found.unread == ()


@pytest.mark.promise("nothing-is-left-out")
@pytest.mark.parametrize("kind", [tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE], ids=["pipe", "device", "disk"])
def test_a_pipe_or_a_device_in_a_tar_is_unread(tmp_path: Path, kind: bytes) -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        odd = tarfile.TarInfo("odd.js")
        odd.type = kind
        archive.addfile(odd)
        archive.addfile(tarfile.TarInfo("a.js"))
    found = look_at(tmp_path, "a.tar", target.getvalue())
    assert [(one.path, one.reason) for one in found.unread] == [("a.tar!/odd.js", "is not a regular file")]


def test_an_encrypted_zip_is_unread(tmp_path: Path) -> None:
    content = bytearray(zipped(FILES))
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flag bit that says so, in both headers of every member
        at = content.find(magic)
        while at >= 0:
            content[at + place] |= 1
            at = content.find(magic, at + 4)
    found = look_at(tmp_path, "a.zip", bytes(content))
    assert [one.reason for one in found.unread] == ["is encrypted"] * 2


@pytest.mark.promise("bounded")
@pytest.mark.parametrize("pack", [gzip.compress, brotli.compress, zstandard.compress, lambda data: zipped({"a.js": data})])
def test_a_bomb_is_stopped(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    name = {gzip.compress: "a.js.gz", brotli.compress: "a.js.br", zstandard.compress: "a.js.zst"}.get(pack, "a.zip")
    found = look_at(tmp_path, name, pack(b"\0" * (64 << 20)))
    assert any("times its size" in one.reason for one in found.unread)


def test_all_that_one_file_unpacks_to_is_limited(tmp_path: Path) -> None:
    content = zipped({f"{number}.js": bytes(range(256)) * 4000 for number in range(8)})
    found = look_at(tmp_path, "a.zip", content, Limits(unpacked=3 << 20))
    assert any("unpacks to more than" in one.reason for one in found.unread)


@pytest.mark.promise("nothing-is-left-out")
def test_names_that_lead_out_are_shown_without_their_way(tmp_path: Path) -> None:
    found = look_at(tmp_path, "a.zip", zipped({"../../etc/x.js": script(), "/root/y.js": script("b")}))
    assert [seen.location.path for seen in found.sightings] == ["etc/x.js", "root/y.js"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


def test_links_in_an_archive_are_not_followed(tmp_path: Path) -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        link = tarfile.TarInfo("a.js")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    found = look_at(tmp_path, "a.tar", target.getvalue())
    assert (found.files, found.sightings) == (0, ())


def test_a_map_inside_an_archive_names_the_source(tmp_path: Path) -> None:
    code = script().decode()
    document = json.dumps({"version": 3, "sources": ["../src/pay.ts"], "sourcesContent": ["// one\n" + code], "mappings": ""})
    (seen,) = look_at(tmp_path, "a.zip", zipped({"assets/app.js.map": document.encode()})).sightings
    assert seen.original is not None
    assert (seen.original.path, seen.original.line, seen.original.column) == ("src/pay.ts", 2, 17)


@pytest.mark.promise("bounded")
def test_archives_in_archives_are_counted_and_told_once(tmp_path: Path) -> None:
    """As 42.zip: few bytes, and sixteen archives in each of an archive."""
    content = zipped({"a.js": b"1"})
    for _ in range(4):
        content = zipped({f"{number}.zip": content for number in range(16)})
    found = look_at(tmp_path, "a.zip", content, Limits(archives=500))
    assert [one.reason for one in found.unread] == ["holds more than 500 archives in one another (--max-archives)"]


def noise(count: int) -> bytes:
    """Bytes that nothing packs."""
    return random.Random(count).randbytes(count)


@pytest.mark.parametrize("project", [True, False], ids=["in a project", "alone"])
@pytest.mark.parametrize(
    ("option", "value", "name", "content"),
    [
        ("--max-file-size", "1K", "a.js", script() + b" " * 1024),
        ("--max-unpacked", "1M", "a.js.gz", gzip.compress(script() + bytes(range(256)) * 5000)),
        ("--max-nested", "1k", "a.zip", zipped({"b.zip": zipped({"b.js": script() + noise(2000)})})),
        ("--max-depth", "1", "a.zip", zipped({"b.js.gz": gzip.compress(script())})),
        ("--max-archives", "2", "a.zip", zipped({"b.gz": gzip.compress(script()), "c.gz": gzip.compress(script())})),
        ("--max-members", "1", "a.tar", tarred({"a.js": script(), "b.js": script(), "c.js": script()})),
        ("--max-ratio", "2", "a.js.gz", gzip.compress(script() + b"".join(noise(1024) * 16 for _ in range(1100)))),
    ],
)
def test_every_limit_is_an_option_and_what_passes_it_is_unread(
    option: str, value: str, name: str, content: bytes, project: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / name).write_bytes(content)
    if project:
        (tmp_path / "package.json").write_text("{}", encoding="utf-8")
    told = ["bundle", str(tmp_path / "dist"), "--no-live", "--format", "json", "--fail-on", "never"]

    assert cli.run(told) == 0
    capsys.readouterr()
    assert cli.run([*told, option, value]) == 3
    (unread,) = (one for one in json.loads(capsys.readouterr().out)["unread"] if option in one["reason"])
    assert name in unread["path"]


@pytest.mark.parametrize("value", ["", "K", "12X", "-1", "1.5G", "ten"])
def test_a_size_that_is_none_is_misuse(value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["bundle", str(tmp_path), "--max-unpacked", value]) == 2
    assert "64M" in capsys.readouterr().err
