"""The literal dialects: `docker run --env-file` and Compose's `format: raw`, where a line is a name, `=`, and the rest."""

from __future__ import annotations

from driftline.loaders.assignment import Assignment, Parsed, Positions, Problem


def parse(content: str) -> Parsed:
    """The assignments of a literal env file (docker/cli opts/file.go, 28): quotes stay, no comments after a value, no several lines."""
    positions = Positions(content, fold=False)
    found: list[Assignment] = []
    problems: list[Problem] = []
    position = 0
    for line in content.split("\n"):
        start, position = position, position + len(line) + 1
        bare = line.removesuffix("\r").removeprefix("\ufeff" if start == 0 else "").lstrip()
        if not bare or bare.startswith("#"):
            continue
        name, equals, value = bare.partition("=")
        place = positions.at(start + len(line) - len(line.lstrip()))
        if not name or any(character.isspace() for character in name):
            return Parsed((), (Problem("a name cannot be empty or contain white space", place, fatal=True),))
        if equals:
            found.append(Assignment(name, value, "", place))
    return Parsed(tuple(found), tuple(problems))
