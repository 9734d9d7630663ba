"""Fits words to a terminal: hostile characters, display width, wrapping, padding, colour; it knows nothing of reports."""

from collections.abc import Iterator

from driftline import late
from driftline.record import NamedTuple

# Longer texts come from hostile names only; what is cut is said.
_LONGEST = 2000

# A word; what stands between backquotes stays together.
_WORD = late.pattern(r"(?:[^\s`]|`[^`]*`)+|\S+")
_QUOTED = late.pattern(r"`[^`]+`")

# What an ASCII terminal shows for the typographic characters of our own messages.
_PLAIN = str.maketrans({"…": "...", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "→": "->", "·": "-", "×": "x", "─": "-"})

_SGR = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


class Terminal(NamedTuple):
    """What the reader's screen can do: its width in columns, whether it shows colour, and whether its encoding is UTF-8."""

    width: int = 80
    colour: bool = False
    unicode: bool = True

    def text(self, text: str) -> str:
        """One printable line: control, bidirectional and invisible characters are written as escapes (`\\x1b`, `\\u202e`).

        A text of more than 2000 characters is cut and says so. Without a UTF-8 screen the result is ASCII.
        """
        if len(text) > _LONGEST:
            text = f"{text[:_LONGEST]}… ({len(text)} characters)"
        # str.isprintable is False for control, format (bidi), surrogate and unassigned characters and every space but ' '.
        if not text.isprintable():
            text = "".join(c if c.isprintable() else _escape(c) for c in text)
        return text if self.unicode else text.translate(_PLAIN).encode("ascii", "backslashreplace").decode("ascii")

    def paint(self, text: str, *styles: str) -> str:
        """The text in the given styles (bold, dim, red, green, yellow, blue, cyan); unchanged without colour."""
        if not self.colour or not styles or not text:
            return text
        return f"\x1b[{';'.join(_SGR[style] for style in styles)}m{text}\x1b[0m"

    def prose(
        self, text: str, *, indent: int = 0, label: str = "", styles: tuple[str, ...] = (), hang: int = 0, least: int = 24
    ) -> Iterator[str]:
        """A paragraph wrapped to the width, `indent` columns in, what stands in backquotes bold.

        A `label` (printable already, never broken) stands before it in its `styles`, and the paragraph hangs beside it: `hang`
        columns in, or two behind the label. Where fewer than `least` columns are left there, the label has a line to itself.
        """
        first = " " * indent
        if label:
            hang = hang if hang > columns(label) else columns(label) + 2
            first += self.paint(label, *styles) + " " * (hang - columns(label))
            if self.width - indent - hang < least:
                yield first.rstrip()
                indent, hang, label = indent + 4, 0, ""
                first = " " * indent
        margin = " " * (indent + hang)
        room = max(12, self.width - indent - hang)
        lines = wrap(self.text(text), room, room if label else max(12, self.width - indent))
        for number, line in enumerate(lines or [""] * bool(label)):
            yield ((margin if number else first) + self._quoted(line)).rstrip()

    def _quoted(self, line: str) -> str:
        return _QUOTED.sub(lambda quoted: self.paint(quoted.group(), "bold"), line)

    def cut(self, text: str, width: int) -> str:
        """The text in at most `width` columns: its middle gives way, since names differ at their ends."""
        if columns(text) <= width:
            return text
        ellipsis = "…" if self.unicode else ".."
        room = max(0, width - columns(ellipsis))
        tail = _take(text[::-1], room // 2)[::-1]
        return _take(text, room - columns(tail)) + ellipsis + tail

    def rule(self) -> str:
        """A line across the screen."""
        return self.paint(("─" if self.unicode else "-") * self.width, "dim")


def columns(text: str) -> int:
    """How many columns a printable text takes: two for wide East Asian characters and emoji, none for combining marks."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(0 if category(c) in ("Mn", "Me") else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def pad(text: str, width: int) -> str:
    """The text, filled with spaces to `width` columns."""
    return text + " " * (width - columns(text))


def wrap(text: str, width: int, first: int | None = None) -> list[str]:
    """The words of a text in lines of at most `width` columns (the first line `first`); a longer word is broken."""
    lines: list[str] = []
    line = ""
    room = width if first is None else first
    for word in _WORD.findall(text):
        if line and columns(line) + 1 + columns(word) <= room:
            line += " " + word
            continue
        if line:
            lines.append(line)
            room = width
        while columns(word) > room:
            head = _take(word, room) or word[0]
            lines.append(head)
            word, room = word[len(head) :], width
        line = word
    if line:
        lines.append(line)
    return lines


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 file`, `2 files`, `1,204 files`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(number: int) -> str:
    """A number of bytes in the unit that reads best, in powers of 1000."""
    if number < 1000:
        return count(number, "byte")
    amount, unit = number / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if amount >= 999.5:
            amount, unit = amount / 1000, larger
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"


def _take(text: str, width: int) -> str:
    """The longest beginning of a text that fits into `width` columns."""
    used = 0
    for index, character in enumerate(text):
        used += columns(character)
        if used > width:
            return text[:index]
    return text


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
