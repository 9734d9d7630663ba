"""An env file, a key file or a server's configuration is served to visitors.

Why it matters: `https://your.site/.env` is the first address that scanners try; every value in the file is public.
Fix: take the file out of the public folder and out of the output, deploy, and change every value in it.
What not to do: do not hide it with a redirect: it stays in the deployment and in caches.
Example: `public/.env.production`, copied into `dist/` byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline import late
from driftline.model import Facts, Finding, Location, Rule, Severity
from driftline.rules.phrases import listed
from driftline.rules.sightings import owner

RULE = Rule("exposed-env-file", Severity.BLOCKER, "an env file, key file or server configuration is served to visitors")

# What frameworks copy into the output as it is (their docs, read 2026-11).
PUBLIC_FOLDER = late.pattern(
    r"(?:^|/)(?:public|static)/(?:[^/]+/)*(\.env(?:\.[A-Za-z0-9_.\-]+)?|\.dev\.vars|id_(?:rsa|ed25519)|\.npmrc|[^/]+\.(?:p12|pfx|jks))$"
)
_EXAMPLE = late.pattern(r"(?:example|sample|template|schema|d\.ts)$", re.IGNORECASE)


def check(facts: Facts) -> Iterator[Finding]:
    for file in facts.output.private_files:
        inside = f" inside {' inside '.join(reversed(file.container))}" if file.container else ""
        holds = f" with {listed(file.names)}" if file.names else ""
        yield RULE.finding(
            f"{file.what}{holds} is served: {file.location.path}{inside}",
            fix=f"take {file.location.path} out of the output and of the folder it was copied from, and change every value in it",
            avoid="do not hide it with a redirect: it stays in the deployment and in caches",
            app=owner(facts, file.location),
            location=file.location,
            subject=file.location.path.rpartition("/")[2],
            container=file.container,
        )
    if facts.output.files:
        return
    for path in sorted(filter(PUBLIC_FOLDER.search, facts.files)):
        if not _EXAMPLE.search(path) and _is_a_site(facts, path):
            location = Location(path, 1)
            yield RULE.finding(
                f"{path} lies in a folder that is served as it is",
                fix=f"move {path} out of the public folder, and change every value in it if it was ever deployed",
                avoid="do not hide it with a redirect: it stays in the deployment and in caches",
                app=owner(facts, location),
                location=location,
                subject=path.rpartition("/")[2],
            )


def _is_a_site(facts: Facts, path: str) -> bool:
    """Whether the folder belongs to an app that serves files at all."""
    app = owner(facts, Location(path, 1))
    return any(one.framework is not None for one in facts.apps if one.path == app)
