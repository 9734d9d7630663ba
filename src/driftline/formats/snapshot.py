"""`.driftline/NAME.json`: names, states and identities exported from a platform's own CLI by `driftline snapshot`, never values.

A snapshot of a whole platform is meant to be complete: a name that it lacks is missing there, as of its day. One of a platform that knows but a
part (a CI's secrets, webhook endpoints, Terraform) is not. Values are compared by the keyed digest that DRIFTLINE_DIGEST_KEY gives, else not
at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, Node, json_document
from driftline.formats._values import NAME
from driftline.model import (
    Authority,
    Declaration,
    Exposure,
    Identity,
    Literal,
    Location,
    Mode,
    Reading,
    Secret,
    State,
    Text,
    Traits,
    Unreadable,
)

SCHEMA = "driftline/snapshot/1"

FORMAT = Format(name="snapshot", title="snapshot", files=("*.driftline/*.json",), authority=Authority.WHOLE, nameless="production")

_STATES = frozenset((State.SET, State.EMPTY, State.REFERENCE, State.ENCRYPTED))
_DAY = late.pattern(r"\d{4}-\d\d-\d\d")


# What the launch review keeps in the same folder.
_OTHERS = ("attestations.json", "review.json")


def recognises(path: str) -> bool:
    """Files right inside a folder `.driftline`, but those of the launch review."""
    folder, _, base = path.rpartition("/")
    return folder.rpartition("/")[2] == ".driftline" and base not in _OTHERS


def read(text: Text) -> Reading:
    """The names of one environment. Raises Unreadable for a file that is no snapshot."""
    document = json_document(text.path, text.content)
    root = document.root
    environment = root.string("environment")
    if root.string("schema") != SCHEMA or not environment:
        raise Unreadable(f"is not a {SCHEMA} file", 1, 1)
    declarations = tuple(_declarations(document, environment))
    origins = [
        (environment, Literal(Secret(url.text), document.value_location(url), "webhook endpoint"))
        for item in root.list("endpoints")
        if (url := item.get("url")) is not None and url.kind == "string"
    ]
    taken = root.string("taken")
    return Reading(
        declarations=declarations,
        contexts=(environment,),
        origins=tuple(origins),
        authority=Authority.PART if root.string("complete") == "false" else None,
        taken=taken if taken is not None and _DAY.fullmatch(taken) else None,
    )


def _declarations(document: Document, environment: str) -> Iterator[Declaration]:
    for item in document.root.list("names"):
        name = item.get("name")
        if name is None or name.kind != "string" or not NAME.fullmatch(name.text):
            continue
        state = next((state for state in _STATES if state.value == item.string("state")), State.REFERENCE)
        place = document.value_location(name)
        yield Declaration(
            name.text,
            state,
            Secret("") if state is State.EMPTY else None,
            place,
            context=environment,
            component=item.string("component"),
            reference=f"kept by {item.string('platform') or 'the platform'}" if state is State.REFERENCE else None,
            traits=_traits(item, name.text, place) if state is State.SET else None,
        )


def _traits(item: Node, name: str, place: Location) -> Traits:
    """What the snapshot kept of a value. Without a keyed digest it equals no other value."""
    keyed = item.string("digest")
    return Traits(
        shape=item.string("shape") or "text",
        length=0,
        digest=(keyed or f"{place.path}:{place.line}:{name}").encode(),
        identity=_identity(item.get("identity")),
        placeholder=item.string("placeholder"),
        keyed=keyed,
        published=item.string("published"),
    )


def _identity(node: Node | None) -> Identity | None:
    provider = node.string("provider") if node is not None else None
    if node is None or not provider:
        return None
    return Identity(
        provider=provider,
        kind=node.string("kind") or "",
        mode=next((mode for mode in Mode if mode.value == node.string("mode")), Mode.UNKNOWN),
        account=node.string("account"),
        exposure=next((exposure for exposure in Exposure if exposure.value == node.string("exposure")), Exposure.UNKNOWN),
        masked=node.string("masked") or "",
        expires=node.string("expires"),
        candidates=tuple(candidate.text for candidate in node.list("candidates") if candidate.is_scalar),
        job=node.string("job"),
        slot=node.string("slot"),
    )
