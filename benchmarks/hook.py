"""What a commit waits for: CPU from start to end of `driftline commit` and of other hooks, ten files staged in a repository of 5,000.

    python benchmarks/hook.py --peer betterleaks=... --peer detect-secrets-hook=... --peer kingfisher=... --runs 15 --write CHECKOUT...

Every tool is run as its own pre-commit hook runs it, on the same staged files, interleaved; medians of user and system time of the
process and of the git it starts. The same again for ten files of the usual kind, in which nothing speaks of a variable; then for commits of
the history of each CHECKOUT that added or changed just ten files, staged again in a clone; then what the hook imports for commits of
different kinds. `--write` writes it all into hook.md beside this file. `--repository` takes a repository with something staged instead of
the generated one. Quote the ratios: the milliseconds are this machine's.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from measure import cost, interleaved

# How each tool's own hook calls it (.pre-commit-hooks.yaml of each, 2026-11), without validation and updates over a network.
TOOLS = {
    "driftline": ["commit"],
    "betterleaks": ["git", "--staged", "--redact", "--no-banner", "--no-color"],
    "detect-secrets-hook": ["{files}"],
    "kingfisher": ["scan", "{folder}", "--staged", "--quiet", "--no-update-check", "--no-validate"],
}
STAGED = 10
# Peers' shares that the hook keeps under, and its own limit in milliseconds.
SHARES = {"betterleaks": 0.8, "detect-secrets-hook": 0.4, "kingfisher": 0.3}
LIMIT = 150
REPORT = Path(__file__).with_suffix(".md")
# What is heavy, and the kinds of staged files that ask for it.
HEAVY = (
    "click",
    "yaml",
    "dotenv",
    "tree_sitter",
    "detect_secrets",
    "hyperscan",
    "jinja2",
    "asyncio",
    "importlib.metadata",
    "driftline.bundle.scan",
)
KINDS: dict[str, tuple[str, str]] = {
    "prose": ("docs/note.md", "# A note\n\nNothing but words.\n"),
    "a style sheet": ("styles/extra.css", ".extra { color: red; }\n"),
    "code that reads nothing": ("lib/extra.ts", "export const extra = (value: number) => value + 1;\n"),
    "code that reads a variable": ("lib/reads.ts", "export const region = process.env.S3_REGION;\n"),
    "an env file": (".env.production", "S3_REGION=eu-west-1\n"),
    "a workflow": (
        ".github/workflows/ci.yml",
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    env:\n      S3_REGION: eu\n    steps: []\n",
    ),
}


def repository(folder: Path, count: int) -> None:
    """Writes a web app of `count` files, commits it, and stages a change of ten of them, as of one feature: code, an env example, a page."""
    dice = random.Random(7)
    names = [
        f"{area}_{part}" for area in ("STRIPE", "RESEND", "S3", "AUTH", "SENTRY", "DATABASE") for part in ("KEY", "URL", "REGION", "SECRET")
    ]
    written = {
        "package.json": '{"name": "shop", "dependencies": {"next": "16.0.0", "stripe": "20.0.0", "resend": "6.0.0"}}\n',
        ".env.example": "".join(f"{name}=\n" for name in names),
        ".env": "".join(f"{name}=local-{number}\n" for number, name in enumerate(names)),
        ".gitignore": "node_modules\n.env*.local\n",
    }
    kinds = [
        ("components", "tsx"),
        ("lib", "ts"),
        ("app", "tsx"),
        ("styles", "css"),
        ("docs", "md"),
        ("messages", "json"),
        ("public", "svg"),
    ]
    for number in range(count - len(written)):
        folder_name, extension = kinds[number % len(kinds)]
        written[f"{folder_name}/{number % 83}/item-{number}.{extension}"] = _file(dice, number, extension, names)
    for path, text in written.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "base")
    changed = [path for path in written if path.endswith((".ts", ".tsx"))][:: count // 20][: STAGED - 2]
    for number, path in enumerate(changed):
        with open(folder / path, "a", encoding="utf-8") as file:
            file.write(f"export const added{number} = process.env.{dice.choice(names)};\n")
    with open(folder / ".env.example", "a", encoding="utf-8") as file:
        file.write("QUEUE_URL=\n")
    (folder / "lib" / "queue.ts").write_text("export const queue = process.env.QUEUE_URL ?? 'memory';\n", encoding="utf-8")
    stage(folder)


def usual(folder: Path) -> None:
    """Stages a change of ten files of code and prose instead, in which nothing speaks of a variable, an address or a credential."""
    git(folder, "reset", "--quiet", "--hard")
    listed = git(folder, "ls-files", "-z").split("\0")
    for path in [path for path in listed if path.endswith((".ts", ".tsx", ".md"))][7 :: len(listed) // 30][:STAGED]:
        added = "One more word.\n" if path.endswith(".md") else "export const added = (value: number) => value + 1;\n"
        with open(folder / path, "a", encoding="utf-8") as file:
            file.write(added)
    stage(folder)


def stage(folder: Path) -> None:
    """Stages everything, and writes the trees into the index as `git commit` does before it calls its hook."""
    git(folder, "add", "--all")
    git(folder, "write-tree")


def _file(dice: random.Random, number: int, extension: str, names: Sequence[str]) -> str:
    """About two kilobytes of text of a kind; every twentieth code file reads a variable."""
    words = " ".join(dice.choice(("order", "basket", "price", "user", "mail", "total", "state", "index")) for _ in range(12))
    if extension == "css":
        return "".join(f".item-{number}-{line} {{ color: #{dice.randrange(1 << 24):06x}; }}\n" for line in range(50))
    if extension == "md":
        return f"# Item {number}\n\n" + f"{words}\n" * 20
    if extension == "json":
        return "{\n" + "".join(f'  "line{line}": "{words}",\n' for line in range(20)) + '  "end": ""\n}\n'
    if extension == "svg":
        return f'<svg viewBox="0 0 8 8"><path d="{" ".join(str(dice.randrange(99)) for _ in range(600))}"/></svg>\n'
    read = f"export const value = process.env.{names[number % len(names)]};\n" if number % 20 == 0 else ""
    lines = "".join(
        f"export function step{line}(value: number) {{\n  return value * {line} + {dice.randrange(99)}; // {words}\n}}\n"
        for line in range(12)
    )
    return f"import {{ cache }} from 'react';\n{read}{lines}export const page = cache(() => step1({number}));\n"


def git(folder: Path, *arguments: str) -> str:
    """The output of one git command that knows no configuration but ours."""
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    names = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@example.com", "-c", "core.autocrlf=false", "-c", "gc.auto=0"]
    done = subprocess.run(["git", *names, *arguments], cwd=folder, env={**os.environ, **alone}, capture_output=True, text=True, check=True)
    return done.stdout


def imported(driftline: str, folder: Path, path: str, text: str) -> list[str]:
    """The heavy modules that a hook imports where only this file is staged; leaves nothing staged."""
    git(folder, "reset", "--quiet", "--hard")
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, encoding="utf-8")
    git(folder, "add", "--force", path)
    alone = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}
    done = subprocess.run([driftline, *TOOLS["driftline"]], cwd=folder, env=alone, capture_output=True, text=True, check=False)
    git(folder, "reset", "--quiet", "--hard")
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    if "driftline" not in names:
        raise SystemExit(f"{driftline} does not say what it imports")
    return [name for name in HEAVY if name in names]


def version(command: str) -> str:
    """What a tool says of its own version, in one line."""
    for words in (["--version"], ["version"]):
        done = subprocess.run([command, *words], capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.strip():
            return " ".join(done.stdout.splitlines()[0].split())
    return "version unknown"


def speed(tools: Mapping[str, str], folder: Path, runs: int) -> Iterator[str]:
    """The lines of a table for what is staged: CPU and wall medians, and driftline's share of each peer's CPU beside the one it keeps under."""
    staged = _staged(folder)
    total = git(folder, "ls-files", "-z").count("\0")
    yield f"{len(staged)} staged files in a repository of {total}; medians of {runs} interleaved runs:"
    yield ""
    measured = interleaved(_called(tools, folder, staged), runs)
    yield "| hook | CPU ms | wall ms | driftline's CPU / its CPU | at most | exit code |"
    yield "| --- | --- | --- | --- | --- | --- |"
    own = cost(measured["driftline"]).cpu
    for name, done in measured.items():
        wall, cpu, _ = cost(done)
        most = SHARES.get(name, f"{LIMIT} ms")
        yield f"| {name} | {cpu * 1000:.0f} | {wall * 1000:.0f} | {own / cpu:.2f} | {most} | {done[-1].code} |"


def _staged(folder: Path) -> list[str]:
    return git(folder, "diff", "--cached", "--name-only", "--diff-filter=d", "-z").split("\0")[:-1]


def _called(tools: Mapping[str, str], folder: Path, staged: Sequence[str]) -> dict[str, tuple[list[str], Path]]:
    """How each tool is called for what is staged, and where."""
    words = {
        name: [word.replace("{folder}", str(folder)) for part in TOOLS[name] for word in (staged if part == "{files}" else [part])]
        for name in tools
    }
    return {name: ([command, *words[name]], folder) for name, command in tools.items()}


# Commits of one checkout that are staged again, and how far back they are looked for.
_COMMITS, _HISTORY = 8, 3000


def commits(tools: Mapping[str, str], checkout: Path, temporary: Path, runs: int) -> dict[str, list[float]]:
    """The CPU seconds of each tool for commits of a checkout's history, staged again in a clone, each the median of so many runs."""
    folder = temporary / checkout.name
    git(temporary, "clone", "--quiet", "--shared", "--no-checkout", str(checkout.resolve()), folder.name)
    found: dict[str, list[float]] = {name: [] for name in tools}
    for commit in git(folder, "rev-list", "--no-merges", f"--max-count={_HISTORY}", "HEAD").split():
        try:
            changed = git(folder, "diff-tree", "-r", "--no-commit-id", "--name-status", "-z", commit).split("\0")[:-1]
            if len(changed) != 2 * STAGED or not {"A", "M"}.issuperset(changed[::2]):
                continue
            git(folder, "update-ref", "--no-deref", "HEAD", f"{commit}^")
            git(folder, "read-tree", commit)
            git(folder, "checkout-index", "--force", "--", *changed[1::2])
            git(folder, "update-index", "-q", "--refresh", "--", *changed[1::2])
            git(folder, "write-tree")
        except subprocess.CalledProcessError:  # a checkout may lack a part of its history
            continue
        measured = interleaved(_called(tools, folder, changed[1::2]), runs)
        if measured["driftline"][-1].code not in (0, 1):  # what is not there cannot be looked at
            continue
        for name, done in measured.items():
            found[name].append(cost(done).cpu)
        if len(found["driftline"]) == _COMMITS:
            break
    return found


def shares(found: Mapping[str, Mapping[str, Sequence[float]]]) -> Iterator[str]:
    """The lines of a table of real commits: of each checkout the median CPU of each tool, and what driftline's is of each peer's, commit by commit."""
    peers = [name for name in next(iter(found.values())) if name != "driftline"]
    yield f"| checkout | commits | driftline ms |{''.join(f' {name} ms | share |' for name in peers)}"
    yield f"| --- | --- | --- |{' --- | --- |' * len(peers)}"
    whole = {name: [second for costs in found.values() for second in costs[name]] for name in ("driftline", *peers)}
    for checkout, costs in [*found.items(), ("all", whole)]:
        row = f"| {checkout} | {len(costs['driftline'])} | {median(costs['driftline']) * 1000:.0f} |"
        for name in peers:
            share = median(own / other for own, other in zip(costs["driftline"], costs[name], strict=True))
            row += f" {median(costs[name]) * 1000:.0f} | {share:.2f} |"
        yield row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driftline", default=shutil.which("driftline") or "driftline")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND", help=f"one of {', '.join(list(TOOLS)[1:])}")
    parser.add_argument("--repository", type=Path)
    parser.add_argument("checkouts", nargs="*", type=Path, metavar="CHECKOUT")
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} beside this file")
    arguments = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed hook has its bytecode
    peers = {name: command or name for name, _, command in (peer.partition("=") for peer in arguments.peer)}
    # Every tool runs in the repository, so a relative path to it would lead nowhere.
    tools = {
        name: os.path.abspath(shutil.which(command) or command) for name, command in {"driftline": arguments.driftline, **peers}.items()
    }
    lines = [
        "# What a commit waits for",
        "",
        f"`python benchmarks/hook.py {' '.join(f'--peer {name}=...' for name in peers)} --files {arguments.files} --runs {arguments.runs} --write{' CHECKOUT...' * bool(arguments.checkouts)}`,",
        f"{time.strftime('%Y-%m-%d')}, Python {sys.version.split()[0]} on {sys.platform}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f};",
        "; ".join(f"{name}: {version(command)}" for name, command in tools.items() if name != "driftline") + ".",
        "",
    ]
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.repository
        if folder is None:
            folder = Path(temporary)
            repository(folder, arguments.files)
        lines += speed(tools, folder, arguments.runs)
        if arguments.repository is None:  # nobody else's index is touched
            usual(folder)
            lines += ["", "The same where nothing that is staged speaks of a variable, an address or a credential, as in most commits:", ""]
            lines += speed(tools, folder, arguments.runs)
            if arguments.checkouts:
                lines += ["", f"Real commits that added or changed {STAGED} files, staged again; medians, of 3 interleaved runs each:", ""]
                with tempfile.TemporaryDirectory() as clones:
                    lines += shares({path.name: commits(tools, path, Path(clones), 3) for path in arguments.checkouts})
            lines += [
                "",
                "What is heavy, and is imported for a commit of one file:",
                "",
                "| staged | imported | not imported |",
                "| --- | --- | --- |",
            ]
            for kind, (path, text) in KINDS.items():
                names = imported(tools["driftline"], folder, path, text)
                lines.append(f"| {kind} | {', '.join(names) or 'none'} | {', '.join(name for name in HEAVY if name not in names)} |")
    written = "\n".join(lines) + "\n"
    sys.stdout.write(written)
    if arguments.write:
        REPORT.write_text(written, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
