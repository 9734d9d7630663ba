"""What git sees in a file: whether it is text, and whether a merge has left its conflict in it; imports nothing."""

from __future__ import annotations

# git, buffer_is_binary in xdiff-interface.c: a NUL in the first 8000 bytes. A mark says that UTF-16, which is full of them, is text.
_HEAD = 8000
_MARKS = (b"\xff\xfe", b"\xfe\xff")


def is_text(content: bytes) -> bool:
    """Whether content, or the beginning of it, is text that a person may have written."""
    return content.startswith(_MARKS) or content.find(b"\0", 0, _HEAD) < 0


def conflict(text: str) -> int | None:
    """The 1-based line where an unresolved merge conflict begins (git's markers), None for a text without one."""
    if not text.startswith("<<<<<<< ") and "\n<<<<<<< " not in text:
        return None
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines, 1) if line.startswith("<<<<<<< ")]
    ends = any(line.startswith(">>>>>>> ") for line in lines[starts[0] :])
    return starts[0] if ends and any(line.rstrip("\r") == "=======" for line in lines[starts[0] :]) else None


def ours(text: str) -> str:
    """A text with a conflict as the branch that is checked out has it; the marks and the other side's lines are left empty."""
    lines = text.split("\n")
    inside = theirs = False
    for number, line in enumerate(lines):
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            inside, theirs, lines[number] = line[0] == "<", False, ""
        elif inside and (line.startswith("||||||| ") or line.rstrip("\r") == "======="):
            theirs = True
        if theirs:
            lines[number] = ""
    return "\n".join(lines)
