"""Fetches the browser builds of public packages that the accuracy and speed figures are measured on.

    python benchmarks/third_party.py FOLDER

The packages were chosen for variety: frameworks, editors, maps, charts, 3D, media, cryptography, SDKs of providers whose keys driftline
knows. Packs each package of `third_party.txt` with `npm pack` (the newest release; a name with `@` and a version asks for that one) and keeps what
a browser would get: scripts, styles, maps, pages, data and WebAssembly, without the packages' own tests. Nothing of a package is run. Prints how much there is.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SERVED = (".js", ".mjs", ".cjs", ".css", ".map", ".html", ".json", ".wasm", ".svg", ".txt", ".xml")

NO_BUILD = {"test", "tests", "__tests__", "spec", ".."}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--packages", type=Path, default=Path(__file__).with_suffix(".txt"), help="a name a line")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    total = packed = 0
    with ThreadPoolExecutor(4) as pool:
        for name, size in pool.map(lambda name: (name, _pack(name, arguments.folder)), arguments.packages.read_text().split()):
            total += size
            packed += size > 0
            print(f"{name:40} {size / 1e6:8.1f} MB", flush=True)
    print(f"{packed} packages, {total / 1e6:.0f} MB")
    return 0


def _pack(name: str, folder: Path) -> int:
    """The bytes kept of one package; 0 where it cannot be had."""
    target = folder / name.replace("/", "+")
    if not target.exists():
        with tempfile.TemporaryDirectory() as place:
            run = subprocess.run(["npm", "pack", name, "--silent"], cwd=place, capture_output=True, check=False)
            found = list(Path(place).glob("*.tgz"))
            if run.returncode or not found:
                return 0
            _unpack(found[0], target)
    return sum(path.stat().st_size for path in target.rglob("*") if path.is_file())


def _unpack(archive: Path, target: Path) -> None:
    with tarfile.open(archive) as packed:
        for member in packed:
            folders = set(member.name.split("/")[:-1])
            if not member.isfile() or not member.name.lower().endswith(SERVED) or folders & NO_BUILD:
                continue
            reader = packed.extractfile(member)
            if reader is not None:
                path = target / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(reader.read())


if __name__ == "__main__":
    sys.exit(main())
