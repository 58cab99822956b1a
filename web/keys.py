"""Application keys: how one is made, spelled, kept and checked."""

import hmac
import re
import secrets
from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

HASH_BYTES = 32
_ID_BYTES = 8
_KEY = re.compile("parley_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)
_NOBODY = "0" * 16
_NOTHING = bytes(HASH_BYTES)


class NewKey(NamedTuple):
    """A key that was just made: `text` is for its holder alone, `hash` is all that is kept of it."""

    id: str
    text: str
    hash: bytes


def new_key(token: str) -> NewKey:
    """A key of 256 random bits for the application `token`; it carries its id, and a prefix to know it by."""
    identity, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(32)
    return NewKey(identity, f"parley_{identity}_{secret}", _hash(token, secret))


def matching(token: str, credential: str, hashes: Mapping[str, bytes]) -> str | None:
    """The id of the key of `hashes` (by id) that `credential` is; None if it is none of them.

    The same work whatever is wrong: nobody can feel whether an id is known, or how much of a guess was right.
    """
    found = _KEY.fullmatch(credential)
    identity, secret = found.groups() if found else (_NOBODY, "")
    known = hashes.get(identity, _NOTHING)
    # No text has the hash of zeros, so what is not there matches nothing.
    return identity if hmac.compare_digest(_hash(token, secret), known) else None


def _hash(token: str, secret: str) -> bytes:
    # Of 256 random bits, so nothing slow is needed; keyed by the token, so that a hash is of use in its own
    # application only.
    return blake2b(secret.encode(), key=token.encode(), person=b"parley-key", digest_size=HASH_BYTES).digest()
