"""A glance at what is staged, before anything heavy is imported: passes a commit that says nothing new of a variable, address or credential.

Most commits do not, and a hook runs a hundred times a day. What the audit would look for (names of sources and of code, the traces of a
read, the catalogue's patterns) is compiled once into one file of the user's cache folder; a hit is looked at more closely, and passed where
code says what it said before and no credential stands. Any other hit, any doubt and any file that cannot be read leave the commit to the audit; so a
glance says nothing but "passed". What it has seen by then is not asked again. The file holds our own expressions only.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from driftline import cache, regular

TYPE_CHECKING = False  # as typing's, which takes as long to import as git takes to list the changes
if TYPE_CHECKING:
    from typing import Any

    from driftline.code import Readings

_MAGIC = b"driftline glance 1"
# A commit of more files than this, or with a larger one, is rare enough to be audited whole.
_FILES = 400
_LARGEST = 5 * 1024 * 1024
# Of so many files it is asked whether they say what they said before: with each more, it is likelier that one does not.
_CLOSER = 40
# Owners of an expression: of every language; the name of a variable as a whole string; a source; what configuration may name as an env
# file; numbers above are languages.
_ALL, _MENTION, _SOURCE, _OTHER = 0, 1, 2, 3
# Prose shows env files, and is none.
_PROSE = (b".md", b".mdx")

# --- looking ----------------------------------------------------------------------------------------------------------------


class Seen:
    """What a glance has seen of a commit: what to say where it cannot matter, else what the audit need not ask git for again.

    `changes` maps every staged path to its blobs before and after; `blobs` holds the content of some; in those of `keyless` no credential
    stands; `readings` are of code that was parsed.
    """

    def __init__(
        self,
        told: str | None,
        changes: Mapping[bytes, tuple[str | None, str | None]],
        blobs: Mapping[str, bytes],
        keyless: frozenset[str],
        readings: Readings,
    ) -> None:
        self.told, self.changes, self.blobs, self.keyless, self.readings = told, changes, blobs, keyless, readings


def look(given: Sequence[str], folder: str | None, *, listed: bool = False) -> Seen | None:
    """What a glance sees of the commit in this folder; None where it cannot tell anything, and the audit has to look at all.

    `given` are the files named to the hook; with `listed` no other is judged, even where none is named.
    """
    if folder is None or not os.path.lexists(".git"):
        return None
    key = _key()
    named = _settled(folder, key)
    if named is None:
        return None
    gate = _load(os.path.join(folder, f"glance-{key}"))
    if gate is None:
        return None
    try:
        changes = _changes()
        if changes is None:
            return None
        judged = changes
        if given or listed:
            wished = {os.fsencode(os.path.normpath(path).replace(os.sep, "/")) for path in given}
            if not wished <= changes.keys():
                return None
            judged = {path: blobs for path, blobs in changes.items() if path in wished or blobs[1] is None}
        if not 0 < len(judged) <= _FILES:
            return None
        owners = {path: gate.owners(path, is_source=path in named) for path in judged}
        # The version before counts only for what is read: there a declaration, a read or a mention may have been taken away.
        wanted = [
            blob
            for path, (before, after) in judged.items()
            for blob in (before if after is None or owners[path] - {_OTHER} else None, after)
            if blob is not None
        ]
        blobs = dict(zip(wanted, _blobs(wanted), strict=False))
        if len(blobs) < len(set(wanted)):
            return None
    except (OSError, ValueError):
        return None
    from driftline.project.text import is_text

    after_all = [after for _, after in judged.values() if after is not None]
    texts = [after for after in after_all if is_text(blobs[after])]
    suspect = {after for after in texts if gate.holds_key(blobs[after])}
    told = None
    readings: Readings = {}
    speaking = {
        path: versions
        for path, both in judged.items()
        if owners[path] and gate.speaks(owners[path], *(versions := [blobs.get(blob or "", b"") for blob in both]))
    }
    sources = [path for path in speaking if _SOURCE in owners[path]]
    passing = len(speaking) <= _CLOSER and not any(gate.declares(owners[path], *versions) for path, versions in speaking.items())
    passing = passing and _code_says_as_before(
        {path: versions for path, versions in speaking.items() if owners[path] != {_SOURCE}}, readings
    )
    passing = passing and all(_source_says_as_before(os.fsdecode(path), *speaking[path]) for path in sources)
    if passing and suspect:
        suspect = _with_keys({blob: blobs[blob] for blob in suspect}, folder)
    keyless = frozenset(after_all) - suspect
    if passing and not suspect:
        size, binary = sum(len(blobs[after]) for after in texts), len(after_all) - len(texts)
        count = f"{len(judged) - binary} file{'' if len(judged) - binary == 1 else 's'}"
        amount = f"{size / 1000:.1f} kB" if size >= 1000 else f"{size} byte{'' if size == 1 else 's'}"
        passed = f", not into {binary} that hold{'s' if binary == 1 else ''} no text" if binary else ""
        what = "changes what is said" if speaking else "speaks"
        told = f"Looked at {count} ({amount}){passed}: nothing staged {what} of a variable, an address or a credential."
    return Seen(told, changes, blobs, keyless, readings)


def _code_says_as_before(files: Mapping[bytes, Sequence[bytes]], readings: Readings) -> bool:
    """Whether all files, with their content before and after, are code that says of variables what it said before.

    Whether an address or a mode that code fixes is right is for the audit to say, and so is whether a comment accepts anything. What is
    parsed is added to `readings`.
    """
    if not files:
        return True
    from driftline import code

    key = os.urandom(32)
    for path, versions in files.items():
        said = []
        for content in versions:
            survey = code.survey([code.CodeFile(os.fsdecode(path), content)], whole=False, readings=readings)
            if survey.unread or survey.literals or survey.claims or _NAMES_US in content:
                return False
            said.append(code.sayings(survey, key))
        if said[0] != said[1]:
            return False
    return True


def _source_says_as_before(path: str, before: bytes, after: bytes) -> bool:
    """Whether a source, with its content before and after, tells the audit what it told before: a newer version of a package, another step of
    a workflow. An env file is always the audit's."""
    if not before or not after or _NAMES_US in before + after:
        return False
    from driftline import formats
    from driftline.model import Text, Unreadable
    from driftline.project import apps, files, text

    readers = tuple(formats.readers_of(path))
    if formats.is_env_file(path) or not (readers or apps.is_manifest(path)):
        return False
    try:
        texts = [files.decode(content) for content in (before, after)]
        if any(text.conflict(one) is not None for one in texts):
            return False
        for reader in readers:
            said = [formats.read(reader, Text(path, one, True)) for one in texts]
            if any(reading.unread for reading in said) or not formats.say_alike(*said):
                return False
        return not apps.is_manifest(path) or apps.mean_alike(path, *texts)
    except Unreadable:
        return False


# Settings, and comments that accept a finding.
_NAMES_US = b"driftline"


def _with_keys(texts: Mapping[str, bytes], folder: str) -> set[str]:
    """Those of the texts, by their blobs, in which a credential stands: few of those that have the beginning of one do."""
    from driftline.bundle.scan import Texts

    search = Texts(cache=folder, key=os.urandom(32))
    return {blob for blob, content in texts.items() if search.sightings(blob, content) or search.unread}


class _Gate:
    """The compiled expressions: for names of files, for traces in code, and for credentials."""

    def __init__(
        self, databases: Sequence[Any], names: Sequence[int], traces: Sequence[int], silent: Iterable[int], mention: bytes
    ) -> None:
        self._names, self._traces, self._keys = databases
        self._owner_of_name, self._owner_of_trace, self._silent, self._mention = names, traces, frozenset(silent), mention

    def owners(self, path: bytes, *, is_source: bool = False) -> set[int]:
        """Who reads a file of this name: the languages, and `_SOURCE` or, but for prose, `_OTHER`."""
        found = {self._owner_of_name[number] for number in _hits(self._names, path)}
        if is_source or _SOURCE in found:
            return found | {_SOURCE}
        return found if path.endswith(_PROSE) else found | {_OTHER}

    def holds_key(self, content: bytes) -> bool:
        """Whether something in a text may be a credential."""
        return not self._silent.issuperset(_hits(self._keys, content))

    def speaks(self, owners: set[int], before: bytes, after: bytes) -> bool:
        """Whether a file is a source, either version of a code file reads a variable or fixes an address, the two mention different names, or
        it declares something else."""
        if _SOURCE in owners:
            return True
        if languages := owners - {_OTHER}:
            found = self._found(before, after)
            if found & {_ALL, *languages} or (_MENTION in found and _differ(self._mention, before, after)):
                return True
        return self.declares(owners, before, after)

    def declares(self, owners: set[int], before: bytes, after: bytes) -> bool:
        """Whether a file that configuration may name as an env file declares something else than before."""
        return _OTHER in owners and _OTHER in self._found(before, after) and _differ(_DECLARATION_LINE, before, after)

    def _found(self, *contents: bytes) -> set[int]:
        return {self._owner_of_trace[number] for content in contents for number in _hits(self._traces, content)}


# `formats.DECLARATION` with the rest of its line, for a file in which that was found.
_DECLARATION_LINE = rb"(?:^|\n)((?:export )?[A-Z_][A-Z0-9_]*=[^\n]*)"


def _differ(expression: bytes, before: bytes, after: bytes) -> bool:
    import re

    found = re.compile(expression)
    return set(found.findall(before)) != set(found.findall(after))


def _hits(database: Any, data: bytes) -> set[int]:
    found: set[int] = set()

    def on_match(number: int, _start: int, _end: int, _flags: int, _context: object) -> None:
        found.add(number)

    if data:
        database.scan(data, match_event_handler=on_match)
    return found


def _key() -> str:
    """What the compiled file depends on: this version, and every file that its expressions were made from."""
    import hyperscan

    from driftline import __version__

    state = [__version__, sys.version, sys.platform, str(getattr(hyperscan, "__version__", ""))]
    here = os.path.dirname(__file__)
    for folder in ("", "formats", "code", "bundle", "knowledge", "knowledge/providers", "rules/exposure"):
        entries = [entry for entry in os.scandir(os.path.join(here, folder)) if entry.name.endswith((".py", ".toml", ".json"))]
        for entry in sorted(entries, key=lambda entry: entry.name):
            status = entry.stat()
            state.append(f"{entry.name} {status.st_size} {status.st_mtime_ns}")
    text = "\n".join(state).encode()
    return f"{zlib.crc32(text):08x}{zlib.adler32(text):08x}"


def _load(path: str) -> _Gate | None:
    """The compiled expressions; None where there are none. One that is damaged or made for another processor is removed."""
    content = cache.read(path)
    if content is None:
        return None
    import hyperscan

    try:
        # Three megabytes: what is cut off at a line's end is copied.
        lines, start = [], 0
        for _ in range(7):
            stop = content.index(b"\n", start)
            lines.append(content[start:stop])
            start = stop + 1
            if len(lines) == 2 and (lines[0] != _MAGIC or int(lines[1]) != zlib.crc32(memoryview(content)[start:])):
                raise ValueError("damaged")
        sizes, names, traces, silent, mention = lines[2:]
        databases = []
        for size in map(int, sizes.split()):
            database = hyperscan.loadb(content[start : start + size], hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
            databases.append(database)
            start += size
        owners, owners_of_traces, never = ([int(number) for number in line.split()] for line in (names, traces, silent))
        return _Gate(databases, owners, owners_of_traces, never, mention)
    except (ValueError, hyperscan.error):
        cache.remove(path)
        return None


def _changes() -> dict[bytes, tuple[str | None, str | None]] | None:
    """Path -> (blob before, blob after) of what is staged; None where there is no commit yet, a conflict, or git speaks of another folder."""
    top = _git("rev-parse", "--show-toplevel").rstrip(b"\r\n")
    if not top or os.path.normcase(os.path.realpath(os.fsdecode(top))) != os.path.normcase(os.path.realpath(".")):
        return None
    listed = _git("diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", "HEAD")
    fields = iter(listed.split(b"\0"))
    changes: dict[bytes, tuple[str | None, str | None]] = {}
    for head in fields:
        if not head:
            break
        old, new, before, after, status = head.decode("ascii").lstrip(":").split()
        path = next(fields)
        if status.startswith("U"):
            return None
        changes[path] = (before if old in ("100644", "100755") else None, after if new in ("100644", "100755") else None)
    return changes


def _git(*arguments: str) -> bytes:
    import subprocess

    from driftline.project import inert

    done = subprocess.run(  # noqa: S603  # no shell; the arguments are ours
        inert.command(".", *arguments),
        env=inert.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=inert.PATIENCE,
    )
    return done.stdout if done.returncode == 0 else b""


def _blobs(names: Sequence[str]) -> Iterator[bytes]:
    """The content of each blob; ends early at one that is missing or too large."""
    import subprocess

    from driftline.project import inert

    if not names:
        return
    process = subprocess.Popen(  # noqa: S603  # no shell; the arguments are ours
        inert.command(".", "cat-file", "--batch"),
        env=inert.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    if process.stdin is None or process.stdout is None:
        return
    timer = inert.ended_in_time(process.kill)
    with process, process.stdin as asked, process.stdout as told:
        try:
            asked.write("".join(f"{name}\n" for name in names).encode())  # a few hundred names fit into the pipe
            asked.close()
            for _ in names:
                header = told.readline().split()
                if len(header) != 3 or header[1] != b"blob" or int(header[2]) > _LARGEST:
                    break
                content = told.read(int(header[2]) + 1)
                if len(content) != int(header[2]) + 1:
                    break
                yield content[:-1]
        finally:
            process.kill()
            timer.cancel()


# --- settings that were read without a complaint ------------------------------------------------------------------------------


def _settled(folder: str, key: str) -> frozenset[bytes] | None:
    """The files that the settings call env files, where the settings, if there are any, were read whole before as they are now; else None."""
    state = _settings()
    if state is None:
        return frozenset()
    content = cache.read(os.path.join(folder, f"settled-{key}")) or b""
    named = dict(line.partition(b"\0")[::2] for line in content.split(b"\n") if line).get(state.encode())
    return None if named is None else frozenset(name for name in named.split(b"\0") if name)


def _settings() -> str | None:
    """A checksum of driftline.toml, or of a pyproject.toml that speaks of us; None where there is neither."""
    for name in ("driftline.toml", "pyproject.toml"):
        try:
            content = regular.read(name)
        except FileNotFoundError:
            continue
        except OSError:
            return "unreadable"
        if name == "driftline.toml" or b"driftline" in content:
            return f"{len(content)}-{zlib.crc32(content):08x}{zlib.adler32(content):08x}"
    return None


# --- compiling --------------------------------------------------------------------------------------------------------------


def prepare(folder: str | None, named: Sequence[str]) -> None:
    """Called when the audit has read the settings of the project in this folder: keeps that, and what the next glance needs.

    `folder` is the cache's, `named` are the files that the settings call env files.
    A cache that cannot be used is no failure: every commit is then audited.
    """
    if folder is None:
        return
    key = _key()
    try:
        state = _settings()
        if state is not None and _settled(folder, key) is None and not any("\n" in name for name in named):
            path = os.path.join(folder, f"settled-{key}")
            before = (cache.read(path) or b"").split(b"\n")[-64:-1]
            line = b"\0".join([state.encode(), *(os.fsencode(name) for name in named)])
            cache.write(path, b"\n".join([*before, line, b""]))
        path = os.path.join(folder, f"glance-{key}")
        if cache.read(path) is None:
            rest = _compiled(folder)
            cache.write(path, _MAGIC + b"\n%d\n" % zlib.crc32(rest) + rest)
    except (OSError, ValueError):
        return


def _compiled(folder: str) -> bytes:
    """The content of the compiled file, behind its checksum."""
    import re

    from driftline import code, formats
    from driftline.bundle import engine, triggers
    from driftline.code import _addresses
    from driftline.knowledge import catalog
    from driftline.rules.exposure import exposed_env_file

    names = [(_path_expression(pattern), _SOURCE) for reader in formats.readers() for pattern in reader.FORMAT.files]
    names.append((exposed_env_file.PUBLIC_FOLDER.pattern, _SOURCE))
    names += [(_path_expression(name), _SOURCE) for name in ("driftline.toml", "pyproject.toml")]
    traces = [(trace, _ALL) for trace in _addresses.TRACES]
    mention = code.MENTION.pattern
    expressions = [mention, formats.DECLARATION.pattern, *(re.escape(trace) for trace, _ in traces)]
    owners = [_MENTION, _OTHER, *(owner for _, owner in traces)]
    numbers: dict[str, int] = {}
    for extension, language in code.languages().items():
        if language not in numbers:
            numbers[language] = _OTHER + 1 + len(numbers)
            own = code.traces(language)
            expressions += [re.escape(trace) for trace in own]
            owners += [numbers[language]] * len(own)
        names.append((_path_expression("*" + extension if extension.startswith(".") else extension), numbers[language]))
    patterns = engine.cached(catalog.load(), folder)
    silent = [number for number, trigger in enumerate(patterns.triggers) if trigger.form in (triggers.READ, triggers.SERVICE, triggers.MAP)]
    databases = [_database([text.encode() for text, _ in names]), _database(expressions), patterns.dumped()]
    lines = [[len(one) for one in databases], [owner for _, owner in names], owners, silent]
    return b"\n".join([*(" ".join(map(str, line)).encode() for line in lines), mention, b"".join(databases)])


def _path_expression(pattern: str) -> str:
    """An `fnmatch` pattern of a base name, or of a path where it holds a `/`, as an expression on a path."""
    import re

    inside = "".join(".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return f"^{inside}$" if "/" in pattern else f"(?:^|/){inside}$"


def _database(expressions: Sequence[bytes]) -> bytes:
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_SINGLEMATCH
    database.compile(expressions=list(expressions), ids=list(range(len(expressions))), flags=[flags] * len(expressions))
    return bytes(hyperscan.dumpb(database))
