"""driftline's named tuples are what `typing.NamedTuple` makes, to whoever uses them."""

from __future__ import annotations

import copy
import pickle
import typing

import pytest

from driftline.record import NamedTuple


class Cheap(NamedTuple):
    name: str
    lines: tuple[int, ...] = ()
    note: str | None = None

    def shown(self) -> str:
        return f"{self.name}: {len(self.lines)}"

    @property
    def first(self) -> int | None:
        return self.lines[0] if self.lines else None


class Plain(typing.NamedTuple):
    name: str
    lines: tuple[int, ...] = ()
    note: str | None = None


class Empty(NamedTuple):
    pass


class Further(Cheap):
    __slots__ = ()


def test_it_is_made_read_and_compared_like_a_named_tuple() -> None:
    kinds: tuple[typing.Any, ...] = (Cheap, Plain)
    for kind in kinds:
        made = kind("A", note="x")
        assert made == ("A", (), "x") == kind(*made) == kind._make(iter(made)) == copy.copy(made)
        assert (made.name, made.lines, made.note) == made
        assert made._replace(lines=(4,)) == ("A", (4,), "x")
        assert made._asdict() == {"name": "A", "lines": (), "note": "x"}
        assert repr(made) == f"{kind.__name__}(name='A', lines=(), note='x')"
        assert pickle.loads(pickle.dumps(made)) == made
        assert kind._fields == kind.__match_args__ == ("name", "lines", "note")
        assert kind._field_defaults == {"lines": (), "note": None}
        assert hash(made) == hash(tuple(made))
        assert not hasattr(made, "__dict__")
        match made:
            case Cheap(name) | Plain(name):
                assert name == "A"
    assert Cheap("A", (7,)).shown() == "A: 1"
    assert Cheap("A", (7,)).first == 7
    assert Empty() == ()
    assert type(Further("A")._replace(note="x")) is Further


@pytest.mark.parametrize("kind", [Cheap, Plain])
@pytest.mark.parametrize(
    ("given", "named"),
    [((), {}), (("A", (), None, 1), {}), (("A",), {"other": 1}), (("A",), {"name": "B"})],
    ids=["few", "many", "other", "twice"],
)
def test_it_takes_its_fields_only(kind: typing.Any, given: tuple[object, ...], named: dict[str, object]) -> None:
    for _ in range(2):  # the first one makes the constructor
        with pytest.raises(TypeError):
            kind(*given, **named)
    with pytest.raises(TypeError):
        kind._make([1])
    with pytest.raises((TypeError, ValueError), match="other"):  # the latter until Python 3.12
        kind("A")._replace(other=1)
    with pytest.raises(AttributeError):
        kind("A").name = "B"


def test_a_field_without_a_default_stands_first() -> None:
    with pytest.raises(TypeError, match="default"):
        exec("class Wrong(NamedTuple):\n    a: int = 1\n    b: int", {"NamedTuple": NamedTuple})
