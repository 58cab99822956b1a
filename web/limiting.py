"""The ASGI layer that limits requests by key and by address, and failed authentication by address."""

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from math import ceil
from typing import Any, NamedTuple

from limits import RateLimitItem
from limits.strategies import SlidingWindowCounterRateLimiter

from web.counts import Counts
from web.guard import ASGIApp, Receive, Scope, Send
from web.paths import LIVEZ, METRICS, READYZ
from web.problem import problem_response
from web.routing import ROUTE

FAILED = "parley.failed"
"""The key of the ASGI scope that is true when what was presented as a key or token is none."""
NOT_COUNTED = frozenset((LIVEZ, READYZ, METRICS))
MOST_GOOD = 10_000
"""Callers that are remembered for having been let in."""

_TOKEN = re.compile("/applications/([A-Za-z0-9_-]{43})(?:/|$)", re.ASCII)

Headers = tuple[tuple[bytes, bytes], ...]


class Quotas(NamedTuple):
    """How much is allowed; nothing where there is no item."""

    key: Sequence[RateLimitItem] = ()
    address: Sequence[RateLimitItem] = ()
    failures: Sequence[RateLimitItem] = ()


UNLIMITED = Quotas()


class _Policy(NamedTuple):
    """One item, under the name that it has in the headers."""

    name: str
    item: RateLimitItem

    @property
    def limit(self) -> str:
        """That of which it is an item: "key", "address" or "failures"."""
        return self.name.partition("-")[0]

    def __str__(self) -> str:
        return f'"{self.name}";q={self.item.amount};w={self.item.get_expiry()}'


class _Standing(NamedTuple):
    """How far an identity is from the limit of a policy."""

    policy: _Policy
    remaining: int
    seconds: int

    def __str__(self) -> str:
        return f'"{self.policy.name}";r={self.remaining};t={self.seconds}'


class Limiter:
    """Counts the requests of one process; `counts` may hear of those of others.

    `on_refusal` is called with the limit that a refused request was over: "key", "address" or "failures".
    """

    def __init__(
        self, limits: Quotas, counts: Counts | None = None, on_refusal: Callable[[str], None] = lambda _: None
    ) -> None:
        counts = counts or Counts()
        self._on_refusal = on_refusal
        self._counts = counts
        self._strategy = SlidingWindowCounterRateLimiter(counts)
        self._key = _policies("key", limits.key)
        self._address = _policies("address", limits.address)
        self._failures = _policies("failures", limits.failures)
        self._good: dict[tuple[str, str], None] = {}
        shown = ", ".join(map(str, (*self._key, *self._address)))
        self._shown: Headers = ((b"ratelimit-policy", shown.encode()),) if shown else ()

    def hit(self, key: str | None, address: str, caller: str | None = None) -> tuple[bool, Headers]:
        """Whether a request may go on, and the headers that tell how much is left, or when to come again.

        `caller` is all that it shows to be let in.
        """
        if not self._may_guess(caller or key, address):
            policies = [_Standing(policy, 0, self._wait(policy, address)) for policy in self._failures]
            return False, self._refused(max(policies, key=lambda standing: standing.seconds))
        tightest: _Standing | None = None
        for policy, who in self._that_apply(key, address):
            allowed = self._strategy.hit(policy.item, who)
            remaining = self._remaining(policy, who)
            seconds = ceil(policy.item.get_expiry() - self._counts.now() % policy.item.get_expiry())
            standing = _Standing(policy, remaining, seconds)
            if not allowed:
                return False, self._refused(standing._replace(remaining=0, seconds=self._wait(policy, who)))
            if tightest is None or remaining < tightest.remaining:
                tightest = standing
        if tightest is None:
            return True, ()
        return True, (*self._shown, (b"ratelimit", str(tightest).encode()))

    def end(self, caller: str | None, address: str, *, failed: bool, let_in: bool) -> None:
        """What came of a request: a caller that was let in goes on, whatever others at its address try."""
        known = (caller or "", address) in self._good
        if failed and not known:
            for policy in self._failures:
                self._strategy.hit(policy.item, address)
        elif let_in and caller is not None and self._failures and not known:
            if len(self._good) >= MOST_GOOD:
                del self._good[next(iter(self._good))]
            self._good[caller, address] = None

    def _may_guess(self, caller: str | None, address: str) -> bool:
        if not self._failures or (caller or "", address) in self._good:
            return True
        return all(self._strategy.test(policy.item, address) for policy in self._failures)

    def _that_apply(self, key: str | None, address: str) -> Iterator[tuple[_Policy, str]]:
        # The address first: who is over it does not use up the quota of a key that may be another's.
        for policy in self._address:
            yield policy, address
        if key is not None:
            for policy in self._key:
                yield policy, key

    def _remaining(self, policy: _Policy, who: str) -> int:
        last, left, now, _ = self._counts.get_sliding_window(
            policy.item.key_for(who), policy.item.get_expiry()
        )
        return max(0, int(policy.item.amount - now - last * left / policy.item.get_expiry()))

    def _wait(self, policy: _Policy, who: str) -> int:
        """Whole seconds, at least 1, after which one more is allowed if nothing else comes."""
        seconds, amount = policy.item.get_expiry(), policy.item.amount
        last, left, now, _ = self._counts.get_sliding_window(policy.item.key_for(who), seconds)
        if now + 1 > amount:
            # This window has to become the last one, and then to weigh less.
            return ceil(left + max(0, seconds * (1 - (amount - 1) / now))) or 1
        return max(1, ceil(left - (amount - now - 1) * seconds / last)) if last else 1

    def _refused(self, standing: _Standing) -> Headers:
        self._on_refusal(standing.policy.limit)
        shown = self._shown
        if standing.policy not in (*self._key, *self._address):
            shown = ((b"ratelimit-policy", str(standing.policy).encode()),)
        return (
            *shown,
            (b"ratelimit", str(standing).encode()),
            (b"retry-after", str(standing.seconds).encode()),
        )


def limiting(app: ASGIApp, limiter: Limiter) -> ASGIApp:
    """`app`, reached by no more requests than `limiter` allows; the health routes are not counted."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in NOT_COUNTED:
            await app(scope, receive, send)
            return
        client = scope.get("client")
        key, address = presented(scope), network(client[0] if client else "")
        # A good key is not to cover guesses at tokens: the two are known together only.
        token = _TOKEN.match(scope["path"])
        caller = key if token is None else f"{key} {token[1]}"
        allowed, headers = limiter.hit(key, address, caller)
        if not allowed:
            await _refuse(send, headers)
            return
        status = 0

        async def noted(event: dict[str, Any]) -> None:
            nonlocal status
            if event["type"] == "http.response.start":
                status = event["status"]
                event = {**event, "headers": [*event.get("headers", ()), *headers]}
            await send(event)

        try:
            await app(scope, receive, noted)
        finally:
            limiter.end(caller, address, failed=_failed(scope, status), let_in=200 <= status < 400)

    return limited


def presented(scope: Scope) -> str | None:
    """Who asks, hashed: the key of the `Authorization` header, else the token of the path; None without either."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return blake2b(value, digest_size=16).hexdigest()
    found = _TOKEN.match(scope["path"])
    return None if found is None else blake2b(found[1].encode(), digest_size=16).hexdigest()


@lru_cache(4096)
def network(address: str) -> str:
    """The address, or of an IPv6 address the network of 64 bits, which its owner has to choose from freely."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False).network_address)


def _failed(scope: Scope, status: int) -> bool:
    told = scope.get(FAILED)
    if told is not None:
        return bool(told)
    return status == 401 or (status == 404 and "{token" in scope.get(ROUTE, ""))


def _policies(name: str, items: Sequence[RateLimitItem]) -> tuple[_Policy, ...]:
    # The namespace keeps apart what is counted of one address for two reasons.
    return tuple(
        _Policy(f"{name}-{item.get_expiry()}s", type(item)(item.amount, item.multiples, namespace=name))
        for item in items
    )


async def _refuse(send: Send, limits: Headers) -> None:
    headers, body = problem_response(429, headers=limits)
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": body})
