"""The port of words: a follower tells readers in other processes how far a read model is."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Protocol

Hear = Callable[[int], None]


class Words(Protocol):
    """Hints only: a word may be lost, late, doubled or wrong, and nothing but delay may come of it."""

    @property
    def error(self) -> str | None:
        """Why words don't get through now; for any thread."""

    def tell(self, projection: str, position: int) -> None:
        """`position` is applied and readable. Never blocks and never raises; only the last word counts."""

    def listen(self, projection: str, hear: Hear) -> None:
        """Call `hear` with each position that is told from now on, on a thread that must not be held up."""

    def close(self) -> None:
        """End all threads and connections."""


def store_id(secret: bytes) -> str:
    """Names a registry, by its secret: followers and readers of other read models are not of interest."""
    return blake2b(secret, digest_size=4, person=b"parley-store").hexdigest()
