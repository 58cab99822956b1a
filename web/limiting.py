"""The ASGI layer that limits requests by key and by address, and failed authentication by address."""

import ipaddress
import re
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from web.answering import answering
from web.guard import ASGIApp, Receive, Scope, Send, refuse
from web.limiter import Headers, Limiter
from web.paths import LIVEZ, METRICS, READYZ
from web.problem import problem_response
from web.routing import ROUTE

FAILED = "parley.failed"
"""The key of the ASGI scope that is true when what was presented as a key or token is none."""
NOT_COUNTED = frozenset((LIVEZ, READYZ, METRICS))
MOST_KNOWN = 4096
"""Clients of which is remembered what is made of what they present: to make it takes as long as all counting."""

_TOKEN = re.compile(r"/applications/([A-Za-z0-9_-]{43})(?:/|\Z)", re.ASCII)
_TO_END_OF_TOKEN = len("/applications/") + 43 + 1


class Presented(NamedTuple):
    """Who asks: `key`, hashed, is the one of the `Authorization` header, else the token of the path; None without
    either. `caller` is all that is shown to be let in.
    """

    key: str | None
    caller: str | None


def limiting(app: ASGIApp, limiter: Limiter) -> ASGIApp:
    """`app`, reached by no more requests than `limiter` allows; the health routes are not counted."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in NOT_COUNTED:
            await app(scope, receive, send)
            return
        client = scope.get("client")
        address = network(client[0] if client else "")
        key, caller = presented(scope)
        allowed, headers = limiter.hit(key, address, caller)
        if not allowed:
            await _refuse(scope, receive, send, headers)
            return
        answer = answering(send)
        answer.added += headers
        try:
            await app(scope, receive, answer)
        finally:
            status = answer.status
            limiter.end(caller, address, failed=_failed(scope, status), let_in=200 <= status < 400)

    return limited


def presented(scope: Scope) -> Presented:
    """By what the request shows."""
    start = scope["path"][:_TO_END_OF_TOKEN]
    for name, value in scope["headers"]:
        if name == b"authorization":
            return _presented(value, start)
    return _presented(None, start)


@lru_cache(MOST_KNOWN)
def _presented(authorization: bytes | None, start: str) -> Presented:
    """`start` is of the path, as far as a token goes."""
    found = _TOKEN.match(start)
    shown = found[1].encode() if authorization is None and found is not None else authorization
    key = None if shown is None else _hash(shown)
    # A good key is not to cover guesses at tokens: the two are known together only.
    return Presented(key, key if found is None else f"{key} {found[1]}")


def _hash(secret: bytes) -> str:
    return blake2b(secret, digest_size=16).hexdigest()


@lru_cache(MOST_KNOWN)
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


async def _refuse(scope: Scope, receive: Receive, send: Send, limits: Headers) -> None:
    if _has_body(scope):
        # Who is over the limit is not to send bodies of any length for nothing, either.
        await refuse(send, 429, headers=limits, drain=receive)
        return
    headers, body = problem_response(429, headers=limits)
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip(b" \t0"))
        for name, value in scope["headers"]
    )
