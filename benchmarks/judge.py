"""What detect-secrets adds to driftline's own judgement of unexplained values, and what it costs.

    python benchmarks/judge.py [PROJECT ...]

Prints, for generated values under a secret's and under a neutral name, the share that is taken for a secret without and with detect-secrets,
the CPU time of loading it and of one question; and for each project how many of its unexplained values it was asked about and how many
verdicts it changed. No value and no name is printed.
"""

from __future__ import annotations

import random
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from driftline.knowledge import identify, judge

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
    yield f"{'values':34} {'alone':>6} {'secret name':>12} {'other name':>11}"
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
    return f"{title:34} {percent(sum(map(_without, texts))):>6} {secret:>12} {other:>11}"


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
    return f"loading the gibberish model {model:.0f} ms, the rest of detect-secrets {rest:.0f} ms; {thousand:.0f} us a question"


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
    return f"{Path(root).name}: {values} unexplained values, asked about {asked}, changed {changed}"


questions: list[bool] = []


def _counted() -> None:
    words = judge.is_words

    def counting(text: str) -> bool:
        questions.append(True)
        return words(text)

    judge.is_words = counting


def main(roots: list[str]) -> None:
    """Prints everything."""
    for line in shares():
        print(line)
    print(cost())
    _counted()
    for root in roots:
        print(project(root))


if __name__ == "__main__":
    main(sys.argv[1:])
