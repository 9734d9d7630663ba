"""What a release needs a hand for: steps that no workflow runs, prose that asks for them, lines that are switched by comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from driftline import late
from driftline.evidence import Step, Store
from driftline.knowledge import backends
from driftline.model import Location

# Where the steps of a deployment are written down.
DEPLOYING = late.pattern(
    r"^\.github/workflows/[^/]+\.ya?ml$|(?:^|/)(?:\.gitlab-ci\.ya?ml|bitbucket-pipelines\.yml|package\.json|Dockerfile[\w.-]*|Procfile|vercel\.json|netlify\.toml|render\.yaml|fly\.toml"
    r"|railway\.(?:json|toml)|nixpacks\.toml|wrangler\.(?:toml|jsonc?)|Makefile|[\w-]*entrypoint[\w-]*\.sh|amplify\.yml|apphosting\.yaml|\.circleci/config\.yml)$"
)
# The commands that apply migrations, by the tool that keeps them (their docs, 2026-11).
_APPLIES = {
    "supabase": re.compile(r"supabase\s+(?:db\s+push|migration\s+up|link)|supabase/setup-cli|supabase_branching"),
    "schemas": re.compile(r"supabase\s+(?:db\s+push|migration\s+up|link)|supabase/setup-cli|supabase_branching"),
    "prisma": re.compile(r"prisma\s+(?:migrate\s+deploy|db\s+push)|db:deploy|db:push|migrate:deploy"),
    "drizzle": re.compile(r"drizzle-kit\s+(?:migrate|push)|db:migrate|db:push"),
    "migrations": re.compile(r"migrat|alembic|flyway|dbmate|goose|knex|sequelize"),
}
_DEPLOYS_FUNCTIONS = late.pattern(r"supabase\s+functions\s+deploy|supabase/setup-cli")
_DEPLOYS = late.pattern(
    r"vercel\s+(?:deploy|--prod)|netlify\s+deploy|wrangler\s+(?:deploy|pages)|fly(?:ctl)?\s+deploy|firebase\s+deploy|gcloud\s+run\s+deploy|railway\s+up|docker\s+push|amondnet/vercel-action|supabase\s+functions\s+deploy"
)
PROSE = late.pattern(
    r"(?:^|/)(?:README|DEPLOY[\w-]*|RELEASE[\w-]*|CHECKLIST[\w-]*|[\w-]*DEPLOYMENT[\w-]*|CONTRIBUTING|RUNBOOK)\.mdx?$", re.IGNORECASE
)
_ASKS = late.pattern(
    r"(?:after (?:each|every) (?:deploy|release|push)|don'?t forget to|remember to|manually (?:run|apply|execute|update|copy|set|change)|run (?:this|the following) sql|"
    r"(?:paste|execute|run) .{0,40}(?:in|into) the (?:supabase )?sql editor|uncomment .{0,60}(?:prod|deploy)|change .{0,40} before (?:prod|deploy|launch|release))",
    re.IGNORECASE,
)
_TOGGLE = late.pattern(
    r"^[ \t]*(?://|#)[ \t]*(?P<key>[\w.]+)[ \t]*[:=][ \t]*[\"'`](?P<off>https?://[^\"'`]+|sk_|pk_)[^\n]*\n[ \t]*(?P=key)[ \t]*[:=][ \t]*[\"'`](?P<on>https?://[^\"'`]+|sk_|pk_)"
    r"|^[ \t]*(?P<key2>[\w.]+)[ \t]*[:=][ \t]*[\"'`]https?://[^\n]*\n[ \t]*(?://|#)[ \t]*(?P=key2)[ \t]*[:=][ \t]*[\"'`]https?://",
    re.MULTILINE,
)
# SQL that decides over data when somebody runs it.
_CHANGES = late.pattern(
    r"^\s*(?P<verb>create\s+(?:or\s+replace\s+)?(?:table|policy|view)|alter\s+(?:table|policy|default\s+privileges)|drop\s+(?:table|policy)|grant|revoke)\s",
    re.IGNORECASE | re.MULTILINE,
)
_SWAPS = late.pattern(
    r"(?://|#)[^\n]{0,80}\b(?:TODO|FIXME|XXX)\b[^\n]{0,60}\b(?:change|remove|replace|switch|uncomment)\b[^\n]{0,40}\b(?:prod|production|launch|deploy|live)\b",
    re.IGNORECASE,
)


# The files by which a host builds and releases what is pushed, beside those of backends.toml; Docker's and Make's say how, not when.
_HOSTED = late.pattern(
    r"(?:^|/)(?:amplify\.ya?ml|app\.ya?ml|cloudbuild\.ya?ml|serverless\.(?:ya?ml|ts|js)|sst\.config\.[jt]s|samconfig\.toml|nixpacks\.toml|\.do/[\w.-]+\.ya?ml|kamal\.ya?ml|deploy\.rb|azure-pipelines\.ya?ml"
    r"|Chart\.yaml|kustomization\.ya?ml|appspec\.ya?ml|Jenkinsfile|\.replit|static\.json|heroku\.yml|captain-definition|_redirects|eas\.json|firebase\.json)$"
)
_RELEASES = late.pattern(
    r"\buses:[^\n]*(?:deploy|publish|release)|\bdeploy\w*:|\bhelm\s+upgrade|\bkubectl\s+(?:apply|set|rollout)|\bssh\b|\brsync\b"
)


def deployed_by(paths: Iterable[str], deploying: Mapping[str, str]) -> str | None:
    """The first file that says how a release is made: a host's own, or a workflow that deploys; None where there is none."""
    hosted = {name for backend in backends.known() if backend.job == "hosting" for name in backend.files}
    for path in sorted(paths):
        if path.rpartition("/")[2] in hosted or _HOSTED.search(path):
            return path
        workflow = deploying.get(path, "") if path.endswith((".yml", ".yaml")) else ""
        if _DEPLOYS.search(workflow) or _RELEASES.search(workflow):
            return path
    return None


def steps(
    stores: Iterable[Store],
    deploying: Mapping[str, str],
    prose: Mapping[str, str],
    code: Mapping[str, bytes],
    functions: Iterable[str],
    loose: Mapping[str, str],
) -> Iterator[Step]:
    """Every such step. `deploying`, `prose` and `loose` (SQL files beside the migrations) map paths to their text, `functions` are the entry files of Supabase functions."""
    everything = "\n".join(deploying.values())
    workflow = next((path for path, text in sorted(deploying.items()) if _DEPLOYS.search(text)), None)
    for store in stores:
        last = store.database.files[-1] if store.database.files else store.folder
        if store.tool == "scripts":
            yield Step(
                f"{len(store.database.files)} numbered SQL files in {store.folder} are run by hand: nothing keeps count of which ones were",
                "keep them as migrations of a tool, which the deployment applies",
                Location(last, 1),
                f"scripts {store.folder}",
            )
        elif not _APPLIES[store.tool].search(everything):
            beside = f", and {workflow} deploys without it" if workflow else ""
            yield Step(
                f"{len(store.database.files)} migrations in {store.folder} are applied by no workflow, script or image of this repository{beside}",
                "apply the migrations in the deployment, before the new code starts",
                Location(last, 1),
                f"migrations {store.folder}",
                ((Location(workflow, 1), "deploys without them"),) if workflow else (),
            )
    by_hand = [_place(path, text, match.start("verb")) for path, text in sorted(loose.items()) if (match := _CHANGES.search(text))]
    if by_hand:
        yield Step(
            f"{len(by_hand)} SQL file{'s' if len(by_hand) > 1 else ''} beside the migrations change{'' if len(by_hand) > 1 else 's'} tables, policies or privileges by hand",
            "make migrations of what still counts, and delete the rest",
            by_hand[0],
            "loose SQL",
            tuple((place, "and here") for place in by_hand[1:6]),
        )
    listed = sorted(functions)
    if listed and not _DEPLOYS_FUNCTIONS.search(everything):
        yield Step(
            f"{len(listed)} Supabase function{'s are' if len(listed) > 1 else ' is'} deployed by no workflow or script of this repository",
            "deploy the functions where the app is deployed",
            Location(listed[0], 1),
            "functions",
        )
    for path, text in sorted(prose.items()):
        found = list(_ASKS.finditer(text))
        if found:
            more = f" and {len(found) - 1} more line{'s' if len(found) > 2 else ''} of it" if len(found) > 1 else ""
            yield Step(
                f"{path} asks for a step by hand{more}",
                "let the deployment do it, or check it there",
                _place(path, text, found[0].start()),
                f"prose {path}",
            )
    for path, content in sorted(code.items()):
        text = content.decode("utf-8", "replace")
        for pattern, said in (
            (_TOGGLE, "an address or key is switched by commenting a line out"),
            (_SWAPS, "a comment asks for a change before production"),
        ):
            match = pattern.search(text) if (b"//" in content or b"#" in content) else None
            if match is not None:
                yield Step(
                    said, "read it from a variable that each environment sets", _place(path, text, match.start()), f"{path} {said[:12]}"
                )


def _place(path: str, text: str, offset: int) -> Location:
    start = text.rfind("\n", 0, offset) + 1
    return Location(path, text.count("\n", 0, offset) + 1, offset - start + 1)
