"""What a thing must be like for a command to act on it."""

from msgspec import Struct


class Condition(Struct, frozen=True):
    """On the version of a thing that is there; None is that of a thing without versions.

    `among`: it must be one of these; None: whatever it is. `outside`: it must be none of these. `absent`: the thing
    must not be there at all.
    """

    among: frozenset[int] | None = None
    outside: frozenset[int] = frozenset()
    absent: bool = False

    def holds(self, version: int | None) -> bool:
        """Whether a thing of that version is as it must be."""
        if self.absent or (self.among is not None and version not in self.among):
            return False
        return version not in self.outside


WHATEVER = Condition()
