"""The keys of an application, as its row keeps them: one text, so that a read gets them with what it reads."""

from collections.abc import Callable, Iterable, Mapping

import msgspec
from msgspec import Struct

from projections.readmodel.changes import DropKey, PutKey
from projections.readmodel.errors import Misfit


class Key(Struct, frozen=True, gc=False):
    """What is kept of a key: `hash` has 32 bytes, `created_at` is that of its fact."""

    scope: str
    hash: bytes
    created_at: str


Keyring = Mapping[str, Key]
"""The keys that work, by id, the oldest first. Empty: all are revoked. An application that never had one has none."""

Admit = Callable[[Keyring, int], None]
"""Raises what keeps a caller from an application with that keyring, as it was at that position of the log."""


def anybody(_keys: Keyring, _position: int) -> None:
    """Admits all."""


_decode = msgspec.json.Decoder(dict[str, Key]).decode
_encode = msgspec.json.Encoder().encode


def keyring(text: str | bytes) -> dict[str, Key]:
    """The keyring of a text that `changed` gave."""
    return _decode(text)


def changed(text: str | bytes | None, changes: Iterable[PutKey | DropKey]) -> str:
    """The text after the changes, JSON without a space; None is that of an application that never had a key.

    Raises Misfit if a key is dropped that is not there.
    """
    keys = {} if text is None else keyring(text)
    for change in changes:
        if isinstance(change, PutKey):
            keys[change.id] = Key(change.scope, change.hash, change.created_at)
        elif keys.pop(change.id, None) is None:
            raise Misfit(f"a change of what is not there: key {change.id} of application {change.token}")
    return _encode(keys).decode()
