"""How much a client may ask, and how much of it is left, in the headers that say so."""

from collections.abc import Callable, Sequence
from math import inf
from typing import NamedTuple

from limits import RateLimitItem

from web.counts import Counts, Windows

MOST_GOOD = 10_000
"""Callers that are remembered for having been let in."""

Headers = tuple[tuple[bytes, bytes], ...]


class Quotas(NamedTuple):
    """How much is allowed; nothing where there is no item."""

    key: Sequence[RateLimitItem] = ()
    address: Sequence[RateLimitItem] = ()
    failures: Sequence[RateLimitItem] = ()


UNLIMITED = Quotas()


class _Policy(NamedTuple):
    """One item of a limit, which is "key", "address" or "failures"; the name is what the headers call it."""

    limit: str
    name: bytes
    seconds: int
    shown: bytes
    windows: Windows

    def standing(self, left: float, seconds: int) -> tuple[bytes, bytes]:
        """The header that tells how many more are allowed in so many seconds."""
        return b"ratelimit", b"%b;r=%d;t=%d" % (self.name, left, seconds)


class Limiter:
    """Counts the requests of one process; `counts` may hear of those of others.

    `on_refusal` is called with the limit that a refused request was over: "key", "address" or "failures".
    """

    def __init__(
        self, limits: Quotas, counts: Counts | None = None, on_refusal: Callable[[str], None] = lambda _: None
    ) -> None:
        self._counts = counts or Counts()
        self._on_refusal = on_refusal
        self._key = _policies("key", limits.key, self._counts)
        self._address = _policies("address", limits.address, self._counts)
        self._failures = _policies("failures", limits.failures, self._counts)
        self._good: dict[tuple[str, str], None] = {}
        self._shown = b", ".join(policy.shown for policy in (*self._key, *self._address))

    def hit(self, names: Sequence[str], address: str) -> tuple[bool, Headers]:
        """Whether a request may go on, and the headers that tell how much is left, or when to come again.

        `names` are the token and the key that it is counted under.
        """
        now = self._counts.now()
        least, tightest = inf, None
        # The address first: who is over it does not use up the quota of a key that may be another's.
        policies = self._address
        for who in (address, *names):
            for policy in policies:
                left = policy.windows.count(who, now)
                if left < 0:
                    return False, self._refused(policy, self._shown, who, now)
                if left < least:
                    least, tightest = left, policy
            policies = self._key
        if tightest is None:
            return True, ()
        rest = tightest.seconds - int(now) % tightest.seconds
        return True, ((b"ratelimit-policy", self._shown), tightest.standing(least, rest))

    def knows(self, caller: str, address: str) -> bool:
        """Whether that has been let in from there, or nobody's failures are limited.

        `caller` stands for all that a request shows to be let in.
        """
        return (caller, address) in self._good or not self._failures

    def guess(self, address: str) -> tuple[float, Headers]:
        """Count a request of who is not known as a failure, for others come before this one is answered.

        When that was, for `spare`, and no headers; those of a refusal if the address has failed too often.
        """
        now = self._counts.now()
        over = [policy for policy in self._failures if policy.windows.left(address, now) < 1]
        if over:
            slowest = max(over, key=lambda policy: policy.windows.wait(address, now))
            return now, self._refused(slowest, slowest.shown, address, now)
        self._count_failure(address, now)
        return now, ()

    def spare(self, address: str, when: float) -> None:
        """What was counted then as a failure was none."""
        for policy in self._failures:
            policy.windows.take_back(address, when)

    def let_in(self, caller: str, address: str) -> None:
        """From now on it is known there: it goes on, whatever others at its address try."""
        if not self._failures or (caller, address) in self._good:
            return
        if len(self._good) >= MOST_GOOD:
            del self._good[next(iter(self._good))]
        self._good[caller, address] = None

    def failed(self, caller: str, address: str) -> None:
        """Who was known has failed: it counts, and is known no more."""
        self._good.pop((caller, address), None)
        self._count_failure(address, self._counts.now())

    def _count_failure(self, address: str, now: float) -> None:
        for policy in self._failures:
            policy.windows.count(address, now)

    def _refused(self, policy: _Policy, shown: bytes, who: str, now: float) -> Headers:
        self._on_refusal(policy.limit)
        seconds = policy.windows.wait(who, now)
        return (
            (b"ratelimit-policy", shown),
            policy.standing(0, seconds),
            (b"retry-after", b"%d" % seconds),
        )


def _policies(limit: str, items: Sequence[RateLimitItem], counts: Counts) -> tuple[_Policy, ...]:
    return tuple(_policy(limit, item, counts) for item in items)


def _policy(limit: str, item: RateLimitItem, counts: Counts) -> _Policy:
    seconds = item.get_expiry()
    name = f'"{limit}-{seconds}s"'
    # The namespace keeps apart what is counted of one address for two reasons.
    windows = counts.windows(type(item)(item.amount, item.multiples, namespace=limit))
    return _Policy(limit, name.encode(), seconds, f"{name};q={item.amount};w={seconds}".encode(), windows)
