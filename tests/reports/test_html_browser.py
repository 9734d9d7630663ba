"""The page in a real Chromium: silent, usable by keyboard, readable by assistive technology, on paper, on a phone, without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog
from playwright.sync_api import Page as Tab

from driftline.model import Report
from tests.reports import builder
from tests.reports.browser import chromium
from tests.reports.test_html import html


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


class Watched(NamedTuple):
    """A tab and all that a quiet page never causes."""

    tab: Tab
    noises: list[str]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    contexts: list[BrowserContext] = []

    def open_page(report: Report, **options: Any) -> Watched:
        path = tmp_path / "report.html"
        path.write_text(html(report), encoding="utf-8")
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        tab = context.new_page()
        noises: list[str] = []
        tab.on("console", lambda message: noises.append(f"console: {message.text}"))
        tab.on("pageerror", lambda error: noises.append(f"error: {error}"))
        tab.on("request", lambda request: noises.append(f"request: {request.url}"))

        def dismiss(dialog: Dialog) -> None:
            noises.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        tab.on("dialog", dismiss)
        tab.goto(path.as_uri())
        noises.remove(f"request: {path.as_uri()}")
        return Watched(tab, noises)

    yield open_page
    for context in contexts:
        context.close()


def visible_names(tab: Tab) -> list[str]:
    return list(tab.locator("tr.row:visible .name").all_inner_texts())


@pytest.mark.parametrize("name", builder.REPORTS)
def test_no_page_says_or_asks_for_anything(name: str, opened: Any) -> None:
    tab, noises = opened(builder.REPORTS[name]())
    for button in tab.locator("thead button, .name").all()[:6]:
        button.click()
    for summary in tab.locator("summary:visible").all()[:4]:
        summary.click()
    tab.emulate_media(media="print")
    assert tab.evaluate("document.documentElement.classList.contains('js')")
    assert noises == []


def test_hostile_names_run_nothing_and_change_no_order(opened: Any) -> None:
    tab, noises = opened(builder.hostile())
    assert tab.locator("script").count() == 1
    assert "<script>alert(1)</script>" in tab.locator("main").inner_text()
    assert "\u202e" not in tab.locator("html").inner_text()
    tab.locator('[data-filters="matrix"] input').fill("<script>")
    assert tab.locator('[data-filters="matrix"] output').inner_text() == "1 of 3 variables"
    assert noises == []


def test_the_matrix_is_filtered_by_name_and_by_what_needs_a_look(opened: Any) -> None:
    tab, _ = opened(builder.shop())
    form = tab.locator('[data-filters="matrix"]')
    assert form.locator("output").inner_text() == "9 variables"
    form.locator("input").fill("stripe secret")
    assert visible_names(tab) == ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"]
    assert form.locator("output").inner_text() == "2 of 9 variables"
    form.locator("input").fill("")
    form.locator("select").select_option("missing")
    assert visible_names(tab) == ["DATABASE_URL", "RESEND_API_KEY"]
    form.locator("select").select_option("look")
    assert visible_names(tab) == ["DATABASE_URL", "RESEND_API_KEY", "S3_SECRET_ACCESS_KEY"]
    form.locator("input").fill("nothing has this name")
    assert visible_names(tab) == []
    assert not tab.locator("table.matrix").is_visible()


def test_apps_have_tables_of_their_own_and_can_be_chosen(opened: Any) -> None:
    report = builder.monorepo()
    other = report.apps[0]._replace(path="apps/admin")
    tab, _ = opened(report._replace(apps=(*report.apps, other)))
    form = tab.locator('[data-filters="matrix"]')
    form.locator('[name="app"]').select_option("apps/admin")
    assert tab.locator("#matrix .group:visible h3").all_inner_texts() == ["apps/admin vite, loader vite, runtime node"]
    form.locator('[name="app"]').select_option("")
    assert tab.locator("#matrix .group:visible").count() == 2


def test_a_column_sorts_by_what_needs_a_look_first_and_keeps_each_detail_with_its_row(opened: Any) -> None:
    tab, _ = opened(builder.shop())
    tab.locator("thead button", has_text="production").click()
    assert visible_names(tab)[0] == "DATABASE_URL"
    # A stand-in is no value; among equals the name decides.
    assert visible_names(tab)[1:3] == ["S3_SECRET_ACCESS_KEY", "NEXT_PUBLIC_SHOP_NAME"]
    heads = tab.locator("table.matrix thead th")
    assert [heads.nth(n).get_attribute("aria-sort") for n in range(4)] == [None, None, None, "ascending"]
    tab.locator("thead button", has_text="production").click()
    assert heads.nth(3).get_attribute("aria-sort") == "descending"
    assert visible_names(tab)[-1] == "DATABASE_URL"
    tab.locator("thead button", has_text="Variable").click()
    assert visible_names(tab) == sorted(visible_names(tab))
    assert tab.evaluate("[...document.querySelectorAll('tr.row')].every(row => row.nextElementSibling.id === row.id + 'd')")


def test_the_head_of_the_table_stays_in_sight(opened: Any) -> None:
    tab, _ = opened(builder.monorepo(), viewport={"width": 1280, "height": 500})
    tab.evaluate("document.querySelectorAll('tr.row')[15].scrollIntoView({behavior: 'instant', block: 'end'})")
    top = tab.evaluate("document.querySelector('table.matrix thead th').getBoundingClientRect().top")
    assert 0 <= top < 500


def test_findings_are_filtered_and_a_link_shows_what_a_filter_hides(opened: Any) -> None:
    tab, _ = opened(builder.shop())
    form = tab.locator('[data-filters="findings"]')
    cards = tab.locator("#findings > .group .card:visible")
    assert cards.count() == 10
    form.locator('[name="severity"]').select_option("warning")
    assert cards.count() == 1
    assert tab.locator("#findings h3:visible").all_inner_texts() == ["Warnings 1"]
    form.locator('[name="severity"]').select_option("")
    form.locator('[name="environment"]').select_option("production")
    assert cards.count() == 5
    form.locator("input").fill("webhook secret")
    assert form.locator("output").inner_text() == "1 of 10 findings"
    tab.locator("tr.row", has_text="DATABASE_URL").locator("a.hits").click()
    target = tab.locator(".card:target")
    assert target.is_visible()
    assert "DATABASE_URL" in (target.text_content() or "")


def test_each_link_of_the_head_brings_its_part_into_sight(opened: Any) -> None:
    # Enough findings that most of the page is out of sight, where a browser might only guess how tall it is.
    report = builder.shop()
    many = tuple(finding._replace(fingerprint=f"{number:016x}") for number, finding in enumerate(report.findings * 12))
    tab, _ = opened(report._replace(findings=many), viewport={"width": 360, "height": 300})
    for link in tab.locator("nav a").all():
        link.evaluate(
            """(link) => new Promise((done) => {
                addEventListener("scrollend", done, { once: true });
                setTimeout(done, 5000);
                link.click();
            })"""
        )
        part = tab.locator(str(link.get_attribute("href")))
        assert part.evaluate(
            "(part) => Math.abs(part.getBoundingClientRect().top - 16) < 4 || scrollY + innerHeight >= document.body.scrollHeight - 1"
        )


def test_everything_can_be_done_by_keyboard(opened: Any) -> None:
    tab, _ = opened(builder.shop())
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"
    tab.keyboard.press("/")
    assert tab.evaluate("document.activeElement.name") == "text"
    tab.keyboard.type("resend/")
    assert tab.locator('[data-filters="matrix"] input').input_value() == "resend/"
    tab.keyboard.press("Escape")
    assert len(visible_names(tab)) == 9
    tab.locator(".name", has_text="STRIPE_SECRET_KEY").focus()
    tab.keyboard.press("Enter")
    button = tab.locator(".name", has_text="STRIPE_SECRET_KEY")
    assert button.get_attribute("aria-expanded") == "true"
    detail = tab.locator(f"#{button.get_attribute('aria-controls')}")
    assert detail.is_visible()
    assert ".env.production:4:1" in detail.inner_text()
    tab.keyboard.press("Space")
    assert not detail.is_visible()
    for control in tab.locator("button:visible, a:visible, input:visible, select:visible, summary:visible").all():
        control.focus()
        assert tab.evaluate("document.activeElement !== document.body")


def violations(tab: Tab) -> list[str]:
    """What axe-core calls serious or critical, with the place."""
    tab.evaluate(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    result = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{found['id']}: {node['html'][:200]}: {node.get('failureSummary', '')}"
        for found in result["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", builder.REPORTS)
def test_axe_finds_nothing_serious(name: str, width: int, scheme: str, opened: Any) -> None:
    tab, _ = opened(builder.REPORTS[name](), viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    for button in tab.locator(".name").all()[:2]:
        button.click()
    for summary in tab.locator("summary").all()[:3]:
        summary.click()
    assert violations(tab) == []


@pytest.mark.parametrize("name", builder.REPORTS)
def test_a_narrow_phone_scrolls_in_one_direction_only(name: str, opened: Any) -> None:
    tab, _ = opened(builder.REPORTS[name](), viewport={"width": 320, "height": 640})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320


def test_on_a_phone_each_cell_names_its_environment(opened: Any) -> None:
    tab, _ = opened(builder.shop(), viewport={"width": 375, "height": 300})
    row = tab.locator("tr.row", has_text="DATABASE_URL")
    assert [" ".join(cell.split()) for cell in row.locator("td").all_inner_texts()] == [
        "local ● set", "preview ● set", "production ✗ missing",
    ]  # fmt: skip


def test_states_are_told_by_words_and_not_by_colour_or_sign_alone(opened: Any) -> None:
    tab, _ = opened(builder.shop())
    for cell in tab.locator("tr.row td").all():
        words = cell.evaluate(
            "c => { c = c.cloneNode(true); c.querySelectorAll('[aria-hidden], .label').forEach(e => e.remove()); return c.textContent.trim() }"
        )
        assert words.split()[0] in ("set", "same", "missing", "empty", "elsewhere", "not", "unknown", "encrypted", "example")


def test_without_scripts_nothing_is_hidden(opened: Any) -> None:
    tab, noises = opened(builder.shop(), java_script_enabled=False)
    assert tab.locator(".detail").first.is_visible()
    assert tab.locator(".tools").first.is_hidden()
    # The browser itself says that scripts are off; nothing was asked for.
    assert not [noise for noise in noises if noise.startswith("request")]


def test_on_paper_the_controls_are_gone_and_folded_parts_are_there(opened: Any) -> None:
    tab, _ = opened(builder.shop())
    tab.emulate_media(media="print")
    assert tab.locator(".tools").first.is_hidden()
    assert tab.locator("nav").is_hidden()
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.locator(".fold .card").first.is_visible()
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not tab.locator(".fold .card").first.is_visible()
    assert len(tab.pdf(format="A4")) > 10_000
