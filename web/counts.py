"""Counts requests in sliding windows: bounded, in this process, and open to what others count."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from random import random
from time import time

from limits import RateLimitItem

MOST_KEYS = 50_000
"""In each of the two windows of a policy; about 20 MB at worst. Beyond it those who asked least are forgotten."""
LOOKED_AT = 8
"""Windows of which the one with the smallest count goes, when one has to."""


@dataclass(slots=True)
class Window:
    """What was counted under a key, which all processes share, between two whole multiples of its length.

    `own` is written by the requests, `others` by the exchange.
    """

    key: str
    seconds: int
    number: int
    previous: "Window | None" = None
    own: int = 0
    others: int = 0

    @property
    def count(self) -> int:
        """By all processes, as far as is known."""
        return self.own + self.others


class Counts:
    """All that one process counts; for one thread, beside which `take_changed` may be called."""

    def __init__(self, clock: Callable[[], float] = time, most_keys: int = MOST_KEYS) -> None:
        """`clock` gives seconds since 1970."""
        self.now = clock
        self._most_keys = most_keys
        self.changed: dict[int, Window] | None = None
        """The windows with news for other processes; None while nobody takes them, or they would only gather."""

    def track_changes(self) -> None:
        """Remember from now on which windows were counted in."""
        self.changed = {}

    def take_changed(self) -> list[Window]:
        """The windows that were counted in since the last call; called on another thread."""
        changed, self.changed = self.changed or {}, {}
        return list(changed.values())

    def windows(self, item: RateLimitItem) -> "Windows":
        """For what this item limits; its namespace and figures are part of the windows' keys."""
        return Windows(self, item, self._most_keys)


class Windows:
    """The current and the last window of each who is counted, for one item.

    The last one counts for as much of it as is still within reach (the sliding counter of the `limits` library). All
    begin together, at whole multiples of their length since 1970, so that all processes mean the same ones.
    """

    def __init__(self, counts: Counts, item: RateLimitItem, most: int) -> None:
        self._counts = counts
        self._item = item
        self._amount = item.amount
        self._seconds = item.get_expiry()
        self._most = most
        self._begin = self._end = 0
        self._current: dict[str, Window] = {}
        self._last: dict[str, Window] = {}
        self._names: list[str] = []
        """All of `_current`, to draw from."""

    def __len__(self) -> int:
        return len(self._current) + len(self._last)

    def count(self, who: str, now: float) -> float:
        """How many more are allowed after this one; below 0 if it is one too many, and then it is not counted."""
        # Each request comes here twice or more: what the other methods share is written out.
        if not self._begin <= now < self._end:
            self._turn(int(now // self._seconds))
        window = self._current.get(who) or self._add(who)
        left: float = self._amount - 1 - window.own - window.others
        if window.previous is not None:
            left -= window.previous.count * (self._end - now) / self._seconds
        if left >= 0:
            window.own += 1
            if self._counts.changed is not None:
                self._counts.changed[id(window)] = window
        return left

    def take_back(self, who: str, when: float) -> None:
        """One of those that were counted at `when` was none."""
        if self._begin <= when < self._end:
            window = self._current.get(who)
        elif self._begin - self._seconds <= when < self._begin:
            later = self._current.get(who)
            window = later.previous if later is not None else self._last.get(who)
        else:
            return
        if window is not None and window.own > 0:
            window.own -= 1
            if self._counts.changed is not None:
                self._counts.changed[id(window)] = window

    def left(self, who: str, now: float) -> float:
        """How many more are allowed."""
        window = self._at(who, now)
        left: float = self._amount - window.count
        if window.previous is not None:
            left -= window.previous.count * (self._end - now) / self._seconds
        return left

    def wait(self, who: str, now: float) -> int:
        """Whole seconds, at least 1, after which one more is allowed if nothing else comes."""
        window = self._at(who, now)
        rest, count = self._end - now, window.count
        if count + 1 > self._amount:
            # This window has to become the last one, and then to weigh less.
            return ceil(rest + max(0, self._seconds * (1 - (self._amount - 1) / count)))
        last = window.previous.count if window.previous else 0
        return max(1, ceil(rest - (self._amount - count - 1) * self._seconds / last)) if last else 1

    def _at(self, who: str, now: float) -> Window:
        # Asked from both sides: a clock that was wrong is put right.
        if not self._begin <= now < self._end:
            self._turn(int(now // self._seconds))
        return self._current.get(who) or self._add(who)

    def _turn(self, number: int) -> None:
        begin = number * self._seconds
        self._last = self._current if begin == self._end else {}
        self._current, self._names = {}, []
        self._begin, self._end = begin, begin + self._seconds

    def _add(self, who: str) -> Window:
        previous = self._last.pop(who, None)
        if previous is not None:
            previous.previous = None
        if len(self._current) < self._most:
            self._names.append(who)
        else:
            self._replace_small(who)
        number = self._begin // self._seconds
        window = self._current[who] = Window(self._item.key_for(who), self._seconds, number, previous)
        return window

    def _replace_small(self, who: str) -> None:
        """Forget one of those that asked least: made-up names, each asked for once, are not to bring back a quota."""
        names = self._names
        drawn = [int(random() * len(names)) for _ in range(LOOKED_AT)]
        place = min(drawn, key=lambda each: _weight(self._current[names[each]]))
        del self._current[names[place]]
        names[place] = who


def _weight(window: Window) -> int:
    return window.own + (window.previous.own if window.previous else 0)
