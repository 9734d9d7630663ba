"""How long the catalogue takes to load, and identification for 2,000 values: CPU milliseconds, the best of several fresh processes.

    python benchmarks/identify.py

`mixed` is a large project as it is: four environments of one app, half settings and half credentials of 120 kinds. `every kind` is the
worst case: each kind of the catalogue once, each shape compiled for it. Values are generated (tests/keys.py), none is real.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
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


def main() -> None:
    """Prints one line per mix."""
    sys.path.insert(0, str(ROOT))
    for name, work in (("mixed", mixed()), ("every kind", every_kind())):
        imported, loaded, identified, traits = measured(work)
        print(
            f"{name:11} {len(work):5} values: import {imported:5.1f} ms, load {loaded:5.1f} ms, identify {identified:5.1f} ms, all traits {traits:5.1f} ms"
        )


if __name__ == "__main__":
    main()
