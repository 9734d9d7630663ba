"""Every reader looks at each character a bounded number of times: text made to trip one format is read quickly or refused."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from driftline import formats
from driftline.model import Reading, Text, Unreadable

READERS = {reader.FORMAT.name: reader for reader in formats.readers()}
MANY = 40_000
# Generous for a busy machine; a quadratic reader needs minutes for any of these.
SECONDS = 8.0

CASES = {
    "toml: a long quoted header": ("fly", "fly.toml", '["a' + " " * MANY * 4 + 'b"]\n'),
    "toml: many tables": ("netlify", "netlify.toml", "".join(f"[context.c{i}.environment]\nA = 1\n" for i in range(MANY // 4))),
    "toml: tables of tables": ("wrangler", "wrangler.toml", '[[kv_namespaces]]\nbinding = "A"\n' * (MANY // 2)),
    "toml: one long array": ("supabase", "supabase/config.toml", "[auth]\nadditional_redirect_urls = [" + '"x",' * MANY + "]\n"),
    "toml: one long file list": ("mise", "mise.toml", "[env]\n_.file = [" + '".env",' * MANY + "]\n"),
    "a command of many assignments": ("netlify", "netlify.toml", '[build]\ncommand = "' + "A=1 " * MANY + '"\n'),
    "a command hidden by escapes": ("vercel", "vercel.json", '{"buildCommand": "' + "\\u0041=1 " * MANY + '"}'),
    "a command of quotes": ("render", "render.yaml", "services:\n  - name: a\n    startCommand: |\n      A=1 " + "\"'" * MANY + "\n"),
    "yaml: aliases of a list": (
        "render",
        "render.yaml",
        "a: &a [" + "{key: A, value: b}," * 900 + "]\nservices: [" + "{envVars: *a}," * 900 + "]",
    ),
    "javascript: open comments": ("pm2", "ecosystem.config.js", "/*" * MANY),
    "javascript: open strings": ("pm2", "ecosystem.config.js", '"\\' * MANY),
    "javascript: open templates": ("pm2", "ecosystem.config.js", "`\\" * MANY),
    "javascript: blank lines": ("pm2", "ecosystem.config.js", "env: {" + "\n " * MANY * 4),
    "javascript: doubling spreads": (
        "pm2",
        "ecosystem.config.js",
        "const a0 = [{}]\n" + "".join(f"const a{i + 1} = [...a{i}, ...a{i}]\n" for i in range(60)),
    ),
    "javascript: open brackets": ("pm2", "ecosystem.config.js", "[{a:" * MANY),
    "javascript: stray marks": ("pm2", "ecosystem.config.js", "module.exports = {" + ";)]" * MANY),
    "procfile: assignments": ("procfile", "Procfile", "web: " + "A=1 " * MANY + "\n"),
    "procfile: expansions": ("procfile", "Procfile", "web: " + "${A:-" * MANY + "\n"),
    "procfile: hashes": ("procfile", "Procfile", "".join(f"p{i}: ' #\n" for i in range(MANY))),
    "systemd: continuations": ("systemd", "app.service", "[Service]\nEnvironment=" + "A=1 \\\n" * MANY),
    "systemd: quotes": ("systemd", "app.service", "[Service]\nEnvironment=" + '"A=1' * MANY),
    "systemd: escapes": ("systemd", "app.service", "[Service]\nEnvironment=A=" + "\\" * MANY * 4),
    "serverless: open variables": ("serverless", "serverless.yml", "provider:\n  environment:\n    A: " + "${env:B, " * MANY + "\n"),
    "serverless: stages of stages": (
        "serverless",
        "serverless.yml",
        "custom:\n"
        + "".join(f"  a{i}: ${{self:custom.a{i + 1}}}${{self:custom.a{i + 1}}}\n" for i in range(60))
        + "provider:\n  environment:\n    A: ${self:custom.a0}\n",
    ),
    "serverless: a circle": (
        "serverless",
        "serverless.yml",
        "custom:\n  a: ${self:custom.a}\nprovider:\n  environment:\n    A: ${self:custom.a}\n",
    ),
    "serverless: many stages and names": (
        "serverless",
        "serverless.yml",
        "params:\n"
        + "".join(f"  staging{i}:\n    a: b\n" for i in range(3000))
        + "provider:\n  environment:\n"
        + "".join(f"    A{i}: ${{param:a}}\n" for i in range(3000)),
    ),
    "sam: nested conditions": (
        "sam",
        "template.yaml",
        "# AWS::\nConditions:\n"
        + "".join(f"  C{i}: !And [!Condition C{i + 1}, !Condition C{i + 1}]\n" for i in range(60))
        + "  C60: !Equals [a, a]\nGlobals: {Function: {Environment: {Variables: {A: !If [C0, x, y]}}}}\n",
    ),
    "sam: many stages and names": (
        "sam",
        "template.yaml",
        "Parameters:\n  Stage:\n    AllowedValues: ["
        + ",".join(f"staging{i}" for i in range(3000))
        + "]\nGlobals:\n  Function:\n    Environment:\n      Variables:\n"
        + "".join(f"        A{i}: !Ref Stage # AWS::\n" for i in range(3000)),
    ),
}


@pytest.mark.promise("bounded")
@pytest.mark.parametrize("case", CASES)
def test_linear(case: str) -> None:
    name, path, text = CASES[case]
    started = time.process_time()
    with suppress(Unreadable):
        assert isinstance(READERS[name].read(Text(path, text)), Reading)
    assert time.process_time() - started < SECONDS
