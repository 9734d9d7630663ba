"""Commands in workflows and scripts that write a configuration file of the repository to its platform: `supabase config push`.

The base of `supabase/config.toml` is meant for the stack on a developer's machine; a push writes it to the linked project, with the
`[remotes.NAME]` that has this project's id laid over it (supabase/cli, docs/supabase/config/push.md, 2026-06).
"""

from __future__ import annotations

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Lines
from driftline.model import Authority, Reading, Text

FORMAT = Format(
    name="pushes",
    title="commands that push configuration",
    files=(
        ".github/workflows/*.yml",
        ".github/workflows/*.yaml",
        ".gitlab-ci.yml",
        "bitbucket-pipelines.yml",
        "*.circleci/config.yml",
        "azure-pipelines.yml",
        "package.json",
        "Makefile",
        "justfile",
        "Taskfile.yml",
        "*scripts/*.sh",
        "*bin/*.sh",
        "deploy*.sh",
    ),
    authority=Authority.PART,
    nameless="production",
)

# Flags may stand between the words: `supabase --workdir ./db config push`.
_PUSH = late.pattern(r"\bsupabase(?:@[\w.\-]+)?(?:\s+--?[\w\-]+(?:[= ][^\s\-]\S*)?){0,6}\s+config\s+push\b")

_OPEN = late.pattern(r"\bsupabase(?:@[\w.\-]+)?\s+functions\s+deploy\b(?:[ \t]+([a-z][\w\-]*))?[^\n]{0,200}?--no-verify-jwt\b")


def read(text: Text) -> Reading:
    """The places of the commands, and the functions that are deployed open; comments are left out."""
    if "supabase" not in text.content:
        return Reading()
    opened = tuple(match[1] or "*" for match in _OPEN.finditer(text.content))
    lines = Lines(text.content)
    found = []
    for match in _PUSH.finditer(text.content):
        start = text.content.rfind("\n", 0, match.start()) + 1
        if not text.content[start : match.start()].lstrip().startswith(("#", "//")):
            found.append(lines.location(text.path, match.start()))
    return Reading(pushes=tuple(found), open_functions=opened or None)
