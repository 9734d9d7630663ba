"""Every test runs away from the user's own cache folder and settings of git."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests.projects import patterns

# How long an example takes says how busy the machine is; what must be quick has a test that says so.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.path.dirname(patterns()))
