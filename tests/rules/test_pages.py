"""Rule pages: every rule's docstring is a page; what `explain` and `rules` print."""

from __future__ import annotations

import re

import pytest

from driftline import rules
from driftline.model import Misuse, Rule, Severity
from driftline.rules import pages
from driftline.terminal import Terminal, columns

RULE = Rule("made-up", Severity.BLOCKER, "a made-up rule", elsewhere=Severity.WARNING)
DOCSTRING = """Something is wrong; the second
line belongs to the opening.

Why it matters: money is lost: every
order is.
Fix: do this.

    and = "code stays as it is"

What not to do: do not do that.
Example:

    EXAMPLE=1
"""


def test_a_page_has_an_opening_and_four_sections() -> None:
    page = pages.page(RULE, "drift", DOCSTRING)
    assert page.what.startswith("Something is wrong;")
    assert tuple(page.sections) == pages.SECTIONS
    assert page.sections["Why it matters"] == "money is lost: every\norder is."
    assert page.sections["Example"] == "    EXAMPLE=1"


@pytest.mark.parametrize("section", pages.SECTIONS)
def test_a_missing_section_is_named(section: str) -> None:
    with pytest.raises(ValueError, match=f"made-up: the docstring has no section `{section}`"):
        pages.page(RULE, "drift", DOCSTRING.replace(f"{section}:", "Other:"))


def test_a_section_that_stands_twice_is_named() -> None:
    with pytest.raises(ValueError, match="`Fix` stands twice"):
        pages.page(RULE, "drift", DOCSTRING + "Fix: again.\n")


def test_a_docstring_without_opening_is_refused() -> None:
    with pytest.raises(ValueError, match="no opening"):
        pages.page(RULE, "drift", DOCSTRING[DOCSTRING.index("Why") :])


def test_a_page_on_screen() -> None:
    text = "".join(pages.text(pages.page(RULE, "drift", DOCSTRING), Terminal(60)))
    assert text.startswith(
        """made-up  blocker/warning  drift
blocker in production, warning elsewhere

Something is wrong; the second line belongs to the opening.

Why it matters
  Money is lost: every order is.

Fix
  Do this.

      and = "code stays as it is"

What not to do
  Do not do that.

Example
      EXAMPLE=1

To accept it
"""
    )
    assert "driftline: ignore[made-up]" in text
    assert 'rule = "made-up"' in text


@pytest.mark.parametrize("rule_id", rules.identifiers())
def test_every_rule_has_a_whole_page_that_fits_the_screen(rule_id: str) -> None:
    text = "".join(pages.explain(rule_id, width=60))
    assert text.startswith(f"{rule_id}  ")
    for line in text.splitlines():
        assert columns(line) <= 60 or line.startswith("      "), line
        assert line == line.rstrip()


def test_an_unknown_topic_is_misuse_and_names_the_nearest() -> None:
    with pytest.raises(Misuse, match='no rule "missing-varible"; did you mean "missing-variable"'):
        pages.explain("missing-varible")
    with pytest.raises(Misuse, match="`driftline rules` lists them"):
        pages.explain("qqqqqq")


@pytest.mark.parametrize("width", [40, 80, 160])
def test_the_listing_names_every_rule_with_its_severity(width: int) -> None:
    text = "".join(pages.listing(width=width))
    for rule_id, (_, module) in rules.registry().items():
        severity = module.RULE.severity.value
        assert re.search(rf"^  {rule_id} +{severity}", text, re.MULTILINE)
    assert all(columns(line) <= max(width, 56) for line in text.splitlines())


def test_pages_keep_to_ascii_where_the_screen_does() -> None:
    assert all("".join(pages.explain(rule_id, unicode=False)).isascii() for rule_id in rules.identifiers())
