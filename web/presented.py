"""Who asks, by what a request shows; secrets leave this file as hashes only."""

import ipaddress
import re
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from web.admin import credentials_of
from web.guard import Scope
from web.paths import APPLICATIONS

MOST_KNOWN = 4096
"""Clients of which is remembered what is made of what they present: to make it takes as long as all counting."""
LONGEST_KEY = 256
"""Bytes; what is longer is not remembered, and no application key."""

_TOKEN = re.compile(r"/applications/([A-Za-z0-9_-]{43})(?:/|\Z)", re.ASCII)
_TO_END_OF_TOKEN = len("/applications/") + 43 + 1


class Presented(NamedTuple):
    """Who asks: `names`, hashed, are the token of the path and the key of the header, if they are there.

    `caller` is all that is shown to be let in, None where there is nothing to guess; `below` is whether that is an
    application, and not what only the admin may.
    """

    names: tuple[str, ...]
    caller: str | None
    below: bool


def presented(scope: Scope) -> Presented:
    """By what the request shows."""
    authorization = _authorization(scope)
    start = scope["path"][:_TO_END_OF_TOKEN]
    if len(authorization) <= LONGEST_KEY:
        return _presented(authorization, start)
    # Their like would fill the memory. Of a key that is too long itself the beginning is enough.
    return _shown(credentials(scope)[: LONGEST_KEY + 1], start)


def credentials(scope: Scope) -> str:
    """As `web.admin.bearer` reads them of the routes' request; "" for none."""
    return credentials_of(_authorization(scope).decode("latin-1"))


def holder(token: str) -> str:
    """The caller who shows that token and no key."""
    return _hash(token.encode())


@lru_cache(MOST_KNOWN)
def _presented(authorization: bytes, start: str) -> Presented:
    return _shown(credentials_of(authorization.decode("latin-1")), start)


def _shown(key: str, start: str) -> Presented:
    """`start` is of the path, as far as a token goes."""
    found = _TOKEN.match(start)
    shown = _hash(key.encode("latin-1")) if key else ""
    names = (shown,) if key else ()
    if found is None:
        return Presented(names, shown if start == APPLICATIONS else None, below=False)
    token = holder(found[1])
    # A good key is not to cover guesses at tokens: the two are known together only.
    return Presented((token, *names), f"{shown} {token}" if key else token, below=True)


def _authorization(scope: Scope) -> bytes:
    found = b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            # As Falcon takes several together.
            found = found + b"," + value if found else value
    return found


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
