"""Builds reports by hand: a small shop with mistakes, a monorepo, and a project whose names are hostile."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from driftline.model import (
    App,
    Authority,
    Cell,
    Decision,
    Declaration,
    Environment,
    Exposure,
    Finding,
    Flag,
    Identity,
    Kind,
    Location,
    Mode,
    Need,
    Reference,
    Related,
    Report,
    Review,
    Rule,
    Secret,
    Severity,
    Side,
    Sighting,
    Source,
    Stack,
    State,
    Suppression,
    Traits,
    Unknown,
    Unread,
    Url,
    Variable,
)

# No output may ever hold one of these: every value of every built report contains it.
CANARY = "c4n4ry"

MISSING = Rule("missing-variable", Severity.BLOCKER, "a variable is missing in an environment", elsewhere=Severity.WARNING)
TEST_KEY = Rule("test-credential-in-production", Severity.BLOCKER, "a test credential is configured for production")
LOCAL_URL = Rule("local-callback", Severity.BLOCKER, "a callback points at a local address")
WEBHOOK = Rule("shared-webhook-secret", Severity.BLOCKER, "two environments share a webhook secret")
PLACEHOLDER = Rule("placeholder-value", Severity.BLOCKER, "a stand-in where a real value is needed", elsewhere=Severity.WARNING)
NEAR_MISS = Rule("near-miss-name", Severity.WARNING, "a name differs by a typo from one that code reads")
UNDOCUMENTED = Rule("undocumented-variable", Severity.NOTE, "a variable is absent from the example file")
EXPOSED = Rule("exposed-secret", Severity.BLOCKER, "a secret key is served to the browser")


def at(text: str) -> Location:
    """`path:line:column` as a Location; the offset is made from the line."""
    path, line, column = text.rsplit(":", 2)
    return Location(path, int(line), int(column), int(line) * 10)


def identity(
    provider: str, kind: str, mode: Mode, *, account: str | None = None, masked: str, exposure: Exposure = Exposure.SECRET
) -> Identity:
    return Identity(provider, kind, mode, account, exposure, masked)


def traits(value: str, *, found: Identity | None = None, placeholder: str | None = None, url: Url | None = None) -> Traits:
    shape = "url" if url else "text"
    digest = hashlib.sha256(value.encode()).digest()
    return Traits(shape, len(value), digest, identity=found, placeholder=placeholder, url=url, keyed=digest.hex())


def cell(source: str, value: str, *, state: State = State.SET, line: int = 1, why: str = "", **more: object) -> Cell:
    """A declared cell; `value` tells equal values from different ones."""
    secret = Secret(f"{CANARY}-{value}") if state is State.SET else None
    declaration = Declaration("", state, secret, Location(source, line))
    found = traits(value, **more) if state is State.SET else None  # type: ignore[arg-type]
    return Cell(state, declaration, source, why=why, value=secret, traits=found)


def absent(doubt: str | None = None) -> Cell:
    return Cell(State.MISSING, doubt=doubt)


def variable(name: str, cells: Mapping[str, Cell], *reads: str, need: Need = Need.REQUIRED, **more: object) -> Variable:
    references = tuple(Reference(name, at(read), need, Side.SERVER, how="process.env") for read in reads)
    named = {
        environment: found._replace(declaration=found.declaration._replace(name=name)) if found.declaration else found
        for environment, found in cells.items()
    }
    return Variable(name, references, named, **more)  # type: ignore[arg-type]


def source(path: str, format: str = "dotenv", authority: Authority = Authority.WHOLE, app: str = ".") -> Source:
    return Source(path, format, authority, app, True)


def environment(name: str, kind: Kind, because: Mapping[str, str], *, settled_by: str | None = None) -> Environment:
    sources = tuple(source(path) for path in sorted(because))
    return Environment(name, kind, sources, because, Authority.WHOLE if sources else None, settled_by)


def app(
    path: str, environments: Iterable[Environment], variables: Iterable[Variable], *, framework: str | None = "next", loader: str = "next"
) -> App:
    prefix = "" if path == "." else path + "/"
    example = source(f"{prefix}.env.example", authority=Authority.EXAMPLE, app=path)
    return App(path, framework, loader, "node", tuple(environments), {v.name: v for v in variables}, (example,))


def with_fingerprints(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """As the audit numbers them: a fingerprint holds no line and no value."""
    return tuple(
        finding._replace(
            fingerprint=hashlib.sha256(
                "\0".join((f.rule, f.app, f.environment or "", f.subject, str(n))).encode("utf-8", "replace")
            ).hexdigest()[:16]
        )
        for n, (finding, f) in enumerate((f, f) for f in findings)
    )


STRIPE_TEST = identity("stripe", "secret key", Mode.TEST, account="acct_...O2eZ", masked="sk_test_...(99)")
STRIPE_PUBLIC = identity("stripe", "publishable key", Mode.TEST, account="acct_...O2eZ", masked="pk_test_...(99)", exposure=Exposure.PUBLIC)
SUPABASE = identity("supabase", "database url", Mode.ANY, account="abcdwxyzabcdwxyzabcd", masked="postgresql://...(96)")
HOOK = identity("stripe", "webhook secret", Mode.UNKNOWN, masked="whsec_...(38)")


def shop() -> Report:
    """A Next.js shop: local, preview and production, most things right and several wrong."""
    local, preview, production = ".env.local", "netlify.toml", ".env.production"
    environments = (
        environment("local", Kind.LOCAL, {local: "file name .env.local", ".env": "tracked by git, a base of every environment"}),
        environment(
            "preview",
            Kind.PREVIEW,
            {preview: "netlify.toml context deploy-preview", ".env": "tracked by git, a base of every environment"},
        ),
        environment(
            "production",
            Kind.PRODUCTION,
            {
                production: "file name .env.production",
                preview: "netlify.toml context production",
                ".env": "tracked by git, a base of every environment",
            },
        ),
    )
    localhost = Url("http", "localhost", 3000, "/", True)
    public = Url("https", "shop.example", None, "/", False)
    same = {name: cell(".env", "Demo Shop") for name in ("local", "preview", "production")}
    variables = (
        variable(
            "DATABASE_URL",
            {"local": cell(local, "db-l", line=3), "preview": cell(preview, "db-p", line=9, found=SUPABASE), "production": absent()},
            "lib/db.ts:4:21",
        ),
        variable("NEXT_PUBLIC_SHOP_NAME", same, "app/layout.tsx:9:12", public=True),
        variable(
            "NEXT_PUBLIC_SITE_URL",
            {
                "local": cell(local, "http-l", line=2, url=localhost),
                "preview": cell(preview, "https-p", line=8, url=public),
                "production": cell(production, "http-l", line=2, url=localhost),
            },
            "app/api/checkout/route.ts:18:20",
            public=True,
        ),
        variable(
            "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY",
            {
                "local": cell(local, "pk", line=5, found=STRIPE_PUBLIC),
                "preview": cell(preview, "pk", line=10, found=STRIPE_PUBLIC),
                "production": cell(production, "pk-live", line=5, found=STRIPE_PUBLIC._replace(mode=Mode.LIVE, masked="pk_live_...(99)")),
            },
            "components/pay-button.tsx:11:30",
            public=True,
        ),
        variable(
            "RESEND_API_KEY",
            {"local": cell(local, "", state=State.EMPTY, line=8), "preview": absent(), "production": cell(production, "re", line=8)},
            "lib/mail.ts:3:27",
        ),
        variable(
            "S3_SECRET_ACCESS_KEY",
            {
                "local": cell(local, "s3", line=12),
                "preview": cell(preview, "", state=State.REFERENCE, line=12),
                "production": cell(production, "changeme", line=12, placeholder="a stand-in word"),
            },
            "lib/storage.ts:7:24",
        ),
        variable(
            "SENTRY_DSN",
            {"local": absent(), "preview": absent(), "production": cell(production, "dsn", line=20)},
            "instrumentation.ts:3:8",
            need=Need.OPTIONAL,
        ),
        variable(
            "STRIPE_SECRET_KEY",
            {
                "local": cell(local, "sk", line=4, found=STRIPE_TEST),
                "preview": cell(preview, "sk", line=11, found=STRIPE_TEST),
                "production": cell(production, "sk-other", line=4, found=STRIPE_TEST),
            },
            "lib/stripe.ts:5:31",
        ),
        variable(
            "STRIPE_WEBHOOK_SECRET",
            {
                "local": cell(local, "wh-l", line=6, found=HOOK),
                "preview": cell(preview, "wh", line=13, found=HOOK),
                "production": cell(production, "wh", line=6, found=HOOK),
            },
            "app/api/webhooks/stripe/route.ts:11:45",
        ),
        variable("VERCEL_URL", dict.fromkeys(("local", "preview", "production"), absent()), "lib/site.ts:2:9", injected="Vercel"),
    )
    findings = [
        MISSING.finding(
            "`DATABASE_URL` is read at lib/db.ts:4 and declared for `preview` and `local`, but production (`.env.production`) does not declare it",
            fix="declare DATABASE_URL for production in .env.production, with production's own value",
            avoid="do not copy the value of preview",
            app=".",
            location=at("lib/db.ts:4:21"),
            kind=Kind.PRODUCTION,
            environment="production",
            variable="DATABASE_URL",
            related=(
                Related(at(".env.production:1:1"), "speaks for production (file name .env.production) and does not declare it"),
                Related(at("netlify.toml:9:3"), "declared for preview here"),
            ),
        ),
        TEST_KEY.finding(
            "`STRIPE_SECRET_KEY` is a test key in production: checkout works, no money arrives, and nobody sees an error",
            fix="put the live key into .env.production; test keys belong to local and preview",
            avoid="do not copy the production keys into the other environments to make them equal",
            app=".",
            location=at(".env.production:4:1"),
            environment="production",
            variable="STRIPE_SECRET_KEY",
            identity=STRIPE_TEST,
            value=STRIPE_TEST.masked,
            related=(Related(at("lib/stripe.ts:5:31"), "read here"),),
        ),
        WEBHOOK.finding(
            "`STRIPE_WEBHOOK_SECRET` is the same in production and preview: one of the two endpoints rejects every event",
            fix="create an endpoint of its own for each environment in Stripe, and store its signing secret there",
            avoid="do not point one Stripe endpoint at both environments",
            app=".",
            location=at(".env.production:6:1"),
            environment="production",
            variable="STRIPE_WEBHOOK_SECRET",
            identity=HOOK,
            related=(Related(at("netlify.toml:13:3"), "the same value for preview"),),
        ),
        LOCAL_URL.finding(
            "`NEXT_PUBLIC_SITE_URL` is a local address (localhost) in production: customers return from checkout to their own machine",
            fix="set the public origin of production",
            avoid="do not fall back to a local address in code",
            app=".",
            location=at(".env.production:2:1"),
            environment="production",
            variable="NEXT_PUBLIC_SITE_URL",
            related=(Related(at("app/api/checkout/route.ts:18:20"), "becomes success_url here"),),
        ),
        PLACEHOLDER.finding(
            "`S3_SECRET_ACCESS_KEY` holds a stand-in word in production",
            fix="put the real secret into .env.production",
            avoid="do not commit it",
            app=".",
            location=at(".env.production:12:1"),
            kind=Kind.PRODUCTION,
            environment="production",
            variable="S3_SECRET_ACCESS_KEY",
        ),
        MISSING.finding(
            "`RESEND_API_KEY` is read at lib/mail.ts:3 and declared for `production`, but preview (`netlify.toml`) does not declare it",
            fix="declare RESEND_API_KEY for preview in netlify.toml, with preview's own value",
            avoid="do not copy the value of production",
            app=".",
            location=at("lib/mail.ts:3:27"),
            kind=Kind.PREVIEW,
            environment="preview",
            variable="RESEND_API_KEY",
            related=(Related(at("netlify.toml:1:1"), "speaks for preview and does not declare it"),),
        ),
        NEAR_MISS.finding(
            "`NEXT_PUBLIC_SUPABSE_URL` is declared and read by nothing; the code reads `NEXT_PUBLIC_SUPABASE_URL`",
            fix="rename it",
            app=".",
            location=at(".env:7:1"),
            variable="NEXT_PUBLIC_SUPABSE_URL",
            suppressed=Suppression("config", "renamed with the next release", "2027-01-31"),
        ),
    ]
    findings += [
        UNDOCUMENTED.finding(
            f"`{name}` is declared for production, and .env.example does not name it",
            fix=f"add {name}= to .env.example",
            avoid="do not copy a real value into the example file",
            app=".",
            location=at(place),
            variable=name,
            related=(Related(at(".env.example:1:1"), "the example file that lacks it"),),
        )
        for name, place in (
            ("RESEND_API_KEY", "lib/mail.ts:3:27"),
            ("S3_SECRET_ACCESS_KEY", "lib/storage.ts:7:24"),
            ("SENTRY_DSN", "instrumentation.ts:3:8"),
            ("STRIPE_WEBHOOK_SECRET", "app/api/webhooks/stripe/route.ts:11:45"),
        )
    ]
    return Report(
        "check",
        ".",
        None,
        (app(".", environments, variables),),
        with_fingerprints(findings),
        public=(Sighting(at("dist/app.js:1:4711"), STRIPE_PUBLIC, "plain", variable="NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY"),),
        unknown=(
            Unknown(
                "variables of preview",
                "preview",
                "netlify.toml may not hold everything; `netlify env:list --json --context deploy-preview` would settle it "
                "(hand it over with `driftline snapshot preview=FILE`)",
                ".",
            ),
        ),
        notes=(Related(at(".env.preview:1:1"), "Next.js never reads this file: no mode is called preview"),),
        files=34,
        bytes=61_250,
        declarations=29,
        references=21,
        seconds=0.084,
        stale=("driftline.toml:14: [[accept]] unused-variable LEGACY_TOKEN",),
    )


def monorepo() -> Report:
    """Three apps, one of them silent: twenty missing variables, forty undocumented ones, six environments, bundle hits, an unread file."""
    names = [
        f"SERVICE_{word}_{kind}" for word in ("ALPHA", "BETA", "GAMMA", "DELTA") for kind in ("URL", "TOKEN", "REGION", "QUEUE", "TOPIC")
    ]
    folder = "apps/web"
    environments = tuple(
        environment(name, kind, {f"{folder}/.env.{name}": f"file name .env.{name}"})
        for name, kind in (
            ("local", Kind.LOCAL),
            ("deploy-preview", Kind.PREVIEW),
            ("staging", Kind.PREVIEW),
            ("production-eu", Kind.PRODUCTION),
            ("production-us", Kind.PRODUCTION),
        )
    )
    production = environment("production", Kind.PRODUCTION, {}, settled_by="vercel env pull")
    environments = (*environments, production)

    def row(name: str, number: int) -> Variable:
        cells = {e.name: cell(f"{folder}/.env.{e.name}", f"{name}-{number % 3}-{e.kind.value}", line=number) for e in environments[:-1]}
        cells["production-us"] = absent()
        cells["production"] = absent("it may be kept where files do not show it; `vercel env pull` would tell")
        return variable(name, cells, f"{folder}/src/services/{name.lower()}.ts:{number}:17")

    variables = [row(name, number) for number, name in enumerate(names, 3)]
    agreeing = [
        variable(f"FLAG_{letter}", {e.name: cell(f"{folder}/.env.{e.name}", "on") for e in environments[:-1]} | {"production": absent("?")})
        for letter in "ABCDEFGHIJ"
    ]
    findings = [
        MISSING.finding(
            f"`{name}` is read at {folder}/src/services/{name.lower()}.ts:{number} and declared for `local`, "
            f"but production-us (`{folder}/.env.production-us`) does not declare it",
            fix=f"declare {name} for production-us in {folder}/.env.production-us, with its own value",
            avoid="do not copy the value of local",
            app=folder,
            location=at(f"{folder}/src/services/{name.lower()}.ts:{number}:17"),
            kind=Kind.PRODUCTION,
            environment="production-us",
            variable=name,
            related=(Related(at(f"{folder}/.env.production-us:1:1"), "speaks for production-us and does not declare it"),),
        )
        for number, name in enumerate(names, 3)
    ]
    findings += [
        UNDOCUMENTED.finding(
            f"`{name}` is {'declared for local' if number % 2 else 'read by the code'}, and {folder}/.env.example does not name it",
            fix=f"add {name}= to {folder}/.env.example",
            app=folder,
            location=at(f"{folder}/src/services/{name.lower()}.ts:{number}:17"),
            variable=name,
        )
        for number, name in enumerate(names, 3)
    ]
    leaked = identity("openai", "project key", Mode.ANY, masked="sk-proj-...(164)")
    findings.append(
        EXPOSED.finding(
            "an OpenAI key stands in a file that browsers load",
            fix="call OpenAI from a server route, and revoke this key",
            avoid="do not hide it by encoding it",
            app="dist",
            location=at("dist/app.zip:1:48211"),
            subject="dist/app.zip",
            identity=leaked,
            original=at("src/lib/ai.ts:14:22"),
            encoding="base64",
            container=("app.zip", "assets/index.js.gz"),
            digest="ab" * 32,
            related=tuple(Related(at(f"dist/assets/chunk-{n}.js:1:{n}"), "the same key") for n in range(1, 8)),
        )
    )
    silent = App("packages/ui", None, "dotenv", "node", (environment("production", Kind.PRODUCTION, {}),), {})
    api = app(
        "apps/api", [environment("local", Kind.LOCAL, {"apps/api/.env": "git ignores it"})], [], framework=None, loader="python-dotenv"
    )
    return Report(
        "check",
        ".",
        "production-us",
        (app(folder, environments, [*variables, *agreeing], framework="vite", loader="vite"), api, silent),
        with_fingerprints(findings),
        unread=(Unread("apps/api/fly.toml", "not valid TOML", 3, 9), Unread("apps/web/.env.huge", "larger than 32 MB")),
        unknown=tuple(
            Unknown(subject, None, "its mode cannot be decoded offline; the provider's dashboard tells", folder)
            for subject in ("POLAR_ACCESS_TOKEN", "LEMONSQUEEZY_API_KEY")
        ),
        files=4812,
        bytes=48_304_219,
        declarations=1204,
        references=5120,
        seconds=1.482,
    )


BIDI = "\u202edetsurt\u2066"
TERMINAL = "\x1b[2J\x1b]0;owned\x07\x9b31m\r\x00"


def hostile() -> Report:
    """Every text a repository can choose carries terminal controls, bidirectional marks, markup, wide or broken characters."""
    evil = f"EVIL{BIDI}{TERMINAL}<script>alert(1)</script>"
    path = f"src/日本語/{BIDI}{TERMINAL}/\udcff.ts"
    found = identity(f"prov{TERMINAL}", f"kind{BIDI}", Mode.LIVE, account=f"acct{TERMINAL}", masked=f"sk{BIDI}...(9)")
    place = Location(path, 1, 1)
    name = f"pro{TERMINAL}duction"
    environments = (environment(name, Kind.PRODUCTION, {path: f"because {evil}"}, settled_by=f"run {evil}"),)
    variables = (
        variable(evil, {name: cell(path, "x", found=found, why=f"wins {evil}")}, f"{path}:1:1"),
        variable("名前" * 20, {name: absent(f"doubt {evil}")}, f"{path}:2:2"),
        variable("N" * 70_000, {name: cell(path, "y")}, f"{path}:3:3"),
    )
    finding = EXPOSED.finding(
        f"`{evil}` says {evil}",
        fix=f"fix {evil}",
        avoid=f"do not {evil}",
        app=evil,
        location=place,
        environment=name,
        variable=evil,
        identity=found,
        related=(Related(place, f"note {evil}"),),
        original=place,
        encoding="base64",
        container=(evil, evil),
    )
    suppressed = finding._replace(suppressed=Suppression("comment", f"reason {evil}", None))
    return Report(
        "check",
        f"root{TERMINAL}",
        f"target{TERMINAL}",
        (app(evil, environments, variables, framework=f"fw{TERMINAL}", loader=f"ld{BIDI}"),),
        with_fingerprints([finding, suppressed, finding._replace(app=f"other{TERMINAL}")]),
        public=(Sighting(place, found, "plain"),),
        unread=(Unread(path, f"reason {evil}", 1, 1),),
        unknown=(Unknown(evil, name, f"reason {evil}", evil),),
        notes=(Related(place, f"note {evil}"),),
        stale=(f"stale {evil}",),
    )


def clean() -> Report:
    """Nothing to say."""
    environments = (environment("production", Kind.PRODUCTION, {".env.production": "file name .env.production"}),)
    variables = (variable("PORT", {"production": cell(".env.production", "80")}, "server.ts:1:1"),)
    return Report(
        "check", ".", None, (app(".", environments, variables, framework=None, loader="dotenv"),), (), files=2, bytes=310, seconds=0.01
    )


def launch() -> Report:
    """A launch review of the shop, with a flag of each verdict, one of them in hostile words."""
    evil = f"EVIL{BIDI}<script>alert(1)</script>|`@team"
    places = tuple(Related(at(f"lib/a{n}.ts:{n}:1"), f"note {evil}") for n in range(1, 9))
    flags = (
        Flag("service-keys", "Service keys in browser-accessible code", "blocked", "high", places, 8),
        Flag("owner", "No owner for data, files, permissions", "at risk", "medium", places[:1], 1),
        Flag("separation", "No separation of test and production data", "clear", "high", (), 0, "no bundle was looked at", "driftline review --bundle DIR"),
        Flag("row-security", f"Row security {evil}", "cannot tell from files", "reduced", (), 0, f"open {evil}", f"settles {evil}"),
    )  # fmt: skip
    decision = Decision(
        "stop before production exposure", "deployment", f"because {evil}", "take the key out", "do not rebuild the app", places[0]
    )
    stacks = (
        Stack("apps/web", "payment", "Stripe", at("lib/pay.ts:1:1"), 2, True, (("STRIPE_SECRET_KEY", ("production",)),), "competing"),
        Stack("apps/web", "payment", f"Pay {evil}", at("lib/old.ts:1:1"), 1, True, (), "competing"),
        Stack("apps/web", "login", "Clerk", at("lib/auth.ts:1:1"), 1, True, (), "single"),
    )
    return shop()._replace(command="review", review=Review(flags, decision, stacks, (("better", f"said {evil}"), ("new", "a flag"))))


REPORTS = {"shop": shop, "monorepo": monorepo, "hostile": hostile, "clean": clean, "launch": launch}
