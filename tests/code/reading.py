"""What a reader says of a text, in one line for each reference: `NAME line:column need side use how "fallback"`."""

from __future__ import annotations

from driftline import code
from driftline.model import Need, Side, Use


def said(*files: tuple[str, str | bytes]) -> list[str]:
    """All references of files, in the order of their places; a plain need, an unknown side and a read are left out."""
    given = [code.CodeFile(path, text if isinstance(text, bytes) else text.encode()) for path, text in files]
    lines = []
    for reference in sorted(code.survey(given).references, key=lambda r: (r.location, r.name)):
        words = [reference.name, f"{reference.location.line}:{reference.location.column}"]
        words += [reference.need.value] * (reference.need is not Need.PLAIN)
        words += [reference.side.value] * (reference.side is not Side.UNKNOWN)
        words += [reference.use.value] * (reference.use is not Use.READ)
        words += [f'"{reference.fallback.value.reveal()}"'] if reference.fallback is not None else []
        lines.append(" ".join(words))
    return lines
