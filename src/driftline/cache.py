"""The user's cache folder: what is written there is whole or not there, and nothing is believed that somebody else could have put there.

A poisoned cache would pass what nobody looked at. So a folder or file counts only where it is the user's own and nobody else may write it,
and a folder inside the audited project, whose content comes with the project, does not count at all. Imports next to nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from driftline import regular

_TEMPORARY = ".writing-"
# Of each kind, files of other versions may still be in use by another project's environment.
_KEPT = 4
# What a killed run left half written is swept up by a later one.
_LEFT_SECONDS = 3600


def folder(environment: Mapping[str, str], project: str | None = None) -> str | None:
    """driftline's folder in XDG_CACHE_HOME, LOCALAPPDATA or ~/.cache; None where there is no home, and for one inside the folder `project`."""
    base = environment.get("XDG_CACHE_HOME") or environment.get("LOCALAPPDATA") or os.path.join(os.path.expanduser("~"), ".cache")
    if not os.path.isabs(base):
        return None
    found = os.path.join(base, "driftline")
    if project is not None and os.path.join(os.path.realpath(found), "").startswith(os.path.join(os.path.realpath(project), "")):
        return None
    return found


def read(name: str) -> bytes | None:
    """The content of a kept file; None where there is none, and for one that somebody else could have written."""
    try:
        if not _is_ours(os.stat(os.path.dirname(name))):
            return None
        # In a folder of the user's own nobody else puts another file in its place meanwhile.
        return regular.read(name) if _is_ours(os.stat(name)) else None
    except OSError:
        return None


def _is_ours(status: os.stat_result) -> bool:
    """Whether this user owns it and nobody else may write it. Windows keeps a user's folder from others by itself."""
    return os.name != "posix" or (status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def write(name: str, content: bytes, kept: int = _KEPT) -> None:
    """Keeps `content` under a name of the form `kind-key`, at once or not at all; of each kind the newest `kept` stay.

    Raises OSError where the folder cannot be used, PermissionError where it is not the user's own.
    """
    import tempfile
    import time

    home, base = os.path.split(name)
    os.makedirs(home, mode=0o700, exist_ok=True)
    if not _is_ours(os.stat(home)):
        raise PermissionError(home)
    descriptor, temporary = tempfile.mkstemp(prefix=_TEMPORARY, dir=home)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(temporary, name)
    except BaseException:
        os.unlink(temporary)
        raise
    kind = base.partition("-")[0] + "-"
    with os.scandir(home) as listed:
        entries = [(entry.stat(follow_symlinks=False).st_mtime, entry) for entry in listed if entry.name.startswith((kind, _TEMPORARY))]
    left = [entry for at, entry in entries if entry.name.startswith(_TEMPORARY) and at < time.time() - _LEFT_SECONDS]
    # By their times, which a clock may have set wrong: the one just written stays in any case.
    others = sorted((one for one in entries if one[1].name.startswith(kind) and one[1].name != base), key=lambda one: one[0], reverse=True)
    for entry in (*left, *(entry for _, entry in others[kept - 1 :])):
        remove(entry.path)


def remove(name: str) -> None:
    """Removes a kept file that is of no use; one that is gone already, or cannot be removed, is no failure."""
    try:
        os.unlink(name)
    except OSError:
        return
