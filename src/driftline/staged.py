"""The commit audit: judges the staged content, with the unchanged context it needs, and reports what the commit causes or touches."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress

from driftline import audit, code, formats
from driftline.audit import Request
from driftline.formats import dotenv
from driftline.knowledge import identify
from driftline.model import Finding, Location, Related, Report, Text, Unread, Unreadable
from driftline.project import files, git
from driftline.project.apps import folder_of
from driftline.project.files import File, Tree
from driftline.project.index import Change, Index


def commit(request: Request, given: Sequence[str]) -> Report:
    """Judges the staged files, or those of `given` (paths relative to the root); raises Unreadable where git cannot say.

    A given file that is not staged is judged as it was committed, and the report says so.
    """
    started = time.perf_counter()
    with Index(request.root) as index:
        changes = {change.path: change for change in index.changes if not request.settings.is_excluded(change.path)}
        unstaged = [path for path in given if path not in changes and path in index.entries]
        unknown = [path for path in given if path not in changes and path not in index.entries]
        wanted = [changes[path] for path in given if path in changes] if given else list(changes.values())
        if given:  # whoever lists the files of a commit leaves out the deleted ones
            wanted += [change for path, change in changes.items() if change.after is None and path not in given]
        wanted += [Change(path, None, index.entries[path]) for path in unstaged]
        notes = []
        if unstaged:
            notes.append(Related(Location(unstaged[0], 1), f"{_count(unstaged)} not staged; judged as committed"))
        if unknown:
            notes.append(Related(Location(unknown[0], 1), f"{_count(unknown)} not in the git index; not judged"))
        if not wanted:
            return Report("commit", ".", None, (), (), notes=tuple(notes), seconds=time.perf_counter() - started)
        touched = _touched(index, wanted, request.settings.sources)
        tree, local = _tree(request, index)
        looked_at = _around(index, touched.names) | {change.path for change in wanted if change.after is not None}
        project = audit.read_tree(request, tree, lambda path: _content(request.root, index, local, path), looked_at)
        project = project._replace(unread=tuple(dict.fromkeys((*touched.unread, *project.unread))))
        from driftline.bundle.scan import Texts

        looked = Texts(cache=request.cache, key=project.keys.process, digest_key=project.keys.digest)
        found = tuple(one for path, content in _staged_texts(index, wanted, project.unread) for one in looked.sightings(path, content))
        project = project._replace(facts=project.facts._replace(committed=found))
        paths = {change.path for change in wanted}
        report = audit.judge(request, project, started, lambda finding: _is_caused(finding, touched.names, paths))
    return report._replace(notes=(*notes, *report.notes), unknown=(), files=max(report.files, len(wanted)))


_FEW = 200


def _around(index: Index, names: Collection[str]) -> set[str]:
    """The code in the index that may speak of one of these names."""
    # Git tries every word on every line: for many words it is quicker to look at all of the code. A damaged object ends its search.
    with suppress(Unreadable):
        if len(names) <= _FEW:
            return set(index.holding(names, code.languages()))
    return set(index.entries)


# A blob of this size is no text that a person wrote.
_TEXT = 5 * 1024 * 1024


def _staged_texts(index: Index, changes: Iterable[Change], unread: Sequence[Unread]) -> Iterator[tuple[str, bytes]]:
    """The staged text, file by file; binary blobs are left out, and so is what the audit already could not read."""
    known = {one.path for one in unread}
    for change in changes:
        if change.after is None or change.path in known:
            continue
        try:
            content = index.blob(change.after)
        except Unreadable:
            continue
        if len(content) <= _TEXT and b"\0" not in content[:8192]:
            yield change.path, content


def _count(paths: Sequence[str]) -> str:
    return "this file is" if len(paths) == 1 else f"this and {len(paths) - 1} more files are"


class _Touched:
    """The variables that the changes add, remove or alter, and what could not be read on the way."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.unread: list[Unread] = []
        self.key = os.urandom(32)


def _touched(index: Index, changes: Iterable[Change], named: Collection[str]) -> _Touched:
    """Compares each changed file's statements before and after; `named` are the files that the settings call env files."""
    touched = _Touched()
    for change in changes:
        readers = tuple(formats.readers_of(change.path)) or ((dotenv,) if change.path in named else ())
        if not readers and not code.is_code(change.path):
            continue
        before, after = (_statements(index, change.path, blob, readers, touched) for blob in (change.before, change.after))
        touched.names |= {name for name, _ in before ^ after}
    return touched


def _statements(index: Index, path: str, blob: str | None, readers: Iterable[formats.Reader], touched: _Touched) -> set[tuple[str, object]]:
    """(name, what is said of it) for every declaration and reference of one version of a file; empty for no version."""
    if blob is None:
        return set()
    try:
        content = index.blob(blob)
        said: set[tuple[str, object]] = set()
        for reader in readers:
            reading = reader.read(Text(path, files.decode(content), True))
            for d in reading.declarations:  # line numbers do not count: a moved line says the same
                held = identify.digest(d.value, touched.key) if d.value is not None else None
                said.add((d.name, (d.state, d.context, d.component, held)))
            said |= {(r.name, (r.need, r.component)) for r in reading.references}
            said |= {(name, step.tool) for step in reading.passthroughs for name in step.names if "*" not in name}
        if code.is_code(path):
            survey = code.survey([code.CodeFile(path, content)], whole=False)
            said |= {(r.name, (r.need, r.how, r.side)) for r in survey.references}
            said |= {(name, "mention") for names in survey.mentions.values() for name in names}
    except Unreadable as problem:
        touched.unread.append(Unread(path, problem.reason, problem.line, problem.column))
        return set()
    return said


def _tree(request: Request, index: Index) -> tuple[Tree, frozenset[str]]:
    """The index as a tree, with the env files beside its sources that git does not track; these are read from the work tree."""
    tracked = [File(path, True) for path in index.entries if not request.settings.is_excluded(path)]
    homes = {folder_of(file.path) for file in tracked if _may_have_local_files(file.path)}
    local = []
    for home in sorted({".", *homes}):
        try:
            names = sorted(entry.name for entry in os.scandir(os.path.join(request.root, home)) if entry.is_file(follow_symlinks=False))
        except OSError:
            continue
        inside = "" if home == "." else home + "/"
        local += [inside + name for name in names if formats.is_env_file(inside + name) and inside + name not in index.entries]
    local = [path for path in local if not request.settings.is_excluded(path)]
    ignored = git.ignored(request.root, local)
    tree_files = sorted([*tracked, *(File(path, False, path in ignored) for path in local)])
    conflicts = tuple(Unread(path, "is in a merge conflict") for path in sorted(index.conflicts))
    return Tree(request.root, tuple(tree_files), True, conflicts), frozenset(local)


def _may_have_local_files(path: str) -> bool:
    base = path.rpartition("/")[2]
    return base in ("package.json", "pyproject.toml", "requirements.txt") or formats.is_env_file(path)


def _content(root: str, index: Index, local: Collection[str], path: str) -> bytes:
    return files.read(root, path) if path in local else index.read(path)


def _is_caused(finding: Finding, names: Collection[str], paths: Collection[str]) -> bool:
    """A finding about a touched variable, or one about a changed file itself."""
    if finding.variable is not None:
        return finding.variable in names
    return finding.location.path in paths
