"""Addresses that code fixes: what is taken for one, and what is spared."""

from __future__ import annotations

import time

import pytest

from driftline.code import CodeReading, javascript, python


def found(reading: CodeReading) -> list[tuple[str, str, str | None]]:
    return [(literal.role, literal.value.reveal(), literal.call) for literal in reading.literals]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "stripe.checkout.sessions.create({ success_url: 'http://localhost:3000/ok' })",
            ("success_url", "http://localhost:3000/ok", "stripe.checkout.sessions.create"),
        ),
        ("new GoogleStrategy({ callbackURL: '/auth/google/callback' })", ("callbackURL", "/auth/google/callback", "GoogleStrategy")),
        ("auth.signUp({ options: { emailRedirectTo: `${origin}/welcome` } })", ("emailRedirectTo", "${origin}/welcome", "auth.signUp")),
        ("const API_URL = 'http://localhost:5000'", ("API_URL", "http://localhost:5000", None)),
        ('const redirectUri: string = "http://localhost:3000/cb"', ("redirectUri", "http://localhost:3000/cb", None)),
        ("params.return_url = 'http://127.0.0.1/x'", ("return_url", "http://127.0.0.1/x", None)),
        ("const cancelUrl = 'http://localhost:3000' + path", ("cancelUrl", "http://localhost:3000", None)),
        ("client.send({ from: 'Shop <onboarding@resend.dev>' })", ("endpoint", "Shop <onboarding@resend.dev>", "client.send")),
        ("createTransport({ host: 'sandbox.smtp.mailtrap.io' })", ("endpoint", "sandbox.smtp.mailtrap.io", "createTransport")),
        ("new Client({ baseUrl: 'https://api-m.sandbox.paypal.com' })", ("endpoint", "https://api-m.sandbox.paypal.com", "Client")),
        (
            'mailer.sendMail({ html: `<a href="http://localhost:3000/reset/${token}">x</a>` })',
            ("mail link", "http://localhost:3000/reset/${token}", "mailer.sendMail"),
        ),
        (
            "export const link = 'https://buy.stripe.com/test_" + "14k000abc'",
            ("payment link", "https://buy.stripe.com/test_" + "14k000abc", None),
        ),
        ("url.replace('.supabase.co', '.lovableproject.com')", ("replaced host", "https://project.lovableproject.com", "url.replace")),
    ],
)
def test_javascript_fixes(code: str, expected: tuple[str, str, str | None]) -> None:
    assert found(javascript.read("src/pay.ts", code.encode())) == [expected]


@pytest.mark.parametrize(
    "code",
    [
        "// success_url: 'http://localhost:3000/ok'",
        "const text = \"success_url: 'http://localhost:3000/ok'\"",
        "if (process.env.NODE_ENV !== 'production') { pay({ success_url: 'http://localhost:3000/ok' }) }",
        "const redirectUri = isDev ? 'http://localhost:3000/cb' : 'https://shop.io/cb'",
        "const urls = { development: { success_url: 'http://localhost/ok' } }",
        "const config = { href: 'http://localhost:3000' }",
        "const API_URL = process.env.API_URL || 'http://localhost:5000'",
        "const hosts = { sandbox: { host: 'api-m.sandbox.paypal.com' } }",
        "const a = { baseUrl: 'https://api-m.sandbox.paypal.com' }; const b = { baseUrl: 'https://api-m.paypal.com' }",
        "send({ html: '<a href=\"https://shop.io/x\">x</a>', from: 'Shop <hello@shop.io>' }) // http://localhost",
        "const a = 'https://buy.stripe.com/test_" + "14k000abc'; const b = 'https://buy.stripe.com/14k000abc'",
    ],
)
def test_javascript_is_spared(code: str) -> None:
    assert found(javascript.read("src/pay.ts", code.encode())) == []


@pytest.mark.parametrize(
    "path",
    [
        "tests/pay.ts",
        "src/pay.test.ts",
        "scripts/pay.ts",
        "docs/pay.ts",
        "prisma/seed.ts",
        "src/pay.stories.tsx",
        "config/development.ts",
        "src/environments/environment.ts",
        "src/api.dev.ts",
        "cli/login.ts",
    ],
)
def test_tests_tools_and_docs_are_spared(path: str) -> None:
    assert found(javascript.read(path, b"pay({ success_url: 'http://localhost:3000/ok' })")) == []


def test_a_location_is_the_text_s_own() -> None:
    code = "const ü = 1\nsend({ text: `Grüße: http://localhost:3000/x` })\n"
    location = javascript.read("a.ts", code.encode()).literals[0].location
    line = code.splitlines()[1]
    assert (location.line, location.column) == (2, line.index("http") + 1)
    assert code.encode()[location.offset :].startswith(b"http://")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "stripe.checkout.Session.create(success_url='http://localhost:3000/ok')",
            ("success_url", "http://localhost:3000/ok", "stripe.checkout.Session.create"),
        ),
        (
            "params = {'redirect_uri': 'http://localhost:8000/callback', 'x': 'success_url'}",
            ("redirect_uri", "http://localhost:8000/callback", None),
        ),
        ("return_url = f'{base}/success_url/{id}'", ("return_url", "{...}/success_url/{...}", None)),
        ("reset_url = 'http://localhost:3000/reset/' + token", ("reset_url", "http://localhost:3000/reset/", None)),
        ("send_mail(html='<a href=\"http://localhost:3000/v\">')", ("mail link", "http://localhost:3000/v", "send_mail")),
        ("Client(host='sandbox.smtp.mailtrap.io')", ("endpoint", "sandbox.smtp.mailtrap.io", "Client")),
    ],
)
def test_python_fixes(code: str, expected: tuple[str, str, str | None]) -> None:
    assert found(python.read("app/pay.py", code.encode())) == [expected]


@pytest.mark.parametrize(
    "code",
    [
        "# success_url='http://localhost:3000/ok'",
        "if settings.DEBUG:\n    pay(success_url='http://localhost:3000/ok')",
        "url = os.environ.get('SUCCESS_URL', 'http://localhost:3000')",
        "success_url = reverse_lazy('thanks')",
        "class Settings(BaseSettings):\n    success_url: str = 'http://localhost:3000'",
    ],
)
def test_python_is_spared(code: str) -> None:
    assert found(python.read("app/pay.py", code.encode())) == []


@pytest.mark.parametrize(
    ("code", "manner"),
    [
        ("const u = `https://${process.env.VERCEL_URL}/api`", "unguarded"),
        ("const u = process.env.VERCEL_URL ? `https://${process.env.VERCEL_URL}` : 'http://localhost:3000'", "host"),
        ("const u = `https://${process.env.VERCEL_URL ?? 'shop.io'}`", "host"),
        ("const u = new URL(process.env.VERCEL_URL!)", "bare"),
        ("fetch(`${process.env.RAILWAY_PUBLIC_DOMAIN}/x`)", "bare"),
        ("pay({ success_url: process.env.VERCEL_URL + '/ok' })", "bare"),
        ("const host = process.env.VERCEL_URL", ""),
        ("const u = withHttps(process.env.VERCEL_URL)", ""),
        ("pay({ success_url: `https://${process.env.VERCEL_URL}/ok` })", "origin"),
        ("pay({ success_url: `${process.env.DEPLOY_URL}/ok` })", "origin"),
        ("pay({ success_url: `${process.env.VERCEL_ENV === 'preview' ? `https://${process.env.VERCEL_URL}` : base}/ok` })", "host"),
        ("if (process.env.IS_PULL_REQUEST) x()", "truth"),
        ("if (process.env.IS_PULL_REQUEST === 'true') x()", ""),
        ("const u = `https://${process.env.APP_DOMAIN}/x`", "host"),
        ("const u = process.env.APP_URL + '/x'", ""),
    ],
)
def test_how_an_address_is_used(code: str, manner: str) -> None:
    references = javascript.read("src/url.ts", code.encode()).references
    assert [r.manner for r in references if r.name not in ("VERCEL_ENV",)][-1] == manner


def test_hostile_code_takes_linear_time() -> None:
    for unit in (b"success_url: '", b"url = ", b'a: "x.', b"html: `http://localhost ", b"(" * 3, b"success_url: '/x' ? "):
        sizes = []
        for count in (2_000, 8_000):
            started = time.perf_counter()
            javascript.read("src/a.ts", b"success_url " + unit * count)
            sizes.append(time.perf_counter() - started)
        assert sizes[1] < max(0.5, sizes[0] * 12), unit
