"""What an examination has found wrong."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

MOST_SHOWN = 100
_MOST_CHARACTERS = 160


class Finding(NamedTuple):
    """Where something is wrong, and what."""

    place: str
    detail: str


class Found(NamedTuple):
    """The first findings, and how many there are in all."""

    first: list[Finding]
    total: int

    def plus(self, other: "Found") -> "Found":
        """Both together."""
        return Found(self.first + other.first, self.total + other.total)


def counted(findings: Iterator[Finding], most: int = MOST_SHOWN) -> Found:
    """Keep the first `most`, count all: a broken log must not fill the memory."""
    first = list(islice(findings, most))
    return Found(first, len(first) + sum(1 for _ in findings))


def brief(content: bytes | None) -> str:
    """A row's content for a person: cut, and with nothing in it that could steer a terminal."""
    if content is None:
        return "nothing"
    # A row that was changed by hand may hold a type that its column never gets from the program.
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
    return repr(text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "…")
