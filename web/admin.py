"""The admin key: guards what makes, lists and deletes applications."""

import hmac

import falcon.asgi

from web.problem import Problem

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="parley"'}
"""What goes with every 401."""


class AdminKey:
    """Checks `Authorization: Bearer <key>`; with no key configured everybody may."""

    def __init__(self, key: str | None) -> None:
        self._key = None if key is None else key.encode()

    @property
    def is_needed(self) -> bool:
        """Whether one is configured."""
        return self._key is not None

    def caller(self, req: falcon.asgi.Request) -> str:
        """Who asks, as far as can be told: all who hold the key are one; without a key, an address is."""
        return "admin" if self._key is not None else str(req.remote_addr)

    def held(self, credentials: str) -> bool:
        """Whether this is the key; never where none is configured."""
        # On bytes, since compare_digest refuses text beyond ASCII; in constant time, so that nobody can feel
        # how much of a guess was right.
        # Latin-1 gives back the bytes that came, which are UTF-8 where the key is not ASCII.
        return self._key is not None and hmac.compare_digest(credentials.encode("latin-1"), self._key)

    def require(self, req: falcon.asgi.Request) -> None:
        """Raises Problem 401 unless the request carries the key."""
        if self._key is not None and not self.held(bearer(req)):
            raise Problem(401, "The admin key is needed here.", headers=CHALLENGE)


def bearer(req: falcon.asgi.Request) -> str:
    """What the request shows as `Authorization: Bearer …`, as Latin-1; "" if it shows nothing."""
    return credentials_of(req.get_header("Authorization") or "")


def credentials_of(authorization: str) -> str:
    """The same of the header's value."""
    scheme, _, credentials = authorization.partition(" ")
    # Latin-1 has white space that is the end of a letter in UTF-8.
    return credentials.strip(" \t") if scheme.lower() == "bearer" else ""
