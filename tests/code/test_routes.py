"""Routes by the file system and by the code of each framework: the path that is served, and what is none."""

from __future__ import annotations

import time
import timeit
from functools import partial

import pytest

from driftline.code import CodeFile, routes, survey


def served(path: str, code: str = "", folder: str = ".") -> list[tuple[str, tuple[str, ...]]]:
    found = routes.read(path, code.encode(), folder)
    return [(route.path, route.methods) for route in found.routes] if found else []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("app/page.tsx", "/"),
        ("src/app/(shop)/cart/page.tsx", "/cart"),
        ("app/@modal/(.)photo/[id]/page.tsx", "/photo/:id"),
        ("app/docs/[...slug]/page.mdx", "/docs/*"),
        ("app/[[...all]]/page.tsx", "/*"),
        ("app/api/webhooks/stripe/route.ts", "/api/webhooks/stripe"),
        ("pages/index.tsx", "/"),
        ("pages/blog/[slug].tsx", "/blog/:slug"),
        ("src/pages/api/auth/[...nextauth].ts", "/api/auth/*"),
        ("pages/api/index.ts", "/api"),
        ("src/routes/(app)/thanks/+page.svelte", "/thanks"),
        ("src/routes/api/[id=integer]/+server.ts", "/api/:id"),
        ("src/routes/[[lang]]/shop/[...rest]/+page.ts", "/:lang/shop/*"),
        ("pages/orders/[id].vue", "/orders/:id"),
        ("src/pages/blog/[...path].astro", "/blog/*"),
        ("app/routes/_index.tsx", "/"),
        ("app/routes/orders.$id.tsx", "/orders/:id"),
        ("app/routes/_auth.login.tsx", "/login"),
        ("app/routes/orders_.$id.edit.tsx", "/orders/:id/edit"),
        ("app/routes/files.$.tsx", "/files/*"),
        ("app/routes/sitemap[.]xml.ts", "/sitemap.xml"),
        ("app/routes/checkout/route.tsx", "/checkout"),
        ("app/routes/[_].$.ts", "/_/*"),
        ("app/routes/_authenticated+/t.$teamUrl+/settings.general.tsx", "/t/:teamUrl/settings/general"),
        ("netlify/functions/stripe-webhook.ts", "/.netlify/functions/stripe-webhook"),
        ("netlify/functions/mail/index.ts", "/.netlify/functions/mail"),
        ("supabase/functions/stripe-webhook/index.ts", "/functions/v1/stripe-webhook"),
        ("api/hooks/[id].py", "/api/hooks/:id"),
    ],
)
def test_a_path_by_its_file(path: str, expected: str) -> None:
    assert [found for found, _ in served(path)] == [expected]


@pytest.mark.parametrize(
    "path",
    [
        "app/layout.tsx", "app/cart/cart.tsx", "app/cart/page.test.tsx", "pages/_app.tsx", "src/routes/+layout.svelte", "supabase/functions/_shared/cors.ts", "lib/route.ts",
        "tests/app/page.tsx", "examples/app/page.tsx", "functions/send.ts", "e2e/pages/login.ts", "server/api/client.ts", "api/_shared.ts", "functions/_middleware.ts",
    ],
)  # fmt: skip
def test_files_that_serve_nothing(path: str) -> None:
    assert served(path) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("app/routes/orders/Table.tsx", "export function Table() {}"),
        ("app/routes/orders.server.ts", "export const action = 1"),
        ("app/routes/users/+shared/editor.tsx", "export default function Editor() {}"),
        ("src/server.ts", "import { Hono } from 'hono'\napp.use('*', async (c, next) => { await next() })"),
    ],
)
def test_what_lies_beside_routes_serves_nothing(path: str, code: str) -> None:
    assert served(path, code) == []


def test_the_folder_of_a_package_is_no_part_of_the_path() -> None:
    assert served("apps/web/app/app/page.tsx", folder="apps/web") == [("/app", ())]


@pytest.mark.parametrize(
    ("path", "code", "expected"),
    [
        ("app/api/x/route.ts", "export async function POST() {}\nexport const GET = () => {}", [("/api/x", ("POST", "GET"))]),
        ("app/routes/hooks.stripe.ts", "export async function action() {}", [("/hooks/stripe", ("POST",))]),
        ("functions/api/hook.ts", "export const onRequestPost = () => {}", [("/api/hook", ())]),
        (
            "netlify/functions/hook.ts",
            "export const config = { path: '/hooks/stripe' }",
            [("/.netlify/functions/hook", ()), ("/hooks/stripe", ())],
        ),
        ("server/api/hooks/stripe.post.ts", "export default defineEventHandler(() => 1)", [("/api/hooks/stripe", ("POST",))]),
        ("app/routes/orders/list.tsx", "export { loader } from './load'", [("/orders/list", ())]),
        ("src/http.ts", "import Router from 'koa-router'\nrouter.post('documents.info', auth(), handle)", [("/documents.info", ("POST",))]),
        (
            "src/http.ts",
            "import express from 'express'\napp.get(['/thanks', '/danke'], page)",
            [("/thanks", ("GET",)), ("/danke", ("GET",))],
        ),
        ("server/routes/feed.xml.ts", "export default eventHandler(() => 1)", [("/feed.xml", ())]),
        (
            "src/r.ts",
            "import { createRoute } from '@hono/zod-openapi'\nconst r = createRoute({ method: 'get', path: '/teams/{id}' })",
            [("/teams/:id", ())],
        ),
        ("app/routes.ts", "export default [route('orders/:id', 'routes/order.tsx'), index('home.tsx')]", [("/orders/:id", ())]),
        (
            "src/server.ts",
            "const app = express()\napp.post('/hooks/stripe', handler)\napp.use('/api', router)",
            [("/hooks/stripe", ("POST",))],
        ),
        (
            "src/api.ts",
            "import { Hono } from 'hono'\nconst api = new Hono()\napi.get('/orders/:id{[0-9]+}', (c) => c.json(1))",
            [("/orders/:id", ("GET",))],
        ),
        (
            "src/plugin.ts",
            "export default async (fastify) => { fastify.route({ method: 'POST', url: '/hook', handler }) }",
            [("/hook", ())],
        ),
        ("src/r.ts", "import { Router } from 'express'\nRouter().route('/x')\nconst r = Router()\nr.route('/x').post(h)", [("/x", ())]),
        (
            "src/hooks.controller.ts",
            "@Controller('hooks')\nexport class Hooks {\n  @Post('stripe')\n  stripe() {}\n  @Get()\n  all() {}\n}",
            [("/hooks/stripe", ("POST",)), ("/hooks", ("GET",))],
        ),
        ("src/App.tsx", '<Route path="/thanks" element={<Thanks />} />', [("/thanks", ())]),
        ("src/router.ts", "createRouter({ routes: [{ path: '/thanks', component: Thanks }] })", [("/thanks", ())]),
        ("next.config.mjs", "export default { rewrites: () => [{ source: '/old/:path*', destination: '/new' }] }", [("/old/:path", ())]),
        ("app/main.py", '@app.post("/hooks/{provider}")\nasync def hook(): ...', [("/hooks/:provider", ("POST",))]),
        ("app/api.py", 'router = APIRouter(prefix="/v1")\n\n@router.get("/x")\ndef x(): ...', [("/v1/x", ("GET",))]),
        ("web.py", '@bp.route("/pay/<int:order>", methods=["GET", "POST"])\ndef pay(order): ...', [("/pay/:order", ("GET", "POST"))]),
        (
            "shop/urls.py",
            'urlpatterns = [path("orders/<int:pk>/", v), re_path(r"^hooks/(?P<name>[a-z]+)/$", h), path("api/", include("api.urls"))]',
            [("/orders/:pk", ()), ("/hooks/:name", ())],
        ),
    ],
)
def test_a_path_by_the_code(path: str, code: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert served(path, code) == expected


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("src/client.ts", "axios.post('/hooks/stripe', data)"),
        ("src/server.ts", "import express from 'express'\nconst cache = new Map()\ncache.get('/x')\nclient.post('/y')"),
        ("src/use.ts", "const app = express()\napp.use('/api', router)"),
        ("src/menu.ts", "export const items = [{ path: '/thanks', label: 'Thanks' }]"),
        ("app/models.py", 'path = "/x"\nclient.post("/y")'),
    ],
)
def test_calls_that_serve_nothing(path: str, code: str) -> None:
    assert served(path, code) == []


def hooks(*files: tuple[str, str]) -> list[tuple[str, str | None, str | None]]:
    found = survey([CodeFile(path, code.encode()) for path, code in files]).routes or ()
    return [(route.path, route.provider, route.verified) for route in found if route.provider]


@pytest.mark.parametrize(
    ("path", "code", "provider"),
    [
        ("app/api/webhooks/stripe/route.ts", "export async function POST() {}", "stripe"),
        ("supabase/functions/resend-webhook/index.ts", "Deno.serve(() => {})", "resend"),
        ("app/api/webhook/route.ts", "export const POST = (r) => r.headers.get('Stripe-Signature')", "stripe"),
        ("app/api/webhook/route.ts", "// Mercado Pago\nexport const POST = (r) => r.headers.get('x-signature')", "mercadopago"),
        ("app/api/webhooks/route.ts", "export const POST = () => {}", None),
        ("app/api/webhooks/stripe/route.ts", "export const GET = () => {}", None),
        ("app/webhooks/stripe/page.tsx", "export default () => null", None),
        ("app/api/register-stripe-webhook/route.ts", "export const POST = () => {}", None),
        ("app/hooks/use-stripe.ts", "export const useStripe = () => {}", None),
    ],
)
def test_whose_webhooks_a_route_receives(path: str, code: str, provider: str | None) -> None:
    assert [found for _, found, _ in hooks((path, code))] == ([provider] if provider else [])


@pytest.mark.parametrize(
    "code",
    [
        "stripe.webhooks.constructEvent(body, sig, secret)",
        "new Webhook(secret).verify(body)",
        "const h = createHmac('sha256', secret)",
        "if (token !== process.env.XENDIT_CALLBACK_TOKEN) return",
        "export const POST = Webhooks({ webhookSecret })",
        "verify_mp_signature(body)",
        "hmac.compare_digest(a, b)",
    ],
)
def test_what_checks_a_signature(code: str) -> None:
    assert hooks(("app/api/webhooks/stripe/route.ts", f"export const POST = () => {{ {code} }}"))[0][2] is not None


@pytest.mark.parametrize(
    ("path", "code", "found"),
    [
        (
            "src/server.ts",
            "const app = express()\napp.get('/health', ok)\napp.post('/billing/events', (req) => stripe.webhooks.constructEvent(req.body, "
            "req.headers['stripe-signature'], secret))\napp.post('/orders', create)",
            [("/billing/events", "stripe")],
        ),
        (
            "main.py",
            '@app.post("/events")\ndef e(request):\n    v.validate(url, form, request.headers["X-Twilio-Signature"])\nhmac.new(k)',
            [("/events", "twilio")],
        ),
        (
            "app/api/clerk/sync/route.ts",
            "export const POST = (r) => new Webhook(process.env.CLERK_SECRET).verify(t, { 'svix-signature': r.headers.get('svix-signature') })",
            [("/api/clerk/sync", "clerk")],
        ),
        # Nothing checks it, nothing receives it, nobody is named.
        ("src/server.ts", "const app = express()\napp.post('/x', (req) => log(req.headers['stripe-signature']))", []),
        ("src/server.ts", "const app = express()\napp.get('/x', (req) => check(req.headers['stripe-signature'], constructEvent))", []),
        ("src/server.ts", "const app = express()\napp.post('/x', (req) => createHmac('sha1', k))", []),
    ],
)
def test_a_route_that_checks_a_providers_signature_receives_its_events(path: str, code: str, found: list[tuple[str, str]]) -> None:
    assert [(route, provider) for route, provider, _ in hooks((path, code))] == found


def test_a_check_in_what_a_route_imports_counts() -> None:
    route = ("app/api/webhooks/stripe/route.ts", "import { POST } from '@/lib/hooks/handler'\nexport { POST }")
    handler = ("lib/hooks/handler.ts", "import { checked } from './checked'\nexport const POST = checked // webhook")
    other = ("lib/other/handler.ts", "stripe.webhooks.constructEvent(1)")
    checked = ("lib/hooks/checked.ts", "export const checked = () => stripe.webhooks.constructEvent(1)")
    assert hooks(route, handler, other) == [("/api/webhooks/stripe", "stripe", None)]
    assert hooks(route, handler, other, checked) == [("/api/webhooks/stripe", "stripe", "in lib/hooks/checked.ts")]


def test_hostile_code_takes_linear_time() -> None:
    units = (
        "app.post('",
        "@Controller(",
        "<Route ",
        "path: '/x', ",
        "export const config = {",
        '@a.get("',
        "constructEvent",
        "Webhook(",
        "path('",
        "!== x",
    )
    for unit in units:
        for path in ("src/webhooks/a.ts", "netlify/functions/a.ts", "urls.py"):
            times = []
            for count in (3_000, 12_000):
                code = ("express urlpatterns hmac path Router " + unit * count).encode()
                # Without the collector, which goes through whatever other tests have left; the better of two, whatever else the machine does.
                times.append(min(timeit.repeat(partial(routes.read, path, code), timer=time.process_time, number=1, repeat=2)))
            assert times[1] < max(0.4, times[0] * 12), (unit, path)
