"""What the values of a project say about themselves: they are identified here, and nothing else of them goes further."""

import os

from driftline.knowledge import identify
from driftline.model import Declaration, Literal, Reading, Reference, Secret, State, Traits, Unread, failed
from driftline.record import NamedTuple


class Keys(NamedTuple):
    """`process` keys equality inside this run; `digest` is DRIFTLINE_DIGEST_KEY, None when it is not set."""

    process: bytes
    digest: bytes | None = None

    @classmethod
    def fresh(cls, digest: str | None) -> "Keys":
        return cls(os.urandom(32), os.fsencode(digest) if digest else None)


class Values:
    """Identifies values. What fails on one of them goes to `unread`: it must not hide the others."""

    def __init__(self, keys: Keys, unread: list[Unread]) -> None:
        self._keys = keys
        self._unread = unread

    def traits(self, value: Secret, name: str) -> Traits:
        """What a value says that a variable of this name holds."""
        try:
            return identify.traits(value, name=name, key=self._keys.process, digest_key=self._keys.digest)
        except Exception as error:
            self._unread.append(failed(f"the value of {name}", "identification", error))
            return Traits("text", len(value), identify.digest(value, self._keys.process))

    def with_traits(self, declaration: Declaration) -> Declaration:
        """A declaration with what its value says, if it has one."""
        if declaration.value is None or declaration.state is not State.SET:
            return declaration
        return declaration._replace(traits=self.traits(declaration.value, declaration.name))

    def with_fallback(self, reference: Reference) -> Reference:
        """A reference with what the value says that stands in for the variable."""
        fallback = reference.fallback
        if fallback is None or fallback.traits is not None:
            return reference
        return reference._replace(fallback=fallback._replace(traits=self.traits(fallback.value, reference.name)))

    def with_addresses(self, reading: Reading) -> Reading:
        """What a source says, with what its addresses say."""
        return reading._replace(origins=tuple((context, self.with_address(literal)) for context, literal in reading.origins))

    def with_address(self, literal: Literal) -> Literal:
        """A fixed address with what it says."""
        try:
            return literal._replace(traits=identify.address_traits(literal.value, key=self._keys.process, digest_key=self._keys.digest))
        except Exception as error:
            at = literal.location
            self._unread.append(failed(at.path, "identification of an address", error)._replace(line=at.line, column=at.column))
            return literal
