"""How many planted keys are found in every form a build can print, and what is said about third-party builds; peers in the same run.

    python benchmarks/bundle_accuracy.py --write benchmarks/bundle_accuracy.md --peer kingfisher=.../kingfisher --peer betterleaks=.../betterleaks
        --peer secretlint=.../secretlint --peer detect-secrets=.../detect-secrets --third-party FOLDER --corpus FOLDER --score .../score.py

Three tables, each left out where its option is not given:

* Forms: keys made at run time from the catalogue's shapes, one of every kind that peers know too (`--all` plants every secret kind); each form is
  one file. The forms are those of the tests.
* The development corpus: real builds with planted keys, scored by its own script against its own truth. What is found beside the truth is listed
  with why it is right (`DEFENDED`).
* Third-party builds: FOLDER is what `third_party.py` makes. Its packages of at most 20 MB are taken in the order of the list until there are at
  least 100 of them and 600 MB, so that the slow peers end; every finding of driftline at warning or above is listed, to be defended one by one.

Counts only, no times: other work on the machine does not change them. Run from the repository's root.
"""

from __future__ import annotations

import argparse
import collections
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bundle_run import digests, page, parts, report, version

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import keys
from tests.bundle.forms import FORMS

from driftline.knowledge import catalog
from driftline.model import Exposure

# Kinds that every scanner in the comparison knows by its own documentation.
SHARED = (
    "anthropic.API key", "aws.access key id", "github.personal access token", "gitlab.access token", "google.OAuth client secret",
    "groq.API key", "huggingface.access token", "linear.API key", "mongodb.connection URL", "npm.access token", "openai.project key",
    "openrouter.API key", "postgres.connection URL", "resend.API key", "sendgrid.API key", "shopify.access token", "slack.bot token",
    "slack.webhook URL", "stripe.secret key", "telegram.bot token",
)  # fmt: skip


class Peer(NamedTuple):
    """How a peer is told to scan the folder it is started in, findings to {out} or, where that is not named, to its output."""

    arguments: tuple[str, ...]
    version: tuple[str, ...] = ("--version",)


_SECRETLINT = '{"rules":[{"id":"@secretlint/secretlint-rule-preset-recommend"}]}'
PEERS = {
    "kingfisher": Peer(("scan", ".", "-n", "-q", "-f", "json", "-o", "{out}", "--no-update-check")),
    "betterleaks": Peer((".", "--no-color", "-o", "{out}")),
    "secretlint": Peer(
        ("--format", "unix", "--no-color", "--output", "{out}", "--secretlintrcJSON", _SECRETLINT, "**/*"),
    ),
    "detect-secrets": Peer(("scan", "--all-files", ".")),
}
# Peers that the corpus' own script can score.
SCORED = ("kingfisher", "betterleaks", "detect-secrets")
# Why a finding beside the corpus' truth is right.
DEFENDED = {
    "exposed-env-file": "the truth lists the keys inside the file; that an env file lies in the served folder is a finding of its own",
}
LARGEST, PACKAGES, BYTES = 20_000_000, 100, 600_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driftline", default="driftline")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--third-party", type=Path)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--score", type=Path, help="the corpus' own script")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--write", type=Path, help="the page to write; without it the page is printed")
    arguments = parser.parse_args()
    tools = {name: os.path.abspath(command) for name, _, command in (peer.partition("=") for peer in arguments.peer)}
    driftline = os.path.abspath(shutil.which(arguments.driftline) or arguments.driftline)
    lines = [*_head(driftline, tools), *_forms(driftline, tools, every=arguments.all)]
    if arguments.corpus and arguments.score:
        lines += _corpus(driftline, tools, arguments.corpus, arguments.score.resolve())
    if arguments.third_party:
        lines += _third_party(driftline, tools, arguments.third_party)
    page(lines, arguments.write)
    return 0


def _head(driftline: str, tools: Mapping[str, str]) -> Iterator[str]:
    versions = [f"{name} {version([command, *PEERS[name].version])}" for name, command in tools.items()]
    yield "# What is found in built output, and what is not said"
    yield ""
    yield (
        f"Written by `benchmarks/bundle_accuracy.py --write benchmarks/bundle_accuracy.md` on {datetime.date.today()}; "
        + ", ".join([f"driftline {version([driftline, '--version'])}", *versions])
        + ". How each tool is called, and what is counted, stands in the script."
    )


def _table(rows: Sequence[Sequence[object]], first: str, names: Sequence[str]) -> Iterator[str]:
    yield ""
    yield f"| {first} | " + " | ".join(names) + " |"
    yield "| --- |" + " ---: |" * len(names)
    for row in rows:
        yield "| " + " | ".join(map(str, row)) + " |"


# --- forms ------------------------------------------------------------------------------------------------------------------


def _forms(driftline: str, tools: Mapping[str, str], *, every: bool) -> Iterator[str]:
    unknown = set(SHARED) - {kind.name for kind in catalog.load().keys}
    if unknown:
        raise SystemExit(f"no such kinds in the catalogue: {', '.join(sorted(unknown))}")
    kinds = [k for k in catalog.load().keys if k.exposure is Exposure.SECRET and k.context is None and (every or k.name in SHARED)]
    planted = {kind.name: keys.example(kind, seed="accuracy") for kind in kinds}
    found = {name: collections.Counter[str]() for name in ("driftline", *tools)}
    with tempfile.TemporaryDirectory() as folder:
        for form, (_, written) in FORMS.items():
            Path(folder, "app.js").write_text(";\n".join(written(text) for text in planted.values()), encoding="utf-8")
            found["driftline"][form] = _own(driftline, folder, planted)
            for name, command in tools.items():
                said = json.dumps(_peer_rows(name, command, folder))
                found[name][form] = sum(any(json.dumps(part)[1:-1] in said for part in parts(text)) for text in planted.values())
    yield ""
    yield "## Every form in which a build prints a string"
    yield ""
    yield f"{len(planted)} keys of providers that every tool here documents, in {len(FORMS)} forms, one file a form."
    rows = [(form, *(counts[form] for counts in found.values())) for form in FORMS]
    total = ("**all**", *(f"**{sum(counts.values()) / (len(planted) * len(FORMS)):.1%}**" for counts in found.values()))
    yield from _table([*rows, total], f"found of {len(planted)}", list(found))


def _own(command: str, folder: str, planted: Mapping[str, str]) -> int:
    found = {one["digest"] for one in report(command, [folder])["findings"]}
    return sum(not found.isdisjoint(digests(text)) for text in planted.values())


def _peer_rows(name: str, command: str, folder: str) -> Sequence[object]:
    """What a peer found in a folder, a row each; empty where it wrote no report."""
    with tempfile.TemporaryDirectory() as place:
        out = os.path.join(place, "out.json")
        told = [command, *(part.replace("{out}", out) for part in PEERS[name].arguments)]
        run = subprocess.run(told, cwd=folder, capture_output=True, check=False)
        try:
            said = Path(out).read_text(encoding="utf-8") if "{out}" in PEERS[name].arguments else run.stdout.decode()
        except OSError:
            return []
    if name == "secretlint":  # path:line:column: message; it masks the text
        return [_line(folder, *found) for found in re.findall(r"^(.+?):(\d+):\d+: ", said, re.M)]
    try:
        document = json.loads(said)
    except ValueError:
        return []
    if name == "detect-secrets":  # it keeps hashes of the texts
        return [_line(folder, one["filename"], one["line_number"]) for found in document["results"].values() for one in found]
    rows = document.get("findings", []) if isinstance(document, dict) else document
    return rows if isinstance(rows, list) else []


def _line(folder: str, path: str, number: str | int) -> str:
    """The start of the line that stands for a finding without a text."""
    lines = Path(folder, path).read_text(encoding="utf-8", errors="replace").split("\n")
    return lines[int(number) - 1][:10_000] if int(number) <= len(lines) else ""


# --- the development corpus -------------------------------------------------------------------------------------------------


def _corpus(driftline: str, tools: Mapping[str, str], corpus: Path, score: Path) -> Iterator[str]:
    yield ""
    yield "## The development corpus"
    yield ""
    yield "18 real builds of 12 frameworks and bundlers with planted keys, hard negatives, and secrets of the project that are not in the output."
    yield ""
    beside: list[str] = []
    for name, command in {"driftline": driftline, **{name: command for name, command in tools.items() if name in SCORED}}.items():
        told = [sys.executable, str(score), "--corpus", str(corpus), "--tool", name, "--cmd", command, "--verbose"]
        said = subprocess.run(told, capture_output=True, text=True, check=False).stdout.splitlines()
        # Its last line ends with the time, which is nobody's business here.
        yield f"- {said[-1].rpartition(', ')[0]}" if said else f"- {name}: no score"
        if name == "driftline":
            beside = [line for line in said if line.startswith("unmatched")]
    yield ""
    yield f"What driftline finds beside the truth, {len(beside)}:"
    yield ""
    for line in beside:
        _, count, build, rule, *path = line.split()
        yield f"- {count} × `{rule}` in {build}, `{' '.join(path)}`: {DEFENDED.get(rule, '**not defended**')}"


# --- third-party builds -----------------------------------------------------------------------------------------------------


def _third_party(driftline: str, tools: Mapping[str, str], folder: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        packages, size, files = _chosen(folder, Path(place))
        rows = [("driftline, warning or above", len(told := _told(driftline, place)))]
        for name, command in tools.items():
            rows.append((name, len(_peer_rows(name, command, place))))
            print(f"{name}: {rows[-1][1]}", file=sys.stderr, flush=True)
    yield ""
    yield "## Third-party browser builds"
    yield ""
    yield f"{packages} packages from npm (`third_party.txt`), {files} files, {size / 1e6:.0f} MB."
    yield from _table(rows, "tool", ["findings"])
    yield ""
    whole = report(driftline, [str(folder)])
    above = [one for one in whole["findings"] if one["severity"] != "note"]
    stats = dict(whole["stats"])
    yield (
        f"All {len(list(folder.iterdir()))} packages, {stats['files']} files and {int(stats['bytes']) / 1e6:.0f} MB: "
        f"driftline {len(above)} at warning or above, {len(whole['unread'])} unread."
    )
    for one in dict.fromkeys((*told, *map(_shown, above))):
        yield f"- {one}"


def _chosen(folder: Path, place: Path) -> tuple[int, int, int]:
    """Links the packages that are scanned into `place`; their number, their bytes, their files."""
    packages = size = count = 0
    for name in Path(__file__).with_name("third_party.txt").read_text(encoding="utf-8").split():
        source = folder / name.replace("/", "+")
        files = [path for path in source.rglob("*") if path.is_file()]
        length = sum(path.stat().st_size for path in files)
        if not 0 < length <= LARGEST:
            continue
        for path in files:
            target = place / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target)
        packages, size, count = packages + 1, size + length, count + len(files)
        if packages >= PACKAGES and size >= BYTES:
            break
    return packages, size, count


def _told(driftline: str, place: str) -> list[str]:
    return [_shown(one) for one in report(driftline, [place])["findings"] if one["severity"] != "note"]


def _shown(one: Mapping[str, object]) -> str:
    location = one["location"]
    assert isinstance(location, dict)
    return f"`{one['rule']}` {location['path']}:{location['line']} {str(one['message'])[:100]}"


if __name__ == "__main__":
    sys.exit(main())
