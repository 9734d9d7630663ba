"""The page: one file that asks for nothing, whose every name is text, and whose head is the verdict."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from driftline.model import Exposure, Identity, Mode, Report
from driftline.reports import render
from driftline.rules import pages
from tests.reports import builder

TEMPLATES = Path(__file__).parents[2] / "src" / "driftline" / "reports" / "templates"
VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """Collects what a browser would build: elements with their attributes, and the text of each kind of element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def html(report: Report) -> str:
    return "".join(render(report._replace(pages=pages.every()), "html"))


@pytest.mark.parametrize("name", builder.REPORTS)
def test_no_value_and_no_name_is_markup(name: str) -> None:
    text = html(builder.REPORTS[name]())
    assert builder.CANARY not in text
    page = Page(text)
    assert len(page.all("script")) == len(page.all("style")) == 1
    assert "".join(page.texts["script"]) == (TEMPLATES / "report.js").read_text(encoding="utf-8")
    assert not {"img", "iframe", "object", "embed", "base", "audio", "video", "svg"} & {tag for tag, _ in page.elements}


@pytest.mark.parametrize("name", builder.REPORTS)
def test_every_id_is_unique_and_every_link_and_label_leads_to_one(name: str) -> None:
    page = Page(html(builder.REPORTS[name]()))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        assert (link["href"] or "").startswith("#")
        assert (link["href"] or "")[1:] in ids
    for _, attributes in page.elements:
        for reference in (attributes.get("aria-labelledby"), attributes.get("aria-controls")):
            assert reference is None or reference in ids


@pytest.mark.parametrize("name", builder.REPORTS)
def test_the_policy_allows_our_own_script_and_style_and_nothing_else(name: str) -> None:
    page = Page(html(builder.REPORTS[name]()))
    (policy,) = [meta["content"] or "" for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    hashes = {
        tag: "'sha256-" + base64.b64encode(hashlib.sha256("".join(page.texts[tag]).encode()).digest()).decode() + "'"
        for tag in ("script", "style")
    }
    assert rules == {
        "default-src": "'none'",
        "script-src": hashes["script"],
        "style-src": hashes["style"],
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    # What the policy would block must not be tried: inline styles, inline handlers, anything from elsewhere.
    for tag, attributes in page.elements:
        assert "style" not in attributes, tag
        assert not any(attribute.startswith("on") for attribute in attributes), tag
        assert attributes.get("src") is None
        assert tag != "link" or attributes == {"rel": "icon", "href": "data:,"}
    css = "".join(page.texts["style"])
    assert not re.search(r"url\(|@import|https?:", css)


def test_the_page_itself_is_small() -> None:
    assert len(html(builder.clean()).encode()) < 60_000
    many = builder.monorepo()
    assert len(html(many).encode()) < 300_000 + 2_000 * (len(many.findings) + len(many.apps[0].variables))


def headline_of(text: str) -> str:
    return "".join(Page(text).texts["h1"])


def headline(report: Report) -> str:
    return headline_of(html(report))


def test_the_verdict_is_one_sentence() -> None:
    assert headline(builder.shop()) == "5 blockers stand in the way of shipping, all in production."
    assert headline(builder.monorepo()) == "2 things could not be read, so this is no clean bill; besides: 21 blockers, 20 notes."
    assert headline(builder.clean()) == "Nothing found."
    assert headline(builder.shop()._replace(findings=())) == "Nothing found in what files can show; 1 question stays open."
    report = builder.shop()
    assert headline(report._replace(findings=report.findings[5:])) == "Nothing blocks; 1 warning and 4 notes to read."
    assert headline(report._replace(findings=report.findings[:1])) == "1 blocker stands in the way of shipping, it is in production."
    assert headline(builder.launch()) == "Stop before production exposure."
    assert headline(builder.clean()._replace(files=0)) == "Nothing was there to judge."


def test_a_finding_shows_both_places_the_fix_and_what_not_to_do() -> None:
    text = html(builder.shop())
    card = text[text.index("<article") :]
    card = card[card.index("test-credential-in-production") :]
    card = card[: card.index("</article>")]
    for part in (
        '<code class="place">.env.production:4:1</code>',
        '<code class="place">lib/stripe.ts:5:31</code>',
        "Put the live key into .env.production; test keys belong to local and preview.",
        "Copy the production keys into the other environments to make them equal.",
        "sk_test_...(99), stripe secret key, test mode, account ending O2eZ",
        "Why it matters",
    ):
        assert part in card


def test_a_bundle_hit_shows_its_original_source_container_and_form() -> None:
    text = html(builder.monorepo())
    for part in ("src/lib/ai.ts:14:22, by the source map", "app.zip &gt; assets/index.js.gz", "<dt>Form</dt><dd>base64</dd>"):
        assert part in text


def test_identities_name_provider_mode_and_the_ending_of_the_account() -> None:
    report = builder.shop()
    text = html(report)
    table = text[text.index('id="identities"') :]
    table = table[: table.index("</section>")]
    rows = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in table.split("<tr")[2:]]
    assert (
        'role="row"> Stripe Kind publishable key public Mode live Account …O2eZ Where NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY production' in rows
    )
    assert any("secret key Mode test Account …O2eZ Where STRIPE_SECRET_KEY local, preview, production" in row for row in rows)
    assert any("webhook secret Mode not told Account not told" in row for row in rows)


@pytest.mark.parametrize(
    ("account", "shown"),
    [
        ("acct_1AbCdEfGhIjKlMnO", "…lMnO"),
        ("acct_...O2eZ", "…O2eZ"),
        ("demo-shop-uploads", "demo-shop-uploads"),
        ("db.example.com:5432/app", "db.example.com:5432/app"),
        ("12345678", "12345678"),
        (None, None),
    ],
)
def test_an_opaque_account_is_named_by_its_ending_and_a_name_is_whole(account: str | None, shown: str | None) -> None:
    assert Identity("stripe", "secret key", Mode.LIVE, account, Exposure.SECRET, "sk_live_...(99)").ending == shown


def test_questions_public_keys_accepted_findings_and_coverage_are_there() -> None:
    text = html(builder.shop())
    assert "<code>netlify env:list --json --context deploy-preview</code> would settle it" in text
    assert "1 accepted finding" in text
    assert "renamed with the next release, until 2027-01-31" in text
    assert "Public keys seen" in text
    assert "Looked at 34 files (61 kB), 5 sources, 29 declarations and 21 references." in text
    assert "[[accept]] unused-variable LEGACY_TOKEN" in text


def test_a_launch_review_shows_each_flag_in_words_and_one_decision() -> None:
    text = html(builder.launch())
    assert re.findall(r'<b class="state">(.*?)</b>', text) == ["Blocked", "At risk", "Clear", "Cannot tell from files"]
    assert "Settled by: driftline review --bundle DIR." in text
    assert '<span class="chip">deployment</span>' in text
    assert "&lt;script&gt;" in text


def test_a_matrix_has_no_verdict_and_no_findings() -> None:
    text = "".join(render(builder.shop()._replace(command="matrix"), "html"))
    assert "<article" not in text
    assert 'id="findings"' not in text
    assert 'class="word"' not in text
    assert headline_of(text) == "9 variables in 1 app; 3 need a look."


@pytest.mark.promise("hostile-names")
def test_hostile_names_are_shown_as_what_they_are() -> None:
    text = html(builder.hostile())
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\\u202edetsurt\\u2066" in text
    assert all(character.isprintable() or character == "\n" for character in text)
    assert text.encode("utf-8")


@pytest.mark.promise("same-bytes")
def test_the_same_report_gives_the_same_page() -> None:
    report = builder.monorepo()
    assert html(report) == html(report._replace(findings=report.findings[::-1]))
