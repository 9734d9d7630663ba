"""How long the catalogue takes to load, and identification for 2,000 values: CPU milliseconds, the best of several fresh processes.

    python benchmarks/identify.py [--write]

`--write` writes identify.md beside this file.
`mixed` is a large project as it is: four environments of one app, half settings and half credentials of 120 kinds. `every kind` is the
worst case: each kind of the catalogue once, each shape compiled for it. Values are generated (tests/keys.py), none is real.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from driftline import __version__

ROOT = Path(__file__).parent.parent
REPORT = Path(__file__).with_suffix(".md")
RUNS = 7

_SETTINGS = (
    "development", "production", "true", "false", "3000", "0.5", "my-app", "http://localhost:3000", "https://shop.example.org", "gpt-4o-mini",
    "us-east-1", "info@example.org", "Shop <shop@example.org>", "2026-01-31", "./data", "a,b,c", '{"a": 1}', "https://api.example.org/v1?x=1",
    "info", "text-embedding-3-small", "1.2.3", "/var/lib/app", "debug", "your-key-here", "en-GB", "smtp.example.org", "587", "UTC", "noreply", "7d",
)  # fmt: skip

_MEASURE = """
import json, sys, time
start = time.process_time()
from driftline.knowledge import catalog, decoders, identify
from driftline.model import Secret
imported = time.process_time()
catalog.load()
loaded = time.process_time()
work = json.load(sys.stdin)
begun = time.process_time()
for name, text in work:
    identify.identify(text, name)
identified = time.process_time()
for name, text in work:
    identify.traits(Secret(text), name=name, key=b"benchmark")
ended = time.process_time()
print(json.dumps([imported - start, loaded - imported, identified - begun, ended - identified]))
"""


def mixed() -> list[tuple[str, str]]:
    """2,000 variables of one project."""
    from tests import keys

    from driftline.knowledge import catalog

    source = random.Random(3)
    kinds = source.sample([kind for kind in catalog.load().keys if keys.variable(kind)], 120)
    work = []
    for environment in range(4):
        work += [(f"SETTING_{number}", source.choice(_SETTINGS)) for number in range(250)]
        work += [(keys.variable(kind) or "", keys.example(kind, seed=environment * 3 + turn)) for kind in kinds for turn in range(3)][:250]
    return work


def every_kind() -> list[tuple[str, str]]:
    """2,000 variables with each kind of the catalogue among them."""
    from tests import keys

    from driftline.knowledge import catalog

    work = [(keys.variable(kind) or "KEY", keys.example(kind)) for kind in catalog.load().keys]
    return work + [(f"SETTING_{number % 300}", _SETTINGS[number % len(_SETTINGS)]) for number in range(2000 - len(work))]


def measured(work: list[tuple[str, str]]) -> list[float]:
    """[import, load, identify, traits] in CPU milliseconds, the best of `RUNS` processes."""
    text = json.dumps(work)
    runs = [
        json.loads(subprocess.run([sys.executable, "-c", _MEASURE], input=text, capture_output=True, text=True, check=True).stdout)
        for _ in range(RUNS)
    ]
    return [min(column) * 1000 for column in zip(*runs, strict=True)]


def page() -> Iterator[str]:
    """The lines of identify.md."""
    from driftline.knowledge import catalog

    known = catalog.load()
    yield "# What identification costs"
    yield ""
    yield f"Written by `python benchmarks/identify.py --write` on {date.today().isoformat()}, driftline {__version__}, Python {platform.python_version()}."
    yield ""
    yield (
        f"CPU milliseconds (user and system) in a process of its own, the best of {RUNS}. The catalogue has {len(known.providers)} providers and "
        f"{len(known.keys)} kinds of keys. Wanted: 2,000 values in under 60 ms after import, the catalogue loaded in under 25 ms."
    )
    yield ""
    yield "| 2,000 values | import | load the catalogue | identify | all traits of a value |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, work in (
        ("mixed: one project, four environments, 120 kinds", mixed()),
        ("every kind once, each shape compiled for it", every_kind()),
    ):
        yield f"| {name} | " + " | ".join(f"{milliseconds:.1f}" for milliseconds in measured(work)) + " |"


def main() -> None:
    """Prints the page, and writes it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} beside this file")
    write = parser.parse_args().write
    sys.path.insert(0, str(ROOT))
    text = "\n".join(page()) + "\n"
    sys.stdout.write(text)
    if write:
        REPORT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
