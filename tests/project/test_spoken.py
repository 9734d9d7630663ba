"""What a memory says of the blobs that hold a name is what git's own search says."""

import random
import re
import zlib
from pathlib import Path

import pytest

from driftline.project import spoken
from driftline.project.index import Index
from tests.project.trees import repository
from tests.projects import git

NAMES = [f"{first}_{second}" for first in ("STRIPE", "S3", "AUTH", "A") for second in ("KEY", "URL", "SECRET_2", "")]
# What stands around a name: a word goes on with letters, digits and `_` only.
AROUND = ["process.env.{}", '"{}"', "x{}", "{}x", "_{}", "{}9", "{};{}", "é{}é", "${}$", "\n{}\n", "{}"]


def written(seed: int) -> bytes:
    dice = random.Random(seed)
    lines = (dice.choice(AROUND).replace("{}", dice.choice(NAMES)) for _ in range(dice.randrange(4)))
    return "\r\n".join(["const step = 1; // GET JSON Basket_NAME", *lines]).encode() + (b"\x00\xff" if seed % 7 == 0 else b"")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files: dict[str, str | bytes] = {f"lib/{seed}.ts": written(seed) for seed in range(120)}
    return repository(
        tmp_path_factory.mktemp("spoken"), {**files, "lib/same.ts": written(5), "notes.md": "STRIPE_KEY", "Rakefile": "S3_URL"}
    )


@pytest.mark.parametrize("name", [*NAMES, "GET", "step", "Basket_NAME", "NOT_THERE", "PORT"])
def test_the_memory_says_what_git_says(name: str, project: Path, tmp_path: Path) -> None:
    endings = (".ts", "Rakefile")
    with Index(str(project)) as index:
        told = set(index.holding([name], endings))
        assert set(index.holding([name], endings, str(tmp_path / "c"))) == told
        assert set(index.holding([name], endings, str(tmp_path / "c"))) == told, "once it is remembered"
        assert set(index.holding([name, "PORT"], endings, str(tmp_path / "c"))) == told, "with a name that is not"
    assert "notes.md" not in told


def test_what_is_staged_later_is_looked_at(tmp_path: Path) -> None:
    root = repository(tmp_path / "p", {"a.ts": "process.env.STRIPE_KEY", "b.ts": "1"})
    cache = str(tmp_path / "c")
    with Index(str(root)) as index:
        assert index.holding(["STRIPE_KEY"], [".ts"], cache) == ("a.ts",)
    (root / "a.ts").write_text("1;")
    (root / "b.ts").write_text("process.env.STRIPE_KEY")
    git(root, "add", "--all")
    with Index(str(root)) as index:
        assert index.holding(["STRIPE_KEY"], [".ts"], cache) == ("b.ts",)


@pytest.mark.parametrize(
    "damage", [b"", b"driftline", b"driftline spoken 2 00000000\n", b"driftline spoken 2 %08x\nno line" % zlib.crc32(b"x")]
)
def test_a_damaged_memory_is_made_anew(damage: bytes, tmp_path: Path) -> None:
    root = repository(tmp_path / "p", {"a.ts": "process.env.STRIPE_KEY"})
    cache = tmp_path / "c"
    with Index(str(root)) as index:
        index.holding(["STRIPE_KEY"], [".ts"], str(cache))
        (file,) = cache.iterdir()
        whole = file.read_bytes()
        file.write_bytes(damage or whole[:-3])
        assert index.holding(["STRIPE_KEY"], [".ts"], str(cache)) == ("a.ts",)
    assert file.read_bytes() == whole


def test_the_memory_tells_no_name(tmp_path: Path) -> None:
    root = repository(tmp_path / "p", {"a.ts": "STRIPE_KEY S3_URL"})
    cache = tmp_path / "c"
    with Index(str(root)) as index:
        index.holding(["STRIPE_KEY"], [".ts"], str(cache))
        blob = index.entries["a.ts"]
    (file,) = cache.iterdir()
    head, _, packed = file.read_bytes().partition(b"\n")
    assert re.fullmatch(rb"driftline spoken 2 [0-9a-f]{8}", head)
    assert re.fullmatch(rb"%s:[0-9a-f]{4} [0-9a-f]{4}" % blob.encode(), zlib.decompress(packed))


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_name_may_lie_across_two_pieces(cut: int) -> None:
    text = b"x STRIPE_KEY S3_URLx A_ y"
    assert (
        spoken.marks([text[:cut], text[cut:]]) == spoken.marks([text]) == " ".join(sorted((spoken.mark(b"STRIPE_KEY"), spoken.mark(b"A_"))))
    )


def test_a_memory_of_many_blobs_keeps_those_of_the_index(tmp_path: Path) -> None:
    known = {f"{number:040x}": "" for number in range(30_000)}
    spoken.save(str(tmp_path), "/", known, [f"{7:040x}", f"{1 << 60:040x}"])
    assert spoken.load(str(tmp_path), "/") == {f"{7:040x}": ""}
