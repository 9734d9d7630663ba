"""What each tool tells of sixteen mistakes: one small project each, beside the same project with the mistake mended; writes peers.md.

    python benchmarks/peers.py --peer betterleaks=... --peer kingfisher=... --peer detect-secrets=... --peer secretlint=... \
        --peer dotenv-diff=... --peer dotenvdrift=... --write

A tool tells a mistake where more lines of its report name it in the project than in the mended twin: one that says the same of both has not told
them apart. Every tool gets each command that could tell it, with the flags that it has for it. The projects stand in peers.toml, their keys are made at
run time. Run from the repository's root.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import keys
from tests.projects import git

HERE = Path(__file__).parent
REPORT = HERE / "peers.md"
# Each tool's commands, without a network. `{files}` are the project's files; a command with `{production}` runs where the case names two files.
# What judges a commit runs where something is staged that differs from the work tree.
TOOLS = {
    "driftline": [
        "{tool} check --no-live --fail-on note --verbose",
        "{tool} review --no-live --fail-on note --verbose",
        "{tool} bundle dist --no-live --fail-on note",
    ],
    "dotenv-diff": [
        "{tool} --ci --scan-usage --strict --no-color",
        "{tool} --ci --compare --no-color --env {production} --example {other}",
        "{tool} --ci --compare --check-values --no-color --env {production} --example {other}",
    ],
    "dotenvdrift": ["{tool} . --strict"],
    "betterleaks": ["{tool} . --no-banner --no-color --redact"],
    "kingfisher": ["{tool} scan . --no-validate --no-update-check --redact --git-history none"],
    "detect-secrets": ["{tool} scan --all-files --no-verify ."],
    "secretlint": ["{tool} --no-color --maskSecrets --secretlintrcJSON {secretlint} **/* **/.env*"],
}
STAGED = {
    "driftline": ["{tool} commit --fail-on note"],
    "betterleaks": ["{tool} git --staged --redact --no-banner --no-color"],
    "kingfisher": ["{tool} scan . --staged --no-validate --no-update-check --redact"],
    "detect-secrets": ["{tool}-hook {files}"],
    "secretlint": ["{tool} --no-color --maskSecrets --secretlintrcJSON {secretlint} {files}"],
}
_SECRETLINT = '{"rules":[{"id":"@secretlint/secretlint-rule-preset-recommend"}]}'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driftline", default=f"{Path(sys.executable).parent}/driftline")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND", help=f"one of {', '.join(list(TOOLS)[1:])}")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} beside this file")
    options = parser.parse_args()
    tools = {"driftline": options.driftline, **dict(peer.split("=", 1) for peer in options.peer)}
    tools = {name: os.path.abspath(path) for name, path in tools.items()}
    page = "\n".join(_page(tools)) + "\n"
    sys.stdout.write(page)
    if options.write:
        REPORT.write_text(page, encoding="utf-8")
    return 0


def _page(tools: Mapping[str, str]) -> Iterator[str]:
    data = tomllib.loads((HERE / "peers.toml").read_text(encoding="utf-8"))
    yield "# What each tool tells of sixteen mistakes"
    yield ""
    yield f"Written by `python benchmarks/peers.py {' '.join(f'--peer {name}=...' for name in tools if name != 'driftline')} --write`"
    yield f"on {time.strftime('%Y-%m-%d')}; {'; '.join(f'{name} {_version(path)}' for name, path in tools.items())}."
    yield ""
    yield "`yes`: its report names the mistake in the project, and not, or in fewer lines, in the same project with the mistake mended. `both`: it says the"
    yield "same of both, so it has not told them apart. The projects are in [peers.toml](peers.toml), the commands in [peers.py](peers.py)."
    yield ""
    yield f"| mistake | group | {' | '.join(tools)} |"
    yield f"| --- | --- |{' --- |' * len(tools)}"
    told: dict[str, int] = dict.fromkeys(tools, 0)
    for case in data["case"]:
        cells = []
        for name, path in tools.items():
            wrong, right = (list(_named(name, path, data["base"], case, mended=mended)) for mended in (False, True))
            apart = any(one > other for one, other in zip(wrong, right, strict=True))
            cells.append("yes" if apart else "both" if any(wrong) else "no")
            told[name] += apart
        yield f"| {case['says']} | {case['group']} | {' | '.join(cells)} |"
    yield f"| **told, of {len(data['case'])}** | | {' | '.join(f'**{count}**' for count in told.values())} |"


def _named(name: str, path: str, base: Mapping[str, str], case: Mapping[str, Any], *, mended: bool) -> Iterator[int]:
    """How many lines of the report of each of the tool's commands name the mistake."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "shop")
        _put(folder, {**base, **case["files"], **(case["mended"] if mended else {})})
        git(folder, "init", "--quiet")
        if "staged" in case:
            git(folder, "add", "--all")
            git(folder, "commit", "--quiet", "--message", "before")
            if not mended:
                _put(folder, case["staged"])
                git(folder, "add", "--all")
                _put(folder, case["files"])
        else:
            git(folder, "add", "--all")
        files = [str(file.relative_to(folder)) for file in sorted(folder.rglob("*")) if file.is_file() and ".git/" not in f"{file}/"]
        words: dict[str, list[str]] = {"{tool}": [path], "{files}": files, "{secretlint}": [_SECRETLINT]}
        words |= {f"{{{key}}}": [case[key]] for key in ("production", "other") if key in case}
        for command in (STAGED if "staged" in case else TOOLS).get(name, []):
            parts = command.replace("{tool}-hook", f"{path}-hook").split()
            if "{production}" in parts and "production" not in case:
                continue
            told = [word for part in parts for word in words.get(part, [part])]
            done = subprocess.run(told, cwd=folder, capture_output=True, text=True, check=False, timeout=120, env=_environment())
            yield sum(any(word in line for word in case["names"]) for line in (done.stdout + done.stderr).splitlines())


def _put(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        goal = folder / path
        goal.parent.mkdir(parents=True, exist_ok=True)
        live = keys.expand("{{stripe.secret key.live}}")
        goal.write_text(keys.expand(text.replace("{{pieces}}", live.removeprefix("sk_li"))), encoding="utf-8")


def _environment() -> dict[str, str]:
    return {**os.environ, "COLUMNS": "400", "NO_COLOR": "1", "CI": "1"}


def _version(path: str) -> str:
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, env=_environment())
    version = next((word for word in (done.stdout or "").split() if word[:1].isdigit() and "." in word), None)
    return version or _npm_version(Path(path))


def _npm_version(path: Path) -> str:
    import json

    for folder in path.resolve().parents:
        if (folder / "package.json").is_file():
            return str(json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"])
    return "?"


if __name__ == "__main__":
    sys.exit(main())
