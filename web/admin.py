"""The admin key: guards what makes, lists and deletes applications."""

import hmac

import falcon.asgi

from web.problem import Problem


class AdminKey:
    """Checks `Authorization: Bearer <key>`; with no key configured everybody may."""

    def __init__(self, key: str | None) -> None:
        self._key = None if key is None else key.encode()

    def caller(self, req: falcon.asgi.Request) -> str:
        """Who asks, as far as can be told: all who hold the key are one; without a key, an address is."""
        return "admin" if self._key is not None else str(req.remote_addr)

    def require(self, req: falcon.asgi.Request) -> None:
        """Raises Problem 401 unless the request carries the key."""
        if self._key is None:
            return
        scheme, _, credentials = (req.get_header("Authorization") or "").partition(" ")
        # On bytes, since compare_digest refuses text beyond ASCII; in constant time, so that nobody can feel
        # how much of a guess was right.
        # Latin-1 gives back the bytes that came, which are UTF-8 where the key is not ASCII.
        given = credentials.encode("latin-1").strip()
        if scheme.lower() != "bearer" or not hmac.compare_digest(given, self._key):
            raise Problem(
                401, "The admin key is needed here.", headers={"WWW-Authenticate": 'Bearer realm="parley"'}
            )
