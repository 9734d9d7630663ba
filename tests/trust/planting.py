"""Projects with secrets planted in every kind of place, and what of a secret must then show nowhere."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple
from urllib.parse import quote

from driftline.knowledge import catalog
from driftline.knowledge.catalog import KeyKind
from driftline.model import Exposure
from tests import keys

Files = dict[str, bytes]


class Plant(NamedTuple):
    """A secret, the variable that holds it, and where it is put (a name in CARRIERS)."""

    value: str
    variable: str
    carrier: str


# --- secrets -------------------------------------------------------------------------------------------------------------------


@cache
def secret_kinds() -> tuple[KeyKind, ...]:
    return tuple(kind for kind in catalog.load().keys if kind.exposure is Exposure.SECRET)


# What nothing explains: passwords of people, random words, numbers. No dictionary word among them: reports use words, too.
LOW_ENTROPY = ("hunt3r2!x", "Xk7#pw", "tr0ub4dor&3", "qwzx9981", "S0mmer!2026", "p@ssw0rt77", "839204", "4f9a-11c2")

# Names that promise a secret, in the spellings of the frameworks; the public ones are a finding by themselves.
NAMES = (
    "STRIPE_SECRET_KEY", "DATABASE_URL", "JWT_SECRET", "SUPABASE_SERVICE_ROLE_KEY", "STRIPE_WEBHOOK_SECRET", "RESEND_API_KEY", "AUTH_SECRET", "ADMIN_PASSWORD",
    "NEXT_PUBLIC_API_SECRET", "VITE_SERVICE_TOKEN", "SMTP_PASS", "SESSION_KEY", "WEBHOOK_URL", "NEXT_PUBLIC_SITE_URL", "PIN", "UNHEARD_OF",
)  # fmt: skip


def example(kind: KeyKind, seed: int) -> str:
    """A secret of a kind."""
    return keys.example(kind, seed=seed)


# --- where they are put ----------------------------------------------------------------------------------------------------------


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1).encode()


def _quoted(value: str) -> str:
    """As a string of YAML, TOML, JSON or JavaScript."""
    return json.dumps(value)


def _env(name: str) -> Callable[[str, str], Files]:
    return lambda variable, value: {name: f"{variable}={value}\n".encode()}


def _encoded(encode: Callable[[bytes], bytes]) -> Callable[[str, str], Files]:
    return lambda _variable, value: {"dist/assets/app.js": b'const a={k:"' + encode(value.encode()) + b'"};\n'}


def _escaped(value: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in value)


def _zip(variable: str, value: str) -> Files:
    import io
    import zipfile

    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("static/main.js", f'x("{value}")')
        archive.writestr(".env", f"{variable}={value}\n")
    return {"dist/app.zip": target.getvalue()}


def _map(_variable: str, value: str) -> Files:
    return {
        "dist/b.js": f"const q={_quoted(value)};\n//# sourceMappingURL=b.js.map".encode(),
        "dist/b.js.map": _json(
            {"version": 3, "sources": ["src/b.ts"], "sourcesContent": [f"const q = {_quoted(value)}"], "mappings": "AAAA,MAAM"}
        ),
    }


def _split(variable: str, value: str) -> Files:
    half = len(value) // 2
    return {"dist/c.js": f"const {variable.lower()}={_quoted(value[:half])}+{_quoted(value[half:])};".encode()}


# File name or kind of place -> (variable, value) -> files.
CARRIERS: Mapping[str, Callable[[str, str], Files]] = {
    ".env": _env(".env"),
    ".env.local": _env(".env.local"),
    ".env.production": _env(".env.production"),
    ".env.staging": _env(".env.staging"),
    ".env.example": _env(".env.example"),
    "quoted": lambda n, v: {".env.production": f"export {n}='{v}' # {v}\n{n}=\"{v}\"\n".encode()},
    "commented out": lambda n, v: {".env": f"# {n}={v}\n; {n}: {v}\nA=1\n".encode()},
    "broken env line": lambda n, v: {".env.production": f"{n} {v}\n{v}\n={v}\n{n}=\"{v}\nB='{v}\n".encode()},
    "value as name": lambda n, v: {".env.production": f"{v}={n}\n{v}\n".encode()},
    "lines of a key": lambda n, v: {".env": f"{n}={v[:20]}\n".encode() + b"\n".join(v.encode()[at : at + 16] for at in range(20, len(v), 16)) + b"=\n"},
    "windows": lambda n, v: {".env.production": f"\ufeff{n}={v}\r\n{n}X=\"{v}\\n{v}\"\r\n".encode()},
    "not utf-8": lambda n, v: {".env.production": f"{n}={v}".encode() + b"\xff\xfe\n"},
    "utf-16": lambda n, v: {".env.production": f"{n}={v}\n".encode("utf-16")},
    "vercel.json": lambda n, v: {"vercel.json": _json({"env": {n: v}, "build": {"env": {n: v}}, "buildCommand": f"{n}={v} next build"})},
    "broken vercel.json": lambda n, v: {"vercel.json": f'{{"env": {{"{n}": {_quoted(v)} {_quoted(v)}'.encode()},
    "netlify.toml": lambda n, v: {"netlify.toml": f"[build.environment]\n{n} = {_quoted(v)}\n[context.production.environment]\n{n} = {_quoted(v)}\n".encode()},
    "broken netlify.toml": lambda n, v: {"netlify.toml": f"[build.environment]\n{n} = {v}\n".encode()},
    "wrangler.toml": lambda n, v: {"wrangler.toml": f'name = "a"\n[vars]\n{n} = {_quoted(v)}\n[env.production.vars]\n{n} = {_quoted(v)}\n'.encode()},
    "wrangler.jsonc": lambda n, v: {"wrangler.jsonc": f'{{"vars": {{"{n}": {_quoted(v)},}}, // {v}\n}}'.encode()},
    ".dev.vars": _env(".dev.vars"),
    "compose.yml": lambda n, v: {"compose.yml": f"services:\n  web:\n    image: a\n    environment:\n      - {_quoted(n + '=' + v)}\n  api:\n    environment:\n      {n}: {_quoted(v)}\n".encode()},
    "broken compose.yml": lambda n, v: {"compose.yml": f"services:\n  web:\n   environment:\n  - {n}={v}: {{{v}\n\t{v}".encode()},
    "Dockerfile": lambda n, v: {"Dockerfile": f"FROM node\nARG {n}={v}\nENV {n}={v}\nRUN {n}={v} npm run build\n".encode()},
    "workflow": lambda n, v: {".github/workflows/deploy.yml": f"on: push\njobs:\n  a:\n    runs-on: x\n    env:\n      {n}: {_quoted(v)}\n    steps:\n      - run: {n}={v} vercel deploy --prod\n        env:\n          {n}: {_quoted(v)}\n".encode()},
    "gitlab": lambda n, v: {".gitlab-ci.yml": f"variables:\n  {n}: {_quoted(v)}\ndeploy:\n  environment: production\n  script: ['{n}={v} make']\n".encode()},
    "render.yaml": lambda n, v: {"render.yaml": f"services:\n  - type: web\n    name: a\n    envVars:\n      - key: {n}\n        value: {_quoted(v)}\n".encode()},
    "fly.toml": lambda n, v: {"fly.toml": f'app = "a"\n[env]\n{n} = {_quoted(v)}\n'.encode()},
    "app.yaml": lambda n, v: {"app.yaml": f"runtime: nodejs\nenv_variables:\n  {n}: {_quoted(v)}\n".encode()},
    "kubernetes": lambda n, v: {"k8s/secret.yaml": f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  {n}: {_quoted(v)}\ndata:\n  {n}B: {base64.b64encode(v.encode()).decode()}\n".encode()},
    "package.json": lambda n, v: {"package.json": _json({"name": "a", "dependencies": {"next": "16.0.0"}, "scripts": {"build": f"{n}={v} next build", "start": f"cross-env {n}={v} next start"}})},
    "Procfile": lambda n, v: {"Procfile": f"web: {n}={v} node a.js\n".encode()},
    ".envrc": lambda n, v: {".envrc": f"export {n}={_quoted(v)}\n".encode()},
    "mise.toml": lambda n, v: {"mise.toml": f"[env]\n{n} = {_quoted(v)}\n".encode()},
    "systemd": lambda n, v: {"deploy/app.service": f"[Service]\nEnvironment={n}={v}\n".encode()},
    "serverless.yml": lambda n, v: {"serverless.yml": f"service: a\nprovider:\n  name: aws\n  environment:\n    {n}: {_quoted(v)}\n".encode()},
    "supabase": lambda n, v: {"supabase/config.toml": f'[auth]\nsite_url = {_quoted("https://" + quote(v, safe="") + ".example.com")}\n[auth.external.github]\nsecret = {_quoted(v)}\n'.encode()},
    "eas.json": lambda n, v: {"eas.json": _json({"build": {"production": {"env": {n: v}}}})},
    "settings": lambda n, v: {"driftline.toml": f'[[accept]]\nrule = "unused-variable"\nsubject = "{n}"\nreason = "x"\n# {v}\n'.encode()},
    "snapshot": lambda n, v: {".driftline/production.json": _json({"schema": "driftline/snapshot/1", "environment": "production", "variables": [{"name": n, "state": "set", "value": v}]})},
    "code": lambda n, v: {"src/a.ts": f"export const a = {_quoted(v)};\nexport const b = process.env.{n} ?? {_quoted(v)};\nfetch({_quoted('https://u:' + v + '@api.example.com/' + v)}); // {v}\n".encode()},
    "client code": lambda n, v: {"app/page.tsx": f"'use client'\nexport const a = process.env.{n} || {_quoted(v)};\nnew Stripe({_quoted(v)}, {{webhookSecret: {_quoted(v)}}})\n".encode()},
    "address in code": lambda n, v: {"src/pay.ts": f"const success_url = process.env.{n} || 'http://localhost:3000/{quote(v, safe='')}?t={quote(v, safe='')}';\nstripe.checkout.sessions.create({{success_url: `http://localhost:3000/{quote(v, safe='')}`}});\nfetch('https://hooks.slack.com/services/T00000001/B00000001/{quote(v, safe='')}')\n".encode()},
    "python": lambda n, v: {"app.py": f"import os\na = os.getenv({_quoted(n)}, {_quoted(v)})\nb = {_quoted(v)}\nSUCCESS_URL = 'http://localhost/{quote(v, safe='')}'\n".encode()},
    "other code": lambda n, v: {"a.go": f'package a\nvar a = os.Getenv("{n}")\nvar b = {_quoted(v)}\n'.encode(), "b.rb": f"ENV.fetch('{n}', {_quoted(v)})\n".encode(), "c.php": f"<?php env('{n}', {_quoted(v)});".encode(), "d.sh": f': "${{{n}:-{v}}}"\n'.encode()},
    "broken code": lambda n, v: {"src/b.tsx": f"const a = process.env.{n} || `{v} ${{ '{v}\nexport default <a b={{\"{v}".encode()},
    "migration": lambda n, v: {"supabase/migrations/1_a.sql": f"create table a (b text default '{v}');\nselect vault.create_secret('{v}', '{n}');\ncreate policy {_quoted(v[:40])} on a using (b = '{v}');\nDO $$ begin execute '{v}'; end $$;\ncreat tabel '{v}".encode()},
    "docs": lambda n, v: {"README.md": f"Set `{n}` to {v}.\n".encode(), "deploy.md": f"1. run `vercel env add {n}` and paste {v}\n".encode()},
    "bundle": lambda n, v: {"dist/index.html": f"<script>window.{n}={_quoted(v)};</script>".encode()},
    "bundle: base64": _encoded(base64.b64encode),
    "bundle: hex": _encoded(binascii.hexlify),
    "bundle: escaped": _encoded(_escaped),
    "bundle: percent": _encoded(lambda raw: quote(raw, safe="").encode()),
    "bundle: reversed": _encoded(lambda raw: raw[::-1]),
    "bundle: in two": _split,
    "bundle: map": _map,
    "bundle: zip": _zip,
    "bundle: env file": lambda n, v: {"dist/.env": f"{n}={v}\n".encode(), "dist/key.p12": v.encode()},
    "bundle: broken zip": lambda n, v: {"dist/a.zip": b"PK\x03\x04" + f"{n}={v}".encode()},
    "public folder": lambda n, v: {"public/.env": f"{n}={v}\n".encode()},
    "live": lambda n, v: {},  # the process environment holds it
    "export": lambda n, v: {"export.json": _json([{"key": n, "value": v, "target": ["production"], "type": "plain"}]), "export.env": f"{n}={_quoted(v)}\n".encode()},
    "broken export": lambda n, v: {"export.json": f'[{{"key": "{n}", "value": {_quoted(v)}'.encode(), "export.env": f"{v}\n{n} {v}\n".encode()},
}  # fmt: skip

# What every generated project has besides, so that the rules have something to judge.
BASE: Mapping[str, bytes] = {
    "package.json": b'{"name": "a", "dependencies": {"next": "16.0.0", "stripe": "20.0.0"}}',
    "src/env.ts": ("".join(f"export const v{number} = process.env.{name}!;\n" for number, name in enumerate(NAMES))).encode(),
    "app/api/webhooks/stripe/route.ts": b"export async function POST(r: Request) { return new Response(await r.text()) }\n",
    ".env.example": b"STRIPE_SECRET_KEY=\nDATABASE_URL=\n",
    ".gitignore": b".env*.local\n",
    "dist/index.html": b"<p>hello</p>\n",
}


def project(plants: Sequence[Plant]) -> Files:
    """The files of a project with these secrets. Plants of one file are put behind one another where text allows it; else the last one counts."""
    files: Files = dict(BASE)
    for plant in plants:
        for path, content in CARRIERS[plant.carrier](plant.variable, plant.value).items():
            whole = path.endswith((".json", ".zip", ".p12", ".map", ".yml", ".yaml", ".toml")) or b"\0" in content
            files[path] = content if whole or path not in files else files[path] + content
    return files


def live(plants: Sequence[Plant]) -> dict[str, str]:
    """The process environment that holds the plants of the carrier `live`."""
    return {plant.variable: plant.value for plant in plants if plant.carrier == "live"}


# --- what must not show ------------------------------------------------------------------------------------------------------------

# A shorter piece stands in some word or number of the report by chance.
_SHORTEST = 6


def body(value: str) -> str:
    """The secret part of a value: behind its public prefix, or the password of an address."""
    address = re.match(r"[a-z][a-z0-9+.\-]*://[^/\s:@]*:([^/\s@]+)@", value)
    if address:
        return address[1]
    prefix = max((p for kind in catalog.load().keys for p in kind.prefixes if value.startswith(p)), key=len, default="")
    return value.removeprefix(prefix)


def forbidden(value: str, allowed: str = "") -> Iterator[str]:
    """What of a secret must show nowhere: itself, either half of it, what can be turned back, and digests made without a key.

    `allowed` is what may be printed of it: the account that it names.
    """
    secret = body(value)
    raw = value.encode()
    pieces = {value, secret, secret[: len(secret) // 2], secret[len(secret) // 2 :], *_middles(secret)}
    pieces |= {piece[::-1] for piece in (value, secret)}
    for text in (value, secret):
        data = text.encode()
        pieces |= {
            base64.b64encode(data).decode().rstrip("="),
            data.hex(),
            quote(text, safe=""),
            base64.b32encode(data).decode().rstrip("="),
        }
    for data in {raw, raw + b"\n", secret.encode()}:
        for name in ("md5", "sha1", "sha256", "sha512", "blake2b", "sha3_256"):
            digest = hashlib.new(name, data)
            pieces |= {digest.hexdigest()[:16], base64.b64encode(digest.digest()).decode()[:16]}
        pieces |= {f"{binascii.crc32(data):08x}"}
    return (piece for piece in pieces if len(piece) >= _SHORTEST and piece not in allowed)


def _middles(secret: str) -> Iterator[str]:
    """Pieces of half the length from everywhere: a half need not begin at the beginning."""
    half = max(_SHORTEST, len(secret) // 2)
    for start in range(0, max(1, len(secret) - half + 1), max(1, half // 4)):
        yield secret[start : start + half]
