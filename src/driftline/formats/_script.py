"""What a script of a CI job or an image does with variables: builds an app, writes env files, sets them on a platform."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from driftline import late
from driftline.formats._shell import Word, assignments, commands
from driftline.record import NamedTuple

# A step that builds a front end: the package managers' build scripts and the bundlers themselves. What may stand between two words
# never runs over the next beginning of the same command: every search here is linear.
_BUILDS = late.pattern(
    r"\b(?:(?:npm|pnpm|yarn|bun)(?:[ \t]+(?:(?:-F|-C|-w|--filter|--cwd|--dir|--prefix|--workspace|workspace)[ \t=]+\S+|run|exec|-\S+)){0,9}[ \t]+build\b"
    r"|turbo(?:[ \t]+run)?[ \t]+(?:-\S+[ \t]+)*build\b|(?:nx|next|vite|nuxt|nuxi|astro|expo|remix|react-router|gatsby|ng|vue-cli-service|react-scripts)[ \t]+(?:build|generate|export)\b"
    r"|nx[ \t]+run(?:-many)?\b(?:(?!nx[ \t]+run)[^\n])*\bbuild\b)"
)
_DEPLOYS = late.pattern(
    r"\b(?:vercel[ \t]+(?:deploy|--prod)|netlify[ \t]+deploy|(?:wrangler|flyctl|fly|firebase|sst|cdk|serverless|sls|gcloud[ \t]+(?:run|app)|railway|eas[ \t]+(?:build|update))[ \t]+(?:\S+[ \t]+)?(?:deploy|publish|up|submit)\b"
    r"|aws[ \t]+s3[ \t]+(?:sync|cp)|aws[ \t]+ecs[ \t]+update-service|kubectl[ \t]+(?:apply|set)|helm[ \t]+upgrade|docker[ \t]+push|git[ \t]+push[ \t]+\S*heroku|eas[ \t]+(?:build|update)|rsync|scp)\b"
)
_PUSHES = late.pattern(
    r"\b(?:docker|podman|buildah)[ \t]+(?:image[ \t]+)?push\b|\bbuildx[ \t]+(?:build|bake)\b(?:(?!\bbuildx\b)[^\n]|\\\n)*--push\b"
)
_ENV_FILE = r"(?P<file>\$\{?GITHUB_ENV\}?|(?:[\w./\-]*/)?\.env[\w.\-]*|[\w./\-]*[\w\-]\.env)"
_REDIRECT = late.pattern(rf">{{1,2}}[ \t]*[\"']?{_ENV_FILE}[\"']?(?![\w/])")
_HEREDOC = late.pattern(r"<<[-~]?[ \t]*[\"']?([A-Za-z_]\w*)")
_LINE = late.pattern(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")
_ECHO = late.pattern(r"\b(?:echo|printf)[ \t]+(?:-\w+[ \t]+)*([\"']?)([A-Za-z_][A-Za-z0-9_]*)=")
_VALUE_END = late.pattern(r"(?:(?<![ \t])[ \t]+)?(?:>|;|&&|\|)")
# Tools that fetch a whole environment, so that a script does not show which names it has.
_WHOLE = late.pattern(
    r"\b(?:vercel[ \t]+(?:env[ \t]+)?(?:pull|build)|doppler[ \t]+(?:run|secrets[ \t]+download)|infisical[ \t]+(?:run|export)|op[ \t]+(?:run|inject)"
    r"|dotenvx[ \t]+run|sops[ \t]+(?:exec-env|-d|--decrypt)|chamber[ \t]+exec|eas[ \t]+env:(?:pull|exec)|aws[ \t]+s3[ \t]+cp(?:(?!aws[ \t])[^\n])*\.env)\b"
)


class Written(NamedTuple):
    """A variable that a script writes to `file` (`GITHUB_ENV` for the job's own), at the 0-based `position` of its name."""

    name: str
    value: str
    file: str
    position: int


def builds(script: str) -> bool:
    """Whether a script builds a front end."""
    return _BUILDS.search(script) is not None


def deploys(script: str) -> bool:
    """Whether a script hands something to a place where it runs."""
    return _DEPLOYS.search(script) is not None


def pushes_with_arguments(script: str) -> bool:
    """Whether a script builds arguments into an image and hands that to a registry: whoever runs it gets what was built in."""
    return "--build-arg" in script and _PUSHES.search(script) is not None


def fetches_all(script: str) -> bool:
    """Whether a script takes a whole environment from somewhere else (`vercel pull`, `doppler run`)."""
    return _WHOLE.search(script) is not None


def written(script: str) -> Iterator[Written]:
    """Variables written to env files: `echo X=1 >> .env`, here-documents, and `{ echo ..; } > .env` blocks."""
    tag: str | None = None
    file = ""
    block: list[tuple[str, int]] | None = None
    position = 0
    for line in script.splitlines(keepends=True):
        start, position = position, position + len(line)
        bare = line.rstrip("\r\n")
        if tag is not None:
            if bare.strip() == tag:
                tag = None
            elif match := _LINE.match(bare):
                yield Written(match[1], match[2], file, start + match.start(1))
            continue
        redirect = _REDIRECT.search(bare)
        if redirect is not None:
            file = "GITHUB_ENV" if "GITHUB_ENV" in redirect["file"] else redirect["file"]
            heredoc = _HEREDOC.search(bare)
            if heredoc is not None:
                tag = heredoc[1]
                continue
        if bare.lstrip().startswith("{"):
            block = []
        if block is not None:
            block.append((bare, start))
        if redirect is not None:
            for text, at in block if block is not None and bare.lstrip().startswith("}") else [(bare, start)]:
                yield from _echoed(text, at, file)
        if bare.lstrip().startswith("}"):
            block = None


def _echoed(line: str, start: int, file: str) -> Iterator[Written]:
    end = 0
    for match in _ECHO.finditer(line):
        if match.start() < end:  # inside the value before it
            continue
        rest = line[match.end() :]
        quote = match[1]
        value = rest.partition(quote)[0] if quote else _VALUE_END.split(rest, maxsplit=1)[0]
        end = match.end() + len(value)
        yield Written(match[2], value.strip("\"'").removesuffix("\\n"), file, start + match.start(2))


_EXPRESSION = late.pattern(r"\$\{\{[^{}]*\}\}")
_BLANK = "\x00"


class Set(NamedTuple):
    """A variable that a script sets on a platform; `environment` is the word the command gives, None where it gives none."""

    name: str
    value: str | None
    environment: str | None
    position: int


# Commands that take `NAME=value` words, and those whose next word is a name (vendor CLIs' help, 2026-11).
_SET_PAIRS = (("fly", "secrets", "set"), ("flyctl", "secrets", "set"), ("supabase", "secrets", "set"), ("heroku", "config:set"))
_SET_NAME = (("netlify", "env:set"), ("wrangler", "secret", "put"), ("vercel", "env", "add"))
_SET_LISTS = ("--set-env-vars", "--update-env-vars", "--build-arg")
# What stands behind these names a secret of Secret Manager and its version (gcloud run deploy --help, 2026-11).
_SET_SECRETS = ("--set-secrets", "--update-secrets")
# `^@^A=1,2@B=3`: another sign than the comma stands between pairs (gcloud topic escaping, 2026-11).
_DELIMITER = late.pattern(r"\^([^^]{1,8})\^")


def set_on_platform(script: str) -> Iterator[Set]:
    """Variables that commands set on a platform: `fly secrets set X=..`, `wrangler secret put X`, `gcloud run deploy --set-env-vars X=..`."""
    # An expression is one word, whatever blanks it holds; it keeps its length.
    for command in commands(_EXPRESSION.sub(lambda match: match[0].replace(" ", _BLANK), script)):
        _, words = assignments([Word(word.text.replace(_BLANK, " "), word.position) for word in command])
        texts = tuple(word.text for word in words)
        environment = next((b for a, b in pairwise(texts) if a in ("--env", "-e", "--environment", "--context")), None)
        for head in _SET_PAIRS:
            if texts[: len(head)] == head:
                for word in words[len(head) :]:
                    if (match := _LINE.fullmatch(word.text)) is not None:
                        yield Set(match[1], match[2], environment, word.position)
        for head in _SET_NAME:
            if texts[: len(head)] == head and len(texts) > len(head) and re.fullmatch(r"[A-Za-z_]\w*", texts[len(head)]):
                named = texts[len(head) + 1] if head[0] == "vercel" and len(texts) > len(head) + 1 else environment
                yield Set(texts[len(head)], None, named, words[len(head)].position)
        for index, word in enumerate(words):
            option, equals, pairs = word.text.partition("=")
            if option in (*_SET_LISTS, *_SET_SECRETS):
                following = words[index + 1] if not equals and index + 1 < len(words) else None
                text = pairs if equals else following.text if following else ""
                other = _DELIMITER.match(text)
                for pair in text[other.end() :].split(other[1]) if other else text.split(","):
                    if (match := _LINE.fullmatch(pair)) is not None:
                        value = None if option in _SET_SECRETS else match[2]
                        yield Set(match[1], value, environment, (following or word).position)
