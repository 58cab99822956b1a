"""The keys of an application: stream `keys/{token}`."""

from collections.abc import Mapping

from msgspec import Struct

from commands.domain.refusals import NoSuch, TooManyKeys, require
from commands.intents import AddKey, RevokeKey
from eventstore.events import Fact, KeyAdded, KeyRevoked

MOST_KEYS = 100
"""Of one application, so that those of many can be known by heart."""


class Keyring(Struct, frozen=True):
    """The keys that work, by their ids. `version` counts all facts: at 0 there never was a key."""

    version: int = 0
    hashes: Mapping[str, bytes] = {}
    scopes: Mapping[str, str] = {}


NO_KEYS = Keyring()


def decide(intent: AddKey | RevokeKey, keyring: Keyring, at: str) -> tuple[Fact, ...]:
    """The fact that the intent makes of the keys.

    Raises NoSuch, also for what was revoked; TooManyKeys, or StaleVersion.
    """
    if isinstance(intent, AddKey):
        require(intent.condition)
        if len(keyring.hashes) >= MOST_KEYS:
            raise TooManyKeys(MOST_KEYS)
        return (KeyAdded(token=intent.token, at=at, id=intent.id, scope=intent.scope, hash=intent.hash),)
    if intent.id not in keyring.hashes:
        raise NoSuch("key")
    require(intent.condition)
    return (KeyRevoked(token=intent.token, at=at, id=intent.id),)


def evolve(keyring: Keyring, fact: Fact) -> Keyring:
    """The keys after the next fact of their stream."""
    hashes, scopes = {**keyring.hashes}, {**keyring.scopes}
    match fact:
        case KeyAdded():
            hashes[fact.id], scopes[fact.id] = bytes.fromhex(fact.hash), fact.scope
        case KeyRevoked():
            hashes.pop(fact.id, None)
            scopes.pop(fact.id, None)
    return Keyring(keyring.version + 1, hashes, scopes)
