"""The storage of the `limits` library's sliding windows: bounded, in this process, and open to what others count."""

from collections.abc import Callable
from dataclasses import dataclass
from time import time

from limits.storage import SlidingWindowCounterSupport, Storage

MOST_KEYS = 50_000
"""Of each length of window; about 20 MB at worst. Whoever goes beyond makes the oldest windows be forgotten."""


@dataclass(slots=True)
class Window:
    """What was counted of one key between two whole multiples of its length.

    `own` is written by the requests; `told`, how much of it the others know, and `others` by the exchange.
    """

    key: str
    seconds: int
    number: int
    previous: "Window | None" = None
    own: int = 0
    told: int = 0
    others: int = 0

    @property
    def count(self) -> int:
        """By all processes, as far as is known."""
        return self.own + self.others


class Counts(Storage, SlidingWindowCounterSupport):
    """Counts in the current and the last window of each key; for one thread, beside which `changed` may be taken.

    Windows begin at whole multiples of their length since 1970, so that all processes mean the same ones.
    """

    STORAGE_SCHEME = None

    def __init__(self, clock: Callable[[], float] = time, most_keys: int = MOST_KEYS) -> None:
        """`clock` gives seconds since 1970."""
        super().__init__()
        self._clock = clock
        self._most_keys = most_keys
        self._windows: dict[int, dict[str, Window]] = {}
        self._changed: dict[int, Window] | None = None

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock()

    def track_changes(self) -> None:
        """Remember from now on which windows have news for other processes; else they would only gather."""
        self._changed = {}

    def take_changed(self) -> list[Window]:
        """The windows that were counted in since the last call; called on another thread."""
        changed, self._changed = self._changed or {}, {}
        return list(changed.values())

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` if the weighted count stays within the limit."""
        now = self._clock()
        window = self._window(key, expiry, now)
        weighted = window.count + self._weight(window, now)
        if weighted + amount > limit:
            return False
        window.own += amount
        if self._changed is not None:
            self._changed[id(window)] = window
        return True

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """(count of the last window, seconds that it still weighs, the same of this one)."""
        now = self._clock()
        window = self._window(key, expiry, now)
        left = expiry - now % expiry
        return window.previous.count if window.previous else 0, left, window.count, left

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget a key."""
        self._windows.get(expiry, {}).pop(key, None)

    def _window(self, key: str, seconds: int, now: float) -> Window:
        windows = self._windows.setdefault(seconds, {})
        number = int(now // seconds)
        window = windows.get(key)
        if window is not None and window.number == number:
            return window
        previous = windows.pop(key, None)
        if previous is not None:
            previous.previous = None
        if previous is None or previous.number != number - 1:
            previous = None
        # Those in front have been there for longest: two go for each one that comes, as long as they are over.
        for _ in range(2):
            oldest = next(iter(windows.values()), None)
            if oldest is not None and (oldest.number < number - 1 or len(windows) >= self._most_keys):
                del windows[oldest.key]
        window = windows[key] = Window(key, seconds, number, previous)
        return window

    def _weight(self, window: Window, now: float) -> float:
        """What the last window still counts for."""
        if window.previous is None:
            return 0
        return window.previous.count * (1 - now % window.seconds / window.seconds)

    # What the other strategies of the library would need.

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError

    def get(self, key: str) -> int:
        raise NotImplementedError

    def get_expiry(self, key: str) -> float:
        raise NotImplementedError

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        forgotten = sum(map(len, self._windows.values()))
        self._windows.clear()
        return forgotten

    def clear(self, key: str) -> None:
        for windows in self._windows.values():
            windows.pop(key, None)
