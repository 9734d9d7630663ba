"""Runs the real env-file loaders over the cases in fixtures/loaders, records what they read, and writes loaders.md: how many we read alike.

    python benchmarks/loaders.py --write --npm node_modules --node22 NODE --node24 NODE --bun BUN --deno DENO --compose BINARY --python PYTHON

Only the loaders whose program is given are run anew; the others are taken from what was recorded. The npm folder holds
`npm install dotenv12@npm:dotenv@12 dotenv14@npm:dotenv@14 dotenv16@npm:dotenv@16 dotenv17@npm:dotenv@17 dotenv18@npm:dotenv@18 dotenv10@npm:dotenv@10
dotenv-expand5@npm:dotenv-expand@5 dotenv-expand11@npm:dotenv-expand@11 dotenv-expand12@npm:dotenv-expand@12 dotenv-flow @dotenvx/dotenvx @next/env
@expo/env c12 vite5@npm:vite@5 vite7@npm:vite@7 vite8@npm:vite@8 firebase-tools`; the Python has python-dotenv, django-environ and
python-decouple; the Compose binary is `go build` of real_loaders/read.go inside a checkout of compose-go.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from tests.loaders import conformance  # noqa: E402

Values = Mapping[str, str] | None


class Real(NamedTuple):
    """A real loader: the argument that brings its program, the npm or Python package whose version is recorded, and our name for it."""

    program: str
    package: str
    ours: str


REAL: Mapping[str, Real] = {
    "dotenv12": Real("npm", "dotenv12", "dotenv12"),
    "dotenv14": Real("npm", "dotenv14", "dotenv14"),
    "dotenv16": Real("npm", "dotenv16", "dotenv"),
    "dotenv17": Real("npm", "dotenv17", "dotenv"),
    "dotenv18": Real("npm", "dotenv18", "dotenv"),
    "dotenv-expand11": Real("npm", "dotenv-expand11", "dotenv-expand11"),
    "dotenv-expand12": Real("npm", "dotenv-expand12", "dotenv-expand"),
    "dotenv-flow": Real("npm", "dotenv-flow", "dotenv-flow"),
    "dotenvx": Real("npm", "@dotenvx/dotenvx", "dotenvx"),
    "next": Real("npm", "@next/env", "next"),
    "vite5": Real("npm", "vite5", "vite5"),
    "vite7": Real("npm", "vite7", "vite7"),
    "vite8": Real("npm", "vite8", "vite8"),
    "expo": Real("npm", "@expo/env", "expo"),
    "nuxt": Real("npm", "c12", "nuxt"),
    "cra": Real("npm", "dotenv-expand5", "cra"),
    "firebase": Real("npm", "firebase-tools", "firebase"),
    "node22": Real("node22", "", "node"),
    "node24": Real("node24", "", "node"),
    "bun": Real("bun", "", "bun"),
    "deno": Real("deno", "", "deno"),
    "python-dotenv": Real("python", "python-dotenv", "python-dotenv"),
    "django-environ": Real("python", "django-environ", "django-environ"),
    "decouple": Real("python", "python-decouple", "decouple"),
    "compose": Real("compose", "", "compose"),
}


def write_cases(folder: Path, cases: Sequence[conformance.Case]) -> list[dict[str, Any]]:
    """The cases as folders of files, and the list that the readers take."""
    listed = []
    for number, case in enumerate(cases):
        where = folder / str(number)
        where.mkdir()
        for name, content in case.files.items():
            (where / name).write_bytes(content)
        listed.append({"dir": str(number), "outer": dict(case.outer), "mode": conformance.MODE})
    (folder / "cases.json").write_text(json.dumps(listed), "utf-8")
    return listed


def run(command: Sequence[str | Path], folder: Path, outer: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A program in a folder with an environment that holds nothing but `outer`."""
    environment = {"HOME": str(folder), "PATH": "/nowhere", "DENO_NO_UPDATE_CHECK": "1", **(outer or {})}
    # A file that repeats itself without end ends the loader, not the measurement.
    return subprocess.run(
        [str(part) for part in command], cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )


def per_process(command: Sequence[str | Path], folder: Path, listed: Sequence[Mapping[str, Any]], **more: str) -> list[Values]:
    """What a runtime hands to its program, one process a case; None where it refuses to start."""
    with tempfile.TemporaryDirectory() as bare:
        around = json.loads(run(command, Path(bare), more).stdout or "{}")
    result: list[Values] = []
    for case in listed:
        done = run(command, folder / case["dir"], {**more, **case["outer"]})
        read = json.loads(done.stdout) if done.returncode == 0 and done.stdout else None
        unset = {*around, *case["outer"], "HOME", "PATH", "PWD", "DENO_NO_UPDATE_CHECK"}
        result.append(None if read is None else {name: value for name, value in read.items() if name not in unset})
    return result


def measure(
    name: str, program: Path, options: argparse.Namespace, folder: Path, listed: Sequence[Mapping[str, Any]]
) -> tuple[str, list[Values]]:
    """The version of a real loader, and what it reads of each case."""
    real = REAL[name]
    own = HERE / "real_loaders"
    script = own / "environment.mjs"
    if real.program == "npm":
        node = options.node24 or options.node22 or Path("node")
        version = json.loads((program / real.package / "package.json").read_text("utf-8"))["version"]
        done = run([node, own / "read.mjs", name, program.resolve(), folder], folder)
    elif real.program == "python":
        asked = run([program, "-c", f"import importlib.metadata as m; print(m.version({real.package!r}))"], folder)
        version = asked.stdout.strip()
        done = run([program, own / "read.py", name, folder], folder)
    elif real.program == "compose":
        version = options.compose_version
        done = run([program, folder], folder)
    else:
        version = run([program, "--version"], folder).stdout.split("\n")[0].removeprefix("v").removeprefix("deno ").split(" ")[0]
        command = {
            "bun": [program, script],
            "deno": [program, "run", "-A", "--env-file=.env", script],
        }.get(real.program, [program, "--env-file=.env", script])
        return version, per_process(command, folder, listed, **({"NODE_ENV": conformance.MODE} if name == "bun" else {}))
    if done.returncode or not done.stdout:
        raise SystemExit(f"{name}: {done.stderr[-2000:]}")
    return version, json.loads(done.stdout)


def main() -> None:
    """Records what the given loaders read and prints the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for program in dict.fromkeys(real.program for real in REAL.values()):
        options.add_argument(f"--{program}", type=Path, default=None)
    options.add_argument("--compose-version", default="unknown", help="the compose-go release that the binary was built from")
    options.add_argument("--only", action="append", choices=list(REAL))
    options.add_argument("--write", action="store_true", help="write loaders.md instead of the screen")
    given = options.parse_args()
    cases = conformance.cases()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        listed = write_cases(folder, cases)
        for name, real in REAL.items():
            program = getattr(given, real.program)
            if program is not None and (not given.only or name in given.only):
                version, read = measure(name, program.absolute(), given, folder, listed)
                conformance.record(name, real.ours, version, dict(zip((case.name for case in cases), read, strict=True)))
    page = "\n".join(table(cases)) + "\n"
    if given.write:
        (HERE / "loaders.md").write_text(page, "utf-8")
    else:
        print(page)


def table(cases: Sequence[conformance.Case]) -> Iterator[str]:
    """How many of the cases ours read as each real loader was recorded to read them, and which they do not."""
    texts = [case for case in cases if case.is_text]
    results = [(golden, [conformance.is_alike(case, golden) for case in texts]) for golden in conformance.goldens()]
    alike, total = sum(sum(found) for _, found in results), len(texts) * len(results)
    yield "# Env files, read as their real loaders read them\n"
    yield (
        f"Written by `benchmarks/loaders.py --write` on {date.today().isoformat()}: {len(texts)} tricky files (`fixtures/loaders/cases.json`), each "
        "compared, name by name and value by value, with what the real loader was recorded to read of it (`fixtures/loaders/read`).\n"
    )
    yield f"**{alike} of {total} readings alike ({alike / total:.2%}).**\n"
    yield "| real loader | version | ours | alike | share | read differently |\n| --- | --- | --- | ---: | ---: | --- |"
    for golden, found in results:
        odd = ", ".join(case.name for case, same in zip(texts, found, strict=True) if not same)
        yield f"| {golden.name} | {golden.version} | {golden.loader} | {sum(found)} of {len(found)} | {sum(found) / len(found):.1%} | {odd} |"


if __name__ == "__main__":
    main()
