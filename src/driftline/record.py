"""Named tuples that cost little to define: a run defines over a hundred, and `typing.NamedTuple` took a tenth of a commit's time for it.

`typing.NamedTuple` compiles a constructor for each class, and the text of each annotation. Here a constructor is compiled when the first
tuple of its class is made, which happens for a few of them, and annotations are for type checkers, to which this is `typing.NamedTuple`.
"""

from __future__ import annotations

__all__ = ["NamedTuple"]

TYPE_CHECKING = False  # as typing's, which is not imported for this
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from collections import _tuplegetter as _field  # reads a field in C
    from collections import namedtuple

    class _Record(tuple):
        """What every named tuple can, by the names of `collections.namedtuple`."""

        __slots__ = ()

        def __new__(cls, /, *given, **named):
            owner = next(one for one in cls.__mro__ if "_fields" in one.__dict__)
            made = namedtuple(owner.__name__, owner._fields, defaults=owner._field_defaults.values()).__new__
            owner.__new__ = made
            return made(cls, *given, **named)

        @classmethod
        def _make(cls, values):
            made = tuple.__new__(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
            return made

        def _replace(self, /, **named):
            made = self._make(map(named.pop, self._fields, self))
            if named:
                raise TypeError(f"Got unexpected field names: {[*named]!r}")
            return made

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in zip(self._fields, self, strict=True))})"

        def __getnewargs__(self):
            return tuple(self)

    class _Definition(type):
        """Makes a class of tuples of a class that names its fields."""

        def __new__(meta, name, _bases, inside):
            fields = tuple(inside.get("__annotations__", ()))
            defaults = {field: inside[field] for field in fields if field in inside}
            if list(defaults) != list(fields[len(fields) - len(defaults) :]):
                raise TypeError(f"{name}: a field without a default stands behind one with a default")
            inside.update({field: _field(number, None) for number, field in enumerate(fields)})
            inside.update(__slots__=(), __match_args__=fields, _fields=fields, _field_defaults=defaults)
            return type(name, (_Record,), inside)

    NamedTuple = type.__new__(_Definition, "NamedTuple", (), {})
