"""The files of a project: walks a folder as git would, and reads files with every failure as a value."""

import os
import stat
from collections.abc import Callable, Collection, Iterable, Sequence

from driftline.model import Location, Related, Unread, Unreadable
from driftline.project import git, ignore
from driftline.project.ignore import Ignore
from driftline.project.text import is_text
from driftline.record import NamedTuple

# Folders that hold no source of the project whatever .gitignore says: dependencies, version control, virtual environments, caches.
# Build output is left to .gitignore and to the `bundle` command, except where a framework's own folder name is unmistakable.
SKIPPED = frozenset(
    ("node_modules", "bower_components", ".git", ".hg", ".svn", ".venv", "venv", "__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache",
     ".pytest_cache", ".next", ".nuxt", ".output", ".svelte-kit", ".turbo", ".parcel-cache", ".cache", ".yarn", ".pnpm-store", "site-packages",
     ".terraform", ".expo", ".wrangler", "vendor/bundle")
)  # fmt: skip

# Ignored folders that hold what a platform's own CLI wrote for this project.
_PULLED = (".vercel",)

# A source larger than this is not configuration: 64 MiB is a hundred times the largest env file seen in public repositories.
MAX_SOURCE = 64 * 1024 * 1024
_MAX_GITIGNORE = 1024 * 1024

# Why a file cannot be read that was listed a moment ago: it was deleted since, or it is a link to nothing.
GONE = "is not there"


class File(NamedTuple):
    """A file under the root: `path` relative with `/`; `tracked` None without git; `ignored` as git (or .gitignore) says."""

    path: str
    tracked: bool | None
    ignored: bool = False


class Tree(NamedTuple):
    """All files of a project. `git` says whether git answered; `unread` holds folders that could not be listed, `notes` what was left out."""

    root: str
    files: tuple[File, ...]
    git: bool
    unread: tuple[Unread, ...] = ()
    notes: tuple[Related, ...] = ()


def walk(root: str, is_excluded: Callable[[str], bool] = lambda _path: False) -> Tree:
    """The files under `root` that belong to the project: tracked and untracked, not ignored; of the ignored ones only env-like files.

    Links are listed, never followed. Raises Unreadable when `root` is not a folder that can be listed.
    """
    try:
        if not stat.S_ISDIR(os.stat(root).st_mode):
            raise Unreadable(f"{root}: is not a folder")
        os.listdir(root)
    except OSError as error:
        raise Unreadable(f"{root}: {error.strerror}") from None
    if git.repository(root) is not None:
        try:
            return _walk_git(root, is_excluded)
        except Unreadable as problem:
            # A `.git` that is no repository, or one git refuses: the audit goes on with a walk of its own, and says so.
            tree = _walk_plain(root, is_excluded)
            return tree._replace(unread=(*tree.unread, Unread(".git", f"{problem.reason}; what git tracks and ignores is not known")))
    return _walk_plain(root, is_excluded)


def _walk_git(root: str, is_excluded: Callable[[str], bool]) -> Tree:
    listing = git.listing(root)
    linked = _linked_folders(root, listing.tracked)
    # Where a link has taken a folder's place, its files are deleted ones to git, and what lies behind the link is none of ours.
    files = [File(path, True) for path in listing.tracked if not path.startswith(linked)]
    files += [File(path, False) for path in listing.untracked]
    unread = [Unread(path, reason) for path, reason in listing.closed if not is_excluded(path)]
    for path in listing.ignored:
        if not path.endswith("/"):
            files.append(File(path, False, True))
        elif path.rstrip("/").rpartition("/")[2] in _PULLED:
            try:
                files += [File(path + name, False, True) for name in _names(os.path.join(root, path))]
            except OSError as error:
                unread.append(Unread(path.rstrip("/"), error.strerror or "cannot be listed"))
    odd, closed = _no_files(root, {*listing.ignored, *listing.nested})
    if not listing.closed:  # else git has met the same, under a path that it may have cut
        unread += [one for one in closed if not is_excluded(one.path)]
    ignored = git.ignored(root, odd)
    files += [File(path, False, path in ignored) for path in odd]
    nested = (path.rstrip("/") for path in listing.nested if not is_excluded(path))
    notes = [Related(Location(path, 1), "is a repository of its own and was not looked at; run driftline in it") for path in sorted(nested)]
    notes += together(listing.absent, "not in this sparse checkout and not looked at")
    return Tree(root, _ordered(files, is_excluded), True, tuple(unread), tuple(notes))


_NAMED = 8


def together(paths: Sequence[str], said: str) -> list[Related]:
    """The note that all these files are what is said: at the first of them, with the names of the next. None for no files."""
    if not paths:
        return []
    first, *others = paths
    names = ", ".join(others[:_NAMED]) + (", ..." if others[_NAMED:] else "")
    count = f"this file and {len(others)} more ({names}) are" if others else "this file is"
    return [Related(Location(first, 1), f"{count} {said}")]


def _no_files(root: str, left_out: Collection[str]) -> tuple[list[str], list[Unread]]:
    """What is neither file, folder nor link, outside the folders that are `left_out`, and the folders that cannot be listed.

    Git goes past a pipe or a socket without a word, and past a folder that has an env file's name.
    """
    found: list[str] = []
    closed: list[Unread] = []
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            entries = list(os.scandir(os.path.join(root, folder)))
        except OSError as error:
            closed.append(Unread(folder.rstrip("/") or ".", error.strerror or "cannot be listed"))
            continue
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                continue
            if entry.is_dir(follow_symlinks=False):
                path = f"{folder}{entry.name}/"
                if _takes_an_env_file_s_place(entry):
                    found.append(folder + entry.name)
                if entry.name not in SKIPPED and path not in left_out:
                    pending.append(path)
            elif not entry.is_symlink():
                found.append(folder + entry.name)
    return found, closed


def _takes_an_env_file_s_place(folder: "os.DirEntry[str]") -> bool:
    """Whether loaders find this folder where they look for an env file; a virtual environment of Python may be called so."""
    named = folder.name == ".env" or folder.name.startswith(".env.")
    return named and not os.path.exists(os.path.join(folder.path, "pyvenv.cfg"))


def _walk_plain(root: str, is_excluded: Callable[[str], bool]) -> Tree:
    files: list[File] = []
    unread: list[Unread] = []
    # Each folder with the `.gitignore` files that apply to it, and whether it is ignored itself.
    pending: list[tuple[str, tuple[Ignore, ...], bool]] = [("", (), False)]
    while pending:
        folder, applying, inside_ignored = pending.pop()
        try:
            entries = sorted(os.scandir(os.path.join(root, folder)), key=lambda entry: entry.name)
        except OSError as error:
            unread.append(Unread(folder.rstrip("/") or ".", error.strerror or "cannot be listed"))
            continue
        if any(entry.name == ".gitignore" for entry in entries):
            try:
                applying = (*applying, ignore.parse(read(root, folder + ".gitignore", _MAX_GITIGNORE), folder))
            except Unreadable as problem:
                unread.append(Unread(folder + ".gitignore", f"{problem.reason}; what it ignores is not known"))
        for entry in entries:
            path = folder + entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            is_ignored = inside_ignored or ignore.ignored(applying, path, is_folder)
            if not is_folder or _takes_an_env_file_s_place(entry):
                files.append(File(path, None, is_ignored))
            if not is_folder:
                continue
            if entry.name not in SKIPPED and (not is_ignored or entry.name in _PULLED):
                pending.append((path + "/", applying, is_ignored))
    return Tree(root, _ordered(files, is_excluded), False, tuple(unread))


def _linked_folders(root: str, paths: Iterable[str]) -> tuple[str, ...]:
    """The folders of `paths` that are links, with a trailing `/`."""
    folders: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return tuple(sorted(folder + "/" for folder in folders if os.path.islink(os.path.join(root, folder))))


def _names(folder: str) -> list[str]:
    return sorted(entry.name for entry in os.scandir(folder) if not entry.is_dir(follow_symlinks=False))


def _ordered(files: Iterable[File], is_excluded: Callable[[str], bool]) -> tuple[File, ...]:
    kept = (file for file in files if not SKIPPED.intersection(file.path.split("/")[:-1]) and not is_excluded(file.path))
    return tuple(sorted(set(kept)))


def read(root: str, path: str, limit: int = MAX_SOURCE, *, most: int | None = None) -> bytes:
    """The bytes of the file `path` under `root`; `most` asks for the first ones of a file of any size.

    Raises Unreadable for a folder, a link out of the root or in a loop, a device or pipe, a file that is too large or vanishes.
    """
    full = os.path.join(root, path)
    try:
        status = os.lstat(full)
        if stat.S_ISLNK(status.st_mode):
            status = os.stat(full)  # first: the kernel gives up after forty links, realpath follows each of a ring by recursion
            real_root = os.path.realpath(root)
            target = os.path.realpath(full, strict=True)
            if os.path.commonpath((real_root, target)) != real_root:
                raise Unreadable("a link out of the audited folder; not followed")
        _refuse(status, None if most else limit)
        # Opened without waiting, and looked at again: a pipe that takes a file's place meanwhile must not hold us up.
        descriptor = os.open(full, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            status = os.fstat(descriptor)
            _refuse(status, None if most else limit)
            if most:
                return _whole(descriptor, min(status.st_size, most), most)[:most]
            content = _whole(descriptor, status.st_size, limit)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        raise Unreadable(GONE) from None
    except OSError as error:
        raise Unreadable(error.strerror or "cannot be read") from None
    except ValueError:  # commonpath: another drive
        raise Unreadable("a link out of the audited folder; not followed") from None
    if len(content) > limit:
        raise Unreadable(_too_large(limit))
    return content


def _whole(descriptor: int, size: int, limit: int) -> bytes:
    """All bytes of an open file of about `size`, or one more than `limit`; without a file object, which costs as much as the reading."""
    # Reading asks for a buffer of the given size: one of the file's own, not of the limit; more only where the file has grown.
    content = os.read(descriptor, size + 1)
    if len(content) == size:
        return content
    parts = [content]
    got = len(content)
    while got <= limit and (part := os.read(descriptor, min(limit + 1 - got, _PART))):
        parts.append(part)
        got += len(part)
    return b"".join(parts)


_PART = 1024 * 1024


# What is enough to tell text from what nobody wrote.
_SNIFFED = 8192


def text(root: str, path: str) -> bytes | None:
    """The bytes of a text file; None for a binary one, of which only the first bytes are read. Raises Unreadable as `read` does."""
    head = read(root, path, most=_SNIFFED)
    if not is_text(head):
        return None
    return head if len(head) < _SNIFFED else read(root, path)


def _refuse(status: os.stat_result, limit: int | None) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise Unreadable("is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("is not a regular file")
    if limit is not None and status.st_size > limit:
        raise Unreadable(_too_large(limit))


def _too_large(limit: int) -> str:
    return f"larger than {limit // (1024 * 1024)} MiB"


def target(root: str, path: str) -> str | None:
    """Where the link `path` leads, relative to the root with `/`; None when it is no link or leaves the root."""
    full = os.path.join(root, path)
    if not os.path.islink(full):
        return None
    real_root = os.path.realpath(root)
    try:
        os.stat(full)  # as in `read`
        relative = os.path.relpath(os.path.realpath(full, strict=True), real_root)
    except (OSError, ValueError):
        return None
    relative = relative.replace(os.sep, "/")
    return None if relative == ".." or relative.startswith("../") else relative


# git-lfs, docs/spec.md; git-crypt, README: what lies in the repository where the content is kept elsewhere, or encrypted. 2026-11.
_STAND_INS = (
    (b"version https://git-lfs.github.com/spec/", "is a pointer of Git LFS; its content is not here (`git lfs pull` brings it)"),
    (b"\0GITCRYPT\0", "is encrypted by git-crypt (`git-crypt unlock` opens it in the work tree)"),
)


def decode(content: bytes) -> str:
    """The text of a source file: UTF-8, a byte-order mark kept (loaders differ on it).

    Raises Unreadable for UTF-16, NUL bytes and invalid UTF-8, with the line where it breaks, and for what git keeps instead of a text.
    """
    for start, reason in _STAND_INS:
        if content.startswith(start):
            raise Unreadable(reason, 1, 1)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("is UTF-16 (PowerShell's `>` writes it); no loader reads it: save it as UTF-8", 1, 1)
    null = content.find(b"\0")
    if null >= 0:
        raise Unreadable("holds NUL bytes: binary, or UTF-16 without a mark", content.count(b"\n", 0, null) + 1, 1)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8", content.count(b"\n", 0, error.start) + 1, 1) from None
