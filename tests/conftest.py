"""Every test runs away from the user's own cache folder and settings of git."""

from __future__ import annotations

import os

import pytest

from tests.projects import patterns


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.path.dirname(patterns()))
