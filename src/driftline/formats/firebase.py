""".firebaserc: which Firebase project each alias stands for, so that two environments on one project are seen.

`firebase use ALIAS` and `firebase deploy -P ALIAS` choose the project, and functions read `.env`, then `.env.PROJECT` or `.env.ALIAS`; so
the aliases are the words for environments. `default` is what is deployed where nothing is said: the environment that its project's name
says, else production (Firebase docs, CLI reference, "Project aliases", and Functions, "Configure your environment", 2026-11).
"""

from __future__ import annotations

from driftline.formats import Format
from driftline.formats._document import json_document
from driftline.formats._place import word_of
from driftline.formats._values import not_a_table
from driftline.model import Authority, Declaration, Exposure, Identity, Mode, Reading, State, Text

FORMAT = Format(
    name="firebase",
    title=".firebaserc",
    files=(".firebaserc",),
    authority=Authority.PART,
    nameless="production",
    settles="firebase functions:secrets:access NAME",
)


def _project(name: str) -> Identity:
    return Identity(
        "firebase", "project id", Mode.LOCAL if name.startswith("demo-") else Mode.ANY, name, Exposure.PUBLIC, "", slot="account"
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
            word_of(node.text) if alias == "default" else alias,
            # `default` is only a shorthand, and reaches no alias that has a name.
            layer=-1 if alias == "default" else 0,
            reference="the Firebase project",
            inherits=False,
            identity=_project(node.text),
        )
        for alias, node in document.root.pairs("projects")
        if alias and node.is_scalar and node.text
    ]
    contexts = tuple(dict.fromkeys(d.context for d in declarations if d.context))
    unread = not_a_table(document, document.root.get("projects"), "projects")
    return Reading(tuple(declarations), contexts=contexts, unread=tuple(unread))
