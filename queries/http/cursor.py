"""Opaque places in a list, signed so that nobody can make one up."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import blake2b
from hmac import compare_digest

from web.params import Params
from web.problem import Problem

_MAC_BYTES = 16


def cursor_of(params: Params) -> str | None:
    """The parameter `cursor`, still to be opened: an empty one is refused like any other that was not given out."""
    return params.raw("cursor")


class Cursors:
    """Makes and opens the cursors of one list; those of one list are no use on another."""

    def __init__(self, secret: bytes, route: str) -> None:
        """`secret` has at most 64 bytes, the same in all processes that serve the route."""
        self._mac = blake2b(
            route.encode() + b"\0", key=secret, digest_size=_MAC_BYTES, person=b"parley-cursor"
        )

    def seal(self, token: str, place: str) -> str:
        """The cursor of a place in the list of the application `token` ("" for a list that is nobody's)."""
        return self._seal(token, place.encode()).decode()

    def open(self, token: str, cursor: str) -> str:
        """The place that `seal` was given. Raises Problem 400 if this is no cursor of this list and token."""
        given = cursor.encode()
        try:
            place = urlsafe_b64decode(given + b"=" * (-len(given) % 4))[_MAC_BYTES:]
        except Error:
            place = b""
        # The whole text and not only the signature in it: base64 has many spellings for the same bytes.
        if not compare_digest(given, self._seal(token, place)):
            raise Problem(400, "The cursor is not one that this list has given.")
        return place.decode()

    def _seal(self, token: str, place: bytes) -> bytes:
        mac = self._mac.copy()
        mac.update(token.encode() + b"\0" + place)
        return urlsafe_b64encode(mac.digest() + place).rstrip(b"=")
