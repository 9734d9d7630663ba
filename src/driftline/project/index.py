"""The staged content of a repository: what a commit changes, and every blob of the index through one `git cat-file --batch`."""

import os
import subprocess
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from threading import Timer
from types import TracebackType
from typing import IO

from driftline.model import Unreadable
from driftline.project import git, inert, spoken
from driftline.project.files import MAX_SOURCE
from driftline.project.text import is_text
from driftline.record import NamedTuple

# A blob is asked for when the changes are compared and when the project is read: so much is kept of what git has shown.
_KEPT = 64 * 1024 * 1024

IN_CONFLICT = "is in a merge conflict: settle it, and `git add` it"

# Blobs of these modes hold text of the project; 120000 is a link, 160000 a submodule (gitformat-index(5)).
_FILE_MODES = frozenset(("100644", "100755"))
_FILE_HEADS = tuple(f"{mode} " for mode in _FILE_MODES)


class Change(NamedTuple):
    """A path that the commit adds, changes or deletes, with the blob before and after; None where there is none."""

    path: str
    before: str | None
    after: str | None


class _Large(NamedTuple):
    """A blob that is too large to be kept in memory: its beginning and its size."""

    head: bytes
    size: int


class LargeText(NamedTuple):
    """A text that is read piece by piece: its size in bytes, and a new reader at every call."""

    size: int
    opened: Callable[[], IO[bytes]]


class Index:
    """The git index under a root, open while one `git cat-file --batch` answers; a context manager.

    `changes` and `blobs` are what git has said of it already: what the index changes, and the content of some blobs.
    Raises Unreadable where git cannot say, and in `read` for a blob that is missing, too large, a link, or in conflict.
    """

    def __init__(self, root: str, changes: Sequence[Change] | None = None, blobs: Mapping[str, bytes] | None = None) -> None:
        self.root = root
        if changes is None:
            git.top(root)
        self.entries, self.conflicts, self.links = _entries(root)
        self.changes = tuple(changes) if changes is not None else _changes(root)
        self._process: subprocess.Popen[bytes] | None = None
        self._blobs: dict[str, bytes] = {**(blobs or {})}
        self._room = _KEPT
        self._readers: list[subprocess.Popen[bytes]] = []
        self._timers: list[Timer] = []

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()
        for reader in self._readers:
            reader.kill()
            reader.communicate()
        for timer in self._timers:
            timer.cancel()

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = git.start(self.root, *arguments)
        self._timers.append(inert.ended_in_time(process.kill))
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was written to a process that has died
                    pipe.close()
        process.wait()

    def read(self, path: str) -> bytes:
        """The staged bytes of a path. Raises Unreadable."""
        if path in self.conflicts:
            raise Unreadable(IN_CONFLICT)
        if path in self.links:
            raise Unreadable("is a link; not followed")
        if path not in self.entries:
            raise Unreadable("is not in the index")
        return self.blob(self.entries[path])

    def blob(self, name: str) -> bytes:
        """The bytes of a blob by its object name. Raises Unreadable."""
        content = self._kept(name)
        if isinstance(content, _Large):
            raise Unreadable(f"larger than {MAX_SOURCE // (1024 * 1024)} MiB")
        return content

    def text(self, name: str) -> bytes | LargeText | None:
        """The bytes of a blob that is text, None for a binary one. Raises Unreadable."""
        content = self._kept(name)
        if isinstance(content, _Large):
            return LargeText(content.size, partial(self._open, name)) if is_text(content.head) else None
        return content if is_text(content) else None

    def _open(self, name: str) -> IO[bytes]:
        process = self._start("cat-file", "blob", name)
        self._readers.append(process)
        if process.stdout is None:
            raise Unreadable("git cat-file has no pipe")
        return process.stdout

    def _kept(self, name: str) -> bytes | _Large:
        if name not in self._blobs:
            content = self._blob(name)
            if isinstance(content, _Large) or len(content) > self._room:
                return content
            self._room -= len(content)
            self._blobs[name] = content
        return self._blobs[name]

    def _blob(self, name: str) -> bytes | _Large:
        told = self._asked((name,))
        size = self._size(told)
        if size > MAX_SOURCE:
            head = told.read(8192)
            for _ in _pieces(told, size - len(head)):
                pass
            told.read(1)
            return _Large(head, size)
        content = told.read(size)
        told.read(1)
        if len(content) != size:
            self._end()
            raise Unreadable("git cannot show the staged content")
        return content

    def _asked(self, names: Sequence[str]) -> IO[bytes]:
        """Where git answers for each of a few hundred blobs, which fit into the pipe."""
        if self._process is None:
            self._process = self._start("cat-file", "--batch")
        if self._process.stdin is None or self._process.stdout is None:
            raise Unreadable("git cat-file has no pipe")
        with suppress(OSError):  # its answer shows that it has died
            self._process.stdin.write("".join(f"{name}\n" for name in names).encode())
            self._process.stdin.flush()
        return self._process.stdout

    def _size(self, told: IO[bytes]) -> int:
        """How many bytes of a blob follow. Raises Unreadable where none do."""
        try:
            header = told.readline().split()
        except OSError:
            header = []
        if not header:  # a damaged object ends git; the next blob is asked of a new one
            self._end()
        if len(header) != 3 or header[1] != b"blob":
            raise Unreadable("git cannot show the staged content")
        return int(header[2])

    def holding(self, words: Collection[str], endings: Iterable[str], memory: str | None = None) -> tuple[str, ...]:
        """The paths of the index whose text holds one of these words (letters, digits and `_`), whole; with a `memory`, a few others too.

        `endings` limits the files to those with these extensions (`.ts`) or names (`Rakefile`): pictures and lock files take longest.
        `memory` is the cache's folder, which remembers what was seen in a blob before. Raises Unreadable.
        """
        endings, asked = tuple(endings), set(words)
        found: tuple[str, ...] = ()
        usual = {word for word in asked if spoken.is_usual(word)}
        if memory is not None and usual:
            try:
                found = self._remembered(usual, endings, memory)
                asked -= usual
            except Unreadable:  # at a damaged object: git's own search passes over those that nobody asks for
                self._end()
        return tuple(dict.fromkeys((*found, *self._searched(asked, endings))))

    def _searched(self, words: Iterable[str], endings: Iterable[str]) -> tuple[str, ...]:
        # Through standard input: a command line has an end.
        given = "\n".join(sorted(words)).encode("utf-8", "surrogatepass")
        if not given:
            return ()
        # As text and without colours, whatever the attributes of a file and the settings of a user say. Reading blobs is most of it, which git
        # does one at a time whatever the number of threads.
        options = ("--threads=1", "--cached", "--text", "--no-color", "-l", "-z", "-w", "-F", "-f", "-")
        output = git.run(self.root, "grep", *options, "--", *_only(endings), stdin=given, codes=(0, 1))
        return tuple(os.fsdecode(path) for path in output.split(b"\0") if path)

    def _remembered(self, words: Iterable[str], endings: Sequence[str], memory: str) -> tuple[str, ...]:
        extensions = tuple(ending for ending in endings if ending.startswith("."))
        asked = [(path, blob) for path, blob in self.entries.items() if path.endswith(extensions) or path.rpartition("/")[2] in endings]
        known = spoken.load(memory, self.root)
        new = list(dict.fromkeys(blob for _, blob in asked if blob not in known))
        for start in range(0, len(new), _AT_ONCE):
            some = new[start : start + _AT_ONCE]
            told = self._asked(some)
            for blob in some:
                known[blob] = spoken.marks(_pieces(told, self._size(told)))
                told.read(1)
        if new:
            spoken.save(memory, self.root, known, self.entries.values())
        wanted = {spoken.mark(word.encode()) for word in words}
        return tuple(path for path, blob in asked if known[blob] and not wanted.isdisjoint(known[blob].split()))


# So many names of blobs fit into a pipe, the smallest of which holds 16 KiB.
_AT_ONCE = 200


def _pieces(told: IO[bytes], size: int) -> Iterator[bytes]:
    """The next `size` bytes, piece by piece. Raises Unreadable where there are fewer."""
    while size > 0:
        piece = told.read(min(size, 1 << 20))
        if not piece:
            raise Unreadable("git cannot show the staged content")
        size -= len(piece)
        yield piece


def _only(endings: Iterable[str]) -> list[str]:
    # `*.ts` is compared with the end of each path; for a `**` git's matcher tries every folder.
    return [f"*{ending}" if ending.startswith(".") else f":(glob)**/{ending}" for ending in endings]


def _entries(root: str) -> tuple[dict[str, str], frozenset[str], frozenset[str]]:
    """(path -> blob, paths in conflict, links) of the index, relative to the root."""
    entries: dict[str, str] = {}
    conflicts: set[str] = set()
    links: set[str] = set()
    for entry in os.fsdecode(git.run(root, "ls-files", "-z", "--stage")).split("\0"):
        # `MODE NAME STAGE\tPATH`: nearly all are files of one stage, of which there may be many thousands.
        head, _, path = entry.partition("\t")
        if head.startswith(_FILE_HEADS) and head.endswith(" 0"):
            entries[path] = head[7:-2]
        elif head and not head.endswith(" 0"):
            conflicts.add(path)
        elif head.startswith("120000 "):
            links.add(path)
    return entries, frozenset(conflicts), frozenset(links)


def _changes(root: str) -> tuple[Change, ...]:
    """What the index changes against HEAD; against nothing in a repository without a first commit."""
    against = ("diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--relative", "--no-ext-diff")
    try:
        output = git.run(root, *against, "HEAD")
    except Unreadable:
        if git.run(root, "rev-parse", "--verify", "--quiet", "HEAD^{tree}", codes=(0, 1)):
            raise
        nothing = git.run(root, "hash-object", "-t", "tree", "--stdin", stdin=b"").decode().strip()
        output = git.run(root, *against, nothing)
    fields = iter(output.split(b"\0"))
    changes = []
    for head in fields:
        if not head:
            break
        old_mode, new_mode, before, after, _ = head.decode("ascii").lstrip(":").split()
        path = os.fsdecode(next(fields))
        changes.append(Change(path, before if old_mode in _FILE_MODES else None, after if new_mode in _FILE_MODES else None))
    return tuple(changes)
