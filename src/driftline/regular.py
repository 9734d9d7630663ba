"""Reads regular files only: a pipe, a socket or a device in a file's place neither holds a run up nor is read; imports next to nothing."""

from __future__ import annotations

import errno
import os
import stat

_MEBIBYTE = 1024 * 1024


class Refused(OSError):
    """What was to be read is no regular file, or too large; `strerror` says which."""


def read(path: str, limit: int = 64 * _MEBIBYTE) -> bytes:
    """The bytes of a file of at most `limit` bytes, also through links. Raises OSError, of which Refused is one."""
    # Opened without waiting, and looked at when it is open: what a name stands for may change meanwhile.
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Refused(errno.EINVAL, "is not a regular file")
        content = file.read(limit + 1)
    if len(content) > limit:
        raise Refused(errno.EFBIG, f"is larger than {limit // _MEBIBYTE} MiB")
    return content


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
