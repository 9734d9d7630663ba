"""PM2's ecosystem file: `env` of every app, and `env_NAME` that `--env NAME` puts over it (PM2 docs, ecosystem file, 2026-11).

A JavaScript file is read as it stands, by its object literals; nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline.formats import Format
from driftline.formats._document import Document, Lines, json_document
from driftline.formats._values import declared, declared_text
from driftline.model import Authority, Declaration, Reading, State, Text

FORMAT = Format(
    name="pm2",
    title="PM2 ecosystem file",
    files=("ecosystem.config.js", "ecosystem.config.cjs", "ecosystem.config.mjs", "ecosystem.json", "pm2.config.js", "pm2.json"),
    authority=Authority.PART,
    nameless="production",
)

_TABLE = re.compile(r"""\b(?P<key>env(?:_[A-Za-z]\w*)?)['"]?\s*:\s*\{(?P<body>[^{}]*)\}""")
_PAIR = re.compile(
    r"""(?:^|[,{\n])\s*(?:(?:["']?(?P<name>[A-Za-z_]\w*)["']?)\s*:\s*)(?P<value>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`$]*`|-?[\d.]+|true|false|[^,\n]+)"""
)


def read(text: Text) -> Reading:
    """The declarations. Raises Unreadable for broken JSON."""
    if text.path.endswith(".json"):
        found = list(_of_json(json_document(text.path, text.content)))
    else:
        found = list(_of_javascript(text))
    return Reading(tuple(found), contexts=tuple(dict.fromkeys(d.context for d in found if d.context)))


def _of_json(document: Document) -> Iterator[Declaration]:
    apps = document.root.list("apps") or [document.root]
    for app in apps:
        for key, table in app.pairs():
            if key == "env" or key.startswith("env_"):
                for name, node in table.pairs():
                    yield declared(document, name, node, context=key[4:] or None)


def _of_javascript(text: Text) -> Iterator[Declaration]:
    lines = Lines(text.content)
    for table in _TABLE.finditer(text.content):
        context = table["key"][4:] or None
        for pair in _PAIR.finditer(table["body"]):
            location = lines.location(text.path, table.start("body") + pair.start("name"))
            value = pair["value"].strip()
            literal = value[:1] in "\"'`" or re.fullmatch(r"-?[\d.]+|true|false", value)
            if not literal:
                yield Declaration(pair["name"], State.REFERENCE, None, location, context, reference="computed by the file")
                continue
            plain = value[1:-1] if value[:1] in "\"'`" else value
            yield declared_text(pair["name"], plain, location, context=context)
