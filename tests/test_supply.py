"""What an installation brings along: permissive licences, and a lock with hashes for whoever develops driftline."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata

import pytest
import tomli
from packaging.requirements import Requirement

from tests.projects import ROOT

_PERMISSIVE = re.compile(r"\b(?:MIT|BSD|Apache|ISC|PSF|Unlicense|0BSD)\b", re.IGNORECASE)
# Comes along with detect-secrets, by requests: certificates of authorities for connections that driftline never opens. Its licence asks
# something of whoever changes its own files, and nothing of what stands beside them.
_KNOWN = {"certifi": "MPL-2.0"}

_PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_EXTRAS = _PROJECT["optional-dependencies"]


def _brought(name: str, extras: tuple[str, ...], seen: set[str]) -> Iterator[str]:
    """The distributions that an installation of one brings along, each once."""
    for line in metadata.requires(name) or ():
        wanted = Requirement(line)
        if wanted.marker is not None and not any(wanted.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            continue
        if wanted.name.lower() not in seen:
            seen.add(wanted.name.lower())
            yield wanted.name
            yield from _brought(wanted.name, tuple(wanted.extras), seen)


@pytest.mark.promise("supply-chain")
@pytest.mark.parametrize("name", sorted(_brought("driftline", ("review",), set())))
def test_every_licence_is_permissive(name: str) -> None:
    fields = metadata.metadata(name)
    said = [*(fields.get_all("License-Expression") or ()), *(fields.get_all("License") or ())]
    said += [line for line in fields.get_all("Classifier") or () if line.startswith("License ::")]
    if name in _KNOWN:
        assert _KNOWN[name] in said
    else:
        assert _PERMISSIVE.search(" ".join(said)), said


@pytest.mark.promise("supply-chain")
def test_nothing_that_opens_connections_is_imported_by_the_core() -> None:
    """Those of the dependencies that could are there for detect-secrets' own checks of keys, which are never made."""
    code = (
        "import sys; from driftline import cli; cli.run(['review', '--no-live', sys.argv[1]]);"
        "print(sorted({'requests', 'urllib3', 'certifi', 'ssl'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(ROOT / "fixtures" / "demo-shop")], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.promise("supply-chain")
def test_the_lock_holds_every_dependency_with_its_hashes() -> None:
    blocks = re.split(r"\n(?=\w)", (ROOT / "requirements-dev.txt").read_text(encoding="utf-8"))
    locked = {match[1].lower(): block for block in blocks if (match := re.match(r"([\w.-]+)==", block))}
    assert all("--hash=sha256:" in block for block in locked.values())
    for line in (*_PROJECT["dependencies"], *_EXTRAS["review"], *_EXTRAS["test"]):
        wanted = Requirement(line)
        if wanted.name == "driftline":
            continue
        versions = re.findall(rf"^{re.escape(wanted.name)}==(\S+)", locked[wanted.name.lower()], re.IGNORECASE | re.MULTILINE)
        assert versions, line
        assert all(wanted.specifier.contains(version) for version in versions), line
