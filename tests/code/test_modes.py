"""NODE_ENV where it chooses between live and test, and where it does what it is for."""

from __future__ import annotations

import time

import pytest

from driftline.code import _modes, javascript

STRIPE = 'import Stripe from "stripe";\n'


def _places(code: str, path: str = "lib/pay.ts") -> list[int]:
    reading = javascript.read(path, code.encode())
    return sorted({reference.location.line for reference in reading.references if reference.manner == _modes.MANNER})


@pytest.mark.parametrize(
    "code",
    [
        'const key = process.env.NODE_ENV === "production" ? process.env.STRIPE_LIVE_KEY : process.env.STRIPE_TEST_KEY;',
        'const key = process.env.NODE_ENV !== "production" ? process.env.STRIPE_TEST_KEY : process.env.STRIPE_KEY;',
        "const key = process.env.NODE_ENV === 'development' ? process.env.RAZORPAY_TEST_KEY : process.env.RAZORPAY_LIVE_KEY;",
        'const host = process.env["NODE_ENV"] === "production" ? "https://api-m.paypal.com" : "https://api-m.sandbox.paypal.com";',
        'const { NODE_ENV } = process.env; const key = process.env.NODE_ENV == "production" ? env.STRIPE_LIVE_KEY : env.STRIPE_TEST_KEY;',
        'new midtransClient.Snap({ isProduction: process.env.NODE_ENV === "production", serverKey: key });',
        'import { Creem } from "creem"; new Creem({ testMode: process.env.NODE_ENV !== "production" });',
        'import { Polar } from "@polar-sh/sdk"; new Polar({ server: (process.env.NODE_ENV === "production") ? "production" : "sandbox" });',
        'const live = process.env.NODE_ENV === "production"; const key = !live ? process.env.STRIPE_TEST_KEY : process.env.STRIPE_LIVE_KEY;',
        'const key = import.meta.env.DEV ? import.meta.env.VITE_STRIPE_TEST_KEY : import.meta.env.VITE_STRIPE_LIVE_KEY;',
        'if (process.env.NODE_ENV === "production") { use(process.env.STRIPE_LIVE_KEY) } else { use(process.env.STRIPE_TEST_KEY) }',
    ],
)  # fmt: skip
def test_live_or_test_is_chosen(code: str) -> None:
    assert _places(code) == [1]
    assert _places(code, "lib/pay.test.ts") == []
    assert _places(code, "scripts/pay.ts") == []


@pytest.mark.parametrize(
    "code",
    [
        'const key = process.env.VERCEL_ENV === "production" ? process.env.STRIPE_LIVE_KEY : process.env.STRIPE_TEST_KEY;',
        'const key = process.env.NODE_ENV === "test" ? process.env.STRIPE_TEST_KEY : process.env.STRIPE_LIVE_KEY;',
        'const live = process.env.NODE_ENV === "production" && process.env.APP_ENV === "live"; use(live ? process.env.STRIPE_LIVE_KEY : process.env.STRIPE_TEST_KEY);',
        STRIPE + 'const db = process.env.NODE_ENV === "production" ? process.env.DATABASE_URL : process.env.TEST_DATABASE_URL;',
        STRIPE + 'const origin = process.env.NODE_ENV === "production" ? "https://shop.example" : "http://localhost:3000";',
        STRIPE + 'if (process.env.NODE_ENV !== "production") { console.log("test mode, no live data") }',
        STRIPE + 'const level = process.env.NODE_ENV === "production" ? "info" : "debug";',
        'new BrowserWindow({ webPreferences: { sandbox: process.env.NODE_ENV === "production" } });',
        'const config = { isProduction: process.env.NODE_ENV === "production", test: /jsx?$/ };',
        'const mode = process.env.NODE_ENV === "production" ? "production" : "test";',
        '// process.env.NODE_ENV === "production" ? process.env.STRIPE_LIVE_KEY : process.env.STRIPE_TEST_KEY',
    ],
)  # fmt: skip
def test_node_env_does_what_it_is_for(code: str) -> None:
    assert _places(code) == []


def test_a_constant_decides_at_each_of_its_uses() -> None:
    code = (
        STRIPE
        + 'const live = process.env.NODE_ENV === "production";\n'
        + "use(live ? process.env.STRIPE_LIVE_KEY : process.env.STRIPE_TEST_KEY);\n" * 3
    )
    assert _places(code) == [3, 4, 5]


@pytest.mark.parametrize(
    "make",
    [
        lambda n: 'const live = process.env.NODE_ENV === "production";\n' + "use(live ? process.env.STRIPE_LIVE_KEY : process.env.STRIPE_TEST_KEY);\n" * n,
        lambda n: 'x(process.env.NODE_ENV === "production" ? process.env.STRIPE_LIVE_KEY : process.env.STRIPE_TEST_KEY);\n' * n,
        lambda n: 'if (process.env.NODE_ENV === "production") {\n' * (n // 20) + "sandbox" + "} else { live }\n" * (n // 20),
        lambda n: 'const live = process.env.NODE_ENV === "production";\n' * n + "sandbox(live);\n" * 40,
    ],
    ids=["uses", "reads", "nested", "constants"],
)  # fmt: skip
def test_cost_grows_with_the_file(make: object) -> None:
    assert callable(make)

    def seconds(n: int) -> float:
        code = make(n).encode()
        best = 9.0
        for _ in range(3):
            started = time.process_time()
            javascript.read("lib/pay.ts", code)
            best = min(best, time.process_time() - started)
        return best

    small, large = seconds(400), seconds(1600)
    assert large < 12 * small + 0.05
