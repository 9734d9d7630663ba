"""URL classes: the host a browser would dial, and whose it is, from the name alone."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import tomli

from driftline.knowledge import hosts
from driftline.knowledge.hosts import Class

DATA = tomli.loads((Path(hosts.__file__).parent / "hosts.toml").read_text())


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("http://localhost:3000/x?y=1#z", "localhost", 3000),
        ("https://Shop.Example.COM./cart", "shop.example.com", None),
        ("https://user:pass@shop.example.com/", "shop.example.com", None),
        ("https://localhost@evil.example.com/", "evil.example.com", None),
        ("https://evil.example.com\\@localhost/", "evil.example.com", None),
        ("http://2130706433/", "127.0.0.1", None),
        ("http://0x7f.1:80/", "127.0.0.1", 80),
        ("http://0177.0.0.1/", "127.0.0.1", None),
        ("http://127.1/", "127.0.0.1", None),
        ("http://[::1]:3000/", "::1", 3000),
        ("https://müller.de/", "xn--mller-kva.de", None),
        ("https://ＭÜLLER。de/", "xn--mller-kva.de", None),
        ("https://xn--mller-kva.de/", "xn--mller-kva.de", None),
    ],
)
def test_the_host_is_the_one_a_browser_dials(text: str, host: str, port: int | None) -> None:
    url = hosts.split(text)
    assert url is not None
    assert (url.host, url.port) == (host, port)


@pytest.mark.parametrize(
    "text", ["shop.example.com", "mailto:a@b.co", "https://", "http://a b", "http://x:99999999", "", "://x", "http://[::1"]
)
def test_what_is_no_url(text: str) -> None:
    assert hosts.split(text) is None


@pytest.mark.parametrize(
    "text", ["https:/x.co", "http//x.co", "https://", "https:x.co", "http://localhost:3000https://x.co", "htps://x.co/"]
)
def test_what_was_meant_to_be_a_url(text: str) -> None:
    assert hosts.is_meant(text) or hosts.split(text) is not None


@pytest.mark.parametrize("text", ["https://x.co", "/thanks", "hello", "postgres://a@b/c", "app.example.com", "x" * 5000])
def test_what_needs_no_mending(text: str) -> None:
    assert not hosts.is_meant(text)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("app.shop.example", "app.shop.example"),
        ("localhost:3000/x", "localhost"),
        ("10.0.0.4:8080", "10.0.0.4"),
        ("shop.co.uk/", "shop.co.uk"),
    ],
)
def test_a_host_without_a_scheme(text: str, host: str) -> None:
    url = hosts.bare(text)
    assert url is not None
    assert (url.scheme, url.host) == ("", host)


@pytest.mark.parametrize(
    "text", ["production", "a@b.co", "1.2.3", "v1.2.3-rc", "/x/y.txt", "https://x.co", "a b.co", "eyJhbGciOi", "-x.co"]
)
def test_a_word_that_is_no_host(text: str) -> None:
    assert hosts.bare(text) is None


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("${base}/thanks", "/thanks"),
        ("/thanks?session={CHECKOUT_SESSION_ID}", "/thanks"),
        ("{origin}/ok", "/ok"),
        ("http://x.co/a/${id}", "/a/${id}"),
    ],
)
def test_where_a_literal_in_code_leads(text: str, path: str) -> None:
    url = hosts.target(text)
    assert url is not None
    assert url.path == path


@pytest.mark.parametrize("text", ["//cdn.x.co/a", "thanks", "${base}", "a/b", "${a}${b}/x"])
def test_where_a_literal_leads_cannot_be_told(text: str) -> None:
    assert hosts.target(text) is None


CASES = [
    ("https://undefined/auth/callback", Class.MALFORMED),
    ("https://https://shop.example", Class.MALFORMED),
    ("https://[object", None),
    ("https://your-domain.com", Class.MALFORMED),
    ("https://yourdomain.com", Class.MALFORMED),
    ("https://<project>.vercel.app", Class.MALFORMED),
    ("https://example.com", Class.MALFORMED),
    ("https://shop.example.com", Class.OTHER),
    ("https://shop.example", Class.OTHER),
    ("http://localhost:3000", Class.LOCAL),
    ("http://app.localhost", Class.LOCAL),
    ("http://127.9.9.9", Class.LOCAL),
    ("http://0.0.0.0:8000", Class.LOCAL),
    ("http://[::1]", Class.LOCAL),
    ("http://[::ffff:192.168.0.4]", Class.LOCAL),
    ("http://[fd00::1]", Class.LOCAL),
    ("http://10.1.2.3", Class.LOCAL),
    ("http://172.31.0.1", Class.LOCAL),
    ("http://172.32.0.1", Class.OTHER),
    ("http://169.254.169.254", Class.LOCAL),
    ("http://100.100.1.1", Class.LOCAL),
    ("http://100.128.1.1", Class.OTHER),
    ("http://203.0.113.9", Class.LOCAL),
    ("http://8.8.8.8", Class.OTHER),
    ("http://shop.test", Class.LOCAL),
    ("http://printer.local", Class.LOCAL),
    ("http://host.docker.internal:3000", Class.LOCAL),
    ("http://app.lvh.me:3000", Class.LOCAL),
    ("http://10.0.0.1.nip.io", Class.LOCAL),
    ("http://10.0.2.2:8000", Class.LOCAL),
    ("http://web:3000", Class.INTERNAL),
    ("http://api.railway.internal", Class.INTERNAL),
    ("http://web.default.svc.cluster.local", Class.INTERNAL),
    ("http://api.flycast", Class.INTERNAL),
    ("https://a1b2.ngrok-free.app", Class.TUNNEL),
    ("https://bright-sea.trycloudflare.com", Class.TUNNEL),
    ("https://shop.loca.lt", Class.TUNNEL),
    ("https://x-3000.euw.devtunnels.ms", Class.TUNNEL),
    ("https://laptop.tail1234.ts.net", Class.TUNNEL),
    ("https://webhook.site/1-2-3", Class.SINK),
    ("https://smee.io/abc", Class.SINK),
    ("https://shop-git-main-acme.vercel.app", Class.PREVIEW),
    ("https://shop-a1b2c3d4e-acme.vercel.app", Class.PREVIEW),
    ("https://my-dashboard-acme.vercel.app", Class.PLATFORM),
    ("https://shop.vercel.app", Class.PLATFORM),
    ("https://deploy-preview-12--shop.netlify.app", Class.PREVIEW),
    ("https://main--shop.netlify.app", Class.PREVIEW),
    ("https://shop.netlify.app", Class.PLATFORM),
    ("https://a1b2c3d4.shop.pages.dev", Class.PREVIEW),
    ("https://shop.pages.dev", Class.PLATFORM),
    ("https://a1b2c3d4-worker.acme.workers.dev", Class.PREVIEW),
    ("https://worker.acme.workers.dev", Class.PLATFORM),
    ("https://shop-pr-12.onrender.com", Class.PREVIEW),
    ("https://shop.onrender.com", Class.PLATFORM),
    ("https://shop-pr-12.up.railway.app", Class.PREVIEW),
    ("https://shop-production.up.railway.app", Class.PLATFORM),
    ("https://pr-12-acme-shop.fly.dev", Class.PREVIEW),
    ("https://shop.fly.dev", Class.PLATFORM),
    ("https://shop--pr-12-a1b2c3d4.web.app", Class.PREVIEW),
    ("https://shop.web.app", Class.PLATFORM),
    ("https://id-preview--0a1b.lovable.app", Class.BUILDER_PREVIEW),
    ("https://0a1b2c.lovableproject.com", Class.BUILDER_PREVIEW),
    ("https://shop.lovable.app", Class.BUILDER),
    ("https://abc.webcontainer-api.io", Class.BUILDER_PREVIEW),
    ("https://abc.bolt.host", Class.BUILDER),
    ("https://abc.id.repl.co", Class.BUILDER_PREVIEW),
    ("https://abc.replit.app", Class.BUILDER),
    ("https://staging.shop.example", Class.NON_PRODUCTION),
    ("https://api-dev.shop.co.uk", Class.NON_PRODUCTION),
    ("https://qa2.shop.io", Class.NON_PRODUCTION),
    ("https://dev.to", Class.OTHER),
    ("https://developers.shop.io", Class.OTHER),
    ("https://demo.shop.io", Class.OTHER),
    ("https://beta.shop.io", Class.OTHER),
    ("https://api.stripe.com/v1", Class.THIRD_PARTY),
    ("https://abcdefghijklmnopqrst.supabase.co", Class.THIRD_PARTY),
    ("https://github.com/acme/shop", Class.THIRD_PARTY),
    ("https://shop.io", Class.OTHER),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_the_class_of_a_url(text: str, expected: Class | None) -> None:
    url = hosts.split(text)
    if expected is None:
        assert url is None
        return
    assert url is not None
    place = hosts.classify(url)
    assert place.kind is expected
    assert place.words


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.shop.co.uk", "shop.co.uk"),
        ("api.shop.io", "shop.io"),
        ("shop.io", "shop.io"),
        ("shop.vercel.app", "shop.vercel.app"),
        ("a.shop.pages.dev", "shop.pages.dev"),
        ("10.0.0.1", "10.0.0.1"),
        ("web", "web"),
    ],
)
def test_the_domain_that_one_owner_registered(host: str, domain: str) -> None:
    assert hosts.registrable(host) == domain


def test_every_entry_names_its_source_and_date() -> None:
    for table in (*DATA["class"], DATA["unowned"], DATA["non_production"], DATA["suffixes"]):
        assert re.search(r"20\d\d-\d\d", table["source"]), table


def test_no_host_stands_twice_for_different_owners() -> None:
    whole: dict[str, str] = {}
    for table in DATA["class"]:
        for host in table["hosts"]:
            if "label" not in table:
                assert whole.setdefault(host, table["by"]) == table["by"], host


def test_hostile_text_takes_no_time() -> None:
    started = time.perf_counter()
    for text in (
        "https://" + "a." * 50_000,
        "a." * 5_000,
        "https://" + "-" * 100_000,
        "${" * 20_000,
        "0x" * 9_999,
        "ｈ" * 9_999,
        "http:/" * 9_999,
    ):
        hosts.split(text)
        hosts.bare(text)
        hosts.target(text)
        hosts.is_meant(text)
        url = hosts.split("https://" + text)
        if url is not None:
            hosts.classify(url)
    assert time.perf_counter() - started < 2
