"""Which reads of the environment the JavaScript and TypeScript reader finds, and what it must not take for one."""

from __future__ import annotations

import time

import pytest

from driftline import code
from driftline.code import javascript
from tests.code.reading import said

T3 = (
    'import { createEnv } from "@t3-oss/env-nextjs";\n'
    "export const env = createEnv({\n"
    '  server: { DB_URL: z.string().url(), LEVEL: z.enum(["a"]).default("a"), PORT: z.coerce.number().optional() },\n'
    "  client: { NEXT_PUBLIC_KEY: z.string() },\n"
    "  runtimeEnv: { DB_URL: process.env.DB_URL },\n"
    "});\n"
)

FLAGS: list[tuple[str, str, list[str]]] = [
    # process.env
    ("a.ts", "process.env.KEY", ["KEY 1:1"]),
    ("a.ts", "// Grüße\nconst a =  process.env.KEY", ["KEY 2:12"]),
    ("a.ts", 'const é = "ü", b = process.env.KEY', ["KEY 1:20"]),
    ("a.ts", 'process.env["KEY"]', ["KEY 1:1"]),
    ("a.ts", "process.env[`KEY`]", ["KEY 1:1"]),
    ("a.ts", "process.env?.KEY", ["KEY 1:1"]),
    ("a.ts", "globalThis.process.env.KEY", ["KEY 1:1"]),
    ("a.ts", "process['env'].KEY", ["KEY 1:1"]),
    ("a.ts", "process.env.KEY!", ["KEY 1:1 required"]),
    ("a.ts", "process.env.KEY as string", ["KEY 1:1 required"]),
    ("a.ts", 'process.env.KEY.split(",")', ["KEY 1:1 required"]),
    ("a.ts", 'process.env.KEY?.split(",")', ["KEY 1:1 optional"]),
    ("a.ts", 'process.env.KEY ?? "d"', ['KEY 1:1 optional "d"']),
    ("a.ts", "process.env.KEY || `d`", ['KEY 1:1 optional "d"']),
    ("a.ts", "process.env.PORT ?? 3000", ['PORT 1:1 optional "3000"']),
    ("a.ts", 'const D = "x";\nprocess.env.KEY ?? D', ['KEY 2:1 optional "x"']),
    ("a.ts", 'process.env.ONE ?? process.env.TWO ?? "c"', ['ONE 1:1 optional "c"', 'TWO 1:20 optional "c"']),
    ("a.ts", "process.env.ONE ?? (process.env.TWO || process.env.SIX)", ["ONE 1:1", "TWO 1:21", "SIX 1:40"]),
    ("a.ts", 'process.env.KEY ? 1 : "x"', ['KEY 1:1 optional "x"']),
    ("a.ts", 'process.env.KEY === "1"', ["KEY 1:1 optional"]),
    ("a.ts", "if (process.env.KEY) use()", ["KEY 1:5 optional"]),
    ("a.ts", "if (!process.env.KEY) throw new Error()", ["KEY 1:6 required"]),
    ("a.ts", "if (!process.env.KEY) return null", ["KEY 1:6 optional"]),
    ("a.ts", 'const key = process.env.KEY; if (!key) { throw new Error("no") }', ["KEY 1:13 required"]),
    ("a.ts", "const key = process.env.KEY; use(key!)", ["KEY 1:13 required"]),
    ("a.ts", 'const key = process.env.KEY; key ?? "d"', ["KEY 1:13 optional"]),
    ("a.ts", "invariant(process.env.KEY)", ["KEY 1:11 required"]),
    ("a.ts", "Boolean(process.env.KEY)", ["KEY 1:9 optional"]),
    ("a.ts", "typeof process.env.KEY", ["KEY 1:8 optional"]),
    ("a.ts", '"KEY" in process.env', ["KEY 1:1 optional"]),
    ("a.ts", 'process.env.KEY ??= "1"', ['KEY 1:1 optional "1"']),
    ("a.ts", "`https://${process.env.HOST}/x`", ["HOST 1:12"]),
    ("a.ts", "function f(key = process.env.KEY) {}", ["KEY 1:18"]),
    ("a.ts", 'const { ONE, TWO = "x", THREE: three } = process.env;', ["ONE 1:9", 'TWO 1:14 optional "x"', "THREE 1:25"]),
    ("a.ts", "const env = process.env;\nenv.ONE; env['TWO'];", ["ONE 2:1", "TWO 2:10"]),
    ("a.ts", 'const pe = process.env\nconst { ONE, TWO = "1" } = pe', ["ONE 2:9", 'TWO 2:14 optional "1"']),
    ("a.ts", 'import { env } from "node:process"; env.KEY', ["KEY 1:37"]),
    ("a.ts", 'import { env as e } from "process"; process.env.X; e.KEY', ["X 1:37", "KEY 1:52"]),
    ("a.js", "const { env } = process; env.KEY", ["KEY 1:26"]),
    ("a.tsx", '"use client"\nexport default () => <a href={process.env.NEXT_PUBLIC_KEY}>x</a>', ["NEXT_PUBLIC_KEY 2:31 client"]),
    ("app/api/x/route.ts", "process.env.KEY", ["KEY 1:1 server"]),
    ("next.config.mjs", "process.env.KEY", ["KEY 1:1 build"]),
    # import.meta.env, Deno, Bun, Vite
    ("a.ts", "import.meta.env.VITE_KEY", ["VITE_KEY 1:1"]),
    ("a.ts", 'import.meta.env["VITE_KEY"] || "x"', ['VITE_KEY 1:1 optional "x"']),
    ("a.ts", "const { VITE_KEY } = import.meta.env", ["VITE_KEY 1:9"]),
    ("vite.config.ts", 'const env = loadEnv(mode, process.cwd(), ""); env.VITE_KEY', ["VITE_KEY 1:47 build"]),
    ("a.ts", 'Deno.env.get("KEY")', ["KEY 1:1 server"]),
    ("a.ts", 'Deno.env.get("KEY")!', ["KEY 1:1 required server"]),
    ("a.ts", 'Deno.env.get("KEY") ?? "x"', ['KEY 1:1 optional server "x"']),
    ("a.ts", 'Deno.env.has("KEY")', ["KEY 1:1 optional server"]),
    ("a.ts", "Deno.env.toObject().KEY", ["KEY 1:1 server"]),
    ("a.ts", "Bun.env.KEY", ["KEY 1:1 server"]),
    ("a.ts", 'Bun.env["KEY"] ?? "x"', ['KEY 1:1 optional server "x"']),
    # SvelteKit, Astro
    ("a.ts", 'import { ONE, TWO } from "$env/static/private"', ["ONE 1:10 required server", "TWO 1:15 required server"]),
    ("a.ts", 'import { PUBLIC_KEY } from "$env/static/public"', ["PUBLIC_KEY 1:10 required client"]),
    ("a.ts", 'import { env } from "$env/dynamic/private"; env.KEY', ["KEY 1:45 server"]),
    ("a.ts", 'import { env as e } from "$env/dynamic/public"; e.PUBLIC_KEY ?? "x"', ['PUBLIC_KEY 1:49 optional client "x"']),
    ("a.ts", 'import { KEY } from "astro:env/server"', ["KEY 1:10 server"]),
    ("a.ts", 'import { getSecret } from "astro:env/server"; getSecret("KEY")', ["KEY 1:47 server"]),
    (
        "astro.config.mjs",
        'export default { env: { schema: {\n  ONE: envField.string({ context: "server", access: "secret" }),\n'
        '  TWO: envField.number({ context: "client", access: "public", default: 3 }),\n} } }',
        ["ONE 2:3 required server schema", "TWO 3:3 optional client schema"],
    ),
    # components
    (
        "c.vue",
        '<template><a :href="import.meta.env.VITE_ONE">x</a></template>\n<script setup lang="ts">\nconst a = import.meta.env.VITE_TWO!\n</script>',
        ["VITE_ONE 1:21 client", "VITE_TWO 3:11 required"],
    ),
    (
        "c.svelte",
        '<script>\nimport { PUBLIC_KEY } from "$env/static/public";\n</script>\n<p>{PUBLIC_KEY}</p>',
        ["PUBLIC_KEY 2:10 required client"],
    ),
    ("c.astro", "---\nconst a = import.meta.env.ONE\n---\n<p>{import.meta.env.PUBLIC_TWO}</p>", ["ONE 2:11", "PUBLIC_TWO 4:5 client"]),
    # frameworks that hand it in
    ("a.ts", 'constructor(private c: ConfigService) {} x() { this.c.get("KEY") }', ["KEY 1:60 server"]),
    ("a.ts", 'ConfigService; c.getOrThrow("ONE"); c.get("TWO", "d")', ["ONE 1:30 required server", 'TWO 1:44 optional server "d"']),
    ("worker.js", "export default { async fetch(request, env) { return env.KEY } }", ["KEY 1:57 server"]),
    ("worker.ts", "app.get('/', (c) => c.env.KEY)", ["KEY 1:27 server"]),
    ("worker.ts", 'import { env } from "cloudflare:workers"; env.KEY', ["KEY 1:43"]),
    # config files
    (
        "nuxt.config.ts",
        "export default defineNuxtConfig({\n  runtimeConfig: {\n    apiSecret: '',\n    mail: { apiKey: '' },\n    token: process.env.TOKEN,\n"
        "    public: { apiBase: '/api', gtagID: '' },\n  },\n})",
        [
            "NUXT_API_SECRET 3:5 server schema",
            "NUXT_MAIL_API_KEY 4:13 server schema",
            "NUXT_TOKEN 5:5 server mention",
            "TOKEN 5:12 build",
            "NUXT_PUBLIC_API_BASE 6:15 mention",
            "NUXT_PUBLIC_GTAG_ID 6:32 schema",
        ],
    ),
    ("a.vue", "<script setup>\nconst c = useRuntimeConfig()\nc.public.apiBase\n</script>", ["NUXT_PUBLIC_API_BASE 3:1 mention"]),
    ("server/a.ts", "useRuntimeConfig(event).apiSecret", ["NUXT_API_SECRET 1:1 mention"]),
    (
        "next.config.js",
        'const nextConfig = {\n  env: { SITE: "shop", API: process.env.API_URL ?? "http://x", SAME: process.env.SAME },\n}',
        [
            'SITE 2:10 optional build schema "shop"',
            "API 2:24 optional build schema",
            'API_URL 2:29 optional build "http://x"',
            "SAME 2:64 build mention",
            "SAME 2:70 build",
        ],
    ),
    # schemas
    (
        "env.ts",
        T3,
        [
            "DB_URL 3:13 required server schema",
            'LEVEL 3:39 optional server schema "a"',
            "PORT 3:74 optional server schema",
            "NEXT_PUBLIC_KEY 4:13 required client schema",
            "DB_URL 5:25 mention",
        ],
    ),
    (
        "env.ts",
        'const s = z.object({ ONE: z.string(), TWO: z.string().default("q") });\ns.parse(process.env)',
        ["ONE 1:22 required schema", 'TWO 1:39 optional schema "q"'],
    ),
    ("env.ts", "const s = z.object({ ONE: z.string() });\ns.safeParse({ ONE: process.env.ONE })", ["ONE 1:22 required schema", "ONE 2:20"]),
    (
        "env.ts",
        "v.parse(v.object({ ONE: v.string(), TWO: v.optional(v.string()) }), process.env)",
        ["ONE 1:20 required schema", "TWO 1:37 optional schema"],
    ),
    (
        "env.ts",
        "cleanEnv(process.env, { ONE: str(), TWO: port({ default: 3000 }), SIX: url({ devDefault: 'http://x' }) })",
        ["ONE 1:25 required server schema", "TWO 1:37 optional server schema", "SIX 1:67 optional server schema"],
    ),
    (
        "env.ts",
        "const s = Joi.object({ ONE: Joi.string().required(), TWO: Joi.string() }); s.validate(process.env)",
        ["ONE 1:24 required schema", "TWO 1:54 optional schema"],
    ),
    ("env.d.ts", "interface ImportMetaEnv {\n  readonly VITE_KEY: string\n}", ["VITE_KEY 2:12 mention"]),
    # helpers of the project
    (
        "env.ts",
        'function need(name: string) { const v = process.env[name]; if (!v) throw new Error(name); return v }\nneed("API_KEY")',
        ["API_KEY 2:1 required"],
    ),
    (
        "env.ts",
        'const env = (key: string, fallback?: string) => process.env[key] ?? fallback;\nenv("ONE_KEY", "x"); env("TWO_KEY")',
        ['ONE_KEY 2:1 optional "x"', "TWO_KEY 2:22"],
    ),
    (
        "env.ts",
        'const flag = (key: string) => (process.env[key] ?? "") === "1";\nflag("ONE_KEY")',
        ["ONE_KEY 2:1 optional"],
    ),
    ("a.ts", 'const key = process.env.KEY;\nif (!key) throw new Error("no key");', ["KEY 1:13 required"]),
    ("a.ts", "const key = process.env.KEY;\nif (!key) return;\nthrow new Error(key);", ["KEY 1:13 optional"]),
    ("a.ts", "const key = process.env.KEY;\nif (!other || !key || !valid(key)) {\n  throw new Error();\n}", ["KEY 1:13 required"]),
    ("a.ts", "const key = process.env.KEY;\nif (url && key) connect(url, key);", ["KEY 1:13 optional"]),
]


@pytest.mark.parametrize(("path", "text", "expected"), FLAGS, ids=[f"{path}: {text[:60]}" for path, text, _ in FLAGS])
def test_flags(path: str, text: str, expected: list[str]) -> None:
    assert said((path, text)) == expected


PASSES: list[tuple[str, str]] = [
    ("a.ts", "// process.env.ONE\n/* process.env.TWO */"),
    ("a.ts", '"process.env.ONE"; `process.env.TWO`; /process.env.X/'),
    ("a.ts", "process.env.KEY = '1'"),
    ("a.ts", "delete process.env.KEY"),
    ("a.ts", 'process.env["A-B"]'),
    ("a.ts", "console.log(process.env)"),
    ("a.ts", "myprocess.env.KEY"),
    ("a.ts", "env.KEY"),
    ("a.ts", "const env = load(); env.KEY; process.env"),
    ("a.ts", "import.meta.url"),
    ("a.ts", "Deno.env.set('KEY', 'x')"),
    ("a.ts", "Deno.env.get(name)"),
    ("a.ts", "const s = z.object({ ONE: z.string() }); s.parse(body)"),
    ("a.test.ts", "process.env.KEY"),
    ("tests/a.ts", "process.env.KEY"),
    ("c.vue", "<template>process.env.KEY</template><script>let a = 1</script>"),
    ("a.jsx", "const a = <p>process.env.KEY</p>"),
    ("other.config.ts", "export default { runtimeConfig: { apiSecret: '' } }"),
    ("a.ts", 'const x = { env: { SITE: "shop" } }; nextConfig'),
]


@pytest.mark.parametrize(("path", "text"), PASSES, ids=[f"{path}: {text[:60]}" for path, text in PASSES])
def test_passes(path: str, text: str) -> None:
    assert said((path, text)) == []


def test_a_helper_is_known_where_it_is_imported_and_nowhere_else() -> None:
    env = ("src/env.ts", "export function need(name: string) { const v = process.env[name]; if (!v) throw 1; return v }")
    assert said(env, ("src/a.ts", 'import { need } from "./env";\nneed("API_KEY")')) == ["API_KEY 2:1 required"]
    assert said(env, ("src/a.ts", 'import { need as n } from "@/env";\nn("API_KEY")')) in ([], ["API_KEY 2:1 required"])
    assert said(env, ("src/a.ts", 'import { need } from "lodash";\nneed("API_KEY")')) == []
    assert said(env, ("src/a.ts", 'need("API_KEY")')) == []


def test_what_a_script_reads_no_environment_needs() -> None:
    assert said(("scripts/seed.ts", "process.env.KEY!")) == ["KEY 1:1 required mention"]


HOSTILE = {
    "a minified line of 5 MB": b"!function(){" + b'var a=process.env.KEY||"x";' * 190_000 + b"}()",
    "deep nesting": b"process.env.KEY;" + b"(" * 100_000,
    "deep arrays": b"process.env.KEY;" + b"[" * 50_000 + b"]" * 50_000,
    "deep ternaries": b"x = " + b"process.env.A ? 1 : " * 20_000 + b"2",
    "long chains": b"process.env.KEY ?? " * 20_000 + b"1",
    "many reads": b"process.env.KEY;\n" * 20_000,
    "many aliases": b"const env = process.env;\n" * 3_000 + b"env.KEY;\n" * 3_000,
    "broken syntax": b"const { = process.env; process.env.KEY )) }} `${ process.env.",
    "open template": b"process.env.KEY; `" + b"${" * 50_000,
    "open comment": b"process.env.KEY; /*" * 1_000,
    "NUL bytes": b"\0process.env.KEY",
    "invalid UTF-8": b"\xff\xfe\xfd process.env.KEY \xc3",
    "destructuring": b"const {" + b"A," * 30_000 + b"} = process.env",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_holds_the_reader_up(name: str) -> None:
    started = time.process_time()
    survey = code.survey([code.CodeFile("src/a.ts", HOSTILE[name])])
    assert time.process_time() - started < 20
    assert survey.references or survey.unread or name in ("a minified line of 5 MB", "open template", "deep nesting")


def test_broken_code_is_read_as_far_as_it_goes() -> None:
    assert [
        r.name for r in javascript.read("a.ts", b"const a = process.env.ONE;\nfunction ( {\nconst b = process.env.TWO;").references
    ] == [
        "ONE",
        "TWO",
    ]


ENDLESS = b"g={l:g={l:RL M.N]"


@pytest.mark.parametrize("path", ["a.ts", "a.tsx"])
def test_a_text_that_the_parser_never_ends_on_is_unread(path: str) -> None:
    files = [code.CodeFile(path, b"process.env.A;" + ENDLESS), code.CodeFile("b.ts", b"process.env.KEY")]
    survey = code.survey(files)
    assert [one.path for one in survey.unread] == [path]
    assert [one.name for one in survey.references] == ["KEY"]


def test_a_call_of_a_helper_in_such_a_text_is_unread() -> None:
    files = [
        code.CodeFile("env.ts", b"export function env(name: string) { return process.env[name]; }\n"),
        code.CodeFile("a.ts", b"import { env } from './env';\nenv('FIRST_KEY');" + ENDLESS),
        code.CodeFile("b.ts", b"import { env } from './env';\nenv('SECOND_KEY');"),
    ]
    survey = code.survey(files)
    assert [one.path for one in survey.unread] == ["a.ts"]
    assert [one.name for one in survey.references] == ["SECOND_KEY"]


def test_a_large_text_is_parsed_to_its_end() -> None:
    large = b"".join(b"const a%d = { b: [1, 2, `x${process.env.KEY_%d}`], c: f(<T,>(x: T) => x) };\n" % (n, n) for n in range(5000))
    survey = code.survey([code.CodeFile("a.ts", large)])
    assert (len(survey.references), survey.unread) == (5000, ())
