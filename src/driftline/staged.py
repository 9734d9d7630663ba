"""The commit audit: judges the staged content, with the unchanged context it needs, and reports what the commit causes or touches."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from driftline import audit, code, formats
from driftline.audit import Request
from driftline.environments import Keys
from driftline.knowledge import identify
from driftline.model import Finding, Location, Mode, Related, Report, Sighting, Text, Unread, Unreadable, failed
from driftline.project import files, git
from driftline.project.apps import folder_of
from driftline.project.files import File, Tree
from driftline.project.index import IN_CONFLICT, Change, Index, LargeText
from driftline.suppress import fingerprint

if TYPE_CHECKING:
    from driftline.bundle.scan import Texts
    from driftline.glance import Seen


def commit(request: Request, given: Sequence[str], *, listed: bool = False, seen: Seen | None = None) -> Report:
    """Judges the staged files, or those of `given` (paths relative to the root); raises Unreadable where git cannot say.

    A given file that is not staged is judged as it was committed, and the report says so. `listed` is True where `given` names every file
    that is to be judged, even if there is none; what the commit deletes is never among the names, and always judged. `seen` is what a glance
    has seen of the commit.
    """
    started = time.perf_counter()
    known = None if seen is None else [Change(os.fsdecode(path), *blobs) for path, blobs in seen.changes.items()]
    with Index(request.root, known, None if seen is None else seen.blobs) as index:
        changes = {change.path: change for change in index.changes if not request.settings.is_excluded(change.path)}
        unstaged = [path for path in given if path not in changes and path in index.entries]
        unknown = [path for path in given if path not in changes and path not in index.entries]
        wanted = list(changes.values())
        if given or listed:
            deleted = [change for path, change in changes.items() if change.after is None and path not in given]
            wanted = [changes[path] for path in given if path in changes] + deleted
        wanted += [Change(path, None, index.entries[path]) for path in unstaged]
        notes = files.together(unstaged, "not staged; judged as committed")
        notes += files.together(unknown, "not in the git index; not judged")
        notes += [
            Related(Location(change.path, 1), _leads(request.root, index, change.path))
            for change in wanted
            if change.path in index.links and formats.is_env_file(change.path)
        ]
        if not wanted:
            if changes and not given:
                notes += files.together(list(changes), "staged, and left out by whoever called this hook; not judged")
            return Report("commit", ".", None, (), (), notes=tuple(notes), seconds=time.perf_counter() - started)
        keyless, readings = (seen.keyless, seen.readings) if seen is not None else (frozenset(), {})
        report = _judged(request, index, wanted, started, keyless, readings)
    return report._replace(notes=(*notes, *report.notes), unknown=(), files=max(report.files, len(wanted)))


def _judged(
    request: Request, index: Index, wanted: Sequence[Change], started: float, keyless: Collection[str], known: code.Readings
) -> Report:
    """The findings that the wanted changes cause or touch, and a note on those that stood there before.

    `keyless` blobs hold no credential, and what is `known` of the code was parsed before.
    """
    readings = {**known} if len(wanted) <= _FEW else None  # they hold the content of every file
    tree = _Tree(request, index, index.entries)
    touched = _touched(index, wanted, _named(request, index, tree, wanted), readings)
    looked_at = _around(index, touched.names, request.cache) | {change.path for change in wanted if change.after is not None}
    project = audit.read_tree(request, tree.tree, tree.read, looked_at, readings=readings)
    told = {one.path for one in project.unread}
    unread = [one for one in touched.unread if one.path not in told]
    secrets = _Secrets(request, index, wanted, {*told, *(one.path for one in unread)}, project.keys, tree.done, keyless)
    project = project._replace(
        facts=project.facts._replace(committed=secrets.new),
        unread=tuple(dict.fromkeys((*unread, *project.unread, *secrets.unread))),
        files=project.files + secrets.files,
        bytes=project.bytes + secrets.bytes,
    )
    paths = {change.path for change in wanted}

    def is_caused(finding: Finding) -> bool:
        """A finding about a touched variable, or one about a changed file itself."""
        return finding.variable in touched.names if finding.variable is not None else finding.location.path in paths

    report = audit.judge(request, project, started, is_caused)
    report = report._replace(findings=tuple(_not_taken_for_another(finding, request, secrets.stood) for finding in report.findings))
    changed = {change.path: change.before for change in wanted if change.after is not None}

    def may_be_old(finding: Finding) -> bool:
        if finding.variable is None:
            return changed.get(finding.location.path) is not None and finding.rule != _COMMITTED
        places = {finding.location.path, *(related.location.path for related in finding.related)}
        return finding.location.path in tree.local and places.isdisjoint(changed)

    suspects = [finding for finding in report.findings if may_be_old(finding)]
    old = _stood_before(request, index, looked_at, suspects) if suspects else []
    said = [
        Related(finding.location, f"{finding.rule} stood here before this commit, and is not its doing: `driftline check` tells")
        for finding in old
    ]
    moved = {change.before for change in index.changes if change.after is None}
    fresh = {change.path for change in wanted if change.before is None and change.after not in moved}
    findings = tuple(_before_the_commit(finding, tree.local, fresh) for finding in report.findings if finding not in old)
    return report._replace(findings=findings, notes=(*report.notes, *secrets.notes, *said))


def _not_taken_for_another(finding: Finding, request: Request, stood: Mapping[tuple[str, str], set[bytes]]) -> Finding:
    """A baseline holds no values: where it accepts fewer keys of a kind in a file than stood there or do now, it does not speak of a new one."""
    if finding.rule != _COMMITTED or finding.suppressed is None or finding.suppressed.by != "baseline":
        return finding
    accepted = sum(entry.fingerprint.partition("-")[0] == finding.fingerprint.partition("-")[0] for entry in request.baseline)
    if len(stood.get((finding.location.path, finding.subject), ())) <= accepted:
        return finding
    return finding._replace(suppressed=None, message=f"{finding.message}, and not the one that the baseline accepts here")


def _leads(root: str, index: Index, path: str) -> str:
    """What is said of the env file `path`, which is a link."""
    if files.target(root, path) in index.entries:
        return "is a link; what it leads to is judged at its own place"
    return "is a link to what is not in git; what it leads to was not judged"


def _before_the_commit(finding: Finding, local: Collection[str], fresh: Collection[str]) -> Finding:
    """A secret that is not in the history yet can still be kept out of it: the advice for one that is comes too late, and is dearer.

    `local` are the env files that are not in git, and shall stay out of it; `fresh` the files that no commit holds.
    """
    path = finding.location.path
    if path in local:
        stays = f"do not `git add` {path}: it is not in this commit, and stays on this machine"
        return finding._replace(avoid=f"{finding.avoid}; {stays}" if finding.avoid else stays)
    if finding.rule == _TRACKED and path in fresh:
        return finding._replace(fix=_OUT.format(path), avoid="do not delete the file itself: the app reads it on this machine")
    if finding.rule != _COMMITTED:
        return finding
    if formats.is_env_file(path):
        fix = _OUT.format(path)
    elif finding.identity is not None and finding.identity.mode is Mode.LIVE:
        fix = (
            "take it out before it is committed: it belongs into production's own variables, where the app is hosted, and a test key into an "
            "env file that git ignores; read it from the environment, `git add` this file again"
        )
    else:
        fix = "take it out before it is committed: keep it in an env file that git ignores, read it from the environment, `git add` this file again"
    return finding._replace(
        fix=f"{fix}; if it has left this machine before, revoke it",
        avoid="do not commit it with --no-verify: the history keeps it, and only revoking the key helps then",
    )


def _stood_before(request: Request, index: Index, looked_at: Collection[str], suspects: Sequence[Finding]) -> list[Finding]:
    """Those of the suspects that the last commit holds too, whatever their lines are now."""
    entries = dict(index.entries)
    for change in index.changes:
        entries.pop(change.path, None)
        if change.before is not None:
            entries[change.path] = change.before
    tree = _Tree(request, index, entries)
    project = audit.read_tree(request, tree.tree, tree.read, {*looked_at, *(change.path for change in index.changes)})
    before = Counter(_saying(finding) for finding in audit.judge(request, project, time.perf_counter()).findings)
    old = []
    for finding in suspects:
        if before[_saying(finding)] > 0:
            before[_saying(finding)] -= 1
            old.append(finding)
    return old


_COMMITTED, _TRACKED = "committed-secret", "committed-env-file"
_OUT = "keep this file out of git: `git rm --cached {0}`, add {0} to .gitignore, and commit again"


def _saying(finding: Finding) -> tuple[str, str]:
    return fingerprint(finding), re.sub(r":\d+", "", finding.message)


class _Secrets:
    """The secrets in the staged text: `new` ones, and a note for each file that held one before this commit already.

    What is `known` to be unreadable is left out; what is `done` was read, and counted, before; in `keyless` blobs no secret stands.
    """

    def __init__(
        self,
        request: Request,
        index: Index,
        wanted: Sequence[Change],
        known: Collection[str],
        keys: Keys,
        done: Collection[str],
        keyless: Collection[str],
    ) -> None:
        self._cache, self._keys = request.cache, keys
        self._texts: Texts | None = None
        self._index = index
        self.unread: list[Unread] = []
        self.notes: list[Related] = []
        # By path and subject the values before and now, of files that held secrets before.
        self.stood: dict[tuple[str, str], set[bytes]] = {}
        self.files = 0
        self.bytes = 0
        # A file that was moved as it is, by its content.
        moved = {change.before for change in index.changes if change.after is None}
        new: list[Sighting] = []
        binary: list[str] = []
        for change in wanted:
            if change.after is None or change.path in known:
                continue
            try:
                content = index.text(change.after)
            except Unreadable as problem:
                self.unread.append(Unread(change.path, problem.reason))
                continue
            if content is None:
                binary += [] if audit.NO_TEXT.search(change.path) else [change.path]
                continue
            if change.path not in done:
                self.files += 1
                self.bytes += content.size if isinstance(content, LargeText) else len(content)
            found = self._sightings(change.path, content) if change.after not in keyless else ()
            before = change.before or (change.after if change.after in moved else None)
            new += self._new(change.path, found, before) if found and before is not None else found
        self.notes += files.together(binary, audit.NOT_INTO)
        self.new = tuple(new)
        self.unread += self._failures()

    def _failures(self) -> list[Unread]:
        return self._texts.unread if self._texts is not None else []

    def _sightings(self, path: str, content: bytes | LargeText) -> tuple[Sighting, ...]:
        if self._texts is None:
            from driftline.bundle.scan import Texts

            self._texts = Texts(cache=self._cache, key=self._keys.process, digest_key=self._keys.digest)
        if isinstance(content, LargeText):
            return self._texts.sightings_of(path, content.opened)
        return self._texts.sightings(path, content)

    def _new(self, path: str, found: Sequence[Sighting], before: str) -> list[Sighting]:
        """Those that the version before does not hold."""
        try:
            content = self._index.text(before)
        except Unreadable:
            content = None
        stood = self._sightings("", content) if content is not None else ()
        held = {one.digest for one in stood}
        if stood:
            from driftline.rules.phrases import named
        for one in (*stood, *found) if stood else ():
            if one.identity is not None:
                self.stood.setdefault((path, named(one.identity)), set()).add(one.digest)
        old = [one for one in found if one.digest in held]
        if old:
            self.notes.append(
                Related(old[0].location, "a secret stood here before this commit, and still does: `driftline check` tells what to do")
            )
        return [one for one in found if one.digest not in held]


_FEW = 200


def _around(index: Index, names: Collection[str], memory: str | None) -> set[str]:
    """The code in the index that may speak of one of these names."""
    # Git tries every word on every line: for many words it is quicker to look at all of the code. A damaged object ends its search.
    with suppress(Unreadable):
        if len(names) <= _FEW:
            return set(index.holding(names, code.languages(), memory))
    return set(index.entries)


class _Touched:
    """The variables that the changes add, remove or alter, and what could not be read on the way."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.unread: list[Unread] = []
        self.key = os.urandom(32)


def _named(request: Request, index: Index, tree: _Tree, changes: Sequence[Change]) -> Collection[str]:
    """The files that the settings call env files, and those of the changes that configuration does: no format knows them by their names."""
    named = request.settings.sources
    unknown = [one for one in changes if not audit.readers_of(one.path, named)]
    declaring = {one.path for one in unknown if any(_declares(index, blob) for blob in (one.before, one.after) if blob is not None)}
    return {*named, *(declaring & audit.env_files(request, tree.tree, tree.read))} if declaring else named


def _declares(index: Index, blob: str) -> bool:
    try:
        return formats.DECLARATION.search(index.blob(blob)) is not None
    except Unreadable:  # told where it is looked through for secrets
        return False


def _touched(index: Index, changes: Iterable[Change], named: Collection[str], readings: code.Readings | None) -> _Touched:
    """Compares each changed file's statements before and after; `named` are the files that the settings call env files.

    What code is read as is added to `readings`, if given.
    """
    touched = _Touched()
    for change in changes:
        readers = audit.readers_of(change.path, named)
        if not readers and not code.is_code(change.path):
            continue
        before, after = (_statements(index, change.path, blob, readers, touched, readings) for blob in (change.before, change.after))
        touched.names |= {name for name, _ in before ^ after}
    return touched


def _statements(
    index: Index, path: str, blob: str | None, readers: Iterable[formats.Reader], touched: _Touched, readings: code.Readings | None
) -> set[tuple[str, object]]:
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
            survey = code.survey([code.CodeFile(path, content)], whole=False, readings=readings)
            said |= code.sayings(survey, touched.key)
    except Unreadable as problem:
        touched.unread.append(Unread(path, problem.reason, problem.line, problem.column))
        return set()
    except Exception as error:  # one file must not hide the others
        touched.unread.append(failed(path, "its reader", error))
        return set()
    return said


class _Tree:
    """One version of the project as git holds it, with the env files beside its sources that git does not track; these are read from the work tree.

    `entries` are its blobs by path. `done` are the paths that were read.
    """

    def __init__(self, request: Request, index: Index, entries: Mapping[str, str]) -> None:
        self._index = index
        self._entries = entries
        self._root = request.root
        self.done: set[str] = set()
        paths = [path for path in (*entries, *_env_links(request.root, index, entries)) if not request.settings.is_excluded(path)]
        tracked = [File(path, True) for path in paths]
        homes = {folder_of(path) for path in paths if path.endswith(_MANIFESTS) and path.rpartition("/")[2] in _MANIFESTS}
        homes.update(folder_of(path) for path in formats.recognised(paths) if formats.is_env_file(path))
        local: list[str] = []
        unread = [Unread(path, IN_CONFLICT) for path in sorted(index.conflicts)]
        for home in sorted({".", *homes}):
            try:
                entries_there = sorted(os.scandir(os.path.join(request.root, home)), key=lambda entry: entry.name)
            except (FileNotFoundError, NotADirectoryError):  # it is in the index only
                continue
            except OSError as error:
                unread.append(Unread(home, error.strerror or "cannot be listed"))
                continue
            inside = "" if home == "." else home + "/"
            # A pipe or a socket is no link and no folder: reading it will say so.
            names = [entry.name for entry in entries_there if not entry.is_symlink() and not entry.is_dir(follow_symlinks=False)]
            local += [inside + name for name in names if formats.is_env_file(inside + name)]
        local = [p for p in local if p not in entries and p not in index.conflicts and not request.settings.is_excluded(p)]
        ignored = git.ignored(request.root, local)
        tree_files = sorted([*tracked, *(File(path, False, path in ignored) for path in local)])
        self.tree = Tree(request.root, tuple(tree_files), True, tuple(unread))
        self.local = frozenset(local)

    def read(self, path: str) -> bytes:
        """The bytes of a file of this version. Raises Unreadable."""
        self.done.add(path)
        if path in self.local:
            return files.read(self._root, path)
        return self._index.blob(self._entries[path]) if path in self._entries else self._index.read(path)


def _env_links(root: str, index: Index, entries: Mapping[str, str]) -> list[str]:
    """The env files that are links to other files of the project."""
    return [path for path in index.links if formats.is_env_file(path) and files.target(root, path) in entries]


# Beside these may lie env files that git does not track.
_MANIFESTS = ("package.json", "pyproject.toml", "requirements.txt")
