"""The outline of a shape: what every match starts with, contains and ends in, and what is no shape."""

from __future__ import annotations

import re

import pytest

from driftline.knowledge import catalog, shapes
from tests import keys


@pytest.mark.parametrize(
    ("shape", "heads", "shortest", "longest", "tail"),
    [
        ("sk_(?P<mode>live|test)_[0-9A-Za-z]{24,247}", ("sk_live_", "sk_test_"), 32, 255, "0-9A-Za-z"),
        ("gh[pousr]_[0-9A-Za-z]{36}", ("gho_", "ghp_", "ghr_", "ghs_", "ghu_"), 40, 40, "0-9A-Za-z"),
        ("[0-9a-f]{32}", (), 32, 32, "0-9a-f"),
        ("re_[a-z]{8}_[0-9]{4}", ("re_",), 16, 16, "0-9"),
        ("postgres(?:ql)?://[a-z]{1,9}", ("postgres://", "postgresql://"), 12, 22, "a-z"),
        ("FLWPUBK(?P<mode>_TEST)?-[0-9a-f]{4}-X", ("FLWPUBK-", "FLWPUBK_TEST-"), 14, 19, ""),
        ("[^a]{3}", (), 3, 3, ""),
        ("key=(?:ab|[cd]{2})", ("key=ab", "key=cc", "key=cd", "key=dc", "key=dd"), 6, 6, None),
    ],
)
def test_outline(shape: str, heads: tuple[str, ...], shortest: int, longest: int, tail: str | None) -> None:
    found = shapes.outline(shape)
    assert (found.shortest, found.longest) == (shortest, longest)
    assert tail in (None, found.tail)
    if heads != ("key=ab", "key=cc", "key=cd", "key=dc", "key=dd"):
        assert found.heads == heads
    else:
        assert all(head.startswith("key=") for head in found.heads)


def test_an_anchor_inside_is_found_where_the_head_says_nothing() -> None:
    assert shapes.outline("[0-9]{6,12}-[0-9a-z]{32}[.]apps[.]googleusercontent[.]com").anchors == (".apps.googleusercontent.com",)
    assert shapes.outline(r"[a-z]{3}\.turso\.io").anchors == (".turso.io",)
    assert shapes.outline("[0-9a-f]{32}").anchors == ()


@pytest.mark.parametrize(
    "shape", ["a+", "a*", "a{3,}", ".", "^a", "a$", r"a\b", "(?=a)b", "(?!a)b", "(?i:a)", r"(a)\1", "(", "a{2}{3}", "(?<=a)b", "a{2,3}?"]
)
def test_what_two_engines_read_differently_is_no_shape(shape: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        shapes.parse(shape)


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in catalog.load().keys])
def test_the_outline_holds_for_examples(kind: catalog.KeyKind) -> None:
    found = shapes.outline(kind.shape)
    for seed in range(3):
        text = keys.example(kind, seed=seed)
        assert re.fullmatch(kind.shape, text)
        assert found.shortest <= len(text) <= found.longest
        assert not found.heads or text.startswith(found.heads)
        assert not found.anchors or any(anchor in text for anchor in found.anchors)
        if found.tail and re.search(r"\]\{[1-9][0-9]*(?:,[0-9]+)?\}$", kind.shape) and not kind.validate:
            assert re.fullmatch(f"[{found.tail}]", text[-1])


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in catalog.load().keys])
def test_boundaries_are_classes(kind: catalog.KeyKind) -> None:
    for boundary in (kind.left, kind.right):
        if boundary:
            re.compile(f"[{boundary}]")
