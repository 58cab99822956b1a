"""Where a search's text occurs in a body."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple
from unicodedata import combining, is_normalized, normalize

from projections.readmodel.norm import fold, norm


def highlights(body: str, q: str) -> list[tuple[int, int]]:
    """The ranges of `body` in which `norm(q)` occurs, from left to right, never overlapping.

    A range is (start, end) in code points of `body` as it is stored, end exclusive: the smallest that covers
    the occurrence, plus the dropped marks (U+0300–U+036F) right after it. An occurrence that begins before
    the last range's end is passed over. Empty exactly when `norm(q)` is empty or not in `norm(body)`.
    """
    needle, haystack = norm(q), norm(body)
    if not needle or needle not in haystack:
        return []
    if _is_one_to_one(body):
        return _plain_ranges(needle, haystack)
    return list(_ranges(body, needle, haystack))


def _is_one_to_one(body: str) -> bool:
    """Whether code point k of `body` becomes code point k of its norm; nothing is dropped then."""
    if body.isascii():
        return True
    return is_normalized("NFC", body) and all(len(fold(char)) == 1 for char in set(body))


def _plain_ranges(needle: str, haystack: str) -> list[tuple[int, int]]:
    found = []
    at, size = haystack.find(needle), len(needle)
    while at >= 0:
        end = at + size
        found.append((at, end))
        at = haystack.find(needle, end)
    return found


def _ranges(body: str, needle: str, haystack: str) -> Iterator[tuple[int, int]]:
    source = _composed(body)
    ends = _fold_ends(source.nfc)
    at = end = 0
    while (at := haystack.find(needle, at)) >= 0:
        first, last = bisect_right(ends, at), bisect_right(ends, at + len(needle) - 1)
        start, stop = _cover(source, ends, first, last)
        if start < end:
            at += 1
            continue
        end = _after_marks(body, stop)
        yield start, end
        at = ends[last]


class _Composed(NamedTuple):
    """NFC of a body; code point k of it came from body[starts[k]:stops[k]]."""

    nfc: str
    starts: Sequence[int]
    stops: Sequence[int]


def _composed(body: str) -> _Composed:
    """The composition of UAX #15 done by hand, because `normalize` does not tell what came from where."""
    if is_normalized("NFC", body):
        return _Composed(body, range(len(body)), range(1, len(body) + 1))
    nfc: list[str] = []
    starts: list[int] = []
    stops: list[int] = []
    starter, last_class = -1, 0
    for char, origin in _decomposed(body):
        char_class = combining(char)
        # Blocked by what stands between: another starter cannot, a mark of the same or a higher class does.
        adjacent = starter == len(nfc) - 1
        if starter >= 0 and (adjacent or last_class < char_class):
            pair = normalize("NFC", nfc[starter] + char)
            if len(pair) == 1:
                nfc[starter] = pair
                stops[starter] = max(stops[starter], origin + 1)
                continue
        if not char_class:
            starter = len(nfc)
        last_class = char_class
        nfc.append(char)
        starts.append(origin)
        stops.append(origin + 1)
    return _Composed("".join(nfc), starts, stops)


def _decomposed(body: str) -> list[tuple[str, int]]:
    """NFD of `body`, each code point with the offset in `body` that it came from."""
    keyed: list[tuple[int, int, str, int]] = []
    starters = 0
    for origin, char in enumerate(body):
        for part in normalize("NFD", char):
            part_class = combining(part)
            starters += not part_class
            keyed.append((starters, part_class, part, origin))
    # Canonical order: marks by class behind their starter; the sort is stable, as the order has to be.
    keyed.sort(key=lambda entry: entry[:2])
    return [entry[2:] for entry in keyed]


def _fold_ends(nfc: str) -> Sequence[int]:
    """Per code point of `nfc`: the offset in the norm at which its fold ends."""
    if nfc.isascii():
        return range(1, len(nfc) + 1)
    return list(accumulate(len(fold(char)) for char in nfc))


def _cover(source: _Composed, ends: Sequence[int], first: int, last: int) -> tuple[int, int]:
    """The smallest range of the body from which code points `first` to `last` of its NFC came."""
    if first == last:
        return source.starts[first], source.stops[first]
    # A dropped mark between the two is no part of the occurrence, and may stand outside it in the body.
    parts = [k for k in range(first, last + 1) if k == first or ends[k] > ends[k - 1]]
    return min(source.starts[k] for k in parts), max(source.stops[k] for k in parts)


def _after_marks(body: str, at: int) -> int:
    while at < len(body) and not fold(body[at]):
        at += 1
    return at
