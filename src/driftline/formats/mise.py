"""mise.toml and mise.NAME.toml: `[env]` of the tool manager, for the developer's machine.

`NAME = false` unsets a variable, `{ required = true }` demands it from elsewhere, `{ value = ..., redact = true }` hides it from logs, `{{ }}` is a
template. `_.file` loads env files, beginning at the folder that the configuration is for; `[[env]]` is the same in several tables; `mise.NAME.toml`
is laid over `mise.toml` for `MISE_ENV=NAME`, and `*.local.toml` over both (mise docs, "Environments" and "Config Environments", 2026-11). Scripts
(`_.source`), plugins and the variables of single tasks are not read.
"""

from __future__ import annotations

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Document, Node, toml_document
from driftline.formats._place import inside
from driftline.formats._values import NAME, declared
from driftline.model import Authority, Declaration, EnvFile, Need, Reading, Reference, Side, State, Text, Use

FORMAT = Format(
    name="mise",
    title="mise.toml",
    files=("mise.toml", ".mise.toml", "mise.*.toml", ".mise.*.toml", "*mise/config.toml", "*mise/config.*.toml"),
    authority=Authority.PART,
    nameless="local",
)

_PATH = late.pattern(
    r"(?P<root>(?:.*/)?)(?:\.config/mise/config|\.mise/config|mise/config|\.config/mise|\.mise|mise)(?P<words>(?:\.[\w-]+)*)\.toml"
)
# Files that are no dotenv (mise reads JSON and YAML as well) stay with mise.
_OTHERS = (".json", ".yaml", ".yml", ".toml")


def recognises(path: str) -> bool:
    """The places where mise looks, and no other folder that ends in `mise`."""
    return _PATH.fullmatch(path) is not None


def read(text: Text) -> Reading:
    """Variables, demanded names and env files. Raises Unreadable for text that is no TOML."""
    document = toml_document(text.path, text.content)
    match = _PATH.fullmatch(text.path)
    words = [word for word in (match["words"] if match else "").split(".") if word and word != "local"]
    context = words[0] if words else None
    root = (match["root"] if match else "").rstrip("/")
    declarations: list[Declaration] = []
    references: list[Reference] = []
    env_files: list[EnvFile] = []
    env = document.root.get("env")
    for table in [] if env is None else env.items if env.kind == "list" else [env]:
        for name, node in table.pairs():
            if name == "_":
                env_files += _files(document, root, node, context)
            elif not NAME.fullmatch(name) or (node.kind == "boolean" and node.text == "false"):
                continue
            elif node.kind == "map" and node.get("value") is None and node.get("default") is None:
                # Demanded on the developer's machine: that says nothing about other environments, so it is no read.
                if node.get("required") is not None and node.string("required") != "false":
                    references.append(Reference(name, document.location(node), Need.REQUIRED, Side.UNKNOWN, Use.MENTION, "mise required"))
                elif node.get("age") is not None:
                    declarations.append(Declaration(name, State.ENCRYPTED, None, document.location(node), context))
            else:
                declarations.append(_declaration(document, name, node, context))
    bases = (f"{text.path[: match.start('words')]}.toml",) if match and context else ()
    return Reading(tuple(declarations), tuple(references), env_files=tuple(env_files), contexts=(context,) if context else (), bases=bases)


def _declaration(document: Document, name: str, node: Node, context: str | None) -> Declaration:
    value = (node.get("value") or node.get("default") or node) if node.kind == "map" else node
    template = value.is_scalar and "{{" in value.text
    found = declared(document, name, value, context=context, reference="a template" if template else None)
    return found._replace(location=document.location(node))


def _files(document: Document, root: str, node: Node, context: str | None) -> list[EnvFile]:
    files = node.get("file")
    waiting = [] if files is None else [files]
    found = []
    while waiting:
        item = waiting.pop()
        if item.kind == "list":
            waiting += reversed(item.items)
        elif item.kind == "map":
            path = item.get("path")
            waiting += [path] if path is not None and path.kind != "map" else []
        elif item.kind == "string" and "{{" not in item.text and not item.text.endswith(_OTHERS):
            where = inside(root, item.text)
            if where is not None:
                found.append(EnvFile(where, document.value_location(item), context, None, False, "dotenv-expand"))
    return found
