"""detect-secrets' opinion of values that no provider explains: its gibberish, heuristic, keyword and entropy filters, loaded when first asked.

Importing detect-secrets takes 60 ms of CPU without the HTTP client that it brings for asking providers, its gibberish model 12 ms; so the
model is asked first, and what it takes for words is never shown to the rest. Measured figures stand in `benchmarks/judge.py`.
"""

from __future__ import annotations

import importlib
import os
import sys
from functools import cache
from importlib.util import find_spec
from types import ModuleType
from typing import Any

# detect-secrets' own threshold (filters/gibberish: "obtained through trial and error") and its plugins' limits, version 1.5.0.
_GIBBERISH = 3.7
_BASE64_LIMIT = 4.5
_HEX_LIMIT = 3.0
_HEX = frozenset("0123456789abcdefABCDEF-")


def is_secret(text: str, name: str) -> bool:
    """Whether detect-secrets would report `name = "text"`: random, not a sequence, an id, a template or a reference, and either under
    a secret's name or of high entropy. `text` is one word without quotes or line breaks."""
    return not is_harmless(text, name) and (_keyword(text, name) or _entropy(text))


def is_harmless(text: str, name: str) -> bool:
    """Whether its filters would drop a value, however random it looks."""
    return is_words(text) or _excluded(text, name)


def is_words(text: str) -> bool:
    """Whether a text is made of pronounceable words; hex says nothing either way and is none."""
    return not _HEX.issuperset(text) and not _detector().is_gibberish(text.lower())


@cache
def _detector() -> Any:
    from gibberish_detector import serializer
    from gibberish_detector.detector import Detector

    # Found, not imported: the package itself is ten times as expensive as its model.
    package = find_spec("detect_secrets")
    folder = (package.submodule_search_locations or [""])[0] if package is not None else ""
    with open(os.path.join(folder, "filters", "gibberish", "rfc.model"), encoding="utf-8") as file:
        return Detector(model=serializer.deserialize(file.read()), threshold=_GIBBERISH)


def is_pattern(text: str) -> bool:
    """Whether its filters that need no name drop a value: sequences, templates, text without letters, references."""
    heuristic = _part("filters.heuristic")
    return bool(
        heuristic.is_sequential_string(text)
        or heuristic.is_templated_secret(text)
        or heuristic.is_prefixed_with_dollar_sign(text)
        or heuristic.is_not_alphanumeric_string(text)
    )


@cache
def _part(name: str) -> Any:
    """A module of detect-secrets, without the HTTP client that its plugins would ask providers with: we ask none, and it takes 80 ms."""
    if "requests" in sys.modules:
        return importlib.import_module(f"detect_secrets.{name}")
    absent = ModuleType("requests")

    def real(name: str) -> Any:
        """What a plugin asks of the client after all."""
        if sys.modules.get("requests") is absent:
            del sys.modules["requests"]
        return getattr(importlib.import_module("requests"), name)

    absent.__getattr__ = real  # type: ignore[method-assign]
    sys.modules["requests"] = absent
    try:
        return importlib.import_module(f"detect_secrets.{name}")
    finally:
        if sys.modules.get("requests") is absent:
            del sys.modules["requests"]


def _excluded(text: str, name: str) -> bool:
    heuristic = _part("filters.heuristic")
    line = f"{name}={text}"
    return bool(
        heuristic.is_sequential_string(text)
        or heuristic.is_potential_uuid(text)
        or heuristic.is_likely_id_string(text, line)
        or heuristic.is_templated_secret(text)
        or heuristic.is_prefixed_with_dollar_sign(text)
        or heuristic.is_indirect_reference(line)
        or heuristic.is_not_alphanumeric_string(text)
    )


def _keyword(text: str, name: str) -> bool:
    detector = _part("plugins.keyword").KeywordDetector()
    # Half a surrogate pair, as the process environment and JSON may hold, cannot be hashed, and detect-secrets hashes what it finds.
    line = f'{name} = "{text}"'.encode("utf-8", "replace").decode()
    return bool(detector.analyze_line(filename="", line=line, line_number=1))


def _entropy(text: str) -> bool:
    strings = _part("plugins.high_entropy_strings")
    plugin = strings.HexHighEntropyString(_HEX_LIMIT) if _HEX.issuperset(text) else strings.Base64HighEntropyString(_BASE64_LIMIT)
    return bool(plugin.calculate_shannon_entropy(text) > plugin.entropy_limit)
