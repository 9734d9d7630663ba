"""How many planted keys are found in every form a build can print, and what is said about third-party builds; peers in the same run.

    python benchmarks/bundle_accuracy.py --third-party FOLDER --peer kingfisher=.../kingfisher --peer betterleaks=.../betterleaks

The keys are made at run time from the catalogue's shapes, one of every kind that peers know too (`--all` plants every secret kind); each
form is one file. FOLDER holds browser builds of public packages, in which every finding at warning or above is to be defended one by one.
Run from the repository's root: the forms are those of the tests.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import keys
from tests.bundle.forms import FORMS

from driftline.knowledge import catalog
from driftline.model import Exposure

DIGEST_KEY = "benchmark"
# Kinds that every scanner in the comparison knows by its own documentation.
SHARED = (
    "anthropic.API key", "aws.access key id", "github.personal access token", "gitlab.personal access token", "google.OAuth client secret",
    "groq.API key", "huggingface.access token", "linear.API key", "mongodb.connection URL", "npm.access token", "openai.project key",
    "openrouter.API key", "postgres.connection URL", "resend.API key", "sendgrid.API key", "shopify.access token", "slack.bot token",
    "slack.webhook URL", "stripe.secret key", "telegram.bot token",
)  # fmt: skip
PEERS = {
    "kingfisher": ["scan", "{folder}", "-n", "-q", "-f", "json", "-o", "{out}", "--no-update-check"],
    "betterleaks": ["{folder}", "--no-color", "-o", "{out}"],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driftline", default="driftline")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--third-party", type=Path)
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args()
    kinds = [k for k in catalog.load().keys if k.exposure is Exposure.SECRET and k.context is None and (arguments.all or k.name in SHARED)]
    planted = {kind.name: keys.example(kind, seed="accuracy") for kind in kinds}
    tools = dict(peer.partition("=")[::2] for peer in arguments.peer)
    with tempfile.TemporaryDirectory() as folder:
        found = {name: collections.Counter[str]() for name in ("driftline", *tools)}
        for form, (_, written) in FORMS.items():
            place = Path(folder, "dist")
            place.mkdir(exist_ok=True)
            path = place / "app.js"
            path.write_text(";\n".join(written(text) for text in planted.values()), encoding="utf-8")
            found["driftline"][form] = _own(arguments.driftline, place, planted)
            for name, command in tools.items():
                found[name][form] = _peer(name, command, place, planted)
        print(f"{len(planted)} keys in {len(FORMS)} forms" + "".join(f"{name:>14}" for name in found))
        for form in FORMS:
            print(f"{form:32}" + "".join(f"{counts[form]:14}" for counts in found.values()))
        print(f"{'all':32}" + "".join(f"{sum(counts.values()) / (len(planted) * len(FORMS)):14.1%}" for counts in found.values()))
    if arguments.third_party:
        _third_party(arguments, tools)
    return 0


def _own(command: str, folder: Path, planted: Mapping[str, str]) -> int:
    environment = {**os.environ, "DRIFTLINE_DIGEST_KEY": DIGEST_KEY}
    run = subprocess.run(
        [command, "bundle", str(folder), "--no-live", "--format", "json"], capture_output=True, env=environment, check=False
    )
    digests = {one["digest"] for one in json.loads(run.stdout)["findings"]}
    return sum(any(_digest(part) in digests for part in _parts(text)) for text in planted.values())


def _digest(text: str) -> str:
    return hmac.new(DIGEST_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def _parts(text: str) -> set[str]:
    """The value, and the password of an address: either may rightly be named."""
    userinfo = text.partition("://")[2].rpartition("@")[0]
    return {text, userinfo.partition(":")[2]} - {""}


def _peer(name: str, command: str, folder: Path, planted: Mapping[str, str]) -> int:
    said = json.dumps(_peer_rows(name, command, folder))
    return sum(any(json.dumps(part)[1:-1] in said for part in _parts(text)) for text in planted.values())


def _peer_rows(name: str, command: str, folder: Path) -> Sequence[object]:
    with tempfile.TemporaryDirectory() as out:
        path = os.path.join(out, "out.json")
        subprocess.run([command, *(part.format(folder=folder, out=path) for part in PEERS[name])], capture_output=True, check=False)
        try:
            with open(path, encoding="utf-8") as file:
                document = json.load(file)
        except (OSError, ValueError):
            return []
    rows = document.get("findings", []) if isinstance(document, dict) else document
    return rows if isinstance(rows, list) else []


def _third_party(arguments: argparse.Namespace, tools: Mapping[str, str]) -> None:
    """Findings in builds of public packages; driftline's are listed without values."""
    run = subprocess.run(
        [arguments.driftline, "bundle", str(arguments.third_party), "--no-live", "--format", "json"], capture_output=True, check=False
    )
    document = json.loads(run.stdout)
    told = [one for one in document["findings"] if one["severity"] != "note"]
    print(f"third-party builds, {document['stats']['bytes'] / 1e6:.0f} MB: driftline {len(told)} findings")
    for one in told:
        print(f"    {one['rule']} {one['location']['path']}:{one['location']['line']} {one['message'][:80]}")
    for name, command in tools.items():
        print(f"    {name} {len(_peer_rows(name, command, arguments.third_party))} findings")


if __name__ == "__main__":
    sys.exit(main())
