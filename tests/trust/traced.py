"""Runs a command under strace (Linux) and says what it did that driftline promises not to do.

Counted from the kernel's side, so that a library, git, or a thread cannot do it unseen: sockets, programs, and changes of files.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

# strace(1), 6.1; with a `?` those that this kernel may not have.
CALLS = (
    "%network", "?io_uring_setup", "execve", "?execveat", "open", "openat", "?openat2", "creat", "rename", "renameat", "?renameat2", "unlink", "unlinkat",
    "rmdir", "mkdir", "mkdirat", "link", "linkat", "symlink", "symlinkat", "truncate", "ftruncate", "chmod", "fchmod", "fchmodat", "?fchmodat2", "chown", "fchown",
    "lchown", "fchownat", "utime", "utimes", "utimensat", "futimesat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "mknod",
    "mknodat", "mount", "umount2", "pivot_root", "chroot", "ptrace",
)  # fmt: skip
NETWORK = frozenset((
    "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg",
    "getsockname", "getpeername", "getsockopt", "setsockopt", "shutdown", "io_uring_setup",
))  # fmt: skip
LINE = re.compile(r"^(?:\d+ +)?(?:<\.\.\. (?P<resumed>\w+) resumed>(?P<rest>.*)|(?P<call>\w+)\((?P<given>.*))$")
_PATH = re.compile(r'(?:(?:AT_FDCWD|(?P<number>\d+))(?:<(?P<folder>[^>]*)>)?, )?"(?P<path>(?:[^"\\]|\\.)*)"(?P<cut>\.\.\.)?')
_DESCRIPTOR = re.compile(r"^\d+<(?P<path>[^>]*)>")
_OPENS = ("open", "openat", "openat2")
# What these change is a name; other calls change what it leads to.
NAMES = (
    "symlink",
    "symlinkat",
    "link",
    "linkat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "mkdir",
    "mkdirat",
    "mknod",
    "mknodat",
)
# Stands for a folder that strace has no path for: of one deeper than 4,096 characters the kernel tells none.
TOO_DEEP = "/too-deep"
_WRITES = re.compile(r"\bO_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)\b")


class Trace(NamedTuple):
    """What a traced command did: its exit code, what it printed, the sockets, the programs it started, the files it changed and read."""

    code: int
    text: str
    network: tuple[str, ...]
    programs: tuple[str, ...]
    changed: tuple[str, ...]
    opened: frozenset[str]


@cache
def is_possible() -> bool:
    """Whether strace is here and may trace."""
    if sys.platform != "linux" or shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-f", "-qq", "-e", "trace=execve", "true"], capture_output=True, check=False).returncode == 0


@cache
def without_network() -> tuple[str, ...]:
    """The words that start a program in a network namespace without interfaces; () where the kernel does not allow it."""
    for words in (("unshare", "-n"), ("unshare", "-r", "-n")):
        if shutil.which("unshare") and subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words
    return ()


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Trace:
    """Runs a command in `folder` and watches it with all that it starts."""
    with tempfile.TemporaryDirectory() as place:
        log = os.path.join(place, "log")
        # A system call that another thread interrupts is printed in two parts; --seccomp-bpf is not used, for it misses none this way.
        options = ["-f", "-y", "-qq", "-s", "4096", "-e", f"trace={','.join(CALLS)}", "-e", "signal=none", "-o", log]
        done = subprocess.run(
            ["strace", *options, *command], cwd=folder, env=dict(environment), capture_output=True, text=True, check=False
        )
        lines = Path(log).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    network, programs, opened = [], [], set()
    changed: dict[str, None] = {}
    for line in lines:
        match = LINE.match(line)
        if match is None or match["call"] is None:
            continue
        call, given = match["call"], match["given"]
        if call in NETWORK:
            network.append(f"{call}({given}"[:200])
        elif call.startswith("execve"):
            programs += _paths(given)[:1]
        else:
            changed.update(dict.fromkeys(changes(call, given, str(folder))))
            if call in _OPENS:
                opened.update(_paths(given)[:1])
    return Trace(done.returncode, done.stdout + done.stderr, tuple(network), tuple(programs), tuple(changed), frozenset(opened))


def changes(call: str, given: str, folder: str = "/") -> list[str]:
    """The files that a call changes, or asks to; `folder` is where it was made, if that is known."""
    if call in _OPENS:
        return _paths(given, folder)[:1] if _WRITES.search(given.partition('"')[2].partition('", ')[2]) else []
    paths = _paths(given, folder) or [found["path"] for found in [_DESCRIPTOR.match(given)] if found]
    return paths[-1:] if call.startswith(("link", "symlink")) else paths


def text(shown: str) -> str:
    """A text that strace shows with escapes."""
    return shown.encode("utf-8", "surrogateescape").decode("unicode_escape", "replace")


def _paths(given: str, folder: str = "/") -> list[str]:
    """The paths among a call's arguments, made absolute."""
    found = []
    for match in _PATH.finditer(given):
        path = text(match["path"])
        found.append(os.path.normpath(os.path.join(match["folder"] or (TOO_DEEP if match["number"] else folder), path)))
    return found


def offences(trace: Trace, allowed: Sequence[Path], secret: Sequence[Path] = ()) -> Iterator[str]:
    """What a trace of driftline must not hold: a connection, another program than itself and git, a change outside `allowed`, a look at `secret`."""
    yield from (f"network: {call}" for call in trace.network)
    own = os.path.realpath(sys.executable)
    for number, program in enumerate(trace.programs):
        is_itself = number == 0 and os.path.realpath(program) == own
        if not is_itself and os.path.basename(program) != "git":
            yield f"program: {program}"
    homes = tuple(os.path.realpath(path) + os.sep for path in allowed)
    for path in trace.changed:
        if path not in (os.devnull, "/dev/tty") and not (os.path.realpath(path) + os.sep).startswith(homes):
            yield f"change: {path}"
    hidden = {os.path.realpath(path) for path in secret}
    yield from (f"read: {path}" for path in trace.opened if os.path.realpath(path) in hidden)
