"""Builds real apps with planted leaks and scores what `driftline bundle` tells of them; writes builds.md.

    python benchmarks/builds.py [--installed FOLDER] [--app NAME] [--seed SEED] [--write benchmarks/builds.md]

The apps stand in `builds/`, what is planted in them in `builds.toml`. Keys are made in every run. Each app is built by its own framework, from npm:
`npm install` in a temporary folder, or the `node_modules` of FOLDER/NAME where that was done before. Where pages are rendered on request, the built server is
started and asked for them.

What is true is not taken from driftline: every served file is searched for every value in the forms of `_written`, precompressed files and inline
maps unpacked. A value must be told by its rule in each file that holds it, at a place where it really stands; nothing may be told of the server's
files and of values that reach no visitor; what is public by design must be listed as that and not be a finding. Counts only, no times. Run
from the repository's root.
"""

from __future__ import annotations

import argparse
import base64
import collections
import datetime
import gzip
import html
import json
import os
import random
import re
import secrets
import shutil
import signal
import socket
import string
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import brotli
from bundle_run import digests, page, report, version

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import keys

from driftline.knowledge import catalog

HERE = Path(__file__).parent
APPS = HERE / "builds"
# Where a framework says which version of it built an app.
FRAMEWORKS = {"next": "next", "vite": "vite", "sveltekit": "@sveltejs/kit", "nuxt": "nuxt"}
# How an app's file writes a value.
FORMS: dict[str, Callable[[str], str]] = {
    "": str,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "codes": lambda text: ", ".join(str(ord(letter)) for letter in text),
    "head": lambda text: text[:9],
    "tail": lambda text: text[9:],
}
# What is told beside the planted values, and why it is right.
DEFENDED = {
    "exposed-env-file": "an env file or a key file lies in the served folder; the keys inside it are findings of their own",
    "exposed-source-map": "a note: maps with sources are served",
    "public-prefix-secret": "the env file gives a secret a public prefix; that it is in the build is a finding of its own",
}
_PLACE = re.compile(r"\{\{([a-z-]+)(?:\|([a-z0-9]+))?\}\}")
_INLINE_MAP = re.compile(rb"sourceMappingURL=data:application/json;(?:charset=utf-8;)?base64,([A-Za-z0-9+/=]+)")
_PORT_SECONDS = 60


class Value(NamedTuple):
    """A planted value: `told` is the rule that must tell it, "public" or "silent"."""

    label: str
    text: str
    told: str
    how: str


class Score(NamedTuple):
    """What came out of one app: a row for each value that must be told, and everything that is not as it must be."""

    rows: list[tuple[str, ...]]
    wrong: list[str]
    others: collections.Counter[tuple[str, str]]
    served: int
    public: int
    places: int
    original: int


def main() -> int:
    """Builds and scores every app, prints the page; 1 where anything is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--installed", type=Path, help="a folder with NAME/node_modules of every app")
    parser.add_argument("--app", action="append", choices=sorted(FRAMEWORKS), help="only this app; repeatable")
    parser.add_argument("--driftline", default="driftline")
    parser.add_argument("--seed", default=secrets.token_hex(8), help="makes the keys of an earlier run again")
    parser.add_argument("--write", type=Path, help="the page to write; without it the page is printed")
    parser.add_argument("--keep", type=Path, help="build in this folder and leave it, to look at what was built")
    arguments = parser.parse_args()
    driftline = os.path.abspath(shutil.which(arguments.driftline) or arguments.driftline)
    apps = tomllib.loads((HERE / "builds.toml").read_text(encoding="utf-8"))
    scores, builders = {}, {}
    for name, app in apps.items():
        if arguments.app and name not in arguments.app:
            continue
        values = [_value(name, label, said, arguments.seed) for label, said in app["values"].items()]
        # Packages are linked into the app's folder, which works on one file system only.
        with tempfile.TemporaryDirectory(dir=arguments.installed) as place:
            folder = (arguments.keep or Path(place)) / name
            _build(name, folder, app, values, arguments.installed and arguments.installed / name)
            package = folder / "node_modules" / FRAMEWORKS[name] / "package.json"
            builders[name] = f"{FRAMEWORKS[name]} {json.loads(package.read_text(encoding='utf-8'))['version']}"
            scores[name] = _score(driftline, folder, app, values)
            print(f"{name}: {len(scores[name].wrong)} wrong", file=sys.stderr)
    page(_page(driftline, scores, builders), arguments.write)
    return 1 if any(score.wrong for score in scores.values()) else 0


# --- building ---------------------------------------------------------------------------------------------------------------


def _value(app: str, label: str, said: Mapping[str, str], seed: str) -> Value:
    # One seed for an app: its Supabase keys belong to one project.
    if "kind" in said:
        kind = next(kind for kind in catalog.load().keys if kind.name == said["kind"])
        text = keys.example(kind, mode=said.get("mode"), seed=f"{seed} {app}")
    else:
        text = _made(said["made"], random.Random(f"{seed} {app} {label}"))
    return Value(label, text, said["told"], said["how"])


def _made(what: str, source: random.Random) -> str:
    """A private text that no provider's shape explains."""
    if what == "password":
        words = source.sample(("Harbor", "Maple", "Lantern", "Copper", "Willow", "Falcon", "Pepper", "Granite"), 2)
        return f"{words[0]}{words[1]}{source.randrange(10, 100)}!"
    if what == "uuid":
        digits = "".join(source.choices("0123456789abcdef", k=32))
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
    return "".join(source.choices("0123456789abcdef" if what == "hex" else string.ascii_letters + string.digits, k=40))


def _build(name: str, folder: Path, app: Mapping[str, Any], values: list[Value], installed: Path | None) -> None:
    """Writes the app with its values, installs, builds, and keeps the pages that its server renders."""
    texts = {value.label: value.text for value in values}
    for source in sorted(path for path in (APPS / name).rglob("*") if path.is_file()):
        target = folder / source.relative_to(APPS / name)
        target.parent.mkdir(parents=True, exist_ok=True)
        written = _PLACE.sub(lambda place: FORMS[place[2] or ""](texts[place[1]]), source.read_text(encoding="utf-8"))
        target.write_text(written, encoding="utf-8", newline="\n")
    if installed:
        shutil.copytree(installed / "node_modules", folder / "node_modules", symlinks=True, copy_function=os.link)
    else:
        _run(["npm", "install", "--no-audit", "--no-fund"], folder)
    _run(["npm", "run", "build"], folder)
    if app["pages"]:
        _capture(folder, app["pages"])


def _environment() -> dict[str, str]:
    return {**os.environ, "CI": "1", "NEXT_TELEMETRY_DISABLED": "1", "NUXT_TELEMETRY_DISABLED": "1"}


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{folder.name}: {' '.join(command)} failed\n{done.stdout[-3000:]}")


def _capture(folder: Path, pages: list[str]) -> None:
    """Starts the built server with the app's own variables, as its host would, and keeps its answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = dict(line.split("=", 1) for file in folder.glob(".env*") for line in file.read_text(encoding="utf-8").splitlines())
    environment = {**_environment(), **own, "PORT": str(port), "HOST": "127.0.0.1", "ORIGIN": f"http://127.0.0.1:{port}"}
    server = subprocess.Popen(
        ["npm", "run", "serve"], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        for page in pages:
            target = folder / "captured" / ((page.strip("/").replace("/", "-") or "index") + ("" if "." in page else ".html"))
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(_asked(f"http://127.0.0.1:{port}{page}"))
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def _asked(address: str) -> bytes:
    until = time.monotonic() + _PORT_SECONDS
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                body: bytes = answer.read()
                return body
        except ConnectionError:
            pass
        except OSError as error:
            if not isinstance(getattr(error, "reason", None), ConnectionError) or time.monotonic() > until:
                raise
        time.sleep(0.2)


# --- what is true -----------------------------------------------------------------------------------------------------------


def _escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


def _written(text: str) -> set[bytes]:
    """The forms in which a file may hold a text, longest part that does not depend on what stands around it."""
    escaped, codes = _escaped(text), [str(ord(letter)) for letter in text]
    forms = {
        text,
        escaped,
        _escaped(escaped),
        _escaped(_escaped(escaped)),
        html.escape(text),
        quote(text, safe=""),
        text[::-1],
        text.encode().hex(),
    }
    forms |= {",".join(codes), ", ".join(codes), escaped.replace("&", "\\u0026"), _escaped(escaped).replace("&", "\\u0026")}
    for before in range(3):
        code = base64.b64encode(b" " * before + text.encode()).decode()
        forms.add(code[4 * (before > 0) : -4])
    return {form.encode() for form in forms}


def _contents(path: Path) -> bytes:
    """What a visitor's browser makes of a file: unpacked, with the text of inline source maps after it."""
    data = path.read_bytes()
    data = gzip.decompress(data) if path.suffix == ".gz" else brotli.decompress(data) if path.suffix == ".br" else data
    return b"\n".join([data, *(base64.b64decode(found) for found in _INLINE_MAP.findall(data))])


def _stands(data: bytes, offset: int, text: str) -> bool:
    """Whether a text, or the first part of one that the build left in pieces, is written at an offset."""
    forms = _written(text)
    # In base64 the place is that of the group in which the text starts.
    return any(data.startswith(form, offset) or form in data[offset : offset + len(form) + 8] for form in forms) or (
        text[:4].encode() in data[offset : offset + 8]
    )


def _line_column(data: bytes, offset: int) -> tuple[int, int]:
    before = data[:offset]
    return before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1


# --- scoring ----------------------------------------------------------------------------------------------------------------


def _score(driftline: str, folder: Path, app: Mapping[str, Any], values: list[Value]) -> Score:
    document = report(driftline, app["scan"], cwd=str(folder))
    server = {str(path.relative_to(folder)) for pattern in app["server"] for path in folder.glob(pattern)}
    served = {path: _contents(path) for pattern in app["served"] for path in folder.glob(pattern) if path.is_file()}
    held = {
        value: {str(path.relative_to(folder)) for path, data in served.items() if any(form in data for form in _written(value.text))}
        for value in values
    }
    found: dict[Value, list[Any]] = {value: [] for value in values}
    others: collections.Counter[tuple[str, str]] = collections.Counter()
    wrong = [f"unread: {one['path']}: {one['reason']}" for one in document["unread"]]
    for one in document["findings"]:
        value = next((value for value in values if one["digest"] in digests(value.text)), None)
        if _file(one) in server:
            wrong.append(f"told of the server's file {_file(one)}: {one['rule']}")
        elif value is not None and one["rule"] == value.told:
            found[value].append(one)
        else:
            others[one["rule"], one["severity"]] += 1
            if (one["severity"] != "note" and one["rule"] not in DEFENDED) or (value is not None and value.told == "silent"):
                wrong.append(f"told and not planted: {one['rule']} {_file(one)}: {one['message']}")
    listed = {one["digest"] for one in document["public"]}
    rows: list[tuple[str, ...]] = []
    public = places = original = 0
    for value in values:
        if value.told == "silent":
            wrong += [f"{value.label} is meant to stay on the server and is in {path}" for path in sorted(held[value])]
        elif value.told == "public":
            public += bool(digests(value.text) & listed)
            wrong += [] if digests(value.text) & listed else [f"{value.label} is public and not listed"]
        else:
            # The compressed copies of a file are told with it.
            copies = {related["path"] for one in found[value] for related in one["related"]} & held[value]
            files = {_file(one) for one in found[value]} | copies
            missed = sorted(held[value] - files)
            wrong += [f"{value.label} is in {path} and not told" for path in missed]
            wrong += [f"{value.label} is told nowhere"] * (not files)
            for one in found[value]:
                fault = _misplaced(folder, one, value)
                places += not fault
                original += one["original"] is not None
                wrong += [f"{value.label}: {fault}"] * bool(fault)
            encodings = ", ".join(sorted({str(one["encoding"]) for one in found[value]}))
            rows.append((value.how, value.told, f"{len(files)} of {len(files | held[value])}", encodings))
    return Score(rows, wrong, others, len(served), public, places, original)


def _file(finding: Mapping[str, Any]) -> str:
    """The built file of a finding, whatever it was unpacked from."""
    return str((finding["container"] or [finding["location"]["path"]])[0])


def _misplaced(folder: Path, finding: Mapping[str, Any], value: Value) -> str:
    """What is wrong with the place that a finding names, empty where nothing is."""
    place, path = finding["location"], folder / _file(finding)
    data = _contents(path)
    if not _stands(data, place["offset"], value.text):
        return f"does not stand at byte {place['offset']} of {_file(finding)} {finding['container']}"
    if (place["line"], place["column"]) != _line_column(data, place["offset"]):
        return f"line and column are not those of byte {place['offset']} of {_file(finding)}"
    return ""


def _page(driftline: str, scores: Mapping[str, Score], builders: Mapping[str, str]) -> Iterator[str]:
    node = version(["node", "--version"]).lstrip("v")
    yield "# Apps with planted leaks, built by their frameworks"
    yield ""
    yield (
        f"Written by `python benchmarks/builds.py --write benchmarks/builds.md` on {datetime.date.today()}; driftline {version([driftline, '--version'])}, "
        f"{', '.join(builders.values())}, Node {node}. The keys are other ones in every run; what is true comes from searching the built files."
    )
    for name, score in scores.items():
        yield from ("", f"## {builders[name]}", "")
        yield f"{score.served} served files. Places verified: {score.places}; with the line of the source: {score.original}. Public keys listed: {score.public}."
        yield from ("", "| planted | told as | files | written |", "| --- | --- | ---: | --- |")
        yield from (f"| {' | '.join(row)} |" for row in score.rows)
        for (rule, severity), count in sorted(score.others.items()):
            yield from ("", f"Beside them {count} × `{rule}` ({severity}): {DEFENDED.get(rule, '**not defended**')}.")
        yield from (f"\n**Wrong**: {fault}" for fault in score.wrong)


if __name__ == "__main__":
    sys.exit(main())
