"""docs/formats.md: every source format, how it is recognised, which environment it speaks for, and how it is read."""

from __future__ import annotations

from collections.abc import Iterator

from driftline import formats, loaders
from driftline.model import Authority

_AUTHORITY = {
    Authority.WHOLE: "all of it: a name it lacks is missing there",
    Authority.PART: "a part: the platform keeps more elsewhere, so a name it lacks is unknown",
    Authority.EXAMPLE: "nothing: it documents names",
}
_NAMELESS = {"production": "production", "local": "local", "base": "every environment"}


def text() -> str:
    """The page."""
    readers = formats.readers()
    lines = [
        "# Formats",
        "",
        f"driftline reads {len(readers)} source formats. A file that names an environment (`compose.production.yml`, `.env.staging`, a context inside it)",
        'speaks for that one; the column "without a name" says for which environment it speaks otherwise. Every report prints which source speaks',
        "for which environment and why, and `driftline.toml` overrides it.",
        "",
        "| format | files | without a name | says of an environment |",
        "| --- | --- | --- | --- |",
    ]
    for reader in readers:
        found = reader.FORMAT
        files = ", ".join(f"`{name}`" for name in found.files)
        says = _AUTHORITY[found.authority].partition(":")[0]
        lines.append(f"| [{found.title}](#{found.name}) | {files} | {_NAMELESS[found.nameless]} | {says} |")
    lines += ["", "## Loaders", ""]
    lines += [
        "Env files are read as the app's own loader reads them: its dialect, its precedence, its expansion. `--loader NAME`, or `loader` in",
        "`driftline.toml`, names one where detection is not wanted.",
        "",
        "| loader | reads as | files, the strongest first |",
        "| --- | --- | --- |",
        *(f"| `{loader.name}` | {loader.title} | {_files(loader)} |" for loader in loaders.LOADERS.values()),
    ]
    for reader in readers:
        lines += ["", f"## {reader.FORMAT.name}", "", *_page(reader)]
    return "\n".join(lines) + "\n"


def _files(loader: loaders.Loader) -> str:
    return ", ".join(f"`{name.replace('{mode}', 'MODE')}`" for name in loader.order)


def _page(reader: formats.Reader) -> Iterator[str]:
    yield (reader.__doc__ or "").strip()
    yield ""
    yield f"Says {_AUTHORITY[reader.FORMAT.authority]}."
    if reader.FORMAT.settles:
        yield f"What it cannot show, `{reader.FORMAT.settles}` does."
