""".firebaserc: which Firebase project each alias stands for, so that two environments on one project are seen.

Functions read `.env`, then `.env.PROJECT` or `.env.ALIAS` (Firebase docs, Functions, environment configuration, 2026-11): the aliases are
the words for environments.
"""

from __future__ import annotations

from driftline.formats import Format
from driftline.formats._document import json_document
from driftline.model import Authority, Declaration, Reading, State, Text

FORMAT = Format(
    name="firebase",
    title=".firebaserc",
    files=(".firebaserc",),
    authority=Authority.PART,
    nameless="production",
    settles="firebase functions:secrets:access NAME",
)


def read(text: Text) -> Reading:
    """The project of each alias as GCLOUD_PROJECT, which the platform sets. Raises Unreadable for broken JSON."""
    document = json_document(text.path, text.content)
    declarations = [
        Declaration(
            "GCLOUD_PROJECT",
            State.REFERENCE,
            None,
            document.location(node),
            None if alias == "default" else alias,
            reference="the Firebase project",
            store=f"Firebase project {node.text}",
        )
        for alias, node in document.root.pairs("projects")
        if node.is_scalar
    ]
    return Reading(tuple(declarations), contexts=tuple(d.context for d in declarations if d.context))
