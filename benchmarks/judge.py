"""What detect-secrets adds to driftline's own judgement of unexplained values, and what it costs.

    python benchmarks/judge.py [--write] [PROJECT ...]

Tells, for generated values under a secret's and under a neutral name, the share that is taken for a secret without and with detect-secrets,
the CPU time of loading it and of one question; and for each project how many of its unexplained values it was asked about and how many
verdicts it changed. No value and no name of a variable is printed. `--write` writes judge.md beside this file.
"""

from __future__ import annotations

import argparse
import platform
import random
import string
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path

from driftline import __version__
from driftline.knowledge import identify, judge

REPORT = Path(__file__).with_suffix(".md")

_ALPHABETS = {
    "letters and digits": string.ascii_letters + string.digits,
    "hex": "0123456789abcdef",
    "small letters and digits": string.ascii_lowercase + string.digits,
}
_WORDS = (
    "my-jwt-secret-2024", "production-eu-west", "dev-only-secret", "changeit123", "my-shop-uploads", "Winter2024!", "admin1234",
    "gpt-4o-mini-2024-07-18", "claude-sonnet-4-20250514", "text-embedding-3-small", "postgres:16-alpine", "registry.example.com/app:1.2.3",
    "next-auth.session-token", "llama-3.3-70b-versatile", "white-label-theme-2", "feature_flags_v2", "keyboardcat1", "sha256:abcdef012345",
    "meta-llama/Llama-3.3-70B-Instruct-Turbo", "0123456789abcdef", "abc123abc123abc123", "550e8400-e29b-41d4-a716-446655440000",
)  # fmt: skip


def _with(text: str, name: str) -> bool:
    return identify._secret_like(text, name, None, "word", None)


def _without(text: str) -> bool:
    return identify._random(text)


def shares() -> Iterator[str]:
    """One line per alphabet and length, then one for words."""
    source = random.Random(2)
    yield "| values | driftline alone | under a secret's name | under another name |"
    yield "| --- | ---: | ---: | ---: |"
    for title, alphabet in _ALPHABETS.items():
        for length in (8, 12, 16, 24, 32, 64):
            texts = ["".join(source.choices(alphabet, k=length)) for _ in range(400)]
            yield _row(f"random {title}, {length}", texts)
    yield _row("words, models, versions, sequences", list(_WORDS))


def _row(title: str, texts: list[str]) -> str:
    def percent(found: int) -> str:
        return f"{100 * found // len(texts)} %"

    secret = percent(sum(_with(text, "SERVICE_PASSWORD") for text in texts))
    other = percent(sum(_with(text, "SOMETHING") for text in texts))
    return f"| {title} | {percent(sum(map(_without, texts)))} | {secret} | {other} |"


_COST = """
import time
from driftline.knowledge import judge
times = [time.process_time()]
judge.is_words("q8Zk3vXw9LmT"); times.append(time.process_time())
judge.is_secret("q8Zk3vXw9LmT", "SERVICE_PASSWORD"); times.append(time.process_time())
for _ in range(1000): judge.is_secret("q8Zk3vXw9LmT", "SERVICE_PASSWORD")
times.append(time.process_time())
print(*(f"{(b - a) * 1000:.1f}" for a, b in zip(times, times[1:])))
"""


def cost() -> str:
    """Milliseconds of CPU: the gibberish model, the rest of detect-secrets, 1,000 questions."""
    runs = [subprocess.run([sys.executable, "-c", _COST], capture_output=True, text=True, check=True).stdout.split() for _ in range(5)]
    model, rest, thousand = (min(float(run[column]) for run in runs) for column in range(3))
    return f"Loading the gibberish model takes {model:.0f} ms of CPU, the rest of detect-secrets {rest:.0f} ms; a question then takes {thousand:.0f} us."


def project(root: str) -> str:
    """How many unexplained values of a project's env files there are, how many detect-secrets was asked about, how many verdicts changed."""
    values = asked = changed = 0
    for path in sorted(Path(root).rglob(".env*")):
        if not path.is_file() or "node_modules" in path.parts:
            continue
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            name, sign, text = line.partition("=")
            text = text.strip().strip("\"'")
            if not sign or not name.strip().isidentifier() or len(text) < 8 or identify.identify(text, name.strip()) is not None:
                continue
            values += 1
            questions.clear()
            verdict = identify._secret_like(text, name.strip(), None, identify._shape(text)[0], identify.placeholder(text))
            asked += bool(questions)
            changed += bool(questions) and verdict != identify._random(text)
    return f"| {Path(root).name.rpartition('+')[2]} | {values} | {asked} | {changed} |"


questions: list[bool] = []


def _counted() -> None:
    words = judge.is_words

    def counting(text: str) -> bool:
        questions.append(True)
        return words(text)

    judge.is_words = counting


def page(roots: list[str]) -> Iterator[str]:
    """The lines of judge.md."""
    yield "# What detect-secrets adds, and what it costs"
    yield ""
    yield f"Written by `python benchmarks/judge.py --write PROJECT ...` on {date.today().isoformat()}, driftline {__version__}, detect-secrets {version('detect-secrets')}, Python {platform.python_version()}."
    yield ""
    yield "Of generated values that no provider explains, how many are taken for a secret: by randomness alone, and with detect-secrets asked where randomness and the variable's name disagree."
    yield ""
    yield from shares()
    yield ""
    yield cost() + " It is loaded when first asked, for such values only."
    if roots:
        yield ""
        yield "| env files of | unexplained values | asked about | verdicts changed |"
        yield "| --- | ---: | ---: | ---: |"
        _counted()
        yield from (line for line in map(project, roots) if "| 0 | 0 | 0 |" not in line)


def main() -> None:
    """Prints the page, and writes it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("projects", nargs="*")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} beside this file")
    options = parser.parse_args()
    text = "\n".join(page(options.projects)) + "\n"
    sys.stdout.write(text)
    if options.write:
        REPORT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
