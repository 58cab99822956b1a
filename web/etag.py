"""Entity tags and the preconditions that name them (RFC 9110, 8.8.3 and 13.1)."""

import re
from dataclasses import dataclass

from web.problem import Problem

# Possessive throughout: a header of blanks alone would otherwise be tried in quadratically many ways.
_ITEM = re.compile(r'[ \t]*+(?:(W/)?"([\x21\x23-\x7e\x80-\xff]*+)"[ \t]*+)?(?:,|\Z)')


@dataclass(frozen=True, slots=True)
class ETags:
    """What an `If-Match` or `If-None-Match` names: `*`, or tags without their quotes."""

    any: bool
    strong: frozenset[str] = frozenset()
    weak: frozenset[str] = frozenset()

    def match_strongly(self, tag: str | None) -> bool:
        """Whether the strong current `tag` is meant, by the comparison of `If-Match`: weak ones never are.

        None is that of what has no tag, which only `*` means.
        """
        return self.any or tag in self.strong

    def match_weakly(self, tag: str | None) -> bool:
        """The same by the comparison of `If-None-Match`, where weak ones count too."""
        return self.any or tag in self.strong or tag in self.weak


def quoted(version: int) -> str:
    """The `ETag` of a version."""
    return f'"{version}"'


def opaque(header: str | None) -> str | None:
    """The tag in the strong `ETag` of an answer, without its quotes; None where there is none."""
    return None if header is None else header[1:-1]


def parse(header: str | None, name: str) -> ETags | None:
    """The tags in the value of the header `name`; None when it is absent. Raises Problem 400 for garbage."""
    if header is None:
        return None
    if header.strip(" \t") == "*":
        return ETags(any=True)
    strong: set[str] = set()
    weak: set[str] = set()
    position = 0
    while position < len(header):
        item = _ITEM.match(header, position)
        if item is None:
            break
        if item[2] is not None:
            (weak if item[1] else strong).add(item[2])
        position = item.end()
    if position < len(header) or not (strong or weak):
        raise Problem(400, f"{name} must be * or a list of entity tags in double quotes.")
    return ETags(False, frozenset(strong), frozenset(weak))
