"""A flag without findings is clear only where files show what it asks about."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.review.test_outputs import flag, judged

_GO = 'package main\nimport "net/http"\nfunc main() { http.HandleFunc("/orders", orders) }\n'
_EXPRESS = """const app = require("express")()
const stripe = require("stripe")(process.env.STRIPE_SECRET_KEY)
app.post("/stripe/events", (req, res) => stripe.webhooks.constructEvent(req.body, req.headers["stripe-signature"], process.env.STRIPE_WEBHOOK_SECRET))
"""
_CLIENT = """import { createClient } from "@supabase/supabase-js"
export const db = createClient(process.env.NEXT_PUBLIC_SUPABASE_URL, process.env.NEXT_PUBLIC_SUPABASE_ANON_KEY)
"""
_QUERY = 'import { db } from "./db"\nexport const orders = () => db.from("orders").select()\n'
_UPLOAD = 'import { db } from "./db"\nexport const send = (file) => db.storage\n  .from("pictures")\n  .upload("a", file)\n'
_TABLE = "create table {name} (id int);\n"


@pytest.mark.parametrize(
    ("files", "name", "verdict", "word"),
    [
        ({"main.go": _GO}, "client-identity", "cannot tell from files", "Go (main.go:3)"),
        ({"main.go": _GO}, "backends", "cannot tell from files", "Go"),
        ({"tool.go": "package tool\n"}, "client-identity", "clear", ""),
        ({"src/db.ts": 'import { Databases } from "appwrite"\n'}, "row-security", "cannot tell from files", "console"),
        ({"src/db.ts": 'import { getDatabase } from "firebase/database"\n'}, "row-security", "cannot tell from files", "rules"),
        ({"pubspec.yaml": "dependencies:\n  supabase_flutter: ^2.0.0\n"}, "row-security", "cannot tell from files", "no migration"),
        # The client is made in one file and used in another.
        ({"src/db.js": _CLIENT, "src/orders.js": _QUERY}, "row-security", "cannot tell from files", "no migration"),
        (
            {"src/db.js": _CLIENT, "src/orders.js": _QUERY, "supabase/migrations/20250101_a.sql": _TABLE.format(name="people")},
            "row-security",
            "blocked",
            "",
        ),
        (
            {
                "src/db.js": _CLIENT,
                "src/send.js": _UPLOAD,
                "src/orders.js": _QUERY,
                "supabase/migrations/20250101_a.sql": _TABLE.format(name="orders") + "alter table orders enable row level security;\n",
            },
            "row-security",
            "clear",
            "",
        ),
        (
            {"src/db.js": _CLIENT, "src/orders.js": _QUERY, "prisma/migrations/1_a/migration.sql": _TABLE.format(name="orders")},
            "row-security",
            "cannot tell from files",
            "whether that serves `orders`",
        ),
        ({"server.js": _EXPRESS, "Dockerfile": "FROM node\nENV PORT=80\n"}, "separation", "cannot tell from files", "STRIPE_SECRET_KEY"),
        ({"server.js": _EXPRESS}, "callbacks", "at risk", ""),
        ({}, "releases", "cannot tell from files", "how a release is made"),
        ({"vercel.json": "{}"}, "releases", "clear", ""),
        ({}, "owners", "cannot tell from files", "CODEOWNERS"),
        ({"CODEOWNERS": "* @team\n"}, "owners", "clear", ""),
    ],
)
def test_clear_is_earned(tmp_path: Path, files: dict[str, str], name: str, verdict: str, word: str) -> None:
    for path, text in {"package.json": '{"dependencies": {"express": "4"}}', "src/main.js": "export const shop = 1\n", **files}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    found = flag(judged(tmp_path), name)
    assert found.verdict == verdict
    if verdict == "cannot tell from files":
        assert word in found.open
        assert found.settles
